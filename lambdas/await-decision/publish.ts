import type { AuditedFile, AuditNote } from '../domain/audit.ts';
import { summaryText, type UnsettledStatus, unsettledSummary } from '../domain/books.ts';
import type { Instant } from '../domain/days.ts';
import { approvals, type Decision, type Ending, refusals } from '../domain/decisions.ts';
import { sha8, sha256Of } from '../domain/hashes.ts';
import type { OperatorId } from '../domain/identifiers.ts';
import { type EndingNotice, EVERY_APPROVER, toAdministrators, toAgency, toApprover } from '../domain/notices.ts';
import { previewKeys, summaryKey } from '../domain/outbox.ts';
import { readPreview } from '../domain/preview.ts';
import { SCREENED } from '../domain/work.ts';
import { audit } from '../stores/audit.ts';
import type { Batch } from '../stores/cases/batches.ts';
import { tell } from '../stores/notices.ts';
import { readBytes, readText, writeObject } from '../stores/objects.ts';
import { env } from './environment.ts';

/** Reminds the approvers, and tells the administrators, that a batch waits for them. */
export async function remind({ batchId, agency }: Batch, decision: Decision): Promise<void> {
  const reminder = {
    kind: 'decision_reminder' as const,
    batchId,
    agency,
    people: decision.people,
    approved: approvals(decision),
    decideBy: decision.decideBy,
    bucket: env.OUTBOX,
    key: previewKeys(batchId).json,
    sha256: decision.preview,
  };
  await tell(env, toApprover({ ...reminder, approver: EVERY_APPROVER }));
  await tell(env, toAdministrators(reminder));
}

/**
 * Publishes how a decision ended and tells whom it concerns; each attempt does it alike. The agency hears of it last: what it does
 * then finds everything done.
 */
export async function publishEnding(batch: Batch, decision: Decision, ending: Ending): Promise<void> {
  const { batchId, agency } = batch;
  const { state, at } = ending;
  let summary: AuditedFile | undefined;
  let notice: EndingNotice;
  if (state === 'approved') {
    notice = { kind: 'batch_approved', batchId, agency, approvedAt: at, sha256: decision.preview };
  } else {
    const key = summaryKey(batchId);
    const text = await summaryOf(batch, state, at);
    await writeObject({ bucket: env.OUTBOX, key }, text);
    summary = { key, sha256: sha256Of(text) };
    notice = noticeOf({ batchId, agency, endedAt: at, bucket: env.OUTBOX, key }, ending, decision);
  }
  await tellAudit(batch, decision, ending, summary && { summary });
  await tell(env, toApprover({ ...notice, approver: EVERY_APPROVER }));
  await tell(env, toAdministrators(notice));
  await tell(env, toAgency(notice));
}

async function summaryOf(batch: Batch, status: UnsettledStatus, endedAt: Instant): Promise<string> {
  const { batchId, agency, file, report, startedAt, previewKey = '' } = batch;
  const { operators } = readPreview(await readText({ bucket: env.WORK, key: SCREENED.previews.json(previewKey) }));
  const latestImports = Object.fromEntries(
    Object.entries(operators).map(([operator, { latestImport }]) => [operator, latestImport]),
  );
  return summaryText(
    unsettledSummary({
      batchId,
      agency,
      file,
      report,
      startedAt,
      status,
      endedAt,
      operators: Object.keys(operators) as OperatorId[],
      latestImports,
    }),
  );
}

type WithoutEffect = Readonly<Record<'agency' | 'endedAt' | 'bucket' | 'key', string>> & Pick<Batch, 'batchId'>;

function noticeOf(told: WithoutEffect, { state, over }: Ending, decision: Decision): EndingNotice {
  if (state === 'refused') return { kind: 'batch_refused', ...told, remarks: refusals(decision) };
  if (state === 'lapsed') return { kind: 'batch_lapsed', ...told };
  if (over === undefined) throw new Error(`batch ${told.batchId} is over no limit`);
  return { kind: 'batch_over_limit', ...told, ...over };
}

/** The decision in the chain of its batch: who made it, upon which preview, held handsets and links, and all words of all. */
async function tellAudit(
  batch: Batch,
  { people, preview }: Decision,
  { state, at, by }: Ending,
  published: AuditNote['files'] = {},
): Promise<void> {
  const { batchId, previewKey = '', decision } = batch;
  const hashed = async (prepared: string, key = prepared) => ({
    key,
    sha256: sha256Of(await readBytes({ bucket: env.WORK, key: prepared })),
  });
  const keys = previewKeys(batchId);
  await audit(env, {
    batchId,
    // Another execution may go on with it, and one that is begun anew has another preview.
    id: `decided/${sha8(preview)}`,
    kind: 'decided',
    at,
    facts: { state, people, by: by.join(' ') },
    files: {
      preview: await hashed(SCREENED.previews.json(previewKey), keys.json),
      held: await hashed(SCREENED.previews.held(previewKey), keys.held),
      gathered: await hashed(SCREENED.previews.gathered(previewKey)),
      record: await hashed(decision?.recordKey ?? ''),
      ...published,
    },
  });
}
