import type { Instant } from '../domain/days.ts';
import { FOLLOW_UP } from '../domain/identifiers.ts';
import { toAdministrators, toAgency } from '../domain/notices.ts';
import { audit } from '../stores/audit.ts';
import type { Batch } from '../stores/cases/batches.ts';
import { tell } from '../stores/notices.ts';
import { askForStatus } from '../stores/status.ts';
import { env } from './environment.ts';

/**
 * Tells administrators, agency and audit that a batch failed with its execution, and asks that its status be told.
 * @param failed the plan that failed, which may not be the batch's any more
 */
export async function tellFailed(
  { agency, batchId }: Batch,
  failed: Pick<Batch, 'plan' | 'startedAt'>,
  ended: { readonly execution: string; readonly status: string },
  at: Instant,
): Promise<void> {
  await tell(env, toAdministrators({ kind: 'batch_failed', batchId, state: 'failed', ...ended }));
  // A night has no agency: the sweep begins it again.
  if (agency !== FOLLOW_UP) await tell(env, toAgency({ kind: 'batch_failed', agency, batchId }));
  await audit(env, {
    batchId,
    id: `failed/${ended.execution}`,
    kind: 'batch_failed',
    at,
    facts: { plan: failed.plan, startedAt: failed.startedAt },
  });
  await askForStatus(env, batchId, at);
}
