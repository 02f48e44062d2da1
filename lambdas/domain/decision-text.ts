/** The record of a batch's decision as it is kept: written, and read with all that it must hold. */
import * as z from 'zod';
import { approver, recordedByApprover } from './approver-files.ts';
import { GROUNDS } from './decision-rows.ts';
import { type Decision, ENDINGS } from './decisions.ts';
import { LIMITED, LIMITED_BY } from './report-limits.ts';
import { fields, formOf, unchanged } from './stored.ts';
import { ACTS } from './subjects.ts';

const overLimit = z.strictObject({
  of: z.enum(LIMITED),
  what: z.enum(LIMITED_BY),
  found: fields.count,
  limit: fields.count,
});
const decision = z.strictObject({
  batchId: fields.batch,
  preview: fields.sha256,
  people: fields.count,
  openedAt: fields.instant,
  decideBy: fields.instant.nullable(),
  remindAt: fields.instant.nullable(),
  votes: z.record(
    approver,
    z.strictObject({
      batch: z
        .discriminatedUnion('decision', [
          z.strictObject({ decision: z.literal('approve'), ground: z.enum(GROUNDS), at: fields.instant }),
          z.strictObject({ decision: z.literal('refuse'), remarks: z.string().optional(), at: fields.instant }),
          z.strictObject({ decision: z.literal('none'), at: fields.instant }),
        ])
        .nullable(),
      subjects: z.record(
        z.string().regex(/^(?:[0-9]{14}|\+91(?:00|[6-9][0-9])[0-9]{8})$/),
        z.strictObject({ says: z.enum([...ACTS, 'strike']), at: fields.instant }),
      ),
    }),
  ),
  files: z.array(
    z.strictObject({
      ...recordedByApprover,
      version: fields.count,
    }),
  ),
  ending: z
    .strictObject({ state: z.enum(ENDINGS), at: fields.instant, by: z.array(approver), over: overLimit.optional() })
    .nullable(),
  version: fields.count,
});

/** The instant given to words of the first form, which had none: it is before any other. */
const BEFORE_ALL = '1970-01-01T00:00:00Z';
type Words = Record<string, { batch: object | null; subjects: Record<string, string> }>;
const withInstants = (votes: Words) =>
  Object.fromEntries(
    Object.entries(votes).map(([approver, { batch, subjects }]) => [
      approver,
      {
        batch: batch && { ...batch, at: BEFORE_ALL },
        subjects: Object.fromEntries(
          Object.entries(subjects).map(([subject, says]) => [subject, { says, at: BEFORE_ALL }]),
        ),
      },
    ]),
  );

/** The record of a batch's decision, as it lies in the work bucket. */
export const decisionRecordForm = formOf<Decision>(
  "record of a batch's decision",
  3,
  decision as unknown as z.ZodType<Decision>,
  // The second form has the remarks of whoever refuses, which upload a file was, and when each word was uploaded; the third knows the limit
  // of an appeal.
  { 1: (content) => ({ ...content, votes: withInstants(content.votes as Words) }), 2: unchanged },
);
