import { type Asked, askedForm, isStruck } from '../domain/appeals.ts';
import {
  type AskedSubject,
  claimedAs,
  isConditional,
  isTakenBackBy,
  parseAskedLine,
  parseReversedLine,
  type Reliance,
  type ReversedSubject,
  reversedLine,
} from '../domain/asked.ts';
import { addDecision, type Decisions } from '../domain/books.ts';
import { type CountedPointer, type Pointer, samePointer } from '../domain/claims.ts';
import { dayOf } from '../domain/days.ts';
import { directionRowLine, parseDirectionRowLine } from '../domain/directions.ts';
import {
  type BatchId,
  type DirectionId,
  type Imei,
  isImei,
  type Msisdn,
  type OperatorId,
  parseDirectionId,
} from '../domain/identifiers.ts';
import { givesBack } from '../domain/kinds.ts';
import { deadlinesOf } from '../domain/ladders.ts';
import { continuedBy } from '../domain/moves.ts';
import { mustAddUp, type ShardDecision, shardDecisionForm } from '../domain/plans.ts';
import {
  decideHandset,
  decideNumber,
  ofLaterHolders,
  othersInForce,
  reliableIn,
  type Scope,
  type SubjectRow,
  standingOn,
  withContinuations,
} from '../domain/reversals.ts';
import { SUBJECT_STATES, type SubjectState } from '../domain/subject-states.ts';
import { PLANS, SCREENED } from '../domain/work.ts';
import { type Batch, readBatch } from '../stores/cases/batches.ts';
import { type Claim, readClaimsHoweverOld } from '../stores/cases/claims.ts';
import type { EarlierDirections } from '../stores/earlier-directions.ts';
import { readText, readTextLines, writeObject } from '../stores/objects.ts';
import { readReliances } from '../stores/reliances.ts';
import { actedUponLinks, readWithdrawn, type Withdrawn } from '../stores/withdrawn-reports.ts';
import { cutDirections } from './cut.ts';
import { struckOf } from './decided.ts';
import { env } from './environment.ts';
import type { AskedItem, Input } from './input.ts';

/** A row that gives back: who is given back is said once for all subjects that ask for it. */
interface Row {
  readonly identifier: Msisdn | Imei;
  readonly line: string;
  readonly operator: OperatorId;
}

/** A subject with what earlier directions have of it. */
type Found = Pick<Known, 'asked' | 'rows'>;

/** A subject with what earlier directions have of it, and which of that is in question. */
interface Known {
  readonly asked: AskedSubject;
  readonly rows: readonly SubjectRow[];
  readonly scope: Scope;
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
  const asked = await stillAsked(listed, withdraws);
  const identifiers = [...new Set(asked.map(claimedAs))];
  const claims = await readClaimsHoweverOld(env.CASES, kind, identifiers);

  const found: Found[] = [];
  for (const one of asked) found.push({ asked: one, rows: await rowsOf(kind, claims.get(claimedAs(one)), earlier) });
  const known: Known[] = [];
  for (const { asked: one, rows: own } of await stillGoing(found, withdraws))
    known.push({ asked: one, rows: own, scope: withContinuations(one.scope, own) });
  const relied = await reliedUpon(known, plan, withdraws, struck);
  const staying = await linkedByStruck(known, withdraws, struck);

  const rows = new Map<string, Row>();
  const given: Given[] = [];
  for (const { asked: one, rows: own, scope } of known) {
    const nothing = { asked: one, rows: [], names: [], openIn: [], kept: [] };
    if (isStruck(one, struck) || (one.msisdn !== null && staying.has(one.msisdn))) {
      given.push({ ...nothing, state: 'struck' });
      continue;
    }
    const kept = [...relied(claimedAs(one), reliableIn(scope, own)), ...standingOn(scope, own).map(directedBy)];
    if (kept.length > 0) {
      given.push({ ...nothing, state: 'kept', kept });
      continue;
    }
    const decision = one.imei === null ? decideNumber(own, scope, uploadedOn) : decideHandset(own, scope, one.msisdn);
    const others = new Set([...othersInForce(scope, own), ...ofLaterHolders(scope, own)]);
    const names: string[] = [];
    for (const back of decision.directed) {
      const { imei, msisdn } = one;
      const line = imei === null ? await earlier.line(back.from) : directionRowLine('unblock', { imei, msisdn });
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

/** What a reversal takes back of a report; null of an appeal's. */
async function withdrawsOf({ previewKey }: Pick<Batch, 'previewKey'>): Promise<Asked['withdraws']> {
  if (previewKey === undefined) return null;
  return askedForm.parse(await readText({ bucket: env.WORK, key: SCREENED.previews.asked(previewKey) })).withdraws;
}

/**
 * Without the conditional ones for which another handset of the report stands. Nothing is withdrawn meanwhile: one plan is made at a
 * time, and the handsets of those that count are no longer given back.
 */
async function stillAsked(asked: readonly AskedSubject[], withdraws: Asked['withdraws']): Promise<AskedSubject[]> {
  if (withdraws === null || !asked.some(isConditional)) return [...asked];
  const withdrawn = await readWithdrawn(env, withdraws.batchId);
  return asked.filter(({ unless = [] }) => unless.every((imei) => withdrawn.has(imei)));
}

/**
 * Without the rows of other reports, which the withdrawn one had found there, where these stand; and without the numbers of which nothing
 * is left then. A row of a follow-up is of the report that it continues.
 */
async function stillGoing(found: readonly Found[], withdraws: Asked['withdraws']): Promise<Found[]> {
  if (withdraws === null) return [...found];
  const others = new Map<BatchId, Set<Msisdn | Imei>>();
  for (const one of found)
    for (const row of namedRows(one.asked.scope)) {
      const report = reportOf(row, one.rows);
      if (report !== withdraws.batchId) others.set(report, (others.get(report) ?? new Set()).add(claimedAs(one.asked)));
    }
  if (others.size === 0) return [...found];
  const withdrawn = new Map<BatchId, Withdrawn>();
  for (const [report, identifiers] of others) withdrawn.set(report, await readWithdrawn(env, report, identifiers));
  return found.flatMap(({ asked, rows }) => {
    const about = { kind: asked.imei === null ? 'reverify' : 'block', identifier: claimedAs(asked) } as const;
    const named = namedRows(asked.scope);
    const left = named.filter((row) => withdrawn.get(reportOf(row, rows))?.with(about) ?? true);
    if (left.length === named.length) return { asked, rows };
    return asked.imei === null && left.length === 0 ? [] : { asked: { ...asked, scope: { rows: left } }, rows };
  });
}

function namedRows(scope: Scope): readonly Pointer[] {
  return scope !== 'current' && 'rows' in scope ? scope.rows : [];
}

/** The batch of a row, or of the report's row that this continues. @param rows of its subject, newest first */
function reportOf(row: Pointer, rows: readonly SubjectRow[]): BatchId {
  const reverify = rows.filter(({ kind }) => !givesBack(kind));
  const at = reverify.findIndex((one) => samePointer(one, row));
  const first = at < 0 ? undefined : continuedBy(reverify.slice(at)).at(-1);
  return batchOf(first === undefined ? row.directionId : first.directionId);
}

/** The numbers that stay with a handset of a withdrawn report that approvers left out, and that no withdrawal has taken back before. */
async function linkedByStruck(
  known: readonly Known[],
  withdraws: Asked['withdraws'],
  struck: ReadonlySet<Imei | Msisdn>,
): Promise<ReadonlySet<Msisdn>> {
  const staying = new Set<Msisdn>();
  const handsets = [...struck].filter(isImei);
  if (withdraws === null || handsets.length === 0) return staying;
  const batch = await readBatch(env.CASES, withdraws.batchId);
  if (batch === undefined) throw new Error(`there is no batch ${withdraws.batchId}`);
  const withdrawn = await readWithdrawn(env, withdraws.batchId);
  const standing = new Set(handsets.filter((imei) => !withdrawn.has(imei)));
  const numbers = new Set(
    known.flatMap(({ asked: { imei, msisdn } }) => (imei === null && msisdn !== null ? msisdn : [])),
  );
  for await (const { msisdn, imei } of actedUponLinks(env, batch))
    if (standing.has(imei) && numbers.has(msisdn)) staying.add(msisdn);
  return staying;
}

/** On whose account something stays that has a row of its own. */
function directedBy({ operator, directionId }: SubjectRow): Reliance {
  return { operator, batchId: batchOf(directionId), state: 'directed' };
}

function batchOf(directionId: DirectionId): BatchId {
  const direction = parseDirectionId(directionId);
  if (direction === null) throw new Error('a row is of a direction');
  return direction.batchId;
}

/** Which later batches rely on the rows of a withdrawn report: of what is appealed nobody does, since a person asks for themselves. */
async function reliedUpon(
  known: readonly Known[],
  plan: number,
  withdraws: Asked['withdraws'],
  struck: ReadonlySet<Imei | Msisdn>,
): Promise<(identifier: Msisdn | Imei, on: readonly Pointer[]) => Reliance[]> {
  const directionsOf = (on: readonly Pointer[]) => on.map(({ directionId }) => directionId);
  const directions = new Set(known.flatMap(({ scope, rows }) => directionsOf(reliableIn(scope, rows))));
  if (directions.size === 0) return () => [];
  const withdrawing = withdraws && {
    report: withdraws.batchId,
    imeis: withdraws.imeis && new Set(withdraws.imeis),
    struck,
  };
  const identifiers = new Set(known.map(({ asked }) => claimedAs(asked)));
  const relying = await readReliances(env, { directions, identifiers, plan, withdrawing });
  return (identifier, on) =>
    [...new Set(directionsOf(on))].flatMap((directionId) => relying.get(`${identifier} ${directionId}`) ?? []);
}

/** What earlier directions have of a subject, newest first at each operator. */
async function rowsOf(
  kind: AskedItem['kind'],
  claim: Claim | undefined,
  earlier: EarlierDirections,
): Promise<SubjectRow[]> {
  const stored = Object.values(claim?.pointers ?? {}).flat();
  const counted = stored.length > 0 ? await earlier.counted(stored) : [];
  return await Promise.all(counted.map((pointer) => withLine(kind, pointer, earlier)));
}

async function withLine(
  kind: AskedItem['kind'],
  pointer: CountedPointer,
  earlier: EarlierDirections,
): Promise<SubjectRow> {
  const line = await earlier.line(pointer);
  const lastSeen = kind === 'restore' ? parseDirectionRowLine('restore', line).lastSeen : null;
  const excepts = pointer.kind === 'unblock' ? parseDirectionRowLine('unblock', line).msisdn : null;
  return { ...pointer, lastSeen, excepts };
}
