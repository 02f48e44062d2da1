import { beforeAll, describe, expect, it } from 'vitest';
import { sha8 } from './bad-files.ts';
import { DAY, Lab, START, type Summary } from './lab.ts';
import { appeal } from './nights-lab.ts';
import { allOverdue, NO_BLOCKS, NO_CONNECTIONS, numbersIn, ordersOf, report, summaryOf } from './shapes-lab.ts';

/**
 * Batches that meet numbers of earlier ones, one scenario after the other on one cloud, each with handsets and numbers of its own. A
 * scenario begins on the day (after 1 June 2026) that its first line names.
 */
let lab: Lab;

beforeAll(async () => {
  lab = await Lab.open();
  return () => lab.close();
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

/**
 * airtel keeps one sheet, to which it adds rows. Day 200 is 18 December.
 *   Day 200, batch 1: C and R at airtel. Day 201: they are disconnected, by the sheet. Day 203: R is somebody else's since day 202, as it says, too.
 *   Day 205: so is C, and both are seen in another handset; day 206, batch 2: C, R and V.
 *   Day 207: the sheet has V beside them. Day 208: of C, too, it says on which day it was disconnected, and that it had failed; batch 2 has until
 *   day 222.
 *   X is in both batches, too. Day 201: it is disconnected. Day 202: it is restored by an appeal, as the sheet says. Day 207: it is disconnected
 *   again, and restored by another appeal on day 208. The sheet still has the restore of day 202: by its day, or without one, that answers nothing.
 */
describe('a sheet to which rows are added (day 200)', () => {
  const [H, H2] = ['35830000000001', '35830000000002'] as const;
  const [C, V, R, X] = ['+919870000001', '+919870000002', '+919870000003', '+919870000004'] as const;
  const batches: string[] = [];
  const sheet = `msisdn,outcome,occurred_on,activated_on\n${C},disconnected,,\n${R},disconnected,,\n`;
  const anothers = `${sheet}${R},reissued,,2026-12-20\n`;
  const grown = `${anothers}${V},verified,,\n`;
  const dated = `${grown.replace(`${C},disconnected,`, `${C},disconnected,2026-12-19`)}${C},failed,2026-12-19,\n`;
  const receipt = async (file: string) =>
    await lab.json<{ recorded: number; rejects: { line: number; reason: string }[] }>(
      `receipts/airtel/sheet.csv.${sha8(file)}.json`,
    );
  const say = (file: string) => lab.upload('responses/airtel/sheet.csv', file);
  const cut = `msisdn,outcome,occurred_on\n${X},disconnected,2026-12-19\n`;
  const back = `${cut}${X},restored,2026-12-20\n`;
  const cutAgain = `${back}${X},disconnected,2026-12-25\n`;
  const old = `${cutAgain}${X},verified,2026-12-26\n`;
  const undated = old.replace('restored,2026-12-20', 'restored,');
  const backAgain = `${cutAgain}${X},restored,2026-12-26\n`;
  const reversals: string[] = [];

  beforeAll(async () => {
    await lab.at(200);
    await lab.usage(
      'airtel',
      [C, R, X].map((number) => `${H},${number},2026-12-10,`),
      'sheet-1.csv',
    );
    batches.push(await report(lab, 'mha', [H]));
    await lab.at(201);
    await say(sheet);
    await say(cut);
    await lab.at(202);
    reversals.push(await appeal(lab, X));
    await say(back);
    await lab.at(203);
    await say(anothers);
    await lab.at(205);
    await lab.usage(
      'airtel',
      [C, R, V, X].map((number) => `${H2},${number},2026-12-22,`),
      'sheet-2.csv',
    );
    await lab.at(206);
    batches.push(await report(lab, 'up-police', [H2]));
    await lab.at(207);
    await say(grown);
    await say(cutAgain);
    await lab.at(208);
    await say(dated);
    reversals.push(await appeal(lab, X, 'A-2'));
    for (const file of [old, undated, backAgain]) await say(file);
    await lab.cloud.run();
  });

  it('cuts off nobody who has a number since, by the word of who had it before', async () => {
    expect(await receipt(sheet)).toMatchObject({ recorded: 2, rejects: [] });
    expect(await receipt(grown)).toMatchObject({
      recorded: 1,
      rejects: [
        { line: 2, reason: 'unknown_direction' },
        { line: 3, reason: 'unknown_direction' },
        { line: 4, reason: 'not_after_sighting' },
      ],
    });
    expect((await summaryOf(lab, batches[1] ?? '')).connections).toEqual({
      ...allOverdue(2),
      linked: 4,
      directed: 4,
      verified: 1,
      disconnected: 1,
    });
    const [list = ''] = (await lab.outbox('revocations/')).filter((key) => key.endsWith(`/${batches[1]}.csv`));
    expect(await lab.read(list)).toBe('msisdn,operator,lsa,disconnected_on,reason\n');
  });

  it('says of no later order to restore that it was carried out', async () => {
    const rejectOf = async (file: string, at: number) => (await receipt(file)).rejects.find(({ line }) => line === at);
    expect([await receipt(back), await receipt(cutAgain)]).toMatchObject([{ recorded: 1 }, { recorded: 1 }]);
    expect(await rejectOf(old, 3)).toEqual({ line: 3, reason: 'not_in_direction' });
    expect(await rejectOf(undated, 3)).toEqual({ line: 3, reason: 'unknown_direction' });
    // Said as of the day of the order, it answers that.
    expect(await receipt(backAgain)).toMatchObject({ recorded: 1 });
    expect(await rejectOf(backAgain, 5)).toBeUndefined();
    for (const reversal of reversals)
      expect(await lab.json(`batches/${reversal}/summary.json`)).toMatchObject({
        outcomes: { directed: 1, restored: 1 },
      });
  });

  it('is read by its days, if it has them', async () => {
    const { rejects } = await receipt(dated);
    expect(rejects.filter(({ reason }) => reason === 'before_sighting').map(({ line }) => line)).toEqual([2, 6]);
    const failed = (await lab.outbox('orders/airtel/')).filter(
      (key) => key.includes(`/${batches[1]}.`) && key.includes('/failed-'),
    );
    expect(failed).toEqual([]);
  });
});

describe('after all of them', () => {
  it('nothing has failed', () => {
    expect(lab.cloud.failures()).toEqual([]);
    expect(lab.cloud.clock.now()).toBeGreaterThan(START + 140 * DAY);
  });
});
