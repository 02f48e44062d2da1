import type { Context } from 'aws-lambda';
import type { LocalCloud } from 'local-cloud';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { directionRowLine } from '../../lambdas/domain/directions.ts';
import { foundForm, listedFrom } from '../../lambdas/domain/follow-ups.ts';
import { sha256Of } from '../../lambdas/domain/hashes.ts';
import type { BatchId, DirectionId } from '../../lambdas/domain/identifiers.ts';
import type { Ledger } from '../../lambdas/domain/ledger.ts';
import { movedForm } from '../../lambdas/domain/moves.ts';
import type { Answer } from '../../lambdas/domain/outcome-rules.ts';
import { answered, day, fresh, imei, msisdn } from '../domain/example.ts';
import { CASES, closeStores, openStores, WORK } from './lab.ts';

/**
 * The nights' list, made by the function itself on a database and a bucket of its own, which is killed before and after each of its
 * writes: whatever becomes of an attempt, each row that was moved is in one night, and none is lost.
 */
let cloud: LocalCloud;
type Handler = (event: unknown, context: Context) => Promise<unknown>;
let collect: Handler;
const load = async () => ({
  ...(await import('../../lambdas/stores/clients.ts')),
  ...(await import('../../lambdas/stores/objects.ts')),
  ...(await import('../../lambdas/stores/moves.ts')),
  ...(await import('../../lambdas/stores/cases/ledgers.ts')),
  ...(await import('../../lambdas/stores/cases/batches.ts')),
  ...(await import('../../lambdas/stores/cases/executions.ts')),
});
let stores: Awaited<ReturnType<typeof load>>;

/** Which write of a function is its last, and whether that is carried out; undefined: it lives. */
let dies: { write: number; carriedOut: boolean } | undefined;
let writes = 0;
class Killed extends Error {}
/** What comes to pass, once, after the newest night was read. */
let meanwhile: (() => Promise<void>) | undefined;
/** What of a client's stack is used here. */
interface Middlewares {
  add(middleware: unknown, options: object): void;
}

beforeAll(async () => {
  cloud = await openStores();
  Object.assign(process.env, {
    WORK,
    CASES,
    OPERATORS: 'airtel,jio',
    LINKS_PER_SHARD: '100',
    POWERTOOLS_LOG_LEVEL: 'SILENT',
    EXTENSION_DAYS: '30',
    // Nobody decides upon a night: what its function has for reversals is not used here.
    OUTBOX: 'outbox',
    APPROVERS_TOPIC: 'arn:aws:sns:ap-south-1:000000000000:approvers',
    ADMINISTRATORS_TOPIC: 'arn:aws:sns:ap-south-1:000000000000:administrators',
    REVERSAL_LIMITS: JSON.stringify({ people: 1, peopleForLarge: 2, large: 100, mostSubjects: 10_000 }),
    AUDIT_QUEUE: `${cloud.endpoint}/000000000000/tokens`,
  });
  stores = await load();
  collect = ((await import('../../lambdas/collect-subjects/handler.ts')) as unknown as { handler: Handler }).handler;
  const kills = (next: (args: never) => Promise<never>, context: { commandName?: string }) => async (args: never) => {
    if (!/^(Put|Update)/.test(context.commandName ?? '')) return await next(args);
    writes += 1;
    const last = dies?.write === writes;
    if (last && !dies?.carriedOut) throw new Killed();
    const done = await next(args);
    if (last) throw new Killed();
    return done;
  };
  for (const { middlewareStack } of [stores.dynamo, stores.s3] as { middlewareStack: Middlewares }[])
    middlewareStack.add(kills, { step: 'initialize', name: 'kills' });
  const passes = (next: (args: never) => Promise<never>) => async (args: { input: { Key?: { pk?: unknown } } }) => {
    const read = await next(args as never);
    if (meanwhile === undefined || args.input.Key?.pk !== 'FOLLOWUPS') return read;
    const comesToPass = meanwhile;
    meanwhile = undefined;
    await comesToPass();
    return read;
  };
  (stores.dynamo as { middlewareStack: Middlewares }).middlewareStack.add(passes, {
    step: 'initialize',
    name: 'passes',
  });
});
afterAll(async () => {
  for (const client of [stores?.dynamo, stores?.s3])
    for (const name of ['kills', 'passes']) client?.middlewareStack.remove(name);
  await closeStores(cloud);
});

let next = 0;
/** A direction of three numbers at airtel. */
async function direction(): Promise<Ledger> {
  const directionId = `mha-0123456789ab.reverify.airtel.1-0-${next++}` as DirectionId;
  const rowsKey = `plans/1/decisions/reverify-0/a/${next}.tsv`;
  const line = (n: number) =>
    directionRowLine('reverify', {
      msisdn: msisdn(`98${String(10 * next + n).padStart(8, '0')}`),
      imei: imei('35100000000001'),
      lastSeen: day('2026-05-20'),
      lsa: '',
    });
  await stores.writeObject({ bucket: WORK, key: rowsKey }, [0, 1, 2].map((n) => `${line(n)}\n`).join(''));
  const ledger = { ...fresh(3), directionId, rowsKey };
  await stores.createLedger(CASES, ledger);
  return ledger;
}

/** Records an answer that moves a row, as Record does: its list and the mark first. */
async function move(ledger: Ledger, row: number, outcome: Answer): Promise<Ledger> {
  const current = (await stores.readLedger(CASES, ledger.directionId)) ?? ledger;
  const applied = answered(current, [[row, outcome]], { sha256: sha256Of(`${ledger.directionId} ${row}`) });
  const file = applied.ledger.files.at(-1);
  if (file === undefined) throw new Error('no file');
  const rows = JSON.stringify(movedForm.write({ rows: applied.moved }));
  await stores.writeObject({ bucket: WORK, key: stores.movedKey(ledger, file) }, rows);
  await stores.markWaiting(WORK, ledger.directionId);
  await stores.commitLedger(CASES, applied.ledger);
  return applied.ledger;
}

let nights = 0;
const newNight = () => `followup-${20260601 + nights++}0000` as BatchId;
/** One attempt of a night; whether it lived. */
async function attempt(batchId: BatchId, name = batchId as string): Promise<boolean> {
  writes = 0;
  const event = { collect: { kind: 'followup', batchId }, execution: `arn:${name}`, now: '2026-06-05T19:00:00Z' };
  try {
    await collect(event, { awsRequestId: `${name}-${next++}` } as Context);
    return true;
  } catch {
    return false;
  }
}

/** Each row that some registered night goes on with, as `<direction>:<row>`. */
async function goesOn(batches: readonly BatchId[]): Promise<string[]> {
  const rows: string[] = [];
  for (const id of batches) {
    const batch = await stores.readBatch(CASES, id);
    if (batch === undefined) continue;
    const found = foundForm.parse(await stores.readText({ bucket: WORK, key: batch.file }));
    for (const { from } of listedFrom(found.listed).reverify ?? []) rows.push(`${from?.directionId}:${from?.row}`);
  }
  return rows.sort();
}

/** How many writes a night makes that lists two directions. */
const WRITES = 8;

describe('a night', { timeout: 120_000 }, () => {
  it('that lists nothing registers no batch', async () => {
    const night = newNight();
    expect(await attempt(night)).toBe(true);
    expect(await stores.readBatch(CASES, night)).toBeUndefined();
  });

  it.each(
    Array.from({ length: WRITES }, (_, n) => n + 1).flatMap((write) => [
      { write, carriedOut: false },
      { write, carriedOut: true },
    ]),
  )(
    'that is killed at its write $write (carried out: $carriedOut) has each row once, tried again or left to the next night',
    async (kill) => {
      for (const isTriedAgain of [true, false]) {
        const [one, other] = [await direction(), await direction()];
        await move(one, 0, 'ported');
        await move(other, 1, 'extended');
        const [tonight, tomorrow] = [newNight(), newNight()];
        dies = kill;
        await attempt(tonight);
        dies = undefined;
        // It is moved while the first attempt lies dead.
        await move(one, 2, 'ported');
        if (isTriedAgain) expect(await attempt(tonight)).toBe(true);
        expect(await attempt(tomorrow)).toBe(true);
        const expected = [`${one.directionId}:0`, `${one.directionId}:2`, `${other.directionId}:1`];
        expect(await goesOn([tonight, tomorrow])).toEqual(expected.sort());
        // What was left failed is begun again by the sweep, in another execution, and is what it was.
        const left = await stores.readBatch(CASES, tonight);
        if (left?.state === 'failed') {
          expect(await attempt(tonight, `${tonight}_again`)).toBe(true);
          expect(await stores.readBatch(CASES, tonight)).toMatchObject({ state: 'approved', sha256: left.sha256 });
        }
        expect(await goesOn([tonight, tomorrow])).toEqual(expected);
      }
    },
  );

  it('goes on with the others where one direction cannot be read, and fails where none can', async () => {
    const [damaged, whole] = [await direction(), await direction()];
    const broken = await move(damaged, 0, 'ported');
    const file = broken.files.at(-1);
    if (file === undefined) throw new Error('no file');
    const place = { bucket: WORK, key: stores.movedKey(broken, file) };
    const list = await stores.readText(place);
    await stores.writeObject(place, '{');
    const [alone, tonight, tomorrow] = [newNight(), newNight(), newNight()];
    expect(await attempt(alone)).toBe(false);
    await move(whole, 1, 'extended');
    expect(await attempt(tonight)).toBe(true);
    expect(await goesOn([tonight])).toEqual([`${whole.directionId}:1`]);
    // Once it can be read again, the next night has it.
    await stores.writeObject(place, list);
    expect(await attempt(tomorrow)).toBe(true);
    expect(await goesOn([tomorrow])).toEqual([`${damaged.directionId}:0`]);
  });

  it('goes on in an attempt that finds nothing, since one that runs on beside it has taken all meanwhile', async () => {
    const one = await direction();
    await move(one, 0, 'ported');
    const night = newNight();
    const event = {
      collect: { kind: 'followup', batchId: night },
      execution: `arn:${night}`,
      now: '2026-06-05T19:00:00Z',
    };
    meanwhile = async () => expect(await attempt(night)).toBe(true);
    // Where it said that there is nothing, the machine would end well, and nobody would go on with what was taken.
    expect(await collect(event, { awsRequestId: `${night}-beside` } as Context)).toMatchObject({
      batch: { batchId: night },
      decided: { state: 'approved' },
    });
    expect(meanwhile).toBeUndefined();
    expect(await goesOn([night])).toEqual([`${one.directionId}:0`]);
  });

  it('has each row once where two attempts of it run at the same time, and beside them the next one', async () => {
    for (let n = 0; n < 3; n += 1) {
      const [one, other] = [await direction(), await direction()];
      await move(one, 0, 'ported');
      const [tonight, tomorrow] = [newNight(), newNight()];
      const together = [attempt(tonight), attempt(tonight), attempt(tomorrow)];
      await move(other, 1, 'extended');
      expect(await Promise.all(together)).toEqual([true, true, true]);
      const later = newNight();
      expect(await attempt(later)).toBe(true);
      const expected = [`${one.directionId}:0`, `${other.directionId}:1`].sort();
      expect(await goesOn([tonight, tomorrow, later])).toEqual(expected);
    }
  });
});
