import { isStruck } from '../domain/appeals.ts';
import {
  type AskedSubject,
  claimedAs,
  isTakenBackBy,
  parseAskedLine,
  parseReversedLine,
  type Reliance,
  type ReversedSubject,
  reversedLine,
} from '../domain/asked.ts';
import { addDecision, type Decisions } from '../domain/books.ts';
import type { CountedPointer } from '../domain/claims.ts';
import { dayOf } from '../domain/days.ts';
import { directedFor, directionRowLine, parseDirectionRowLine } from '../domain/directions.ts';
import type { DirectionId, Imei, Msisdn, OperatorId } from '../domain/identifiers.ts';
import { deadlinesOf } from '../domain/ladders.ts';
import { mustAddUp, type ShardDecision, shardDecisionForm } from '../domain/plans.ts';
import {
  decideHandset,
  decideNumber,
  isIn,
  ofLaterHolders,
  othersInForce,
  reliableIn,
  type SubjectRow,
  standingOn,
  withContinuations,
  withLeft,
} from '../domain/reversals.ts';
import { SUBJECT_STATES, type SubjectState } from '../domain/subject-states.ts';
import { PLANS } from '../domain/work.ts';
import { readBatch } from '../stores/cases/batches.ts';
import { type Claim, readClaimsHoweverOld } from '../stores/cases/claims.ts';
import type { EarlierDirections } from '../stores/earlier-directions.ts';
import { readText, readTextLines, writeObject } from '../stores/objects.ts';
import { cutDirections } from './cut.ts';
import { struckOf } from './decided.ts';
import { env } from './environment.ts';
import type { AskedItem, Input } from './input.ts';
import {
  directedBy,
  type Found,
  type Known,
  leftBehind,
  linkedByStruck,
  reliedUpon,
  stillAsked,
  stillGoing,
  withdrawsOf,
  withoutRepeats,
} from './withdrawn.ts';

/** A row that gives back. Its subject's directions are told once for all subjects that ask for it. */
interface Row {
  readonly identifier: Msisdn | Imei;
  readonly line: string;
  readonly operator: OperatorId;
}

/** A subject, and the rows that give back to it, by their names. */
interface Given {
  readonly asked: AskedSubject;
  readonly state: SubjectState;
  readonly rows: ReversedSubject['rows'];
  readonly names: readonly string[];
  readonly openIn: readonly DirectionId[];
  readonly kept: readonly Reliance[];
}

/**
 * Decides what becomes of a shard of what a reversal is asked to take back, cuts what is given back into directions, and writes all
 * that under the attempt's own name.
 */
export async function decideAsked(
  request: Pick<Input, 'batchId' | 'plan' | 'startedAt'> & { readonly item: AskedItem },
  earlier: EarlierDirections,
  folder: string,
): Promise<{ decisionKey: string; claims: Map<string, Claim> }> {
  const { batchId, plan, startedAt, item } = request;
  const { kind, shard, asked: place } = item;
  const batch = await readBatch(env.CASES, batchId);
  if (batch === undefined) throw new Error(`there is no batch ${batchId}`);
  const uploadedOn = dayOf(batch.uploadedAt);
  const struck = await struckOf(env, batchId);
  const listed = await readAsked(place);
  mustAddUp(`subjects of shard ${shard}`, listed.length, place.subjects);
  const withdraws = await withdrawsOf(batch);
  const identifiers = [...new Set(listed.map(claimedAs))];
  const claims = await readClaimsHoweverOld(env.CASES, kind, identifiers);

  const found: Found[] = [];
  for (const one of listed) found.push({ asked: one, rows: await rowsOf(kind, claims.get(claimedAs(one)), earlier) });
  const still = await stillGoing(await stillAsked(found, withdraws), withdraws);
  const going = withoutRepeats(still.map((one) => ({ ...one, scope: withContinuations(one.asked.scope, one.rows) })));
  const left = await leftBehind(going, withdraws);
  const known: Known[] = going.map((one) => ({ ...one, left: left.get(one.asked) ?? [] }));
  const relied = await reliedUpon(known, plan, withdraws, struck);
  const staying = await linkedByStruck(known, withdraws, struck);
  const goes = (one: Known) =>
    !isStruck(one.asked, struck) && relied(claimedAs(one.asked), reliableIn(one.scope, one.rows)).length === 0;
  const together = Map.groupBy(known.filter(goes), ({ asked: one }) => claimedAs(one));

  const rows = new Map<string, Row>();
  const given: Given[] = [];
  for (const { asked: one, rows: own, scope: named, left } of known) {
    const nothing = { asked: one, rows: [], names: [], openIn: [], kept: [] };
    if (isStruck(one, struck) || (one.msisdn !== null && staying.has(one.msisdn))) {
      given.push({ ...nothing, state: 'struck' });
      continue;
    }
    // A row that another line of the same withdrawal takes back stands no more.
    const goingToo = (together.get(claimedAs(one)) ?? []).map(({ scope }) => scope);
    const standing = standingOn(named, own).filter((row) => !goingToo.some((scope) => isIn(scope, row)));
    const kept = [...relied(claimedAs(one), reliableIn(named, own)), ...standing.map(directedBy)];
    if (kept.length > 0) {
      given.push({ ...nothing, state: 'kept', kept });
      continue;
    }
    const scope = withLeft(
      named,
      left.filter((row) => relied(claimedAs(one), [row]).length === 0),
      own,
    );
    const decision = one.imei === null ? decideNumber(own, scope, uploadedOn) : decideHandset(own, scope, one.msisdn);
    const others = new Set([...othersInForce(scope, own), ...ofLaterHolders(scope, own)]);
    const names: string[] = [];
    for (const back of decision.directed) {
      const { imei, msisdn } = one;
      const line = imei === null ? await earlier.line(back.from) : directionRowLine('unblock', { imei, msisdn });
      if (line === undefined) throw new Error('what is directed has a line');
      const name = `${back.operator} ${one.imei === null ? claimedAs(one) : line}`;
      rows.set(name, rows.get(name) ?? { identifier: claimedAs(one), line, operator: back.operator });
      names.push(name);
    }
    given.push({
      asked: one,
      state: decision.state,
      rows: decision.rows,
      names,
      openIn: decision.openIn,
      kept: [...others].map(directedBy),
    });
  }

  const cuts = await cutDirections(
    request,
    Map.groupBy(rows.values(), ({ operator }) => operator),
    folder,
  );
  const directionOf = new Map<Row, DirectionId>(
    cuts.flatMap(({ direction, rows: own }) => own.map((row): [Row, DirectionId] => [row, direction.directionId])),
  );
  let decisions: Decisions = {};
  for (const { direction } of cuts)
    decisions = addDecision(decisions, kind, direction.operator, 'directed', direction.rows);
  const subjects = Object.fromEntries(SUBJECT_STATES.map((state) => [state, 0])) as Record<SubjectState, number>;
  const lines: string[] = [];
  for (const { asked: one, state, rows: taken, names, openIn, kept } of given) {
    subjects[state] += 1;
    const directed = names.flatMap((name) => {
      const row = rows.get(name);
      return (row && directionOf.get(row)) ?? [];
    });
    const { imei, msisdn, ground, lines: askedIn } = one;
    const directionIds = [...directed, ...openIn];
    const became = { imei, msisdn, ground, lines: askedIn, state, rows: taken, directionIds, kept };
    lines.push(`${reversedLine(became)}\n`);
  }
  const list = Buffer.from(lines.join(''));
  const listKey = PLANS.decisions.reversed(folder);
  await writeObject({ bucket: env.WORK, key: listKey }, list);
  const decision: ShardDecision = {
    kind,
    shard,
    taken: listed.length,
    rungs: deadlinesOf(env.LADDERS[kind], startedAt),
    decisions,
    ported: {},
    directions: cuts.map(({ direction }) => direction),
    elsewhere: null,
    moved: null,
    reversed: { list: { key: listKey, bytes: list.length }, subjects, dropped: listed.length - known.length },
  };
  const decisionKey = PLANS.decisions.decision(folder);
  await writeObject({ bucket: env.WORK, key: decisionKey }, JSON.stringify(shardDecisionForm.write(decision)));
  return { decisionKey, claims };
}

/** The numbers and handsets that a shard's decision takes back, whatever is directed of them. */
export async function markedBy(listKey: string): Promise<Set<Msisdn | Imei>> {
  const lines = (await readText({ bucket: env.WORK, key: listKey })).split('\n');
  const subjects = lines.filter((line) => line !== '').map(parseReversedLine);
  return new Set(subjects.filter(isTakenBackBy).map(claimedAs));
}

async function readAsked({ key, start, bytes }: AskedItem['asked']): Promise<AskedSubject[]> {
  const asked: AskedSubject[] = [];
  for await (const block of readTextLines({ bucket: env.WORK, key }, { start, end: start + bytes }))
    for (const line of block) asked.push(parseAskedLine(line));
  return asked;
}

/**
 * What earlier directions have of a subject, newest first at each operator. A row that is too old to be given back, of which nothing is
 * kept, has no part.
 */
async function rowsOf(
  kind: AskedItem['kind'],
  claim: Claim | undefined,
  earlier: EarlierDirections,
): Promise<SubjectRow[]> {
  const stored = Object.values(claim?.pointers ?? {}).flat();
  const counted = stored.length > 0 ? await earlier.counted(stored) : [];
  const rows = await Promise.all(counted.map((pointer) => withLine(kind, pointer, earlier)));
  return rows.filter((row) => row !== undefined);
}

async function withLine(
  kind: AskedItem['kind'],
  pointer: CountedPointer,
  earlier: EarlierDirections,
): Promise<SubjectRow | undefined> {
  // The row of a handset that was blocked says nothing more, however long ago that was.
  if (pointer.kind === 'block') return { ...pointer, directedFor: null, excepts: null };
  const line = await earlier.line(pointer);
  if (line === undefined) return undefined;
  const seenOn = kind === 'restore' ? directedFor(parseDirectionRowLine('restore', line)) : null;
  const excepts = pointer.kind === 'unblock' ? parseDirectionRowLine('unblock', line).msisdn : null;
  return { ...pointer, directedFor: seenOn, excepts };
}
