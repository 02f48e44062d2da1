import { describe, expect, it } from 'vitest';
import { type Asked, askedForm, isStruck, nameOfSubject } from '../../lambdas/domain/appeals.ts';
import { directionId, imei, msisdn } from './example.ts';

const ASKED = {
  batchId: 'caseworker-1-0123456789ab',
  uploader: 'caseworker-1',
  file: 'appeals/caseworker-1/monday.csv',
  sha256: 'a'.repeat(64),
  upload: 'v1',
  uploadedAt: '2026-03-05T10:00:00Z',
  withdraws: null,
  appeals: [
    { line: 2, msisdn: '+919876543210', imei: null, row: null, ground: 'wrong_number', caseRef: 'A-1' },
    {
      line: 3,
      msisdn: '+919876543211',
      imei: null,
      row: { directionId: 'np-0123456789ab.reverify.alpha.1-0-0', row: 4 },
      ground: 'reissued',
      caseRef: '',
    },
  ],
} as unknown as Asked;

describe('what a reversal is asked', () => {
  it('is read as it was written, the row of a reference too', () => {
    expect(askedForm.parse(askedForm.text(ASKED))).toEqual(ASKED);
  });

  it('says of which report what is withdrawn, whole or by its handsets', () => {
    for (const imeis of [null, [imei('351000000000013')]]) {
      const withdrawal = {
        ...ASKED,
        withdraws: { batchId: 'np-0123456789ab', imeis },
        appeals: [],
      } as unknown as Asked;
      expect(askedForm.parse(askedForm.text(withdrawal))).toEqual(withdrawal);
    }
  });

  it('is named by its form where it can’t be read', () => {
    expect(() => askedForm.parse(JSON.stringify({ form: 99 }))).toThrow(/file that asks for a reversal/);
  });

  it('keeps that row as a claim keeps its pointers', () => {
    expect(JSON.parse(askedForm.text(ASKED)).appeals[1].row).toBe('np-0123456789ab.reverify.alpha.1-0-0:4');
  });
});

describe('a subject of an appeal', () => {
  const [handset, other] = [imei('351000000000013'), imei('351000000000021')];
  const [number, another] = [msisdn('9800000001'), msisdn('9800000002')];
  const row = { directionId: directionId('reverify', '1-0-0'), row: 4 };

  it('is told from others by all that names it: a number as it is now is another one than that of whom a row had ordered', () => {
    const subjects = [
      { msisdn: number, imei: null, row: null },
      { msisdn: another, imei: null, row: null },
      { msisdn: null, imei: handset, row: null },
      { msisdn: number, imei: handset, row: null },
      { msisdn: number, imei: null, row },
      { msisdn: number, imei: null, row: { ...row, row: 5 } },
    ];
    expect(new Set(subjects.map(nameOfSubject)).size).toBe(subjects.length);
    expect(nameOfSubject({ msisdn: number, imei: null, row: { ...row } })).toBe(`+919800000001  ${row.directionId}:4`);
    expect(nameOfSubject({ msisdn: null, imei: handset, row: null })).toBe(' 35100000000001 ');
  });

  it.each([
    ['a number by itself', { msisdn: number, imei: null }, [number], true],
    ['another number', { msisdn: number, imei: null }, [another], false],
    ['a handset by itself', { msisdn: null, imei: handset }, [handset], true],
    ['another handset', { msisdn: null, imei: handset }, [other, number], false],
    ['a pair by its number', { msisdn: number, imei: handset }, [number], true],
    ['a pair by its handset', { msisdn: number, imei: handset }, [handset], true],
    ['a pair by neither', { msisdn: number, imei: handset }, [other, another], false],
    ['nobody where nobody was struck', { msisdn: number, imei: handset }, [], false],
  ] as const)('is left out, or not: %s', (_, subject, struck, isLeftOut) => {
    expect(isStruck(subject, new Set(struck))).toBe(isLeftOut);
  });
});
