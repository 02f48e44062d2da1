/** The reversals of the generated sample: a caseworker's appeals, and agencies' withdrawals. */
import { bystanderOf, numberOf, type Sample, type SampleReport, sampleBatch } from './sample.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/**
 * The age of the appeals: by then some of those who didn't answer are barred, others are disconnected, and nobody's answer is on its way.
 */
const APPEALED_AGE = 7 * DAY;
/** The time from a report to its withdrawal: before anybody decides, or when the directions have been carried out. */
const WITHDRAWN_AFTER = { withdrawn: HOUR, reversed: 7 * DAY } as const;
/** The number of one handset's numbers that are appealed for, beside the one that somebody else has. */
const APPEALED = 3;

/** A file that asks for a reversal: its key, its age (milliseconds after the start), and its text. */
interface Asking {
  key: string;
  age: number;
  text: string;
}

/** The files by which agencies take back those of these reports whose fate that is. */
export function sampleWithdrawals(sample: Sample, reports: readonly SampleReport[]): Asking[] {
  return reports.flatMap((report) => {
    const { agency, age, fate } = report;
    if (fate !== 'withdrawn' && fate !== 'reversed') return [];
    const key = `withdrawals/${agency}/${sampleBatch(sample, report)}/by-mistake.csv`;
    return [{ key, age: age + WITHDRAWN_AFTER[fate], text: 'imei\n' }];
  });
}

/** A caseworker's appeal. */
export function sampleAppeal(sample: Sample): Asking {
  return {
    key: `appeals/caseworker-1/appeals-${sample.day}.csv`,
    age: APPEALED_AGE,
    text: appealText(sample),
  };
}

/** A number that is somebody else's by the time of the appeals, of which one comes too late for that. */
export function reissuedOf(sample: Sample): string {
  return numberOf(sample, fewestOf(sample) + APPEALED);
}

/**
 * Appeals for numbers of a handset that isn't held, since few were used with it: most of them are to be given back. One row is about a
 * number that somebody else has by then, one about a number that nobody directed, so that there is nothing to give back, and one has a
 * ground that doesn't exist.
 */
function appealText(sample: Sample): string {
  const first = fewestOf(sample);
  const lent = Array.from({ length: APPEALED }, (_, n) => first + n);
  const [again = first] = lent;
  const rows = [
    ...lent.map((connection, n) => `${numberOf(sample, connection)},${n === 0 ? 'court_order' : 'wrong_number'}`),
    `${reissuedOf(sample)},wrong_number`,
    `${numberOf(sample, bystanderOf(sample))},wrong_number`,
    `${numberOf(sample, again)},mistake`,
  ];
  return `msisdn,ground,case_ref\n${rows.map((row, n) => `${row},A-${n + 1}\n`).join('')}`;
}

/** The first connection of the main handset with the fewest connections, but with more than are to be given back. */
function fewestOf({ owned, handsets }: Sample): number {
  let fewest = Number.POSITIVE_INFINITY;
  let first = 0;
  for (let h = 0; h < handsets; h++) {
    const from = owned[h] as number;
    const size = (owned[h + 1] as number) - from;
    if (size > APPEALED && size < fewest) {
      fewest = size;
      first = from;
    }
  }
  return first;
}
