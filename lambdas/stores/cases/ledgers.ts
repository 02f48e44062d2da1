import { setTimeout } from 'node:timers/promises';
import type { DirectionId } from '../../domain/identifiers.ts';
import type { Ledger } from '../../domain/ledger.ts';
import { Conflict, key, put, read, readMany } from './table.ts';

export async function readLedger(table: string, id: DirectionId): Promise<Ledger | undefined> {
  const item = await read(table, key.ledger(id));
  if (!item) return undefined;
  const { pk: _, ...ledger } = item;
  return ledger as unknown as Ledger;
}

const LEDGERS_PER_BATCH_GET = 50;

/** Many ledgers, for those who watch: each as it was a moment ago, at half the price. What is not there is not in the result. */
export async function readLedgers(table: string, ids: readonly DirectionId[]): Promise<Ledger[]> {
  const ledgers: Ledger[] = [];
  const keys = ids.map((id) => key.ledger(id));
  for await (const { pk: _, ...ledger } of readMany(table, keys, { consistent: false, atOnce: LEDGERS_PER_BATCH_GET }))
    ledgers.push(ledger as unknown as Ledger);
  return ledgers;
}

/** Writes a direction's first ledger; one that exists already stays as it is. */
export async function createLedger(table: string, ledger: Ledger): Promise<void> {
  try {
    await put(table, { pk: key.ledger(ledger.directionId), ...ledger }, 'attribute_not_exists(pk)');
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
  }
}

/**
 * Writes a ledger whose version is one above that which was read.
 * @throws Conflict when somebody committed in between
 */
export async function commitLedger(table: string, ledger: Ledger): Promise<void> {
  await put(table, { pk: key.ledger(ledger.directionId), ...ledger }, 'version = :read', {
    ':read': ledger.version - 1,
  });
}

const MOST_TRIES = 100;
/** Milliseconds: the longest pause after the first lost try, and after any. */
const FIRST_PAUSE = 20;
const LONGEST_PAUSE = 500;

/**
 * Reads the ledger, lets `decide` make the next one, and commits it; begins again when somebody else committed in between,
 * after a pause whose length is drawn, from twice as many lengths each time: who lost together would else meet again.
 * `decide` returns no ledger where nothing is to be written.
 * @throws Conflict after a hundred lost tries
 */
export async function changeLedger<R>(
  table: string,
  id: DirectionId,
  decide: (ledger: Ledger, attempt: number) => Promise<{ ledger?: Ledger; result: R }>,
): Promise<R> {
  for (let attempt = 0; attempt < MOST_TRIES; attempt++) {
    const read = await readLedger(table, id);
    if (!read) throw new Error(`there is no ledger of direction ${id}`);
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
