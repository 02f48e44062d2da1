import { beforeAll, describe, expect, it } from 'vitest';
import { sha8, Tables } from './bad-files.ts';
import { Lab } from './lab.ts';
import { NO_CONNECTIONS, numbersIn, ordersOf, report, summaryOf } from './shapes-lab.ts';

/**
 * Rows that failed, on one cloud. Days are counted from 1 June 2026.
 *
 * Seven numbers of airtel in one handset. Day 31: F1, F2 and F7 failed, F4 is verified. Day 32: F5 failed; F6 failed, and is
 * disconnected in the same file. Day 37: F1 is disconnected, and F7 proves itself; day 41: F5 is disconnected. F2 never is,
 * and nobody says anything of F3.
 *
 * All of jio's two and of vi's two failed on day 31, so that no row is left for a bar. Of jio's one proves itself on day 36
 * and the other is disconnected on day 42; of vi's one is not found on day 36, and the other stays connected.
 */
let lab: Lab;

beforeAll(async () => {
  lab = await Lab.open();
  return () => lab.close();
});

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

describe('after all of them', () => {
  it('nothing has failed', () => {
    expect(lab.cloud.failures()).toEqual([]);
  });
});
