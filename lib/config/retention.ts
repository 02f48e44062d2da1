import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { z } from 'zod';
import { CONTESTED_DAYS } from '../../lambdas/domain/limits.ts';
import { EXECUTION_DAYS } from './policy.ts';

const logDays = Object.values(RetentionDays).filter((days) => typeof days === 'number');

/** Days within which S3 removes what is due: it rounds each time up to midnight, and removes objects some time after that. */
export const REMOVAL_DAYS = 7;

/** The days for which things are kept. */
export const retention = z
  .object({
    /**
     * Days after the last look-back window that could hold a link, after which it goes. A report is read with the window of its upload, up
     * to 14 days later if its event waits in a queue.
     */
    linkMarginDays: z.int().min(15, 'an event may wait 14 days in its queue'),
    /** Uploads: reports, usage and responses. */
    inboxDays: z.int().min(15, 'an event may wait 14 days in its queue'),
    /** Prepared files and plans. An execution may run for a year, and late responses are checked against its rows. */
    workDays: z.int().min(400, 'an execution may run for a year, and its batch is settled after it'),
    /**
     * Everything that tells of a number or a handset beyond the work on it: its claim, from the last word on it on (a month after the end
     * of the newest ladder that directed it, in which late answers come, or a still later answer); orders, receipts, rejects and lists,
     * from their publication on.
     */
    caseDays: z
      .int()
      .min(
        EXECUTION_DAYS + CONTESTED_DAYS,
        `an execution may run for a year, and who was disconnected may contest it for ${CONTESTED_DAYS} days`,
      ),
    /** Explanations, and what was prepared of them: they tell what a caseworker was told of somebody. */
    explanationDays: z.int().min(15, 'an event may wait 14 days in its queue, and finds what was prepared'),
    /** Versions that were overwritten or deleted, in every bucket but the audit's. */
    oldVersionDays: z.int().positive(),
    /** Logs of functions and state machines. */
    logDays: z.literal(logDays, `must be one of ${logDays.join(', ')}, as CloudWatch keeps logs`),
    /** Entries of the audit, which nobody can delete before that. */
    auditDays: z.int().positive(),
  })
  .refine(({ inboxDays, oldVersionDays, workDays }) => inboxDays + oldVersionDays + REMOVAL_DAYS <= workDays, {
    message: `must be inboxDays, oldVersionDays and ${REMOVAL_DAYS} together at least: an upload without its mark would be worked on again`,
    path: ['workDays'],
  });
export type Retention = z.infer<typeof retention>;

export const DEFAULT_RETENTION: Retention = {
  linkMarginDays: 30,
  inboxDays: 400,
  workDays: 1095,
  // Three years, even with a leap day.
  caseDays: 1096,
  explanationDays: 90,
  oldVersionDays: 90,
  logDays: RetentionDays.ONE_YEAR,
  auditDays: 3653,
};
