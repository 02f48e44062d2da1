/**
 * The generated sample, in the shape of the event: 28,200 handsets misused in cyber-crime and the 2,000,000 numbers
 * used with them, at scale 1. All of it follows from the seed, the scale and the start's day; numbers and IMEIs are
 * random and nobody's. Usage files are generated row by row, so that their size costs no memory.
 *
 * Handsets and connections are counted from 0. Main handsets (0 to handsets − 1) stand in the first report; each owns
 * a run of connections, so that together they have exactly `connections`, and shares a few with others. Later handsets
 * follow, which only the second report has, and after them handsets of bystanders, which none has.
 */
import { addDays, type Day, dayOf, instantOf } from '../lambdas/domain/days.ts';
import { sha256Of } from '../lambdas/domain/hashes.ts';
import { type AgencyId, type BatchId, batchIdOf, luhnDigit } from '../lambdas/domain/identifiers.ts';
import { fractionAt, hash, mix, scatter, series } from './random.ts';

export const EVENT_HANDSETS = 28_200;
export const EVENT_CONNECTIONS = 2_000_000;
/** Phones that one cloned IMEI was found on. */
export const MOST_CLONED = 13_500;
/** The most of all connections that it has. */
const LARGEST_CLONE = 0.15;
/** The look-back window: sightings up to so many days before the report's day count. */
const LOOK_BACK = 180;

/** Operators' shares of connections. */
const SHARES = [
  ['jio', 0.4],
  ['airtel', 0.33],
  ['vi', 0.17],
  ['bsnl', 0.08],
  ['mtnl', 0.02],
] as const satisfies readonly (readonly [string, number])[];
export const SAMPLE_OPERATORS: readonly string[] = SHARES.map(([operator]) => operator).sort();

/** An operator's share of the connections, 0 to 1. */
export function operatorShare(operator: string): number {
  return SHARES.find(([name]) => name === operator)?.[1] ?? 0;
}

/** A report of the sample: who uploads it, when (milliseconds after the start), under which name. */
export interface SampleReport {
  agency: string;
  age: number;
  name: string;
  /** Indices of its handsets, in the file's order. */
  handsets: number[];
  /** Where people have it go on no further: an approver refuses it, or its agency takes it back before anybody decides. */
  fate?: 'refused' | 'withdrawn';
}

/** A usage file of the sample: whose it is, under which name, and which of the operator's rows it has. */
export interface SampleUsage {
  operator: string;
  name: string;
  /**
   * `clone`: its sightings of the most cloned handset, so that one handset is in all of its rows, as it should be; `others`: all but
   * these; `all`: all; `misread`: all, with days in another form, of which none can be taken.
   */
  rows: 'all' | 'others' | 'clone' | 'misread';
}

export interface Sample {
  /** Main handsets, all different. */
  handsets: number;
  /** Connections that were seen with main handsets in the look-back window of the start's day, all different. */
  connections: number;
  reports: SampleReport[];
  /** The usage files in the order of their uploads. */
  usage: SampleUsage[];
  seed: number;
  /** The start's day. */
  day: Day;
  /** Handset h owns the connections from `owned[h]` up to before `owned[h + 1]`; later handsets included. */
  owned: Uint32Array;
  /** Handsets that stand in any report. */
  reported: number;
}

const HOUR = 3_600_000;
/** Early enough that some of the first batch's blocks are done and some are not. */
const SECOND_REPORT_AGE = 36 * HOUR;
/** Of handsets of bystanders, by mistake. */
const WITHOUT_EFFECT = [
  { agency: 'delhi-police', age: 40 * HOUR, fate: 'refused' },
  { agency: 'i4c', age: 44 * HOUR, fate: 'withdrawn' },
] as const;
const BYSTANDERS = 5;
/** When exemptions are uploaded, before the second report. */
export const EXEMPTED_AGE = 24 * HOUR;
/** How long after its report a withdrawal comes. */
export const WITHDRAWN_AFTER = HOUR;

/**
 * Lays out a sample.
 * @param scale 1 is the event's size
 * @param start epoch milliseconds; sightings lie before it
 */
export function planSample(settings: { seed: number; scale: number; start: number }): Sample {
  const { scale, start } = settings;
  const seed = hash('sample', settings.seed);
  const day = dayOf(instantOf(start));
  const handsets = Math.max(6, Math.round(EVENT_HANDSETS * scale));
  const connections = Math.max(200, Math.round(EVENT_CONNECTIONS * scale));
  const secondSize = Math.max(5, Math.round(handsets * 0.1));
  const overlap = Math.min(handsets - 2, Math.ceil(secondSize * 0.7));
  const later = secondSize - overlap;

  const owned = new Uint32Array(handsets + later + 1);
  ownershipOf(seed, handsets, connections, scale, owned);
  for (let h = handsets; h < handsets + later; h++)
    owned[h + 1] = (owned[h] as number) + 5 + Math.floor(fractionAt(mix(seed ^ 11), h) * 40);

  const shuffled = Array.from({ length: handsets }, (_, h) => h).sort(
    (a, b) => fractionAt(mix(seed ^ 12), a) - fractionAt(mix(seed ^ 12), b) || a - b,
  );
  const second = shuffled.filter((h) => h !== mostClonedOf(handsets)).slice(0, overlap);
  for (let h = handsets; h < handsets + later; h++) second.push(h);
  return {
    handsets,
    connections,
    reports: [
      { agency: 'mha', age: 0, name: `handsets-${day}.csv`, handsets: shuffled },
      {
        agency: 'up-police',
        age: SECOND_REPORT_AGE,
        name: `handsets-${dayOf(instantOf(start + SECOND_REPORT_AGE))}.csv`,
        handsets: second,
      },
      ...WITHOUT_EFFECT.map(({ agency, age, fate }, n) => ({
        agency,
        age,
        fate,
        name: `handsets-${dayOf(instantOf(start + age))}.csv`,
        handsets: Array.from({ length: BYSTANDERS }, (_, place) => handsets + later + n * BYSTANDERS + place),
      })),
    ],
    usage: SAMPLE_OPERATORS.flatMap((operator) => usageOf(operator, `usage-${day}`)),
    seed,
    day,
    owned,
    reported: handsets + later,
  };
}

/** Whose sightings of the most cloned handset have a file of their own: it is gated, and somebody admits it. */
const WITH_CLONE = 'jio';
/** Who sends another file, of which every row is rejected, and then, since it is gated, the right one. */
const WITH_MISREAD = 'mtnl';

function usageOf(operator: string, name: string): SampleUsage[] {
  if (operator === WITH_CLONE)
    return [
      { operator, name: `${name}.csv`, rows: 'others' },
      { operator, name: `${name}-clone.csv`, rows: 'clone' },
    ];
  const all: SampleUsage = { operator, name: `${name}.csv`, rows: 'all' };
  return operator === WITH_MISREAD ? [{ operator, name: `${name}-draft.csv`, rows: 'misread' }, all] : [all];
}

function mostClonedOf(handsets: number): number {
  return Math.floor(handsets / 2);
}

/** Gives every connection to one handset: heavy-tailed (Pareto), one handset cloned most, some without any. */
function ownershipOf(seed: number, handsets: number, connections: number, scale: number, owned: Uint32Array): void {
  // With the square root, the one handset still stands out in a small sample, and not so much that each file is gated for it.
  const cloned = Math.min(Math.round(MOST_CLONED * Math.sqrt(scale)), Math.floor(connections * LARGEST_CLONE));
  const next = series(mix(seed ^ 13));
  const weights = new Float64Array(handsets);
  let total = 0;
  for (let h = 0; h < handsets; h++) {
    const pareto = Math.min((1 - next()) ** (-1 / 1.4), 60);
    const none = h === handsets - 1 || h % 97 === 5;
    weights[h] = none || h === mostClonedOf(handsets) ? 0 : pareto;
    total += weights[h] as number;
  }
  let sum = 0;
  let given = 0;
  for (let h = 0; h < handsets; h++) {
    sum += weights[h] as number;
    if (h === mostClonedOf(handsets)) given = cloned;
    owned[h + 1] = Math.round((sum / total) * (connections - cloned)) + given;
  }
}

/** A report as it is uploaded: the handsets in several spellings, rejects of every kind, and repeats. */
export function sampleReport(sample: Sample, report: SampleReport): string {
  const lines = ['imei,reported_on,case_ref,category'];
  const categories = ['digital arrest', 'investment fraud', '"impersonation, ""KYC update"""', 'mule account', ''];
  const key = hash(sample.seed, report.agency);
  const bad = badReportCells();
  let badGiven = 0;
  report.handsets.forEach((h, place) => {
    const rest = () =>
      `${addDays(sample.day, -Math.floor(fractionAt(key, place) * 60))},FIR/${1000 + (mix(key ^ place) % 9000)},${
        categories[mix(key ^ (place + 77)) % categories.length]
      }`;
    lines.push(`${spell(imeiKeyOf(sample, h), mix(key ^ h) % 5)},${rest()}`);
    if (place % 40 === 3) lines.push(`${spell(imeiKeyOf(sample, h), (mix(key ^ h) + 1) % 5)},${rest()}`);
    if (place % 60 === 2) lines.push(`${bad[badGiven++ % bad.length]},${rest()}`);
    if (place % 60 === 4) lines.push(`${spell(imeiKeyOf(sample, h), 1)},one cell too few`);
  });
  for (; badGiven < bad.length; badGiven++) lines.push(`${bad[badGiven]},${sample.day},,`);
  return `${lines.join('\n')}\n`;
}

/** The batch that a report of the sample begins. */
export function sampleBatch(sample: Sample, report: SampleReport): BatchId {
  return batchIdOf(report.agency as AgencyId, sha256Of(sampleReport(sample, report)));
}

/** What an approver says of whom the second report may not direct: one of its handsets, and a number of another one. */
export function sampleExemptions(sample: Sample): string {
  const [exempt, other] = [sample.handsets, sample.reports[1]?.handsets[0] ?? 0];
  const until = addDays(sample.day, 60);
  const number = numberOf(sample, sample.owned[other] ?? 0);
  const imei = imeiKeyOf(sample, exempt);
  return `msisdn,imei,until,reason\n,${imei}${luhnDigit(imei)},${until},bought second hand\n${number},,${until},in hospital\n`;
}

/** Cells that no report takes, one for each reason. */
function badReportCells(): string[] {
  return ['', '35-unreadable', '3512345', wrongCheckDigit('35123456789012'), '11111111111111', '=35123456789012+1'];
}

function wrongCheckDigit(key: string): string {
  const right = Number(luhnDigit(key));
  return `${key}${right === 9 ? 1 : right + 1}`;
}

/** The first 14 digits of handset h's IMEI: one of 40 type allocation codes of two reporting bodies, and a serial. */
export function imeiKeyOf(sample: Sample, h: number): string {
  const model = h % 40;
  const body = model % 3 === 0 ? '86' : '35';
  const allocation = `${body}${String((model * 23_081 + (mix(sample.seed ^ 21) % 20_000)) % 1_000_000).padStart(6, '0')}`;
  const serial = ((mix(sample.seed ^ model) % 1_000_000) + Math.floor(h / 40) * 611_953) % 1_000_000;
  return `${allocation}${String(serial).padStart(6, '0')}`;
}

/** Five ways in which people and networks write the same IMEI. */
function spell(key: string, manner: number): string {
  if (manner === 0) return key;
  if (manner === 1) return `${key}${luhnDigit(key)}`;
  if (manner === 2) return `${key}0`;
  if (manner === 3) return `${key}07`;
  return `${key.slice(0, 2)}-${key.slice(2, 8)}-${key.slice(8)}-${luhnDigit(key)}`;
}

const NUMBERS = 4_000_000_000;

/** Connection i's number: ten digits that begin with 6 to 9, different for each i. */
export function numberOf(sample: Sample, i: number): string {
  return String(6_000_000_000 + scatter(mix(sample.seed ^ 31), i, NUMBERS));
}

interface Sighting {
  handset: number;
  connection: number;
  operator: string;
  /** Days before the start's day. */
  age: number;
}

/** An operator by its share; `except` leaves one out. */
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
    if (to === from) continue;
    // Links shared with other handsets: about 4 % of one's own, and more for the later handsets.
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
    // Connections that were seen with this handset only before the window.
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
/** Rows that a file has at least: of fewer the rejects would be too many, and it would be gated. */
const FEWEST_ROWS = 400;
/** Rows that a file about one handset has at least, so that it is weighed. */
const FEWEST_OF_CLONE = 120;

/**
 * A usage file, in chunks of text: its sightings, rows of handsets that nobody reported, rows given twice, rejects of every kind, and
 * rows that are taken although a cell is false. That about the most cloned handset has its sightings alone, some of them again where
 * they are few.
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
  const bystanders = (sample.owned[sample.reported] as number) + sample.connections;
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
    if (rows % 50 === 10) text += bystander();
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
 * Rows that no usage file should have, one for each reason and some more. Two of them are taken all the same: that with a
 * false check digit, which spoofed handsets send, and that of a subscriber type that nobody agreed on.
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
