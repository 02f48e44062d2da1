import { z } from 'zod';

/** What those who run a stage are told, and from when on. */
export const operations = z.object({
  /** Where the runbook stands; an alarm's description links to one of its paragraphs. A URL, or a path in this repository. */
  runbookUrl: z
    .string()
    .min(1, 'must say where the runbook stands')
    .regex(/^[^#\s]*$/, 'must be a URL or a path without a fragment'),
  /** How often the sweep looks at what is open and what did not happen: at least twice in the shortest rung, which is a day. */
  sweepHours: z.int().positive().max(24, 'a rung may last a day'),
  /** Percent of the rows of a kind of file that may be rejected within an hour. */
  rejectPercent: z.number().positive().max(100),
});
export type Operations = z.infer<typeof operations>;

export const DEFAULT_OPERATIONS: Operations = {
  runbookUrl: 'docs/runbook.md',
  sweepHours: 6,
  rejectPercent: 5,
};
