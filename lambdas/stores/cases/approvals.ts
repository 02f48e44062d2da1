/** What was decided of a batch: its record in the work bucket, and the batch's item, which names the one that counts. */
import { decisionRecordForm } from '../../domain/decision-text.ts';
import { type Decision, withdrawDecision } from '../../domain/decisions.ts';
import { type WithdrawnReport, withdrawnReportForm } from '../../domain/withdrawals.ts';
import { DECIDED } from '../../domain/work.ts';
import { readText, writeObject } from '../objects.ts';
import { type Batch, commitDecision, commitPreview, commitUnpreviewed, type DecisionPointer } from './batches.ts';

interface Places {
  readonly WORK: string;
  readonly CASES: string;
}

/** The record of a batch's decision that counts. */
export async function readApproval(work: string, { recordKey }: DecisionPointer): Promise<Decision> {
  return decisionRecordForm.parse(await readText({ bucket: work, key: recordKey }));
}

/** Writes a record under an attempt's own name, for a commit to name. */
async function prepare(work: string, decision: Decision, attempt: string): Promise<string> {
  const key = DECIDED.record(decision.batchId, attempt);
  await writeObject({ bucket: work, key }, JSON.stringify(decisionRecordForm.write(decision)));
  return key;
}

/** The state of a batch by the record: it waits until the record has an ending. */
function standing({
  ending,
}: Decision): Pick<Batch, 'approvedAt' | 'endedAt' | 'untold'> & Partial<Pick<Batch, 'state'>> {
  if (ending === null) return {};
  return ending.state === 'approved'
    ? { state: ending.state, approvedAt: ending.at }
    : { state: ending.state, endedAt: ending.at, untold: true };
}

/** Makes a prepared preview the batch's, and this its decision; false if it has one. */
export async function openApproval(
  env: Places,
  batch: Batch,
  preview: { readonly previewKey: string; readonly previewSha256: string },
  decision: Decision,
  attempt: string,
): Promise<boolean> {
  const recordKey = await prepare(env.WORK, decision, attempt);
  const pointer = { recordKey, decideBy: decision.decideBy, tokens: [], version: 1 };
  return await commitPreview(env.CASES, batch, preview, { decision: pointer, ...standing(decision) });
}

/** The most attempts of a wait that are remembered: more than its retries and time-outs within the days that it may take. */
const MOST_TOKENS = 20;

/**
 * Commits the next record of a batch's decision, and that another task waits for its end, on the version that was read.
 * @param pointer as it was read
 * @param change the next record and the attempt that made it, or null if it stays; and the token of the task that waits
 * @returns false if somebody else came first
 */
export async function changeApproval(
  env: Places,
  batch: Batch,
  pointer: DecisionPointer,
  change: { readonly decision: Decision | null; readonly attempt: string; readonly token?: string },
): Promise<boolean> {
  const { decision, attempt, token } = change;
  const recordKey = decision === null ? pointer.recordKey : await prepare(env.WORK, decision, attempt);
  const tokens = token === undefined ? pointer.tokens : [...pointer.tokens, token].slice(-MOST_TOKENS);
  const next = { ...pointer, recordKey, tokens, version: pointer.version + 1 };
  return await commitDecision(
    env.CASES,
    batch,
    { decision: next, ...(decision === null ? {} : standing(decision)) },
    pointer.version,
  );
}

/** The record of the file that withdrew a batch, if one did. */
export async function readWithdrawal(work: string, { withdrawal }: Batch): Promise<WithdrawnReport | undefined> {
  return withdrawal === undefined
    ? undefined
    : withdrawnReportForm.parse(await readText({ bucket: work, key: withdrawal }));
}

/**
 * Withdraws a batch that waits: on the version of its decision, if it has one, so that whoever commits first counts; otherwise as long as
 * it has no preview.
 * @param batch as it was read
 * @returns false if somebody else came first
 */
export async function withdrawBatch(env: Places, batch: Batch, withdrawn: WithdrawnReport): Promise<boolean> {
  const { batchId, decision: pointer } = batch;
  const { attempt, at } = withdrawn;
  const withdrawal = DECIDED.withdrawal(batchId, attempt);
  await writeObject({ bucket: env.WORK, key: withdrawal }, JSON.stringify(withdrawnReportForm.write(withdrawn)));
  if (pointer === undefined)
    return await commitUnpreviewed(env.CASES, batch, { withdrawal, state: 'withdrawn', endedAt: at, untold: true });
  const decision = withdrawDecision(await readApproval(env.WORK, pointer), at);
  const recordKey = await prepare(env.WORK, decision, attempt);
  const next = { ...pointer, recordKey, version: pointer.version + 1 };
  return await commitDecision(env.CASES, batch, { withdrawal, decision: next, ...standing(decision) }, pointer.version);
}
