import { describe, expect, test } from 'vitest';
import { countPointer } from '../../lambdas/domain/counted-pointers.ts';
import type { BatchId } from '../../lambdas/domain/identifiers.ts';
import { type Ledger, LedgerDamaged, withdrawRows } from '../../lambdas/domain/ledger.ts';
import { first } from './counted.ts';
import { airtel, answered, at, closed, day, fresh, marked, sealed } from './example.ts';

describe('a pointer', () => {
  test('counts with what its ledger says now: open, answered, overdue', () => {
    const ledger = answered(fresh(3), [
      [0, 'failed'],
      [1, 'disconnected'],
    ]).ledger;
    const stays = {
      reversed: false,
      reversedAt: null,
      saidAnothersOn: null,
      cut: false,
      cutAt: null,
      cutSaidAt: null,
      carriedAt: null,
      startedAt: ledger.startedAt,
      portedTo: null,
      followUp: null,
      waits: false,
      returns: false,
    };
    const said = { occurredOn: '2026-06-03', recordedAt: '2026-06-03T10:00:00Z', ...stays };
    const nothing = { occurredOn: null, recordedAt: null, ...stays };
    const of = { kind: 'reverify', operator: airtel };
    const now = [0, 1, 2].map((row) => countPointer({ directionId: first, row }, ledger));
    expect(now).toEqual([
      { directionId: first, row: 0, ...of, open: true, outcome: 'failed', ...said },
      { directionId: first, row: 1, ...of, open: false, outcome: 'disconnected', ...said },
      { directionId: first, row: 2, ...of, open: true, outcome: 'open', ...nothing },
    ]);
    expect(countPointer({ directionId: first, row: 2 }, closed(ledger))).toMatchObject({
      open: false,
      outcome: 'overdue',
    });
  });

  test('counts with an answer that came after its batch settled', () => {
    const ledger = answered(sealed(closed(fresh(1))), [[0, 'disconnected']]).ledger;
    expect(countPointer({ directionId: first, row: 0 }, ledger)).toMatchObject({ outcome: 'disconnected' });
  });

  test('is open no more where its row was taken back, so that who has the number now is directed where they are seen', () => {
    const ledger = marked(fresh(2), [0]);
    expect([0, 1].map((row) => countPointer({ directionId: first, row }, ledger).open)).toEqual([false, true]);
  });

  test('to a row that its ledger does not have is an error', () => {
    expect(() => countPointer({ directionId: first, row: 1 }, fresh(1))).toThrow(LedgerDamaged);
  });

  test('was taken back as of its own reversal, whatever is answered for it, or taken back of its neighbours', () => {
    const times = ['2026-06-04T10:00:00Z', '2026-06-06T10:00:00Z', '2026-06-08T10:00:00Z'] as const;
    const taken = (ledger: Ledger, n: 0 | 1 | 2, rows: number[]) =>
      withdrawRows(ledger, rows, {
        reversal: `caseworker-1-0123456789a${n}` as BatchId,
        on: day(times[n].slice(0, 10)),
        at: at(times[n]),
      }) ?? ledger;
    const timesOf = (ledger: Ledger) =>
      [0, 1, 2, 3].map((row) => countPointer({ directionId: first, row }, ledger).reversedAt);
    const ended = answered(fresh(4), [[2, 'disconnected']]).ledger;
    // The third reversal names a row that was taken back before, and the last row was not.
    const all = taken(taken(taken(ended, 0, [0]), 1, [1, 2]), 2, [0, 1]);
    expect(timesOf(all)).toEqual([times[0], times[1], times[1], null]);
    expect(timesOf(answered(all, [[0, 'disconnected']]).ledger)).toEqual([times[0], times[1], times[1], null]);
    // A row that was marked since its number is somebody else's was taken back by no reversal.
    const others = marked(taken(ended, 0, [0]), [2]);
    expect(timesOf(others)).toEqual([times[0], null, null, null]);
    // One that was marked so, and is named by a reversal as it is taken back, was taken back by that.
    expect(timesOf(taken(others, 1, [2]))).toEqual([times[0], null, times[1], null]);
    expect([0, 1, 2].map((row) => countPointer({ directionId: first, row }, others).reversed)).toEqual([
      true,
      false,
      true,
    ]);
  });

  test('is somebody else’s since the commit that says so, however long before its file was uploaded', () => {
    const file = { ...answered(fresh(2), [[0, 'reissued']]).ledger };
    const late = { ...file, files: file.files.map((one) => ({ ...one, withdrawnOn: day('2026-06-09') })) };
    const saidOn = [0, 1].map((row) => countPointer({ directionId: first, row }, late).saidAnothersOn);
    expect(saidOn).toEqual(['2026-06-09', null]);
  });
});
