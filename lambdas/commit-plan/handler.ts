import * as z from 'zod';
import { directedNote } from '../domain/audit.ts';
import { planCounts } from '../domain/batches.ts';
import { claimed, manifestText, planForm, type ShardDecision, shardDecisionForm, toDirect } from '../domain/plans.ts';
import { PLANS } from '../domain/work.ts';
import { log } from '../runtime/log.ts';
import { task } from '../runtime/task.ts';
import { audit } from '../stores/audit.ts';
import { commitPlan, readBatch } from '../stores/cases/batches.ts';
import { PlanIsVoid } from '../stores/earlier-directions.ts';
import { readResults } from '../stores/map-results.ts';
import { readText, writeObject } from '../stores/objects.ts';
import { takeBack } from '../stores/taking-back.ts';
import { input } from './input.ts';
import { mergedPlan, mustBeComplete, startsOf } from './merge.ts';

const environment = z.object({ WORK: z.string(), OUTBOX: z.string(), CASES: z.string(), AUDIT_QUEUE: z.string() });
export type Environment = z.input<typeof environment>;
const env = environment.parse(process.env);

/**
 * Between Claim and Direct: lists the directions and makes the plan count, in one conditional write. It stops the plan where the
 * shards don't hold all that was gathered.
 */
export const handler = task(input, async ({ batchId, plan, now, gathered, results }, attempt) => {
  const shards: ShardDecision[] = [];
  for await (const { decisionKey } of readResults(results, claimed))
    shards.push(shardDecisionForm.parse(await readText({ bucket: env.WORK, key: decisionKey })));
  // Results come in any order.
  shards.sort((a, b) => (a.kind === b.kind ? a.shard - b.shard : a.kind < b.kind ? -1 : 1));
  mustBeComplete(shards, gathered);
  const starts = startsOf(batchId, shards);
  const mine = mergedPlan(shards, gathered, PLANS.directions.manifest(plan, attempt));
  const planKey = PLANS.directions.plan(plan, attempt);
  await writeObject({ bucket: env.WORK, key: mine.manifestKey }, manifestText(starts));
  const text = JSON.stringify(planForm.write(mine));
  await writeObject({ bucket: env.WORK, key: planKey }, text);

  let committed = { key: planKey, text };
  if (!(await commitPlan(env.CASES, batchId, plan, { planKey, directedAt: now }))) {
    const batch = await readBatch(env.CASES, batchId);
    if (batch?.plan !== plan || !batch.planKey || !planCounts(batch.state))
      throw new PlanIsVoid(`plan ${plan} of batch ${batchId} was given up`);
    committed = { key: batch.planKey, text: await readText({ bucket: env.WORK, key: batch.planKey }) };
  }
  await audit(env, directedNote({ batchId, plan }, committed, now));
  await takeBack(env, batchId, attempt);
  log.info('plan directed', { batchId, plan, directions: starts.length });
  return toDirect(starts, planForm.parse(committed.text).manifestKey);
});
