import { z } from 'zod';
import { DIRECTION_KINDS } from '../../lambdas/domain/kinds.ts';
import type { Order } from '../../lambdas/domain/ladders.ts';

/** As long as Step Functions lets an execution run. */
export const EXECUTION_DAYS = 365;
/**
 * All rungs of a ladder together. A batch's execution began before its ladders, and may wait weeks for its turn to plan;
 * deadlines move later where the first order could not be issued; and the books may not be settled at once.
 */
export const LONGEST_LADDER_DAYS = 300;

const rung = <O extends Order>(orders: readonly [O, ...O[]]) =>
  z.object({
    order: z.enum(orders),
    days: z
      .int('must be a whole number of days')
      .positive('must be at least one day')
      .max(LONGEST_LADDER_DAYS, `must be at most ${LONGEST_LADDER_DAYS} days, as long as all rungs together may take`),
  });

/** What a ladder may hold, by the kind of its direction. */
interface Rules<O extends Order> {
  readonly orders: readonly [O, ...O[]];
  readonly beginsWith: O | null;
}

const ladder = <O extends Order>({ orders, beginsWith }: Rules<O>) =>
  z
    .array(rung(orders))
    .min(1, 'a ladder needs at least one rung')
    .refine((rungs) => rungs.reduce((days, { days: more }) => days + more, 0) <= LONGEST_LADDER_DAYS, {
      error: `all rungs together may take ${LONGEST_LADDER_DAYS} days, since an execution ends after ${EXECUTION_DAYS}`,
    })
    .refine(([first]) => beginsWith === null || first?.order === beginsWith, {
      error: `must begin with ${beginsWith}: nobody is barred without having been asked`,
    });

/** What a new on-demand table bears, in units a second. */
export const NEW_TABLE = { warmWrites: 4000, warmReads: 12_000 } as const;

/** The thresholds that an administrator may change; every one of them is read when the app is synthesized. */
export const policy = z.object({
  ladders: z.object({
    block: ladder(DIRECTION_KINDS.block),
    reverify: ladder(DIRECTION_KINDS.reverify),
    restore: ladder(DIRECTION_KINDS.restore),
    unblock: ladder(DIRECTION_KINDS.unblock),
  }),
  /** A batch takes the sightings of so many days before its report's upload. */
  lookBackDays: z.int().positive().max(3650),
  /** Handsets or connections in one direction, at most. Five bytes each in the ledger, which must stay far under 400 kB. */
  rowsPerDirection: z.int().positive().max(10_000),
  /** Handsets that one child of Expand reads. */
  handsetsPerChild: z.int().positive().max(1000),
  /** Links in one shard of Claim, at the expected number of links per handset. */
  linksPerShard: z.int().positive().max(100_000),
  /** Links that a reported handset has on average: 2,000,000 connections over 28,200 handsets. */
  linksPerHandset: z.int().positive(),
  /** From how many distinct numbers on a handset looks cloned: on one day, and in the whole look-back window. */
  busyDay: z.int().positive(),
  manyConnections: z.int().positive(),
  /** How many different approvers must approve a report before it has any effect; 0: it goes on at once, and every held handset is spared. */
  people: z.int().nonnegative(),
  /** Likewise of a reversal, and of one that has more subjects than `largeReversal`. */
  reversalPeople: z.int().nonnegative(),
  largeReversalPeople: z.int().nonnegative(),
  largeReversal: z.int().positive(),
  /** How many subjects an appeal may have, whatever approvers say. */
  mostSubjects: z.int().positive(),
  /** For how many hours a report waits for its approvers before it lapses. */
  decideWithinHours: z
    .int()
    .positive()
    .max(30 * 24),
  /** How many numbers and handsets a report, or those of one agency in 24 hours, may reach, whatever approvers say. */
  mostNumbers: z.int().positive(),
  mostHandsets: z.int().positive(),
  /** How many days after its upload an exemption may end at the latest; what was prepared is kept for longer. */
  exemptionDays: z.int().positive().max(365),
  /** For how many days after a port that nobody disputes a number can't have been ported again. */
  portingDays: z.int().positive(),
  /** By how many days the deadlines of who is given more time come later. */
  extensionDays: z.int().positive().max(365),
  /** An operator that gives more time to more than so many in a hundred of its rows of a batch is told of to the administrators. */
  mostExtendedPercent: z.int().nonnegative().max(100),
  /** From how many rows on a usage file is weighed before it is imported. */
  gateRows: z.int().positive(),
  /** Held up is a file of which more than so many percent of the rows are rejected. */
  gateRejectedPercent: z.int().nonnegative().max(100),
  /** Or of whose good rows more than so many percent name the same handset, or the same number. */
  gateSamePercent: z.int().positive().max(100),
  /** Or that has fewer good rows than so many percent, or more than so many, of the median of its operator's last files. */
  gateFewestPercent: z.int().nonnegative().max(100),
  gateMostPercent: z.int().min(100),
  /** The median is that of so many files at most, and of so many at least: before that nothing is said of a file's size. */
  gateFiles: z.int().positive().max(50),
  gateFewestFiles: z.int().positive().max(50),
  /** How many rows of a caseworker's file of lookups are answered, and of all those of a day. The audit has an entry for each file. */
  lookupsPerFile: z.int().positive().max(2000),
  lookupsPerDay: z.int().positive().max(1_000_000),
  /**
   * Units a second that both tables bear from their first second on, for an event that is expected; raising them is paid
   * for once. A new on-demand table bears 4,000 writes or 12,000 reads, and they can't be lowered under what a table bears.
   */
  warmWrites: z.int().min(NEW_TABLE.warmWrites, 'a new table bears 4,000 writes a second already'),
  warmReads: z.int().min(NEW_TABLE.warmReads, 'a new table bears 12,000 reads a second already'),
  /** A usage file with more bytes is imported in pieces of this size, each within a function's 15 minutes. */
  bytesPerPiece: z
    .int()
    .positive()
    .max(64 * 1024 * 1024),
});
export type Policy = z.infer<typeof policy>;
export type Ladder = Policy['ladders']['block'];

/** The two clocks for re-verification: numbers flagged by police, a bank or as a nuisance caller; and all others. */
export const REVERIFY_LADDERS = {
  flagged: [
    { order: 'reverify', days: 5 },
    { order: 'bar_outgoing', days: 5 },
    { order: 'bar_incoming', days: 5 },
    { order: 'disconnect', days: 1 },
  ],
  normal: [
    { order: 'reverify', days: 30 },
    { order: 'bar_outgoing', days: 15 },
    { order: 'bar_incoming', days: 15 },
    { order: 'disconnect', days: 1 },
  ],
} as const;

export const DEFAULT_POLICY: Policy = {
  ladders: {
    block: [
      { order: 'block', days: 1 },
      { order: 'block', days: 1 },
    ],
    reverify: [...REVERIFY_LADDERS.flagged],
    restore: [
      { order: 'restore', days: 1 },
      { order: 'restore', days: 1 },
    ],
    unblock: [
      { order: 'unblock', days: 1 },
      { order: 'unblock', days: 1 },
    ],
  },
  lookBackDays: 180,
  rowsPerDirection: 2000,
  handsetsPerChild: 250,
  // A shard's part of each operator is cut by itself: with operators' shares of the market, so many fill their directions best.
  linksPerShard: 23_000,
  linksPerHandset: 71,
  busyDay: 25,
  manyConnections: 500,
  people: 2,
  reversalPeople: 1,
  largeReversalPeople: 2,
  largeReversal: 100,
  mostSubjects: 10_000,
  decideWithinHours: 48,
  mostNumbers: 3_000_000,
  mostHandsets: 50_000,
  exemptionDays: 90,
  portingDays: 90,
  extensionDays: 30,
  mostExtendedPercent: 5,
  gateRows: 100,
  gateRejectedPercent: 5,
  gateSamePercent: 20,
  gateFewestPercent: 50,
  gateMostPercent: 300,
  gateFiles: 10,
  gateFewestFiles: 3,
  lookupsPerFile: 1000,
  lookupsPerDay: 5000,
  // The event's 2,000,000 claims in ten minutes.
  warmWrites: 5500,
  warmReads: 16_500,
  // Some 140,000 rows: in time even where throttling leaves 200 of them a second.
  bytesPerPiece: 8 * 1024 * 1024,
};
