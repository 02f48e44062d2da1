import { describe, expect, it } from 'vitest';
import { sha8, sha256Of } from '../../lambdas/domain/hashes.ts';
import { bucketsOf } from '../../simulation/buckets.ts';
import { DAY, Lab, START } from './lab.ts';

/**
 * Numbers that go on elsewhere. All are airtel's, seen in a handset on 20 May: P is ported to jio on day 4, E is given more time on
 * day 11, when a second bar had named it, V is verified, and then said to be disconnected.
 */
const HANDSET = '35100000000001';
const OTHER = '35100000000002';
const [P, E, V, Q] = [1, 2, 3, 4].map((n) => `+91981000000${n}`) as [string, string, string, string];
const batchOf = (handset: string) => `mha-${sha256Of(`imei\n${handset}\n`).slice(0, 12)}`;
const batch = batchOf(HANDSET);
const answer = (rows: string[]) => `msisdn,outcome,to,ground,occurred_on\n${rows.map((row) => `${row}\n`).join('')}`;

describe('a row that goes on elsewhere', { timeout: 300_000 }, () => {
  it('ends where it is, has service again where it is given more time, and is open elsewhere for a later batch', async () => {
    await using lab = await Lab.open({ context: { operators: 'airtel,jio' } });
    await lab.usage(
      'airtel',
      [P, E, V, Q].flatMap((number) => [HANDSET, OTHER].map((one) => `${one},${number},2026-05-20,Delhi`)),
    );
    await lab.report('mha', [HANDSET]);
    const direction = await lab.direction(batch, 'reverify', 'airtel');
    const folder = `responses/airtel/${direction}`;
    const receipt = (name: string, text: string) =>
      lab.json(`receipts/airtel/${direction}/${name}.csv.${sha8(sha256Of(text))}.json`);
    const carried = async (name: string) =>
      (await lab.read(`orders/airtel/${direction}/${name}.csv`)).match(/\+91\d+/g) ?? [];

    await lab.at(4);
    const first = answer([`${P},ported,jio,,`, `${V},verified,,,`, `${Q},ported,airtel,,`, `${Q},extended,,busy,`]);
    await lab.upload(`${folder}/first.csv`, first);
    expect(await receipt('first', first)).toMatchObject({
      recorded: 2,
      rejects: [
        { line: 4, reason: 'same_operator' },
        { line: 5, reason: 'bad_ground' },
      ],
    });
    await lab.at(11);
    expect(await carried('2-bar_outgoing')).toEqual([E, Q]);
    expect(await carried('3-bar_incoming')).toEqual([E, Q]);
    const second = answer([`${E},extended,,hospital,`, `${V},disconnected,,,`, `${P},ported,airtel,,`]);
    await lab.upload(`${folder}/second.csv`, second);
    expect(await receipt('second', second)).toMatchObject({
      recorded: 1,
      rejected: { conflicts_with_recorded: 1, same_operator: 1 },
    });
    const back = `orders/airtel/${direction}/back-${sha8(sha256Of(second))}-restore.csv`;
    expect((await lab.read(back)).match(/\+91\d+/g)).toEqual([E]);
    const { work } = bucketsOf(lab.cloud);
    expect(await lab.cloud.list(work, 'waiting/')).toEqual([`waiting/${direction}`]);
    const told = (await lab.notices('fraud-directions-airtel')).filter(
      ({ kind }) => kind === 'disconnected_after_verified',
    );
    expect(told).toMatchObject([{ directionId: direction, rows: 1 }]);
    const administrators = await lab.notices('fraud-administrators');
    expect(administrators.filter(({ kind }) => kind === 'disconnected_after_verified')).toEqual(told);
    // One of four rows is more than 5 in a hundred.
    expect(administrators.filter(({ kind }) => kind === 'many_extended')).toEqual([
      { kind: 'many_extended', batchId: batch, operator: 'airtel', extended: 1, rows: 4 },
    ]);

    // P, at jio now, and E at airtel, go on with what they waited for; Q is directed there already.
    await lab.report('mha', [OTHER], 'other.csv');
    await lab.toTheEnd();
    expect(await carried('4-disconnect')).toEqual([Q]);
    const books = async (id: string) =>
      await lab.json<{ connections: object; operators: Record<string, { connections: object }> }>(
        `batches/${id}/summary.json`,
      );
    expect(await books(batch)).toMatchObject({
      connections: { linked: 4, directed: 4, verified: 1, ported: 1, extended: 1, withdrawn: 0, overdue: 1 },
      unexplained: 0,
    });
    const other = await books(batchOf(OTHER));
    expect(other).toMatchObject({
      connections: { linked: 4, alreadyOpen: 3, alreadyVerified: 1, directed: 0 },
      unexplained: 0,
    });
    expect(other.operators.airtel?.connections).toMatchObject({ linked: 3, alreadyOpen: 2, alreadyVerified: 1 });
    expect(other.operators.jio?.connections).toMatchObject({ linked: 1, alreadyOpen: 1 });
    const elsewhere = await lab.read(`batches/${batchOf(OTHER)}/elsewhere.csv`);
    expect(elsewhere).toContain(`reverify,${P},jio,alreadyOpen,${direction}\n`);
    expect(lab.cloud.failures()).toEqual([]);
    expect(START + 11 * DAY).toBeLessThan(lab.cloud.clock.now());
  });
});

it('of two files that come at once and name different operators one counts, and the other conflicts', async () => {
  await using lab = await Lab.open({ context: { operators: 'airtel,jio,vi' } });
  await lab.usage('airtel', [`${HANDSET},${P},2026-05-20,Delhi`]);
  await lab.report('mha', [HANDSET]);
  const direction = await lab.direction(batch, 'reverify', 'airtel');
  await lab.at(2);
  const put = (name: string, to: string) =>
    lab.cloud.put(
      bucketsOf(lab.cloud).inbox,
      `responses/airtel/${direction}/${name}.csv`,
      answer([`${P},ported,${to},,`]),
    );
  await Promise.all([put('first', 'jio'), put('second', 'vi')]);
  await lab.cloud.rest();
  const keys = await lab.outbox(`receipts/airtel/${direction}/`);
  const receipts = await Promise.all(keys.map((key) => lab.json<Record<string, unknown>>(key)));
  expect(receipts.map(({ recorded, alreadyRecorded }) => [recorded, alreadyRecorded]).sort()).toEqual([
    [0, 0],
    [1, 0],
  ]);
  expect(receipts.find(({ recorded }) => recorded === 0)).toMatchObject({ rejected: { conflicts_with_recorded: 1 } });
  // The same once more, in other bytes, is nothing new.
  const first = receipts.find(({ recorded }) => recorded === 1)?.file === 'first.csv' ? 'jio' : 'vi';
  const text = `${answer([`${P},ported,${first},,`])}\n`;
  await lab.upload(`responses/airtel/${direction}/again.csv`, text);
  expect(await lab.json(`receipts/airtel/${direction}/again.csv.${sha8(sha256Of(text))}.json`)).toMatchObject({
    recorded: 0,
    alreadyRecorded: 1,
    rejects: [],
  });
});
