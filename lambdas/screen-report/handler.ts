import { FileFault } from '../domain/csv.ts';
import { dayOf, type Instant } from '../domain/days.ts';
import { batchIdOf, type OperatorId } from '../domain/identifiers.ts';
import { rejectsKey } from '../domain/outbox.ts';
import { Screening } from '../domain/screening.ts';
import { windowOf } from '../domain/sightings.ts';
import { SCREENED } from '../domain/work.ts';
import { task } from '../runtime/task.ts';
import { countGated, readLatestImport } from '../stores/cases/imports.ts';
import { TooLarge } from '../stores/objects.ts';
import { env } from './environment.ts';
import { input } from './input.ts';
import { refuse } from './refuse.ts';
import { register } from './register.ts';
import { screen, writeHandsets } from './screen.ts';

export type { Environment } from './environment.ts';

/**
 * Screen: streams the report, writes its rejects and its handsets, lists the runs of these for the children of Expand, and registers the
 * batch. The batch's id comes from the agency and the file's bytes, so the same file twice is one batch.
 */
export const handler = task(input, async ({ report, execution, now }, attempt) => {
  const { agency } = report;
  const rejects = { bucket: env.OUTBOX, key: rejectsKey(agency, report.name) };
  const screening = new Screening(agency);
  let sha256: string;
  try {
    sha256 = await screen(report, rejects, screening);
  } catch (error) {
    const fault = error instanceof TooLarge ? new FileFault(1, 'file_too_large') : error;
    if (!(fault instanceof FileFault)) throw error;
    return await refuse(report, rejects, fault);
  }
  const batchId = batchIdOf(agency, sha256);
  const folder = SCREENED.folder(batchId, attempt);
  const { handsetsKey, runsKey } = await writeHandsets(folder, screening);
  const totals = screening.totals();
  const registered = await register(report, rejects, { batchId, sha256, totals, handsetsKey }, { execution, now });
  if (registered.status !== 'registered') return registered;
  const { batch } = registered;
  return {
    status: registered.status,
    batchId,
    agency,
    handsets: batch.report.handsets,
    handsetsKey: batch.handsetsKey,
    folder,
    runsKey,
    shards: Math.max(1, Math.ceil((batch.report.handsets * env.LINKS_PER_HANDSET) / env.LINKS_PER_SHARD)),
    window: windowOf(dayOf(batch.uploadedAt), env.LOOK_BACK_DAYS),
    ...(await usageSoFar()),
  };
});

/**
 * The instant of each operator's latest usage, and the number of its gated files, before any link of the batch is read: what comes, or is
 * let in, later may have no part in it.
 */
async function usageSoFar(): Promise<{
  latestImports: Record<OperatorId, Instant | null>;
  gated: Record<OperatorId, number>;
}> {
  const latestImports: Record<OperatorId, Instant | null> = {};
  const gated: Record<OperatorId, number> = {};
  for (const operator of env.OPERATORS) {
    latestImports[operator] = await readLatestImport(env.CASES, operator);
    gated[operator] = await countGated(env.CASES, operator);
  }
  return { latestImports, gated };
}
