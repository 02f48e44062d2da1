import { describe, expect, test } from 'vitest';
import { identifiersOf, SELF_CHECK } from '../../lambdas/domain/self-check.ts';

describe('what the self-check names', () => {
  const own = identifiersOf(SELF_CHECK);

  test('is its own handset, with and without the check digit', () => {
    // From the right, seven of the 14 sevens are doubled: 7 × (14 − 9) + 7 × 7 = 84, and 6 completes it.
    for (const read of [own.imei, own.sentImei])
      expect(['77777777777777', '777777777777776'].map(read)).toEqual([
        { value: '77777777777777' },
        { value: '77777777777777' },
      ]);
  });
  test.each([
    ['490154203237518', 'self_check'],
    ['7777777777777712', 'not_a_device'],
    ['777777777777777', 'check_digit_mismatch'],
    ['x', 'not_digits'],
    ['', 'missing_imei'],
  ])('is no other handset: %j', (cell, reason) => {
    expect(own.imei(cell)).toEqual({ reason });
    expect(own.sentImei(cell)).toEqual({ reason });
  });
  test('is its own numbers, as they are stored', () => {
    for (const number of ['+910000000000', '+910099999999']) expect(own.msisdn(number)).toEqual({ value: number });
  });
  test.each([
    ['9876543210', 'self_check'],
    ['+919876543210', 'self_check'],
    ['910012345678', 'bad_msisdn'],
    ['+9100123456789', 'bad_msisdn'],
    ['+91001234567', 'bad_msisdn'],
    ['x+910012345678', 'bad_msisdn'],
    ['+910112345678', 'bad_msisdn'],
    ['', 'missing_msisdn'],
  ])('is no other number: %j', (cell, reason) => {
    expect(own.msisdn(cell)).toEqual({ reason });
  });
  test('nobody else may name', () => {
    for (const who of ['mha', 'self-checks', '']) {
      const anybody = identifiersOf(who);
      expect(anybody.imei('77777777777777')).toEqual({ reason: 'not_a_device' });
      expect(anybody.sentImei('777777777777777')).toEqual({ reason: 'not_a_device' });
      expect(anybody.msisdn('+910012345678')).toEqual({ reason: 'bad_msisdn' });
      expect(anybody.imei('490154203237518')).toEqual({ value: '49015420323751' });
      expect(anybody.imei('490154203237517')).toEqual({ reason: 'check_digit_mismatch' });
      expect(anybody.sentImei('490154203237517')).toEqual({ value: '49015420323751' });
      expect(anybody.msisdn('9876543210')).toEqual({ value: '+919876543210' });
    }
    expect(SELF_CHECK).toBe('self-check');
  });
});
