/** What the checks know of a run, and hand each other. */
import type { Kind } from '../../../test/scenarios/sample-reckoning.ts';
import { partsOf } from '../people.ts';
import type { Upload } from '../story.ts';
import { importedIn } from './gates.ts';
import type { Item, Seen } from './seen.ts';

/** What was seen, and what the checks have worked out of it so far. */
export interface Known {
  readonly seen: Seen;
  /** Notes a rule that does not hold; a line says it, and names no identifier. */
  readonly must: (holds: boolean, rule: string) => void;
  /** What was uploaded, without usage files that are held up. */
  readonly imported: readonly Upload[];
  /** The batches that were registered, in the order of their plans. */
  readonly batches: readonly Item[];
  /** By id: those of plans that count. */
  readonly directions: Map<string, Direction>;
  /** What must lie in the outbox, by key; rejects by line and reason, revocations as rows. */
  readonly expected: Record<string, unknown>;
  /** Orders that need not lie there: issued anew for nobody, in the place of none, or never published in their time. */
  readonly notPublished: Set<string>;
  /** The SHA-256s of orders that were issued anew, as they were before, by key: they may have been told of before. */
  readonly replaced: Map<string, Set<unknown>>;
  /** The identifiers in each order that was committed, by its key and SHA-256: also in those that were issued anew since. */
  readonly carried: Map<string, string[]>;
}

/** What is known before anything is worked out. */
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
    expected: {},
    notPublished: new Set(),
    replaced: new Map(),
    carried: new Map(),
  };
}

/** `file`: the SHA-256 of the one that said so. */
export type Row = { outcome: string; on: string; at: number; file?: string };

/** Whether a row is not done with: one that failed is yet to be disconnected. */
export const isOpen = ({ outcome }: Row) => outcome === 'open' || outcome === 'failed';

/** A direction, worked out from the writes of its ledger. */
export class Direction {
  readonly id: string;
  readonly kind: Kind;
  readonly operator: string;
  readonly batch: string;
  readonly plan: number;
  /** Identifiers: numbers, or IMEIs of 14 digits. */
  rows: string[] = [];
  /** Its last deadline, epoch milliseconds. */
  ends = 0;
  /** The day of each number's newest sighting when its batch was planned. */
  lastSeen = new Map<string, string>();
  /** Receipts by the file's SHA-256; `file` is left open, since any of the names under which it came may stand there. */
  readonly recorded = new Map<string, Record<string, unknown>>();
  /** Late disconnections: the list's key without its end, `msisdn,operator,on`. */
  readonly late: [key: string, row: string][] = [];
  /** Row by row, as the books took them. */
  sealed: Row[] | undefined;
  /** After each write. */
  readonly states: { place: number; rows: Row[]; closed: boolean }[] = [];

  constructor(id: string) {
    const { kind, operator, batch } = partsOf(id);
    this.id = id;
    this.kind = kind as Kind;
    this.operator = operator;
    this.batch = batch;
    this.plan = Number(/\.(\d+)-\d+-\d+$/.exec(id)?.[1]);
  }

  /** How it stood when the write of this place was made. */
  at(place: number): { rows: Row[]; closed: boolean } {
    return this.states.findLast((state) => state.place < place) ?? { rows: [], closed: false };
  }
}
