/** What is open, and how it stands: for those who watch. */
import { addSeconds, DAY_SECONDS, HOUR_SECONDS, type Instant, secondsBetween } from './days.ts';
import type { OperatorId } from './identifiers.ts';
import { countFiles, countOpen, fileSaying, type Ledger } from './ledger.ts';
import { lastDeadline } from './whereabouts.ts';

/** A batch that has not settled, with the ledgers of its directions; before it is directed there are none. */
export interface OpenBatch {
  readonly startedAt: Instant;
  readonly directed: boolean;
  /**
   * The instant since which it may be planned: its upload, or, if people have to decide upon it, their approval or the latest instant for
   * that; null if it waits for them however long they take.
   */
  readonly plansFrom: Instant | null;
  readonly ledgers: readonly Ledger[];
}

interface Survey {
  readonly batches: number;
  readonly late: number;
  /** Open directions by the order that went out last; `none` if nothing was ordered yet. */
  readonly directions: ReadonlyMap<string, number>;
  /** Open rows. */
  readonly rows: ReadonlyMap<OperatorId, number>;
  /** Open directions of operators that have answered for no row of the batch. */
  readonly unanswered: ReadonlyMap<OperatorId, number>;
}

/** A batch settles at its last deadline; settling and planning take far less than these. */
const SETTLES_WITHIN = HOUR_SECONDS;
const PLANS_WITHIN = DAY_SECONDS;

/** Counts what is open at `now`. */
export function survey(open: readonly OpenBatch[], now: Instant): Survey {
  const directions = new Map<string, number>();
  const rows = new Map<OperatorId, number>();
  const unanswered = new Map<OperatorId, number>();
  const add = <K>(counts: Map<K, number>, key: K, count: number) => counts.set(key, (counts.get(key) ?? 0) + count);
  for (const { ledgers } of open) {
    const answered = new Set(ledgers.filter(isAnswered).map(({ operator }) => operator));
    for (const ledger of ledgers) {
      if (ledger.closedAt !== null) continue;
      const { operator } = ledger;
      add(directions, ledger.orders.at(-1)?.order ?? 'none', 1);
      add(rows, operator, countOpen(ledger));
      if (!answered.has(operator) && now >= halfOfFirstRung(ledger)) add(unanswered, operator, 1);
    }
  }
  return {
    batches: open.length,
    late: open.filter((batch) => isLate(batch, now)).length,
    directions,
    rows,
    unanswered,
  };
}

/** Whether a file said something of a row: a file without rows answers nothing. */
function isAnswered(ledger: Ledger): boolean {
  if (countFiles(ledger) === 0) return false;
  for (let row = 0; row < ledger.rows; row += 1) {
    const said = fileSaying(ledger, row);
    if (said !== undefined && said.reversal === undefined) return true;
  }
  return false;
}

function halfOfFirstRung({ rungs, startedAt }: Ledger): Instant {
  const seconds = secondsBetween(startedAt, rungs[0]?.deadline ?? startedAt);
  return addSeconds(startedAt, seconds / 2);
}

/** Whether a batch should have settled, or have been directed, some time ago. */
function isLate({ directed, plansFrom, startedAt, ledgers }: OpenBatch, now: Instant): boolean {
  if (!directed) return plansFrom !== null && now > addSeconds(plansFrom, PLANS_WITHIN);
  return [startedAt, ...ledgers.map(lastDeadline)].every((end) => now > addSeconds(end, SETTLES_WITHIN));
}
