import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { beginCloud, leaveCloud } from '../../test/scenarios/idle-cloud.ts';
import { type Result, Stage } from './run.ts';

/** Of the campaign's first runs, two that meet every kind of fault between them. `npm run campaign` is for more. */
const RUNS = [3, 7];
const stage = new Stage({ begin: beginCloud, leave: leaveCloud });
afterAll(() => stage[Symbol.asyncDispose]());

describe('with faults', () => {
  const results: Result[] = [];
  beforeAll(async () => {
    for (const n of RUNS) results.push(await stage.run(1, n));
  }, 600_000);

  it('runs keep every rule, and come to what they come to without', () => {
    expect(results.filter(({ broken }) => broken.length > 0)).toEqual([]);
  });

  it('meet faults of every kind', () => {
    const kinds = new Set(results.flatMap(({ faults }) => Object.keys(faults)));
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
    expect([...kinds]).toContainEqual(expect.stringMatching(/^machine's (s3|states): (error|throttle|lose)$/));
  });
});
