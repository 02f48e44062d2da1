import { describe, expect, test } from 'vitest';
import { APPEAL_GROUNDS } from '../../lambdas/domain/appeals.ts';
import { DECISIONS, GROUNDS } from '../../lambdas/domain/decision-rows.ts';
import { ANSWERS, EXTENSION_GROUNDS } from '../../lambdas/domain/kinds.ts';
import {
  combinedPart,
  combinedReceipt,
  partReceipt,
  receiptAgain,
  receiptNumber,
  receiptOf,
  receiptText,
  refusedReceipt,
  responseReceipt,
} from '../../lambdas/domain/receipts.ts';
import type { Routing } from '../../lambdas/domain/routing.ts';
import { WHAT_TO_DO, whatToDo } from '../../lambdas/domain/what-to-do.ts';
import { answered, at, closed, directionId, fresh, issued, marked, sealed } from './example.ts';

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

describe('the receipt of a combined file', () => {
  const routing: Routing = {
    upload: 'v1',
    file: 'all.csv',
    uploadedAt: at('2026-06-03T10:00:00Z'),
    routedAt: at('2026-06-03T10:00:01Z'),
    directions: [
      { directionId: directionId('reverify', '1-0-0'), lines: [2, 4, 5] },
      { directionId: directionId('reverify', '2-0-0'), lines: [3] },
    ],
    rejects: [{ line: 6, reason: 'not_in_direction' }],
  };
  const [first, second] = routing.directions as [Routing['directions'][number], Routing['directions'][number]];
  const about = { name: 'all.csv', uploadedAt: routing.uploadedAt, now: at('2026-06-03T10:00:05Z') };
  const prepared = (upload = 'v1') => {
    const applied = answered(issued(fresh(3), 1), [[0, 'verified']]);
    const rejects = [{ line: 5, reason: 'bad_date' }] as const;
    const told = { ...applied, rows: 3, recorded: 1, alreadyRecorded: 1, rejects };
    return receiptText(partReceipt(about, 'ab', told, upload));
  };
  const own = (name = 'all.csv', receipt = prepared()) => combinedPart(name, routing, first, { receipt });
  const refused = (name = 'all.csv') => combinedPart(name, routing, second, { refused: 'too_many_files' });
  const deadline = '2026-06-11T00:00:00Z';

  test('counts all rows once, and says of each direction how it stands', () => {
    expect(combinedReceipt('all.csv', 'ab', { routing, earlier: [] }, [own(), refused()])).toEqual({
      file: 'all.csv',
      sha256: 'ab',
      rows: 5,
      recorded: 1,
      alreadyRecorded: 1,
      rejected: { bad_date: 1, not_in_direction: 1, too_many_files: 1 },
      rejects: [
        { line: 3, reason: 'too_many_files' },
        { line: 5, reason: 'bad_date' },
        { line: 6, reason: 'not_in_direction' },
      ],
      refused: null,
      whatToDo: Object.fromEntries(
        (['bad_date', 'not_in_direction', 'too_many_files'] as const).map((reason) => [reason, whatToDo(reason)]),
      ),
      uploadedAt: '2026-06-03T10:00:00Z',
      recordedAt: '2026-06-03T10:00:05Z',
      directions: [
        {
          ...{ directionId: first.directionId, rows: 3, recorded: 1, alreadyRecorded: 1, rejected: 1 },
          ...{ order: 'reverify', late: false, open: 2, overdue: 0, next: { order: 'bar_outgoing', deadline } },
        },
        { directionId: second.directionId, rows: 1, recorded: 0, alreadyRecorded: 0, rejected: 1 },
      ],
    });
  });

  test('says nothing of overdue rows of a direction where an earlier version recorded its part', () => {
    const { overdue: _, ...older } = JSON.parse(prepared());
    const part = own('all.csv', receiptText(older));
    expect(part.standing).toMatchObject({ open: 2 });
    expect(part.standing).not.toHaveProperty('overdue');
  });

  test('of the same bytes under another name says which file it repeats, and counts nothing as recorded', () => {
    const parts = [own('again.csv'), refused('again.csv')];
    const receipt = combinedReceipt('again.csv', 'ab', { routing, earlier: [] }, parts);
    expect(receipt).toMatchObject({ file: 'again.csv', repeats: 'all.csv', rows: 5, recorded: 0, alreadyRecorded: 2 });
    expect(receipt).not.toHaveProperty('recordedAt');
    expect(receipt.directions[0]).toEqual({
      ...{ directionId: first.directionId, rows: 3, recorded: 0, alreadyRecorded: 2, rejected: 1 },
    });
  });

  test('of the same bytes that were routed anew says which file had them first, and takes the place of no receipt', () => {
    const later = { ...routing, file: 'again.csv' };
    const receipt = combinedReceipt('again.csv', 'ab', { routing: later, earlier: ['all.csv'] }, []);
    expect(receipt).toMatchObject({ file: 'again.csv', repeats: 'all.csv', uploadedAt: '2026-06-03T10:00:00Z' });
    const same = combinedReceipt('all.csv', 'ab', { routing, earlier: ['all.csv', 'again.csv'] }, []);
    expect(same).toMatchObject({ file: 'all.csv', repeats: 'all.csv', uploadedAt: '2026-06-03T10:00:00Z' });
    expect(receiptNumber('again.csv', { earlier: ['all.csv'] })).toBe(1);
    expect(receiptNumber('all.csv', { earlier: ['all.csv', 'again.csv'] })).toBe(3);
    expect(receiptNumber('all.csv', { earlier: [] })).toBe(1);
  });

  test('says of a direction that had the bytes before only what these rows came to there', () => {
    const alone = responseReceipt(about, 'ab', {
      ...answered(fresh(3), [[0, 'verified']]),
      ...{ rows: 5, recorded: 2, alreadyRecorded: 0 },
      rejects: [3, 5, 6].map((line) => ({ line, reason: 'not_in_direction' as const })),
    });
    for (const text of [receiptText(alone), prepared('another upload')])
      expect(own('all.csv', text)).toMatchObject({ rows: 3, recorded: 0, alreadyRecorded: 2, rejects: [{ line: 5 }] });
    expect(own('all.csv', receiptText(alone))).not.toHaveProperty('standing');
  });

  test('of no rows at all counts none', () => {
    const none = { ...routing, directions: [], rejects: [] };
    expect(combinedReceipt('all.csv', 'ab', { routing: none, earlier: [] }, [])).toMatchObject({
      rows: 0,
      recordedAt: routing.routedAt,
    });
  });

  test('is what the same bytes repeat that are uploaded to one of its directions, also under its name', () => {
    const { order: _, upload: __, ...others } = JSON.parse(prepared());
    const again = JSON.parse(receiptAgain(prepared(), 'all.csv'));
    expect(again).toMatchObject({ file: 'all.csv', repeats: 'all.csv', recorded: 0, alreadyRecorded: 2 });
    expect(Object.keys(others)).toEqual(expect.arrayContaining(Object.keys(again).filter((key) => key !== 'repeats')));
  });
});
