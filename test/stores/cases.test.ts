import { DeleteCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { LocalCloud } from 'local-cloud';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { asInstant, type Instant } from '../../lambdas/domain/days.ts';
import type { AgencyId, BatchId, DirectionId, Imei, Msisdn, OperatorId } from '../../lambdas/domain/identifiers.ts';
import type { Ledger } from '../../lambdas/domain/ledger.ts';
import type { Batch } from '../../lambdas/stores/cases/batches.ts';
import { agency, airtel, day, fresh, jio } from '../domain/example.ts';
import { CASES, openStores } from './lab.ts';

let cloud: LocalCloud;
/** What stands in lambdas/stores/cases. */
const load = async () => ({
  ...(await import('../../lambdas/stores/cases/table.ts')),
  ...(await import('../../lambdas/stores/cases/ledgers.ts')),
  ...(await import('../../lambdas/stores/cases/claims.ts')),
  ...(await import('../../lambdas/stores/cases/batches.ts')),
  ...(await import('../../lambdas/stores/cases/turn.ts')),
  ...(await import('../../lambdas/stores/cases/decisions.ts')),
  ...(await import('../../lambdas/stores/cases/imports.ts')),
  ...(await import('../../lambdas/stores/cases/late-revocations.ts')),
});
let cases: Awaited<ReturnType<typeof load>>;
let dynamo: typeof import('../../lambdas/stores/clients.ts')['dynamo'];
let EarlierDirections: typeof import('../../lambdas/stores/earlier-directions.ts')['EarlierDirections'];
let MOST_KEPT: number;
let PlanIsVoid: typeof import('../../lambdas/stores/earlier-directions.ts')['PlanIsVoid'];
beforeAll(async () => {
  cloud = await openStores();
  cases = await load();
  ({ dynamo } = await import('../../lambdas/stores/clients.ts'));
  ({ EarlierDirections, MOST_KEPT, PlanIsVoid } = await import('../../lambdas/stores/earlier-directions.ts'));
});
afterAll(async () => {
  dynamo?.destroy();
  await cloud?.stop();
});

/** The pauses that were made, in milliseconds; nobody waits for them here. */
const pauses: number[] = [];
vi.mock('node:timers/promises', () => ({ setTimeout: async (milliseconds: number) => void pauses.push(milliseconds) }));

let next = 0;
/** A ledger of three rows under an id that no other test has. */
function ledgerOf(parts: { batchId?: BatchId; plan?: number; operator?: OperatorId } = {}): Ledger {
  const { batchId = batchOf(), plan = 1, operator = airtel } = parts;
  const directionId = `${batchId}.reverify.${operator}.${plan}-0-${next++}` as DirectionId;
  return { ...fresh(3), directionId, batchId, plan, operator };
}
const batchOf = (): BatchId => `mha-${(next++).toString(16).padStart(12, '0')}` as BatchId;
const bumped = (ledger: Ledger, change: Partial<Ledger> = {}): Ledger => ({
  ...ledger,
  ...change,
  version: ledger.version + 1,
});
const put = (item: Record<string, unknown>) => dynamo.send(new PutCommand({ TableName: CASES, Item: item }));

/** A batch that waits for its turn to plan. */
function batch(change: Partial<Batch> = {}): Batch {
  const batchId = change.batchId ?? batchOf();
  return {
    batchId,
    kind: 'report',
    agency: agency as AgencyId,
    file: 'reports/mha/r.csv',
    sha256: 'ab'.repeat(32),
    execution: `arn:aws:states:::execution:Batch:${batchId}`,
    state: 'planning',
    plan: 0,
    startedAt: asInstant('2026-06-01T00:00:00Z'),
    uploadedAt: asInstant('2026-06-01T00:00:00Z'),
    report: { rows: 3, rejected: 0, repeats: 0, handsets: 3 },
    handsetsKey: 'handsets.jsonl',
    ...change,
  };
}

describe('ledgers', () => {
  it('come back as they were written, with their packed outcomes', async () => {
    const ledger = { ...ledgerOf(), outcomes: Uint8Array.from({ length: 15 }, (_, i) => i * 17) };
    await cases.createLedger(CASES, ledger);
    const read = await cases.readLedger(CASES, ledger.directionId);
    expect({ ...read, outcomes: [...(read?.outcomes ?? [])] }).toEqual({ ...ledger, outcomes: [...ledger.outcomes] });
  });

  it('are nothing where there is none', async () => {
    expect(await cases.readLedger(CASES, ledgerOf().directionId)).toBeUndefined();
  });

  it('are created once: a second creation leaves what stands', async () => {
    const ledger = ledgerOf();
    await cases.createLedger(CASES, ledger);
    await cases.commitLedger(CASES, bumped(ledger, { rung: 2 }));
    await cases.createLedger(CASES, ledger);
    expect((await cases.readLedger(CASES, ledger.directionId))?.rung).toBe(2);
  });

  it('are committed on the version that was read: of two from the same reading, the second is a Conflict', async () => {
    const ledger = ledgerOf();
    await cases.createLedger(CASES, ledger);
    await cases.commitLedger(CASES, bumped(ledger, { rung: 1 }));
    await expect(cases.commitLedger(CASES, bumped(ledger, { rung: 3 }))).rejects.toThrow(cases.Conflict);
    expect(await cases.readLedger(CASES, ledger.directionId)).toMatchObject({ rung: 1, version: ledger.version + 1 });
  });

  it('are not committed where there is none', async () => {
    await expect(cases.commitLedger(CASES, bumped(ledgerOf()))).rejects.toThrow(cases.Conflict);
  });

  it('lose no change of many at once: each reads again what it lost against', async () => {
    const ledger = ledgerOf();
    await cases.createLedger(CASES, ledger);
    const tokens = Array.from({ length: 12 }, (_, i) => `token-${i}`);
    await Promise.all(
      tokens.map((token) =>
        cases.changeLedger(CASES, ledger.directionId, async (read) => ({
          ledger: bumped(read, { tokens: [...read.tokens, token] }),
          result: undefined,
        })),
      ),
    );
    const read = await cases.readLedger(CASES, ledger.directionId);
    expect([...(read?.tokens ?? [])].sort()).toEqual([...tokens].sort());
    expect(read?.version).toBe(ledger.version + 12);
  });

  it('are changed by a decision that is made anew on what was read, and gives its result', async () => {
    const ledger = ledgerOf();
    await cases.createLedger(CASES, ledger);
    const seen: [rung: number, attempt: number][] = [];
    const result = await cases.changeLedger(CASES, ledger.directionId, async (read, attempt) => {
      seen.push([read.rung, attempt]);
      // Somebody else commits between the first reading and its write.
      if (attempt === 0) await cases.commitLedger(CASES, bumped(read, { rung: 7 }));
      return { ledger: bumped(read, { rung: read.rung + 1 }), result: `after ${read.rung}` };
    });
    expect(seen).toEqual([
      [0, 0],
      [7, 1],
    ]);
    expect(result).toBe('after 7');
    expect((await cases.readLedger(CASES, ledger.directionId))?.rung).toBe(8);
  });

  it('stay unwritten where the decision makes none', async () => {
    const ledger = ledgerOf();
    await cases.createLedger(CASES, ledger);
    expect(await cases.changeLedger(CASES, ledger.directionId, async () => ({ result: 'nothing' }))).toBe('nothing');
    expect((await cases.readLedger(CASES, ledger.directionId))?.version).toBe(ledger.version);
  });

  it('can’t be changed where there is none, and an error of the decision’s goes through', async () => {
    const ledger = ledgerOf();
    const decide = async () => ({ result: 0 });
    await expect(cases.changeLedger(CASES, ledger.directionId, decide)).rejects.toThrow(
      'there is no ledger of direction',
    );
    await cases.createLedger(CASES, ledger);
    const failing = cases.changeLedger(CASES, ledger.directionId, () => Promise.reject(new RangeError('as it is')));
    await expect(failing).rejects.toThrow(RangeError);
  });

  it('are tried again after a pause, drawn from twice as much time after each lost try, up to half a second', async () => {
    const ledger = ledgerOf();
    await cases.createLedger(CASES, ledger);
    pauses.length = 0;
    const random = vi.spyOn(Math, 'random').mockReturnValue(0.5);
    await cases.changeLedger(CASES, ledger.directionId, async (read, attempt) => {
      if (attempt < 7) await cases.commitLedger(CASES, bumped(read));
      return { ledger: bumped(read), result: 0 };
    });
    random.mockRestore();
    expect(pauses).toEqual([10, 20, 40, 80, 160, 250, 250]);
  });

  it('give up after a hundred lost tries, as a Conflict', async () => {
    const ledger = ledgerOf();
    await cases.createLedger(CASES, ledger);
    let tries = 0;
    const losing = cases.changeLedger(CASES, ledger.directionId, async (read) => {
      tries++;
      await cases.commitLedger(CASES, bumped(read));
      return { ledger: bumped(read), result: 0 };
    });
    await expect(losing).rejects.toThrow(cases.Conflict);
    expect(tries).toBe(100);
  });
});

describe('claims', () => {
  const number = (n: number) => `+919${String(n).padStart(9, '0')}` as Msisdn;
  const NOW = '2026-06-01T00:00:00Z' as Instant;
  const UNTIL = '2029-06-17T00:00:00Z' as Instant;
  const claim = (
    kind: 'reverify' | 'block',
    one: string,
    pointers: Record<string, string[]>,
    seen: number,
    keptUntil = UNTIL,
  ) => cases.putClaim(CASES, kind, one, { pointers, keptUntil }, seen);

  it('are read by hundreds, and what has none is not there', async () => {
    const numbers = Array.from({ length: 230 }, (_, i) => number(i));
    // Every third of them has a claim.
    const claimed = numbers.filter((_, i) => i % 3 === 0);
    for (const one of claimed) await claim('reverify', one, { number: [`${one}:0`] }, 0);
    const claims = await cases.readClaims(CASES, 'reverify', numbers, NOW);
    expect([...claims.keys()].sort()).toEqual([...claimed].sort());
    for (const one of claimed)
      expect(claims.get(one)).toEqual({ pointers: { number: [`${one}:0`] }, version: 1, keptUntil: UNTIL });
  });

  it('of no numbers are none, without a call', async () => {
    expect(await cases.readClaims(CASES, 'reverify', [], NOW)).toEqual(new Map());
  });

  it('read again the keys that the table left unprocessed', async () => {
    const numbers = [number(1000), number(1001), number(1002)];
    for (const one of numbers) await claim('reverify', one, { number: ['x:0'] }, 0);
    let calls = 0;
    // The real table is asked for the first of the keys only, as one that is throttled would answer.
    dynamo.middlewareStack.add(
      (following, context) => async (args) => {
        if (context.commandName !== 'BatchGetItemCommand' && context.commandName !== 'BatchGetCommand')
          return following(args);
        calls++;
        const input = args.input as unknown as { RequestItems: Record<string, { Keys: unknown[] }> };
        const asked = input.RequestItems[CASES] as { Keys: unknown[] };
        const [first, ...rest] = asked.Keys;
        const answer = await following({
          ...args,
          input: { ...input, RequestItems: { [CASES]: { ...asked, Keys: [first] } } } as never,
        });
        (answer.output as unknown as { UnprocessedKeys: unknown }).UnprocessedKeys =
          rest.length === 0 ? {} : { [CASES]: { ...asked, Keys: rest } };
        return answer;
      },
      { step: 'initialize', name: 'throttled', priority: 'low' },
    );
    try {
      expect([...(await cases.readClaims(CASES, 'reverify', numbers, NOW)).keys()].sort()).toEqual(numbers);
    } finally {
      dynamo.middlewareStack.remove('throttled');
    }
    expect(calls).toBe(3);
  });

  it('are made on none, or on the version that was read; any other is a Conflict', async () => {
    const one = number(2000);
    await claim('reverify', one, { number: ['a:0'] }, 0);
    await expect(claim('reverify', one, { number: ['b:0'] }, 0)).rejects.toThrow(cases.Conflict);
    await claim('reverify', one, { number: ['c:0', 'a:0'] }, 1);
    await expect(claim('reverify', one, { number: ['d:0'] }, 1)).rejects.toThrow(cases.Conflict);
    const claims = await cases.readClaims(CASES, 'reverify', [one], NOW);
    expect(claims.get(one)).toEqual({ pointers: { number: ['c:0', 'a:0'] }, version: 2, keptUntil: UNTIL });
  });

  it('point nowhere from their time on, whether or not the table has let them go, and are claimed on their version', async () => {
    const one = number(3000);
    await claim('reverify', one, { number: ['a:0'] }, 0, '2026-06-01T00:00:01Z' as Instant);
    const at = async (now: string) => (await cases.readClaims(CASES, 'reverify', [one], now as Instant)).get(one);
    expect((await at('2026-06-01T00:00:00Z'))?.pointers).toEqual({ number: ['a:0'] });
    expect(await at('2026-06-01T00:00:01Z')).toMatchObject({ pointers: {}, version: 1 });
    await expect(claim('reverify', one, { number: ['b:0'] }, 0)).rejects.toThrow(cases.Conflict);
    await claim('reverify', one, { number: ['b:0'] }, 1);
    expect(await at('2026-06-01T00:00:01Z')).toMatchObject({ pointers: { number: ['b:0'] }, version: 2 });
  });

  it('that were written before claims had a time count, until they are claimed anew', async () => {
    const one = number(3500);
    const item = { pk: `CONN#${one}`, pointers: { number: ['a:0'] }, version: 4 };
    await dynamo.send(new PutCommand({ TableName: CASES, Item: item }));
    const read = async () => (await cases.readClaims(CASES, 'reverify', [one], NOW)).get(one);
    expect(await read()).toEqual({ pointers: { number: ['a:0'] }, version: 4 });
    await claim('reverify', one, { number: ['b:0', 'a:0'] }, 4);
    expect((await read())?.keptUntil).toBe(UNTIL);
  });

  it('are kept longer after a later word, and never shorter; none comes that is not there, and none comes back', async () => {
    const [one, none] = [number(4000), number(4001)];
    await claim('reverify', one, { number: ['a:0'] }, 0);
    const keep = (who: Msisdn, until: string, now: Instant) =>
      cases.keepClaim(CASES, 'reverify', who, until as Instant, now);
    const kept = async () => (await cases.readClaims(CASES, 'reverify', [one, none], NOW)).get(one);
    await keep(one, '2029-06-16T00:00:00Z', NOW);
    expect(await kept()).toEqual({ pointers: { number: ['a:0'] }, version: 1, keptUntil: UNTIL });
    await keep(one, '2030-01-01T00:00:00Z', NOW);
    expect(await kept()).toEqual({ pointers: { number: ['a:0'] }, version: 1, keptUntil: '2030-01-01T00:00:00Z' });
    await keep(one, '2031-01-01T00:00:00Z', '2030-01-01T00:00:00Z' as Instant);
    expect((await kept())?.keptUntil).toBe('2030-01-01T00:00:00Z');
    await keep(none, '2030-01-01T00:00:00Z', NOW);
    expect((await cases.readClaims(CASES, 'reverify', [none], NOW)).size).toBe(0);
  });

  it('are deleted as they were read: not where they were claimed, or kept longer, since', async () => {
    const [one, old] = [number(5000), number(5001)];
    const read = async (who: Msisdn) => (await cases.readClaims(CASES, 'reverify', [who], NOW)).get(who);
    const seen = async (who: Msisdn) => (await read(who)) ?? { version: 0 };
    await claim('reverify', one, { number: ['a:0'] }, 0);
    const first = await seen(one);
    await cases.keepClaim(CASES, 'reverify', one, '2030-01-01T00:00:00Z' as Instant, NOW);
    await expect(cases.deleteClaim(CASES, 'reverify', one, first)).rejects.toThrow(cases.Conflict);
    const second = await seen(one);
    await claim('reverify', one, { number: ['b:0', 'a:0'] }, 1, '2030-01-01T00:00:00Z' as Instant);
    await expect(cases.deleteClaim(CASES, 'reverify', one, second)).rejects.toThrow(cases.Conflict);
    const third = await seen(one);
    for (const _ of ['once', 'again']) await cases.deleteClaim(CASES, 'reverify', one, third);
    expect(await read(one)).toBeUndefined();

    await dynamo.send(
      new PutCommand({ TableName: CASES, Item: { pk: `CONN#${old}`, pointers: { number: ['a:0'] }, version: 4 } }),
    );
    const untimed = await seen(old);
    expect(untimed).toEqual({ pointers: { number: ['a:0'] }, version: 4 });
    await cases.deleteClaim(CASES, 'reverify', old, untimed);
    expect(await read(old)).toBeUndefined();
  });

  it('of numbers and of handsets are kept apart, whatever the digits', async () => {
    const handset = '35693803564380' as Imei;
    await claim('block', handset, { airtel: ['a:1'], jio: ['b:1'] }, 0);
    expect(await cases.readClaims(CASES, 'reverify', [handset], NOW)).toEqual(new Map());
    const claims = await cases.readClaims(CASES, 'block', [handset], NOW);
    expect(claims.get(handset)?.pointers).toEqual({ airtel: ['a:1'], jio: ['b:1'] });
  });
});

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

  it('are approved once, while they wait under the execution that asks, and plan only then', async () => {
    const one = batch({ state: 'waiting' });
    await cases.registerBatch(CASES, one);
    expect(await cases.registerPlan(CASES, one, 3, one.startedAt)).toBe(false);
    const [approvedAt, later] = [asInstant('2026-06-02T00:00:00Z'), asInstant('2026-06-03T00:00:00Z')];
    await cases.approveBatch(CASES, { ...one, execution: 'another' }, later);
    expect(await cases.readBatch(CASES, one.batchId)).toEqual(one);
    await cases.approveBatch(CASES, one, approvedAt);
    await cases.approveBatch(CASES, one, later);
    expect(await cases.readBatch(CASES, one.batchId)).toEqual({ ...one, state: 'approved', approvedAt });
    // The number that was registered first is its retry's, too.
    for (const _ of [1, 2]) expect(await cases.registerPlan(CASES, one, 3, later)).toBe(true);
    const planning = { ...one, state: 'planning', approvedAt, plan: 3, startedAt: later };
    expect(await cases.readBatch(CASES, one.batchId)).toEqual(planning);
    await cases.approveBatch(CASES, one, later);
    expect(await cases.readBatch(CASES, one.batchId)).toEqual(planning);
    expect(await cases.commitPlan(CASES, one.batchId, 3, 'plans/3')).toBe(true);
    expect(await cases.registerPlan(CASES, one, 3, later)).toBe(false);
  });

  it('are directed by the commit of their own plan, once', async () => {
    const one = batch({ plan: 5 });
    await cases.registerBatch(CASES, one);
    expect(await cases.commitPlan(CASES, one.batchId, 4, 'plans/4')).toBe(false);
    expect(await cases.commitPlan(CASES, one.batchId, 5, 'plans/5')).toBe(true);
    expect(await cases.commitPlan(CASES, one.batchId, 5, 'plans/5-again')).toBe(false);
    expect(await cases.readBatch(CASES, one.batchId)).toEqual({ ...one, state: 'directed', planKey: 'plans/5' });
  });

  it('whose plan failed are void for ever: the commit comes too late', async () => {
    const one = batch({ plan: 6, state: 'failed' });
    await cases.registerBatch(CASES, one);
    expect(await cases.commitPlan(CASES, one.batchId, 6, 'plans/6')).toBe(false);
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
      expect(await cases.commitPlan(CASES, one.batchId, 11, 'plans/11')).toBe(false);
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

describe('late revocations', () => {
  it('under one key are all that were prepared for it, each once, sorted', async () => {
    const one = batchOf();
    const add = (key: string, sha8 = 'aabbccdd') => cases.addLateRevocations(CASES, day('2026-06-20'), one, sha8, key);
    expect(await add('b')).toEqual(['b']);
    expect(await add('a')).toEqual(['a', 'b']);
    expect(await add('b')).toEqual(['a', 'b']);
    expect(await add('c', '00112233')).toEqual(['c']);
  });
});

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
    (await new EarlierDirections(CASES, 5).counted(stored)).map(({ directionId, row }) => `${directionId}:${row}`);

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
    const earlier = new EarlierDirections(CASES, 5);
    const reads = await readsOf(() =>
      Promise.all([earlier.counted([pointer(0), pointer(1)]), earlier.counted([pointer(2), pointer(0)])]),
    );
    // The batch's record and the ledger.
    expect(reads).toBe(2);
  });

  it('are kept up to a number, and read again after that: memory has a bound, and the answers stay', async () => {
    const { ledger, pointer } = await directed();
    const others = Array.from({ length: MOST_KEPT }, () => `${ledgerOf({ ...ledger, plan: 3 }).directionId}:0`);
    const earlier = new EarlierDirections(CASES, 5);
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
