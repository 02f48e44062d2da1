/**
 * Routing: for each row of a combined file, which answers several directions, the direction of its operator that it goes to. It is decided
 * once, from what stands before anything of the file is recorded: a row that is recorded is open no more, so that a second look would find
 * another place.
 */
import * as z from 'zod';
import type { Columns, CsvRow } from './csv-header.ts';
import type { Instant } from './days.ts';
import { type DirectionId, type Imei, type Msisdn, type OperatorId, parseDirectionId } from './identifiers.ts';
import { columnOf, DIRECTION_KIND_NAMES, type DirectionKind, GIVEN_BACK, givesBack, rulesOf } from './kinds.ts';
import { currentOutcomes, fileSaying, isOpen, type Ledger } from './ledger.ts';
import { ANSWER_RULES, ANSWERS, endsConnection, revokedFor } from './outcome-rules.ts';
import { isReversed, outcomeAt } from './outcomes.ts';
import type { Pointer } from './pointers.ts';
import { type RejectedRow, ROW_REASONS } from './reasons.ts';
import { directionText, responseColumns } from './responses.ts';
import { identifiersOf } from './self-check.ts';
import { type Covers, fields, formOf } from './stored.ts';
import { seenOf } from './unseen.ts';

/** The last two columns of orders, as they come back in a copy of one. */
const ADDRESS: readonly string[] = ['order', 'direction'];

const ANSWERED = DIRECTION_KIND_NAMES.flatMap((kind) => responseColumns(kind).optional).filter(
  (column) => !ADDRESS.includes(column),
);

/** The columns of a combined file. One that joins several orders has each one's header before its rows. */
export const combinedColumns: Columns = {
  required: ['outcome'],
  optional: [...new Set(['msisdn', 'imei', ...ANSWERED, ...ADDRESS])],
  oneOf: ['msisdn', 'imei'],
  joined: true,
  dayIn: 'occurred_on',
};

/** The answers that put somebody into a list of those who are disconnected, or are to be. */
const TAKING_SERVICE = ANSWERS.filter((answer) => !ANSWER_RULES[answer].ends || revokedFor(answer) !== null);

/** What a row says of service, or of a handset: that it is, or is to be, taken, or that it was given back; null for anything else. */
type Says = 'taken' | 'givenBack' | null;
function saysOf(outcome: string): Says {
  if (TAKING_SERVICE.some((one) => one === outcome)) return 'taken';
  return GIVEN_BACK.some((one) => one === outcome) ? 'givenBack' : null;
}

/** The most rows of a combined file: all of them are held at once, and each of its receipt's rejects. */
export const MOST_COMBINED_ROWS = 250_000;

/** The most directions that the rows of a combined file may name: each is read, whether it exists or not. */
export const MOST_NAMED_DIRECTIONS = 2000;

/** A row's own word on where it goes: into the direction that it names, or where its number or handset is asked about. */
export type Addressed =
  | RejectedRow
  | { readonly line: number; readonly direction: DirectionId }
  | {
      readonly line: number;
      readonly column: 'msisdn' | 'imei';
      readonly identifier: Msisdn | Imei;
      /** The kinds of directions that take its outcome; if none does, all kinds about such a subject. */
      readonly kinds: readonly DirectionKind[];
      readonly says: Says;
      /** Whether it says on which day that was. */
      readonly isDated: boolean;
    };

/**
 * The kinds of directions that a row may answer, by its outcome, and by its order if that leaves any; and the column that names its
 * subject. A copy of an order has a number beside its handset: that row is the number's, unless its outcome or its order is a handset's.
 */
export function kindsAnswered(cells: Readonly<Record<string, string>>): {
  readonly column: 'msisdn' | 'imei';
  readonly kinds: readonly DirectionKind[];
} {
  const said = (column: string) => seenOf(cells[column] ?? '').toLowerCase();
  const taking = DIRECTION_KIND_NAMES.filter((kind) => rulesOf(kind).answers.some((one) => one === said('outcome')));
  const ordered = taking.filter((kind) => rulesOf(kind).orders.includes(said('order')));
  const kinds = ordered.length > 0 ? ordered : taking;
  const isFilled = (column: 'msisdn' | 'imei') => (cells[column] ?? '') !== '';
  const asked = (['msisdn', 'imei'] as const).filter(isFilled);
  const column = asked.find((one) => kinds.some((kind) => columnOf(kind) === one)) ?? asked[0] ?? 'msisdn';
  const own = (all: readonly DirectionKind[]) => all.filter((kind) => columnOf(kind) === column);
  return { column, kinds: own(kinds).length > 0 ? own(kinds) : own(DIRECTION_KIND_NAMES) };
}

/**
 * Reads where a row goes. Reasons, the first that applies: wrong_cell_count; the identifier's own (missing_msisdn if it names nobody);
 * unknown_direction (it names a text that is no direction of this operator's). A row that names its direction is read whole there.
 */
export function addressOf(row: CsvRow, operator: OperatorId): Addressed {
  const { line } = row;
  if ('reason' in row) return { line, reason: row.reason };
  const named = directionText(row.cells);
  const direction = parseDirectionId(named);
  if (direction?.operator === operator) return { line, direction: direction.id };
  const { column, kinds } = kindsAnswered(row.cells);
  const identifier = identifiersOf(operator)[column](row.cells[column] ?? '');
  if ('reason' in identifier) return { line, reason: identifier.reason };
  if (named !== '') return { line, reason: 'unknown_direction' };
  const outcome = seenOf(row.cells.outcome ?? '').toLowerCase();
  return {
    line,
    column,
    identifier: identifier.value,
    kinds,
    says: saysOf(outcome),
    isDated: (row.cells.occurred_on ?? '') !== '',
  };
}

/** A direction that has a number or a handset in one of its rows. */
export interface Carrier {
  readonly directionId: DirectionId;
  readonly kind: DirectionKind;
  /** `open`: it is to be answered. `takenBack`: it may be answered, though no order carries it. */
  readonly stands: 'open' | 'takenBack' | 'ended';
  /** The instant since which its operator has been asked; null if it hasn't been yet: no word answers that. */
  readonly since: Instant | null;
  /** Whether it is known that the operator was told; it may have been as soon as an order was committed. */
  readonly isTold: boolean;
  /** Whether its operator has said there that the connection has ended. */
  readonly hasEnded: boolean;
  /** Whether a word that takes service was said there, or may have been, which a sheet that is kept has still. */
  readonly mayHaveTaken: boolean;
  /** Whether its operator has said there that what was taken was given back. */
  readonly isGivenBack: boolean;
}

/**
 * The state of a pointer's row in the ledger of a plan that counts; undefined if the ledger has no such row.
 * @param directedAt since when what its plan decided counts
 */
export function carrierOf({ directionId, row }: Pointer, ledger: Ledger, directedAt: Instant): Carrier | undefined {
  if (row >= ledger.rows) return undefined;
  // A word that came after the seal lies beside the outcomes.
  const outcome = outcomeAt(currentOutcomes(ledger), row);
  const hasEnded = endsConnection(outcome);
  // Who failed is overdue at the end, and keeps the file that said so. What was taken back, or is `reissued`, has lost
  // whatever was said before.
  const hasFailed = outcome === 'failed' || (outcome === 'overdue' && fileSaying(ledger, row) !== undefined);
  const stands = !isOpen(ledger, row) ? 'ended' : isReversed(ledger.outcomes, row) ? 'takenBack' : 'open';
  return {
    directionId,
    kind: ledger.kind,
    stands,
    since: askedSince(ledger, directedAt),
    isTold: isTold(ledger),
    hasEnded,
    mayHaveTaken: hasEnded || hasFailed || outcome === 'reissued' || outcome === 'withdrawn',
    isGivenBack: saysOf(outcome) === 'givenBack',
  };
}

/**
 * Whether it is known that a direction's first order was published. Only a ladder whose first order must come before all others records
 * that; any other counts as told.
 */
function isTold({ kind, begunAt, closedAt }: Ledger): boolean {
  return rulesOf(kind).beginsWith === null || begunAt !== null || closedAt !== null;
}

/**
 * The instant since which the operator of a direction has been asked: from its first order on, however late that went out; null if there is
 * none yet.
 */
function askedSince({ orders: [first], closedAt }: Ledger, directedAt: Instant): Instant | null {
  // A direction without any order has ended before it had to ask.
  if (first === undefined) return closedAt === null ? null : directedAt;
  // If the first order was issued anew, the operator may have had its first form.
  return first.firstVersion === undefined ? first.at : directedAt;
}

/**
 * The direction, among those that carry a number or a handset, newest first, that a row about it answers. Those that take its outcome
 * count, or all if none does: the one where it is open; else the one where it was taken back and may be answered; else the newest. If it is
 * open in several, the newest of those that take something goes before those that give back: `not_found` ends what is asked there, and what
 * is given back is asked again as long as nobody answers it. Of several that ask to restore a number it is the oldest: service may have been
 * taken again after that one was carried out, and the newer one is still to be answered. If several alike are to unblock a handset, the
 * answer is `several`: each may be for another number alone, and a guess would leave that one blocked.
 */
export function directionFor(
  kinds: readonly DirectionKind[],
  carriers: readonly Carrier[],
): DirectionId | 'several' | undefined {
  const taking = carriers.filter(({ kind }) => kinds.includes(kind));
  const among = taking.length > 0 ? taking : carriers;
  const [nearest = []] = (['open', 'takenBack', 'ended'] as const)
    .map((stands) => among.filter((one) => one.stands === stands))
    .filter((alike) => alike.length > 0);
  const isOpen = nearest[0]?.stands === 'open';
  const newest = (isOpen ? nearest.find(({ kind }) => !givesBack(kind)) : undefined) ?? nearest[0];
  const chosen = isOpen && newest?.kind === 'restore' ? nearest.at(-1) : newest;
  const isGuess = chosen?.kind === 'unblock' && nearest.filter(({ kind }) => kind === 'unblock').length > 1;
  return isGuess ? 'several' : chosen?.directionId;
}

/** The place of each row of a combined file, as it was committed; its rows are named by their lines. */
export interface Routing {
  /** The upload that was routed first, its name, and its instant: by that its rows are read and recorded, whoever goes on with it. */
  readonly upload: string;
  readonly file: string;
  readonly uploadedAt: Instant;
  readonly routedAt: Instant;
  /** The lines, by the directions' ids. */
  readonly directions: readonly { readonly directionId: DirectionId; readonly lines: readonly number[] }[];
  readonly rejects: readonly RejectedRow[];
}

const line = fields.count;
const routing = z.strictObject({
  upload: z.string(),
  file: z.string(),
  uploadedAt: fields.instant,
  routedAt: fields.instant,
  directions: z.array(z.strictObject({ directionId: fields.direction, lines: z.array(line) })),
  rejects: z.array(z.strictObject({ line, reason: z.enum(ROW_REASONS) })),
});
true satisfies Covers<typeof routing, Routing>;

/** `Routing`, as it lies in the work bucket. */
export const routingForm = formOf<Routing>('routing', 1, routing);

/** What is known of the directions to which rows are routed. */
export interface KnownDirections {
  /** Whether there is a direction of this operator that counts, by its id. */
  readonly isThere: (directionId: DirectionId) => boolean;
  /** The operator's directions that carry a number or a handset, newest first. */
  readonly carriers: (identifier: Msisdn | Imei) => readonly Carrier[];
}

/**
 * Routes rows, some at a time: their places are in the order of the file. The bytes of a file that was routed before keep their places,
 * except for a row that is open by now in a direction that began since: what was said in June is an answer in September, if it is asked
 * again and said again. An answer that takes service, or says that it was given back, keeps its place even then.
 */
export class Router {
  readonly #places = new Map<DirectionId, number[]>();
  readonly #rejects: RejectedRow[] = [];
  readonly #before: {
    readonly uploadedAt: Instant;
    readonly places: ReadonlyMap<number, DirectionId | RejectedRow>;
  } | null;
  #isNew: boolean;

  readonly #uploadedAt: Instant;

  /** @param uploadedAt the instant of the upload: it answers nothing that was asked after that, however late it is routed */
  constructor(uploadedAt: Instant, before?: Routing) {
    this.#uploadedAt = uploadedAt;
    this.#isNew = before === undefined;
    this.#before = before === undefined ? null : { uploadedAt: before.uploadedAt, places: placesIn(before) };
  }

  route(rows: Iterable<Addressed>, { isThere, carriers }: KnownDirections): void {
    const asked = (identifier: Msisdn | Imei) => {
      const all = carriers(identifier).filter(({ since }) => since !== null && since <= this.#uploadedAt);
      // An operator may have had an order whose publication nobody knows of: its row answers that if nothing else was asked.
      const told = all.filter((one) => one.isTold);
      return told.length > 0 ? told : all;
    };
    for (const row of rows) this.#put(row.line, this.#placeOf(row, { isThere, carriers: asked }));
  }

  #put(at: number, place: DirectionId | RejectedRow): void {
    if (typeof place !== 'string') this.#rejects.push(place);
    else {
      const lines = this.#places.get(place);
      if (lines === undefined) this.#places.set(place, [at]);
      else lines.push(at);
    }
  }

  #placeOf(row: Addressed, known: KnownDirections): DirectionId | RejectedRow {
    const before = this.#before?.places.get(row.line);
    if (this.#before === null || before === undefined) return placeOf(row, known);
    if (!('identifier' in row)) return before;
    // Whoever sends an old file once more by mistake cuts off nobody whom it is about, nor leaves them cut off: that is to be said anew.
    if (row.says !== null) return before;
    // The upload didn't answer what began after it, even if that was before it was routed.
    const { uploadedAt } = this.#before;
    const since = known
      .carriers(row.identifier)
      .filter((one) => one.stands === 'open' && (one.since ?? uploadedAt) > uploadedAt && row.kinds.includes(one.kind));
    const place = directionFor(row.kinds, since);
    if (place === undefined || place === 'several' || place === before) return before;
    this.#isNew = true;
    return place;
  }

  /** The routing of all rows so far; undefined if it is the same as before. */
  routing(upload: Pick<Routing, 'upload' | 'file' | 'uploadedAt' | 'routedAt'>): Routing | undefined {
    if (!this.#isNew) return undefined;
    const directions = [...this.#places].sort(([a], [b]) => (a < b ? -1 : 1));
    return {
      ...upload,
      directions: directions.map(([directionId, lines]) => ({ directionId, lines })),
      rejects: this.#rejects,
    };
  }
}

function placeOf(row: Addressed, { isThere, carriers }: KnownDirections): DirectionId | RejectedRow {
  if ('reason' in row) return row;
  const { line } = row;
  if ('direction' in row) return isThere(row.direction) ? row.direction : { line, reason: 'unknown_direction' };
  const all = carriers(row.identifier);
  const place = directionFor(row.kinds, all);
  if (place === undefined) return { line, reason: 'not_in_direction' };
  if (place === 'several' || mayBeOld(row, place, all)) return { line, reason: 'unknown_direction' };
  return place;
}

/**
 * Whether a row without a day may be an old one of a sheet to which rows are added: its operator may have said the like in an older direction
 * than this one, and hasn't in this one. That is no word about whoever has the number now, nor does it say that a later order to give back was
 * carried out.
 * @param carriers newest first
 */
function mayBeOld(
  { says, isDated }: { readonly says: Says; readonly isDated: boolean },
  place: DirectionId,
  carriers: readonly Carrier[],
): boolean {
  if (says === null || isDated) return false;
  const [own, ...older] = carriers.slice(carriers.findIndex(({ directionId }) => directionId === place));
  if (says === 'taken') return !own?.hasEnded && older.some(({ mayHaveTaken }) => mayHaveTaken);
  return !own?.isGivenBack && older.some(({ isGivenBack }) => isGivenBack);
}

/** The place of each line of a routing. */
export function placesIn({ directions, rejects }: Routing): Map<number, DirectionId | RejectedRow> {
  const places = new Map<number, DirectionId | RejectedRow>();
  for (const { directionId, lines } of directions) for (const line of lines) places.set(line, directionId);
  for (const reject of rejects) places.set(reject.line, reject);
  return places;
}
