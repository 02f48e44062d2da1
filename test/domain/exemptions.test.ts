import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  applyExemptions,
  countsUntil,
  type Exemption,
  type ExemptionColumn,
  type ExemptionWord,
  exemptionOf,
  exemptionsForm,
  isInForce,
  NO_EXEMPTIONS,
  parseExemptionRow,
  withFile,
  withWord,
} from '../../lambdas/domain/exemptions.ts';
import type { ApproverId } from '../../lambdas/domain/identifiers.ts';
import { at, day, imei, msisdn } from './example.ts';

const [one, two, three] = ['approver-1', 'approver-2', 'approver-3'] as ApproverId[] as [
  ApproverId,
  ApproverId,
  ApproverId,
];
const number = msisdn('9800000001');
const handset = imei('35200000000001');
const cells = (told: Partial<Record<ExemptionColumn, string>>) => ({
  msisdn: '',
  imei: '',
  until: '2026-06-30',
  reason: 'hospital',
  ...told,
});
const parse = (told: Partial<Record<ExemptionColumn, string>>) =>
  parseExemptionRow({ line: 7, cells: cells(told) }, { uploadDay: day('2026-06-01'), mostDays: 90 });

describe('reading a row of exemptions', () => {
  test('it names a number, a handset, or both, until a day', () => {
    expect(parse({ msisdn: '09800000001' })).toEqual({ line: 7, subjects: [number], until: '2026-06-30' });
    expect(parse({ imei: '35-200000-000001' })).toEqual({ line: 7, subjects: [handset], until: '2026-06-30' });
    expect(parse({ msisdn: '9800000001', imei: '35200000000001' })).toMatchObject({ subjects: [number, handset] });
  });

  test('the day is at most 90 days ahead, and may be past', () => {
    // June has 29 days left after the 1st, July and August 31 each: 91 days to 31 August.
    expect(parse({ msisdn: '9800000001', until: '2026-08-30' })).toMatchObject({ until: '2026-08-30' });
    expect(parse({ msisdn: '9800000001', until: '2026-08-31' })).toEqual({ line: 7, reason: 'until_too_far' });
    expect(parse({ msisdn: '9800000001', until: '2026-05-31' })).toMatchObject({ until: '2026-05-31' });
  });

  test.each<[string, Partial<Record<ExemptionColumn, string>>, string]>([
    ['nobody named', {}, 'missing_msisdn'],
    ['no number of this country', { msisdn: '12' }, 'bad_msisdn'],
    ['a number of the self-check', { msisdn: '+910012345678' }, 'bad_msisdn'],
    ['a bad handset beside a number', { msisdn: '9800000001', imei: 'x' }, 'not_digits'],
    ['no day', { msisdn: '9800000001', until: '' }, 'bad_until'],
    ['another form of day', { msisdn: '9800000001', until: '30/06/2026' }, 'bad_until'],
    ['no such day', { msisdn: '9800000001', until: '2026-06-31', reason: '' }, 'bad_until'],
    ['a day too far before no reason', { msisdn: '9800000001', until: '2027-01-01', reason: '' }, 'until_too_far'],
    ['no reason', { msisdn: '9800000001', reason: '' }, 'missing_reason'],
  ])('is rejected for %s', (_, told, reason) => {
    expect(parse(told)).toEqual({ line: 7, reason });
  });

  test('with more or fewer cells than the header is rejected', () => {
    const row = { line: 3, wrongCellCount: 'a,b' };
    expect(parseExemptionRow(row, { uploadDay: day('2026-06-01'), mostDays: 90 })).toEqual({
      line: 3,
      reason: 'wrong_cell_count',
    });
  });
});

const word = (until: string, more: Partial<ExemptionWord> = {}): ExemptionWord => ({
  until: day(until),
  at: at('2026-06-01T00:00:00Z'),
  sha256: 'a',
  line: 2,
  ...more,
});

describe('an exemption', () => {
  const said = (...words: [ApproverId, ExemptionWord][]) =>
    words.reduce<Exemption>((exemption, [who, what]) => withWord(exemption, who, what), {});

  test('is in force when two approvers say so, until the earlier of their days, that day included', () => {
    const both = said([one, word('2026-06-30')], [two, word('2026-06-20')]);
    expect(isInForce(both, day('2026-06-20'))).toBe(true);
    expect(isInForce(both, day('2026-06-21'))).toBe(false);
    expect(isInForce(said([one, word('2026-06-30')], [one, word('2026-06-30', { line: 3 })]), day('2026-06-01'))).toBe(
      false,
    );
  });

  test('with three approvers reaches the second latest of their days', () => {
    const all = said([one, word('2026-06-10')], [two, word('2026-06-20')], [three, word('2026-06-30')]);
    expect([day('2026-06-20'), day('2026-06-21')].map((on) => isInForce(all, on))).toEqual([true, false]);
  });

  test('ends with a past day of one of them', () => {
    const later = { at: at('2026-06-05T00:00:00Z') };
    const ended = said([one, word('2026-06-30')], [two, word('2026-06-30')], [two, word('2026-06-04', later)]);
    expect(isInForce(ended, day('2026-06-05'))).toBe(false);
  });

  test('is none of nobody', () => {
    expect(isInForce({}, day('2026-06-05'))).toBe(false);
  });

  test('ends as it does whatever the order in which words are written, and however often', () => {
    const words = fc.array(
      fc.record({
        who: fc.constantFrom(one, two, three),
        until: fc.nat(20).map((n) => `2026-06-${String(n + 1).padStart(2, '0')}`),
        second: fc.nat(3),
        sha256: fc.constantFrom('a', 'b'),
        line: fc.integer({ min: 2, max: 4 }),
      }),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(words, fc.nat(), (all, seed) => {
        // One line of one file says one thing.
        const unique = [...new Map(all.map((w) => [`${w.who} ${w.second} ${w.sha256} ${w.line}`, w])).values()];
        const told = unique.map(({ who, until, second, sha256, line }): [ApproverId, ExemptionWord] => [
          who,
          word(until, { at: at(`2026-06-01T00:00:0${second}Z`), sha256, line }),
        ]);
        const shuffled = [...told, ...told].sort((a, b) => hash(a, seed) - hash(b, seed));
        expect(said(...shuffled)).toEqual(said(...told));
        for (const who of [one, two, three]) {
          const own = unique.filter((w) => w.who === who);
          own.sort((a, b) => a.second - b.second || a.sha256.localeCompare(b.sha256) || a.line - b.line);
          expect(said(...told)[who]?.until).toBe(own.at(-1)?.until);
        }
      }),
    );
  });
});

/** A number that goes by the texts of a word and a seed: an order. */
function hash(value: unknown, seed: number): number {
  return [...JSON.stringify(value)].reduce(
    (sum, letter) => (sum * 31 + letter.charCodeAt(0) + seed) % 9973,
    seed % 9973,
  );
}

describe('a file of exemptions', () => {
  const file = { approver: one, sha256: 'f', committedAt: at('2026-06-02T00:00:00Z') };

  test('tells what its rows change, and counts those that say what was said', () => {
    const before: Exemption = { [one]: word('2026-06-30') } as Exemption;
    const applied = applyExemptions(
      [
        { line: 2, subjects: [number], until: day('2026-06-30') },
        { line: 3, reason: 'bad_until' },
        { line: 4, subjects: [handset, number], until: day('2026-06-30') },
        { line: 5, subjects: [handset], until: day('2026-06-20') },
      ],
      file,
      (subject) => (subject === number ? before : {}),
    );
    expect(applied).toMatchObject({
      rows: 4,
      recorded: 2,
      alreadyRecorded: 1,
      rejects: [{ line: 3, reason: 'bad_until' }],
    });
    const at = '2026-06-02T00:00:00Z';
    expect(Object.fromEntries(applied.changed)).toEqual({
      [number]: { [one]: { until: '2026-06-30', at, sha256: 'f', line: 4 } },
      [handset]: { [one]: { until: '2026-06-20', at, sha256: 'f', line: 5 } },
    });
  });

  test('stands against an earlier file that is written later, though it said nothing new', () => {
    const same = { line: 2, subjects: [number], until: day('2026-06-30') };
    const { changed } = applyExemptions([same], file, () => ({ [one]: word('2026-06-30') }) as Exemption);
    const between = word('2026-06-10', { at: at('2026-06-01T12:00:00Z') });
    expect(withWord(changed.get(number) ?? {}, one, between)[one]?.until).toBe('2026-06-30');
  });

  test('leaves alone what a later file of its approver said', () => {
    const later: Exemption = { [one]: word('2026-06-10', { at: at('2026-06-03T00:00:00Z') }) } as Exemption;
    const applied = applyExemptions([{ line: 2, subjects: [number], until: day('2026-06-30') }], file, () => later);
    expect([...applied.changed]).toEqual([]);
    expect([applied.recorded, applied.alreadyRecorded]).toEqual([0, 1]);
  });
});

describe('all exemptions', () => {
  const file = (on: string, sha256 = 'a'.repeat(64)) => ({
    approver: one,
    sha256,
    attempt: 'x',
    at: at(`${on}T00:00:00Z`),
  });
  const said = (on: string, until: string) => ({
    changed: new Map([[number, { [one]: word(until, { at: at(`${on}T00:00:00Z`) }) } as Exemption]]),
  });

  test('hold what files said, and the files, until a month after it reaches no day any more', () => {
    const first = withFile(NO_EXEMPTIONS, said('2026-06-01', '2026-08-30'), file('2026-06-01'), 90);
    expect(exemptionOf(first, number)).toEqual({ [one]: word('2026-08-30', { at: at('2026-06-01T00:00:00Z') }) });
    expect(exemptionOf(first, handset)).toEqual({});
    // 90 days and 30 after 1 June is 29 September.
    const nobody = { changed: new Map() };
    const kept = withFile(first, nobody, file('2026-09-28', 'b'.repeat(64)), 90);
    expect([Object.keys(kept.words), kept.files.length]).toEqual([[number], 2]);
    const gone = withFile(kept, nobody, file('2026-09-29', 'c'.repeat(64)), 90);
    expect([Object.keys(gone.words), gone.files.map(({ at }) => at)]).toEqual([
      [],
      ['2026-09-28T00:00:00Z', '2026-09-29T00:00:00Z'],
    ]);
  });

  test('count for nothing after the last day that any could reach, and the month for what comes late', () => {
    // 30 days of June, 31, 31 and 29 of September are 121 with both ends.
    expect(countsUntil(at('2026-06-01T18:00:00Z'), 90)).toBe('2026-09-29');
    // Half an hour past midnight in Kolkata.
    expect(countsUntil(at('2026-06-01T19:00:00Z'), 90)).toBe('2026-09-30');
  });

  test('come back from storage as they were written, and nothing else does', () => {
    const sha256 = 'd'.repeat(64);
    const changed = new Map([[number, { [one]: word('2026-08-30', { sha256 }) } as Exemption]]);
    const all = withFile(NO_EXEMPTIONS, { changed }, file('2026-06-01'), 90);
    expect(exemptionsForm.parse(JSON.stringify(exemptionsForm.write(all)))).toEqual(all);
    for (const wrong of [{ words: { x: {} }, files: [] }, { words: {} }, { ...all, more: 1 }])
      expect(() => exemptionsForm.read({ format: 1, ...wrong })).toThrow('exemptions');
  });
});
