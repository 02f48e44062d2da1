import * as z from 'zod';
import { type Decision, type Ending, whatNow } from '../domain/decisions.ts';
import { fields } from '../domain/stored.ts';
import { instant } from '../runtime/input.ts';
import { log } from '../runtime/log.ts';
import { task } from '../runtime/task.ts';
import { changeApproval, readApproval } from '../stores/cases/approvals.ts';
import { type Batch, noteEndingTold, readBatch } from '../stores/cases/batches.ts';
import { wake } from '../stores/state-machines.ts';
import { env } from './environment.ts';
import { publishEnding, remind } from './publish.ts';

export type { Environment } from './environment.ts';

const input = z.object({
  batchId: fields.batch,
  execution: z.string(),
  token: z.string(),
  now: instant,
});

/**
 * Await the decision: looks at what was decided of a batch by now. If the decision has ended, it publishes how, and ends its own task with
 * that. If the time is over, it lets the batch lapse, on the version of the decision that it read: an approver's file and the end of the
 * time are both commits, and the first one counts. Otherwise it leaves the token with the decision, for whoever ends it.
 */
export const handler = task(input, async ({ batchId, execution, token, now }, invocation) => {
  for (let n = 0; ; n++) {
    const batch = await readBatch(env.CASES, batchId);
    if (batch?.execution !== execution) return await nothingLeft(token);
    if (batch.decision === undefined) {
      // The batch was withdrawn before there was anything to decide upon.
      if (batch.state !== 'withdrawn' || batch.endedAt === undefined) return await nothingLeft(token);
      await end(batch, undefined, { state: 'withdrawn', at: batch.endedAt, by: [] });
      await wake([token], { state: 'withdrawn' });
      return {};
    }
    const decision = await readApproval(env.WORK, batch.decision);
    const due = whatNow(decision, now);
    if (due.kind === 'ended') {
      await end(batch, decision, due.ending);
      await wake([token], { state: due.ending.state });
      return {};
    }
    if (batch.state !== 'waiting') return await nothingLeft(token);
    // The reminder goes out before the commit, after which nobody would remind again: better twice than never.
    if (due.kind === 'remind') await remind(batch, due.decision);
    const change = { decision: due.kind === 'wait' ? null : due.decision, attempt: `${invocation}-${n}`, token };
    // Somebody else committed first, or the time is over: the current record is looked at.
    if (!(await changeApproval(env, batch, batch.decision, change)) || due.kind === 'lapse') continue;
    return {};
  }
});

/** Publishes how the wait ended, and notes that it was told. */
async function end(batch: Batch, decision: Decision | undefined, ending: Ending): Promise<void> {
  await publishEnding(batch, decision, ending);
  if (batch.untold) await noteEndingTold(env.CASES, batch);
  log.info('batch decided', { batchId: batch.batchId, state: ending.state });
}

/** The batch is another execution's, or has failed with this one: it ends quietly, since to fail would have it ask again each hour. */
async function nothingLeft(token: string): Promise<Record<string, never>> {
  await wake([token], { state: 'failed' });
  return {};
}
