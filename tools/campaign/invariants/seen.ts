/** The data that can be seen after a run. */
import type { Notice } from '../people.ts';
import type { Upload } from '../story.ts';

/** An item of a table, as plain values. */
export type Item = Record<string, unknown>;

/** A ledger after one write, and the write's place among all writes to the tables. */
export interface LedgerWrite {
  place: number;
  item: Item;
}

/** A file of an approver, as the record of a batch's decision counted it. */
export interface CountedFile {
  approver: string;
  sha256: string;
}

/** Everything that can be seen. */
export interface Seen {
  uploads: Upload[];
  /** The summaries of batches that lapsed, as they were then, by batch. */
  lapsed: Record<string, string[]>;
  /** The files that each batch's decision counted, in that order. */
  counted: Record<string, CountedFile[]>;
  outbox: Record<string, string>;
  /** Notices by queue. */
  notices: Record<string, Notice[]>;
  /** Each direction's writes, by version. */
  ledgers: Map<string, LedgerWrite[]>;
  /** The place of the first decision of each plan among all writes. */
  plans: Map<number, number>;
  /** Table Cases at the end, by partition key. */
  cases: Record<string, Item>;
  /** Executions that still run at the end: `machine name`. */
  running: string[];
  /** Executions of ImportByPieces that went well, by name. */
  importedBy: string[];
  failures: string[];
  /** Failures that were made on purpose. */
  excused: string[];
  /** The time, in milliseconds beyond some hours, for which faults may have kept things from happening. */
  patience: number;
  /** The end of the run, epoch milliseconds: no night comes after it. */
  until: number;
}
