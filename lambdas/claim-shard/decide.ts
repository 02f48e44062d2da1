import { addDecision, type Decisions } from '../domain/books.ts';
import {
  type AskedAgain,
  activatedOn,
  type CountedPointer,
  decideClaim,
  operatorOf,
  type Pointer,
  samePointer,
  slotOf,
  withoutRows,
} from '../domain/claims.ts';
import type { Day } from '../domain/days.ts';
import { parseDirectionRowLine } from '../domain/directions.ts';
import { type Elsewhere, elsewhereLines } from '../domain/elsewhere.ts';
import { type MovedTo, movedLines } from '../domain/follow-ups.ts';
import type { OperatorId } from '../domain/identifiers.ts';
import type { ClaimState, DirectionKind, LeftOut } from '../domain/kinds.ts';
import { deadlinesOf, notBeforeTold, type Rung } from '../domain/ladders.ts';
import { type ShardDecision, shardDecisionForm } from '../domain/plans.ts';
import { leftOutSince } from '../domain/subjects.ts';
import { PLANS } from '../domain/work.ts';
import type { Claim } from '../stores/cases/claims.ts';
import type { EarlierDirections } from '../stores/earlier-directions.ts';
import { writeObject } from '../stores/objects.ts';
import { markReliances } from '../stores/reliances.ts';
import type { Candidate, Found } from './candidates.ts';
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
  const directed = new Map<OperatorId, Candidate[]>();
  const elsewhere: Elsewhere[] = [];
  const counts = new Map<string, { operator: OperatorId; state: Elsewhere['state'] | 'directed'; count: number }>();
  const count = (operator: OperatorId, state: Elsewhere['state'] | 'directed') => {
    const own = counts.get(`${operator} ${state}`) ?? { operator, state, count: 0 };
    own.count += 1;
    counts.set(`${operator} ${state}`, own);
  };
  const moved: MovedTo[] = [];
  const note = ({ line, why, from }: Pick<Candidate, 'line' | 'why' | 'from'>, to: OperatorId, state: ClaimState) => {
    if (why !== undefined && from) moved.push({ line, kind, from: from.directionId, why, to, state });
  };
  for (const one of aside) {
    const { identifier, operator, state } = one;
    elsewhere.push({ kind, identifier, operator, state, directionId: null });
    count(operator, state);
    note(one, operator, state);
  }
  /**
   * A candidate that is listed once more, as one that goes on from two rows at one operator: it is directed once, and open there for the
   * other row.
   */
  const twice: Candidate[] = [];
  const listedOnce = new Set<string>();
  const goingOn = new Map<string, Pointer[]>();
  for (const { identifier, from } of candidates)
    if (from) goingOn.set(identifier, [...(goingOn.get(identifier) ?? []), from]);
  const ladder = deadlinesOf(env.LADDERS[kind], startedAt);
  // If two rows go on at one operator, the one with the later deadline is directed.
  const endOf = ({ rungs }: Candidate) => (rungs ?? ladder).at(-1)?.deadline ?? '';
  const told = await Promise.all(candidates.map((one) => asTold(one, ladder, claims, earlier)));
  const inOrder = told.toSorted((a, b) => (endOf(a) === endOf(b) ? 0 : endOf(a) > endOf(b) ? -1 : 1));
  const ported: Record<OperatorId, Record<OperatorId, number>> = {};
  for (const candidate of inOrder) {
    const { identifier, operator: named, newestDay, from } = candidate;
    const stored = claims.get(identifier)?.pointers[slotOf(kind, named)] ?? [];
    const counted = stored.length > 0 ? await earlier.counted(stored) : [];
    const left = leftOut(candidate, counted);
    if (left !== undefined) {
      elsewhere.push({ kind, identifier, operator: named, state: left, directionId: null });
      count(named, left);
      continue;
    }
    // A listed candidate says itself where it goes on.
    const operator = from === undefined ? operatorOf(named, newestDay, counted) : named;
    if (operator !== named) {
      const away = ported[named] ?? {};
      ported[named] = { ...away, [operator]: (away[operator] ?? 0) + 1 };
    }
    const reversedOn = await reversals.of(identifier);
    // A subject that was taken back isn't brought back by a handset that people said is not to be acted upon.
    const seenOn = reversedOn === null ? newestDay : await reversals.seenOn(kind, identifier, candidate.directedFor);
    const isReversed =
      (reversedOn !== null && (seenOn === null || seenOn <= reversedOn)) ||
      isOfTakenBack(candidate, counted, reversals);
    const decision = decideClaim(
      kind,
      operator,
      lastSeenAsOwn(candidate, counted),
      withoutRows(await alike(candidate, kind, counted, earlier), goingOn.get(identifier) ?? []),
      isReversed,
      askedAgainFrom(candidate, kind, counted),
    );
    if (decision.state === 'directed') {
      const rows = directed.get(operator) ?? [];
      directed.set(operator, rows);
      const about = listedAbout(candidate);
      if (about !== undefined && listedOnce.has(about)) {
        twice.push(candidate);
        continue;
      }
      if (about !== undefined) listedOnce.add(about);
      rows.push(candidate);
    } else elsewhere.push({ kind, identifier, operator, ...decision });
    count(operator, decision.state);
    note(candidate, operator, decision.state);
  }

  const cuts = await cutDirections(request, directed, folder);
  for (const one of twice) {
    const { identifier } = one;
    const direct = cuts.find(({ rows }) => rows.some((row) => listedAbout(row) === listedAbout(one)));
    if (direct === undefined) throw new Error('what is listed twice is directed once');
    const { operator, directionId } = direct.direction;
    elsewhere.push({ kind, identifier, operator, state: 'alreadyOpen', directionId });
    count(operator, 'alreadyOpen');
    note(one, operator, 'alreadyOpen');
  }
  await markReliances(
    env.WORK,
    request.batchId,
    elsewhere.flatMap(({ directionId }) => directionId ?? []),
  );
  const list = Buffer.from(
    elsewhereLines(elsewhere)
      .map((line) => `${line}\n`)
      .join(''),
  );
  const elsewhereKey = PLANS.decisions.elsewhere(folder);
  if (list.length > 0) await writeObject({ bucket: env.WORK, key: elsewhereKey }, list);
  const goesOn = Buffer.from(
    movedLines(moved)
      .map((line) => `${line}\n`)
      .join(''),
  );
  const movedKey = PLANS.decisions.moved(folder);
  if (goesOn.length > 0) await writeObject({ bucket: env.WORK, key: movedKey }, goesOn);
  const decision: ShardDecision = {
    kind,
    shard,
    taken,
    rungs: ladder,
    decisions: [...counts.values()].reduce<Decisions>(
      (all, { operator, state, count }) => addDecision(all, kind, operator, state, count),
      {},
    ),
    ported,
    directions: cuts.map(({ direction }) => direction),
    elsewhere: list.length > 0 ? { key: elsewhereKey, bytes: list.length } : null,
    moved: goesOn.length > 0 ? { key: movedKey, bytes: goesOn.length } : null,
    reversed: null,
  };
  const decisionKey = PLANS.decisions.decision(folder);
  await writeObject({ bucket: env.WORK, key: decisionKey }, JSON.stringify(shardDecisionForm.write(decision)));
  return decisionKey;
}

/**
 * Whether a candidate that goes on was taken back, since it was listed, in the row that it goes on from. That is so, too, if the number as
 * a whole was not taken back because another report stands for it. A number that is somebody else's since is told as that instead.
 */
function isOfTakenBack(
  { identifier, directedFor, from }: Candidate,
  counted: readonly CountedPointer[],
  reversals: Reversals,
): boolean {
  const at = from && counted.find((one) => samePointer(one, from))?.reversedAt;
  if (at == null) return false;
  const activated = activatedOn(counted);
  if (activated !== null && (directedFor === null || directedFor <= activated)) return false;
  return !reversals.isLiftedSince(identifier, at);
}

/** What becomes of a number that is somebody else's since, and was not seen after that on a handset that is acted upon. */
function leftOut(
  { newestDay, directedFor, remaining }: Candidate,
  counted: readonly CountedPointer[],
): LeftOut | undefined {
  const activated = activatedOn(counted);
  if (remaining === undefined || directedFor === null || newestDay === null || activated === null) return undefined;
  return leftOutSince(activated, newestDay, { actedUpon: directedFor, remaining });
}

/**
 * The day on which a number was seen last while it belonged to the holder for whom it goes on. If it is somebody else's since the sighting
 * for which it was directed, a later sighting is of whoever got it.
 */
function lastSeenAsOwn({ newestDay, directedFor }: Candidate, counted: readonly CountedPointer[]): Day | null {
  const activated = activatedOn(counted);
  return activated !== null && directedFor !== null && directedFor <= activated ? directedFor : newestDay;
}

/**
 * The pointers without the exceptions for other numbers than the candidate's. An unblock of a handset as a whole counts for each number; an
 * exception doesn't count for another number, nor for the whole handset.
 */
async function alike(
  { line }: Candidate,
  kind: DirectionKind,
  counted: readonly CountedPointer[],
  earlier: EarlierDirections,
): Promise<CountedPointer[]> {
  if (kind !== 'unblock') return [...counted];
  const { msisdn: own } = parseDirectionRowLine('unblock', line);
  const kept: CountedPointer[] = [];
  for (const pointer of counted) {
    const text = pointer.kind === 'unblock' ? await earlier.line(pointer) : null;
    // An exception so old that nothing is kept of it may have been for any number.
    if (text === undefined) continue;
    const excepts = text === null ? null : parseDirectionRowLine('unblock', text).msisdn;
    if (excepts === null || excepts === own) kept.push(pointer);
  }
  return kept;
}

/**
 * The direction in which something was to be given back and was not, for a candidate that asks for it again. An exception for a number has
 * none: it goes with a block, however new that is.
 */
function askedAgainFrom(
  { line, why, from }: Candidate,
  kind: DirectionKind,
  counted: readonly CountedPointer[],
): AskedAgain | null {
  if (why !== 'overdue' || !from) return null;
  const excepts = kind === 'unblock' ? parseDirectionRowLine('unblock', line).msisdn : null;
  return excepts === null ? (counted.find((one) => samePointer(one, from)) ?? from) : null;
}

/**
 * Gives a candidate that returns from where it was ported to a fresh ladder, with no deadline before those that its operator was told
 * before, and told the subscriber: nobody is left with less time than that.
 */
async function asTold(
  candidate: Candidate,
  ladder: readonly Rung[],
  claims: ReadonlyMap<string, Claim>,
  earlier: EarlierDirections,
): Promise<Candidate> {
  const { why, identifier, operator } = candidate;
  if (why !== 'porting_disputed') return candidate;
  const counted = await earlier.counted(claims.get(identifier)?.pointers[slotOf('reverify', operator)] ?? []);
  let rungs = ladder;
  for (const left of counted)
    if (left.operator === operator && left.outcome === 'ported')
      rungs = notBeforeTold(rungs, await earlier.rungs(left));
  return rungs === ladder ? candidate : { ...candidate, rungs };
}

/**
 * What a listed candidate is about, at its operator: a number, or a handset with the number that is excepted in it. Undefined for a
 * reported one, of which nothing comes twice.
 */
function listedAbout({ operator, identifier, newestDay, line, from }: Candidate): string | undefined {
  if (from === undefined) return undefined;
  return `${operator} ${newestDay === null ? line : identifier}`;
}
