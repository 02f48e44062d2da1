/** The nights after a run's ladders: what was moved goes on in a batch of the next night, also where nothing else is left to do. */
import { type BatchId, FOLLOW_UP } from '../lambdas/domain/identifiers.ts';
import { movedCsvKey } from '../lambdas/domain/outbox.ts';
import { SCREENED, WAITING } from '../lambdas/domain/work.ts';
import { bucketsOf } from './buckets.ts';
import type { ConductedCloud } from './conduct.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** At 00:30 in Asia/Kolkata. */
const NIGHT = 19 * HOUR;
/** Of operators who stay silent about what they are to give back, so many nights in a row are looked at. */
const MOST_SILENT = 3;

/** The follow-ups that began, in their order. */
export async function followUps(cloud: Pick<ConductedCloud, 'list' | 'names'>): Promise<BatchId[]> {
  const keys = await cloud.list(bucketsOf(cloud).work, `${SCREENED.prefix}${FOLLOW_UP}-`);
  const begun = keys.filter((key) => key.includes('/shards/')).map((key) => key.split('/')[1] as BatchId);
  return [...new Set(begun)].sort();
}

/** How many of the last follow-ups had nothing but what was not given back; null where the last one did not settle. */
async function silentNights(cloud: ConductedCloud): Promise<number | null> {
  const { outbox } = bucketsOf(cloud);
  const nights = (await followUps(cloud)).reverse();
  for (const [silent, night] of nights.entries()) {
    const key = movedCsvKey(night);
    if (!(await cloud.list(outbox, key)).includes(key)) return null;
    const [, ...rows] = Buffer.from(await cloud.get(outbox, key))
      .toString('utf8')
      .trimEnd()
      .split('\n');
    if (!rows.every((line) => line.split(',')[2] === 'overdue')) return silent;
  }
  return nights.length;
}

/**
 * Lets nights come, once nothing else is left to do, as long as each brings a follow-up. One that did not settle is told of at the end.
 * @param begun told of each night that brought one, before its ladders run
 */
export async function goThroughNights(cloud: ConductedCloud, begun: () => void): Promise<void> {
  if ((await cloud.list(bucketsOf(cloud).work, WAITING.prefix)).length === 0) return;
  for (;;) {
    const silent = await silentNights(cloud);
    if (silent === null || silent >= MOST_SILENT) return;
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
