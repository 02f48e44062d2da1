import { describe, expect, test } from 'vitest';
import { type RecordedByApprover, sameAsBefore } from '../../lambdas/domain/approver-files.ts';
import { A } from './decided.ts';
import { at } from './example.ts';

const [ONE, TWO] = ['1'.repeat(64), '2'.repeat(64)] as const;
const file = (sha256: string, upload: string, hour: number, committed = hour): RecordedByApprover => ({
  approver: A,
  sha256,
  upload,
  uploadedAt: at(`2026-06-01T0${hour}:00:00Z`),
  attempt: upload,
  at: at(`2026-06-01T0${committed}:30:00Z`),
});
const [first, second] = [file(ONE, 'v1', 1), file(TWO, 'v2', 2)];

describe('an upload of an approver', () => {
  test('is the file that it is, told of again, however many came since', () => {
    expect(sameAsBefore([first, second], { sha256: ONE, upload: 'v1' })).toBe(first);
  });

  test('is the newest file where it has the same bytes, and a word anew where an earlier one has', () => {
    expect(sameAsBefore([first, second], { sha256: TWO, upload: 'v3' })).toBe(second);
    expect(sameAsBefore([first, second], { sha256: ONE, upload: 'v3' })).toBeUndefined();
    expect(sameAsBefore([], { sha256: ONE, upload: 'v1' })).toBeUndefined();
  });

  test('is compared with the file that was uploaded last, and not with the one committed last', () => {
    const late = file(ONE, 'v1', 1, 3);
    expect(sameAsBefore([second, late], { sha256: TWO, upload: 'v3' })).toBe(second);
    expect(sameAsBefore([second, late], { sha256: ONE, upload: 'v3' })).toBeUndefined();
  });

  test('is known by its bytes where a record tells no uploads', () => {
    const { upload: _, uploadedAt: __, ...old } = first;
    expect(sameAsBefore([old, second], { sha256: ONE, upload: 'v3' })).toBe(old);
  });
});
