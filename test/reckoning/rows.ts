/** The data of the second reckoning: batches, directions and rows, the course of ladders and the standing of rows. */
import { written } from './files.ts';
import { type AnyKind, LADDERS } from './tables.ts';

const DAY = 86_400_000;
/** The days by which an extension postpones each deadline. */
const EXTENSION_DAYS = 30;

/** The rungs of a ladder, each with the instant at which it ends. */
export type Rungs = readonly (readonly [order: string, end: number])[];

export interface Direction {
  batch: Batch;
  rows: Map<string, Row>;
  rungs: Rungs;
}

export interface Row {
  direction: string;
  kind: AnyKind;
  operator: string;
  identifier: string;
  /** The day of a number's newest sighting; '' for a handset. */
  lastSeen: string;
  /** The handset for which a number is directed, 15 digits. */
  imei: string;
  /** `open` until somebody answers. */
  outcome: string;
  on: string;
  /** The instant at which the outcome was recorded. */
  at: number;
  /** The instant at which the row was said to have failed. */
  failedAt: number;
  /** The instant at which the row's terminal outcome was recorded. */
  terminalAt: number;
  /** The operator that a number was ported to. */
  to: string;
  /** The operator where it goes on, until a night has gone on with it. */
  goesOnAt: string;
  /** Set once it was taken back: no list names it any more. */
  reversed: boolean;
}

/** A row that waits for the night, the reason, and the operator where it goes on. */
export interface Moved {
  row: Row;
  why: 'ported' | 'extended' | 'porting_disputed';
  to: string;
  rungs?: Rungs;
}

/** The details in the order of a row that a batch directs, and its ladder if that isn't a fresh one. */
export interface Plan {
  lastSeen: string;
  imei: string;
  rungs?: Rungs;
}

export interface Batch {
  id: string;
  at: number;
  settled: boolean;
  summary: Record<string, unknown>;
  /** The rows that were decided to be directed: `kind,operator,identifier,imei`, sorted. */
  directed: string[];
  plans: Map<string, Plan>;
  elsewhere: string[];
  /** The rows that a night went on with: `msisdn,from,why,to,state`, sorted. */
  moved?: string[];
}

/** A batch before anything is decided. */
export function newBatch(id: string, at: number): Batch {
  return { id, at, settled: false, summary: {}, directed: [], plans: new Map(), elsewhere: [] };
}

/** A ladder from its beginning. */
export function freshRungs(kind: AnyKind, at: number): Rungs {
  let end = at;
  return LADDERS[kind].map(([name, days]) => {
    end += days * DAY;
    return [name, end] as const;
  });
}

export const endOf = (rungs: Rungs) => rungs.at(-1)?.[1] ?? Number.NaN;

/**
 * The ladder of a number with more time: it is asked for again until 30 days after the rung's end, and each later rung comes as much later.
 */
export function extended(rungs: Rungs, at: number): Rungs {
  return rungs
    .filter(([, end]) => end > at)
    .map(([name, end], n) => [n === 0 ? 'reverify' : name, end + EXTENSION_DAYS * DAY] as const);
}

/** Whether the rows of a kind are about handsets. */
export const isOfHandset = (kind: AnyKind) => kind === 'block' || kind === 'unblock';

/** Whether a direction is one of a night's. */
export const isNight = (direction: string) => direction.startsWith('followup-');

/** Whether an outcome ends a connection. */
export const isEnded = (outcome: string) => ['disconnected', 'surrendered'].includes(outcome);

/** Whether a row takes an answer: an open row takes any, a failed one any other, but neither takes more time once the ladder has ended. */
export function takes(standing: string, outcome: string, ended: boolean): boolean {
  if (outcome === 'reissued') return standing !== 'reissued';
  if (outcome === 'extended' && ended) return false;
  return standing === 'open' || (standing === 'failed' && (ended || outcome !== 'failed'));
}

export const knownAs = (kind: AnyKind, operator: string, identifier: string) =>
  kind === 'block' ? `${identifier} ${operator}` : identifier;
export const order = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
export const identifiersOf = (rows: Row[]) =>
  rows.map(({ kind, identifier }) => (isOfHandset(kind) ? written(identifier) : identifier)).sort();
export const revoked = (rows: Row[]) =>
  rows
    .map(({ identifier, operator, on, outcome }) => {
      const reason = outcome === 'surrendered' ? outcome : 'linked_to_reported_handset';
      return `${identifier},${operator},${on},${reason}`;
    })
    .sort();
