/**
 * Reads a direction's story from the writes of its ledger, in their order: the orders, the files, the end and the seal. From that and the
 * uploads' text it works out what each of them must have said.
 */
import { inflateRawSync } from 'node:zlib';
import { linesOf } from '../../../test/reckoning/files.ts';
import { DAY, HOUR } from '../story.ts';
import { struckIn } from './decision-files.ts';
import { isOfHandsets, LADDERS } from './kinds.ts';
import { Direction, isOpen, type Known, type Row } from './known.ts';
import { isFollowUp } from './moved-rows.ts';
import { movedLadder, originsOf, seenBefore } from './moves.ts';
import {
  checkOrder,
  expectOrder,
  failedKeyOf,
  firstOrderOf,
  isAnewOf,
  isFailedAnewOf,
  isFirstAnew,
  lastDeadlineTold,
  mayBeMissed,
  noteReplaced,
  orderKeyOf,
} from './orders.ts';
import { checkResponse, checkRestored } from './responses.ts';
import type { Item, LedgerWrite } from './seen.ts';
import { handsetsIn, newestSightings } from './sightings.ts';
import { instant, same } from './values.ts';

/** The outcomes, in the order of their numbers in a ledger's bytes. */
const OUTCOMES = [
  'open',
  'verified',
  'failed',
  'disconnected',
  'not_found',
  'blocked',
  'overdue',
  'surrendered',
  'reissued',
  'withdrawn',
  'restored',
  'unblocked',
  'ported',
  'extended',
];
const BYTES_PER_ROW = 5;
/** The bits of a row that was taken back, and of one that a disconnect order of failed rows carried, in the last byte. */
const REVERSED = 0b1000000;
const FAILED = 0b10000000;

/**
 * Checks all directions: those of plans that count, and those of plans that were given up. All of their writes are gone through in the order
 * in which they were made, since what is answered here may depend on what was said in any other direction before.
 */
export function checkDirections(known: Known): void {
  const counting = new Set(known.batches.map((batch) => `${batch.batchId} ${batch.plan}`));
  const steps: { place: number; checks: Generator<void> }[] = [];
  for (const [id, writes] of known.seen.ledgers) {
    const direction = new Direction(id);
    if (counting.has(`${direction.batch} ${direction.plan}`)) {
      const checks = checkLedger(known, direction, writes);
      steps.push(...writes.map(({ place }) => ({ place, checks })));
    } else known.must(writes.length === 1, `${id}: the direction of a plan that was given up is never worked on`);
  }
  steps.sort((a, b) => a.place - b.place);
  for (const { checks } of steps) checks.next();
}

/** Checks one direction, write by write: each step is one write, and the last one has the end. */
function* checkLedger(known: Known, direction: Direction, writes: LedgerWrite[]): Generator<void> {
  const { id, kind } = direction;
  const must = (holds: boolean, rule: string) => known.must(holds, `${id}: ${rule}`);
  known.directions.set(id, direction);
  const first = firstOrderOf(known, direction);
  must(first !== undefined || mayBeMissed(known, kind) || isFirstAnew(known, direction), 'its first order went out');
  direction.rows =
    first === undefined
      ? claimedFor(known, direction)
      : linesOf(first).lines.map(({ cells }) =>
          isOfHandsets(kind)
            ? // An unblock of a number's use alone is another row than that of the handset.
              `${(cells?.imei ?? '').slice(0, 14)} ${cells?.msisdn ?? ''}`.trim()
            : (cells?.msisdn ?? ''),
        );
  const begun = writes[0]?.item ?? {};
  must(begun.rows === direction.rows.length, 'its first order has all of its rows');
  if (kind === 'reverify') Object.assign(direction, seenFor(known, direction));
  const rows: Row[] = direction.rows.map(() => ({ outcome: 'open', on: '', at: 0 }));
  const startedAt = String(known.seen.cases[`BATCH#${direction.batch}`]?.startedAt);
  const origins = [...originsOf(known, direction).values()];
  const moved =
    kind === 'reverify' ? origins.map((origin) => movedLadder(known, origin, direction.plan, startedAt)) : [];
  must(
    moved.every((one) => same(one, moved[0])),
    'its rows all have its deadlines, and the time that their subscribers were told',
  );
  if (isFollowUp(direction.batch))
    must(origins.length === direction.rows.length, 'each row of a follow-up continues one');
  /** The ladder's deadlines, if it begins at an instant. */
  const ladderFrom = (begins: string) => {
    const later = Date.parse(begins) - Date.parse(startedAt);
    if (moved[0] !== undefined)
      return moved[0].map(({ order, deadline }) => ({ order, deadline: instant(deadline + later) }));
    let deadline = Date.parse(begins);
    return LADDERS[kind].map(([order, days]) => {
      deadline += days * DAY;
      return { order, deadline: instant(deadline) };
    });
  };
  const last = (writes.at(-1)?.item.orders ?? []) as Item[];

  let before: Item = { version: 0, rung: 0, orders: [], files: [], closedAt: null, sealedAt: null, startedAt };
  for (const { place, item } of writes) {
    const rungs = ladderFrom(String(item.startedAt));
    const end = String(rungs.at(-1)?.deadline);
    direction.rungs = rungs;
    direction.ends = Date.parse(end);
    const later = Date.parse(String(item.startedAt)) - Date.parse(String(before.startedAt));
    // A re-verification whose first order can't be published waits for that, in whole hours.
    const mayMove = kind === 'reverify' && (before.begunAt ?? null) === null;
    must(later === 0 || (mayMove && later > 0 && later % HOUR === 0), 'no deadline that was told ever moves');
    const isAnew = mayMove && (before.orders as Item[]).length === 1 && later > 0;
    if (isAnew) before = { ...before, orders: [], rung: 0 };
    const { version, orders, files, closedAt, sealedAt, rung } = item as {
      version: number;
      orders: Item[];
      files: Item[];
      closedAt: string | null;
      sealedAt: string | null;
      rung: number;
    };
    must(version === Number(before.version) + 1, 'each write of its ledger follows the one before');
    must(same(item.rungs, rungs), 'its deadlines are those of its ladder, all from one beginning');
    const ordersBefore = before.orders as Item[];
    const filesBefore = before.files as Item[];
    const newOrders = orders.slice(ordersBefore.length);
    const newEntries = files.slice(filesBefore.length);
    const newFiles = newEntries.filter(({ reversal, after }) => reversal === undefined && after === undefined);
    // An order that takes service and is published again is issued anew, without the rows that were answered since.
    const anew = orders.filter((order, n) => n < ordersBefore.length && isAnewOf(order, ordersBefore[n] as Item));
    const failedAnew = files.filter((file, n) => isFailedAnewOf(file, filesBefore[n]));
    const unchanged = <I extends Item>(now: I[], was: I[], but: I[]) =>
      was.every((one, n) => same(now[n], one) || but.includes(now[n] as I));
    must(unchanged(orders, ordersBefore, anew), 'no order is taken back');
    // A night marks the files with which it goes on, once.
    const marked = files.filter(
      (file, n) =>
        file.followUp !== undefined &&
        filesBefore[n]?.followUp === undefined &&
        same({ ...filesBefore[n], followUp: file.followUp }, file),
    );
    must(unchanged(files, filesBefore, [...failedAnew, ...marked]), 'no recorded file is taken back');
    const [was, is] = [before, item].map((one) => (one.undecided ?? []) as unknown[]) as [unknown[], unknown[]];
    const begun = is.filter((id) => !was.includes(id));
    must(
      begun.every((id) => marked.some(({ followUp }) => followUp === id)),
      'a night decides on what it has taken',
    );
    const isExtendedBy = (file: Item) => rows.some((row) => row.outcome === 'extended' && row.file === file.sha256);
    const toDecide = marked.filter((file) => file.moved !== undefined && isExtendedBy(file));
    must(
      toDecide.every(({ followUp }) => is.includes(followUp)),
      'who was given more time is to be decided on',
    );
    must(
      newOrders.length + newEntries.length + anew.length + failedAnew.length <= 1,
      'one write has one order or one file',
    );
    for (const order of anew) {
      noteReplaced(known, orderKeyOf(direction, order), ordersBefore[orders.indexOf(order)]?.sha256);
      const isNewest = last.some((one) => same(one, order));
      checkOrder(known, direction, order, files, rows, rungs, isNewest);
    }
    for (const file of failedAnew) {
      const { rows: count, deadline, sha256: digest } = file.failedOrder as Item;
      const key = failedKeyOf(direction, file);
      noteReplaced(known, key, (filesBefore[files.indexOf(file)]?.failedOrder as Item | undefined)?.sha256);
      const failed = direction.rows.filter(
        (_, row) => rows[row]?.outcome === 'failed' && rows[row]?.file === file.sha256,
      );
      must(failed.length === count, 'an order issued anew carries who is still failed');
      known.carried.set(`${key} ${digest}`, failed);
      expectOrder(known, key, direction, failed, String(deadline), lastDeadlineTold(known, key, end, mayMove));
    }
    for (const order of newOrders) {
      must(order.rung === rung && rung > Number(before.rung), 'orders come in the order of their rungs');
      must(before.closedAt === null, 'no order comes after the end of the ladder');
      must(kind !== 'reverify' || rung === 1 || before.begunAt !== null, 'no bar is ordered before a re-verification');
      // An order that was issued anew is published as the newest attempt committed it.
      checkOrder(
        known,
        direction,
        order,
        files,
        rows,
        rungs,
        last.some((one) => same(one, order)),
      );
    }
    for (const file of newFiles)
      checkResponse(known, direction, file, rows, {
        closed: closedAt !== null,
        sealedAt,
        end,
        mayMove,
        orders: ordersBefore,
        files: filesBefore,
        undecided: (before.undecided ?? []) as string[],
        place,
      });
    for (const entry of newEntries.filter(({ after }) => after !== undefined))
      checkRestored(known, direction, entry, rows, { files: filesBefore, place });
    const bytes = inflateRawSync((item.late ?? item.outcomes) as Buffer);
    const outcomeAt = (row: number) => OUTCOMES[(bytes[row * BYTES_PER_ROW] ?? 0) & 31];
    for (const entry of newEntries.filter(({ reversal }) => reversal !== undefined))
      withdraw(known, direction, entry, rows, { closed: before.closedAt !== null, files: filesBefore, outcomeAt });
    for (const [n, row] of rows.entries()) {
      const marks = bytes[n * BYTES_PER_ROW + 4] ?? 0;
      const hadFailed = (marks & FAILED) !== 0;
      must(hadFailed === (row.hadFailed === true), 'it knows which rows a disconnect order of failed ones carried');
      const isReversed = (marks & REVERSED) !== 0;
      must(isReversed || row.reversed !== true, 'what was taken back stays so');
      const isTaken = isReversed && (row.reversed !== true || row.outcome === 'withdrawn');
      const taking = isTaken ? newEntries.find(({ reversal }) => reversal !== undefined) : undefined;
      if (taking !== undefined) row.backAt ??= Date.parse(String(taking.at));
      if (isReversed) row.reversed = true;
    }
    if (closedAt !== null && before.closedAt === null)
      must(!rows.some(isOpen) || closedAt >= end, 'it does not end before its last deadline while a row is open');
    must(before.closedAt === null || closedAt === before.closedAt, 'it ends once');
    if (sealedAt !== null && before.sealedAt === null) {
      must(closedAt !== null, 'it is sealed when it has ended');
      direction.sealed = rows.map((row) => ({ ...row }));
    }
    must(before.sealedAt === null || sealedAt === before.sealedAt, 'it is sealed once');
    const told = direction.rows.map((_, row) => outcomeAt(row));
    const reckoned = rows.map((row) => (closedAt !== null && isOpen(row) ? 'overdue' : row.outcome));
    must(same(told, reckoned), 'its ledger holds what its files say, in the order of their commits');
    if (sealedAt !== null && before.sealedAt !== null) must(same(item.outcomes, before.outcomes), 'a seal stays');
    direction.states.push({ place, rows: rows.map((row) => ({ ...row })), closed: closedAt !== null, orders, files });
    before = item;
    if (item === writes.at(-1)?.item) must(sealedAt !== null, 'it ends, and is sealed');
    if (item === writes.at(-1)?.item) must(is.length === 0, 'each night decides on whom it has taken');
    yield;
  }
}

/** Applies a reversal's entry: open rows end, and moved ones with which no night has gone on. The entry names its rows by its own batch. */
function withdraw(
  known: Known,
  { id, rows: numbers }: Direction,
  entry: Item,
  rows: Row[],
  { closed, files, outcomeAt }: { closed: boolean; files: Item[]; outcomeAt(row: number): string | undefined },
): void {
  let ended = 0;
  for (const [n, row] of rows.entries()) {
    if (outcomeAt(n) !== 'withdrawn' || row.outcome === 'withdrawn') continue;
    const { moved, followUp } = files.find(({ sha256: digest }) => digest === row.file) ?? {};
    const isMoving = ['ported', 'extended'].includes(row.outcome) && moved !== undefined && followUp === undefined;
    known.must((isOpen(row) && !closed) || isMoving, `${id}: a reversal ends what is open, and nothing else`);
    const at = Date.parse(String(entry.at));
    Object.assign(row, { outcome: 'withdrawn', on: '', at, file: entry.sha256 });
    known.withdrawn.push({ reversal: String(entry.reversal), direction: id, number: numbers[n] ?? '' });
    ended++;
  }
  known.must(ended === entry.ended, `${id}: a reversal counts what it ends`);
}

/** The rows of a direction that was never ordered, by their claims. */
function claimedFor(known: Known, { id }: Direction): string[] {
  const rows: string[] = [];
  for (const [key, { pointers }] of Object.entries(known.seen.cases)) {
    const identifier = /^(?:HANDSET|CONN)#(.*)$/.exec(key)?.[1];
    if (identifier === undefined) continue;
    for (const pointer of Object.values((pointers ?? {}) as Record<string, string[]>).flat())
      if (pointer.startsWith(`${id}:`)) rows[Number(pointer.slice(id.length + 1))] = identifier;
  }
  return rows;
}

/**
 * For each of a direction's numbers, the day of its newest sighting when its batch was planned, and the day of the sighting for which it is
 * directed.
 */
function seenFor(known: Known, direction: Direction): Pick<Direction, 'lastSeen' | 'directedFor'> {
  const { batch, rows } = direction;
  if (isFollowUp(batch)) return seenBefore(known, direction);
  const { file, uploadedAt } = known.seen.cases[`BATCH#${batch}`] ?? {};
  const report = known.seen.uploads.find(({ key, at }) => key === file && instant(at) === uploadedAt);
  const handsets = handsetsIn(report?.text ?? '');
  const sightings = newestSightings(known.imported, report?.at ?? 0, handsets, struckIn(known, batch));
  const own = sightings.filter(({ msisdn }) => rows.includes(msisdn));
  return {
    lastSeen: new Map(own.map(({ msisdn, day }) => [msisdn, day])),
    directedFor: new Map(own.map(({ msisdn, onDay }) => [msisdn, onDay])),
  };
}
