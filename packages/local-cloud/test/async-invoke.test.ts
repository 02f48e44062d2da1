import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../src/clock/virtual-clock.ts';
import { AwsError } from '../src/errors.ts';
import { AsyncInvoker } from '../src/lambda/async-invoke.ts';
import type { Functions } from '../src/lambda/functions.ts';
import type { Invocation } from '../src/lambda/instance.ts';

const START = Date.parse('2026-06-01T00:00:00Z');
const done: Invocation = { requestId: 'r', payload: 'null' };
const failed: Invocation = { ...done, functionError: { errorType: 'Error', errorMessage: 'as asked' } };

/** An invoker whose function answers its attempts one after the other as given, and then is done. */
function invokerWith(...answers: (Invocation | Error)[]) {
  const clock = new VirtualClock(START);
  const attempts: [seconds: number, payload: string][] = [];
  const invoke = async (_name: string, payload: string): Promise<Invocation> => {
    attempts.push([(clock.now() - START) / 1000, payload]);
    const answer = answers.shift() ?? done;
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const invoker = new AsyncInvoker(clock, { invoke } as Partial<Functions> as Functions);
  return { clock, invoker, attempts };
}

describe('an asynchronous invocation', () => {
  it('holds the clock until it has ended', async () => {
    const { clock, invoker, attempts } = invokerWith();
    invoker.invoke('release', '{"a":1}');
    expect(clock.held()).toEqual(['asynchronous invocation of release']);
    await clock.run();
    expect(attempts).toEqual([[0, '{"a":1}']]);
    expect(invoker.dropped).toEqual([]);
  });

  it('is tried again after one minute, then after two, with the same event, and then dropped', async () => {
    const { clock, invoker, attempts } = invokerWith(failed, failed, failed);
    invoker.invoke('release', '{}');
    await clock.run();
    expect(attempts).toEqual([
      [0, '{}'],
      [60, '{}'],
      [180, '{}'],
    ]);
    expect(invoker.dropped).toEqual(['function release: an event was dropped after 3 attempts']);
  });

  it('is tried again when it was throttled', async () => {
    const { clock, invoker, attempts } = invokerWith(new AwsError('TooManyRequestsException', 'Rate Exceeded.', 429));
    invoker.invoke('release', '{}');
    await clock.run();
    expect(attempts.map(([at]) => at)).toEqual([0, 60]);
    expect(invoker.dropped).toEqual([]);
  });

  it.each([
    [0, [0]],
    [1, [0, 60]],
    [2, [0, 60, 180]],
  ])('is tried again %i times where its configuration says so', async (retries, instants) => {
    const { clock, invoker, attempts } = invokerWith(failed, failed, failed, failed);
    invoker.configure('release', retries);
    invoker.invoke('release', '{}');
    await clock.run();
    expect(attempts.map(([at]) => at)).toEqual(instants);
    expect(invoker.dropped).toEqual([`function release: an event was dropped after ${instants.length} attempts`]);
  });

  it('keeps the configuration of one function from another', async () => {
    const { clock, invoker, attempts } = invokerWith(failed);
    invoker.configure('other', 0);
    invoker.invoke('release', '{}');
    await clock.run();
    expect(attempts.map(([at]) => at)).toEqual([0, 60]);
  });
});
