/**
 * Weighing: how many numbers a handset was used with, on how many days and in how many areas, and whether it is held because it looks
 * cloned.
 */
import * as z from 'zod';
import { csvLine } from './csv-line.ts';
import type { Day } from './days.ts';
import { type Imei, isImei } from './identifiers.ts';
import { imeiOut } from './imeis.ts';
import type { Sighting } from './sightings.ts';
import { BadWorkLine, tabbedCells, tabbedLine } from './tabbed.ts';
import { WordSet, wordOfNumber, wordOfText } from './words.ts';

/** The reasons for which a handset is held; the first that applies counts. */
export const HELD_WHYS = ['busy_day', 'many_connections'] as const;
/** Why a handset is held. */
export type HeldWhy = (typeof HELD_WHYS)[number];

/** The numbers of distinct numbers from which on a handset is held: on one day, or in the whole window. Policy. */
export interface HeldFrom {
  readonly busyDay: number;
  readonly manyConnections: number;
}

/**
 * The weight of a handset, from its sightings in the window. Connections are distinct numbers; areas are distinct service areas, as
 * operators wrote them, told apart by 32 bits of a hash.
 */
export interface HandsetWeight {
  readonly imei: Imei;
  readonly connections: number;
  readonly areas: number;
  /** The day with the most distinct numbers, and the earliest of several such days; null if the handset was not seen. */
  readonly busiestDay: Day | null;
  readonly connectionsThatDay: number;
  readonly areasThatDay: number;
}

/** A handset that is not acted upon unless approvers say so, and why. */
export interface HeldHandset extends HandsetWeight {
  readonly why: HeldWhy;
}

/** The parts of a link that are weighed. */
export type WeighedLink = Pick<Sighting, 'msisdn' | 'lastSeen' | 'lsa'>;

/** A link was weighed after one that its sort key comes before: days, or the numbers of a day, could not be told apart. */
export class LinksOutOfOrder extends Error {
  override readonly name = 'LinksOutOfOrder';
  constructor() {
    super("a handset's links are weighed by day, and those of a day by number");
  }
}

/**
 * The most service areas that are told apart by their text (there are 22); what an operator wrote beyond that is told apart by a word of
 * its hash.
 */
const MOST_KNOWN_AREAS = 64;

/**
 * Weighs one handset. A cloned one may have been used with millions of numbers, on each of many days, and its areas are what an operator
 * wrote: each of them is held as a word of 32 bits, and of a day's numbers only the last one, since they come in order.
 */
export class Weighing {
  readonly #imei: Imei;
  readonly #salt: number;
  readonly #numbers: WordSet;
  readonly #areas: WordSet;
  /** The words of the first areas that came. */
  readonly #known = new Map<string, number>();
  #day: Day | null = null;
  /** The day's newest number, the number of its numbers, and their areas. */
  #last = 0;
  #numbersOfDay = 0;
  #areasOfDay: WordSet;
  #busiest: Pick<HandsetWeight, 'busiestDay' | 'connectionsThatDay' | 'areasThatDay'> = {
    busiestDay: null,
    connectionsThatDay: 0,
    areasThatDay: 0,
  };

  /** @param secret a text that uploaders of usage don't know; the weight is the same with any */
  constructor(imei: Imei, secret: string) {
    this.#imei = imei;
    this.#salt = wordOfText(secret);
    this.#numbers = new WordSet(this.#salt);
    this.#areas = new WordSet(this.#salt);
    this.#areasOfDay = new WordSet(this.#salt);
  }

  /** The bytes that its sets take. */
  get bytes(): number {
    return this.#numbers.bytes + this.#areas.bytes + this.#areasOfDay.bytes;
  }

  /**
   * Takes the handset's next link in the window. A link without a service area has no part in the count of areas.
   * @throws LinksOutOfOrder if a link of a later day, or of the same day and a higher number, was taken before
   */
  add({ msisdn, lastSeen, lsa }: WeighedLink): void {
    if (lastSeen !== this.#day) this.#begin(lastSeen);
    const number = wordOfNumber(msisdn);
    if (number < this.#last) throw new LinksOutOfOrder();
    if (number > this.#last) {
      this.#numbers.add(number);
      this.#numbersOfDay += 1;
      this.#last = number;
    }
    if (lsa === '') return;
    const area = this.#wordOf(lsa);
    this.#areas.add(area);
    this.#areasOfDay.add(area);
  }

  /** The weight by the links so far. */
  weight(): HandsetWeight {
    this.#close();
    return {
      imei: this.#imei,
      connections: this.#numbers.size,
      areas: this.#areas.size,
      ...this.#busiest,
    };
  }

  #wordOf(area: string): number {
    const known = this.#known.get(area);
    if (known !== undefined) return known;
    const word = wordOfText(area);
    if (this.#known.size < MOST_KNOWN_AREAS) this.#known.set(ownCopy(area), word);
    return word;
  }

  #begin(day: Day): void {
    if (this.#day !== null && day < this.#day) throw new LinksOutOfOrder();
    this.#close();
    this.#day = day;
    this.#last = 0;
    this.#numbersOfDay = 0;
    this.#areasOfDay = new WordSet(this.#salt);
  }

  /** Days come in their order, so that the earlier one of two with as many numbers stays. */
  #close(): void {
    const numbers = this.#numbersOfDay;
    if (numbers < this.#busiest.connectionsThatDay || this.#day === null) return;
    if (numbers === this.#busiest.connectionsThatDay && this.#day !== this.#busiest.busiestDay) return;
    this.#busiest = { busiestDay: this.#day, connectionsThatDay: numbers, areasThatDay: this.#areasOfDay.size };
  }
}

/** Copies a piece of a larger text, which would keep all of that text in memory. */
const ownCopy = (text: string): string => Buffer.from(text).toString();

/** Why a handset is held, or null if it isn't. */
export function heldWhy(weight: HandsetWeight, from: HeldFrom): HeldWhy | null {
  if (weight.connectionsThatDay >= from.busyDay) return 'busy_day';
  return weight.connections >= from.manyConnections ? 'many_connections' : null;
}

/**
 * The part of a batch's weights that is kept while they go by, possibly millions: the number of handsets, the held ones, and the heaviest.
 */
export class WeighedHandsets {
  readonly #from: HeldFrom;
  readonly #most: number;
  #handsets = 0;
  readonly #held: HeldHandset[] = [];
  #heaviest: HandsetWeight[] = [];

  /** @param most the number of the heaviest that are kept */
  constructor(from: HeldFrom, most: number) {
    this.#from = from;
    this.#most = most;
  }

  get handsets(): number {
    return this.#handsets;
  }

  add(weight: HandsetWeight): void {
    this.#handsets += 1;
    const why = heldWhy(weight, this.#from);
    if (why !== null) this.#held.push({ ...weight, why });
    this.#heaviest.push(weight);
    // The most that are held beyond those that are asked for.
    if (this.#heaviest.length >= 2 * this.#most + 100) this.#heaviest = this.heaviest();
  }

  /** The held handsets, by IMEI ascending. */
  held(): HeldHandset[] {
    return this.#held.sort((a, b) => (a.imei < b.imei ? -1 : 1));
  }

  /** The handsets with the most connections, the heaviest first; of two that weigh the same the lower IMEI. */
  heaviest(): HandsetWeight[] {
    const heavier = (a: HandsetWeight, b: HandsetWeight) => b.connections - a.connections || (a.imei < b.imei ? -1 : 1);
    return this.#heaviest.sort(heavier).slice(0, this.#most);
  }
}

const HELD_COLUMNS = [
  'imei',
  'why',
  'connections',
  'areas',
  'busiest_day',
  'connections_that_day',
  'areas_that_day',
] as const;

/** `held.csv`: a line for each held handset, sorted by IMEI, which has 15 digits. */
export function heldCsv(held: Iterable<HeldHandset>): string {
  const lines = [...held].map((one) =>
    csvLine([
      imeiOut(one.imei),
      one.why,
      String(one.connections),
      String(one.areas),
      one.busiestDay ?? '',
      String(one.connectionsThatDay),
      String(one.areasThatDay),
    ]),
  );
  // IMEIs have one length and come first, so sorted lines are sorted by IMEI.
  return csvLine(HELD_COLUMNS) + lines.sort().join('');
}

/**
 * The handsets of `heldCsv`, each with why it is held.
 * @throws BadWorkLine
 */
export function heldWhys(csv: string): Map<Imei, HeldWhy> {
  const [header, ...lines] = csv.split('\n');
  if (lines.pop() !== '' || `${header}\n` !== csvLine(HELD_COLUMNS))
    throw new BadWorkLine('held handsets have a header of their own');
  return new Map(
    lines.map((line) => {
      const [imei = ''] = /^[0-9]{14}/.exec(line) ?? [];
      const why = HELD_WHYS.find((one) => line.startsWith(`,${one},`, 15));
      if (why === undefined || !isImei(imei) || !line.startsWith(imeiOut(imei)))
        throw new BadWorkLine('a held handset has an IMEI, and why it is held');
      return [imei, why];
    }),
  );
}

/**
 * The handsets of `heldCsv`.
 * @throws BadWorkLine
 */
export const heldImeis = (csv: string): Imei[] => [...heldWhys(csv).keys()];

/** A handset's weight as one line of the work bucket, without its LF. */
export function weightLine(weight: HandsetWeight): string {
  const { imei, connections, areas, busiestDay, connectionsThatDay, areasThatDay } = weight;
  const counts = [connections, areas, connectionsThatDay, areasThatDay].map(String);
  return tabbedLine([imei, busiestDay ?? '', ...counts]);
}

const COUNT = /^(?:0|[1-9][0-9]{0,14})$/;
const weightCells = z.tuple([
  z.string().regex(/^[0-9]{14}$/),
  z.string().regex(/^(?:|[0-9]{4}-[0-9]{2}-[0-9]{2})$/),
  z.string().regex(COUNT),
  z.string().regex(COUNT),
  z.string().regex(COUNT),
  z.string().regex(COUNT),
]);

/**
 * Reads a line that `weightLine` made.
 * @throws BadWorkLine
 */
export function parseWeightLine(line: string): HandsetWeight {
  const { success, data } = weightCells.safeParse(tabbedCells(line));
  if (!success) throw new BadWorkLine("a handset's weight has six cells");
  const [imei, busiestDay, connections, areas, connectionsThatDay, areasThatDay] = data;
  return {
    imei: imei as Imei,
    connections: Number(connections),
    areas: Number(areas),
    busiestDay: busiestDay === '' ? null : (busiestDay as Day),
    connectionsThatDay: Number(connectionsThatDay),
    areasThatDay: Number(areasThatDay),
  };
}
