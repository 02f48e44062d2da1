import { expect, it } from 'vitest';
import { gatedFiles } from '../../simulation/gated.ts';
import { reportText } from '../../simulation/report.ts';

const gated = (name: string, versionId: string, rule: string, more = {}) => ({
  kind: 'usage_gated',
  operator: 'jio',
  key: `usage/jio/${name}`,
  versionId,
  rules: [{ rule, limit: 1000, found: 2500, of: 5000 }],
  rejects: { key: `rejects/jio/${name}` },
  uploadedAt: '2026-06-01T00:00:00Z',
  ...more,
});
const imported = (name: string, uploadedAt = '2026-06-01T00:00:00Z') => ({
  kind: 'usage_imported',
  operator: 'jio',
  rejects: { key: `rejects/jio/${name}` },
  uploadedAt,
});

it('a file that was held up is told of once, with what became of it', () => {
  const first = gated('a.csv', 'v1', 'one_handset');
  const other = gated('b.csv', 'v2', 'too_few_rows');
  expect(gatedFiles([imported('z.csv'), first, first, other], ({ key }) => key === first.key)).toEqual([
    {
      key: 'usage/jio/a.csv',
      operator: 'jio',
      isOwn: true,
      why: 'one_handset (2,500 of 5,000 rows, 1,000 at most)',
      ending: 'waiting',
    },
    {
      key: 'usage/jio/b.csv',
      operator: 'jio',
      isOwn: false,
      why: 'too_few_rows (2,500, 1,000 at least)',
      ending: 'waiting',
    },
  ]);
  const then = (...notices: Record<string, unknown>[]) => gatedFiles(notices, () => true).map((file) => file.ending);
  expect(then(first, imported('a.csv'))).toEqual(['admitted']);
  // Another file, or another upload under the same key.
  expect(then(first, imported('c.csv'))).toEqual(['corrected']);
  expect(then(first, imported('a.csv', '2026-06-01T01:00:00Z'))).toEqual(['corrected']);
  expect(then(first, { ...imported('c.csv'), operator: 'vi' })).toEqual(['waiting']);
});

it('what npm start prints says what was held up, and what became of it', () => {
  const told = [gated('a.csv', 'v1', 'one_handset'), imported('a.csv'), gated('b.csv', 'v2', 'one_number')];
  const files = gatedFiles(told, () => false);
  expect(reportText([], { orders: [], administrators: [], gated: files }, undefined)).toBe(
    [
      'Usage files that were held up',
      '  usage/jio/a.csv  one_handset (2,500 of 5,000 rows, 1,000 at most)  admitted',
      '  usage/jio/b.csv  one_number (2,500 of 5,000 rows, 1,000 at most)   waits for an admission, or for another file',
      '',
    ].join('\n'),
  );
});
