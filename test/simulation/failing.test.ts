import { describe, expect, it } from 'vitest';
import { Failing } from '../../simulation/failing.ts';

const START = Date.UTC(2026, 5, 1);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const DIRECTION = 'mha-0123456789ab.reverify.jio.1-0-0';

/** As a handler logs an error before it throws it, and as the runtime logs what was thrown. */
const logged = (error: string, ...frames: string[]) =>
  JSON.stringify({ level: 'ERROR', message: 'failed', error, frames: frames.map((frame) => `    at ${frame}`) });
const thrown = (errorType: string, errorMessage: string, ...frames: string[]) =>
  JSON.stringify({ errorType, errorMessage, trace: [errorType, ...frames.map((frame) => `    at ${frame}`)] });
const issued = (order: string) =>
  JSON.stringify({ level: 'INFO', message: 'order issued', directionId: DIRECTION, order, rows: 7 });

function lab() {
  let now = START;
  const failing = new Failing(() => now, '/app');
  const at = (time: number) => {
    now = time;
  };
  return { failing, at };
}
const texts = (failing: Failing) => failing.repeated().map(({ text }) => text);

describe('what fails again and again', () => {
  const line = logged('TypeError', 'decide (/app/lambdas/issue-order/handler.ts:139:73)', 'next (/app/x.ts:1:1)');

  it('is told when it is there for the second time, with its place, and then counted', () => {
    const { failing, at } = lab();
    expect(failing.log('Order', line)).toBeUndefined();
    expect(failing.repeated()).toEqual([]);
    at(START + HOUR);
    const told = 'Order failed: TypeError at decide (lambdas/issue-order/handler.ts:139:73)';
    expect(failing.log('Order', line)).toBe(`${told}, again and again`);
    at(START + 2 * HOUR);
    expect(failing.log('Order', line)).toBeUndefined();
    expect(texts(failing)).toEqual([`${told} (3 times, 2026-06-01 00:00Z to 2026-06-01 02:00Z)`]);
  });

  it('counts an error once that its handler logged and threw, and tells nothing of a message', () => {
    const { failing } = lab();
    const place = 'at decide (/app/lambdas/issue-order/handler.ts:139:73)';
    failing.log('Order', line);
    failing.log('Order', thrown('TypeError', place, 'decide (/app/lambdas/issue-order/handler.ts:139:73)'));
    expect(failing.repeated()).toEqual([]);
    for (let n = 0; n < 2; n++)
      failing.log('Claim', thrown('Error', '+919800000001', 'a (/app/node_modules/zod/a.js:1:1)', 'b (/app/b.ts:2:2)'));
    expect(texts(failing)).toEqual([
      'Claim failed: Error at b (b.ts:2:2) (2 times, 2026-06-01 00:00Z to 2026-06-01 00:00Z)',
    ]);
  });

  it('holds functions, errors and places apart, and knows those that the runtime ends', () => {
    const { failing } = lab();
    for (const text of [
      'RequestId: 1 Error: Task timed out after 60.00 seconds',
      'the function used over 128 MB of memory',
    ])
      for (const name of ['Order', 'Claim', 'Claim']) failing.log(name, text);
    failing.log('Order', logged('TypeError', 'a (/app/a.ts:1:1)'));
    failing.log('Order', logged('TypeError', 'a (/app/a.ts:2:1)'));
    expect(texts(failing).map((text) => text.replace(/ \(2 times.*/, ''))).toEqual([
      'Claim failed: it timed out',
      'Claim failed: it ran out of memory',
    ]);
  });

  it('may be executions, each counted once, or a ladder whose error is no function’s', () => {
    const { failing } = lab();
    const one = { arn: 'a', machine: 'Batch', error: 'States.Runtime', cause: '' };
    expect(failing.executions([one])).toBeUndefined();
    expect(failing.executions([one])).toBeUndefined();
    const told = 'an execution of Batch failed: States.Runtime, again and again';
    expect(failing.executions([one, { ...one, arn: 'b' }])).toBe(told);
    const notice = (error: string) => JSON.stringify({ kind: 'direction_failing', directionId: DIRECTION, error });
    failing.log('Order', line);
    for (const error of ['TypeError', 'TypeError', 'States.QueryEvaluationError']) failing.notice(notice(error));
    expect(failing.notice(notice('States.QueryEvaluationError'))).toBe(
      "a direction's ladder failed: States.QueryEvaluationError, again and again",
    );
    const settling = JSON.stringify({ kind: 'settling_failing', error: 'SNS.AuthorizationErrorException' });
    failing.notice(settling);
    expect(failing.notice(settling)).toBe(
      "a batch's settling failed: SNS.AuthorizationErrorException, again and again",
    );
    expect(failing.notice(JSON.stringify({ kind: 'settled' }))).toBeUndefined();
  });
});

describe('a run is stuck', () => {
  const LENGTH = 16 * DAY;
  /** Fails each hour for so many days, the first time a day after the report. */
  function failed(days: number, meanwhile: (failing: Failing, hour: number) => void = () => {}) {
    const { failing, at } = lab();
    const firstStuck = (): number | undefined => {
      for (let hour = 24; hour <= days * 24; hour++) {
        at(START + hour * HOUR);
        meanwhile(failing, hour);
        failing.log('Order', logged('TypeError', 'a (/app/a.ts:1:1)'));
        if (failing.stuck(LENGTH, START)) return hour / 24;
      }
      return undefined;
    };
    return firstStuck();
  }

  it('three days after the longest ladder could have ended, if only the same fails', () => {
    expect(failed(19)).toBeUndefined();
    expect(failed(25)).toBe(19 + 1 / 24);
  });

  it('later where a ladder began later: at its plan, and with its first order', () => {
    const began = (what: string) => failed(40, (failing, hour) => hour === 10 * 24 && failing.log('Order', what));
    expect(began(issued('reverify'))).toBe(29 + 1 / 24);
    expect(began(JSON.stringify({ message: 'plan directed', batchId: 'mha-0123456789ab', directions: 4 }))).toBe(
      29 + 1 / 24,
    );
    expect(began(issued('bar_outgoing'))).toBe(19 + 1 / 24);
  });

  it('not while something happens that has not happened before; what is done again is no news', () => {
    const settle = (failing: Failing, batchId: string) =>
      failing.log('Settle', JSON.stringify({ message: 'batch settled', batchId }));
    expect(failed(40, (failing, hour) => hour === 18 * 24 && settle(failing, 'mha-0123456789ab'))).toBe(21 + 1 / 24);
    expect(failed(40, (failing) => settle(failing, 'mha-0123456789ab'))).toBe(19 + 1 / 24);
    expect(failed(40, (failing, hour) => settle(failing, `batch ${hour}`))).toBeUndefined();
  });

  it('not without a failure, nor where it failed days ago and no more', () => {
    const { failing, at } = lab();
    at(START + 30 * DAY);
    expect(failing.stuck(LENGTH, START)).toBe(false);
    for (let n = 0; n < 2; n++) failing.log('Order', logged('TypeError'));
    at(START + 60 * DAY);
    expect(failing.stuck(LENGTH, START)).toBe(false);
  });
});
