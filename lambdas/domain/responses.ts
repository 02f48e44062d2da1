/** Operators' answers: from a row of a response file to the ledger's next state. */
import type { AnsweredRow, Onward } from './answers.ts';
import { backOrderDue, wasCut } from './back-orders.ts';
import type { Columns, CsvRow } from './csv-header.ts';
import { type Day, dayOf, type Instant, readDay } from './days.ts';
import type { RowSubject } from './directions.ts';
import { sha8 } from './hashes.ts';
import {
  type BatchId,
  type Imei,
  identifiersOf,
  isOperatorId,
  type Msisdn,
  type OperatorId,
  SELF_CHECK,
} from './identifiers.ts';
import {
  ANSWER_RULES,
  type Answer,
  columnOf,
  type DirectionKind,
  EXTENSION_GROUNDS,
  type Outcome,
  rulesOf,
} from './kinds.ts';
import {
  change,
  countFiles,
  currentOutcomes,
  type FailedOrder,
  type Ledger,
  LedgerDamaged,
  type RecordedFile,
} from './ledger.ts';
import { type MovedRow, movedRow } from './moves.ts';
import {
  bytesPerRow,
  dayAt,
  fileOf,
  isReversed,
  outcomeAt,
  wasGivenBack,
  wasToKeepService,
  writeOutcome,
} from './outcomes.ts';
import type { RejectedRow, RowReason } from './reasons.ts';
import { type ReplacedWord, wordAt } from './replaced.ts';
import { seenOf } from './unseen.ts';

/** The most response files that a direction takes; the next is refused as `too_many_files`. */
export const maxFiles = 500;

/** The columns of a response file about a direction of this kind, for the CSV reader. */
export function responseColumns(kind: DirectionKind): Columns {
  const rules = rulesOf(kind).answers.map((answer) => ANSWER_RULES[answer]);
  const days = new Set(rules.map(({ dayIn }) => dayIn));
  const onward = rules.flatMap(({ movedBy }) => movedBy ?? []);
  // A copy of an order to unblock has the number for which alone its handset is to be unblocked.
  const alone = kind === 'unblock' ? (['msisdn'] as const) : [];
  return { required: [columnOf(kind), 'outcome'], optional: [...alone, ...days, ...onward, 'remarks'], joined: true };
}

/** A row (from 0) of the direction, with what its line says. */
export interface NamedRow extends Omit<RowSubject, 'identifier'> {
  readonly row: number;
}

/**
 * Reads one row of a response. Reasons, the first that applies: wrong_cell_count; the identifier's own; not_in_direction; unknown_outcome;
 * bad_date (no date, or later than `uploadDay`, the Asia/Kolkata day of the upload); before_sighting (disconnected, surrendered or ported
 * before the connection was last seen: whoever had the number then is not the one who was seen); missing_to, unknown_operator,
 * same_operator (ported without an operator, to none of `operators`, or to this operator); bad_ground (extended on none of the grounds);
 * bad_activated_on (reissued without a date, or on one later than that day); not_after_sighting (reissued on a day that is not later than
 * the sighting for which it is directed: the person who was seen then is the one who has the number now; a later sighting on a handset that
 * isn't acted upon may be of whoever got it since). The day is `occurred_on`, or that of the upload if the row doesn't say; a reissued
 * row's is `activated_on`.
 * @param rowOf returns the direction's row of an identifier
 */
export function parseResponseRow(
  row: CsvRow,
  { kind, operator }: { readonly kind: DirectionKind; readonly operator: OperatorId },
  uploadDay: Day,
  rowOf: (identifier: Imei | Msisdn) => NamedRow | undefined,
  operators: readonly string[],
): AnsweredRow | RejectedRow {
  const { line } = row;
  if ('reason' in row) return { line, reason: row.reason };
  const column = columnOf(kind);
  const identifier = identifiersOf(operator)[column](row.cells[column] ?? '');
  if ('reason' in identifier) return { line, reason: identifier.reason };
  const found = rowOf(identifier.value);
  if (found === undefined || isOfAnother(row.cells.msisdn, found, operator))
    return { line, reason: 'not_in_direction' };
  const said = seenOf(row.cells.outcome ?? '').toLowerCase();
  const outcome = rulesOf(kind).answers.find((answer) => answer === said);
  if (outcome === undefined) return { line, reason: 'unknown_outcome' };
  const told = row.cells.occurred_on ?? '';
  const day = told === '' ? uploadDay : readDay(told);
  if (day === null || day > uploadDay) return { line, reason: 'bad_date' };
  const { row: place, lastSeen, directedFor } = found;
  const { ofWhoWasSeen, movedBy, dayIn } = ANSWER_RULES[outcome];
  if (ofWhoWasSeen && lastSeen !== null && day < lastSeen) return { line, reason: 'before_sighting' };
  if (movedBy !== null) {
    const onward = onwardOf(movedBy, row.cells[movedBy] ?? '', operator, operators);
    return 'reason' in onward ? { line, ...onward } : { line, row: place, outcome, day, onward };
  }
  if (dayIn === 'occurred_on') return { line, row: place, outcome, day };
  const activated = readDay(row.cells.activated_on ?? '');
  if (activated === null || activated > uploadDay) return { line, reason: 'bad_activated_on' };
  if (directedFor !== null && activated <= directedFor) return { line, reason: 'not_after_sighting' };
  return { line, row: place, outcome, day: activated };
}

/** Whether a handset's row names a number although its handset is to be unblocked for another one alone, or for all. */
function isOfAnother(said = '', { aloneFor }: NamedRow, operator: OperatorId): boolean {
  if (said === '' || aloneFor === undefined) return false;
  const number = identifiersOf(operator).msisdn(said);
  return 'reason' in number || number.value !== aloneFor;
}

/** Where a row goes on, from the cell of the column that says so. */
function onwardOf(
  column: 'to' | 'ground',
  written: string,
  operator: OperatorId,
  operators: readonly string[],
): Onward | { readonly reason: RowReason } {
  const cell = seenOf(written);
  if (column === 'ground') {
    const ground = EXTENSION_GROUNDS.find((one) => one === cell.toLowerCase());
    return ground === undefined ? { reason: 'bad_ground' } : { ground };
  }
  if (cell === '') return { reason: 'missing_to' };
  if (cell === operator) return { reason: 'same_operator' };
  const isKnown = isOperatorId(cell) && cell !== SELF_CHECK && operators.includes(cell);
  return isKnown ? { to: cell } : { reason: 'unknown_operator' };
}

/** The effect of an answer on a row, given what is recorded of it. */
export type Effect = 'record' | 'already' | 'conflict';

/**
 * The transitions that are allowed. Open, overdue and failed take every answer, since somebody who fails and proves themselves in time is
 * not cut off (`extended` is not taken on overdue, and `failed` leaves a row overdue). The same outcome again, and failed after
 * disconnected or surrendered, is already recorded; anything else conflicts. All but failed are terminal, except that a number may always
 * turn out to be somebody else's since (reissued), and since a later day than was said before (as `applyResponse` has it).
 */
export function effectOf(current: Outcome, answer: Answer): Effect {
  const { recordedOn, alreadyOn } = ANSWER_RULES[answer];
  if (current === answer || alreadyOn.includes(current)) return 'already';
  return recordedOn.includes(current) ? 'record' : 'conflict';
}

/** The effect of a response file, before it is committed. */
export interface Applied {
  readonly kind: 'applied';
  /** The next ledger. It holds the file, so commit it even if no row was recorded. */
  readonly ledger: Ledger;
  readonly rows: number;
  readonly recorded: number;
  /** The recorded rows by what they said. */
  readonly recordedAs: Readonly<Partial<Record<Answer, number>>>;
  readonly alreadyRecorded: number;
  /** All of the file's rejects in its order, those of reading included. */
  readonly rejects: readonly RejectedRow[];
  /** Rows (ascending) that this file made failed and that are failed at its end, and not taken back: its disconnect order carries them. */
  readonly madeFailed: readonly number[];
  /** Rows (ascending) whose connection has ended at the file's end and had not before, and that were not taken back. */
  readonly madeRevoked: readonly number[];
  /** Rows (ascending) whose number is somebody else's, as this file says: it is withdrawn from every list. */
  readonly madeReissued: readonly number[];
  /** Rows (ascending) that a bar or a disconnect order had carried, here or elsewhere, and that are to have service again. */
  readonly givenBack: readonly number[];
  /**
   * Rows that go on elsewhere, or are to be restored, ascending by row; ports of rows that were overdue are among them, which are not
   * moved.
   */
  readonly moved: readonly MovedRow[];
  /** The words that this file's words replaced, its own earlier ones among them, in the order in which they did. */
  readonly replaced: readonly ReplacedWord[];
  /** The number of rejects that are `conflicts_with_recorded`; the administrators are told of them. */
  readonly conflicts: number;
  /** The batch has settled: the summary stays, and a disconnection is published at once. */
  readonly late: boolean;
}

type ApplyDecision =
  | Applied
  /** These bytes are recorded already: nothing changes, and what was prepared with them is published again. */
  | { readonly kind: 'known'; readonly file: RecordedFile }
  /** Another file of the direction has its name already: the orders and lists of the two could not be told apart. */
  | { readonly kind: 'sha_taken' }
  /** The direction has taken all the files that it takes. */
  | { readonly kind: 'too_many_files' };

/** Whether another one of these files has a SHA-256 that begins with the same 8 digits, by which what is published with a file is named. */
export function isShaTaken(
  { files }: { readonly files: readonly { readonly sha256: string; readonly reversal?: BatchId }[] },
  sha256: string,
): boolean {
  return files.some(
    (file) => file.sha256 !== sha256 && file.reversal === undefined && sha8(file.sha256) === sha8(sha256),
  );
}

/**
 * Applies a response's rows, in file order, to the ledger that they answer. The same bytes again change nothing. On a sealed ledger the
 * answers go to a copy of the outcomes. `at` is the instant of the upload, at which the rows count as recorded; `committedAt` that of the
 * commit. `cutElsewhere` are rows from which an order of another direction took service; `cutSince` are rows whose number's new holder is
 * without service by what was directed for that holder. `portedTo` are the operators to which rows stand ported by earlier files: all that
 * these rows name.
 * @throws LedgerDamaged for a row that the direction doesn't have
 */
export function applyResponse(
  ledger: Ledger,
  rows: Iterable<AnsweredRow | RejectedRow>,
  file: {
    readonly sha256: string;
    readonly attempt: string;
    readonly at: Instant;
    readonly committedAt: Instant;
    readonly cutElsewhere?: ReadonlySet<number>;
    readonly cutSince?: ReadonlySet<number>;
    readonly portedTo?: ReadonlyMap<number, OperatorId>;
  },
): ApplyDecision {
  const known = ledger.files.find(({ sha256, reversal }) => sha256 === file.sha256 && reversal === undefined);
  if (known !== undefined) return { kind: 'known', file: known };
  if (isShaTaken(ledger, file.sha256)) return { kind: 'sha_taken' };
  if (countFiles(ledger) >= maxFiles) return { kind: 'too_many_files' };

  const after = new Uint8Array(currentOutcomes(ledger));
  const failed = new Set<number>();
  const revoked = new Set<number>();
  const reissued = new Set<number>();
  const good = new Set<number>();
  const again = new Set<number>();
  const moved = new Map<number, MovedRow>();
  const overdue = new Set<number>();
  const portedTo = new Map(file.portedTo);
  const replaced: ReplacedWord[] = [];
  const rejects: RejectedRow[] = [];
  let recorded = 0;
  const recordedAs: Partial<Record<Answer, number>> = {};
  let alreadyRecorded = 0;
  let conflicts = 0;
  for (const row of rows) {
    if ('reason' in row) {
      rejects.push(row);
      continue;
    }
    if (row.row < 0 || row.row >= ledger.rows) throw new LedgerDamaged(ledger.directionId, 'no such row');
    const before = outcomeAt(after, row.row);
    const move = movedRow(row);
    const stated = portedTo.get(row.row);
    // A port to another operator than was said before, or than is known, is another word, which somebody has to look into.
    const isElsewhere = move?.why === 'ported' && before === 'ported' && stated !== move.to;
    const isCut = isCutAgain(ledger, after, row);
    // A number may be given to somebody else again, of whom another row may know nothing.
    const isAgain = before === 'reissued' && row.outcome === 'reissued' && row.day > dayAt(after, row.row);
    // An answer that doesn't end its row leaves it overdue if its ladder has ended: it is written as if it had been said before that.
    const staysOverdue = before === 'overdue' && !ANSWER_RULES[row.outcome].ends;
    const isKnown = staysOverdue && fileOf(after, row.row * bytesPerRow) > 0;
    const effect =
      isElsewhere || isCut ? 'conflict' : isAgain ? 'record' : isKnown ? 'already' : effectOf(before, row.outcome);
    if (effect === 'already') alreadyRecorded += 1;
    else if (effect === 'conflict') {
      conflicts += 1;
      rejects.push({ line: row.line, reason: 'conflicts_with_recorded' });
      if (isCut || (row.outcome === 'disconnected' && wasToKeepService(after, row.row)))
        moved.set(row.row, { row: row.row, why: 'disconnected_after_verified' });
    } else {
      recorded += 1;
      recordedAs[row.outcome] = (recordedAs[row.outcome] ?? 0) + 1;
      replaced.push(...[wordAt(after, row.row)].filter((word) => word !== undefined));
      writeOutcome(after, row.row, staysOverdue ? before : row.outcome, row.day, ledger.files.length);
      // A row that was taken back is in no order that takes service, and in no list.
      const stands = !isReversed(after, row.row);
      if (row.outcome === 'failed' && stands && !staysOverdue) failed.add(row.row);
      else failed.delete(row.row);
      if (ANSWER_RULES[row.outcome].revokedFor !== null && stands) revoked.add(row.row);
      else revoked.delete(row.row);
      // It isn't so if this file says it for the first time, and then another day.
      if (isAgain && !reissued.has(row.row)) again.add(row.row);
      if (row.outcome === 'reissued') reissued.add(row.row);
      if (ANSWER_RULES[row.outcome].givesBack) good.add(row.row);
      if (move === undefined) moved.delete(row.row);
      else moved.set(row.row, move);
      if (move?.why === 'ported') portedTo.set(row.row, move.to);
      if (before === 'overdue') overdue.add(row.row);
    }
  }

  const late = ledger.sealedAt !== null;
  const movedRows = [...moved.values()].sort((a, b) => a.row - b.row);
  const count = (why: MovedRow['why']) => movedRows.filter((one) => one.why === why).length;
  const onward = movedRows.filter(
    ({ row, why }) => (why === 'ported' || why === 'extended') && !overdue.has(row),
  ).length;
  const [toRestore, toReturn] = [count('disconnected_after_verified'), count('porting_disputed')];
  // Service that a row's own orders had taken was given back when it was said first that somebody else has the number.
  const isCutHere = (row: number) => !again.has(row) && wasCut(ledger, row);
  const isTaken = (row: number) => isCutHere(row) || file.cutElsewhere?.has(row) === true;
  const givenBack = ascending(good).filter((row) => isTaken(row) && file.cutSince?.has(row) !== true);
  const entry: RecordedFile = {
    sha256: file.sha256,
    attempt: file.attempt,
    at: file.at,
    version: ledger.version + 1,
    ...(late && revoked.size > 0 ? { lateOn: dayOf(file.committedAt) } : {}),
    ...(reissued.size > 0 ? { withdrawnOn: dayOf(file.committedAt) } : {}),
    ...(givenBack.length > 0 ? { backDue: backOrderDue(file.committedAt) } : {}),
    ...(onward > 0 ? { moved: onward } : {}),
    ...(toRestore > 0 ? { toRestore } : {}),
    ...(toReturn > 0 ? { toReturn } : {}),
  };
  const changed = recorded === 0 ? {} : late ? { late: after } : { outcomes: after };
  return {
    kind: 'applied',
    ledger: change(ledger, { files: [...ledger.files, entry], ...changed }),
    rows: recorded + alreadyRecorded + rejects.length,
    recorded,
    recordedAs,
    alreadyRecorded,
    rejects,
    madeFailed: ascending(failed),
    madeRevoked: ascending(revoked),
    madeReissued: ascending(reissued),
    givenBack,
    moved: movedRows,
    replaced,
    conflicts,
    late,
  };
}

/**
 * Whether an operator says that a connection was disconnected on a later day than the one on which what had been done to it was taken back.
 * It had ended, or was overdue, before; so the word is not about that, and whoever was given service back has lost it again.
 */
function isCutAgain(ledger: Ledger, bytes: Uint8Array, { row, outcome, day }: AnsweredRow): boolean {
  if (outcome !== 'disconnected' || !wasGivenBack(bytes, row)) return false;
  const takenBackOn = firstTakenBackOn(ledger, bytes, row);
  return takenBackOn !== null && day > takenBackOn;
}

/**
 * The earliest day on which a row that had ended, or was overdue, can have been taken back: that of the direction's first reversal after
 * that. It is recorded nowhere which of several reversals it was, and a later one may have been about another row.
 */
function firstTakenBackOn({ files, closedAt }: Ledger, bytes: Uint8Array, row: number): Day | null {
  const endedAt = outcomeAt(bytes, row) === 'overdue' ? closedAt : null;
  const reversals = files.flatMap(({ reversal, at }, n) => (reversal === undefined ? [] : [{ n, at }]));
  const first = reversals.find(({ n, at }) => n >= fileOf(bytes, row * bytesPerRow) && (endedAt ?? at) <= at);
  // If no reversal came after that, the row failed after it was taken back, or its ladder ended at the same instant.
  const taken = first ?? reversals.at(-1);
  return taken === undefined ? null : dayOf(taken.at);
}

function ascending(rows: Set<number>): number[] {
  return [...rows].sort((a, b) => a - b);
}

/**
 * The applied ledger with the failed rows' disconnect order told in the file's entry. It is part of the same commit, so the version stays.
 */
export function withFailedOrder(applied: Applied, failedOrder: FailedOrder): Applied {
  const last = applied.ledger.files.at(-1);
  if (last === undefined) return applied;
  const files = [...applied.ledger.files.slice(0, -1), { ...last, failedOrder }];
  return { ...applied, ledger: { ...applied.ledger, files } };
}
