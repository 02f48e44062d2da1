import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { nameOf } from '../../simulation/function-names.ts';
import { sha256 } from './bad-files.ts';
import { ANY, failedOrderOf, hours, type Story, scenariosInOneLab } from './issued-anew-lab.ts';
import { DAY, HOUR, type Lab } from './lab.ts';

/**
 * A bar or disconnect order that was committed and could not be published for hours: whoever was answered for meanwhile is not
 * in it when it goes out. One that is published again seconds later stays as it was.
 */
let lab: Lab;
const scenarios = scenariosInOneLab();
const { open, end, goesWrong, refuse, begin, at, sweptAt } = scenarios;
const { numbersIn, told, ledgerOf, audited, auditFindings, summaryOf } = scenarios;
/** How many responses were given up by their queue, and sent again by the sweep. */
let dead = 0;

beforeAll(async () => {
  lab = await open();
  return () => lab.close();
}, 300_000);

afterEach(() => end(dead));

/** The orders that a caseworker is told of for each of a scenario's numbers. */
async function explained({ handset, a, b }: Story): Promise<(string | undefined)[][]> {
  await lab.upload(`lookups/caseworker-1/${handset}.csv`, `msisdn\n${a}\n${b}\n`);
  const [key = ''] = await lab.outbox(`explanations/caseworker-1/${handset}.`);
  const { lookups } = await lab.json<{ lookups: { story: { what: string; order?: string }[] }[] }>(key);
  return lookups.map(({ story }) => story.filter(({ what }) => what === 'ordered').map(({ order }) => order));
}

describe('a bar that could not be published for hours', () => {
  it('carries who failed meanwhile: nobody is freed by that', async () => {
    const story = await begin();
    const { direction, a, b } = story;
    const key = `orders/airtel/${direction}/2-bar_outgoing.csv`;
    refuse('s3', 'Order', /\/2-bar_outgoing/, 5 + hours(4));
    await at(5 + hours(1.5));
    await lab.respond(direction, [`${a},failed`, `${b},verified`]);
    await at(5 + hours(6));
    expect(await numbersIn(key)).toEqual([a]);
    const { heard, is } = await told(key);
    expect(heard).toEqual([is]);
    await lab.toTheEnd();
    // The ladder's later bar carries no failed row.
    expect(await numbersIn(`orders/airtel/${direction}/3-bar_incoming.csv`)).toBeUndefined();
    expect((await summaryOf(story)).connections).toMatchObject({ verified: 1, overdue: 1, overdueFailed: 1 });
    expect(await auditFindings(story)).toEqual([]);
  });

  it('does not carry who was verified meanwhile, and carries whom nobody answered for', async () => {
    const story = await begin();
    const { direction, a, b, start } = story;
    const key = `orders/airtel/${direction}/2-bar_outgoing.csv`;
    refuse('s3', 'Order', /\/2-bar_outgoing/, 5 + hours(4));
    await at(5 + hours(1.5));
    expect(await numbersIn(key)).toBeUndefined();
    expect((await ledgerOf(story)).orders[1]).toMatchObject({ rung: 2, rows: 2 });
    await lab.respond(direction, [`${a},verified`]);
    await at(5 + hours(6));
    expect(await numbersIn(key)).toEqual([b]);
    const { heard, is } = await told(key);
    expect(heard).toEqual([is]);
    const { orders } = await ledgerOf(story);
    const text = await lab.read(key);
    expect(orders.map(({ rung }) => rung)).toEqual([1, 2]);
    expect(orders[1]).toMatchObject({
      order: 'bar_outgoing',
      rows: 1,
      sha256: sha256(text),
      bytes: text.length,
      deadline: new Date(start + 10 * DAY).toISOString().replace('.000', ''),
    });
    expect(await audited(story, '2')).toEqual([[`2/${orders[1]?.version}`, 1]]);
    await lab.toTheEnd();
    // It is what the ladder goes on from.
    expect(await numbersIn(`orders/airtel/${direction}/3-bar_incoming.csv`)).toEqual([b]);
    expect(await summaryOf(story)).toMatchObject({
      connections: { directed: 2, verified: 1, overdue: 1 },
      unexplained: 0,
    });
    expect(await auditFindings(story)).toEqual([]);
  });

  it('and lies in the outbox untold is replaced there, and its operator hears of the new one alone', async () => {
    const story = await begin();
    const { direction, a, b } = story;
    const key = `orders/airtel/${direction}/2-bar_outgoing.csv`;
    await at(4);
    refuse('sns', 'Order', ANY, 5 + hours(4));
    await at(5 + hours(1.5));
    expect(await numbersIn(key)).toEqual([a, b]);
    await lab.respond(direction, [`${a},verified`]);
    await at(5 + hours(6));
    expect(await numbersIn(key)).toEqual([b]);
    const { heard, is } = await told(key);
    expect(heard).toEqual([is]);
    // Their operator may have barred whom it left since.
    expect(await explained(story)).toEqual([
      ['reverify', 'bar_outgoing', 'restore'],
      ['reverify', 'bar_outgoing'],
    ]);
    // Both have lain there.
    const { orders } = await ledgerOf(story);
    expect(await audited(story, '2')).toEqual([
      ['2', 2],
      [`2/${orders[1]?.version}`, 1],
    ]);
    // The rung was committed first on the version before that of the answer.
    expect(orders[1]?.firstVersion).toBeLessThan(Number(orders[1]?.version));
    await lab.toTheEnd();
    expect(await auditFindings(story)).toEqual([]);
  });
});

describe("a ladder's disconnection that could not be published for hours", () => {
  it('is for nobody once all are answered for: nothing is published, and nobody is told', async () => {
    const story = await begin();
    const { direction, a, b } = story;
    const key = `orders/airtel/${direction}/4-disconnect.csv`;
    refuse('s3', 'Order', /\/4-disconnect/, 15 + hours(4));
    await at(15 + hours(1.5));
    await lab.notices('fraud-directions-airtel');
    await lab.respond(direction, [`${a},verified`, `${b},not_found`]);
    await lab.toTheEnd();
    expect(await numbersIn(key)).toBeUndefined();
    const kinds = (await lab.notices('fraud-directions-airtel'))
      .filter(({ batchId }) => batchId === story.batch)
      .map(({ kind, order }) => order ?? kind);
    // The bars had carried who proved themselves.
    expect([...new Set(kinds)].sort()).toEqual(['receipt', 'restore', 'settled']);
    expect((await ledgerOf(story)).orders[3]).toMatchObject({ rung: 4, rows: 0 });
    expect(await audited(story, '4')).toEqual([]);
    expect(await summaryOf(story)).toMatchObject({ connections: { verified: 1, notFound: 1 }, unexplained: 0 });
    expect(await auditFindings(story)).toEqual([]);
  });

  it('names nobody any more where it lies in the outbox untold', async () => {
    const story = await begin();
    const { direction, a, b } = story;
    const key = `orders/airtel/${direction}/4-disconnect.csv`;
    await at(14);
    refuse('sns', 'Order', ANY, 15 + hours(4));
    await at(15 + hours(1.5));
    expect(await numbersIn(key)).toEqual([a, b]);
    await lab.respond(direction, [`${a},verified`, `${b},verified`]);
    await lab.toTheEnd();
    expect(await lab.read(key)).toBe('msisdn,imei,reason,deadline,reference,disconnect_by,order,direction\n');
    expect((await told(key)).heard).toEqual([]);
    expect((await audited(story, '4')).map(([, rows]) => rows)).toEqual([2, 0]);
    expect(await auditFindings(story)).toEqual([]);
  });
});

describe("failed rows' own disconnect order that could not be published for hours", () => {
  const receipts = async ({ direction }: Story) => (await lab.outbox(`receipts/airtel/${direction}/`)).length;

  it('does not carry who was verified meanwhile; the receipt did not wait for it', async () => {
    const story = await begin();
    const { direction, a, b, start } = story;
    const failed = [`${a},failed`, `${b},failed`];
    const key = failedOrderOf(story, failed);
    await at(2);
    refuse('s3', 'Record', /^orders\//, 2 + hours(5));
    await lab.respond(direction, failed, 'failed.csv');
    expect(await receipts(story)).toBe(1);
    dead++;
    await at(2 + hours(3));
    await lab.respond(direction, [`${a},verified`], 'verified.csv');
    expect(await numbersIn(key)).toBeUndefined();
    // The queue has given it up by the last of these hours, and a sweep sends it again.
    await at(2 + hours(10));
    await sweptAt(2 + hours(13));
    expect(await numbersIn(key)).toEqual([b]);
    const { heard, is } = await told(key);
    expect(heard).toEqual([is]);
    const { failedOrder } = (await ledgerOf(story)).files[0] ?? {};
    const { version, at: issuedAt } = (failedOrder?.anew ?? {}) as { version: number; at: string };
    const text = await lab.read(key);
    expect(failedOrder).toMatchObject({ rows: 1, sha256: sha256(text), bytes: text.length });
    expect(Date.parse(issuedAt)).toBeGreaterThanOrEqual(start + 2 * DAY + 5 * HOUR);
    // Its deadline, which the ledger had from the beginning, stays.
    expect(Date.parse(String(failedOrder?.deadline)) - (start + 3 * DAY)).toBeLessThan(60_000);
    expect(await audited(story, 'failed-')).toEqual([[`${key.split('/')[3]?.slice(0, 15)}/${version}`, 1]]);
    await lab.toTheEnd();
    expect(await numbersIn(`orders/airtel/${direction}/4-disconnect.csv`)).toEqual([b]);
    expect(await summaryOf(story)).toMatchObject({
      connections: { verified: 1, overdue: 1, overdueFailed: 1 },
      unexplained: 0,
    });
    expect(await auditFindings(story)).toEqual([]);
  });

  it('and lies in the outbox untold is replaced there, and its operator hears of the new one alone', async () => {
    const story = await begin();
    const { direction, a, b } = story;
    const failed = [`${a},failed`, `${b},failed`];
    const key = failedOrderOf(story, failed);
    await at(2);
    refuse('sns', 'Record', ANY, 2 + hours(1.75));
    await lab.respond(direction, failed, 'failed.csv');
    expect(await numbersIn(key)).toEqual([a, b]);
    await at(2 + hours(1.25));
    await lab.respond(direction, [`${a},verified`], 'verified.csv');
    // The queue delivers it every half an hour.
    await at(2 + hours(2.1));
    expect(await numbersIn(key)).toEqual([b]);
    const { heard, is } = await told(key);
    expect(heard).toEqual([is]);
    expect((await audited(story, 'failed-')).map(([, rows]) => rows)).toEqual([2, 1]);
    expect(await explained(story)).toEqual([
      ['reverify', 'disconnect', 'restore'],
      ['reverify', 'disconnect'],
    ]);
    await lab.toTheEnd();
    expect(await auditFindings(story)).toEqual([]);
  });

  it.each(['s3', 'sns'] as const)('is for nobody once all are answered for (%s)', async (what) => {
    const story = await begin();
    const { direction, a, b } = story;
    const failed = [`${a},failed`, `${b},failed`];
    const key = failedOrderOf(story, failed);
    await at(2);
    refuse(what, 'Record', what === 's3' ? /^orders\// : ANY, 2 + hours(2.75));
    await lab.respond(direction, failed, 'failed.csv');
    await at(2 + hours(1.5));
    await lab.respond(direction, [`${a},verified`, `${b},not_found`], 'later.csv');
    await at(2 + hours(2.5));
    // A file that lay there names nobody any more; where none did, none comes.
    expect(await numbersIn(key)).toEqual(what === 's3' ? undefined : []);
    const notices = await lab.notices('fraud-directions-airtel');
    expect(notices.filter((notice) => notice.key === key)).toEqual([]);
    expect((await audited(story, 'failed-')).map(([, rows]) => rows)).toEqual(what === 's3' ? [] : [2, 0]);
    await lab.toTheEnd();
    expect(await auditFindings(story)).toEqual([]);
  });

  it('is not ordered again for who was verified since, when the same bytes come again, within its day or after its batch settled', async () => {
    const story = await begin();
    const { direction, a, b } = story;
    const failed = [`${a},failed`, `${b},failed`];
    const key = failedOrderOf(story, failed);
    await at(2);
    await lab.respond(direction, failed, 'failed.csv');
    expect((await told(key)).heard).toHaveLength(1);
    const before = await lab.read(key);
    await at(2 + hours(1));
    await lab.respond(direction, failed, 'at once.csv');
    // Nothing has changed, and nothing changes.
    expect(await lab.read(key)).toBe(before);
    const again = await told(key);
    expect(again.heard).toEqual([again.is]);
    await lab.respond(direction, [`${a},verified`], 'verified.csv');
    await at(2 + hours(4));
    await lab.respond(direction, failed, 'again.csv');
    expect(await numbersIn(key)).toEqual([b]);
    const { heard, is } = await told(key);
    expect(heard).toEqual([is]);
    for (const days of [4, 17]) {
      await at(days);
      await lab.respond(direction, failed, `after ${days} days.csv`);
      expect(await numbersIn(key)).toEqual([b]);
      expect((await told(key)).heard).toEqual([]);
    }
    expect((await audited(story, 'failed-')).map(([, rows]) => rows)).toEqual([2, 1]);
    await lab.toTheEnd();
    expect(await auditFindings(story)).toEqual([]);
  });
});

describe('an order that is published again seconds later', () => {
  it('stays as it was committed, byte for byte, where nobody was answered for meanwhile', async () => {
    const story = await begin();
    const { direction, a, b } = story;
    const key = `orders/airtel/${direction}/2-bar_outgoing.csv`;
    let lost = 0;
    goesWrong({
      afterWrite: (call) => {
        if (nameOf(call.functionName) !== 'Order' || call.key !== key || lost > 0) return undefined;
        lost++;
        return 'fail';
      },
    });
    await at(5 + hours(1));
    expect(lost).toBe(1);
    expect(await numbersIn(key)).toEqual([a, b]);
    const { heard, is } = await told(key);
    expect(heard).toEqual([is]);
    const { orders } = await ledgerOf(story);
    expect(orders[1]).toMatchObject({ rows: 2, sha256: sha256(await lab.read(key)) });
    expect(orders[1]).not.toHaveProperty('firstVersion');
    expect(await audited(story, '2')).toEqual([['2', 2]]);
  });
});
