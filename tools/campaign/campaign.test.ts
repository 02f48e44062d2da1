import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { beginCloud, leaveCloud } from '../../test/scenarios/idle-cloud.ts';
import { type Result, Stage } from './run.ts';

/** The seed and the number of a run that meets every kind of fault by itself, and has a withdrawal. `npm run campaign` is for more. */
const RUN = [120106, 408] as const;
const stage = new Stage({ begin: beginCloud, leave: leaveCloud });
afterAll(() => stage[Symbol.asyncDispose]());

describe('a run with faults', () => {
  let result: Result;
  beforeAll(async () => {
    result = await stage.run(...RUN);
  }, 600_000);

  it('keeps every rule, and comes to what it comes to without', () => {
    expect(result.broken).toEqual([]);
  });

  it('meets faults of every kind', () => {
    const kinds = Object.keys(result.faults);
    for (const kind of [
      'after a write: fail',
      'after a write: zombie',
      'dynamodb: error',
      'dynamodb: fail',
      'dynamodb: lose',
      'dynamodb: part',
      'event doubled',
      'event late',
      'event lost',
      'event shuffled',
      'invocation: lose',
      'invocation: throttle',
      's3: error',
      's3: throttle',
      'sns: error',
      'upload broken off',
      'upload cut file first',
      'upload never completed',
    ])
      expect(kinds).toContain(kind);
    // State machines make few calls of their own, of which a few are refused.
    expect(kinds).toContainEqual(expect.stringMatching(/^machine's (s3|states): (error|throttle|lose)$/));
  });
});
