/** Sightings: operators' usage rows, the links they become, and which sighting of a connection is its newest. */
import type { CsvRow } from './csv-header.ts';
import { addDays, type Day, readDay } from './days.ts';
import type { Imei, Msisdn, OperatorId } from './identifiers.ts';
import type { Reject } from './rejects.ts';
import { identifiersOf } from './self-check.ts';
import { BadWorkLine, tabbedCells, tabbedLine } from './tabbed.ts';

/** The columns of a usage file. */
export const USAGE_COLUMNS = {
  required: ['imei', 'msisdn', 'last_seen'],
  optional: ['imsi', 'lsa', 'subscriber_type', 'point_of_sale'],
} as const;

export type UsageColumn = (typeof USAGE_COLUMNS)['required' | 'optional'][number];

/** An operator's word on a connection's subscriber; '' if it has none, or says something that isn't agreed. */
type SubscriberType = (typeof subscriberTypes)[number];
const subscriberTypes = ['individual', 'business', 'bulk', ''] as const;

/**
 * The most characters of texts that are kept as they came. Claim holds those of a whole shard in memory, Order those of a direction; a
 * longer text is no service area, point of sale or IMSI, and is dropped.
 */
const LONGEST_TEXT = 500;

/** "This connection was seen in this handset at this operator, last on this day." Optional cells may be ''. */
export interface Sighting {
  readonly imei: Imei;
  readonly msisdn: Msisdn;
  readonly lastSeen: Day;
  readonly operator: OperatorId;
  readonly imsi: string;
  readonly lsa: string;
  readonly subscriberType: SubscriberType;
  readonly pointOfSale: string;
}

/**
 * The reasons for which a row's optional cell is dropped: a subscriber type that isn't one of the agreed ones, or an IMSI, service area or
 * point of sale of more than 500 characters.
 */
export const USAGE_WARNINGS = ['unknown_subscriber_type', 'text_too_long'] as const;
/** One of these warnings. */
export type UsageWarning = (typeof USAGE_WARNINGS)[number];

/** A row that was taken, with a warning for each of its optional cells that was dropped. */
interface TakenRow {
  readonly sighting: Sighting;
  readonly warnings: readonly UsageWarning[];
}

/**
 * Reads a row of an operator's usage file. Reasons, the first that applies: `wrong_cell_count`, those of the IMEI (whose last digit is not
 * checked), `missing_msisdn`, `bad_msisdn`, `missing_last_seen`, `bad_date` (no date, or later than the day of the upload); for a
 * self-check's also `self_check`, for a handset or a number that isn't its own. The reject's value is the cell at fault. An optional cell
 * never costs the row: what can't be kept of it is dropped, with a warning.
 */
export function parseSighting(row: CsvRow<UsageColumn>, operator: OperatorId, uploadDay: Day): TakenRow | Reject {
  const { line } = row;
  if ('reason' in row) return { line, value: row.text, reason: row.reason };
  const { cells } = row;
  const identifiers = identifiersOf(operator);
  const imei = identifiers.sentImei(cells.imei);
  if ('reason' in imei) return { line, value: cells.imei, reason: imei.reason };
  const msisdn = identifiers.msisdn(cells.msisdn);
  if ('reason' in msisdn) return { line, value: cells.msisdn, reason: msisdn.reason };
  if (cells.last_seen === '') return { line, value: '', reason: 'missing_last_seen' };
  const lastSeen = readDay(cells.last_seen);
  if (lastSeen === null || lastSeen > uploadDay) return { line, value: cells.last_seen, reason: 'bad_date' };
  const warnings: UsageWarning[] = [];
  const subscriberType = subscriberTypes.find((type) => type === cells.subscriber_type);
  if (subscriberType === undefined) warnings.push('unknown_subscriber_type');
  const short = (text: string): string => {
    if (text.length <= LONGEST_TEXT) return text;
    warnings.push('text_too_long');
    return '';
  };
  const sighting: Sighting = {
    imei: imei.value,
    msisdn: msisdn.value,
    lastSeen,
    operator,
    imsi: short(cells.imsi),
    lsa: short(cells.lsa),
    subscriberType: subscriberType ?? '',
    pointOfSale: short(cells.point_of_sale),
  };
  return { sighting, warnings };
}

/** The parts of a link's sort key. */
export type LinkKey = Pick<Sighting, 'lastSeen' | 'msisdn' | 'operator'>;

/** The sort key of a sighting among its handset's links: `yyyy-mm-dd#msisdn#operator`, so that days sort first. */
export function linkKey({ lastSeen, msisdn, operator }: LinkKey): string {
  return `${lastSeen}#${msisdn}#${operator}`;
}

/** A sort key that `linkKey` never makes. */
export class BadLinkKey extends Error {
  override name = 'BadLinkKey';
}

/**
 * Reads a link's sort key.
 * @throws BadLinkKey
 */
export function parseLinkKey(key: string): LinkKey {
  const parts = /^([0-9]{4}-[0-9]{2}-[0-9]{2})#(\+91(?:00|[6-9][0-9])[0-9]{8})#([a-z0-9-]{1,10})$/.exec(key);
  if (parts === null) throw new BadLinkKey('a link is filed under yyyy-mm-dd#msisdn#operator');
  return { lastSeen: parts[1] as Day, msisdn: parts[2] as Msisdn, operator: parts[3] as OperatorId };
}

/** Days from `from` to `to`, both included. */
interface Window {
  readonly from: Day;
  readonly to: Day;
}

/** The look-back window of a report uploaded on `uploadDay`: that day and the `lookBackDays` before it. */
export function windowOf(uploadDay: Day, lookBackDays: number): Window {
  return { from: addDays(uploadDay, -lookBackDays), to: uploadDay };
}

/** A link that a batch gathered: a sighting of a connection in one of the batch's handsets. */
export interface GatheredLink {
  readonly msisdn: Msisdn;
  readonly imei: Imei;
  readonly lastSeen: Day;
  readonly operator: OperatorId;
  readonly lsa: string;
}

/**
 * Whether a sighting of a connection goes before another one: the latest `lastSeen`, then the operator's id ascending,
 * then the lowest IMEI. Two sightings that agree in all three are one.
 */
export function isNewer(a: GatheredLink, b: GatheredLink): boolean {
  if (a.lastSeen !== b.lastSeen) return a.lastSeen > b.lastSeen;
  if (a.operator !== b.operator) return a.operator < b.operator;
  return a.imei < b.imei;
}

/** A gathered link as one line of the work bucket, without its LF. */
export function gatheredLine({ msisdn, imei, lastSeen, operator, lsa }: GatheredLink): string {
  return tabbedLine([msisdn, imei, lastSeen, operator, lsa]);
}

/** The number of a line that `gatheredLine` made. */
export const numberOfGatheredLine = (line: string): Msisdn => line.slice(0, '+919876543210'.length) as Msisdn;

const GATHERED_LINE = /^(\+91[0-9]{10})\t([0-9]{14})\t([0-9]{4}-[0-9]{2}-[0-9]{2})\t([a-z0-9-]{1,10})\t([^\t]*)$/;

/**
 * Reads a line that `gatheredLine` made.
 * @throws BadWorkLine for a line with other cells
 */
export function parseGatheredLine(line: string): GatheredLink {
  const cells = GATHERED_LINE.exec(line);
  if (cells === null) throw new BadWorkLine('a gathered link is a number, a handset, a day, an operator and an area');
  const [, msisdn, imei, lastSeen, operator, lsa = ''] = cells;
  return {
    msisdn: msisdn as Msisdn,
    imei: imei as Imei,
    lastSeen: lastSeen as Day,
    operator: operator as OperatorId,
    lsa: tabbedCells(lsa)[0] ?? '',
  };
}
