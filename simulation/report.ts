/** The report at a run's end, for a person to read. */
import type { Summary } from '../lambdas/domain/books.ts';
import { LEFT_OUT } from '../lambdas/domain/kinds.ts';
import type { Conducted } from './conduct.ts';
import type { OrderNotice } from './desk.ts';

const number = (value: number): string => value.toLocaleString('en-US');
const several = (count: number, what: string): string => `${number(count)} ${what}${count === 1 ? '' : 's'}`;
const instant = (text: string): string => text.replace('T', ' ').replace(/:\d\d(\.\d+)?Z$/, 'Z');

/**
 * What happened, batch by batch, and where the files are.
 * @param out where they are; undefined where they could not be saved
 */
export function reportText(
  summaries: readonly Summary[],
  { orders, administrators }: Pick<Conducted, 'orders' | 'administrators'>,
  out: string | undefined,
): string {
  const blocks = summaries.map((summary) => batchText(summary, orders));
  const told = toldText(administrators);
  const files = [
    'Files',
    `  ${out}/outbox/batches/    a summary for each batch; beside it orders/, previews/, receipts/, rejects/, revocations/`,
    `  ${out}/inbox/             everything that was uploaded`,
    `  ${out}/audit/             what was decided, as chained entries: npm run audit follows them`,
    `  ${out}/logs/              what the functions wrote; beside it executions/, those that failed`,
    `  ${out}/run.json           what the run used`,
  ];
  const parts = [...blocks, ...(told === '' ? [] : [told]), ...(out === undefined ? [] : [files.join('\n')])];
  return `${parts.join('\n\n')}\n`;
}

/**
 * What a run took of this machine.
 * @param milliseconds of real time
 * @param bytes the most memory that its processes had
 */
export function tookText(milliseconds: number, bytes: number): string {
  const seconds = Math.round(milliseconds / 1000);
  const time = seconds < 120 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `Took ${time} of this machine's time, and at most ${(bytes / 1e9).toFixed(2)} GB of its memory`;
}

function batchText(summary: Summary, orders: readonly OrderNotice[]): string {
  const { report, connections, blocks } = summary;
  const list = (of: Readonly<Record<string, number>>, names: readonly (readonly [string, string])[]): string =>
    names.map(([key, name]) => `${number(of[key] ?? 0)} ${name}`).join(', ');
  const counts = (of: object): Readonly<Record<string, number>> => ({ ...of });
  const opening = `Batch ${summary.batchId} of ${summary.agency}, from ${summary.file}`;
  const reported = `  report       ${several(report.rows, 'row')}: ${several(report.handsets, 'handset')}, ${number(report.rejected)} rejected, ${several(report.repeats, 'repeat')}`;
  const leftOut = (of: Readonly<Record<string, number>>) =>
    LEFT_OUT.flatMap((state) => ((of[state] ?? 0) > 0 ? [`, ${number(of[state] ?? 0)} ${state}`] : [])).join('');
  if (summary.status !== 'settled')
    return [
      opening,
      `  ended        ${summary.status.replace('_', ' ')} at ${instant(summary.settledAt)}`,
      reported,
    ].join('\n');
  return [
    opening,
    `  ran          ${instant(summary.startedAt)} to ${instant(summary.settledAt)}`,
    reported,
    `  connections  ${number(connections.linked)} linked: ${list(counts(connections), [
      ['directed', 'directed'],
      ['alreadyOpen', 'already open elsewhere'],
      ['alreadyDisconnected', 'already disconnected'],
      ['alreadyVerified', 'already verified'],
    ])}${leftOut(counts(connections))}`,
    `               ${list(counts(connections), [
      ['verified', 'verified'],
      ['disconnected', 'disconnected'],
      ['surrendered', 'surrendered'],
      ['notFound', 'not found'],
      ['overdue', 'overdue'],
    ])}`,
    `  blocks       ${number(blocks.rows)} asked for: ${list(counts(blocks), [
      ['directed', 'directed'],
      ['alreadyOpen', 'already open elsewhere'],
      ['alreadyBlocked', 'already blocked'],
    ])}${leftOut(counts(blocks))}`,
    `               ${list(counts(blocks), [
      ['blocked', 'blocked'],
      ['notFound', 'not found'],
      ['overdue', 'overdue'],
    ])}`,
    `  unexplained  ${number(summary.unexplained)}`,
    '',
    ...operatorTable(summary).map((line) => `  ${line}`),
    ...deadlines(summary.batchId, orders).map((line) => (line === '' ? '' : `  ${line}`)),
  ].join('\n');
}

function operatorTable({ operators }: Summary): string[] {
  const head = [
    ['operator', 'directions', '', 'connections', '', '', '', '', 'blocks', '', '', ''],
    [
      '',
      'given',
      'overdue',
      'directed',
      'verified',
      'disconn.',
      'not found',
      'overdue',
      'directed',
      'blocked',
      'not found',
      'overdue',
    ],
  ];
  const rows = Object.entries(operators).map(([name, { directions, overdueDirections, connections: c, blocks: b }]) => [
    name,
    ...[directions, overdueDirections, c.directed, c.verified, c.disconnected, c.notFound, c.overdue].map(number),
    ...[b.directed, b.blocked, b.notFound, b.overdue].map(number),
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

/** The rungs that were reached, each with the instant by which it had to be answered. */
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

/** How often the administrators were told of what. */
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
