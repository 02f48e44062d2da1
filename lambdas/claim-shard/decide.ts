import {
  asTold,
  type Candidate,
  decideCandidate,
  isReturning,
  laterDeadlinesFirst,
  leftOut,
  rowsGoingOn,
  rowsPortedAway,
} from '../domain/candidates.ts';
import type { CountedPointer } from '../domain/counted-pointers.ts';
import type { Instant } from '../domain/days.ts';
import { DecidedCandidates } from '../domain/decided-candidates.ts';
import { elsewhereLines } from '../domain/elsewhere.ts';
import { movedLines } from '../domain/follow-ups.ts';
import type { DirectionKind } from '../domain/kinds.ts';
import { deadlinesOf, type Rung } from '../domain/ladders.ts';
import { type ShardDecision, shardDecisionForm, type WrittenList } from '../domain/plans.ts';
import { type Pointer, slotOf } from '../domain/pointers.ts';
import { PLANS } from '../domain/work.ts';
import type { Claim } from '../stores/cases/claims.ts';
import type { EarlierDirections } from '../stores/earlier-directions.ts';
import { writeObject } from '../stores/objects.ts';
import { markReliances } from '../stores/reliances.ts';
import type { Found } from './candidates.ts';
import { cutDirections } from './cut.ts';
import { env } from './environment.ts';
import type { Input } from './input.ts';
import type { Reversals } from './reversals.ts';

/**
 * Decides what becomes of every candidate that people have not left out, cuts what is to be directed, and writes both under the attempt's
 * own name.
 */
export async function decide(
  request: Input,
  { candidates, aside, taken }: Found,
  claims: Map<string, Claim>,
  { earlier, reversals }: { readonly earlier: EarlierDirections; readonly reversals: Reversals },
  folder: string,
): Promise<string> {
  const { startedAt, item } = request;
  const { kind, shard } = item;
  const decided = new DecidedCandidates(kind);
  for (const one of aside) decided.leaveOut(one, one.state);
  const goingOn = rowsGoingOn(candidates);
  const ladder = deadlinesOf(env.LADDERS[kind], startedAt);
  const told = await Promise.all(candidates.map((one) => withTold(one, ladder, claims, earlier)));
  for (const candidate of laterDeadlinesFirst(told, ladder)) {
    const { identifier, operator, directedFor } = candidate;
    const counted = await countedOf(claims.get(identifier), slotOf(kind, operator), earlier);
    const left = leftOut(candidate, counted);
    if (left !== undefined) {
      decided.leaveOut(candidate, left);
      continue;
    }
    const reversedOn = await reversals.of(identifier);
    // A subject that was taken back isn't brought back by a handset that people said is not to be acted upon.
    const seenOn = reversedOn === null ? null : await reversals.seenOn(kind, identifier, directedFor);
    const known = {
      counted,
      unblocks: await unblocksAmong(kind, counted, earlier),
      goingOn: goingOn.get(identifier) ?? [],
      reversedOn,
      seenOn,
      isLiftedSince: (at: Instant) => reversals.isLiftedSince(identifier, at),
    };
    decided.add(candidate, decideCandidate(kind, candidate, known));
  }

  const cuts = await cutDirections(request, decided.directed, folder);
  decided.cutInto(cuts);
  const { elsewhere, moved, decisions, ported } = decided;
  await markReliances(
    env.WORK,
    request.batchId,
    elsewhere.flatMap(({ directionId }) => directionId ?? []),
  );
  const decision: ShardDecision = {
    kind,
    shard,
    taken,
    rungs: ladder,
    decisions,
    ported,
    directions: cuts.map(({ direction }) => direction),
    elsewhere: await writeList(PLANS.decisions.elsewhere(folder), elsewhereLines(elsewhere)),
    moved: await writeList(PLANS.decisions.moved(folder), movedLines(moved)),
    reversed: null,
  };
  const decisionKey = PLANS.decisions.decision(folder);
  await writeObject({ bucket: env.WORK, key: decisionKey }, JSON.stringify(shardDecisionForm.write(decision)));
  return decisionKey;
}

/** What earlier directions have of a number, or of a handset at an operator, newest first. */
async function countedOf(
  claim: Claim | undefined,
  slot: string,
  earlier: EarlierDirections,
): Promise<readonly CountedPointer[]> {
  const stored = claim?.pointers[slot] ?? [];
  return stored.length > 0 ? await earlier.counted(stored) : [];
}

/** The lines of the unblocks among some rows, by which exceptions are told apart; nothing for all other kinds, which have none. */
async function unblocksAmong(
  kind: DirectionKind,
  counted: readonly CountedPointer[],
  earlier: EarlierDirections,
): Promise<ReadonlyMap<Pointer, string | undefined>> {
  const lines = new Map<Pointer, string | undefined>();
  if (kind !== 'unblock') return lines;
  for (const pointer of counted) if (pointer.kind === 'unblock') lines.set(pointer, await earlier.line(pointer));
  return lines;
}

/** The candidate, with no deadline before those that its subscriber was told before, if it was ported, or returns from there. */
async function withTold(
  candidate: Candidate,
  ladder: readonly Rung[],
  claims: ReadonlyMap<string, Claim>,
  earlier: EarlierDirections,
): Promise<Candidate> {
  const { identifier, operator, why, from } = candidate;
  const before: Pick<Pointer, 'directionId'>[] = why === 'ported' && from ? [from] : [];
  if (isReturning(candidate)) {
    const counted = await countedOf(claims.get(identifier), slotOf('reverify', operator), earlier);
    before.push(...rowsPortedAway(candidate, counted));
  }
  return asTold(candidate, ladder, await Promise.all(before.map((row) => earlier.rungs(row))));
}

/** Writes a list of lines under a key; null if there are none, and nothing is written. */
async function writeList(key: string, lines: readonly string[]): Promise<WrittenList | null> {
  if (lines.length === 0) return null;
  const list = Buffer.from(lines.map((line) => `${line}\n`).join(''));
  await writeObject({ bucket: env.WORK, key }, list);
  return { key, bytes: list.length };
}
