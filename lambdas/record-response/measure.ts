import type { Applied } from '../domain/applying-responses.ts';
import type { OperatorId } from '../domain/identifiers.ts';
import { RESTORE } from '../domain/kinds.ts';
import { SELF_CHECK } from '../domain/self-check.ts';
import { measure } from '../runtime/metrics.ts';

/** Counts what a commit recorded of an operator's file in one direction; nothing of what the self-check plays. */
export function measureResponse(operator: OperatorId, { ledger, rows, rejects, recordedAs, conflicts }: Applied): void {
  if (operator === SELF_CHECK) return;
  measure('ResponsesRecorded', { operator });
  measure('RowsRead', { file: 'response' }, rows);
  measure('RowsRejected', { file: 'response' }, rejects.length);
  for (const [outcome, count] of Object.entries(recordedAs)) measure('RowsRecorded', { outcome }, count);
  if (conflicts > 0) measure('Conflicts', { operator }, conflicts);
  const { failedOrder, backDue } = ledger.files.at(-1) ?? {};
  if (failedOrder) measure('OrdersIssued', { operator, order: 'disconnect' });
  if (backDue) measure('OrdersIssued', { operator, order: RESTORE.order });
}
