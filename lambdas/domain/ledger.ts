/**
 * The ledger: the one record of a direction. It holds an outcome per row, the orders issued, the response files
 * recorded and the task tokens that wait. Whoever changes it reads it, decides, and writes the result back on
 * the condition that `version` is unchanged, so a verification and a disconnect order never race.
 *
 * Every function is pure: a change is a new object whose version is one higher.
 */
import { type Day, dayOf, type Instant } from './days.ts';
import { sha256Of } from './hashes.ts';
import type { BatchId, DirectionId, OperatorId } from './identifiers.ts';
import type { DirectionKind } from './kinds.ts';
import type { Order, Rung } from './ladders.ts';
import { ANSWER_RULES, ANSWERS, isMove, type Outcome } from './outcome-rules.ts';
import {
  BYTES_PER_ROW,
  dayAt,
  fileOf,
  isReversed,
  markReversed,
  nobodyTakenBack,
  noteTakenBack,
  outcomeAt,
  standsInNoList,
  takenBackBy,
  writeOutcome,
} from './outcomes.ts';

/**
 * The most reversals that have an entry in the ledger of a direction of this many rows: they fit into an item with all else that a ledger
 * may hold. Together with the files they are fewer than a row's bits can number.
 */
export function maxReversals(rows: number): number {
  return Math.max(50, 500 - Math.ceil(rows / 22));
}

/** The index of no file: nobody is named as having said so. */
const UNNAMED = -1;

/** The outcomes with which a row is open while its ladder runs. */
const openOutcomes: ReadonlySet<Outcome> = new Set<Outcome>([
  'open',
  ...ANSWERS.filter((answer) => !ANSWER_RULES[answer].ends),
]);

/** One order issued: the commit of a rung. `attempt` names the work folder where the order's file was prepared. */
export interface IssuedOrder {
  readonly rung: number;
  readonly order: Order;
  readonly attempt: string;
  readonly rows: number;
  readonly sha256: string;
  readonly bytes: number;
  readonly deadline: Instant;
  readonly at: Instant;
  /** The ledger's version by this commit. */
  readonly version: number;
  /** The ledger's version by the rung's first commit, if this one has replaced it: until now its operator may have had that order. */
  readonly firstVersion?: number;
  /** That commit's attempt and instant; a ledger of before the ninth form doesn't know them. */
  readonly firstAttempt?: string;
  readonly firstAt?: Instant;
}

/** An order to be issued anew. Prepare it with these rows, then write `commit(file)` on the ledger's version. */
export interface IssuedAnew {
  readonly order: Order;
  readonly deadline: Instant;
  readonly rows: readonly number[];
  readonly commit: (file: { readonly sha256: string; readonly bytes: number }) => Ledger;
}

/**
 * The disconnect order that a response with failed rows caused: due 24 hours after its commit, at most at the ladder's end. It is committed
 * with the file, as long as `anew` doesn't name another commit.
 */
export interface FailedOrder {
  readonly rows: number;
  readonly sha256: string;
  readonly bytes: number;
  readonly deadline: Instant;
  /** Seconds from the file's upload to its commit: a delivery may come hours later. (Seconds, since room is scarce in a ledger.) */
  readonly delay: number;
  /** The commit that issued it anew, with the ledger's version by it. */
  readonly anew?: { readonly attempt: string; readonly at: Instant; readonly version: number };
}

/**
 * One response file recorded, or one reversal that took rows back. `attempt` names the work folder where a file's receipt (and failed
 * order) was prepared, or a reversal's list of the words that it replaced; '' if the reversal replaced none.
 */
export interface RecordedFile {
  /** The SHA-256 of a file's bytes, or of a reversal's id. */
  readonly sha256: string;
  readonly attempt: string;
  readonly at: Instant;
  /** The ledger's version by this commit. */
  readonly version: number;
  readonly failedOrder?: FailedOrder;
  /** The day of its commit, if it ended connections of a batch that had settled: they are in that day's late revocation list. */
  readonly lateOn?: Day;
  /** The day of its commit, if it says that numbers are somebody else's: they are withdrawn in that day's list. */
  readonly withdrawnOn?: Day;
  /** The instant by which service is due back for rows from which an order took it, if the file gives it back. */
  readonly backDue?: Instant;
  /** The number of rows that it moved; `moved.json` beside its receipt has them. */
  readonly moved?: number;
  /**
   * The number of rows that it said to be disconnected although they were verified, taken back or somebody else's, there or in another row;
   * `moved.json` has them, too: they are to be restored.
   */
  readonly toRestore?: number;
  /** The number of rows that it said are not found where they were ported to; `moved.json` has them, too: they return. */
  readonly toReturn?: number;
  /**
   * The SHA-256 of the file after whose commit it was found whom this entry restores. It is no file of an operator's, and counts as one:
   * they are few.
   */
  readonly after?: string;
  /** The follow-up that goes on with what it moved, or has restored or returned. */
  readonly followUp?: BatchId;
  /**
   * A reversal's batch, and the number of rows that it ended. A reversal is no file: no response has its name, and `MOST_FILES` doesn't count
   * it.
   */
  readonly reversal?: BatchId;
  readonly ended?: number;
}

/** A direction's record: its rows' outcomes, its orders and files, and the tokens that wait, at a version. */
export interface Ledger {
  readonly directionId: DirectionId;
  readonly batchId: BatchId;
  readonly operator: OperatorId;
  readonly kind: DirectionKind;
  readonly plan: number;
  readonly rows: number;
  /** The file in the work bucket with the rows' identities, one a line; row numbers here count from 0. */
  readonly rowsKey: string;
  /** The instant from which the deadlines count: when planning began, put later by as many whole hours as its first order was late. */
  readonly startedAt: Instant;
  readonly rungs: readonly Rung[];
  /** The instant when a re-verification's first order was published, or had no rows to carry: from then on its deadlines stand. */
  readonly begunAt: Instant | null;
  /** The last rung whose order was committed, counted from 1; 0 before the first. */
  readonly rung: number;
  readonly orders: readonly IssuedOrder[];
  /** The task tokens of the attempts that wait on the current rung, the newest last and at most `MOST_TOKENS` of them. */
  readonly tokens: readonly string[];
  readonly files: readonly RecordedFile[];
  /** `BYTES_PER_ROW` bytes a row. Frozen once the ledger is sealed. */
  readonly outcomes: Uint8Array;
  /** The instant when the ladder ended: rows that were open or failed then became overdue. */
  readonly closedAt: Instant | null;
  /** When the batch's books took this ledger's outcomes. */
  readonly sealedAt: Instant | null;
  /** The outcomes with what came after the seal (answers and marks of what was taken back); null while there is none. */
  readonly late: Uint8Array | null;
  /**
   * The latest days on which rows are said to be disconnected by words that changed nothing, as `noteLaterEnd` packs them: somebody else
   * may have had the number by then, as is said later. Absent while there is none.
   */
  readonly laterEnds?: Uint8Array;
  /** The entries in `files` by which reversals took rows back, as `noteTakenBack` packs them. Absent while there is none. */
  readonly takenBackBy?: Uint8Array;
  /** The follow-up that goes on with what was overdue, if that is asked for again. */
  readonly followUp?: BatchId;
  /**
   * The follow-ups that have taken files and not decided on them yet: until then whoever these gave more time proves themselves here, and
   * from then on there. Absent while there is none.
   */
  readonly undecided?: readonly BatchId[];
  readonly version: number;
}

/** What a file has recorded in a direction: the ledger as it was committed or read since, and the file's entry in it. */
export interface Recorded {
  readonly ledger: Ledger;
  readonly recorded: RecordedFile;
}

/** A row's current state. A row that failed before its ladder ended is overdue, but keeps the day and file of its failing. */
interface RowState {
  readonly outcome: Outcome;
  readonly occurredOn: Day | null;
  readonly recordedAt: Instant | null;
}

/** A ledger's bytes, or a row asked for, don't fit its number of rows. */
export class LedgerDamaged extends Error {
  override readonly name = 'LedgerDamaged';
  constructor(directionId: DirectionId, what: string) {
    super(`The ledger of direction ${directionId} is damaged: ${what}`);
  }
}

/** A direction's first ledger: all rows open, no rung issued, version 1. */
export function newLedger(
  plan: Pick<
    Ledger,
    'directionId' | 'batchId' | 'operator' | 'kind' | 'plan' | 'rows' | 'rowsKey' | 'startedAt' | 'rungs'
  >,
): Ledger {
  return {
    directionId: plan.directionId,
    batchId: plan.batchId,
    operator: plan.operator,
    kind: plan.kind,
    plan: plan.plan,
    rows: plan.rows,
    rowsKey: plan.rowsKey,
    startedAt: plan.startedAt,
    rungs: plan.rungs,
    begunAt: null,
    rung: 0,
    orders: [],
    tokens: [],
    files: [],
    outcomes: new Uint8Array(plan.rows * BYTES_PER_ROW),
    closedAt: null,
    sealedAt: null,
    late: null,
    version: 1,
  };
}

/** The outcomes as they stand now: with late answers once there are any. */
export function currentOutcomes(ledger: Ledger): Uint8Array {
  return ledger.late ?? ledger.outcomes;
}

/**
 * What is known now of row `row` (from 0), late answers included.
 * @throws LedgerDamaged for a row that it doesn't have
 */
export function outcomeOf(ledger: Ledger, row: number): RowState {
  if (!Number.isInteger(row) || row < 0 || row >= ledger.rows)
    throw new LedgerDamaged(ledger.directionId, 'no such row');
  return stateAt(ledger, currentOutcomes(ledger), row);
}

/**
 * What these bytes, which are a ledger's, say of a row.
 * @throws LedgerDamaged if the row names a file that the ledger doesn't have
 */
export function stateAt(ledger: Ledger, bytes: Uint8Array, row: number): RowState {
  const outcome = outcomeAt(bytes, row);
  const file = fileOf(bytes, row * BYTES_PER_ROW);
  if (file === 0) return { outcome, occurredOn: null, recordedAt: null };
  const recorded = ledger.files[file - 1];
  if (recorded === undefined) throw new LedgerDamaged(ledger.directionId, 'a row names a file that it does not have');
  return { outcome, occurredOn: dayAt(bytes, row), recordedAt: recorded.at };
}

/** The rows (from 0, ascending) whose numbers stand in no list any more, as `standsInNoList` defines it. */
export function rowsInNoList(ledger: Ledger): number[] {
  const bytes = currentOutcomes(ledger);
  return Array.from({ length: ledger.rows }, (_, row) => row).filter((row) => standsInNoList(bytes, row));
}

/**
 * The ledger with these rows (from 0) marked as taken back; undefined if all of them are. After the seal the mark lies beside the late
 * answers: the books stay as they are.
 * @throws LedgerDamaged for a row that the direction doesn't have
 */
export function markReversedRows(ledger: Ledger, rows: readonly number[]): Ledger | undefined {
  const bytes = new Uint8Array(currentOutcomes(ledger));
  const unmarked = rows.filter((row) => !isReversed(bytes, row));
  if (unmarked.length === 0) return undefined;
  if (unmarked.some((row) => row < 0 || row >= ledger.rows)) throw new LedgerDamaged(ledger.directionId, 'no such row');
  for (const row of unmarked) markReversed(bytes, row);
  return change(ledger, ledger.sealedAt === null ? { outcomes: bytes } : { late: bytes });
}

/**
 * The ledger from which a reversal has taken these rows (from 0) back: a row that is open, or waits for its follow-up, ends as `withdrawn`,
 * and all are marked, so that no order that takes service and no list carries them. Undefined if it did so before: a reversal has one
 * entry, and takes all of its rows of a direction by one commit. A reversal above `maxReversals` takes them alike, and has no entry: the
 * rows that it ends name nobody, and are counted with no reversal. After the seal all lies beside the late answers.
 * @param on the day of the reversal's `directed`
 * @param at the instant of that
 * @param attempt whose list of the words that this replaces counts; '' if there is none
 * @throws LedgerDamaged for a row that the direction doesn't have
 */
export function withdrawRows(
  ledger: Ledger,
  rows: readonly number[],
  {
    reversal,
    on,
    at,
    attempt = '',
  }: { readonly reversal: BatchId; readonly on: Day; readonly at: Instant; readonly attempt?: string },
): Ledger | undefined {
  if (rows.length === 0 || ledger.files.some((file) => file.reversal === reversal)) return undefined;
  if (rows.some((row) => row < 0 || row >= ledger.rows)) throw new LedgerDamaged(ledger.directionId, 'no such row');
  const isFull = ledger.files.length - countFiles(ledger) >= maxReversals(ledger.rows);
  const bytes = new Uint8Array(currentOutcomes(ledger));
  const by = new Uint8Array(ledger.takenBackBy ?? nobodyTakenBack(ledger.rows));
  let ended = 0;
  const isDone = rows.every((row) => isReversed(bytes, row) && takenBackBy(by, row) !== UNNAMED);
  // A reversal without an entry counts with the newest one that has one.
  const noted = isFull ? ledger.files.findLastIndex((file) => file.reversal !== undefined) : ledger.files.length;
  for (const row of rows) {
    if (takenBackBy(by, row) === UNNAMED) noteTakenBack(by, row, noted);
    if (isOpen(ledger, row) || waits(ledger, row)) {
      writeOutcome(bytes, row, 'withdrawn', on, isFull ? UNNAMED : ledger.files.length);
      ended += 1;
    }
    markReversed(bytes, row);
  }
  const outcomes = { ...(ledger.sealedAt === null ? { outcomes: bytes } : { late: bytes }), takenBackBy: by };
  if (isFull) return ended === 0 && isDone ? undefined : change(ledger, outcomes);
  const entry: RecordedFile = {
    sha256: sha256Of(reversal),
    attempt,
    at,
    version: ledger.version + 1,
    reversal,
    ended,
  };
  return change(ledger, { files: [...ledger.files, entry], ...outcomes });
}

/**
 * The instant at which a reversal took a row (from 0) back; null if none did, also where the row is marked since its number is somebody
 * else's.
 */
export function takenBackAt({ takenBackBy: by, files }: Ledger, row: number): Instant | null {
  return by === undefined ? null : (files[takenBackBy(by, row)]?.at ?? null);
}

/** Whether a row (from 0) was moved, and no follow-up has taken it yet. */
function waits(ledger: Ledger, row: number): boolean {
  if (!isMove(outcomeAt(currentOutcomes(ledger), row))) return false;
  const file = fileSaying(ledger, row);
  return file?.moved !== undefined && file.followUp === undefined;
}

/** The number of response files of a ledger; what a reversal took back is none. */
export function countFiles({ files }: Ledger): number {
  return files.filter(({ reversal }) => reversal === undefined).length;
}

/** The rows (from 0, ascending) of which a recorded file says that their numbers are somebody else's, and since when. */
export function reissuedIn(ledger: Ledger, file: RecordedFile): { readonly row: number; readonly since: Day }[] {
  const bytes = currentOutcomes(ledger);
  return rowsInNoList(ledger)
    .filter((row) => reissuedBy(ledger, row)?.sha256 === file.sha256)
    .map((row) => ({ row, since: dayAt(bytes, row) }));
}

/** The recorded file by whose word a row (from 0) is as it is now; undefined if nobody has answered for it. */
export function fileSaying(ledger: Ledger, row: number): RecordedFile | undefined {
  return ledger.files[fileOf(currentOutcomes(ledger), row * BYTES_PER_ROW) - 1];
}

/** The recorded file that says of a row (from 0) that its number is somebody else's; undefined if none does. */
export function reissuedBy(ledger: Ledger, row: number): RecordedFile | undefined {
  return outcomeAt(currentOutcomes(ledger), row) === 'reissued' ? fileSaying(ledger, row) : undefined;
}

/** The day on which a direction's first order went out, in its first form; that of its plan as long as there is none. */
export function orderedOn({ orders: [first], startedAt }: Pick<Ledger, 'orders' | 'startedAt'>): Day {
  // A ledger of before the ninth form doesn't know when an order that was issued anew was issued first.
  const at = first?.firstVersion === undefined ? first?.at : first.firstAt;
  return dayOf(at ?? startedAt);
}

/** The rows (from 0, ascending) still open: open or failed while the ladder runs; none once it has ended. */
export function openRows(ledger: Ledger): number[] {
  const rows: number[] = [];
  for (let row = 0; row < ledger.rows; row += 1) if (isOpen(ledger, row)) rows.push(row);
  return rows;
}

/**
 * The rows (from 0, ascending) that an order of the ladder may carry: the open ones, without those that were taken back. Rows that were
 * taken back stay open, since their operator may still say what became of them, and go overdue with the others.
 */
export function rowsToOrder(ledger: Ledger): number[] {
  return openRows(ledger).filter((row) => !isReversed(ledger.outcomes, row));
}

/**
 * The rows (from 0, ascending) that nobody has answered for and that weren't taken back, whether their ladder runs or has ended. A row that
 * leaves them is to be taken out of every order that takes service.
 */
export function unansweredRows(ledger: Ledger): number[] {
  const bytes = currentOutcomes(ledger);
  const isUnanswered = (outcome: Outcome) => openOutcomes.has(outcome) || outcome === 'overdue';
  return Array.from({ length: ledger.rows }, (_, row) => row).filter(
    (row) => isUnanswered(outcomeAt(bytes, row)) && !isReversed(bytes, row),
  );
}

/**
 * The rows (from 0, ascending) that an order of the ladder carries: those without any outcome; a disconnect order carries the failed ones,
 * too. A row that failed has had a disconnect order of its own: it gets neither a bar nor another re-verification.
 */
export function rowsFor(ledger: Ledger, order: Order): number[] {
  return rowsToOrder(ledger).filter((row) => order === 'disconnect' || outcomeAt(ledger.outcomes, row) === 'open');
}

/** The number of rows that stand at an outcome now. */
export function countAt(ledger: Ledger, outcome: Outcome): number {
  const bytes = currentOutcomes(ledger);
  let count = 0;
  for (let row = 0; row < ledger.rows; row += 1) if (outcomeAt(bytes, row) === outcome) count += 1;
  return count;
}

/** The number of open rows, as `openRows` defines them. */
export function countOpen(ledger: Ledger): number {
  let open = 0;
  for (let row = 0; row < ledger.rows; row += 1) if (isOpen(ledger, row)) open += 1;
  return open;
}

/** Whether this row is open: its ladder runs and it has no terminal outcome. */
export function isOpen(ledger: Ledger, row: number): boolean {
  if (ledger.closedAt !== null) return false;
  return openOutcomes.has(outcomeAt(ledger.outcomes, row));
}

/** The ledger as it is, one version on: whoever is about to commit what they judged before has to look again. */
export function touched(ledger: Ledger): Ledger {
  return change(ledger, {});
}

/** The ledger with these fields changed, one version on. For the rules of this folder only. */
export function change(ledger: Ledger, fields: Partial<Ledger>): Ledger {
  return { ...ledger, ...fields, version: ledger.version + 1 };
}
