/**
 * The truth of the year's world as it goes on: who has which number, who has service, and which handsets are blocked where. Operators
 * change it as they carry out their orders; the system knows of it only what they tell.
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

/** The part of its service that a connection has. */
export type Service = 'full' | 'no outgoing' | 'no incoming' | 'none';

/** A change of a connection's service, and the order by which it came; '' without an order. */
export interface Change {
  readonly at: number;
  readonly service: Service;
  readonly order: string;
  /** The holder of the connection at that time. */
  readonly person: Person;
}

/** The sighting of a number in a handset. */
export interface Sighting {
  readonly imei: string;
  readonly digits: string;
  readonly operator: Operator;
  /** The day in the form of files. */
  readonly day: string;
  readonly area: string;
}

export class Life {
  readonly world: World;
  readonly #changes = new Map<string, Change[]>();
  /** The instants of blocks, by handset and operator. */
  readonly #blocked = new Map<string, number>();

  constructor(world: World) {
    this.world = world;
  }

  number(digits: string): PhoneNumber | undefined {
    return this.world.numbers.get(digits);
  }

  /** The tenure of a number at an instant. */
  tenureAt(number: PhoneNumber, at: number): Tenure | undefined {
    return number.tenures.find(({ from, until }) => from <= at && at < until);
  }

  /** All changes of a number's service, in order of time. */
  changesOf({ digits }: PhoneNumber): readonly Change[] {
    return this.#changes.get(digits) ?? [];
  }

  /**
   * The service of a number's holder at an instant: a new holder has all of it. A bar is one operator's: a holder who takes the number to
   * another operator has full service there. Somebody who is cut off has nothing to take along.
   */
  serviceAt(number: PhoneNumber, at: number): Service {
    const tenure = this.tenureAt(number, at);
    if (tenure === undefined) return 'none';
    const last = this.changesOf(number).findLast((change) => change.at <= at && change.person === tenure.person);
    if (last === undefined || (last.at < tenure.from && last.service !== 'none')) return 'full';
    return last.service;
  }

  /** Changes the service of a number's holder, at its operator; nothing happens where it has no holder. */
  setService(number: PhoneNumber, at: number, service: Service, order: string): void {
    const tenure = this.tenureAt(number, at);
    if (tenure === undefined || this.serviceAt(number, at) === service) return;
    const changes = this.#changes.get(number.digits) ?? [];
    changes.push({ at, service, order, person: tenure.person });
    this.#changes.set(number.digits, changes);
  }

  /** Ends the tenure of a number that its holder has given up, or lost for good: it is nobody's until it is given again. */
  end(number: PhoneNumber, at: number): void {
    const tenure = this.tenureAt(number, at);
    if (tenure === undefined) return;
    tenure.until = at;
    // No later tenure comes either.
    number.tenures.splice(number.tenures.indexOf(tenure) + 1);
  }

  /** Keeps a number that is cut off where it is: its holder takes it to no other operator any more. */
  keep(number: PhoneNumber, at: number): void {
    const tenure = this.tenureAt(number, at);
    if (tenure === undefined) return;
    const next = number.tenures.indexOf(tenure) + 1;
    for (let later = number.tenures[next]; later?.person === tenure.person; later = number.tenures[next]) {
      tenure.until = later.until;
      number.tenures.splice(next, 1);
    }
  }

  /** Gives a number without a holder to somebody new. */
  giveAgain(number: PhoneNumber, operator: Operator, at: number): void {
    const { people } = this.world;
    const area = number.tenures[0]?.person.area ?? '';
    const person: Person = { id: people.length, part: 'holder of a re-issued number', isGuilty: false, area };
    people.push(person);
    giveAgain(number, person, operator, at);
  }

  /** Whether a tenure is that of the number's first holder, even at another operator since. */
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

  /** All operators' sightings in a period, of people with service and a handset that wasn't blocked. */
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

/** The share of the uses of a number in a handset that its operator sees within a period. */
const SEEN = 0.75;

/** The day of a sighting, counted from 0: most of the people who share a handset with many are seen on its fourth day. */
function dayWithin({ bundled }: Use, days: number, dice: number): number {
  return bundled && dice % 4 !== 0 ? Math.min(3, days - 1) : (dice >>> 8) % days;
}

/** An instant some hours after another, at the given second of its minute, which tells kinds of acts apart. */
export function later(at: number, hours: number, second: number): number {
  return Math.floor((at + hours * HOUR) / 60_000) * 60_000 + second * 1000;
}
