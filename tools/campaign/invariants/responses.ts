/** A response that a ledger has recorded: the result for each of its rows, and its receipt, disconnect order and late list. */
import { dayAt, daysBefore, imeiIn, isDay, msisdnIn, sha256 } from '../../../test/reckoning/files.ts';
import { DAY, OPERATORS } from '../story.ts';
import { linesFor } from './combined.ts';
import { ANSWERS, isOfHandsets } from './kinds.ts';
import { type Direction, isOpen, type Known, type Row } from './known.ts';
import {
  GIVES_SERVICE,
  isGivenBack,
  isToKeep,
  portsIn,
  saidElsewhere,
  serviceAt,
  takenFromHolder,
  wasExtended,
} from './moves.ts';
import { backKeyOf, expectOrder, failedKeyOf, failedOrderAt, lastDeadlineTold, wasCut } from './orders.ts';
import type { Item } from './seen.ts';
import { instant, sum } from './values.ts';

/** The time from a response's upload to its commit, including what may go wrong with it, such as a lost event and a lost sweep. */
const TAKEN_WITHIN = 2 * DAY;

/** The standing of a direction before a file: its ladder's end and the batch's seal, its last deadline, and all that it has committed. */
interface Standing {
  closed: boolean;
  sealedAt: string | null;
  end: string;
  /** Set while its first order has not been published: its deadlines may move. */
  mayMove: boolean;
  orders: Item[];
  files: Item[];
  /** The nights that have taken some of these, and not decided on whom they gave more time. */
  undecided: readonly unknown[];
  place: number;
}

/** The days after a port for which a number isn't ported again. */
const PORTED_FOR = 90;
/** Answers about the holder who was seen, which may not be dated before that sighting. */
const OF_WHO_WAS_SEEN = ['failed', 'disconnected', 'surrendered', 'ported'];
/** Answers to an order to give back, which are none on a day before it. */
const GIVEN_BACK = ['restored', 'unblocked'];
const GROUNDS = ['abroad', 'disability', 'hospital'];

/** The reason why a row can't be taken that says where it goes on, or since when it is somebody else's; '' where it can. */
function faultIn(
  known: Known,
  direction: Direction,
  number: string,
  cells: Record<string, string>,
  { at, place }: { at: number; place: number },
): string {
  const { operator } = direction;
  const { outcome, to = '', ground = '', activated_on: since = '' } = cells;
  if (outcome === 'ported') {
    if (to === '') return 'missing_to';
    if (to === operator) return 'same_operator';
    if (!OPERATORS.some((one) => one === to)) return 'unknown_operator';
    const on = cells.occurred_on || dayAt(at);
    const isLately = (day: string) => day > daysBefore(on, PORTED_FOR);
    const ports = portsIn(saidElsewhere(known, number, direction, place));
    if (ports.some(({ to: other, disputed }) => disputed && other === to && isLately(dayAt(disputed.at))))
      return 'disputed';
    return ports.some(({ on: day, disputed }) => !disputed && isLately(day)) ? 'ported_lately' : '';
  }
  if (outcome === 'extended') {
    if (!GROUNDS.includes(ground)) return 'bad_ground';
    return wasExtended(known, direction, number) ? 'already_extended' : '';
  }
  if (outcome !== 'reissued') return '';
  if (!isDay(since) || since > dayAt(at)) return 'bad_activated_on';
  return since <= (direction.directedFor.get(number) ?? '') ? 'not_after_sighting' : '';
}

/** Whether an order took service from a number, in another direction of its operator, that turns out to be somebody else's. */
function wasCutElsewhere(known: Known, own: Direction, number: string, since: string, place: number): boolean {
  return saidElsewhere(known, number, own, place).some(({ direction, ...row }) => {
    const { orders, files } = direction.at(place);
    const isOlder = (direction.directedFor.get(number) ?? '') <= since;
    return direction.operator === own.operator && isOlder && wasCut(row, orders, files);
  });
}

/** Whether its operator says in another direction that it disconnected a number on a day since which somebody else has it. */
function wasDisconnectedElsewhere(known: Known, own: Direction, number: string, since: string, place: number): boolean {
  return saidElsewhere(known, number, own, place).some(
    ({ direction, ...row }) =>
      direction.operator === own.operator &&
      (direction.directedFor.get(number) ?? '') <= since &&
      isDisconnectedSince(row, since),
  );
}

/** Whether a row was said to be disconnected on a day, or after it. */
const isDisconnectedSince = ({ outcome, on, laterEnd = '' }: Row, since: string): boolean =>
  (outcome === 'disconnected' && on >= since) || laterEnd >= since;

/** Whether a number's present holder is without service, at the same operator, by a row of their own. */
function wasCutSince(known: Known, own: Direction, number: string, since: string, place: number): boolean {
  return saidElsewhere(known, number, own, place).some(({ direction, ...row }) => {
    const { orders, files } = direction.at(place);
    const isNow = (direction.directedFor.get(number) ?? '') > since;
    if (direction.operator !== own.operator || !isNow || row.reversed) return false;
    return (
      ['disconnected', 'surrendered'].includes(row.outcome) ||
      (!GIVES_SERVICE.includes(row.outcome) && wasCut(row, orders, files))
    );
  });
}

/** Whether somebody who had service back was cut off after that: on a later day, or on that day and later than was said before. */
function isCutAgain(row: Row, on: string): boolean {
  // Without a reversal nobody had.
  if (!isGivenBack(row) || row.backAt === undefined) return false;
  const takenBackOn = dayAt(row.backAt);
  return on > takenBackOn || (on === takenBackOn && on > row.on);
}

/** Whether a row stands disconnected as of a day before. */
const isLater = ({ outcome, on: known }: Row, on: string): boolean => outcome === 'disconnected' && on > known;

/** Checks a file that a ledger recorded, with the `states` of its rows before it, and moves these on. */
export function checkResponse(
  known: Known,
  direction: Direction,
  file: Item,
  states: Row[],
  { closed, sealedAt, end, mayMove, orders, files, undecided, place }: Standing,
): void {
  const { id, kind, operator, batch } = direction;
  const must = (holds: boolean, rule: string) => known.must(holds, `${id}: ${rule}`);
  const digest = String(file.sha256);
  const sources = known.seen.uploads.filter(
    (upload) => sha256(upload.text) === digest && linesFor(upload, direction) !== undefined,
  );
  const source = sources.find(({ at }) => instant(at) === file.at);
  must(source !== undefined, 'a recorded file was uploaded to it, at the instant of its record');
  must(!direction.recorded.has(digest), 'the same file is recorded once');
  if (source === undefined) return;
  const lines = linesFor(source, direction) ?? [];
  const rejects: { line: number; reason: string }[] = [];
  const failed = new Set<string>();
  const disconnected = new Set<string>();
  const givenBack: string[] = [];
  const reissued: string[] = [];
  const moved = new Set<string>();
  const toReturn = new Set<string>();
  const toRestore = new Set<string>();
  const goesOn = (number: string, why: string, to: string) =>
    known.moves.push({ number, from: id, why, to, at: source.at });
  const restoreInTheNight = (number: string) => {
    if (!toRestore.has(number)) goesOn(number, 'disconnected_after_verified', operator);
    toRestore.add(number);
  };
  /** Numbers whose holder had been cut off by a word of this direction, as it is said since when they have it. */
  const cutFromHolder = new Set<string>();
  /** What others commit while the file is on its way may be found after its commit: then an entry of its own restores them. */
  const isFoundLater = (number: string): boolean =>
    ((known.seen.cases[`DIR#${id}`]?.files ?? []) as Item[]).some(
      (entry) => entry.after === digest && known.seen.outbox[backKeyOf(direction, entry)]?.includes(number),
    );
  let recorded = 0;
  let alreadyRecorded = 0;
  const orderedOn = orders.length === 0 ? '' : dayAt(Date.parse(String(orders[0]?.firstAt ?? orders[0]?.at)));
  /** Whoever was given more time is open until a night decides on them: it may have taken them before. */
  const isProvedInTime = ({ outcome, file: saidBy }: Row, says: string): boolean => {
    if (says !== 'verified' || outcome !== 'extended') return false;
    const { moved: goOn, followUp } = files.find((one) => one.sha256 === saidBy) ?? {};
    const isDecided = followUp !== undefined && !undecided.includes(followUp);
    return saidBy === digest || (goOn !== undefined && !isDecided);
  };
  /**
   * The day since which a number's holder is to have service by another row there, if its own is done with, or overdue, and they are said to
   * be disconnected on a later day than was known.
   */
  const keptSince = (number: string, on: string): string => {
    const before = direction.at(place).rows[direction.rows.indexOf(number)];
    if (kind !== 'reverify' || before === undefined) return '';
    if (before.outcome === 'disconnected' ? on <= before.on : isOpen(before) && !closed) return '';
    const saysItself = ['verified', 'withdrawn', 'reissued'].includes(before.outcome);
    return saysItself ? '' : serviceAt(known, number, operator, place).since;
  };
  /** Whether a number is somebody else's on a day than in its row here, as another row there says; some rows say by themselves whose it is. */
  const isNewHolders = (number: string, on: string): boolean => {
    const before = direction.at(place).rows[direction.rows.indexOf(number)];
    if (before === undefined || ['verified', 'withdrawn', 'reissued'].includes(before.outcome)) return false;
    const since = saidElsewhere(known, number, direction, place)
      .filter((one) => one.direction.operator === operator && one.outcome === 'reissued')
      .map((one) => one.on)
      .sort()
      .at(-1);
    return since !== undefined && on >= since && (direction.directedFor.get(number) ?? '') <= since;
  };
  for (const { line, cells } of lines) {
    const reject = (reason: string) => rejects.push({ line, reason });
    const parsed = isOfHandsets(kind) ? imeiIn(cells?.imei) : msisdnIn(cells?.msisdn);
    const identifier = 'reason' in parsed ? '' : (Object.values(parsed)[0] ?? '');
    const row = states[direction.rows.findIndex((one) => one.split(' ')[0] === identifier)];
    const outcome = cells?.outcome ?? '';
    const on = cells?.occurred_on || dayAt(source.at);
    const isCutOff = outcome === 'disconnected' && row !== undefined && isDay(on);
    const isAnothers = isCutOff && kind === 'reverify' && isNewHolders(identifier, on);
    const cutsNewHolder = isAnothers && takenFromHolder(known, identifier, operator, place) === undefined;
    const kept = isCutOff && !isAnothers ? keptSince(identifier, on) : '';
    // Who had the number before has nothing back by what was taken back there.
    const isCutOffAgain = isCutOff && !isAnothers && isCutAgain(row, on);
    if (!cells) reject('wrong_cell_count');
    else if ('reason' in parsed) reject(parsed.reason);
    else if (row === undefined) reject('not_in_direction');
    else if (!ANSWERS[kind].includes(outcome)) reject('unknown_outcome');
    else if (!isDay(on) || on > dayAt(source.at)) reject('bad_date');
    else if (GIVEN_BACK.includes(outcome) && on < orderedOn) reject('not_in_direction');
    else if (OF_WHO_WAS_SEEN.includes(outcome) && on < (direction.lastSeen.get(identifier) ?? ''))
      reject('before_sighting');
    else if (faultIn(known, direction, identifier, cells, { at: source.at, place }) !== '')
      reject(faultIn(known, direction, identifier, cells, { at: source.at, place }));
    else if (on < kept) {
      reject('conflicts_with_recorded');
      noteLaterEnd(row, cells);
    } else if (isCutOffAgain || (isCutOff && (kept !== '' || (cutsNewHolder && isLater(row, on))))) {
      reject('conflicts_with_recorded');
      restoreInTheNight(identifier);
    } else if (isTaken(row, outcome, closed) || isAgain(row, cells) || isProvedInTime(row, outcome)) {
      const since = outcome === 'reissued' ? (cells.activated_on ?? '') : on;
      const isCut =
        (!isAgain(row, cells) && wasCut(row, orders, files)) ||
        (outcome === 'reissued' &&
          wasCutElsewhere(known, direction, identifier, since, place) &&
          !isFoundLater(identifier));
      const isTheirs = outcome === 'reissued' && wasCutSince(known, direction, identifier, since, place);
      // Who was given more time had service back then.
      const hadItBack = outcome === 'verified' && row.outcome === 'extended';
      if (GIVES_SERVICE.includes(outcome) && isCut && !isTheirs && !hadItBack) givenBack.push(identifier);
      if (outcome === 'reissued' && isDisconnectedSince(row, since)) cutFromHolder.add(identifier);
      const wasOpen = !closed;
      Object.assign(row, { outcome, on: since, at: source.at, file: digest });
      if (outcome === 'ported') row.to = cells.to ?? '';
      recorded++;
      moved.delete(identifier);
      failed.delete(identifier);
      disconnected.delete(identifier);
      if (outcome === 'failed' && !row.reversed) failed.add(identifier);
      if (['disconnected', 'surrendered'].includes(outcome) && !row.reversed) disconnected.add(identifier);
      if (outcome === 'reissued') reissued.push(identifier);
      // The row takes its answer all the same.
      if (cutsNewHolder) restoreInTheNight(identifier);
      if ((outcome === 'ported' || outcome === 'extended') && wasOpen) {
        moved.add(identifier);
        goesOn(identifier, outcome, outcome === 'ported' ? (cells.to ?? '') : operator);
      }
      const portedHere =
        kind === 'reverify' && outcome === 'not_found'
          ? portsIn(saidElsewhere(known, identifier, direction, place))
              .filter(({ to, disputed, acknowledged }) => to === operator && !disputed && !acknowledged)
              .sort((a, b) => (a.on > b.on ? -1 : 1))[0]
          : undefined;
      if (portedHere !== undefined) {
        toReturn.add(identifier);
        goesOn(identifier, 'porting_disputed', portedHere.from);
      }
    } else if (isKnown(row, outcome, cells.to)) {
      alreadyRecorded++;
      noteLaterEnd(row, cells);
    } else {
      reject('conflicts_with_recorded');
      const isHolders = row.outcome === 'reissued' && on >= row.on;
      const isTakenFrom = isHolders && takenFromHolder(known, identifier, operator, place) !== undefined;
      if (isCutOff && (cutsNewHolder || isToKeep(row) || (isHolders && !isTakenFrom))) restoreInTheNight(identifier);
      else noteLaterEnd(row, cells);
    }
  }
  for (const number of new Set(reissued)) {
    const since = states[direction.rows.indexOf(number)]?.on ?? '';
    const isCut =
      cutFromHolder.has(number) ||
      (wasDisconnectedElsewhere(known, direction, number, since, place) && !isFoundLater(number));
    if (!isCut || wasCutSince(known, direction, number, since, place)) continue;
    restoreInTheNight(number);
    if (!givenBack.includes(number)) givenBack.push(number);
  }
  for (const [word, numbers] of Object.entries({ moved, toReturn, toRestore }))
    must((file[word] ?? 0) === numbers.size, `a recorded file says how many of its rows go on (${word})`);
  const rejected: Record<string, number> = {};
  for (const { reason } of rejects) sum(rejected, reason);
  direction.recorded.set(digest, {
    sha256: digest,
    rows: lines.length,
    recorded,
    alreadyRecorded,
    rejected: Object.fromEntries(Object.entries(rejected).sort()),
    rejects,
    refused: null,
    directionId: id,
    late: sealedAt !== null,
    open: closed ? 0 : states.filter(isOpen).length,
    overdue: closed ? states.filter((row) => isOpen(row) && !row.reversed).length : 0,
  });
  const { failedOrder, lateOn, backDue, withdrawnOn } = file as {
    failedOrder?: Item;
    lateOn?: string;
    backDue?: string;
    withdrawnOn?: string;
  };
  must((withdrawnOn !== undefined) === reissued.length > 0, "a number that is somebody else's is withdrawn at once");
  if (withdrawnOn !== undefined) {
    const isOfNow = withdrawnOn >= dayAt(source.at) && withdrawnOn <= dayAt(source.at + TAKEN_WITHIN);
    must(isOfNow, 'a withdrawal is of the day of its commit');
    const list = `revocations/${withdrawnOn}/${batch}.withdrawn-${digest.slice(0, 8)}`;
    // A combined file adds to this list for all directions of a batch.
    const others = (known.expected[list] ?? []) as string[];
    known.expected[list] = [...others, ...reissued.map((number) => `${number},${withdrawnOn},reissued`)].sort();
  }
  must((backDue !== undefined) === givenBack.length > 0, 'who proves themselves after a bar has service again at once');
  if (backDue !== undefined) {
    const inADay = backDue >= instant(source.at + DAY) && backDue <= instant(source.at + TAKEN_WITHIN + DAY);
    must(inADay, 'service is given back within a day');
    const key = backKeyOf(direction, file);
    known.carried.set(`${key} ${sha256(known.seen.outbox[key] ?? '')}`, givenBack);
    known.expected[key] = givenBack.map((number) => `${number},,${backDue}`).sort();
  }
  must(failedOrder === undefined || (failed.size > 0 && !closed), 'none but rows that fail are disconnected at once');
  if (failed.size > 0 && !closed && instant(source.at + TAKEN_WITHIN) < end)
    must(failedOrder !== undefined, 'rows that fail are ordered to be disconnected at once');
  if (failedOrder !== undefined) {
    const deadline = String(failedOrder.deadline);
    const [committedAt = ''] = failedOrderAt(file);
    must(
      committedAt >= instant(source.at) && committedAt <= instant(source.at + TAKEN_WITHIN),
      'their disconnection is ordered when the file is taken',
    );
    const aDayLater = instant(Date.parse(committedAt) + DAY);
    must(deadline === (aDayLater < end ? aDayLater : end), 'their disconnection is due a day after its commit');
    const key = failedKeyOf(direction, file);
    known.carried.set(`${key} ${failedOrder.sha256}`, [...failed]);
    for (const [n, row] of states.entries()) if (failed.has(direction.rows[n] ?? '')) row.hadFailed = true;
    expectOrder(known, key, direction, [...failed], deadline, lastDeadlineTold(known, key, end, mayMove));
  }
  const late = sealedAt !== null && disconnected.size > 0;
  must((lateOn !== undefined) === late, 'who is disconnected late is in a list of its own');
  if (lateOn !== undefined)
    must(
      lateOn >= dayAt(source.at) && lateOn <= dayAt(source.at + TAKEN_WITHIN),
      'a late list is of the day of its commit',
    );
  if (late)
    for (const number of disconnected)
      direction.late.push([
        `revocations/${lateOn}/${batch}.late-${digest.slice(0, 8)}`,
        `${number},${operator},${states[direction.rows.indexOf(number)]?.on}`,
      ]);
}

/**
 * Checks an entry that restores who has a number: another direction's word cut them off which was committed while a file said that the number
 * is theirs, or an order that its batch, which was being planned then, had caused.
 */
export function checkRestored(
  known: Known,
  direction: Direction,
  entry: Item,
  states: readonly Row[],
  { files, place }: Pick<Standing, 'files' | 'place'>,
): void {
  const { id, operator } = direction;
  const must = (holds: boolean, rule: string) => known.must(holds, `${id}: ${rule}`);
  const said = files.find(({ sha256: digest }) => digest === entry.after);
  must(said?.withdrawnOn !== undefined, 'who is found to be cut off later has the number by a file');
  const key = backKeyOf(direction, entry);
  const text = known.seen.outbox[key] ?? '';
  const numbers = direction.rows.filter((number) => text.includes(number));
  const given = ((said && known.expected[backKeyOf(direction, said)]) ?? []) as string[];
  let toRestore = 0;
  for (const number of numbers) {
    const row = states[direction.rows.indexOf(number)];
    const since = row?.on ?? '';
    const isTheirs = row?.outcome === 'reissued' && row.file === entry.after;
    const isByWord = wasDisconnectedElsewhere(known, direction, number, since, place);
    must(isTheirs && (isByWord || wasCutElsewhere(known, direction, number, since, place)), 'who is found was cut off');
    must(!given.some((line) => line.startsWith(`${number},`)), 'nobody is found whom the file restores');
    if (!isByWord) continue;
    toRestore++;
    known.moves.push({
      number,
      from: id,
      why: 'disconnected_after_verified',
      to: operator,
      at: Date.parse(String(entry.at)),
    });
  }
  must(numbers.length > 0 && (entry.toRestore ?? 0) === toRestore, 'an entry restores those who were found');
  known.carried.set(`${key} ${sha256(text)}`, numbers);
  known.expected[key] = numbers.map((number) => `${number},,${entry.backDue}`).sort();
}

/** Notes the day of a disconnection that changes nothing, if it names one: whose it was is known of a number that is somebody else's. */
function noteLaterEnd(row: Row, { outcome, occurred_on: on = '' }: Record<string, string>): void {
  if (outcome !== 'disconnected' || on === '' || row.outcome === 'reissued') return;
  if (!isDisconnectedSince(row, on)) row.laterEnd = on;
}

/** Whether an answer is recorded for a row as it stands. */
function isTaken({ outcome: before }: Row, outcome: string, closed: boolean): boolean {
  if (outcome === 'reissued') return before !== 'reissued';
  if (outcome === 'extended' && closed) return false;
  return before === 'open' || (before === 'failed' && (closed || outcome !== 'failed'));
}

/** Whether a number that was given to somebody else is said to have been given to another holder later. */
function isAgain({ outcome: before, on }: Row, { outcome, activated_on: since = '' }: Record<string, string>): boolean {
  return before === 'reissued' && outcome === 'reissued' && since > on;
}

/** Whether an answer says nothing new. */
function isKnown({ outcome: before, to: where }: Row, outcome: string, to: string | undefined): boolean {
  if (outcome === 'failed' && ['disconnected', 'surrendered'].includes(before)) return true;
  return before === outcome && (outcome !== 'ported' || where === to);
}
