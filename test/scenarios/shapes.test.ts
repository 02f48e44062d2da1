import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { beforeAll, describe, expect, it } from 'vitest';
import { withWhatToDo } from '../domain/what-to-do.ts';
import { batchItem, Tables } from './bad-files.ts';
import { Lab, type Summary } from './lab.ts';
import {
  allOverdue,
  allUnblocked,
  Executions,
  NO_CONNECTIONS,
  numbersIn,
  ordersOf,
  report,
  summaryOf,
} from './shapes-lab.ts';

/**
 * Links of every shape, one scenario after the other on one cloud, each with handsets and numbers of its own. A scenario
 * begins on the day (after 1 June 2026) that its first line names.
 */
const OPERATORS = ['airtel', 'bsnl', 'jio', 'mtnl', 'vi'];

let lab: Lab;
let executions: Executions;

beforeAll(async () => {
  lab = await Lab.open({ context: { rowsPerDirection: '200' } });
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
    const before = lab.cloud.consumption().stepFunctions.byMachine;
    batchId = await report(lab, 'mha', [T4, T3, T2, T1]);
    await lab.cloud.run();
    summary = await summaryOf(lab, batchId);
    const used = Object.entries(lab.cloud.consumption().stepFunctions.byMachine).find(([name]) =>
      /^Direction/.test(name),
    );
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

describe('a handset with 410 links, 200 rows a direction (day 70)', () => {
  const HANDSET = '35600000000001';
  const COUNT = 410;
  const numbers = Array.from({ length: COUNT }, (_, n) => `+9198400${String(n).padStart(5, '0')}`);
  let batchId: string;
  let directions: string[];

  beforeAll(async () => {
    await lab.at(70);
    // 7,001 is a prime, and so has no common divisor with 410, so that every number comes once, and out of order.
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
    // 410 = 2 × 137 + 136
    const orders = await Promise.all(directions.map(async (id) => numbersIn((await ordersOf(lab, id))['1-reverify'])));
    expect(orders.map(({ length }) => length).sort()).toEqual([136, 137, 137]);
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

describe('after all of them', () => {
  it('nothing has failed', () => {
    expect(lab.cloud.failures()).toEqual([]);
  });
});
