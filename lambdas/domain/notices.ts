/**
 * Notices: what operators, agencies and administrators are told, as JSON. docs/notices.md says what each means; the schemas under
 * docs/schemas are made from these. No field holds a phone number or an IMEI.
 */
import * as z from 'zod';
import { TOLD_STATES } from './batches.ts';
import { GATE_RULES } from './gates.ts';
import { DIRECTION_KIND_NAMES, RESTORE } from './kinds.ts';
import { ORDERS } from './ladders.ts';
import { isFileReason, STRAYS } from './reasons.ts';
import { LIMITED, LIMITED_BY } from './report-limits.ts';
import { USAGE_WARNINGS } from './sightings.ts';
import { formOf, unchanged } from './stored.ts';

const count = z.int().nonnegative();
const instant = z.iso.datetime({ precision: 0 }).describe('an instant in UTC, in whole seconds');
const sha256 = z.string().describe('SHA-256 of the file, 64 hexadecimal digits');
const place = z.strictObject({ bucket: z.string(), key: z.string() }).describe('where a file lies');
const operator = z.string().describe("the operator's id");
const agency = z.string().describe("the agency's id");
const batchId = z.string();
const directionId = z.string();
const uploadedAt = instant.describe('when the file was uploaded');
const reason = z
  .string()
  .refine(isFileReason)
  .describe('why the file was not taken, or not to its end: a reason of docs/formats.md');
const line = count.describe('the line of the file where its fault is');
const rejects = place.describe('where the rows that were not taken stand, with line and reason');

const kind = <Kind extends string>(name: Kind) => z.literal(name);

const file = z.string().optional().describe('the uploaded file, by its key in the inbox');

const usage = {
  operator,
  file,
  rows: count,
  imported: count,
  rejected: count,
  warnings: z
    .partialRecord(z.enum(USAGE_WARNINGS), count)
    .optional()
    .describe('optional cells that were dropped, by why'),
  rejects,
  uploadedAt,
};
/**
 * The counts of a receipt, in short: whoever reads no receipt sees here that nothing was taken. Notices that were made before lack them.
 */
const counted = {
  rows: count.optional(),
  recorded: count.optional().describe('rows that said something new'),
  alreadyRecorded: count.optional().describe('rows that said what stood there'),
  rejected: count.optional().describe('rows that were not taken: the receipt has their lines and reasons'),
};
const receipt = { file, bucket: z.string(), key: z.string(), size: count.describe('bytes'), sha256, ...counted };

const usageStopped = z.strictObject({ kind: kind('usage_stopped'), ...usage, line, reason });

const usageGated = z.strictObject({
  kind: kind('usage_gated'),
  operator,
  bucket: z.string(),
  key: z.string(),
  versionId: z.string().optional().describe('the version of the upload: an admission names it'),
  rows: count,
  good: count.describe('rows that could be taken'),
  rejected: count,
  rules: z
    .array(
      z.strictObject({
        rule: z.enum(GATE_RULES),
        limit: count.describe('how many rows would have passed: at most, or of `too_few_rows` at least'),
        found: count.describe('how many rows there are'),
        of: z.number().nonnegative().describe('out of how many rows; of `too_few_rows` and `too_many_rows` the median'),
      }),
    )
    .describe('what it broke'),
  rejects,
  line: line.optional(),
  reason: reason.optional(),
  uploadedAt,
});

const reportRefused = z.strictObject({ kind: kind('report_refused'), agency, file, line, reason, rejects, uploadedAt });

const quarantined = {
  kind: kind('quarantined'),
  why: z.string().describe("the error's name"),
  bucket: z.string(),
  key: z.string(),
  versionId: z.string().optional(),
};

const strayObject = {
  kind: kind('stray_object'),
  why: z.enum(STRAYS),
  bucket: z.string(),
  key: z.string(),
  size: count.describe('bytes'),
  uploadedAt,
};

const batchSettled = z.strictObject({
  kind: kind('settled'),
  batchId,
  agency,
  file,
  bucket: z.string(),
  key: z.string().describe("the batch's summary"),
  handsets: place.optional().describe('what became of each handset of a report'),
  settledAt: instant,
});

const disconnectedAfterVerified = z.strictObject({
  kind: kind('disconnected_after_verified'),
  directionId,
  batchId,
  operator,
  rows: count.describe(
    "connections that were verified, given more time, taken back or somebody else's since, and are said to be cut off",
  ),
  receipt: place,
});

const portingDisputed = z.strictObject({
  kind: kind('porting_disputed'),
  batchId: batchId.describe("the batch of the other operator's direction"),
  disputedBy: operator.describe('the operator that has no such connections'),
  from: operator.describe('the operator that said that they were ported: they return to it'),
  rows: count,
});

/** The notices to the operator that they concern. */
export const operatorNotice = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: kind('order'),
    directionId,
    batchId,
    operator,
    directionKind: z.enum(DIRECTION_KIND_NAMES),
    order: z.enum([...ORDERS, RESTORE.order]),
    rung: z.string().describe('the rung, counted from 1, or `failed` or `back`'),
    rows: count,
    deadline: instant,
    bucket: z.string(),
    key: z.string(),
    size: count.describe('bytes'),
    sha256,
  }),
  z.strictObject({
    kind: kind('receipt'),
    directionId: directionId.optional(),
    batchId: batchId.optional(),
    operator,
    ...receipt,
    refused: z.string().nullable().describe('why the whole response was refused, or null'),
  }),
  z.strictObject({ kind: kind('usage_imported'), ...usage }),
  usageStopped,
  usageGated,
  z.strictObject({ ...strayObject, operator }),
  z.strictObject({ ...quarantined, operator }),
  z.strictObject({ kind: kind('settled'), batchId, operator, settledAt: instant }),
  disconnectedAfterVerified,
  portingDisputed.extend({ operator }),
]);
export type OperatorNotice = z.infer<typeof operatorNotice>;

const approver = z.string().describe("the approver's id, or `*` for all of them");

const preview = {
  bucket: z.string(),
  key: z.string().describe("the batch's preview, as JSON"),
  sha256: z.string().describe('SHA-256 of the preview, 64 hexadecimal digits: decisions name it'),
};
const people = z.int().positive().describe('how many different approvers must approve');
const decideBy = instant.nullable().describe('after this instant the batch lapses; null where it never does');

const decisionNeeded = {
  kind: kind('decision_needed'),
  batchId,
  agency,
  file,
  handsets: count.optional().describe("of a report's batch"),
  held: count.optional().describe('handsets that look cloned'),
  linked: count.optional().describe('numbers seen in any of the handsets'),
  linkedOnlyByHeld: count.optional().describe('numbers seen in held handsets only'),
  subjects: count.optional().describe('of a reversal: numbers and handsets that it is asked to give back'),
  people,
  decideBy,
  ...preview,
  page: place.describe('where the preview lies as a page for people'),
};
const decisionReminder = {
  kind: kind('decision_reminder'),
  batchId,
  agency,
  file,
  people,
  approved: count.describe('approvers who approve so far'),
  decideBy,
  ...preview,
};

const batchApproved = z.strictObject({
  kind: kind('batch_approved'),
  batchId,
  agency,
  file,
  approvedAt: instant,
  sha256: preview.sha256,
});
const withoutEffect = {
  batchId,
  agency,
  file,
  endedAt: instant,
  bucket: z.string(),
  key: z.string().describe("the batch's summary"),
};
const reportCounts = z.strictObject({ rows: count, rejected: count, repeats: count, handsets: count });
const batchEmpty = z.strictObject({ kind: kind('batch_empty'), ...withoutEffect, report: reportCounts, rejects });
const batchRefused = z.strictObject({
  kind: kind('batch_refused'),
  ...withoutEffect,
  remarks: z.array(z.string()).optional().describe('why, in the words of each who refused'),
});
const batchLapsed = z.strictObject({ kind: kind('batch_lapsed'), ...withoutEffect });
const batchOverLimit = z.strictObject({
  kind: kind('batch_over_limit'),
  ...withoutEffect,
  of: z.enum(LIMITED).describe("whether the report alone, or with the agency's others in 24 hours; or an appeal"),
  what: z.enum(LIMITED_BY),
  found: count,
  limit: count,
});
const batchWithdrawn = z.strictObject({ kind: kind('batch_withdrawn'), ...withoutEffect });

/** How a wait for a decision ended. */
export type EndingNotice = z.infer<
  typeof batchApproved | typeof batchRefused | typeof batchLapsed | typeof batchOverLimit | typeof batchWithdrawn
>;

/** The notices to the agency that they concern. */
export const agencyNotice = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: kind('batch_registered'),
    agency,
    batchId,
    file,
    report: reportCounts,
    rejects,
    uploadedAt,
  }),
  z.strictObject({
    kind: kind('same_report'),
    agency,
    batchId: batchId.describe('the batch that the file started before'),
    state: z.enum(TOLD_STATES),
    file,
    rejects,
    uploadedAt,
  }),
  reportRefused,
  z.strictObject({ kind: kind('batch_failed'), agency, batchId }),
  z.strictObject({ ...strayObject, agency }),
  z.strictObject({ ...quarantined, agency }),
  z.strictObject({
    kind: kind('receipt'),
    agency,
    batchId: batchId.optional(),
    ...receipt,
    refused: z.string().nullable().describe('why the whole file was refused, or null'),
  }),
  batchSettled,
  batchEmpty,
  batchApproved,
  batchRefused,
  batchLapsed,
  batchOverLimit,
  batchWithdrawn,
]);
export type AgencyNotice = z.infer<typeof agencyNotice>;

/** The notices to the approver whom they concern. */
export const approverNotice = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: kind('receipt'),
    approver,
    batchId: batchId.optional(),
    ...receipt,
    past: count
      .optional()
      .describe('recorded rows of exemptions with a past day: they exempt nobody; absent where there are none'),
    refused: z.string().nullable().describe('why the whole file was refused, or null'),
  }),
  z.strictObject({ ...strayObject, approver }),
  z.strictObject({ ...quarantined, approver }),
  z.strictObject({ ...decisionNeeded, approver }),
  z.strictObject({ ...decisionReminder, approver }),
  usageGated.extend({ approver }),
  batchApproved.extend({ approver }),
  batchRefused.extend({ approver }),
  batchLapsed.extend({ approver }),
  batchOverLimit.extend({ approver }),
  batchWithdrawn.extend({ approver }),
]);
export type ApproverNotice = z.infer<typeof approverNotice>;

const ended = {
  execution: z.string().describe("the execution's ARN"),
  status: z
    .string()
    .describe('how it ended: FAILED, TIMED_OUT or ABORTED; SUCCEEDED where the batch was registered after that'),
};

/** Steps of a batch that fail and are tried again each hour: its state machine tells of them. */
export const BATCH_FAILING = ['deciding_failing', 'directing_failing', 'settling_failing', 'resuming_failing'] as const;
/** One of these steps. */
export type BatchFailing = (typeof BATCH_FAILING)[number];
/** The kind of the notice that a direction's ladder fails and is tried again each hour. */
export const DIRECTION_FAILING = 'direction_failing';

const error = z.string().describe("the error's name");
const batchFailing = <Kind extends BatchFailing>(name: Kind) => z.strictObject({ kind: kind(name), batchId, error });

const dailyDigest = z.strictObject({
  kind: kind('daily_digest'),
  day: z.iso.date().describe('the day in Asia/Kolkata'),
  asOf: instant.describe('when all this was so'),
  bucket: z.string(),
  key: z.string().describe("the day's digest, as JSON"),
  page: place.describe('where the digest lies as a page for people'),
  batches: count.describe('batches that have not ended'),
  decisions: count.describe('batches that wait for a decision'),
  heldHandsets: count.describe('handsets that these hold, since they look cloned'),
  due: count.describe('open rows whose order is to be answered within 24 hours'),
  overdue: count.describe('rows that were not answered for in time'),
  failed: count.describe('rows that failed re-verification and are not disconnected'),
  heldFiles: count.describe('usage files that are held up at the gate'),
  quarantined: count.describe('uploads in quarantine, of the last 30 days'),
  strays: count
    .optional()
    .describe('uploads that were found in wrong places within a day; earlier versions did not count them'),
  deadLetters: count.describe('messages in queues of dead letters, about'),
  untold: count.describe('batches of which nothing could be told'),
});

/** The notices to the administrators. */
export const administratorNotice = z.discriminatedUnion('kind', [
  dailyDigest,
  z.strictObject(strayObject),
  reportRefused,
  usageStopped,
  usageGated,
  z.strictObject({ kind: kind('usage_mostly_rejected'), ...usage }),
  z.strictObject({
    kind: kind('response_refused'),
    operator,
    file,
    why: z.string(),
    receipt: place,
    uploadedAt,
  }),
  z.strictObject({
    kind: kind('conflicts'),
    directionId,
    batchId,
    operator,
    conflicts: count.describe('answers that contradict what stands recorded'),
    receipt: place,
  }),
  disconnectedAfterVerified,
  portingDisputed,
  z.strictObject({
    kind: kind('many_extended'),
    batchId,
    operator,
    extended: count.describe('rows of the batch to whose subscribers the operator gave more time'),
    rows: count.describe("the operator's re-verification rows of the batch"),
  }),
  z.strictObject({ ...quarantined, execution: z.string().optional().describe('the execution that failed') }),
  z.strictObject({ kind: kind('batch_failed'), batchId, state: z.literal('failed'), ...ended }),
  z.strictObject({
    kind: kind('execution_ended'),
    batchId: batchId.optional(),
    state: z.string().optional(),
    ...ended,
    resumedBy: z.string().optional().describe('the execution in which the batch goes on'),
  }),
  z.strictObject({ kind: kind('direction_never_closed'), directionId }),
  batchFailing('deciding_failing'),
  batchFailing('directing_failing'),
  batchFailing('settling_failing'),
  batchFailing('resuming_failing'),
  z.strictObject({
    kind: kind(DIRECTION_FAILING),
    directionId,
    rung: z
      .int()
      .positive()
      .describe('the rung that it is at, counted from 1; after the last one where it is to be closed'),
    error,
  }),
  batchSettled,
  batchEmpty,
  z.strictObject(decisionNeeded),
  z.strictObject(decisionReminder),
  batchApproved,
  batchRefused,
  batchLapsed,
  batchOverLimit,
  batchWithdrawn,
]);
export type AdministratorNotice = z.infer<typeof administratorNotice>;

/** The mark in place of an approver's id that stands for all of them: no id has such a character. */
export const EVERY_APPROVER = '*';

/** A notice, and the setting that names the topic which carries it. */
export type Told =
  | { readonly topic: 'OPERATORS_TOPIC'; readonly notice: OperatorNotice }
  | { readonly topic: 'AGENCIES_TOPIC'; readonly notice: AgencyNotice }
  | { readonly topic: 'APPROVERS_TOPIC'; readonly notice: ApproverNotice }
  | { readonly topic: 'ADMINISTRATORS_TOPIC'; readonly notice: AdministratorNotice };
/** The setting that names a topic. */
export type TopicName = Told['topic'];

/** A notice that could not be told, as it lies in the work bucket. */
export const toldForm = formOf<Told>(
  'notice to be told later',
  7,
  z.discriminatedUnion('topic', [
    z.strictObject({ topic: z.literal('OPERATORS_TOPIC'), notice: operatorNotice }),
    z.strictObject({ topic: z.literal('AGENCIES_TOPIC'), notice: agencyNotice }),
    z.strictObject({ topic: z.literal('APPROVERS_TOPIC'), notice: approverNotice }),
    z.strictObject({ topic: z.literal('ADMINISTRATORS_TOPIC'), notice: administratorNotice }),
  ]),
  // The second form has what receipts count, and why a batch was refused; the third, what is asked of a reversal; the fourth, the uploaded
  // file; the fifth, the daily digest; the sixth, batches of no handsets; the seventh, exemptions' rows with past days.
  {
    1: unchanged,
    2: unchanged,
    3: unchanged,
    4: unchanged,
    5: unchanged,
    6: unchanged,
  },
);

/** Notices with the topic that carries them: each side has one of its own, and subscriptions choose among its notices. */
export const toOperator = (notice: OperatorNotice) => ({ topic: 'OPERATORS_TOPIC', notice }) as const;
export const toAgency = (notice: AgencyNotice) => ({ topic: 'AGENCIES_TOPIC', notice }) as const;
export const toApprover = (notice: ApproverNotice) => ({ topic: 'APPROVERS_TOPIC', notice }) as const;
export const toAdministrators = (notice: AdministratorNotice) => ({ topic: 'ADMINISTRATORS_TOPIC', notice }) as const;

/** The attributes by which subscriptions choose: the kind, the recipient, and for an order which one it is. */
export function attributesOf({ topic, notice }: Told): Record<string, string> {
  const { kind } = notice;
  if (topic === 'AGENCIES_TOPIC') return { kind, agency: notice.agency };
  if (topic === 'APPROVERS_TOPIC') return { kind, approver: notice.approver };
  if (topic === 'ADMINISTRATORS_TOPIC') return { kind };
  return { kind, operator: notice.operator, ...(notice.kind === 'order' ? { order: notice.order } : {}) };
}
