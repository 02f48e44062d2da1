/** Applying responses: from the rows of a response file to the ledger's next state, and to all that its commit brings about. */
import type { AnsweredRow } from './answers.ts';
import { backOrderDue, wasCut } from './back-orders.ts';
import { type Day, dayOf, type Instant, secondsBetween } from './days.ts';
import { sha8 } from './hashes.ts';
import type { BatchId, OperatorId } from './identifiers.ts';
import {
  change,
  countFiles,
  currentOutcomes,
  type FailedOrder,
  type Ledger,
  LedgerDamaged,
  type RecordedFile,
  takenBackAt,
} from './ledger.ts';
import { type MovedRow, movedRow } from './moves.ts';
import { ANSWER_RULES, type Answer, type Outcome } from './outcome-rules.ts';
import {
  BYTES_PER_ROW,
  dayAt,
  fileOf,
  forgetLaterEnd,
  isAnothersOn,
  isDisconnectedSince,
  isReversed,
  markCarriedAsFailed,
  noLaterEnds,
  noteLaterEnd,
  outcomeAt,
  wasGivenBack,
  wasToKeepService,
  writeOutcome,
} from './outcomes.ts';
import type { RejectedRow } from './reasons.ts';
import { type ReplacedWord, wordAt } from './replaced.ts';

/** The most response files that a direction takes; the next is refused as `too_many_files`. */
export const MOST_FILES = 500;

/** The effect of an answer on a row, given what is recorded of it. */
export type Effect = 'record' | 'already' | 'conflict';

/**
 * The transitions that are allowed. Open, overdue and failed take every answer, since somebody who fails and proves themselves in time is
 * not cut off (`extended` is not taken on overdue, and `failed` leaves a row overdue). The same outcome again, and failed after
 * disconnected or surrendered, is already recorded; anything else conflicts. All but failed are terminal, except that a number may always
 * turn out to be somebody else's since (reissued), and since a later day than was said before, and that whoever was given more time may
 * prove themselves before a follow-up goes on with them (as `applyResponse` has both).
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
  /**
   * Rows (ascending) that a bar or a disconnect order had carried, or whose operator had cut off who has the number, here or elsewhere, and
   * that are to have service again.
   */
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

/** A response file whose rows are applied, with what is known of these rows beside their ledger. */
export interface AnsweringFile {
  readonly sha256: string;
  /** The attempt that prepares what the commit will publish, as `RecordedFile` has it. */
  readonly attempt: string;
  /** The instant of the upload, at which the rows count as recorded. */
  readonly at: Instant;
  /** The instant of the commit. */
  readonly committedAt: Instant;
  /** Rows from which an order of another direction took service; default none. */
  readonly cutElsewhere?: ReadonlySet<number>;
  /**
   * Rows whose operator says in another one that it disconnected the number on a day since which somebody else has it, as this file says;
   * default none.
   */
  readonly disconnectedElsewhere?: ReadonlySet<number>;
  /** Rows of which the file says that somebody else has the number, and who is without service by what was directed for them; default none. */
  readonly cutSince?: ReadonlySet<number>;
  /**
   * The same of rows of which an earlier file says so; default none. Whoever has the number by the word of this file is another one, and is
   * in no row of these.
   */
  readonly cutSinceBefore?: ReadonlySet<number>;
  /**
   * Rows whose number's holder is to have service by another row of the same operator, with the day since which they are to; default none.
   */
  readonly keptSince?: ReadonlyMap<number, Day>;
  /** The operators to which rows stand ported by earlier files: all that this file's rows name. Default none. */
  readonly portedTo?: ReadonlyMap<number, OperatorId>;
}

/**
 * Applies a response's rows, in file order, to the ledger that they answer. The same bytes again change nothing. On a sealed ledger the
 * answers go to a copy of the outcomes.
 * @throws LedgerDamaged for a row that the direction doesn't have
 */
export function applyResponse(
  ledger: Ledger,
  rows: Iterable<AnsweredRow | RejectedRow>,
  file: AnsweringFile,
): ApplyDecision {
  const known = ledger.files.find(({ sha256, reversal }) => sha256 === file.sha256 && reversal === undefined);
  if (known !== undefined) return { kind: 'known', file: known };
  if (isShaTaken(ledger, file.sha256)) return { kind: 'sha_taken' };
  if (countFiles(ledger) >= MOST_FILES) return { kind: 'too_many_files' };
  const application = new Application(ledger, file);
  for (const row of rows) application.take(row);
  return application.result();
}

/**
 * A file on its way into a ledger: takes its rows one by one, in file order. A row is judged by what earlier files said of it, and earlier
 * rows of this one.
 */
class Application {
  readonly #ledger: Ledger;
  readonly #file: AnsweringFile;
  /** The ledger's outcomes, with the rows that were recorded so far. */
  readonly #after: Uint8Array;
  /** The ledger's later ends, with what this file says. */
  #laterEnds: Uint8Array | undefined;
  /** The operators to which rows stand ported by now. */
  readonly #portedTo: Map<number, OperatorId>;

  // Counts and lists of the file, as `Applied` has them.
  #recorded = 0;
  readonly #recordedAs: Partial<Record<Answer, number>> = {};
  #alreadyRecorded = 0;
  #conflicts = 0;
  readonly #rejects: RejectedRow[] = [];
  readonly #replaced: ReplacedWord[] = [];

  // Rows (from 0), each by the file's last word on it.
  readonly #failed = new Set<number>();
  readonly #revoked = new Set<number>();
  readonly #moved = new Map<number, MovedRow>();
  /** Rows that some word of the file calls reissued. */
  readonly #reissued = new Set<number>();
  /** Rows that an earlier file called reissued, and this one again. */
  readonly #reissuedAgain = new Set<number>();
  /** Rows that were said to be disconnected on a day since which somebody else has the number: it was they who were cut off. */
  readonly #cutFromHolder = new Set<number>();
  /** Rows whose holder was answered for: they proved themselves, have more time, or have the number since. */
  readonly #answeredFor = new Set<number>();
  /** Rows that were overdue when this file answered them: they don't go on elsewhere. */
  readonly #overdue = new Set<number>();

  constructor(ledger: Ledger, file: AnsweringFile) {
    this.#ledger = ledger;
    this.#file = file;
    this.#after = new Uint8Array(currentOutcomes(ledger));
    this.#laterEnds = ledger.laterEnds && new Uint8Array(ledger.laterEnds);
    this.#portedTo = new Map(file.portedTo);
  }

  /** @throws LedgerDamaged for a row that the direction doesn't have */
  take(row: AnsweredRow | RejectedRow): void {
    if ('reason' in row) {
      this.#rejects.push(row);
      return;
    }
    if (row.row < 0 || row.row >= this.#ledger.rows) throw new LedgerDamaged(this.#ledger.directionId, 'no such row');
    const effect = this.#effect(row);
    if (effect === 'record') this.#record(row);
    else if (effect === 'already') this.#takeAlready(row);
    else this.#reject(row);
  }

  /** The file's effect, once it has no more rows. */
  result(): Applied {
    const ledger = this.#ledger;
    const late = ledger.sealedAt !== null;
    // The night looks at them, too: they may be cut off by their own row by then, and they are found by an appeal.
    const held = this.#newHoldersCut();
    for (const row of held) this.#moved.set(row, { row, why: 'disconnected_after_verified' });
    const moved = [...this.#moved.values()].sort((a, b) => a.row - b.row);
    const givenBack = this.#givenBack(held);
    const entry = this.#entry(moved, givenBack);
    const changed = this.#recorded === 0 ? {} : late ? { late: this.#after } : { outcomes: this.#after };
    const ends = this.#laterEnds === undefined ? {} : { laterEnds: this.#laterEnds };
    return {
      kind: 'applied',
      ledger: change(ledger, { files: [...ledger.files, entry], ...changed, ...ends }),
      rows: this.#recorded + this.#alreadyRecorded + this.#rejects.length,
      recorded: this.#recorded,
      recordedAs: this.#recordedAs,
      alreadyRecorded: this.#alreadyRecorded,
      rejects: this.#rejects,
      madeFailed: ascending(this.#failed),
      madeRevoked: ascending(this.#revoked),
      madeReissued: ascending(this.#reissued),
      givenBack,
      moved,
      replaced: this.#replaced,
      conflicts: this.#conflicts,
      late,
    };
  }

  /** The transitions of `effectOf`, and the answers that these don't tell apart. */
  #effect(row: AnsweredRow): Effect {
    const isCutSinceKnown =
      this.#isCutAgain(row) || this.#isNewHolderCutAgain(row) || this.#keptSince(row) !== undefined;
    if (this.#isPortedElsewhere(row) || isCutSinceKnown) return 'conflict';
    if (this.#isReissuedAgain(row) || this.#isProvedInTime(row)) return 'record';
    if (this.#staysOverdue(row) && this.#hasWord(row)) return 'already';
    return effectOf(outcomeAt(this.#after, row.row), row.outcome);
  }

  /** A port to another operator than was said before, or than is known, is another word, which somebody has to look into. */
  #isPortedElsewhere(row: AnsweredRow): boolean {
    const move = movedRow(row);
    const isPortedAgain = move?.why === 'ported' && outcomeAt(this.#after, row.row) === 'ported';
    return isPortedAgain && this.#portedTo.get(row.row) !== move.to;
  }

  /**
   * An operator says that a connection was disconnected on a later day than the one on which what had been done to it was taken back, or on
   * that day and later than was said before. It had ended, or was overdue, before; so the word is not about that, and whoever was given
   * service back has lost it again. Not so where the row was taken back since the number is somebody else's.
   */
  #isCutAgain({ row, outcome, day, newHolder }: AnsweredRow): boolean {
    if (outcome !== 'disconnected' || newHolder !== undefined || !wasGivenBack(this.#after, row)) return false;
    const backAt = takenBackAt(this.#ledger, row);
    if (backAt === null || day < dayOf(backAt)) return false;
    return day > dayOf(backAt) || !this.#hasWord({ row }) || day > dayAt(this.#after, row);
  }

  /** The row stands disconnected as of a day before, on which nobody else had the number. */
  #isNewHolderCutAgain({ row, day, newHolder }: AnsweredRow): boolean {
    if (newHolder?.isCutWrongly !== true) return false;
    return outcomeAt(this.#after, row) === 'disconnected' && day > dayAt(this.#after, row);
  }

  /**
   * The day since which somebody is to have service by another row there who is said to be disconnected. Whoever was so on an earlier day
   * has had service since: they stand in no list for that.
   */
  #keptSince({ row, outcome }: AnsweredRow): Day | undefined {
    return outcome === 'disconnected' ? this.#file.keptSince?.get(row) : undefined;
  }

  /** An operator says that a connection is disconnected whose holder was to have service on that day: it is to be restored. */
  #isCutWrongly(row: AnsweredRow): boolean {
    if (row.outcome !== 'disconnected') return false;
    // Nobody has asked anything of who has the number since, unless another row is theirs.
    const { cutSince, cutSinceBefore } = this.#file;
    if (isAnothersOn(this.#after, row.row, row.day))
      return (this.#reissued.has(row.row) ? cutSince : cutSinceBefore)?.has(row.row) !== true;
    const since = this.#keptSince(row);
    const isToKeep = wasToKeepService(this.#after, row.row) || row.newHolder?.isCutWrongly === true;
    return this.#isCutAgain(row) || isToKeep || (since !== undefined && row.day >= since);
  }

  /** A number may be given to somebody else again, of whom another row may know nothing. */
  #isReissuedAgain({ row, outcome, day }: AnsweredRow): boolean {
    const isReissued = outcome === 'reissued' && outcomeAt(this.#after, row) === 'reissued';
    return isReissued && day > dayAt(this.#after, row);
  }

  /**
   * Whoever was given more time counts as open until a follow-up goes on with them, and proves themselves before that. One that has taken
   * them, and has not decided on them yet, leaves out whoever is verified by then.
   */
  #isProvedInTime({ row, outcome }: AnsweredRow): boolean {
    if (outcome !== 'verified' || outcomeAt(this.#after, row) !== 'extended') return false;
    const place = fileOf(this.#after, row * BYTES_PER_ROW) - 1;
    const { files, undecided = [] } = this.#ledger;
    const { moved, followUp } = files[place] ?? {};
    return place === files.length || (moved !== undefined && (followUp === undefined || undecided.includes(followUp)));
  }

  /** An answer that doesn't end its row leaves it overdue if its ladder has ended: it is written as if it had been said before that. */
  #staysOverdue({ row, outcome }: AnsweredRow): boolean {
    return outcomeAt(this.#after, row) === 'overdue' && !ANSWER_RULES[outcome].ends;
  }

  /** A file has said something of the row. What leaves it overdue is recorded only if it is the first word. */
  #hasWord({ row }: Pick<AnsweredRow, 'row'>): boolean {
    return fileOf(this.#after, row * BYTES_PER_ROW) > 0;
  }

  #takeAlready(row: AnsweredRow): void {
    this.#alreadyRecorded += 1;
    this.#noteLaterEnd(row);
  }

  /** Rejects a row that contradicts what is recorded of it. */
  #reject(row: AnsweredRow): void {
    this.#conflicts += 1;
    this.#rejects.push({ line: row.line, reason: 'conflicts_with_recorded' });
    if (!this.#isCutWrongly(row)) this.#noteLaterEnd(row);
    // Where this file has the row go on, that gives service back.
    else if (!this.#moved.has(row.row)) this.#moved.set(row.row, { row: row.row, why: 'disconnected_after_verified' });
  }

  /**
   * Keeps the day of a disconnection that changes nothing: it may turn out that somebody else had the number by then. Whose it was is known
   * of a number that is somebody else's.
   */
  #noteLaterEnd({ row, outcome, day, isDated }: AnsweredRow): void {
    if (outcome !== 'disconnected' || !isDated || outcomeAt(this.#after, row) === 'reissued') return;
    if (isDisconnectedSince(this.#after, undefined, row, day)) return;
    this.#laterEnds ??= noLaterEnds(this.#ledger.rows);
    noteLaterEnd(this.#laterEnds, row, day);
  }

  #record(answered: AnsweredRow): void {
    const { row, outcome, day } = answered;
    // What follows, until the answer is written, reads the word that it replaces.
    const before = outcomeAt(this.#after, row);
    if (outcome === 'reissued' && isDisconnectedSince(this.#after, this.#laterEnds, row, day)) {
      this.#cutFromHolder.add(row);
      // A later end is used up like the word that is replaced: it has its consequence once.
      if (this.#laterEnds !== undefined) forgetLaterEnd(this.#laterEnds, row);
    }
    const staysOverdue = this.#staysOverdue(answered);
    const isReissuedAgain = this.#isReissuedAgain(answered);
    const word = wordAt(this.#after, row);
    if (word !== undefined) this.#replaced.push(word);
    writeOutcome(this.#after, row, staysOverdue ? before : outcome, day, this.#ledger.files.length);
    this.#recorded += 1;
    this.#recordedAs[outcome] = (this.#recordedAs[outcome] ?? 0) + 1;

    const { revokedFor, givesBack } = ANSWER_RULES[outcome];
    // A row that was taken back is in no order that takes service, and in no list.
    const stands = !isReversed(this.#after, row);
    if (outcome === 'failed' && stands && !staysOverdue) this.#failed.add(row);
    else this.#failed.delete(row);
    if (revokedFor !== null && stands) this.#revoked.add(row);
    else this.#revoked.delete(row);
    const move = movedRow(answered);
    // Who was cut off is to be restored, whoever it turns out to have been: the night looks.
    const isToRestore = givesBack && this.#moved.get(row)?.why === 'disconnected_after_verified';
    if (move !== undefined) this.#moved.set(row, move);
    // The row takes its answer, and whoever has the number since is restored.
    else if (answered.newHolder?.isCutWrongly) this.#moved.set(row, { row, why: 'disconnected_after_verified' });
    else if (!isToRestore) this.#moved.delete(row);
    if (move?.why === 'ported') this.#portedTo.set(row, move.to);
    // A row that this file calls reissued for the first time, and then with another day, is not reissued again.
    if (isReissuedAgain && !this.#reissued.has(row)) this.#reissuedAgain.add(row);
    if (outcome === 'reissued') this.#reissued.add(row);
    // Service was given back when somebody was given more time: who proves themselves after that has it.
    if (givesBack && !(outcome === 'verified' && before === 'extended')) this.#answeredFor.add(row);
    if (before === 'overdue') this.#overdue.add(row);
  }

  /**
   * The rows of which the file says that somebody else has the number, and whose operator had said before, here or in another row, that it
   * had disconnected them: nobody had asked for that.
   */
  #newHoldersCut(): Set<number> {
    const { disconnectedElsewhere, cutSince } = this.#file;
    const isCut = (row: number) => this.#cutFromHolder.has(row) || disconnectedElsewhere?.has(row) === true;
    return new Set([...this.#reissued].filter((row) => isCut(row) && cutSince?.has(row) !== true));
  }

  /**
   * The rows (ascending) that are to have service again: an order took it, or their operator did, and nothing that was directed for the
   * present holder.
   * @param held those whom their operator had cut off
   */
  #givenBack(held: ReadonlySet<number>): number[] {
    const { cutElsewhere, cutSince } = this.#file;
    return ascending(this.#answeredFor).filter((row) => {
      // Service that a row's own orders had taken was given back when it was said first that somebody else has the number.
      const isCutHere = !this.#reissuedAgain.has(row) && wasCut(this.#ledger, row);
      return held.has(row) || ((isCutHere || cutElsewhere?.has(row) === true) && cutSince?.has(row) !== true);
    });
  }

  /** The file's entry in the ledger. */
  #entry(moved: readonly MovedRow[], givenBack: readonly number[]): RecordedFile {
    const { sha256, attempt, at, committedAt } = this.#file;
    const count = (counts: (row: MovedRow) => boolean) => moved.filter(counts).length;
    const onward = count(({ row, why }) => (why === 'ported' || why === 'extended') && !this.#overdue.has(row));
    const toRestore = count(({ why }) => why === 'disconnected_after_verified');
    const toReturn = count(({ why }) => why === 'porting_disputed');
    return {
      sha256,
      attempt,
      at,
      version: this.#ledger.version + 1,
      ...(this.#ledger.sealedAt !== null && this.#revoked.size > 0 ? { lateOn: dayOf(committedAt) } : {}),
      ...(this.#reissued.size > 0 ? { withdrawnOn: dayOf(committedAt) } : {}),
      ...(givenBack.length > 0 ? { backDue: backOrderDue(committedAt) } : {}),
      ...(onward > 0 ? { moved: onward } : {}),
      ...(toRestore > 0 ? { toRestore } : {}),
      ...(toReturn > 0 ? { toReturn } : {}),
    };
  }
}

function ascending(rows: Set<number>): number[] {
  return [...rows].sort((a, b) => a - b);
}

/**
 * The applied ledger with the failed rows' disconnect order told in the file's entry, and the rows marked as carried by it. It is part of the
 * same commit, at `committedAt`, so the version stays.
 */
export function withFailedOrder(applied: Applied, order: Omit<FailedOrder, 'delay'>, committedAt: Instant): Applied {
  const last = applied.ledger.files.at(-1);
  if (last === undefined) return applied;
  const delay = Math.max(0, secondsBetween(last.at, committedAt));
  const files = [...applied.ledger.files.slice(0, -1), { ...last, failedOrder: { ...order, delay } }];
  const outcomes = new Uint8Array(applied.ledger.outcomes);
  for (const row of applied.madeFailed) markCarriedAsFailed(outcomes, row);
  return { ...applied, ledger: { ...applied.ledger, files, outcomes } };
}
