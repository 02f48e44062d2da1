/** The report at a run's end, for a person to read. */
import type { Summary } from '../lambdas/domain/books.ts';
import { FOLLOW_UP } from '../lambdas/domain/identifiers.ts';
import { BOOKS, type Book, LEFT_OUT } from '../lambdas/domain/kinds.ts';
import { columnWords } from '../lambdas/domain/outcome-bars.ts';
import { SUBJECT_STATES } from '../lambdas/domain/subject-states.ts';
import type { Conducted } from './conduct.ts';
import type { OrderNotice } from './desk.ts';
import type { GatedFile } from './gated.ts';
import type { Results, Reversed } from './results.ts';

const number = (value: number): string => value.toLocaleString('en-US');
const several = (count: number, what: string): string => `${number(count)} ${what}${count === 1 ? '' : 's'}`;
const instant = (text: string): string => text.replace('T', ' ').replace(/:\d\d(\.\d+)?Z$/, 'Z');

/**
 * The events of a run, batch by batch and then night by night, its reversals, and the place of its files.
 * @param out the folder of the files; undefined where they could not be saved
 */
export function reportText(
  summaries: readonly Summary[],
  {
    orders,
    administrators,
    gated = [],
    reversals = [],
  }: Pick<Conducted, 'orders' | 'administrators' | 'gated'> & Partial<Pick<Results, 'reversals'>>,
  out: string | undefined,
): string {
  const nights = summaries.filter(({ agency }) => agency === FOLLOW_UP);
  const blocks = summaries
    .filter(({ agency }) => agency !== FOLLOW_UP)
    .map((summary) => batchText(summary, orders))
    .concat(nights.length === 0 ? [] : [nightsText(nights)])
    .concat(reversals.length === 0 ? [] : [reversalsText(reversals)]);
  const told = toldText(administrators);
  const files = [
    'Files',
    `  ${out}/index.html         the run's story as a page, with links to all files`,
    `  ${out}/outbox/batches/    a summary for each batch; beside it orders/, previews/, receipts/, rejects/, revocations/`,
    `  ${out}/inbox/             everything that was uploaded`,
    `  ${out}/audit/             what was decided, as chained entries: npm run audit follows them`,
    `  ${out}/logs/              what the functions wrote; beside it executions/, those that failed`,
    `  ${out}/run.json           what the run used`,
  ];
  const held = gated.length === 0 ? [] : [gatedText(gated)];
  const parts = [...blocks, ...held, ...(told === '' ? [] : [told]), ...(out === undefined ? [] : [files.join('\n')])];
  return `${parts.join('\n\n')}\n`;
}

/**
 * The time and memory that a run took on this machine.
 * @param milliseconds of real time
 * @param bytes the most memory that its processes had
 */
export function tookText(milliseconds: number, bytes: number): string {
  const seconds = Math.round(milliseconds / 1000);
  const time = seconds < 120 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `Took ${time} of this machine's time, and at most ${(bytes / 1e9).toFixed(2)} GB of its memory`;
}

/** The columns that are seldom used: a batch's lines and its table name them only where they count something. */
const SELDOM: ReadonlySet<string> = new Set([
  ...LEFT_OUT,
  'reversed',
  'reissuedBefore',
  'ported',
  'extended',
  'reissued',
  'withdrawn',
]);

/** A book's columns in the order in which they are printed: first the directed ones, then the others in the summary's order. */
const DECIDED = { connections: decidedOf('connections'), blocks: decidedOf('blocks') };
const ENDED = { connections: Object.keys(BOOKS.connections.ended), blocks: Object.keys(BOOKS.blocks.ended) };

function decidedOf(book: Book): string[] {
  const columns = Object.keys(BOOKS[book].decided).filter((column) => column !== 'directed');
  return ['directed', ...columns.filter((column) => !SELDOM.has(column)), ...columns.filter((c) => SELDOM.has(c))];
}

function batchText(summary: Summary, orders: readonly OrderNotice[]): string {
  const { report, connections, blocks } = summary;
  const list = (of: object, columns: readonly string[]): string => {
    const counts = countsOf(of);
    return columns
      .filter((column) => !SELDOM.has(column) || (counts[column] ?? 0) > 0)
      .map((column) => `${number(counts[column] ?? 0)} ${columnWords(column)}`)
      .join(', ');
  };
  const opening = `Batch ${summary.batchId} of ${summary.agency}, from ${summary.file}`;
  const reported = `  report       ${several(report.rows, 'row')}: ${several(report.handsets, 'handset')}, ${number(report.rejected)} rejected, ${several(report.repeats, 'repeat')}`;
  if (summary.status !== 'settled')
    return [
      opening,
      `  ended        ${summary.status === 'empty' ? 'empty: there was nothing to act on,' : summary.status.replace('_', ' ')} at ${instant(summary.settledAt)}`,
      reported,
    ].join('\n');
  return [
    opening,
    `  ran          ${instant(summary.startedAt)} to ${instant(summary.settledAt)}`,
    reported,
    `  connections  ${number(connections.linked)} linked: ${list(connections, DECIDED.connections)}`,
    `               ${list(connections, ENDED.connections)}`,
    `  blocks       ${number(blocks.rows)} asked for: ${list(blocks, DECIDED.blocks)}`,
    `               ${list(blocks, ENDED.blocks)}`,
    `  unexplained  ${number(summary.unexplained)}`,
    '',
    ...operatorTable(summary).map((line) => `  ${line}`),
    ...deadlines(summary.batchId, orders).map((line) => (line === '' ? '' : `  ${line}`)),
  ].join('\n');
}

/** A line for each night's follow-up: how the rows ended with which it went on. */
function nightsText(nights: readonly Summary[]): string {
  const lines = nights.map(({ batchId, settledAt, connections, outcomes = {}, unexplained }) => {
    const left = DECIDED.connections.filter((column) => column !== 'directed');
    const moved = parts(connections, [...left, ...ENDED.connections]);
    const back = parts(outcomes, Object.keys(BOOKS.outcomes.ended));
    const all = [
      `ended ${instant(settledAt)}`,
      ...(moved === '' ? [] : [`${several(connections.linked, 'number')} moved: ${moved}`]),
      ...(back === '' ? [] : [`to give back: ${back}`]),
      `unexplained ${number(unexplained)}`,
    ];
    return `  ${batchId}  ${all.join('; ')}`;
  });
  return ['Follow-ups, each of which goes on at night with what was moved before', ...lines].join('\n');
}

/** A line for each reversal: who asked for it, who decided, what became of the subjects asked for, and what it gave back. */
function reversalsText(reversals: readonly Reversed[]): string {
  const lines = reversals.map(({ summary, by }) => {
    const { batchId, agency, status, settledAt, subjects, outcomes, withdrawn, unexplained } = summary;
    const decided = by.length === 0 ? [] : [`decided by ${by.join(' and ')}`];
    const ended = `${status === 'settled' ? 'ended' : status.replace('_', ' ')} ${instant(settledAt)}`;
    if (status !== 'settled') return `  ${batchId}  ${[ended, `${agency} asked`, ...decided].join('; ')}`;
    const back = parts(outcomes, Object.keys(BOOKS.outcomes.ended));
    const all = [
      ended,
      `${agency} asked for ${number(subjects.asked)}`,
      ...decided,
      parts(subjects, SUBJECT_STATES),
      ...(back === '' ? [] : [`to give back: ${back}`]),
      ...(withdrawn === 0 ? [] : [`${several(withdrawn, 'open row')} ended`]),
      `unexplained ${number(unexplained)}`,
    ];
    return `  ${batchId}  ${all.join('; ')}`;
  });
  return ['Reversals, each of which gives back what was done', ...lines].join('\n');
}

/** The columns of a book that count something, in words. */
function parts(of: object, columns: readonly string[]): string {
  const counts = countsOf(of);
  const found = columns.filter((column) => (counts[column] ?? 0) > 0);
  return found.map((column) => `${number(counts[column] ?? 0)} ${columnWords(column)}`).join(', ');
}

function countsOf(book: object): Readonly<Record<string, number | undefined>> {
  return { ...book };
}

/** The rows that each operator was directed, and how they ended: the parts of a line add up. */
function operatorTable({ operators }: Summary): string[] {
  const counted = (book: 'connections' | 'blocks') =>
    ENDED[book].filter(
      (column) => !SELDOM.has(column) || Object.values(operators).some((own) => (countsOf(own[book])[column] ?? 0) > 0),
    );
  const columns = {
    connections: ['directed', ...counted('connections')],
    blocks: ['directed', ...counted('blocks')],
  };
  const group = (name: string, { length }: readonly string[]) =>
    Array.from({ length }, (_, n) => (n === 0 ? name : ''));
  const names = ['given', 'overdue', ...columns.connections.map(columnWords), ...columns.blocks.map(columnWords)];
  const head = [
    ['operator', 'directions', '', ...group('connections', columns.connections), ...group('blocks', columns.blocks)],
    ['', ...names],
  ];
  const cells = (of: object, some: readonly string[]) => some.map((column) => number(countsOf(of)[column] ?? 0));
  const rows = Object.entries(operators).map(([name, { directions, overdueDirections, connections, blocks }]) => [
    name,
    ...[directions, overdueDirections].map(number),
    ...cells(connections, columns.connections),
    ...cells(blocks, columns.blocks),
  ]);
  const all = [...head, ...rows];
  const widths = (head[1] ?? []).map((_, n) => Math.max(...all.map((row) => (row[n] ?? '').length)));
  return all.map((row) =>
    row
      .map((cell, n) => (n === 0 ? cell.padEnd(widths[n] ?? 0) : cell.padStart(widths[n] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}

/** The rungs that were reached, each with its deadline. */
function deadlines(batchId: string, orders: readonly OrderNotice[]): string[] {
  const lines: string[] = [];
  for (const kind of ['block', 'reverify'] as const) {
    const rungs = new Map<number, string>();
    for (const order of orders)
      if (order.batchId === batchId && order.kind === kind && typeof order.rung === 'number')
        rungs.set(order.rung, `${order.order} until ${instant(new Date(order.deadline).toISOString())}`);
    const reached = [...rungs].sort(([a], [b]) => a - b).map(([, text]) => text);
    if (reached.length > 0) lines.push(`${kind.padEnd(9)} ${reached.join(', ')}`);
  }
  return lines.length > 0 ? ['', 'Deadlines', ...lines.map((line) => `  ${line}`)] : [];
}

const ENDED_AS: Readonly<Record<GatedFile['ending'], string>> = {
  admitted: 'admitted',
  corrected: 'its operator sent another one',
  waiting: 'waits for an admission, or for another file',
};

function gatedText(files: readonly GatedFile[]): string {
  const width = (of: 'key' | 'why') => Math.max(...files.map((file) => file[of].length));
  const lines = files.map(
    ({ key, why, ending }) => `  ${key.padEnd(width('key'))}  ${why.padEnd(width('why'))}  ${ENDED_AS[ending]}`,
  );
  return ['Usage files that were held up', ...lines].join('\n');
}

/** The notices to the administrators, by kind, with their counts. */
function toldText(administrators: readonly Record<string, unknown>[]): string {
  const counts = new Map<string, number>();
  for (const { kind } of administrators) {
    const name = String(kind ?? 'other').replaceAll('_', ' ');
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  if (counts.size === 0) return '';
  const told = [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, count]) => `${number(count)} × ${name}`);
  return `Notices to the administrators: ${told.join(', ')}`;
}
