/**
 * The year's own reckoning of the decisions on a report's handsets and numbers, from earlier uploads and answers, without a line of the
 * system's code.
 */
import { dayAt, daysBefore } from '../../test/reckoning/files.ts';
import type { Chronicle, SaidDecision, SentReport } from './chronicle.ts';
import { OPERATORS } from './draw.ts';
import type { Sighting } from './life.ts';

const LOOK_BACK_DAYS = 180;
/** The numbers on one day, and in all, from which on a handset looks cloned. */
const BUSY_DAY = 25;
const MANY_CONNECTIONS = 500;

/** The standing of a row that an earlier batch directed. */
export interface Standing {
  readonly direction: string;
  readonly operator: string;
  /** Whether its ladder runs, and nobody has ended it. */
  readonly isOpen: boolean;
  /** The newest recorded answer, and its day; undefined where there is none. */
  readonly answer: { readonly outcome: string; readonly on: string; readonly at: number } | undefined;
  /** The day since which the number is somebody else's, if an answer said so. */
  readonly reissuedOn: string | undefined;
  /** The day on which a reversal took it back; undefined where none did. */
  readonly reversedOn: string | undefined;
  /** The instant at which its operator said that the number is somebody else's; undefined where it didn't. */
  readonly reissuedAt: number | undefined;
  /** The instant of its direction's first order; 0 where there is none. */
  readonly begunAt: number;
  /** The operator that it was ported to, and the day. */
  readonly ported: { readonly to: string; readonly on: string } | undefined;
}

/** The kind of a direction. */
export type Kind = 'reverify' | 'block' | 'restore' | 'unblock';

/** The standings of a number, or of a handset at its operators, when a batch is planned. */
export type Standings = (kind: 'reverify' | 'block', identifier: string) => readonly Standing[];

/** A row of a batch, and the decision that it must have. */
export interface Decided {
  readonly kind: Kind;
  /** A number in E.164, or an IMEI of 14 digits. */
  readonly identifier: string;
  readonly operator: string;
  readonly state: string;
  /** The direction in which it stands, if it is an earlier one. */
  readonly direction: string;
  /** For a number: the handset for which it is directed, and the day of its newest sighting. */
  readonly imei: string;
  readonly lastSeen: string;
  /** The day of the sighting in that handset; '' for a handset's own row. */
  readonly directedFor: string;
}

/** Sightings by handset, of files that were there before an instant. */
export class SightingsByHandset {
  readonly #byHandset = new Map<string, { at: number | undefined; sighting: Sighting }[]>();

  constructor(usage: Chronicle['usage']) {
    for (const { countsFrom: at, sightings } of usage)
      for (const sighting of at === undefined ? [] : sightings) {
        const all = this.#byHandset.get(sighting.imei);
        if (all === undefined) this.#byHandset.set(sighting.imei, [{ at, sighting }]);
        else all.push({ at, sighting });
      }
  }

  /** The newest day on which a handset was seen, by the files that were there at an instant; '' if it never was. */
  newestOf(imei: string, at: number): string {
    const known = (this.#byHandset.get(imei) ?? []).filter((one) => Number(one.at) < at);
    return (
      known
        .map(({ sighting }) => sighting.day)
        .sort()
        .at(-1) ?? ''
    );
  }

  /** The sightings of a handset that a report of this instant takes. */
  of(imei: string, at: number): Sighting[] {
    const [from, until] = [daysBefore(dayAt(at), LOOK_BACK_DAYS), dayAt(at)];
    return (this.#byHandset.get(imei) ?? [])
      .filter((one) => Number(one.at) < at && one.sighting.day >= from && one.sighting.day <= until)
      .map(({ sighting }) => sighting);
  }
}

/** The counts that people are shown of a batch. */
export interface Weighed {
  readonly linked: number;
  readonly held: ReadonlySet<string>;
  readonly linkedOnlyByHeld: number;
}

/** The handsets that look cloned, and the counts of numbers. */
export function weigh(report: SentReport, begun: number, seen: SightingsByHandset): Weighed {
  const held = new Set<string>();
  const all = new Set<string>();
  const others = new Set<string>();
  for (const imei of report.handsets) {
    const sightings = seen.of(imei, begun);
    const byDay = new Map<string, Set<string>>();
    for (const { day, digits } of sightings) byDay.set(day, (byDay.get(day) ?? new Set()).add(digits));
    const numbers = new Set(sightings.map(({ digits }) => digits));
    const looksCloned = numbers.size >= MANY_CONNECTIONS || [...byDay.values()].some(({ size }) => size >= BUSY_DAY);
    if (looksCloned) held.add(imei);
    for (const digits of numbers) {
      all.add(digits);
      if (!looksCloned) others.add(digits);
    }
  }
  return { linked: all.size, held, linkedOnlyByHeld: all.size - others.size };
}

/** The subjects that approvers left out, and their decisions on held handsets: the mildest word of as many as are needed. */
export function saidOf(decisions: readonly SaidDecision[], people: number) {
  const struck = new Set<string>();
  const words = new Map<string, Map<string, string>>();
  for (const { approver, words: said } of decisions)
    for (const { decision, imei } of said) {
      if (imei === undefined) continue;
      if (decision === 'strike') struck.add(imei);
      else words.set(imei, (words.get(imei) ?? new Map()).set(approver, decision));
    }
  const acts = new Map<string, string>();
  for (const [imei, byApprover] of words) {
    if (byApprover.size < people) continue;
    acts.set(imei, [...byApprover.values()].includes('reverify') ? 'reverify' : 'block');
  }
  return { struck, acts };
}

/** The numbers and handsets that two approvers' latest words exempt on a day. */
export function exemptOn(exemptions: Chronicle['exemptions'], at: number): Set<string> {
  const latest = new Map<string, Map<string, string>>();
  for (const one of exemptions)
    if (one.at < at) latest.set(one.subject, (latest.get(one.subject) ?? new Map()).set(one.approver, one.until));
  const day = dayAt(at);
  const exempt = new Set<string>();
  for (const [subject, untils] of latest)
    if ([...untils.values()].filter((until) => until >= day).length >= 2) exempt.add(subject);
  return exempt;
}

/** The day on which a reversal last took back a number or a handset; undefined where none has. */
export type ReversedOn = (identifier: string) => string | undefined;

/** A report as it was when its batch took its turn. */
interface PlannedReport {
  readonly report: SentReport;
  /** The instant of its upload, epoch milliseconds. */
  readonly begun: number;
  /** The instant when it took its turn. */
  readonly planned: number;
  /** The number of approvers who must decide. */
  readonly people: number;
}

/** The report's handsets that look cloned, and the approvers' words on those and on the ones left out. */
function decidedOf(
  { report, begun, planned, people }: PlannedReport,
  decisions: Chronicle['decisions'],
  seen: SightingsByHandset,
) {
  const said = decisions.filter(({ batchId, at }) => batchId === report.batchId && at >= begun && at <= planned);
  return { ...saidOf(said, people), held: weigh(report, begun, seen).held };
}

/** The decisions on the rows of a batch that was approved. */
export function decide(
  one: PlannedReport,
  { exemptions, decisions }: Pick<Chronicle, 'exemptions' | 'decisions'>,
  seen: SightingsByHandset,
  standings: Standings,
  reversedOn: ReversedOn = () => undefined,
): Decided[] {
  const { report, begun, planned } = one;
  const { struck, acts, held } = decidedOf(one, decisions, seen);
  const exempt = exemptOn(exemptions, planned);
  const decided: Decided[] = [];
  for (const sightings of byNumber(report.handsets.flatMap((imei) => seen.of(imei, begun)))) {
    const [newest] = sightings;
    const identifier = `+91${newest.digits}`;
    const earlier = standings('reverify', identifier);
    // Sightings of the number's former holder have no part in it. For an exempt number nobody looks at earlier answers.
    const activated = exempt.has(identifier)
      ? ''
      : (earlier
          .flatMap(({ reissuedOn }) => reissuedOn ?? [])
          .sort()
          .at(-1) ?? '');
    const holders = newest.day > activated ? sightings.filter(({ day }) => day > activated) : sightings;
    const left = holders.filter(({ imei }) => !struck.has(imei));
    const on = left.find(({ imei }) => !held.has(imei) || acts.has(imei));
    const takenBackOn = reversedOn(identifier);
    const isReversed = on !== undefined && takenBackOn !== undefined && on.day <= takenBackOn;
    const said = left.length === 0 ? 'struck' : on === undefined ? 'held' : exempt.has(identifier) ? 'exempt' : '';
    // A number that people left out is counted where it was seen, wherever it went since.
    const operator = said === '' ? operatorOf(newest, earlier) : newest.operator;
    const row = { kind: 'reverify', identifier, operator, lastSeen: newest.day } as const;
    const leftOut = said === '' && isReversed ? 'reversed' : said;
    const { imei, day: directedFor } = on ?? newest;
    const became = leftOut === '' ? connectionState(earlier, operator, newest.day) : { state: leftOut, direction: '' };
    const mayBeBack = ['directed', 'alreadyDisconnected', 'alreadyVerified'].includes(became.state);
    const isBack = mayBeBack && isTakenBackThere(earlier, operator, directedFor);
    const { state, direction } = isBack ? { state: 'reversed', direction: '' } : became;
    decided.push({ ...row, imei, directedFor, state, direction });
  }
  for (const imei of report.handsets) {
    const isSpared = held.has(imei) && acts.get(imei) !== 'block';
    const takenBackOn = reversedOn(imei);
    const isReversed = takenBackOn !== undefined && seen.newestOf(imei, planned) <= takenBackOn;
    const said = struck.has(imei) ? 'struck' : isSpared ? 'held' : exempt.has(imei) ? 'exempt' : '';
    const leftOut = said === '' && isReversed ? 'reversed' : said;
    for (const operator of OPERATORS) {
      const { state, direction } =
        leftOut === ''
          ? handsetState(standings('block', imei).filter((one) => one.operator === operator))
          : { state: leftOut, direction: '' };
      decided.push({
        kind: 'block',
        identifier: imei,
        operator,
        imei,
        lastSeen: '',
        directedFor: '',
        state,
        direction,
      });
    }
  }
  return decided;
}

/** A handset that links a number, and the day on which it was seen there last. */
export interface LinkedBy {
  readonly imei: string;
  readonly day: string;
}

/** A planned report's numbers, each with its handsets that link it, without those that were struck, or held and spared. */
export function actedUpon(
  one: PlannedReport,
  decisions: Chronicle['decisions'],
  seen: SightingsByHandset,
): Map<string, LinkedBy[]> {
  const { report, begun } = one;
  const { struck, acts, held } = decidedOf(one, decisions, seen);
  const links = new Map<string, LinkedBy[]>();
  for (const imei of report.handsets.filter((imei) => !struck.has(imei) && (!held.has(imei) || acts.has(imei))))
    for (const [{ digits, day }] of byNumber(seen.of(imei, begun)))
      links.set(`+91${digits}`, [...(links.get(`+91${digits}`) ?? []), { imei, day }]);
  return links;
}

/** Each number's sightings, newest first. */
function byNumber(sightings: readonly Sighting[]): Iterable<[Sighting, ...Sighting[]]> {
  const order = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
  const all = new Map<string, [Sighting, ...Sighting[]]>();
  for (const one of sightings) all.set(one.digits, [one, ...(all.get(one.digits) ?? [])]);
  for (const list of all.values())
    list.sort((a, b) => order(b.day, a.day) || order(a.operator, b.operator) || order(a.imei, b.imei));
  return all.values();
}

const newestAnswer = (
  standings: readonly Standing[],
): (Standing & { answer: NonNullable<Standing['answer']> }) | undefined =>
  standings
    .flatMap((one) => (one.answer === undefined ? [] : [{ ...one, answer: one.answer }]))
    .reduce<(Standing & { answer: NonNullable<Standing['answer']> }) | undefined>(
      (newest, one) => (newest === undefined || one.answer.at > newest.answer.at ? one : newest),
      undefined,
    );

/** A number's operator: that of its newest sighting, or the one that it was ported to since. */
function operatorOf({ operator, day }: Sighting, standings: readonly Standing[]): string {
  const ported = standings.flatMap(({ ported }) => ported ?? []).sort((a, b) => (a.on < b.on ? 1 : -1))[0];
  return ported === undefined || day > ported.on ? operator : ported.to;
}

/**
 * The state of a number at an operator, if nobody left it out, by its standings elsewhere. `day`: when it was last seen; `directedFor`, for
 * a row that goes on: when it was seen in the handset for which it was directed.
 */
export function connectionState(
  standings: readonly Standing[],
  operator: string,
  day: string,
  reversedOn?: string,
  directedFor = day,
): { state: string; direction: string } {
  if (reversedOn !== undefined && directedFor <= reversedOn) return { state: 'reversed', direction: '' };
  const given = standings.find(({ reissuedOn }) => reissuedOn !== undefined && directedFor <= reissuedOn);
  if (given !== undefined) return { state: 'reissuedBefore', direction: given.direction };
  const open = standings.find((one) => one.isOpen && one.operator === operator);
  if (open !== undefined) return { state: 'alreadyOpen', direction: open.direction };
  const newest = newestAnswer(standings);
  if (newest !== undefined && day <= newest.answer.on) {
    const { direction } = newest;
    if (['disconnected', 'surrendered'].includes(newest.answer.outcome))
      return { state: 'alreadyDisconnected', direction };
    if (newest.answer.outcome === 'verified') return { state: 'alreadyVerified', direction };
  }
  return { state: 'directed', direction: '' };
}

/**
 * Whether a row of a number at its operator, or one that was ported there, was taken back on the day of its sighting or later, though it
 * stands elsewhere. A row may be about whoever had the number before, unless it was said on an earlier day than its first order's that
 * somebody else has it.
 */
function isTakenBackThere(standings: readonly Standing[], operator: string, directedFor: string): boolean {
  const anothersOn = standings.flatMap(({ reissuedAt }) => (reissuedAt === undefined ? [] : dayAt(reissuedAt)));
  return standings.some(({ direction, ported, reversedOn, begunAt }) => {
    const isThere = direction.split('.')[2] === operator || ported?.to === operator;
    const isBack = isThere && reversedOn !== undefined && directedFor <= reversedOn;
    return isBack && anothersOn.every((on) => on < dayAt(begunAt));
  });
}

function handsetState(standings: readonly Standing[]): { state: string; direction: string } {
  const open = standings.find(({ isOpen }) => isOpen);
  if (open !== undefined) return { state: 'alreadyOpen', direction: open.direction };
  const newest = newestAnswer(standings);
  if (newest?.answer.outcome === 'blocked') return { state: 'alreadyBlocked', direction: newest.direction };
  return { state: 'directed', direction: '' };
}
