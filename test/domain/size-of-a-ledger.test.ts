import { deflateRawSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { MOST_FILES, withFailedOrder } from '../../lambdas/domain/applying-responses.ts';
import { addDays } from '../../lambdas/domain/days.ts';
import type { BatchId } from '../../lambdas/domain/identifiers.ts';
import { issueOrder, MOST_TOKENS } from '../../lambdas/domain/issuing.ts';
import { type Ledger, maxReversals, withdrawRows } from '../../lambdas/domain/ledger.ts';
import { OUTCOMES } from '../../lambdas/domain/outcome-rules.ts';
import {
  BYTES_PER_ROW,
  nobodyTakenBack,
  noLaterEnds,
  noteLaterEnd,
  noteTakenBack,
  writeOutcome,
} from '../../lambdas/domain/outcomes.ts';
import { DEFAULT_POLICY, policy, REVERIFY_LADDERS } from '../../lib/config/policy.ts';
import { answered, at, closed, day, fresh, published, rungs, sealed } from './example.ts';

/** DynamoDB's limit of an item: 400 KB. */
const LARGEST_ITEM = 400 * 1024;
/** Task tokens have up to so many characters. */
const LONGEST_TOKEN = 1024;
/** The id of an invocation, the place of its message and the number of the try. */
const LONGEST_ATTEMPT = `${'0'.repeat(36)}-9-99`;
/** An agency's, operator's or caseworker's id. */
const MOST_NAME = 16;
const HASH = 'f'.repeat(64);
const MOST_ROWS = policy.shape.rowsPerDirection.maxValue ?? 0;

/** All that is kept of a response besides its failed order. */
const LONGEST_FILE = {
  attempt: LONGEST_ATTEMPT,
  lateOn: day('2026-06-16'),
  withdrawnOn: day('2026-06-16'),
  backDue: at('2026-06-16T23:59:59Z'),
  moved: 9999,
  toRestore: 9999,
  toReturn: 9999,
  followUp: 'followup-202606160000' as BatchId,
};

/** What an order that was issued anew keeps of its first form. */
const ISSUED_ANEW = { firstVersion: 9999, firstAttempt: LONGEST_ATTEMPT, firstAt: at('2026-06-16T23:59:59Z') };

/** What DynamoDB counts of an attribute's value: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html */
function sizeOf(value: unknown): number {
  if (value === null || typeof value === 'boolean') return 1;
  // Two digits a byte, and up to two bytes more.
  if (typeof value === 'number') return Math.ceil(String(value).length / 2) + 2;
  if (typeof value === 'string') return Buffer.byteLength(value);
  // As the store deflates them.
  if (value instanceof Uint8Array) return deflateRawSync(value).length;
  const parts = Array.isArray(value) ? value.map(sizeOf) : Object.entries(value as object).map(sizeOfAttribute);
  return parts.reduce((sum, part) => sum + part + 1, 3);
}
const sizeOfAttribute = ([name, value]: [string, unknown]): number => Buffer.byteLength(name) + sizeOf(value);
const itemSize = (item: object) => Object.entries(item).reduce((sum, part) => sum + sizeOfAttribute(part), 0);

const begun = (ledger: Ledger) => (ledger.begunAt === null ? published(ledger, ledger.startedAt) : ledger);

/**
 * What may be said of the rows, each by another file, on any day of three years, and another way once the batch was settled: the less rows
 * have in common, the longer it is, deflated.
 */
function saidAtRandom(rows: number): Pick<Ledger, 'outcomes' | 'late' | 'laterEnds' | 'takenBackBy'> {
  let seed = 1;
  const upTo = (most: number) => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % most;
  };
  const someDay = () => addDays(day('2026-06-01'), upTo(3 * 365));
  const some = () => {
    const bytes = new Uint8Array(rows * BYTES_PER_ROW);
    for (let row = 0; row < rows; row += 1)
      writeOutcome(bytes, row, OUTCOMES[upTo(OUTCOMES.length)] ?? 'open', someDay(), upTo(MOST_FILES));
    return bytes;
  };
  const laterEnds = noLaterEnds(rows);
  for (let row = 0; row < rows; row += 1) noteLaterEnd(laterEnds, row, someDay());
  const takenBackBy = nobodyTakenBack(rows);
  for (let row = 0; row < rows; row += 1) noteTakenBack(takenBackBy, row, MOST_FILES + upTo(maxReversals(rows)));
  return { outcomes: some(), late: some(), laterEnds, takenBackBy };
}

/** A ledger that met all that a ledger may meet, with the longest names. */
function largest(rows: number): Ledger {
  const directionId = `${'a'.repeat(16)}-${'0'.repeat(12)}.reverify.${'o'.repeat(10)}.99999999-9999-9999`;
  let ledger: Ledger = {
    ...fresh(rows),
    directionId: directionId as Ledger['directionId'],
    batchId: directionId.split('.')[0] as Ledger['batchId'],
    operator: 'o'.repeat(10) as Ledger['operator'],
    rowsKey: `plans/99999999/decisions/reverify-9999/${LONGEST_ATTEMPT}/${'o'.repeat(10)}-9999.tsv`,
  };
  // An hourly try for each hour of the longest ladder, and another one of a retry.
  const hours = 24 * REVERIFY_LADDERS.normal.reduce((days, rung) => days + rung.days, 0);
  for (const [n, { order, deadline }] of rungs.reverify.entries()) {
    const now = ledger.rungs[n - 1]?.deadline ?? at('2026-06-01T00:00:00Z');
    for (let attempt = 0; attempt < hours / 2; attempt += 1) {
      const token = `${n}.${attempt}.`.padEnd(LONGEST_TOKEN, 't');
      const decision = issueOrder(ledger, { rung: n + 1, deadline, now, token, attempt: LONGEST_ATTEMPT });
      if (decision.kind === 'issue') ledger = begun(decision.commit({ sha256: HASH, bytes: 999_999 }));
      else if (decision.kind === 'adopt') ledger = decision.ledger;
      else throw new Error(`${order}: ${decision.kind}`);
    }
  }
  for (let n = 0; n < MOST_FILES - 1; n += 1) {
    const applied = answered(ledger, [[n, 'failed']], { sha256: String(n).padStart(8, '0') + HASH.slice(8) });
    const anew = { attempt: LONGEST_ATTEMPT, at: at('2026-06-16T23:59:59Z'), version: 9999 };
    const order = { rows: 9999, sha256: HASH, bytes: 999_999, deadline: at('2026-06-17T00:00:00Z'), anew };
    // Nobody finds a file that is taken later than a month after its upload.
    const told = withFailedOrder(applied, order, at('2026-07-03T21:13:20Z')).ledger;
    const files = told.files.map((file) => ({ ...file, ...LONGEST_FILE }));
    ledger = { ...told, files, orders: told.orders.map((one) => ({ ...one, ...ISSUED_ANEW })) };
  }
  ledger = answered(sealed(closed(ledger)), [[rows - 1, 'disconnected']]).ledger;
  for (let n = 0; n < maxReversals(rows); n += 1) {
    const reversal = `${'c'.repeat(MOST_NAME)}-${String(n).padStart(12, '0')}` as BatchId;
    const on = { on: day('2026-06-10'), at: at('2026-06-10T09:00:00Z'), attempt: LONGEST_ATTEMPT };
    const reversed = withdrawRows(ledger, [n], { reversal, ...on });
    if (reversed === undefined) throw new Error('a reversal took nothing');
    ledger = reversed;
  }
  return {
    ...ledger,
    ...saidAtRandom(rows),
    undecided: Array.from({ length: 10 }, () => LONGEST_FILE.followUp),
    version: 9999,
  };
}

describe("a direction's ledger", () => {
  test.each([DEFAULT_POLICY.rowsPerDirection, MOST_ROWS])(
    'of %i rows with 500 files, all reversals, rungs and as many tokens as there may be stays below what an item may have',
    (rows) => {
      const ledger = largest(rows);
      expect(ledger.tokens).toHaveLength(MOST_TOKENS);
      expect([ledger.files.length, ledger.orders.length, ledger.late?.length]).toEqual([
        MOST_FILES + maxReversals(rows),
        4,
        5 * rows,
      ]);
      const size = itemSize({ pk: `DIR#${ledger.directionId}`, form: 10, ...ledger });
      expect(size).toBeLessThan(0.99 * LARGEST_ITEM);
    },
  );
});
