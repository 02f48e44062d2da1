/**
 * Who is found cut off after the commit of the file that says since when a number is theirs. The numbers are airtel's, and seen in a first
 * handset on 20 May and in a second one on 3 June; on day 1 airtel answers the first report's row, on day 6, 7 June, it says that the number is
 * somebody else's since the 5th.
 */
import type { FaultPlan } from 'local-cloud';
import { expect } from 'vitest';
import { bucketsOf } from '../../simulation/buckets.ts';
import { nameOf } from './faults-story.ts';
import { DAY, HOUR, Lab, START } from './lab.ts';
import { naming } from './nights-lab.ts';
import { type Subjects, subjectsOf } from './reissued-lab.ts';
import { anyOf, sideBySide, type Telling } from './side-by-side.ts';

/** What goes wrong in the stories, each in its own batches alone. */
const plans: FaultPlan[] = [];
const test = sideBySide(() => Lab.open({ context: { operators: 'airtel' }, nights: true, faults: anyOf(plans) }));

/** The text of a file of answers, each `msisdn,outcome,occurred_on,activated_on`. */
const answers = (...rows: string[]) =>
  `msisdn,outcome,occurred_on,activated_on\n${rows.map((row) => `${row}\n`).join('')}`;
const put = (lab: Lab, direction: string, name: string, ...rows: string[]) =>
  lab.upload(`responses/airtel/${direction}/${name}.csv`, answers(...rows));

/** Begins a story with A and B in its first handset, and has A answered `not_found` on day 1. */
async function begin({ lab, quietlyAt }: Telling, { HANDSET, A, B }: Subjects): Promise<string> {
  await quietlyAt(0);
  const seen = [A, B].map((number) => `${HANDSET},${number},2026-05-20,Delhi`);
  await lab.usage('airtel', seen, `${HANDSET}.csv`);
  await lab.report('mha', [HANDSET], `${HANDSET}.csv`);
  const first = await directionOf(lab, 'mha', HANDSET);
  await quietlyAt(1);
  await put(lab, first, 'none', `${A},not_found,,`);
  return first;
}

/** Has numbers seen in another handset, and that reported. */
async function report(lab: Lab, imei: string, ...numbers: string[]): Promise<string> {
  const seen = numbers.map((number) => `${imei},${number},2026-06-03,Delhi`);
  await lab.usage('airtel', seen, `${imei}.csv`);
  await lab.report('up-police', [imei], `${imei}.csv`);
  return await directionOf(lab, 'up-police', imei);
}

/**
 * Has the number of a story directed in another handset by a plan that has decided, by what the ledger of the first direction said, and has
 * claimed nothing yet when that file says since when the number is somebody else's. The file comes back in half an hour, since a batch plans.
 */
async function directUnaware({ lab, ...time }: Telling, first: string, imei: string, A: string, day: number) {
  await time.quietlyAt(day);
  let [isSaid, isCommitted, held] = [false, false, 0];
  plans.push({
    afterWrite: ({ functionName, key = '' }) => {
      if (nameOf(functionName) === 'Claim' && !isSaid && lab.cloud.clock.now() >= START + day * DAY) {
        isSaid = true;
        const to = `responses/airtel/${first}/since.csv`;
        void lab.cloud.put(bucketsOf(lab.cloud).inbox, to, answers(`${A},reissued,,2026-06-05`));
      }
      if (nameOf(functionName) === 'Record' && isSaid && key.startsWith('uploads/failed/')) isCommitted = true;
      return undefined;
    },
    beforeCall: ({ caller, key, action }) => {
      if (nameOf(caller) !== 'Claim' || action !== 'PutItem' || key !== `CONN#${A}`) return undefined;
      if (!isSaid || isCommitted || held > 7) return undefined;
      held += 1;
      return 'error';
    },
  });
  const later = await report(lab, imei, A);
  await time.quietlyAt(day + 1 / 144);
  expect([isSaid, isCommitted]).toEqual([true, true]);
  return later;
}

async function directionOf(lab: Lab, agency: string, imei: string): Promise<string> {
  const carrying = await naming(
    lab,
    imei,
    'orders/airtel/',
    new RegExp(`/${agency}-.*\\.reverify\\..*/1-reverify\\.csv$`),
  );
  return carrying[0]?.split('/')[2] ?? '';
}

/** The orders that carry a number and give back at once. */
const givenBack = (lab: Lab, number: string) => naming(lab, number, 'orders/airtel/', /\/back-[^/]*\.csv$/);
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

for (const [dies, story, day] of [
  ['', 1, 6],
  [', also where that delivery dies of it', 2, 7],
] as const)
  test(`is restored by the delivery that finds that an order of a plan that had not known took their service${dies}`, async (telling) => {
    const { lab, ...time } = telling;
    const own = subjectsOf(story);
    const { OTHER, A } = own;
    const first = await begin(telling, own);
    const second = await directUnaware(telling, first, OTHER, A, day);
    // Airtel answers at once: whoever has the number fails, and is to be disconnected within a day.
    await put(lab, second, 'failed', `${A},failed,,`);
    expect(await naming(lab, A, `orders/airtel/${second}/`, /failed-/)).toHaveLength(1);
    expect(await givenBack(lab, A)).toEqual([]);
    let hasDied = dies === '';
    plans.push({
      afterWrite: ({ functionName, key }) => {
        if (nameOf(functionName) !== 'Record' || hasDied || key !== `DIR#${second}`) return undefined;
        hasDied = true;
        return 'fail';
      },
    });
    await time.quietlyAt(day + 1 / 2);
    expect(hasDied).toBe(true);
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
    const third = await directUnaware(telling, first, THIRD, A, day);
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
  let recorder: string | undefined;
  let [isCut, isDenied, refused, denied] = [false, true, 0, 0];
  plans.push({
    afterWrite: ({ functionName, key, requestId }) => {
      if (nameOf(functionName) !== 'Record' || key !== `DIR#${second}`) return undefined;
      if (recorder === undefined) {
        recorder = requestId;
        const to = `responses/airtel/${second}/cut.csv`;
        void lab.cloud.put(bucketsOf(lab.cloud).inbox, to, answers(`${A},disconnected,2026-06-06,`));
      } else if (requestId !== recorder) isCut = true;
      return undefined;
    },
    beforeCall: ({ caller, requestId, service, action, key = '' }) => {
      if (nameOf(caller) !== 'Record') return undefined;
      if (service === 's3' && action !== 'GetObject' && key.startsWith(`orders/airtel/${first}/failed-`) && isDenied) {
        denied += 1;
        return 'deny';
      }
      // The file is committed once another one has said in the other row that the number is cut off.
      const commits = action === 'PutItem' && key === `DIR#${first}` && requestId === recorder;
      if (!commits || isCut || refused > 7) return undefined;
      refused += 1;
      return 'error';
    },
  });
  await put(lab, first, 'since', `${A},reissued,,2026-06-05`, `${B},failed,,`);
  expect([isCut, refused > 0, denied > 0]).toEqual([true, true, true]);
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
