import { describe, expect, test } from 'vitest';
import { type ExemptionColumn, parseExemptionRow } from '../../lambdas/domain/exemption-rows.ts';
import { whatToDo } from '../../lambdas/domain/what-to-do.ts';
import { day, imei, msisdn } from './example.ts';

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
    // Who waits instead of saying a nearer day leaves the subscriber unprotected meanwhile.
    expect(whatToDo('until_too_far')).toBe(
      'write a nearer day, at most 90 days ahead, and say it again before that is over',
    );
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
    const row = { line: 3, reason: 'wrong_cell_count' as const, text: 'a,b' };
    expect(parseExemptionRow(row, { uploadDay: day('2026-06-01'), mostDays: 90 })).toEqual({
      line: 3,
      reason: 'wrong_cell_count',
    });
  });
});
