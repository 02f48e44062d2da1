/**
 * A file whose deliveries all failed once it was committed, and others that say the same: each of their rows is already recorded. The runbook
 * has people upload it again, the same bytes or others, and nobody else goes on with it.
 */
import type { FaultPlan } from 'local-cloud';
import { expect } from 'vitest';
import { nameOf } from './faults-story.ts';
import { answers, begin, givenBack, put, report } from './found-after-commit-lab.ts';
import { Lab } from './lab.ts';
import { naming } from './nights-lab.ts';
import { subjectsOf } from './reissued-lab.ts';
import { anyOf, sideBySide, type Telling } from './side-by-side.ts';

const plans: FaultPlan[] = [];
const test = sideBySide(() => Lab.open({ context: { operators: 'airtel' }, nights: true, faults: anyOf(plans) }));

/** The notices that airtel was told of orders, by the orders' keys. */
const told: string[] = [];
async function timesTold(lab: Lab, key: string | undefined): Promise<number> {
  for (const notice of await lab.notices('fraud-directions-airtel'))
    if (notice.kind === 'order') told.push(String(notice.key));
  return told.filter((one) => one === key).length;
}

/**
 * Has a file of a direction committed, and each of its five deliveries fail where it would publish what begins so.
 * @param name the file's, which ends before the next day begins
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

const [REISSUED, VERIFIED, FAILED] = ['reissued,,2026-06-05', 'verified,,', 'failed,,'];
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

  test(`order the disconnection of who failed, once: ${title}`, async (telling) => {
    const { lab, ...time } = telling;
    const own = subjectsOf(n + 4);
    const { B } = own;
    const first = await begin(telling, own);
    await time.quietlyAt(2);
    const orders = `orders/airtel/${first}/failed-`;
    await failTo(telling, orders, first, `${B},${FAILED}`, 2.5);
    expect(await naming(lab, B, orders, /csv$/)).toEqual([]);
    for (const twice of [2, 3])
      await again(telling, first, `fails ${twice} ${n}`, ...Array.from({ length: twice }, () => `${B},${FAILED}`));
    const [order, ...others] = await naming(lab, B, orders, /csv$/);
    expect(others).toEqual([]);
    expect(await timesTold(lab, order)).toBe(1);
  });
}
