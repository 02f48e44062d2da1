import { DeleteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { asInstant } from '../../../lambdas/domain/days.ts';
import type { Batch } from '../../../lambdas/stores/cases/batches.ts';
import { airtel, jio } from '../../domain/example.ts';
import { CASES } from '../lab.ts';
import { batch, batchOf, cases, close, dynamo, open, put } from './lab.ts';

const directedAt = asInstant('2026-06-01T00:00:00Z');

beforeAll(open);
afterAll(close);

describe('batches', () => {
  it('are registered once; another execution is told whose it is', async () => {
    const first = batch();
    expect(await cases.registerBatch(CASES, first)).toEqual(first);
    expect(await cases.registerBatch(CASES, { ...first, execution: 'another' })).toEqual(first);
    expect(await cases.readBatch(CASES, first.batchId)).toEqual(first);
  });

  it('are registered anew by the same execution’s retry: it is its own still', async () => {
    const first = batch();
    await cases.registerBatch(CASES, first);
    expect((await cases.registerBatch(CASES, first)).execution).toBe(first.execution);
  });

  it('that failed may be begun again by another execution', async () => {
    const first = batch({ state: 'failed' });
    await cases.registerBatch(CASES, first);
    const second = { ...first, state: 'planning' as const, execution: 'another' };
    expect(await cases.registerBatch(CASES, second)).toEqual(second);
    expect((await cases.readBatch(CASES, first.batchId))?.execution).toBe('another');
  });

  it.each(['waiting', 'approved', 'planning', 'failed', 'settled'] as const)(
    'that are %s are never those of other bytes',
    async (state) => {
      const first = batch({ state });
      await cases.registerBatch(CASES, first);
      const other = { ...first, sha256: 'cd'.repeat(32), state: 'planning' as const, execution: 'another' };
      expect(await cases.registerBatch(CASES, other)).toEqual(first);
      expect(await cases.readBatch(CASES, first.batchId)).toEqual(first);
    },
  );

  it.each(['directed', 'settled'] as const)('that are %s are never begun again', async (state) => {
    const first = batch({ state, plan: 4 });
    await cases.registerBatch(CASES, first);
    expect(await cases.registerBatch(CASES, { ...first, state: 'planning', execution: 'another' })).toEqual(first);
  });

  it('are decided upon while they wait under the execution that asks, on the version that was read, and plan only once they are approved', async () => {
    const one = batch({ state: 'waiting' });
    await cases.registerBatch(CASES, one);
    expect(await cases.registerPlan(CASES, one, 3, one.startedAt)).toBe(false);
    const [approvedAt, later] = [asInstant('2026-06-02T00:00:00Z'), asInstant('2026-06-03T00:00:00Z')];
    const preview = { previewKey: 'previews/1', previewSha256: 'ab'.repeat(32) };
    const decision = { recordKey: 'decided/1', decideBy: later, tokens: [], version: 1 };
    const other = { ...one, execution: 'another' };
    expect(await cases.commitPreview(CASES, other, preview, { decision })).toBe(false);
    expect(await cases.commitDecision(CASES, one, { decision }, 0)).toBe(false);
    expect(await cases.readBatch(CASES, one.batchId)).toEqual(one);
    expect(await cases.commitPreview(CASES, one, preview, { decision })).toBe(true);
    expect(await cases.commitPreview(CASES, one, { ...preview, previewKey: 'previews/2' }, { decision })).toBe(false);
    const next = { ...decision, recordKey: 'decided/2', tokens: ['t'], version: 2 };
    const approved = { decision: next, state: 'approved' as const, approvedAt };
    expect(await cases.commitDecision(CASES, other, approved, 1)).toBe(false);
    expect(await cases.commitDecision(CASES, one, approved, 2)).toBe(false);
    expect(await cases.commitDecision(CASES, one, approved, 1)).toBe(true);
    expect(await cases.commitDecision(CASES, one, { decision: next, state: 'refused' }, 2)).toBe(false);
    expect(await cases.readBatch(CASES, one.batchId)).toEqual({ ...one, ...preview, ...approved });
    // The number that was registered first is its retry's, too.
    for (const _ of [1, 2]) expect(await cases.registerPlan(CASES, one, 3, later)).toBe(true);
    const planning = { ...one, ...preview, ...approved, state: 'planning', plan: 3, startedAt: later };
    expect(await cases.readBatch(CASES, one.batchId)).toEqual(planning);
    expect(await cases.commitPlan(CASES, one.batchId, 3, { planKey: 'plans/3', directedAt })).toBe(true);
    expect(await cases.registerPlan(CASES, one, 3, later)).toBe(false);
  });

  it('are directed by the commit of their own plan, once', async () => {
    const one = batch({ plan: 5 });
    await cases.registerBatch(CASES, one);
    expect(await cases.commitPlan(CASES, one.batchId, 4, { planKey: 'plans/4', directedAt })).toBe(false);
    expect(await cases.commitPlan(CASES, one.batchId, 5, { planKey: 'plans/5', directedAt })).toBe(true);
    expect(await cases.commitPlan(CASES, one.batchId, 5, { planKey: 'plans/5-again', directedAt })).toBe(false);
    expect(await cases.readBatch(CASES, one.batchId)).toEqual({
      ...one,
      state: 'directed',
      planKey: 'plans/5',
      directedAt,
    });
  });

  it('whose plan failed are void for ever: the commit comes too late', async () => {
    const one = batch({ plan: 6, state: 'failed' });
    await cases.registerBatch(CASES, one);
    expect(await cases.commitPlan(CASES, one.batchId, 6, { planKey: 'plans/6', directedAt })).toBe(false);
    expect((await cases.readBatch(CASES, one.batchId))?.state).toBe('failed');
  });

  it('are settled once, when directed, or when they had nothing to plan', async () => {
    const settledAt = asInstant('2026-06-17T00:05:00Z');
    const settle = (one: Batch, under = 'a') => cases.commitSettled(CASES, one.batchId, settledAt, under);
    const directed = batch({ plan: 7, state: 'directed' });
    const empty = batch({ state: 'waiting' });
    const approved = batch({ state: 'approved' });
    const planning = batch({ plan: 8 });
    const all = [directed, empty, approved, planning];
    for (const one of all) await cases.registerBatch(CASES, one);
    expect(await Promise.all(all.map((one) => settle(one)))).toEqual([true, true, false, false]);
    expect(await settle(directed, 'b')).toBe(false);
    expect(await cases.readBatch(CASES, directed.batchId)).toMatchObject({
      state: 'settled',
      settledAt,
      settledUnder: 'a',
    });
  });

  it('are handed over to another execution once they are directed, by one of those who would', async () => {
    const one = batch({ plan: 12, state: 'directed' });
    await cases.registerBatch(CASES, one);
    expect(await cases.handOver(CASES, one, `${one.execution}-1`, 1)).toBe(true);
    expect(await cases.handOver(CASES, one, `${one.execution}-1`, 1)).toBe(false);
    expect(await cases.readBatch(CASES, one.batchId)).toEqual({
      ...one,
      execution: `${one.execution}-1`,
      resumed: 1,
    });
    // It is found by the other execution, should that end; and the first one's end is nothing to it any more.
    expect((await cases.abandonExecution(CASES, `${one.execution}-1`))?.batch.batchId).toBe(one.batchId);
    await expect(cases.handOver(CASES, one, `${one.execution}-1`, 1)).rejects.toThrow(cases.Conflict);
    const planning = batch({ plan: 13 });
    await cases.registerBatch(CASES, planning);
    expect(await cases.handOver(CASES, planning, `${planning.execution}-1`, 1)).toBe(false);
  });

  describe('whose execution ended early', () => {
    it.each(['waiting', 'approved'] as const)('fail while they are %s, before they took their turn', async (state) => {
      const one = batch({ state });
      await cases.registerBatch(CASES, one);
      const failed = { batch: { ...one, state: 'failed' }, failed: { plan: 0, startedAt: one.startedAt } };
      expect(await cases.abandonExecution(CASES, one.execution)).toEqual(failed);
    });

    it('fail, and their executions tell which plan of theirs failed', async () => {
      const one = batch({ plan: 9 });
      await cases.registerBatch(CASES, one);
      const failed = { batch: { ...one, state: 'failed' }, failed: { plan: 9, startedAt: one.startedAt } };
      expect(await cases.abandonExecution(CASES, one.execution)).toEqual(failed);
      // Told again, it changes nothing.
      expect(await cases.abandonExecution(CASES, one.execution)).toEqual(failed);
    });

    it('are never again those of the execution that they failed with', async () => {
      const one = batch({ plan: 9 });
      await cases.registerBatch(CASES, one);
      await cases.abandonExecution(CASES, one.execution);
      await dynamo.send(new DeleteCommand({ TableName: CASES, Key: { pk: `EXECUTION#${one.execution}` } }));
      // As an attempt would that found its execution running still.
      expect((await cases.registerBatch(CASES, { ...one, plan: 0 })).state).toBe('failed');
      expect(await cases.registerPlan(CASES, one, 10, one.startedAt)).toBe(false);
    });

    it('plan no more for whoever looks, once that is noted, and their commit comes too late', async () => {
      const one = batch({ plan: 11 });
      await cases.registerBatch(CASES, one);
      expect(await cases.livingBatch(CASES, one.batchId)).toEqual(one);
      await put({ pk: `EXECUTION#${one.execution}`, batchId: one.batchId, ended: true });
      expect(await cases.livingBatch(CASES, one.batchId)).toBeUndefined();
      expect(await cases.commitPlan(CASES, one.batchId, 11, { planKey: 'plans/11', directedAt })).toBe(false);
      expect((await cases.abandonExecution(CASES, one.execution))?.failed).toEqual({
        plan: 11,
        startedAt: one.startedAt,
      });
    });

    it('failed, and tell so, also when another execution has begun them anew', async () => {
      const one = batch();
      await cases.registerBatch(CASES, one);
      await cases.abandonExecution(CASES, one.execution);
      const second = { ...one, execution: `${one.execution}-2` };
      await cases.registerBatch(CASES, second);
      expect(await cases.abandonExecution(CASES, one.execution)).toEqual({
        batch: second,
        failed: { plan: 0, startedAt: one.startedAt },
      });
      expect(await cases.readBatch(CASES, one.batchId)).toEqual(second);
    });

    it('stay directed where the plan was committed before', async () => {
      const one = batch({ plan: 10, state: 'directed' });
      await cases.registerBatch(CASES, one);
      expect(await cases.abandonExecution(CASES, one.execution)).toEqual({ batch: one, failed: undefined });
    });

    it.each(['withdrawn', 'refused', 'lapsed', 'over_limit'] as const)(
      'are %s where that was committed between the note of what fails and the failure, and did not fail',
      async (state) => {
        const one = batch({ state, untold: true });
        await cases.registerBatch(CASES, one);
        const noted = { batchId: one.batchId, ended: true, failed: { plan: 0, startedAt: one.startedAt } };
        await put({ pk: `EXECUTION#${one.execution}`, ...noted });
        expect(await cases.abandonExecution(CASES, one.execution)).toEqual({ batch: one, failed: undefined });
      },
    );

    it('did not fail where they ended between the two, also when another execution has gone on with their ending', async () => {
      const one = batch({ state: 'waiting' });
      await cases.registerBatch(CASES, one);
      const ended = { ...one, state: 'withdrawn' as const, untold: true };
      const send = dynamo.send.bind(dynamo) as (command: object) => Promise<unknown>;
      const spy = vi.spyOn(dynamo, 'send').mockImplementation(async (command: object) => {
        const answer = await send(command);
        const isNote = command instanceof UpdateCommand && command.input.UpdateExpression === 'SET failed = :failed';
        if (isNote) {
          spy.mockRestore();
          await put({ pk: `BATCH#${one.batchId}`, ...cases.batchForm.write(ended) });
        }
        return answer as never;
      });
      expect(await cases.abandonExecution(CASES, one.execution)).toEqual({ batch: ended, failed: undefined });
      expect(await cases.handOver(CASES, ended, `${one.execution}-2`, 1)).toBe(true);
      expect((await cases.abandonExecution(CASES, one.execution))?.failed).toBeUndefined();
    });

    it('are another execution’s by now: nothing happens to them', async () => {
      const first = batch({ state: 'failed' });
      await cases.registerBatch(CASES, first);
      const second = { ...first, state: 'planning' as const, execution: `${first.execution}-2` };
      await cases.registerBatch(CASES, second);
      expect(await cases.abandonExecution(CASES, first.execution)).toEqual({ batch: second, failed: undefined });
      expect(await cases.readBatch(CASES, first.batchId)).toEqual(second);
    });

    it('were never registered: there is nothing to give up', async () => {
      expect(await cases.abandonExecution(CASES, 'nobody')).toBeUndefined();
    });
  });
});

describe('the turn to plan', () => {
  it('is written on the version that was read: of two that take it at once, the second is a Conflict', async () => {
    const read = await cases.readTurn(CASES);
    expect(read).toEqual({ plan: 0, waiting: [], version: 0 });
    const taken = { plan: 1, holder: batchOf(), execution: 'one', waiting: [batchOf()], version: 1 };
    await cases.writeTurn(CASES, taken);
    await expect(cases.writeTurn(CASES, { ...taken, execution: 'two' })).rejects.toThrow(cases.Conflict);
    expect(await cases.readTurn(CASES)).toEqual(taken);
    await cases.writeTurn(CASES, { ...taken, plan: 2, version: 2 });
    await expect(cases.writeTurn(CASES, { ...taken, plan: 2, version: 2 })).rejects.toThrow(cases.Conflict);
  });

  it('is taken from a record that knows no version yet', async () => {
    await put({ pk: 'PLANNING', plan: 6, holder: batchOf(), execution: 'one' });
    const read = await cases.readTurn(CASES);
    expect(read).toMatchObject({ plan: 6, execution: 'one', waiting: [], version: 0 });
    await cases.writeTurn(CASES, { ...read, plan: 7, version: 1 });
    expect(await cases.readTurn(CASES)).toMatchObject({ plan: 7, version: 1 });
  });
});

describe('decisions', () => {
  it('of a shard are registered once: the first attempt’s counts for all', async () => {
    expect(await cases.readDecision(CASES, 11, 'reverify', 0)).toBeUndefined();
    expect(await cases.registerDecision(CASES, 11, 'reverify', 0, 'first')).toBe('first');
    expect(await cases.registerDecision(CASES, 11, 'reverify', 0, 'second')).toBe('first');
    expect(await cases.readDecision(CASES, 11, 'reverify', 0)).toBe('first');
  });

  it('are kept apart by plan, kind and shard', async () => {
    await cases.registerDecision(CASES, 12, 'reverify', 0, 'this');
    expect(await cases.registerDecision(CASES, 13, 'reverify', 0, 'plan')).toBe('plan');
    expect(await cases.registerDecision(CASES, 12, 'block', 0, 'kind')).toBe('kind');
    expect(await cases.registerDecision(CASES, 12, 'reverify', 1, 'shard')).toBe('shard');
  });

  it('of many attempts at once end in one', async () => {
    const attempts = Array.from({ length: 8 }, (_, i) => cases.registerDecision(CASES, 14, 'block', 0, `attempt-${i}`));
    expect(new Set(await Promise.all(attempts)).size).toBe(1);
  });
});

describe('imports', () => {
  it('keep the latest instant, in whatever order they are noted', async () => {
    const at = (time: string) => asInstant(`2026-06-01T${time}Z`);
    expect(await cases.readLatestImport(CASES, airtel)).toBeNull();
    for (const time of ['10:00:00', '12:00:00', '11:00:00', '12:00:00'])
      await cases.noteImport(CASES, airtel, at(time));
    expect(await cases.readLatestImport(CASES, airtel)).toBe(at('12:00:00'));
    expect(await cases.readLatestImport(CASES, jio)).toBeNull();
  });
});
