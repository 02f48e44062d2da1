import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BatchId } from '../../../lambdas/domain/identifiers.ts';
import type { Batch } from '../../../lambdas/stores/cases/batches.ts';
import { answered, at } from '../../domain/example.ts';
import { CASES } from '../lab.ts';
import {
  batch,
  batchOf,
  bumped,
  cases,
  close,
  dynamo,
  EarlierDirections,
  ledgerOf,
  MOST_KEPT,
  open,
  PlanIsVoid,
  put,
} from './lab.ts';

beforeAll(open);
afterAll(close);

describe('earlier directions', () => {
  /** A directed batch of plan 3 and a ledger of three rows in it. */
  async function directed(change: Partial<Batch> = {}) {
    const batchId = batchOf();
    const ledger = ledgerOf({ batchId, plan: 3 });
    await cases.createLedger(CASES, ledger);
    await cases.registerBatch(CASES, batch({ batchId, plan: 3, state: 'directed', ...change }));
    return { ledger, pointer: (row: number) => `${ledger.directionId}:${row}` };
  }
  const counted = async (...stored: string[]) =>
    (await new EarlierDirections({ CASES, WORK: 'work' }, 5).counted(stored)).map(
      ({ directionId, row }) => `${directionId}:${row}`,
    );

  it('count where their plan was directed, or its batch is settled, and the ledger holds the row', async () => {
    const { pointer } = await directed();
    const settled = await directed({ state: 'settled' });
    expect(await counted(pointer(2), settled.pointer(0))).toEqual([pointer(2), settled.pointer(0)]);
    // Rows count from 0: there are three.
    expect(await counted(pointer(3))).toEqual([]);
  });

  it('are void where the plan is not the batch’s, failed, or has no ledger', async () => {
    const planning = await directed({ state: 'planning' });
    const failed = await directed({ state: 'failed' });
    const replanned = await directed({ plan: 4 });
    const noLedger = `${ledgerOf({ plan: 3 }).directionId}:0`;
    expect(await counted(planning.pointer(0), failed.pointer(0), replanned.pointer(0), noLedger)).toEqual([]);
  });

  it('leave out the plan’s own pointers, which a retry of its own left', async () => {
    const { ledger } = await directed();
    const own = ledger.directionId.replace(/\.3-/, '.5-');
    expect(await counted(`${own}:0`)).toEqual([]);
  });

  it('wait where they were extended, until the follow-up that goes on with them is directed', async () => {
    const { ledger, pointer } = await directed();
    const waits = async () => (await new EarlierDirections({ CASES, WORK: 'work' }, 9).counted([pointer(1)]))[0]?.waits;
    expect(await waits()).toBe(false);
    const moved = answered(ledger, [[1, 'extended']], { sha256: 'ab'.repeat(32) }).ledger;
    await cases.commitLedger(CASES, moved);
    expect(await waits()).toBe(true);
    const night = batch({ batchId: 'followup-202606040000' as BatchId, kind: 'followup', plan: 4, state: 'planning' });
    const files = moved.files.map((file) => ({ ...file, followUp: night.batchId }));
    await cases.commitLedger(CASES, bumped(moved, { files }));
    // A night that has not registered its batch yet, and one whose plan doesn't count.
    expect(await waits()).toBe(true);
    await put({ pk: cases.key.batch(night.batchId), ...cases.batchForm.write(night) });
    expect(await waits()).toBe(true);
    await put({ pk: cases.key.batch(night.batchId), ...cases.batchForm.write({ ...night, state: 'directed' }) });
    expect(await waits()).toBe(false);
  });

  it('tell nothing of a port, and no line, of what is so old that the work bucket has it no more', async () => {
    const { ledger, pointer } = await directed();
    await cases.commitLedger(CASES, answered(ledger, [[1, 'ported']], { sha256: 'cd'.repeat(32) }).ledger);
    const earlier = new EarlierDirections({ CASES, WORK: 'work' }, 5);
    expect(await earlier.counted([pointer(1)])).toMatchObject([{ outcome: 'ported', portedTo: null, returns: false }]);
    expect(await earlier.line({ directionId: ledger.directionId, row: 1 })).toBeUndefined();
    const { writeObject } = await import('../../../lambdas/stores/objects.ts');
    await writeObject({ bucket: 'work', key: ledger.rowsKey }, 'a\nb\n');
    const again = new EarlierDirections({ CASES, WORK: 'work' }, 5);
    expect(await again.line({ directionId: ledger.directionId, row: 1 })).toBe('b');
  });

  it('tell which marks of reversals count, so that those of plans that were given up crowd out none', async () => {
    const marks: string[] = [];
    for (const state of ['failed', 'directed', 'planning', 'settled'] as const) {
      const batchId = batchOf();
      const directedAt = state === 'directed' || state === 'settled' ? { directedAt: at('2026-06-02T00:00:00Z') } : {};
      await cases.registerBatch(CASES, batch({ batchId, kind: 'reversal', plan: 3, state, ...directedAt }));
      marks.push(`${batchId}:3`);
    }
    const earlier = new EarlierDirections({ CASES, WORK: 'work' }, 5);
    expect(await earlier.countedMarks([`${batchOf()}:5`, ...marks])).toEqual([marks[1], marks[3]]);
    expect(await earlier.reversedAt(marks)).toBe('2026-06-02T00:00:00Z');
    await expect(earlier.countedMarks([`${batchOf()}:6`])).rejects.toThrow(PlanIsVoid);
  });

  it('tell a plan that was given up: a later one has claimed', async () => {
    const { ledger } = await directed();
    const later = ledger.directionId.replace(/\.3-/, '.6-');
    await expect(counted(`${later}:0`)).rejects.toThrow(PlanIsVoid);
  });

  /** How many reads `work` makes. */
  async function readsOf(work: () => Promise<unknown>): Promise<number> {
    let reads = 0;
    dynamo.middlewareStack.add(
      (following) => (args) => {
        reads++;
        return following(args);
      },
      { step: 'initialize', name: 'counted' },
    );
    try {
      await work();
    } finally {
      dynamo.middlewareStack.remove('counted');
    }
    return reads;
  }

  it('are read once each, however many pointers lead there', async () => {
    const { pointer } = await directed();
    const earlier = new EarlierDirections({ CASES, WORK: 'work' }, 5);
    const reads = await readsOf(() =>
      Promise.all([earlier.counted([pointer(0), pointer(1)]), earlier.counted([pointer(2), pointer(0)])]),
    );
    // The batch's record and the ledger.
    expect(reads).toBe(2);
  });

  it('are kept up to a number, and read again after that: memory has a bound, and the answers stay', async () => {
    const { ledger, pointer } = await directed();
    const others = Array.from({ length: MOST_KEPT }, () => `${ledgerOf({ ...ledger, plan: 3 }).directionId}:0`);
    const earlier = new EarlierDirections({ CASES, WORK: 'work' }, 5);
    const first = () => earlier.counted([pointer(0)]);
    const answer = await first();
    expect(answer).toMatchObject([{ directionId: ledger.directionId, row: 0, open: true }]);
    expect(await readsOf(() => earlier.counted(others.slice(1)))).toBe(MOST_KEPT - 1);
    expect(await readsOf(first)).toBe(0);
    // One more than are kept: with it all others go, but not their batch, of which there is one.
    expect(await readsOf(() => earlier.counted(others.slice(0, 1)))).toBe(1);
    expect(await readsOf(async () => expect(await first()).toEqual(answer))).toBe(1);
    expect(await readsOf(first)).toBe(0);
  });
});
