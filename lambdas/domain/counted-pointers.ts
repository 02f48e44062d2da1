/** Counted pointers: what the ledger of a direction says now of the row to which a pointer is. */
import { carriedAt, cutAt, cutSaidAt, isCut } from './back-orders.ts';
import type { Day, Instant } from './days.ts';
import type { BatchId, OperatorId } from './identifiers.ts';
import type { DirectionKind } from './kinds.ts';
import { currentOutcomes, fileSaying, isOpen, type Ledger, outcomeOf, takenBackAt } from './ledger.ts';
import { fileMoving, followUpTaking, type MovedRow } from './moves.ts';
import type { Outcome } from './outcome-rules.ts';
import { isReversed } from './outcomes.ts';
import type { Pointer } from './pointers.ts';

/** A pointer that counts, because its plan was directed and its ledger holds the row, with what that ledger says now. */
export interface CountedPointer extends Pointer {
  readonly kind: DirectionKind;
  /** The operator of its direction. */
  readonly operator: OperatorId;
  /** Whether its row is open. A row that was taken back isn't, though it may still be answered: no order carries it. */
  readonly open: boolean;
  readonly outcome: Outcome;
  /** Whether what was done to it was taken back, by a reversal or since its number is somebody else's. */
  readonly reversed: boolean;
  /** The instant at which a reversal took it back; null if none did. */
  readonly reversedAt: Instant | null;
  /** The day of the commit by which its number is somebody else's; null where it isn't, and for a ledger that doesn't tell. */
  readonly saidAnothersOn: Day | null;
  /** Whether an order of its ladder that takes service carried it, as far as is known, and no answer had service given back at once. */
  readonly cut: boolean;
  /** The instant at which the newest of these orders was issued; null if there is none. */
  readonly cutAt: Instant | null;
  /** The instant of `cutAt`, where a failed row's disconnect order counts from the upload that said so. */
  readonly cutSaidAt: Instant | null;
  /** The instant at which the newest of them was issued before an answer had service given back at once; null if none did, or had. */
  readonly carriedAt: Instant | null;
  /** When its direction began. */
  readonly startedAt: Instant;
  readonly occurredOn: Day | null;
  readonly recordedAt: Instant | null;
  /** The operator to which it was ported, if its own operator said so. */
  readonly portedTo: OperatorId | null;
  /** The follow-up that went on with it, by what is said of it now; null if none has. */
  readonly followUp: BatchId | null;
  /** Whether it was moved, and no follow-up that counts goes on with it yet. */
  readonly waits: boolean;
  /** Whether it returns from where it was ported to, and no follow-up that counts has it yet. */
  readonly returns: boolean;
}

/**
 * What the pointer's ledger says of its row now, late answers included.
 * @param moved what the file says that had the row ported, or returned; nothing if it wasn't, or if that has no part
 * @param isDirected whether a follow-up's plan counts
 * @throws LedgerDamaged for a row that the ledger doesn't have
 */
export function countPointer(
  pointer: Pointer,
  ledger: Ledger,
  moved: readonly MovedRow[] = [],
  isDirected: (followUp: BatchId) => boolean = () => false,
): CountedPointer {
  const { row } = pointer;
  const { followUp } = fileMoving(ledger, row) ?? { followUp: null };
  const port = moved.find((one) => one.row === row && one.why === 'ported');
  const state = outcomeOf(ledger, row);
  return {
    directionId: pointer.directionId,
    row,
    kind: ledger.kind,
    operator: ledger.operator,
    open: isOpen(ledger, row) && !isReversed(ledger.outcomes, row),
    ...state,
    reversed: isReversed(currentOutcomes(ledger), row),
    reversedAt: takenBackAt(ledger, row),
    saidAnothersOn: state.outcome === 'reissued' ? (fileSaying(ledger, row)?.withdrawnOn ?? null) : null,
    cut: isCut(ledger, row),
    cutAt: cutAt(ledger, row),
    cutSaidAt: cutSaidAt(ledger, row),
    carriedAt: carriedAt(ledger, row),
    startedAt: ledger.startedAt,
    portedTo: port?.why === 'ported' ? port.to : null,
    followUp: followUpTaking(ledger, row),
    waits: followUp !== null && !(followUp !== undefined && isDirected(followUp)),
    returns: isReturning(pointer, ledger, moved, isDirected),
  };
}

function isReturning(
  { row }: Pointer,
  ledger: Ledger,
  moved: readonly MovedRow[],
  isDirected: (followUp: BatchId) => boolean,
): boolean {
  if (!moved.some((one) => one.row === row && one.why === 'porting_disputed')) return false;
  const { outcome } = outcomeOf(ledger, row);
  const { followUp } = fileSaying(ledger, row) ?? {};
  return outcome === 'not_found' && !(followUp !== undefined && isDirected(followUp));
}
