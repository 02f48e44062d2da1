import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { nameOf } from '../../simulation/function-names.ts';
import { sha256 } from './bad-files.ts';
import type { Lab, Summary } from './lab.ts';
import { batchOf, reportFile, scenariosInOneLab, usageFile } from './races-lab.ts';

/** Batches that expand and plan while usage is imported, or while others plan. */
let lab: Lab;
const { open, end, goesWrong, begin, at, dayBefore, put, summaryOf, ordersOf } = scenariosInOneLab();
/** How many executions have failed in scenarios that tell so. */
let failed = 0;

beforeAll(async () => {
  lab = await open();
  return () => lab.close();
}, 300_000);

afterEach(() => end(failed));

describe('usage that is imported while a batch expands', () => {
  it('is in the batch as far as it was there when its handset was read, and the books balance', async () => {
    await begin();
    const handsets = ['35200000000001', '35200000000002'];
    const [a, b, newA, newB] = ['+919820000001', '+919820000002', '+919820000003', '+919820000004'];
    await lab.usage('airtel', [`${handsets[0]},${a},${dayBefore(9)},`, `${handsets[1]},${b},${dayBefore(9)},`]);
    // Each handset has a child of its own; one of them reads its links before the import, the other after it.
    let expanding = 0;
    goesWrong({
      beforeInvoke: ({ functionName }) =>
        nameOf(functionName) === 'Expand' && ++expanding > 1 ? 'throttle' : undefined,
    });
    await lab.report('mha', handsets);
    await lab.usage('jio', [`${handsets[0]},${newA},${dayBefore(1)},`, `${handsets[1]},${newB},${dayBefore(1)},`]);
    goesWrong({});
    await lab.cloud.run();

    const batch = batchOf('mha', handsets);
    const summary = await summaryOf(batch);
    expect(summary).toMatchObject({ connections: { linked: 3, directed: 3, overdue: 3 }, unexplained: 0 });
    expect(summary.operators.airtel?.connections).toMatchObject({ linked: 2 });
    expect(summary.operators.jio?.connections).toMatchObject({ linked: 1 });
    const [came] = (await ordersOf(await lab.direction(batch, 'reverify', 'jio')))['1-reverify.csv'] ?? [];
    expect([newA, newB]).toContain(came);

    // The other one is in the next batch.
    const later = reportFile([...handsets, '35200000000003']);
    await lab.upload('reports/mha/later.csv', later);
    const next = await lab.direction(`mha-${sha256(later).slice(0, 12)}`, 'reverify', 'jio');
    expect((await ordersOf(next))['1-reverify.csv']).toEqual([newA, newB]);
  });

  it('uploaded in the same moment as the report, counts each of its numbers once or not at all', async () => {
    await begin();
    const handsets = Array.from({ length: 6 }, (_, n) => `3530000000000${n}`);
    const numbers = (from: number) => handsets.map((_, n) => `+91983000${from + n}`);
    const rows = (from: number, days: number) =>
      numbers(from).map((number, n) => `${handsets[n]},${number},${dayBefore(days)},`);
    await lab.usage('airtel', rows(1000, 9));
    await Promise.all([
      put('usage/jio/while.csv', usageFile(rows(2000, 1))),
      put('usage/airtel/while.csv', usageFile(rows(1000, 2))),
      put('reports/i4c/while.csv', reportFile(handsets)),
    ]);
    await lab.cloud.run();

    const batch = batchOf('i4c', handsets);
    const summary = await summaryOf(batch);
    const late = summary.operators.jio?.connections.linked ?? -1;
    expect(late).toBeGreaterThanOrEqual(0);
    expect(late).toBeLessThanOrEqual(6);
    expect(summary).toMatchObject({
      connections: { linked: 6 + late, directed: 6 + late, overdue: 6 + late },
      unexplained: 0,
    });
    expect((await ordersOf(await lab.direction(batch, 'reverify', 'airtel')))['1-reverify.csv']).toEqual(numbers(1000));
  });
});

describe('batches that plan', () => {
  it('at once, direct a number that both have once', async () => {
    await begin();
    const handsets = { mha: '36000000000001', i4c: '36000000000002' };
    const [own, common, other] = ['+919800000101', '+919800000102', '+919800000103'];
    await lab.usage(
      'airtel',
      [
        `${handsets.mha},${own},${dayBefore(9)},`,
        `${handsets.mha},${common},${dayBefore(9)},`,
        `${handsets.i4c},${common},${dayBefore(8)},`,
        `${handsets.i4c},${other},${dayBefore(9)},`,
      ],
      'common.csv',
    );
    await Promise.all(
      Object.entries(handsets).map(([agency, imei]) => put(`reports/${agency}/common.csv`, reportFile([imei]))),
    );
    await lab.cloud.run();

    const ids = Object.entries(handsets).map(([agency, imei]) => batchOf(agency, [imei]));
    const both = await Promise.all(ids.map(summaryOf));
    for (const { connections, blocks, unexplained } of both)
      expect({ linked: connections.linked, blocks, unexplained }).toMatchObject({
        linked: 2,
        blocks: { rows: 2, directed: 2 },
        unexplained: 0,
      });
    // Whoever claims first directs both of its numbers, the other one its own only: either of them may be the first.
    const [first, second] = [...both].sort(
      (x, y) => Number(x.connections.alreadyOpen) - Number(y.connections.alreadyOpen),
    ) as [Summary, Summary];
    expect(first.connections).toMatchObject({ directed: 2, alreadyOpen: 0, overdue: 2 });
    expect(second.connections).toMatchObject({ directed: 1, alreadyOpen: 1, overdue: 1 });
    const elsewhere = (await lab.read(`batches/${second.batchId}/elsewhere.csv`)).trimEnd().split('\n').slice(1);
    expect(elsewhere).toEqual([
      `reverify,${common},airtel,alreadyOpen,${await lab.direction(first.batchId, 'reverify', 'airtel')}`,
    ]);
  });

  it('one that fails in Claim leaves void claims: others take them over, and it is started again by the same file', async () => {
    await begin();
    const handsets = { mha: '36100000000001', i4c: '36100000000002' };
    const [own, common, other] = ['+919800000201', '+919800000202', '+919800000203'];
    await lab.usage(
      'airtel',
      [
        `${handsets.mha},${own},${dayBefore(9)},`,
        `${handsets.mha},${common},${dayBefore(9)},`,
        `${handsets.i4c},${common},${dayBefore(8)},`,
        `${handsets.i4c},${other},${dayBefore(9)},`,
      ],
      'void.csv',
    );
    // Claim loses its answer while it claims, and cannot be tried again: it goes on only when another batch claims.
    let stopped = false;
    goesWrong({
      afterWrite: ({ functionName, key }) => {
        if (nameOf(functionName) !== 'Claim' || !key?.startsWith('CONN#') || stopped) return undefined;
        stopped = true;
        return 'zombie';
      },
      beforeInvoke: ({ functionName }) => (nameOf(functionName) === 'Claim' && stopped ? 'throttle' : undefined),
    });
    await lab.report('mha', [handsets.mha], 'void.csv');
    await at(0.2);
    failed += 1;
    expect(lab.cloud.failures()).toHaveLength(failed);
    const mha = batchOf('mha', [handsets.mha]);
    const i4c = batchOf('i4c', [handsets.i4c]);
    const told = (await lab.notices('fraud-batches-mha')).filter(({ batchId }) => batchId === mha);
    expect(told.map(({ kind }) => kind)).toEqual(['batch_registered', 'batch_failed']);
    expect((await lab.directions()).filter((id) => id.startsWith(mha))).toEqual([]);

    goesWrong({});
    await lab.report('i4c', [handsets.i4c], 'void.csv');
    await lab.report('mha', [handsets.mha], 'void.csv');
    const plans = await Promise.all([i4c, mha].map((batch) => lab.direction(batch, 'reverify', 'airtel')));
    const [planned, again] = plans as [string, string];
    const voidDirection = again.replace(/\d+-0-0$/, `${Number(planned.match(/(\d+)-0-0$/)?.[1]) - 1}-0-0`);
    await lab.respond(voidDirection, [`${own},verified`]);
    await lab.cloud.run();

    expect((await ordersOf(planned))['1-reverify.csv']).toEqual([common, other]);
    expect((await ordersOf(again))['1-reverify.csv']).toEqual([own]);
    const [receipt] = await lab.outbox(`receipts/airtel/${voidDirection}/`);
    expect(await lab.json(receipt ?? '')).toMatchObject({ rows: 0, recorded: 0, refused: 'unknown_direction' });
    expect(await summaryOf(i4c)).toMatchObject({
      connections: { linked: 2, directed: 2, alreadyOpen: 0, overdue: 2 },
      blocks: { rows: 2, directed: 2 },
      unexplained: 0,
    });
    expect(await summaryOf(mha)).toMatchObject({
      report: { rows: 1, handsets: 1 },
      connections: { linked: 2, directed: 1, alreadyOpen: 1, overdue: 1, verified: 0 },
      blocks: { rows: 2, directed: 2, overdue: 2 },
      unexplained: 0,
    });
    expect(await lab.read(`batches/${mha}/elsewhere.csv`)).toContain(
      `reverify,${common},airtel,alreadyOpen,${planned}\n`,
    );
  });

  it('one that fails in Screen is started again by the same file, whatever an attempt that runs on still registers', async () => {
    await begin();
    const [handset, number] = ['36300000000001', '+919800000401'];
    await lab.usage('airtel', [`${handset},${number},${dayBefore(9)},`], 'screen.csv');
    // Screen loses its answer before it registers the batch, and goes on only when the file is uploaded again.
    let stopped = false;
    goesWrong({
      afterWrite: ({ functionName, key }) => {
        if (nameOf(functionName) !== 'Screen' || !key?.startsWith('EXECUTION#') || stopped) return undefined;
        stopped = true;
        return 'zombie';
      },
      beforeInvoke: ({ functionName }) => (nameOf(functionName) === 'Screen' && stopped ? 'throttle' : undefined),
    });
    await lab.report('mha', [handset], 'screen.csv');
    await at(0.2);
    failed += 1;
    expect(lab.cloud.failures()).toHaveLength(failed);
    goesWrong({});
    await lab.report('mha', [handset], 'screen.csv');
    await lab.cloud.run();

    expect(await summaryOf(batchOf('mha', [handset]))).toMatchObject({
      connections: { linked: 1, directed: 1, overdue: 1 },
      blocks: { rows: 2, directed: 2, overdue: 2 },
      unexplained: 0,
    });
  });
});
