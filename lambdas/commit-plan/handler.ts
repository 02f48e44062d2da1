import * as z from 'zod';
import { directedNote } from '../domain/audit.ts';
import { planCounts } from '../domain/batches.ts';
import { mergeDecisions, mergePorted } from '../domain/books.ts';
import { DIRECTION_KIND_NAMES, type DirectionKind, REPORT_DIRECTS } from '../domain/kinds.ts';
import {
  claimed,
  manifestText,
  mustAddUp,
  type Plan,
  planForm,
  type ShardDecision,
  type SubjectCounts,
  shardDecisionForm,
  toDirect,
} from '../domain/plans.ts';
import { fields } from '../domain/stored.ts';
import { SUBJECT_STATES, type SubjectState } from '../domain/subject-states.ts';
import { PLANS } from '../domain/work.ts';
import { instant, operatorIds } from '../runtime/input.ts';
import { log } from '../runtime/log.ts';
import { task } from '../runtime/task.ts';
import { audit } from '../stores/audit.ts';
import { commitPlan, readBatch } from '../stores/cases/batches.ts';
import { PlanIsVoid } from '../stores/earlier-directions.ts';
import { readResults, writtenResults } from '../stores/map-results.ts';
import { readText, writeObject } from '../stores/objects.ts';
import { takeBack } from '../stores/taking-back.ts';

const environment = z.object({ WORK: z.string(), OUTBOX: z.string(), CASES: z.string(), AUDIT_QUEUE: z.string() });
export type Environment = z.input<typeof environment>;
const env = environment.parse(process.env);

const input = z.object({
  batchId: fields.batch,
  plan: z.number(),
  now: instant,
  /** What Gather returned. */
  gathered: z.object({
    operators: operatorIds,
    shards: z.number(),
    handsets: z.number(),
    links: z.number(),
    linked: z.record(z.string(), z.number()),
    /** The number of listed subjects for each kind of direction, for a batch that doesn't expand. */
    listed: z.partialRecord(z.enum(DIRECTION_KIND_NAMES), z.number()).optional(),
    /** The number of subjects that a reversal is asked to take back, counted without the list. */
    asked: z.number().optional(),
    /** The number of subjects beside them that are asked for only if no other handset stands for them any more. */
    conditional: z.number().default(0),
  }),
  results: writtenResults,
});

/** What a reversal was asked, and what became of that. A subject that was dropped counts as asked for by nobody. */
function reversalOf(listed: number, shards: readonly ShardDecision[]): Plan['reversal'] {
  const reversed = shards.flatMap((shard) => shard.reversed ?? []);
  const asked = listed - reversed.reduce((sum, { dropped }) => sum + dropped, 0);
  const countOf = (state: SubjectState) => reversed.reduce((sum, { subjects }) => sum + subjects[state], 0);
  const subjects = Object.fromEntries(SUBJECT_STATES.map((state) => [state, countOf(state)]));
  // A shard of which all is dropped lists nothing, and an empty range of bytes can't be read.
  const lists = reversed.map(({ list }) => list).filter(({ bytes }) => bytes > 0);
  return { asked, subjects: subjects as SubjectCounts, lists };
}

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
  const taken = (kind: DirectionKind) =>
    shards.reduce((sum, shard) => sum + (shard.kind === kind ? shard.taken : 0), 0);
  mustAddUp('shards claimed', new Set(shards.map(({ kind, shard }) => `${kind} ${shard}`)).size, gathered.shards);
  mustAddUp('results of shards', shards.length, gathered.shards);
  const { listed = { [REPORT_DIRECTS.number]: gathered.links, [REPORT_DIRECTS.handset]: gathered.handsets } } =
    gathered;
  for (const kind of DIRECTION_KIND_NAMES) mustAddUp(`${kind} subjects claimed`, taken(kind), listed[kind] ?? 0);

  const starts = shards
    .flatMap(({ rungs, directions }) =>
      directions.map(({ directionId, operator, rungs: own = rungs }) => ({
        directionId,
        batchId,
        operator,
        rungs: own,
        rung: 1,
      })),
    )
    .sort((a, b) => (a.directionId < b.directionId ? -1 : 1));
  const mine: Plan = {
    operators: gathered.operators,
    linked: gathered.linked,
    decisions: mergeDecisions(shards.map(({ decisions }) => decisions)),
    ported: mergePorted(shards.map(({ ported }) => ported)),
    directions: shards.flatMap(({ directions }) => directions),
    elsewhere: shards.flatMap(({ elsewhere }) => elsewhere ?? []),
    moved: shards.flatMap(({ moved }) => moved ?? []),
    reversal: gathered.asked === undefined ? null : reversalOf(gathered.asked + gathered.conditional, shards),
    manifestKey: PLANS.directions.manifest(plan, attempt),
  };
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
