import type { Instant } from '../domain/days.ts';
import { orderCsv, orderedRows } from '../domain/directions.ts';
import { failedOrderAnew, failedOrderAt } from '../domain/failed-orders.ts';
import { sha8, sha256Of } from '../domain/hashes.ts';
import type { FailedOrder, Ledger, RecordedFile } from '../domain/ledger.ts';
import { toOperator } from '../domain/notices.ts';
import { failedOrderKey } from '../domain/outbox.ts';
import { ladderEnd } from '../domain/whereabouts.ts';
import { changeLedger } from '../stores/cases/ledgers.ts';
import { writeObject } from '../stores/objects.ts';
import { type Looked, publishToTheLast, putOrder } from '../stores/orders.ts';

import { env } from './environment.ts';
import { preparedKey, recordedFileOf } from './recorded.ts';

/** The source of a direction's order: its ledger, and its rows as they stand in the work bucket. */
interface Source {
  ledger: Ledger;
  lines: readonly string[];
  /** The attempt's own id, unlike any other's. */
  attempt: string;
  now: Instant;
}

/**
 * Prepares the disconnect order of rows that a file made failed.
 * @returns the fields for its commit
 */
export async function prepareFailedOrder(
  { sha256 }: Pick<RecordedFile, 'sha256'>,
  { ledger, lines, attempt, now }: Source,
  rows: readonly number[],
  deadline: Instant,
): Promise<Omit<FailedOrder, 'delay'>> {
  const head = {
    directionId: ledger.directionId,
    order: 'disconnect' as const,
    deadline,
    disconnectBy: ladderEnd(ledger, now),
  };
  const csv = orderCsv(ledger.kind, head, orderedRows(ledger.kind, rows, lines));
  await writeObject({ bucket: env.WORK, key: preparedKey(ledger, { sha256, attempt }, 'disconnect.csv') }, csv);
  return { rows: rows.length, sha256: sha256Of(csv), bytes: Buffer.byteLength(csv), deadline };
}

/** Prepares a recorded file's disconnect order anew, and returns the ledger to be committed; undefined if the order stands. */
export async function failedAnew(recorded: RecordedFile, source: Source): Promise<Ledger | undefined> {
  const anew = failedOrderAnew(source.ledger, recorded, source);
  return anew?.commit(await prepareFailedOrder(recorded, source, anew.rows, anew.deadline));
}

/**
 * Publishes the disconnect order of the rows that failed, as it was committed last. It fails if the operator can't be told of it: a later
 * delivery tells of it, and knows who was answered for meanwhile.
 */
export async function publishFailedOrder(recorded: RecordedFile, source: Source): Promise<void> {
  const { failedOrder } = recorded;
  if (failedOrder === undefined) return;
  // An order that was not published in its time asks for nothing any more. But an operator that is late may carry out the one that lies there,
  // which names people who were answered for before it was issued anew.
  if (failedOrder.deadline <= source.now) {
    // It is put there as one for nobody: only in the place of another one, and without a notice.
    if (failedOrder.anew !== undefined)
      await putOrder(env, { ...committedOf(source.ledger, recorded, failedOrder), rows: 0 });
    return;
  }
  // The same file may have said since, of another direction, that a number is somebody else's: nobody is told first to give them service back,
  // and then to disconnect them.
  const { newer = failedOrder } = await lookAgain(recorded, failedOrder, { ...source, attempt: `${source.attempt}-0` });
  await publishToTheLast(
    env,
    newer,
    (order) => putOrder(env, committedOf(source.ledger, recorded, order)),
    (order, round) => lookAgain(recorded, order, { ...source, attempt: `${source.attempt}-${round}` }),
  );
}

/** A file's disconnect order, as it was committed, to be published and told of. */
function committedOf(ledger: Ledger, recorded: RecordedFile, order: FailedOrder): Parameters<typeof putOrder>[1] {
  const { directionId, batchId, kind, operator } = ledger;
  const { rows, deadline, bytes, sha256, anew } = order;
  const key = failedOrderKey(operator, directionId, recorded.sha256);
  const from = { sha256: recorded.sha256, attempt: anew?.attempt ?? recorded.attempt };
  const told = toOperator({
    kind: 'order',
    directionId,
    batchId,
    operator,
    directionKind: kind,
    order: 'disconnect',
    rung: 'failed',
    rows,
    deadline,
    bucket: env.OUTBOX,
    key,
    size: bytes,
    sha256,
  });
  return {
    rows,
    prepared: { bucket: env.WORK, key: preparedKey(ledger, from, 'disconnect.csv') },
    published: { bucket: env.OUTBOX, key },
    note: {
      batchId,
      // The id has the name of the order: no other file of the direction has it, and the whole SHA-256 of few rows would tell whose they
      // are. Each commit of an order that was issued anew is a fact of its own.
      id: `order/${directionId}/failed-${sha8(recorded.sha256)}${anew ? `/${anew.version}` : ''}`,
      kind: 'disconnect_ordered',
      at: anew?.at ?? failedOrderAt(recorded) ?? recorded.at,
      facts: { direction: directionId, rows, deadline, ledger: anew?.version ?? recorded.version },
      files: { order: { key, sha256 } },
    },
    told,
  };
}

/** The order that has taken the place of a file's disconnect order, once that was published. */
function lookAgain(recorded: RecordedFile, published: FailedOrder, source: Source): Promise<Looked<FailedOrder>> {
  return changeLedger<Looked<FailedOrder>>(env.CASES, source.ledger.directionId, async (read, attempt) => {
    const file = recordedFileOf(read, recorded.sha256);
    const looked = { ledger: read, firstVersion: file.version };
    // Another attempt that has issued it anew meanwhile may have published that before this one.
    if (file.failedOrder?.anew?.attempt !== published.anew?.attempt)
      return { result: { ...looked, newer: file.failedOrder } };
    const ledger = await failedAnew(file, { ...source, ledger: read, attempt: `${source.attempt}-${attempt}` });
    if (ledger === undefined) return { result: looked };
    return { ledger, result: { ...looked, ledger, newer: recordedFileOf(ledger, file.sha256).failedOrder } };
  });
}
