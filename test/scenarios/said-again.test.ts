/**
 * A file whose deliveries all failed once it was committed, and others that say the same, or something else of a row: what they say is recorded
 * already, or asks for nothing that the first file has asked for. They go on with that one.
 */
import type { FaultPlan } from 'local-cloud';
import { expect } from 'vitest';
import { nameOf } from '../../simulation/function-names.ts';
import { begin, directUnaware, givenBack, report, reportSeen } from './found-after-commit-lab.ts';
import { Lab } from './lab.ts';
import { naming } from './nights-lab.ts';
import { subjectsOf } from './reissued-lab.ts';
import { anyOf, sideBySide, type Telling } from './side-by-side.ts';

const plans: FaultPlan[] = [];
const test = sideBySide(() => Lab.open({ context: { operators: 'airtel' }, nights: true, faults: anyOf(plans) }));

const answers = (...rows: string[]) =>
  `msisdn,outcome,occurred_on,activated_on,ground\n${rows.map((row) => `${row}\n`).join('')}`;
const put = (lab: Lab, direction: string, name: string, ...rows: string[]) =>
  lab.upload(`responses/airtel/${direction}/${name}.csv`, answers(...rows));

/** The notices that airtel was told of orders, by the orders' keys. */
const told: string[] = [];
async function timesTold(lab: Lab, key: string | undefined): Promise<number> {
  for (const notice of await lab.notices('fraud-directions-airtel'))
    if (notice.kind === 'order') told.push(String(notice.key));
  return told.filter((one) => one === key).length;
}

/**
 * Has a file of a direction committed, and each of its five deliveries fail where it would publish what begins so, until a day. No sweep comes
 * here.
 */
async function failTo({ lab, quietlyAt }: Telling, publish: string, direction: string, row: string, until: number) {
  let [fails, failed] = [true, 0];
  plans.push({
    beforeCall: ({ caller, service, action, key = '' }) => {
      const writes = nameOf(caller) === 'Record' && service === 's3' && action !== 'GetObject';
      if (!fails || !writes || !key.startsWith(publish)) return undefined;
      failed += 1;
      return 'deny';
    },
  });
  await put(lab, direction, 'first', row);
  await quietlyAt(until);
  expect(failed).toBe(5);
  fails = false;
}

const [REISSUED, VERIFIED, FAILED] = ['reissued,,2026-06-05,', 'verified,,,', 'failed,,,'];
const twice = (row: string) => [row, row];
/** Where others are uploaded: in the direction's own folder, and among the operator's files for all of its directions. */
const WHERE = [
  ['in its direction', (direction: string) => `${direction}/`, 0],
  ['beside all directions', () => '', 10],
] as const;

for (const [title, folder, n] of WHERE) {
  const again = ({ lab }: Telling, direction: string, name: string, ...rows: string[]) =>
    lab.upload(`responses/airtel/${folder(direction)}${name}.csv`, answers(...rows));

  test(`restore who has the number since, once: ${title}`, async (telling) => {
    const { lab, ...time } = telling;
    const own = subjectsOf(n + 1);
    const { OTHER, A } = own;
    const first = await begin(telling, own);
    await time.quietlyAt(3);
    const second = await report(lab, OTHER, A);
    await time.quietlyAt(5.5);
    await put(lab, second, 'failed', `${A},${FAILED}`);
    await time.quietlyAt(6);
    await failTo(telling, `orders/airtel/${first}/back-`, first, `${A},${REISSUED}`, 6.5);
    expect(await givenBack(lab, A)).toEqual([]);
    for (const twice of [2, 3])
      await again(telling, first, `restores ${twice} ${n}`, ...Array.from({ length: twice }, () => `${A},${REISSUED}`));
    const [order, ...others] = await givenBack(lab, A);
    expect(others).toEqual([]);
    expect(await timesTold(lab, order)).toBe(1);
  });

  test(`withdraw the number: ${title}`, async (telling) => {
    const { lab, ...time } = telling;
    const own = subjectsOf(n + 2);
    const { A } = own;
    const first = await begin(telling, own);
    await time.quietlyAt(6);
    const list = `revocations/2026-06-07/${first.split('.')[0]}.withdrawn-`;
    await failTo(telling, list, first, `${A},${REISSUED}`, 6.5);
    expect(await naming(lab, A, list, /csv$/)).toEqual([]);
    await again(telling, first, `withdraws ${n}`, ...Array.from({ length: 2 }, () => `${A},${REISSUED}`));
    expect(await naming(lab, A, list, /csv$/)).toHaveLength(1);
  });

  test(`restore who proved themselves, once: ${title}`, async (telling) => {
    const { lab, ...time } = telling;
    const own = subjectsOf(n + 3);
    const { B } = own;
    const first = await begin(telling, own);
    await time.quietlyAt(6);
    expect(await naming(lab, B, `orders/airtel/${first}/`, /bar_outgoing/)).toHaveLength(1);
    await failTo(telling, `orders/airtel/${first}/back-`, first, `${B},${VERIFIED}`, 6.5);
    expect(await givenBack(lab, B)).toEqual([]);
    for (const twice of [2, 3])
      await again(telling, first, `proves ${twice} ${n}`, ...Array.from({ length: twice }, () => `${B},${VERIFIED}`));
    const [order, ...others] = await givenBack(lab, B);
    expect(others).toEqual([]);
    expect(await timesTold(lab, order)).toBe(1);
  });
}

/** A story of its own on the day of the bar: its direction, and whom that names. */
async function barred(telling: Telling, n: number) {
  const own = subjectsOf(n);
  const first = await begin(telling, own);
  await telling.quietlyAt(6);
  return { ...own, first };
}

test('order no disconnection of who failed: whoever proved themselves meanwhile may be in that, and the ladder has the others', async (telling) => {
  const { lab, ...time } = telling;
  const own = subjectsOf(21);
  const { B } = own;
  const first = await begin(telling, own);
  await time.quietlyAt(2);
  const orders = `orders/airtel/${first}/`;
  await failTo(telling, `${orders}failed-`, first, `${B},${FAILED}`, 2.5);
  await put(lab, first, 'fails', ...twice(`${B},${FAILED}`));
  expect(await naming(lab, B, `${orders}failed-`, /csv$/)).toEqual([]);
  await time.quietlyAt(20);
  expect(await naming(lab, B, orders, /-disconnect\.csv/)).toHaveLength(1);
});

for (const [title, before, after, n] of [
  ['has proved themselves, who was given more time before', 'extended,,,hospital', 'verified,,,', 22],
  ['has the number since another day', 'reissued,,2026-06-05,', 'reissued,,2026-06-06,', 23],
] as const)
  test(`restore who ${title}`, async (telling) => {
    const { lab, ...time } = telling;
    const own = subjectsOf(n);
    const { B } = own;
    const first = await begin(telling, own);
    await time.quietlyAt(6);
    expect(await naming(lab, B, `orders/airtel/${first}/`, /bar_outgoing/)).toHaveLength(1);
    await failTo(telling, `orders/airtel/${first}/back-`, first, `${B},${before}`, 6.5);
    expect(await givenBack(lab, B)).toEqual([]);
    await put(lab, first, 'another', ...twice(`${B},${after}`));
    expect(await givenBack(lab, B)).toHaveLength(1);
  });

test('restore who was found after the commit, also where the list of the number can not be published', async (telling) => {
  const { lab, ...time } = telling;
  const own = subjectsOf(24);
  const { OTHER, A } = own;
  const first = await begin(telling, own);
  const second = await directUnaware(telling, plans, first, OTHER, A, 7);
  let [looks, looked] = [false, 0];
  plans.push({
    beforeCall: ({ caller, action, key = '' }) => {
      if (nameOf(caller) !== 'Record' || (action !== 'PutObject' && action !== 'PutItem')) return undefined;
      if (key.startsWith('revocations/') && key.includes(`/${first.split('.')[0]}.withdrawn-`)) return 'deny';
      if (looks || key !== `DIR#${first}`) return undefined;
      looked += 1;
      return 'deny';
    },
  });
  await put(lab, second, 'failed', `${A},${FAILED}`);
  expect(await naming(lab, A, `orders/airtel/${second}/`, /failed-/)).toHaveLength(1);
  await time.quietlyAt(7.5);
  expect([looked > 0, await givenBack(lab, A)]).toEqual([true, []]);
  looks = true;
  await put(lab, first, 'again', ...twice(`${A},${REISSUED}`));
  expect(await givenBack(lab, A)).toHaveLength(1);
});

test('give back before they order to disconnect whoever failed under a later report', async (telling) => {
  const { lab, ...time } = telling;
  const own = subjectsOf(25);
  const { B, OTHER } = own;
  const first = await begin(telling, own);
  await time.quietlyAt(6);
  await failTo(telling, `orders/airtel/${first}/back-`, first, `${B},${VERIFIED}`, 6.5);
  await time.quietlyAt(10);
  const second = await reportSeen(lab, OTHER, '2026-06-10', B);
  await timesTold(lab, undefined);
  const rows = [`${B},verified,,${first}`, `${B},failed,,${second}`].join('\n');
  await lab.upload('responses/airtel/of both.csv', `msisdn,outcome,occurred_on,direction\n${rows}\n`);
  const [back] = await givenBack(lab, B);
  const [disconnects] = await naming(lab, B, `orders/airtel/${second}/`, /failed-/);
  expect([await timesTold(lab, back), await timesTold(lab, disconnects)]).toEqual([1, 1]);
  expect(told.indexOf(String(back))).toBeLessThan(told.indexOf(String(disconnects)));
});

test('tell nobody again of an order to restore that was published, since whoever it names may have failed meanwhile', async (telling) => {
  const { lab } = telling;
  const { B, OTHER, first } = await barred(telling, 26);
  await failTo(telling, `receipts/airtel/${first}/`, first, `${B},${REISSUED}`, 6.5);
  const [back] = await givenBack(lab, B);
  const second = await reportSeen(lab, OTHER, '2026-06-07', B);
  await put(lab, second, 'failed', `${B},${FAILED}`);
  const [disconnects] = await naming(lab, B, `orders/airtel/${second}/`, /failed-/);
  await put(lab, first, 'daily', ...twice(`${B},${REISSUED}`));
  expect([(await timesTold(lab, back)) > 0, await timesTold(lab, disconnects)]).toEqual([true, 1]);
  expect(told.lastIndexOf(String(back))).toBeLessThan(told.indexOf(String(disconnects)));
});

/** Has Record die, once from now on, when it has put a file into a folder of the outbox; `denied`: none of its further ones goes there. */
function diesOnceItPut(folder: string): { times: number; denied: boolean } {
  const dying = { times: 0, denied: false };
  plans.push({
    beforeCall: ({ caller, service, action, key = '' }) => {
      const puts = nameOf(caller) === 'Record' && service === 's3' && action === 'PutObject' && key.startsWith(folder);
      return puts && dying.denied ? 'deny' : undefined;
    },
    afterWrite: ({ functionName, key = '' }) => {
      if (nameOf(functionName) !== 'Record' || !key.startsWith(folder) || dying.times > 0) return undefined;
      dying.times += 1;
      dying.denied = true;
      return 'fail';
    },
  });
  return dying;
}

test('tell of an order to restore that lies there, and that nobody was told of: whoever put it there died, and could not put it again', async (telling) => {
  const { lab, ...time } = telling;
  const { B, first } = await barred(telling, 27);
  const dying = diesOnceItPut(`orders/airtel/${first}/back-`);
  await put(lab, first, 'first', `${B},${VERIFIED}`);
  await time.quietlyAt(6.5);
  const [order] = await givenBack(lab, B);
  expect([dying.times, order === undefined, await timesTold(lab, order)]).toEqual([1, false, 0]);
  dying.denied = false;
  await put(lab, first, 'others', ...twice(`${B},${VERIFIED}`));
  await put(lab, first, 'third', ...twice(`${B},${VERIFIED}`), `${B},${VERIFIED}`);
  expect(await timesTold(lab, order)).toBe(1);
});

test('tell of an order to restore whose time is over, where the same bytes come again and their function dies once it lies there', async (telling) => {
  const { lab, ...time } = telling;
  const { B, first } = await barred(telling, 28);
  const back = `orders/airtel/${first}/back-`;
  await failTo(telling, back, first, `${B},${VERIFIED}`, 8);
  const dying = diesOnceItPut(back);
  await put(lab, first, 'first', `${B},${VERIFIED}`);
  dying.denied = false;
  await time.quietlyAt(8.5);
  const [order] = await givenBack(lab, B);
  expect([dying.times, order === undefined, await timesTold(lab, order)]).toEqual([1, false, 1]);
});

test('tell nobody again weeks later of an order to restore of which they were told, though that could not be marked', async (telling) => {
  const { lab, ...time } = telling;
  const { B, first } = await barred(telling, 29);
  let denied = 0;
  plans.push({
    beforeCall: ({ key = '' }) => {
      if (!key.startsWith(`directions/${first}/`) || !key.endsWith('/restore_told') || denied > 0) return undefined;
      denied += 1;
      return 'deny';
    },
  });
  await put(lab, first, 'first', `${B},${VERIFIED}`);
  const [order] = await givenBack(lab, B);
  expect([denied, await timesTold(lab, order)]).toEqual([1, 1]);
  await time.quietlyAt(12);
  await put(lab, first, 'first', `${B},${VERIFIED}`);
  expect(await timesTold(lab, order)).toBe(1);
});
