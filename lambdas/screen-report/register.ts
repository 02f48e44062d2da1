import { toldState } from '../domain/batches.ts';
import { FileFault } from '../domain/csv.ts';
import type { Instant } from '../domain/days.ts';
import type { BatchId } from '../domain/identifiers.ts';
import { toAgency } from '../domain/notices.ts';
import type { ScreeningTotals } from '../domain/screening.ts';
import { SELF_CHECK } from '../domain/self-check.ts';
import { log } from '../runtime/log.ts';
import { measure } from '../runtime/metrics.ts';
import { audit } from '../stores/audit.ts';
import type { Batch } from '../stores/cases/batches.ts';
import { registerBatch } from '../stores/cases/executions.ts';
import { tell } from '../stores/notices.ts';
import type { Place } from '../stores/objects.ts';
import { mark } from '../stores/upload-marks.ts';
import { env } from './environment.ts';
import type { Report } from './input.ts';
import { refuse } from './refuse.ts';

/** A report that was read to its end, and whose handsets are written. */
interface Screened {
  readonly batchId: BatchId;
  /** The SHA-256 of the report's bytes. */
  readonly sha256: string;
  readonly totals: ScreeningTotals;
  /** The file of the handsets in the work bucket. */
  readonly handsetsKey: string;
}

/**
 * Registers a report's batch for an execution, and tells its agency and the audit. A report that is registered already is not registered
 * again: its agency is told how its batch stands.
 * @param rejects the place of the report's rejects
 * @returns the batch, if it is this execution's; else what became of the report
 * @throws Conflict when the execution has ended
 */
export async function register(
  report: Report,
  rejects: Place,
  { batchId, sha256, totals, handsetsKey }: Screened,
  { execution, now }: { readonly execution: string; readonly now: Instant },
): Promise<
  Awaited<ReturnType<typeof refuse>> | { status: 'same'; batchId: BatchId } | { status: 'registered'; batch: Batch }
> {
  const { agency, uploadedAt } = report;
  const batch = await registerBatch(env.CASES, {
    batchId,
    kind: 'report',
    agency,
    file: report.key,
    sha256,
    execution,
    state: 'waiting',
    plan: 0,
    startedAt: now,
    uploadedAt,
    report: totals,
    handsetsKey,
  });
  // The id holds 48 bits of the hash, and somebody who wants to can make two reports that have them in common.
  if (batch.sha256 !== sha256) return await refuse(report, rejects, new FileFault(1, 'batch_id_taken'));
  if (batch.execution !== execution) {
    const state = toldState(batch);
    await tell(env, toAgency({ kind: 'same_report', agency, batchId, state, file: report.key, rejects, uploadedAt }));
    await mark(env.WORK, 'worked', report);
    log.info('same report again', { batchId });
    return { status: 'same', batchId };
  }
  const { report: counts } = batch;
  await tell(
    env,
    toAgency({ kind: 'batch_registered', agency, batchId, file: report.key, report: counts, rejects, uploadedAt }),
  );
  await audit(env, {
    batchId,
    id: `registered/${execution}`,
    kind: 'batch_registered',
    at: batch.startedAt,
    facts: { uploader: agency, uploadedAt, version: report.versionId ?? null, ...counts },
    files: { report: { key: report.key, sha256 } },
  });
  await mark(env.WORK, 'worked', report);
  if (agency !== SELF_CHECK) {
    measure('BatchesRegistered', { agency });
    measure('RowsRead', { file: 'report' }, counts.rows);
    measure('RowsRejected', { file: 'report' }, counts.rejected);
  }
  log.info('batch registered', { batchId, ...counts });
  return { status: 'registered', batch };
}
