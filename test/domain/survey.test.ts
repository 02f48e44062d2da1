import { describe, expect, it } from 'vitest';
import type { Ledger } from '../../lambdas/domain/ledger.ts';
import { BYTES_PER_ROW, writeOutcome } from '../../lambdas/domain/outcomes.ts';
import { type OpenBatch, survey } from '../../lambdas/domain/survey.ts';
import { day } from './example.ts';
import { at, direction, order } from './watched.ts';

const answer = { sha256: '', attempt: 'a', at: at(1), version: 3 };
/** Of five rows the third verified by the first file. */
const verified = () => {
  const outcomes = new Uint8Array(5 * BYTES_PER_ROW);
  writeOutcome(outcomes, 2, 'verified', day('2026-06-01'), 0);
  return outcomes;
};
const batch = (ledgers: Ledger[], changes: Partial<OpenBatch> = {}): OpenBatch => ({
  plansFrom: at(0),
  startedAt: at(0),
  directed: true,
  ledgers,
  ...changes,
});

describe('a survey of what is open', () => {
  it('counts open directions by what was ordered last, and open rows by operator; closed ones not', () => {
    const { batches, directions, rows } = survey(
      [
        batch([
          direction('airtel'),
          direction('jio', { orders: [order(1, 'reverify'), order(2, 'disconnect')], rung: 2 }),
          direction('jio', { orders: [], rung: 0 }),
          direction('vi', { closedAt: at(1) }),
        ]),
        batch([direction('airtel')]),
      ],
      at(2),
    );
    expect(batches).toBe(2);
    expect(Object.fromEntries(directions)).toEqual({ reverify: 2, disconnect: 1, none: 1 });
    expect(Object.fromEntries(rows)).toEqual({ airtel: 10, jio: 10 });
  });

  // The first rung ends after 120 hours.
  it('calls a direction unanswered from half of its first rung on', () => {
    const open = [batch([direction('jio'), direction('jio')])];
    expect(Object.fromEntries(survey(open, at(59)).unanswered)).toEqual({});
    expect(Object.fromEntries(survey(open, at(60)).unanswered)).toEqual({ jio: 2 });
  });

  it('counts from the first order, where that was late', () => {
    const rungs = [{ order: 'reverify' as const, deadline: at(5 * 24 + 10) }];
    const open = [batch([direction('jio', { startedAt: at(10), rungs })])];
    expect(Object.fromEntries(survey(open, at(69)).unanswered)).toEqual({});
    expect(Object.fromEntries(survey(open, at(70)).unanswered)).toEqual({ jio: 1 });
  });

  it('does not where the operator has answered another direction of the batch, but where it did of another batch', () => {
    const answered = direction('jio', { files: [answer], outcomes: verified() });
    expect(Object.fromEntries(survey([batch([direction('jio'), answered])], at(60)).unanswered)).toEqual({});
    const two = [batch([direction('jio')]), batch([answered])];
    expect(Object.fromEntries(survey(two, at(60)).unanswered)).toEqual({ jio: 1 });
  });

  it('is not deceived by responses that name no row', () => {
    const open = [batch([direction('jio'), direction('jio', { files: [answer, answer] })])];
    expect(Object.fromEntries(survey(open, at(60)).unanswered)).toEqual({ jio: 2 });
  });

  it('does not where the direction is closed', () => {
    const open = [batch([direction('jio', { closedAt: at(1) }), direction('vi')])];
    expect(Object.fromEntries(survey(open, at(60)).unanswered)).toEqual({ vi: 1 });
  });

  // The last rung ends after 144 hours.
  it('calls a batch late that has not settled an hour after its last deadline', () => {
    const open = [batch([direction('jio'), direction('vi', { closedAt: at(1) })])];
    expect(survey(open, at(145)).late).toBe(0);
    expect(survey(open, at(145.01)).late).toBe(1);
  });

  it('calls a batch late that is not directed a day after its report came, however long it waited for its turn', () => {
    const open = [batch([], { directed: false, startedAt: at(20) })];
    expect(survey(open, at(24)).late).toBe(0);
    expect(survey(open, at(24.01)).late).toBe(1);
  });

  it('calls one late that people decide upon a day after they could at the latest; never what waits for them however long they take', () => {
    const waits = (plansFrom: OpenBatch['plansFrom']) => [batch([], { directed: false, plansFrom })];
    expect(survey(waits(at(48)), at(72)).late).toBe(0);
    expect(survey(waits(at(48)), at(72.01)).late).toBe(1);
    expect(survey(waits(null), at(24 * 365)).late).toBe(0);
  });

  it('calls a directed batch without directions late an hour after its planning began', () => {
    expect(survey([batch([])], at(1)).late).toBe(0);
    expect(survey([batch([])], at(1.01)).late).toBe(1);
  });
});
