/**
 * What the functions measure, as metrics of CloudWatch. They are for watching: a step that was tried again may count twice, and one that
 * died after its commit not at all. Ledgers and summaries tell what became of each row.
 */

/** The metrics' namespace. */
export const NAMESPACE = 'HandsetFraud';

/**
 * Each measure with the dimensions that divide it. All are published under the stage alone and under stage and dimensions.
 * A dimension's values are few and configured: each combination is a metric that is paid for. None names a person or a batch.
 */
export const MEASURES = {
  /** Batches that began, and that settled. */
  BatchesRegistered: ['agency'],
  BatchesSettled: ['agency'],
  /** Reports that could not be read. */
  ReportsRefused: ['agency'],
  /** Usage files that could not be read to their end. */
  UsageStopped: ['operator'],
  /** Usage files that are held up at the gates. */
  UsageGated: ['operator'],
  /** Rows of a kind of file: report, usage or response; and those of them that could not be taken. */
  RowsRead: ['file'],
  RowsRejected: ['file'],
  /** Orders by operator and what they order. */
  OrdersIssued: ['operator', 'order'],
  ResponsesRecorded: ['operator'],
  ResponsesRefused: ['operator'],
  /** Rows of responses that were recorded, by what they said. */
  RowsRecorded: ['outcome'],
  /** Rows that contradict what is recorded. */
  Conflicts: ['operator'],
  /** Rows of a batch that settled, for which nobody answered in time. */
  ConnectionsOverdue: ['operator'],
  HandsetsOverdue: ['operator'],
  /** Rows of a batch that settled, for which its books have no account. */
  Unexplained: [],
  /** What is open, as the sweep finds it: batches, and those of them that are late. */
  BatchesOpen: [],
  BatchesLate: [],
  SubscriptionsPending: [],
  /** Directions that are open, by what was ordered last. */
  DirectionsOpen: ['order'],
  /** Rows that are open. */
  RowsOpen: ['operator'],
  /** Open directions past half of their first rung, of operators that have not answered in the whole batch. */
  DirectionsUnanswered: ['operator'],
  /** Uploads that went into quarantine: nothing takes them up again by itself. */
  Quarantined: [],
  /**
   * What the sweep found undone and caused to be done: an upload, a batch, a direction; notices and notes to the audit that were told
   * later.
   */
  Mended: ['what'],
  /** Requests that a policy or a key refused to a function. */
  Denied: [],
} as const satisfies Record<string, readonly string[]>;

/** The name of a measure. */
export type Measure = keyof typeof MEASURES;

/** The values of a measure's dimensions. */
export type DimensionsOf<M extends Measure> = Readonly<Record<(typeof MEASURES)[M][number], string>>;
