/** What an operator's answer makes of a row of the year's own ledgers, by formats.md and due process alone. */
import { dayAt } from '../../test/reckoning/files.ts';
import type { AnswerRow } from './chronicle.ts';
import type { Decided } from './claims.ts';

/** The answers that operators may give, by the kind of a direction. */
const ANSWERS = {
  block: ['blocked', 'not_found'],
  reverify: ['verified', 'failed', 'disconnected', 'not_found', 'surrendered', 'reissued', 'ported', 'extended'],
  restore: ['restored', 'not_found'],
  unblock: ['unblocked', 'not_found'],
} as const;
/** The answers by which a connection ended. */
export const ENDS_CONNECTION = ['disconnected', 'surrendered'];

export interface LedgerRow {
  readonly decided: Decided;
  readonly direction: string;
  /** Epoch milliseconds at which its ladder ends. */
  readonly ends: number;
  outcome: string;
  on: string;
  /** The instant at which that was recorded; 0 where nothing was. */
  at: number;
  /** The instant of its first final answer; undefined where there is none. */
  endedAt: number | undefined;
  reissuedOn: string | undefined;
  /** The latest day on which its operator says in vain that it disconnected the number; '' where there is none. */
  laterEnd: string;
  /** The operator that it was ported to, and the day. */
  ported: { to: string; on: string } | undefined;
  /** For a row that goes on with a port: the operator that it was ported from. */
  readonly portedFrom: string | undefined;
  /** The operator at which it goes on, as long as nothing has taken it up there. */
  waitsAt: string | undefined;
  /** The operator's last answer, even if a reversal has ended the row since. */
  said: string | undefined;
  /** The reversal that took it back first, and the instant. */
  reversed: { readonly batchId: string; readonly at: number } | undefined;
  /**
   * Set where its operator says that it cut somebody off who was to keep their service, or had it back, and no night has asked for that
   * yet.
   */
  wasCutWrongly: boolean;
  /** The instant of that word; 0 where there is none. */
  cutAt: number;
  /** Counts the rows in the order in which they were directed. */
  readonly madeAt: number;
  /** The rows with which it goes on. */
  readonly continues: readonly LedgerRow[];
}

/** The counts of a response's rows by their results. */
export interface Taken {
  recorded: number;
  alreadyRecorded: number;
  rejected: number;
}

export const isOpen = ({ outcome }: LedgerRow): boolean => outcome === 'open' || outcome === 'failed';

/** Whether a row's ladder runs at an instant, nobody has ended it, and nothing has taken it back. */
export const isOpenAt = (row: LedgerRow, at: number): boolean =>
  isOpen(row) && at < row.ends && row.reversed === undefined;

/** Whether a row doesn't tell by itself who is cut off by a disconnection. What was known says nothing new. */
export const saysNothingItself = (row: LedgerRow, on: string): boolean =>
  !['verified', 'withdrawn', 'reissued'].includes(row.outcome) && !(row.outcome === 'disconnected' && on <= row.on);

/** Notes the day of a disconnection that changes nothing, and for which nobody is restored: it may have been somebody else's by then. */
export function noteLaterEnd(row: LedgerRow, { outcome, on }: AnswerRow, at: number): void {
  if (row.decided.kind !== 'reverify' || outcome !== 'disconnected' || on < row.decided.lastSeen) return;
  if (row.outcome === 'reissued' || (row.wasCutWrongly && row.cutAt === at)) return;
  if (row.outcome === 'disconnected' && on <= row.on) return;
  if (on > row.laterEnd) row.laterEnd = on;
}

/**
 * Records an answer of a row, or not.
 * @param portedFrom the operator to which the number goes back where it isn't there
 * @param isAnothers whether it tells of whoever has the number since
 */
export function answerRow(
  row: LedgerRow,
  { outcome, on, by = '' }: AnswerRow,
  at: number,
  portedFrom: string | undefined,
  isAnothers: boolean,
): keyof Taken {
  const { kind, lastSeen, directedFor } = row.decided;
  const known: readonly string[] = ANSWERS[kind];
  if (!known.includes(outcome)) return 'rejected';
  if (outcome === 'reissued' && on <= directedFor) return 'rejected';
  if ([...ENDS_CONNECTION, 'failed', 'ported'].includes(outcome) && on < lastSeen) return 'rejected';
  // Somebody who had service back and was cut off again is told of as a conflict, and given service back in the night.
  const hadEnded = [...ENDS_CONNECTION, 'open', 'failed'].includes(row.outcome);
  const backOn = row.reversed === undefined ? undefined : dayAt(row.reversed.at);
  // Whoever has the number since has nothing to do with what was taken back of the holder before.
  const wasBack = backOn !== undefined && !isAnothers && hadEnded && (on > backOn || (on === backOn && on > row.on));
  const keepsService =
    ['verified', 'withdrawn'].includes(row.outcome) || (row.outcome === 'extended' && row.reversed !== undefined);
  if (outcome === 'disconnected' && (wasBack || keepsService)) {
    row.wasCutWrongly = true;
    row.cutAt = at;
    return 'rejected';
  }
  // A number may be given to yet another holder.
  const isAgain = outcome === 'reissued' && row.outcome === 'reissued' && on > row.on;
  if (outcome === row.outcome && !isAgain) return 'alreadyRecorded';
  if (outcome === 'failed' && ENDS_CONNECTION.includes(row.outcome)) return 'alreadyRecorded';
  const isOverdue = at >= row.ends;
  // Who was given more time is open until a night goes on with them.
  const isProved = outcome === 'verified' && row.outcome === 'extended' && row.waitsAt !== undefined;
  if ((!isOpen(row) && outcome !== 'reissued' && !isProved) || (outcome === 'extended' && isOverdue)) return 'rejected';
  row.outcome = outcome;
  row.said = outcome;
  row.on = on;
  row.at = at;
  if (outcome !== 'failed') row.endedAt ??= at;
  row.waitsAt = undefined;
  if (outcome === 'reissued') row.reissuedOn = on;
  if (outcome === 'ported') row.ported = { to: by, on };
  if (!isOverdue && outcome === 'ported') row.waitsAt = by;
  if (!isOverdue && outcome === 'not_found') row.waitsAt = portedFrom;
  if (!isOverdue && outcome === 'extended') row.waitsAt = row.decided.operator;
  return 'recorded';
}
