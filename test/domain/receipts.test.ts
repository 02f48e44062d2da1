import { describe, expect, test } from 'vitest';
import { APPEAL_GROUNDS } from '../../lambdas/domain/appeals.ts';
import { DECISIONS, GROUNDS } from '../../lambdas/domain/decision-rows.ts';
import { ANSWERS, EXTENSION_GROUNDS } from '../../lambdas/domain/outcome-rules.ts';
import {
  receiptAgain,
  receiptOf,
  receiptText,
  refusedReceipt,
  responseReceipt,
} from '../../lambdas/domain/receipts.ts';
import { WHAT_TO_DO, whatToDo } from '../../lambdas/domain/what-to-do.ts';
import { answered, at, closed, fresh, issued, marked, sealed } from './example.ts';

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
    "bad_msisdn": "ten digits that begin with 6 to 9, with nothing between; before them +91, 91, 0 or nothing; where there is none, leave the cell empty, without NA or -",
    "not_in_direction": "answer it in the direction whose order carried it; where it was given back before that order, look, and say so of the day on which you looked; where no order carried it, leave it out"
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
    "missing_column:outcome": "give a column that name; is the first line the header, each quote in it closed, and the separator a comma, a ; or a tab?"
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

  test.each([
    ['unknown_outcome', ANSWERS],
    ['unknown_decision', DECISIONS],
    ['missing_ground', [...GROUNDS, ...APPEAL_GROUNDS]],
    ['bad_ground', [...EXTENSION_GROUNDS, ...APPEAL_GROUNDS]],
  ] as const)('name each word that may stand in the place of what is %s', (reason, words) => {
    const told = whatToDo(reason).split(/[ ,;]+/);
    expect(words.filter((word) => !told.includes(word))).toEqual([]);
  });
});

describe('the receipt of a response', () => {
  /** Whose first order was issued, and is answered in its time. */
  const begun = (rows: number) => issued(fresh(rows), 1);
  const { directionId, rungs } = begun(3);
  const [, second, third, fourth] = rungs.map(({ deadline }) => deadline);
  const response = (now: string) => ({ name: 'a.csv', uploadedAt: at('2026-06-03T10:00:00Z'), now: at(now) });
  const told = (applied: ReturnType<typeof answered>, now = '2026-06-03T12:00:00Z') => {
    const { uploadedAt, recordedAt, late, open, next, directionId: of } = responseReceipt(response(now), 'ab', applied);
    return { uploadedAt, recordedAt, late, open, next, of };
  };

  test('says of which direction it is, when it came, and when it was recorded', () => {
    expect(told(answered(begun(3), [[0, 'verified']]))).toMatchObject({
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
    const bar = { order: 'bar_outgoing', deadline: second };
    expect(told(applied)).toMatchObject({ open: 2, next: bar, late: false });
    // When that time is over, and the bar isn't issued yet, it is still to come.
    expect(told(applied, '2026-06-06T00:00:20Z').next).toEqual(bar);
    const barred = answered(issued(begun(3), 2), [[0, 'verified']]);
    expect(told(barred, '2026-06-07T00:00:00Z').next).toEqual({ order: 'bar_incoming', deadline: third });
  });

  test('names the first order as long as that is not out', () => {
    const { next } = told(answered(fresh(2), [[0, 'verified']]), '2026-06-01T00:00:20Z');
    expect(next).toEqual({ order: 'reverify', deadline: rungs[0]?.deadline });
  });

  test('names no order that would carry nobody: who failed is in no bar, and who was taken back in none', () => {
    const failed = answered(begun(2), [
      [0, 'failed'],
      [1, 'failed'],
    ]);
    expect(told(failed)).toMatchObject({ open: 2, next: { order: 'disconnect', deadline: fourth } });
    expect(told(answered(marked(begun(2), [1]), [[0, 'verified']]))).toMatchObject({ open: 1, next: null });
  });

  test('names no order where none comes: on the last rung, where nobody is left, and after the end', () => {
    const onTheLast = issued(issued(issued(begun(2), 2), 3), 4);
    expect(told(answered(onTheLast, [[0, 'verified']]), '2026-06-16T12:00:00Z')).toMatchObject({ open: 1, next: null });
    expect(told(answered(begun(1), [[0, 'verified']]))).toMatchObject({ open: 0, next: null });
    const ended = answered(closed(begun(2)), [[0, 'verified']]);
    expect(told(ended, '2026-06-20T12:00:00Z')).toMatchObject({ open: 0, next: null, late: false });
  });

  test('says who is overdue once the ladder has ended, who failed among them, and counts nobody there who was taken back', () => {
    const standing = (ledger: ReturnType<typeof begun>, row = 0) => {
      const applied = answered(ledger, [[row, 'verified']]);
      const { open, overdue } = responseReceipt(response('2026-06-20T12:00:00Z'), 'ab', applied);
      return { open, overdue };
    };
    const ended = closed(answered(begun(4), [[1, 'failed']]).ledger);
    expect(standing(ended)).toEqual({ open: 0, overdue: 3 });
    expect(standing(marked(ended, [2]))).toEqual({ open: 0, overdue: 2 });
    // What is said late counts no more as overdue, though the summary keeps it.
    expect(standing(sealed(ended), 1)).toEqual({ open: 0, overdue: 3 });
    const running = responseReceipt(response('2026-06-03T12:00:00Z'), 'ab', answered(begun(4), [[1, 'failed']]));
    expect(running).toMatchObject({ open: 4, overdue: 0 });
  });

  test('is late where the batch has settled', () => {
    const late = answered(sealed(closed(begun(1))), [[0, 'verified']]);
    expect(told(late, '2026-06-20T12:00:00Z')).toMatchObject({ open: 0, next: null, late: true });
  });
});

describe('the receipt of bytes that were recorded before', () => {
  const applied = { ...answered(issued(fresh(3), 1), [[0, 'verified']]), rows: 4, recorded: 2, alreadyRecorded: 1 };
  const rejects = [{ line: 3, reason: 'bad_date' }] as const;
  const of = { name: 'first.csv', uploadedAt: at('2026-06-03T10:00:00Z'), now: at('2026-06-03T12:00:00Z') };
  const first = receiptText(responseReceipt(of, 'ab', { ...applied, rejects }));

  test('is the same where the file has the same name', () => {
    expect(receiptAgain(first, 'first.csv')).toBe(first);
  });

  test('names under another name the file that it repeats, counts nothing twice, and leaves to that how the direction stood', () => {
    expect(receiptAgain(first, 'again.csv')).toBe(`{
  "file": "again.csv",
  "sha256": "ab",
  "rows": 4,
  "recorded": 0,
  "alreadyRecorded": 3,
  "rejected": {
    "bad_date": 1
  },
  "rejects": [
    {
      "line": 3,
      "reason": "bad_date"
    }
  ],
  "refused": null,
  "whatToDo": {
    "bad_date": "${WHAT_TO_DO.bad_date}"
  },
  "directionId": "${applied.ledger.directionId}",
  "repeats": "first.csv"
}
`);
  });

  test('is made of one, too, that an earlier version wrote', () => {
    const older = receiptText(receiptOf('first.csv', 'ab', { rows: 4, recorded: 2, alreadyRecorded: 1, rejects }));
    expect(JSON.parse(receiptAgain(older, 'again.csv'))).toMatchObject({
      recorded: 0,
      alreadyRecorded: 3,
      repeats: 'first.csv',
    });
  });
});
