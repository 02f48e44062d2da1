import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { beginCloud, leaveCloud } from '../../test/scenarios/idle-cloud.ts';
import { unmetKinds } from './faults.ts';
import { type Result, Stage } from './run.ts';

/** Of the campaign's first runs, one that meets most kinds of faults. `npm run campaign` is for more. */
const RUN = 17;
const stage = new Stage({ begin: beginCloud, leave: leaveCloud });
afterAll(() => stage[Symbol.asyncDispose]());

describe('with faults', () => {
  let result: Result;
  beforeAll(async () => {
    result = await stage.run(1, RUN);
  }, 600_000);

  it('a run keeps every rule, and comes to what is worked out from its story alone', () => {
    expect(result.broken).toEqual([]);
  });

  it('it meets faults of many kinds', () => {
    expect(unmetKinds(Object.keys(result.faults)).length).toBeLessThan(5);
  });
});

describe('the kinds of faults that runs must meet', () => {
  const met = [
    ...['after a write: fail', 'after a write: time out', 'after a write: zombie'],
    ...['dynamodb: error', 'dynamodb: fail', 'dynamodb: lose', 'dynamodb: part'],
    ...['event doubled', 'event late', 'event lost', 'event shuffled'],
    ...['invocation: error', 'invocation: lose', 'invocation: throttle', 's3: error', 's3: throttle', 'sns: error'],
    ...['upload broken off', 'upload cut file first', 'upload never completed', "machine's states: throttle"],
  ];

  it('are missed if one was not met, and no other one is taken for it', () => {
    expect(unmetKinds([...met, 'kms: lose'])).toEqual([]);
    expect(unmetKinds(met.filter((kind) => kind !== 's3: error'))).toEqual(['^s3: error$']);
    expect(unmetKinds(["machine's s3: error", ...met.filter((kind) => kind !== 's3: error')])).toEqual(['^s3: error$']);
    expect(unmetKinds(met.slice(0, -1))).toEqual(["^machine's (s3|sqs|states): (error|throttle|lose)$"]);
  });
});
