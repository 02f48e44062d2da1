/** What is there to be seen after a run. */
import type { Notice } from '../people.ts';
import type { Upload } from '../story.ts';

/** An item of a table, as plain values. */
export type Item = Record<string, unknown>;

/** A ledger as one write left it, and its place among all writes to the tables. */
export interface LedgerWrite {
  place: number;
  item: Item;
}

/** A file of an approver's, as the record of a batch's decision counted it. */
export interface CountedFile {
  approver: string;
  sha256: string;
}

/** All that was there to be seen. */
export interface Seen {
  uploads: Upload[];
  /** The summaries of batches that lapsed, as they lay there then, by batch. */
  lapsed: Record<string, string[]>;
  /** The files that each batch's decision counted, in that order. */
  counted: Record<string, CountedFile[]>;
  outbox: Record<string, string>;
  /** By queue. */
  notices: Record<string, Notice[]>;
  /** Each direction's writes, by version. */
  ledgers: Map<string, LedgerWrite[]>;
  /** The place of the first decision of each plan among all writes. */
  plans: Map<number, number>;
  /** Table Cases at the end, by partition key. */
  cases: Record<string, Item>;
  /** Executions that run at the end: `machine name`. */
  running: string[];
  /** Executions of ImportByPieces that went well, by name. */
  importedBy: string[];
  failures: string[];
  /** Failures that were made to be. */
  excused: string[];
  /** How much longer than hours what went wrong may have kept things from happening, in milliseconds. */
  patience: number;
}
