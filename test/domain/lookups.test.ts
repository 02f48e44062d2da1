import { describe, expect, it } from 'vitest';
import { readCsv } from '../../lambdas/domain/csv.ts';
import type { OperatorId } from '../../lambdas/domain/identifiers.ts';
import {
  admitLookups,
  LOOKUP_COLUMNS,
  type LookupDay,
  type LookupRow,
  NO_LOOKUPS,
  nameOfAsked,
  parseLookupRow,
} from '../../lambdas/domain/lookups.ts';
import type { RejectedRow } from '../../lambdas/domain/reasons.ts';

const read = async (text: string) =>
  (await Array.fromAsync(readCsv([Buffer.from(text)], LOOKUP_COLUMNS))).flat().map(parseLookupRow);
const jio = 'jio' as OperatorId;

describe('a row of lookups', () => {
  it('asks about a number, a handset or a reference, in any form that people write', async () => {
    const rows = await read(
      'reference,msisdn,imei\n,09800000001,\n,,35-100000-000001\nJIO-12-3-0-1-1,,\n,+919800000001,\n',
    );
    expect(rows).toEqual([
      { line: 2, asked: { by: 'msisdn', msisdn: '+919800000001' } },
      { line: 3, asked: { by: 'imei', imei: '35100000000001' } },
      { line: 4, asked: { by: 'reference', referred: { operator: jio, plan: 12, shard: 3, n: 0, row: 1 } } },
      { line: 5, asked: { by: 'msisdn', msisdn: '+919800000001' } },
    ]);
    expect(rows.flatMap((row) => ('asked' in row ? [nameOfAsked(row.asked)] : []))).toEqual([
      '+919800000001',
      '35100000000001',
      'jio-12-3-0-1-1',
      '+919800000001',
    ]);
  });

  it.each([
    ['9800000001', 'wrong_cell_count'],
    ['9800000001,35100000000001,', 'several_subjects'],
    ['9800000001,,jio-12-3-0-1-1', 'several_subjects'],
    [',,', 'missing_msisdn'],
    ['5800000001,,', 'bad_msisdn'],
    [',351000000000011,', 'check_digit_mismatch'],
    [',,jio-12-3-0-1-2', 'bad_reference'],
    [',,jio-012-3-0-1-1', 'bad_reference'],
    [',,jio-12-3-0-0-3', 'bad_reference'],
    [',,12-3-0-1-1', 'bad_reference'],
  ])('%s is %s', async (row, reason) => {
    expect(await read(`msisdn,imei,reference\n${row}\n`)).toEqual([{ line: 2, reason }]);
  });
});

describe('a file of lookups', () => {
  it('is none where its header has none of the columns, and may lack the others', async () => {
    await expect(read('number,remarks\n9800000001,\n')).rejects.toThrow(
      expect.objectContaining({ line: 1, reason: 'missing_column:msisdn' }),
    );
    expect(await read('remarks,imei\nx,35100000000001\n')).toMatchObject([{ asked: { by: 'imei' } }]);
  });
});

describe('a file of lookups in which a row has a ground', () => {
  it.each(['wrong_number', 'Court_Order', 'x'])('is an appeal in the wrong folder: %s', async (ground) => {
    await expect(read(`msisdn,ground\n9800000001,\n9800000002,${ground}\n`)).rejects.toThrow(
      expect.objectContaining({ line: 3, reason: 'wrong_folder' }),
    );
  });
  it('is one also where the row names nobody', async () => {
    await expect(read('imei,Ground\n,cloned\n')).rejects.toThrow(
      expect.objectContaining({ line: 2, reason: 'wrong_folder' }),
    );
  });
  it.each([
    ...['wrong_number', 'Wrong number', 'wrong-handset', 'CLONED', ' reissued\u200b', 'court  order'],
    ...['Re-issued', 'Wrong number.', 'wrong.number', 'court\u2013order', 'Wrong Hand-set', 'wrong - number'],
  ])('is one also where that stands in a column of another name: %s', async (ground) => {
    for (const name of ['Reason', 'grounds', ''])
      await expect(read(`msisdn,x,${name}\n9800000001,,\n9800000002,y,${ground}\n`)).rejects.toThrow(
        expect.objectContaining({ line: 3, reason: 'wrong_folder' }),
      );
  });
  it.each(['', '-', '--', 'NA', 'n/a', 'N/A\u200b'])('is none where the ground says nothing: %s', async (ground) => {
    expect(await read(`msisdn,ground\n9800000001,${ground}\n`)).toMatchObject([{ asked: { msisdn: '+919800000001' } }]);
  });
  it.each([
    ...['cloned?', 'was cloned', 'number', 'wrong', 'court', 'x', '-', '.', ' ', 'cloned/reissued', 'Wrong numbers'],
    ...['court order - WP 123/2026', 'wrong number 2', 'issued', 're', 'uncloned'],
  ])('is none where another column says something else: %s', async (said) => {
    const rows = await read(`msisdn,Reason\n9800000001,${said}\n`);
    expect(rows).toEqual([{ line: 2, asked: { by: 'msisdn', msisdn: '+919800000001' } }]);
  });
  it.each(['n', 'nan', '-x', 'n/a x', '.'])('is one by whatever else the ground says: %s', async (ground) => {
    await expect(read(`msisdn,ground\n9800000001,${ground}\n`)).rejects.toThrow(
      expect.objectContaining({ line: 2, reason: 'wrong_folder' }),
    );
  });
  it('is none where all are empty, and needs a column of whom it asks about', async () => {
    expect(await read('msisdn,ground\n9800000001,\n9800000002, \u200b\n')).toMatchObject([
      { asked: { msisdn: '+919800000001' } },
      { asked: { msisdn: '+919800000002' } },
    ]);
    await expect(read('ground\ncloned\n')).rejects.toThrow(
      expect.objectContaining({ line: 1, reason: 'missing_column:msisdn' }),
    );
  });
});

describe('what is answered of a file', () => {
  const rows = (count: number): (LookupRow | RejectedRow)[] =>
    Array.from({ length: count }, (_, n) => ({
      line: n + 2,
      asked: { by: 'reference', referred: { operator: jio, plan: n, shard: 0, n: 0, row: 1 } },
    }));
  const limits = { rowsPerFile: 3, rowsPerDay: 5 };
  const of = (name: string) => ({ sha256: name.repeat(64), upload: `upload ${name}` });
  const admit = (day: LookupDay, count: number, name: string) => {
    const admitted = admitLookups(day, rows(count), of(name), limits);
    if (admitted.kind !== 'admitted') throw new Error(admitted.kind);
    return admitted;
  };
  const reasons = ({ rejects }: { rejects: readonly RejectedRow[] }) =>
    rejects.map(({ line, reason }) => `${line} ${reason}`);

  it('are so many rows of a file, and so many of a day', () => {
    const first = admit(NO_LOOKUPS, 4, 'a');
    expect([first.rows.length, reasons(first)]).toEqual([3, ['5 too_many_in_file']]);
    const day = first.day('attempt');
    expect(day).toEqual({ rows: 3, files: [{ ...of('a'), attempt: 'attempt', rows: 3 }] });
    const second = admit(day, 4, 'b');
    expect([second.rows.length, reasons(second)]).toEqual([2, ['4 too_many_today', '5 too_many_in_file']]);
    expect(second.day('next').rows).toBe(5);
    const third = admit(second.day('next'), 1, 'c');
    expect([third.rows.length, reasons(third)]).toEqual([0, ['2 too_many_today']]);
  });

  it('keeps rows that are wrong out of the count, and their reasons', () => {
    const wrong: RejectedRow = { line: 9, reason: 'bad_msisdn' };
    const admitted = admitLookups(NO_LOOKUPS, [wrong, ...rows(3)], of('a'), limits);
    expect(admitted).toMatchObject({ kind: 'admitted', rejects: [wrong] });
    expect(admitted.kind === 'admitted' && admitted.rows.length).toBe(3);
  });

  it('is nothing new of the same upload', () => {
    const day = admit(NO_LOOKUPS, 3, 'a').day('attempt');
    expect(admitLookups(day, rows(3), of('a'), limits)).toEqual({ kind: 'known', file: day.files[0] });
  });

  it('of the same bytes uploaded again are as many rows as before, which count once', () => {
    const day = admit(admit(NO_LOOKUPS, 3, 'a').day('1'), 3, 'b').day('2');
    for (const [name, count] of [
      ['a', 3],
      ['b', 2],
    ] as const) {
      const admitted = admitLookups(day, rows(3), { ...of(name), upload: 'another' }, limits);
      if (admitted.kind !== 'admitted') throw new Error(admitted.kind);
      expect(admitted.rows).toHaveLength(count);
      expect(admitted.day('3').rows).toBe(5);
      expect(admitted.day('3').files).toHaveLength(3);
    }
  });

  it('is nothing of a file that would have the name of another one, or beyond 500 files', () => {
    const day = admit(NO_LOOKUPS, 1, 'a').day('attempt');
    const alike = { sha256: `${'a'.repeat(8)}${'b'.repeat(56)}`, upload: 'x' };
    expect(admitLookups(day, rows(1), alike, limits)).toEqual({ kind: 'refused', why: 'sha_taken' });
    const [file] = day.files;
    const full = { rows: 0, files: Array.from({ length: 500 }, () => file as (typeof day.files)[number]) };
    expect(admitLookups(full, rows(1), of('c'), limits)).toEqual({ kind: 'refused', why: 'too_many_files' });
  });
});
