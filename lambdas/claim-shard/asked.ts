import type { Asked } from '../domain/appeals.ts';
import {
  type AskedSubject,
  claimedAs,
  isTakenBackBy,
  parseAskedLine,
  parseReversedLine,
  reversedLine,
} from '../domain/asked.ts';
import { addDecision, type Decisions } from '../domain/books.ts';
import type { CountedPointer } from '../domain/counted-pointers.ts';
import { dayOf } from '../domain/days.ts';
import { countedByState, type DecidedSubject, decideSubjects, reversedSubject } from '../domain/decided-subjects.ts';
import { directedFor, directionRowLine, parseDirectionRowLine } from '../domain/directions.ts';
import type { DirectionId, Imei, Msisdn, OperatorId } from '../domain/identifiers.ts';
import { deadlinesOf } from '../domain/ladders.ts';
import { mustAddUp, type ShardDecision, shardDecisionForm } from '../domain/plans.ts';
import { withContinuations } from '../domain/scopes.ts';
import type { SubjectRow } from '../domain/subject-rows.ts';
import { type FoundSubject, type KnownSubject, withoutRepeats } from '../domain/withdrawing.ts';
import { PLANS } from '../domain/work.ts';
import { readBatch } from '../stores/cases/batches.ts';
import { type Claim, readClaimsHoweverOld } from '../stores/cases/claims.ts';
import type { EarlierDirections } from '../stores/earlier-directions.ts';
import { NotThere } from '../stores/errors.ts';
import { readText, readTextLines, writeObject } from '../stores/objects.ts';
import { cutDirections } from './cut.ts';
import { struckOf } from './decided.ts';
import { env } from './environment.ts';
import type { AskedItem, Input } from './input.ts';
import { leftByOthers, linkedByStruck, reliedUpon, stillAsked, stillGoing, withdrawsOf } from './withdrawn.ts';

/** A row that gives back. Its subject's directions are told once for all subjects that ask for it. */
interface Row {
  readonly identifier: Msisdn | Imei;
  readonly line: string;
  readonly operator: OperatorId;
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
  if (batch === undefined) throw new NotThere(`there is no batch ${batchId}`);
  const struck = await struckOf(env, batchId);
  const listed = await readAsked(place);
  mustAddUp(`subjects of shard ${shard}`, listed.length, place.subjects);
  const withdraws = await withdrawsOf(batch);
  const identifiers = [...new Set(listed.map(claimedAs))];
  const claims = await readClaimsHoweverOld(env.CASES, kind, identifiers);

  const known = await knownOf(kind, listed, claims, earlier, withdraws);
  const relied = await reliedUpon(known, plan, withdraws, struck);
  const staying = await linkedByStruck(known, withdraws, struck);
  const decided = decideSubjects(known, { struck, staying, relied }, dayOf(batch.uploadedAt));
  const rows = await rowsGivingBack(decided, earlier);
  const all = new Set([...rows.values()].flat());
  const cuts = await cutDirections(
    request,
    Map.groupBy(all, ({ operator }) => operator),
    folder,
  );

  const directionOf = new Map<Row, DirectionId>(
    cuts.flatMap(({ direction, rows: own }) => own.map((row): [Row, DirectionId] => [row, direction.directionId])),
  );
  const lines = decided.map((one) => {
    const directed = (rows.get(one) ?? []).flatMap((row) => directionOf.get(row) ?? []);
    return `${reversedLine(reversedSubject(one, directed))}\n`;
  });
  const list = Buffer.from(lines.join(''));
  const listKey = PLANS.decisions.reversed(folder);
  await writeObject({ bucket: env.WORK, key: listKey }, list);
  const directions = cuts.map(({ direction }) => direction);
  const decision: ShardDecision = {
    kind,
    shard,
    taken: listed.length,
    rungs: deadlinesOf(env.LADDERS[kind], startedAt),
    decisions: directions.reduce<Decisions>(
      (sum, { operator, rows: count }) => addDecision(sum, kind, operator, 'directed', count),
      {},
    ),
    ported: {},
    directions,
    elsewhere: null,
    moved: null,
    reversed: {
      list: { key: listKey, bytes: list.length },
      subjects: countedByState(decided),
      dropped: listed.length - known.length,
    },
  };
  const decisionKey = PLANS.decisions.decision(folder);
  await writeObject({ bucket: env.WORK, key: decisionKey }, JSON.stringify(shardDecisionForm.write(decision)));
  return { decisionKey, claims };
}

/** All that is known of the listed subjects, without those that are not asked for any more. */
async function knownOf(
  kind: AskedItem['kind'],
  listed: readonly AskedSubject[],
  claims: ReadonlyMap<string, Claim>,
  earlier: EarlierDirections,
  withdraws: Asked['withdraws'],
): Promise<KnownSubject[]> {
  const found: FoundSubject[] = [];
  for (const asked of listed) found.push({ asked, rows: await rowsOf(kind, claims.get(claimedAs(asked)), earlier) });
  const still = await stillGoing(await stillAsked(found, withdraws), withdraws);
  const going = withoutRepeats(still.map((one) => ({ ...one, scope: withContinuations(one.asked.scope, one.rows) })));
  const left = await leftByOthers(going, withdraws);
  return going.map((one) => ({ ...one, left: left.get(one.asked) ?? [] }));
}

/** The rows that give back to each subject; subjects of one number or handset share a row. */
async function rowsGivingBack(
  decided: readonly DecidedSubject[],
  earlier: EarlierDirections,
): Promise<ReadonlyMap<DecidedSubject, readonly Row[]>> {
  const byName = new Map<string, Row>();
  const rows = new Map<DecidedSubject, Row[]>();
  for (const one of decided) {
    const { imei, msisdn } = one.asked;
    const identifier = claimedAs(one.asked);
    const own: Row[] = [];
    for (const { operator, from } of one.directed) {
      const line = imei === null ? await earlier.line(from) : directionRowLine('unblock', { imei, msisdn });
      if (line === undefined) throw new Error('what is directed has a line');
      const name = `${operator} ${imei === null ? identifier : line}`;
      const row = byName.get(name) ?? { identifier, line, operator };
      byName.set(name, row);
      own.push(row);
    }
    rows.set(one, own);
  }
  return rows;
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
