/** The stories of the campaign: their uploads and times, and each operator's answer for each row; and the times that all of them share. */
import { hash } from '../../simulation/random.ts';

export const START = Date.parse('2026-06-01T00:00:00Z');
export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

export const OPERATORS = ['airtel', 'jio'] as const;
export const AGENCIES = ['mha', 'up-police', 'delhi-police', 'i4c'] as const;
export const APPROVERS = ['approver-1', 'approver-2', 'approver-3'] as const;

export const CASEWORKERS = ['caseworker-1', 'caseworker-2'] as const;

/** The number of approvers who must approve a report. */
export const PEOPLE = 2;
/** The number of approvers who must approve a reversal. */
export const REVERSAL_PEOPLE = 1;
/**
 * The time for which a report waits for them: longer than the notice that asks them and their uploads take, even if both come with a sweep
 * of the next day.
 */
export const DECIDE_WITHIN = 4 * DAY;

/** The context with which the app is synthesized: several shards, children, pieces and directions at this size. */
export const CONTEXT = {
  operators: OPERATORS.join(','),
  sweepHours: '24',
  people: String(PEOPLE),
  decideWithinHours: String(DECIDE_WITHIN / HOUR),
  rowsPerDirection: '8',
  handsetsPerChild: '2',
  linksPerShard: '200',
  bytesPerPiece: '900',
  gateRows: '60',
  extensionDays: '3',
};

/** The days by which an extension postpones deadlines. */
export const EXTENSION_DAYS = Number(CONTEXT.extensionDays);

/** The name of the files that are held up if they are whole: they have more rows than any other, and one handset is in most of them. */
export const GATED_NAME = 'gated usage.csv';
/**
 * The time of the report, in milliseconds after the start. All usage before the report is in by then, even if a sweep sent its event again,
 * or if it failed, was in quarantine two days later and was uploaded again.
 */
export const REPORT_AT = 5 * DAY;
/**
 * Times after the day on which a batch begins that people may approve: rows that nobody answered in time may still be answered, as tardy
 * before the batch settles, and as late after that. People, and faults on their way, may take five days before it is planned.
 */
export const TARDY_AFTER = 8 * DAY;
export const LATE_AFTER = 23 * DAY;
/** The time by which a batch begins later if it lapsed at first: its agency hears of that, and uploads the same file again. */
export const LAPSES_AFTER = 6 * DAY;
/** The agency of follow-ups, with which their ids begin. */
export const FOLLOW_UP = 'followup';

/** An upload, whole or cut. */
export interface Upload {
  key: string;
  /** Epoch milliseconds. */
  at: number;
  text: string;
}

/** An operator's answer for a row, and its time. */
export type Fate =
  | 'verified'
  | 'not_found'
  | 'disconnected'
  /** Answered failed, and disconnected when that is ordered. */
  | 'failed, disconnected'
  | 'failed'
  | 'blocked'
  /** Ported to the other operator; only in stories where numbers move. */
  | 'ported'
  | 'extended'
  | 'reissued'
  | 'surrendered'
  | 'restored'
  | 'unblocked'
  /** Answered for a block after its ladder has ended, before its batch settles. */
  | 'tardy'
  /** Answered after its batch has settled. */
  | 'late'
  | 'unanswered';

/** The way in which an operator answers a direction. */
export type Habit = 'whole' | 'parts' | 'mistakes' | 'never';

export interface Planned {
  /** Milliseconds after the start. */
  at: number;
  /** The key in the inbox. */
  key: string;
  text: string;
}

export interface Story {
  seed: number;
  usage: Planned[];
  reports: (Planned & { agency: string })[];
  /** Whether an approver lets in a file that is held up. */
  admits?: boolean;
  /** Whether operators say of some numbers that they go on elsewhere, are somebody else's, or were given up. */
  moves?: boolean;
  /** The caseworkers' appeals, and the agencies' withdrawals of their reports when these are directed. */
  reversals?: Planned[];
  /** What caseworkers ask about. */
  lookups?: Planned[];
  /** The decision on them; by default it follows from the seed. */
  reversed?: Reversed;
  /** The end of the story, in milliseconds after the start. */
  ends: number;
  /** All numbers, IMEIs (14 digits) and IMSIs that occur, as digits. */
  identifiers: string[];
  /**
   * The operators' habits, by `agency kind operator`, and their answers (`fates`), by `kind operator identifier`; by default they follow
   * from the seed.
   */
  habits?: Readonly<Record<string, Habit>>;
  /** The operators that answer all of their directions in one file; without habits it follows from the seed. */
  combining?: readonly string[];
  /** The decision on each report; by default it follows from the seed. */
  decided?: Decided;
  fates?: Readonly<Record<string, Fate>>;
}

/** One of a list, by chance, but always the same one for the same `what`. */
export const pick = <T>(list: readonly T[], ...what: (string | number)[]): T => list[hash(...what) % list.length] as T;
/** A day of the local calendar, `days` before the start's. */
export const dayBefore = (days: number) => new Date(START - days * DAY).toISOString().slice(0, 10);
export const digits = (value: number, length: number) => String(value).padStart(length, '0').slice(-length);

/** The decision on a report. */
export type Decided =
  /** Two approve. */
  | 'approved'
  /** One of the two leaves it out. */
  | 'handset struck'
  | 'number struck'
  /** One approves, and another one refuses. */
  | 'refused'
  /** Nobody decides in time, or one alone, or the second one at the very end of it; later two approve. */
  | 'nobody'
  | 'one alone'
  | 'at the last instant';

/** The decision on a reversal; `late`: it comes when nobody has said anything for a day. */
export type Reversed = 'approved' | 'struck' | 'refused' | 'late';

/** Whether a usage file is held up at the gates, unless somebody admits it. */
export function isGated({ key, text }: { key: string; text: string }): boolean {
  return key.endsWith(`/${GATED_NAME}`) && text.trimEnd().split('\n').length > Number(CONTEXT.gateRows);
}

/** The usage of a story that is imported in the end, without faults. */
export const importedOf = ({ usage, admits }: Story): Upload[] =>
  usage.filter((file) => admits === true || !isGated(file)).map(({ at, key, text }) => ({ at: START + at, key, text }));
