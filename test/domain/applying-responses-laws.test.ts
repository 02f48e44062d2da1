import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Applied, applyResponse } from '../../lambdas/domain/applying-responses.ts';
import type { DirectionKind } from '../../lambdas/domain/kinds.ts';
import { type Ledger, outcomeOf } from '../../lambdas/domain/ledger.ts';
import type { Answer, Outcome } from '../../lambdas/domain/outcome-rules.ts';
import { closeLedger } from '../../lambdas/domain/sealing.ts';
import { answered, at, closed, fileOn, fresh, rowsOf, sealed } from './example.ts';

describe('laws', () => {
  const rows = 6;
  const answersOf = (kind: DirectionKind): Answer[] =>
    kind === 'reverify'
      ? ['verified', 'failed', 'disconnected', 'not_found', 'surrendered', 'reissued']
      : ['blocked', 'not_found'];
  const terminal: readonly Outcome[] = ['verified', 'disconnected', 'not_found', 'blocked', 'surrendered', 'reissued'];
  const kinds = fc.constantFrom<DirectionKind>('reverify', 'block');
  const fileOf = (kind: DirectionKind) =>
    fc.array(fc.tuple(fc.nat(rows - 1), fc.constantFrom(...answersOf(kind))), { maxLength: 12 });
  /** A history: files, and somewhere in it the end of the ladder and the seal. */
  const histories = kinds.chain((kind) =>
    fc.record({
      kind: fc.constant(kind),
      files: fc.array(fileOf(kind), { maxLength: 8 }),
      closeAfter: fc.nat(8),
      sealAfter: fc.nat(8),
    }),
  );
  type History = { kind: DirectionKind; files: [number, Answer][][]; closeAfter: number; sealAfter: number };
  /** Every ledger of a history, in order. */
  function ledgersOf({ kind, files, closeAfter, sealAfter }: History): Ledger[] {
    const ledgers = [fresh(rows, kind)];
    const last = () => ledgers.at(-1) as Ledger;
    files.forEach((file, n) => {
      if (n === closeAfter) ledgers.push(closed(last()));
      if (n === sealAfter && last().closedAt !== null) ledgers.push(sealed(last()));
      ledgers.push(answered(last(), file, { sha256: `h${n}` }).ledger);
    });
    return ledgers;
  }
  const current = (ledger: Ledger) => Array.from({ length: rows }, (_, row) => outcomeOf(ledger, row));

  test("a row never leaves a terminal outcome, nor its day, unless its number is somebody else's", () => {
    fc.assert(
      fc.property(histories, (history) => {
        const ledgers = ledgersOf(history).map(current);
        ledgers.slice(1).forEach((after, n) => {
          after.forEach((state, row) => {
            const before = ledgers[n]?.[row];
            if (before === undefined || !terminal.includes(before.outcome)) return;
            if (state.outcome !== 'reissued' || before.outcome === 'reissued') expect(state).toEqual(before);
          });
        });
      }),
    );
  });

  test('a row that has an answer never loses it, and never opens again', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const ledgers = ledgersOf(history).map(current);
        ledgers.slice(1).forEach((after, n) => {
          after.forEach((state, row) => {
            const before = ledgers[n]?.[row];
            if (before?.recordedAt !== null) expect(state.recordedAt).not.toBeNull();
            if (before?.outcome !== 'open') expect(state.outcome).not.toBe('open');
          });
        });
      }),
    );
  });

  test('applying a file twice is once: the same bytes are known, and the same rows in other bytes record nothing', () => {
    fc.assert(
      fc.property(
        histories,
        kinds.chain((kind) => fc.record({ kind: fc.constant(kind), file: fileOf(kind) })),
        (history, { file }) => {
          const before = ledgersOf(history).at(-1) as Ledger;
          const usable = file.filter(([, answer]) => answersOf(before.kind).includes(answer));
          const once = answered(before, usable, { sha256: 'once' });
          const again = applyResponse(once.ledger, rowsOf(usable), fileOn('2026-06-20', 'once'));
          expect(again).toEqual({ kind: 'known', file: once.ledger.files.at(-1) });
          const copy = answered(once.ledger, usable, { sha256: 'copy' });
          expect(copy.recorded).toBe(0);
          expect(current(copy.ledger)).toEqual(current(once.ledger));
        },
      ),
    );
  });

  test('every row of a file is recorded, already recorded or rejected', () => {
    fc.assert(
      fc.property(histories, fileOf('reverify'), (history, file) => {
        const before = ledgersOf({ ...history, kind: 'reverify', files: [] }).at(-1) as Ledger;
        const applied: Applied = answered(before, file);
        expect(applied.recorded + applied.alreadyRecorded + applied.rejects.length).toBe(file.length);
        expect(applied.rows).toBe(file.length);
        expect(applied.conflicts).toBe(applied.rejects.length);
      }),
    );
  });

  test('closing is idempotent, and each commit takes the next version', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const ledgers = ledgersOf(history);
        expect(ledgers.map(({ version }) => version)).toEqual(ledgers.map((_, n) => n + 1));
        const last = ledgers.at(-1) as Ledger;
        const once = last.closedAt === null ? closed(last) : last;
        expect(closeLedger(once, at('2026-12-31T00:00:00Z'))).toEqual({ kind: 'already' });
      }),
    );
  });
});
