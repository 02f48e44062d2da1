/** What a withdrawn report moved from one of three operators to another, where a report stands at the third. */
import { describe, expect, it } from 'vitest';
import { batchOf, Lab } from './lab.ts';
import {
  appeal,
  cuts,
  kept,
  NONE,
  ofNumber,
  type Subjects,
  say,
  sentence,
  subjectsOf,
  takeBack,
} from './nights-lab.ts';
import { directions } from './reversals-lab.ts';
import { sideBySide, type Telling } from './side-by-side.ts';

const context = { operators: 'airtel,jio,vi' };
const test = sideBySide(() => Lab.open({ context, nights: true }));

describe('of two reports that are both withdrawn', () => {
  test('none is kept by a restore that the same night asked for again', async ({ lab, at, quietlyAt }) => {
    const { H1, H2, H3, N, MHA, UP } = subjectsOf(1);
    const third = batchOf('mha', H3);
    await lab.usage('vi', [`${H3},${N},2026-05-10,Delhi`], 'restored.csv');
    await lab.report('mha', [H3], 'third.csv');
    await lab.usage('airtel', [`${H1},${N},2026-05-20,Delhi`], 'restored.csv');
    await lab.report('mha', [H1], 'restored.csv');
    await lab.usage('jio', [`${H2},${N},2026-05-25,Delhi`], 'restored.csv');
    await lab.report('up-police', [H2], 'restored.csv');
    // vi restores nobody: its restore is asked for again in the night in which the ported number is found at jio.
    await at(1);
    await takeBack(lab, third);
    await at(3.2);
    await say(lab, await lab.direction(MHA, 'reverify', 'airtel'), N, { outcome: 'ported', to: 'jio' });
    await at(4);
    await takeBack(lab, MHA);
    await at(4.2);
    expect(await kept(lab, await takeBack(lab, UP))).toBe(NONE);
    await quietlyAt(30);
    expect(await cuts(lab, N)).toEqual([]);
  });
});

const sightings = (all: readonly Subjects[]) => ({
  airtel: all.map(({ H1, N }) => `${H1},${N},2026-05-20,Delhi`),
  vi: all.map(({ H2, N }) => `${H2},${N},2026-05-25,Delhi`),
});
const NIGHT = 'followup-202606040000';

/**
 * Four numbers are at airtel by one report of mha's, and at vi, where they were seen later, by one of up-police's, which stands. On the
 * second day each is said to be ported to jio from one of them, on the third jio has no such number, and mha's report is withdrawn then.
 * Two of them had been in an earlier report of mha's.
 */
const [lifted, former, disputed, returning] = [2, 3, 4, 5].map(subjectsOf) as [Subjects, Subjects, Subjects, Subjects];
const ALL = [lifted, former, disputed, returning];
const BEFORE = batchOf('mha', lifted.H3, former.H3);
const MHA = batchOf('mha', ...ALL.map(({ H1 }) => H1));
const UP = batchOf('up-police', ...ALL.map(({ H2 }) => H2));

/** What is done once for all four, by the story that comes to it first. */
function once<Result>(act: (lab: Lab) => Promise<Result>): (lab: Lab) => Promise<Result> {
  let done: Promise<Result> | undefined;
  return (lab) => (done ??= act(lab));
}
const reportBefore = once(async (lab) => {
  const rows = [lifted, former].map(({ H3, N }) => `${H3},${N},2026-05-10,Delhi`);
  await lab.usage('airtel', rows, 'before.csv');
  await lab.report('mha', [lifted.H3, former.H3], 'before.csv');
});
const reportAll = once(async (lab) => {
  const { airtel, vi } = sightings(ALL);
  await lab.usage('airtel', airtel);
  await lab.usage('vi', vi);
  await lab.report(
    'mha',
    ALL.map(({ H1 }) => H1),
  );
  await lab.report(
    'up-police',
    ALL.map(({ H2 }) => H2),
  );
});
const withdrawMha = once((lab) => takeBack(lab, MHA));

describe('what a withdrawn report moved, where another one stands at an operator of its own', () => {
  /** Has the number ported to jio on the second day, which has no such number on the third, when mha's report is withdrawn. */
  async function dispute({ lab, at }: Telling, { N }: Subjects): Promise<void> {
    await at(0.6);
    await reportAll(lab);
    await at(2);
    await say(lab, await lab.direction(MHA, 'reverify', 'airtel'), N, { outcome: 'ported', to: 'jio' });
    await at(3);
    await say(lab, await lab.direction(NIGHT, 'reverify', 'jio'), N, { outcome: 'not_found' });
    await at(3.01);
    await withdrawMha(lab);
  }
  /** It is cut off at vi, and no more at airtel. */
  async function staysAtVi({ lab, at, quietlyAt }: Telling, { N }: Subjects): Promise<void> {
    await at(4);
    await quietlyAt(30);
    expect(await cuts(lab, N, 'airtel/')).toEqual([]);
    expect(await cuts(lab, N, 'vi/')).toHaveLength(3);
  }

  test('does not return either where approvers had lifted an appeal of before', async (telling) => {
    const { lab, at } = telling;
    const { N } = lifted;
    await reportBefore(lab);
    await at(0.2);
    const [restore = ''] = await directions(lab, await appeal(lab, N), 'restore');
    await say(lab, restore, N, { outcome: 'restored' });
    await at(0.5);
    for (const approver of ['approver-1', 'approver-2'])
      await lab.upload(`exemptions/${approver}/lift.csv`, `msisdn,imei,until,reason\n${N},,2026-05-01,lifted\n`);
    await dispute(telling, lifted);
    await staysAtVi(telling, lifted);
  });

  test('does not return either where somebody else had the number before', async (telling) => {
    const { lab, at } = telling;
    const { N } = former;
    await reportBefore(lab);
    await at(0.2);
    const before = await lab.direction(BEFORE, 'reverify', 'airtel');
    await say(lab, before, N, { outcome: 'reissued', activated_on: '2026-05-15' });
    await dispute(telling, former);
    await staysAtVi(telling, former);
  });

  test('does not return where its port was disputed on the day of the withdrawal', async (telling) => {
    const { lab, quietlyAt } = telling;
    await dispute(telling, disputed);
    await quietlyAt(3.1);
    // Of one number both is so, and each is said of the report of which it is.
    expect(await sentence(lab, disputed.N)).not.toMatch(
      /no order takes service from it any more.*else it is to be disconnected/,
    );
    await staysAtVi(telling, disputed);
  });

  it('does not go on where it was ported to, though a night had found it and died before that was directed', async () => {
    let stops = 1;
    await using lab = await Lab.open({
      nights: true,
      context: { ...context, sweepHours: '24' },
      faults: {
        stops: ({ execution, state }) =>
          execution.includes('followup-') && state === 'Take the turn to plan' && stops-- > 0 ? 0 : undefined,
      },
    });
    const own = subjectsOf(6);
    const { H1, H2, N } = own;
    const { airtel, vi } = sightings([own]);
    await lab.usage('airtel', airtel);
    await lab.usage('vi', vi);
    await lab.report('mha', [H1]);
    await lab.report('up-police', [H2]);
    await lab.at(2);
    await say(lab, await lab.direction(own.MHA, 'reverify', 'airtel'), N, { outcome: 'ported', to: 'jio' });
    await lab.at(2 + 19.2 / 24);
    await takeBack(lab, own.MHA);
    await lab.at(4);
    await lab.quietlyAt(30);
    expect(stops).toBeLessThan(1);
    expect(await cuts(lab, N, 'jio/')).toEqual([]);
    expect(await cuts(lab, N, 'vi/')).toHaveLength(3);
  });
});

test("a number that returns from where it was ported to stands with its report: another one's withdrawal leaves it to that", async (telling) => {
  const { lab, at, quietlyAt } = telling;
  const { N } = returning;
  await at(0.6);
  await reportAll(lab);
  await at(2);
  await say(lab, await lab.direction(UP, 'reverify', 'vi'), N, { outcome: 'ported', to: 'jio' });
  await at(3);
  const atJio = await lab.direction(NIGHT, 'reverify', 'jio');
  await say(lab, atJio, N, { outcome: 'not_found' });
  await at(3.01);
  const reversal = await withdrawMha(lab);
  await at(4);
  await quietlyAt(30);
  expect(ofNumber(await lab.read('batches/followup-202606050000/moved.csv'), N)).toBe(
    `msisdn,from,why,to,state\n${N},${atJio},porting_disputed,vi,directed\n`,
  );
  // What mha's report did is given back, and the number stands in no list; what the other report asks goes on.
  const [restore = ''] = (await lab.directions('airtel')).filter((id) => id.startsWith(`${reversal}.restore.`));
  expect(await lab.read(`orders/airtel/${restore}/1-restore.csv`)).toContain(N);
  expect(ofNumber(await lab.read(`revocations/2026-06-04/${reversal}.withdrawn.csv`), N)).toBe(
    `msisdn,withdrawn_on,ground\n${N},2026-06-04,withdrawal\n`,
  );
});
