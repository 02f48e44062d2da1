import { dayOf, type Instant } from '../domain/days.ts';
import type { BatchId } from '../domain/identifiers.ts';
import type { BATCH_KINDS, BatchKind } from '../domain/kinds.ts';
import { elsewhereKey, handsetsKey, movedCsvKey, revocationKeys, summaryKey } from '../domain/outbox.ts';

export type Published = (typeof BATCH_KINDS)[BatchKind]['publishes'][number];

/** The keys in the outbox of the files that a settled batch may publish, by their names under the attempt's own folder. */
export function keysOf(batchId: BatchId, settledAt: Instant): Readonly<Record<Published, string>> {
  const revocations = revocationKeys(dayOf(settledAt), batchId);
  return {
    'elsewhere.csv': elsewhereKey(batchId),
    'handsets.csv': handsetsKey(batchId),
    'moved.csv': movedCsvKey(batchId),
    'revocations.csv': revocations.csv,
    'revocations.json': revocations.json,
    'summary.json': summaryKey(batchId),
  };
}
