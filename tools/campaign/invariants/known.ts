/** The knowledge of a run that the checks share. */
import { partsOf } from '../people.ts';
import type { Upload } from '../story.ts';
import { importedIn } from './gated.ts';
import type { DirectionKind } from './kinds.ts';
import { type Move, type MovedRow, movedRowsOf } from './moved-rows.ts';
import type { Item, Seen } from './seen.ts';

/** The things seen, and the checks' results so far. */
export interface Known {
  readonly seen: Seen;
  /** Notes a rule that does not hold; the line names no identifier. */
  readonly must: (holds: boolean, rule: string) => void;
  /** The uploads, without usage files that are held up. */
  readonly imported: readonly Upload[];
  /** The batches that were registered, in the order of their plans. */
  readonly batches: readonly Item[];
  /** The directions of plans that count, by id. */
  readonly directions: Map<string, Direction>;
  /** The ends of rows with which follow-ups went on, by the follow-ups' lists. */
  readonly moved: readonly MovedRow[];
  /** Rows that reversals ended. */
  readonly withdrawn: { reversal: string; direction: string; number: string }[];
  /** Numbers and handsets that reversals took back, with their plans and days. */
  readonly takenBack: { plan: number; day: string; identifier: string }[];
  /** `direction identifier` of rows that reversals took back. */
  readonly mayBeReversed: Set<string>;
  /** Rows that are to go on, by the answers. */
  readonly moves: Move[];
  /** The expected contents of the outbox, by key; rejects by line and reason, revocations as rows. */
  readonly expected: Record<string, unknown>;
  /** Orders that need not be in the outbox: issued anew for nobody, in the place of none, or never published in their time. */
  readonly notPublished: Set<string>;
  /** The former SHA-256s of orders that were issued anew, by key: notices may have told of them before. */
  readonly replaced: Map<string, Set<unknown>>;
  /** The identifiers in each order that was committed, including former versions of those issued anew, by key and SHA-256. */
  readonly carried: Map<string, string[]>;
}

/** The knowledge before anything is worked out. */
export function knownOf(seen: Seen, must: Known['must']): Known {
  const batches = Object.entries(seen.cases)
    .filter(([pk]) => pk.startsWith('BATCH#'))
    .map(([, item]) => item)
    .sort((a, b) => Number(a.plan) - Number(b.plan));
  return {
    seen,
    must,
    imported: importedIn(seen),
    batches,
    directions: new Map(),
    moved: movedRowsOf(seen.outbox),
    withdrawn: [],
    takenBack: [],
    mayBeReversed: new Set(),
    moves: [],
    expected: {},
    notPublished: new Set(),
    replaced: new Map(),
    carried: new Map(),
  };
}

/**
 * `file`: the SHA-256 of the file with the answer; `to`: the operator that it was ported to; `reversed`: it was taken back, at the
 * instant `backAt` if a reversal did that; `hadFailed`: a disconnect order of failed rows carried it; `laterEnd`: the latest day on which it is said to be
 * disconnected by a word that changed nothing.
 */
export type Row = {
  outcome: string;
  on: string;
  at: number;
  file?: string;
  to?: string;
  reversed?: boolean;
  backAt?: number;
  hadFailed?: boolean;
  laterEnd?: string;
};

/** Whether a row is not done with: a failed one is yet to be disconnected. */
export const isOpen = ({ outcome }: Row) => outcome === 'open' || outcome === 'failed';

/** A direction, worked out from the writes of its ledger. */
export class Direction {
  readonly id: string;
  readonly kind: DirectionKind;
  readonly operator: string;
  readonly batch: string;
  readonly plan: number;
  /** Identifiers: numbers, or IMEIs of 14 digits. */
  rows: string[] = [];
  /** Its deadlines, and the last one, epoch milliseconds. */
  rungs: { order: string; deadline: string }[] = [];
  ends = 0;
  /** The day of each number's newest sighting when its batch was planned. */
  lastSeen = new Map<string, string>();
  /** The day of each number's newest sighting in a handset that nobody left out: the row is about the number's holder on that day. */
  directedFor = new Map<string, string>();
  /** Receipts by the file's SHA-256; `file` is left open, since it may be any of the names under which the file came. */
  readonly recorded = new Map<string, Record<string, unknown>>();
  /** Late disconnections: the list's key without its end, `msisdn,operator,on`. */
  readonly late: [key: string, row: string][] = [];
  /** The rows as the books took them, in order. */
  sealed: Row[] | undefined;
  /** The states after each write. */
  readonly states: { place: number; rows: Row[]; closed: boolean; orders: Item[]; files: Item[] }[] = [];

  constructor(id: string) {
    const { kind, operator, batch } = partsOf(id);
    this.id = id;
    this.kind = kind as DirectionKind;
    this.operator = operator;
    this.batch = batch;
    this.plan = Number(/\.(\d+)-\d+-\d+$/.exec(id)?.[1]);
  }

  /** The state of the direction at the write of this place. */
  at(place: number): Direction['states'][number] {
    return (
      this.states.findLast((state) => state.place < place) ?? { place, rows: [], closed: false, orders: [], files: [] }
    );
  }
}
