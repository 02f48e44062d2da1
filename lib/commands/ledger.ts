/** A direction's ledger in words: what `npm run ledger` prints. It names rows by their numbers, and nobody. */
import { failedOrderAt } from '../../lambdas/domain/failed-orders.ts';
import { rulesOf, SUBJECTS } from '../../lambdas/domain/kinds.ts';
import { countFiles, currentOutcomes, type Ledger, openRows, outcomeOf } from '../../lambdas/domain/ledger.ts';
import type { Outcome } from '../../lambdas/domain/outcome-rules.ts';
import { isReversed } from '../../lambdas/domain/outcomes.ts';
import { countedPlainly } from '../../lambdas/domain/wording.ts';

const MOST_OPEN = 20;

/**
 * The ledger as lines of text: what it is about, its rungs with the orders issued, the files recorded, and the outcomes counted.
 * @param eachRow whether it also has one line for each row: its number, counted from 1 as in the file of its rows, its outcome, day and
 * file
 */
export function ledgerText(ledger: Ledger, eachRow = false): string {
  const { directionId, batchId, operator, kind, rows, startedAt, begunAt, closedAt, sealedAt, late, version } = ledger;
  const { subject, asks, beginsWith } = rulesOf(kind);
  const lines = [
    `Direction ${directionId}`,
    `  batch      ${batchId}`,
    `  operator   ${operator}`,
    `  asks for   ${countedPlainly(rows, SUBJECTS[subject].noun)} to be ${asks}`,
    `  started    ${startedAt}${beginsWith !== null ? `, first order ${begunAt === null ? 'not published yet' : `published ${begunAt}`}` : ''}`,
    `  closed     ${closedAt ?? 'not yet'}`,
    `  in books   ${sealedAt === null ? 'not yet' : `since ${sealedAt}${late === null ? '' : ', answers came later'}`}`,
    `  version    ${version}, rows in ${ledger.rowsKey}`,
    '',
    'Rungs',
    ...ledger.rungs.map(({ order, deadline }, n) => {
      const issued = ledger.orders.find(({ rung }) => rung === n + 1);
      const how = issued?.firstVersion === undefined ? 'issued' : 'issued anew';
      const told = issued ? `${how} ${issued.at} with ${countedPlainly(issued.rows, 'row')}` : 'not issued';
      return `  ${n + 1} ${order.padEnd(13)} until ${deadline}  ${told}`;
    }),
    '',
    recordedText(ledger),
    ...ledger.files.map((file, n) => {
      const { sha256, at, failedOrder, backDue, withdrawnOn, lateOn, reversal, ended = 0 } = file;
      if (reversal !== undefined)
        return `  ${n + 1} ${at}  reversal ${reversal} took rows back, of which ${ended === 0 ? 'none was' : `${ended} ${ended === 1 ? 'was' : 'were'}`} open or waiting and ended as withdrawn`;
      const failed = failedOrder
        ? `, with an order to disconnect ${countedPlainly(failedOrder.rows, 'row')}, issued ${failedOrderAt(file)}`
        : '';
      const back = backDue ? `, with an order to restore until ${backDue}` : '';
      const lists = `${withdrawnOn ? `, on the withdrawn list of ${withdrawnOn}` : ''}${lateOn ? `, on the late list of ${lateOn}` : ''}`;
      return `  ${n + 1} ${at}  SHA-256 ${sha256.slice(0, 8)}…${failed}${back}${lists}`;
    }),
    '',
    'Outcomes',
    ...[...outcomeCounts(ledger)].map(([outcome, count]) => `  ${outcome.padEnd(13)} ${count}`),
    ...openText(ledger),
  ];
  if (eachRow) lines.push('', 'Rows', ...Array.from({ length: rows }, (_, row) => rowText(ledger, row)));
  return `${lines.join('\n')}\n`;
}

/** The number of entries: files, and reversals, which number on with them. */
function recordedText(ledger: Ledger): string {
  const files = countFiles(ledger);
  const reversals = ledger.files.length - files;
  const more = reversals === 0 ? '' : `, and ${countedPlainly(reversals, 'reversal')}`;
  return `Files recorded: ${files === 0 ? 'none' : files}${more}`;
}

function outcomeCounts(ledger: Ledger): Map<Outcome, number> {
  const counts = new Map<Outcome, number>();
  for (let row = 0; row < ledger.rows; row++) {
    const { outcome } = outcomeOf(ledger, row);
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  }
  return new Map([...counts].sort());
}

/** The rows that still wait, the first of them by number. */
function openText(ledger: Ledger): string[] {
  const open = openRows(ledger);
  if (open.length === 0) return [];
  const first = open.slice(0, MOST_OPEN).map((row) => row + 1);
  return [
    `  waiting for an answer or the ladder's end: rows ${first.join(', ')}${open.length > first.length ? ', …' : ''}`,
  ];
}

function rowText(ledger: Ledger, row: number): string {
  const { outcome, occurredOn, recordedAt } = outcomeOf(ledger, row);
  const told = recordedAt === null ? '' : `  on ${occurredOn}, recorded ${recordedAt}`;
  // This is told even if the row was answered before, or is answered since: no order and no list carries it any more.
  const back = isReversed(currentOutcomes(ledger), row) ? ', taken back' : '';
  return `  ${String(row + 1).padStart(5)} ${(outcome + back).padEnd(13)}${told}`.trimEnd();
}
