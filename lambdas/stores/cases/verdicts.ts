import * as z from 'zod';
import type { Instant } from '../../domain/days.ts';
import { type BrokenRule, brokenRule } from '../../domain/gates.ts';
import { type ApproverId, isApproverId } from '../../domain/identifiers.ts';
import { ITEMS_PER_BATCH_GET } from '../../domain/limits.ts';
import { fields, formOf } from '../../domain/stored.ts';
import { Conflict, key, put, read, readMany } from './table.ts';

/** The approver who let a gated upload in, by which file, and when. */
interface Admission {
  readonly approver: ApproverId;
  readonly sha256: string;
  readonly at: Instant;
}

/**
 * The verdict on an upload of usage when it was weighed. It is given once, so that every retry and every redelivery does the same, whatever
 * its operator's other files have become.
 */
export interface Verdict {
  readonly uploadedAt: Instant;
  /** Rows that could be taken. */
  readonly good: number;
  /** The rules that it breaks. If there is none, it is imported; otherwise it is gated, unless somebody admitted it. */
  readonly broken: readonly BrokenRule[];
  readonly admitted?: Admission | undefined;
}

/** A verdict on an upload of usage, as it lies in the table. */
export const verdictForm = formOf<Verdict>(
  'verdict on a usage file',
  1,
  z.strictObject({
    uploadedAt: fields.instant,
    good: fields.count,
    broken: z.array(brokenRule),
    admitted: z
      .strictObject({
        approver: z.custom<ApproverId>((id) => typeof id === 'string' && isApproverId(id)),
        sha256: fields.sha256,
        at: fields.instant,
      })
      .optional(),
  }),
);

/** Whether an upload is held up. */
export const isGated = ({ broken, admitted }: Verdict): boolean => broken.length > 0 && admitted === undefined;

/** The verdict on an upload, by its name; undefined if none was needed, or none was given yet. */
export async function readVerdict(table: string, upload: string): Promise<Verdict | undefined> {
  return await read(table, key.verdict(upload), verdictForm);
}

/** The verdicts on these uploads, in any order; an upload without one is left out. */
export async function* readVerdicts(table: string, uploads: readonly string[]): AsyncGenerator<Verdict> {
  const pks = uploads.map((upload) => key.verdict(upload));
  for await (const { content } of readMany(table, pks, verdictForm, { consistent: true, atOnce: ITEMS_PER_BATCH_GET }))
    yield content;
}

/**
 * Makes a verdict count if there is none yet.
 * @returns the one that counts
 */
export async function giveVerdict(table: string, upload: string, verdict: Verdict): Promise<Verdict> {
  try {
    await put(table, { pk: key.verdict(upload), ...verdictForm.write(verdict) }, 'attribute_not_exists(pk)');
    return verdict;
  } catch (error) {
    const given = error instanceof Conflict ? await readVerdict(table, upload) : undefined;
    if (given === undefined) throw error;
    return given;
  }
}

/**
 * Lets a gated upload in, once.
 * @returns the admission that counts, whether it is this one or an earlier one
 */
export async function admit(table: string, upload: string, verdict: Verdict, admitted: Admission): Promise<Admission> {
  try {
    const item = { pk: key.verdict(upload), ...verdictForm.write({ ...verdict, admitted }) };
    await put(table, item, 'attribute_exists(pk) AND attribute_not_exists(admitted)');
    return admitted;
  } catch (error) {
    const earlier = error instanceof Conflict ? (await readVerdict(table, upload))?.admitted : undefined;
    if (earlier === undefined) throw error;
    return earlier;
  }
}
