/** What a reversal takes back, once its plan counts. */

import {
  appealsCsv,
  keptCsv,
  keptLines,
  leavesLists,
  parseReversedLine,
  type ReversedSubject,
} from '../domain/asked.ts';
import type { AuditedFile } from '../domain/audit.ts';
import { planCounts } from '../domain/batches.ts';
import { addSeconds, dayOf, HOUR_SECONDS, type Instant } from '../domain/days.ts';
import { sha256Of } from '../domain/hashes.ts';
import type { BatchId, DirectionId, OperatorId } from '../domain/identifiers.ts';
import { parseInboxKey } from '../domain/inbox.ts';
import { countOpen, type Ledger, withdrawRows } from '../domain/ledger.ts';
import { LEDGERS_AT_ONCE } from '../domain/limits.ts';
import { appealsCsvKey, keptCsvKey, reversalKeys } from '../domain/outbox.ts';
import type { Plan } from '../domain/plans.ts';
import { replacedForm, wordsReplaced } from '../domain/replaced.ts';
import { WithdrawalList, withdrawalCsv, withdrawalJson } from '../domain/revocations.ts';
import { whereabouts } from '../domain/whereabouts.ts';
import { PREPARED, REVERSED } from '../domain/work.ts';
import { log } from '../runtime/log.ts';
import { audit } from './audit.ts';
import { type Batch, readBatch } from './cases/batches.ts';
import { changeLedger, readLedger } from './cases/ledgers.ts';
import { concurrently } from './concurrently.ts';
import { hasObjects } from './listings.ts';
import { readTextLines, writeHashed, writeObject } from './objects.ts';
import { readPlan } from './plans.ts';
import { wake } from './state-machines.ts';

interface Places {
  readonly WORK: string;
  readonly OUTBOX: string;
  readonly CASES: string;
  readonly AUDIT_QUEUE: string;
}

/** A reversal whose plan counts. */
type Directed = Batch & { readonly directedAt: Instant };

/** A reversal that is directed, with its plan; undefined for all other batches. */
async function directedReversal(
  env: Pick<Places, 'WORK' | 'CASES'>,
  batchId: BatchId,
): Promise<{ batch: Directed; reversal: NonNullable<Plan['reversal']> } | undefined> {
  const batch = await readBatch(env.CASES, batchId);
  if (batch?.planKey === undefined || batch.directedAt === undefined || !planCounts(batch.state)) return undefined;
  const { reversal } = await readPlan(env.WORK, batch.planKey);
  return reversal === null ? undefined : { batch: { ...batch, directedAt: batch.directedAt }, reversal };
}

async function* subjectsOf(
  work: string,
  { lists }: Pick<NonNullable<Plan['reversal']>, 'lists'>,
): AsyncGenerator<ReversedSubject> {
  for (const { key, bytes } of lists)
    for await (const block of readTextLines({ bucket: work, key }, { start: 0, end: bytes }))
      for (const line of block) yield parseReversedLine(line);
}

/**
 * Takes back what a reversal's plan says, now that it counts; nothing for other batches. It takes one commit in each ledger; rows that were
 * taken back before stay so. The earlier words on rows that end lie beside it, for lookups alone. Then it publishes what the reversal
 * withdraws, and what became of each subject; an attempt that tries again publishes the same.
 */
export async function takeBack(env: Places, batchId: BatchId, attempt: string): Promise<void> {
  const found = await directedReversal(env, batchId);
  if (found === undefined) return;
  const { batch, reversal } = found;
  const { directedAt: at } = batch;
  const rows = new Map<DirectionId, number[]>();
  for await (const { rows: taken } of subjectsOf(env.WORK, reversal))
    for (const { directionId, row } of taken) {
      const own = rows.get(directionId) ?? [];
      rows.set(directionId, own);
      own.push(row);
    }
  const on = dayOf(at);
  await concurrently(rows, LEDGERS_AT_ONCE, async ([directionId, own]) => {
    const taken = [...new Set(own)].sort((a, b) => a - b);
    const ledger = await changeLedger<Ledger>(env.CASES, directionId, async (read) => {
      const reversed = { reversal: batchId, on, at };
      const withdrawn = withdrawRows(read, taken, reversed);
      if (withdrawn === undefined) return { result: read };
      if (withdrawn.files.length === read.files.length) {
        log.warn('a direction has no room for another reversal', { batchId, directionId, rows: taken.length });
        return { ledger: withdrawn, result: withdrawn };
      }
      const words = wordsReplaced(read, withdrawn, taken);
      if (words.length === 0) return { ledger: withdrawn, result: withdrawn };
      // Whoever asks what happened is told what had been said before.
      const key = PREPARED.response(directionId, sha256Of(batchId), attempt, 'replaced.json');
      await writeObject({ bucket: env.WORK, key }, JSON.stringify(replacedForm.write({ rows: words })));
      const named = withdrawRows(read, taken, { ...reversed, attempt });
      return { ...(named && { ledger: named }), result: named ?? read };
    });
    // The machine that waits for the last answers goes on, even after an attempt that died before it said so.
    if (ledger.closedAt === null && countOpen(ledger) === 0) await wake(ledger.tokens, whereabouts(ledger, at));
  });
  await writeObject({ bucket: env.WORK, key: REVERSED.key(batchId, batch.plan) }, '');
  await publishReversal(env, batch, reversal);
}

/** Seconds for which planning waits for a reversal: one that fails for longer goes on when somebody mends that, and holds up nobody. */
const TAKES_BACK_WITHIN = HOUR_SECONDS;

/**
 * Whether a batch is a reversal whose plan counts, and that is still taking back what the plan says. A row that it ends later is still
 * open, and a batch that plans meanwhile would leave a number to it.
 */
export async function isTakingBack({ WORK }: Pick<Places, 'WORK'>, batch: Batch, now: Instant): Promise<boolean> {
  const { batchId, kind, plan, state, directedAt } = batch;
  if (kind !== 'reversal' || !planCounts(state) || directedAt === undefined) return false;
  if (directedAt <= addSeconds(now, -TAKES_BACK_WITHIN)) return false;
  return !(await hasObjects({ bucket: WORK, key: REVERSED.key(batchId, plan) }));
}

/** Publishes what a reversal withdrew, and what became of its subjects. */
async function publishReversal(env: Places, batch: Directed, reversal: NonNullable<Plan['reversal']>): Promise<void> {
  const { batchId, directedAt: at, file } = batch;
  const isAppeal = parseInboxKey(file).kind === 'appeal';
  const key = isAppeal ? appealsCsvKey(batchId) : keptCsvKey(batchId);
  const appealed: ReversedSubject[] = [];
  // All of a report may stay: no more than its lines is held of each subject.
  const kept: string[] = [];
  for await (const subject of subjectsOf(env.WORK, reversal))
    if (isAppeal) appealed.push(subject);
    else kept.push(...keptLines(subject));
  const answer = isAppeal ? appealsCsv(appealed) : keptCsv(kept);
  await writeObject({ bucket: env.OUTBOX, key }, answer);
  const { rows, files } = await publishWithdrawn(env, batch, reversal);
  await audit(env, {
    batchId,
    id: 'reversed',
    kind: 'withdrawn',
    at,
    facts: { rows, ...reversal.subjects },
    files: { ...files, answer: { key, sha256: sha256Of(answer) } },
  });
}

/** Publishes the list of the numbers that a reversal withdrew: from its plan, and so always the same. */
async function publishWithdrawn(
  env: Pick<Places, 'WORK' | 'OUTBOX'>,
  { batchId, directedAt }: Directed,
  reversal: NonNullable<Plan['reversal']>,
): Promise<{ readonly rows: number; readonly files: Readonly<Record<string, AuditedFile>> }> {
  const withdrawnOn = dayOf(directedAt);
  const keys = reversalKeys(withdrawnOn, batchId);
  const withdrawals = new WithdrawalList(withdrawnOn);
  for await (const subject of subjectsOf(env.WORK, reversal)) {
    const { msisdn, imei, ground } = subject;
    if (leavesLists(subject) && msisdn !== null && imei === null) withdrawals.add(msisdn, ground);
  }
  const write = async (key: string, pieces: Iterable<string>) => ({
    key,
    sha256: await writeHashed({ bucket: env.OUTBOX, key }, pieces),
  });
  const csv = await write(keys.csv, withdrawalCsv(withdrawals.rows()));
  const json = await write(keys.json, withdrawalJson(keys.csv.split('/').at(-1) ?? '', withdrawals.rows()));
  return { rows: withdrawals.size, files: { csv, json } };
}

/** Publishes again what reversals withdrew, after a list that may name it. */
export async function withdrawReversedAgain(env: Places, reversals: Iterable<BatchId>): Promise<void> {
  for (const batchId of new Set(reversals)) {
    const found = await directedReversal(env, batchId);
    if (found) await publishWithdrawn(env, found.batch, found.reversal);
  }
}

/** The number of rows that a reversal ended, by operator. */
export async function countEnded(
  env: Pick<Places, 'WORK' | 'CASES'>,
  batchId: BatchId,
  reversal: NonNullable<Plan['reversal']>,
): Promise<Record<OperatorId, number>> {
  const directions = new Set<DirectionId>();
  for await (const { rows } of subjectsOf(env.WORK, reversal))
    for (const { directionId } of rows) directions.add(directionId);
  const ended: Record<OperatorId, number> = {};
  await concurrently(directions, LEDGERS_AT_ONCE, async (directionId) => {
    const ledger = await readLedger(env.CASES, directionId);
    const entry = ledger?.files.find((file) => file.reversal === batchId);
    if (ledger && entry?.ended) ended[ledger.operator] = (ended[ledger.operator] ?? 0) + entry.ended;
  });
  return ended;
}
