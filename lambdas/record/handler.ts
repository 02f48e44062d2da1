import { createHash } from 'node:crypto';
import { z } from 'zod';
import { planCounts } from '../domain/batches.ts';
import { lateListForm, type Revocation, revocationCsv, revocationJson, revocationRows } from '../domain/books.ts';
import { keptUntil } from '../domain/claims.ts';
import { FileFault, readCsv } from '../domain/csv.ts';
import { type Day, dayOf, type Instant } from '../domain/days.ts';
import { deliveredAt } from '../domain/deliveries.ts';
import { orderCsv, parseDirectionRowLine, subjectOfLine } from '../domain/directions.ts';
import { sha256Of } from '../domain/hashes.ts';
import {
  type BatchId,
  type DirectionId,
  type Imei,
  type Msisdn,
  type OperatorId,
  parseDirectionId,
  SELF_CHECK,
} from '../domain/identifiers.ts';
import {
  failedOrderKey,
  lateRevocationKeys,
  parseInboxKey,
  receiptKey,
  sha8,
  takenReceiptKey,
} from '../domain/keys.ts';
import {
  countOpen,
  failedOrderAnew,
  failedOrderDeadline,
  type Ledger,
  outcomeOf,
  plannedEnd,
  type RecordedFile,
  whereabouts,
} from '../domain/ledger.ts';
import { toAdministrators, toOperator } from '../domain/notices.ts';
import type { FileReason, Stray } from '../domain/reasons.ts';
import {
  type AnsweredRow,
  type Applied,
  applyResponse,
  isShaTaken,
  type NamedRow,
  parseResponseRow,
  type RejectedRow,
  receiptCounts,
  receiptOf,
  receiptText,
  refusedReceipt,
  responseColumns,
  withFailedOrder,
} from '../domain/responses.ts';
import { idList, log, measure, type Uploaded, uploads, wholeNumber } from '../shell.ts';
import { audit } from '../stores/audit.ts';
import { readBatch } from '../stores/cases/batches.ts';
import { keepClaim } from '../stores/cases/claims.ts';
import { addLateRevocations } from '../stores/cases/late-revocations.ts';
import { changeLedger, readLedger } from '../stores/cases/ledgers.ts';
import { concurrently } from '../stores/concurrently.ts';
import { sendNotice, tell, tellStray } from '../stores/notices.ts';
import { readChunks, readText, writeObject } from '../stores/objects.ts';
import { putOrder } from '../stores/orders.ts';
import { marking } from '../stores/uploads.ts';
import { wake } from '../stores/workflows.ts';

const environment = z.object({
  WORK: z.string(),
  OUTBOX: z.string(),
  CASES: z.string(),
  OPERATORS: idList,
  OPERATORS_TOPIC: z.string(),
  ADMINISTRATORS_TOPIC: z.string(),
  AUDIT_QUEUE: z.string(),
  /** For how many days after the last word on it a number or a handset stays claimed. */
  CASE_DAYS: wholeNumber,
  /** The visibility timeout of the queue of responses. */
  HIDDEN_SECONDS: wholeNumber,
});
export type Environment = z.input<typeof environment>;
const env = environment.parse(process.env);

interface Response {
  file: Uploaded;
  operator: OperatorId;
  /** What stands in the key, direction or not. */
  directionId: string;
  name: string;
  /** When it came to be recorded: long after its upload where that failed before. */
  now: Instant;
}

/** The whole file's SHA-256; a file that is refused is read to its end for it all the same. */
async function sha256OfFile({ file }: Response): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of readChunks(file)) hash.update(chunk);
  return hash.digest('hex');
}

/** What a response is about, as far as there is such a thing. */
interface Subject {
  /** The batch that its key names, whoever's the direction is. */
  batchId?: BatchId;
  /** The ledger that it may answer: of a direction that counts, and of this operator. */
  ledger?: Ledger | undefined;
  /** When that direction was to end as it was planned. */
  end?: Instant;
}

async function subjectOf({ operator, directionId }: Response): Promise<Subject> {
  const direction = parseDirectionId(directionId);
  const batch = direction && (await readBatch(env.CASES, direction.batchId));
  if (!batch) return {};
  const { batchId, plan, state, startedAt } = batch;
  const directed = plan === direction.plan && planCounts(state);
  if (!directed || direction.operator !== operator) return { batchId };
  const ledger = await readLedger(env.CASES, direction.id);
  return { batchId, ledger, ...(ledger && { end: plannedEnd(ledger, startedAt) }) };
}

/** A file refused whole has no effect: a receipt that says why, and a notice. `sha256` is null where nobody read it. */
async function refuse(
  response: Response,
  { batchId, ledger }: Subject,
  sha256: string | null,
  why: FileReason,
): Promise<void> {
  const { operator, directionId, name, file } = response;
  const receipt = receiptText(refusedReceipt(name, sha256, why));
  const key =
    sha256 !== null && ledger !== undefined && isShaTaken(ledger, sha256)
      ? takenReceiptKey(operator, directionId, name, sha256)
      : receiptKey(operator, directionId, name, sha256);
  await writeObject({ bucket: env.OUTBOX, key }, receipt);
  await tellReceipt(response, key, receipt, why);
  await tell(
    env,
    toAdministrators({
      kind: 'response_refused',
      operator,
      why,
      receipt: { bucket: env.OUTBOX, key },
      uploadedAt: file.at,
    }),
  );
  if (batchId)
    await audit(env, {
      batchId,
      id: `response/${directionId}/${file.upload}`,
      kind: 'response_refused',
      at: file.at,
      facts: { direction: directionId, uploader: operator, version: file.upload, why },
      files: { response: { key: file.key, sha256 }, receipt: { key, sha256: sha256Of(receipt) } },
    });
  if (operator !== SELF_CHECK) measure('ResponsesRefused', { operator });
  log.info('response refused', { operator, why });
}

async function tellReceipt({ operator, directionId }: Response, key: string, receipt: string, refused: string | null) {
  const direction = parseDirectionId(directionId);
  await tell(
    env,
    toOperator({
      kind: 'receipt',
      ...(direction ? { directionId: direction.id, batchId: direction.batchId } : {}),
      operator,
      bucket: env.OUTBOX,
      key,
      size: Buffer.byteLength(receipt),
      sha256: sha256Of(receipt),
      refused,
    }),
  );
}

/** Where an attempt prepares what its commit will publish. No two files have an attempt in common, whatever their SHA-256s. */
const preparedKey = (ledger: Ledger, { sha256, attempt }: Pick<RecordedFile, 'sha256' | 'attempt'>, name: string) =>
  `directions/${ledger.directionId}/files/${sha8(sha256)}/${attempt}/${name}`;

/** Publishes what was committed with a file; every attempt, redelivery and upload of the same bytes does it alike. */
async function publish(response: Response, ledger: Ledger, recorded: RecordedFile): Promise<void> {
  const { operator, name, now } = response;
  const { directionId, batchId } = ledger;

  if (recorded.lateOn && operator !== SELF_CHECK) await publishLate(ledger, recorded, recorded.lateOn);

  const receipt = await readText({ bucket: env.WORK, key: preparedKey(ledger, recorded, 'receipt.json') });
  const key = receiptKey(operator, directionId, name, recorded.sha256);
  await writeObject({ bucket: env.OUTBOX, key }, receipt);
  await tellReceipt(response, key, receipt, null);
  const { rows, recorded: changed, alreadyRecorded, rejected } = receiptCounts.parse(JSON.parse(receipt));
  const { file } = response;
  await audit(env, {
    batchId,
    id: `response/${directionId}/${file.upload}`,
    kind: 'response_recorded',
    at: file.at,
    facts: {
      direction: directionId,
      uploader: operator,
      version: file.upload,
      rows,
      recorded: changed,
      alreadyRecorded,
      ledger: recorded.version,
    },
    files: { response: { key: file.key, sha256: recorded.sha256 }, receipt: { key, sha256: sha256Of(receipt) } },
  });
  const conflicts = rejected.conflicts_with_recorded;
  if (conflicts)
    await tell(
      env,
      toAdministrators({
        kind: 'conflicts',
        directionId,
        batchId,
        operator,
        conflicts,
        receipt: { bucket: env.OUTBOX, key },
      }),
    );
  if (ledger.closedAt === null && countOpen(ledger) === 0) await wake(ledger.tokens, whereabouts(ledger, now));
  // Last, so that nothing else waits for an order that can't be published.
  await publishFailedOrder(response, ledger, recorded);
}

/**
 * Publishes the disconnect order of the rows that failed, as it was committed last. One of which its operator can't be told fails
 * here and is told by a later delivery, which knows who was answered for meanwhile.
 */
async function publishFailedOrder(response: Response, ledger: Ledger, recorded: RecordedFile) {
  const { operator, now } = response;
  const { directionId, batchId, kind } = ledger;
  const key = failedOrderKey(operator, directionId, recorded.sha256);
  let order = recorded.failedOrder;
  // One that was not published in its time asks for nothing any more.
  while (order !== undefined && order.deadline > now) {
    const { rows, deadline, bytes, sha256, anew } = order;
    const from = { sha256: recorded.sha256, attempt: anew?.attempt ?? recorded.attempt };
    const isToTell = await putOrder(env, {
      rows,
      prepared: { bucket: env.WORK, key: preparedKey(ledger, from, 'disconnect.csv') },
      published: { bucket: env.OUTBOX, key },
      note: {
        batchId,
        // As the order is named: no other file of the direction is, and the whole SHA-256 of few rows would tell whose they are.
        // Of one that was issued anew each commit is a fact of its own.
        id: `order/${directionId}/failed-${sha8(recorded.sha256)}${anew ? `/${anew.version}` : ''}`,
        kind: 'disconnect_ordered',
        at: anew?.at ?? recorded.at,
        facts: { direction: directionId, rows, deadline, ledger: anew?.version ?? recorded.version },
        files: { order: { key, sha256 } },
      },
    });
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
    if (isToTell) await sendNotice(env, told);
    // Another attempt that has issued it anew meanwhile may have published that before this.
    const read = await readLedger(env.CASES, ledger.directionId);
    const newest = read && fileOf(read, recorded.sha256).failedOrder;
    if (newest?.anew?.attempt === anew?.attempt) return;
    order = newest;
  }
}

/**
 * Publishes the disconnections of a batch that has settled. The lists of all directions that share the key are
 * published as one, again until no other came in between.
 */
async function publishLate(ledger: Ledger, recorded: RecordedFile, day: Day): Promise<void> {
  const { batchId, directionId } = ledger;
  const keys = lateRevocationKeys(day, batchId, recorded.sha256);
  const mine = preparedKey(ledger, recorded, 'late.json');
  let published: string[] = [];
  let csv = '';
  let json = '';
  for (;;) {
    const prepared = await addLateRevocations(env.CASES, day, batchId, sha8(recorded.sha256), mine);
    if (prepared.length === published.length) break;
    const lists = await Promise.all(prepared.map((key) => readText({ bucket: env.WORK, key })));
    const rows = revocationRows(lists.flatMap((list) => [...lateListForm.parse(list).revocations]));
    const csvName = keys.csv.split('/').at(-1) ?? '';
    csv = [...revocationCsv(rows)].join('');
    json = [...revocationJson(csvName, rows)].join('');
    await writeObject({ bucket: env.OUTBOX, key: keys.csv }, csv);
    await writeObject({ bucket: env.OUTBOX, key: keys.json }, json);
    published = prepared;
  }
  await audit(env, {
    batchId,
    // The list of several directions grows with each of them.
    id: `revoked/${keys.csv}/${published.length}`,
    kind: 'revoked',
    at: recorded.at,
    facts: { direction: directionId, ledger: recorded.version, directions: published.length },
    files: { csv: { key: keys.csv, sha256: sha256Of(csv) }, json: { key: keys.json, sha256: sha256Of(json) } },
  });
}

function measureResponse({ operator }: Response, { ledger, rows, rejects, recordedAs, conflicts }: Applied): void {
  if (operator === SELF_CHECK) return;
  measure('ResponsesRecorded', { operator });
  measure('RowsRead', { file: 'response' }, rows);
  measure('RowsRejected', { file: 'response' }, rejects.length);
  for (const [outcome, count] of Object.entries(recordedAs)) measure('RowsRecorded', { outcome }, count);
  if (conflicts > 0) measure('Conflicts', { operator }, conflicts);
  if (ledger.files.at(-1)?.failedOrder) measure('OrdersIssued', { operator, order: 'disconnect' });
}

/** Reads a response's rows against the direction's. @throws FileFault */
async function readRows(response: Response, ledger: Ledger, lines: string[]): Promise<(AnsweredRow | RejectedRow)[]> {
  const rowOf = new Map<Imei | Msisdn, NamedRow>();
  for (const [row, line] of lines.entries()) {
    if (line === '') continue;
    const { identifier, lastSeen } = subjectOfLine(ledger.kind, line);
    rowOf.set(identifier, { row, lastSeen });
  }
  const rows: (AnsweredRow | RejectedRow)[] = [];
  const uploadDay = dayOf(response.file.at);
  for await (const batch of readCsv(readChunks(response.file), responseColumns(ledger.kind)))
    for (const row of batch) rows.push(parseResponseRow(row, ledger, uploadDay, (identifier) => rowOf.get(identifier)));
  return rows;
}

const CLAIMS_AT_ONCE = 32;

/**
 * A word that comes after the ladder's planned end is a later one than their claims count on: they are kept from now on. Before
 * it is committed, since afterwards nothing would make up for it; an answer that is then not taken keeps them a little longer.
 */
async function keepClaims({ kind }: Ledger, rows: (AnsweredRow | RejectedRow)[], lines: string[], now: Instant) {
  const answered = new Set(rows.flatMap((row) => ('reason' in row ? [] : [row.row])));
  const until = keptUntil(now, env.CASE_DAYS);
  await concurrently(answered, CLAIMS_AT_ONCE, async (row) => {
    const { identifier } = subjectOfLine(kind, lines[row] ?? '');
    await keepClaim(env.CASES, kind, identifier, until, now);
  });
}

/** A recorded file, as the ledger has it. */
function fileOf({ files, directionId }: Ledger, sha256: string): RecordedFile {
  const recorded = files.find((one) => one.sha256 === sha256);
  if (!recorded) throw new Error(`the ledger of direction ${directionId} has lost a file`);
  return recorded;
}

/** Why a file is refused by the ledger as it was read last. */
interface Refused {
  ledger: Ledger;
  refused: FileReason;
}

interface Committed {
  ledger: Ledger;
  recorded: RecordedFile;
  /** Where this attempt committed it. */
  applied?: Applied;
}

/**
 * All rows of a response are held at once, and its receipt, which may be 40 times as long. A direction's rows take far fewer
 * bytes than these, and may be answered by many files.
 */
const LARGEST_RESPONSE = 4 * 1024 * 1024;

/** Records a response in its direction's ledger, once, and publishes what was committed with it. */
async function record(response: Response, subject: Subject, invocation: string): Promise<void> {
  const { now } = response;
  if (response.file.size > LARGEST_RESPONSE) return await refuse(response, subject, null, 'file_too_large');
  const sha256 = await sha256OfFile(response);
  const answered = subject.ledger;
  if (!answered) return await refuse(response, subject, sha256, 'unknown_direction');

  const lines = (await readText({ bucket: env.WORK, key: answered.rowsKey })).split('\n');
  let rows: (AnsweredRow | RejectedRow)[];
  try {
    rows = await readRows(response, answered, lines);
  } catch (error) {
    if (!(error instanceof FileFault)) throw error;
    return await refuse(response, subject, sha256, error.reason);
  }
  if (subject.end !== undefined && now > subject.end) {
    const asItStands = applyResponse(answered, rows, {
      sha256,
      attempt: invocation,
      at: response.file.at,
      committedAt: now,
    });
    // A file that is known, or refused, is no later word.
    if (asItStands.kind === 'applied') await keepClaims(answered, rows, lines, now);
  }
  const revocation = (ledger: Ledger, row: number): Revocation => {
    const { msisdn, lsa } = parseDirectionRowLine('reverify', lines[row] ?? '');
    const { occurredOn } = outcomeOf(ledger, row);
    if (occurredOn === null) throw new Error('a disconnected row has no day');
    return { msisdn, operator: ledger.operator, lsa, disconnectedOn: occurredOn };
  };

  const committed = await changeLedger<Committed | Refused>(
    env.CASES,
    answered.directionId as DirectionId,
    async (read, attempt) => {
      const file = { sha256, attempt: `${invocation}-${attempt}`, at: response.file.at, committedAt: now };
      const applied = applyResponse(read, rows, file);
      if (applied.kind !== 'applied' && applied.kind !== 'known')
        return { result: { ledger: read, refused: applied.kind } };
      const prepare = (name: string, content: string) =>
        writeObject({ bucket: env.WORK, key: preparedKey(read, file, name) }, content);
      const orderOf = (rows: readonly number[], deadline: Instant) => {
        const failed = rows.map((row) => parseDirectionRowLine(read.kind, lines[row] ?? ''));
        const csv = orderCsv(read.kind, failed, deadline);
        return { csv, rows: rows.length, sha256: sha256Of(csv), bytes: Buffer.byteLength(csv), deadline };
      };
      if (applied.kind === 'known') {
        const anew = failedOrderAnew(read, applied.file, { attempt: file.attempt, now });
        if (!anew) return { result: { ledger: read, recorded: applied.file } };
        const { csv, sha256: ofOrder, bytes } = orderOf(anew.rows, anew.deadline);
        await prepare('disconnect.csv', csv);
        const ledger = anew.commit({ sha256: ofOrder, bytes });
        return { ledger, result: { ledger, recorded: fileOf(ledger, sha256) } };
      }
      await prepare('receipt.json', receiptText(receiptOf(response.name, sha256, applied)));
      let final = applied;
      const deadline = failedOrderDeadline(read, now);
      if (applied.madeFailed.length > 0 && deadline !== null) {
        const { csv, ...order } = orderOf(applied.madeFailed, deadline);
        await prepare('disconnect.csv', csv);
        final = withFailedOrder(applied, order);
      }
      const recorded = fileOf(final.ledger, sha256);
      if (recorded.lateOn) {
        const revocations = applied.madeDisconnected.map((row) => revocation(final.ledger, row));
        await prepare('late.json', JSON.stringify(lateListForm.write({ revocations })));
      }
      return { ledger: final.ledger, result: { ledger: final.ledger, recorded, applied: final } };
    },
  );
  if ('refused' in committed)
    return await refuse(response, { ...subject, ledger: committed.ledger }, sha256, committed.refused);
  if (committed.applied) measureResponse(response, committed.applied);
  await publish(response, committed.ledger, committed.recorded);
  log.info('response recorded', { directionId: answered.directionId, rows: rows.length });
}

/** Record: an operator's response becomes outcomes in its direction's ledger. */
export const handler = uploads(
  marking(env.WORK, async (file: Uploaded, attempt: string) => {
    const place = parseInboxKey(file.key);
    const stray = async (why: Stray) => {
      log.info('stray object', { why });
      await tellStray(env, file, why);
      return 'worked' as const;
    };
    if (place.kind !== 'response') return await stray(place.kind === 'stray' ? place.why : 'unknown_place');
    const { operator, directionId, name } = place;
    const now = deliveredAt(file.delivery, env.HIDDEN_SECONDS);
    const response = { file, operator, directionId, name, now };
    const subject = await subjectOf(response);
    // A direction stays its operator's to answer, though that is configured no more.
    if (!env.OPERATORS.includes(operator) && !subject.ledger) return await stray('unknown_operator');
    await record(response, subject, attempt);
    return 'worked';
  }),
);
