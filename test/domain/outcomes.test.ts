import { describe, expect, test } from 'vitest';
import { LedgerDamaged, outcomeOf } from '../../lambdas/domain/ledger.ts';
import type { Outcome } from '../../lambdas/domain/outcome-rules.ts';
import {
  BYTES_PER_ROW,
  dayAt,
  fileOf,
  fromThreeBits,
  fromUnmarked,
  fromUnnoted,
  isReversed,
  markCarriedAsFailed,
  markReversed,
  nobodyTakenBack,
  noteTakenBack,
  outcomeAt,
  takenBackBy,
  wasCarriedAsFailed,
  writeOutcome,
} from '../../lambdas/domain/outcomes.ts';
import { answered, day, fresh, outcomesOf } from './example.ts';

describe("a row's record", () => {
  test('keeps outcome, day and file beside those of other rows', () => {
    const first = answered(fresh(4), [[1, 'verified']], { on: '2026-06-02', at: '2026-06-02T08:00:00Z' }).ledger;
    const second = answered(first, [[3, 'disconnected']], { on: '2026-06-04', at: '2026-06-04T09:30:00Z' }).ledger;
    expect(outcomesOf(second)).toEqual(['open', 'verified', 'open', 'disconnected']);
    expect(outcomeOf(second, 1)).toEqual({
      outcome: 'verified',
      occurredOn: '2026-06-02',
      recordedAt: '2026-06-02T08:00:00Z',
    });
    expect(outcomeOf(second, 3)).toEqual({
      outcome: 'disconnected',
      occurredOn: '2026-06-04',
      recordedAt: '2026-06-04T09:30:00Z',
    });
  });

  test('is five bytes: file and outcome in two, days since 0000-01-01 in three', () => {
    // 2026-06-03 is 1970-01-01 (719,528 days after 0000-01-01) + 20,607 = 740,135 = 0x0B4B27; file 1 << 5 | verified 1.
    const { ledger } = answered(fresh(2), [[1, 'verified']]);
    expect([...ledger.outcomes]).toEqual([0, 0, 0, 0, 0, 0b100001, 0, 0x27, 0x4b, 0x0b]);
  });

  test('keeps by which entry it was taken back in two bytes, the entries counted from 1', () => {
    const by = nobodyTakenBack(3);
    noteTakenBack(by, 1, 255);
    noteTakenBack(by, 2, 0);
    expect([...by]).toEqual([0, 0, 0, 1, 1, 0]);
    expect([0, 1, 2].map((row) => takenBackBy(by, row))).toEqual([-1, 255, 0]);
  });

  test('from before that was kept has the first reversal that may have taken it back, or the newest one', () => {
    // Files 0 and 3 are responses, 1, 2 and 4 reversals; the ladder ended between the first two reversals.
    const files = [1, 2, 4, 5, 6].map((n) => ({
      at: `2026-06-0${n}T10:00:00Z`,
      ...(n % 4 !== 1 && { reversal: 'one' }),
    }));
    const said: [number, Outcome][] = [
      [0, 'disconnected'],
      [3, 'disconnected'],
      [-1, 'overdue'],
      [2, 'withdrawn'],
      [-1, 'withdrawn'],
      [0, 'verified'],
    ];
    const old = new Uint8Array(said.length * BYTES_PER_ROW);
    for (const [row, [file, outcome]] of said.entries()) {
      writeOutcome(old, row, outcome, day('2026-06-01'), file);
      if (row < 5) markReversed(old, row);
    }
    const by = fromUnnoted(old, { files, closedAt: '2026-06-03T00:00:00Z' });
    expect(said.map((_, row) => takenBackBy(by, row))).toEqual([1, 4, 2, 2, 4, -1]);
    // None came after its word: it had failed after it was taken back.
    const last = fromUnnoted(old, { files: files.slice(0, 4), closedAt: '2026-06-03T00:00:00Z' });
    expect(takenBackBy(last, 1)).toBe(2);
  });

  test('that was written with three bits for its outcome is read as it was meant', () => {
    // File 500 << 3 | disconnected 3, then file 1 << 3 | overdue 6, both of 2026-06-03, and a row that is open.
    const old = Uint8Array.of(0xa3, 0x0f, 0x27, 0x4b, 0x0b, 0x0e, 0, 0x27, 0x4b, 0x0b, 0, 0, 0, 0, 0);
    const bytes = fromThreeBits(old);
    expect([0, 1, 2].map((row) => outcomeAt(bytes, row))).toEqual(['disconnected', 'overdue', 'open']);
    expect([0, 1, 2].map((row) => fileOf(bytes, row * BYTES_PER_ROW))).toEqual([500, 1, 0]);
    expect([0, 1].map((row) => dayAt(bytes, row))).toEqual(['2026-06-03', '2026-06-03']);
    expect([...old.subarray(0, 2)]).toEqual([0xa3, 0x0f]);
  });

  test('from before rows were marked has those marked that an order for failed rows may have carried', () => {
    // Each is the file that said it, and the outcome; the second file of four had failed rows disconnected, and the third had not.
    const said: [number, Outcome][] = [
      [0, 'failed'],
      [1, 'failed'],
      [2, 'failed'],
      [1, 'overdue'],
      [0, 'verified'],
      [1, 'disconnected'],
      [2, 'verified'],
      [3, 'not_found'],
      [-1, 'open'],
      [-1, 'withdrawn'],
    ];
    const old = new Uint8Array(said.length * BYTES_PER_ROW);
    for (const [row, [file, outcome]] of said.entries()) writeOutcome(old, row, outcome, day('2026-06-03'), file);
    const bytes = fromUnmarked(old, [false, true, false, false]);
    const rows = said.map((_, row) => row);
    // Who was answered for by that file or before it is done with, and so was not among its failed rows; whom a reversal ended without an entry may
    // have been.
    expect(rows.filter((row) => wasCarriedAsFailed(bytes, row))).toEqual([1, 3, 6, 7, 9]);
    expect(rows.map((row) => [fileOf(bytes, row * BYTES_PER_ROW) - 1, outcomeAt(bytes, row)])).toEqual(said);
    expect(rows.some((row) => wasCarriedAsFailed(old, row) || isReversed(bytes, row))).toBe(false);
    expect(fromUnmarked(old, [false, false])).toEqual(old);
  });

  test('is marked, once an order for failed rows carries it, beside its day, and beside being taken back', () => {
    const bytes = new Uint8Array(2 * BYTES_PER_ROW);
    writeOutcome(bytes, 0, 'failed', day('9999-12-31'), 0);
    markCarriedAsFailed(bytes, 0);
    markReversed(bytes, 0);
    writeOutcome(bytes, 0, 'verified', day('2026-06-03'), 1);
    expect([outcomeAt(bytes, 0), dayAt(bytes, 0), isReversed(bytes, 0)]).toEqual(['verified', '2026-06-03', true]);
    expect([wasCarriedAsFailed(bytes, 0), wasCarriedAsFailed(bytes, 1)]).toEqual([true, false]);
  });

  test.each(['0000-01-01', '2026-06-03', '9999-12-31'])(
    'says, once it is taken back, so beside its day %s, also when it is answered later',
    (on) => {
      const bytes = new Uint8Array(2 * BYTES_PER_ROW);
      writeOutcome(bytes, 0, 'overdue', day(on), 499);
      markReversed(bytes, 0);
      expect([outcomeAt(bytes, 0), fileOf(bytes, 0), dayAt(bytes, 0)]).toEqual(['overdue', 500, on]);
      writeOutcome(bytes, 0, 'disconnected', day(on), 2046);
      expect([outcomeAt(bytes, 0), fileOf(bytes, 0), dayAt(bytes, 0)]).toEqual(['disconnected', 2047, on]);
      expect([isReversed(bytes, 0), isReversed(bytes, 1)]).toEqual([true, false]);
    },
  );

  test.each(['0000-01-01', '0001-03-01', '1900-01-01', '1970-01-01', '1999-12-31', '2000-02-29', '9999-12-31'])(
    'keeps any day that can be written: %s',
    (on) => {
      const { ledger } = answered(fresh(1), [[0, 'not_found']], { on });
      expect(outcomeOf(ledger, 0)).toMatchObject({ outcome: 'not_found', occurredOn: on });
    },
  );

  test('names the file that said so, up to the 500th', () => {
    let ledger = fresh(1);
    for (let n = 0; n < 499; n += 1) ledger = answered(ledger, [], { at: '2026-06-01T01:00:00Z' }).ledger;
    ledger = answered(ledger, [[0, 'disconnected']], { at: '2026-06-05T05:05:05Z' }).ledger;
    expect(ledger.files).toHaveLength(500);
    expect(outcomeOf(ledger, 0)).toEqual({
      outcome: 'disconnected',
      occurredOn: '2026-06-03',
      recordedAt: '2026-06-05T05:05:05Z',
    });
  });

  test.each([-1, 2, 0.5])('of a row that the direction does not have is an error (%s of 2)', (row) => {
    expect(() => outcomeOf(fresh(2), row)).toThrow(LedgerDamaged);
  });

  test('that names a file the ledger does not have is an error', () => {
    const { ledger } = answered(fresh(1), [[0, 'verified']]);
    expect(() => outcomeOf({ ...ledger, files: [] }, 0)).toThrow(LedgerDamaged);
  });
});
