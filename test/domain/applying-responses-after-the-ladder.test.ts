import { describe, expect, test } from 'vitest';
import { outcomeOf } from '../../lambdas/domain/ledger.ts';
import { fileMoving } from '../../lambdas/domain/moves.ts';
import { markReversed } from '../../lambdas/domain/outcomes.ts';
import { answered, closed, fresh, sealed } from './example.ts';

describe('a response after the end of the ladder', () => {
  test('counts as an answer on time until the batch settles', () => {
    const applied = answered(closed(fresh(2)), [[0, 'disconnected']]);
    expect(applied.late).toBe(false);
    expect(applied.ledger.files.at(-1)).not.toHaveProperty('late');
    expect(outcomeOf(applied.ledger, 0).outcome).toBe('disconnected');
  });

  test('a row that failed before it went overdue may still be verified', () => {
    const ledger = closed(answered(fresh(1), [[0, 'failed']]).ledger);
    expect(answered(ledger, [[0, 'verified']]).recorded).toBe(1);
  });

  test('that its subscriber failed leaves a row overdue, as one that failed before: it is counted so, and goes nowhere', () => {
    for (const ended of [closed(fresh(2)), sealed(closed(fresh(2)))]) {
      const failed = answered(ended, [[0, 'failed']], { on: '2026-06-18', at: '2026-06-19T10:00:00Z' });
      expect([failed.recorded, failed.recordedAs, failed.madeFailed]).toEqual([1, { failed: 1 }, []]);
      expect(failed.replaced).toEqual([{ row: 0, outcome: 'overdue', file: 0, on: null }]);
      expect(outcomeOf(failed.ledger, 0)).toEqual({
        outcome: 'overdue',
        occurredOn: '2026-06-18',
        recordedAt: '2026-06-19T10:00:00Z',
      });
      expect(answered(failed.ledger, [[0, 'failed']])).toMatchObject({ recorded: 0, alreadyRecorded: 1 });
      // No more time for it, and a port of it is recorded and moves nothing, not even beside one that was overdue without a word.
      expect(answered(failed.ledger, [[0, 'extended']])).toMatchObject({ recorded: 0, conflicts: 1, givenBack: [] });
      const both = [0, 1].map((row): [number, 'ported'] => [row, 'ported']);
      const ported = answered(failed.ledger, both);
      expect([ported.recorded, ported.ledger.files.at(-1)?.moved]).toEqual([2, undefined]);
      expect([0, 1].map((row) => fileMoving(ported.ledger, row))).toEqual([undefined, undefined]);
      // Nor within one file.
      expect(
        answered(ended, [
          [0, 'failed'],
          [0, 'extended'],
        ]),
      ).toMatchObject({ recorded: 1, conflicts: 1, moved: [] });
      expect(answered(failed.ledger, [[0, 'verified']])).toMatchObject({ recorded: 1, conflicts: 0 });
    }
  });

  test('is late once the ledger is sealed: a connection that ended has a late list, other answers none', () => {
    const ledger = sealed(closed(fresh(3)));
    expect(answered(ledger, [[2, 'surrendered']]).ledger.files.at(-1)).toMatchObject({ lateOn: '2026-06-03' });
    const verified = answered(ledger, [[0, 'verified']], { sha256: 'v' });
    expect([verified.late, verified.ledger.files.at(-1)]).toEqual([
      true,
      { sha256: 'v', attempt: 'work-v', at: '2026-06-03T10:00:00Z', version: ledger.version + 1 },
    ]);
    const disconnected = answered(verified.ledger, [[1, 'disconnected']], { sha256: 'd' });
    expect(disconnected.madeRevoked).toEqual([1]);
    expect(disconnected.ledger.files.at(-1)).toMatchObject({ sha256: 'd', lateOn: '2026-06-03' });
  });

  test('that is late has no list of what was taken back', () => {
    const ledger = sealed(closed(fresh(2)));
    markReversed(ledger.outcomes, 0);
    const applied = answered(ledger, [
      [0, 'disconnected'],
      [1, 'disconnected'],
    ]);
    expect(applied.madeRevoked).toEqual([1]);
    expect(outcomeOf(applied.ledger, 0).outcome).toBe('disconnected');
    expect(answered(ledger, [[0, 'disconnected']]).ledger.files.at(-1)).not.toHaveProperty('lateOn');
  });

  test('that is late is published in the list of the day of its commit, in Kolkata, not in that of its upload', () => {
    const { ledger } = answered(sealed(closed(fresh(1))), [[0, 'disconnected']], {
      at: '2026-06-20T16:48:00Z',
      committedAt: '2026-06-20T18:48:00Z',
    });
    expect(ledger.files.at(-1)).toMatchObject({ at: '2026-06-20T16:48:00Z', lateOn: '2026-06-21' });
  });

  test('a late answer meets the late answers before it', () => {
    const first = answered(sealed(closed(fresh(1))), [[0, 'verified']]).ledger;
    const second = answered(first, [[0, 'disconnected']]);
    expect([second.recorded, second.conflicts, second.madeRevoked]).toEqual([0, 1, []]);
  });

  test('a late file that records nothing makes no copy of the outcomes', () => {
    const ledger = sealed(closed(answered(fresh(1), [[0, 'verified']]).ledger));
    expect(answered(ledger, [[0, 'verified']]).ledger.late).toBeNull();
  });
});
