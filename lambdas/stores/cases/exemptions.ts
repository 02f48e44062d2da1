import * as z from 'zod';
import type { Day } from '../../domain/days.ts';
import { type Exemptions, exemptionsForm, NO_EXEMPTIONS } from '../../domain/exemptions.ts';
import { fields, formOf } from '../../domain/stored.ts';
import { readText } from '../objects.ts';
import { key, put, read } from './table.ts';

/**
 * The exemptions that count, as they lie in the table: their key in the work bucket, and the last day on which anything in them counts. The
 * first form told no such day.
 */
export const exemptionsPointerForm = formOf(
  'pointer to the exemptions',
  2,
  z.strictObject({ recordKey: z.string(), version: fields.count, until: fields.day }),
  { 1: (content) => ({ ...content, until: '9999-12-31' }) },
);

/**
 * All that is recorded of exemptions, as far as it may still count, and the version on which more is committed; 0 before anything was. A
 * record of which nothing counts any more is not read: nothing in the work bucket stays for ever.
 * @param today the Asia/Kolkata day on which it should count
 */
export async function readExemptions(
  { CASES, WORK }: { CASES: string; WORK: string },
  today: Day,
): Promise<{ version: number; exemptions: Exemptions }> {
  const pointer = await read(CASES, key.exemptions, exemptionsPointerForm);
  if (pointer === undefined) return { version: 0, exemptions: NO_EXEMPTIONS };
  if (today > pointer.until) return { version: pointer.version, exemptions: NO_EXEMPTIONS };
  const text = await readText({ bucket: WORK, key: pointer.recordKey });
  return { version: pointer.version, exemptions: exemptionsForm.parse(text) };
}

/**
 * Makes the record under this key count from now on, and until a day.
 * @param seen the version that was read
 * @throws Conflict when somebody committed in between
 */
export async function commitExemptions(table: string, recordKey: string, until: Day, seen: number): Promise<void> {
  const item = { pk: key.exemptions, ...exemptionsPointerForm.write({ recordKey, version: seen + 1, until }) };
  if (seen === 0) await put(table, item, 'attribute_not_exists(pk)');
  else await put(table, item, 'version = :seen', { ':seen': seen });
}
