/**
 * Who is exempt is not directed.
 *
 * H1 was used with A1 and A2 (airtel), H2 with J1 (jio). On day 0 approver-1 exempts A1 and H2 until 3 June, approver-2 A1 until
 * 3 June and H2 until 2 June, both of them H3, and A2 until approver-1 takes that back. mha reports all three on 3 June: A1 and H3 are exempt, and H2 by
 * one word only. up-police reports H1 and H2 on 4 June: nobody is exempt any more.
 *
 * H4 was used with A3 (airtel), whom approver-2 exempts until 3 June. approver-3 says so an hour later, then that it ends, in a file whose
 * event comes two hours late, and then the former again in the same bytes. delhi-police reports H4 at 04:00. The event of a file of theirs on J1
 * comes three days late, and that of the same bytes, once their day is past, before it.
 */
import { DeleteObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { beforeAll, describe, expect, it } from 'vitest';
import { bucketsOf } from '../../simulation/buckets.ts';
import { DAY, HOUR, Lab, START, type Summary } from './lab.ts';
import { A1, A2, A3, H1, H2, H3, H4, J1 } from './story.ts';

let lab: Lab;
let first: Summary;
let second: Summary;
let notices: Record<string, unknown>[];
let receipts: string[];
/** The orders at airtel once delhi-police has reported A3's handset. */
let ordersAboutA3: string[];

const ROWS = [
  `${A1},,2026-06-03,in hospital`,
  `,${H2},2026-06-03,a repair shop's`,
  `${A2},,2026-06-03,abroad`,
  `,${H3},2026-06-03,a clone`,
];
const file = (...rows: string[]) => `msisdn,imei,until,reason\n${rows.map((row) => `${row}\n`).join('')}`;
const EXEMPTS_A3 = file(`${A3},,2026-06-03,in hospital`);
const EXEMPTS_J1 = file(`${J1},,2026-06-01,abroad`);
const PATH = 'receipts/approver-1/exemptions/';

beforeAll(async () => {
  const late = ({ detail }: { detail: { object?: { key?: string } } }) => {
    if (detail.object?.key?.endsWith('/late.csv')) return [2 * HOUR];
    return detail.object?.key?.endsWith('/days late.csv') ? [3 * DAY] : [0];
  };
  lab = await Lab.open({ telling: true, faults: { deliveries: late } });
  // Nobody looks at what is told of where batches stand.
  lab.cloud.pauseQueues((queue) => queue.includes('StatusQueue'));
  await lab.usage('airtel', [
    `${H1},${A1},2026-05-20,Delhi`,
    `${H1},${A2},2026-05-21,Delhi`,
    `${H4},${A3},2026-05-20,Delhi`,
  ]);
  await lab.usage('jio', [`${H2},${J1},2026-05-19,Mumbai`]);
  await lab.upload('exemptions/approver-1/june.csv', file(...ROWS, `${A1},,2026-08-31,too long`));
  receipts = await lab.outbox('receipts/');
  await lab.upload('exemptions/approver-1/again.csv', file(...ROWS, `${A1},,2026-08-31,too long`));
  const until2 = [`,${H2},2026-06-02,a repair shop's`, `,${H3},2026-06-03,a clone`];
  await lab.upload('exemptions/approver-2/june.csv', file(`${A1},,2026-06-03,in hospital`, ...until2));
  await lab.upload('exemptions/approver-2/later.csv', file(`${A2},,2026-06-03,abroad`));
  // Their last word, since they say it again: A2's exemption ends.
  const ends = file(`${A2},,2026-05-31,is back`);
  await lab.upload('exemptions/approver-1/end.csv', ends);
  await lab.upload('exemptions/approver-1/mistaken.csv', file(`${A2},,2026-06-03,abroad`));
  await lab.upload('exemptions/approver-1/end-again.csv', ends);
  await lab.upload('exemptions/approver-1/no.csv', 'msisdn,until\n9800000001,2026-06-03\n');
  await lab.upload('exemptions/approver-9/no.csv', file(...ROWS));
  await lab.upload('exemptions/approver-2/of A3.csv', EXEMPTS_A3);
  // Of A1 approver-2 says two things: that it ends, in a file whose event comes two hours late, and an hour after it that it does not.
  const { inbox } = bucketsOf(lab.cloud);
  await lab.cloud.put(inbox, 'exemptions/approver-2/late.csv', file(`${A1},,2026-05-31,was let go`));
  await lab.cloud.put(inbox, 'exemptions/approver-3/days late.csv', EXEMPTS_J1);
  await lab.cloud.run(START + HOUR);
  await lab.upload('exemptions/approver-2/after.csv', file(`${A1},,2026-06-03,in hospital again`));
  await lab.upload('exemptions/approver-3/of A3.csv', EXEMPTS_A3);
  await lab.cloud.run(START + 1.1 * HOUR);
  await lab.cloud.put(inbox, 'exemptions/approver-3/late.csv', file(`${A3},,2026-05-31,was let go`));
  await lab.cloud.run(START + 1.2 * HOUR);
  await lab.upload('exemptions/approver-3/of A3.csv', EXEMPTS_A3);
  await lab.cloud.run(START + 4 * HOUR);
  await lab.report('delhi-police', [H4]);
  ordersAboutA3 = await lab.outbox('orders/airtel/');
  await lab.cloud.run(Date.parse('2026-06-03T18:29:00Z'));
  await lab.upload('exemptions/approver-3/of J1.csv', EXEMPTS_J1);
  await lab.report('mha', [H1, H2, H3]);
  await lab.cloud.run(Date.parse('2026-06-03T18:29:00Z') + DAY);
  await lab.report('up-police', [H1, H2]);
  await lab.toTheEnd();
  [first, second] = [await lab.summary('mha'), await lab.summary('up-police')];
  notices = await lab.notices('fraud-approvals-approver-1');
  return () => lab.close();
});

it('that ends one is counted as past in the receipt of its file and its notice, since a mistyped year reads alike', async () => {
  const receipt = async (name: string) => await lab.json((await lab.outbox(`${PATH}${name}.`))[0] ?? '');
  expect(await receipt('end.csv')).toMatchObject({ recorded: 1, past: 1 });
  expect(await receipt('june.csv')).not.toHaveProperty('past');
  const told = (name: string) =>
    notices.filter(({ kind, file }) => kind === 'receipt' && file === `exemptions/${name}`);
  expect(told('approver-1/end.csv').map(({ past }) => past)).toEqual([1]);
  expect(told('approver-1/june.csv').map(({ past }) => past)).toEqual([undefined]);
});

describe('an exemption', () => {
  it("is in force while two approvers' latest words reach the day of the turn, that day included", () => {
    // 3 June, 23:59 in Asia/Kolkata.
    expect(first.connections).toMatchObject({ linked: 3, exempt: 1, directed: 2 });
    expect(first.operators.airtel?.connections).toMatchObject({ linked: 2, exempt: 1, directed: 1 });
    expect(first.blocks).toMatchObject({ rows: 15, exempt: 5, directed: 10 });
    expect(second.connections).toMatchObject({ linked: 3, exempt: 0, alreadyOpen: 2, directed: 1 });
    expect([first.unexplained, second.unexplained]).toEqual([0, 0]);
  });

  it('is told of in the list of what was not directed, with no direction', async () => {
    const list = await lab.read(`batches/${first.batchId}/elsewhere.csv`);
    const lines = ['airtel', 'bsnl', 'jio', 'mtnl', 'vi'].map(
      (operator) => `block,350000000000030,${operator},exempt,`,
    );
    expect(list).toBe(
      `${['kind,identifier,operator,state,directionId', ...lines, `reverify,${A1},airtel,exempt,`].join('\n')}\n`,
    );
  });

  it('has whom it is about in no order', async () => {
    const orders = await lab.outbox('orders/airtel/');
    const own = orders.filter((key) => key.includes(`${first.batchId}.reverify`));
    expect(own.length).toBeGreaterThan(0);
    for (const key of own) expect(await lab.read(key)).not.toContain(A1);
  });
});

describe('a file of exemptions', () => {
  it('gets a receipt, of which its approver is told; the same bytes again get the same and change nothing', async () => {
    const own = receipts.filter((key) => key.startsWith(PATH));
    expect(own.map((key) => key.slice(PATH.length).replace(/[0-9a-f]{8}/, '…'))).toEqual(['june.csv.….json']);
    const june = await lab.json<Record<string, unknown>>(own[0] ?? '');
    expect(june).toMatchObject({
      file: 'june.csv',
      rows: 5,
      recorded: 4,
      alreadyRecorded: 0,
      rejected: { until_too_far: 1 },
      rejects: [{ line: 6, reason: 'until_too_far' }],
      refused: null,
    });
    const again = (await lab.outbox(`${PATH}again.csv`))[0] ?? '';
    expect(await lab.json(again)).toEqual(june);
    expect(notices.map(({ kind, refused }) => [kind, refused])).toEqual([
      ...Array.from({ length: 5 }, () => ['receipt', null]),
      ['receipt', 'missing_column:reason'],
    ]);
    expect(notices[0]).toMatchObject({ approver: 'approver-1', key: own[0], rows: 5, recorded: 4, rejected: 1 });
  });

  it('counts by its upload, whenever it is worked on, and says which of its rows a later one has replaced', async () => {
    const [receipt = ''] = await lab.outbox('receipts/approver-2/exemptions/late.csv');
    expect(await lab.json(receipt)).toMatchObject({
      recorded: 0,
      alreadyRecorded: 0,
      rejected: { superseded: 1 },
      refused: null,
    });
    // And A1 was exempt, as told above.
  });

  it('of more than 10,000 rows is refused', async () => {
    const rows = Array.from({ length: 10_001 }, () => `${A1},,2026-06-03,x`);
    await lab.upload('exemptions/approver-1/many.csv', file(...rows));
    const [receipt = ''] = await lab.outbox(`${PATH}many.csv`);
    expect(await lab.json(receipt)).toMatchObject({ recorded: 0, refused: 'too_many_rows' });
  });

  it('of nobody who is configured stays where it lies', async () => {
    const strays = (await lab.notices('fraud-administrators')).filter(({ kind }) => kind === 'stray_object');
    const { inbox } = bucketsOf(lab.cloud);
    expect(strays).toMatchObject([{ why: 'unknown_approver', bucket: inbox, key: 'exemptions/approver-9/no.csv' }]);
    expect(await lab.outbox('receipts/approver-9/')).toEqual([]);
  });

  it('is told to the audit, in a chain of their own', async () => {
    const chain = (await lab.cloud.list(bucketsOf(lab.cloud).audit)).filter((key) =>
      key.startsWith('batches/exemptions/'),
    );
    const texts = await Promise.all(chain.map((key) => lab.cloud.get(bucketsOf(lab.cloud).audit, key)));
    const entries = texts.flatMap((text) => Buffer.from(text).toString().trimEnd().split('\n'));
    const kinds = entries.map((entry) => JSON.parse(entry)).map(({ kind, facts }) => `${kind} ${facts.uploader}`);
    expect(kinds.sort()).toEqual([
      ...Array.from({ length: 5 }, () => 'exemptions_recorded approver-1'),
      ...Array.from({ length: 5 }, () => 'exemptions_recorded approver-2'),
      ...Array.from({ length: 5 }, () => 'exemptions_recorded approver-3'),
      'exemptions_refused approver-1',
    ]);
    for (const entry of entries) expect(entry).not.toMatch(/9800000001|35000000000003/);
    // The same upload may be refused, and recorded later, when there is room for it: these are two facts.
    const ids = entries
      .map((entry) => JSON.parse(entry))
      .map(({ kind, id }) => [kind, id.split('/').slice(3).join('/')]);
    for (const [kind, why] of ids) expect(why).toBe(kind === 'exemptions_refused' ? 'missing_column:reason' : '');
  });
});

describe('bytes that an approver uploads again', () => {
  it('are their last word, though another one from in between comes later', async () => {
    const own = 'receipts/approver-3/exemptions/';
    const [receipt = ''] = await lab.outbox(`${own}late.csv`);
    expect(await lab.json(receipt)).toMatchObject({ recorded: 0, rejected: { superseded: 1 }, refused: null });
    const [june = '', ...more] = await lab.outbox(`${own}of A3.csv`);
    expect(await lab.json(june)).toMatchObject({ rows: 1, recorded: 1 });
    expect(more).toEqual([]);
    expect(ordersAboutA3).not.toContainEqual(expect.stringContaining('.reverify.'));
    expect(ordersAboutA3).toContainEqual(expect.stringContaining('.block.'));
    expect(lab.cloud.failures()).toEqual([]);
  });

  it('end nothing where an earlier upload of theirs exempted somebody, whose event comes only after that', async () => {
    const { work } = bucketsOf(lab.cloud);
    const keys = (await lab.cloud.list(work, 'exemptions/')).filter((key) => key.endsWith('/exemptions.json'));
    const said = new Set<unknown>();
    for (const key of keys) {
      const { words } = JSON.parse(Buffer.from(await lab.cloud.get(work, key)).toString());
      said.add(words[J1]?.['approver-3']?.at);
    }
    expect([...said].sort()).toEqual(['2026-06-01T00:00:00Z', '2026-06-03T18:29:00Z', undefined]);
  });
});

describe('a record of exemptions that the work bucket has let go of', () => {
  it('is missed by nobody once nothing counts of it: batches are planned, and new exemptions recorded', async () => {
    // The last file that ended an exemption came on 1 June 2026: such a word may lift a reversal for 1,094 days.
    await lab.cloud.run(Date.parse('2029-05-31T00:00:00Z'));
    const { endpoint, region } = lab.cloud;
    const s3 = new S3Client({
      endpoint,
      region,
      credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
      forcePathStyle: true,
    });
    const { work } = bucketsOf(lab.cloud);
    const records = (await lab.cloud.list(work, 'exemptions/')).filter((key) => key.endsWith('/exemptions.json'));
    expect(records.length).toBeGreaterThan(0);
    for (const key of records) await s3.send(new DeleteObjectCommand({ Bucket: work, Key: key }));
    s3.destroy();

    await lab.usage('airtel', [`${H1},${A1},2029-05-20,Delhi`], 'may.csv');
    await lab.report('i4c', [H1]);
    const [direction = ''] = (await lab.directions('airtel')).filter((id) => /^i4c-.*\.reverify\./.test(id));
    expect(await lab.read(`orders/airtel/${direction}/1-reverify.csv`)).toContain(A1);
    await lab.upload('exemptions/approver-1/later.csv', file(`${A1},,2029-07-31,in hospital`));
    const [receipt = ''] = await lab.outbox(`${PATH}later.csv`);
    expect(await lab.json(receipt)).toMatchObject({ rows: 1, recorded: 1, refused: null });
    expect(lab.cloud.failures()).toEqual([]);
  });
});
