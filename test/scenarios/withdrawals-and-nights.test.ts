/** Withdrawals that meet one another, the nights that went on with what they take back, and the words of operators between. */
import type { FaultPlan } from 'local-cloud';
import { describe, expect } from 'vitest';
import { bucketsOf } from '../../simulation/buckets.ts';
import { APPROVE, batchOf, DAY, Lab, START } from './lab.ts';
import {
  appeal,
  cuts,
  kept,
  NONE,
  naming,
  ofNumber,
  restoredByNight,
  type Subjects,
  say,
  sentence,
  subjectsOf,
  takeBack,
} from './nights-lab.ts';
import { directions } from './reversals-lab.ts';
import { sideBySide, type Telling } from './side-by-side.ts';

const context = { operators: 'airtel,jio' };
const test = sideBySide(() => Lab.open({ context, nights: true }));

type Rows = Partial<Record<'airtel' | 'jio', string[]>>;
const seen = { airtel: [] as string[], jio: [] as string[] };
/** The reports of the first day that several stories share: by whom, of which handsets, and the batch. */
const shared = {
  mha: { agency: 'mha', imeis: [] as string[], id: '' },
  mhaUntilDay3: { agency: 'mha', imeis: [] as string[], id: '' },
  mhaUntilDay18: { agency: 'mha', imeis: [] as string[], id: '' },
  up: { agency: 'up-police', imeis: [] as string[], id: '' },
  upUntilDay3: { agency: 'up-police', imeis: [] as string[], id: '' },
};
type Shared = keyof typeof shared;

/**
 * Begins a story. What was seen before the first day is told in one file of each operator, and handsets whose reports would be withdrawn
 * at one time, or not at all, are in one report.
 */
async function begin({ lab, quietlyAt }: Telling, rows: Rows, reported: Partial<Record<Shared, string>> = {}) {
  seen.airtel.push(...(rows.airtel ?? []));
  seen.jio.push(...(rows.jio ?? []));
  for (const [name, imei] of Object.entries(reported)) shared[name as Shared].imeis.push(imei);
  // When all have begun.
  await quietlyAt(0);
  if (seen.airtel.length === 0) return;
  await lab.usage('airtel', seen.airtel.splice(0));
  await lab.usage('jio', seen.jio.splice(0));
  for (const [name, report] of Object.entries(shared)) {
    report.id = batchOf(report.agency, ...report.imeis);
    await lab.report(report.agency, report.imeis, `${name}.csv`);
  }
}

const reversals: Partial<Record<Shared, Promise<string>>> = {};
/** Has a report that several stories share withdrawn, and given back, by the story that comes to that first. */
function takeBackShared(lab: Lab, name: Shared): Promise<string> {
  reversals[name] ??= takeBack(lab, shared[name].id);
  return reversals[name];
}

/** Rows of a number that was seen at airtel in the first handset, and later at jio in the second one. */
const inBoth = ({ H1, H2, N }: Subjects) => ({
  airtel: [`${H1},${N},2026-05-20,Delhi`],
  jio: [`${H2},${N},2026-05-25,Delhi`],
});
const reportFirst = (lab: Lab, { H1, MHA }: Subjects) => lab.report('mha', [H1], `${MHA}.csv`);
const reportSecond = (lab: Lab, { H2, UP }: Subjects) => lab.report('up-police', [H2], `${UP}.csv`);
async function reportBoth(lab: Lab, own: Subjects): Promise<void> {
  await reportFirst(lab, own);
  await reportSecond(lab, own);
}

describe('of two reports that are both withdrawn', () => {
  const ORDERS = [
    ['mha', 1, ['MHA', 'UP']],
    ['up-police', 2, ['UP', 'MHA']],
  ] as const;
  for (const [agency, story, order] of ORDERS)
    test(`none is kept by the night that went on with the other's number, ${agency}'s withdrawn first`, async (telling) => {
      const { lab, at, quietlyAt } = telling;
      const own = subjectsOf(story);
      const { N, MHA } = own;
      await begin(telling, inBoth(own));
      await reportBoth(lab, own);
      await at(2);
      await say(lab, await lab.direction(MHA, 'reverify', 'airtel'), N, { outcome: 'ported', to: 'jio' });
      await at(2 + 20 / 24);
      const reversals: string[] = [];
      for (const [n, report] of order.entries()) {
        await at(3 + n);
        reversals.push(await takeBack(lab, own[report]));
      }
      // The first one may find the number in the other report's row; nothing stands once both are withdrawn.
      expect(await kept(lab, reversals[1] ?? '')).toBe(NONE);
      await quietlyAt(30);
      expect(await cuts(lab, N)).toEqual([]);
    });

  test('none is kept by a night that went on with what two nights before had moved', async (telling) => {
    const { lab, at, quietlyAt } = telling;
    const own = subjectsOf(3);
    const { H1, H2, N, M, UP } = own;
    await begin(
      telling,
      { airtel: [`${H1},${N},2026-05-20,Delhi`, `${H1},${M},2026-05-20,Delhi`] },
      { mhaUntilDay3: H1 },
    );
    const direction = await lab.direction(shared.mhaUntilDay3.id, 'reverify', 'airtel');
    await at(0.5);
    await say(lab, direction, N, { outcome: 'extended', ground: 'abroad' });
    await at(1.5);
    const extended = await lab.direction('followup-202606020000', 'reverify', 'airtel');
    await say(lab, extended, N, { outcome: 'ported', to: 'jio' });
    await at(2.2);
    await lab.usage('airtel', [`${H2},${N},2026-06-03,Delhi`], `${UP}.csv`);
    await reportSecond(lab, own);
    // It comes back to airtel, where up-police's row is, in a night in which another number of mha's own moves, too.
    await say(lab, await lab.direction('followup-202606030000', 'reverify', 'jio'), N, { outcome: 'not_found' });
    await say(lab, direction, M, { outcome: 'ported', to: 'jio' });
    await at(3.2);
    await takeBack(lab, UP);
    await at(3.4);
    const left = await kept(lab, await takeBackShared(lab, 'mhaUntilDay3'));
    expect(ofNumber(left, `reverify,${N}`, `reverify,${M}`)).toBe(NONE);
    await quietlyAt(20);
    expect([...(await cuts(lab, N)), ...(await cuts(lab, M))]).toEqual([]);
  });

  test('the row goes, too, that the first withdrawal left since the other report had directed the number again', async (telling) => {
    const { lab, at, quietlyAt } = telling;
    const own = subjectsOf(4);
    const { H1, H2, N, UP } = own;
    await begin(
      telling,
      { airtel: [`${H1},${N},2026-05-20,Delhi`, `${H2},${N},2026-05-22,Delhi`] },
      { mhaUntilDay18: H1 },
    );
    const { id } = shared.mhaUntilDay18;
    const direction = await lab.direction(id, 'reverify', 'airtel');
    // Nobody answered: it is directed again, and stays with that while it stands.
    await quietlyAt(17);
    await reportSecond(lab, own);
    await at(18);
    const left = await kept(lab, await takeBackShared(lab, 'mhaUntilDay18'));
    expect(ofNumber(left, `reverify,${N}`)).toBe(`${NONE}reverify,${N},airtel,${UP},directed\n`);
    await at(19);
    const reversal = await takeBack(lab, UP);
    expect(await kept(lab, reversal)).toBe(NONE);
    await quietlyAt(19.5);
    for (const restore of await directions(lab, reversal, 'restore'))
      await say(lab, restore, N, { outcome: 'restored' });
    // Cut off all the same, by whoever had the first order: it is on no list but those of the withdrawn, and is restored.
    await quietlyAt(20);
    await say(lab, direction, N, { outcome: 'disconnected' });
    await at(21);
    const lists = await naming(lab, N, 'revocations/', /\.csv$/);
    expect(lists).toEqual([`revocations/2026-06-20/${reversal}.withdrawn.csv`]);
    expect(await restoredByNight(lab, N)).toHaveLength(1);
    expect(await sentence(lab, N)).not.toContain(`What the batch ${id} did stays`);
  });

  test('a handset is blocked by neither, for later reports as well', async (telling) => {
    const { lab, at } = telling;
    const { H1, H2, H3, N } = subjectsOf(5);
    const [second, third] = [batchOf('up-police', H1), batchOf('mha', H1, H3)];
    await begin(telling, { airtel: [`${H2},${N},2026-05-20,Delhi`] }, { mhaUntilDay3: H1 });
    const block = await lab.direction(shared.mhaUntilDay3.id, 'block', 'airtel');
    await at(3);
    await lab.report('up-police', [H1], `${second}.csv`);
    await at(3.4);
    await takeBackShared(lab, 'mhaUntilDay3');
    await at(4);
    const reversal = await takeBack(lab, second);
    for (const unblock of await directions(lab, reversal, 'unblock'))
      await lab.upload(`responses/${unblock.split('.')[2]}/${unblock}/r.csv`, `imei,outcome\n${H1},unblocked\n`);
    await at(5);
    await lab.upload(`responses/airtel/${block}/late.csv`, `imei,outcome\n${H1},blocked\n`);
    await lab.report('mha', [H1, H3], `${third}.csv`);
    await at(9);
    expect(await lab.read(`batches/${third}/elsewhere.csv`)).not.toContain('alreadyBlocked');
  });
});

test('of two reports whose rows went on in one night at one operator, that which stands keeps its continuation', async (telling) => {
  const { lab, at, quietlyAt } = telling;
  const own = subjectsOf(6);
  const { H1, H2, N } = own;
  await begin(telling, inBoth(own), { mhaUntilDay3: H1, upUntilDay3: H2 });
  await at(2);
  await say(lab, await lab.direction(shared.mhaUntilDay3.id, 'reverify', 'airtel'), N, {
    outcome: 'ported',
    to: 'jio',
  });
  await say(lab, await lab.direction(shared.upUntilDay3.id, 'reverify', 'jio'), N, {
    outcome: 'extended',
    ground: 'abroad',
  });
  await at(3);
  const left = await kept(lab, await takeBackShared(lab, 'upUntilDay3'));
  expect(ofNumber(left, `reverify,${N}`)).toBe(`${NONE}reverify,${N},jio,followup-202606040000,alreadyOpen\n`);
  await at(3.4);
  // And goes with it.
  expect(ofNumber(await kept(lab, await takeBackShared(lab, 'mhaUntilDay3')), `reverify,${N}`)).toBe(NONE);
  await quietlyAt(60);
  expect(await cuts(lab, N)).toEqual([]);
});

describe('of two reports by which a number is directed at two operators, one is withdrawn', () => {
  test('and it is not directed anew by what was seen before, though the other report stands', async (telling) => {
    const { lab, at, quietlyAt } = telling;
    const own = subjectsOf(15);
    const { H1, H3, N, UP } = own;
    await begin(telling, inBoth(own), { mhaUntilDay3: H1 });
    await reportSecond(lab, own);
    await at(3.4);
    const left = await kept(lab, await takeBackShared(lab, 'mhaUntilDay3'));
    expect(ofNumber(left, `reverify,${N}`)).toBe(NONE);
    await at(4);
    const again = batchOf('mha', H1, H3);
    await lab.report('mha', [H1, H3], 'again.csv');
    await at(4.5);
    expect(await naming(lab, N, 'orders/airtel/', /csv$/)).not.toContainEqual(expect.stringContaining(again));
    // What the other report directs goes on.
    expect(await naming(lab, N, `orders/jio/${UP}.reverify`, /csv$/)).not.toEqual([]);

    // Seen once more, it is directed.
    await lab.usage('airtel', [`${H1},${N},2026-06-05,Delhi`], 'anew.csv');
    await at(5.5);
    const anew = batchOf('up-police', H1, H3);
    await lab.report('up-police', [H1, H3], 'anew.csv');
    await quietlyAt(30);
    const ofAgain = { linked: 1, reversed: 1, directed: 0 };
    expect(await lab.json(`batches/${again}/summary.json`)).toMatchObject({ connections: ofAgain });
    const ofAnew = { linked: 1, reversed: 0, directed: 1 };
    expect(await lab.json(`batches/${anew}/summary.json`)).toMatchObject({ connections: ofAnew });
  });
});

describe('what is to be given back', () => {
  test('is not asked for night after night where a report has barred the number since', async (telling) => {
    const { lab, at, quietlyAt } = telling;
    const own = subjectsOf(7);
    const { H1, H2, N, UP } = own;
    await begin(telling, { airtel: [`${H1},${N},2026-05-20,Delhi`] }, { mha: H1 });
    const direction = await lab.direction(shared.mha.id, 'reverify', 'airtel');
    await at(1);
    await say(lab, direction, N, { outcome: 'verified' });
    await at(2);
    await lab.usage('airtel', [`${H2},${N},2026-06-03,Delhi`], `${UP}.csv`);
    await reportSecond(lab, own);
    await say(lab, direction, N, { outcome: 'disconnected' });
    await at(13);
    await quietlyAt(24);
    const nights = await restoredByNight(lab, N);
    // Asked for at once, and again while nothing else had been ordered. The bar, on 8 June, is a later word than that.
    expect(nights.length).toBeGreaterThan(0);
    for (const night of nights) expect(night < 'followup-20260609').toBe(true);
    expect(await cuts(lab, N)).toHaveLength(3);
  });

  test('is asked for again where a later order took service from others alone', async (telling) => {
    const { lab, at, quietlyAt } = telling;
    const own = subjectsOf(8);
    const { H1, H2, N, M, MHA } = own;
    await begin(telling, { airtel: [N, M].map((number) => `${H2},${number},2026-05-20,Delhi`) }, { up: H2 });
    await quietlyAt(6);
    await say(lab, await lab.direction(shared.up.id, 'reverify', 'airtel'), N, { outcome: 'disconnected' });
    await quietlyAt(8);
    await lab.usage('airtel', [`${H1},${N},2026-06-08,Delhi`], `${MHA}.csv`);
    await reportFirst(lab, own);
    await quietlyAt(9);
    await takeBack(lab, MHA);
    // On day 10 up-police's batch bars M. Nobody restores N, who was asked to be.
    await at(13);
    expect((await restoredByNight(lab, N)).length).toBeGreaterThan(0);
  });

  test('is asked for still where the number turns out to be somebody else’s meanwhile, who is told of', async (telling) => {
    const { lab, at } = telling;
    const { H1, N } = subjectsOf(9);
    await begin(telling, { airtel: [`${H1},${N},2026-05-20,Delhi`] }, { mha: H1 });
    const direction = await lab.direction(shared.mha.id, 'reverify', 'airtel');
    await at(1);
    await say(lab, direction, N, { outcome: 'disconnected' });
    await at(6);
    const reversal = await appeal(lab, N);
    await at(6.2);
    await say(lab, direction, N, { outcome: 'reissued', activated_on: '2026-06-07' });
    expect(await sentence(lab, N)).toContain('Somebody else has had the number since 7 June 2026');
    await at(7.5);
    const [restore = ''] = await directions(lab, reversal, 'restore');
    expect((await lab.outbox(`orders/airtel/${restore}/`)).map((key) => key.split('/').at(-1))).toEqual([
      '1-restore.csv',
      '2-restore.csv',
    ]);
  });

  test('is ordered anew where its operator says since that it was cut off, and told as that', async (telling) => {
    const { lab, at } = telling;
    const { H1, N } = subjectsOf(10);
    await begin(telling, { airtel: [`${H1},${N},2026-05-20,Delhi`] }, { mha: H1 });
    await at(6);
    await appeal(lab, N);
    await at(6.2);
    await say(lab, await lab.direction(shared.mha.id, 'reverify', 'airtel'), N, { outcome: 'disconnected' });
    await at(7);
    expect(await restoredByNight(lab, N)).toHaveLength(1);
    const said = await sentence(lab, N);
    expect(said.match(/is to give it full service again by/g)).toHaveLength(1);
    expect(said).not.toContain('where it was being re-verified already');
  });
});

test('whoever had more time keeps it where their number returns from a port that was none: no deadline moves earlier', async (telling) => {
  const { lab, at } = telling;
  const { H1, N } = subjectsOf(11);
  await begin(telling, { airtel: [`${H1},${N},2026-05-20,Delhi`] }, { mha: H1 });
  await at(0.5);
  await say(lab, await lab.direction(shared.mha.id, 'reverify', 'airtel'), N, {
    outcome: 'extended',
    ground: 'hospital',
  });
  await at(3);
  const extended = await lab.direction('followup-202606020000', 'reverify', 'airtel');
  await say(lab, extended, N, { outcome: 'ported', to: 'jio' });
  await at(4);
  await say(lab, await lab.direction('followup-202606050000', 'reverify', 'jio'), N, { outcome: 'not_found' });
  await at(5);
  const back = await lab.direction('followup-202606060000', 'reverify', 'airtel');
  const told = async (direction: string) => {
    const order = await lab.read(`orders/airtel/${direction}/1-reverify.csv`);
    const row = order.split('\n').find((line) => line.startsWith(N)) ?? '';
    const [, , , deadline, , disconnectBy] = row.split(',');
    return { deadline, disconnectBy };
  };
  // 30 days after the rung in which they were extended, and the ladder's end 30 days later, too.
  expect(await told(extended)).toEqual({ deadline: '2026-07-06T00:00:00Z', disconnectBy: '2026-07-17T00:00:00Z' });
  expect(await told(back)).toEqual(await told(extended));
});

describe('a number that was given more time at one operator, and is said to be ported there from the other', () => {
  const isOrdered = async (lab: Lab, reversal: string, number: string) =>
    (await naming(lab, number, `orders/airtel/${reversal}.restore`, /csv$/)).length > 0;

  test('is given back with the report by which it goes on, where the other row was overdue, and moved nothing', async (telling) => {
    const { lab, at, quietlyAt, toTheEnd } = telling;
    const own = subjectsOf(12);
    const { H1, H2, N } = own;
    await begin(telling, inBoth(own), { up: H2, mhaUntilDay18: H1 });
    await at(7.3);
    await say(lab, await lab.direction(shared.mhaUntilDay18.id, 'reverify', 'airtel'), N, {
      outcome: 'extended',
      ground: 'abroad',
    });
    await quietlyAt(17);
    await say(lab, await lab.direction(shared.up.id, 'reverify', 'jio'), N, { outcome: 'ported', to: 'airtel' });
    await at(18);
    const reversal = await takeBackShared(lab, 'mhaUntilDay18');
    expect([ofNumber(await kept(lab, reversal), `reverify,${N}`), await isOrdered(lab, reversal, N)]).toEqual([
      NONE,
      true,
    ]);
    await toTheEnd();
    expect(await cuts(lab, N, 'airtel/followup-')).toEqual([]);
  });

  test('stands with that report where the other one is withdrawn, whose row found it open there in a later night', async (telling) => {
    const { lab, at, toTheEnd } = telling;
    const own = subjectsOf(13);
    const { H1, N, UP } = own;
    await begin(telling, inBoth(own), { mha: H1 });
    await reportSecond(lab, own);
    await at(7.3);
    await say(lab, await lab.direction(shared.mha.id, 'reverify', 'airtel'), N, {
      outcome: 'extended',
      ground: 'abroad',
    });
    await at(9.3);
    await say(lab, await lab.direction(UP, 'reverify', 'jio'), N, { outcome: 'ported', to: 'airtel' });
    await at(11.5);
    const reversal = await takeBack(lab, UP);
    expect(await isOrdered(lab, reversal, N)).toBe(false);
    await toTheEnd();
    expect(await cuts(lab, N, 'airtel/followup-')).not.toEqual([]);
  });
});

describe('while a function dies', () => {
  /** What goes wrong, each while its story says so. */
  const plans: Required<Pick<FaultPlan, 'afterWrite'>>[] = [];
  const test = sideBySide(() =>
    Lab.open({
      context,
      nights: true,
      faults: {
        afterWrite: (call) => plans.map((plan) => plan.afterWrite(call)).find((fault) => fault !== undefined),
      },
    }),
  );

  test('a report is not planned while a reversal takes back a row that it would find open', async ({
    lab,
    at,
    quietlyAt,
  }) => {
    const own = subjectsOf(14);
    const { H1, H2, H3, N, MHA } = own;
    let armed = false;
    plans.push({
      afterWrite: ({ functionName, service, key }) => {
        if (!armed || !/commit/i.test(functionName) || service !== 'dynamodb' || !key?.startsWith('BATCH#mha-'))
          return undefined;
        armed = false;
        return 'fail';
      },
    });
    const later = batchOf('up-police', H3);
    await lab.usage('airtel', [`${H1},${N},2026-05-20,Delhi`, `${H3},${N},2026-05-21,Delhi`], `${MHA}.csv`);
    await lab.usage('jio', [`${H2},${N},2026-05-25,Delhi`], `${MHA}.csv`);
    await reportBoth(lab, own);
    await at(2);
    const reversal = await lab.withdraw(MHA, []);
    const { inbox } = bucketsOf(lab.cloud);
    const decision = await lab.decision(reversal, [APPROVE]);
    // Its plan counts, and its function dies before it has taken anything back.
    armed = true;
    await lab.cloud.put(inbox, `decisions/approver-1/${reversal}/d.csv`, decision);
    await lab.cloud.run(START + 2 * DAY + 1000);
    await lab.cloud.put(inbox, 'reports/up-police/d.csv', `imei\n${H3}\n`);
    await lab.cloud.rest();
    await at(3);
    await quietlyAt(30);
    expect(armed).toBe(false);
    expect(await lab.json(`batches/${later}/summary.json`)).toMatchObject({
      connections: { linked: 1, reversed: 1, directed: 0, alreadyOpen: 0 },
    });
  });

  /** Whether Claim fails after its shard's decision of one kind, whose retry then comes after the other kind's shard. */
  const KINDS = [
    ['restore', 15, 0],
    ['reverify', 16, 1],
  ] as const;
  // Each has a night of its own: the second is told a day later.
  for (const [kind, story, later] of KINDS)
    test(`a night that has a number restored at one operator and re-verified at another knows both, though its shard to ${kind} them is tried again`, async ({
      lab,
      at,
      quietlyAt,
    }) => {
      const own = subjectsOf(story);
      const { N, MHA, UP } = own;
      let armed = false;
      plans.push({
        afterWrite: ({ functionName, key }) => {
          if (!armed || !/claim/i.test(functionName) || !/^DECISION#.*-(restore|reverify)-/.test(key ?? ''))
            return undefined;
          if (!key?.includes(`-${kind}-`)) return undefined;
          armed = false;
          return 'fail';
        },
      });
      const { airtel, jio } = inBoth(own);
      await at(later);
      await lab.usage('airtel', airtel, `${MHA}.csv`);
      await lab.usage('jio', jio, `${MHA}.csv`);
      await reportBoth(lab, own);
      await at(later + 0.5);
      await takeBack(lab, MHA);
      // airtel says nothing of its restore, which is overdue two days later.
      await at(later + 2.6);
      await say(lab, await lab.direction(UP, 'reverify', 'jio'), N, { outcome: 'extended', ground: 'abroad' });
      armed = true;
      await at(later + 3);
      expect(armed).toBe(false);
      const night = `followup-2026060${4 + later}0000`;
      const asked = await lab.direction(night, 'reverify', 'jio');
      const [restored = ''] = (await lab.directions('airtel')).filter((id) => id.startsWith(`${night}.restore.`));
      const reversal = await appeal(lab, N);
      expect(await lab.read(`batches/${reversal}/appeals.csv`)).toContain('directed');
      await lab.upload(`lookups/caseworker-1/both of ${N}.csv`, `msisdn\n${N}\n`);
      const [key = ''] = await lab.outbox(`explanations/caseworker-1/both of ${N}.`);
      const text = await lab.read(key);
      expect([text.includes(restored), text.includes(asked)]).toEqual([true, true]);
      await quietlyAt(60);
      expect(await cuts(lab, N)).toEqual([]);
    });
});
