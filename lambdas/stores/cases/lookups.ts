import { addDays, type Day, endOf, millisOf } from '../../domain/days.ts';
import type { CaseworkerId } from '../../domain/identifiers.ts';
import { type LookupDay, lookupDayForm, NO_LOOKUPS } from '../../domain/lookups.ts';
import { key, put, read } from './table.ts';

/** The days for which a day's lookups are kept: an upload's event may come for two weeks, and must find that it was answered. */
const KEPT_DAYS = 30;

/** What a caseworker asked on a day, and the version on which more is committed; 0 before anything was. */
export async function readLookupDay(
  table: string,
  caseworker: CaseworkerId,
  day: Day,
): Promise<{ asked: LookupDay; version: number }> {
  const item = await read(table, key.lookups(caseworker, day), lookupDayForm);
  return item === undefined ? { asked: NO_LOOKUPS, version: 0 } : { asked: item, version: item.version };
}

/**
 * Commits what was asked on a day.
 * @param seen the version that was read
 * @throws Conflict when somebody committed in between
 */
export async function commitLookupDay(
  table: string,
  { caseworker, day }: { caseworker: CaseworkerId; day: Day },
  { rows, files }: LookupDay,
  seen: number,
): Promise<void> {
  const expires = millisOf(endOf(addDays(day, KEPT_DAYS))) / 1000;
  const content = lookupDayForm.write({ rows, files: [...files], version: seen + 1, expires });
  const item = { pk: key.lookups(caseworker, day), ...content };
  if (seen === 0) await put(table, item, 'attribute_not_exists(pk)');
  else await put(table, item, 'version = :seen', { ':seen': seen });
}
