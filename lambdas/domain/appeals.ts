/** What a reversal is asked to take back: by a caseworker's appeal, or by an agency that withdraws what it reported. */
import * as z from 'zod';
import type { Instant } from './days.ts';
import type { BatchId, Imei, Msisdn } from './identifiers.ts';
import { type Pointer, pointerField, writePointer } from './pointers.ts';
import { type Covers, fields, formOf } from './stored.ts';
import { seenOf } from './unseen.ts';

/** Why a subscriber, or a court, has something taken back. */
export const APPEAL_GROUNDS = ['wrong_number', 'wrong_handset', 'cloned', 'reissued', 'court_order'] as const;
/** One of these grounds. */
export type AppealGround = (typeof APPEAL_GROUNDS)[number];

/** A text as grounds are compared: in lower case, and without what people write between and behind their words. */
const wordsOf = (text: string): string =>
  seenOf(text)
    .toLowerCase()
    .replaceAll(/[\s\p{Pd}_.]+/gu, '');

/** The ground that a cell is, written as people write it: `Wrong number.`, `re-issued`. A ground with anything else beside it is a text. */
export function appealGroundIn(cell: string): AppealGround | undefined {
  const words = wordsOf(cell);
  return APPEAL_GROUNDS.find((ground) => wordsOf(ground) === words);
}

/**
 * A row of an appeal, read. A row with a number alone is about that number; one with a handset alone is about that handset; one with both
 * is about the handset as far as this number uses it: the handset stays blocked for all others.
 */
export interface Appeal {
  /** Its line in the file, counted from 1 with the header. */
  readonly line: number;
  readonly msisdn: Msisdn | null;
  readonly imei: Imei | null;
  /** The row for which the reference of a row stands, if it has one. Its number is `msisdn`. */
  readonly row: Pointer | null;
  readonly ground: AppealGround;
  readonly caseRef: string;
}

/** A file that asks for a reversal, read: what the reversal's batch is about. */
export interface Asked {
  readonly batchId: BatchId;
  /** The caseworker or the agency that filed it. */
  readonly uploader: string;
  /** Its key in the inbox, its bytes' SHA-256, the upload's own version, and when it was uploaded. */
  readonly file: string;
  readonly sha256: string;
  readonly upload: string;
  readonly uploadedAt: Instant;
  /** The report's batch that is withdrawn, and the handsets that are withdrawn of it; null instead of handsets means all of them. */
  readonly withdraws: { readonly batchId: BatchId; readonly imeis: readonly Imei[] | null } | null;
  /** The rows of an appeal, by line. */
  readonly appeals: readonly Appeal[];
}

/** The name that tells a subject from others: a number as it is now is another subject than the number of whoever was ordered in a row. */
export function nameOfSubject({ msisdn, imei, row }: Pick<Appeal, 'msisdn' | 'imei' | 'row'>): string {
  return [msisdn ?? '', imei ?? '', row === null ? '' : writePointer(row)].join(' ');
}

/** Whether approvers left a subject of a batch out: a pair is left out by its number, and by its handset. */
export function isStruck(
  { msisdn, imei }: Pick<Appeal, 'msisdn' | 'imei'>,
  struck: ReadonlySet<Imei | Msisdn>,
): boolean {
  return (msisdn !== null && struck.has(msisdn)) || (imei !== null && struck.has(imei));
}

const asked = z.strictObject({
  batchId: fields.batch,
  uploader: z.string(),
  file: z.string(),
  sha256: fields.sha256,
  upload: z.string(),
  uploadedAt: fields.instant,
  withdraws: z.strictObject({ batchId: fields.batch, imeis: z.array(fields.imei).nullable() }).nullable(),
  appeals: z.array(
    z.strictObject({
      line: fields.count,
      msisdn: fields.msisdn.nullable(),
      imei: fields.imei.nullable(),
      row: pointerField.nullable(),
      ground: z.enum(APPEAL_GROUNDS),
      caseRef: z.string(),
    }),
  ),
});
true satisfies Covers<typeof asked, Asked>;

const form = formOf<Asked>('file that asks for a reversal', 1, asked);

/** The record as it is written: rows are written as claims write their pointers. */
const written = (content: Asked) => ({
  ...form.write(content),
  appeals: content.appeals.map((appeal) => ({ ...appeal, row: appeal.row && writePointer(appeal.row) })),
});

/** `Asked`, as it lies in the work bucket. */
export const askedForm = {
  ...form,
  write: written,
  /** The record as JSON text. */
  text: (content: Asked): string => JSON.stringify(written(content)),
};
