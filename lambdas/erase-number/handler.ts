import * as z from 'zod';
import { keyedHash } from '../domain/audit.ts';
import { erasedNote, type Hindrance, LINK_PARTS, type NamingFiles } from '../domain/erasure.ts';
import { ERASURES } from '../domain/identifiers.ts';
import { parseMsisdn } from '../domain/msisdns.ts';
import { SETTLED } from '../domain/work.ts';
import { log } from '../runtime/log.ts';
import { task } from '../runtime/task.ts';
import { audit, chainKeyOf } from '../stores/audit.ts';
import { deleteClaim } from '../stores/cases/claims.ts';
import { deleteLinks, linksOf } from '../stores/links.ts';
import { timeOfS3 } from '../stores/time.ts';
import { env } from './environment.ts';
import { claimOf, findUndirected } from './hindrances.ts';

export type { Environment } from './environment.ts';

/** A text is no number. */
class NotANumber extends Error {
  override readonly name = 'NotANumber';
}

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

/**
 * Erase: takes the claim of a number, or its links, out of the tables, unless something about the number is open, or any batch is not
 * directed yet. Nothing is deleted before the audit is told of it, each time; an attempt that was cut short begins again. S3's clock says
 * what is past: the caller names no time. This is the only function that deletes items, and whoever may invoke it reads none.
 * @throws NotANumber
 */
export const handler = task(input, async ({ number: text, of, erase }, attempt): Promise<FoundOfNumber> => {
  const number = parseMsisdn(text);
  if ('reason' in number) throw new NotANumber('it is no number');
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
