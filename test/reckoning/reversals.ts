/** The part of the second reckoning that is about reversals: their requests and their results. */
import { instant, linesOf, msisdnIn, sha256 } from './files.ts';
import type { Row } from './rows.ts';

const DAY = 86_400_000;
/** A restore or an unblock is ordered twice, each time for a day. */
const GIVEN_BACK_WITHIN = 2 * DAY;
const GROUNDS = ['wrong_number', 'wrong_handset', 'cloned', 'reissued', 'court_order'];

/** A number or a handset that is to be given back, and the line in which somebody asked for it; a withdrawal has no such line. */
export interface Subject {
  kind: 'restore' | 'unblock';
  identifier: string;
  ground: string;
  line: number;
}

/** A file that waits for a decision: an appeal with its subjects, or the withdrawal of a whole report. */
export interface Asking {
  id: string;
  uploader: string;
  key: string;
  subjects: Subject[];
  /** The batch that is withdrawn. */
  of?: string;
}

/** A reversal that ended. */
export interface Reversal {
  id: string;
  /** The decided and directed rows, by reckoning: `kind,operator,identifier,imei`, sorted. */
  directed: string[];
  /** Lines of `appeals.csv` or, for a withdrawal, of `kept.csv`. */
  answers: string[];
  file: 'appeals.csv' | 'kept.csv';
  summary: Record<string, unknown>;
}

/** The id of the batch that an upload begins. */
export const reversalId = (uploader: string, key: string, version: string) =>
  `${uploader}-${sha256(`${key}\n${version}`).slice(0, 12)}`;

/** The numbers that an appeal asks for, and the receipt of its rows; nobody in the sample asks for the same number twice. */
export function readAppeal(text: string): { subjects: Subject[]; receipt: Record<string, unknown> } {
  const subjects: Subject[] = [];
  const rejects: { line: number; reason: string }[] = [];
  const { columns, lines } = linesOf(text);
  if (columns.join() !== 'msisdn,ground,case_ref')
    throw new Error('nobody in the sample appeals for more than numbers');
  for (const { line, cells } of lines) {
    const number = msisdnIn(cells?.msisdn);
    const ground = cells?.ground ?? '';
    if (!cells) rejects.push({ line, reason: 'wrong_cell_count' });
    else if ('reason' in number) rejects.push({ line, reason: number.reason });
    else if (!GROUNDS.includes(ground)) rejects.push({ line, reason: ground === '' ? 'missing_ground' : 'bad_ground' });
    else subjects.push({ kind: 'restore', identifier: number.msisdn, ground, line });
  }
  const rejected: Record<string, number> = {};
  for (const { reason } of rejects) rejected[reason] = (rejected[reason] ?? 0) + 1;
  const counts = { rows: lines.length, recorded: subjects.length, alreadyRecorded: 0 };
  return { subjects, receipt: { ...counts, rejected, rejects, refused: null } };
}

/** The standing of a row when it is decided upon. */
type Standing = (row: Row) => 'open' | 'overdue' | 'cut' | 'else';

/**
 * The state of a number or a handset, and the rows for which it is given back: at each operator, the newest row that took something.
 * @param rows newest first
 */
export function becomes(rows: readonly Row[], standing: Standing): { state: string; from: Row[] } {
  // Nobody in the sample was disconnected more than 90 days ago.
  if (rows.some(({ outcome }) => outcome === 'reissued')) return { state: 'tooLate', from: [] };
  const from = [...new Set(rows.map(({ operator }) => operator))].flatMap((operator) => {
    for (const row of rows.filter((one) => one.operator === operator)) {
      // Nobody answers the order that gives back what an order had taken.
      if (['verified', 'extended'].includes(row.outcome)) return standing(row) === 'cut' ? [row] : [];
      if (['disconnected', 'surrendered', 'blocked'].includes(row.outcome) || standing(row) !== 'else') return [row];
    }
    return [];
  });
  return { state: from.length > 0 ? 'directed' : 'nothingToRestore', from };
}

/** The books of a reversal, once all of its rows are answered or their time is over. */
export function reversalSummary(of: {
  asking: Asking;
  at: number;
  states: readonly string[];
  /** The rows of its own directions, and the number of other directions' rows that it ended, by operator. */
  rows: readonly Row[];
  ended: Readonly<Record<string, number>>;
  operators: readonly string[];
}): Record<string, unknown> {
  const { asking, at, states, rows, ended } = of;
  const subjects = { directed: 0, alreadyOpen: 0, tooLate: 0, nothingToRestore: 0, kept: 0, struck: 0 };
  for (const state of states) subjects[state as keyof typeof subjects] += 1;
  const outcomesOf = (some: readonly Row[]) => {
    const count = (outcome: string) => some.filter((row) => row.outcome === outcome).length;
    const [restored, unblocked, notFound] = [count('restored'), count('unblocked'), count('not_found')];
    return { directed: some.length, restored, unblocked, notFound, overdue: count('open') };
  };
  const directionsOf = (some: readonly Row[]) => new Set(some.map(({ direction }) => direction)).size;
  const operators = of.operators.map((operator) => {
    const own = rows.filter((row) => row.operator === operator);
    const overdueDirections = directionsOf(own.filter(({ outcome }) => outcome === 'open'));
    const counts = { directions: directionsOf(own), overdueDirections, outcomes: outcomesOf(own) };
    return [operator, { ...counts, withdrawn: ended[operator] ?? 0 }];
  });
  return {
    batchId: asking.id,
    kind: 'reversal',
    agency: asking.uploader,
    file: asking.key,
    status: 'settled',
    subjects: { asked: states.length, ...subjects },
    outcomes: outcomesOf(rows),
    withdrawn: Object.values(ended).reduce((sum, count) => sum + count, 0),
    operators: Object.fromEntries(operators),
    unexplained: 0,
    startedAt: instant(at),
    settledAt: instant(at + GIVEN_BACK_WITHIN),
  };
}
