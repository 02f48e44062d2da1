/** What is there to be seen after a run. */
import type { Notice, Upload } from '../people.ts';

/** An item of a table, as plain values. */
export type Item = Record<string, unknown>;

/** A ledger as one write left it, and its place among all writes to the tables. */
export interface LedgerWrite {
  place: number;
  item: Item;
}

/** All that was there to be seen. */
export interface Seen {
  uploads: Upload[];
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
  failures: string[];
  /** Failures that were made to be. */
  excused: string[];
  /** How much longer than hours what went wrong may have kept things from happening, in milliseconds. */
  patience: number;
}
