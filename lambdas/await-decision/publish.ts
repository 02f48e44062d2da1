import type { AuditedFile, AuditNote } from '../domain/audit.ts';
import { summaryText, type UnsettledStatus, unsettledSummary } from '../domain/books.ts';
import type { Instant } from '../domain/days.ts';
import { approvals, type Decision, type Ending, refusals } from '../domain/decisions.ts';
import { sha8, sha256Of } from '../domain/hashes.ts';
import { BATCH_KINDS } from '../domain/kinds.ts';
import { type EndingNotice, EVERY_APPROVER, toAdministrators, toAgency, toApprover } from '../domain/notices.ts';
import { previewKeys, summaryKey } from '../domain/outbox.ts';
import { readPreview } from '../domain/preview.ts';
import { reversalSummaryText, unsettledReversalSummary } from '../domain/reversal-books.ts';
import type { WithdrawnReport } from '../domain/withdrawals.ts';
import { SCREENED } from '../domain/work.ts';
import { audit } from '../stores/audit.ts';
import { readWithdrawal } from '../stores/cases/approvals.ts';
import type { Batch } from '../stores/cases/batches.ts';
import { tell } from '../stores/notices.ts';
import { readBytes, readText, writeObject } from '../stores/objects.ts';
import { env } from './environment.ts';

/** Reminds the approvers, and tells the administrators, that a batch waits for them. */
export async function remind({ batchId, agency, file }: Batch, decision: Decision): Promise<void> {
  const reminder = {
    kind: 'decision_reminder' as const,
    batchId,
    agency,
    file,
    people: decision.people,
    approved: approvals(decision, env.APPROVERS),
    decideBy: decision.decideBy,
    bucket: env.OUTBOX,
    key: previewKeys(batchId).json,
    sha256: decision.preview,
  };
  await tell(env, toApprover({ ...reminder, approver: EVERY_APPROVER }));
  await tell(env, toAdministrators(reminder));
}

/**
 * Publishes how a batch's wait ended and tells everybody concerned; each attempt does it alike. A batch that was withdrawn may have no
 * preview, and so no decision. The agency hears of it last, so that it finds everything done.
 */
export async function publishEnding(batch: Batch, decision: Decision | undefined, ending: Ending): Promise<void> {
  const { batchId, agency, file } = batch;
  const { state, at } = ending;
  const withdrawn = await readWithdrawal(env.WORK, batch);
  let summary: AuditedFile | undefined;
  let notice: EndingNotice;
  if (state === 'approved') {
    if (decision === undefined) throw new Error(`batch ${batchId} was approved without a decision`);
    notice = { kind: 'batch_approved', batchId, agency, file, approvedAt: at, sha256: decision.preview };
  } else {
    const key = summaryKey(batchId);
    const text = await summaryOf(batch, state, at, withdrawn);
    await writeObject({ bucket: env.OUTBOX, key }, text);
    summary = { key, sha256: sha256Of(text) };
    notice = noticeOf({ batchId, agency, file, endedAt: at, bucket: env.OUTBOX, key }, ending, decision);
  }
  const withdrawal = withdrawn && { key: withdrawn.key, sha256: withdrawn.sha256 };
  const published = { ...(summary && { summary }), ...(withdrawal && { withdrawal }) };
  await tellAudit(batch, decision, ending, published);
  await tell(env, toApprover({ ...notice, approver: EVERY_APPROVER }));
  await tell(env, toAdministrators(notice));
  await tell(env, toAgency(notice));
}

async function summaryOf(
  batch: Batch,
  status: UnsettledStatus,
  endedAt: Instant,
  withdrawn: WithdrawnReport | undefined,
): Promise<string> {
  const { batchId, kind, agency, file, report, startedAt, previewKey } = batch;
  if (!BATCH_KINDS[kind].expands) {
    return reversalSummaryText(
      unsettledReversalSummary({ batchId, agency, file, startedAt, status, endedAt, operators: env.OPERATORS }),
    );
  }
  const latestImports = previewKey === undefined ? (withdrawn?.operators ?? {}) : await previewedImports(previewKey);
  return summaryText(
    unsettledSummary({
      batchId,
      agency,
      file,
      report,
      startedAt,
      status,
      endedAt,
      operators: Object.keys(latestImports),
      latestImports,
    }),
  );
}

/** The operators of a preview, with the instant of each one's latest usage. */
async function previewedImports(previewKey: string): Promise<WithdrawnReport['operators']> {
  const { operators } = readPreview(await readText({ bucket: env.WORK, key: SCREENED.previews.json(previewKey) }));
  return Object.fromEntries(Object.entries(operators).map(([operator, { latestImport }]) => [operator, latestImport]));
}

type WithoutEffect = Readonly<Record<'agency' | 'file' | 'endedAt' | 'bucket' | 'key', string>> &
  Pick<Batch, 'batchId'>;

function noticeOf(told: WithoutEffect, { state, over }: Ending, decision: Decision | undefined): EndingNotice {
  if (state === 'withdrawn') return { kind: 'batch_withdrawn', ...told };
  if (state === 'refused') return { kind: 'batch_refused', ...told, remarks: decision ? refusals(decision) : [] };
  if (state === 'lapsed') return { kind: 'batch_lapsed', ...told };
  if (over === undefined) throw new Error(`batch ${told.batchId} is over no limit`);
  return { kind: 'batch_over_limit', ...told, ...over };
}

/**
 * Tells the chain of its batch the decision: who made it, upon which preview, held handsets and links (for a reversal: upon what it is
 * asked), and all words of all approvers; for a batch that was withdrawn before its preview, by which file.
 */
async function tellAudit(
  batch: Batch,
  decision: Decision | undefined,
  { state, at, by }: Ending,
  published: AuditNote['files'] = {},
): Promise<void> {
  const { batchId, kind, previewKey = '' } = batch;
  const hashed = async (prepared: string, key = prepared) => ({
    key,
    sha256: sha256Of(await readBytes({ bucket: env.WORK, key: prepared })),
  });
  const keys = previewKeys(batchId);
  const decided = { batchId, kind: 'decided', at } as const;
  if (decision === undefined) {
    await audit(env, { ...decided, id: `decided/${state}`, facts: { state, people: 0, by: '' }, files: published });
    return;
  }
  const { people } = decision;
  const { previews } = SCREENED;
  const upon: Record<string, AuditedFile> = BATCH_KINDS[kind].expands
    ? {
        held: await hashed(previews.held(previewKey), keys.held),
        gathered: await hashed(previews.gathered(previewKey)),
      }
    : { asked: await hashed(previews.asked(previewKey)) };
  const record = await hashed(batch.decision?.recordKey ?? '');
  await audit(env, {
    ...decided,
    // Another execution may go on with the batch. A batch that is begun anew has another record, though a reversal's has the same preview.
    id: `decided/${sha8(record.sha256)}`,
    facts: { state, people, by: by.join(' ') },
    files: {
      preview: await hashed(previews.json(previewKey), keys.json),
      ...upon,
      record,
      ...published,
    },
  });
}
