import { setTimeout } from 'node:timers/promises';
import { planCounts } from '../domain/batches.ts';
import type { Routed } from '../domain/combined-receipts.ts';
import { readCsv } from '../domain/csv.ts';
import type { CsvRow } from '../domain/csv-header.ts';
import type { Instant } from '../domain/days.ts';
import { columnsAs } from '../domain/file-forms.ts';
import {
  type BatchId,
  type DirectionId,
  type Imei,
  type Msisdn,
  type OperatorId,
  parseDirectionId,
} from '../domain/identifiers.ts';
import type { Ledger } from '../domain/ledger.ts';
import { LEDGERS_AT_ONCE } from '../domain/limits.ts';
import { readPointer, slotOf } from '../domain/pointers.ts';
import {
  type Addressed,
  addressOf,
  type Carrier,
  carrierOf,
  combinedColumns,
  type KnownDirections,
  MOST_COMBINED_ROWS,
  MOST_NAMED_DIRECTIONS,
  Router,
  type Routing,
} from '../domain/routing.ts';
import { readBatch } from '../stores/cases/batches.ts';
import { readClaimsHoweverOld } from '../stores/cases/claims.ts';
import { readLedgers } from '../stores/cases/ledgers.ts';
import { concurrently } from '../stores/concurrently.ts';
import { commitRouting, readRoutings } from '../stores/routings.ts';

import { env } from './environment.ts';
import type { ResponseFile } from './response.ts';

/** A combined file, read to its end. */
export interface Combined extends Pick<ResponseFile, 'operator' | 'file' | 'name' | 'now'> {
  bytes: Uint8Array;
  sha256: string;
}

/** A combined file has more rows than are held at once, or names more directions than are read. */
export class TooManyRows extends Error {
  override name = 'TooManyRows';
}

/** Another attempt routes the same bytes at this moment. */
class RoutedMeanwhile extends Error {
  override name = 'RoutedMeanwhile';
}

/** The number of rows whose claims are held at once. */
const ROWS_AT_ONCE = 5000;

const MOST_TRIES = 5;
/** Milliseconds until another attempt's routing can be read. */
const PAUSE = 200;

/** The rows of a combined file, some at a time. @throws FileFault */
export async function* rowsOf({ bytes, operator }: Combined): AsyncGenerator<CsvRow[]> {
  yield* readCsv([bytes], columnsAs(combinedColumns, 'response', env.FILE_FORMS[operator]));
}

/**
 * The routing of each row of a combined file: as it was committed for this upload, or for the same bytes before; else it is decided and
 * committed.
 * @throws FileFault
 * @throws TooManyRows
 */
export async function routingOf(file: Combined): Promise<Routed> {
  for (let attempt = 0; attempt < MOST_TRIES; attempt++) {
    const { routings: before, next } = await readRoutings(env.WORK, file.operator, file.sha256);
    const own = before.findIndex(({ upload }) => upload === file.file.upload);
    const earlier = before.map((one) => one.file);
    const known = before[own];
    if (known !== undefined) return { routing: known, earlier: earlier.slice(0, own) };
    const last = before.at(-1);
    const routing = await route(file, last);
    if (routing === undefined && last !== undefined) return { routing: last, earlier: earlier.slice(0, -1) };
    // It is nobody's file, and answers nothing: it has no effect, and leaves nothing behind.
    if (routing?.directions.length === 0 && !env.OPERATORS.includes(file.operator)) return { routing, earlier };
    if (routing !== undefined && (await commitRouting(env.WORK, file.operator, file.sha256, next, routing)))
      return { routing, earlier };
    await setTimeout(PAUSE);
  }
  throw new RoutedMeanwhile();
}

/** Routes a file; undefined if all rows go where they went before. */
async function route(file: Combined, before: Routing | undefined): Promise<Routing | undefined> {
  const { operator, name, now } = file;
  const router = new Router(file.file.at, before);
  const directions = new Directions(file);
  let rows: Addressed[] = [];
  const named = new Set<DirectionId>();
  let count = 0;
  for await (const some of rowsOf(file)) {
    count += some.length;
    const addressed = some.map((row) => addressOf(row, operator));
    for (const row of addressed) if ('direction' in row) named.add(row.direction);
    if (count > MOST_COMBINED_ROWS || named.size > MOST_NAMED_DIRECTIONS) throw new TooManyRows();
    rows.push(...addressed);
    if (rows.length < ROWS_AT_ONCE) continue;
    router.route(rows, await directions.about(rows));
    rows = [];
  }
  router.route(rows, await directions.about(rows));
  const { upload, at: uploadedAt } = file.file;
  return router.routing({ upload, file: name, uploadedAt, routedAt: now });
}

/** The directions of an operator that count, each read once. */
class Directions {
  readonly #operator: OperatorId;
  readonly #since = new Map<BatchId, Promise<{ plan: number; since: Instant } | undefined>>();
  readonly #known = new Map<DirectionId, { ledger: Ledger; since: Instant } | null>();

  constructor({ operator }: Combined) {
    this.#operator = operator;
  }

  /** What is known for these rows. */
  async about(rows: readonly Addressed[]): Promise<KnownDirections> {
    const identifiers = { msisdn: new Set<Msisdn | Imei>(), imei: new Set<Msisdn | Imei>() };
    const named = new Set<DirectionId>();
    for (const row of rows)
      if ('identifier' in row) identifiers[row.column].add(row.identifier);
      else if ('direction' in row) named.add(row.direction);
    const pointers = new Map<Msisdn | Imei, string[]>();
    for (const [column, kind] of [
      ['msisdn', 'reverify'],
      ['imei', 'block'],
    ] as const) {
      // A slightly stale read will do: a claim is written before its direction begins.
      const claims = await readClaimsHoweverOld(env.CASES, kind, [...identifiers[column]], false);
      for (const [identifier, claim] of claims) {
        const all = claim.pointers[slotOf(kind, this.#operator)] ?? [];
        const own = all.filter(
          (stored) => parseDirectionId(readPointer(stored).directionId)?.operator === this.#operator,
        );
        if (own.length > 0) pointers.set(identifier as Msisdn | Imei, own);
        for (const stored of own) named.add(readPointer(stored).directionId);
      }
    }
    await this.#read(named);
    return {
      isThere: (directionId) => this.#known.get(directionId) != null,
      carriers: (identifier) => (pointers.get(identifier) ?? []).flatMap((stored) => this.#carrier(stored) ?? []),
    };
  }

  #carrier(stored: string): Carrier | undefined {
    const pointer = readPointer(stored);
    const known = this.#known.get(pointer.directionId);
    return known ? carrierOf(pointer, known.ledger, known.since) : undefined;
  }

  async #read(ids: ReadonlySet<DirectionId>): Promise<void> {
    const unknown = [...ids].filter((id) => !this.#known.has(id));
    const counted = new Map<DirectionId, Instant>();
    await concurrently(unknown, LEDGERS_AT_ONCE, async (id) => {
      const direction = parseDirectionId(id);
      const batch = direction && (await this.#batch(direction.batchId));
      if (batch && batch.plan === direction.plan) counted.set(id, batch.since);
    });
    for (const id of unknown) this.#known.set(id, null);
    for (const ledger of await readLedgers(env.CASES, [...counted.keys()], { consistent: true })) {
      const since = counted.get(ledger.directionId);
      if (since !== undefined) this.#known.set(ledger.directionId, { ledger, since });
    }
  }

  #batch(id: BatchId) {
    const reading = this.#since.get(id) ?? readCounted(id);
    this.#since.set(id, reading);
    return reading;
  }
}

/** A batch's plan, and since when it counts; undefined if it doesn't. */
async function readCounted(id: BatchId): Promise<{ plan: number; since: Instant } | undefined> {
  const batch = await readBatch(env.CASES, id);
  if (batch === undefined || !planCounts(batch.state)) return undefined;
  return { plan: batch.plan, since: batch.directedAt ?? batch.startedAt };
}
