/** The outcomes of a direction's rows, packed: what a row's bytes say, and how they are written. */
import { addDays, DAY_MS, type Day } from './days.ts';
import { endsConnection, OUTCOMES, type Outcome } from './outcome-rules.ts';

/** The number of each outcome, as it stands in the low bits of a row. */
export const code = Object.fromEntries(OUTCOMES.map((outcome, index) => [outcome, index])) as Record<Outcome, number>;

/**
 * Bytes per row. The first two (LE) hold its outcome in the low 5 bits and, in the 11 above them, the number (from 1) of the file that said
 * so, 0 = none. The other three (LE) hold in the low 22 bits the days from 0000-01-01 to `occurred_on`, so that every day that can be
 * written can be kept; above them a bit that is set if the row was reversed, and one that is set if a disconnect order of failed rows
 * carried it. 2,000 rows are 10 kB, before they are deflated.
 */
export const BYTES_PER_ROW = 5;

const OUTCOME_BITS = 5;
/** The bits of a row's first byte that hold its outcome. */
export const OUTCOME_MASK = 0b11111;
/** The bits of a row's last byte: the day's, and above them the marks of a row that was reversed, and that was carried as failed. */
const DAY_MASK = 0b111111;
const REVERSED_MARK = 0b1000000;
const FAILED_MARK = 0b10000000;
const MARKS = REVERSED_MARK | FAILED_MARK;
/** The day that is written as 0. */
const dayZero = '0000-01-01' as Day;
const dayZeroMillis = Date.parse(dayZero);
const daysSinceZero = (day: Day): number => (Date.parse(day) - dayZeroMillis) / DAY_MS;

/** A byte stands for no outcome: it is damage, or the word of a later version, by which nobody may be taken for open and cut off. */
class UnknownOutcome extends Error {
  override readonly name = 'UnknownOutcome';
  constructor(code: number) {
    super(`there is no outcome ${code}`);
  }
}

/**
 * A row's outcome as its byte says.
 * @throws UnknownOutcome
 */
export function outcomeAt(bytes: Uint8Array, row: number): Outcome {
  const code = (bytes[row * BYTES_PER_ROW] ?? 0) & OUTCOME_MASK;
  const outcome = OUTCOMES[code];
  if (outcome === undefined) throw new UnknownOutcome(code);
  return outcome;
}

/** The most entries that 11 bits can number. */
const MOST_NUMBERED_FILES = 2 ** 11 - 1;

/**
 * Writes a row's outcome in place. `file` is the index in `files` of the one that said so, -1 if none did. A row that was marked stays
 * so.
 * @throws RangeError for a file whose number has no room: the row would name another one
 */
export function writeOutcome(bytes: Uint8Array, row: number, outcome: Outcome, on: Day, file: number): void {
  if (file >= MOST_NUMBERED_FILES) throw new RangeError(`a row can name ${MOST_NUMBERED_FILES} files at most`);
  const at = row * BYTES_PER_ROW;
  const head = ((file + 1) << OUTCOME_BITS) | code[outcome];
  const day = daysSinceZero(on);
  bytes[at] = head & 0xff;
  bytes[at + 1] = head >> 8;
  bytes[at + 2] = day & 0xff;
  bytes[at + 3] = (day >> 8) & 0xff;
  bytes[at + 4] = (day >> 16) | ((bytes[at + 4] ?? 0) & MARKS);
}

/** The day on which a row's outcome occurred, as it was written with it. */
export function dayAt(bytes: Uint8Array, row: number): Day {
  const byte = (n: number) => bytes[row * BYTES_PER_ROW + n] ?? 0;
  return addDays(dayZero, byte(2) | (byte(3) << 8) | ((byte(4) & DAY_MASK) << 16));
}

/** Whether what was done to a row was taken back: no list made later carries it, whatever is answered. */
export function isReversed(bytes: Uint8Array, row: number): boolean {
  return hasMark(bytes, row, REVERSED_MARK);
}

/** Whether a row had failed, and the disconnect order that this caused carried it, whatever was answered since. */
export function wasCarriedAsFailed(bytes: Uint8Array, row: number): boolean {
  return hasMark(bytes, row, FAILED_MARK);
}

function hasMark(bytes: Uint8Array, row: number, mark: number): boolean {
  return ((bytes[row * BYTES_PER_ROW + 4] ?? 0) & mark) !== 0;
}

/**
 * Whether a row's number stands in no list any more: somebody else has it, as an answer says, to this direction or to another one, which
 * reversed the row.
 */
export function standsInNoList(bytes: Uint8Array, row: number): boolean {
  return isReversed(bytes, row) || outcomeAt(bytes, row) === 'reissued';
}

/**
 * Whether a row's holder was to have service after all: they proved themselves, or the row was taken back. If they are said to be
 * disconnected then, they are to be restored; whether another row says so of them is for `keepsServiceBy` to tell. A row that was extended
 * and taken back stands as it was, since another one went on with it.
 */
export function wasToKeepService(bytes: Uint8Array, row: number): boolean {
  const outcome = outcomeAt(bytes, row);
  return outcome === 'verified' || outcome === 'withdrawn' || (outcome === 'extended' && isReversed(bytes, row));
}

/** Whether a row's number is somebody else's on a day, as an answer says: whoever has it then has nothing to do with the row. */
export function isAnothersOn(bytes: Uint8Array, row: number, day: Day): boolean {
  return outcomeAt(bytes, row) === 'reissued' && day >= dayAt(bytes, row);
}

/**
 * Whether a row stands disconnected as of a day, or a later one, or was said to be so when it had ended otherwise, or on an earlier one:
 * whoever has had the number since that day was cut off by it.
 * @param laterEnds as the ledger has them
 */
export function isDisconnectedSince(
  bytes: Uint8Array,
  laterEnds: Uint8Array | undefined,
  row: number,
  day: Day,
): boolean {
  if (outcomeAt(bytes, row) === 'disconnected' && dayAt(bytes, row) >= day) return true;
  return laterEnds !== undefined && laterEndAt(laterEnds, row) >= daysSinceZero(day);
}

/** Bytes per row of a ledger's `laterEnds`: the days (LE) from 0000-01-01 to the latest one that was said, 0 = none. */
const BYTES_PER_END = 3;

function laterEndAt(ends: Uint8Array, row: number): number {
  const byte = (n: number) => ends[row * BYTES_PER_END + n] ?? 0;
  return byte(0) | (byte(1) << 8) | (byte(2) << 16);
}

/** The packed later ends of `rows` rows, none of which has one yet. */
export function noLaterEnds(rows: number): Uint8Array {
  return new Uint8Array(rows * BYTES_PER_END);
}

/** Notes a row's later end in place, unless a later one is known. */
export function noteLaterEnd(ends: Uint8Array, row: number, day: Day): void {
  const days = Math.max(laterEndAt(ends, row), daysSinceZero(day));
  for (let n = 0; n < BYTES_PER_END; n += 1) ends[row * BYTES_PER_END + n] = (days >> (8 * n)) & 0xff;
}

/** Takes out a row's later end in place: it was gone by, and says nothing more. */
export function forgetLaterEnd(ends: Uint8Array, row: number): void {
  ends.fill(0, row * BYTES_PER_END, (row + 1) * BYTES_PER_END);
}

/** Bytes per row of a ledger's `takenBackBy`: the number (LE, from 1) of the entry by which a reversal took the row back, 0 = none. */
const BYTES_PER_ENTRY = 2;

/** The packed entries of `rows` rows, none of which a reversal took back. */
export function nobodyTakenBack(rows: number): Uint8Array {
  return new Uint8Array(rows * BYTES_PER_ENTRY);
}

/** Notes in place by which entry, an index in `files`, a row was taken back. */
export function noteTakenBack(by: Uint8Array, row: number, entry: number): void {
  const at = row * BYTES_PER_ENTRY;
  by[at] = (entry + 1) & 0xff;
  by[at + 1] = (entry + 1) >> 8;
}

/**
 * The packed entries of a ledger from before they were noted. Of a row that ended by its reversal its outcome names that; of any other the
 * first one after its word, or after the ladder's end, counts; and the newest one if there is none of these.
 */
export function fromUnnoted(
  bytes: Uint8Array,
  { files, closedAt }: { readonly files: readonly { reversal?: unknown; at: string }[]; readonly closedAt: unknown },
): Uint8Array {
  const rows = bytes.length / BYTES_PER_ROW;
  const by = nobodyTakenBack(rows);
  const reversals = files.flatMap(({ reversal, at }, n) => (reversal === undefined ? [] : [{ n, at }]));
  for (let row = 0; row < rows; row += 1) {
    if (!isReversed(bytes, row)) continue;
    const outcome = outcomeAt(bytes, row);
    const file = fileOf(bytes, row * BYTES_PER_ROW);
    const endedAt = outcome === 'overdue' ? String(closedAt) : '';
    const own = reversals.find(({ n, at }) => (outcome === 'withdrawn' ? n === file - 1 : n >= file && endedAt <= at));
    const entry = (own ?? reversals.at(-1))?.n;
    if (entry !== undefined) noteTakenBack(by, row, entry);
  }
  return by;
}

/** The index in `files` of the entry by which a row was taken back; -1 if none is noted. */
export function takenBackBy(by: Uint8Array, row: number): number {
  const at = row * BYTES_PER_ENTRY;
  return ((by[at] ?? 0) | ((by[at + 1] ?? 0) << 8)) - 1;
}

/** Whether a row had ended, and was taken back after that: its holder was to have service again, from that day on. */
export function wasGivenBack(bytes: Uint8Array, row: number): boolean {
  const outcome = outcomeAt(bytes, row);
  return isReversed(bytes, row) && (endsConnection(outcome) || outcome === 'overdue');
}

/** Marks a row, in place, as one that was taken back. */
export function markReversed(bytes: Uint8Array, row: number): void {
  mark(bytes, row, REVERSED_MARK);
}

/** Marks a row, in place, as one that the disconnect order of failed rows carries. */
export function markCarriedAsFailed(bytes: Uint8Array, row: number): void {
  mark(bytes, row, FAILED_MARK);
}

function mark(bytes: Uint8Array, row: number, bit: number): void {
  const at = row * BYTES_PER_ROW + 4;
  bytes[at] = (bytes[at] ?? 0) | bit;
}

/**
 * The bytes of a ledger of the first form, which had 3 bits for the outcome and 13 for the file, as they are written now. No ledger has
 * more files than 11 bits can number.
 */
export function fromThreeBits(old: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(old);
  for (let at = 0; at + BYTES_PER_ROW <= bytes.length; at += BYTES_PER_ROW) {
    const head = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
    const now = ((head >> 3) << OUTCOME_BITS) | (head & 0b111);
    bytes[at] = now & 0xff;
    bytes[at + 1] = now >> 8;
  }
  return bytes;
}

/**
 * The bytes of a ledger from before rows were marked as carried, with each marked that may have been: by the file that made it failed or, as
 * far as is known of a row that was answered for since, by any one before that.
 * @param hasOrder for each file, in their order, whether it had failed rows disconnected
 */
export function fromUnmarked(old: Uint8Array, hasOrder: readonly boolean[]): Uint8Array {
  const bytes = new Uint8Array(old);
  const first = hasOrder.indexOf(true);
  if (first === -1) return bytes;
  for (let row = 0; (row + 1) * BYTES_PER_ROW <= bytes.length; row += 1) {
    const file = fileOf(bytes, row * BYTES_PER_ROW) - 1;
    const outcome = (bytes[row * BYTES_PER_ROW] ?? 0) & OUTCOME_MASK;
    const isStillFailed = outcome === code.failed || outcome === code.overdue;
    // A row that a reversal ended without an entry names no file.
    const isUnnamed = outcome === code.withdrawn && file === -1;
    if (isStillFailed ? hasOrder[file] === true : isUnnamed || file > first) markCarriedAsFailed(bytes, row);
  }
  return bytes;
}

/** The number (from 1) of the file that said a row's outcome, 0 = none; `at` is the row's first byte. */
export function fileOf(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8)) >> OUTCOME_BITS;
}
