/**
 * The year's own reckoning of what a reversal must give back, from docs/formats.md, without a line of the system's code: the result for
 * each number and handset that it is asked about, and the rows that it takes back.
 */
import { dayAt, daysBefore, endOf, written } from '../../test/reckoning/files.ts';
import { isOpenAt, type LedgerRow } from './answering.ts';
import type { AskedBack, SentReport, ToldOrder } from './chronicle.ts';
import type { Decided } from './claims.ts';
import { DAY, HOUR } from './draw.ts';
import { type Ledgers, TAKES_SERVICE } from './ledgers.ts';
import type { What, Withdrawals } from './withdrawals.ts';

export const SUBJECT_STATES = ['directed', 'alreadyOpen', 'tooLate', 'nothingToRestore', 'kept', 'struck'] as const;
type State = (typeof SUBJECT_STATES)[number];

/** The days after a disconnection for which a number may be given back. */
const RESTORED_WITHIN_DAYS = 90;
/** The time that a direction to restore takes. */
const RESTORE_TAKES = 2 * DAY;
/** The answers after which a subscriber has service again, whatever an order had taken. */
const GIVES_SERVICE = ['verified', 'extended', 'reissued'];

/** A subject of a request, and the rows that it is about: in an appeal, all rows of the present holder, or of the holder in a row. */
interface Subject {
  readonly kind: 'restore' | 'unblock';
  /** A number in E.164, or an IMEI of 14 digits. */
  readonly identifier: string;
  readonly scope: 'current' | { readonly holderIn: LedgerRow } | { readonly rows: readonly LedgerRow[] };
  readonly ground: string;
  /** The line in an appeal's file. */
  readonly line: number;
}

/** The result for a subject. */
export interface Became {
  readonly subject: Subject;
  readonly state: State;
  /** The rows for which it is given back, one for each of its operators. */
  readonly backAt: readonly LedgerRow[];
  /** The rows that are taken back. */
  readonly rows: readonly LedgerRow[];
  /** The directions in which it is being given back already. */
  readonly openIn: readonly string[];
  /** Lines of `kept.csv`. */
  readonly kept: readonly string[];
  /** Whether it stays as it is in spite of all that is given back: on others' account, or because an approver said so. */
  readonly stays: boolean;
  /** Whether it stays in revocation lists, too: on account of somebody who had it disconnected, or because it stays as it is. */
  readonly staysListed: boolean;
}

/** The knowledge at the instant when a reversal takes its turn. */
export interface Known {
  readonly ledgers: Ledgers;
  /** The decisions of every batch before it. */
  readonly plans: ReadonlyMap<string, { readonly decided: readonly Decided[] }>;
  readonly orders: ReadonlyMap<string, readonly ToldOrder[]>;
  readonly at: number;
  /** Whether a batch's claim about a subject was withdrawn, including by the reversal that takes its turn. */
  readonly isWithdrawn?: (batchId: string, what: What) => boolean;
}

/** The results for all subjects of a reversal, in the order of its lines, or numbers first. */
export function takenBack(
  asked: AskedBack,
  subjects: readonly Subject[],
  struck: ReadonlySet<string>,
  known: Known,
): Became[] {
  return subjects.map((subject) => {
    const nothing = { subject, backAt: [], rows: [], openIn: [], kept: [], stays: true, staysListed: true };
    if (struck.has(subject.identifier)) return { ...nothing, state: 'struck' };
    const kept = keptFor(subject, known);
    if (kept.length > 0) return { ...nothing, state: 'kept', kept };
    const of = subject.kind === 'restore' ? ofNumber : ofHandset;
    const others = othersOf(subject, known);
    const isLaters = isOfLaterHolder(subject, known);
    const stays = { stays: isLaters || others.length > 0, staysListed: isLaters || others.some(isListed) };
    return { subject, kept: [], ...stays, ...of(subject, dayAt(asked.at), known) };
  });
}

/** The subjects of a caseworker's file: each once, on the ground of its first line. */
export function subjectsOfAppeal({ rows }: AskedBack, ledgers: Ledgers, orders: readonly ToldOrder[]): Subject[] {
  return rows.map(({ msisdn, imei, reference, ground }, n) => {
    const line = n + 2;
    if (imei !== undefined) return { kind: 'unblock', identifier: imei, scope: 'current', ground, line };
    if (msisdn !== undefined) return { kind: 'restore', identifier: msisdn, scope: 'current', ground, line };
    const order = orders.find(({ references }) => references.has(reference ?? ''));
    const identifier = order?.references.get(reference ?? '') ?? '';
    const row = ledgers.directions.get(order?.notice.directionId ?? '')?.get(identifier);
    if (row === undefined) throw new Error('a caseworker has a reference that no order told');
    return { kind: 'restore', identifier, scope: { holderIn: row }, ground, line };
  });
}

/**
 * The subjects that an agency takes back of a report: the handsets that it names, or all, and those of the directed numbers that no other
 * handset of the report links which still stands. A subject that the report found elsewhere goes with it if the rows there were withdrawn,
 * too.
 * @param decided the decisions on the report's rows
 */
export function subjectsOfWithdrawal(
  { imeis }: { readonly imeis: readonly string[] | undefined },
  { batchId, handsets }: Pick<SentReport, 'batchId' | 'handsets'>,
  decided: readonly Decided[],
  ledgers: Ledgers,
  withdrawals: Withdrawals,
): Subject[] {
  const named = new Set(imeis ?? handsets);
  const links = withdrawals.linksOf(batchId);
  const stands = (imei: string) => !named.has(imei) && !withdrawals.isHandsetWithdrawn(batchId, imei);
  const isAsked = ({ kind, identifier }: Decided, row: LedgerRow) => {
    if (kind === 'block') return named.has(identifier);
    const by = links.get(identifier) ?? [];
    if (imeis === undefined || !by.some(({ imei }) => named.has(imei))) return imeis === undefined;
    const since = heldSince(identifier, [row], ledgers);
    if (since === '') return !by.some(({ imei }) => stands(imei));
    const own = { imeis, struck: new Set<string>() };
    return withdrawals.isWithdrawn(batchId, { kind: 'reverify', identifier, since }, own);
  };
  const own = ledgers.ofBatch(batchId).map((row) => ({ of: row.decided, row }));
  const elsewhere = decided.flatMap((of) => {
    const row = of.state === 'directed' ? undefined : ledgers.directions.get(of.direction)?.get(of.identifier);
    const { kind, identifier } = of;
    if (row === undefined || row.reversed !== undefined || row.decided.kind !== kind) return [];
    const since = heldSince(identifier, [row], ledgers);
    const isWithdrawn =
      (kind === 'reverify' || kind === 'block') && withdrawals.isWithdrawn(reportOf(row), { kind, identifier, since });
    return isWithdrawn ? [{ of, row }] : [];
  });
  const all = [...own, ...elsewhere].filter(({ of, row }) => isAsked(of, row));
  const about = { ground: 'withdrawal', line: 0 };
  const numbers = all
    .filter(({ of }) => of.kind === 'reverify')
    .map(({ of, row }): Subject => ({ kind: 'restore', identifier: of.identifier, scope: { rows: [row] }, ...about }));
  const blocks = all.filter(({ of }) => of.kind === 'block');
  const unblocked = [...named].map((identifier): Subject => {
    const rows = blocks.flatMap(({ of, row }) => (of.identifier === identifier ? [row] : []));
    return { kind: 'unblock', identifier, scope: { rows }, ...about };
  });
  return [...numbers, ...unblocked];
}

/** The day since which the holder in these rows has the number, as it was given to them; '' where no earlier holder is known. */
function heldSince(identifier: string, rows: readonly LedgerRow[], ledgers: Ledgers): string {
  const seen = rows.map(({ decided }) => decided.directedFor).sort();
  const activations = ledgers.ofNumber(identifier).flatMap(({ outcome, on }) => (outcome === 'reissued' ? on : []));
  const before = activations.filter((day) => day < (seen.at(-1) ?? '')).sort();
  return before.at(-1) ?? '';
}

/** The batch of a row, or of the report's row that it goes on with. */
function reportOf(row: LedgerRow): string {
  const before = row.continues.at(-1);
  return before === undefined ? (row.direction.split('.')[0] ?? '') : reportOf(before);
}

/** The rows of a withdrawal that are in question, with the rows that go on with them. */
function rowsInScope({ scope, identifier }: Subject, ledgers: Ledgers): LedgerRow[] {
  if (scope === 'current' || !('rows' in scope)) return [];
  const all = new Set(scope.rows);
  for (const row of ledgers.ofNumber(identifier)) if (row.continues.some((one) => all.has(one))) all.add(row);
  return [...all];
}

/** The lines of later batches that rely on a withdrawn report's rows: they found them there, or have done the same themselves since. */
function keptFor(subject: Subject, known: Known): string[] {
  const { ledgers, plans, at } = known;
  const { identifier, kind } = subject;
  const scope = rowsInScope(subject, ledgers);
  if (scope.length === 0) return [];
  const does = kind === 'restore' ? 'reverify' : 'block';
  const shown = kind === 'restore' ? identifier : written(identifier);
  const kept = new Set<string>();
  const keep = (operator: string, batchId: string, state: string) =>
    kept.add(`${does},${shown},${operator},${batchId},${state}`);
  // Nobody relies on a row that was taken back before, or that is marked since the number turned out to be somebody else's in another row.
  const all = ledgers.rowsOf(does, identifier);
  const isMarked = (row: LedgerRow) => all.some((one) => one !== row && isFormerBy(one, row));
  const standing = scope.filter((row) => row.reversed === undefined && !isMarked(row));
  const directions = new Set(standing.map(({ direction }) => direction));
  const since = heldSince(identifier, scope, ledgers);
  for (const [batchId, { decided }] of plans)
    for (const one of decided)
      if (
        one.identifier === identifier &&
        one.kind === does &&
        one.state.startsWith('already') &&
        directions.has(one.direction) &&
        // A batch that met only the number's former holder doesn't rely on it.
        (since === '' || one.directedFor > since) &&
        !known.isWithdrawn?.(batchId, { kind: does, identifier, since })
      )
        keep(one.operator, batchId, one.state);
  for (const [n, row] of all.entries()) {
    const isAfter = all.slice(0, n).some((one) => scope.includes(one) && operatorOf(one) === operatorOf(row));
    if (!isAfter || scope.includes(row) || row.reversed !== undefined) continue;
    const hasEffect =
      isOpenAt(row, at) || isMoved(row) || isOverdue(row, at) || isCut(row, known) || ENDED.includes(row.outcome);
    if (hasEffect) keep(operatorOf(row), row.direction.split('.')[0] ?? '', 'directed');
  }
  return [...kept];
}

/** Whether one row's operator says that the number was given to somebody else since the sighting of another row. */
const isFormerBy = ({ reissuedOn }: LedgerRow, { decided }: LedgerRow) =>
  reissuedOn !== undefined && decided.directedFor <= reissuedOn;

/** Whether a number was directed when its holder was a later one than in the rows in question. */
function isOfLaterHolder(subject: Subject, { ledgers }: Known): boolean {
  if (subject.kind !== 'restore') return false;
  const { holder, holderOf } = holdersOf(subject, ledgers);
  return ledgers.ofNumber(subject.identifier).some((row) => holderOf(row) > holder);
}

/** The rows of other batches for a withdrawn subject that are in force, at whatever operator, where nobody gave it back since. */
function othersOf(subject: Subject, { ledgers, at }: Known): LedgerRow[] {
  const { scope, identifier, kind } = subject;
  if (scope === 'current' || !('rows' in scope)) return [];
  const own = rowsInScope(subject, ledgers);
  const given = ledgers.rowsOf(kind, identifier).filter(({ outcome }) => ['restored', 'unblocked'].includes(outcome));
  const all = ledgers.rowsOf(kind === 'restore' ? 'reverify' : 'block', identifier);
  // A former holder, from before the number was given to somebody else, doesn't count any more.
  const isFormer = (row: LedgerRow) => all.some((one) => isFormerBy(one, row));
  return all.filter((row) => {
    if (own.includes(row) || row.reversed !== undefined || isFormer(row)) return false;
    const inForce = isOpenAt(row, at) || isMoved(row) || isOverdue(row, at) || ENDED.includes(row.outcome);
    // Its operator's days tell which was first, and of one day what it said first.
    const isAfter = (one: LedgerRow) => (row.on === one.on ? row.at > one.at : row.on > one.on);
    const isTakenSince = (one: LedgerRow) => ENDED.includes(row.outcome) && isAfter(one);
    return (
      inForce &&
      !given.some((one) => operatorOf(one) === operatorOf(row) && one.madeAt > row.madeAt && !isTakenSince(one))
    );
  });
}

/** Whether an operator's word on a row came later than that on another one, or names a later day. */
const isSaidAfter = (row: LedgerRow, before: LedgerRow) => row.at > before.at || row.on > before.on;

const isListed = ({ outcome }: LedgerRow) => ['disconnected', 'surrendered'].includes(outcome);
const ENDED = ['disconnected', 'surrendered', 'blocked'];
const operatorOf = ({ decided }: LedgerRow) => decided.operator;
const isMoved = ({ waitsAt, outcome }: LedgerRow) => waitsAt !== undefined && outcome !== 'not_found';
const isOverdue = ({ outcome, ends }: LedgerRow, at: number) => ['open', 'failed'].includes(outcome) && at >= ends;

/** Whether an order that takes service carried a row, and no answer gave it back. */
function isCut(row: LedgerRow, known: Known): boolean {
  return !GIVES_SERVICE.includes(row.outcome) && wasCut(row, known);
}

/**
 * Whether such an order carried a row, also where an answer has service given back: nobody answers the order that this causes, which comes
 * within minutes. A row that is done with was carried by each bar of its direction that came before its last word; and if it had failed, by the
 * newest order for such rows.
 * @param since the instant from which on an order counts
 */
function wasCut(row: LedgerRow, { orders, at }: Known, since = 0): boolean {
  const isDone = !['open', 'failed'].includes(row.outcome);
  const own = orders.get(row.direction) ?? [];
  const isOrderedBack = own.some(({ notice: { rung }, at: told }) => rung === 'back' && told < row.at + HOUR);
  if (GIVES_SERVICE.includes(row.outcome) && !isOrderedBack) return false;
  const taking = own.filter((order) => TAKES_SERVICE.includes(order.notice.order) && order.at < (isDone ? row.at : at));
  const names = (order: (typeof own)[number]) => order.rows.includes(row.decided.identifier);
  const hadFailed = taking.some((order) => order.notice.rung === 'failed' && names(order));
  return taking.some(
    (order) => order.at >= since && (isDone ? order.notice.rung !== 'failed' || hadFailed : names(order)),
  );
}

/** The holder in the rows in question, counted by the holders before them; and the present one. */
function holdersOf(subject: Subject, ledgers: Ledgers) {
  const { scope, identifier } = subject;
  const activations = ledgers.ofNumber(identifier).flatMap(({ outcome, on }) => (outcome === 'reissued' ? on : []));
  /** The number of holders before the one who was seen. */
  const holderOf = ({ decided }: LedgerRow) => activations.filter((day) => decided.directedFor > day).length;
  const named = scope !== 'current' && 'holderIn' in scope ? [scope.holderIn] : rowsInScope(subject, ledgers);
  const newest = activations.length;
  const holder = scope === 'current' ? newest : Math.max(0, ...named.map(holderOf));
  return { holder, holderOf, newest };
}

type Decision = Pick<Became, 'state' | 'backAt' | 'rows' | 'openIn'>;

function ofNumber(subject: Subject, uploadedOn: string, known: Known): Decision {
  const { ledgers, at } = known;
  const { identifier } = subject;
  const all = ledgers.ofNumber(identifier);
  const { holder, holderOf, newest } = holdersOf(subject, ledgers);
  const inScope = rowsInScope(subject, ledgers);
  const own = inScope.length > 0 ? inScope : all.filter((row) => holderOf(row) === holder);
  if (holder < newest || (own.length === 0 && all.length > 0)) {
    // Who has it now may have been cut off by a word on who had it before, and is asked to be restored since.
    const activated =
      all
        .flatMap(({ reissuedOn }) => reissuedOn ?? [])
        .sort()
        .at(-1) ?? '9';
    const isTheirs = (row: LedgerRow) => isOpenAt(row, at) && dayAt(row.ends - RESTORE_TAKES) >= activated;
    const open = subject.scope === 'current' ? ledgers.rowsOf('restore', identifier).filter(isTheirs) : [];
    const openIn = open.map(({ direction }) => direction);
    return { state: openIn.length === 0 ? 'tooLate' : 'alreadyOpen', backAt: [], rows: own, openIn };
  }
  const since = daysBefore(uploadedOn, RESTORED_WITHIN_DAYS);
  const given = ledgers.rowsOf('restore', identifier);
  const restored = (operator: string) =>
    given.filter((row) => row.outcome === 'restored' && operatorOf(row) === operator);
  return together(own, (operator) => {
    const mine = own.filter((row) => operatorOf(row) === operator);
    return atOperator(mine, given, { operator, isAppeal: subject.scope === 'current' }, known, (row) => {
      if (isOpenAt(row, at) || isMoved(row)) return 'directed';
      // An older row may have been ended late, after that; or before it, and by nobody's word was there service since.
      const isLost = (one: LedgerRow) =>
        isSaidAfter(one, row) || (one.reversed === undefined && row.decided.directedFor <= one.on);
      // The order to give back what an order took, which an answer causes, is answered by nobody.
      if (GIVES_SERVICE.includes(row.outcome)) {
        if (mine.some((one) => isListed(one) && isLost(one))) return undefined;
        return wasCut(row, known) ? 'directed' : 'nothingToRestore';
      }
      // A day by which its operator says elsewhere that there was service later tells of no long time without any.
      const hadService = [...mine.filter(({ outcome }) => GIVES_SERVICE.includes(outcome)), ...restored(operator)];
      const wasServed = hadService.some((one) => one.on > row.on);
      if (isListed(row)) return row.on < since && !wasServed ? 'tooLate' : 'directed';
      return isOverdue(row, at) || isCut(row, known) ? 'directed' : undefined;
    });
  });
}

function ofHandset(subject: Subject, _: string, known: Known): Decision {
  const { ledgers, at } = known;
  const { scope, identifier } = subject;
  const own = scope === 'current' ? ledgers.rowsOf('block', identifier) : rowsInScope(subject, ledgers);
  const given = ledgers.rowsOf('unblock', identifier);
  return together(own, (operator) => {
    const mine = own.filter((row) => operatorOf(row) === operator);
    return atOperator(mine, given, { operator, isAppeal: subject.scope === 'current' }, known, (row) =>
      isOpenAt(row, at) || isOverdue(row, at) || ['blocked', 'withdrawn'].includes(row.outcome)
        ? 'directed'
        : undefined,
    );
  });
}

type AtOperator = { readonly state: State; readonly from?: LedgerRow; readonly openIn?: string };

/** Goes back from the newest of an operator's rows to the first that tells the state; `says` may leave that to an older one. */
function atOperator(
  own: readonly LedgerRow[],
  given: readonly LedgerRow[],
  { operator, isAppeal }: { readonly operator: string; readonly isAppeal: boolean },
  known: Known,
  says: (row: LedgerRow) => State | undefined,
): AtOperator {
  const { at } = known;
  let openIn: string | undefined;
  // An order to restore that is open from before service was taken.
  let openBefore: string | undefined;
  let isUnanswered = false;
  const nothingMore = (): AtOperator => {
    const open = openIn ?? openBefore;
    return open === undefined ? { state: 'nothingToRestore' } : { state: 'alreadyOpen', openIn: open };
  };
  const rows = [...own, ...given.filter((row) => operatorOf(row) === operator)].sort((a, b) => b.madeAt - a.madeAt);
  for (const row of rows) {
    if (given.includes(row)) {
      // A number that its operator says was cut off after that has been so since it was last restored.
      const cutSince = own.some((one) => isListed(one) && isSaidAfter(one, row));
      // What was ordered after the day that the operator names counts, too, if it says so later.
      const orderedSince = own.some((one) => wasCut(one, known, Math.min(row.at, endOf(row.on))));
      // What was taken after that was ordered may have been given back before, though it is answered for later.
      const begun = row.ends - RESTORE_TAKES;
      const taken = own.filter(
        (one) => wasCut(one, known, begun + 1) || (isListed(one) && one.at > begun && one.on >= dayAt(begun)),
      );
      const isTakenOpen = taken.some((one) => isOpenAt(one, at));
      // An operator's word that it blocked a handset whose row a reversal had ended is recorded nowhere.
      const unheard = isAppeal && own.some((one) => one.outcome === 'withdrawn');
      const isBack =
        (row.outcome === 'unblocked' && !unheard) ||
        (row.outcome === 'restored' && !cutSince && !orderedSince && !isTakenOpen);
      if (isBack) return nothingMore();
      if (isOpenAt(row, at) && taken.length > 0) openBefore ??= row.direction;
      else if (isOpenAt(row, at)) openIn ??= row.direction;
      else if (isOverdue(row, at)) isUnanswered = true;
      continue;
    }
    const state = says(row);
    if (state === undefined) continue;
    if (openIn !== undefined) return nothingMore();
    // A verified number was cut off all the same if an order to restore it is unanswered.
    if (state === 'nothingToRestore' && isUnanswered) return { state: 'directed', from: row };
    return state !== 'directed' && openBefore !== undefined ? nothingMore() : { state, from: row };
  }
  return nothingMore();
}

/** The state over all operators that have a row. */
function together(own: readonly LedgerRow[], at: (operator: string) => AtOperator): Decision {
  const each = [...new Set(own.map(operatorOf))].map(at);
  const state = SUBJECT_STATES.find((one) => each.some((found) => found.state === one)) ?? 'nothingToRestore';
  const backAt = each.flatMap(({ state, from }) => (state === 'directed' && from !== undefined ? [from] : []));
  return { state, backAt, rows: own, openIn: state === 'alreadyOpen' ? each.flatMap((one) => one.openIn ?? []) : [] };
}
