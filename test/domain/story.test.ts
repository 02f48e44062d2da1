import { describe, expect, it, test } from 'vitest';
import { explain, explanationsText, linesIn } from '../../lambdas/domain/explanations.ts';
import type { Facts } from '../../lambdas/domain/facts.ts';
import type { AgencyId, BatchId } from '../../lambdas/domain/identifiers.ts';
import { code, writeOutcome } from '../../lambdas/domain/outcomes.ts';
import { storyOf } from '../../lambdas/domain/story.ts';
import { answered, asking, at, BATCH, batch, ledger, NUMBER, number, on, rowOf, SHA256 } from './explained.ts';

describe('the story', () => {
  it("has no report of a batch that is the system's own, or an appeal's", () => {
    for (const kind of ['followup', 'reversal'] as const)
      expect(storyOf(number([], { batches: [batch({ kind })] }))).toEqual([]);
  });

  it('has a late disconnection in its late list, after the row had gone overdue', () => {
    const closed = ledger('reverify', { closedAt: at(17), sealedAt: at(17) });
    closed.outcomes[0] = code.overdue;
    const late = new Uint8Array(closed.outcomes);
    writeOutcome(late, 0, 'disconnected', on(18), 0);
    const file = { sha256: SHA256, attempt: 'a', at: at(18, '10:00:00'), version: 9, lateOn: on(18) };
    const facts = number([rowOf({ ...closed, late, files: [file] })], { batches: [batch({ settledAt: at(17) })] });
    expect(storyOf(facts).map(({ at, what }) => `${at} ${what}`)).toEqual([
      `${at(1)} reported`,
      `${at(1)} directed`,
      `${at(17)} overdue`,
      `${at(18, '10:00:00')} answered`,
      `${at(18, '10:00:00')} listed`,
    ]);
    expect(storyOf(facts)).toContainEqual({
      at: at(18, '10:00:00'),
      what: 'listed',
      list: `revocations/2026-06-18/${BATCH}.late-deadbeef.csv`,
      disconnectedOn: on(18),
      reason: 'linked_to_reported_handset',
    });
  });

  it('says of nobody that their ladder ended without an answer who was answered for in time, and whose number is given again since', () => {
    const closed = answered('disconnected', ledger('reverify', { closedAt: at(4) }));
    const late = new Uint8Array(closed.outcomes);
    writeOutcome(late, 0, 'reissued', on(28), 1);
    const given = { sha256: SHA256, attempt: 'b', at: at(28, '10:00:00'), version: 9, withdrawnOn: on(28) };
    const facts = number([rowOf({ ...closed, late, files: [...closed.files, given] })]);
    expect(storyOf(facts).map(({ what }) => what)).not.toContain('overdue');
    // Before it was settled the first answer is no longer kept beside the second one.
    const unsettled = { ...closed, outcomes: late, files: [...closed.files, given] };
    expect(storyOf(number([rowOf(unsettled)])).map(({ what }) => what)).not.toContain('overdue');
  });

  it('says of a failed row that went overdue both', () => {
    const of = answered('failed', ledger('reverify', { closedAt: at(17) }));
    const outcomes = new Uint8Array(of.outcomes);
    outcomes[0] = ((outcomes[0] ?? 0) & ~0b11111) | code.overdue;
    const events = storyOf(number([rowOf({ ...of, outcomes })]));
    expect(events).toContainEqual(expect.objectContaining({ what: 'answered', outcome: 'failed', on: on(3) }));
    expect(events).toContainEqual(expect.objectContaining({ what: 'overdue', at: at(17), failed: true }));
  });
});

it('an explanation has the form of the contract, and its lines are read back', () => {
  const text = explanationsText([explain({ line: 7 }, undefined, asking), explain({ line: 9 }, number([]), asking)]);
  expect(JSON.parse(text)).toEqual({
    lookups: [
      { line: 7, story: [], sentence: expect.stringMatching(/^No order has a row/) },
      {
        line: 9,
        story: [{ at: at(1), what: 'reported', batchId: BATCH, agency: 'mha', file: 'reports/mha/a.csv', cases: [] }],
        sentence: expect.stringMatching(/^Nothing is known/),
      },
    ],
  });
  expect(linesIn(text)).toEqual(new Set([7, 9]));
});

test("the batch of a night is no report's, so that nobody is said to have reported what goes on in it", () => {
  const night = batch({
    batchId: 'followup-202606040000' as BatchId,
    kind: 'followup',
    agency: 'followup' as AgencyId,
    file: 'found.json',
  });
  const facts: Facts = {
    subject: { kind: 'number', msisdn: NUMBER },
    batches: [batch(), night],
    rows: [],
    aside: [],
    reversals: [],
    blocks: [],
    exemption: {},
  };
  expect(storyOf(facts).map((event) => [event.what, 'agency' in event && event.agency])).toEqual([['reported', 'mha']]);
});
