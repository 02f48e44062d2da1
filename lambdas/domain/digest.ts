/**
 * The administrators' digest of each morning: where batches stand, which decisions wait, what is due within a day, what is overdue, how
 * many failed and are connected still, and what is held up. It counts; it names no number and no handset.
 */
import * as z from 'zod';
import { addSeconds, DAY_SECONDS, type Day, dayOf, type Instant } from './days.ts';
import type { BatchId, OperatorId } from './identifiers.ts';
import { jsonText } from './json.ts';
import type { Ledger } from './ledger.ts';
import { failedRowsDue, grouped, groupedOverdue, type OpenRows, type OverdueRows, rowsDue } from './rows-due.ts';
import { outstanding } from './sealing.ts';
import { SELF_CHECK } from './self-check.ts';
import { hasEnded, STATUSES, type Status, type StatusName } from './status.ts';
import { fields } from './stored.ts';

/** A batch that has not ended. */
interface Underway extends Pick<Status, 'batchId' | 'agency' | 'status' | 'since' | 'next'> {
  readonly openRows: number;
  readonly overdueRows: number;
}

/** A decision that waits; `until` is null if it never lapses, `held` is null if nothing says how many handsets are held. */
interface Waiting extends Pick<Status, 'batchId' | 'agency' | 'since'> {
  readonly until: Instant | null;
  readonly held: number | null;
}

/**
 * Open rows of an operator whose order is to be answered within a day; rows that have failed count at the order that their answer caused.
 */
interface Due extends Pick<OpenRows, 'order' | 'deadline' | 'directions' | 'rows'> {
  readonly operator: OperatorId;
  readonly failed: boolean;
}

/** What the administrators are told of a day: batches, decisions, what is due, overdue and held up. It names no number. */
export interface Digest {
  readonly day: Day;
  /** The instant at which all this was so. */
  readonly asOf: Instant;
  /** The batches under way, and those that ended within a day, by status; failed ones for as long as they are failed. */
  readonly statuses: Readonly<Partial<Record<StatusName, number>>>;
  readonly underway: readonly Underway[];
  readonly ended: readonly Pick<Status, 'batchId' | 'agency' | 'status' | 'since'>[];
  readonly decisions: readonly Waiting[];
  readonly due: readonly Due[];
  /** How many rows these are, each once: failed ones may be due by both orders. */
  readonly dueRows: number;
  readonly overdue: readonly OverdueRows[];
  /** Rows that failed re-verification, and are not disconnected. */
  readonly failed: readonly { readonly operator: string; readonly rows: number }[];
  /** Usage files that are held up at the gate. */
  readonly gated: readonly { readonly operator: OperatorId; readonly files: number }[];
  /** Uploads that went into quarantine within 30 days, and that nobody has worked on since. */
  readonly quarantined: number;
  /** Uploads that were found in wrong places within a day. */
  readonly strays: number;
  /** Queues of dead letters in which some lie, with how many. */
  readonly deadLetters: readonly { readonly queue: string; readonly messages: number }[];
  /** Batches of which nothing could be told: nothing here counts them. */
  readonly untold: readonly BatchId[];
}

/** What is known of a batch. */
export interface ToldBatch {
  readonly status: Status;
  readonly ledgers: readonly Ledger[];
  /** The held handsets of a batch that is decided upon. */
  readonly held: number | null;
}

interface DigestInput extends Pick<Digest, 'quarantined' | 'strays'> {
  readonly batches: readonly ToldBatch[];
  readonly untold: readonly BatchId[];
  readonly gated: ReadonlyMap<OperatorId, number>;
  readonly deadLetters: ReadonlyMap<string, number>;
  readonly now: Instant;
}

/** The digest of the day in India on which `now` is. The self-check's batches are in no digest. */
export function digestOf({ batches, untold, gated, quarantined, strays, deadLetters, now }: DigestInput): Digest {
  const all = batches.filter(({ status: { agency } }) => agency !== SELF_CHECK).toSorted(byId);
  const lately = addSeconds(now, -DAY_SECONDS);
  const told = all.filter(
    ({ status: { status, since } }) => !hasEnded(status) || status === 'failed' || since >= lately,
  );
  const statuses = STATUSES.map((name) => [name, told.filter(({ status }) => status.status === name).length] as const);
  const statusesOf = (ended: boolean) =>
    told.flatMap(({ status }) => (hasEnded(status.status) === ended ? [status] : []));
  return {
    day: dayOf(now),
    asOf: now,
    statuses: Object.fromEntries(statuses.filter(([, count]) => count > 0)),
    underway: statusesOf(false).map(({ batchId, agency, status, since, next, open, overdue }) => ({
      ...{ batchId, agency, status, since, next },
      openRows: sumOf(open),
      overdueRows: sumOf(overdue),
    })),
    ended: statusesOf(true).map(({ batchId, agency, status, since }) => ({ batchId, agency, status, since })),
    decisions: told
      .flatMap(({ status: { batchId, agency, status, since, next }, held }) =>
        status === 'waiting' ? [{ batchId, agency, since, until: next?.by ?? null, held }] : [],
      )
      .toSorted((a, b) => (untilOf(a) < untilOf(b) ? -1 : 1)),
    ...dueOf(all, now),
    overdue: groupedOverdue(all.flatMap(({ status }) => status.overdue)),
    failed: failedOf(all),
    gated: [...gated].filter(([, files]) => files > 0).map(([operator, files]) => ({ operator, files })),
    quarantined,
    strays,
    deadLetters: [...deadLetters]
      .filter(([, messages]) => messages > 0)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([queue, messages]) => ({ queue, messages })),
    untold: [...untold].sort(),
  };
}

/** The digest's bytes. */
export function digestText(digest: Digest): string {
  return jsonText(digest);
}

/** The instant that an existing digest tells of; undefined if the text is no digest, which is written anew then. */
export function digestedAt(text: string): Instant | undefined {
  try {
    return z.object({ asOf: fields.instant }).safeParse(JSON.parse(text)).data?.asOf;
  } catch {
    return undefined;
  }
}

/** The figures of a digest, for its notice and the page's first lines. */
export function digestFigures(digest: Digest) {
  const { underway, decisions, dueRows, overdue, failed, gated, quarantined, strays, deadLetters } = digest;
  return {
    batches: underway.length,
    decisions: decisions.length,
    due: dueRows,
    overdue: sumOf(overdue),
    failed: sumOf(failed),
    heldHandsets: decisions.reduce((sum, { held }) => sum + (held ?? 0), 0),
    heldFiles: gated.reduce((sum, { files }) => sum + files, 0),
    quarantined,
    strays,
    deadLetters: deadLetters.reduce((sum, { messages }) => sum + messages, 0),
  };
}

const byId = (a: ToldBatch, b: ToldBatch) => (a.status.batchId < b.status.batchId ? -1 : 1);
/** A decision that never lapses comes last. */
const untilOf = ({ until, batchId }: Waiting) => `${until ?? '~'} ${batchId}`;
const sumOf = (all: readonly { readonly rows: number }[]) => all.reduce((sum, { rows }) => sum + rows, 0);

/** What is to be answered within a day, by operator and order, the soonest deadline of each; and how many rows that are. */
function dueOf(batches: readonly ToldBatch[], now: Instant): Pick<Digest, 'due' | 'dueRows'> {
  const until = addSeconds(now, DAY_SECONDS);
  const due: Due[] = [];
  let rows = 0;
  for (const ledger of batches.flatMap(({ ledgers }) => ledgers)) {
    const { operator } = ledger;
    const running = rowsDue(ledger, now, until);
    const failed = failedRowsDue(ledger, (deadline) => deadline > now && deadline <= until);
    if (running !== undefined) due.push(dueOne(operator, running, false));
    if (failed !== undefined) {
      const own = { order: 'disconnect', deadline: failed.earliest, directions: 1, rows: failed.rows } as const;
      due.push(dueOne(operator, own, true));
    }
    // The failed rows are among the open ones of the ladder.
    rows += running?.rows ?? failed?.rows ?? 0;
  }
  const keyOf = ({ operator, order, failed }: Due) => [operator, order, failed].join();
  const soonest = new Map<string, Instant>();
  for (const one of due) {
    const known = soonest.get(keyOf(one));
    if (known === undefined || one.deadline < known) soonest.set(keyOf(one), one.deadline);
  }
  const all = grouped(due, keyOf).map((one) => ({ ...one, deadline: soonest.get(keyOf(one)) ?? one.deadline }));
  return { due: all, dueRows: rows };
}

const dueOne = (
  operator: OperatorId,
  { order, deadline, directions, rows }: Pick<Due, 'order' | 'deadline' | 'directions' | 'rows'>,
  failed: boolean,
): Due => ({ operator, order, failed, deadline, directions, rows });

/** Rows that failed and are not disconnected, by operator: while their ladder runs, and when it has ended. */
function failedOf(batches: readonly ToldBatch[]): Digest['failed'] {
  const rows = new Map<string, number>();
  for (const { ledgers } of batches)
    for (const ledger of ledgers)
      rows.set(ledger.operator, (rows.get(ledger.operator) ?? 0) + outstanding(ledger).failed);
  return [...rows]
    .filter(([, count]) => count > 0)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([operator, count]) => ({ operator, rows: count }));
}
