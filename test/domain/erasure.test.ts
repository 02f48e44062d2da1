import { describe, expect, test } from 'vitest';
import { withFailedOrder } from '../../lambdas/domain/applying-responses.ts';
import { withRestored } from '../../lambdas/domain/back-orders.ts';
import type { Instant } from '../../lambdas/domain/days.ts';
import {
  addFiles,
  erasedNote,
  type Hindrance,
  hindranceOf,
  hindranceOfMark,
  NO_FILES,
} from '../../lambdas/domain/erasure.ts';
import type { BatchId } from '../../lambdas/domain/identifiers.ts';
import type { Ledger } from '../../lambdas/domain/ledger.ts';
import { answered, at, closed, directionId, fresh, issued, marked, sealed } from './example.ts';

const direction = directionId('reverify', '1-0-0');
const now = at('2026-06-20T00:00:00Z');
const settled = { plan: 1, state: 'settled' };

/** What stands against the first row's number. */
const against = (batch: { plan: number; state: string } | undefined, ledger: Ledger | undefined, when = now) =>
  hindranceOf({ directionId: direction, row: 0 }, batch, ledger, when, 180);
const why = (hindrance: Hindrance | undefined) => [hindrance?.why, hindrance?.until];

test('nothing keeps a number that no ledger holds, though its batch counts', () => {
  expect(against({ plan: 1, state: 'directed' }, undefined)).toBeUndefined();
});

describe('a number is not erased', () => {
  test('while a batch decides about it, and before it has a ledger', () => {
    expect(why(against({ plan: 1, state: 'planning' }, undefined))).toEqual(['planning', null]);
  });

  test('while its row is open: without an answer, or failed and still connected', () => {
    const open = at('2026-06-02T00:00:00Z');
    expect(against({ plan: 1, state: 'directed' }, fresh(1), at('2026-06-01T00:30:00Z'))).toEqual({
      where: direction,
      why: 'open',
      until: '2026-06-17T00:00:00Z',
    });
    expect(why(against({ plan: 1, state: 'directed' }, answered(fresh(1), [[0, 'failed']]).ledger, open))[0]).toBe(
      'open',
    );
  });

  test('while the books of its batch are to be made, whatever became of the row', () => {
    const verified = answered(fresh(1), [[0, 'verified']]).ledger;
    expect(why(against({ plan: 1, state: 'directed' }, verified))).toEqual(['not_settled', null]);
    expect(why(against({ plan: 1, state: 'directed' }, closed(fresh(1))))).toEqual(['not_settled', null]);
  });

  test('for 90 days after it was recorded as disconnected, to the second', () => {
    // It was so since January: from 30 June on nobody looks back to that.
    const disconnected = sealed(closed(answered(fresh(1), [[0, 'disconnected']], { on: '2026-01-01' }).ledger));
    const until = '2026-09-01T10:00:00Z';
    expect(why(against(settled, disconnected))).toEqual(['disconnected', until]);
    expect(why(against(settled, disconnected, at('2026-09-01T09:59:59Z')))).toEqual(['disconnected', until]);
    expect(against(settled, disconnected, at(until))).toBeUndefined();
  });

  test('for as long after it was surrendered', () => {
    const surrendered = sealed(closed(answered(fresh(1), [[0, 'surrendered']], { on: '2026-01-01' }).ledger));
    expect(why(against(settled, surrendered, at('2026-09-01T09:59:59Z')))).toEqual([
      'disconnected',
      '2026-09-01T10:00:00Z',
    ]);
    expect(against(settled, surrendered, at('2026-09-01T10:00:00Z'))).toBeUndefined();
  });

  test("as long as a batch looks back at the day since which it is somebody else's", () => {
    const reissued = sealed(closed(answered(fresh(1), [[0, 'reissued']]).ledger));
    // 180 days after 3 June are 30 November, which ends in Kolkata five and a half hours before it does in UTC.
    const until = '2026-11-30T18:30:00Z';
    expect(why(against(settled, reissued, at('2026-11-30T18:29:59Z')))).toEqual(['reissued', until]);
    expect(against(settled, reissued, at(until))).toBeUndefined();
  });

  test('as long as a batch looks back at the day on which it was verified: nothing else says that it was', () => {
    const verified = sealed(closed(answered(fresh(1), [[0, 'verified']]).ledger));
    const until = '2026-11-30T18:30:00Z';
    expect(why(against(settled, verified, at('2026-11-30T18:29:59Z')))).toEqual(['verified', until]);
    expect(against(settled, verified, at(until))).toBeUndefined();
  });

  test.each(['moved', 'toReturn', 'toRestore'] as const)(
    'while an answer of its direction waits for the next night (%s), until that has taken it',
    (what) => {
      const { ledger } = answered(fresh(1), [[0, 'not_found']]);
      const said = (more: object) =>
        sealed(closed({ ...ledger, files: ledger.files.map((file) => ({ ...file, [what]: 1, ...more })) }));
      expect(why(against(settled, said({})))).toEqual(['open', null]);
      expect(against(settled, said({ followUp: 'followup-202606050000' }))).toBeUndefined();
    },
  );

  test('as long as a batch looks back at the day on which it was disconnected: that day is in its window, and its own', () => {
    const disconnected = sealed(closed(answered(fresh(1), [[0, 'disconnected']]).ledger));
    // 3 June and 180 days are 30 November, which ends in Kolkata at 18:30.
    const until = '2026-11-30T18:30:00Z';
    expect(why(against(settled, disconnected))).toEqual(['disconnected', until]);
    expect(why(against(settled, disconnected, at('2026-11-30T18:29:59Z')))).toEqual(['disconnected', until]);
    expect(against(settled, disconnected, at(until))).toBeUndefined();
  });
});

describe('a number that an order had barred or disconnected, of which nobody said that it was done, is not erased', () => {
  // The books are made on 17 June in both time zones: 180 days later it is 14 December, to its end in Kolkata.
  const until = '2026-12-14T18:30:00Z';
  const barred = issued(issued(fresh(1), 1), 2);

  test('as long as a batch looks back at the day on which its books were made: an appeal must find it', () => {
    const overdue = sealed(closed(issued(issued(barred, 3), 4)));
    expect(why(against(settled, overdue))).toEqual(['cut_off', until]);
    expect(why(against(settled, overdue, at('2026-12-14T18:29:59Z')))).toEqual(['cut_off', until]);
    expect(against(settled, overdue, at(until))).toBeUndefined();
  });

  test('for 90 days at least, where a batch looks back less', () => {
    const overdue = sealed(closed(barred));
    const of = (when: string) => hindranceOf({ directionId: direction, row: 0 }, settled, overdue, at(when), 30);
    expect(why(of('2026-09-15T00:04:59Z'))).toEqual(['cut_off', '2026-09-15T00:05:00Z']);
    expect(of('2026-09-15T00:05:00Z')).toBeUndefined();
  });

  test('where it failed, and where it was not found once it was barred', () => {
    for (const outcome of ['failed', 'not_found'] as const) {
      const said = answered(barred, [[0, outcome]], { at: '2026-06-07T10:00:00Z' }).ledger;
      expect(why(against(settled, sealed(closed(said))))).toEqual(['cut_off', until]);
    }
  });

  test('but for what a reversal took back, of which its mark says so', () => {
    expect(against(settled, marked(sealed(closed(barred)), [0]))).toBeUndefined();
  });
});

describe('nothing stands against a number', () => {
  test('whose row was answered in any other way, or never, and which no order cut off, once the books are made', () => {
    expect(against(settled, sealed(closed(answered(fresh(1), [[0, 'not_found']]).ledger)))).toBeUndefined();
    expect(against(settled, sealed(closed(fresh(1))))).toBeUndefined();
  });

  test('whose pointer points nowhere: its plan failed, or another one of the batch counts', () => {
    expect(against({ plan: 1, state: 'failed' }, fresh(1))).toBeUndefined();
    expect(against({ plan: 2, state: 'planning' }, fresh(1))).toBeUndefined();
    expect(against({ plan: 2, state: 'directed' }, fresh(1))).toBeUndefined();
    expect(against(undefined, undefined)).toBeUndefined();
    expect(hindranceOf({ directionId: direction, row: 1 }, settled, fresh(1), now, 180)).toBeUndefined();
  });
});

describe('of the files that name a number', () => {
  test('its orders are those of the ladder, and those that answers caused: to restore who was barred, to disconnect who failed', () => {
    // 1-reverify, 2-bar_outgoing and back-…-restore.
    const barred = issued(issued(fresh(2), 1), 2);
    const verified = answered(barred, [[0, 'verified']], { at: '2026-06-07T10:00:00Z' }).ledger;
    const named = { directions: 1, orders: 3, responses: 1, lists: 0, reversals: 0 };
    expect(addFiles(NO_FILES, verified)).toEqual(named);
    // failed-…-disconnect beside them, at a direction whose ladder ordered two.
    const cut = { rows: 1, sha256: 'order', bytes: 90, deadline: at('2026-06-08T10:00:00Z') };
    const failed = withFailedOrder(
      answered(barred, [[0, 'failed']], { at: '2026-06-07T10:00:00Z' }),
      cut,
      at('2026-06-07T10:00:00Z'),
    ).ledger;
    expect(addFiles(named, failed)).toEqual({ directions: 2, orders: 6, responses: 2, lists: 0, reversals: 0 });
  });

  test('its responses are those that were sent: who is found after one is restored by an order, and by no other response', () => {
    const { ledger } = answered(fresh(2), [[0, 'reissued']], { at: '2026-06-12T11:00:00Z', on: '2026-06-09' });
    const [file] = ledger.files;
    if (file === undefined) throw new Error('no file was recorded');
    const found = withRestored(ledger, file, [0], { cut: 1, attempt: 'a', at: at('2026-06-12T11:00:00Z') });
    expect(addFiles(NO_FILES, found.ledger)).toMatchObject({ responses: 1, orders: 1 });
  });

  test('its lists are that of its withdrawal, and that of what was said late', () => {
    const settled = sealed(closed(fresh(2)));
    const told = { at: '2026-06-20T10:00:00Z', on: '2026-06-16' };
    const reissued = answered(settled, [[0, 'reissued']], told).ledger;
    expect(addFiles(NO_FILES, reissued).lists).toBe(1);
    const late = answered(reissued, [[1, 'disconnected']], told).ledger;
    expect(addFiles(NO_FILES, late)).toEqual({ directions: 1, orders: 0, responses: 2, lists: 2, reversals: 0 });
  });
});

test('the audit is told of each deletion by itself, by what names nobody, and of one of them once', () => {
  const told = (attempt: string, what: 'claim' | 'links' = 'links') =>
    erasedNote('f'.repeat(64), { what, items: 2 }, attempt, at('2026-06-20T18:29:59Z'));
  expect(told('first')).toEqual({
    batchId: 'erasures',
    id: `erased/${'f'.repeat(64)}/first`,
    kind: 'erased',
    at: '2026-06-20T18:29:59Z',
    facts: { number: 'f'.repeat(64), what: 'links', items: 2 },
  });
  expect(told('second').id).not.toBe(told('first').id);
});

describe('a number that was taken back is not erased', () => {
  const mark = { batchId: 'caseworker-1-0123456789ab' as BatchId, plan: 7 };
  const directed = { plan: 7, state: 'settled', directedAt: at('2026-06-08T18:30:00Z') };
  const of = (batch: Parameters<typeof hindranceOfMark>[1], when: Instant) => hindranceOfMark(mark, batch, when, 180);

  test('as long as a report may look back at the day of the reversal, to its end in Kolkata', () => {
    // It was directed on 9 June: 6 December is 180 days later.
    const until = '2026-12-06T18:30:00Z';
    expect(of(directed, at('2026-12-06T18:29:59Z'))).toEqual({ where: mark.batchId, why: 'reversed', until });
    expect(of(directed, at(until))).toBeUndefined();
  });

  test('while the reversal is planned; and is where its plan failed, or was another one', () => {
    expect(of({ plan: 7, state: 'planning' }, now)).toEqual({ where: mark.batchId, why: 'planning', until: null });
    expect(of({ plan: 7, state: 'failed' }, now)).toBeUndefined();
    expect(of({ ...directed, plan: 9 }, now)).toBeUndefined();
    expect(of(undefined, now)).toBeUndefined();
  });
});
