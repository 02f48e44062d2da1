import type { AnsweredRow } from '../domain/answers.ts';
import { planCounts } from '../domain/batches.ts';
import { readCsv } from '../domain/csv.ts';
import type { CsvRow } from '../domain/csv-header.ts';
import { type Day, dayOf, type Instant } from '../domain/days.ts';
import type { Uploaded } from '../domain/deliveries.ts';
import { subjectOfLine } from '../domain/directions.ts';
import { columnsAs } from '../domain/file-forms.ts';
import { type BatchId, type Imei, type Msisdn, type OperatorId, parseDirectionId } from '../domain/identifiers.ts';
import { type Ledger, orderedOn } from '../domain/ledger.ts';
import type { RejectedRow } from '../domain/reasons.ts';
import { type NamedRow, parseResponseRow, responseColumns } from '../domain/responses.ts';
import { plannedEnd } from '../domain/whereabouts.ts';
import { readBatch } from '../stores/cases/batches.ts';
import { readLedger } from '../stores/cases/ledgers.ts';
import { readChunks } from '../stores/objects.ts';

import { env } from './environment.ts';

/** An operator's file that answers one of its directions, as it was uploaded. */
export interface ResponseFile {
  file: Uploaded;
  operator: OperatorId;
  /** The part of the key that names a direction, whether it exists or not. */
  directionId: string;
  name: string;
  /** The instant at which it came to be recorded: long after its upload if that failed before. */
  now: Instant;
}

/** What a response is about, as far as it exists. */
export interface ResponseSubject {
  /** The batch that its key names, whoever's the direction is. */
  batchId?: BatchId;
  /** The ledger that it may answer: of a direction that counts, and of this operator. */
  ledger?: Ledger | undefined;
  /** The instant when that direction was to end as it was planned. */
  end?: Instant;
}

export async function subjectOf({
  operator,
  directionId,
}: Pick<ResponseFile, 'operator' | 'directionId'>): Promise<ResponseSubject> {
  const direction = parseDirectionId(directionId);
  const batch = direction && (await readBatch(env.CASES, direction.batchId));
  if (!batch) return {};
  const { batchId, plan, state, startedAt } = batch;
  const directed = plan === direction.plan && planCounts(state);
  if (!directed || direction.operator !== operator) return { batchId };
  const ledger = await readLedger(env.CASES, direction.id);
  return { batchId, ledger, ...(ledger && { end: plannedEnd(ledger, startedAt) }) };
}

/** Reads a response's rows against the direction's. @throws FileFault */
export async function readRows(
  response: ResponseFile,
  ledger: Ledger,
  lines: string[],
): Promise<(AnsweredRow | RejectedRow)[]> {
  const read = readerFor(ledger, lines, dayOf(response.file.at));
  const rows: (AnsweredRow | RejectedRow)[] = [];
  const columns = columnsAs(responseColumns(ledger.kind), 'response', env.FILE_FORMS[response.operator]);
  for await (const batch of readCsv(readChunks(response.file), columns)) for (const row of batch) rows.push(read(row));
  return rows;
}

/**
 * Returns the reader of a response's rows against a direction's.
 * @param lines the direction's rows
 * @param uploadDay the day of the upload
 */
export function readerFor(ledger: Ledger, lines: readonly string[], uploadDay: Day) {
  const rowOf = new Map<Imei | Msisdn, NamedRow>();
  for (const [row, line] of lines.entries()) {
    if (line === '') continue;
    const { identifier, ...about } = subjectOfLine(ledger.kind, line);
    rowOf.set(identifier, { row, ...about });
  }
  const direction = { ...ledger, orderedOn: orderedOn(ledger) };
  return (row: CsvRow) =>
    parseResponseRow(row, direction, uploadDay, (identifier) => rowOf.get(identifier), env.OPERATORS);
}
