/** What of a withdrawal still counts when it is planned: which subjects are asked for, and on whose account something stays. */
import { type Asked, askedForm } from '../domain/appeals.ts';
import { type AskedSubject, claimedAs, isConditional, type Reliance } from '../domain/asked.ts';
import { type Pointer, samePointer } from '../domain/claims.ts';
import {
  type BatchId,
  type DirectionId,
  type Imei,
  isImei,
  type Msisdn,
  parseDirectionId,
} from '../domain/identifiers.ts';
import { givesBack } from '../domain/kinds.ts';
import { continuedBy } from '../domain/moves.ts';
import { heldSince, namesRows, reliableIn, type Scope, type SubjectRow } from '../domain/reversals.ts';
import { SCREENED } from '../domain/work.ts';
import { type Batch, readBatch } from '../stores/cases/batches.ts';
import { readText } from '../stores/objects.ts';
import { readReliances } from '../stores/reliances.ts';
import { actedUponLinks, isTheirs, readWithdrawn, type Since, type Withdrawn } from '../stores/withdrawn-reports.ts';
import { env } from './environment.ts';

/** A subject with what earlier directions have of it. */
export type Found = Pick<Known, 'asked' | 'rows'>;

/** A subject with what earlier directions have of it, and the part of that which is in question. */
export interface Known {
  readonly asked: AskedSubject;
  readonly rows: readonly SubjectRow[];
  readonly scope: Scope;
  /** Rows that earlier withdrawals left because this report had directed the subject again: they go with it now. */
  readonly left: readonly Pointer[];
}

/** What a reversal takes back of a report; null for an appeal. */
export async function withdrawsOf({ previewKey }: Pick<Batch, 'previewKey'>): Promise<Asked['withdraws']> {
  if (previewKey === undefined) return null;
  return askedForm.parse(await readText({ bucket: env.WORK, key: SCREENED.previews.asked(previewKey) })).withdraws;
}

/**
 * The subjects that are still asked for, without the conditional ones for which another handset of the report stands. Nothing is withdrawn
 * meanwhile: one plan is made at a time, and the handsets of those that count are no longer given back. If a number was somebody else's
 * before the subscriber whom the report directs, only the handsets in which that subscriber was seen count: the number is asked for with
 * the last of them that is withdrawn, or not at all if approvers left it out of that withdrawal.
 */
export async function stillAsked(found: readonly Found[], withdraws: Asked['withdraws']): Promise<Found[]> {
  if (withdraws === null) return [...found];
  const since = new Map([...sinceOf(found)].filter(([, day]) => day !== null));
  if (since.size === 0 && !found.some(({ asked }) => isConditional(asked))) return [...found];
  // A subject that approvers leave out of this withdrawal is told as struck.
  const own = { imeis: withdraws.imeis && new Set(withdraws.imeis), struck: new Set<never>() };
  const withdrawn = await readWithdrawn(env, withdraws.batchId, since, own);
  return found.filter(({ asked }) => {
    const identifier = claimedAs(asked);
    if (since.has(identifier)) return withdrawn.with({ kind: 'reverify', identifier });
    return (asked.unless ?? []).every((imei) => withdrawn.has(imei));
  });
}

/** The day since which each subject belongs to the holder who is directed in the rows that are named. */
function sinceOf(subjects: readonly Pick<Known, 'asked' | 'rows'>[]): Since {
  return new Map(subjects.map(({ asked, rows }) => [claimedAs(asked), heldSince(asked.scope, rows)]));
}

/**
 * The subjects without the rows of other reports that the withdrawn one had found there, if those reports stand, and without the numbers of
 * which nothing is left then. A row of a follow-up belongs to the report that it continues.
 */
export async function stillGoing(found: readonly Found[], withdraws: Asked['withdraws']): Promise<Found[]> {
  if (withdraws === null) return [...found];
  const others = new Map<BatchId, Found[]>();
  for (const one of found)
    for (const row of namedRows(one.asked.scope)) {
      const report = reportOf(row, one.rows);
      if (report !== withdraws.batchId) others.set(report, [...(others.get(report) ?? []), one]);
    }
  if (others.size === 0) return [...found];
  const withdrawn = new Map<BatchId, Withdrawn>();
  for (const [report, ones] of others) withdrawn.set(report, await readWithdrawn(env, report, sinceOf(ones)));
  return found.flatMap(({ asked, rows }) => {
    const about = { kind: asked.imei === null ? 'reverify' : 'block', identifier: claimedAs(asked) } as const;
    const named = namedRows(asked.scope);
    const left = named.filter((row) => withdrawn.get(reportOf(row, rows))?.with(about) ?? true);
    if (left.length === named.length) return { asked, rows };
    return asked.imei === null && left.length === 0 ? [] : { asked: { ...asked, scope: { rows: left } }, rows };
  });
}

/**
 * The subjects without those all of whose rows another one has: a night's row that continues one of the report's is named for itself, too,
 * if the night found it there for another row.
 */
export function withoutRepeats<T extends Pick<Known, 'asked' | 'scope'>>(going: readonly T[]): T[] {
  const bySubject = Map.groupBy(going, ({ asked }) => claimedAs(asked));
  return going.filter((one) => {
    const rows = namedRows(one.scope);
    const others = (bySubject.get(claimedAs(one.asked)) ?? []).filter((other) => other !== one);
    const hasAll = (other: T) => rows.every((row) => namedRows(other.scope).some((own) => samePointer(own, row)));
    return rows.length === 0 || !others.some((other) => hasAll(other) && namedRows(other.scope).length > rows.length);
  });
}

/**
 * The rows of a subject that belong to other reports, which were withdrawn with it before, and that stand all the same because this report
 * had directed it again. Rows of somebody else who had the number before don't count.
 */
export async function leftBehind(
  known: readonly Pick<Known, 'asked' | 'rows' | 'scope'>[],
  withdraws: Asked['withdraws'],
): Promise<ReadonlyMap<AskedSubject, readonly Pointer[]>> {
  const left = new Map<AskedSubject, readonly Pointer[]>();
  if (withdraws === null) return left;
  const since = sinceOf(known);
  const candidates = known.flatMap(({ asked, rows, scope }) => {
    const named = namedRows(scope);
    if (named.length === 0) return [];
    return rows.flatMap((row) => {
      if (givesBack(row.kind) || (row.reversed && !row.open) || named.some((one) => samePointer(one, row))) return [];
      const isAnothers =
        asked.msisdn !== null && row.directedFor !== null && !isTheirs(since, asked.msisdn, row.directedFor);
      const report = reportOf(row, rows);
      return isAnothers || report === withdraws.batchId ? [] : [{ asked, row, report }];
    });
  });
  const withdrawn = new Map<BatchId, Withdrawn>();
  for (const report of new Set(candidates.map((one) => one.report)))
    withdrawn.set(report, await readWithdrawn(env, report, since));
  for (const { asked, row, report } of candidates) {
    const about = { kind: asked.imei === null ? 'reverify' : 'block', identifier: claimedAs(asked) } as const;
    if (withdrawn.get(report)?.with(about)) left.set(asked, [...(left.get(asked) ?? []), row]);
  }
  return left;
}

function namedRows(scope: Scope): readonly Pointer[] {
  return namesRows(scope) ? scope.rows : [];
}

/**
 * The batch of a row, or of the report's row that this one continues.
 * @param rows the rows of its subject, newest first
 */
function reportOf(row: Pointer, rows: readonly SubjectRow[]): BatchId {
  const reverify = rows.filter(({ kind }) => !givesBack(kind));
  const at = reverify.findIndex((one) => samePointer(one, row));
  const first = at < 0 ? undefined : continuedBy(reverify.slice(at)).at(-1);
  return batchOf(first === undefined ? row.directionId : first.directionId);
}

/** The numbers that stay with a handset of a withdrawn report that approvers left out, and that no withdrawal has taken back before. */
export async function linkedByStruck(
  known: readonly Found[],
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
  const since = sinceOf(known.filter(({ asked }) => asked.imei === null));
  for await (const { msisdn, imei, lastSeen } of actedUponLinks(env, batch))
    if (standing.has(imei) && since.has(msisdn) && isTheirs(since, msisdn, lastSeen)) staying.add(msisdn);
  return staying;
}

/** The reliance that keeps a subject which has a row of its own. */
export function directedBy({ operator, directionId }: SubjectRow): Reliance {
  return { operator, batchId: batchOf(directionId), state: 'directed' };
}

function batchOf(directionId: DirectionId): BatchId {
  const direction = parseDirectionId(directionId);
  if (direction === null) throw new Error('a row is of a direction');
  return direction.batchId;
}

/** The later batches that rely on the rows of a withdrawn report. Nobody relies on what is appealed, since a person asks for themselves. */
export async function reliedUpon(
  known: readonly Known[],
  plan: number,
  withdraws: Asked['withdraws'],
  struck: ReadonlySet<Imei | Msisdn>,
): Promise<(identifier: Msisdn | Imei, on: readonly Pointer[]) => Reliance[]> {
  const directionsOf = (on: readonly Pointer[]) => on.map(({ directionId }) => directionId);
  const directions = new Set(
    known.flatMap(({ scope, rows, left }) => directionsOf([...reliableIn(scope, rows), ...left])),
  );
  if (directions.size === 0) return () => [];
  const withdrawing = withdraws && {
    report: withdraws.batchId,
    imeis: withdraws.imeis && new Set(withdraws.imeis),
    struck,
  };
  const rowsOf = new Map(known.map(({ asked, rows }) => [claimedAs(asked), rows]));
  const directedFor = (msisdn: Msisdn, directionId: DirectionId) =>
    rowsOf.get(msisdn)?.find((row) => row.directionId === directionId)?.directedFor ?? null;
  const reportIn = (msisdn: Msisdn, directionId: DirectionId) => {
    const rows = rowsOf.get(msisdn) ?? [];
    const row = rows.find((one) => one.directionId === directionId);
    return row === undefined ? batchOf(directionId) : reportOf(row, rows);
  };
  const relying = await readReliances(env, {
    ...{ directions, subjects: sinceOf(known), directedFor, reportOf: reportIn, plan, withdrawing },
  });
  return (identifier, on) =>
    [...new Set(directionsOf(on))].flatMap((directionId) => relying.get(`${identifier} ${directionId}`) ?? []);
}
