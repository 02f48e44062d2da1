import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { BadRecord, fields, formOf } from '../../lambdas/domain/stored.ts';

const form = formOf('note', 2, z.strictObject({ who: fields.operator, rows: fields.count }));
const first = formOf('note', 1, z.strictObject({ who: fields.operator }));

describe('a form of records', () => {
  it('writes its number beside the content, and reads what it wrote', () => {
    const record = form.write({ who: 'jio', rows: 3 } as never);
    expect(record).toEqual({ format: 2, who: 'jio', rows: 3 });
    expect(form.read(record)).toEqual({ who: 'jio', rows: 3 });
    expect(form.parse('{"format":2,"who":"jio","rows":3}')).toEqual({ who: 'jio', rows: 3 });
  });

  it('refuses a record of another form; one that says none has the first', () => {
    expect(() => form.read({ format: 1, who: 'jio' })).toThrow(BadRecord);
    expect(() => form.read({ who: 'jio', rows: 3 })).toThrow(BadRecord);
    expect(first.read({ who: 'jio' })).toEqual({ who: 'jio' });
    expect(() => first.read({ format: 2, who: 'jio' })).toThrow(BadRecord);
  });

  it('reads a record of an earlier form as what that has become since, and no other', () => {
    const second = formOf('note', 2, z.strictObject({ who: fields.operator, rows: fields.count }), {
      1: (note) => ({ rows: 7, ...note }),
    });
    expect(second.read({ who: 'jio' })).toEqual({ who: 'jio', rows: 7 });
    expect(second.read({ format: 1, who: 'jio' })).toEqual({ who: 'jio', rows: 7 });
    expect(second.read({ format: 2, who: 'jio', rows: 3 })).toEqual({ who: 'jio', rows: 3 });
    expect(() => second.read({ format: 2, who: 'jio' })).toThrow(BadRecord);
    expect(() => second.read({ format: 3, who: 'jio', rows: 3 })).toThrow(BadRecord);
    expect(() => second.read({ format: 'toString', who: 'jio', rows: 3 })).toThrow(BadRecord);
  });

  it('refuses what lacks a field, has one too many, or holds what its field doesn’t allow', () => {
    for (const record of [
      { who: 'jio' },
      { who: 'jio', rows: 3, more: 1 },
      { who: 'JIO', rows: 3 },
      { who: 'jio', rows: -1 },
    ])
      expect(() => form.read({ format: 2, ...record })).toThrow(BadRecord);
    for (const record of [null, 'text', [1], 7]) expect(() => form.read(record)).toThrow(BadRecord);
    expect(() => form.parse('{"format":2,')).toThrow(BadRecord);
  });

  it('names fields in what it says, and quotes no content', () => {
    expect(() => form.read({ format: 2, who: '+919876543210', rows: 1 })).toThrow(
      /^a note has not what its form says: who custom$/,
    );
  });
});

describe('fields of records', () => {
  const takes = (field: z.ZodType, good: string[], bad: unknown[]) => {
    for (const text of good) expect(field.safeParse(text).success, text).toBe(true);
    for (const text of bad) expect(field.safeParse(text).success, String(text)).toBe(false);
  };
  it('take identifiers in the form in which this system keeps them, and no other', () => {
    takes(fields.imei, ['35000000000000'], ['350000000000006', '3500000000000', '', 35000000000000]);
    takes(fields.msisdn, ['+919876543210'], ['9876543210', '+91987654321', '+929876543210']);
    takes(fields.batch, ['mha-0123456789ab'], ['mha', 'mha-0123456789AB', 'erasures']);
    takes(fields.chain, ['mha-0123456789ab', 'erasures'], ['mha']);
    takes(fields.direction, ['mha-0123456789ab.reverify.jio.1-0-0'], ['mha-0123456789ab.bar.jio.1-0-0', 'x']);
    takes(fields.agency, ['up-police'], ['UP', 'a'.repeat(17)]);
  });
  it('take days and instants that a calendar has', () => {
    takes(fields.day, ['2026-02-28', '2028-02-29'], ['2026-02-29', '2026-2-28', '20260228']);
    takes(fields.instant, ['2026-06-01T00:00:00Z'], ['2026-06-31T00:00:00Z', '2026-06-01T00:00:00.000Z', '2026-06-01']);
  });
  it('take a SHA-256 in 64 lower-case digits, and counts from 0', () => {
    takes(fields.sha256, ['ab'.repeat(32)], ['AB'.repeat(32), 'ab'.repeat(31)]);
    expect(fields.count.safeParse(0).success).toBe(true);
    for (const count of [-1, 0.5, '1', Number.NaN]) expect(fields.count.safeParse(count).success).toBe(false);
  });
});
