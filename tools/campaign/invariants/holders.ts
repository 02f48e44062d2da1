/** The holders of a number over time: an operator may say that it was given to somebody else. */
import { uploadOf } from './asked-back.ts';
import { struckIn } from './decision-files.ts';
import { givesBack } from './kinds.ts';
import type { Known } from './known.ts';
import { isFollowUp } from './moved-rows.ts';
import { handsetsIn, newestSightings } from './sightings.ts';
import { rowsBefore } from './standing.ts';

/** The day since which a number's holder in a withdrawn report's rows has had it; '' where no earlier holder is known. */
export function heldSince(known: Known, msisdn: string, of: readonly string[], plan: number): string {
  const rows =
    msisdn === ''
      ? []
      : rowsBefore(known, [msisdn], 'number', plan).filter(({ direction }) => !givesBack(direction.kind));
  const own = rows.filter(({ direction }) => of.includes(direction.id));
  const seen = own.map(({ direction }) => direction.directedFor.get(msisdn) ?? '').sort();
  const activations = rows.flatMap(({ outcome, on }) => (outcome === 'reissued' ? on : []));
  const before = activations.filter((day) => day < (seen.at(-1) ?? '')).sort();
  return before.at(-1) ?? '';
}

/** Whether a batch met a number with its holder since a day: in a handset that it acts upon, or in a row with which a night went on. */
export function metSince(known: Known, batch: string, msisdn: string, since: string): boolean {
  if (isFollowUp(batch))
    return known.moved
      .filter((row) => row.followUp === batch && row.msisdn === msisdn)
      .some(({ from }) => (known.directions.get(from)?.directedFor.get(msisdn) ?? '') > since);
  const report = uploadOf(known, known.seen.cases[`BATCH#${batch}`] ?? {});
  const handsets = handsetsIn(report?.text ?? '');
  const sightings = newestSightings(known.imported, report?.at ?? 0, handsets, struckIn(known, batch));
  return sightings.some((one) => one.msisdn === msisdn && one.onDay > since);
}
