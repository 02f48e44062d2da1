/** How numbers ended, as bars and tables of pages. */
import type { BookSummary } from './books.ts';
import { type Bar, bars, type Series } from './charts.ts';
import type { Content, Html } from './html.ts';
import { BOOKS } from './kinds.ts';
import { table } from './page-parts.ts';
import { countText } from './wording.ts';

/** Counts of numbers: a summary's, or those of a status, in which some are open. */
export type Counts = Partial<BookSummary<'connections'>> & { readonly open?: number };
type Column = keyof typeof BOOKS.connections.ended | 'open';

/** How rows end, or that they are open, in words and in the colours of the charts. */
const ENDS: readonly (Series & { readonly column: Column })[] = [
  { column: 'verified', name: 'verified', colour: 'good' },
  { column: 'disconnected', name: 'disconnected', colour: 'bad' },
  { column: 'surrendered', name: 'surrendered', colour: 'bad' },
  { column: 'notFound', name: 'not found', colour: 'none' },
  { column: 'ported', name: 'ported', colour: 'moved' },
  { column: 'extended', name: 'extended', colour: 'moved' },
  { column: 'reissued', name: 'somebody else’s', colour: 'withdrawn' },
  { column: 'withdrawn', name: 'withdrawn', colour: 'withdrawn' },
  { column: 'overdue', name: 'overdue', colour: 'late' },
  { column: 'open', name: 'open', colour: 'open' },
];

/** The series of charts of outcomes. */
export const OUTCOME_SERIES: readonly Series[] = ENDS;

/** The count of each series. */
export function outcomeCounts(counts: Counts): number[] {
  return ENDS.map(({ column }) => counts[column] ?? 0);
}

/** A column in words: `notFound` is "not found". */
export function columnWords(column: string): string {
  if (column === 'alreadyOpen') return 'already open elsewhere';
  return column.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

const worded = (all: readonly (readonly [count: number, name: string])[]) =>
  all
    .filter(([count]) => count > 0)
    .map(([count, name]) => `${countText(count)} ${name}`)
    .join(', ');

/**
 * A funnel: the numbers that a batch met, those of them that were directed, and what became of these.
 * @param met the words for the first
 */
export function outcomeBars(id: string, connections: Counts, met = 'Numbers seen in these handsets'): Html {
  const { linked = 0, directed = 0 } = connections;
  const decided = Object.keys(BOOKS.connections.decided) as (keyof typeof BOOKS.connections.decided)[];
  const left = worded(
    decided.filter((column) => column !== 'directed').map((column) => [connections[column] ?? 0, columnWords(column)]),
  );
  const became = worded(ENDS.map(({ column, name }) => [connections[column] ?? 0, name]));
  const funnel: Bar[] = [
    { name: met, count: linked },
    {
      name: 'Directed to be re-verified',
      count: directed,
      ...(left === '' ? {} : { note: `left out: ${left}` }),
    },
    {
      name: 'What became of them',
      count: directed,
      parts: outcomeCounts(connections),
      ...(became === '' ? {} : { note: became }),
    },
  ];
  return bars(id, 'From the numbers to their outcomes', funnel, ENDS);
}

/** What became of the numbers of each operator, in the columns that count something at any operator. */
export function outcomeTable(
  id: string,
  caption: string,
  operators: readonly (readonly [name: string, Counts])[],
): Html {
  const used = ENDS.filter(({ column }) => operators.some(([, counts]) => (counts[column] ?? 0) > 0));
  return table(
    id,
    caption,
    [
      { title: 'Operator' },
      { title: 'directed', count: true },
      ...used.map(({ name }) => ({ title: name, count: true })),
    ],
    operators.map(([name, counts]): Content[] => [
      name,
      counts.directed ?? 0,
      ...used.map(({ column }) => counts[column] ?? 0),
    ]),
  );
}
