import {
  type CombinedPart,
  combinedPart,
  combinedReceipt,
  partReceipt,
  type Routed,
  receiptNumber,
} from '../domain/combined-receipts.ts';
import { FileFault } from '../domain/csv.ts';
import type { CsvRow } from '../domain/csv-header.ts';
import { dayOf } from '../domain/days.ts';
import { sha256Of } from '../domain/hashes.ts';
import type { BatchId, DirectionId } from '../domain/identifiers.ts';
import type { Ledger } from '../domain/ledger.ts';
import { OBJECTS_AT_ONCE, PARTS_AT_ONCE } from '../domain/limits.ts';
import { combinedReceiptKey } from '../domain/outbox.ts';
import { receiptText } from '../domain/receipts.ts';
import { placesIn, type Routing } from '../domain/routing.ts';
import { SELF_CHECK } from '../domain/self-check.ts';
import { log } from '../runtime/log.ts';
import { measure } from '../runtime/metrics.ts';
import { concurrently } from '../stores/concurrently.ts';
import { readBytes, readText, writeObject } from '../stores/objects.ts';
import { publishBackOrderOnce } from '../stores/orders.ts';
import { readRowLines } from '../stores/plans.ts';

import { Attempts } from './attempts.ts';
import { commit } from './commit.ts';
import { markDone, type Said, type Unfinished, unfinishedBeside } from './done.ts';
import { env } from './environment.ts';
import { publishFailedOrder } from './failed-order.ts';
import { lookAgain } from './look-again.ts';
import { tellManyExtended } from './moves.ts';
import { publishLists, tellRecorded, wakeDone } from './publish.ts';
import { tellReceipt } from './receipt.ts';
import { preparedKey } from './recorded.ts';
import { refuseCombined } from './refuse.ts';
import { type ResponseFile, readerFor, subjectOf } from './response.ts';
import { type Combined, routingOf, rowsOf, TooManyRows } from './route.ts';

/** A copy of an order has ten times the bytes of its answers; the file is held whole. */
const LARGEST_COMBINED = 32 * 1024 * 1024;

/** The outcome of a direction's rows. */
interface Part {
  part: CombinedPart;
  /** What was committed; absent if the direction takes no file. */
  committed?: Said;
}

/**
 * Records a file that answers several of an operator's directions: each row in the direction to which it was routed, each direction by a
 * commit of its own; then one receipt. If it fails on the way, the next attempt goes on where it stopped, by the routing that was committed
 * first.
 * @returns false, without any effect, if its operator is not configured and has no direction either that the file answers
 */
export async function recordCombined(
  response: Omit<ResponseFile, 'directionId'>,
  invocation: string,
): Promise<boolean> {
  const { operator, file } = response;
  const isKnown = env.OPERATORS.includes(operator);
  if (file.size > LARGEST_COMBINED) {
    if (isKnown) await refuseCombined(response, null, 'file_too_large');
    return isKnown;
  }
  const bytes = await readBytes(file);
  const combined: Combined = { ...response, bytes, sha256: sha256Of(bytes) };
  let routed: Routed;
  try {
    routed = await routingOf(combined);
  } catch (error) {
    const why = error instanceof FileFault ? error : error instanceof TooManyRows ? 'too_many_rows' : undefined;
    if (why === undefined) throw error;
    if (isKnown) await refuseCombined(response, combined.sha256, why);
    return isKnown;
  }
  const { routing } = routed;
  // An operator may still answer its directions when it is configured no more.
  if (!isKnown && routing.directions.length === 0) return false;
  if (operator !== SELF_CHECK && routing.upload === file.upload) {
    measure('RowsRead', { file: 'response' }, routing.rejects.length);
    measure('RowsRejected', { file: 'response' }, routing.rejects.length);
  }

  const attempts = new Attempts();
  const parts = await recordParts(combined, routing, invocation, attempts);
  const committed = parts.flatMap((part) => part.committed ?? []);
  await attempts.do(() => publishLists(committed));
  let receiptKey: string | undefined;
  if (!attempts.haveFailed)
    await attempts.do(async () => {
      receiptKey = await publishReceipt(combined, routed, parts);
    });
  for (const { ledger } of committed) await attempts.do(() => wakeDone(ledger, response.now));
  const unfinished: Unfinished[] = [];
  await concurrently(committed, PARTS_AT_ONCE, (part) =>
    attempts.do(async () => void unfinished.push(...(await unfinishedBeside(part)))),
  );
  await concurrently(unfinished, OBJECTS_AT_ONCE, (one) => one.giveBack());
  // This comes last, so that nothing else waits for an order that can't be published.
  for (const { ledger, recorded, lines } of committed)
    await attempts.do(() => publishFailedOrder(recorded, { ledger, lines, attempt: invocation, now: response.now }));
  const restoring = { attempt: invocation, now: response.now, uploadedAt: response.file.at, receiptKey };
  for (const part of committed)
    await attempts.do(async () => {
      await lookAgain(part, part.lines, restoring);
      if (receiptKey !== undefined) await markDone(part);
    });
  await concurrently(unfinished, OBJECTS_AT_ONCE, (one) => attempts.do(() => one.finish(restoring)));
  attempts.end();
  log.info('combined response recorded', { operator, directions: parts.length });
  return true;
}

/** Records each direction's rows, and publishes at once what waits for no receipt. The parts come in the routing's order. */
async function recordParts(
  combined: Combined,
  routing: Routing,
  invocation: string,
  attempts: Attempts,
): Promise<Part[]> {
  const rows = await rowsByDirection(combined, routing);
  const done = new Map<DirectionId, Part>();
  await concurrently(routing.directions, PARTS_AT_ONCE, (direction) =>
    attempts.do(async () => {
      const { directionId } = direction;
      const part = await recordPart(combined, routing, direction, rows.get(directionId) ?? [], invocation);
      done.set(directionId, part);
      if (part.committed === undefined) return;
      // It is published at once, since somebody is without service.
      await publishBackOrderOnce(env, part.committed, combined.now);
    }),
  );
  return routing.directions.flatMap(({ directionId }) => done.get(directionId) ?? []);
}

async function rowsByDirection(combined: Combined, routing: Routing): Promise<Map<DirectionId, CsvRow[]>> {
  const places = placesIn(routing);
  const rows = new Map<DirectionId, CsvRow[]>(routing.directions.map(({ directionId }) => [directionId, []]));
  for await (const some of rowsOf(combined))
    for (const row of some) {
      const place = places.get(row.line);
      if (typeof place === 'string') rows.get(place)?.push(row);
    }
  return rows;
}

async function recordPart(
  { operator, name, sha256, now }: Combined,
  routing: Routing,
  direction: Routing['directions'][number],
  rows: readonly CsvRow[],
  invocation: string,
): Promise<Part> {
  const { directionId } = direction;
  const { ledger: answered, end } = await subjectOf({ operator, directionId });
  // The row was routed long ago, and its direction is gone since.
  const lines = answered && (await readRowLines(env.WORK, answered, now));
  if (answered === undefined || lines === undefined)
    return { part: combinedPart(name, routing, direction, { refused: 'unknown_direction' }) };
  const { upload, uploadedAt } = routing;
  const said = rows.map(readerFor(answered, lines, dayOf(uploadedAt)));
  const about = { name: routing.file, uploadedAt, now };
  const committed = await commit(
    { operator, now, file: { at: uploadedAt } },
    { answered, end, lines, said, sha256, receiptOf: (applied) => partReceipt(about, sha256, applied, upload) },
    invocation,
  );
  if ('refused' in committed) return { part: combinedPart(name, routing, direction, { refused: committed.refused }) };
  const { ledger, recorded } = committed;
  const receipt = await readText({ bucket: env.WORK, key: preparedKey(ledger, recorded, 'receipt.json') });
  return { part: combinedPart(name, routing, direction, { receipt }), committed: { ledger, recorded, said, lines } };
}

/**
 * Publishes the one receipt, tells of it, and then tells for each direction what a file of its own would.
 * @returns the receipt's key
 */
async function publishReceipt(combined: Combined, routed: Routed, parts: readonly Part[]): Promise<string> {
  const { operator, name, sha256 } = combined;
  const receipt = receiptText(
    combinedReceipt(
      name,
      sha256,
      routed,
      parts.map(({ part }) => part),
      env.FILE_FORMS[operator]?.dates,
    ),
  );
  const isTaken = parts.some(({ part }) => part.rejects.some(({ reason }) => reason === 'sha_taken'));
  const key = combinedReceiptKey(operator, name, sha256, isTaken, receiptNumber(name, routed));
  await writeObject({ bucket: env.OUTBOX, key }, receipt);
  await tellReceipt(combined, key, receipt, null);
  const extending = new Map<BatchId, Ledger>();
  for (const { part, committed } of parts) {
    if (committed === undefined) continue;
    const { rows, recorded, alreadyRecorded, rejects } = part;
    const conflicts = rejects.filter(({ reason }) => reason === 'conflicts_with_recorded').length;
    const counts = { rows, recorded, alreadyRecorded, conflicts };
    const isExtending = await tellRecorded(combined, committed, counts, { key, sha256: sha256Of(receipt) });
    if (isExtending) extending.set(committed.ledger.batchId, committed.ledger);
  }
  for (const ledger of extending.values()) await tellManyExtended(ledger);
  return key;
}
