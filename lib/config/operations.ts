import { z } from 'zod';

/** What those who run a stage are told, and from when on. */
export const operations = z.object({
  /** Where the runbook stands; an alarm's description links to one of its paragraphs. A URL, or a path in this repository. */
  runbookUrl: z
    .string()
    .min(1, 'must say where the runbook stands')
    .regex(/^[^#\s]*$/, 'must be a URL or a path without a fragment'),
  /** Percent of the rows of a kind of file that may be rejected within an hour. */
  rejectPercent: z.number().positive().max(100),
});
export type Operations = z.infer<typeof operations>;

export const DEFAULT_OPERATIONS: Operations = {
  runbookUrl: 'docs/runbook.md',
  rejectPercent: 5,
};
