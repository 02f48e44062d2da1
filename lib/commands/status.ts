/** The newest daily digest in words: what `npm run status` prints. It counts, and names batches, operators and queues. */
import * as z from 'zod';
import { fields } from '../../lambdas/domain/stored.ts';
import { counted, countText } from '../../lambdas/domain/wording.ts';

const { instant, count } = fields;
const word = z.string();
const batch = z.object({ batchId: word, agency: word, status: word, since: instant });

/** The fields of a digest that are printed, as `docs/formats.md` has them. */
const digest = z.object({
  day: word,
  asOf: instant,
  underway: z.array(
    batch.extend({
      next: z.object({ what: word, by: instant.nullable() }).nullable(),
      openRows: count,
      overdueRows: count,
    }),
  ),
  ended: z.array(batch),
  decisions: z.array(
    z.object({ batchId: word, agency: word, since: instant, until: instant.nullable(), held: count.nullable() }),
  ),
  due: z.array(
    z.object({ operator: word, order: word, failed: z.boolean(), deadline: instant, directions: count, rows: count }),
  ),
  overdue: z.array(z.object({ operator: word, order: word, directions: count, rows: count, since: instant })),
  failed: z.array(z.object({ operator: word, rows: count })),
  gated: z.array(z.object({ operator: word, files: count })),
  quarantined: count,
  // Earlier versions didn't count strays.
  strays: count.default(0),
  deadLetters: z.array(z.object({ queue: word, messages: count })),
  untold: z.array(word),
});

/** A part of the page; nothing if it has no lines. */
const part = (title: string, lines: readonly string[]) => (lines.length === 0 ? [] : ['', title, ...lines]);

/** Lines whose words stand below those of the line before. */
function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, n) => Math.max(...rows.map((row) => row[n]?.length ?? 0))) ?? [];
  return rows.map((row) => `  ${row.map((cell, n) => cell.padEnd(widths[n] ?? 0)).join('  ')}`.trimEnd());
}

/**
 * A digest's JSON as lines of text: decisions that wait, what is due and overdue, how many failed and are connected still, what is held up,
 * and the batches.
 * @throws ZodError or SyntaxError for a text that is no digest
 */
export function digestLines(json: string): string {
  const told = digest.parse(JSON.parse(json));
  const { untold, decisions, due, overdue, failed, gated, quarantined, strays, deadLetters, underway, ended } = told;
  const parts = [
    ...part('Nothing could be told of these: nothing below counts them', columns(untold.map((one) => [one]))),
    ...part(
      'Decisions that wait',
      columns(
        decisions.map(({ batchId, agency, held, until }) => [
          batchId,
          agency,
          until === null ? 'never lapses' : `until ${until}`,
          held === null || held === 0 ? '' : counted(held, 'held handset'),
        ]),
      ),
    ),
    ...part(
      'Due within a day',
      columns(
        due.map(({ operator, order, failed: hasFailed, rows, directions, deadline }) => [
          operator,
          hasFailed ? `${order}, of failed rows` : order,
          `${counted(rows, 'row')} in ${counted(directions, 'direction')}`,
          `first by ${deadline}`,
        ]),
      ),
    ),
    ...part(
      'Overdue',
      columns(
        overdue.map(({ operator, order, rows, directions, since }) => [
          operator,
          order,
          `${counted(rows, 'row')} in ${counted(directions, 'direction')}`,
          `since ${since}`,
        ]),
      ),
    ),
    ...part(
      'Failed, and still connected',
      columns(failed.map(({ operator, rows }) => [operator, counted(rows, 'row')])),
    ),
    ...part(
      'Held up until somebody acts, as the runbook says',
      columns([
        ...gated.map(({ operator, files }) => [`usage of ${operator}, at its gate`, counted(files, 'file')]),
        ...(quarantined === 0 ? [] : [['quarantine', counted(quarantined, 'upload')]]),
        ...(strays === 0 ? [] : [['wrong places, within a day', counted(strays, 'upload')]]),
        ...deadLetters.map(({ queue, messages }) => [`queue ${queue}`, counted(messages, 'dead letter')]),
      ]),
    ),
    ...part(
      'Batches under way',
      columns(
        underway.map(({ batchId, agency, status, since, next, openRows, overdueRows }) => [
          batchId,
          agency,
          `${status} since ${since}`,
          `${countText(openRows)} open, ${countText(overdueRows)} overdue`,
          next === null || next.by === null ? '' : `next ${next.what}, by ${next.by}`,
        ]),
      ),
    ),
    ...part(
      'Ended lately',
      columns(ended.map(({ batchId, agency, status, since }) => [batchId, agency, `${status} since ${since}`])),
    ),
  ];
  const lines = parts.length === 0 ? ['', 'Nothing is under way, and nothing waits for anybody.'] : parts;
  return [`Digest of ${told.day}, as of ${told.asOf}`, ...lines, ''].join('\n');
}
