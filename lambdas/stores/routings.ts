import type { OperatorId } from '../domain/identifiers.ts';
import { type Routing, routingForm } from '../domain/routing.ts';
import { ROUTED } from '../domain/work.ts';
import { listObjects } from './listings.ts';
import { readText, writeNewObject } from './objects.ts';

/**
 * The routings of a combined file's bytes, the newest last: one, and another if they answered later directions. `next` is the number of the
 * one that would come now: the first ones may be so old that they are not kept any more.
 */
export async function readRoutings(
  work: string,
  operator: OperatorId,
  sha256: string,
): Promise<{ routings: Routing[]; next: number }> {
  const routings: Routing[] = [];
  let next = 1;
  for await (const { key } of listObjects({ bucket: work, key: ROUTED.prefixOf(operator, sha256) })) {
    routings.push(routingForm.parse(await readText({ bucket: work, key })));
    next = ROUTED.numberOf(key) + 1;
  }
  return { routings, next };
}

/**
 * Commits the `n`-th (from 1) routing of a combined file.
 * @returns false if somebody else has: theirs is the one that counts, or will be in a moment
 */
export async function commitRouting(
  work: string,
  operator: OperatorId,
  sha256: string,
  n: number,
  routing: Routing,
): Promise<boolean> {
  const place = { bucket: work, key: ROUTED.key(operator, sha256, n) };
  return await writeNewObject(place, JSON.stringify(routingForm.write(routing)));
}
