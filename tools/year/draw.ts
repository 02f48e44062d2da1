/**
 * The inhabitants of the year's world, drawn from the seed: people, their numbers and handsets, who is guilty, and which handsets are
 * reported when. Nothing here has happened yet, and the system knows nothing of it.
 *
 * Days are counted from the start of the year; the months before it, which operators' first files are about, have negative ones.
 */
import { fraction, hash, scatter } from '../../simulation/random.ts';

/** The year's first instant. */
export const START = Date.parse('2026-06-01T00:00:00Z');
export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;
/** The days of sightings in each of the operators' files. */
export const PERIOD_DAYS = 30;
/** The first period, counted from the one that begins with the year. */
export const FIRST_PERIOD = -5;
/**
 * The days from the last report to the end: enough for its ladder, even if it is corrected first and some subscribers have 30 days more.
 */
const LAST_REPORT_BEFORE_END = 60;
const FIRST_REPORT_DAY = 4;
/** The number of reported handsets in a year below which a world is small. */
const SMALL_WORLD = 2000;

export const OPERATORS = ['airtel', 'bsnl', 'jio', 'mtnl', 'vi'] as const;
const SHARES = { airtel: 0.33, bsnl: 0.08, jio: 0.4, mtnl: 0.02, vi: 0.17 } as const;
export type Operator = (typeof OPERATORS)[number];
export const AGENCIES = ['mha', 'up-police', 'delhi-police', 'i4c'] as const;
const AREAS = ['Delhi', 'UP (East)', 'Bihar', 'Mumbai', 'Karnataka', 'Jammu & Kashmir', 'West Bengal', 'Kerala'];

/** The part of a person in the world. Fraudsters and those behind a SIM box are guilty; all others are not. */
export type Part =
  | 'fraudster'
  | 'behind a SIM box'
  /** They use a handset that has the IMEI of others, one of whom misused it. */
  | 'on a cloned handset'
  /** They bought the handset from the person who misused it. */
  | 'second-hand buyer'
  /** They lent, or borrowed, a handset once. */
  | 'borrower'
  /** They got a number that a fraudster had before. */
  | 'holder of a re-issued number'
  /** They have a handset that was reported by mistake. */
  | 'reported by mistake'
  /** They have nothing to do with any of it. */
  | 'bystander';
const GUILTY: readonly Part[] = ['fraudster', 'behind a SIM box'];

export interface Person {
  readonly id: number;
  readonly part: Part;
  readonly isGuilty: boolean;
  readonly area: string;
}

/** The holder and the operator of a number, from one instant until another (epoch milliseconds). */
export interface Tenure {
  readonly person: Person;
  readonly operator: Operator;
  readonly from: number;
  until: number;
}

export interface PhoneNumber {
  /** Ten digits. */
  readonly digits: string;
  /** Its tenures, one after the other. */
  readonly tenures: Tenure[];
}

export interface Handset {
  /** 14 digits. */
  readonly imei: string;
  readonly kind: 'misused' | 'SIM box' | 'cloned' | 'mistaken' | 'never seen' | 'own';
}

/** The use of a number in a handset by somebody, from a day until before another. */
export interface Use {
  readonly handset: Handset;
  readonly number: PhoneNumber;
  readonly person: Person;
  readonly from: number;
  readonly until: number;
  /** Whether most of it is seen on two days of a month, as with many people who share an IMEI. */
  readonly bundled: boolean;
}

export interface Report {
  readonly n: number;
  readonly agency: (typeof AGENCIES)[number];
  readonly day: number;
  readonly handsets: readonly Handset[];
}

/** The size of a world, and the days for which it is watched. */
export interface Size {
  readonly seed: number;
  readonly batches: number;
  /** The handsets in each batch's report. */
  readonly handsets: number;
  readonly days: number;
  /** The percentage of innocents' appeals that approvers refuse; default 0. */
  readonly refused?: number;
}

export interface World {
  readonly seed: number;
  readonly days: number;
  /** The share of the innocent who don't come in time when they are asked. */
  readonly tooLate: number;
  /** The share of appeals of innocents that approvers refuse. */
  readonly refused: number;
  readonly people: Person[];
  /** Phone numbers by their digits. */
  readonly numbers: Map<string, PhoneNumber>;
  readonly uses: readonly Use[];
  readonly reports: readonly Report[];
}

/** The instant at which a day begins. */
export const beginOf = (day: number): number => START + day * DAY;

/** A day in the form of files. */
export const dateOf = (day: number): string => new Date(beginOf(day)).toISOString().slice(0, 10);

/** Draws a world. */
export function drawWorld(size: Size): World {
  return new Drawing(size).draw();
}

class Drawing {
  readonly #seed: number;
  readonly #size: Size;
  readonly #people: Person[] = [];
  readonly #numbers = new Map<string, PhoneNumber>();
  readonly #uses: Use[] = [];
  #handsets = 0;

  constructor(size: Size) {
    this.#seed = hash('year', size.seed);
    this.#size = size;
  }

  draw(): World {
    const { batches, handsets, days } = this.#size;
    // There are enough bystanders that no handset has a large part of an operator's file, as few have in the country.
    this.#bystanders(6 * this.#cloneSize(1));
    const reports: Report[] = [];
    const reported: { handset: Handset; day: number }[] = [];
    for (let n = 0; n < batches; n++) {
      const day = this.#reportDay(n);
      const again = n === 0 ? 0 : Math.floor(handsets * 0.2);
      const fresh = Array.from({ length: handsets - again }, (_, i) => this.#reportedHandset(n, i, day));
      const repeated = new Set<Handset>();
      for (let i = 0; i < again; i++)
        repeated.add((this.#pick(reported, 'again', n, i) as { handset: Handset }).handset);
      const agency = AGENCIES[hash(this.#seed, 'agency', n) % AGENCIES.length] as Report['agency'];
      reports.push({ n, agency, day, handsets: [...fresh, ...repeated] });
      reported.push(...fresh.map((handset) => ({ handset, day })));
    }
    // No agency knows of these.
    const unknown = Math.ceil((batches * handsets) / 30);
    for (let i = 0; i < unknown; i++) this.#misused(this.#reportDay(i % batches), 'unknown', i);
    this.#moveOn(reports);
    const lived = { people: this.#people, numbers: this.#numbers, uses: this.#uses, reports };
    const { refused = 0 } = this.#size;
    // A small world has few innocents who are asked, and would show nothing of those who come too late if their share were that of a large
    // one.
    const tooLate = batches * handsets < SMALL_WORLD ? 0.06 : 0.01;
    return { seed: this.#seed, days, tooLate, refused: refused / 100, ...lived };
  }

  #reportDay(n: number): number {
    const { batches, days } = this.#size;
    const apart = (days - LAST_REPORT_BEFORE_END - FIRST_REPORT_DAY) / Math.max(1, batches - 1);
    return Math.round(FIRST_REPORT_DAY + n * apart);
  }

  /** A handset that a batch's report is the first to name. */
  #reportedHandset(n: number, i: number, day: number): Handset {
    if (i === 0 && n % 2 === 0) return this.#simBox(n, day);
    if (i === 1 && n % 5 === 1) return this.#cloned(n, day);
    const chance = this.#chance('handset', n, i);
    if (chance < 0.03) return this.#mistaken(day, n, i);
    if (chance < 0.05) return this.#handset('never seen');
    return this.#misused(day, n, i);
  }

  /** A handset with one, two or three numbers of fraudsters; some are sold or lent, or have numbers that are soon somebody else's. */
  #misused(day: number, ...what: (string | number)[]): Handset {
    const handset = this.#handset('misused');
    const chance = (name: string) => this.#chance(name, ...what);
    const from = day - this.#between(25, 150, 'from', ...what);
    const sold = chance('sold') < 0.12 ? day - this.#between(8, 20, 'sold on', ...what) : undefined;
    const count = 1 + Number(chance('second') < 0.4) + Number(chance('third') < 0.15);
    for (let k = 0; k < count; k++) {
      const number = this.#number('fraudster');
      const person = (number.tenures[0] as Tenure).person;
      // Some numbers are given up before the report, so that their operator gives them to somebody else at about that time.
      const isDropped = this.#chance('dropped', k, ...what) < 0.08;
      const dropped = day - this.#between(45, 80, 'dropped on', k, ...what);
      const until = Math.min(sold ?? this.#size.days, isDropped ? dropped : this.#size.days);
      this.#uses.push({ handset, number, person, from: Math.min(from, until - 25), until, bundled: false });
      if (!isDropped) this.#port(number, day, 0.06);
      else {
        const since = dropped + this.#between(40, 85, 'given again', k, ...what);
        this.#reissue(number, dropped, since);
      }
    }
    if (sold !== undefined) {
      const number = this.#number('second-hand buyer');
      this.#use(handset, number, sold, this.#size.days);
      this.#port(number, day, 0.1);
    }
    if (chance('lent') < 0.15) {
      const on = day - this.#between(5, 100, 'lent on', ...what);
      const number = this.#number('borrower');
      this.#use(handset, number, on, on + 1);
      this.#port(number, day, 0.1);
    }
    return handset;
  }

  /** An honest person's handset, whose IMEI somebody mistyped. */
  #mistaken(day: number, ...what: (string | number)[]): Handset {
    const handset = this.#handset('mistaken');
    this.#use(
      handset,
      this.#number('reported by mistake'),
      day - this.#between(40, 150, 'mistaken', ...what),
      this.#size.days,
    );
    return handset;
  }

  /** A handset with many numbers of one gang, in one area, which take turns. */
  #simBox(n: number, day: number): Handset {
    const handset = this.#handset('SIM box');
    const area = this.#pick(AREAS, 'box area', n) as string;
    // There are enough numbers that more than 25 of them are seen on the busiest day.
    const count = this.#between(60, 90, 'box', n);
    for (let k = 0; k < count; k++)
      this.#use(handset, this.#number('behind a SIM box', area), day - 100, this.#size.days, true);
    return handset;
  }

  /** A handset of many people, all over the country, whose cheap handsets share one IMEI; a fraudster is among them. */
  #cloned(n: number, day: number): Handset {
    const handset = this.#handset('cloned');
    const count = this.#cloneSize(0.4 + 0.6 * this.#chance('clone', n));
    for (let k = 0; k < count; k++)
      this.#use(handset, this.#number('on a cloned handset'), day - 150, this.#size.days, true);
    this.#use(handset, this.#number('fraudster'), day - 60, this.#size.days);
    return handset;
  }

  /** The number of people who share a cloned IMEI. */
  #cloneSize(share: number): number {
    return Math.max(80, Math.round(3 * this.#size.handsets * share));
  }

  #bystanders(count: number): void {
    for (let k = 0; k < count; k++)
      this.#use(this.#handset('own'), this.#number('bystander'), FIRST_PERIOD * PERIOD_DAYS, this.#size.days);
  }

  /** Lets some numbers of fraudsters, and of honest people, be used in a later reported handset, too. */
  #moveOn(reports: readonly Report[]): void {
    const uses = [...this.#uses].filter(({ person: { part } }) => ['fraudster', 'borrower'].includes(part));
    for (const [i, { number, person, until }] of uses.entries()) {
      if (until < this.#size.days && person.isGuilty) continue;
      if (this.#chance('moves on', i) >= 0.12) continue;
      const report = this.#pick(reports, 'to', i) as Report;
      const handset = this.#pick(report.handsets, 'to handset', i) as Handset;
      if (handset.kind !== 'misused') continue;
      const from = report.day - this.#between(5, 40, 'moves on the day', i);
      this.#use(handset, number, from, from + (person.isGuilty ? 60 : 1));
    }
  }

  #use(handset: Handset, number: PhoneNumber, from: number, until: number, bundled = false): void {
    const { person } = number.tenures[0] as Tenure;
    this.#uses.push({ handset, number, person, from, until, bundled });
  }

  #handset(kind: Handset['kind']): Handset {
    const serial = 100_000_000_000 + scatter(hash(this.#seed, 'imei'), this.#handsets++, 4_000_000_000);
    return { imei: `35${serial}`, kind };
  }

  #person(part: Part, area?: string): Person {
    const id = this.#people.length;
    const person = {
      id,
      part,
      isGuilty: GUILTY.includes(part),
      area: area ?? (this.#pick(AREAS, 'area', id) as string),
    };
    this.#people.push(person);
    return person;
  }

  /** A number with a new holder since before the first file. */
  #number(part: Part, area?: string): PhoneNumber {
    const n = this.#numbers.size;
    const digits = String(6_000_000_000 + scatter(hash(this.#seed, 'number'), n, 4_000_000_000));
    const operator = operatorAt(this.#chance('operator', n));
    const from = beginOf(FIRST_PERIOD * PERIOD_DAYS);
    const tenure = { person: this.#person(part, area), operator, from, until: Number.POSITIVE_INFINITY };
    const number = { digits, tenures: [tenure] };
    this.#numbers.set(digits, number);
    return number;
  }

  /** Lets some people take their number to another operator, weeks before they are reported or while they are asked. */
  #port(number: PhoneNumber, day: number, share: number): void {
    if (this.#chance('ports', number.digits) >= share) return;
    const tenure = number.tenures[0] as Tenure;
    const from = beginOf(day + this.#between(-15, 12, 'ported on', number.digits)) + 6 * HOUR;
    const operator = this.#pick(
      OPERATORS.filter((one) => one !== tenure.operator),
      'ported to',
      number.digits,
    ) as Operator;
    tenure.until = from;
    number.tenures.push({ person: tenure.person, operator, from, until: Number.POSITIVE_INFINITY });
  }

  #reissue(number: PhoneNumber, dropped: number, since: number): void {
    const first = number.tenures[0] as Tenure;
    first.until = beginOf(dropped);
    // The number is given again some hours into the day, as a counter opens.
    if (since >= this.#size.days) return;
    giveAgain(number, this.#person('holder of a re-issued number'), first.operator, beginOf(since) + 5 * HOUR);
  }

  #chance(...what: (string | number)[]): number {
    return fraction(this.#seed, ...what);
  }

  #between(from: number, to: number, ...what: (string | number)[]): number {
    return from + (hash(this.#seed, ...what) % (to - from + 1));
  }

  #pick<T>(list: readonly T[], ...what: (string | number)[]): T | undefined {
    return list[hash(this.#seed, ...what) % list.length];
  }
}

/** The operator at a point of the shares. */
function operatorAt(dice: number): Operator {
  let left = dice;
  for (const operator of OPERATORS) {
    left -= SHARES[operator];
    if (left < 0) return operator;
  }
  return 'jio';
}

/** Gives a number without a holder to somebody, for good. */
export function giveAgain(number: PhoneNumber, person: Person, operator: Operator, from: number): void {
  number.tenures.push({ person, operator, from, until: Number.POSITIVE_INFINITY });
}
