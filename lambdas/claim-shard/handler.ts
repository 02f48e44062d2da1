import { keptUntil, lateAnswersUntil } from '../domain/claims.ts';
import { dayOf, laterOf } from '../domain/days.ts';
import { subjectOfLine } from '../domain/directions.ts';
import { exemptionOf, isExemptionInForce } from '../domain/exemptions.ts';
import type { Imei, Msisdn } from '../domain/identifiers.ts';
import { newLedger } from '../domain/ledger.ts';
import { CLAIMS_AT_ONCE } from '../domain/limits.ts';
import { shardDecisionForm } from '../domain/plans.ts';
import { type Pointer, slotOf } from '../domain/pointers.ts';
import { writeMark } from '../domain/reversal-marks.ts';
import { PLANS } from '../domain/work.ts';
import { log } from '../runtime/log.ts';
import { task } from '../runtime/task.ts';
import { type Claim, readClaims } from '../stores/cases/claims.ts';
import { readDecision, registerDecision } from '../stores/cases/decisions.ts';
import { readExemptions } from '../stores/cases/exemptions.ts';
import { createLedger } from '../stores/cases/ledgers.ts';
import { concurrently } from '../stores/concurrently.ts';
import { EarlierDirections } from '../stores/earlier-directions.ts';
import { readText } from '../stores/objects.ts';
import { decideAsked, markedBy } from './asked.ts';
import { connections, type Found, handsets, listed } from './candidates.ts';
import { claim } from './claim.ts';
import { decide } from './decide.ts';
import { decidedOf } from './decided.ts';
import { env } from './environment.ts';
import { type Input, input } from './input.ts';
import { Reversals } from './reversals.ts';

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

  const rows = new Map<Msisdn | Imei, Map<string, Pointer[]>>();
  const marked = decision.reversed === null ? new Set<Msisdn | Imei>() : await markedBy(decision.reversed.list.key);
  for (const identifier of marked) rows.set(identifier, new Map());
  for (const { directionId, operator, rowsKey } of decision.directions) {
    const lines = (await readText({ bucket: env.WORK, key: rowsKey })).split('\n');
    for (const [row, line] of lines.entries()) {
      if (line === '') continue;
      const { identifier } = subjectOfLine(kind, line);
      const own = rows.get(identifier) ?? new Map<string, Pointer[]>();
      const slot = slotOf(kind, operator);
      rows.set(identifier, own.set(slot, [...(own.get(slot) ?? []), { directionId, row }]));
    }
  }
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

/** Decides what becomes of a reported or a listed shard. */
async function decideShard(request: Input, earlier: EarlierDirections, folder: string) {
  const { startedAt, item } = request;
  const day = dayOf(startedAt);
  const { exemptions } = await readExemptions(env, day);
  const wordsOf = (subject: Msisdn | Imei) => exemptionOf(exemptions, subject);
  const found = await find(request, (subject) => isExemptionInForce(wordsOf(subject), day, env.APPROVERS));
  const identifiers = [...new Set(found.candidates.map(({ identifier }) => identifier))];
  const claims = await readClaims(env.CASES, item.kind, identifiers, startedAt);
  const reversals = new Reversals(env, claims, earlier, wordsOf);
  const decisionKey = await decide(request, found, claims, { earlier, reversals }, folder);
  return { decisionKey, claims };
}

/**
 * What the shard holds, and whom people left out: for what was reported all that they decided counts, for what is listed only exemptions.
 */
async function find(
  { batchId, gathered, handsetsKey, item }: Input,
  isExempt: (subject: Msisdn | Imei) => boolean,
): Promise<Found> {
  if ('list' in item) return await listed(item, { isExempt });
  const said = { decided: await decidedOf(env, batchId), isExempt };
  if ('links' in item && gathered.indexKey !== null) return await connections(gathered.indexKey, item, said);
  if ('run' in item && handsetsKey !== null) return await handsets(handsetsKey, gathered.operators, item.run, said);
  throw new Error('a shard of what was reported has links or handsets');
}
