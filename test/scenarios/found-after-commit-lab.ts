/**
 * Stories of a number that is somebody else's, as airtel says of a first report's row. The numbers are airtel's, and seen in a first handset on
 * 20 May and in a second one on 3 June; on day 1 airtel answers the first report's row.
 */
import type { FaultPlan } from 'local-cloud';
import { expect } from 'vitest';
import { DAY, type Lab, START } from './lab.ts';
import { naming } from './nights-lab.ts';
import { answeredMeanwhile, type Subjects } from './reissued-lab.ts';
import type { Telling } from './side-by-side.ts';

/** The text of a file of answers, each `msisdn,outcome,occurred_on,activated_on`. */
export const answers = (...rows: string[]) =>
  `msisdn,outcome,occurred_on,activated_on\n${rows.map((row) => `${row}\n`).join('')}`;
export const put = (lab: Lab, direction: string, name: string, ...rows: string[]) =>
  lab.upload(`responses/airtel/${direction}/${name}.csv`, answers(...rows));

/** Begins a story with A and B in its first handset, and has A answered `not_found` on day 1. */
export async function begin({ lab, quietlyAt }: Telling, { HANDSET, A, B }: Subjects): Promise<string> {
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
export const report = (lab: Lab, imei: string, ...numbers: string[]) => reportSeen(lab, imei, '2026-06-03', ...numbers);

/** Has numbers seen on a day in another handset, and that reported. */
export async function reportSeen(lab: Lab, imei: string, day: string, ...numbers: string[]): Promise<string> {
  const seen = numbers.map((number) => `${imei},${number},${day},Delhi`);
  await lab.usage('airtel', seen, `${imei}.csv`);
  await lab.report('up-police', [imei], `${imei}.csv`);
  return await directionOf(lab, 'up-police', imei);
}

/**
 * Has the number of a story directed in another handset by a plan that has decided, by what the ledger of the first direction said, and has
 * claimed nothing yet when that file says since when the number is somebody else's. The file comes back in half an hour, since a batch plans.
 */
export async function directUnaware(
  { lab, ...time }: Telling,
  plans: FaultPlan[],
  first: string,
  imei: string,
  A: string,
  day: number,
) {
  await time.quietlyAt(day);
  const meanwhile = answeredMeanwhile(lab, {
    ...{ from: START + day * DAY, item: `CONN#${A}` },
    ...{ key: `responses/airtel/${first}/since.csv`, text: answers(`${A},reissued,,2026-06-05`) },
  });
  plans.push(meanwhile);
  const later = await report(lab, imei, A);
  await time.quietlyAt(day + 1 / 144);
  expect(meanwhile.wasMet()).toBe(true);
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
export const givenBack = (lab: Lab, number: string) => naming(lab, number, 'orders/airtel/', /\/back-[^/]*\.csv$/);
