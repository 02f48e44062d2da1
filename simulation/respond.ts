/**
 * `--respond`: an operator's answers, split among its directions. The splitter looks only at what the operator has: the orders it received,
 * its own uploads and their receipts.
 */

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { DirectionId, OperatorId } from '../lambdas/domain/identifiers.ts';
import { parseDirectionId } from '../lambdas/domain/identifiers.ts';
import { columnOf, type DirectionKind, rulesOf } from '../lambdas/domain/kinds.ts';
import { receiptKey } from '../lambdas/domain/outbox.ts';
import { CommandError } from '../lib/commands/command-line.ts';
import type { OwnResponse } from './arguments.ts';
import { bucketsOf } from './buckets.ts';
import { type Desk, objectIn } from './desk.ts';
import {
  linesInPiece,
  PARSERS,
  pieceOf,
  type ReadableResponse,
  type RefusedResponse,
  type ResponseRow,
  readResponse,
} from './response-file.ts';

/** The operator's knowledge of a row: nothing was said yet, it was said to have failed, or it is done with. */
type Standing = 'open' | 'failed' | 'done';

interface Direction {
  readonly id: DirectionId;
  readonly kind: DirectionKind;
  /** Plan, shard and number, compared in turn: a later plan's direction is newer. */
  readonly place: readonly number[];
  readonly rows: Map<string, Standing>;
  /** The latest deadline that an order named, epoch milliseconds: after it, without a new order, the ladder has ended. */
  deadline: number;
}

/** An upload whose receipt wasn't read yet: its answers by row and line. */
interface Upload {
  readonly direction: Direction;
  readonly receipt: string;
  readonly rows: readonly {
    readonly line: number;
    readonly identifier: string | undefined;
    readonly outcome: string;
  }[];
}

/** A response whose columns tell the kind of its directions. */
type KnownResponse = ReadableResponse | (RefusedResponse & { kind: DirectionKind });

/**
 * Reads a file of answers.
 * @throws CommandError where its columns don't tell the kind: its direction would be a guess
 */
export async function readOwn({ path, argument }: OwnResponse): Promise<{ bytes: Buffer; response: KnownResponse }> {
  const bytes = await readFile(path);
  const response = await readResponse(bytes);
  const { kind } = response;
  if (kind !== undefined) return { bytes, response: { ...response, kind } };
  const why = response.refused === 'missing_column' ? '' : ` (${response.refused})`;
  throw new CommandError(
    `--respond ${argument}: its first line must have the column outcome and msisdn or imei, by which it is known to which direction it goes${why}`,
  );
}

export class Responder {
  readonly #desk: Desk;
  readonly #directions = new Map<DirectionId, Direction>();
  #unread: Upload[] = [];

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  /**
   * Uploads a file's rows under its own name. Each row goes to the newest direction that takes the answer and in which the row is open or
   * failed, else to the newest that has the row, else to the newest of its kind. A file that would be refused whole goes whole to the
   * newest.
   * @throws CommandError when there is no direction that could take it, or its kind isn't known
   */
  async respond(file: OwnResponse): Promise<void> {
    await this.#catchUp();
    const { bytes, response } = await readOwn(file);
    const newest = newestOf(this.#ofKind(response.kind));
    if (newest === undefined) {
      const kind = response.kind === 'block' ? 'block' : 're-verification';
      const why = 'none was ordered, or the configuration gives it no queue in which it would read of one';
      throw new CommandError(
        `--respond ${file.argument}: ${file.operator} has no ${kind} direction at that time: ${why}`,
      );
    }
    const pieces = 'refused' in response ? [] : this.#split(response, newest);
    if ('refused' in response || pieces.length === 0) {
      await this.#upload(newest, file.name, bytes, []);
      return;
    }
    for (const [direction, rows] of pieces) {
      const lines = linesInPiece(response.header, rows);
      await this.#upload(
        direction,
        file.name,
        pieceOf(response.header, rows),
        rows.map(({ identifier, outcome }, n) => ({ line: lines[n] as number, identifier, outcome })),
      );
    }
  }

  #split({ rows }: ReadableResponse, newest: Direction): [Direction, ResponseRow[]][] {
    const now = this.#desk.cloud.clock.now();
    const pieces = new Map<Direction, ResponseRow[]>();
    for (const row of rows) {
      const { kind, identifier, outcome } = row;
      const candidates = this.#taking(kind, outcome);
      const carriers = identifier === undefined ? [] : candidates.filter((one) => one.rows.has(identifier));
      const waiting = carriers.filter((one) => one.deadline >= now && one.rows.get(identifier as string) !== 'done');
      const direction = newestOf(waiting) ?? newestOf(carriers) ?? newestOf(this.#ofKind(kind)) ?? newest;
      const piece = pieces.get(direction);
      if (piece === undefined) pieces.set(direction, [row]);
      else piece.push(row);
    }
    return [...pieces];
  }

  /** The directions about the file's column that take this answer; for an answer that none takes, those of the file's kind. */
  #taking(kind: DirectionKind, outcome: string): Direction[] {
    const taking = [...this.#directions.values()].filter(
      (one) => columnOf(one.kind) === columnOf(kind) && rulesOf(one.kind).answers.some((answer) => answer === outcome),
    );
    return taking.length > 0 ? taking : this.#ofKind(kind);
  }

  #ofKind(kind: DirectionKind): Direction[] {
    return [...this.#directions.values()].filter((one) => one.kind === kind);
  }

  async #upload(direction: Direction, name: string, bytes: Buffer, rows: Upload['rows']): Promise<void> {
    await this.#desk.answer(direction.id, name, bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const receipt = receiptKey(this.#desk.operator as OperatorId, direction.id, name, sha256);
    this.#unread.push({ direction, receipt, rows });
  }

  /** Reads what came in since: orders first, then the receipts of earlier uploads. */
  async #catchUp(): Promise<void> {
    for (const notice of await this.#desk.read()) {
      // Nobody answers an order that gives a subscriber their service back.
      if (notice.rung === 'back') continue;
      const parts = parseDirectionId(notice.directionId);
      const direction = this.#directions.get(notice.directionId) ?? {
        id: notice.directionId,
        kind: notice.kind,
        place: parts === null ? [] : [parts.plan, parts.shard, parts.n],
        rows: new Map<string, Standing>(),
        deadline: notice.deadline,
      };
      this.#directions.set(notice.directionId, direction);
      direction.deadline = Math.max(direction.deadline, notice.deadline);
      for (const cell of await this.#desk.identifiersOf(notice)) {
        const parsed = PARSERS[columnOf(notice.kind)](cell);
        if ('value' in parsed && !direction.rows.has(parsed.value)) direction.rows.set(parsed.value, 'open');
      }
    }
    const unread = this.#unread;
    this.#unread = [];
    for (const upload of unread) await this.#bookReceipt(upload);
  }

  async #bookReceipt({ direction, receipt, rows }: Upload): Promise<void> {
    const { cloud } = this.#desk;
    const { outbox } = bucketsOf(cloud);
    if (!(await cloud.list(outbox, receipt)).includes(receipt)) return;
    const said = await objectIn(cloud, outbox, receipt);
    if (said.refused !== null) return;
    const rejects = Array.isArray(said.rejects) ? said.rejects : [];
    const rejected = new Set(rejects.map((reject: { line?: unknown }) => reject.line));
    for (const { line, identifier, outcome } of rows) {
      if (identifier === undefined || rejected.has(line) || direction.rows.get(identifier) === 'done') continue;
      direction.rows.set(identifier, outcome === 'failed' ? 'failed' : 'done');
    }
  }
}

/** The direction with the latest plan, then the highest shard and number. */
function newestOf(directions: readonly Direction[]): Direction | undefined {
  return directions.reduce<Direction | undefined>((newest, one) => (isNewer(one, newest) ? one : newest), undefined);
}

function isNewer(one: Direction, other: Direction | undefined): boolean {
  if (other === undefined) return true;
  for (const [n, place] of one.place.entries()) {
    const difference = place - (other.place[n] ?? -1);
    if (difference !== 0) return difference > 0;
  }
  return false;
}
