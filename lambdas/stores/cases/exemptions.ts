import { z } from 'zod';
import { type Exemptions, exemptionsForm, NO_EXEMPTIONS } from '../../domain/exemptions.ts';
import { fields, formOf } from '../../domain/stored.ts';
import { readText } from '../objects.ts';
import { key, put, read } from './table.ts';

/** Which exemptions count, as it lies in the table: their key in the work bucket. */
export const exemptionsPointerForm = formOf(
  'pointer to the exemptions',
  1,
  z.strictObject({ recordKey: z.string(), version: fields.count }),
);

/** All that is recorded of exemptions, and the version on which more is committed; 0 before anything was. */
export async function readExemptions({
  CASES,
  WORK,
}: {
  CASES: string;
  WORK: string;
}): Promise<{ version: number; exemptions: Exemptions }> {
  const pointer = await read(CASES, key.exemptions, exemptionsPointerForm);
  if (pointer === undefined) return { version: 0, exemptions: NO_EXEMPTIONS };
  const text = await readText({ bucket: WORK, key: pointer.recordKey });
  return { version: pointer.version, exemptions: exemptionsForm.parse(text) };
}

/**
 * Has what was prepared under this key count from now on.
 * @param seen the version that was read
 * @throws Conflict when somebody committed in between
 */
export async function commitExemptions(table: string, recordKey: string, seen: number): Promise<void> {
  const item = { pk: key.exemptions, ...exemptionsPointerForm.write({ recordKey, version: seen + 1 }) };
  if (seen === 0) await put(table, item, 'attribute_not_exists(pk)');
  else await put(table, item, 'version = :seen', { ':seen': seen });
}
