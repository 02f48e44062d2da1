import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { beforeAll, describe, expect, it } from 'vitest';
import { withWhatToDo } from '../domain/what-to-do.ts';
import { noOperator } from '../reckoning/tables.ts';
import { batchItem, sha8, Tables } from './bad-files.ts';
import { DAY, Lab, START, type Summary } from './lab.ts';
import { Executions, numbersIn, ordersOf, report, summaryOf } from './shapes-lab.ts';

/**
 * Links of every shape, one scenario after the other on one cloud, each with handsets and numbers of its own. A scenario
 * begins on the day (after 1 June 2026) that its first line names.
 */
const OPERATORS = ['airtel', 'bsnl', 'jio', 'mtnl', 'vi'];
const { connections: NO_CONNECTIONS, blocks: NO_BLOCKS } = noOperator();
const allOverdue = (directed: number) => ({ ...NO_CONNECTIONS, linked: directed, directed, overdue: directed });
const allUnblocked = (rows: number) => ({ ...NO_BLOCKS, rows, directed: rows, overdue: rows });

let lab: Lab;
let executions: Executions;

beforeAll(async () => {
  lab = await Lab.open();
  executions = new Executions(lab);
  return () => lab.close();
});

describe('a batch without any link (day 0)', () => {
  // 15 digits with their check digits, by hand. The report has them in the other order.
  const [first, second] = ['352099001761481', '490154203237518'] as const;
  let batchId: string;
  let summary: Summary;

  beforeAll(async () => {
    batchId = await report(lab, 'i4c', [second, first]);
    await lab.cloud.run();
    summary = await summaryOf(lab, batchId);
  });

  it('has its handsets blocked and nothing to re-verify', async () => {
    expect(summary.connections).toEqual(NO_CONNECTIONS);
    expect(summary.blocks).toEqual(allUnblocked(10));
    expect(summary.unexplained).toBe(0);
    expect(await lab.directions()).toEqual(OPERATORS.map((operator) => `${batchId}.block.${operator}.1-0-0`));
  });

  it('sends the order files that the format lays down, to the byte', async () => {
    for (const operator of OPERATORS) {
      const folder = `orders/${operator}/${batchId}.block.${operator}.1-0-0`;
      for (const [name, deadline] of [
        ['1-block', '2026-06-02T00:00:00Z'],
        ['2-block', '2026-06-03T00:00:00Z'],
      ] as const)
        expect(await lab.read(`${folder}/${name}.csv`)).toBe(
          `imei,reason,deadline,order,direction\n${[first, second].map((imei) => `${imei},reported_for_fraud,${deadline},block,${batchId}.block.${operator}.1-0-0\n`).join('')}`,
        );
    }
  });

  it('settles when its blocks end, with an empty revocation list', async () => {
    expect(summary.settledAt).toBe('2026-06-03T00:00:00Z');
    expect(await lab.read(`revocations/2026-06-03/${batchId}.csv`)).toBe(
      'msisdn,operator,lsa,disconnected_on,reason\n',
    );
  });
});

/**
 * Sightings of five numbers in three of four handsets; by hand, the newest of each:
 *   P1: vi T3 30 May, airtel T1 29 May           → vi T3, by the day, though airtel comes before vi
 *   P2: bsnl T1 30 May, airtel T2 30 May         → airtel T2, by the operator, though T1 comes before T2
 *   P3: jio T3, T1 and T2 30 May                 → jio T1, by the IMEI
 *   P4: mtnl T2 20 May, jio T2 1 and 28 May      → jio T2
 *   P5: airtel T1, T2, T3 1, 2, 3 May, mtnl T1, T3 3, 4 May → mtnl T3
 * The fourth handset has no link. Every operator is silent.
 */
describe('numbers in many handsets and at two operators, all operators silent (day 10)', () => {
  const [T1, T2, T3, T4] = ['35100000000001', '35100000000002', '35200000000001', '35300000000001'] as const;
  const checked = { T1: '351000000000013', T2: '351000000000021', T3: '352000000000012' };
  const [P1, P2, P3, P4, P5] = [1, 2, 3, 4, 5].map((n) => `+91981000000${n}`);
  let batchId: string;
  let summary: Summary;
  let transitions: number;

  beforeAll(async () => {
    await lab.at(10);
    await lab.usage('vi', [`${T3},${P1},2026-05-30,Delhi`]);
    await lab.usage('bsnl', [`${T1},${P2},2026-05-30,`]);
    await lab.usage('mtnl', [`${T2},${P4},2026-05-20,`, `${T1},${P5},2026-05-03,`, `${T3},${P5},2026-05-04,`]);
    await lab.usage('jio', [
      ...[T3, T1, T2].map((imei) => `${imei},${P3},2026-05-30,`),
      ...['2026-05-28', '2026-05-01'].map((day) => `${T2},${P4},${day},`),
    ]);
    await lab.usage('airtel', [
      `${T1},${P1},2026-05-29,`,
      `${T2},${P2},2026-05-30,`,
      ...[T1, T2, T3].map((imei, n) => `${imei},${P5},2026-05-0${n + 1},`),
    ]);
    const before = lab.cloud.usage().stepFunctions.byMachine;
    batchId = await report(lab, 'mha', [T4, T3, T2, T1]);
    await lab.cloud.run();
    summary = await summaryOf(lab, batchId);
    const used = Object.entries(lab.cloud.usage().stepFunctions.byMachine).find(([name]) => /^Direction/.test(name));
    if (!used) throw new Error('no direction ran');
    transitions = used[1].transitions - (before[used[0]]?.transitions ?? 0);
  });

  it('are each directed once, at the operator and with the handset of the newest sighting', async () => {
    const order = async (operator: string) =>
      (await ordersOf(lab, await lab.direction(batchId, 'reverify', operator)))['1-reverify'];
    const file = (...rows: string[]) => rows.map((row) => `${row},linked_to_reported_handset,2026-06-16T00:00:00Z`);
    expect(await order('vi')).toEqual(file(`${P1},${checked.T3}`));
    expect(await order('airtel')).toEqual(file(`${P2},${checked.T2}`));
    expect(await order('jio')).toEqual(file(`${P3},${checked.T1}`, `${P4},${checked.T2}`));
    expect(await order('mtnl')).toEqual(file(`${P5},${checked.T3}`));
    expect((await lab.directions('bsnl')).filter((id) => id.startsWith(`${batchId}.reverify`))).toEqual([]);
  });

  it('are counted once, under that operator; a handset without links is blocked like the others', () => {
    expect(summary.connections).toEqual(allOverdue(5));
    expect(summary.blocks).toEqual(allUnblocked(20));
    expect(OPERATORS.map((operator) => summary.operators[operator]?.connections)).toEqual(
      [1, 0, 2, 1, 1].map(allOverdue),
    );
    expect(OPERATORS.map((operator) => summary.operators[operator]?.blocks)).toEqual(
      OPERATORS.map(() => allUnblocked(4)),
    );
    expect(summary.unexplained).toBe(0);
  });

  it('go through all four rungs, each with the deadline of its own days', async () => {
    const orders = await ordersOf(lab, await lab.direction(batchId, 'reverify', 'jio'));
    const rows = (deadline: string) => [
      `${P3},${checked.T1},linked_to_reported_handset,${deadline}T00:00:00Z`,
      `${P4},${checked.T2},linked_to_reported_handset,${deadline}T00:00:00Z`,
    ];
    // 11 June and 5, 5, 5 and 1 days.
    expect(orders).toEqual({
      '1-reverify': rows('2026-06-16'),
      '2-bar_outgoing': rows('2026-06-21'),
      '3-bar_incoming': rows('2026-06-26'),
      '4-disconnect': rows('2026-06-27'),
    });
    expect(summary.settledAt).toBe('2026-06-27T00:00:00Z');
  });

  it('leave every direction overdue', () => {
    for (const [n, operator] of OPERATORS.entries()) {
      const directions = operator === 'bsnl' ? 1 : 2;
      expect(summary.operators[operator], `${n} ${operator}`).toMatchObject({
        directions,
        overdueDirections: directions,
      });
    }
  });

  it('take a state transition for each rung, and three for the end of their ladder', async () => {
    const arns = await executions.find('Direction', batchId);
    const entered = await Promise.all(arns.map((arn) => executions.entered(arn)));
    // Four of re-verification and five of blocking.
    expect(entered).toHaveLength(9);
    // Four rungs of re-verification, and two of blocking.
    expect(entered.map((states) => states.length).sort()).toEqual([5, 5, 5, 5, 5, 7, 7, 7, 7]);
    // What the run says it used is what the histories show.
    expect(transitions).toBe(entered.flat().length);
  });
});

/**
 * Seven numbers of airtel in one handset. Day 31: F1, F2 and F7 failed, F4 is verified. Day 32: F5 failed; F6 failed, and is
 * disconnected in the same file. Day 37: F1 is disconnected, and F7 proves itself; day 41: F5 is disconnected. F2 never is,
 * and nobody says anything of F3.
 *
 * All of jio's two and of vi's two failed on day 31, so that no row is left for a bar. Of jio's one proves itself on day 36
 * and the other is disconnected on day 42; of vi's one is not found on day 36, and the other stays connected.
 */
describe('rows that failed (day 30)', () => {
  const HANDSET = '35400000000001';
  const [F1, F2, F3, F4, F5, F6, F7] = [1, 2, 3, 4, 5, 6, 7].map((n) => `+91982000000${n}`);
  const [J1, J2, V1, V2] = [1, 2, 3, 4].map((n) => `+91722000000${n}`);
  const first = [`${F1},failed`, `${F2},failed`, `${F4},verified`, `${F7},failed`];
  const second = [`${F5},failed`, `${F1},failed`, `${F6},failed`, `${F6},disconnected`];
  const nameOf = (rows: string[]) => `failed-${sha8(`msisdn,outcome\n${rows.join('\n')}\n`)}-disconnect`;
  const row = (number: string | undefined, deadline: string) =>
    `${number},354000000000010,linked_to_reported_handset,${deadline}T00:00:00Z`;
  let batchId: string;
  let direction: string;
  let atOnce: Record<string, string[]>[];
  let ofJio: string;
  let ofVi: string;
  let closedAt: (string | undefined)[];

  beforeAll(async () => {
    await lab.at(30);
    await lab.usage(
      'airtel',
      [F7, F6, F5, F4, F3, F2, F1].map((number) => `${HANDSET},${number},2026-06-01,Bihar`),
    );
    await lab.usage('jio', [`${HANDSET},${J1},2026-06-01,`, `${HANDSET},${J2},2026-06-01,`], 'failed.csv');
    await lab.usage('vi', [`${HANDSET},${V1},2026-06-01,`, `${HANDSET},${V2},2026-06-01,`], 'failed.csv');
    batchId = await report(lab, 'delhi-police', [HANDSET]);
    direction = await lab.direction(batchId, 'reverify', 'airtel');
    ofJio = await lab.direction(batchId, 'reverify', 'jio');
    ofVi = await lab.direction(batchId, 'reverify', 'vi');
    await lab.at(31);
    await lab.respond(direction, first, 'first.csv');
    await lab.respond(ofJio, [`${J1},failed`, `${J2},failed`], 'failed.csv');
    await lab.respond(ofVi, [`${V1},failed`, `${V2},failed`], 'failed.csv');
    atOnce = [await ordersOf(lab, direction)];
    await lab.at(32);
    await lab.respond(direction, second, 'second.csv');
    atOnce.push(await ordersOf(lab, direction));
    await lab.at(36);
    await lab.respond(ofJio, [`${J1},verified`], 'proved.csv');
    await lab.respond(ofVi, [`${V1},not_found`], 'gone.csv');
    await lab.at(37);
    await lab.respond(direction, [`${F1},disconnected`, `${F7},verified`], 'third.csv');
    await lab.at(41);
    await lab.respond(direction, [`${F5},disconnected`], 'fourth.csv');
    await lab.at(42);
    await lab.respond(ofJio, [`${J2},disconnected`], 'done.csv');
    await lab.cloud.run();
    const records = await new Tables(lab).records();
    closedAt = [ofJio, ofVi].map((id) => (records[`DIR#${id}`] as { closedAt?: string })?.closedAt);
  });

  it('get a disconnect order at once, with just the rows of that file, due in a day', () => {
    // Committed on day 31, 2 July, and on day 32.
    const failed = [F1, F2, F7].map((number) => row(number, '2026-07-03'));
    const issued = { '1-reverify': expect.any(Array), [nameOf(first)]: failed };
    expect(atOnce[0]).toEqual(issued);
    // F1 was recorded as failed before, and F6 is disconnected when the file commits.
    expect(atOnce[1]).toEqual({ ...issued, [nameOf(second)]: [row(F5, '2026-07-04')] });
  });

  it('stand in no bar, and in the disconnection unless they were disconnected or proved themselves', async () => {
    const orders = await ordersOf(lab, direction);
    expect(orders['1-reverify']).toEqual([F1, F2, F3, F4, F5, F6, F7].map((number) => row(number, '2026-07-06')));
    expect(orders['2-bar_outgoing']).toEqual([row(F3, '2026-07-11')]);
    expect(orders['3-bar_incoming']).toEqual([row(F3, '2026-07-16')]);
    expect(orders['4-disconnect']).toEqual([F2, F3].map((number) => row(number, '2026-07-17')));
    // Six, and the one by which F7 has service again.
    expect(Object.keys(orders)).toHaveLength(7);
  });

  it('make no order of a bar that has no other row, and its rung takes its time: until the last one is answered', async () => {
    const failed = (numbers: string[]) => nameOf(numbers.map((number) => `${number},failed`));
    const jio = await ordersOf(lab, ofJio);
    expect(Object.keys(jio).sort()).toEqual([
      '1-reverify',
      expect.stringMatching(/^back-/),
      failed([J1, J2] as string[]),
    ]);
    const vi = await ordersOf(lab, ofVi);
    expect(Object.keys(vi).sort()).toEqual(['1-reverify', '4-disconnect', failed([V1, V2] as string[])]);
    expect(numbersIn(vi['4-disconnect'])).toEqual([V2]);
    // jio's last answer came on day 42, 13 July, in the time of bar_incoming.
    expect(closedAt).toEqual(['2026-07-13T00:00:00Z', '2026-07-17T00:00:00Z']);
  });

  it('have their service back at once where they prove themselves: an order that is due in a day, and told of', async () => {
    const proved = `msisdn,outcome\n${F1},disconnected\n${F7},verified\n`;
    const key = `orders/airtel/${direction}/back-${sha8(proved)}-restore.csv`;
    // Recorded on day 37, 8 July.
    expect(await lab.read(key)).toBe(
      `msisdn,imei,reason,deadline,order,direction\n${F7},354000000000010,reversed,2026-07-09T00:00:00Z,restore,${direction}\n`,
    );
    const notices = (await lab.notices('fraud-directions-airtel')).filter((notice) => notice.key === key);
    expect(notices).toMatchObject([{ order: 'restore', rung: 'back', rows: 1, deadline: '2026-07-09T00:00:00Z' }]);
  });

  it('are overdue at the end where nobody disconnected them', async () => {
    const { connections, settledAt, unexplained } = await summaryOf(lab, batchId);
    expect(connections).toEqual({
      ...NO_CONNECTIONS,
      linked: 11,
      directed: 11,
      verified: 3,
      disconnected: 4,
      surrendered: 0,
      notFound: 1,
      ported: 0,
      extended: 0,
      reissued: 0,
      withdrawn: 0,
      // F2 and V2 had failed; F3 was never answered for.
      overdue: 3,
      overdueFailed: 2,
    });
    expect([settledAt, unexplained]).toEqual(['2026-07-17T00:00:00Z', 0]);
  });

  it('are revoked with the day of their disconnection', async () => {
    expect(await lab.read(`revocations/2026-07-17/${batchId}.csv`)).toBe(
      [
        'msisdn,operator,lsa,disconnected_on,reason',
        `${J2},jio,,2026-07-13,linked_to_reported_handset`,
        `${F1},airtel,Bihar,2026-07-08,linked_to_reported_handset`,
        `${F5},airtel,Bihar,2026-07-12,linked_to_reported_handset`,
        `${F6},airtel,Bihar,2026-07-03,linked_to_reported_handset`,
        '',
      ].join('\n'),
    );
  });
});

/**
 * 21 July 2026 in India ends at 18:30 UTC. A report of 18:29:30 has to wait for its turn to plan; at 18:30, when it is
 * 22 July, jio's usage of that day comes in; at 18:30:30 the batch gathers its links. The 180th day before 21 July is
 * 22 January.
 */
describe('the look-back window (day 50)', () => {
  const HANDSET = '35500000000001';
  const [first, tooOld, last, tomorrow] = [1, 2, 3, 4].map((n) => `+91983000000${n}`);
  const at = (time: string) => lab.cloud.run(Date.parse(`2026-07-21T${time}Z`));
  let early: string;
  let next: string;

  beforeAll(async () => {
    const { client, cases } = new Tables(lab);
    const other = 'i4c-0123456789ab';
    const put = (Item: Record<string, unknown>) => client.send(new PutCommand({ TableName: cases, Item }));
    await at('18:29:00');
    await lab.usage('jio', [
      `${HANDSET},${first},2026-01-22,`,
      `${HANDSET},${tooOld},2026-01-21,`,
      `${HANDSET},${last},2026-07-21,`,
      `${HANDSET},${tomorrow},2026-07-22,`,
    ]);
    // Another batch plans, and its plan fails a minute later.
    await put(batchItem(other, { plan: 50 }));
    await put({ pk: 'PLANNING', plan: 50, holder: other, execution: 'another', waiting: [], version: 500 });
    await at('18:29:30');
    early = await report(lab, 'up-police', [HANDSET]);
    await at('18:30:00');
    await lab.usage('jio', [`${HANDSET},${tomorrow},2026-07-22,`], 'usage of 22 July.csv');
    await put(batchItem(other, { state: 'failed', plan: 50 }));
    await at('18:31:00');
    next = await report(lab, 'mha', [HANDSET]);
    await lab.cloud.run();
  });

  it('ends with the day of the upload in India: usage of a later day is rejected', async () => {
    expect(await lab.read('rejects/jio/usage.csv')).toBe(withWhatToDo('line,value,reason\n5,2026-07-22,bad_date\n'));
    expect(await lab.read('rejects/jio/usage of 22 July.csv')).toBe(withWhatToDo('line,value,reason\n'));
  });

  it('holds the day of the upload and the 180 days before it, and no other day', async () => {
    const { startedAt, connections } = await summaryOf(lab, early);
    expect(startedAt).toBe('2026-07-21T18:30:30Z');
    expect(connections).toEqual(allOverdue(2));
    const orders = await ordersOf(lab, await lab.direction(early, 'reverify', 'jio'));
    expect(numbersIn(orders['1-reverify'])).toEqual([first, last]);
  });

  it('is a day later for a report of the next day', async () => {
    // The first day's number has left the window; the last day's is open in the earlier batch.
    expect((await summaryOf(lab, next)).connections).toEqual({
      ...NO_CONNECTIONS,
      linked: 2,
      struck: 0,
      held: 0,
      exempt: 0,
      reversed: 0,
      alreadyOpen: 1,
      directed: 1,
      overdue: 1,
    });
    const orders = await ordersOf(lab, await lab.direction(next, 'reverify', 'jio'));
    expect(numbersIn(orders['1-reverify'])).toEqual([tomorrow]);
  });
});

describe('a handset with 4,100 links, 2,000 rows a direction (day 70)', () => {
  const HANDSET = '35600000000001';
  const COUNT = 4100;
  const numbers = Array.from({ length: COUNT }, (_, n) => `+9198400${String(n).padStart(5, '0')}`);
  let batchId: string;
  let directions: string[];

  beforeAll(async () => {
    await lab.at(70);
    // 7,001 is a prime, and so has no common divisor with 4,100, so that every number comes once, and out of order.
    const shuffled = numbers.map((_, n) => numbers[(n * 7001) % COUNT]);
    await lab.usage(
      'airtel',
      shuffled.map((number) => `${HANDSET},${number},2026-07-01,`),
    );
    batchId = await report(lab, 'mha', [HANDSET]);
    await lab.cloud.run();
    directions = (await lab.directions('airtel')).filter((id) => id.startsWith(`${batchId}.reverify`));
  });

  it('is cut into three even directions, sorted by number, with every number once', async () => {
    // 4,100 = 2 × 1,367 + 1,366
    const orders = await Promise.all(directions.map(async (id) => numbersIn((await ordersOf(lab, id))['1-reverify'])));
    expect(orders.map(({ length }) => length).sort()).toEqual([1366, 1367, 1367]);
    expect(orders.flat()).toEqual(numbers);
  });

  it('has every number in every order, and all of them overdue at the end', async () => {
    for (const id of directions) {
      const { '1-reverify': first, ...later } = await ordersOf(lab, id);
      expect(Object.keys(later)).toEqual(['2-bar_outgoing', '3-bar_incoming', '4-disconnect']);
      for (const lines of Object.values(later)) expect(numbersIn(lines)).toEqual(numbersIn(first));
    }
    const summary = await summaryOf(lab, batchId);
    expect(summary.connections).toEqual(allOverdue(COUNT));
    expect(summary.operators.airtel).toMatchObject({ directions: 4, overdueDirections: 4 });
    expect(summary.unexplained).toBe(0);
  });
});

/**
 * V, O, D, S and P are airtel's but for P, jio's, in two handsets: O in the second, the others in the first.
 *   Day 100, batch 0, second handset: nobody answers, so O is overdue from day 116 on.
 *   Day 110, batch 1, first handset. Day 111: airtel verifies V, disconnects D, says that S was surrendered, blocks the handset.
 *   D is seen again two days later, at vi, and V a day later; S only on the day on which it was surrendered. P stays open.
 *   Batch 1 ends on day 126.
 *   Day 117, batch 2, both handsets: V, O and D are directed again, D at vi; P is open in batch 1, S is disconnected.
 *   The first handset is blocked at airtel; all other blocks are overdue.
 *   Day 118: P is verified in batch 1; V is disconnected and O verified in batch 2; vi is silent about D.
 *   Day 130: S is somebody else's since 25 September, which was after its newest sighting.
 *   Day 140, batch 3, both handsets: V is disconnected, S somebody else's; O and P are verified; D is directed again, of which batch 2
 *   recorded nothing and which was seen after batch 1 recorded its disconnection.
 */
describe('later batches that meet the same numbers (day 100)', () => {
  const [H1, H2] = ['35800000000001', '35800000000002'] as const;
  const [V, O, D, S, P] = [1, 2, 3, 4, 5].map((n) => `+91985000000${n}`);
  let batches: string[];
  let atDay117: string[];
  /** Day 130 is 9 October. */
  const reissued = `msisdn,outcome,activated_on\n${S},reissued,2026-09-25\n`;
  let withdrawn: string[];
  const direction = (batch: number, operator: string, kind: 'reverify' | 'block' = 'reverify') =>
    lab.direction(batches[batch] ?? '', kind, operator);
  const elsewhere = async (batch: number) =>
    (await lab.read(`batches/${batches[batch]}/elsewhere.csv`)).trimEnd().split('\n').slice(1);

  beforeAll(async () => {
    batches = [];
    await lab.at(100);
    await lab.usage('airtel', [
      `${H2},${O},2026-09-01,`,
      ...[V, D, S].map((number) => `${H1},${number},2026-09-01,Delhi`),
    ]);
    await lab.usage('jio', [`${H1},${P},2026-09-02,`]);
    batches.push(await report(lab, 'i4c', [H2]));
    await lab.at(110);
    batches.push(await report(lab, 'mha', [H1]));
    await lab.at(111);
    await lab.respond(await direction(1, 'airtel'), [`${V},verified`, `${D},disconnected`, `${S},surrendered`]);
    await lab.respond(await direction(1, 'airtel', 'block'), [`${H1},blocked`]);
    await lab.at(115);
    // Day 111 was 20 September.
    await lab.usage('vi', [`${H1},${D},2026-09-22,`], 'later.csv');
    await lab.usage('airtel', [`${H1},${S},2026-09-20,`, `${H1},${V},2026-09-21,`], 'later.csv');
    await lab.at(117);
    batches.push(await report(lab, 'up-police', [H1, H2]));
    atDay117 = await lab.batches();
    await lab.at(118);
    await lab.respond(await direction(1, 'jio'), [`${P},verified`]);
    await lab.respond(await direction(2, 'airtel'), [`${V},disconnected`, `${O},verified`]);
    await lab.at(130);
    await lab.upload(`responses/airtel/${await direction(1, 'airtel')}/since.csv`, reissued);
    withdrawn = await lab.outbox('revocations/2026-10-09/');
    await lab.at(140);
    batches.push(await report(lab, 'delhi-police', [H1, H2]));
    await lab.cloud.run();
  });

  it('come while the first is still open', () => {
    expect(atDay117).toContain(batches[0]);
    expect(atDay117).not.toContain(batches[1]);
  });

  it('direct again what was overdue, or verified or disconnected and seen again, where it was seen last', async () => {
    const orders = async (operator: string) =>
      numbersIn((await ordersOf(lab, await direction(2, operator)))['1-reverify']);
    expect(await orders('airtel')).toEqual([V, O]);
    expect(await orders('vi')).toEqual([D]);
    expect((await lab.directions('jio')).filter((id) => id.startsWith(`${batches[2]}.reverify`))).toEqual([]);
  });

  it('settle with their own outcomes, and so does the first', async () => {
    const [zero, first, second] = await Promise.all([0, 1, 2].map((n) => summaryOf(lab, batches[n] ?? '')));
    expect(zero?.connections).toEqual(allOverdue(1));
    expect(first?.connections).toEqual({
      ...NO_CONNECTIONS,
      linked: 4,
      directed: 4,
      verified: 2,
      disconnected: 1,
      surrendered: 1,
    });
    expect(first?.blocks).toEqual({ ...NO_BLOCKS, rows: 5, directed: 5, blocked: 1, overdue: 4 });
    expect(second?.connections).toEqual({
      linked: 5,
      struck: 0,
      held: 0,
      exempt: 0,
      reversed: 0,
      reissuedBefore: 0,
      alreadyOpen: 1,
      alreadyDisconnected: 1,
      alreadyVerified: 0,
      directed: 3,
      verified: 1,
      disconnected: 1,
      surrendered: 0,
      notFound: 0,
      ported: 0,
      extended: 0,
      reissued: 0,
      withdrawn: 0,
      overdue: 1,
      overdueFailed: 0,
    });
    expect(second?.operators.airtel?.connections).toMatchObject({ linked: 3, alreadyDisconnected: 1, directed: 2 });
    expect(second?.operators.jio?.connections).toMatchObject({ linked: 1, alreadyOpen: 1, directed: 0 });
    expect(second?.operators.vi?.connections).toEqual(allOverdue(1));
    expect(second?.blocks).toEqual({ ...NO_BLOCKS, rows: 10, alreadyBlocked: 1, directed: 9, overdue: 9 });
    for (const summary of [zero, first, second]) expect(summary?.unexplained).toBe(0);
  });

  it('publish how each connection ended', async () => {
    expect(await lab.read(`revocations/2026-10-05/${batches[1]}.csv`)).toBe(
      'msisdn,operator,lsa,disconnected_on,reason\n' +
        `${D},airtel,Delhi,2026-09-20,linked_to_reported_handset\n` +
        `${S},airtel,Delhi,2026-09-20,surrendered\n`,
    );
  });

  it("withdraw at once a number that turns out to be somebody else's, though its batch has settled", async () => {
    const key = `revocations/2026-10-09/${batches[1]}.withdrawn-${sha8(reissued)}`;
    expect(withdrawn).toEqual([`${key}.csv`, `${key}.json`]);
    expect(await lab.read(`${key}.csv`)).toBe(`msisdn,withdrawn_on,ground\n${S},2026-10-09,reissued\n`);
    expect(await lab.json(`${key}.json`)).toEqual({
      status: 200,
      file_name: `${batches[1]}.withdrawn-${sha8(reissued)}.csv`,
      payload: [],
      withdrawn: [{ n: S?.slice(3), withdrawn_on: '2026-10-09', ground: 'reissued' }],
    });
  });

  it('say where the rest stands', async () => {
    expect(await elsewhere(0)).toEqual([]);
    expect(await elsewhere(1)).toEqual([]);
    expect(await elsewhere(2)).toEqual([
      `block,358000000000016,airtel,alreadyBlocked,${await direction(1, 'airtel', 'block')}`,
      `reverify,${S},airtel,alreadyDisconnected,${await direction(1, 'airtel')}`,
      `reverify,${P},jio,alreadyOpen,${await direction(1, 'jio')}`,
    ]);
  });

  it('go by the newest recorded outcome, whichever batch recorded it', async () => {
    expect(await elsewhere(3)).toEqual([
      `block,358000000000016,airtel,alreadyBlocked,${await direction(1, 'airtel', 'block')}`,
      `reverify,${V},airtel,alreadyDisconnected,${await direction(2, 'airtel')}`,
      `reverify,${O},airtel,alreadyVerified,${await direction(2, 'airtel')}`,
      `reverify,${S},airtel,reissuedBefore,${await direction(1, 'airtel')}`,
      `reverify,${P},jio,alreadyVerified,${await direction(1, 'jio')}`,
    ]);
    const numbers = async (operator: string) =>
      numbersIn((await ordersOf(lab, await direction(3, operator)))['1-reverify']);
    expect(await numbers('vi')).toEqual([D]);
    expect((await lab.directions()).filter((id) => id.startsWith(`${batches[3]}.reverify`))).toHaveLength(1);
    expect((await summaryOf(lab, batches[3] ?? '')).connections).toEqual({
      ...allOverdue(1),
      linked: 5,
      reissuedBefore: 1,
      alreadyDisconnected: 1,
      alreadyVerified: 2,
    });
  });
});

/**
 * P, Q and R are airtel's in batch 1. P and Q are ported to jio while their rows are open, and Q comes back.
 *   Day 170, 18 November, batch 1: P, Q and R at airtel, until day 186.
 *   Day 174, batch 2: P and Q were seen at jio since, so they are directed there, too; R is open at airtel.
 *   Day 176, batch 3: P is open at jio, and Q, which was seen at airtel again, is open there, in batch 1; so is R.
 *   Day 177: airtel does not know P any more, jio verifies it. Nobody answers anything else.
 *   Day 180, batch 4: P was verified at jio, where it was seen last. Q and R are open as before.
 */
describe('a number that is ported while its row is open (day 170)', () => {
  const [H, H2, H3, H4] = ['35820000000001', '35820000000002', '35820000000003', '35820000000004'] as const;
  const [P, Q, R] = [1, 2, 3].map((n) => `+91986000000${n}`);
  const batches: string[] = [];
  let summaries: Summary[];
  const direction = (batch: number, operator: string) => lab.direction(batches[batch] ?? '', 'reverify', operator);
  const ordered = async (batch: number, operator: string) =>
    numbersIn((await ordersOf(lab, await direction(batch, operator)))['1-reverify']);
  const elsewhere = async (batch: number) =>
    (await lab.read(`batches/${batches[batch]}/elsewhere.csv`))
      .trimEnd()
      .split('\n')
      .filter((line) => line.startsWith('reverify'));

  beforeAll(async () => {
    await lab.at(170);
    await lab.usage(
      'airtel',
      [P, Q, R].map((number) => `${H},${number},2026-11-10,`),
      'before.csv',
    );
    batches.push(await report(lab, 'mha', [H]));
    await lab.at(172);
    await lab.usage(
      'jio',
      [P, Q].map((number) => `${H},${number},2026-11-19,`),
      'ported.csv',
    );
    await lab.at(174);
    batches.push(await report(lab, 'up-police', [H, H2]));
    await lab.at(175);
    await lab.usage('airtel', [`${H},${Q},2026-11-22,`], 'back.csv');
    await lab.at(176);
    batches.push(await report(lab, 'i4c', [H, H3]));
    await lab.at(177);
    await lab.respond(await direction(0, 'airtel'), [`${P},not_found`]);
    await lab.respond(await direction(1, 'jio'), [`${P},verified`]);
    await lab.at(180);
    batches.push(await report(lab, 'delhi-police', [H, H4]));
    await lab.cloud.run();
    summaries = await Promise.all(batches.map((batch) => summaryOf(lab, batch)));
  });

  it('is directed at the operator of its newest sighting, too', async () => {
    expect(await ordered(0, 'airtel')).toEqual([P, Q, R]);
    expect(await ordered(1, 'jio')).toEqual([P, Q]);
    expect(await elsewhere(1)).toEqual([`reverify,${R},airtel,alreadyOpen,${await direction(0, 'airtel')}`]);
  });

  it('is open in a later batch where it was seen last, whichever direction is its newest', async () => {
    const airtel = await direction(0, 'airtel');
    expect(await elsewhere(2)).toEqual([
      `reverify,${P},jio,alreadyOpen,${await direction(1, 'jio')}`,
      `reverify,${Q},airtel,alreadyOpen,${airtel}`,
      `reverify,${R},airtel,alreadyOpen,${airtel}`,
    ]);
  });

  it('is answered by each of them for itself', async () => {
    const airtel = await direction(0, 'airtel');
    expect(await elsewhere(3)).toEqual([
      `reverify,${P},jio,alreadyVerified,${await direction(1, 'jio')}`,
      `reverify,${Q},airtel,alreadyOpen,${airtel}`,
      `reverify,${R},airtel,alreadyOpen,${airtel}`,
    ]);
    expect(summaries.map(({ connections }) => connections)).toEqual([
      { ...NO_CONNECTIONS, linked: 3, directed: 3, notFound: 1, overdue: 2 },
      { ...NO_CONNECTIONS, linked: 3, alreadyOpen: 1, directed: 2, verified: 1, overdue: 1 },
      { ...NO_CONNECTIONS, linked: 3, alreadyOpen: 3 },
      { ...NO_CONNECTIONS, linked: 3, alreadyOpen: 2, alreadyVerified: 1 },
    ]);
    for (const { unexplained } of summaries) expect(unexplained).toBe(0);
  });
});

describe('after all of them', () => {
  it('nothing has failed', () => {
    expect(lab.cloud.failures()).toEqual([]);
    expect(lab.cloud.clock.now()).toBeGreaterThan(START + 140 * DAY);
  });
});
