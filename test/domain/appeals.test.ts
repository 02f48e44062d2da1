import { describe, expect, it } from 'vitest';
import { type Asked, askedForm } from '../../lambdas/domain/appeals.ts';

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

  it('keeps that row as a claim keeps its pointers', () => {
    expect(JSON.parse(askedForm.text(ASKED)).appeals[1].row).toBe('np-0123456789ab.reverify.alpha.1-0-0:4');
  });
});
