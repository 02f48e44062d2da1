import { keptUntil, lateAnswersUntil } from '../domain/claims.ts';
import { laterOf } from '../domain/days.ts';
import { subjectOfLine } from '../domain/directions.ts';
import type { Imei, Msisdn } from '../domain/identifiers.ts';
import { newLedger } from '../domain/ledger.ts';
import { CLAIMS_AT_ONCE } from '../domain/limits.ts';
import { type ShardDecision, shardDecisionForm } from '../domain/plans.ts';
import { type Pointer, slotOf } from '../domain/pointers.ts';
import { writeMark } from '../domain/reversal-marks.ts';
import { PLANS } from '../domain/work.ts';
import { log } from '../runtime/log.ts';
import { task } from '../runtime/task.ts';
import { type Claim, readClaims } from '../stores/cases/claims.ts';
import { readDecision, registerDecision } from '../stores/cases/decisions.ts';
import { createLedger } from '../stores/cases/ledgers.ts';
import { concurrently } from '../stores/concurrently.ts';
import { EarlierDirections } from '../stores/earlier-directions.ts';
import { readText } from '../stores/objects.ts';
import { decideAsked, markedBy } from './asked.ts';
import { claim } from './claim.ts';
import { decideShard } from './decide-shard.ts';
import { env } from './environment.ts';
import { input } from './input.ts';

export type { Environment } from './environment.ts';

/**
 * Claim: sees each number once, under its newest sighting, decides what becomes of it, cuts what is to be directed into even directions,
 * and claims each row with one conditional write.
 */
export const handler = task(input, async (request, attempt) => {
  const { batchId, plan, startedAt, item } = request;
  const { kind, shard } = item;
  const earlier = new EarlierDirections(env, plan);

  let decisionKey = await readDecision(env.CASES, plan, kind, shard);
  let claims: Map<string, Claim> | undefined;
  if (decisionKey === undefined) {
    const folder = PLANS.decisions.folder(plan, kind, shard, attempt);
    let mine: string;
    ({ decisionKey: mine, claims } =
      'asked' in item
        ? await decideAsked({ batchId, plan, startedAt, item }, earlier, folder)
        : await decideShard(request, earlier, folder));
    decisionKey = await registerDecision(env.CASES, plan, kind, shard, mine);
    if (decisionKey !== mine) claims = undefined;
  }
  const decision = shardDecisionForm.parse(await readText({ bucket: env.WORK, key: decisionKey }));

  const marked = decision.reversed === null ? new Set<Msisdn | Imei>() : await markedBy(decision.reversed.list.key);
  const rows = await rowsOf(decision, marked);
  const seen = claims ?? (await readClaims(env.CASES, kind, [...rows.keys()], startedAt));
  const ends = [decision, ...decision.directions].flatMap(({ rungs }) => rungs?.at(-1)?.deadline ?? []);
  const until = keptUntil(lateAnswersUntil(ends.reduce(laterOf, startedAt)), env.CASE_DAYS);
  await concurrently(rows, CLAIMS_AT_ONCE, ([identifier, own]) =>
    claim(kind, identifier, own, seen.get(identifier), earlier, {
      startedAt,
      until,
      mark: marked.has(identifier) ? writeMark({ batchId, plan }) : undefined,
    }),
  );
  for (const { directionId, operator, rows: count, rowsKey, rungs = decision.rungs } of decision.directions)
    await createLedger(
      env.CASES,
      newLedger({ directionId, batchId, operator, kind, plan, rows: count, rowsKey, startedAt, rungs }),
    );
  log.info('shard claimed', { batchId, plan, kind, shard, directions: decision.directions.length });
  return { decisionKey };
});

/** The rows that a shard's decision directs of each number or handset, by the slot of its claim; also of those that are only marked. */
async function rowsOf(
  { kind, directions }: ShardDecision,
  marked: Iterable<Msisdn | Imei>,
): Promise<Map<Msisdn | Imei, Map<string, Pointer[]>>> {
  const rows = new Map<Msisdn | Imei, Map<string, Pointer[]>>();
  for (const identifier of marked) rows.set(identifier, new Map());
  for (const { directionId, operator, rowsKey } of directions) {
    const lines = (await readText({ bucket: env.WORK, key: rowsKey })).split('\n');
    for (const [row, line] of lines.entries()) {
      if (line === '') continue;
      const { identifier } = subjectOfLine(kind, line);
      const own = rows.get(identifier) ?? new Map<string, Pointer[]>();
      const slot = slotOf(kind, operator);
      rows.set(identifier, own.set(slot, [...(own.get(slot) ?? []), { directionId, row }]));
    }
  }
  return rows;
}
