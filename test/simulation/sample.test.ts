import { describe, expect, it } from 'vitest';
import { readCsv } from '../../lambdas/domain/csv.ts';
import type { Instant } from '../../lambdas/domain/days.ts';
import { brokenRules, weigh } from '../../lambdas/domain/gates.ts';
import type { OperatorId } from '../../lambdas/domain/identifiers.ts';
import { parseSentImei } from '../../lambdas/domain/imeis.ts';
import { Screening } from '../../lambdas/domain/screening.ts';
import { USAGE_COLUMNS } from '../../lambdas/domain/sightings.ts';
import { reissuedOf, sampleAppeal, sampleWithdrawals } from '../../simulation/reversals.ts';
import { imeiKeyOf, planSample, SAMPLE_OPERATORS, type Sample, sampleReport } from '../../simulation/sample.ts';
import { sampleUsage } from '../../simulation/usage.ts';

const START = Date.UTC(2026, 5, 1);
const sample = planSample({ seed: 1, scale: 0.01, start: START });
/** The rows of an operator's files that can be taken, as one file. */
const usageOf = (of: Sample, operator: string) => {
  const files = of.usage.filter((file) => file.operator === operator && file.rows !== 'misread');
  const [first = '', ...more] = files.map((file) => [...sampleUsage(of, file)].join(''));
  return [first, ...more.map((text) => text.slice(text.indexOf('\n') + 1))].join('');
};
const first = sample.reports[0];
const second = sample.reports[1];
if (first === undefined || second === undefined) throw new Error('the sample has two reports');

/** The rows of a file without quoted cells, read as simply as can be. */
const rowsOf = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => line.split(','));
const daysBefore = (day: string) => (START - Date.parse(day)) / 86_400_000;
const ISO = /^\d{4}-\d\d-\d\d$/;
const NUMBER = /^(\+91|91|0)?([6-9]\d{9})$/;

/** The good sightings of all operators: handset's 14 digits, number's 10, operator, days before the start. */
const sightings = SAMPLE_OPERATORS.flatMap((operator) =>
  rowsOf(usageOf(sample, operator)).flatMap(([imei = '', msisdn = '', seen = '', , , , , ...more]) => {
    const handset = imei.replaceAll('-', '').slice(0, 14);
    const number = NUMBER.exec(msisdn)?.[2];
    const bad = more.length > 0 || !ISO.test(seen) || !('value' in parseSentImei(imei));
    return bad || number === undefined ? [] : [{ handset, number, operator, age: daysBefore(seen) }];
  }),
);

async function screened(text: string) {
  const screening = new Screening();
  const reasons = new Set<string>();
  async function* bytes() {
    yield Buffer.from(text);
  }
  for await (const rows of readCsv(bytes(), { required: ['imei'], optional: [] }))
    for (const row of rows) {
      const end = screening.row(row);
      if ('reason' in end) reasons.add(end.reason);
    }
  return { ...screening.totals(), reasons, keys: new Set<string>(screening.handsets()) };
}

describe('the generated sample', () => {
  it('is the same for the same seed and different for another', () => {
    const again = planSample({ seed: 1, scale: 0.01, start: START });
    expect(usageOf(again, 'jio')).toBe(usageOf(sample, 'jio'));
    expect(sampleReport(again, first)).toBe(sampleReport(sample, first));
    expect(usageOf(planSample({ seed: 2, scale: 0.01, start: START }), 'jio')).not.toBe(usageOf(sample, 'jio'));
  });

  it('has the event’s size at scale 1: 28,200 handsets and 2,000,000 connections, 13,500 of them with one handset', () => {
    const event = planSample({ seed: 1, scale: 1, start: START });
    expect([event.handsets, event.connections, event.reports[0]?.handsets.length]).toEqual([28_200, 2_000_000, 28_200]);
    const owned = Array.from({ length: 28_200 }, (_, h) => (event.owned[h + 1] ?? 0) - (event.owned[h] ?? 0));
    expect(Math.max(...owned)).toBe(13_500);
    expect(owned.reduce((sum, n) => sum + n, 0)).toBe(2_000_000);
  });

  it('has 282 handsets at 1 %, beside rejects for every reason and repeats', async () => {
    const { handsets, rejected, repeats, reasons } = await screened(sampleReport(sample, first));
    expect(handsets).toBe(282);
    expect(rejected).toBeGreaterThan(0);
    expect(repeats).toBeGreaterThan(0);
    expect([...reasons].sort()).toEqual([
      'check_digit_mismatch',
      'missing_imei',
      'not_a_device',
      'not_digits',
      'wrong_cell_count',
      'wrong_length',
    ]);
  });

  it('links 20,000 connections to the first report’s handsets within 180 days', async () => {
    const { keys } = await screened(sampleReport(sample, first));
    const linked = new Set(
      sightings.filter(({ handset, age }) => keys.has(handset) && age <= 180).map(({ number }) => number),
    );
    expect(linked.size).toBe(20_000);
  });

  it('has a heavy tail of links per handset, some handsets without any, and some connections only before the window', async () => {
    const { keys } = await screened(sampleReport(sample, first));
    const links = new Map<string, Set<string>>();
    for (const { handset, number, age } of sightings)
      if (keys.has(handset) && age <= 180) links.set(handset, (links.get(handset) ?? new Set()).add(number));
    const sizes = [...links.values()].map(({ size }) => size).sort((a, b) => b - a);
    const average = sizes.reduce((sum, n) => sum + n, 0) / 282;
    expect(average).toBeGreaterThan(68);
    expect(average).toBeLessThan(78);
    expect(sizes[0]).toBeGreaterThan(1000);
    expect(sizes[141]).toBeLessThan(average);
    expect(links.size).toBeLessThan(282);
    const inside = new Set(sightings.filter(({ age }) => age <= 180).map(({ number }) => number));
    expect(sightings.some(({ number, handset }) => keys.has(handset) && !inside.has(number))).toBe(true);
  });

  it('has numbers in several handsets, at two operators, and newest sightings that tie', () => {
    const of = new Map<string, typeof sightings>();
    for (const sighting of sightings) {
      const same = of.get(sighting.number);
      if (same === undefined) of.set(sighting.number, [sighting]);
      else same.push(sighting);
    }
    const all = [...of.values()];
    const differ = (some: typeof sightings, by: 'handset' | 'operator') => new Set(some.map((one) => one[by])).size > 1;
    const newest = all.map((some) => {
      const age = Math.min(...some.map((one) => one.age));
      return some.filter((one) => one.age === age);
    });
    expect(all.filter((some) => differ(some, 'handset')).length).toBeGreaterThan(100);
    expect(all.filter((some) => differ(some, 'operator')).length).toBeGreaterThan(100);
    expect(newest.some((some) => differ(some, 'handset'))).toBe(true);
    expect(newest.some((some) => differ(some, 'operator'))).toBe(true);
    expect(sightings.some(({ age }) => age === 180)).toBe(true);
    expect(sightings.some(({ age }) => age === 181)).toBe(true);
  });

  it.each(SAMPLE_OPERATORS)(
    'has usage rejects of every kind in the file of %s, even a tiny one, and rows with a false cell that are taken',
    (operator) => {
      const tiny = rowsOf(usageOf(planSample({ seed: 3, scale: 0.0001, start: START }), operator));
      const has = (test: (row: string[]) => boolean) => tiny.some(test);
      expect(has(([imei]) => imei === '')).toBe(true);
      expect(has(([imei]) => imei === 'IMEI unknown')).toBe(true);
      expect(has(([imei]) => imei === '00000000000000')).toBe(true);
      expect(has(([imei]) => imei?.length === 13)).toBe(true);
      expect(has(([, msisdn]) => msisdn === '')).toBe(true);
      expect(has(([, msisdn]) => msisdn === '5551234567')).toBe(true);
      expect(has(([, , seen]) => seen === '')).toBe(true);
      expect(has(([, , seen]) => seen === '2026-02-30')).toBe(true);
      expect(has(([, , seen]) => seen === '2026-06-03')).toBe(true);
      expect(has((row) => row[5] === 'prepaid')).toBe(true);
      // Of 35123456789012, from its end: 4+1+0+9+7+7+3+5+8+3+4+1+1+3 = 56, so 4 would be the check digit.
      expect(has(([imei]) => imei === '351234567890125')).toBe(true);
      expect(has((row) => row.length < 7) && has((row) => row.length > 7)).toBe(true);
    },
  );

  it.each([0.01, 0.001, 0.0001])(
    'has one file that is gated for its one handset, one that is gated since no row can be taken, and others that pass: scale %d',
    async (scale) => {
      const of = planSample({ seed: 1, scale, start: START });
      const gated: string[] = [];
      const limits = {
        rows: 100,
        rejectedPercent: 5,
        samePercent: 20,
        fewestPercent: 50,
        mostPercent: 300,
        files: 10,
        fewestFiles: 3,
      };
      for (const file of of.usage) {
        const bytes = [Buffer.from([...sampleUsage(of, file)].join(''))];
        const uploaded = { operator: file.operator as OperatorId, uploadedAt: '2026-06-01T00:00:00Z' as Instant };
        const weighed = await weigh(() => readCsv(bytes, USAGE_COLUMNS), uploaded, limits);
        const key = { at: uploaded.uploadedAt, key: file.name };
        const broken =
          weighed === undefined ? ['not weighed'] : brokenRules(weighed, key, [], limits).map(({ rule }) => rule);
        if (broken.length > 0) gated.push(`${file.operator} ${file.rows}: ${broken}`);
      }
      expect(gated).toEqual(['jio clone: one_handset', 'mtnl misread: rejected_share']);
    },
  );

  it('has a second, smaller report by another agency, with handsets of the first and new ones', async () => {
    const ofFirst = await screened(sampleReport(sample, first));
    const ofSecond = await screened(sampleReport(sample, second));
    const known = [...ofSecond.keys].filter((key) => ofFirst.keys.has(key)).length;
    expect([second.agency, ofSecond.handsets, known]).toEqual(['up-police', 28, 20]);
  });

  it('has one that is taken back a week after it was directed, of handsets whose numbers were seen in no other one', async () => {
    const withdrawals = sampleWithdrawals(sample, sample.reports);
    expect(withdrawals.map(({ age }) => age / 3_600_000)).toEqual([45, 188]);
    const { keys } = await screened(sampleReport(sample, sample.reports.at(-1) ?? first));
    const numbers = new Set(sightings.flatMap(({ handset, number }) => (keys.has(handset) ? [number] : [])));
    expect([keys.size, numbers.size]).toEqual([2, 8]);
    expect(sightings.filter(({ handset, number }) => numbers.has(number) && !keys.has(handset))).toEqual([]);
  });

  it.each([0.01, 0.001, 0.0001])(
    'has an appeal for numbers that a report reached, of which one is somebody else’s, for one that none did, and with a bad row: scale %d',
    (scale) => {
      const of = planSample({ seed: 1, scale, start: START });
      const { key, text } = sampleAppeal(of);
      expect(key).toBe('appeals/caseworker-1/appeals-2026-06-01.csv');
      const rows = rowsOf(text);
      expect(rows.map(([, ground]) => ground)).toEqual([
        'court_order',
        'wrong_number',
        'wrong_number',
        'wrong_number',
        'wrong_number',
        'mistake',
      ]);
      const [a = '', b = '', c = '', gone = '', stranger = '', bad] = rows.map(([number]) => number);
      expect([new Set([a, b, c, gone, stranger]).size, bad, gone]).toEqual([5, a, reissuedOf(of)]);
      const reported = new Set(of.reports.flatMap(({ handsets }) => handsets.map((h) => imeiKeyOf(of, h))));
      const usedIn = (number: string) =>
        SAMPLE_OPERATORS.flatMap((operator) => rowsOf(usageOf(of, operator))).flatMap(([imei = '', msisdn = '']) =>
          msisdn.endsWith(number) && reported.has(imei.replaceAll('-', '').slice(0, 14)) ? [imei] : [],
        );
      for (const number of [a, b, c, gone]) expect(usedIn(number).length).toBeGreaterThan(0);
      expect(usedIn(stranger)).toEqual([]);
    },
  );
});
