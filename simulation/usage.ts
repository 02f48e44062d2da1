/** The usage files of the generated sample: sightings of numbers in handsets, generated row by row. */
import { addDays } from '../lambdas/domain/days.ts';
import { fractionAt, hash, mix } from './random.ts';
import {
  bystandersOf,
  FIRST_BYSTANDER,
  imeiKeyOf,
  mostClonedOf,
  numberOf,
  type Sample,
  type SampleUsage,
  SHARES,
  spell,
  wrongCheckDigit,
} from './sample.ts';

/** The look-back window: the days before the report's day of which sightings count. */
const LOOK_BACK = 180;

interface Sighting {
  handset: number;
  connection: number;
  operator: string;
  /** Days before the start's day. */
  age: number;
}

/** The operator at a point of the shares; `except` leaves one out. */
function operatorAt(share: number, except?: string): string {
  let left = share;
  for (const [operator, size] of SHARES) {
    left -= size;
    if (left < 0 && operator !== except) return operator;
  }
  return except === 'jio' ? 'airtel' : 'jio';
}

/**
 * All sightings of one operator. A connection's own newest sighting lies in the window; a few connections were seen at a
 * second operator (earlier, or on the same day), in a second handset (often on the same day), or only before the window.
 */
function* sightingsOf(sample: Sample, operator: string): Generator<Sighting> {
  const key = (n: number) => mix(sample.seed ^ (100 + n));
  const [home, age, more, other, tie, second, shared, old] = [1, 2, 3, 4, 5, 6, 7, 8].map(key) as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const homeOf = (i: number) => operatorAt(fractionAt(home, i));
  const ageOf = (i: number) => Math.floor(fractionAt(age, i) ** 1.5 * (LOOK_BACK + 1));
  const everOwned = sample.owned[sample.reported] as number;
  let stale = everOwned;
  for (let handset = 0; handset < sample.reported; handset++) {
    const from = sample.owned[handset] as number;
    const to = sample.owned[handset + 1] as number;
    for (let i = from; i < to; i++) {
      const chance = fractionAt(more, i);
      const own = homeOf(i);
      if (own === operator) {
        yield { handset, connection: i, operator, age: ageOf(i) };
        if (chance < 0.08) yield { handset, connection: i, operator, age: ageOf(i) + 1 + (mix(i) % 60) };
      }
      if (chance > 0.96 && operatorAt(fractionAt(other, i), own) === operator)
        yield { handset, connection: i, operator, age: ageOf(i) + (chance > 0.992 ? 0 : 1 + (mix(i) % 90)) };
    }
    if (to === from || handset >= sample.apart) continue;
    // Links shared with other handsets are about 4 % of a handset's own, and more for the later handsets.
    const links = Math.floor((to - from) * (handset < sample.handsets ? 0.04 : 0.5) + fractionAt(tie, handset));
    for (let n = 0; n < links; n++) {
      const link = mix(shared ^ mix(handset)) + n;
      const i = Math.floor(fractionAt(second, link) * sample.connections);
      if (homeOf(i) !== operator) continue;
      const sameDay = fractionAt(tie, link) < 0.3;
      yield {
        handset,
        connection: i,
        operator,
        age: sameDay ? ageOf(i) : Math.floor(fractionAt(age, link) * (LOOK_BACK + 1)),
      };
    }
    // These connections were seen with this handset only before the window.
    const olds = Math.floor((to - from) * 0.03 + fractionAt(old, handset));
    for (let n = 0; n < olds; n++) {
      const i = stale++;
      if (homeOf(i) === operator)
        yield { handset, connection: i, operator, age: LOOK_BACK + 1 + Math.floor(fractionAt(old, i) * 180) };
    }
  }
}

const AREAS = ['Delhi', 'UP (East)', 'UP (West)', 'Bihar', 'Mumbai', 'Karnataka', 'Jammu & Kashmir', 'West Bengal'];
const SUBSCRIBERS = ['individual', 'individual', 'individual', 'individual', 'business', 'bulk', ''];
const CHUNK = 64 * 1024;
/** The fewest rows of a file: in a shorter one the rejects would be too many, and it would be gated. */
const FEWEST_ROWS = 400;
/** The fewest rows of a file about one handset, so that the rule about it is applied. */
const FEWEST_OF_CLONE = 120;

/**
 * A usage file, in chunks of text: its sightings, rows of handsets that nobody reported, rows given twice, rejects of every kind, and rows
 * that are taken although a cell is false. The file about the most cloned handset has that handset's sightings alone, some of them repeated
 * where they are few.
 */
export function* sampleUsage(sample: Sample, { operator, rows: which }: SampleUsage): Generator<string> {
  const days: string[] = [];
  const dayAt = (age: number) => {
    const day = addDays(sample.day, -age);
    days[age] ??= which === 'misread' ? day.split('-').reverse().join('/') : day;
    return days[age];
  };
  const clone = mostClonedOf(sample.handsets);
  const key = hash(sample.seed, 'usage', operator);
  const bystanders = bystandersOf(sample);
  const bad = which === 'misread' ? [] : awkwardUsageRows(sample);
  let badGiven = 0;
  let rows = 0;
  let text = 'imei,msisdn,last_seen,imsi,lsa,subscriber_type,point_of_sale\n';
  const line = (handset: number, connection: number, age: number): string => {
    const dice = mix(key ^ mix(connection));
    const number = numberOf(sample, connection);
    const prefix = ['+91', '91', '0', ''][dice & 3];
    return `${spell(imeiKeyOf(sample, handset), (dice >>> 2) % 4)},${prefix}${number},${dayAt(age)},40${
      4 + ((dice >>> 4) & 1)
    }${String(dice % 100).padStart(2, '0')}${number},${AREAS[(dice >>> 8) % AREAS.length]},${
      SUBSCRIBERS[(dice >>> 12) % SUBSCRIBERS.length]
    },${dice % 3 === 0 ? '' : `POS-${dice % 5003}`}\n`;
  };
  if (which === 'clone') {
    const own = [...sightingsOf(sample, operator)].filter(({ handset }) => handset === clone);
    for (let n = 0; own.length > 0 && n < Math.max(own.length, FEWEST_OF_CLONE); n++) {
      const { connection, age } = own[n % own.length] as Sighting;
      text += line(clone, connection, age);
    }
    yield text;
    return;
  }
  const bystander = () => line(sample.reported + (mix(rows) % 5000), bystanders + rows, mix(rows) % 200);
  for (const { handset, connection, age } of sightingsOf(sample, operator)) {
    if (which === 'others' && handset === clone) continue;
    rows++;
    const row = line(handset, connection, age);
    text += row;
    if (rows % 300 === 20) text += row;
    if (rows % 50 === FIRST_BYSTANDER) text += bystander();
    if (bad.length > 0 && rows % 2 === 0 && (rows <= 2 * bad.length || rows % 500 === 0))
      text += bad[badGiven++ % bad.length];
    if (text.length > CHUNK) {
      yield text;
      text = '';
    }
  }
  for (; badGiven < bad.length; badGiven++) text += bad[badGiven];
  for (; rows < FEWEST_ROWS; rows++) text += bystander();
  yield text;
}

/**
 * Rows that no usage file should have, one for each reason and some more. Two of them are taken all the same: the one with a false check
 * digit, which spoofed handsets send, and the one of a subscriber type that nobody agreed on.
 */
function awkwardUsageRows(sample: Sample): string[] {
  const today = sample.day;
  const imei = '351234567890123'.slice(0, 14);
  const number = '+919000000000';
  return [
    `,${number},${today},,,,\n`,
    `IMEI unknown,${number},${today},,,,\n`,
    `3512345678901,${number},${today},,,,\n`,
    `${wrongCheckDigit(imei)},${number},${today},,,,\n`,
    `00000000000000,${number},${today},,,,\n`,
    `${imei},,${today},,,,\n`,
    `${imei},5551234567,${today},,,,\n`,
    `${imei},=9000000000,${today},,,,\n`,
    `${imei},${number},,,,,\n`,
    `${imei},${number},2026-02-30,,,,\n`,
    `${imei},${number},${addDays(today, 2)},,,,\n`,
    `${imei},${number},${today},,,prepaid,\n`,
    `${imei},${number},${today}\n`,
    `${imei},${number},${today},,,,,,\n`,
  ];
}
