/** The state of the numbers of all reports, day by day, from the status that the batches' agencies may read. */
import * as z from 'zod';
import type { DayCounts } from '../lambdas/domain/charts.ts';
import { addDays, type Day, dayOf, instantOf } from '../lambdas/domain/days.ts';
import type { BatchId } from '../lambdas/domain/identifiers.ts';
import { statusKeys } from '../lambdas/domain/outbox.ts';
import type { Counts } from '../lambdas/domain/outcome-bars.ts';
import { OUTCOME_SERIES, outcomeCounts } from '../lambdas/domain/outcome-bars.ts';
import { bucketsOf } from './buckets.ts';
import type { OutsideCloud } from './desk.ts';

/** What is looked at of a batch's status. */
const status = z.object({ connections: z.record(z.string(), z.number()).optional() });

/** A cloud whose outbox can be read. */
type Read = Pick<OutsideCloud, 'names' | 'list' | 'get' | 'clock'>;

/** Keeps, for each batch, the counts of its numbers at the end of each day on which it was looked at. */
export class Days {
  readonly #known = new Map<string, Map<Day, Counts>>();

  /** Looks at the status of each batch that has one. */
  async look(cloud: Read, batches: readonly string[]): Promise<void> {
    const { outbox } = bucketsOf(cloud);
    const there = new Set(await cloud.list(outbox, 'batches/'));
    const today = dayOf(instantOf(cloud.clock.now()));
    for (const batchId of batches) {
      const key = statusKeys(batchId as BatchId).json;
      if (!there.has(key)) continue;
      const { connections } = status.parse(JSON.parse(Buffer.from(await cloud.get(outbox, key)).toString('utf8')));
      const days = this.#known.get(batchId) ?? new Map<Day, Counts>();
      if (connections !== undefined) days.set(today, connections);
      this.#known.set(batchId, days);
    }
  }

  /** The counts of all batches together, from the first day to the last: on a day without a look, a batch stands as before. */
  counts(): DayCounts[] {
    const seen = [...this.#known.values()].flatMap((days) => [...days.keys()]).sort();
    const [first, last] = [seen.at(0), seen.at(-1)];
    if (first === undefined || last === undefined) return [];
    const all: DayCounts[] = [];
    const standing = new Map<string, readonly number[]>();
    for (let day = first; day <= last; day = addDays(day, 1)) {
      for (const [batchId, days] of this.#known) {
        const counts = days.get(day);
        if (counts !== undefined) standing.set(batchId, outcomeCounts(counts));
      }
      const counts = OUTCOME_SERIES.map((_, n) => [...standing.values()].reduce((sum, own) => sum + (own[n] ?? 0), 0));
      all.push({ day, counts });
    }
    return all;
  }
}
