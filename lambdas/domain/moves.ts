/**
 * Moves: rows that go on elsewhere, ported to another operator or extended to later deadlines; and what is known of the ports of a number,
 * by which the next one is judged.
 */
import * as z from 'zod';
import type { AnsweredRow } from './answers.ts';
import { addDays, type Day, dayOf, type Instant } from './days.ts';
import { type BatchId, type DirectionId, type OperatorId, parseDirectionId } from './identifiers.ts';
import { type DirectionKind, givesBack } from './kinds.ts';
import { currentOutcomes, fileSaying, type Ledger, type RecordedFile } from './ledger.ts';
import { EXTENSION_GROUNDS, type ExtensionGround, isMove, type Outcome } from './outcome-rules.ts';
import { outcomeAt } from './outcomes.ts';
import type { RejectedRow } from './reasons.ts';
import { type Covers, fields, formOf, unchanged } from './stored.ts';

/** A row (from 0) of a direction that goes on elsewhere, or is to be restored, as a response says. */
export type MovedRow =
  | { readonly row: number; readonly why: 'ported'; readonly to: OperatorId }
  | { readonly row: number; readonly why: 'extended'; readonly ground: ExtensionGround }
  | { readonly row: number; readonly why: 'disconnected_after_verified' }
  | { readonly row: number; readonly why: 'porting_disputed'; readonly to: OperatorId };

/** What a recorded file moved, as it lies in the work bucket beside its receipt. */
export interface Moved {
  /** Ascending by row. Ports of overdue rows are in it, too, which are recorded and not moved: later batches go by them. */
  readonly rows: readonly MovedRow[];
}

const row = fields.count;
const moved = z.strictObject({
  rows: z.array(
    z.discriminatedUnion('why', [
      z.strictObject({ row, why: z.literal('ported'), to: fields.operator }),
      z.strictObject({ row, why: z.literal('extended'), ground: z.enum(EXTENSION_GROUNDS) }),
      z.strictObject({ row, why: z.literal('disconnected_after_verified') }),
      z.strictObject({ row, why: z.literal('porting_disputed'), to: fields.operator }),
    ]),
  ),
});
true satisfies Covers<typeof moved, Moved>;

/** `Moved`, as it lies in the work bucket. */
export const movedForm = formOf<Moved>('list of moved rows', 2, moved, { 1: unchanged });

/**
 * Whether the list of a file that has rows restored in the night names a row (from 0) so. It does, to be safe, once it is gone: that is of long
 * ago.
 * @param list its rows; none once it is gone
 */
export function asksToRestore(list: readonly MovedRow[], row: number): boolean {
  return list.length === 0 || list.some((one) => one.row === row && one.why === 'disconnected_after_verified');
}

/** The moved row that an answer makes; undefined if its row stays where it is, or ends there. */
export function movedRow({ row, outcome, onward, returnsTo }: AnsweredRow): MovedRow | undefined {
  if (outcome === 'not_found' && returnsTo !== undefined) return { row, why: 'porting_disputed', to: returnsTo };
  if (outcome === 'ported' && onward !== undefined && 'to' in onward) return { row, why: outcome, to: onward.to };
  if (outcome === 'extended' && onward !== undefined && 'ground' in onward)
    return { row, why: outcome, ground: onward.ground };
  return undefined;
}

/** The recorded file that moved a row (from 0); undefined if none did: it stays where it is, or was overdue before. */
export function fileMoving(ledger: Ledger, row: number): RecordedFile | undefined {
  if (!isMove(outcomeAt(currentOutcomes(ledger), row))) return undefined;
  const file = fileSaying(ledger, row);
  // A file moves all of its rows or, once the ladder has ended, none.
  return file?.moved === undefined ? undefined : file;
}

/**
 * The follow-up that went on with a row (from 0) by what is said of it now, or to which it returned; null if none has, or if its own word
 * is another one since.
 */
export function followUpTaking(ledger: Ledger, row: number): BatchId | null {
  const isBack = outcomeAt(currentOutcomes(ledger), row) === 'not_found';
  const file = isBack ? fileSaying(ledger, row) : fileMoving(ledger, row);
  return file?.followUp ?? null;
}

/** What an operator said of a number in one of its directions; `portedTo` is the operator to which it said the number was ported. */
export interface Said {
  readonly directionId: DirectionId;
  readonly kind: DirectionKind;
  readonly operator: OperatorId;
  readonly outcome: Outcome;
  readonly occurredOn: Day | null;
  readonly recordedAt: Instant | null;
  readonly portedTo: OperatorId | null;
  /** The follow-up that went on with its row by that word; null if none has. */
  readonly followUp: BatchId | null;
}

/** A number's port, as the operator that it left has told it. */
export interface Port {
  readonly from: OperatorId;
  readonly to: OperatorId;
  readonly on: Day;
  /**
   * The day on which it was recorded that the other operator has no such connection, whatever day that answer names; null if it didn't say
   * so.
   */
  readonly disputedOn: Day | null;
  /** Whether the other operator has answered for it as for one of its own, before any dispute. */
  readonly acknowledged: boolean;
}

/**
 * The ports of a number, in the order in which they are given. A port is disputed if the operator that it names was asked, and answered
 * after it that there is no such connection. It isn't if that operator had answered for the number otherwise before that: what it doesn't
 * have any more it has had, and it may be anybody's since.
 */
export function portsOf(said: readonly Said[]): Port[] {
  return said.flatMap(({ operator: from, outcome, occurredOn: on, recordedAt, portedTo: to }) => {
    if (outcome !== 'ported' || to === null || on === null || recordedAt === null) return [];
    const answers = said.flatMap((other) => {
      const { operator, kind, outcome: answer, occurredOn, recordedAt: at } = other;
      const isLater = at !== null && at >= recordedAt;
      // A late word on a day before the port is about a number that it had then.
      const knows = answer !== 'not_found' && occurredOn !== null && occurredOn >= on;
      return isLater && operator === to && !givesBack(kind) && answer !== 'withdrawn' ? [{ answer, at, knows }] : [];
    });
    const isBefore = (at: Instant) => answers.some((one) => one.knows && one.at < at);
    const dispute = answers.find(({ answer, at }) => answer === 'not_found' && !isBefore(at));
    const acknowledged = dispute === undefined && answers.some(({ knows }) => knows);
    return [{ from, to, on, disputedOn: dispute === undefined ? null : dayOf(dispute.at), acknowledged }];
  });
}

/**
 * The operator to which a number returns if the one to which it was ported says that it has no such connection: the operator that said so
 * last, as nobody has disputed yet. Undefined if nobody said that it was ported there, or if that operator answered for it since.
 * @param said of the number in other rows
 */
export function returnsTo(operator: OperatorId, said: readonly Said[]): OperatorId | undefined {
  const here = portsOf(said).filter(
    ({ to, disputedOn, acknowledged }) => to === operator && disputedOn === null && !acknowledged,
  );
  return newestPort(here)?.from;
}

/** The port of the latest day, and of one day the first in the list; undefined if there is none. */
export function newestPort(ports: readonly Port[]): Port | undefined {
  return ports.reduce<Port | undefined>((last, port) => (last && last.on >= port.on ? last : port), undefined);
}

/**
 * All rows that the first of these continues, newest first, back to the reports'. Of several rows that go on at one operator in one night
 * one is directed, and continues each.
 * @param said of a number, newest first
 */
export function continuedBy<S extends Said>(said: readonly S[]): S[] {
  const all = goingOnIn(said).flatMap((one) => [one, ...continuedBy(said.slice(said.indexOf(one)))]);
  return said.filter((one) => all.includes(one));
}

/**
 * The rows that the first of these continues, one after the other, back to a report's: of several that went on with it in one night the
 * newest.
 * @param said of a number, newest first
 */
export function lineOf<S extends Said>(said: readonly S[]): S[] {
  const [newest] = goingOnIn(said);
  return newest === undefined ? [] : [newest, ...lineOf(said.slice(said.indexOf(newest)))];
}

/**
 * The rows with which the batch of the first of these went on at its operator: ported to it, extended there, or brought back to it by a
 * dispute. What was said later of another row, or moved nothing, has no part in that.
 */
function goingOnIn<S extends Said>([own, ...earlier]: readonly S[]): S[] {
  const batchId = own && parseDirectionId(own.directionId)?.batchId;
  return earlier.filter((one, n) => one.followUp === batchId && goesOnAt(one, earlier.slice(n)) === own?.operator);
}

/** The operator at which a row goes on; undefined if it ends where it is. `said`: the row, and what came before it. */
function goesOnAt({ operator, outcome, portedTo }: Said, said: readonly Said[]): OperatorId | null | undefined {
  if (outcome === 'extended') return operator;
  if (outcome === 'ported') return portedTo;
  if (outcome !== 'not_found') return undefined;
  return portsOf(said).find(({ to, disputedOn }) => to === operator && disputedOn !== null)?.from;
}

/**
 * An answer that moves its row, or why it is rejected. `disputed`: the operator that it names said less than `days` before that an earlier
 * port to it was none. `ported_lately`: the number was ported less than `days` before, as nobody disputes, and a subscriber has to wait
 * that long; it doesn't apply if its newest port is this very one, as its operator says of another of its rows. `already_extended`: its
 * subscriber was given more time in a row that this one continues.
 * @param said of its number, newest first
 * @param own the place of its own row there; -1 if nothing is known of it
 */
export function judgeMove(
  answered: AnsweredRow,
  said: readonly Said[],
  own: number,
  days: number,
): AnsweredRow | RejectedRow {
  const { line, day, onward } = answered;
  if (onward === undefined) return answered;
  if ('ground' in onward) {
    const isAgain = own >= 0 && continuedBy(said.slice(own)).some(({ outcome }) => outcome === 'extended');
    return isAgain ? { line, reason: 'already_extended' } : answered;
  }
  const isLately = (on: Day) => addDays(on, days) > day;
  // The port that its own row says is judged by what is recorded there.
  const ports = portsOf(said.filter((_, n) => n !== own));
  if (ports.some(({ to, disputedOn }) => to === onward.to && disputedOn !== null && isLately(disputedOn)))
    return { line, reason: 'disputed' };
  const newest = newestPort(ports.filter(({ on, disputedOn }) => disputedOn === null && isLately(on)));
  const isSame = newest?.from === said[own]?.operator && newest?.to === onward.to && newest.on === day;
  return newest === undefined || isSame ? answered : { line, reason: 'ported_lately' };
}
