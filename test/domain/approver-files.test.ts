import { describe, expect, test } from 'vitest';
import { type RecordedByApprover, sameAsBefore, uploadedAnew } from '../../lambdas/domain/approver-files.ts';
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

const upload = (sha256: string, name: string, hour: number) => ({
  sha256,
  upload: name,
  uploadedAt: at(`2026-06-01T0${hour}:00:00Z`),
});

describe('an upload of an approver', () => {
  test('is the file that it is, told of again, however many came since', () => {
    expect(sameAsBefore([first, second], upload(ONE, 'v1', 1))).toEqual({ file: first, isAnew: false });
    expect(sameAsBefore([first, second], upload(TWO, 'v2', 2))).toEqual({ file: second, isAnew: false });
  });

  test('is the newest file, said anew, where it has the same bytes, and a word of its own where an earlier one has', () => {
    expect(sameAsBefore([first, second], upload(TWO, 'v3', 3))).toEqual({ file: second, isAnew: true });
    expect(sameAsBefore([first, second], upload(ONE, 'v3', 3))).toBeUndefined();
    expect(sameAsBefore([], upload(ONE, 'v1', 1))).toBeUndefined();
  });

  test('is nothing new where it has the same bytes as a file that was uploaded later, or in that second', () => {
    expect(sameAsBefore([second], upload(TWO, 'v0', 1))).toEqual({ file: second, isAnew: false });
    expect(sameAsBefore([second], upload(TWO, 'v3', 2))).toEqual({ file: second, isAnew: false });
    const third = file(ONE, 'v4', 4);
    expect(sameAsBefore([second, third], upload(TWO, 'v1', 1))).toEqual({ file: second, isAnew: false });
    // Of one second S3 doesn't tell the order: the one that is worked on last counts.
    expect(sameAsBefore([second, file(ONE, 'v3', 2)], upload(TWO, 'v5', 2))).toBeUndefined();
  });

  test('is compared with the file that was uploaded last, and not with the one committed last', () => {
    const late = file(ONE, 'v1', 1, 3);
    expect(sameAsBefore([second, late], upload(TWO, 'v3', 3))?.file).toBe(second);
    expect(sameAsBefore([second, late], upload(ONE, 'v3', 3))).toBeUndefined();
  });

  test('is known by its bytes where a record tells no uploads', () => {
    const { upload: _, uploadedAt: __, ...old } = first;
    expect(sameAsBefore([old, second], upload(ONE, 'v3', 3))).toEqual({ file: old, isAnew: false });
    expect(sameAsBefore([old], upload(ONE, 'v3', 3))).toEqual({ file: old, isAnew: true });
  });

  test('that says a file anew is that one file, with its receipt: the upload before it is known still', () => {
    const [v1, v3, v4] = [upload(ONE, 'v1', 1), upload(ONE, 'v3', 3), file(TWO, 'v4', 4)];
    const anew = uploadedAnew([first], first, v3);
    expect(anew).toEqual([{ ...first, upload: 'v3', uploadedAt: v3.uploadedAt }]);
    for (const one of [v1, v3]) {
      expect(sameAsBefore(anew, one)).toEqual({ file: anew[0], isAnew: false });
      expect(sameAsBefore([...anew, v4], one)).toEqual({ file: anew[0], isAnew: false });
    }
  });
});
