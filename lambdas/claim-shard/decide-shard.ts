import { dayOf } from '../domain/days.ts';
import { exemptionOf, isExemptionInForce } from '../domain/exemptions.ts';
import { decidedBy } from '../domain/follow-ups.ts';
import type { BatchId, Imei, Msisdn } from '../domain/identifiers.ts';
import { LEDGERS_AT_ONCE } from '../domain/limits.ts';
import { readClaims } from '../stores/cases/claims.ts';
import { readExemptions } from '../stores/cases/exemptions.ts';
import { changeLedger } from '../stores/cases/ledgers.ts';
import { concurrently } from '../stores/concurrently.ts';
import type { EarlierDirections } from '../stores/earlier-directions.ts';
import { connections, type Found, handsets, listed } from './candidates.ts';
import { decide } from './decide.ts';
import { decidedOf } from './decided.ts';
import { env } from './environment.ts';
import type { Input } from './input.ts';
import { Reversals } from './reversals.ts';

/** Decides what becomes of a reported or a listed shard. */
export async function decideShard(request: Input, earlier: EarlierDirections, folder: string) {
  const { startedAt, item } = request;
  const day = dayOf(startedAt);
  const { exemptions } = await readExemptions(env, day);
  const wordsOf = (subject: Msisdn | Imei) => exemptionOf(exemptions, subject);
  const found = await find(request, (subject) => isExemptionInForce(wordsOf(subject), day, env.APPROVERS));
  await noteDecided(request.batchId, found);
  const identifiers = [...new Set(found.candidates.map(({ identifier }) => identifier))];
  const claims = await readClaims(env.CASES, item.kind, identifiers, startedAt);
  const reversals = new Reversals(env, claims, earlier, wordsOf);
  const decisionKey = await decide(request, found, claims, { earlier, reversals }, folder);
  return { decisionKey, claims };
}

/**
 * Has the ledgers of whoever was given more time say that this batch decides on them, before they are read: a proof that is committed by
 * then is read, and one that comes later finds that it has to be said of this batch's row.
 */
async function noteDecided(batchId: BatchId, { candidates, aside }: Found): Promise<void> {
  const extended = [...candidates, ...aside].flatMap(({ why, from }) => (why === 'extended' && from ? from : []));
  const ids = new Set(extended.map(({ directionId }) => directionId));
  await concurrently(ids, LEDGERS_AT_ONCE, (id) =>
    changeLedger(env.CASES, id, async (read) => {
      const ledger = decidedBy(read, batchId);
      return { ...(ledger && { ledger }), result: undefined };
    }),
  );
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
