/** Which handsets of a report its agency has withdrawn: those that its directed reversals were asked for. */
import { askedForm } from '../domain/appeals.ts';
import { planCounts } from '../domain/batches.ts';
import { decidedBy } from '../domain/decisions.ts';
import { type BatchId, type Imei, isBatchId, type Msisdn } from '../domain/identifiers.ts';
import { type DirectionKind, rulesOf } from '../domain/kinds.ts';
import { SCREENED, WITHDRAWN } from '../domain/work.ts';
import { readApproval } from './cases/approvals.ts';
import { readBatch } from './cases/batches.ts';
import { listObjects, readText, writeObject } from './objects.ts';

interface Places {
  readonly WORK: string;
  readonly CASES: string;
}

/** Marks that a reversal is asked to take back what a report did, whatever is decided of it. */
export async function markWithdrawal(work: string, report: BatchId, reversal: BatchId): Promise<void> {
  await writeObject({ bucket: work, key: WITHDRAWN.key(report, reversal) }, '');
}

/** What one directed reversal was asked to take back, and whom approvers left out of it. */
interface TakenBack {
  readonly imeis: ReadonlySet<Imei> | null;
  readonly struck: ReadonlySet<Imei | Msisdn>;
}

/** What was withdrawn of a report. */
export interface Withdrawn {
  /** Whether a handset was withdrawn. One that an approver left out stands. */
  has(imei: Imei): boolean;
  /** Whether the report was withdrawn as a whole, and a number or handset with it. */
  wholeWith(identifier: Imei | Msisdn): boolean;
}

/** Whether what a batch found elsewhere, or directed, was withdrawn of it: a number goes with the whole report. */
export function isWithdrawn(
  withdrawn: Withdrawn,
  { kind, identifier }: { readonly kind: DirectionKind; readonly identifier: Imei | Msisdn },
): boolean {
  return withdrawn.wholeWith(identifier) || (rulesOf(kind).subject === 'handset' && withdrawn.has(identifier as Imei));
}

/** What was withdrawn of a report by now: only a plan that counts has an effect. */
export async function readWithdrawn(env: Places, report: BatchId): Promise<Withdrawn> {
  const all: TakenBack[] = [];
  const prefix = WITHDRAWN.prefixOf(report);
  for await (const { key } of listObjects({ bucket: env.WORK, key: prefix })) {
    const reversal = key.slice(prefix.length);
    const batch = isBatchId(reversal) ? await readBatch(env.CASES, reversal) : undefined;
    if (batch?.decision === undefined || batch.previewKey === undefined || !planCounts(batch.state)) continue;
    const place = { bucket: env.WORK, key: SCREENED.previews.asked(batch.previewKey) };
    const { withdraws } = askedForm.parse(await readText(place));
    const { struck } = decidedBy(await readApproval(env.WORK, batch.decision), []);
    if (withdraws?.batchId === report) all.push({ imeis: withdraws.imeis && new Set(withdraws.imeis), struck });
  }
  return {
    has: (imei) => all.some(({ imeis, struck }) => (imeis === null || imeis.has(imei)) && !struck.has(imei)),
    wholeWith: (identifier) => all.some(({ imeis, struck }) => imeis === null && !struck.has(identifier)),
  };
}
