import type { FaultPlan } from 'local-cloud';
import { beforeAll, describe, expect, it } from 'vitest';
import { bucketsOf } from '../../simulation/buckets.ts';
import { nameOf } from '../../simulation/function-names.ts';
import { sha8, sha256 } from './bad-files.ts';
import { DAY, Lab, START, type Summary } from './lab.ts';

/**
 * One file for all of an operator's directions. airtel saw A1 and A2 in H1, which mha reports, and A3 and A4 in H2, which up-police
 * reports a day later; nobody saw N1. In H5 airtel saw 14 numbers, of which a
 * direction has five at most.
 */
const CONTEXT = { operators: 'airtel', rowsPerDirection: '5' };
const [H1, H2, H5] = ['37100000000001', '37100000000002', '37100000000005'] as const;
const MANY = Array.from({ length: 14 }, (_, n) => String(9830000000 + n));
const [A1, A2, A3, A4, N1] = ['9810000001', '9810000002', '9810000003', '9810000004', '7010000001'] as const;

interface Receipt {
  file: string;
  rows: number;
  recorded: number;
  alreadyRecorded: number;
  rejected: Record<string, number>;
  rejects: { line: number; reason: string }[];
  refused: string | null;
  directions: Record<string, unknown>[];
  repeats?: string;
}

let lab: Lab;
let faults: FaultPlan = {};
let [reverify1, reverify2, block1, ofJio] = ['', '', '', ''];

const batchOf = (agency: string, imei: string) => `${agency}-${sha256(`imei\n${imei}\n`).slice(0, 12)}`;
const receiptOf = (name: string, content: string) => `receipts/airtel/${name}.${sha8(content)}.json`;
const put = (key: string, content: string) => lab.cloud.put(bucketsOf(lab.cloud).inbox, key, content);
const operatorsNotices = async (kind: string) =>
  (await lab.notices('fraud-directions-airtel')).filter((notice) => notice.kind === kind);

describe('one file for all directions of an operator', () => {
  beforeAll(async () => {
    lab = await Lab.open({
      context: CONTEXT,
      faults: { afterWrite: (call) => faults.afterWrite?.(call) },
    });
    await lab.usage(
      'airtel',
      [`${H1},${A1}`, `${H1},${A2}`, `${H2},${A3}`, `${H2},${A4}`].map((row) => `${row},2026-05-20,`),
    );
    await lab.report('mha', [H1]);
    await lab.usage(
      'airtel',
      MANY.map((number) => `${H5},${number},2026-05-20,`),
      'many.csv',
    );
    await lab.report('delhi-police', [H5]);
    await lab.at(1);
    await lab.report('up-police', [H2]);
    reverify1 = await lab.direction(batchOf('mha', H1), 'reverify', 'airtel');
    reverify2 = await lab.direction(batchOf('up-police', H2), 'reverify', 'airtel');
    block1 = await lab.direction(batchOf('mha', H1), 'block', 'airtel');
    ofJio = reverify1.replace('.airtel.', '.jio.');
    return () => lab.close();
  });

  const content = [
    'msisdn,imei,outcome,order,direction',
    `${A1},,verified,,`,
    `,${H1},BLOCKED,,`,
    // A row of the order, as it comes back.
    `+91${A2},${H1}3,not_found,reverify,REVERIFY1`,
    `${A3},,failed,,`,
    `${N1},,verified,,`,
    `${A4},,verified,,JIO`,
    `${A3},,blocked,,`,
    `${A4},,verified,,REVERIFY1`,
    '',
  ].join('\n');
  const filled = () => content.replaceAll('REVERIFY1', reverify1).replaceAll('JIO', ofJio);

  it('goes on where it stopped: each row is recorded once where it is open, and one receipt tells of all', async () => {
    await operatorsNotices('');
    // The answer of the commit in one direction is lost, and the whole file comes back.
    let lost = 0;
    faults = {
      afterWrite: ({ functionName, action, key }) =>
        nameOf(functionName) === 'Record' && action === 'PutItem' && key === `DIR#${reverify1}` && lost++ === 0
          ? 'fail'
          : undefined,
    };
    await lab.upload('responses/airtel/all.csv', filled());
    expect(lost).toBe(1);
    expect(await lab.outbox('receipts/airtel/all.csv')).toEqual([]);
    await lab.quietlyAt(1.1);
    faults = {};

    const receipt = await lab.json<Receipt>(receiptOf('all.csv', filled()));
    expect(receipt).toMatchObject({
      file: 'all.csv',
      sha256: sha256(filled()),
      rows: 8,
      recorded: 4,
      alreadyRecorded: 0,
      rejected: { not_in_direction: 2, unknown_direction: 1, unknown_outcome: 1 },
      rejects: [
        { line: 6, reason: 'not_in_direction' },
        { line: 7, reason: 'unknown_direction' },
        { line: 8, reason: 'unknown_outcome' },
        { line: 9, reason: 'not_in_direction' },
      ],
      refused: null,
      uploadedAt: '2026-06-02T00:00:00Z',
    });
    const counts = { alreadyRecorded: 0, late: false, overdue: 0 };
    const next = { order: 'bar_outgoing', deadline: '2026-06-12T00:00:00Z' };
    expect(receipt.directions).toEqual([
      { ...counts, directionId: block1, rows: 1, recorded: 1, rejected: 0, order: 'block', open: 0, next: null },
      { ...counts, directionId: reverify1, rows: 3, recorded: 2, rejected: 1, order: 'reverify', open: 0, next: null },
      { ...counts, directionId: reverify2, rows: 2, recorded: 1, rejected: 1, order: 'reverify', open: 2, next },
    ]);
    // One notice of the file, and one of the order that it caused at once.
    const told = await lab.notices('fraud-directions-airtel');
    expect(told.filter(({ kind }) => kind === 'receipt')).toMatchObject([
      { file: 'responses/airtel/all.csv', key: receiptOf('all.csv', filled()), rows: 8, recorded: 4, rejected: 4 },
    ]);
    expect(told.find(({ kind }) => kind === 'receipt')).not.toHaveProperty('directionId');
    const failed = `orders/airtel/${reverify2}/failed-${sha8(filled())}-disconnect.csv`;
    expect(told.filter(({ kind }) => kind === 'order').map(({ key }) => key)).toEqual([failed]);
    expect((await lab.read(failed)).split('\n')[1]).toContain(`+91${A3},`);
    expect(await lab.outbox('receipts/airtel/')).toEqual([receiptOf('all.csv', filled())]);
  });

  it('is adopted by the same bytes under another name, and counts nothing twice', async () => {
    const before = await lab.everything();
    await lab.upload('responses/airtel/all again.csv', filled());
    const { [receiptOf('all again.csv', filled())]: receipt = '', ...others } = await lab.everything();
    expect(others).toEqual(before);
    const again = JSON.parse(receipt) as Receipt;
    expect(again).toMatchObject({ repeats: 'all.csv', rows: 8, recorded: 0, alreadyRecorded: 4 });
    expect(again.directions.map(({ recorded, alreadyRecorded }) => [recorded, alreadyRecorded])).toEqual([
      [0, 1],
      [0, 2],
      [0, 1],
    ]);
    // And in a direction's own place, too, where they were brought by the file.
    await lab.upload(`responses/airtel/${reverify1}/all.csv`, filled());
    expect(await lab.json(`receipts/airtel/${reverify1}/all.csv.${sha8(filled())}.json`)).toMatchObject({
      ...{ rows: 3, recorded: 0, alreadyRecorded: 2, repeats: 'all.csv', rejected: { not_in_direction: 1 } },
    });
  });

  it("meets a direction's own file: each row has one word, whoever comes first, and a word against it is told", async () => {
    const [all, own] = [`msisdn,outcome\n${A3},verified\n${A4},verified\n`, `msisdn,outcome\n${A4},not_found\n`];
    await Promise.all([put('responses/airtel/meets.csv', all), put(`responses/airtel/${reverify2}/meets.csv`, own)]);
    await lab.cloud.rest();
    const [of, one] = [
      await lab.json<Receipt>(receiptOf('meets.csv', all)),
      await lab.json<Receipt>(`receipts/airtel/${reverify2}/meets.csv.${sha8(own)}.json`),
    ];
    expect(of.recorded + one.recorded).toBe(2);
    expect((of.rejected.conflicts_with_recorded ?? 0) + (one.rejected.conflicts_with_recorded ?? 0)).toBe(1);
  });

  it('has the same end wherever its work stops, and however often', async () => {
    const [handset, other] = ['37100000000003', '37100000000004'];
    const numbers = (first: number) => Array.from({ length: 12 }, (_, n) => String(9820000000 + first + n));
    const [ones, twos] = [numbers(0), numbers(100)];
    const seen = (imei: string, own: string[]) => own.map((number) => `${imei},${number},2026-05-20,`);
    await lab.usage('airtel', [...seen(handset, ones), ...seen(other, twos)], 'more.csv');
    await lab.report('i4c', [handset]);
    await lab.report('mha', [other]);
    let now = 1.2;
    let stopped = true;
    // Each upload is tried five times: the first four stop after the next writes.
    for (let n = 0; stopped; n++) {
      stopped = false;
      const stops = [1, 2, 3, 4].map((write) => 4 * n + write);
      faults = {
        afterWrite: ({ functionName, n: write }) => {
          if (nameOf(functionName) !== 'Record' || write !== stops[0]) return undefined;
          stops.shift();
          stopped = true;
          return 'fail';
        },
      };
      const content = `msisdn,outcome\n${ones[n]},failed\n${twos[n]},verified\n`;
      await lab.upload(`responses/airtel/${n}.csv`, content);
      now += 0.15;
      await lab.quietlyAt(now);
      const receipt = await lab.json<Receipt>(receiptOf(`${n}.csv`, content));
      expect(receipt).toMatchObject({ rows: 2, recorded: 2, alreadyRecorded: 0, rejected: {} });
      const recorded = { rows: 1, recorded: 1, rejected: 0, order: 'reverify', late: false };
      expect(receipt.directions).toMatchObject([recorded, recorded]);
      const [first = {}] = receipt.directions;
      const order = await lab.read(`orders/airtel/${first.directionId}/failed-${sha8(content)}-disconnect.csv`);
      expect(order.split('\n').map((row) => row.slice(0, 13))).toEqual(['msisdn,imei,r', `+91${ones[n]}`, '']);
      expect(n).toBeLessThan(11);
    }
    faults = {};
  });

  it.each([
    [
      'no column that says whom it is about',
      'outcome\nverified\n',
      'missing_column:msisdn',
      { line: 1, header: 'outcome' },
    ],
    ['a quote within a cell', `msisdn,outcome\n${A1},"veri"fied\n`, 'unclosed_quote', { line: 2 }],
    [
      'more directions than an operator has',
      `msisdn,outcome,direction\n${Array.from({ length: 2001 }, (_, n) => `${A1},verified,mha-0123456789ab.reverify.airtel.1-0-${n}\n`).join('')}`,
      'too_many_rows',
    ],
    ['a zip', Buffer.from('504b0304140000000800', 'hex'), 'spreadsheet_not_csv', { line: 1 }],
  ])('is refused whole for %s', async (_, refused, why, where: { line?: number; header?: string } = {}) => {
    await lab.upload('responses/airtel/refused.csv', refused);
    const key = `receipts/airtel/refused.csv.${sha8(refused)}.json`;
    const receipt = await lab.json<object>(key);
    expect(receipt).toMatchObject({ file: 'refused.csv', rows: 0, refused: why, ...where });
    expect('line' in receipt).toBe('line' in where);
    const [told] = (await operatorsNotices('receipt')).slice(-1);
    expect(told).toMatchObject({ file: 'responses/airtel/refused.csv', key, refused: why });
  });

  it('answers late what has settled, and afterwards what is asked again by the same words', async () => {
    await lab.toTheEnd();
    expect((await lab.json<Summary>(`batches/${batchOf('mha', H1)}/summary.json`)).unexplained).toBe(0);
    // A number that was verified is seen once more, months later, and asked about again.
    const september = START + 90 * DAY;
    await lab.quietly(september);
    await lab.usage('airtel', [`${H2},${A4},2026-08-25,`], 'september.csv');
    await lab.report('delhi-police', [H2]);
    const third = await lab.direction(batchOf('delhi-police', H2), 'reverify', 'airtel');
    const content = `msisdn,outcome\n${A3},verified\n${A4},verified\n`;
    const before = await lab.read(receiptOf('meets.csv', content));
    await lab.upload('responses/airtel/meets.csv', content);
    // The first receipt of these bytes stays.
    const receipt = await lab.json<Receipt>(receiptOf('meets.csv', content).replace('.json', '-2.json'));
    expect(receipt).toMatchObject({ rows: 2, recorded: 1, alreadyRecorded: 1, repeats: 'meets.csv' });
    expect(await lab.read(receiptOf('meets.csv', content))).toBe(before);
    expect(receipt.directions).toMatchObject([
      { directionId: third, rows: 1, recorded: 1, late: false, open: expect.any(Number) },
      { directionId: reverify2, rows: 1, recorded: 0, alreadyRecorded: 1 },
    ]);
    // What nobody asks any more is late.
    const late = `msisdn,outcome,occurred_on\n${A1},reissued,\n${A1},disconnected,2026-08-30\n`;
    await lab.upload('responses/airtel/late.csv', late);
    expect((await lab.json<Receipt>(receiptOf('late.csv', late))).directions).toMatchObject([
      { directionId: reverify1, rows: 2, recorded: 0, rejected: 2, late: true, open: 0, next: null },
    ]);
    // Of one batch, what two directions end late is one list.
    const ended = `msisdn,outcome\n${MANY[0]},disconnected\n${MANY[13]},disconnected\n`;
    await lab.upload('responses/airtel/ended.csv', ended);
    expect((await lab.json<Receipt>(receiptOf('ended.csv', ended))).directions).toMatchObject([
      { rows: 1, recorded: 1, late: true },
      { rows: 1, recorded: 1, late: true },
    ]);
    const list = `revocations/2026-08-30/${batchOf('delhi-police', H5)}.late-${sha8(ended)}.csv`;
    expect((await lab.read(list)).trimEnd().split('\n').slice(1)).toEqual(
      [MANY[0], MANY[13]].map((number) => expect.stringContaining(`+91${number},airtel,`)),
    );
    expect(lab.cloud.failures()).toEqual([]);
  });
});

/**
 * One world, in which airtel saw one number in H1, which mha reports on 1 June, and two in each of `FIRST`. On 18 June somebody
 * uploads june.csv, whose event comes three days late, as one that lay among the dead letters. On 19 June the same numbers were seen
 * in H2 and in each of `SECOND`, and up-police reports these: of those in `SECOND` no first order can be ordered, or none published, while
 * a file of that pair of numbers is recorded.
 */
describe('a file that meets directions that have only begun', () => {
  const PAIRS = [
    {
      what: 'ordered',
      at: ['dynamodb', 'PutItem'],
      first: '37100000000011',
      second: '37100000000012',
      P: '9810000091',
      Q: '9810000092',
    },
    {
      what: 'published',
      at: ['s3', 'CopyObject'],
      first: '37100000000013',
      second: '37100000000014',
      P: '9810000093',
      Q: '9810000094',
    },
  ] as const;
  const june = `msisdn,outcome\n${A1},verified\n`;
  const [begun, since] = [batchOf('mha', H1), batchOf('up-police', H2)];
  let own: Lab;
  let denied = false;
  const ordersOnTheNextDay: Record<string, string[]> = {};

  beforeAll(async () => {
    own = await Lab.open({
      context: CONTEXT,
      faults: {
        deliveries: ({ detail }) => [JSON.stringify(detail).includes('/june.csv') ? 3 * DAY : 0],
        beforeCall: ({ caller, service, action, key = '' }) =>
          denied &&
          nameOf(caller) === 'Order' &&
          PAIRS.some(
            ({ second, at: [of, by] }) => service === of && action === by && key.includes(batchOf('up-police', second)),
          )
            ? 'deny'
            : undefined,
      },
    });
    const seen = (imei: string, day: string, ...numbers: string[]) =>
      numbers.map((number) => `${imei},${number},${day},`);
    await own.usage('airtel', [
      ...seen(H1, '2026-05-20', A1),
      ...PAIRS.flatMap(({ first, P, Q }) => seen(first, '2026-05-20', P, Q)),
    ]);
    for (const imei of [H1, ...PAIRS.map(({ first }) => first)]) await own.report('mha', [imei], `${imei}.csv`);

    await own.quietlyAt(17);
    await own.upload('responses/airtel/june.csv', june);

    await own.at(18);
    await own.usage(
      'airtel',
      [...seen(H2, '2026-06-17', A1), ...PAIRS.flatMap(({ second, P, Q }) => seen(second, '2026-06-17', P, Q))],
      'later.csv',
    );
    await own.report('up-police', [H2], `${H2}.csv`);
    denied = true;
    for (const { second } of PAIRS) await own.report('up-police', [second], `${second}.csv`);
    for (const { what, P, Q } of PAIRS)
      await own.upload(`responses/airtel/${what}.csv`, `msisdn,outcome\n${P},failed\n${Q},verified\n`);
    denied = false;

    await own.at(20);
    for (const { what, second } of PAIRS) {
      const direction = await own.direction(batchOf('up-police', second), 'reverify', 'airtel');
      ordersOnTheNextDay[what] = await own.outbox(`orders/airtel/${direction}/`);
    }
    await own.at(21);
    return () => own.close();
  });

  it('answers by the same bytes, sent again, what began after their upload and before that was worked on', async () => {
    const directionsIn = async (name: string) => (await own.json<Receipt>(receiptOf(name, june))).directions;
    expect(await directionsIn('june.csv')).toMatchObject([
      { directionId: await own.direction(begun, 'reverify', 'airtel'), recorded: 1 },
    ]);
    await own.upload('responses/airtel/again.csv', june);
    expect(await directionsIn('again.csv')).toMatchObject([
      { directionId: await own.direction(since, 'reverify', 'airtel'), recorded: 1 },
    ]);
    const again = await own.json(receiptOf('again.csv', june));
    expect(again).toMatchObject({ recorded: 1, repeats: 'june.csv', uploadedAt: '2026-06-22T00:00:00Z' });
    // Both stay, whichever of them comes once more.
    const before = await own.read(receiptOf('june.csv', june));
    await own.upload('responses/airtel/june.csv', june);
    await own.at(25);
    expect(await own.read(receiptOf('june.csv', june))).toBe(before);
    expect(await own.json(receiptOf('again.csv', june))).toEqual(again);
    expect(await own.json(receiptOf('june.csv', june).replace('.json', '-2.json'))).toMatchObject({
      ...{ file: 'june.csv', repeats: 'june.csv', recorded: 0, alreadyRecorded: 1 },
    });
    await own.toTheEnd();
    expect(await own.json<Summary>(`batches/${since}/summary.json`)).toMatchObject({
      connections: { directed: 1, verified: 1 },
      unexplained: 0,
    });
  });

  it.each(PAIRS)(
    'answers no direction of which nothing has been $what yet: who is verified has back what the earlier one took',
    async ({ what, first: earlier, P, Q }) => {
      const first = await own.direction(batchOf('mha', earlier), 'reverify', 'airtel');
      const said = (await own.outbox(`receipts/airtel/${what}.csv`))[0] ?? '';
      expect(await own.json(said)).toMatchObject({ recorded: 2, directions: [{ directionId: first }] });
      const back = (await own.outbox(`orders/airtel/${first}/back-`))[0] ?? '';
      expect(await own.read(back)).toContain(Q);
      // Nobody is disconnected by it whom that direction had not asked yet; both are asked.
      const orders = ordersOnTheNextDay[what] ?? [];
      expect(orders.map((key) => key.split('/').at(-1))).toEqual(['1-reverify.csv']);
      expect(await own.read(orders[0] ?? '')).toMatch(new RegExp(`${P}[^]*${Q}`));
    },
  );
});
