/**
 * Who is found cut off after the commit of the file that says since when a number is theirs. The numbers are airtel's, and seen in a first
 * handset on 20 May and in a second one on 3 June; on day 1 airtel answers the first report's row, on day 6, 7 June, it says that the number is
 * somebody else's since the 5th.
 */
import type { FaultPlan } from 'local-cloud';
import { expect } from 'vitest';
import { bucketsOf } from '../../simulation/buckets.ts';
import { nameOf } from '../../simulation/function-names.ts';
import { answers, begin, directUnaware, givenBack, put, report } from './found-after-commit-lab.ts';
import { DAY, HOUR, Lab } from './lab.ts';
import { naming } from './nights-lab.ts';
import { type Subjects, subjectsOf } from './reissued-lab.ts';
import { anyOf, sideBySide, type Telling } from './side-by-side.ts';

/** What goes wrong in the stories, each in its own batches alone. */
const plans: FaultPlan[] = [];
const test = sideBySide(() => Lab.open({ context: { operators: 'airtel' }, nights: true, faults: anyOf(plans) }));

/** Has a file of the first direction committed once another one has said in the other row, after the first one's look, that the number is cut off. */
function cutBeforeCommit(lab: Lab, first: string, second: string, A: string) {
  const met = { held: 0 };
  let recorder: string | undefined;
  const cut = Promise.withResolvers<void>();
  plans.push({
    afterWrite: ({ functionName, key, requestId }) => {
      if (nameOf(functionName) !== 'Record' || key !== `DIR#${second}`) return undefined;
      if (recorder === undefined) {
        recorder = requestId;
        const to = `responses/airtel/${second}/cut.csv`;
        void lab.cloud.put(bucketsOf(lab.cloud).inbox, to, answers(`${A},disconnected,2026-06-06,`));
      } else if (requestId !== recorder) cut.resolve();
      return undefined;
    },
    beforeCall: ({ caller, requestId, action, key }) => {
      const commits = nameOf(caller) === 'Record' && action === 'PutItem' && key === `DIR#${first}`;
      if (!commits || requestId !== recorder) return undefined;
      met.held += 1;
      return cut.promise;
    },
  });
  return met;
}

/** The orders to restore a number by directions of their own. */
const restored = (lab: Lab, number: string) => naming(lab, number, 'orders/airtel/', /\.restore\..*\/1-restore\.csv$/);

const notices: Record<string, unknown>[] = [];
/** How many rows of these directions airtel was told of that it says to have cut off somebody who is to have service. */
async function toldOf(lab: Lab, ...directions: string[]): Promise<unknown[]> {
  notices.push(...(await lab.notices('fraud-directions-airtel')));
  const told = notices.filter(({ kind }) => kind === 'disconnected_after_verified');
  return told.filter(({ directionId }) => directions.includes(String(directionId))).map(({ rows }) => rows);
}

async function sentenceOf(lab: Lab, number: string, name: string): Promise<string> {
  await lab.upload(`lookups/caseworker-1/${name} ${number}.csv`, `msisdn\n${number}\n`);
  const [key = ''] = await lab.outbox(`explanations/caseworker-1/${name} ${number}.`);
  const { lookups } = await lab.json<{ lookups: { sentence: string }[] }>(key);
  return lookups[0]?.sentence ?? '';
}

/** Begins a story in which airtel says of the order of a plan that had not known that whoever has the number fails. */
async function failUnaware(telling: Telling, own: Subjects, day: number): Promise<[first: string, second: string]> {
  const { OTHER, A } = own;
  const first = await begin(telling, own);
  const second = await directUnaware(telling, plans, first, OTHER, A, day);
  await put(telling.lab, second, 'failed', `${A},failed,,`);
  expect(await naming(telling.lab, A, `orders/airtel/${second}/`, /failed-/)).toHaveLength(1);
  return [first, second];
}

/** Has Record's commits of a direction go wrong, in their order, until they don't: how often they were tried by then. */
function commitsOf(direction: string, goesWrong: (times: number) => 'deny' | 'lose' | undefined) {
  const met = { times: 0 };
  plans.push({
    beforeCall: ({ caller, key, action }) => {
      if (nameOf(caller) !== 'Record' || action !== 'PutItem' || key !== `DIR#${direction}`) return undefined;
      met.times += 1;
      return goesWrong(met.times);
    },
  });
  return met;
}

/** Has Record die once it has written a direction's ledger, the first time from now on. */
function diesOnceOf(direction: string) {
  const met = { hasDied: false };
  plans.push({
    afterWrite: ({ functionName, key }) => {
      if (nameOf(functionName) !== 'Record' || met.hasDied || key !== `DIR#${direction}`) return undefined;
      met.hasDied = true;
      return 'fail';
    },
  });
  return met;
}

for (const [dies, story, day] of [
  ['', 1, 6],
  [', also where that delivery dies of it', 2, 7],
] as const)
  test(`is restored by the delivery that finds that an order of a plan that had not known took their service${dies}`, async (telling) => {
    const { lab, ...time } = telling;
    const own = subjectsOf(story);
    const { A } = own;
    // Airtel answers at once: whoever has the number fails, and is to be disconnected within a day.
    const [, second] = await failUnaware(telling, own, day);
    expect(await givenBack(lab, A)).toEqual([]);
    const met = dies === '' ? { hasDied: true } : diesOnceOf(second);
    await time.quietlyAt(day + 1 / 2);
    expect(met.hasDied).toBe(true);
    expect(await givenBack(lab, A)).toHaveLength(1);
  });

for (const [title, story, day, wasCut] of [
  ['once more where they were restored at the commit for another direction’s order', 6, 8, true],
  ['by the same bytes as a later upload where the first one never came to that', 7, 9, false],
] as const)
  test(`is restored for the order of such a plan ${title}`, async (telling) => {
    const { lab, ...time } = telling;
    const own = subjectsOf(story);
    const { OTHER, THIRD, A } = own;
    const first = await begin(telling, own);
    await time.quietlyAt(3);
    const second = await report(lab, OTHER, A);
    await time.quietlyAt(3.5);
    if (wasCut) await put(lab, second, 'failed', `${A},failed,,`);
    await time.quietlyAt(3.7);
    await put(lab, second, 'none', `${A},not_found,,`);
    const third = await directUnaware(telling, plans, first, THIRD, A, day);
    await put(lab, third, 'failed', `${A},failed,,`);
    expect(await naming(lab, A, `orders/airtel/${third}/`, /failed-/)).toHaveLength(1);
    expect(await givenBack(lab, A)).toHaveLength(wasCut ? 1 : 0);
    // Of one the deliveries fail from now on, until the file is in quarantine.
    let isDenied = !wasCut;
    plans.push({
      beforeCall: ({ caller, key, action }) =>
        isDenied && nameOf(caller) === 'Record' && action === 'PutItem' && key === `DIR#${third}` ? 'deny' : undefined,
    });
    await time.quietlyAt(day + 0.9);
    expect(await givenBack(lab, A)).toHaveLength(wasCut ? 2 : 0);
    isDenied = false;
    await put(lab, first, 'once more', `${A},reissued,,2026-06-05`);
    await time.quietlyAt(day + 0.95);
    expect(await givenBack(lab, A)).toHaveLength(wasCut ? 2 : 1);
  });

test('is restored once where the answer to the commit by which they are is lost', async (telling) => {
  const { lab, ...time } = telling;
  const own = subjectsOf(9);
  const [first] = await failUnaware(telling, own, 6);
  const met = commitsOf(first, (times) => (times === 1 ? 'lose' : undefined));
  await time.quietlyAt(6.5);
  expect(met.times).toBeGreaterThan(0);
  expect(await givenBack(lab, own.A)).toHaveLength(1);
});

test('is restored once by two deliveries of which one finds the mark of the other, and commits before it', async (telling) => {
  const { lab, ...time } = telling;
  const own = subjectsOf(16);
  const [first, second] = await failUnaware(telling, own, 6.1);
  let marking: string | undefined;
  let held = 0;
  const committed = Promise.withResolvers<void>();
  plans.push({
    afterWrite: ({ functionName, requestId, key }) => {
      if (nameOf(functionName) !== 'Record') return undefined;
      if (key === `DIR#${second}`) marking ??= requestId;
      if (key === `DIR#${first}` && marking !== undefined && requestId !== marking) committed.resolve();
      return undefined;
    },
    beforeCall: ({ requestId, action, key }) => {
      if (marking === undefined || requestId !== marking || action !== 'PutItem' || key !== `DIR#${first}`)
        return undefined;
      const to = `responses/airtel/${first}/again.csv`;
      if (held === 0) void lab.cloud.put(bucketsOf(lab.cloud).inbox, to, answers(`${own.A},reissued,,2026-06-05`));
      held += 1;
      return committed.promise;
    },
  });
  await time.quietlyAt(6.6);
  expect(held).toBeGreaterThan(0);
  expect(await givenBack(lab, own.A)).toHaveLength(1);
});

test('is restored where the order that named them was issued anew without them before the delivery that finds it', async (telling) => {
  const { lab, ...time } = telling;
  const own = subjectsOf(10);
  const { A } = own;
  const [, second] = await failUnaware(telling, own, 7);
  const [cut = ''] = await naming(lab, A, `orders/airtel/${second}/`, /failed-/);
  const met = diesOnceOf(second);
  // The delivery of half an hour later marks the row, and dies of it; then the file of who failed comes once more.
  await time.quietlyAt(7 + 45 / 1440);
  expect(met.hasDied).toBe(true);
  await put(lab, second, 'failed', `${A},failed,,`);
  expect(await lab.read(cut)).not.toContain(A);
  await time.quietlyAt(7.5);
  expect(await givenBack(lab, A)).toHaveLength(1);
});

for (const [title, story, day, isOwn, again] of [
  ['the same bytes, where the answer to the mark is lost', 11, 8, false, 1],
  ['the same bytes, where only the commit by which they are restored had failed', 12, 8.2, true, 1],
  ['other bytes that say the same', 13, 9, false, 2],
] as const)
  test(`is restored once the file whose deliveries have failed is uploaded again: ${title}`, async (telling) => {
    const { lab, ...time } = telling;
    const own = subjectsOf(story);
    const [first, second] = await failUnaware(telling, own, day);
    let isDenied = true;
    const met = commitsOf(isOwn ? first : second, (times) => {
      if (isDenied) return 'deny';
      return times === 5 && !isOwn ? 'lose' : undefined;
    });
    await time.quietlyAt(day + 0.5);
    expect(met.times).toBe(4);
    expect(await givenBack(lab, own.A)).toEqual([]);
    isDenied = false;
    const said = `${own.A},reissued,,2026-06-05`;
    await put(lab, first, 'once more', ...Array.from({ length: again }, () => said));
    await time.quietlyAt(day + 0.95);
    expect(await givenBack(lab, own.A)).toHaveLength(1);
  });

for (const [title, story, again, isDenied] of [
  ['the same bytes as a later upload', 14, 1, false],
  ['other bytes that say the same', 17, 2, false],
  ['other bytes of which the first attempt could not publish its receipt', 18, 2, true],
] as const)
  test(`is restored for a word, and told of, where the first file never came to its look: by ${title}`, async (telling) => {
    const { lab, ...time } = telling;
    const own = subjectsOf(story);
    const { OTHER, A } = own;
    const first = await begin(telling, own);
    await time.quietlyAt(3);
    const second = await report(lab, OTHER, A);
    await time.quietlyAt(6);
    const wrong = cutBeforeCommit(lab, first, second, A);
    let [marks, receipts, mayMark] = [0, 0, false];
    plans.push({
      beforeCall: ({ caller, action, key = '' }) => {
        if (nameOf(caller) !== 'Record' || action !== 'PutObject') return undefined;
        if (isDenied && key.startsWith(`receipts/airtel/${first}/once more`)) {
          receipts += 1;
          return receipts === 1 ? 'deny' : undefined;
        }
        if (mayMark || !key.startsWith(`directions/${first}/files/`) || !key.includes('/looked/')) return undefined;
        marks += 1;
        return 'deny';
      },
    });
    const said = `${A},reissued,,2026-06-05`;
    await put(lab, first, 'since', said);
    await time.quietlyAt(6.5);
    expect([wrong.held > 0, marks]).toEqual([true, 5]);
    expect(await givenBack(lab, A)).toEqual([]);
    mayMark = true;
    await put(lab, first, 'once more', ...Array.from({ length: again }, () => said));
    await time.quietlyAt(7);
    expect(receipts).toBe(isDenied ? 2 : 0);
    expect(await givenBack(lab, A)).toHaveLength(1);
    expect(await toldOf(lab, first)).toEqual([1]);
  });

test('is restored once by a delivery that comes after an order which went out while it was on its way', async (telling) => {
  const { lab, ...time } = telling;
  const own = subjectsOf(19);
  const { OTHER, A } = own;
  const first = await begin(telling, own);
  // Its first bar goes out on day 11.7, when nobody else's story has anything to do.
  await time.quietlyAt(6.7);
  const second = await report(lab, OTHER, A);
  // The second delivery counts from before that, and comes after it.
  await time.quietlyAt(11.7 - 2 / 24);
  const met = commitsOf(second, (times) => (times === 1 ? 'deny' : undefined));
  await put(lab, first, 'since', `${A},reissued,,2026-06-05`);
  expect(met.times).toBe(1);
  lab.cloud.pauseQueues((arn) => /Responses/.test(arn));
  await time.quietlyAt(11.7 + 2 / 24);
  expect(await naming(lab, A, `orders/airtel/${second}/`, /bar_outgoing/)).toHaveLength(1);
  lab.cloud.pauseQueues(false);
  await time.quietlyAt(11.7 + 3 / 24);
  expect(await givenBack(lab, A)).toHaveLength(1);
});

test('is not restored for an order that went out for others once their row was marked, by a delivery that comes again', async (telling) => {
  const { lab, ...time } = telling;
  const own = subjectsOf(8);
  const { OTHER, A, C } = own;
  const first = await begin(telling, own);
  await time.quietlyAt(3);
  const second = await report(lab, OTHER, A, C);
  // Shortly before the first bar of day 8, A's row is marked before the commit, and after it; and of that the delivery dies.
  await time.quietlyAt(8 - 1 / 144);
  let writes = 0;
  plans.push({
    afterWrite: ({ functionName, key = '' }) => {
      if (nameOf(functionName) !== 'Record' || key !== `DIR#${second}`) return undefined;
      writes += 1;
      return writes === 2 ? 'fail' : undefined;
    },
  });
  await put(lab, first, 'since', `${A},reissued,,2026-06-05`);
  expect(writes).toBe(2);
  await time.quietlyAt(8.5);
  expect(await naming(lab, A, `orders/airtel/${second}/`, /bar_outgoing/)).toEqual([]);
  expect(await naming(lab, C, `orders/airtel/${second}/`, /bar_outgoing/)).toHaveLength(1);
  expect(await givenBack(lab, A)).toEqual([]);
});

test('is restored while the order for another row of the file can’t be published, and is told of the night that asks for it', async (telling) => {
  const { lab, ...time } = telling;
  const own = subjectsOf(3);
  const { OTHER, A, B } = own;
  const first = await begin(telling, own);
  await time.quietlyAt(3);
  const second = await report(lab, OTHER, A);
  await time.quietlyAt(6);
  const wrong = cutBeforeCommit(lab, first, second, A);
  let [isDenied, denied] = [true, 0];
  plans.push({
    beforeCall: ({ caller, service, action, key = '' }) => {
      const publishes = nameOf(caller) === 'Record' && service === 's3' && action !== 'GetObject';
      if (!isDenied || !publishes || !key.startsWith(`orders/airtel/${first}/failed-`)) return undefined;
      denied += 1;
      return 'deny';
    },
  });
  await put(lab, first, 'since', `${A},reissued,,2026-06-05`, `${B},failed,,`);
  expect([wrong.held > 0, denied > 0]).toEqual([true, true]);
  expect(await givenBack(lab, A)).toHaveLength(1);
  isDenied = false;
  await time.quietlyAt(6.5);
  expect(await sentenceOf(lab, A, 'before')).toContain('from the next night on');
  await time.at(8);
  expect(await restored(lab, A)).toHaveLength(1);
  expect(await sentenceOf(lab, A, 'after')).not.toContain('from the next night on');
});

// A was said to have ended before that, and B was not: of A the ledger keeps the later day, of B it is the row's own end.
for (const [place, story, again] of [
  ['the same row, with a later day', 4, '2026-06-06'],
  ['another row of the number', 5, '2026-06-05'],
] as const)
  test(`is restored for a word, and told of, once, also if since when they have the number is said again, in ${place}`, async (telling) => {
    const { lab, ...time } = telling;
    const own = subjectsOf(story);
    const { OTHER, A, B } = own;
    const first = await begin(telling, own);
    await time.quietlyAt(3);
    const second = await report(lab, OTHER, A);
    await time.quietlyAt(6);
    await put(lab, first, 'cut', ...[A, B].map((number) => `${number},disconnected,2026-06-06,`));
    await put(lab, first, 'since', ...[A, B].map((number) => `${number},reissued,,2026-06-05`));
    expect(await toldOf(lab, first, second)).toEqual([2]);
    await time.at(8);
    const nights = await Promise.all([A, B].map((number) => restored(lab, number)));
    expect(nights.map((orders) => orders.length)).toEqual([1, 1]);
    const [restore = ''] = nights.flat().map((key) => key.split('/')[2]);
    await lab.upload(`responses/airtel/${restore}/${A}.csv`, `msisdn,outcome\n${A},restored\n${B},restored\n`);
    await time.quietlyAt(8 + HOUR / DAY);
    const said = { 4: [first, A, B], 5: [second, A] }[story];
    const [direction = '', ...numbers] = said;
    await put(lab, direction, 'again', ...numbers.map((number) => `${number},reissued,,${again}`));
    expect(await toldOf(lab, first, second)).toEqual([2]);
    await time.at(11);
    expect((await Promise.all([A, B].map((number) => restored(lab, number)))).flat()).toEqual(nights.flat());
  });

test('is told of to their operator last where one file says both that the number is theirs and that its row failed', async (telling) => {
  const { lab, ...time } = telling;
  const own = subjectsOf(15);
  const { OTHER, A } = own;
  const first = await begin(telling, own);
  await time.quietlyAt(3.2);
  const second = await report(lab, OTHER, A);
  await time.quietlyAt(7.3);
  let isRouted = false;
  const failed = Promise.withResolvers<void>();
  plans.push({
    afterWrite: ({ functionName, key = '' }) => {
      if (nameOf(functionName) === 'Record' && key.startsWith('routed/')) isRouted = true;
      if (isRouted && nameOf(functionName) === 'Record' && key === `DIR#${second}`) failed.resolve();
      return undefined;
    },
    // The row that failed is committed before the claims are read of which rows have the number.
    beforeCall: ({ caller, action }) =>
      isRouted && nameOf(caller) === 'Record' && action === 'BatchGetItem' ? failed.promise : undefined,
  });
  await lab.notices('fraud-directions-airtel');
  const rows = [`${A},reissued,,2026-06-05,${first}`, `${A},failed,2026-06-07,,${second}`];
  await lab.upload(
    'responses/airtel/both.csv',
    `msisdn,outcome,occurred_on,activated_on,direction\n${rows.join('\n')}\n`,
  );
  const told = (await lab.notices('fraud-directions-airtel')).filter(
    ({ kind, directionId }) => kind === 'order' && [first, second].includes(String(directionId)),
  );
  expect(told.map(({ order }) => order)).toEqual(['restore']);
  expect(await naming(lab, A, `orders/airtel/${second}/`, /failed-/)).toEqual([]);
});
