/** Operators' responses, row by row: what a line says of a direction's row, or why it is rejected. */
import type { AnsweredRow, Onward } from './answers.ts';
import type { Columns, CsvRow } from './csv-header.ts';
import { type Day, dayIn, daysBegunBy, parseDayAs, readDay } from './days.ts';
import type { RowSubject } from './directions.ts';
import { type Imei, isOperatorId, type Msisdn, type OperatorId, parseDirectionId } from './identifiers.ts';
import { columnOf, type DirectionKind, GIVEN_BACK, rulesOf } from './kinds.ts';
import { ANSWER_RULES, EXTENSION_GROUNDS } from './outcome-rules.ts';
import type { RejectedRow, RowReason } from './reasons.ts';
import { identifiersOf, SELF_CHECK } from './self-check.ts';
import { seenOf } from './unseen.ts';

/** The columns of a response file about a direction of this kind, for the CSV reader. */
export function responseColumns(kind: DirectionKind): Columns {
  const rules = rulesOf(kind).answers.map((answer) => ANSWER_RULES[answer]);
  const days = new Set(rules.map(({ dayIn }) => dayIn));
  const onward = rules.flatMap(({ movedBy }) => movedBy ?? []);
  // A copy of an order to unblock has the number for which alone its handset is to be unblocked.
  const alone = kind === 'unblock' ? (['msisdn'] as const) : [];
  const optional = [...alone, ...days, ...onward, 'remarks', 'direction'];
  return { required: [columnOf(kind), 'outcome'], optional, joined: true, dayIn: 'occurred_on' };
}

/** The direction that a row names, as a copy of an order does, cleaned for reading; '' if it names none. */
export const directionText = (cells: Readonly<Record<string, string>>): string =>
  seenOf(cells.direction ?? '').toLowerCase();

/** A row (from 0) of the direction, with what its line says. */
export interface NamedRow extends Omit<RowSubject, 'identifier'> {
  readonly row: number;
}

/**
 * Reads one row of a response. Reasons, the first that applies: wrong_cell_count; the identifier's own; not_in_direction (the direction
 * has no such row, or the row names another direction than `directionId`, where that is given); unknown_outcome;
 * bad_date (no date, or later than `uploadDay`, the Asia/Kolkata day of the upload; or none of a disconnection, a surrender or a port whose
 * row has another day than that under nearly the same name); not_in_direction (restored or unblocked on a day before `orderedOn`, that of the
 * direction's first order: that answers an earlier order, and whoever is to have service by this one is without it still); before_sighting (failed, disconnected, surrendered or ported
 * before the connection was last seen, failed also by a day under nearly the name of its own: whoever had the number then is not the one who was
 * seen); missing_to, unknown_operator,
 * same_operator (ported without an operator, to none of `operators`, or to this operator); bad_ground (extended on none of the grounds);
 * bad_activated_on (reissued without a date, or on one later than that day); not_after_sighting (reissued on a day that is not later than
 * the sighting for which it is directed: the person who was seen then is the one who has the number now; a later sighting on a handset that
 * isn't acted upon may be of whoever got it since). The day is `occurred_on`, or that of the upload if the row doesn't say; a reissued
 * row's is `activated_on`.
 * @param rowOf returns the direction's row of an identifier
 */
export function parseResponseRow(
  row: CsvRow,
  {
    kind,
    operator,
    directionId,
    orderedOn,
  }: {
    readonly kind: DirectionKind;
    readonly operator: OperatorId;
    readonly directionId?: string;
    readonly orderedOn?: Day;
  },
  uploadDay: Day,
  rowOf: (identifier: Imei | Msisdn) => NamedRow | undefined,
  operators: readonly string[],
): AnsweredRow | RejectedRow {
  const { line } = row;
  if ('reason' in row) return { line, reason: row.reason };
  const column = columnOf(kind);
  const identifier = identifiersOf(operator)[column](row.cells[column] ?? '');
  if ('reason' in identifier) return { line, reason: identifier.reason };
  const found = rowOf(identifier.value);
  if (found === undefined || isElsewhere(row.cells, directionId) || isOfAnother(row.cells.msisdn, found, operator))
    return { line, reason: 'not_in_direction' };
  const said = seenOf(row.cells.outcome ?? '').toLowerCase();
  const outcome = rulesOf(kind).answers.find((answer) => answer === said);
  if (outcome === undefined) return { line, reason: 'unknown_outcome' };
  const told = row.cells.occurred_on ?? '';
  const day = told === '' ? uploadDay : readDay(told);
  if (day === null || day > uploadDay) return { line, reason: 'bad_date' };
  if (orderedOn !== undefined && day < orderedOn && GIVEN_BACK.includes(outcome))
    return { line, reason: 'not_in_direction' };
  const { row: place, lastSeen, directedFor } = found;
  const { ends, ofWhoWasSeen, movedBy, dayIn } = ANSWER_RULES[outcome];
  // The upload's day in its place would make who was seen since the one who had the number. Of a proof it takes nothing from anybody, and beside a
  // failing such a column often has another day: of an export, or of an order.
  if (ends && ofWhoWasSeen && told === '' && isOtherDay(row.otherDays, uploadDay)) return { line, reason: 'bad_date' };
  const isBefore = (seen: Day) => day < seen || (told === '' && isDayBefore(row.otherDays, seen));
  if (ofWhoWasSeen && lastSeen !== null && isBefore(lastSeen)) return { line, reason: 'before_sighting' };
  if (movedBy !== null) {
    const onward = onwardOf(movedBy, row.cells[movedBy] ?? '', operator, operators);
    return 'reason' in onward ? { line, ...onward } : { line, row: place, outcome, day, onward };
  }
  if (dayIn === 'occurred_on')
    return { line, row: place, outcome, day, ...(outcome === 'disconnected' && told !== '' && { isDated: true }) };
  const activated = readDay(row.cells.activated_on ?? '');
  if (activated === null || activated > uploadDay) return { line, reason: 'bad_activated_on' };
  if (directedFor !== null && activated <= directedFor) return { line, reason: 'not_after_sighting' };
  return { line, row: place, outcome, day: activated };
}

/**
 * Whether one of these cells is another day than that of the upload, or none: an export that prints its own day, or instant, says the same. One
 * that is still to come is another: a disconnection that is planned, or a day whose month changed places with it.
 */
function isOtherDay(cells: readonly string[] = [], uploadDay: Day): boolean {
  return cells.some((cell) => withoutTime(cell) !== uploadDay);
}

/** Whether one of these cells is a day before another one, whichever way it is read: `01/05/2026` is of May or of January. */
function isDayBefore(cells: readonly string[] = [], day: Day): boolean {
  return cells.some((cell) => {
    const days = [...daysBegunBy(seenOf(cell)), parseDayAs('YYYYMMDD', withoutTime(cell))].filter(
      (one) => one !== null,
    );
    return days.length > 0 && days.every((one) => one < day);
  });
}

const withoutTime = (cell: string): string => dayIn(cell).split(/[ T]/)[0] ?? '';

/** Whether a row names another direction than that which it answers. An operator's own column may have the same name, and say something else. */
function isElsewhere(cells: Readonly<Record<string, string>>, directionId: string | undefined): boolean {
  if (directionId === undefined || !cells.direction) return false;
  const named = directionText(cells);
  return named !== directionId && parseDirectionId(named) !== null;
}

/** Whether a handset's row names a number although its handset is to be unblocked for another one alone, or for all. */
function isOfAnother(said = '', { aloneFor }: NamedRow, operator: OperatorId): boolean {
  if (said === '' || aloneFor === undefined) return false;
  const number = identifiersOf(operator).msisdn(said);
  return 'reason' in number || number.value !== aloneFor;
}

/** Where a row goes on, from the cell of the column that says so. */
function onwardOf(
  column: 'to' | 'ground',
  written: string,
  operator: OperatorId,
  operators: readonly string[],
): Onward | { readonly reason: RowReason } {
  const cell = seenOf(written);
  if (column === 'ground') {
    const ground = EXTENSION_GROUNDS.find((one) => one === cell.toLowerCase());
    return ground === undefined ? { reason: 'bad_ground' } : { ground };
  }
  if (cell === '') return { reason: 'missing_to' };
  if (cell === operator) return { reason: 'same_operator' };
  const isKnown = isOperatorId(cell) && cell !== SELF_CHECK && operators.includes(cell);
  return isKnown ? { to: cell } : { reason: 'unknown_operator' };
}
