/**
 * What one person of bad will can do alone, within the rights of an approver, a caseworker, an agency or an operator: nobody is cut off
 * by it, nobody's number is told, and nobody who was directed is freed. What their rights let them reach is test/stacks/access.
 *
 * mha reports a handset in which a guilty and an innocent number were seen at airtel; two approve. Then each of the four has a day.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256Of } from '../../lambdas/domain/hashes.ts';
import { APPROVE, Lab } from './lab.ts';

const HANDSET = '35200000000001';
const SHOWN = '352000000000011';
const VICTIMS = '35200000000002';
const [GUILTY, INNOCENT, VICTIM] = [1, 2, 3].map((n) => `+91983000000${n}`) as [string, string, string];
const report = (imei: string) => `imei\n${imei}\n`;
const batchOf = (agency: string, imei: string) => `${agency}-${sha256Of(report(imei)).slice(0, 12)}`;
const batch = batchOf('mha', HANDSET);
const [A, B] = ['approver-1', 'approver-2'] as const;

let lab: Lab;
let direction: string;

const orders = async (direction: string) =>
  (await lab.outbox(`orders/${direction.split('.')[2]}/${direction}/`)).map((key) => key.split('/').at(-1));
const receiptsOf = async (who: string, prefix = '') => {
  const keys = await lab.outbox(`receipts/${who}/${prefix}`);
  return await Promise.all(keys.map((key) => lab.json<{ refused: string | null; rejected: object }>(key)));
};
const directionsOf = async (id: string) => (await lab.directions()).filter((one) => one.startsWith(id));

beforeAll(async () => {
  lab = await Lab.open({ context: { operators: 'airtel,jio', people: '2' } });
  const rows = [
    [HANDSET, GUILTY],
    [HANDSET, INNOCENT],
    [VICTIMS, VICTIM],
  ];
  await lab.usage(
    'airtel',
    rows.map((row) => `${row.join(',')},2026-05-20,Delhi`),
  );
  await lab.report('mha', [HANDSET]);
  for (const approver of [A, B]) await lab.decide(approver, batch, [APPROVE]);
  direction = await lab.direction(batch, 'reverify', 'airtel');
  await lab.respond(direction, [`${INNOCENT},verified`]);
}, 120_000);
afterAll(() => lab.close());

describe('an agency alone', () => {
  it('has nobody directed, whatever it reports, and takes back nothing of another agency', async () => {
    await lab.report('up-police', [VICTIMS], 'victim.csv');
    const id = batchOf('up-police', VICTIMS);
    expect(await lab.json(`previews/${id}/preview.json`)).toMatchObject({ linked: 1, people: 2 });
    await lab.upload(`withdrawals/up-police/${batch}/theirs.csv`, 'imei\n');
    expect(await receiptsOf('up-police', 'withdrawals/')).toMatchObject([{ refused: 'unknown_batch' }]);
    expect(await directionsOf(id)).toEqual([]);
    expect((await lab.outbox('previews/up-police-')).map((key) => key.split('/')[1])).toEqual([id, id, id]);
  });
});

describe('an approver alone', () => {
  it('has nobody cut off: not by approving twice, under two names, or in the name of a batch that waits for others', async () => {
    const id = batchOf('up-police', VICTIMS);
    await lab.decide(A, id, [APPROVE], 'once.csv');
    await lab.decide(A, id, [APPROVE, APPROVE], 'twice.csv');
    await lab.decide('approver-9', id, [APPROVE], 'nobody.csv');
    expect(await directionsOf(id)).toEqual([]);
  });

  it('exempts nobody, and lifts nothing', async () => {
    const exempt = (name: string, until: string) =>
      lab.upload(`exemptions/${A}/${name}.csv`, `msisdn,until,reason\n${GUILTY},${until},friend\n`);
    await exempt('friend', '2026-07-01');
    await lab.report('mha', [HANDSET, '35200000000009'], 'again.csv');
    const again = `mha-${sha256Of(`imei\n${HANDSET}\n35200000000009\n`).slice(0, 12)}`;
    for (const approver of [A, B]) await lab.decide(approver, again, [APPROVE]);
    const [elsewhere = ''] = (await directionsOf(again)).filter((one) => one.includes('.reverify.'));
    // The guilty one stays where they are asked already: they are not exempt.
    expect(elsewhere).toBe('');
    await lab.at(40);
    expect(await lab.json(`batches/${again}/summary.json`)).toMatchObject({
      connections: { linked: 2, exempt: 0, alreadyOpen: 1, alreadyVerified: 1 },
    });
  });
});

describe('a caseworker alone', () => {
  it('frees nobody, and asks for no more than may be asked', async () => {
    const file = (rows: string[]) => `msisdn,imei,ground\n${rows.map((row) => `${row}\n`).join('')}`;
    await lab.upload('appeals/caseworker-1/friend.csv', file([`${GUILTY},,wrong_number`, `,${SHOWN},wrong_handset`]));
    const many = Array.from({ length: 10_001 }, (_, n) => `+9199${String(n).padStart(8, '0')},,court_order`);
    await lab.upload('appeals/caseworker-1/many.csv', file(many));
    const previews = (await lab.outbox('previews/caseworker-1-')).filter((key) => key.endsWith('.json'));
    expect(previews).toHaveLength(2);
    for (const key of previews) expect(await directionsOf(key.split('/')[1] ?? '')).toEqual([]);
    const ended = (await lab.batches()).filter((id) => id.startsWith('caseworker-1-'));
    expect(await Promise.all(ended.map((id) => lab.json(`batches/${id}/summary.json`)))).toMatchObject([
      { status: 'over_limit', subjects: { asked: 0 } },
    ]);
    expect(await lab.outbox('revocations/')).not.toContain('caseworker');
  });
});

describe('an operator alone', () => {
  it('answers no direction but its own, and moves nobody whom another one denies to have', async () => {
    await lab.upload(`responses/jio/${direction}/theirs.csv`, `msisdn,outcome\n${GUILTY},verified\n`);
    expect(await receiptsOf('jio', direction)).toMatchObject([{ refused: 'unknown_direction' }]);
    // Nor may a number be said to be somebody else's from before it was seen, or be disconnected from before that.
    await lab.upload(
      `responses/airtel/${direction}/early.csv`,
      `msisdn,outcome,occurred_on,activated_on,to\n${GUILTY},reissued,,2026-05-20,\n${GUILTY},disconnected,2026-05-01,,\n${GUILTY},ported,,,airtel\n`,
    );
    expect((await receiptsOf('airtel', `${direction}/early.csv`))[0]?.rejected).toEqual({
      before_sighting: 1,
      not_after_sighting: 1,
      same_operator: 1,
    });
  });
});

it('and in the end the guilty one was barred and disconnected, and nobody else', async () => {
  await lab.at(80);
  expect(await orders(direction)).toEqual([
    '1-reverify.csv',
    '2-bar_outgoing.csv',
    '3-bar_incoming.csv',
    '4-disconnect.csv',
  ]);
  for (const name of ['2-bar_outgoing', '3-bar_incoming', '4-disconnect']) {
    const text = await lab.read(`orders/airtel/${direction}/${name}.csv`);
    expect([GUILTY, INNOCENT, VICTIM].map((number) => text.includes(number))).toEqual([true, false, false]);
  }
  expect(lab.cloud.failures()).toEqual([]);
});
