import * as z from 'zod';
import { keyedHash } from '../domain/audit.ts';
import { mayFail } from '../domain/batches.ts';
import type { Instant } from '../domain/days.ts';
import {
  addFiles,
  erasedNote,
  type Hindrance,
  hindranceOf,
  hindranceOfMark,
  LINK_PARTS,
  type NamingFiles,
  NO_FILES,
} from '../domain/erasure.ts';
import { ERASURES, type Msisdn, parseDirectionId } from '../domain/identifiers.ts';
import { BATCH_KINDS } from '../domain/kinds.ts';
import { parseMsisdn } from '../domain/msisdns.ts';
import { readPointer } from '../domain/pointers.ts';
import { readMark } from '../domain/reversal-marks.ts';
import { SETTLED } from '../domain/work.ts';
import { wholeNumber } from '../runtime/environment.ts';
import { log } from '../runtime/log.ts';
import { task } from '../runtime/task.ts';
import { audit, chainKeyOf } from '../stores/audit.ts';
import { readBatch } from '../stores/cases/batches.ts';
import { deleteClaim, readClaimsHoweverOld } from '../stores/cases/claims.ts';
import { readLedger } from '../stores/cases/ledgers.ts';
import { deleteLinks, linksOf } from '../stores/links.ts';
import { timeOfS3 } from '../stores/time.ts';
import { unsettledBatches } from '../stores/unsettled-batches.ts';

const environment = z.object({
  CASES: z.string(),
  LINKS: z.string(),
  WORK: z.string(),
  AUDIT_QUEUE: z.string(),
  MAC_KEY: z.string(),
  LOOK_BACK_DAYS: wholeNumber,
});
export type Environment = z.input<typeof environment>;
const env = environment.parse(process.env);

const input = z.object({
  /** The number, in any form that a usage file may have. */
  number: z.string(),
  /** The claim, or the n-th part of all links. */
  of: z.union([
    z.literal('claim'),
    z
      .int()
      .min(0)
      .max(LINK_PARTS - 1),
  ]),
  /** Whether it is deleted, or only looked for. */
  erase: z.boolean(),
});
export type EraseInput = z.input<typeof input>;

/** What was found of a number: the number of items and, for the claim, the number of files in which it stands. */
export interface FoundOfNumber {
  /** The reasons why nothing may be erased; if there is any, nothing was. */
  readonly hindrances: readonly Hindrance[];
  readonly items: number;
  /** The files of the directions and the reversals that its claim names. */
  readonly files: NamingFiles;
}

/** The claim of a number, what forbids its erasure, and the files that name it. An open row forbids it however old the claim is. */
async function claimOf(number: Msisdn, now: Instant) {
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
async function findUndirected(): Promise<Hindrance | undefined> {
  for (const batchId of await unsettledBatches(env.WORK)) {
    const batch = await readBatch(env.CASES, batchId);
    if (batch === undefined) continue;
    // A batch that was collected and failed is begun again without anybody's doing.
    const isBegunAgain = batch.state === 'failed' && !BATCH_KINDS[batch.kind].expands;
    if (mayFail(batch.state) || isBegunAgain) return { where: batchId, why: 'turn', until: null };
  }
  return undefined;
}

/**
 * Erase: takes the claim of a number, or its links, out of the tables, unless something about the number is open, or any batch is not
 * directed yet. Nothing is deleted before the audit is told of it, each time; an attempt that was cut short begins again. S3's clock says
 * what is past: the caller names no time. This is the only function that deletes items, and whoever may invoke it reads none.
 * @throws Error for a text that is no number
 */
export const handler = task(input, async ({ number: text, of, erase }, attempt): Promise<FoundOfNumber> => {
  const number = parseMsisdn(text);
  if ('reason' in number) throw new Error('it is no number');
  // What forbids it is looked for last: to look through links takes minutes.
  const links = of === 'claim' ? [] : await Array.fromAsync(linksOf(env.LINKS, number.value, of, LINK_PARTS));
  const now = await timeOfS3(env.WORK, SETTLED.prefix);
  const { claim, hindrances, files } = await claimOf(number.value, now);
  const undirected = await findUndirected();
  if (undirected) hindrances.push(undirected);
  if (hindrances.length > 0) return { hindrances, items: 0, files };
  const items = of === 'claim' ? Number(claim !== undefined) : links.length;
  if (erase && items > 0) {
    const hash = keyedHash(await chainKeyOf(env.MAC_KEY, ERASURES), number.value);
    await audit(env, erasedNote(hash, { what: of === 'claim' ? 'claim' : 'links', items }, attempt, now));
    if (claim && of === 'claim') await deleteClaim(env.CASES, 'reverify', number.value, claim);
    await deleteLinks(env.LINKS, links);
    log.info('erased', { of, items });
  }
  return { hindrances, items, files };
});
