/** The files that agencies and operators of the year's world write. */
import { hash } from '../../simulation/random.ts';
import { written } from '../../test/reckoning/files.ts';
import type { Handset } from './draw.ts';
import type { Sighting } from './life.ts';

/** Lines of a CSV file. */
export const csv = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');

/** A handset's IMEI in one of the forms in which people write it. */
function spelt(imei: string, dice: number): string {
  const forms = [imei, written(imei), `${imei}0`, `${imei}07`, `${imei.slice(0, 8)}-${imei.slice(8)}`];
  return forms[dice % forms.length] as string;
}

/** A report's file, and the counts of its rows. */
export interface ReportFile {
  readonly text: string;
  readonly rows: { rows: number; rejected: number; repeats: number; handsets: number };
}

/** A report that names these handsets, with some of them twice and rows that can't be read. */
export function reportFile(seed: number, name: string, handsets: readonly Handset[]): ReportFile {
  const lines = [`case_ref,imei`];
  let repeats = 0;
  let rejected = 0;
  for (const [n, { imei }] of handsets.entries()) {
    const dice = hash(seed, name, n);
    lines.push(`${name}/${n},${spelt(imei, dice)}`);
    if (dice % 41 === 0) {
      lines.push(`${name}/${n},${spelt(imei, dice + 1)}`);
      repeats++;
    }
    if (dice % 67 === 0) {
      lines.push(`${name}/${n},${imei.slice(0, 9)}`);
      rejected++;
    }
  }
  const rows = { rows: lines.length - 1, rejected, repeats, handsets: handsets.length };
  return { text: csv(lines), rows };
}

/**
 * The way in which an operator's file came about: as ever; with days missing that its program had lost; or with everybody in it several
 * times.
 */
export type Export = 'as ever' | 'days lost' | 'several times';

/** A usage file, and its rows that can be taken. */
export interface UsageFile {
  readonly text: string;
  readonly rows: number;
  /** The sightings in the file's order, with repeats. */
  readonly good: readonly Sighting[];
}

/** An operator's usage file. One row in some hundred can't be taken, as ever. */
export function usageFile(seed: number, sightings: readonly Sighting[], how: Export = 'as ever'): UsageFile {
  const lines = ['imei,msisdn,last_seen,lsa'];
  const good: Sighting[] = [];
  for (const one of sightings) {
    const { imei, digits, day, area } = one;
    const dice = hash(seed, imei, digits, day);
    const isLost = how === 'days lost' && dice % 3 === 0;
    for (let n = 0; n < (how === 'several times' ? 4 : 1); n++) {
      const cell = `${['', '0', '91', '+91'][(dice >>> 4) & 3]}${digits}`;
      lines.push(`${spelt(imei, dice + n)},${cell},${isLost ? '' : day},${area}`);
      if (!isLost) good.push(one);
    }
    if (dice % 211 === 0) lines.push(`${imei},${digits},,${area}`);
  }
  return { text: csv(lines), rows: lines.length - 1, good };
}
