import { backOrderDue, withRestored } from '../domain/back-orders.ts';
import { wantsTurn } from '../domain/batches.ts';
import type { Instant } from '../domain/days.ts';
import { orderedRows, restoreCsv } from '../domain/directions.ts';
import type { BatchId } from '../domain/identifiers.ts';
import { RESTORE } from '../domain/kinds.ts';
import { type Ledger, type Recorded, type RecordedFile, reissuedIn } from '../domain/ledger.ts';
import { SELF_CHECK } from '../domain/self-check.ts';
import type { Turn } from '../domain/turn.ts';
import { PREPARED } from '../domain/work.ts';
import { measure } from '../runtime/metrics.ts';
import { readBatch } from '../stores/cases/batches.ts';
import { changeLedger } from '../stores/cases/ledgers.ts';
import { readTurn } from '../stores/cases/turn.ts';
import { listObjects } from '../stores/listings.ts';
import { writeObject } from '../stores/objects.ts';
import { publishBackOrderOnce } from '../stores/orders.ts';

import { env } from './environment.ts';
import { GivenBack } from './given-back.ts';
import { prepareMoved, tellMoved } from './moves.ts';
import { preparedKey } from './recorded.ts';
import { type CutElsewhere, givenBackAt, StillPlanned, takeBackElsewhere } from './take-back.ts';

/** The attempt that looks once more, and the file's receipt; none if that could not be published: the next attempt tells. */
export interface Restoring {
  readonly attempt: string;
  readonly now: Instant;
  /** The instant of the upload that is worked on. */
  readonly uploadedAt: Instant;
  readonly receiptKey: string | undefined;
}

/**
 * Marks once more, after its commit, what a file was found to say: a plan that was being made may have decided by what the ledger said
 * before that, and written into the numbers' records since they were read. Later plans read what was committed. And other files may have
 * been committed, by what was said before, since the file looked: whom they have cut off is restored.
 * @param lines the direction's rows
 * @throws StillPlanned if a batch plans at this moment that may have begun before the commit: it may still write there
 */
export async function lookAgain(
  { ledger, recorded }: Recorded,
  lines: readonly string[],
  restoring: Restoring,
): Promise<void> {
  if (ledger.operator === SELF_CHECK || recorded.withdrawnOn === undefined) return;
  const { folder, plans, areDone } = await marksOf(ledger, recorded);
  // The turn is read before the records, so that what a plan that has ended by now wrote into them is found there.
  const turn = await readTurn(env.CASES);
  const planning = await planningIn(turn);
  const isFirst = plans.length === 0;
  const cut = await takeBackElsewhere(ledger, recorded, lines, isFirst ? 'first' : 'again');
  if (isFirst) await writeObject({ bucket: env.WORK, key: `${folder}${turn.plan}` }, '');
  // The same bytes that come as a later upload say nothing of what has become since of those whom the file found, and left as they were.
  const isAnew = areDone && restoring.uploadedAt > recorded.at;
  await restoreFound({ ledger, recorded }, cut, lines, restoring, isAnew);
  // Attempts may meet plans that began after the first look, and so after the commit: only one that was under way at that look keeps the
  // file waiting.
  if (planning !== undefined && !plans.some((plan) => plan < turn.plan)) throw new StillPlanned(planning);
}

/** The marks that a file was looked for after its commit: the plans that had been begun last by then, and whether it came to an end. */
interface Marks {
  readonly folder: string;
  readonly plans: readonly number[];
  readonly areDone: boolean;
}

async function marksOf({ directionId }: Ledger, { sha256 }: RecordedFile): Promise<Marks> {
  const folder = PREPARED.looked(directionId, sha256);
  const done = PREPARED.done(directionId, sha256);
  const keys: string[] = [];
  for await (const { key } of listObjects({ bucket: env.WORK, key: folder })) keys.push(key);
  const plans = keys.filter((key) => key !== done).map((key) => Number(key.slice(folder.length)));
  return { folder, plans, areDone: keys.includes(done) };
}

/** The batch that took the turn last, if it plans at this moment. */
async function planningIn({ holder, execution }: Turn): Promise<BatchId | undefined> {
  const batch = holder === undefined ? undefined : await readBatch(env.CASES, holder);
  return batch !== undefined && batch.execution === execution && wantsTurn(batch.state) ? holder : undefined;
}

/**
 * Restores who has the numbers of a file's rows and was found, after its commit, to have been cut off: by an entry of its own in the ledger,
 * whose order and notices every later attempt publishes alike.
 * @param lines the direction's rows
 * @param isAnew whether the file is uploaded again, and nothing counts that was there to be found before
 */
async function restoreFound(
  { ledger: committed, recorded }: Recorded,
  { before, byWord, since }: CutElsewhere,
  lines: readonly string[],
  { attempt, now, receiptKey }: Restoring,
  isAnew: boolean,
): Promise<void> {
  const found = [...new Set([...before.keys(), ...(isAnew ? [] : byWord)])].filter((row) => !since.has(row));
  const entriesIn = ({ files }: Ledger) => files.filter(({ after }) => after === recorded.sha256);
  if (found.length === 0 && entriesIn(committed).length === 0) return;
  const { ledger, entries, isNew } = await changeLedger(env.CASES, committed.directionId, async (read, n) => {
    const known = entriesIn(read);
    // The answer to this attempt's own commit was lost.
    if (known.some((one) => one.attempt.startsWith(`${attempt}-`)))
      return { result: { ledger: read, entries: known, isNew: true } };
    const stands = new Set(reissuedIn(read, recorded).map(({ row }) => row));
    const given = await GivenBack.read(read, [recorded, ...known], lines, committed.version);
    const [rows, cutByWord]: [number[], number[]] = [[], []];
    for (const row of found.filter((one) => stands.has(one)).sort((a, b) => a - b)) {
      const isCutByWord = !isAnew && byWord.has(row) && !given.isAskedFor(row);
      if (isCutByWord) cutByWord.push(row);
      if (isCutByWord || (await given.isCutSince(row, before.get(row) ?? [], isAnew))) rows.push(row);
    }
    if (rows.length === 0) return { result: { ledger: read, entries: known, isNew: false } };
    const at = givenBackAt(now, before);
    const next = withRestored(read, recorded, rows, { cut: cutByWord.length, attempt: `${attempt}-${n}`, at });
    await writeObject(
      { bucket: env.WORK, key: preparedKey(read, next.recorded, 'restore.csv') },
      restoreCsv({ directionId: read.directionId, deadline: backOrderDue(at) }, orderedRows('reverify', rows, lines)),
    );
    const moved = cutByWord.map((row) => ({ row, why: 'disconnected_after_verified' as const }));
    await prepareMoved(read, next.recorded, { moved });
    const { ledger } = next;
    return { ledger, result: { ledger, entries: [...known, next.recorded], isNew: true } };
  });
  if (isNew) measure('OrdersIssued', { operator: ledger.operator, order: RESTORE.order });
  for (const entry of entries) {
    await publishBackOrderOnce(env, { ledger, recorded: entry }, now);
    if (receiptKey !== undefined) await tellMoved(ledger, entry, receiptKey);
  }
}
