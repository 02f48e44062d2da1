/** Reads what a withdrawal depends on when it is planned: what else was withdrawn, and which batches rely on what it takes back. */

import { type Asked, askedForm } from '../domain/appeals.ts';
import { type AskedSubject, isConditional, type Reliance } from '../domain/asked.ts';
import { type BatchId, type Imei, isImei, type Msisdn } from '../domain/identifiers.ts';
import type { Pointer } from '../domain/pointers.ts';
import {
  type FoundSubject,
  isStillAsked,
  type KnownSubject,
  leftBehind,
  othersNamedBy,
  RowsOfNumbers,
  reliableDirections,
  rowsOfOthers,
  type ScopedSubject,
  sinceOf,
  withoutStanding,
} from '../domain/withdrawing.ts';
import { isTheirs, type Withdrawn } from '../domain/withdrawn-reports.ts';
import { SCREENED } from '../domain/work.ts';
import { type Batch, readBatch } from '../stores/cases/batches.ts';
import { NotThere } from '../stores/errors.ts';
import { readText } from '../stores/objects.ts';
import { readReliances } from '../stores/reliances.ts';
import { actedUponLinks, readWithdrawn } from '../stores/withdrawn-reports.ts';
import { env } from './environment.ts';

/** What a reversal takes back of a report; null for an appeal. */
export async function withdrawsOf({ previewKey }: Pick<Batch, 'previewKey'>): Promise<Asked['withdraws']> {
  if (previewKey === undefined) return null;
  return askedForm.parse(await readText({ bucket: env.WORK, key: SCREENED.previews.asked(previewKey) })).withdraws;
}

/**
 * The subjects that are still asked for, without the conditional ones for which another handset of the report stands. Nothing is withdrawn
 * meanwhile: one plan is made at a time, and the handsets of those that count are no longer given back.
 */
export async function stillAsked(
  found: readonly FoundSubject[],
  withdraws: Asked['withdraws'],
): Promise<FoundSubject[]> {
  if (withdraws === null) return [...found];
  const since = new Map([...sinceOf(found)].filter(([, day]) => day !== null));
  if (since.size === 0 && !found.some(({ asked }) => isConditional(asked))) return [...found];
  // A subject that approvers leave out of this withdrawal is told as struck.
  const own = { imeis: withdraws.imeis && new Set(withdraws.imeis), struck: new Set<never>() };
  const withdrawn = await readWithdrawn(env, withdraws.batchId, since, own);
  return found.filter((one) => isStillAsked(one, since, withdrawn));
}

/**
 * The subjects without the rows of other reports that the withdrawn one had found there, if those reports stand, and without the numbers of
 * which nothing is left then.
 */
export async function stillGoing(
  found: readonly FoundSubject[],
  withdraws: Asked['withdraws'],
): Promise<FoundSubject[]> {
  if (withdraws === null) return [...found];
  const others = othersNamedBy(found, withdraws.batchId);
  if (others.size === 0) return [...found];
  const withdrawn = new Map<BatchId, Withdrawn>();
  for (const [report, ones] of others) withdrawn.set(report, await readWithdrawn(env, report, sinceOf(ones)));
  return found.flatMap((one) => withoutStanding(one, withdrawn) ?? []);
}

/**
 * The rows of a subject that belong to other reports, which were withdrawn with it before, and that stand all the same because this report
 * had directed it again.
 */
export async function leftByOthers(
  subjects: readonly ScopedSubject[],
  withdraws: Asked['withdraws'],
): Promise<ReadonlyMap<AskedSubject, readonly Pointer[]>> {
  if (withdraws === null) return new Map();
  const others = rowsOfOthers(subjects, withdraws.batchId);
  const since = sinceOf(subjects);
  const withdrawn = new Map<BatchId, Withdrawn>();
  for (const report of new Set(others.map((one) => one.report)))
    withdrawn.set(report, await readWithdrawn(env, report, since));
  return leftBehind(others, withdrawn);
}

/** The numbers that stay with a handset of a withdrawn report that approvers left out, and that no withdrawal has taken back before. */
export async function linkedByStruck(
  known: readonly FoundSubject[],
  withdraws: Asked['withdraws'],
  struck: ReadonlySet<Imei | Msisdn>,
): Promise<ReadonlySet<Msisdn>> {
  const staying = new Set<Msisdn>();
  const handsets = [...struck].filter(isImei);
  if (withdraws === null || handsets.length === 0) return staying;
  const batch = await readBatch(env.CASES, withdraws.batchId);
  if (batch === undefined) throw new NotThere(`there is no batch ${withdraws.batchId}`);
  const withdrawn = await readWithdrawn(env, withdraws.batchId);
  const standing = new Set(handsets.filter((imei) => !withdrawn.has(imei)));
  const since = sinceOf(known.filter(({ asked }) => asked.imei === null));
  for await (const { msisdn, imei, lastSeen } of actedUponLinks(env, batch))
    if (standing.has(imei) && since.has(msisdn) && isTheirs(since, msisdn, lastSeen)) staying.add(msisdn);
  return staying;
}

/** The later batches that rely on the rows of a withdrawn report. Nobody relies on what is appealed, since a person asks for themselves. */
export async function reliedUpon(
  known: readonly KnownSubject[],
  plan: number,
  withdraws: Asked['withdraws'],
  struck: ReadonlySet<Imei | Msisdn>,
): Promise<(identifier: Msisdn | Imei, on: readonly Pointer[]) => Reliance[]> {
  const directions = reliableDirections(known);
  if (directions.size === 0) return () => [];
  const relying = await readReliances(env, {
    directions,
    subjects: sinceOf(known),
    rows: new RowsOfNumbers(known),
    plan,
    withdrawing: withdraws && {
      report: withdraws.batchId,
      imeis: withdraws.imeis && new Set(withdraws.imeis),
      struck,
    },
  });
  return (identifier, on) =>
    [...new Set(on.map(({ directionId }) => directionId))].flatMap(
      (directionId) => relying.get(`${identifier} ${directionId}`) ?? [],
    );
}
