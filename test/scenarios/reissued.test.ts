/**
 * Numbers that turn out to be somebody else's: A and B are airtel's, seen in a handset on 20 May, and their re-verification ends
 * on day 16, 17 June. A is somebody else's since 10 June, or 5 June. Some are seen in another handset, too, which a second batch
 * is about.
 */
import type { FaultPlan } from 'local-cloud';
import { describe, expect, it } from 'vitest';
import { sha8, sha256Of } from '../../lambdas/domain/hashes.ts';
import { nameOf } from '../../simulation/function-names.ts';
import { APPROVE, batchOf, DAY, HOUR, Lab, START } from './lab.ts';
import { naming, ofNumber } from './nights-lab.ts';
import {
  answeredMeanwhile,
  appealed,
  isList,
  LISTED,
  listsOf,
  ordersOf,
  reissued,
  reportOthers,
  restored,
  type Subjects,
  sayDisconnected,
  subjectsOf,
  warnings,
  withdrawals,
} from './reissued-lab.ts';
import { anyOf, sideBySide, type Telling } from './side-by-side.ts';

/** What goes wrong in the stories, each in its own batches alone, and the keys of all that was written to `revocations/`, in their order. */
const plans: FaultPlan[] = [];
const written: string[] = [];
const faults = anyOf(plans);
const test = sideBySide(() =>
  Lab.open({
    context: { operators: 'airtel' },
    nights: true,
    faults: {
      ...faults,
      afterWrite: (call) => {
        if (call.key?.startsWith('revocations/')) written.push(call.key);
        return faults.afterWrite(call);
      },
    },
  }),
);

const rows: string[] = [];
const reports = new Map<string, string[]>();
/**
 * Begins a story: its A and B are seen in its handset, and that is reported; in one report with those of other stories whose handsets
 * are in the same one.
 * @param more the rows of usage besides
 */
async function begin({ lab, quietlyAt }: Telling, report: string, own: Subjects, more: string[] = []) {
  rows.push(...[own.A, own.B].map((number) => `${own.HANDSET},${number},2026-05-20,Delhi`), ...more);
  reports.set(report, [...(reports.get(report) ?? []), own.HANDSET]);
  // When all have begun.
  await quietlyAt(0);
  if (rows.length > 0) {
    await lab.usage('airtel', rows.splice(0));
    for (const [name, imeis] of reports) await lab.report('mha', imeis, `${name}.csv`);
  }
  const batch = batchOf('mha', ...(reports.get(report) ?? []));
  const settled = ['csv', 'json'].map((form) => `revocations/2026-06-17/${batch}.${form}`);
  /** What was written of the batch's own lists, and of those that these answers made. */
  const revoked = (...answers: string[]) =>
    written.filter((key) => settled.includes(key) || answers.some((text) => key.includes(sha8(sha256Of(text)))));
  return { batch, settled, revoked, direction: await lab.direction(batch, 'reverify', 'airtel') };
}

describe("a number that turns out to be somebody else's after its ledger is sealed", () => {
  test('is in no list that its batch makes after that', async (telling) => {
    const { lab, ...time } = telling;
    const wrong = { books: true };
    const own = subjectsOf(1);
    const { A, B } = own;
    const { batch, settled, revoked, direction } = await begin(telling, 'sealed', own);
    plans.push({
      // Settle can seal, and write nothing.
      beforeCall: ({ caller, service, action, key }) =>
        wrong.books && nameOf(caller) === 'Settle' && service === 's3' && action !== 'GetObject' && key?.includes(batch)
          ? 'deny'
          : undefined,
    });
    await lab.respond(direction, [`${A},disconnected`, `${B},disconnected`]);
    await time.quietlyAt(16 + 1 / 144);
    const answer = reissued(A, '2026-06-10');
    await lab.upload(`responses/airtel/${direction}/since ${A}.csv`, answer);
    expect(revoked(answer)).toEqual(withdrawals('2026-06-17', batch, answer));
    wrong.books = false;
    await time.toTheEnd();

    expect(await lab.read(settled[0] ?? '')).toBe(`${LISTED}${B},airtel,Delhi,2026-06-01,linked_to_reported_handset\n`);
    expect(await lab.json(settled[1] ?? '')).toMatchObject({ payload: [{ n: B.slice(3) }] });
    // The books are those of the seal.
    expect(await lab.json(`batches/${batch}/summary.json`)).toMatchObject({
      connections: { directed: 2, disconnected: 2, reissued: 0 },
      unexplained: 0,
    });
  });

  test('is withdrawn once more after a list of its batch that was committed before and is published later', async (telling) => {
    const { lab, ...time } = telling;
    const wrong = { lists: true };
    const own = subjectsOf(2);
    const { A, B } = own;
    const { batch, settled, revoked, direction } = await begin(telling, 'committed', own);
    plans.push({
      beforeCall: ({ caller, service, key }) =>
        wrong.lists && nameOf(caller) === 'Settle' && service === 's3' && isList(key, batch) ? 'deny' : undefined,
    });
    await lab.respond(direction, [`${A},disconnected`]);
    await time.quietlyAt(16 + 1 / 144);
    const answer = reissued(A, '2026-06-10');
    await lab.upload(`responses/airtel/${direction}/since ${A}.csv`, answer);
    const withdrawn = withdrawals('2026-06-17', batch, answer);
    const before = await Promise.all(withdrawn.map((key) => lab.read(key)));
    wrong.lists = false;
    await time.toTheEnd();

    expect(ofNumber(await lab.read(settled[0] ?? ''), A, B)).toBe(
      `${LISTED}${A},airtel,Delhi,2026-06-01,linked_to_reported_handset\n`,
    );
    expect(revoked(answer)).toEqual([...withdrawn, ...settled, ...withdrawn]);
    expect(await Promise.all(withdrawn.map((key) => lab.read(key)))).toEqual(before);
  });

  test('is withdrawn once more after a late list that named it and could not be published before', async (telling) => {
    const { lab, ...time } = telling;
    const wrong = { late: true };
    const own = subjectsOf(3);
    const { A } = own;
    const { batch, settled, revoked, direction } = await begin(telling, 'late', own);
    plans.push({
      beforeCall: ({ caller, service, key }) =>
        wrong.late && nameOf(caller) === 'Record' && service === 's3' && key?.includes(`${batch}.late-`)
          ? 'deny'
          : undefined,
    });
    await time.quietlyAt(18);
    await lab.respond(direction, [`${A},disconnected`], 'late.csv');
    const answer = reissued(A, '2026-06-10');
    await lab.upload(`responses/airtel/${direction}/since ${A}.csv`, answer);
    const lateAnswer = `msisdn,outcome\n${A},disconnected\n`;
    const since = withdrawals('2026-06-19', batch, answer);
    expect(revoked(answer, lateAnswer)).toEqual([...settled, ...since]);
    wrong.late = false;
    await time.toTheEnd();

    const late = withdrawals('2026-06-19', batch, lateAnswer).map((key) => key.replace('.withdrawn-', '.late-'));
    expect(await lab.read(late[0] ?? '')).toBe(`${LISTED}${A},airtel,Delhi,2026-06-19,linked_to_reported_handset\n`);
    expect(revoked(answer, lateAnswer)).toEqual([...settled, ...since, ...late, ...since]);
    expect(lab.cloud.failures()).toEqual([]);
  });
});

describe("a number that turns out to be somebody else's by the answer to another direction", () => {
  const DEATHS = [
    ['', 4],
    [', though its recorder dies of it once', 5],
  ] as const;
  for (const [dies, story] of DEATHS)
    test(`is in no list that an earlier batch makes${dies}`, async (telling) => {
      const { lab, ...time } = telling;
      let first = '';
      let writes = 0;
      const own = subjectsOf(story);
      const { A, B, second } = own;
      const { batch, settled, revoked, direction } = await begin(telling, `answered by another${dies}`, own);
      plans.push({
        afterWrite: ({ functionName, key }) => {
          if (nameOf(functionName) !== 'Record' || first === '' || key !== `DIR#${first}`) return undefined;
          writes += 1;
          return dies !== '' && writes === 1 ? 'fail' : undefined;
        },
      });
      await time.quietlyAt(1);
      await lab.respond(direction, [`${A},disconnected`, `${B},disconnected`]);
      await time.quietlyAt(3);
      await reportOthers(lab, '2026-06-03', own);
      await time.quietlyAt(6);
      first = direction;
      const answer = reissued(A, '2026-06-05');
      await lab.upload(`responses/airtel/${await lab.direction(second, 'reverify', 'airtel')}/since ${A}.csv`, answer);
      await time.toTheEnd();

      // Delivered again, it marks nothing again; once it has committed it has whoever is about to commit there look again.
      expect(writes).toBe(2);
      const withdrawn = withdrawals('2026-06-07', second, answer);
      expect(revoked(answer).slice(0, 4)).toEqual([...withdrawn, ...settled]);
      expect(await lab.read(settled[0] ?? '')).toBe(
        `${LISTED}${B},airtel,Delhi,2026-06-02,linked_to_reported_handset\n`,
      );
      expect(await lab.json(`batches/${batch}/summary.json`)).toMatchObject({
        connections: { directed: 2, disconnected: 2, reissued: 0 },
        unexplained: 0,
      });
      expect(await lab.json(`batches/${second}/summary.json`)).toMatchObject({
        connections: { directed: 1, reissued: 1 },
        unexplained: 0,
      });
      expect(lab.cloud.failures()).toEqual([]);
    });

  test('is withdrawn once more after a list of an earlier batch that was committed before and is published later', async (telling) => {
    const { lab, ...time } = telling;
    const wrong = { lists: true };
    const own = subjectsOf(6);
    const { A, second } = own;
    const { batch, settled, revoked, direction } = await begin(telling, 'committed', own);
    plans.push({
      beforeCall: ({ caller, service, key }) =>
        wrong.lists && nameOf(caller) === 'Settle' && service === 's3' && isList(key, batch, second)
          ? 'deny'
          : undefined,
    });
    await time.quietlyAt(1);
    await lab.respond(direction, [`${A},disconnected`]);
    await time.quietlyAt(12);
    await reportOthers(lab, '2026-06-09', own);
    await time.quietlyAt(16 + 1 / 144);
    const answer = reissued(A, '2026-06-10');
    await lab.upload(`responses/airtel/${await lab.direction(second, 'reverify', 'airtel')}/since ${A}.csv`, answer);
    wrong.lists = false;
    await time.toTheEnd();

    const withdrawn = withdrawals('2026-06-17', second, answer);
    expect(await lab.read(settled[0] ?? '')).toContain(A);
    expect(revoked(answer).slice(0, 6)).toEqual([...withdrawn, ...settled, ...withdrawn]);
  });

  test('is in no bar, disconnection or list of a later batch, unless it was seen there since; and is in its books', async (telling) => {
    const { lab, ...time } = telling;
    // C was seen in the second handset after it had become somebody else's.
    const own = subjectsOf(7);
    const { HANDSET, OTHER, A, B, C, second } = own;
    const { direction } = await begin(telling, 'late', own, [
      `${HANDSET},${C},2026-05-20,Delhi`,
      ...[A, B].map((number) => `${OTHER},${number},2026-05-21,Delhi`),
      `${OTHER},${C},2026-06-01,Delhi`,
    ]);
    await time.quietlyAt(18);
    await lab.report('mha', [OTHER], `${second}.csv`);
    const later = await lab.direction(second, 'reverify', 'airtel');
    await time.quietlyAt(19);
    const answer = `${reissued(A, '2026-06-10')}${C},reissued,2026-05-31\n`;
    await lab.upload(`responses/airtel/${direction}/since ${A}.csv`, answer);
    await time.quietlyAt(33.5);
    const rungs = ['1-reverify', '2-bar_outgoing', '3-bar_incoming', '4-disconnect'];
    const carried = rungs.map(async (rung) => {
      const rows = (await lab.read(`orders/airtel/${later}/${rung}.csv`)).trimEnd().split('\n').slice(1);
      return rows.map((row) => row.split(',')[0]);
    });
    expect(await Promise.all(carried)).toEqual([
      [A, B, C],
      [B, C],
      [B, C],
      [B, C],
    ]);
    // However it is answered.
    await lab.respond(later, [`${A},failed`, `${A},disconnected`, `${C},disconnected`]);
    await time.toTheEnd();

    expect((await lab.outbox(`orders/airtel/${later}/`)).filter((key) => key.includes('failed-'))).toEqual([]);
    expect(await listsOf(lab, second)).toEqual([`${LISTED}${C},airtel,Delhi,2026-07-04,linked_to_reported_handset\n`]);
    expect(await lab.json(`batches/${second}/summary.json`)).toMatchObject({
      connections: { directed: 3, disconnected: 2, overdue: 1 },
      unexplained: 0,
    });
  });

  /** The subjects of two stories, which one batch is about first, and another later. */
  const BARRED = [subjectsOf(8), subjectsOf(9)] as const;
  const barredBatch = batchOf('mha', ...BARRED.map(({ OTHER }) => OTHER));
  let barred: Promise<void> | undefined;
  /** By the story that comes to it first. */
  const reportBarred = (lab: Lab) => (barred ??= reportOthers(lab, '2026-06-03', ...BARRED));

  test('has service back at once where a later batch of its operator had it barred', async (telling) => {
    const { lab, ...time } = telling;
    const { HANDSET, A } = BARRED[0];
    const { direction } = await begin(telling, 'barred later', BARRED[0]);
    await time.quietlyAt(1);
    await lab.respond(direction, [`${A},disconnected`]);
    await time.quietlyAt(3);
    await reportBarred(lab);
    // The second batch bars it on day 8, and the first never did.
    await time.quietlyAt(9);
    const answer = reissued(A, '2026-06-09');
    await lab.upload(`responses/airtel/${direction}/since ${A}.csv`, answer);
    const back = await lab.read(`orders/airtel/${direction}/back-${sha8(sha256Of(answer))}-restore.csv`);
    expect(back).toBe(
      `msisdn,imei,reason,deadline,order,direction\n${A},${HANDSET}6,reversed,2026-06-11T00:00:00Z,restore,${direction}\n`,
    );
    await time.toTheEnd();
    const later = await lab.direction(barredBatch, 'reverify', 'airtel');
    expect(await ordersOf(lab, later, A)).toEqual(['1-reverify.csv', '2-bar_outgoing.csv']);
  });

  test('has service back where a later batch bars it while it can’t be marked there', async (telling) => {
    const { lab, ...time } = telling;
    let until = 0;
    const { A } = BARRED[1];
    const { batch, direction } = await begin(telling, 'barred later', BARRED[1]);
    plans.push({
      beforeCall: ({ caller, service, action, key = '' }) => {
        const marks = nameOf(caller) === 'Record' && service === 'dynamodb' && action === 'PutItem';
        return marks && key.startsWith(`DIR#${barredBatch}`) && lab.cloud.clock.now() < until ? 'deny' : undefined;
      },
    });
    await time.quietlyAt(1);
    await lab.respond(direction, [`${A},disconnected`]);
    await time.quietlyAt(3);
    await reportBarred(lab);
    // The second batch's bar goes out meanwhile, on day 8.
    await time.quietlyAt(8 - 1 / 288);
    until = START + 8 * DAY + HOUR / 12;
    await lab.upload(`responses/airtel/${direction}/since ${A}.csv`, reissued(A, '2026-06-08'));
    await time.quietlyAt(9);
    const own = await naming(lab, A, 'orders/airtel/', /csv$/);
    const notices = await lab.notices('fraud-directions-airtel');
    const ofOwn = notices.filter(({ kind, key }) => kind === 'order' && own.includes(String(key)));
    expect(ofOwn.slice(-2).map(({ order, directionId }) => [order, String(directionId).split('.')[0]])).toEqual([
      ['bar_outgoing', barredBatch],
      ['restore', batch],
    ]);
    expect(await lab.read(String(ofOwn.at(-1)?.key))).toContain(A);
  });

  const BETWEEN = [
    ['had claimed it', 10, 18, ({ second }: Subjects) => `DIR#${second}.reverify.`],
    ['had decided upon it', 11, 18.5, ({ A }: Subjects) => `CONN#${A}`],
  ] as const;
  for (const [when, story, day, itemOf] of BETWEEN)
    test(`is ordered to be barred by no later batch that ${when} when it was said`, async (telling) => {
      const { lab, ...time } = telling;
      const own = subjectsOf(story);
      const { OTHER, A, second } = own;
      const { direction, revoked } = await begin(telling, 'late', own, [`${OTHER},${A},2026-05-21,Delhi`]);
      const answer = reissued(A, '2026-06-10');
      const key = `responses/airtel/${direction}/since ${A}.csv`;
      const meanwhile = answeredMeanwhile(lab, { from: START + day * DAY, item: itemOf(own), key, text: answer });
      plans.push(meanwhile);
      await time.quietlyAt(day);
      await lab.report('mha', [OTHER], `${second}.csv`);
      expect(meanwhile.wasMet()).toBe(true);
      await time.quietlyAt(20);
      expect(revoked(answer).some((key) => key.includes('.withdrawn-'))).toBe(true);
      await time.quietlyAt(33);
      const later = await lab.direction(second, 'reverify', 'airtel');
      await lab.respond(later, [`${A},disconnected`]);
      await time.toTheEnd();
      expect(await ordersOf(lab, later, A)).toEqual(['1-reverify.csv']);
      expect(await listsOf(lab, second)).toEqual([LISTED]);
    });
});

describe('a number in which somebody was directed since it was given to them', () => {
  test('is none that is taken back upon an appeal of who had it before, by their reference', async (telling) => {
    const { lab, ...time } = telling;
    const own = subjectsOf(12);
    const { THIRD, A, second } = own;
    const { direction } = await begin(telling, 'barred later', own);
    const order = await lab.read(`orders/airtel/${direction}/1-reverify.csv`);
    const row = order.split('\n').find((line) => line.startsWith(A));
    const reference = row?.split(',')[4] ?? '';
    await time.quietlyAt(4);
    await lab.upload(`responses/airtel/${direction}/since ${A}.csv`, reissued(A, '2026-06-02'));
    await time.quietlyAt(10);
    await reportOthers(lab, '2026-06-09', own);
    await time.quietlyAt(11);
    await lab.respond(await lab.direction(second, 'reverify', 'airtel'), [`${A},disconnected`]);
    await time.quietlyAt(12);
    const appeal = await appealed(lab, 'theirs', `reference,ground,case_ref\n${reference},wrong_number,A-1\n`);
    await lab.decide('approver-1', appeal, [APPROVE]);
    const lookup = `msisdn,reference\n${A},\n,${reference}\n`;
    await lab.upload('lookups/caseworker-1/why.csv', lookup);
    // Who has it now was seen in a third handset, too, before that was decided.
    await lab.usage('airtel', [`${THIRD},${A},2026-06-10,Delhi`], 'third.csv');
    await lab.report('up-police', [THIRD], 'third.csv');
    await time.toTheEnd();

    expect(await lab.read(`batches/${appeal}/appeals.csv`)).toBe('line,state,directionIds\n2,tooLate,\n');
    expect(await lab.read(`revocations/2026-06-13/${appeal}.withdrawn.csv`)).toBe('msisdn,withdrawn_on,ground\n');
    expect(await listsOf(lab, second)).toEqual([`${LISTED}${A},airtel,Delhi,2026-06-12,linked_to_reported_handset\n`]);
    const third = `up-police-${sha256Of(`imei\n${THIRD}\n`).slice(0, 12)}`;
    expect(await lab.json(`batches/${third}/summary.json`)).toMatchObject({
      connections: { linked: 1, reversed: 0, alreadyDisconnected: 1 },
    });
    const explained = `explanations/caseworker-1/why.${sha8(sha256Of(lookup))}.json`;
    const { lookups } = await lab.json<{ lookups: { sentence: string; story: { what: string }[] }[] }>(explained);
    const [now, then] = lookups;
    expect(now?.sentence).toMatch(/^The operator airtel disconnected it on 12 June 2026/);
    expect(now?.story.filter(({ what }) => what === 'withdrawn')).toHaveLength(1);
    expect(then?.sentence).toMatch(
      /^What was done about it before it became somebody else's was taken back on 13 June 2026/,
    );
    expect(JSON.stringify(then)).not.toContain(second);
    expect(lab.cloud.failures()).toEqual([]);
  });
});

describe("a number that is somebody else's, and is said to be disconnected after that", () => {
  /** Has the number's row reissued since 10 June. */
  async function beginReissued(telling: Telling, own: Subjects): Promise<string> {
    const { direction } = await begin(telling, 'barred later', own);
    await telling.quietlyAt(11);
    await telling.lab.upload(`responses/airtel/${direction}/since ${own.A}.csv`, reissued(own.A, '2026-06-10'));
    return direction;
  }

  test('is restored to who has it now in the next night, and an appeal of theirs finds that', async (telling) => {
    const { lab, ...time } = telling;
    const own = subjectsOf(13);
    const { A } = own;
    const direction = await beginReissued(telling, own);
    await time.quietlyAt(13);
    await sayDisconnected(lab, direction, A, 'before', '2026-06-09');
    expect(await warnings(lab, direction)).toBe(0);
    await sayDisconnected(lab, direction, A, 'after', '2026-06-13');
    expect(await warnings(lab, direction)).toBe(1);
    await time.at(14);
    // Fourteen plans of all stories came before.
    const back = 'followup-202606150000.restore.airtel.15-0-0';
    expect(await restored(lab, A)).toEqual([[back, [A]]]);
    const id = await appealed(lab, 'mine', `msisdn,ground\n${A},reissued\n`);
    await lab.decide('approver-1', id, [APPROVE]);
    expect(await lab.read(`batches/${id}/appeals.csv`)).toBe(`line,state,directionIds\n2,alreadyOpen,${back}\n`);
    expect(lab.cloud.failures()).toEqual([]);
  });

  test('stays cut off where that was directed of who has it now', async (telling) => {
    const { lab, ...time } = telling;
    const own = subjectsOf(14);
    const { A, second } = own;
    const direction = await beginReissued(telling, own);
    await time.quietlyAt(12);
    await reportOthers(lab, '2026-06-12', own);
    await lab.respond(await lab.direction(second, 'reverify', 'airtel'), [`${A},disconnected`]);
    await sayDisconnected(lab, direction, A, 'after', '2026-06-13');
    expect(await warnings(lab, direction)).toBe(0);
    await time.quietlyAt(13);
    await time.at(14);
    expect(await restored(lab, A)).toEqual([]);
    expect(lab.cloud.failures()).toEqual([]);
  });
});

describe("a number that is somebody else's, of whom a later report knows only what is not acted upon", {
  timeout: 300_000,
}, () => {
  it('is struck with the handset of its new holder: the sightings of its former one have no part in that', async () => {
    await using lab = await Lab.open({ context: { operators: 'airtel', people: '1' } });
    const { HANDSET, OTHER: struck, THIRD: plain, A, B } = subjectsOf(0);
    const batch = batchOf('mha', HANDSET);
    await lab.usage('airtel', [`${HANDSET},${A},2026-05-20,Delhi`, `${HANDSET},${B},2026-05-20,Delhi`]);
    await lab.report('mha', [HANDSET]);
    await lab.decide('approver-1', batch, [APPROVE]);
    await lab.at(1);
    const direction = await lab.direction(batch, 'reverify', 'airtel');
    await lab.upload(
      `responses/airtel/${direction}/since.csv`,
      `msisdn,outcome,activated_on\n${A},reissued,2026-05-28\n${B},reissued,2026-05-28\n`,
    );
    // Both new holders are seen; one of them in a handset that approvers leave out.
    await lab.usage('airtel', [`${struck},${A},2026-06-01,Delhi`, `${plain},${B},2026-06-01,Delhi`], 'new.csv');
    await lab.at(2);
    const imeis = [HANDSET, struck, plain];
    await lab.report('up-police', imeis);
    const theirs = `up-police-${sha256Of(`imei\n${imeis.join('\n')}\n`).slice(0, 12)}`;
    await lab.decide('approver-1', theirs, [APPROVE, `strike,${struck},,,a clone`]);
    await lab.toTheEnd();
    expect(await lab.json(`batches/${theirs}/summary.json`)).toMatchObject({
      connections: { linked: 2, struck: 1, directed: 1 },
      unexplained: 0,
    });
    const orders = await lab.outbox(`orders/airtel/${await lab.direction(theirs, 'reverify', 'airtel')}/`);
    const texts = (await Promise.all(orders.map((key) => lab.read(key)))).join('');
    expect(texts).not.toContain(A);
    expect(texts).toContain(`${B},${plain}`);
    expect(lab.cloud.failures()).toEqual([]);
  });
});
