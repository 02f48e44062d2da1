/** The rows of usage files and reports: the reasons why some can't be taken, and the sightings of numbers with handsets. */
import { dayAt, daysBefore, imeiIn, isDay, linesOf, msisdnIn } from '../../../test/reckoning/files.ts';
import type { Upload } from '../story.ts';
import { instant } from './values.ts';

const LOOK_BACK = 180;

/** The reason why an identifier can't be taken; '' where it can. */
export const reasonIn = (parsed: object): string => ('reason' in parsed ? String(parsed.reason) : '');

/** The reason why a row of usage can't be taken; '' where it can. */
export function usageReason(cells: Record<string, string>, at: number): string {
  const day = cells.last_seen ?? '';
  const identifiers = reasonIn(imeiIn(cells.imei)) || reasonIn(msisdnIn(cells.msisdn));
  if (identifiers !== '') return identifiers;
  if (day === '') return 'missing_last_seen';
  return isDay(day) && day <= dayAt(at) ? '' : 'bad_date';
}

interface Sighting {
  msisdn: string;
  imei: string;
  operator: string;
  day: string;
}

/**
 * A number's newest sighting, and the handset for which it is directed: that of its newest sighting that wasn't left out; undefined where
 * all are.
 */
interface Newest extends Sighting {
  on: string | undefined;
  /** The day of the sighting with that handset. */
  onDay: string;
}

/** The handsets that a report names. */
export function handsetsIn(text: string): Set<string> {
  const handsets = new Set<string>();
  for (const { cells } of linesOf(text).lines) {
    const imei = cells ? imeiIn(cells.imei) : { reason: '' };
    if ('imei' in imei) handsets.add(imei.imei);
  }
  return handsets;
}

/** The instant of an operator's latest upload of usage before `at` of which a row is taken; undefined if there is none. */
export function latestImport(uploads: readonly Upload[], operator: string, at: number): string | undefined {
  const brings = ({ key, text, at: uploaded }: Upload) =>
    key.startsWith(`usage/${operator}/`) &&
    uploaded < at &&
    linesOf(text).lines.some(({ cells }) => cells && usageReason(cells, uploaded) === '');
  const brought = uploads.filter(brings).map(({ at: uploaded }) => uploaded);
  return brought.length === 0 ? undefined : instant(Math.max(...brought));
}

/** All sightings with one of these handsets in the look-back window of a report that was uploaded at `at`. */
export function linksOf(uploads: readonly Upload[], at: number, handsets: ReadonlySet<string>): Sighting[] {
  const [from, to] = [daysBefore(dayAt(at), LOOK_BACK), dayAt(at)];
  return uploads
    .filter((upload) => upload.key.startsWith('usage/') && upload.at < at)
    .flatMap(({ key, text, at: uploaded }) =>
      linesOf(text).lines.flatMap(({ cells }): Sighting[] => {
        if (!cells || usageReason(cells, uploaded) !== '') return [];
        const { imei = '' } = imeiIn(cells.imei) as { imei?: string };
        const { msisdn = '' } = msisdnIn(cells.msisdn) as { msisdn?: string };
        return [{ imei, msisdn, operator: key.split('/')[1] ?? '', day: cells.last_seen ?? '' }];
      }),
    )
    .filter(({ imei, day }) => handsets.has(imei) && day >= from && day <= to);
}

/**
 * Each number's newest sighting with one of these handsets in the look-back window of a report that was uploaded at `at`.
 * @param struck handsets and numbers that are left out
 */
export function newestSightings(
  uploads: readonly Upload[],
  at: number,
  handsets: Set<string>,
  struck: ReadonlySet<string> = new Set(),
): Newest[] {
  const newest = new Map<string, Newest>();
  const order = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
  const links = linksOf(uploads, at, handsets).sort(
    (a, b) => order(a.day, b.day) || order(b.operator, a.operator) || order(b.imei, a.imei),
  );
  for (const link of links) {
    const { msisdn, imei } = link;
    const isLeftOut = struck.has(imei) || struck.has(msisdn);
    const { on, onDay = '' } = isLeftOut ? (newest.get(msisdn) ?? {}) : { on: imei, onDay: link.day };
    newest.set(msisdn, { ...link, on, onDay });
  }
  return [...newest.values()];
}
