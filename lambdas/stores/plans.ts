import type { Instant } from '../domain/days.ts';
import type { Ledger } from '../domain/ledger.ts';
import { type Plan, planForm } from '../domain/plans.ts';
import { mayBeGone } from '../domain/work.ts';
import { readText, readTextIfThere } from './objects.ts';

/**
 * A plan that counts, by the key that the commit gave to its batch.
 * @throws BadRecord
 */
export async function readPlan(work: string, planKey: string): Promise<Plan> {
  return planForm.parse(await readText({ bucket: work, key: planKey }));
}

/** The lines of a direction's rows, as its plan cut them; undefined for a direction so old that they are kept no more. */
export async function readRowLines(
  work: string,
  { rowsKey, startedAt }: Pick<Ledger, 'rowsKey' | 'startedAt'>,
  now: Instant,
): Promise<string[] | undefined> {
  const place = { bucket: work, key: rowsKey };
  const text = mayBeGone(startedAt, now) ? await readTextIfThere(place) : await readText(place);
  return text?.split('\n');
}
