import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BatchId } from '../../../lambdas/domain/identifiers.ts';
import { CASES } from '../lab.ts';
import { batch, cases, close, open } from './lab.ts';

beforeAll(open);
afterAll(close);

describe('nights', () => {
  const night = (day: number) => ({
    batchId: `followup-202606${String(day).padStart(2, '0')}0000` as BatchId,
    foundKey: `screened/${day}/found.json`,
    sha256: 'ab'.repeat(32),
  });

  it('come one after the other: of two that read the same one, one is committed', async () => {
    expect(await cases.readNewestNight(CASES)).toBeUndefined();
    expect(await cases.commitNight(CASES, night(5), 0)).toBe(true);
    expect(await cases.commitNight(CASES, night(6), 0)).toBe(false);
    expect(await cases.readNewestNight(CASES)).toEqual({ ...night(5), version: 1 });
    expect(await cases.commitNight(CASES, night(6), 1)).toBe(true);
    expect(await cases.commitNight(CASES, night(7), 1)).toBe(false);
    expect(await cases.readNewestNight(CASES)).toEqual({ ...night(6), version: 2 });
  });

  it('that died before they were registered are left failed, to be begun again, and no other', async () => {
    const left = batch({ batchId: night(5).batchId, kind: 'followup', state: 'approved' });
    await cases.leaveFailed(CASES, { ...left, state: 'failed' });
    expect(await cases.readBatch(CASES, left.batchId)).toMatchObject({ state: 'failed' });
    const again = { ...left, execution: `${left.execution}_again` };
    expect(await cases.registerBatch(CASES, again)).toEqual(again);
    await cases.leaveFailed(CASES, { ...left, state: 'failed' });
    expect(await cases.readBatch(CASES, left.batchId)).toEqual(again);
  });
});
