/** The nights after a run's ladders: moved rows go on in a batch of the next night, even if nothing else is left to do. */
import { type BatchId, FOLLOW_UP } from '../lambdas/domain/identifiers.ts';
import { movedCsvKey } from '../lambdas/domain/outbox.ts';
import { SCREENED, WAITING } from '../lambdas/domain/work.ts';
import { bucketsOf } from './buckets.ts';
import type { ConductedCloud } from './conducted-cloud.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** The instant of a night in the UTC day: 00:30 in Asia/Kolkata. */
const NIGHT = 19 * HOUR;
/** The number of nights in a row that are looked at when operators stay silent about what they are to give back. */
const MOST_SILENT = 3;
/** The text in the ARN of the rule that starts the nights. */
const NIGHT_RULE = 'Night';

/** The follow-ups that began, in order. */
export async function followUps(cloud: Pick<ConductedCloud, 'list' | 'names'>): Promise<BatchId[]> {
  const keys = await cloud.list(bucketsOf(cloud).work, `${SCREENED.prefix}${FOLLOW_UP}-`);
  const begun = keys.filter((key) => key.includes('/shards/')).map((key) => key.split('/')[1] as BatchId);
  return [...new Set(begun)].sort();
}

/** The follow-ups that settled, the last one first, and whether the last that began is among them. */
async function settledNights(cloud: ConductedCloud): Promise<{ nights: BatchId[]; all: boolean }> {
  const begun = (await followUps(cloud)).reverse();
  const keys = new Set(await cloud.list(bucketsOf(cloud).outbox, `batches/${FOLLOW_UP}-`));
  const nights = begun.filter((night) => keys.has(movedCsvKey(night)));
  return { nights, all: nights[0] === begun[0] };
}

/** The number of these follow-ups, from the first on, that had nothing but rows that were not given back. */
async function silentOf(cloud: ConductedCloud, nights: readonly BatchId[]): Promise<number> {
  const { outbox } = bucketsOf(cloud);
  for (const [silent, night] of nights.entries()) {
    const key = movedCsvKey(night);
    const [, ...rows] = Buffer.from(await cloud.get(outbox, key))
      .toString('utf8')
      .trimEnd()
      .split('\n');
    if (!rows.every((line) => line.split(',')[2] === 'overdue')) return silent;
  }
  return nights.length;
}

/** Lets nights come from now on, or stops them. */
function letNightsCome(cloud: ConductedCloud, come: boolean): void {
  cloud.pauseSchedules((rule) => !come && rule.includes(NIGHT_RULE));
}

/**
 * Lets time pass until nothing is left to do. Night after night asks for what operators stay silent about, and of two reversals of
 * different days one is always open: therefore nights stop once the last ones had nothing else, and what is open ends.
 * @param over the instant by which everything that was uploaded may have ended by itself
 */
export async function runOut(cloud: ConductedCloud, over: number): Promise<void> {
  const look = async () => {
    const { nights } = await settledNights(cloud);
    if ((await silentOf(cloud, nights.slice(0, MOST_SILENT))) >= MOST_SILENT) letNightsCome(cloud, false);
  };
  cloud.clock.every(DAY, () => {
    const now = cloud.clock.now();
    if (now >= over) cloud.outside(now, look);
  });
  await cloud.run();
  letNightsCome(cloud, true);
}

/**
 * Lets nights come, once nothing else is left to do, as long as each brings a follow-up. A follow-up that did not settle is told of at the
 * end.
 * @param begun told of each night that brought one, before its ladders run
 */
export async function goThroughNights(cloud: ConductedCloud, begun: () => void): Promise<void> {
  if ((await cloud.list(bucketsOf(cloud).work, WAITING.prefix)).length === 0) return;
  for (;;) {
    const { nights, all } = await settledNights(cloud);
    if (!all || (await silentOf(cloud, nights)) >= MOST_SILENT) return;
    const before = (await followUps(cloud)).length;
    const now = cloud.clock.now();
    const tonight = Math.floor(now / DAY) * DAY + NIGHT;
    await cloud.run(tonight > now ? tonight : tonight + DAY);
    await cloud.rest();
    if ((await followUps(cloud)).length === before) return;
    begun();
    await cloud.run();
  }
}
