import { FileFault, readCsv } from '../domain/csv.ts';
import type { Instant } from '../domain/days.ts';
import { DECISION_COLUMNS, type DecisionRow, ofSubjects, parseDecisionRow } from '../domain/decision-rows.ts';
import { applyDecision, type Decision, takesBack, withRefused } from '../domain/decisions.ts';
import { sha8 } from '../domain/hashes.ts';
import { isBatchId } from '../domain/identifiers.ts';
import { receiptKey } from '../domain/outbox.ts';
import type { RejectedRow } from '../domain/reasons.ts';
import { countedIn, type Refusal, reasonOf, receiptOf, receiptText } from '../domain/receipts.ts';
import { APPROVE_AGAIN } from '../domain/what-to-do.ts';
import { DECIDED } from '../domain/work.ts';
import { log } from '../runtime/log.ts';
import { audit } from '../stores/audit.ts';
import { changeApproval, readApproval } from '../stores/cases/approvals.ts';
import { type Batch, readBatch } from '../stores/cases/batches.ts';
import { readText, writeObject } from '../stores/objects.ts';
import { wake } from '../stores/state-machines.ts';
import { env } from './environment.ts';
import { type ApproverFile, publishReceipt, readWhole, refuse } from './file.ts';
import { subjectsOf } from './subjects.ts';

/** A batch that people have been asked about. */
type Weighed = Batch & Required<Pick<Batch, 'decision' | 'previewSha256'>>;

/** Records a decision about a batch, once, publishes its receipt, and wakes the waiting tasks if it ends the wait. */
export async function decide(file: ApproverFile, now: Instant, invocation: string): Promise<void> {
  const read = await readWhole(file);
  const untaken = (sha256: string | null, refusal: Refusal) =>
    refuseUntaken(file, sha256, refusal, { now, attempt: `${invocation}-refused` });
  if (read === undefined) return await untaken(null, 'file_too_large');
  const { content, sha256 } = read;
  const { approver, name, upload, at: uploadedAt } = file;
  let rows: { of: string; rows: (DecisionRow | RejectedRow)[] } | undefined;
  for (let n = 0; ; n++) {
    const batch = await batchAbout(file);
    if (batch === undefined) return await refuseDecision(file, sha256, 'unknown_batch', undefined);
    if (!isWeighed(batch)) return await refuseDecision(file, sha256, 'not_waiting', batch);
    const decision = await readApproval(env.WORK, batch.decision);
    try {
      // A batch that was begun anew has another preview.
      if (rows?.of !== batch.previewSha256) rows = { of: batch.previewSha256, rows: await readRows(batch, content) };
    } catch (error) {
      if (!(error instanceof FileFault)) throw error;
      return await untaken(sha256, error);
    }
    const attempt = `${invocation}-${n}`;
    const applied = applyDecision(decision, rows.rows, {
      approver,
      sha256,
      upload,
      uploadedAt,
      attempt,
      committedAt: now,
      approvers: env.APPROVERS,
    });
    if (applied.kind === 'known') {
      const anew = batch.state === 'waiting' ? applied.decision : undefined;
      // What is published stays as it is, whatever the words stand against from now on.
      if (anew === undefined || (await changeApproval(env, batch, batch.decision, { decision: anew, attempt })))
        return await publish(file, batch, anew ?? decision, sha256, applied.file.attempt);
      continue;
    }
    if (applied.kind !== 'applied') return await untaken(sha256, applied.kind);
    // It failed with its execution before anybody ended its decision.
    if (batch.state !== 'waiting') return await refuseDecision(file, sha256, 'not_waiting', batch);
    const receipt = DECIDED.receipt(batch.batchId, attempt);
    await writeObject({ bucket: env.WORK, key: receipt }, receiptText(receiptOf(name, sha256, applied)));
    if (await changeApproval(env, batch, batch.decision, { decision: applied.decision, attempt }))
      return await publish(file, batch, applied.decision, sha256, attempt);
  }
}

function isWeighed(batch: Batch): batch is Weighed {
  return batch.decision !== undefined && batch.previewSha256 !== undefined;
}

/** @throws FileFault */
async function readRows(batch: Weighed, content: Buffer): Promise<(DecisionRow | RejectedRow)[]> {
  const rows: (DecisionRow | RejectedRow)[] = [];
  for await (const some of readCsv([content], DECISION_COLUMNS))
    for (const row of some) rows.push(parseDecisionRow(row, { preview: batch.previewSha256, agency: batch.agency }));
  const subjects = await subjectsOf(
    batch,
    rows.filter((row) => 'decision' in row),
  );
  return rows.map((row) => ('decision' in row ? ofSubjects(row, subjects) : row));
}

/**
 * Publishes what was committed with a file, and wakes the waiting tasks; every attempt, redelivery and upload of the same bytes does it
 * alike.
 */
async function publish(
  file: ApproverFile,
  { batchId, decision: pointer, previewSha256 }: Weighed,
  decision: Decision,
  sha256: string,
  attempt: string,
): Promise<void> {
  const { approver, about, name, upload, at, key } = file;
  // This comes first, since a batch may wait for nothing else. It looks for itself what was decided.
  if (decision.ending !== null) await wake(pointer.tokens, { state: 'waiting' });
  const text = await readText({ bucket: env.WORK, key: DECIDED.receipt(batchId, attempt) });
  const receipt = await publishReceipt(file, receiptKey(approver, about, name, sha256), text, null);
  const { rows, recorded, alreadyRecorded } = countedIn(text);
  await audit(env, {
    batchId,
    // A batch that was begun anew has another preview, of which the same upload says nothing.
    id: `decision/${approver}/${upload}/${sha8(previewSha256)}`,
    kind: 'decision_recorded',
    at,
    facts: { uploader: approver, version: upload, rows, recorded, alreadyRecorded },
    files: { decision: { key, sha256 }, receipt },
  });
  log.info('decision recorded', { batchId, approver, rows, recorded });
}

/** The batch that a file's key names, if there is one. */
async function batchAbout({ about }: ApproverFile): Promise<Batch | undefined> {
  return isBatchId(about) ? await readBatch(env.CASES, about) : undefined;
}

/**
 * Refuses a file of which nothing is taken, whatever it says. Where its batch waits, its approver approves no more until they say so again,
 * and that is committed before they are told.
 */
async function refuseUntaken(
  file: ApproverFile,
  sha256: string | null,
  refusal: Refusal,
  { now, attempt }: { readonly now: Instant; readonly attempt: string },
): Promise<void> {
  for (let n = 0; ; n++) {
    const batch = await batchAbout(file);
    if (batch?.state !== 'waiting' || !isWeighed(batch)) return await refuseDecision(file, sha256, refusal, batch);
    const { approver, at: uploadedAt } = file;
    const decision = withRefused(await readApproval(env.WORK, batch.decision), { approver, uploadedAt, now });
    const change = decision && { decision, attempt: `${attempt}-${n}` };
    if (change === null || (await changeApproval(env, batch, batch.decision, change)))
      return await refuseDecision(file, sha256, refusal, batch);
  }
}

/** @param batch the one whose chain tells of it; undefined if there is none, and so no chain */
async function refuseDecision(
  file: ApproverFile,
  sha256: string | null,
  refusal: Refusal,
  batch: Batch | undefined,
): Promise<void> {
  const { approver, upload, at, key } = file;
  const why = reasonOf(refusal);
  // The same whatever became of the batch meanwhile, so that every attempt publishes the same receipt.
  const receipt = await refuse(file, sha256, refusal, takesBack(why) ? APPROVE_AGAIN : undefined);
  if (batch === undefined) return;
  await audit(env, {
    batchId: batch.batchId,
    // Each preview of a batch that is begun anew may find another reason. A reversal's preview stays the same, and may be decided upon
    // then.
    id: `decision/${approver}/${upload}/${sha8(batch.previewSha256 ?? '')}/${why}`,
    kind: 'decision_not_taken',
    at,
    facts: { uploader: approver, version: upload, why },
    files: { decision: { key, sha256 }, receipt },
  });
}
