import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LocalCloud } from 'local-cloud';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Summary } from '../../lambdas/domain/books.ts';
import type { OrderNotice } from '../../simulation/desk.ts';
import { showProgress } from '../../simulation/progress.ts';
import { costOf, costText } from './cost-report.ts';
import { countBatch, followUpsOf } from './count-batch.ts';
import { type BatchCount, CountFailed, difference, readCount, saveCount } from './counts.ts';
import { pricesOf } from './prices.ts';

describe('the follow-ups of a counted batch', () => {
  it('are told apart from it: their rows by night and ladder, their orders, answers, and looks of surveys', async () => {
    const night = 'followup-202606020000';
    const order = (batchId: string, operator: string, rung: number | 'failed', rows: number, deadline: string) => ({
      directionId: `${batchId}.reverify.${operator}.1-0-0`,
      batchId,
      kind: 'reverify',
      order: rung === 'failed' ? 'disconnect' : 'reverify',
      rung,
      rows,
      deadline: Date.parse(deadline),
    });
    const orders = [
      order('mha-1', 'jio', 1, 100, '2026-06-06T00:00:00Z'),
      order(night, 'jio', 1, 3, '2026-06-06T19:00:00Z'),
      order(night, 'vi', 1, 4, '2026-06-06T19:00:00Z'),
      order(night, 'airtel', 1, 5, '2026-07-06T00:00:00Z'),
      order(night, 'airtel', 'failed', 2, '2026-06-04T00:00:00Z'),
    ] as unknown as OrderNotice[];
    const keys: Record<string, string[]> = {
      'responses/': [
        'responses/jio/mha-1.reverify.jio.1-0-0/answers.csv',
        `responses/vi/${night}.reverify.vi.1-0-0/answers.csv`,
      ],
      'waiting/': ['waiting/mha-1.reverify.jio.1-0-0'],
    };
    const summaries = [
      { batchId: 'mha-1', connections: { ported: 7, extended: 5 } },
      // Ten days, of which each has four surveys.
      { batchId: night, startedAt: '2026-06-02T19:00:00Z', settledAt: '2026-06-12T19:00:00Z' },
    ] as unknown as Summary[];
    const cloud = {
      names: { buckets: new Proxy({}, { get: (_, name) => String(name) }) },
      list: async (_: string, prefix = '') => keys[prefix] ?? [],
    } as unknown as Pick<LocalCloud, 'list' | 'names'>;
    expect(await followUpsOf(orders, summaries, cloud)).toEqual({
      moved: 12,
      nights: [{ 'reverify until 2026-06-06T19:00:00.000Z': 7, 'reverify until 2026-07-06T00:00:00.000Z': 5 }],
      directions: 3,
      orders: { '1-reverify': 3, 'failed-disconnect': 1 },
      responseFiles: 1,
      waiting: 1,
      surveyed: 3 * 10 * 4,
    });
  });
});

describe('a counted batch', () => {
  let counted: BatchCount;
  let folder = '';
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'count-'));
    // The smallest that the sample has: 6 handsets, 200 connections.
    // Nothing of it hangs on the sweeps, of which there are hundreds until its ladders end.
    counted = await countBatch({ scale: 0.0001, moved: false }, showProgress({ write: () => {} }), (cloud) =>
      cloud.pauseSchedules(true),
    );
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is one batch, and tells what its counts grow with', () => {
    const { drivers } = counted;
    expect(drivers).toMatchObject({ reports: 1, handsets: 6, connections: 200, usageFiles: 7 });
    expect(Object.values(drivers.connectionsOf).reduce((sum, own) => sum + own)).toBe(200);
    // One shard: a direction for each operator that has connections in it, and one to block all handsets.
    expect(drivers.blockDirections).toEqual({ airtel: 1, bsnl: 1, jio: 1, mtnl: 1, vi: 1 });
    expect(drivers.children).toEqual({ expand: 1, claim: 2, direct: 0 });
    expect(drivers.orderRows['1-reverify']).toBe(200);
    expect(drivers.orderRows['1-block']).toBe(6 * 5);
    expect(Object.values(drivers.outcomes).reduce((sum, rows) => sum + rows)).toBe(200);
  });

  it('has the imports apart: links are written before it, and read by it', () => {
    const { drivers } = counted;
    const wrote = ({ tables }: BatchCount['batch']) => tables.Links?.BatchWriteItem?.writeUnits ?? 0;
    expect(wrote(counted.import)).toBe(drivers.sightings);
    expect(drivers.sightings).toBeGreaterThan(200);
    expect(wrote(counted.batch)).toBe(0);
    expect(counted.batch.tables.Links?.Query?.calls).toBe(6);
    expect(counted.import.stepFunctions.byMachine.Batch).toBeUndefined();
    expect(counted.batch.stepFunctions.byMachine.Batch?.executionStarts).toBe(1);
    expect(counted.batch.lambda.Settle?.invocations).toBeGreaterThan(0);
  });

  it('comes back from its file as it was', async () => {
    const path = join(folder, 'new', 'counted.json');
    await saveCount(path, counted);
    expect(await readCount(path)).toEqual(counted);
  });

  it('makes a page with three designs side by side, and no goal at this size', () => {
    const perConnection = { connections: 10, transitions: 90, putUnits: 10, updateUnits: 11, messages: 25 };
    const cost = costOf({
      region: 'us-east-1',
      prices: pricesOf('us-east-1'),
      scale: 0.0001,
      counts: [counted],
      perConnection,
    });
    // 200 writes; 1,800 transitions, 420 writes, 500 messages.
    expect(cost.totals.floor).toBeCloseTo(0.000125, 12);
    expect(cost.totals.perConnection).toBeCloseTo(0.045 + 0.0002625 + 0.0002, 12);
    expect(cost.totals.ours).toBeGreaterThan(cost.totals.floor);
    expect(cost.goal).toBeNull();
    const page = costText(cost);
    expect(page).toContain('One batch of 6 handsets and 200 connections (scale 0.0001), us-east-1');
    expect(page).toMatch(/Step Functions: transitions of the ladders +25\/M +\d+ .* 1,800 +0\.0450\n/);
  });

  it('at the event’s size in Mumbai says whether the goal is met', () => {
    const perConnection = { connections: 1, transitions: 9, putUnits: 1, updateUnits: 1, messages: 2 };
    const at = (transitions: number) => {
      const batch = { ...counted.batch, stepFunctions: { ...counted.batch.stepFunctions, transitions } };
      const [region, scale] = ['ap-south-1', 1];
      const event: BatchCount = { ...counted, scale, batch };
      return costText(costOf({ region, prices: pricesOf(region), scale, counts: [event], perConnection }));
    };
    expect(at(1000)).toMatch(/Goal: at most 2\.60 USD: 0\.\d\d {2}PASS/);
    // 100,000 transitions are 2.85 dollars.
    expect(at(100_000)).toMatch(/Goal: at most 2\.60 USD: 2\.\d\d {2}FAIL/);
  });

  it.each([
    ['nothing', '', 'Unexpected end of JSON input'],
    ['something else', '{"scale":1}', 'holds no counts of a batch: ladder'],
  ])('is not read from a file that holds %s', async (_, content, message) => {
    const path = join(folder, 'other.json');
    writeFileSync(path, content);
    await expect(readCount(path)).rejects.toThrow(CountFailed);
    await expect(readCount(path)).rejects.toThrow(message);
  });
});

describe('the difference of two counts', () => {
  it('subtracts what adds up, and keeps what is new and what a function has of memory', () => {
    const usage = (calls: number, lambda: object) =>
      ({
        operations: { s3: { GetObject: { calls } } },
        tables: {},
        stepFunctions: { transitions: calls, mapChildStarts: 0, nestedStarts: 0, executionStarts: 0, byMachine: {} },
        lambda,
        eventBridge: { events: calls },
        logs: { lines: calls, bytes: 10 * calls, keyRequests: 1 },
        machineStretches: calls,
      }) as BatchCount['batch'];
    const one = { invocations: 2, milliseconds: 30, memoryMb: 512 };
    const earlier = usage(3, { One: one });
    const later = usage(10, { One: { invocations: 5, milliseconds: 90, memoryMb: 512 }, Other: one });
    expect(difference(later, earlier)).toEqual({
      ...usage(7, { One: { invocations: 3, milliseconds: 60, memoryMb: 512 }, Other: one }),
      logs: { lines: 7, bytes: 70, keyRequests: 0 },
    });
  });
});
