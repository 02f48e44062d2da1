/**
 * The rules that must hold after a run, whatever went wrong: the invariants of docs/architecture.md and the formats. They are checked from
 * the outside: from the uploads, the outbox, the notices, and the items of the tables. The checks share nothing with the system.
 *
 * The rules stand in `invariants/`, one file for each subject. `ideal.ts` checks what must be the same as without faults, whenever it
 * happens.
 */
import { checkBatches } from './invariants/batches.ts';
import { checkLapsed, expectDecided } from './invariants/decisions.ts';
import { checkGates } from './invariants/gates.ts';
import { knownOf } from './invariants/known.ts';
import { checkDirections } from './invariants/ledgers.ts';
import { expectLookups } from './invariants/lookups.ts';
import { checkMoves } from './invariants/moves.ts';
import { checkLastRestored, checkLastTold, checkNotices, checkOrdersTold } from './invariants/notices.ts';
import { checkOutbox, expectReceipts, expectRejects, expectReversalReceipts } from './invariants/outbox.ts';
import { checkAtRest } from './invariants/rest.ts';
import type { Seen } from './invariants/seen.ts';

export type { Item, LedgerWrite, Seen } from './invariants/seen.ts';
export { newestSightings } from './invariants/sightings.ts';

/** The broken rules, one line each; empty where all hold. Lines name rules, directions and batches, never identifiers. */
export function brokenRules(seen: Seen): string[] {
  const broken: string[] = [];
  const must = (holds: boolean, rule: string) => {
    if (!holds && !broken.includes(rule)) broken.push(rule);
  };
  const known = knownOf(seen, must);
  // The order matters: each check works with the findings of those before it.
  checkDirections(known);
  checkBatches(known);
  checkMoves(known);
  expectRejects(known);
  expectReceipts(known);
  expectReversalReceipts(known);
  expectLookups(known);
  checkGates(known);
  expectDecided(known);
  checkLapsed(known);
  checkOutbox(known);
  checkNotices(known);
  checkOrdersTold(known);
  checkLastTold(known);
  checkLastRestored(known);
  checkAtRest(known);
  return broken;
}
