import { setTimeout } from 'node:timers/promises';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import * as z from 'zod';
import { DAY_SECONDS, secondsBetween } from '../../domain/days.ts';
import type { DirectionId } from '../../domain/identifiers.ts';
import { DIRECTION_KIND_NAMES } from '../../domain/kinds.ts';
import { ORDERS } from '../../domain/ladders.ts';
import type { Ledger } from '../../domain/ledger.ts';
import { fromThreeBits, fromUnmarked, fromUnnoted } from '../../domain/outcomes.ts';
import { type Covers, type Form, fields, formOf, unchanged } from '../../domain/stored.ts';
import { NotThere } from '../errors.ts';
import { Conflict, key, put, read, readMany } from './table.ts';

const order = z.enum(ORDERS);
const rung = z.strictObject({ order, deadline: fields.instant });

/** The most bytes of outcomes: more than any direction's rows have. */
const LONGEST_OUTCOMES = 1 << 20;

/**
 * The bytes of outcomes, deflated: rows that one file answers differ in little, and every kB is a write unit whenever the
 * ledger changes.
 */
const outcomes = z.instanceof(Uint8Array).transform((bytes, context): Uint8Array => {
  try {
    return new Uint8Array(inflateRawSync(bytes, { maxOutputLength: LONGEST_OUTCOMES }));
  } catch {
    context.addIssue({ code: 'custom' });
    return z.NEVER;
  }
});
const deflated = (bytes: Uint8Array): Uint8Array => new Uint8Array(deflateRawSync(bytes));

const ledger = z.strictObject({
  directionId: fields.direction,
  batchId: fields.batch,
  operator: fields.operator,
  kind: z.enum(DIRECTION_KIND_NAMES),
  plan: fields.count,
  rows: fields.count,
  rowsKey: z.string(),
  startedAt: fields.instant,
  rungs: z.array(rung),
  begunAt: fields.instant.nullable(),
  rung: fields.count,
  orders: z.array(
    z.strictObject({
      rung: fields.count,
      order,
      attempt: z.string(),
      rows: fields.count,
      sha256: fields.sha256,
      bytes: fields.count,
      deadline: fields.instant,
      at: fields.instant,
      version: fields.count,
      firstVersion: fields.count.optional(),
      firstAttempt: z.string().optional(),
      firstAt: fields.instant.optional(),
    }),
  ),
  tokens: z.array(z.string()),
  files: z.array(
    z.strictObject({
      sha256: fields.sha256,
      attempt: z.string(),
      at: fields.instant,
      version: fields.count,
      failedOrder: z
        .strictObject({
          rows: fields.count,
          sha256: fields.sha256,
          bytes: fields.count,
          deadline: fields.instant,
          delay: fields.count,
          anew: z.strictObject({ attempt: z.string(), at: fields.instant, version: fields.count }).optional(),
        })
        .optional(),
      lateOn: fields.day.optional(),
      withdrawnOn: fields.day.optional(),
      backDue: fields.instant.optional(),
      moved: fields.count.optional(),
      toRestore: fields.count.optional(),
      toReturn: fields.count.optional(),
      after: fields.sha256.optional(),
      followUp: fields.batch.optional(),
      reversal: fields.batch.optional(),
      ended: fields.count.optional(),
    }),
  ),
  outcomes,
  closedAt: fields.instant.nullable(),
  sealedAt: fields.instant.nullable(),
  late: outcomes.nullable(),
  laterEnds: outcomes.optional(),
  takenBackBy: outcomes.optional(),
  followUp: fields.batch.optional(),
  undecided: z.array(fields.batch).optional(),
  version: fields.count,
});
true satisfies Covers<typeof ledger, Ledger>;

type Content = Record<string, unknown>;
/** What a record packs, and deflates. */
const PACKED = ['outcomes', 'late', 'laterEnds', 'takenBackBy'] as const;
/** Changes what a record packs, as far as it has it. */
const withPacked = <T extends { readonly [name in (typeof PACKED)[number]]?: unknown }>(
  content: T,
  change: (bytes: Uint8Array) => Uint8Array,
): T => {
  const changed = PACKED.flatMap((name) => {
    const bytes = content[name];
    return bytes instanceof Uint8Array ? [[name, change(bytes)]] : [];
  });
  return { ...content, ...Object.fromEntries(changed) };
};

const filesOf = z.looseObject({
  files: z.array(
    z.looseObject({
      at: fields.instant,
      failedOrder: z.looseObject({ deadline: fields.instant }).optional(),
      reversal: fields.batch.optional(),
    }),
  ),
});

/** Before the thirteenth form, it wasn't noted by which reversal a row was taken back. */
function unnoted(content: Content): Content {
  const { data } = filesOf.safeParse(content);
  const bytes = outcomes.safeParse(content.late ?? content.outcomes);
  // What can't be read is for the schema to refuse.
  if (!bytes.success || !data?.files.some(({ reversal }) => reversal !== undefined)) return content;
  const noted = fromUnnoted(bytes.data, { files: data.files, closedAt: content.closedAt });
  return noted.some((byte) => byte !== 0) ? { ...content, takenBackBy: deflated(noted) } : content;
}

/**
 * Before the twelfth form, a disconnect order of failed rows didn't say when it was committed: a day before it was due, as a rule. Of one that
 * was due at its ladder's end no more is known than that it was committed after that.
 */
function undated(content: Content): Content {
  const { data } = filesOf.safeParse(content);
  // What can't be read is for the schema to refuse.
  if (data === undefined) return content;
  const files = data.files.map(({ failedOrder, ...file }) => {
    if (failedOrder === undefined) return file;
    const delay = Math.max(0, secondsBetween(file.at, failedOrder.deadline) - DAY_SECONDS);
    return { ...file, failedOrder: { ...failedOrder, delay } };
  });
  return unnoted({ ...content, files });
}

/** Before the eleventh form, no row was marked as carried by a disconnect order of failed rows. */
function unmarked(content: Content): Content {
  const { data } = filesOf.safeParse(content);
  const hasOrder = data?.files.map(({ failedOrder }) => failedOrder !== undefined) ?? [];
  const marked = (deflatedBytes: unknown) => {
    const bytes = outcomes.safeParse(deflatedBytes);
    // What can't be read is for the schema to refuse.
    return bytes.success ? deflated(fromUnmarked(bytes.data, hasOrder)) : deflatedBytes;
  };
  return undated({ ...content, outcomes: marked(content.outcomes), late: marked(content.late) });
}

/** Before the fifth form, outcomes lay there as they are; the first form had room for eight of them. */
const plain = (content: Content): Content => unmarked(withPacked(content, deflated));
const ofEight = (content: Content): Content => unmarked(withPacked(content, (bytes) => deflated(fromThreeBits(bytes))));

/**
 * The sixth form says what files moved, the seventh which follow-up goes on with it, the eighth what reversals took back, the ninth what an
 * order replaced, the tenth when rows are said to have ended later, and whom a file was found to restore after its commit, the eleventh
 * which rows a disconnect order of failed ones carried, the twelfth when such an order was committed, the thirteenth by which reversal a row
 * was taken back, the fourteenth which follow-ups have taken rows and not decided on them yet (before it, they are taken to have).
 */
const form = formOf<Ledger>('ledger', 14, ledger, {
  1: ofEight,
  2: plain,
  3: plain,
  4: plain,
  5: unmarked,
  6: unmarked,
  7: unmarked,
  8: unmarked,
  9: unmarked,
  10: unmarked,
  11: undated,
  12: unnoted,
  13: unchanged,
});

/** A direction's ledger, as it lies in the table. */
export const ledgerForm: Form<Ledger> = { ...form, write: (content) => form.write(withPacked(content, deflated)) };

/** @throws BadRecord */
export async function readLedger(table: string, id: DirectionId): Promise<Ledger | undefined> {
  return await read(table, key.ledger(id), ledgerForm);
}

const LEDGERS_PER_BATCH_GET = 50;

/**
 * Reads many ledgers: each as it was a moment ago, at half the price, or, with `consistent`, as it is. A ledger that doesn't exist is not
 * in the result.
 */
export async function readLedgers(
  table: string,
  ids: readonly DirectionId[],
  { consistent = false }: { consistent?: boolean } = {},
): Promise<Ledger[]> {
  const ledgers: Ledger[] = [];
  const keys = ids.map((id) => key.ledger(id));
  for await (const { content } of readMany(table, keys, ledgerForm, {
    consistent,
    atOnce: LEDGERS_PER_BATCH_GET,
  }))
    ledgers.push(content);
  return ledgers;
}

/** Writes a direction's first ledger; one that exists already stays as it is. */
export async function createLedger(table: string, ledger: Ledger): Promise<void> {
  try {
    await put(table, { pk: key.ledger(ledger.directionId), ...ledgerForm.write(ledger) }, 'attribute_not_exists(pk)');
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
  }
}

/**
 * Writes a ledger whose version is one above the one that was read.
 * @throws Conflict when somebody committed in between
 */
export async function commitLedger(table: string, ledger: Ledger): Promise<void> {
  await put(table, { pk: key.ledger(ledger.directionId), ...ledgerForm.write(ledger) }, 'version = :read', {
    ':read': ledger.version - 1,
  });
}

const MOST_TRIES = 100;
/** The longest pause after the first lost try, in milliseconds. */
const FIRST_PAUSE = 20;
/** The longest pause after any lost try, in milliseconds. */
const LONGEST_PAUSE = 500;

/**
 * Reads the ledger, lets `decide` make the next one, and commits it. It begins again when somebody else committed in between, after a pause
 * of random length, with twice as many lengths each time: attempts that lost together would otherwise meet again. `decide` returns no
 * ledger if nothing is to be written.
 * @throws Conflict after a hundred lost tries
 */
export async function changeLedger<R>(
  table: string,
  id: DirectionId,
  decide: (ledger: Ledger, attempt: number) => Promise<{ ledger?: Ledger; result: R }>,
): Promise<R> {
  for (let attempt = 0; attempt < MOST_TRIES; attempt++) {
    const read = await readLedger(table, id);
    if (!read) throw new NotThere(`there is no ledger of direction ${id}`);
    const { ledger, result } = await decide(read, attempt);
    if (!ledger) return result;
    try {
      await commitLedger(table, ledger);
      return result;
    } catch (error) {
      if (!(error instanceof Conflict)) throw error;
    }
    await setTimeout(Math.random() * Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** attempt));
  }
  throw new Conflict(`the ledger of direction ${id} changed ${MOST_TRIES} times while it was read`);
}
