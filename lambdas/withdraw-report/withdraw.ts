import { FileFault, readCsv } from '../domain/csv.ts';
import type { Instant } from '../domain/days.ts';
import { sha256Of } from '../domain/hashes.ts';
import type { OperatorId } from '../domain/identifiers.ts';
import { LARGEST_FILE } from '../domain/limits.ts';
import { receiptOf, receiptText } from '../domain/receipts.ts';
import { precedesReport, type WithdrawnReport, withdrawalFate } from '../domain/withdrawals.ts';
import { DECIDED } from '../domain/work.ts';
import { log } from '../runtime/log.ts';
import { audit } from '../stores/audit.ts';
import { readWithdrawal, withdrawBatch } from '../stores/cases/approvals.ts';
import type { Batch } from '../stores/cases/batches.ts';
import { readLatestImport } from '../stores/cases/imports.ts';
import { readBytes, readText, writeObject } from '../stores/objects.ts';
import { wake } from '../stores/state-machines.ts';
import type { Done } from '../stores/upload-marks.ts';
import { env } from './environment.ts';
import { batchAbout, columnsOf, publishReceipt, refuse, type WithdrawalFile } from './file.ts';
import { reverse } from './reverse.ts';

/** The batch is between its decision and its directions: the file comes again, and finds what became of it. */
class BetweenDecisionAndDirections extends Error {
  override name = 'BetweenDecisionAndDirections';
}

/**
 * Withdraws a report that waits, once, publishes the file's receipt, and wakes the tasks that wait for the decision. A withdrawal, an
 * approver's file and the end of the time are each a commit: the first one counts.
 * @throws BetweenDecisionAndDirections if the batch is between its decision and its directions
 */
export async function withdraw(file: WithdrawalFile, now: Instant, invocation: string): Promise<Done> {
  if (file.size > LARGEST_FILE) return await refuse(file, null, 'file_too_large', await batchAbout(file));
  const content = await readBytes(file);
  const sha256 = sha256Of(content);
  for (let n = 0; ; n++) {
    const batch = await batchAbout(file);
    // A reversal or a follow-up isn't withdrawn: only an agency's report is.
    if (batch === undefined || batch.kind !== 'report') return await refuse(file, sha256, 'unknown_batch', undefined);
    const rows = await countRows(file, content);
    if (typeof rows !== 'number') return await refuse(file, sha256, rows, batch);
    const known = await readWithdrawal(env.WORK, batch);
    if (known?.sha256 === sha256) return await publish(file, batch, known);
    if (precedesReport(file.at, batch)) return await refuse(file, sha256, 'not_waiting', batch);
    const fate = withdrawalFate({ state: batch.state, handsets: batch.report.handsets }, rows);
    if (fate === 'wait') throw new BetweenDecisionAndDirections();
    if (fate === 'reverse') return await reverse(file, batch, { content, sha256 }, invocation);
    if (fate !== 'withdraw') return await refuse(file, sha256, fate, batch);

    const attempt = `${invocation}-${n}`;
    const { batchId, agency } = batch;
    const { key, upload, name } = file;
    const none = { rows: 0, recorded: 0, alreadyRecorded: 0, rejects: [] };
    const receipt = { bucket: env.WORK, key: DECIDED.receipt(batchId, attempt) };
    await writeObject(receipt, receiptText(receiptOf(name, sha256, none)));
    const operators = await latestImports();
    const withdrawn = { batchId, agency, key, sha256, upload, attempt, at: now, operators };
    if (await withdrawBatch(env, batch, withdrawn)) return await publish(file, batch, withdrawn);
  }
}

/** The number of a file's rows; or why it can't be read. */
async function countRows(file: WithdrawalFile, content: Buffer): Promise<number | FileFault> {
  try {
    let count = 0;
    for await (const rows of readCsv([content], columnsOf(file))) count += rows.length;
    return count;
  } catch (error) {
    if (!(error instanceof FileFault)) throw error;
    return error;
  }
}

async function latestImports(): Promise<WithdrawnReport['operators']> {
  const latest: Record<OperatorId, Instant | null> = {};
  for (const operator of env.OPERATORS) latest[operator] = await readLatestImport(env.CASES, operator);
  return latest;
}

/**
 * Publishes what was committed with a file, and wakes the waiting tasks; every attempt, redelivery and upload of the same bytes does it
 * alike.
 */
async function publish(file: WithdrawalFile, { batchId, decision }: Batch, withdrawn: WithdrawnReport): Promise<Done> {
  const { agency, upload, at, key } = file;
  // This comes first, since the batch may wait for nothing else. It looks for itself what became of it.
  if (decision !== undefined) await wake(decision.tokens, { state: 'waiting' });
  const text = await readText({ bucket: env.WORK, key: DECIDED.receipt(batchId, withdrawn.attempt) });
  const receipt = await publishReceipt(file, withdrawn.sha256, text, null);
  await audit(env, {
    batchId,
    id: `withdrawal/${agency}/${upload}/recorded`,
    kind: 'withdrawal_recorded',
    at,
    facts: { uploader: agency, version: upload, committedAt: withdrawn.at },
    files: { withdrawal: { key, sha256: withdrawn.sha256 }, receipt },
  });
  log.info('report withdrawn', { batchId, agency });
  return 'worked';
}
