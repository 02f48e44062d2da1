import { z } from 'zod';
import { DIRECTION_KINDS } from '../../lambdas/domain/kinds.ts';
import type { Order } from '../../lambdas/domain/ladders.ts';

/** The days for which Step Functions lets an execution run. */
export const EXECUTION_DAYS = 365;
/**
 * The most days of all rungs of a ladder together. A batch's execution began before its ladders, and may wait weeks for its turn to plan;
 * deadlines move later if the first order could not be issued; and the books may not be settled at once.
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

/** The orders that a ladder may hold, by the kind of its direction. */
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

/** The load that a new on-demand table bears, in units a second. */
export const NEW_TABLE = { warmWrites: 4000, warmReads: 12_000 } as const;

/** The thresholds that an administrator may change; every one of them is read when the app is synthesized. */
export const policy = z.object({
  ladders: z.object({
    block: ladder(DIRECTION_KINDS.block),
    reverify: ladder(DIRECTION_KINDS.reverify),
    restore: ladder(DIRECTION_KINDS.restore),
    unblock: ladder(DIRECTION_KINDS.unblock),
  }),
  /** The days before its report's upload from which a batch takes sightings. */
  lookBackDays: z.int().positive().max(3650),
  /** The most handsets or connections in one direction. Each has five bytes in the ledger, which must stay far under 400 kB. */
  rowsPerDirection: z.int().positive().max(10_000),
  /** Handsets that one child of Expand reads. */
  handsetsPerChild: z.int().positive().max(1000),
  /** Links in one shard of Claim, at the expected number of links per handset. */
  linksPerShard: z.int().positive().max(100_000),
  /** Links that a reported handset has on average: 2,000,000 connections over 28,200 handsets. */
  linksPerHandset: z.int().positive(),
  /** The number of distinct numbers on one day from which on a handset looks cloned. */
  busyDay: z.int().positive(),
  /** The number of distinct numbers in the whole look-back window from which on a handset looks cloned. */
  manyConnections: z.int().positive(),
  /**
   * The number of different approvers who must approve a report before it has any effect; if it is 0, a report goes on at once, and every
   * held handset is spared.
   */
  people: z.int().nonnegative(),
  /** The number of approvers for a reversal. */
  reversalPeople: z.int().nonnegative(),
  /** The number of approvers for a reversal that has more subjects than `largeReversal`. */
  largeReversalPeople: z.int().nonnegative(),
  /** The number of subjects beyond which a reversal is a large one. */
  largeReversal: z.int().positive(),
  /** The most subjects that an appeal may have, whatever approvers say. */
  mostSubjects: z.int().positive(),
  /** The hours for which a report waits for its approvers before it lapses. */
  decideWithinHours: z
    .int()
    .positive()
    .max(30 * 24),
  /** The most numbers that a report, or those of one agency in 24 hours, may reach, whatever approvers say. */
  mostNumbers: z.int().positive(),
  /** The most handsets that a report, or those of one agency in 24 hours, may reach, whatever approvers say. */
  mostHandsets: z.int().positive(),
  /** The most days after its upload at which an exemption may end; what was prepared is kept for longer. */
  exemptionDays: z.int().positive().max(365),
  /** The days after a port that nobody disputes in which a number can't have been ported again. */
  portingDays: z.int().positive(),
  /** The days by which the deadlines come later for whoever is given more time. */
  extensionDays: z.int().positive().max(365),
  /** The percentage of its rows of a batch beyond which administrators are told that an operator gives more time. */
  mostExtendedPercent: z.int().nonnegative().max(100),
  /** The number of rows from which on a usage file is weighed before it is imported. */
  gateRows: z.int().positive(),
  /** The largest percentage of a file's rows that may be rejected: beyond it the file is held up. */
  gateRejectedPercent: z.int().nonnegative().max(100),
  /** The largest percentage of its good rows that may name the same handset, or the same number. */
  gateSamePercent: z.int().positive().max(100),
  /** The smallest number of its good rows, in percent of the median of its operator's last files. */
  gateFewestPercent: z.int().nonnegative().max(100),
  /** The largest number of its good rows, in percent of that median. */
  gateMostPercent: z.int().min(100),
  /** The most files of that median, the last ones. */
  gateFiles: z.int().positive().max(50),
  /** The fewest files of that median: with fewer a file's size is not judged. */
  gateFewestFiles: z.int().positive().max(50),
  /** The most rows that are answered of a caseworker's file of lookups. The audit has an entry for each file. */
  lookupsPerFile: z.int().positive().max(2000),
  /** The most rows that are answered of all of a caseworker's files of a day. */
  lookupsPerDay: z.int().positive().max(1_000_000),
  /**
   * Units a second that both tables bear from their first second on, for an event that is expected; raising them is paid for once. A new
   * on-demand table bears 4,000 writes or 12,000 reads, and they can't be lowered under what a table bears.
   */
  warmWrites: z.int().min(NEW_TABLE.warmWrites, 'a new table bears 4,000 writes a second already'),
  warmReads: z.int().min(NEW_TABLE.warmReads, 'a new table bears 12,000 reads a second already'),
  /** Bytes of a piece: a usage file with more bytes is imported in pieces of this size, each within a function's 15 minutes. */
  bytesPerPiece: z
    .int()
    .positive()
    .max(64 * 1024 * 1024),
});
export type Policy = z.infer<typeof policy>;
export type Ladder = Policy['ladders']['block'];

const { ladders: _, ...numbers } = policy.shape;
/** The numbers of the policy by their names: all of it but the ladders. A stage's file and a command line may change each of them. */
export const POLICY_NUMBERS = Object.keys(numbers) as (keyof typeof numbers)[];

/** The names of the ladders of re-verification; the first is that of a stage that names none. */
export const LADDER_NAMES = ['flagged', 'normal'] as const;
export type LadderName = (typeof LADDER_NAMES)[number];

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
} as const satisfies Record<LadderName, Readonly<Policy['ladders']['reverify']>>;

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
  // A shard's part of each operator is cut by itself: with the operators' shares of the market, this number fills their directions best.
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
  // The 2024 event's 2,000,000 claims are written in ten minutes at this rate.
  warmWrites: 5500,
  warmReads: 16_500,
  // A piece has some 140,000 rows: they are imported in time even if throttling leaves 200 of them a second.
  bytesPerPiece: 8 * 1024 * 1024,
};
