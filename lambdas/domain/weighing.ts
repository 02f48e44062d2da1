/**
 * Weighing: how many numbers a handset was used with, on how many days and in how many areas, and whether it is held because it
 * looks cloned.
 */
import { z } from 'zod';
import { csvLine } from './csv.ts';
import type { Day } from './days.ts';
import { type Imei, imeiOut } from './identifiers.ts';
import type { Sighting } from './sightings.ts';
import { BadWorkLine, tabbedCells, tabbedLine } from './tabbed.ts';

/** Why a handset is held; the first that applies. */
export const HELD_WHYS = ['busy_day', 'many_connections'] as const;
export type HeldWhy = (typeof HELD_WHYS)[number];

/** From how many distinct numbers on a handset is held: on one day, or in the whole window. Policy. */
export interface HeldFrom {
  readonly busyDay: number;
  readonly manyConnections: number;
}

/** What a handset's sightings in the window come to. Connections are distinct numbers; areas distinct service areas, as operators wrote them. */
export interface HandsetWeight {
  readonly imei: Imei;
  readonly connections: number;
  readonly areas: number;
  /** The day with the most distinct numbers, of several the earliest; null where the handset was not seen. */
  readonly busiestDay: Day | null;
  readonly connectionsThatDay: number;
  readonly areasThatDay: number;
}

/** A handset that is not acted upon unless approvers say so, and why. */
export interface HeldHandset extends HandsetWeight {
  readonly why: HeldWhy;
}

/** What of a link is weighed. */
export type WeighedLink = Pick<Sighting, 'msisdn' | 'lastSeen' | 'lsa'>;

/** A link was weighed after one of a later day: the days could not be told apart. */
export class LinksOutOfOrder extends Error {
  override readonly name = 'LinksOutOfOrder';
  constructor() {
    super("a handset's links are weighed day by day");
  }
}

/**
 * Weighs one handset. It holds each of its distinct numbers once, and those of one day: a cloned handset may have been used with
 * millions, on each of many days.
 */
export class Weighing {
  readonly #imei: Imei;
  readonly #numbers = new Set<number>();
  readonly #areas = new Set<string>();
  #day: Day | null = null;
  #numbersOfDay = new Set<number>();
  #areasOfDay = new Set<string>();
  #busiest: Pick<HandsetWeight, 'busiestDay' | 'connectionsThatDay' | 'areasThatDay'> = {
    busiestDay: null,
    connectionsThatDay: 0,
    areasThatDay: 0,
  };

  constructor(imei: Imei) {
    this.#imei = imei;
  }

  /**
   * Takes the handset's next link in the window. A link without a service area has no part in the count of areas.
   * @throws LinksOutOfOrder where a link of a later day was taken before: the order of their sort keys is one of days
   */
  add({ msisdn, lastSeen, lsa }: WeighedLink): void {
    if (lastSeen !== this.#day) this.#begin(lastSeen);
    // The number that the digits make is exact, and takes far less room than their text.
    const number = Number(msisdn);
    this.#numbers.add(number);
    this.#numbersOfDay.add(number);
    if (lsa === '') return;
    if (!this.#areas.has(lsa)) this.#areas.add(ownCopy(lsa));
    if (!this.#areasOfDay.has(lsa)) this.#areasOfDay.add(ownCopy(lsa));
  }

  /** What the links so far come to. */
  weight(): HandsetWeight {
    this.#close();
    return {
      imei: this.#imei,
      connections: this.#numbers.size,
      areas: this.#areas.size,
      ...this.#busiest,
    };
  }

  #begin(day: Day): void {
    if (this.#day !== null && day < this.#day) throw new LinksOutOfOrder();
    this.#close();
    this.#day = day;
    this.#numbersOfDay = new Set();
    this.#areasOfDay = new Set();
  }

  /** Days come in their order, so that of two with as many numbers the earlier one stays. */
  #close(): void {
    const { size } = this.#numbersOfDay;
    if (size < this.#busiest.connectionsThatDay || this.#day === null) return;
    if (size === this.#busiest.connectionsThatDay && this.#day !== this.#busiest.busiestDay) return;
    this.#busiest = { busiestDay: this.#day, connectionsThatDay: size, areasThatDay: this.#areasOfDay.size };
  }
}

/** A piece of a larger text would keep all of that in memory. */
const ownCopy = (text: string): string => Buffer.from(text).toString();

/**
 * Weighs a handset whose links in the window are at hand, in the order of their sort keys.
 * @throws LinksOutOfOrder
 */
export function weighHandset(imei: Imei, links: Iterable<WeighedLink>): HandsetWeight {
  const weighing = new Weighing(imei);
  for (const link of links) weighing.add(link);
  return weighing.weight();
}

/** Why a handset is held, or null where it isn't. */
export function heldWhy(weight: HandsetWeight, from: HeldFrom): HeldWhy | null {
  if (weight.connectionsThatDay >= from.busyDay) return 'busy_day';
  return weight.connections >= from.manyConnections ? 'many_connections' : null;
}

/** The held ones among some handsets, by IMEI ascending. */
export function heldAmong(weights: Iterable<HandsetWeight>, from: HeldFrom): HeldHandset[] {
  const held: HeldHandset[] = [];
  for (const weight of weights) {
    const why = heldWhy(weight, from);
    if (why !== null) held.push({ ...weight, why });
  }
  return held.sort((a, b) => (a.imei < b.imei ? -1 : 1));
}

/** The `most` handsets with the most connections, the heaviest first; of two that weigh the same the lower IMEI. */
export function heaviestAmong(weights: Iterable<HandsetWeight>, most: number): HandsetWeight[] {
  const heavier = (a: HandsetWeight, b: HandsetWeight) => b.connections - a.connections || (a.imei < b.imei ? -1 : 1);
  let heaviest: HandsetWeight[] = [];
  for (const weight of weights) {
    heaviest.push(weight);
    // So many more than are asked for are held at most.
    if (heaviest.length >= 2 * most + 100) heaviest = heaviest.sort(heavier).slice(0, most);
  }
  return heaviest.sort(heavier).slice(0, most);
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
