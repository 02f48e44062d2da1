import { orderedBackAt } from '../domain/back-orders.ts';
import { planCounts } from '../domain/batches.ts';
import { addSeconds, type Instant } from '../domain/days.ts';
import { type DirectionRow, parseDirectionRowLine, subjectOfLine } from '../domain/directions.ts';
import type { CarryingOrder, EarlierWord, NamedFile, RowFacts } from '../domain/facts.ts';
import { followUpsOf, withoutFollowUps } from '../domain/follow-ups.ts';
import { type BatchId, type DirectionId, type Imei, isImei, type Msisdn } from '../domain/identifiers.ts';
import { imeiOut } from '../domain/imeis.ts';
import { type DirectionKind, RESTORE } from '../domain/kinds.ts';
import { fileSaying, type Ledger, outcomeOf, type RecordedFile } from '../domain/ledger.ts';
import { LEDGERS_AT_ONCE } from '../domain/limits.ts';
import { type MovedRow, movedForm } from '../domain/moves.ts';
import { backOrderKey, failedOrderKey, orderKey } from '../domain/outbox.ts';
import { isMove, type Outcome } from '../domain/outcome-rules.ts';
import { type Pointer, readPointer } from '../domain/pointers.ts';
import { receiptName } from '../domain/receipts.ts';
import type { Referred } from '../domain/references.ts';
import { fileOfWord, type ReplacedWord, replacedForm } from '../domain/replaced.ts';
import { PREPARED } from '../domain/work.ts';
import { readClaimsHoweverOld } from '../stores/cases/claims.ts';
import { readLedger } from '../stores/cases/ledgers.ts';
import { concurrently } from '../stores/concurrently.ts';
import { movedKey } from '../stores/moves.ts';
import { readTextIfThere } from '../stores/objects.ts';
import { directionCounts, type ReferredRow, rowsReferredTo } from '../stores/references.ts';
import type { Batches } from './batches.ts';
import { env } from './environment.ts';

/** A row that a claim or a reference names; it has no row number if only the direction is known. */
type Named = Pick<Pointer, 'directionId'> & Partial<Pick<Pointer, 'row'>>;

/** The rows of directions that belong to somebody, as far as they are known before they are read. */
export class Claimed {
  readonly byDirection = new Map<DirectionId, Map<Imei | Msisdn, Set<number | undefined>>>();

  add(identifier: Imei | Msisdn, { directionId, row }: Named): void {
    const own = this.byDirection.get(directionId) ?? new Map<Imei | Msisdn, Set<number | undefined>>();
    own.set(identifier, (own.get(identifier) ?? new Set()).add(row));
    this.byDirection.set(directionId, own);
  }
}

/** The rows of directions that are somebody's. */
export class Rows {
  readonly #batches: Batches;

  constructor(batches: Batches) {
    this.#batches = batches;
  }

  /** The rows for which references stand. A reference to a row that doesn't exist, or to a plan that doesn't count, has no entry. */
  referred(references: readonly Referred[]): Promise<Map<Referred, ReferredRow>> {
    return rowsReferredTo(env, references, (batchId) => this.#batches.read(batchId));
  }

  /** The rows that the claims of these subjects name, in plans that count. */
  async claimed(subjects: ReadonlySet<Imei | Msisdn>): Promise<Claimed> {
    const claimed = new Claimed();
    const imeis = [...subjects].filter((subject) => isImei(subject));
    const msisdns = [...subjects].filter((subject) => !isImei(subject));
    for (const claims of [
      await readClaimsHoweverOld(env.CASES, 'reverify', msisdns),
      await readClaimsHoweverOld(env.CASES, 'block', imeis),
    ])
      for (const [identifier, { pointers }] of claims)
        for (const stored of Object.values(pointers).flat()) {
          const pointer = readPointer(stored);
          if (await this.#counts(pointer.directionId)) claimed.add(identifier as Imei | Msisdn, pointer);
        }
    return claimed;
  }

  #counts(directionId: DirectionId): Promise<boolean> {
    return directionCounts(directionId, (batchId) => this.#batches.read(batchId));
  }

  /** A ledger without the follow-ups that are on their way to be directed: nobody was told of them, and they may fail. */
  async #asDirected(ledger: Ledger): Promise<Ledger> {
    const undirected = new Set<BatchId>();
    for (const id of followUpsOf(ledger)) {
      const batch = await this.#batches.read(id);
      if (batch === undefined || !planCounts(batch.state)) undirected.add(id);
    }
    return undirected.size === 0 ? ledger : withoutFollowUps(ledger, undirected);
  }

  /** What is stored of these rows, each direction read once. */
  async read({ byDirection }: Claimed): Promise<Map<Imei | Msisdn, RowFacts[]>> {
    const rows = new Map<Imei | Msisdn, RowFacts[]>();
    await concurrently(byDirection, LEDGERS_AT_ONCE, async ([directionId, wanted]) => {
      const read = await readLedger(env.CASES, directionId);
      const ledger = read && (await this.#asDirected(read));
      const text = ledger && (await readTextIfThere({ bucket: env.WORK, key: ledger.rowsKey }));
      if (!text) return;
      const lines = text.split('\n');
      const orders = await ordersOf(ledger);
      const moves = await movesOf(ledger);
      const replaced = new ReplacedWords(ledger);
      for (const [identifier, known] of wanted)
        for (const row of placesOf(ledger.kind, lines, identifier, known)) {
          const line = lines[row];
          if (!line) continue;
          const subject = parseDirectionRowLine(ledger.kind, line);
          const ordered = `\n${orderedAs(ledger.kind, subject)},`;
          const facts = {
            batchId: ledger.batchId,
            ledger,
            row,
            subject,
            orders: orders.flatMap((forms) => forms.find(({ text }) => text.includes(ordered))?.order ?? []),
            answeredIn: await nameOfAnswer(ledger, row),
            moved: await moveOf(ledger, row),
            cutAfter: await filesCuttingAfter(ledger, row, moves),
            earlier: await earlierWords(ledger, row, replaced),
          };
          rows.set(identifier, [...(rows.get(identifier) ?? []), facts]);
        }
    });
    const name = ({ ledger, row }: RowFacts) => `${ledger.directionId} ${String(row).padStart(9, '0')}`;
    for (const own of rows.values()) own.sort((a, b) => (name(a) < name(b) ? -1 : 1));
    return rows;
  }
}

/** The places (from 0, ascending) of somebody's rows: those that are known, and for one that isn't known those that are found. */
function placesOf(
  kind: DirectionKind,
  lines: readonly string[],
  identifier: Imei | Msisdn,
  known: ReadonlySet<number | undefined>,
): number[] {
  const places = new Set([...known].filter((row) => row !== undefined));
  if (known.has(undefined))
    for (const [row, line] of lines.entries()) if (line !== '' && isAbout(kind, line, identifier)) places.add(row);
  return [...places].sort((a, b) => a - b);
}

/** Whether a row is a number's or a handset's. The row that excepts a number from a handset's block is the number's, too. */
function isAbout(kind: DirectionKind, line: string, identifier: Imei | Msisdn): boolean {
  if (kind !== 'unblock') return subjectOfLine(kind, line).identifier === identifier;
  const { imei, msisdn } = parseDirectionRowLine(kind, line);
  return msisdn === null ? imei === identifier : msisdn === identifier;
}

/** How the line of an order that carries a row begins. A handset may stand in an order for several numbers. */
function orderedAs(kind: DirectionKind, row: DirectionRow): string {
  const number = 'msisdn' in row ? (row.msisdn ?? '') : '';
  if (kind === 'unblock') return `${imeiOut(row.imei)},${number}`;
  return kind === 'block' ? imeiOut(row.imei) : number;
}

/** A form in which an order was committed, and the place of its text in the work bucket. */
interface OrderForm {
  readonly prepared: string;
  readonly order: CarryingOrder;
}

/**
 * The orders of a direction in the order of their first commits: each with its last form and then, if that was issued anew, its first one
 * (rows only leave an order), and their texts.
 */
async function ordersOf(ledger: Ledger): Promise<{ order: CarryingOrder; text: string }[][]> {
  const { directionId, operator } = ledger;
  const committed: { version: number; forms: OrderForm[] }[] = [];
  for (const { rung, order, version, firstVersion = version, deadline, ...one } of ledger.orders) {
    const key = orderKey(operator, directionId, rung, order);
    const form = (attempt: string, at: Instant): OrderForm => ({
      prepared: PREPARED.order(directionId, rung, attempt),
      order: { order, key, at, deadline },
    });
    const { firstAttempt, firstAt = one.at } = one;
    const first = firstAttempt === undefined ? [] : [form(firstAttempt, firstAt)];
    committed.push({ version: firstVersion, forms: [form(one.attempt, one.at), ...first] });
  }
  for (const { sha256, attempt, at, version, failedOrder, backDue } of ledger.files) {
    const preparedAs = (by: string, name: 'disconnect.csv' | 'restore.csv') =>
      PREPARED.response(directionId, sha256, by, name);
    if (failedOrder !== undefined) {
      const key = failedOrderKey(operator, directionId, sha256);
      const committedAt = addSeconds(at, failedOrder.delay);
      const order: CarryingOrder = { order: 'disconnect', key, at: committedAt, deadline: failedOrder.deadline };
      const attempts = failedOrder.anew === undefined ? [attempt] : [failedOrder.anew.attempt, attempt];
      committed.push({ version, forms: attempts.map((by) => ({ prepared: preparedAs(by, 'disconnect.csv'), order })) });
    }
    if (backDue !== undefined) {
      const key = backOrderKey(operator, directionId, sha256);
      const order: CarryingOrder = { order: RESTORE.order, key, at: orderedBackAt(backDue), deadline: backDue };
      committed.push({ version, forms: [{ prepared: preparedAs(attempt, 'restore.csv'), order }] });
    }
  }
  committed.sort((a, b) => a.version - b.version);
  return await Promise.all(
    committed.map(({ forms }) =>
      Promise.all(
        forms.map(async ({ prepared, order }) => ({
          order,
          text: (await readTextIfThere({ bucket: env.WORK, key: prepared })) ?? '',
        })),
      ),
    ),
  );
}

/** The name of the file that said a row's outcome. */
async function nameOfAnswer(ledger: Ledger, row: number): Promise<string | null> {
  const file = fileSaying(ledger, row);
  return file === undefined || file.reversal !== undefined ? null : await nameOf(ledger, file);
}

/** The name of a recorded file, as its receipt has it; null once that has gone. */
async function nameOf({ directionId }: Ledger, { sha256, attempt }: RecordedFile): Promise<string | null> {
  const key = PREPARED.response(directionId, sha256, attempt, 'receipt.json');
  const receipt = await readTextIfThere({ bucket: env.WORK, key });
  return receipt === undefined ? null : receiptName.parse(JSON.parse(receipt)).file;
}

/** What a file says of rows that go on elsewhere or are to be restored; nothing once its list has gone. */
async function movesIn(ledger: Ledger, file: RecordedFile): Promise<readonly MovedRow[]> {
  const list = await readTextIfThere({ bucket: env.WORK, key: movedKey(ledger, file) });
  return list === undefined ? [] : movedForm.parse(list).rows;
}

/** What each of a direction's files says of rows that are to be restored. */
async function movesOf(ledger: Ledger): Promise<Map<RecordedFile, readonly MovedRow[]>> {
  const moves = new Map<RecordedFile, readonly MovedRow[]>();
  for (const file of ledger.files) if (file.toRestore !== undefined) moves.set(file, await movesIn(ledger, file));
  return moves;
}

/** The files that disconnected a row after it was verified. */
async function filesCuttingAfter(
  ledger: Ledger,
  row: number,
  moves: ReadonlyMap<RecordedFile, readonly MovedRow[]>,
): Promise<NamedFile[]> {
  const files: NamedFile[] = [];
  for (const [entry, rows] of moves)
    if (rows.some((one) => one.row === row && one.why === 'disconnected_after_verified')) {
      // What was found after a file's commit is told as that file's, and goes on in the night that took the entry.
      const of = ledger.files.find(({ sha256 }) => sha256 === entry.after) ?? entry;
      files.push({ file: { ...entry, sha256: of.sha256, at: of.at }, name: await nameOf(ledger, of) });
    }
  return files;
}

/** Where a row goes on, by the file that says so; null if it doesn't, or if that file's list has gone. */
async function moveOf(ledger: Ledger, row: number): Promise<RowFacts['moved']> {
  const file = fileSaying(ledger, row);
  return file === undefined ? null : await moveIn(ledger, file, row, outcomeOf(ledger, row).outcome);
}

/** @param outcome the row's outcome by this file's word */
async function moveIn(ledger: Ledger, file: RecordedFile, row: number, outcome: Outcome): Promise<RowFacts['moved']> {
  const isDisputed = outcome === 'not_found' && file.toReturn !== undefined;
  if (!isMove(outcome) && !isDisputed) return null;
  const move = (await movesIn(ledger, file)).find((one) => one.row === row);
  return move === undefined || move.why === 'disconnected_after_verified' ? null : move;
}

/** The words that each of a direction's files replaced, read once. */
class ReplacedWords {
  readonly #ledger: Ledger;
  readonly #known = new Map<RecordedFile, Promise<readonly ReplacedWord[]>>();

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** The words of a row, in the order of time; none once the list has gone. */
  async by(file: RecordedFile, row: number): Promise<ReplacedWord[]> {
    const known = this.#known.get(file) ?? this.#read(file);
    this.#known.set(file, known);
    return (await known).filter((word) => word.row === row);
  }

  async #read({ sha256, attempt }: RecordedFile): Promise<readonly ReplacedWord[]> {
    const key = PREPARED.response(this.#ledger.directionId, sha256, attempt, 'replaced.json');
    const list = await readTextIfThere({ bucket: env.WORK, key });
    return list === undefined ? [] : replacedForm.parse(list).rows;
  }
}

/** What was said of a row before its last word, in the order of time. */
async function earlierWords(ledger: Ledger, row: number, replaced: ReplacedWords): Promise<EarlierWord[]> {
  const words: ReplacedWord[] = [];
  for (let file = fileSaying(ledger, row); file !== undefined; ) {
    const own = await replaced.by(file, row);
    words.unshift(...own);
    const before = own[0] && fileOfWord(ledger, own[0]);
    // A file that has two words on a row has replaced its own.
    file = before === file ? undefined : before;
  }
  return await Promise.all(
    words.map(async (word): Promise<EarlierWord> => {
      const file = fileOfWord(ledger, word);
      if (file === undefined || word.on === null) return { outcome: word.outcome, said: null, moved: null };
      return {
        outcome: word.outcome,
        said: { file, name: await nameOf(ledger, file), on: word.on },
        moved: await moveIn(ledger, file, row, word.outcome),
      };
    }),
  );
}
