import type { AskedSubject } from '../domain/asked.ts';
import type { Instant } from '../domain/days.ts';
import type { Listed } from '../domain/listed.ts';
import type { Batch } from '../stores/cases/batches.ts';

/** What an attempt collected for a batch. */
export interface Collected {
  /** The batch as it is to be registered. */
  readonly batch: Batch;
  readonly subjects:
    | {
        readonly listed: Listed;
        /** Distinct numbers to re-verify, by operator: the count that the books are held to, made without the list. */
        readonly linked: Readonly<Record<string, number>>;
      }
    /**
     * What a reversal is asked to take back, numbers first, and two other counts: of its subjects, and of the conditional ones beside them.
     */
    | { readonly asked: AsyncIterable<AskedSubject>; readonly count: () => number; readonly conditional: () => number };
  /** Opens the decision of the registered batch, and says until when it is awaited; one that is approved has none. */
  open(batch: Batch): Promise<{
    readonly state: 'approved' | 'waiting';
    readonly remindAt: Instant | null;
    readonly decideBy: Instant | null;
  }>;
}

/** Collects a batch's subjects; null if there are none, and no batch. */
export type Collector = (
  collect: Readonly<Record<string, unknown>>,
  of: { readonly execution: string; readonly now: Instant; readonly attempt: string },
) => Promise<Collected | null>;
