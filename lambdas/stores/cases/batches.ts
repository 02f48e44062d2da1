/** Batches in table Cases, and the commits that move one on: its preview, its decision, its plan, and that it is settled. */
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { BATCH_STATES, type BatchState } from '../../domain/batches.ts';
import type { Instant } from '../../domain/days.ts';
import type { AgencyId, BatchId } from '../../domain/identifiers.ts';
import { BATCH_KIND_NAMES, type BatchKind } from '../../domain/kinds.ts';
import { type Covers, fields, formOf, unchanged } from '../../domain/stored.ts';
import type { Asker } from '../../domain/turn.ts';
import { dynamo } from '../clients.ts';
import { key, read, refusedByCondition } from './table.ts';

/** The record of a batch's decision that counts, and the tasks that wait for its end. */
export interface DecisionPointer {
  /** The record's key in the work bucket. */
  recordKey: string;
  /** The instant until which it is decided upon; null if nobody has to. */
  decideBy: Instant | null;
  /** The task tokens that wait for its end, the newest last. */
  tokens: string[];
  /** Each commit adds one to the version that it was read at. */
  version: number;
}

/** A batch as table Cases has it: its state, its plan, and which preview and decision are its own. */
export interface Batch {
  batchId: BatchId;
  kind: BatchKind;
  agency: AgencyId;
  /** The report's key in the inbox. */
  file: string;
  sha256: string;
  /** The Batch execution that works on it. */
  execution: string;
  /** The number of times that it was handed over to another execution because the one before had ended. */
  resumed?: number;
  state: BatchState;
  /** The plan's number; 0 until it takes its turn to plan. */
  plan: number;
  /** The instant when planning began: all deadlines count from it. Before that, the instant when the batch was registered. */
  startedAt: Instant;
  /** The instant since which it waits for its turn to plan. */
  approvedAt?: Instant;
  /** The instant when it ended without effect: refused, lapsed, over a limit or withdrawn. */
  endedAt?: Instant;
  /** Whether its ending is still to be published; nothing begins such a batch anew. */
  untold?: boolean;
  uploadedAt: Instant;
  report: { rows: number; rejected: number; repeats: number; handsets: number };
  /** The screened handsets of a report, in the work bucket. */
  handsetsKey?: string;
  /** The folder in the work bucket of the preview that counts, and the SHA-256 of its JSON; set by its commit. */
  previewKey?: string;
  previewSha256?: string;
  /**
   * The decision on it so far; set with its preview. Batches that were approved before there were decisions have none. A reversal that was
   * begun again has the decision of the attempt that failed until then.
   */
  decision?: DecisionPointer;
  /** The record in the work bucket of the file that withdrew it. */
  withdrawal?: string;
  /** The plan in the work bucket; set by the commit that makes the plan count. */
  planKey?: string;
  /** The instant of that commit, from which on what it decided counts. Batches of the fifth form and before have none. */
  directedAt?: Instant;
  settledAt?: Instant;
  /** The folder where Settle prepared what it published; set by the commit that settles. */
  settledUnder?: string;
}

const batch = z.strictObject({
  batchId: fields.batch,
  kind: z.enum(BATCH_KIND_NAMES),
  agency: fields.agency,
  file: z.string(),
  sha256: fields.sha256,
  execution: z.string(),
  resumed: fields.count.optional(),
  state: z.enum(BATCH_STATES),
  plan: fields.count,
  startedAt: fields.instant,
  approvedAt: fields.instant.optional(),
  endedAt: fields.instant.optional(),
  untold: z.boolean().optional(),
  uploadedAt: fields.instant,
  report: z.strictObject({
    rows: fields.count,
    rejected: fields.count,
    repeats: fields.count,
    handsets: fields.count,
  }),
  handsetsKey: z.string().optional(),
  previewKey: z.string().optional(),
  previewSha256: fields.sha256.optional(),
  decision: z
    .strictObject({
      recordKey: z.string(),
      decideBy: fields.instant.nullable(),
      tokens: z.array(z.string()),
      version: fields.count,
    })
    .optional(),
  withdrawal: z.string().optional(),
  planKey: z.string().optional(),
  directedAt: fields.instant.optional(),
  settledAt: fields.instant.optional(),
  settledUnder: z.string().optional(),
});
true satisfies Covers<typeof batch, Batch>;

/** A batch, as it lies in the table. */
export const batchForm = formOf<Batch>(
  'batch',
  7,
  batch,
  // Before there were kinds, a batch was a report's; before there were previews and decisions, it had none; before the fifth form it didn't
  // say whether its ending was published, before the sixth not when its plan counted; before the seventh nobody withdrew it.
  {
    1: (batch) => ({ kind: 'report', ...batch }),
    2: unchanged,
    3: unchanged,
    4: unchanged,
    5: unchanged,
    6: unchanged,
  },
);

/** @throws BadRecord */
export async function readBatch(table: string, id: BatchId): Promise<Batch | undefined> {
  return await read(table, key.batch(id), batchForm);
}

/** Changes a batch under a condition. Returns false when the condition did not hold. */
export async function changeBatch(
  table: string,
  id: BatchId,
  change: Partial<Batch>,
  condition: string,
  values: Record<string, unknown>,
): Promise<boolean> {
  const names = Object.keys(change);
  try {
    await dynamo.send(
      new UpdateCommand({
        TableName: table,
        Key: { pk: key.batch(id) },
        UpdateExpression: `SET ${names.map((name) => `#${name} = :${name}`).join(', ')}`,
        ConditionExpression: condition,
        ExpressionAttributeNames: Object.fromEntries(
          [...new Set([...names, ...(condition.match(/#(\w+)/g) ?? []).map((name) => name.slice(1))])].map((name) => [
            `#${name}`,
            name,
          ]),
        ),
        ExpressionAttributeValues: {
          ...Object.fromEntries(Object.entries(change).map(([name, value]) => [`:${name}`, value])),
          ...values,
        },
      }),
    );
    return true;
  } catch (error) {
    if (!refusedByCondition(error)) throw error;
    return false;
  }
}

/** The fields of a batch that its decision changes, and the preview to which it is bound. */
type Decided = Pick<
  Batch,
  'decision' | 'approvedAt' | 'endedAt' | 'untold' | 'previewKey' | 'previewSha256' | 'withdrawal'
> &
  Partial<Pick<Batch, 'state'>>;

/**
 * The commit that makes a preview the batch's and opens its decision. Returns false when the batch has one, or is on its way under another
 * execution.
 */
export function commitPreview(
  table: string,
  { batchId, execution }: Asker,
  preview: Required<Pick<Batch, 'previewKey' | 'previewSha256'>>,
  opened: Decided,
): Promise<boolean> {
  const condition = '#state = :waiting AND #execution = :mine AND attribute_not_exists(#previewKey)';
  const values = { ':waiting': 'waiting', ':mine': execution };
  return changeBatch(table, batchId, { ...preview, ...opened }, condition, values);
}

/** A commit to the decision of a batch that waits, on the version at which that was read. Returns false when somebody else came first. */
export function commitDecision(
  table: string,
  { batchId, execution }: Asker,
  decided: Decided,
  readAt: number,
): Promise<boolean> {
  const condition = '#state = :waiting AND #execution = :mine AND #decision.#version = :readAt';
  const values = { ':waiting': 'waiting', ':mine': execution, ':readAt': readAt };
  return changeBatch(table, batchId, decided, condition, values);
}

/**
 * The commit that ends a batch before it has a preview: no preview is made its own after that. Returns false if it has one, or waits no
 * more.
 */
export function commitUnpreviewed(table: string, { batchId, execution }: Asker, ended: Decided): Promise<boolean> {
  const condition = '#state = :waiting AND #execution = :mine AND attribute_not_exists(#previewKey)';
  return changeBatch(table, batchId, ended, condition, { ':waiting': 'waiting', ':mine': execution });
}

/** Notes that everybody concerned was told that a batch ended without effect. Returns false when it is another execution's by now. */
export function noteEndingTold(table: string, { batchId, execution }: Asker): Promise<boolean> {
  return changeBatch(table, batchId, { untold: false }, '#untold = :yes AND #execution = :mine', {
    ':yes': true,
    ':mine': execution,
  });
}

/** The commit that makes plan k count. Returns false when k is void, or was committed before. */
export function commitPlan(
  table: string,
  id: BatchId,
  plan: number,
  { planKey, directedAt }: Required<Pick<Batch, 'planKey' | 'directedAt'>>,
): Promise<boolean> {
  return changeBatch(table, id, { state: 'directed', planKey, directedAt }, '#state = :was AND #plan = :k', {
    ':was': 'planning',
    ':k': plan,
  });
}

/**
 * The commit that settles a batch: one that is directed, or one without handsets, which waits for nothing. Returns false when it was
 * settled before.
 */
export function commitSettled(table: string, id: BatchId, settledAt: Instant, settledUnder: string): Promise<boolean> {
  return changeBatch(
    table,
    id,
    { state: 'settled', settledAt, settledUnder },
    '#state = :directed OR (#state = :waiting AND #plan = :none)',
    {
      ':directed': 'directed',
      ':waiting': 'waiting',
      ':none': 0,
    },
  );
}

/** Begins the plan of this number for an approved batch. Returns false when the batch is on its way under this execution no more. */
export function registerPlan(
  table: string,
  { batchId, execution }: Asker,
  plan: number,
  startedAt: Instant,
): Promise<boolean> {
  const change = { state: 'planning', plan, startedAt } as const;
  return changeBatch(table, batchId, change, '#state IN (:approved, :planning) AND #execution = :mine', {
    ':approved': 'approved',
    ':planning': 'planning',
    ':mine': execution,
  });
}
