import { describe, expect, it } from 'vitest';
import { leaks } from './leaks.ts';

describe('identifiers in logs', () => {
  const identifiers = ['9812345670', '35123456789012', '404509812345670'];
  it.each([
    'number 9812345670',
    '"+919812345670"',
    '919812345670,',
    '+91 98123 45670',
    '98123-45670',
    '%2B919812345670',
    'CONN#+919812345670',
    '["35123456789012"]',
    '351234567890126',
    '35-123456-789012-6',
    '35123456 789012',
    '{"imsi":"404509812345670"}',
    'mha-919812345670.x 9812345670',
  ])('are found as %s', (line) => {
    expect(leaks([line], identifiers)).toEqual([line]);
  });

  it.each([
    '{"_aws":{"Timestamp":9812345670123}}',
    'batch mha-981234567012 settled',
    'request 98123456-7012-4351-8234-567890123456',
    '9812345671',
    '{"rows":98123,"recorded":4}',
  ])('are not taken for %s', (line) => {
    expect(leaks([line], identifiers)).toEqual([]);
  });
});
