import { describe, expect, test } from 'vitest';
import { combinedPart, combinedReceipt, partReceipt, receiptNumber } from '../../lambdas/domain/combined-receipts.ts';
import { receiptAgain, receiptText, responseReceipt } from '../../lambdas/domain/receipts.ts';
import type { Routing } from '../../lambdas/domain/routing.ts';
import { whatToDo } from '../../lambdas/domain/what-to-do.ts';
import { answered, at, directionId, fresh, issued } from './example.ts';

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
