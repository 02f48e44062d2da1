import * as z from 'zod';
import { type Asked, askedForm } from '../domain/appeals.ts';
import { subjectsOfAppeals } from '../domain/asked.ts';
import type { Instant } from '../domain/days.ts';
import type { AgencyId } from '../domain/identifiers.ts';
import { fields } from '../domain/stored.ts';
import { audit } from '../stores/audit.ts';
import { type Batch, readBatch } from '../stores/cases/batches.ts';
import { readText } from '../stores/objects.ts';
import { markWithdrawal } from '../stores/withdrawn-reports.ts';
import type { Collector } from './collected.ts';
import { openReversal } from './decision.ts';
import { env } from './environment.ts';
import { type AskedSubjects, withdrawnSubjects } from './withdrawn.ts';

const input = z.object({ batchId: fields.batch, askedKey: z.string() });

/** Collects what a reversal is asked to take back, and opens its decision. */
export const collectReversal: Collector = async (collect, { execution, now, attempt }) => {
  const { askedKey } = input.parse(collect);
  const asked = askedForm.parse(await readText({ bucket: env.WORK, key: askedKey }));
  const subjects = await subjectsOf(asked, now);
  // The mark is set before anybody decides: whoever asks for more of the report later finds what it took back.
  if (asked.withdraws !== null) await markWithdrawal(env.WORK, asked.withdraws.batchId, asked.batchId);
  // A reversal that failed and is begun again has a decision already.
  const { decision } = (await readBatch(env.CASES, asked.batchId)) ?? {};
  return {
    batch: { ...batchOf(asked, execution, now), ...(decision && { decision }) },
    subjects: { asked: subjects.each(), count: () => subjects.count(), conditional: () => subjects.conditional() },
    open: async (registered) => {
      const counts = { subjects: subjects.count(), onOtherHandsets: subjects.onOtherHandsets() };
      await tellRegistered(registered, asked, counts.subjects);
      return await openReversal(env, registered, asked, counts, { now, attempt });
    },
  };
};

async function subjectsOf({ withdraws, appeals }: Asked, now: Instant): Promise<AskedSubjects> {
  if (withdraws !== null) return await withdrawnSubjects({ ...env, now }, withdraws);
  const distinct = new Set(appeals.map(({ msisdn, imei, row }) => JSON.stringify([msisdn, imei, row])));
  return {
    async *each() {
      yield* subjectsOfAppeals(appeals);
    },
    count: () => distinct.size,
    conditional: () => 0,
    onOtherHandsets: () => 0,
  };
}

/** The batch of a reversal, as it is registered. It waits for its decision. */
function batchOf({ batchId, uploader, file, sha256, uploadedAt }: Asked, execution: string, now: Instant): Batch {
  return {
    batchId,
    kind: 'reversal',
    agency: uploader as AgencyId,
    file,
    sha256,
    execution,
    state: 'waiting',
    plan: 0,
    startedAt: now,
    uploadedAt,
    report: { rows: 0, rejected: 0, repeats: 0, handsets: 0 },
  };
}

async function tellRegistered({ batchId, execution, startedAt }: Batch, asked: Asked, subjects: number): Promise<void> {
  const { uploader, upload, uploadedAt, file, sha256 } = asked;
  await audit(env, {
    batchId,
    id: `registered/${execution}`,
    kind: 'batch_registered',
    at: startedAt,
    facts: { uploader, uploadedAt, version: upload, subjects },
    files: { [asked.withdraws === null ? 'appeal' : 'withdrawal']: { key: file, sha256 } },
  });
}
