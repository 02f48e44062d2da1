/**
 * The generated sample, in the shape of the event: 28,200 handsets misused in cyber-crime and the 2,000,000 numbers used with them, at
 * scale 1. All of it follows from the seed, the scale and the start's day; numbers and IMEIs are random and nobody's. Usage files are
 * generated row by row, so that their size costs no memory.
 *
 * Handsets and connections are counted from 0. Main handsets (0 to handsets − 1) stand in the first report; each owns a run of connections,
 * so that together they have exactly `connections`, and shares a few with others. Then come later handsets, which only the second report
 * has, then some of a report that is taken back, and after them handsets of bystanders, which no report has.
 */
import { addDays, type Day, dayOf, instantOf } from '../lambdas/domain/days.ts';
import { sha256Of } from '../lambdas/domain/hashes.ts';
import { type AgencyId, type BatchId, batchIdOf } from '../lambdas/domain/identifiers.ts';
import { luhnDigit } from '../lambdas/domain/imeis.ts';
import { fractionAt, hash, mix, scatter, series } from './random.ts';

export const EVENT_HANDSETS = 28_200;
export const EVENT_CONNECTIONS = 2_000_000;
/** The number of phones on which one cloned IMEI was found. */
export const MOST_CLONED = 13_500;
/** The most cloned handset's largest share of all connections. */
const LARGEST_CLONE = 0.15;
/** The row of a usage file after which the first row of a bystander comes. */
export const FIRST_BYSTANDER = 10;

/** Operators' shares of connections. */
export const SHARES = [
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

/** A report of the sample: its agency, its age (milliseconds after the start) and its name. */
export interface SampleReport {
  agency: string;
  age: number;
  name: string;
  /** Indices of its handsets, in the file's order. */
  handsets: number[];
  /**
   * Set where people stop it: an approver refuses it, or its agency takes it back, before anybody decides or long after it was directed.
   */
  fate?: 'refused' | 'withdrawn' | 'reversed';
}

/** A usage file of the sample: its operator, its name, and which of the operator's rows it has. */
export interface SampleUsage {
  operator: string;
  name: string;
  /**
   * `clone`: the operator's sightings of the most cloned handset, so that one handset is in all of its rows, as it should be; `others`: all
   * but these; `all`: all; `misread`: all, with days in another form, so that no row can be taken.
   */
  rows: 'all' | 'others' | 'clone' | 'misread';
}

export interface Sample {
  /** The number of main handsets, all different. */
  handsets: number;
  /** The number of connections that were seen with main handsets in the look-back window of the start's day, all different. */
  connections: number;
  reports: SampleReport[];
  /** The usage files in the order of their uploads. */
  usage: SampleUsage[];
  seed: number;
  /** The day of the start. */
  day: Day;
  /** Handset h owns the connections from `owned[h]` up to before `owned[h + 1]`; later handsets included. */
  owned: Uint32Array;
  /** The handsets from this one on share no number with others. */
  apart: number;
  /** The number of handsets that were used with numbers, and stand in a report. */
  reported: number;
}

const HOUR = 3_600_000;
/** The second report comes while some of the first batch's blocks are done and some are not. */
const SECOND_REPORT_AGE = 36 * HOUR;
/** Reports, by mistake, of bystanders' handsets, which are stopped before they are directed. */
const WITHOUT_EFFECT = [
  { agency: 'delhi-police', age: 40 * HOUR, fate: 'refused' },
  { agency: 'i4c', age: 44 * HOUR, fate: 'withdrawn' },
] as const;
const BYSTANDERS = 5;
/** A mistaken report that is only noticed when all is done: its number of handsets, and the numbers of each, which no other handset has. */
const TAKEN_BACK = { agency: 'i4c', age: 20 * HOUR, handsets: 2, numbers: 4 } as const;
/** The age at which exemptions are uploaded, before the second report. */
export const EXEMPTED_AGE = 24 * HOUR;

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

  const apart = handsets + later;
  const reported = apart + TAKEN_BACK.handsets;
  const owned = new Uint32Array(reported + 1);
  ownershipOf(seed, handsets, connections, scale, owned);
  for (let h = handsets; h < apart; h++)
    owned[h + 1] = (owned[h] as number) + 5 + Math.floor(fractionAt(mix(seed ^ 11), h) * 40);
  for (let h = apart; h < reported; h++) owned[h + 1] = (owned[h] as number) + TAKEN_BACK.numbers;

  const shuffled = Array.from({ length: handsets }, (_, h) => h).sort(
    (a, b) => fractionAt(mix(seed ^ 12), a) - fractionAt(mix(seed ^ 12), b) || a - b,
  );
  const second = shuffled.filter((h) => h !== mostClonedOf(handsets)).slice(0, overlap);
  for (let h = handsets; h < apart; h++) second.push(h);
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
        handsets: Array.from({ length: BYSTANDERS }, (_, place) => reported + n * BYSTANDERS + place),
      })),
      {
        agency: TAKEN_BACK.agency,
        age: TAKEN_BACK.age,
        fate: 'reversed',
        name: `handsets-${dayOf(instantOf(start + TAKEN_BACK.age))}.csv`,
        handsets: Array.from({ length: TAKEN_BACK.handsets }, (_, place) => apart + place),
      },
    ],
    usage: SAMPLE_OPERATORS.flatMap((operator) => usageOf(operator, `usage-${day}`)),
    seed,
    day,
    owned,
    apart,
    reported,
  };
}

/** The operator whose sightings of the most cloned handset have a file of their own, which is gated and which somebody admits. */
const WITH_CLONE = 'jio';
/** The operator that sends a file of which every row is rejected, and then, since it is gated, the right one. */
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

export function mostClonedOf(handsets: number): number {
  return Math.floor(handsets / 2);
}

/** Gives every connection to one handset: heavy-tailed (Pareto), one handset cloned most, some without any. */
function ownershipOf(seed: number, handsets: number, connections: number, scale: number, owned: Uint32Array): void {
  // The square root lets the one handset stand out in a small sample, without every file being gated for it.
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

/** An approver's exemptions from the second report: one of its handsets, and a number of another one. */
export function sampleExemptions(sample: Sample): string {
  const [exempt, other] = [sample.handsets, sample.reports[1]?.handsets[0] ?? 0];
  const until = addDays(sample.day, 60);
  const number = numberOf(sample, sample.owned[other] ?? 0);
  const imei = imeiKeyOf(sample, exempt);
  return `msisdn,imei,until,reason\n,${imei}${luhnDigit(imei)},${until},bought second hand\n${number},,${until},in hospital\n`;
}

/** The first of the connections that were seen in handsets of bystanders. */
export function bystanderOf(sample: Sample): number {
  return bystandersOf(sample) + FIRST_BYSTANDER;
}

/** Connections of bystanders are counted from here on. */
export function bystandersOf({ owned, reported, connections }: Sample): number {
  return (owned[reported] as number) + connections;
}

/** Cells that no report takes, one for each reason. */
function badReportCells(): string[] {
  return ['', '35-unreadable', '3512345', wrongCheckDigit('35123456789012'), '11111111111111', '=35123456789012+1'];
}

export function wrongCheckDigit(key: string): string {
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
export function spell(key: string, manner: number): string {
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
