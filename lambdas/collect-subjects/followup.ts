import * as z from 'zod';
import type { Instant } from '../domain/days.ts';
import {
  directionsWithin,
  type FoundByNight,
  followedBy,
  foundForm,
  linkedBy,
  listedFrom,
  listedOf,
  listedOverdue,
  listedTexts,
  mergeListed,
  type Taken,
  waitingIn,
} from '../domain/follow-ups.ts';
import { sha256Of } from '../domain/hashes.ts';
import { type BatchId, type DirectionId, FOLLOW_UP } from '../domain/identifiers.ts';
import type { Ledger } from '../domain/ledger.ts';
import { LEDGERS_AT_ONCE, ROWS_PER_NIGHT } from '../domain/limits.ts';
import type { Listed } from '../domain/listed.ts';
import { fields } from '../domain/stored.ts';
import { SCREENED } from '../domain/work.ts';
import { logFailure } from '../runtime/failures.ts';
import { log } from '../runtime/log.ts';
import { audit } from '../stores/audit.ts';
import { type Batch, readBatch } from '../stores/cases/batches.ts';
import { leaveFailed } from '../stores/cases/executions.ts';
import { commitNight, type NewestNight, readNewestNight } from '../stores/cases/follow-ups.ts';
import { changeLedger, readLedger } from '../stores/cases/ledgers.ts';
import { concurrently } from '../stores/concurrently.ts';
import { directionsThatWait, readMoved } from '../stores/moves.ts';
import { readText, writeObject } from '../stores/objects.ts';
import type { Collected, Collector } from './collected.ts';
import { env } from './environment.ts';

const input = z.object({ batchId: fields.batch });

/** A night's record of what it found: its batch, and where the record lies. */
type Night = Omit<NewestNight, 'version'>;

/**
 * Collects what a night's follow-up goes on with. What is found is committed first, one night after the other, and marked in the ledgers
 * then: an attempt that tries again, at whatever step, finds the same, and what is moved meanwhile is the next night's. A night before this
 * one that died on its way is finished first, so that its rows stay its own.
 */
export const followUp: Collector = async (collect, { execution, now, attempt }) => {
  const { batchId } = input.parse(collect);
  const night = await nightOf(batchId, { execution, now, attempt });
  if (night === null) return null;
  const found = await readFound(night);
  await takeAll(batchId, found);
  const batch = batchOf(night, execution, now);
  const collected: Collected = {
    batch,
    subjects: { listed: listedFrom(found.listed), linked: found.linked },
    open: async (registered) => {
      await tellRegistered(registered, night, found);
      return { state: 'approved', remindAt: null, decideBy: null };
    },
  };
  return collected;
};

/** What was committed for a night, now or before; null if there is nothing, or if a later night came first. */
async function nightOf(
  batchId: BatchId,
  { execution, now, attempt }: { execution: string; now: Instant; attempt: string },
): Promise<Night | null> {
  for (let n = 0; ; n++) {
    const registered = await readBatch(env.CASES, batchId);
    if (registered) return { batchId, foundKey: registered.file, sha256: registered.sha256 };
    const newest = await readNewestNight(env.CASES);
    if (newest?.batchId === batchId) return newest;
    if (newest && newest.batchId > batchId) return null;
    if (newest) await finish(newest, execution, now);
    const found = await findAll();
    if (found.taken.length === 0) {
      // Another attempt of this night, which runs on beside this one, may have committed and taken all since the newest night was read.
      if ((await readNewestNight(env.CASES))?.batchId !== newest?.batchId) continue;
      return null;
    }
    const text = JSON.stringify(foundForm.write(found));
    const foundKey = SCREENED.found.key(SCREENED.folder(batchId, `${attempt}-${n}`));
    await writeObject({ bucket: env.WORK, key: foundKey }, text);
    const night = { batchId, foundKey, sha256: sha256Of(text) };
    if (await commitNight(env.CASES, night, newest?.version ?? 0)) return night;
  }
}

/** Finishes the night before, if it committed what it found and died: its rows are marked, and its batch has failed, to be begun again. */
async function finish(night: NewestNight, execution: string, now: Instant): Promise<void> {
  if (await readBatch(env.CASES, night.batchId)) return;
  await takeAll(night.batchId, await readFound(night));
  await leaveFailed(env.CASES, { ...batchOf(night, execution, now), state: 'failed' });
  log.warn('an earlier follow-up was left', { batchId: night.batchId });
}

/** Finds what waits in all ledgers that may have something. */
async function findAll(): Promise<FoundByNight> {
  const taken: Taken[] = [];
  const listed: Listed[] = [];
  const linked: Record<string, number> = {};
  const directions = await directionsThatWait(env.WORK);
  let room = ROWS_PER_NIGHT;
  let unread: unknown;
  for (let start = 0; start < directions.length; start += LEDGERS_AT_ONCE) {
    const found = await eachAlone(directions.slice(start, start + LEDGERS_AT_ONCE), findIn);
    unread ??= found.unread;
    const rows = found.read.map((one) => one.rows);
    const within = directionsWithin(rows, room, taken.length === 0);
    for (const one of found.read.slice(0, within)) {
      room -= one.rows;
      taken.push(one.taken);
      listed.push(...one.listed);
      for (const [operator, count] of one.linked) linked[operator] = (linked[operator] ?? 0) + count;
    }
    if (within < rows.length) {
      log.warn('a night has no room for all that waits: the next one goes on', { rows: ROWS_PER_NIGHT - room });
      break;
    }
  }
  // If no direction can be read, the fault lies elsewhere than in one direction.
  if (taken.length === 0 && unread !== undefined) throw unread;
  const texts = listedTexts(mergeListed(listed));
  const isNothing = Object.values(texts).every(({ length }) => length === 0);
  // Rows that have ended since need no night.
  return { taken: isNothing ? [] : taken, listed: texts, linked };
}

/** What waits in a direction. */
interface FoundIn {
  readonly taken: Taken;
  readonly listed: readonly Listed[];
  readonly linked: readonly (readonly [string, number])[];
  readonly rows: number;
}

async function findIn(directionId: DirectionId): Promise<FoundIn | undefined> {
  const ledger = await readLedger(env.CASES, directionId);
  if (ledger === undefined) return undefined;
  const { files, overdue } = waitingIn(ledger);
  if (files.length === 0 && !overdue) return undefined;
  const lines = (await readText({ bucket: env.WORK, key: ledger.rowsKey })).split('\n');
  const listed: Listed[] = overdue ? [listedOverdue(ledger, lines)] : [];
  const linked: [string, number][] = [];
  for (const file of files) {
    const moved = await readMoved(env.WORK, ledger, file);
    listed.push(listedOf(ledger, file, moved, lines, env.EXTENSION_DAYS));
    linked.push(...Object.entries(linkedBy(ledger, file, moved)));
  }
  const taken = { directionId, files: files.map(({ sha256 }) => sha256), overdue };
  return { taken, listed, linked, rows: countListed(listed) };
}

/** The number of rows in lists. */
function countListed(listed: readonly Listed[]): number {
  return listed.flatMap((one) => Object.values(one)).reduce((sum, { length }) => sum + length, 0);
}

/**
 * Finds what waits in each of some directions, in their order. A direction that can't be read hinders no other: it is tried again each
 * night.
 */
async function eachAlone(
  directions: readonly DirectionId[],
  find: (directionId: DirectionId) => Promise<FoundIn | undefined>,
): Promise<{ read: FoundIn[]; unread: unknown }> {
  let unread: unknown;
  const read = await Promise.all(
    directions.map(async (directionId) => {
      try {
        return await find(directionId);
      } catch (error) {
        unread ??= error;
        logFailure(error);
        log.error('a direction whose rows wait cannot be read', { directionId });
        return undefined;
      }
    }),
  );
  return { read: read.filter((one) => one !== undefined), unread };
}

async function readFound({ foundKey }: Night): Promise<FoundByNight> {
  return foundForm.parse(await readText({ bucket: env.WORK, key: foundKey }));
}

/** Marks in their ledgers what a night took. */
async function takeAll(batchId: BatchId, { taken }: FoundByNight): Promise<void> {
  await concurrently(taken, LEDGERS_AT_ONCE, (one) =>
    changeLedger<undefined>(env.CASES, one.directionId, async (read: Ledger) => {
      const ledger = followedBy(read, one, batchId);
      return { ...(ledger && { ledger }), result: undefined };
    }),
  );
}

/** The batch of a night, as it is registered. Nobody decides upon it: people have decided upon the batches whose rows it goes on with. */
function batchOf({ batchId, foundKey, sha256 }: Night, execution: string, now: Instant): Batch {
  return {
    batchId,
    kind: 'followup',
    agency: FOLLOW_UP,
    file: foundKey,
    sha256,
    execution,
    state: 'approved',
    plan: 0,
    startedAt: now,
    approvedAt: now,
    uploadedAt: now,
    report: { rows: 0, rejected: 0, repeats: 0, handsets: 0 },
  };
}

async function tellRegistered(
  { batchId, execution, startedAt }: Batch,
  { foundKey, sha256 }: Night,
  { taken, listed }: FoundByNight,
): Promise<void> {
  const rows = Object.values(listed).reduce((sum, { length }) => sum + length, 0);
  await audit(env, {
    batchId,
    id: `registered/${execution}`,
    kind: 'batch_registered',
    at: startedAt,
    facts: { rows, directions: taken.length },
    files: { found: { key: foundKey, sha256 } },
  });
}
