import * as z from 'zod';
import { type Asked, askedForm } from '../domain/appeals.ts';
import type { Instant } from '../domain/days.ts';
import type { AgencyId } from '../domain/identifiers.ts';
import { fields } from '../domain/stored.ts';
import { audit } from '../stores/audit.ts';
import type { Batch } from '../stores/cases/batches.ts';
import { readText } from '../stores/objects.ts';
import type { Collector } from './collectors.ts';
import { openReversal } from './decision.ts';
import { env } from './environment.ts';

const input = z.object({ batchId: fields.batch, askedKey: z.string() });

/** Collects what a reversal is asked to take back, and opens its decision. */
export const collectReversal: Collector = async (collect, { execution, now, attempt }) => {
  const { askedKey } = input.parse(collect);
  const asked = askedForm.parse(await readText({ bucket: env.WORK, key: askedKey }));
  return {
    batch: batchOf(asked, execution, now),
    listed: {},
    linked: {},
    open: async (registered) => {
      await tellRegistered(registered, asked);
      return await openReversal(env, registered, asked, asked.appeals.length, { now, attempt });
    },
  };
};

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

async function tellRegistered({ batchId, execution, startedAt }: Batch, asked: Asked): Promise<void> {
  const { uploader, upload, uploadedAt, file, sha256, appeals } = asked;
  await audit(env, {
    batchId,
    id: `registered/${execution}`,
    kind: 'batch_registered',
    at: startedAt,
    facts: { uploader, uploadedAt, version: upload, subjects: appeals.length },
    files: { [asked.withdraws === null ? 'appeal' : 'withdrawal']: { key: file, sha256 } },
  });
}
