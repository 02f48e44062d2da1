/** A batch that people have approved: nothing is claimed for any other. */
import type { Instant } from '../../lambdas/domain/days.ts';
import { openDecision } from '../../lambdas/domain/decisions.ts';
import type { AgencyId, BatchId } from '../../lambdas/domain/identifiers.ts';
import { heldCsv } from '../../lambdas/domain/weighing.ts';
import { SCREENED } from '../../lambdas/domain/work.ts';
import type { Batch } from '../../lambdas/stores/cases/batches.ts';
import type { Embedded } from './embedded.ts';

/** Registers a batch that waits for a decision. */
export async function registerWaiting(
  { cases }: Pick<Embedded, 'cases'>,
  batchId: BatchId,
  startedAt: Instant,
  handsetsKey?: string,
): Promise<Batch> {
  const { registerBatch } = await import('../../lambdas/stores/cases/executions.ts');
  const whose = { batchId, kind: 'report', agency: 'mha' as AgencyId, file: 'reports/mha/a.csv' } as const;
  const report = { rows: 1, rejected: 0, repeats: 0, handsets: 1 };
  const at = { execution: 'bench', startedAt, uploadedAt: startedAt, sha256: '0'.repeat(64), handsetsKey };
  return registerBatch(cases, { ...whose, ...at, state: 'waiting', plan: 0, report });
}

/** Has a waiting batch approved by as many people as must, who are none; none of its handsets is held. */
export async function approve({ work, cases }: Pick<Embedded, 'work' | 'cases'>, batch: Batch): Promise<void> {
  const { writeObject } = await import('../../lambdas/stores/objects.ts');
  const { openApproval } = await import('../../lambdas/stores/cases/approvals.ts');
  const { batchId, startedAt } = batch;
  const previewKey = SCREENED.previews.folder(`screened/${batchId}`, 'bench');
  await writeObject({ bucket: work, key: SCREENED.previews.held(previewKey) }, heldCsv([]));
  const preview = '0'.repeat(64);
  const opening = { batchId, preview, people: 0, openedAt: startedAt, decideBy: null, overLimit: null };
  const asked = { previewKey, previewSha256: preview };
  await openApproval({ WORK: work, CASES: cases }, batch, asked, openDecision(opening), 'bench');
}
