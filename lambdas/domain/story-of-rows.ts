/** What a direction has to do with its row: its orders, the answer, how its ladder ended, and the lists that name it. */
import { type Day, dayOf, type Instant } from './days.ts';
import type { RowFacts } from './facts.ts';
import { type DirectionId, type OperatorId, parseDirectionId } from './identifiers.ts';
import { rulesOf } from './kinds.ts';
import { fileSaying, type Ledger, outcomeOf, type RecordedFile, stateAt } from './ledger.ts';
import { lateRevocationKeys, revocationKeys, withdrawalKeys } from './outbox.ts';
import { type RevocationReason, revokedFor } from './outcome-rules.ts';
import { BYTES_PER_ROW, fileOf, isReversed } from './outcomes.ts';
import { referenceOf } from './references.ts';
import type { StoryEvent } from './story-events.ts';

/**
 * The events of one row.
 * @param settledAt the instant when its batch settled, null if it hasn't
 */
export function eventsOfRow(facts: RowFacts, settledAt: Instant | null): StoryEvent[] {
  const { batchId, ledger, row } = facts;
  const { directionId, kind, operator, rungs } = ledger;
  return [
    {
      at: ledger.startedAt,
      what: 'directed',
      batchId,
      directionId,
      kind,
      operator,
      row: row + 1,
      reference: rulesOf(kind).subject === 'number' ? referenceOfRow(ledger, row) : null,
      rungs,
    },
    ...facts.orders.map(
      ({ order, key, at, deadline }): StoryEvent => ({ at, what: 'ordered', directionId, order, deadline, file: key }),
    ),
    ...earlier(facts),
    ...ended(facts),
    ...answered(facts),
    ...moved(facts),
    ...cutAfter(facts),
    ...lists(facts, settledAt),
  ];
}

/** The reference of a row (from 0) that the operator tells the subscriber. */
function referenceOfRow({ directionId }: Ledger, row: number): string | null {
  const direction = parseDirectionId(directionId);
  return direction === null ? null : referenceOf({ ...direction, row: row + 1 });
}

/** The words on it before the last one: the answers, where it went on by them, and the lists that name it by them. */
function earlier({ ledger: { directionId, operator }, batchId, earlier: words }: RowFacts): StoryEvent[] {
  return words.flatMap(({ outcome, said, moved: move }): StoryEvent[] => {
    if (said === null || outcome === 'open' || outcome === 'withdrawn') return [];
    const { file, name, on } = said;
    const { at, sha256 } = file;
    const answer = outcome === 'overdue' ? 'failed' : outcome;
    const events: StoryEvent[] = [{ at, what: 'answered', directionId, outcome: answer, on, file: name, sha256 }];
    if (move !== null) events.push(movedBy(file, move, directionId, operator));
    const reason = revokedFor(outcome);
    if (reason !== null && file.lateOn !== undefined) {
      const { csv: list } = lateRevocationKeys(file.lateOn, batchId, sha256);
      events.push({ at, what: 'listed', list, disconnectedOn: on, reason });
    }
    return events;
  });
}

function answered({ ledger, row, answeredIn }: RowFacts): StoryEvent[] {
  const file = fileSaying(ledger, row);
  const { outcome, occurredOn } = outcomeOf(ledger, row);
  if (file === undefined || occurredOn === null || outcome === 'open' || outcome === 'withdrawn') return [];
  return [
    {
      at: file.at,
      what: 'answered',
      directionId: ledger.directionId,
      outcome: outcome === 'overdue' ? 'failed' : outcome,
      on: occurredOn,
      file: answeredIn,
      sha256: file.sha256,
    },
  ];
}

/** The event of an answer by which the row goes on elsewhere, or is said to have been ported after it was overdue, which moves nothing. */
function moved({ ledger, row, moved: move }: RowFacts): StoryEvent[] {
  const file = fileSaying(ledger, row);
  if (move === null || file === undefined) return [];
  return [movedBy(file, move, ledger.directionId, ledger.operator)];
}

function movedBy(
  { at }: RecordedFile,
  move: NonNullable<RowFacts['moved']>,
  directionId: DirectionId,
  operator: OperatorId,
): StoryEvent {
  return move.why === 'extended'
    ? { at, what: 'moved', directionId, why: move.why, to: operator, ground: move.ground }
    : { at, what: 'moved', directionId, why: move.why, to: move.to, ground: null };
}

/** The events that contradict that it was verified, which stands all the same. */
function cutAfter({ ledger: { directionId }, cutAfter: files }: RowFacts): StoryEvent[] {
  return files.map(({ file: { at, sha256 }, name: file }) => ({
    at,
    what: 'disconnected_after_verified',
    directionId,
    file,
    sha256,
  }));
}

/** A row whose ladder had ended before its answer came had gone overdue; a row whose number is given again after another answer hadn't. */
function ended({ ledger, row, earlier: words }: RowFacts): StoryEvent[] {
  const { closedAt, directionId } = ledger;
  if (closedAt === null) return [];
  const { outcome, recordedAt } = stateAt(ledger, ledger.outcomes, row);
  const before = words.find((word) => word.outcome === 'overdue');
  const wasOverdue =
    outcome === 'overdue' || before !== undefined || (outcome !== 'reissued' && (recordedAt ?? closedAt) > closedAt);
  if (!wasOverdue) return [];
  // If the row failed after that, its `overdue` was replaced by one that names the answer.
  const failed =
    before === undefined
      ? outcome === 'overdue' && fileOf(ledger.outcomes, row * BYTES_PER_ROW) > 0
      : before.said !== null;
  return [{ at: closedAt, what: 'overdue', directionId, failed }];
}

function lists(facts: RowFacts, settledAt: Instant | null): StoryEvent[] {
  const { ledger, row, batchId } = facts;
  const events: StoryEvent[] = [];
  const listed = listedIn(facts, settledAt);
  if (listed !== null) {
    const { at, ...more } = listed;
    events.push({ at, what: 'listed', ...more });
  }
  const file = fileSaying(ledger, row);
  if (file?.withdrawnOn !== undefined && outcomeOf(ledger, row).outcome === 'reissued') {
    const { csv: list } = withdrawalKeys(file.withdrawnOn, batchId, file.sha256);
    events.push({ at: file.at, what: 'withdrawn', list, ground: 'reissued' });
  }
  return events;
}

/**
 * The revocation list that names a row's number, if one does: that of its batch, as its books were sealed, or that of a late answer. A
 * number that was taken back between the books and their list may stand there, too.
 */
export function listedIn(
  { ledger, row, batchId }: RowFacts,
  settledAt: Instant | null,
): { at: Instant; list: string; disconnectedOn: Day; reason: RevocationReason } | null {
  const file = fileSaying(ledger, row);
  const now = outcomeOf(ledger, row);
  const reason = revokedFor(now.outcome);
  if (file?.lateOn !== undefined && reason !== null && now.occurredOn !== null) {
    const { csv: list } = lateRevocationKeys(file.lateOn, batchId, file.sha256);
    return { at: file.at, list, disconnectedOn: now.occurredOn, reason };
  }
  if (ledger.sealedAt === null || settledAt === null || isReversed(ledger.outcomes, row)) return null;
  const sealed = stateAt(ledger, ledger.outcomes, row);
  const why = revokedFor(sealed.outcome);
  if (why === null || sealed.occurredOn === null) return null;
  const { csv: list } = revocationKeys(dayOf(settledAt), batchId);
  return { at: settledAt, list, disconnectedOn: sealed.occurredOn, reason: why };
}
