/**
 * What must hold after a run, whatever went wrong: the invariants of docs/architecture.md and the formats, checked from the outside, from
 * what was uploaded, what lies in the outbox, what was told, and the items of the tables. It shares nothing with the system.
 *
 * The rules stand in `invariants/`, a subject in a file. What is the same as without faults, whenever it happens, is checked by
 * `ideal.ts`.
 */
import { checkBatches } from './invariants/batches.ts';
import { checkLapsed, expectDecided } from './invariants/decisions.ts';
import { checkGates } from './invariants/gates.ts';
import { knownOf } from './invariants/known.ts';
import { checkDirections } from './invariants/ledgers.ts';
import { checkMoves } from './invariants/moves.ts';
import { checkLastRestored, checkLastTold, checkNotices, checkOrdersTold } from './invariants/notices.ts';
import { checkOutbox, expectReceipts, expectRejects, expectReversalReceipts } from './invariants/outbox.ts';
import { checkAtRest } from './invariants/rest.ts';
import type { Seen } from './invariants/seen.ts';

export type { Item, LedgerWrite, Seen } from './invariants/seen.ts';
export { newestSightings } from './invariants/sightings.ts';

/** What breaks a rule, one line each; nothing where all hold. Lines name rules, directions and batches, never identifiers. */
export function brokenRules(seen: Seen): string[] {
  const broken: string[] = [];
  const must = (holds: boolean, rule: string) => {
    if (!holds && !broken.includes(rule)) broken.push(rule);
  };
  const known = knownOf(seen, must);
  // In this order: each works with what those before it have found out.
  checkDirections(known);
  checkBatches(known);
  checkMoves(known);
  expectRejects(known);
  expectReceipts(known);
  expectReversalReceipts(known);
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
