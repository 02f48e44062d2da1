import { describe, expect, it } from 'vitest';
import { BATCH_STATES } from '../../lambdas/domain/batches.ts';
import type { CsvRow } from '../../lambdas/domain/csv-header.ts';
import { asInstant } from '../../lambdas/domain/days.ts';
import type { Imei } from '../../lambdas/domain/identifiers.ts';
import { namedHandsets, precedesReport, WITHDRAWAL_COLUMNS, withdrawalFate } from '../../lambdas/domain/withdrawals.ts';
import { readAll } from './csv-reading.ts';

describe('a withdrawal', () => {
  it.each([
    // state, of the whole report, of some handsets
    ['waiting', 'withdraw', 'not_directed'],
    ['approved', 'wait', 'wait'],
    ['planning', 'wait', 'wait'],
    ['directed', 'reverse', 'reverse'],
    ['settled', 'reverse', 'reverse'],
    ['failed', 'not_waiting', 'not_waiting'],
    ['refused', 'not_waiting', 'not_waiting'],
    ['lapsed', 'not_waiting', 'not_waiting'],
    ['over_limit', 'not_waiting', 'not_waiting'],
    ['withdrawn', 'not_waiting', 'not_waiting'],
  ] as const)('of a batch that is %s: the whole report %s, some of its handsets %s', (state, whole, some) => {
    expect(withdrawalFate({ state, handsets: 3 }, 0)).toBe(whole);
    expect(withdrawalFate({ state, handsets: 3 }, 1)).toBe(some);
  });

  it('is tried of every state', () => {
    expect(BATCH_STATES).toHaveLength(10);
  });

  it.each([
    ['2026-06-03T00:59:59Z', true],
    // Of one second, it is the later.
    ['2026-06-03T01:00:00Z', false],
    ['2026-06-03T01:00:01Z', false],
  ])('of %s: was before a report of one in the morning: %s', (sent, before) => {
    expect(precedesReport(asInstant(sent), { uploadedAt: asInstant('2026-06-03T01:00:00Z') })).toBe(before);
  });

  it('of a report without handsets waits, since that settles by itself in a moment, and then takes nothing back', () => {
    expect(withdrawalFate({ state: 'waiting', handsets: 0 }, 0)).toBe('wait');
    expect(withdrawalFate({ state: 'settled', handsets: 0 }, 0)).toBe('not_waiting');
  });

  it('names handsets of its report, each once, in any form', () => {
    const reported = new Set(['35100000000001', '35100000000002'] as Imei[]);
    const row = (line: number, imei: string): CsvRow<'imei'> => ({ line, cells: { imei } });
    const rows = [
      row(2, '351000000000013'),
      row(3, '35-100000-000001-3'),
      { line: 4, reason: 'wrong_cell_count' as const, text: '3' },
      row(5, '351000000000021'),
      row(6, '351000000000039'),
      row(7, ''),
    ];
    expect(namedHandsets(rows, reported)).toEqual({
      imeis: ['35100000000001', '35100000000002'],
      rows: 6,
      recorded: 2,
      alreadyRecorded: 1,
      rejects: [
        { line: 4, reason: 'wrong_cell_count' },
        { line: 6, reason: 'not_a_subject' },
        { line: 7, reason: 'missing_imei' },
      ],
    });
  });

  it('takes back what its report named though it is a total, and nobody for a row that names a second handset', async () => {
    // 35100000000001 + 35100000000002 = 70200000000003.
    const file = [
      'imei,imei_2,note',
      '35100000000001,,',
      '35100000000002,,',
      '70200000000003,,Total',
      '35100000000001,35100000000002,',
    ].join('\n');
    const { rows } = await readAll([Buffer.from(file)], WITHDRAWAL_COLUMNS);
    const reported = new Set(['35100000000001', '35100000000002', '70200000000003'] as Imei[]);
    expect(namedHandsets(rows as CsvRow<'imei'>[], reported)).toEqual({
      imeis: ['35100000000001', '35100000000002', '70200000000003'],
      rows: 4,
      recorded: 3,
      alreadyRecorded: 0,
      rejects: [{ line: 5, reason: 'second_handset' }],
    });
  });
});
