/** The contents of each kind of batch: the books that its ledgers add up to, its lists, and the instant when it settles. */
import { dayAt, imeiIn, linesOf } from '../../../test/reckoning/files.ts';
import { type Kind, noOperator } from '../../../test/reckoning/tables.ts';
import { DAY, OPERATORS } from '../story.ts';
import type { Direction, Known } from './known.ts';
import type { Item } from './seen.ts';
import { handsetsIn, latestImport } from './sightings.ts';
import { sum } from './values.ts';

/** A batch settles at its last deadline; faults keep it from that for hours, and a lost sweep for a day. */
const SETTLES_WITHIN = 1.5 * DAY;

const summaryWord = (outcome: string) =>
  ({ open: 'overdue', failed: 'overdue', not_found: 'notFound' })[outcome] ?? outcome;

export const directionsOf = (known: Known, id: string) =>
  [...known.directions.values()].filter(({ batch }) => batch === id);

/** An operator's part of the books; `outcomes` are those of rows that are given back. */
export type Books = ReturnType<typeof noOperator> & { outcomes: Record<string, number> };

const noOutcomes = (): Record<string, number> => ({
  ...{ directed: 0, restored: 0, unblocked: 0, notFound: 0, overdue: 0 },
});

export const noBooks = (): Record<string, Books> =>
  Object.fromEntries(OPERATORS.map((operator) => [operator, { ...noOperator(), outcomes: noOutcomes() }]));

/**
 * Counts the ledgers' outcomes, as they were sealed.
 * @returns the rows whose connection has ended, as the batch's list has them
 */
export function countSealed(own: readonly Direction[], operators: Record<string, Books>): string[] {
  const ended: string[] = [];
  for (const { kind, operator, rows, sealed = [] } of own) {
    const summary = operators[operator] as Books;
    const counts = { block: summary.blocks, reverify: summary.connections }[kind as Kind] ?? summary.outcomes;
    summary.directions++;
    for (const { outcome } of sealed) {
      sum(counts, summaryWord(outcome));
      if (outcome === 'failed') sum(counts, 'overdueFailed');
    }
    if (sealed.some(({ outcome }) => summaryWord(outcome) === 'overdue')) summary.overdueDirections++;
    for (const [row, { outcome, on, reversed }] of sealed.entries())
      if (['disconnected', 'surrendered'].includes(outcome) && !reversed) ended.push(`${rows[row]},${operator},${on}`);
  }
  return ended.sort();
}

/** Expects the books of a report or a follow-up, and its lists. */
export function expectBooks(
  known: Known,
  item: Item,
  own: readonly Direction[],
  operators: Record<string, Books>,
  { elsewhere, report }: { elsewhere: string[]; report: ReturnType<typeof reportOf> },
): void {
  const id = String(item.batchId);
  const disconnected = countSealed(own, operators);
  const settledAt = Date.parse(String(item.settledAt));
  const connections: Record<string, number> = {};
  const blocks: Record<string, number> = {};
  const outcomes: Record<string, number> = {};
  const isReport = item.kind === 'report';
  const shown: Record<string, object> = {};
  for (const [operator, summary] of Object.entries(operators)) {
    for (const [word, count] of Object.entries(summary.connections)) sum(connections, word, count);
    for (const [word, count] of Object.entries(summary.blocks)) sum(blocks, word, count);
    for (const [word, count] of Object.entries(summary.outcomes)) sum(outcomes, word, count);
    summary.latestImport = latestImport(known.imported, operator, settledAt) ?? null;
    const { outcomes: back, ...others } = summary;
    shown[operator] = isReport ? others : { ...others, outcomes: back };
  }
  known.expected[`batches/${id}/summary.json`] = {
    batchId: id,
    agency: item.agency,
    file: isReport ? item.file : '',
    status: isReport && report.handsets === 0 ? 'empty' : 'settled',
    report,
    connections,
    blocks,
    ...(isReport ? {} : { outcomes }),
    operators: shown,
    unexplained: 0,
    startedAt: item.startedAt,
    settledAt: item.settledAt,
  };
  known.expected[`batches/${id}/elsewhere.csv`] = elsewhere.sort();
  known.expected[`revocations/${dayAt(settledAt)}/${id}`] = disconnected;
  for (const [key, row] of own.flatMap(({ late }) => late)) {
    const list = (known.expected[key] ?? []) as string[];
    known.expected[key] = [...list, row].sort();
  }
}

/** Checks that a batch settles at its last deadline. */
export function checkEnds(known: Known, item: Item, own: readonly Direction[]): void {
  const must = (holds: boolean, rule: string) => known.must(holds, `${item.batchId}: ${rule}`);
  const settledAt = Date.parse(String(item.settledAt));
  const ends = Math.max(Date.parse(String(item.startedAt)), ...own.map((direction) => direction.ends));
  must(settledAt >= ends, 'it does not settle before its last deadline');
  must(settledAt <= ends + SETTLES_WITHIN + known.seen.patience, 'it settles at its last deadline, or hours after it');
}

/** The counts of a report's rows by how they were taken. */
export function reportOf(text: string): Record<'rows' | 'rejected' | 'repeats' | 'handsets', number> {
  const { lines } = linesOf(text);
  const handsets = handsetsIn(text).size;
  const rejected = lines.filter(({ cells }) => !cells || 'reason' in imeiIn(cells.imei)).length;
  return { rows: lines.length, rejected, repeats: lines.length - rejected - handsets, handsets };
}
