/**
 * Reversals: the result for each number and handset that was asked to be given back, worked out from the text of the appeal or the
 * withdrawal and from the standing of rows when it was decided; their lists, answers and books.
 */
import { dayAt, daysBefore, endOf, linesOf, sha256, written } from '../../../test/reckoning/files.ts';
import { OPERATORS, REVERSAL_PEOPLE } from '../story.ts';
import { asksFor, type Subject, subjectsOf, takenBackOf, uploadOf } from './asked-back.ts';
import { type Books, checkEnds, countSealed, directionsOf, noBooks } from './books.ts';
import { struckIn } from './decision-files.ts';
import { checkPlannedIn } from './decisions.ts';
import { heldSince, metSince } from './holders.ts';
import { givesBack, isOfHandsets } from './kinds.ts';
import type { Direction, Known } from './known.ts';
import type { Said } from './moves.ts';
import { firstOrderOf } from './orders.ts';
import type { Item } from './seen.ts';
import { isCutSince, isInForce, isInForceByOutcome, rowsBefore, standing } from './standing.ts';
import { same, sum } from './values.ts';

/** A number disconnected more than this many days before the upload may have been given to somebody else. */
const RESTORED_WITHIN = 90;

const STATES = ['directed', 'alreadyOpen', 'tooLate', 'nothingToRestore', 'kept', 'struck'];

interface Became {
  state: string;
  /** The directions in which it is already open to be given back, if that is why it isn't directed. */
  openIn: string[];
  /** The operators at which it is given back. */
  operators: string[];
  /** The rows from which it is taken back. */
  taken: Said[];
  kept: string[];
  /** Whether another batch's rows of it stay in force: then the reversal's own rows are given back, but it isn't taken back as a whole. */
  staysElsewhere: boolean;
  /** Whether it stays in revocation lists by these rows. */
  staysListed: boolean;
}

/** Whether a row of a subject is in question: it must be one of the withdrawn report, or continue one. */
function inQuestion(known: Known, { of, msisdn }: Subject, row: Said): boolean {
  if (of === undefined) return true;
  if (of.includes(row.direction.id)) return true;
  const origin = known.moved.find(
    (one) =>
      one.followUp === row.direction.batch &&
      one.msisdn === msisdn &&
      one.state === 'directed' &&
      one.to === row.direction.operator,
  );
  const from = origin && known.directions.get(origin.from);
  return from !== undefined && inQuestion(known, { of, msisdn } as Subject, { ...row, direction: from });
}

/** The state of a number at one operator. `rows`: all its rows there, newest first; `own`: those in question. */
function numberAt(known: Known, rows: Said[], own: Said[], plan: number, uploadedOn: string) {
  let openIn = '';
  // An order to restore that is open from before service was taken.
  let openBefore = '';
  const otherwise = () => {
    const id = openIn || openBefore;
    return { state: id === '' ? 'nothingToRestore' : 'alreadyOpen', openIn: id };
  };
  for (const row of rows) {
    const { open, waits: isWaiting, ended, overdue, givesBack, cut, carriedAt } = standing(known, row, plan);
    if (row.direction.kind === 'restore') {
      // A number that was cut off after it was restored, as its operator says or was ordered to, is restored again.
      const hasEnded = own.some((one) => isListed(one) && isSaidAfter(one, row));
      // What was ordered after the day that the operator names counts, too, if it says so later.
      const backAt = row.on === '' ? row.at : Math.min(row.at, endOf(row.on));
      const wasOrdered = own.some((one) => isCutSince(known, one, plan, backAt));
      // What was taken after that was ordered may have been given back before, though it is answered for later.
      const begun = Date.parse(String(known.seen.cases[`BATCH#${row.direction.batch}`]?.startedAt));
      const taken = own.filter(
        (one) =>
          isCutSince(known, one, plan, begun + 1000) || (isListed(one) && one.at > begun && one.on >= dayAt(begun)),
      );
      const isTakenOpen = taken.some((one) => standing(known, one, plan).open);
      if (row.outcome === 'restored' && !hasEnded && !wasOrdered && !isTakenOpen) return otherwise();
      if (open && taken.length > 0) openBefore ||= row.direction.id;
      else if (open) openIn ||= row.direction.id;
      continue;
    }
    if (!own.includes(row)) continue;
    if ((open || isWaiting) && openIn === '') return { state: 'directed', openIn };
    const isToRestore = open || isWaiting || ended || overdue || cut;
    if (!givesBack && !isToRestore) continue;
    if (openIn !== '') return { state: 'alreadyOpen', openIn };
    // An older row may have been ended late, after that; or before it, and by nobody's word was there service since.
    const seenOn = row.direction.directedFor.get(row.identifier ?? '') ?? '';
    const isLost = (one: Said) => isSaidAfter(one, row) || (one.reversed !== true && seenOn <= one.on);
    if (givesBack && own.some((one) => isListed(one) && isLost(one))) continue;
    // The order to give back what an order took, which an answer causes, is answered by nobody.
    if (givesBack) return carriedAt === '' ? otherwise() : { state: 'directed', openIn };
    // Unless its operator says that there was service on a later day: then the day doesn't tell since when there is none.
    const hadService = rows.filter(
      (one) => one.outcome === 'restored' || (own.includes(one) && standing(known, one, plan).givesBack),
    );
    const wasServed = hadService.some(({ on }) => on > row.on);
    const isLongAgo = ended && !wasServed && row.on < daysBefore(uploadedOn, RESTORED_WITHIN);
    if (isLongAgo) return openBefore === '' ? { state: 'tooLate', openIn } : otherwise();
    return { state: 'directed', openIn };
  }
  return otherwise();
}

function handsetAt(known: Known, rows: Said[], own: Said[], plan: number, { imei, msisdn, of }: Subject) {
  let openIn = '';
  // Whether a block that a reversal had ended was carried out all the same is recorded nowhere.
  const isUnheard = of === undefined && own.some(({ outcome }) => outcome === 'withdrawn');
  const nothing = { state: 'nothingToRestore', openIn: '' };
  for (const row of rows) {
    const { open, overdue } = standing(known, row, plan);
    if (row.direction.kind === 'unblock') {
      const identifier = row.identifier ?? '';
      const isSame = identifier === imei || identifier === `${imei} ${msisdn}`;
      if (isSame && row.outcome === 'unblocked' && !isUnheard) return nothing;
      if (isSame && open) openIn ||= row.direction.id;
      continue;
    }
    if (!own.includes(row)) continue;
    if (!open && !overdue && !['blocked', 'withdrawn'].includes(row.outcome)) continue;
    return openIn === '' ? { state: 'directed', openIn } : { state: 'alreadyOpen', openIn };
  }
  return nothing;
}

/**
 * The batches that rely on a withdrawn report's rows: later ones that found such a row and did not direct it, unless it was taken back
 * since; or that have directed it themselves since.
 */
function reliances(known: Known, subject: Subject, rows: Said[], own: Said[], plan: number): string[] {
  const { imei, msisdn, of } = subject;
  if (of === undefined) return [];
  const [kind, shown] = imei === '' ? ['reverify', msisdn] : ['block', written(imei)];
  const since = heldSince(known, msisdn, of, plan);
  const found = Object.entries(known.seen.outbox).flatMap(([key, text]) => {
    const batch = /^batches\/(.*)\/elsewhere\.csv$/.exec(key)?.[1] ?? '';
    const later = known.seen.cases[`BATCH#${batch}`];
    if (later === undefined || Number(later.plan) > plan) return [];
    if (since !== '' && !metSince(known, batch, msisdn, since)) return [];
    return linesOf(text).lines.flatMap(({ cells }) => {
      const { state = '', operator = '', directionid: directionId = '' } = cells ?? {};
      const isIt = cells?.kind === kind && cells.identifier === shown && /^already/.test(state);
      return isIt && own.some(({ direction, reversed }) => direction.id === directionId && reversed !== true)
        ? [`${kind},${shown},${operator},${batch},${state}`]
        : [];
    });
  });
  const directed = rows.flatMap((row, n) => {
    const isAfter = rows
      .slice(n + 1)
      .some((one) => own.includes(one) && one.direction.operator === row.direction.operator);
    if (own.includes(row) || !isAfter || gives(row) || row.reversed || !isInForce(known, row, plan)) return [];
    return [`${kind},${shown},${row.direction.operator},${row.direction.batch},directed`];
  });
  return [...found, ...directed];
}

/** Whether an operator's word on a row came later than that on another one, or names a later day. */
const isSaidAfter = (row: Said, before: Said) => row.at > before.at || row.on > before.on;
/** Whether something was taken after it was given back, by the days that its operator names; of one day by what it said first. */
const isTakenSince = (row: Said, back: Said) => (row.on === back.on ? row.at > back.at : row.on > back.on);
const gives = ({ direction }: Said) => givesBack(direction.kind);
/** Whether a row's number stands in a list of its batch, unless it was taken back. */
const isListed = ({ outcome }: Said) => ['disconnected', 'surrendered'].includes(outcome);

/**
 * Whether another batch did the same as the withdrawn report, and that is in force at some operator: an order that was carried out counts
 * by its result, and what was given back there since is over. `rows`: all, newest first; `own`: those in question.
 */
function staying(known: Known, { of }: Subject, rows: Said[], own: Said[], plan: number): Said[] {
  if (of === undefined) return [];
  return rows.filter((row, n) => {
    if (own.includes(row) || gives(row) || row.reversed) return false;
    const isGivenBack = rows
      .slice(0, n)
      .some(
        (one) =>
          one.direction.operator === row.direction.operator &&
          ['restored', 'unblocked'].includes(one.outcome) &&
          !(one.identifier ?? '').includes(' ') &&
          !((isListed(row) || row.outcome === 'blocked') && isTakenSince(row, one)),
      );
    return isInForceByOutcome(known, row, plan) && !isGivenBack;
  });
}

/** The result that a subject must have. */
export function becameOf(known: Known, subject: Subject, { plan, uploadedAt, struck }: Deciding): Became {
  const { imei, msisdn } = subject;
  const nothing: Became = {
    state: 'struck',
    openIn: [],
    operators: [],
    taken: [],
    kept: [],
    staysElsewhere: false,
    staysListed: false,
  };
  if (struck.has(imei) || struck.has(msisdn)) return nothing;
  const rows = rowsBefore(known, imei === '' ? [msisdn] : [imei], imei === '' ? 'number' : 'handset', plan);
  const named = rows.filter((row) => !gives(row) && inQuestion(known, subject, row));
  const kept = reliances(known, subject, rows, named, plan);
  if (kept.length > 0) return { ...nothing, state: 'kept', kept };
  // Only the number's present holder counts: what was done before it was activated for them was done to somebody else.
  const activations = rows.filter(({ outcome }) => outcome === 'reissued').map(({ on }) => on);
  const holderOf = ({ direction }: Said) =>
    activations.filter((day) => (direction.directedFor.get(msisdn) ?? '') > day).length;
  const holder = subject.of === undefined ? activations.length : Math.max(0, ...named.map(holderOf));
  const own = imei !== '' || subject.of !== undefined ? named : named.filter((row) => holderOf(row) === holder);
  const isPair = imei !== '' && msisdn !== '';
  const taken = isPair ? [] : own.filter((row) => standing(known, row, plan).open || row.reversed !== true);
  const others = staying(known, subject, rows, named, plan);
  if (imei === '' && (holder < activations.length || (own.length === 0 && named.length > 0))) {
    // What was done while the number was somebody else's doesn't concern this holder.
    const isLaters = rows.some((row) => !gives(row) && holderOf(row) > holder);
    const stays = { staysElsewhere: isLaters || others.length > 0, staysListed: isLaters || others.some(isListed) };
    // Who has it now may have been cut off by a word on who had it before, and is asked to be restored since.
    const since = activations.sort().at(-1) ?? '9';
    const begun = (id: string) => String(known.seen.cases[`BATCH#${id}`]?.startedAt);
    const openIn = rows
      .filter((row) => subject.of === undefined && row.direction.kind === 'restore' && standing(known, row, plan).open)
      .filter(({ direction }) => dayAt(Date.parse(begun(direction.batch))) >= since)
      .map(({ direction }) => direction.id);
    return { ...nothing, state: openIn.length === 0 ? 'tooLate' : 'alreadyOpen', openIn, taken, ...stays };
  }
  const operators = [...new Set(own.map(({ direction }) => direction.operator))];
  const at = operators.map((operator) => {
    const mine = rows.filter(({ direction }) => direction.operator === operator);
    const there = mine.filter((row) => own.includes(row));
    const decided =
      imei === ''
        ? numberAt(known, mine, there, plan, dayAt(uploadedAt))
        : handsetAt(known, mine, there, plan, subject);
    return { operator, ...decided };
  });
  const state = STATES.find((one) => at.some((one2) => one2.state === one)) ?? 'nothingToRestore';
  return {
    state,
    operators: at.flatMap((one) => (one.state === 'directed' ? [one.operator] : [])),
    openIn: state === 'alreadyOpen' ? at.flatMap(({ openIn }) => (openIn === '' ? [] : [openIn])) : [],
    taken,
    kept: [],
    staysElsewhere: others.length > 0,
    staysListed: others.some(isListed),
  };
}

interface Deciding {
  plan: number;
  uploadedAt: number;
  struck: Set<string>;
}

export function checkReversal(known: Known, item: Item): void {
  const id = String(item.batchId);
  const must = (holds: boolean, rule: string) => known.must(holds, `${id}: ${rule}`);
  const { state, agency, file, plan } = item;
  must(state === 'settled' || state === 'refused', 'every reversal settles, or is refused');
  const upload = uploadOf(known, item);
  must(upload !== undefined, 'it is that of an appeal or a withdrawal, at the instant of an upload');
  if (upload === undefined) return;
  const all = subjectsOf(known, upload);
  const taken = takenBackOf(known, upload.key.split('/')[2] ?? '', (one) => Number(one.plan) < Number(plan));
  const subjects = asksFor(all, taken, ({ msisdn, of = [] }) => heldSince(known, msisdn, of, Number(plan)));
  // The preview was listed after the file was sent and before the reversal was planned: another withdrawal may have counted then, or not
  // yet.
  const previewed = JSON.parse(known.seen.outbox[`previews/${id}/preview.json`] ?? '{}').subjects;
  const [least, most] = [asksFor(all, new Set()).length, state === 'settled' ? subjects.length : all.length];
  must(previewed >= least && previewed <= most, 'its preview counts those for whom no other handset stands');
  known.expected[`previews/${id}/preview.json`] = {
    ...{ batchId: id, kind: 'reversal', agency, file, sha256: sha256(upload.text), subjects: previewed },
    ...{ people: REVERSAL_PEOPLE, decideBy: null },
  };
  known.expected[`previews/${id}/preview.html`] = 'whatever it says';
  const books = noBooks();
  const counts: Record<string, number> = Object.fromEntries(['asked', ...STATES].map((one) => [one, 0]));
  const withdrawn: Record<string, number> = {};
  const own = directionsOf(known, id);
  if (state === 'settled') {
    checkPlannedIn(known, item, REVERSAL_PEOPLE);
    const struck = struckIn(known, id);
    const deciding = { plan: Number(plan), uploadedAt: upload.at, struck };
    const became = subjects.map((subject) => ({ subject, ...becameOf(known, subject, deciding) }));
    counts.asked = subjects.length;
    for (const one of became) sum(counts, one.state);
    checkGivenBack(known, own, became, books);
    expectAnswers(known, item, own, became);
    checkTaken(known, id, became);
    for (const { direction } of known.withdrawn.filter(({ reversal }) => reversal === id))
      sum(withdrawn, known.directions.get(direction)?.operator ?? '');
    checkEnds(known, item, own);
  } else must(plan === 0 && own.length === 0, 'who is refused gives nothing back');
  countSealed(own, books);
  const outcomes: Record<string, number> = {};
  for (const operator of OPERATORS)
    for (const [word, n] of Object.entries(books[operator]?.outcomes ?? {})) sum(outcomes, word, n);
  known.expected[`batches/${id}/summary.json`] = {
    ...{ batchId: id, kind: 'reversal', agency, file, status: state, subjects: counts, outcomes },
    withdrawn: Object.values(withdrawn).reduce((all, n) => all + n, 0),
    operators: Object.fromEntries(
      OPERATORS.map((operator) => {
        const { directions, overdueDirections, outcomes: back } = books[operator] as Books;
        return [operator, { directions, overdueDirections, outcomes: back, withdrawn: withdrawn[operator] ?? 0 }];
      }),
    ),
    ...{ unexplained: 0, startedAt: item.startedAt, settledAt: item.settledAt ?? item.endedAt },
  };
}

type Answered = Became & { subject: Subject };

const nameOf = ({ imei, msisdn }: Subject) => `${imei} ${msisdn}`.trim();

/** Checks that every subject that is directed is given back at each of its operators, once, and nobody else is. */
function checkGivenBack(known: Known, own: Direction[], became: Answered[], books: Record<string, Books>): void {
  const must = new Set(
    became.flatMap(({ subject, operators }) => operators.map((operator) => `${operator} ${nameOf(subject)}`)),
  );
  const rows = own.flatMap((direction) => {
    const first = firstOrderOf(known, direction);
    const carried =
      first === undefined
        ? direction.rows
        : linesOf(first).lines.map(({ cells }) =>
            isOfHandsets(direction.kind)
              ? `${(cells?.imei ?? '').slice(0, 14)} ${cells?.msisdn ?? ''}`.trim()
              : (cells?.msisdn ?? ''),
          );
    sum((books[direction.operator] as Books).outcomes, 'directed', carried.length);
    return carried.map((identifier) => `${direction.operator} ${identifier}`);
  });
  const batch = own[0]?.batch ?? 'a reversal';
  known.must(same(rows.sort(), [...must].sort()), `${batch}: what is to be given back is, once at each operator`);
}

/** Expects the lists of a reversal: the revocations that it withdrew, and its answer to each line, or what it kept. */
function expectAnswers(known: Known, item: Item, own: Direction[], became: Answered[]): void {
  const id = String(item.batchId);
  const day = dayAt(Date.parse(String(item.directedAt)));
  const leavesLists = ({ state, staysListed }: Became) => !staysListed && state !== 'kept' && state !== 'struck';
  known.expected[`revocations/${day}/${id}.withdrawn`] = became
    .filter((one) => leavesLists(one) && one.subject.imei === '')
    .map(({ subject: { msisdn, ground } }) => `${msisdn},${day},${ground}`)
    .sort();
  if (String(item.file).startsWith('appeals/'))
    known.expected[`batches/${id}/appeals.csv`] = became
      .flatMap(({ subject, state, operators, openIn }) => {
        const name = nameOf(subject);
        const directed = operators.flatMap((operator) =>
          own.flatMap((one) => (one.operator === operator && one.rows.includes(name) ? [one.id] : [])),
        );
        return subject.lines.map((line) => ({ line, state, ids: [...directed, ...openIn].sort().join(' ') }));
      })
      .sort((a, b) => a.line - b.line)
      .map(({ line, state, ids }) => `${line},${state},${ids}`);
  else known.expected[`batches/${id}/kept.csv`] = became.flatMap(({ kept }) => kept).sort();
  for (const one of became)
    if (leavesLists(one) && !one.staysElsewhere && (one.subject.imei === '' || one.subject.msisdn === ''))
      known.takenBack.push({ plan: Number(item.plan), day, identifier: one.subject.imei || one.subject.msisdn });
}

/** Checks invariant 11: each row that was taken back is marked, so that no order and no list has it any more; open ones have ended. */
function checkTaken(known: Known, id: string, became: Answered[]): void {
  const must = (holds: boolean, rule: string) => known.must(holds, `${id}: ${rule}`);
  const taken = new Set<string>();
  for (const { subject, taken: rows } of became)
    for (const { direction } of rows) {
      const identifier = subject.imei || subject.msisdn;
      const row = direction.states.at(-1)?.rows[direction.rows.indexOf(identifier)];
      must(row?.reversed === true, 'what it takes back is marked in its ledger');
      taken.add(`${direction.id} ${identifier}`);
      known.mayBeReversed.add(`${direction.id} ${identifier}`);
    }
  for (const { direction, number, reversal } of known.withdrawn)
    if (reversal === id) must(taken.has(`${direction} ${number}`), 'it ends nothing else than it takes back');
}

/** Checks that only those rows are marked as taken back that a reversal took, or that an answer says are somebody else's. */
export function checkReversed(known: Known): void {
  const reissued = [...known.directions.values()].flatMap(({ rows, states }) =>
    (states.at(-1)?.rows ?? []).flatMap(({ outcome, on }, n) =>
      outcome === 'reissued' ? [{ number: rows[n], on }] : [],
    ),
  );
  for (const { id, kind, rows, states, directedFor } of known.directions.values())
    for (const [n, { reversed, outcome }] of (states.at(-1)?.rows ?? []).entries()) {
      const number = rows[n] ?? '';
      const isOthers = reissued.some((one) => one.number === number && (directedFor.get(number) ?? '') <= one.on);
      if (reversed)
        known.must(isOthers || known.mayBeReversed.has(`${id} ${number}`), `${id}: nothing else is taken back`);
      // Who has the number now waits for a row that gives back.
      else if (!givesBack(kind))
        known.must(!isOthers || outcome === 'reissued', `${id}: a number that is somebody else's is so everywhere`);
    }
}
