/**
 * What is true in the year's world as it goes on: who has which number, who has service, and which handsets are blocked where.
 * Operators change it as they carry out what they are ordered; the system knows nothing of it but what they tell.
 */
import { fractionAt, hash, mix } from '../../simulation/random.ts';
import {
  beginOf,
  DAY,
  dateOf,
  giveAgain,
  HOUR,
  type Operator,
  PERIOD_DAYS,
  type Person,
  type PhoneNumber,
  type Tenure,
  type Use,
  type World,
} from './draw.ts';

/** How much of its service a connection has. */
export type Service = 'full' | 'no outgoing' | 'no incoming' | 'none';

/** A change of a connection's service, and the order by which it came; '' where it was none. */
export interface Change {
  readonly at: number;
  readonly service: Service;
  readonly order: string;
  /** Whose connection it was. */
  readonly person: Person;
}

/** A number was seen in a handset. */
export interface Sighting {
  readonly imei: string;
  readonly digits: string;
  readonly operator: Operator;
  /** As files have it. */
  readonly day: string;
  readonly area: string;
}

export class Life {
  readonly world: World;
  readonly #changes = new Map<string, Change[]>();
  /** By handset and operator, from when on. */
  readonly #blocked = new Map<string, number>();

  constructor(world: World) {
    this.world = world;
  }

  number(digits: string): PhoneNumber | undefined {
    return this.world.numbers.get(digits);
  }

  /** Who has a number at an instant. */
  tenureAt(number: PhoneNumber, at: number): Tenure | undefined {
    return number.tenures.find(({ from, until }) => from <= at && at < until);
  }

  /** All that became of a number's service, in order of time. */
  changesOf({ digits }: PhoneNumber): readonly Change[] {
    return this.#changes.get(digits) ?? [];
  }

  /**
   * The service of whoever has the number then: who gets it anew has all of it. A bar is one operator's: who takes the number to
   * another one has all of its service there. Who is cut off has nothing to take along.
   */
  serviceAt(number: PhoneNumber, at: number): Service {
    const tenure = this.tenureAt(number, at);
    if (tenure === undefined) return 'none';
    const last = this.changesOf(number).findLast((change) => change.at <= at && change.person === tenure.person);
    if (last === undefined || (last.at < tenure.from && last.service !== 'none')) return 'full';
    return last.service;
  }

  /** The number's operator changes its service, for whoever has it; nothing happens where nobody has. */
  setService(number: PhoneNumber, at: number, service: Service, order: string): void {
    const tenure = this.tenureAt(number, at);
    if (tenure === undefined || this.serviceAt(number, at) === service) return;
    const changes = this.#changes.get(number.digits) ?? [];
    changes.push({ at, service, order, person: tenure.person });
    this.#changes.set(number.digits, changes);
  }

  /** Whoever has the number has given it up, or lost it for good: it is nobody's until it is given again. */
  end(number: PhoneNumber, at: number): void {
    const tenure = this.tenureAt(number, at);
    if (tenure === undefined) return;
    tenure.until = at;
    // Nobody else had it in prospect.
    number.tenures.splice(number.tenures.indexOf(tenure) + 1);
  }

  /** Its operator gives a number that is nobody's to somebody new. */
  giveAgain(number: PhoneNumber, operator: Operator, at: number): void {
    const { people } = this.world;
    const area = number.tenures[0]?.person.area ?? '';
    const person: Person = { id: people.length, part: 'holder of a re-issued number', isGuilty: false, area };
    people.push(person);
    giveAgain(number, person, operator, at);
  }

  /** Whether a tenure is of whoever had the number first, also at another operator since. */
  isOfFirst(number: PhoneNumber, { person }: Tenure): boolean {
    return person === number.tenures[0]?.person;
  }

  block(imei: string, operator: string, at: number): void {
    const key = `${imei} ${operator}`;
    if (!this.#blocked.has(key)) this.#blocked.set(key, at);
  }

  unblock(imei: string, operator: string): void {
    this.#blocked.delete(`${imei} ${operator}`);
  }

  isBlocked(imei: string, operator: string, at: number): boolean {
    return (this.#blocked.get(`${imei} ${operator}`) ?? Number.POSITIVE_INFINITY) <= at;
  }

  /** What all operators saw in a period, of those who had service and a handset that wasn't blocked. */
  sightingsOf(period: number): Sighting[] {
    const [from, until] = [period * PERIOD_DAYS, (period + 1) * PERIOD_DAYS];
    const key = hash(this.world.seed, 'period', period);
    return this.world.uses.flatMap((use, n) => {
      const first = Math.max(from, use.from);
      const days = Math.min(until, use.until) - first;
      if (days <= 0 || (days > 1 && fractionAt(key, n) > SEEN)) return [];
      const day = first + dayWithin(use, days, mix(key ^ mix(n + 1)));
      return this.#sightingOn(use, day);
    });
  }

  #sightingOn({ handset, number, person }: Use, day: number): Sighting[] {
    const noon = beginOf(day) + DAY / 4;
    const tenure = this.tenureAt(number, noon);
    if (tenure?.person !== person || this.serviceAt(number, noon) === 'none') return [];
    const { operator } = tenure;
    if (this.isBlocked(handset.imei, operator, noon)) return [];
    return [{ imei: handset.imei, digits: number.digits, operator, day: dateOf(day), area: person.area }];
  }
}

/** The share of those who use a number in a handset whom their operator sees there within a period. */
const SEEN = 0.75;

/** On which day of some, counted from 0: most of whom many share a handset with are seen on its fourth day. */
function dayWithin({ bundled }: Use, days: number, dice: number): number {
  return bundled && dice % 4 !== 0 ? Math.min(3, days - 1) : (dice >>> 8) % days;
}

/** An instant some hours after another, at the given second of its minute, which tells kinds of acts apart. */
export function later(at: number, hours: number, second: number): number {
  return Math.floor((at + hours * HOUR) / 60_000) * 60_000 + second * 1000;
}
