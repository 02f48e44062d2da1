import { mayFail } from '../domain/batches.ts';
import type { Instant } from '../domain/days.ts';
import { addFiles, type Hindrance, hindranceOf, hindranceOfMark, NO_FILES } from '../domain/erasure.ts';
import { type Msisdn, parseDirectionId } from '../domain/identifiers.ts';
import { BATCH_KINDS } from '../domain/kinds.ts';
import { readPointer } from '../domain/pointers.ts';
import { readMark } from '../domain/reversal-marks.ts';
import { readBatch } from '../stores/cases/batches.ts';
import { readClaimsHoweverOld } from '../stores/cases/claims.ts';
import { readUnregisteredNight } from '../stores/cases/follow-ups.ts';
import { readLedger } from '../stores/cases/ledgers.ts';
import { unsettledBatches } from '../stores/unsettled-batches.ts';
import { env } from './environment.ts';

/** The claim of a number, what forbids its erasure, and the files that name it. An open row forbids it however old the claim is. */
export async function claimOf(number: Msisdn, now: Instant) {
  const claim = (await readClaimsHoweverOld(env.CASES, 'reverify', [number])).get(number);
  const hindrances: Hindrance[] = [];
  let files = NO_FILES;
  for (const pointer of Object.values(claim?.pointers ?? {})
    .flat()
    .map(readPointer)) {
    const direction = parseDirectionId(pointer.directionId);
    const batch = direction ? await readBatch(env.CASES, direction.batchId) : undefined;
    const ledger = await readLedger(env.CASES, pointer.directionId);
    const hindrance = hindranceOf(pointer, batch, ledger, now, env.LOOK_BACK_DAYS);
    if (hindrance) hindrances.push(hindrance);
    if (ledger) files = addFiles(files, ledger);
  }
  for (const mark of (claim?.reversals ?? []).map(readMark)) {
    const hindrance = hindranceOfMark(mark, await readBatch(env.CASES, mark.batchId), now, env.LOOK_BACK_DAYS);
    if (hindrance) hindrances.push(hindrance);
    files = { ...files, reversals: files.reversals + 1 };
  }
  return { claim, hindrances, files };
}

/**
 * A batch that is not directed yet: it would miss a link that it has not read yet, and would direct a number again of which nothing is
 * known any more.
 */
export async function findUndirected(): Promise<Hindrance | undefined> {
  // Asked first: a night that gets its batch meanwhile is found among the batches.
  const night = await readUnregisteredNight(env.CASES);
  if (night) return { where: night.batchId, why: 'turn', until: null };
  for (const batchId of await unsettledBatches(env.WORK)) {
    const batch = await readBatch(env.CASES, batchId);
    if (batch === undefined) continue;
    // A batch that was collected and failed is begun again without anybody's doing.
    const isBegunAgain = batch.state === 'failed' && !BATCH_KINDS[batch.kind].expands;
    if (mayFail(batch.state) || isBegunAgain) return { where: batchId, why: 'turn', until: null };
  }
  return undefined;
}
