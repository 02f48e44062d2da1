import { describe, expect, test } from 'vitest';
import {
  receiptAgain,
  receiptOf,
  receiptText,
  refusedReceipt,
  responseReceipt,
} from '../../lambdas/domain/receipts.ts';
import { answered, at, closed, fresh, sealed } from './example.ts';

describe('receipts', () => {
  test('of a recorded file: keys in the agreed order, reasons sorted, two spaces, a final newline', () => {
    const applied = {
      rows: 6,
      recorded: 2,
      alreadyRecorded: 1,
      rejects: [
        { line: 3, reason: 'not_in_direction' },
        { line: 5, reason: 'bad_msisdn' },
        { line: 7, reason: 'not_in_direction' },
      ] as const,
    };
    expect(receiptText(receiptOf('answers 1.csv', 'ab12', applied))).toBe(`{
  "file": "answers 1.csv",
  "sha256": "ab12",
  "rows": 6,
  "recorded": 2,
  "alreadyRecorded": 1,
  "rejected": {
    "bad_msisdn": 1,
    "not_in_direction": 2
  },
  "rejects": [
    {
      "line": 3,
      "reason": "not_in_direction"
    },
    {
      "line": 5,
      "reason": "bad_msisdn"
    },
    {
      "line": 7,
      "reason": "not_in_direction"
    }
  ],
  "refused": null,
  "whatToDo": {
    "bad_msisdn": "ten digits that begin with 6 to 9, with nothing between; before them +91, 91, 0 or nothing",
    "not_in_direction": "answer it in the direction whose order carried it"
  }
}
`);
  });

  test('of a refused file: nothing recorded, and why', () => {
    expect(receiptText(refusedReceipt('a.csv', 'cd34', 'missing_column:outcome'))).toBe(`{
  "file": "a.csv",
  "sha256": "cd34",
  "rows": 0,
  "recorded": 0,
  "alreadyRecorded": 0,
  "rejected": {},
  "rejects": [],
  "refused": "missing_column:outcome",
  "whatToDo": {
    "missing_column:outcome": "is the first line the header, and the separator a comma, a ; or a tab?"
  }
}
`);
  });

  test('say how many rows were rejected, by reason, the reasons in alphabetical order', () => {
    const rejects = (['unknown_outcome', 'bad_date', 'unknown_outcome', 'not_in_direction'] as const).map(
      (reason, n) => ({ line: n + 2, reason }),
    );
    const { rejected } = receiptOf('f.csv', 'abc', { rows: 4, recorded: 0, alreadyRecorded: 0, rejects });
    expect(Object.entries(rejected)).toEqual([
      ['bad_date', 1],
      ['not_in_direction', 1],
      ['unknown_outcome', 2],
    ]);
  });
});

describe('the receipt of a response', () => {
  /** One whose first order is out: its deadlines stay. */
  const begun = (rows: number) => ({ ...fresh(rows), begunAt: at('2026-06-01T00:00:05Z') });
  const { directionId, rungs } = begun(3);
  const response = (now: string) => ({ name: 'a.csv', uploadedAt: at('2026-06-03T10:00:00Z'), now: at(now) });
  const told = (applied: ReturnType<typeof answered>, now: string) => {
    const { uploadedAt, recordedAt, late, open, next, directionId: of } = responseReceipt(response(now), 'ab', applied);
    return { uploadedAt, recordedAt, late, open, next, of };
  };

  test('says of which direction it is, when it came, and when it was recorded', () => {
    expect(told(answered(begun(3), [[0, 'verified']]), '2026-06-03T12:00:00Z')).toMatchObject({
      uploadedAt: '2026-06-03T10:00:00Z',
      recordedAt: '2026-06-03T12:00:00Z',
      of: directionId,
    });
  });

  test('says how many rows are left open, those that failed among them, and which order comes next, with its deadline', () => {
    const applied = answered(begun(3), [
      [0, 'verified'],
      [1, 'failed'],
    ]);
    // In the time of the first rung, which asks to re-verify, the next one bars.
    const next = { order: 'bar_outgoing', deadline: rungs[1]?.deadline };
    expect(told(applied, '2026-06-03T12:00:00Z')).toMatchObject({ open: 2, next, late: false });
    const third = { order: 'bar_incoming', deadline: rungs[2]?.deadline };
    expect(told(applied, rungs[0]?.deadline ?? '')).toMatchObject({ open: 2, next: third });
  });

  test('names no order where none comes: on the last rung, where nobody is left, and after the end', () => {
    const last = told(answered(begun(2), [[0, 'verified']]), rungs.at(-2)?.deadline ?? '');
    expect(last).toMatchObject({ open: 1, next: null });
    expect(told(answered(begun(1), [[0, 'verified']]), '2026-06-03T12:00:00Z')).toMatchObject({ open: 0, next: null });
    const ended = answered(closed(begun(2)), [[0, 'verified']]);
    expect(told(ended, '2026-06-20T12:00:00Z')).toMatchObject({ open: 0, next: null, late: false });
  });

  test('is late where the batch has settled', () => {
    const late = answered(sealed(closed(begun(1))), [[0, 'verified']]);
    expect(told(late, '2026-06-20T12:00:00Z')).toMatchObject({ open: 0, next: null, late: true });
  });
});

describe('the receipt of bytes that were recorded before', () => {
  const rejects = [{ line: 3, reason: 'bad_date' }] as const;
  const first = receiptText(receiptOf('first.csv', 'ab', { rows: 4, recorded: 2, alreadyRecorded: 1, rejects }));

  test('is the same where the file has the same name', () => {
    expect(receiptAgain(first, 'first.csv')).toBe(first);
  });

  test('names under another name the file that it repeats, and counts nothing twice', () => {
    const others = { file: 'again.csv', recorded: 0, alreadyRecorded: 3, repeats: 'first.csv' };
    // Its fields stand in the same order.
    expect(receiptAgain(first, 'again.csv')).toBe(`${JSON.stringify({ ...JSON.parse(first), ...others }, null, 2)}\n`);
  });
});
