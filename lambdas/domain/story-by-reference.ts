/** What is told to whoever names a reference: of the number as it was then. Whoever has it now has no part in that. */
import { type Day, dayOf } from './days.ts';
import type { BatchFacts, Facts, RowFacts } from './facts.ts';
import { givesBack, type Outcome } from './kinds.ts';
import { currentOutcomes, outcomeOf } from './ledger.ts';
import { continuedBy, type Said } from './moves.ts';
import { isReversed } from './outcomes.ts';

/** The outcomes after which the number may be anybody's. */
const ENDED: ReadonlySet<Outcome> = new Set<Outcome>(['disconnected', 'surrendered', 'not_found', 'reissued']);

/**
 * What facts tell of the number as it was at a row: that row; those by which it goes on, ported, extended, returned by a dispute, or
 * restored; and the batches that left it there. Not those after the connection ended in which it was seen later, nor what
 * approvers said of it since: that may be about somebody else.
 */
export function factsSince(facts: Facts, at: RowFacts): Facts {
  const { outcome } = outcomeOf(at.ledger, at.row);
  const isGone = outcome === 'reissued';
  const rows = isGone ? [at] : [at, ...restoring(facts, continuations(facts, at))];
  const last = rows.findLast(({ ledger }) => !givesBack(ledger.kind)) ?? at;
  const ended = endOf(last);
  const turn = (id: string) => facts.batches.find(({ batchId }) => batchId === id)?.startedAt ?? '';
  const directions = new Set(rows.map(({ ledger }) => ledger.directionId));
  const isSame = ({ sightings }: BatchFacts) =>
    ended === undefined || (ended !== null && sightings.every(({ lastSeen }) => lastSeen <= ended));
  const met = facts.batches.filter(isSame).map(({ batchId }) => batchId);
  const aside = facts.aside.filter(
    ({ batchId, directionId }) =>
      !isGone &&
      met.includes(batchId) &&
      turn(batchId) > turn(at.batchId) &&
      directionId !== null &&
      directions.has(directionId),
  );
  const told = new Set([...rows, ...aside].map(({ batchId }) => batchId));
  const words = Object.entries(facts.exemption).filter(
    ([, word]) => ended === undefined || (ended !== null && dayOf(word.at) <= ended),
  );
  return {
    ...facts,
    batches: facts.batches.filter(({ batchId }) => told.has(batchId)),
    rows,
    aside,
    exemption: Object.fromEntries(words),
  };
}

/** Since when a row's number may be somebody else's; null where it is, since nobody knows when; undefined where it isn't. */
function endOf({ ledger, row }: RowFacts): Day | null | undefined {
  const { outcome, occurredOn } = outcomeOf(ledger, row);
  if (ENDED.has(outcome)) return occurredOn;
  return isReversed(currentOutcomes(ledger), row) ? null : undefined;
}

/** A row, and those by which it goes on, the newest last. */
function continuations({ rows }: Facts, at: RowFacts): RowFacts[] {
  const newestFirst = rows
    .filter(({ ledger }) => !givesBack(ledger.kind))
    .sort((a, b) => b.ledger.plan - a.ledger.plan);
  const said = newestFirst.map(saidOf);
  const goesOn = newestFirst.filter((_, n) =>
    continuedBy(said.slice(n)).some(({ directionId }) => directionId === at.ledger.directionId),
  );
  return [at, ...goesOn.reverse()];
}

/** A row and its continuations, and among them what gives back what each of their operators took, as long as that asked nothing of another holder. */
function restoring({ rows }: Facts, chain: readonly RowFacts[]): RowFacts[] {
  const given = rows.filter(({ ledger }) => {
    if (!givesBack(ledger.kind)) return false;
    const before = rows
      .filter((one) => !givesBack(one.ledger.kind) && one.ledger.operator === ledger.operator)
      .filter((one) => one.ledger.plan < ledger.plan)
      .reduce<RowFacts | undefined>(
        (last, one) => (last && last.ledger.plan > one.ledger.plan ? last : one),
        undefined,
      );
    return before !== undefined && chain.includes(before);
  });
  return [...chain.slice(1), ...given].sort((a, b) => a.ledger.plan - b.ledger.plan);
}

function saidOf({ ledger, row, moved }: RowFacts): Said {
  const { directionId, kind, operator } = ledger;
  return {
    directionId,
    kind,
    operator,
    ...outcomeOf(ledger, row),
    portedTo: moved?.why === 'ported' ? moved.to : null,
  };
}
