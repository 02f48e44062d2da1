/** The rows by which somebody was to have service, where an operator said that it had disconnected them all the same. */
import type { Instant } from './days.ts';
import type { Facts, NamedFile, RowFacts } from './facts.ts';
import { currentOutcomes, outcomeOf } from './ledger.ts';
import { isReversed } from './outcomes.ts';

/**
 * The facts in which an operator's word that it disconnected a number all the same stands by the row in which its holder had proved
 * themselves, or been given more time, whichever of the operator's rows it was said of.
 */
export function withCutsWhereKept(facts: Facts): Facts {
  const cuts = new Map<RowFacts, NamedFile[]>();
  for (const row of facts.rows)
    for (const file of row.cutAfter) {
      const kept = rowKeeping(facts, row, file) ?? row;
      cuts.set(kept, [...(cuts.get(kept) ?? []), file]);
    }
  if (cuts.size === 0) return facts;
  const inOrder = (files: readonly NamedFile[]) => files.toSorted((a, b) => (a.file.at < b.file.at ? -1 : 1));
  return { ...facts, rows: facts.rows.map((row) => ({ ...row, cutAfter: inOrder(cuts.get(row) ?? []) })) };
}

/** The row by which somebody was to have service who is said to be disconnected in a row that doesn't say so itself; undefined if none is. */
function rowKeeping({ rows }: Facts, { ledger, row }: RowFacts, { file }: NamedFile): RowFacts | undefined {
  const saysItself = ['verified', 'withdrawn', 'reissued'].includes(outcomeOf(ledger, row).outcome);
  if (saysItself || isReversed(currentOutcomes(ledger), row)) return undefined;
  let newest: { of: RowFacts; at: Instant } | undefined;
  for (const of of rows) {
    const { outcome: word, recordedAt } = outcomeOf(of.ledger, of.row);
    const keeps =
      (word === 'verified' || word === 'extended') &&
      of.ledger.operator === ledger.operator &&
      !isReversed(currentOutcomes(of.ledger), of.row);
    if (!keeps || recordedAt === null || recordedAt > file.at) continue;
    if (newest === undefined || recordedAt >= newest.at) newest = { of, at: recordedAt };
  }
  return newest?.of;
}
