import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addDays,
  addSeconds,
  asInstant,
  type Day,
  dayOf,
  daysBegunBy,
  endOf,
  type Instant,
  instantOf,
  isDay,
  isInstant,
  laterOf,
  millisOf,
  NotAnInstant,
  parseDay,
  readDay,
} from '../../lambdas/domain/days.ts';
import { thrown } from './example.ts';

describe('the days that a text may begin with', () => {
  test.each([
    ['2026-05-30', ['2026-05-30']],
    ['2026/5/3 10:30', ['2026-05-03']],
    ['30/05/2026', ['2026-05-30']],
    ['05.06.2026 by order', ['2026-06-05', '2026-05-06']],
    ['31-03-27', ['2031-03-27', '2027-03-31']],
    ['31-Mar-2027', ['2027-03-31']],
    ['1st May, 26', ['2026-05-01']],
    ['1may2026', []],
    ['31 Mad 2027', []],
    ['31/31/2026', []],
    ['2026-05-3012', []],
    ['on 2026-05-30', []],
    ['46179', []],
    ['', []],
  ])('%s', (text, days) => expect(daysBegunBy(text)).toEqual(days));
});

describe('instants', () => {
  test('are UTC in whole seconds; fractions are cut off', () => {
    expect(instantOf(Date.UTC(2026, 5, 1))).toBe('2026-06-01T00:00:00Z');
    expect(instantOf(Date.UTC(2026, 5, 1) + 999)).toBe('2026-06-01T00:00:00Z');
    expect(instantOf(-1)).toBe('1969-12-31T23:59:59Z');
    expect(asInstant('2026-06-01T00:00:00.999Z')).toBe('2026-06-01T00:00:00Z');
    expect(asInstant('2026-06-01T00:00:00Z')).toBe('2026-06-01T00:00:00Z');
  });
  test.each([
    '',
    '2026-06-01',
    '2026-06-01T00:00Z',
    '2026-06-01T00:00:00',
    '2026-06-01T00:00:00+05:30',
    '2026-06-01 00:00:00Z',
    '2026-06-31T00:00:00Z',
    '2026-02-29T00:00:00Z',
    '2026-06-01T24:00:00Z',
    '2026-06-01T23:59:60Z',
    '2026-06-01T00:00:00.Z',
    '2026-06-01T00:00:00Z\n',
    '+002026-06-01T00:00:00Z',
  ])('%j is none', (text) => {
    expect(() => asInstant(text)).toThrow(NotAnInstant);
  });
  test.each([Number.NaN, Number.POSITIVE_INFINITY, 8.64e15, -8.64e15])('%d milliseconds are none', (millis) => {
    expect(() => instantOf(millis)).toThrow(NotAnInstant);
  });
  test('that are none are refused by what they lack', () => {
    const written = 'NotAnInstant: an instant is written YYYY-MM-DDTHH:MM:SSZ';
    expect(thrown(() => asInstant('yesterday'))).toBe(written);
    expect(thrown(() => asInstant('2026-06-01T00:00:00+05:30'))).toBe(written);
    expect(thrown(() => asInstant('2026-06-31T00:00:00Z'))).toBe('NotAnInstant: no such date or time');
    expect(thrown(() => asInstant('2026-06-01T25:00:00Z'))).toBe('NotAnInstant: no such date or time');
    // A Date ends at 8.64e15 milliseconds, in the year 275760.
    const years = 'NotAnInstant: an instant lies between the years 0000 and 9999';
    expect(thrown(() => instantOf(8.64e15))).toBe(years);
    expect(thrown(() => instantOf(Date.UTC(10_000, 0, 1)))).toBe(years);
    expect(thrown(() => instantOf(8.64e15 + 1000))).toBe('NotAnInstant: not a number of milliseconds since 1970');
  });
  test('are told from other texts, as they are written', () => {
    expect(['2026-06-01T00:00:00Z', '0000-01-01T00:00:00Z', '9999-12-31T23:59:59Z'].map(isInstant)).toEqual([
      true,
      true,
      true,
    ]);
    for (const text of ['', '2026-06-01', '2026-06-31T00:00:00Z', '2026-13-01T00:00:00Z', '2026-06-01T00:00:00.000Z'])
      expect(isInstant(text)).toBe(false);
    for (const text of ['x2026-06-01T00:00:00Z', '2026-06-01T00:00:00Z\n', '2026-06-01T24:00:00Z', '2026-6-1T0:0:0Z'])
      expect(isInstant(text)).toBe(false);
  });
  test('of two, the later one is that which sorts after the other', () => {
    const [first, second] = [asInstant('2025-12-31T23:59:59Z'), asInstant('2026-01-01T00:00:00Z')];
    expect([laterOf(first, second), laterOf(second, first), laterOf(first, first)]).toEqual([second, second, first]);
  });
  test('from milliseconds and back loses the fraction alone', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_102_444_800_000 }), (millis) => {
        expect(millisOf(instantOf(millis))).toBe(millis - (millis % 1000));
        expect(asInstant(new Date(millis).toISOString())).toBe(instantOf(millis));
      }),
    );
  });
  test('move by seconds, over the end of a year too', () => {
    expect(addSeconds('2026-12-31T23:59:59Z' as Instant, 1)).toBe('2027-01-01T00:00:00Z');
    expect(addSeconds('2026-06-01T00:00:00Z' as Instant, -86_400)).toBe('2026-05-31T00:00:00Z');
  });
});

describe('days', () => {
  test('begin at 18:30 UTC, which is midnight in Asia/Kolkata', () => {
    expect(dayOf('2026-06-01T18:29:59Z' as Instant)).toBe('2026-06-01');
    expect(dayOf('2026-06-01T18:30:00Z' as Instant)).toBe('2026-06-02');
    expect(dayOf('2026-12-31T18:30:00Z' as Instant)).toBe('2027-01-01');
    expect(dayOf('2026-06-01T00:00:00Z' as Instant)).toBe('2026-06-01');
  });
  test('are those that the time zone database knows', () => {
    const kolkata = new Intl.DateTimeFormat('en-CA', { timeZone: 'Asia/Kolkata', dateStyle: 'short' });
    fc.assert(
      fc.property(fc.integer({ min: 946_684_800_000, max: 4_102_444_800_000 }), (millis) => {
        expect(dayOf(instantOf(millis))).toBe(kolkata.format(millis));
      }),
    );
  });
  test.each(['2026-06-01', '2024-02-29', '2000-02-29', '1999-12-31', '0001-01-01', '9999-12-31'])(
    '%s is one',
    (text) => {
      expect(parseDay(text)).toBe(text);
    },
  );
  test.each([
    '',
    '2026-02-29',
    '1900-02-29',
    '2026-04-31',
    '2026-06-31',
    '2026-09-31',
    '2026-11-31',
    '2026-13-01',
    '2026-00-01',
    '2026-06-00',
    '2026-6-1',
    '26-06-01',
    '01-06-2026',
    '01/06/2026',
    '2026/06/01',
    '20260601',
    '2026-06-01T00:00:00Z',
    ' 2026-06-01',
    '2026-06-01\n',
    '२०२६-०६-०१',
    'yesterday',
  ])('%j is none', (text) => {
    expect(parseDay(text)).toBeNull();
  });
  test.each(['2026-06-01', '2026-06-01 00:00:00', '2026-06-01T00:00', '2026-06-01 00:00:00.0', '\u200b2026-06-01'])(
    'are read from cells: %j',
    (text) => {
      expect(readDay(text)).toBe('2026-06-01');
    },
  );
  test.each([
    '2026-06-01 00:00:01',
    '2026-06-01T00:00:00Z',
    '2026-06-01T00:00:00+05:30',
    '2026-02-30 00:00',
    '01/06/2026',
    ' 2026-06-01',
    '00:00',
    '',
  ])('are not read from %j', (text) => {
    expect(readDay(text)).toBeNull();
  });
  test('have a form by which they are told from other texts', () => {
    expect(isDay('2026-06-01')).toBe(true);
    for (const text of [
      undefined,
      '',
      '2026-6-1',
      '26-06-01',
      'x2026-06-01',
      '2026-06-01\n',
      '02026-06-01',
      '2026-06-0x',
    ])
      expect(isDay(text)).toBe(false);
  });
  test('move by days, over leap days and the ends of years', () => {
    expect(endOf('2026-11-30' as Day)).toBe('2026-11-30T18:30:00Z');
    expect(addDays('2024-02-28' as Day, 1)).toBe('2024-02-29');
    expect(addDays('2026-02-28' as Day, 1)).toBe('2026-03-01');
    expect(addDays('2026-01-01' as Day, -1)).toBe('2025-12-31');
    // 180 days before 1 June: 31 of May, 30, 31, 28, 31 back to 1 January make 151; 29 more lead to 3 December.
    expect(addDays('2026-06-01' as Day, -180)).toBe('2025-12-03');
  });
  test('forth and back is the same day, and as texts they sort by date', () => {
    const day = fc.integer({ min: 0, max: 80_000 }).map((days) => addDays('1950-01-01' as Day, days));
    fc.assert(
      fc.property(day, fc.integer({ min: 1, max: 2000 }), (from, days) => {
        const to = addDays(from, days);
        expect(addDays(to, -days)).toBe(from);
        expect(parseDay(to)).toBe(to);
        expect(to > from).toBe(true);
      }),
    );
  });
});
