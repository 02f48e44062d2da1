/** What a story of the campaign is: what is uploaded and when, and what each operator will say of each row; and when things happen in all of them. */
import { hash } from '../../simulation/random.ts';

export const START = Date.parse('2026-06-01T00:00:00Z');
export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

export const OPERATORS = ['airtel', 'jio'] as const;
export const AGENCIES = ['mha', 'up-police', 'delhi-police', 'i4c'] as const;
export const APPROVERS = ['approver-1', 'approver-2', 'approver-3'] as const;

export const CASEWORKERS = ['caseworker-1', 'caseworker-2'] as const;

/** How many approvers must approve a report. */
export const PEOPLE = 2;
/** How many must approve a reversal. */
export const REVERSAL_PEOPLE = 1;
/**
 * For how long a report waits for them: longer than the notice takes that asks them, and what they upload, where both come with a
 * sweep of the next day.
 */
export const DECIDE_WITHIN = 4 * DAY;

/** How the app is synthesized: several shards, children, pieces and directions at this size. */
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

/** By how many days the deadlines of who is given more time come later. */
export const EXTENSION_DAYS = Number(CONTEXT.extensionDays);

/** Files of this name are held up where they are whole: they have more rows than any other, and one handset is in most of them. */
export const GATED_NAME = 'gated usage.csv';
/**
 * After the start, in milliseconds. All usage of before the report is in by then, also where a sweep sent its event again, or
 * where it failed, was in quarantine two days later and was uploaded again.
 */
export const REPORT_AT = 5 * DAY;
/**
 * From the day on which a batch begins that people may approve: what nobody answered in time may be answered all the same, as tardy
 * before the batch settles, and as late after that. People, and faults on their way, may take five days of it before it is planned.
 */
export const TARDY_AFTER = 8 * DAY;
export const LATE_AFTER = 23 * DAY;
/** By how much later a batch begins that lapsed at first: its agency hears of that, and uploads the same file again. */
export const LAPSES_AFTER = 6 * DAY;
/** The agency of follow-ups, as their ids begin. */
export const FOLLOW_UP = 'followup';

/** What was uploaded, whole or cut. */
export interface Upload {
  key: string;
  /** Epoch milliseconds. */
  at: number;
  text: string;
}

/** What an operator will say of a row, and when. */
export type Fate =
  | 'verified'
  | 'not_found'
  | 'disconnected'
  /** Failed, and disconnected when that is ordered. */
  | 'failed, disconnected'
  | 'failed'
  | 'blocked'
  /** To the other operator; of nobody but in stories where numbers move. */
  | 'ported'
  | 'extended'
  | 'reissued'
  | 'surrendered'
  | 'restored'
  | 'unblocked'
  /** Of a block: after its ladder has ended, before its batch settles. */
  | 'tardy'
  /** After its batch has settled. */
  | 'late'
  | 'unanswered';

/** How an operator answers a direction. */
export type Habit = 'whole' | 'parts' | 'mistakes' | 'never';

export interface Planned {
  /** After the start, in milliseconds. */
  at: number;
  /** In the inbox. */
  key: string;
  text: string;
}

export interface Story {
  seed: number;
  usage: Planned[];
  reports: (Planned & { agency: string })[];
  /** Whether an approver lets in what is held up. */
  admits?: boolean;
  /** Whether operators say of some numbers that they go on elsewhere, are somebody else's, or were given up. */
  moves?: boolean;
  /** What caseworkers appeal for, and what agencies withdraw of their reports when these are directed. */
  reversals?: Planned[];
  /** What is decided of it; by the seed where nothing is said. */
  reversed?: Reversed;
  /** When all is over, in milliseconds after the start. */
  ends: number;
  /** All numbers, IMEIs (14 digits) and IMSIs that occur, as digits. */
  identifiers: string[];
  /** How operators answer, by `agency kind operator`, and what they say, by `kind operator identifier`; by the seed where there is none. */
  habits?: Readonly<Record<string, Habit>>;
  /** Operators that answer all of their directions in one file; by the seed where there are no habits. */
  combining?: readonly string[];
  /** What is decided of each report; by the seed where nothing is said. */
  decided?: Decided;
  fates?: Readonly<Record<string, Fate>>;
}

/** One of them, by chance, and the same one each time. */
export const pick = <T>(list: readonly T[], ...what: (string | number)[]): T => list[hash(...what) % list.length] as T;
/** A day of the local calendar, so many days before the start's. */
export const dayBefore = (days: number) => new Date(START - days * DAY).toISOString().slice(0, 10);
export const digits = (value: number, length: number) => String(value).padStart(length, '0').slice(-length);

/** What is decided of a report. */
export type Decided =
  /** By two. */
  | 'approved'
  /** One of the two leaves it out. */
  | 'handset struck'
  | 'number struck'
  /** One approves, and another one refuses. */
  | 'refused'
  /** Nobody says anything in time, or one alone, or the second one at the very end of it; then two approve. */
  | 'nobody'
  | 'one alone'
  | 'at the last instant';

/** What may be decided of a reversal; `late`: when nobody has said anything for a day. */
export type Reversed = 'approved' | 'struck' | 'refused' | 'late';

/** Whether a usage file is held up at the gates, as far as nobody admits it. */
export function isGated({ key, text }: { key: string; text: string }): boolean {
  return key.endsWith(`/${GATED_NAME}`) && text.trimEnd().split('\n').length > Number(CONTEXT.gateRows);
}

/** The usage of a story that is imported in the end, without faults. */
export const importedOf = ({ usage, admits }: Story): Upload[] =>
  usage.filter((file) => admits === true || !isGated(file)).map(({ at, key, text }) => ({ at: START + at, key, text }));
