/** The files that agencies and operators of the year's world write. */
import { hash } from '../../simulation/random.ts';
import { written } from '../../test/scenarios/sample-reckoning.ts';
import type { Handset } from './draw.ts';
import type { Sighting } from './life.ts';

/** Lines of a CSV file. */
export const csv = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');

/** A handset's IMEI in one of the forms in which people write it. */
function spelt(imei: string, dice: number): string {
  const forms = [imei, written(imei), `${imei}0`, `${imei}07`, `${imei.slice(0, 8)}-${imei.slice(8)}`];
  return forms[dice % forms.length] as string;
}

/** A report's file, and what of its rows can be taken. */
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

/** An operator's usage file. One row in some hundred can't be taken. */
export function usageFile(seed: number, sightings: readonly Sighting[]): string {
  const lines = ['imei,msisdn,last_seen,lsa'];
  for (const { imei, digits, day, area } of sightings) {
    const dice = hash(seed, imei, digits, day);
    lines.push(`${spelt(imei, dice)},${['', '0', '91', '+91'][(dice >>> 4) & 3]}${digits},${day},${area}`);
    if (dice % 211 === 0) lines.push(`${imei},${digits},,${area}`);
  }
  return csv(lines);
}
