import { z } from 'zod';

/** What the people who run a stage are told, and from when on. */
export const operations = z.object({
  /** The place of the runbook; an alarm's description links to one of its paragraphs. A URL, or a path in this repository. */
  runbookUrl: z
    .string()
    .min(1, 'must say where the runbook stands')
    .regex(/^[^#\s]*$/, 'must be a URL or a path without a fragment'),
  /** The hours between two sweeps, which look for batches whose execution ended, and for what could not be told. */
  sweepHours: z.int().positive().max(24, 'a rung may last a day'),
  /**
   * The hours between two surveys, which look at all that is open, and at uploads and directions as well. There are at least two in the
   * shortest rung, which is a day. A survey reads every open ledger, so that one each hour would cost more than all that a batch writes in
   * its ladders.
   */
  surveyHours: z.int().positive().max(24, 'a rung may last a day'),
  /** Percent of the rows of a kind of file that may be rejected within an hour. */
  rejectPercent: z.number().positive().max(100),
  /**
   * Functions that the account keeps free for each of Order, Record and Close, so that nothing else takes their place; 0: none.
   * The account must let a hundred more run beside all that it keeps free.
   */
  reservedConcurrency: z.int().nonnegative().max(1000),
});
export type Operations = z.infer<typeof operations>;

/**
 * The concurrency that is kept free in a protected stage: its account is taken to let a thousand functions run at once, as is the default.
 */
export const RESERVED_CONCURRENCY = 100;

export const DEFAULT_OPERATIONS: Operations = {
  runbookUrl: 'docs/runbook.md',
  sweepHours: 1,
  surveyHours: 6,
  rejectPercent: 5,
  reservedConcurrency: 0,
};
