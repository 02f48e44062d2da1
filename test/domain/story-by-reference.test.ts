import { describe, expect, it } from 'vitest';
import type { Exemption } from '../../lambdas/domain/exemptions.ts';
import type { AsideFacts, BatchFacts, Facts, ReversalFacts, RowFacts } from '../../lambdas/domain/facts.ts';
import type { BatchId, DirectionId, OperatorId } from '../../lambdas/domain/identifiers.ts';
import type { DirectionKind } from '../../lambdas/domain/kinds.ts';
import type { Ledger } from '../../lambdas/domain/ledger.ts';
import type { Answer } from '../../lambdas/domain/outcome-rules.ts';
import { factsSince } from '../../lambdas/domain/story-by-reference.ts';
import { airtel, answered, at, day, fresh, imei, jio, marked, msisdn } from './example.ts';

const [FIRST, LATER] = ['mha-0123456789ab', 'mha-ba9876543210'] as [BatchId, BatchId];
const FOLLOW_UP = 'followup-202606040000' as BatchId;
const NEXT_NIGHT = 'followup-202606070000' as BatchId;
const NUMBER = msisdn('9800000001');
const HANDSET = imei('351000000000013');

/**
 * The only row of a batch's direction; the batch's plan, and what the operator said on a day of June, with which the next night went on as
 * far as it moved the row.
 */
function rowOf(
  batchId: BatchId,
  plan: number,
  operator: OperatorId,
  answer: Answer | null,
  {
    on = '2026-06-03',
    kind = 'reverify',
    begun = '2026-06-01',
    night = batchId === FIRST ? FOLLOW_UP : NEXT_NIGHT,
  }: { on?: string; kind?: DirectionKind; begun?: string; night?: BatchId } = {},
): RowFacts {
  const directionId = `${batchId}.${kind}.${operator}.${plan}-0-0` as DirectionId;
  const startedAt = at(`${begun}T00:00:00Z`);
  const open: Ledger = { ...fresh(1, kind, operator), batchId, plan, directionId, startedAt };
  const said = answer === null ? open : answered(open, [[0, answer]], { on, at: `${on}T10:00:00Z` }).ledger;
  const ledger = { ...said, files: said.files.map((file) => ({ ...file, followUp: night })) };
  const moved = answer === 'ported' ? ({ row: 0, why: 'ported', to: jio } as const) : null;
  const subject = { msisdn: NUMBER, imei: HANDSET, lastSeen: day('2026-05-20'), lsa: '' };
  return { batchId, ledger, row: 0, subject, orders: [], answeredIn: null, moved, cutAfter: [], earlier: [] };
}
const batch = (batchId: BatchId, startedAt: string, seen: string[]): BatchFacts => ({
  batchId,
  kind: batchId === FOLLOW_UP ? 'followup' : 'report',
  agency: 'mha' as BatchFacts['agency'],
  file: 'reports/mha/a.csv',
  uploadedAt: at(startedAt),
  startedAt: at(startedAt),
  settledAt: null,
  reported: [],
  sightings: seen.map((on) => ({ msisdn: NUMBER, imei: HANDSET, operator: airtel, lastSeen: day(on), lsa: '' })),
  held: new Map(),
  decision: null,
});
const aside = (state: AsideFacts['state'], directionId: DirectionId | null): AsideFacts => ({
  batchId: LATER,
  kind: 'reverify',
  operator: airtel,
  state,
  directionId,
});
const facts = (rows: RowFacts[], more: Partial<Facts> = {}): Facts => ({
  subject: { kind: 'number', msisdn: NUMBER },
  batches: [
    batch(FIRST, '2026-06-01T00:00:00Z', ['2026-05-20']),
    batch(FOLLOW_UP, '2026-06-04T00:00:00Z', []),
    batch(LATER, '2026-06-20T00:00:00Z', ['2026-05-20', '2026-06-18']),
  ],
  rows,
  aside: [],
  reversals: [],
  blocks: [],
  exemption: {},
  ...more,
});
const exempted = (on: string) => ({
  'approver-1': { until: day('2026-08-31'), at: at(`${on}T00:00:00Z`), sha256: 'a'.repeat(64), line: 2 },
});
const told = ({ rows, batches, aside: left, exemption }: Facts) => ({
  rows: rows.map(({ ledger }) => ledger.directionId),
  batches: batches.map(({ batchId }) => batchId),
  aside: left.length,
  exemptions: Object.keys(exemption).length,
});

describe('a reference', () => {
  it.each(['disconnected', 'surrendered', 'not_found', 'reissued', 'verified'] as const)(
    'to a row that was %s tells nothing of a later report that directs the number, wherever',
    (answer) => {
      const own = rowOf(FIRST, 1, airtel, answer);
      const later = rowOf(LATER, 3, jio, null);
      expect(told(factsSince(facts([later, own]), own))).toEqual({
        rows: [own.ledger.directionId],
        batches: [FIRST],
        aside: 0,
        exemptions: 0,
      });
    },
  );

  it('goes on where its row was ported, and not to what somebody else is asked there later', () => {
    const own = rowOf(FIRST, 1, airtel, 'ported');
    const next = rowOf(FOLLOW_UP, 2, jio, 'verified', { on: '2026-06-05' });
    const later = rowOf(LATER, 3, jio, null);
    expect(told(factsSince(facts([later, next, own]), own))).toMatchObject({
      rows: [own.ledger.directionId, next.ledger.directionId],
      batches: [FIRST, FOLLOW_UP],
    });
  });

  it('goes on where its row was extended, and where it came back from a dispute', () => {
    const extended = rowOf(FIRST, 1, airtel, 'extended');
    const again = rowOf(FOLLOW_UP, 2, airtel, null);
    expect(told(factsSince(facts([again, extended]), extended)).rows).toHaveLength(2);
    const ported = rowOf(FIRST, 1, airtel, 'ported');
    const disputed = rowOf(FOLLOW_UP, 2, jio, 'not_found', { on: '2026-06-06' });
    const back = rowOf(NEXT_NIGHT, 3, airtel, null);
    expect(told(factsSince(facts([back, disputed, ported]), ported)).rows).toHaveLength(3);
  });

  it.each(['ported', 'extended', 'disputed'] as const)(
    'of what was %s tells why: the report from which it goes on',
    (why) => {
      const night = why === 'disputed' ? FOLLOW_UP : NEXT_NIGHT;
      const own = rowOf(FIRST, 1, airtel, why === 'extended' ? 'extended' : 'ported', { night });
      const there = rowOf(FOLLOW_UP, 2, jio, 'not_found', { on: '2026-06-06' });
      const last = rowOf(NEXT_NIGHT, 3, why === 'ported' ? jio : airtel, null, { begun: '2026-06-07' });
      const rows = why === 'disputed' ? [last, there, own] : [last, own];
      expect(told(factsSince(facts(rows), last))).toMatchObject({
        rows: rows.map(({ ledger }) => ledger.directionId).reverse(),
        batches: why === 'disputed' ? [FIRST, FOLLOW_UP] : [FIRST],
      });
      // Who asks by the reference that came before is told the same.
      expect(factsSince(facts(rows), last)).toEqual(factsSince(facts(rows), own));
    },
  );

  it('goes on, of two rows that one continues, by the reference of either', () => {
    const ported = rowOf(FIRST, 1, airtel, 'ported');
    const extended = rowOf(LATER, 2, jio, 'extended', { night: FOLLOW_UP });
    const next = rowOf(FOLLOW_UP, 3, jio, null);
    for (const own of [ported, extended])
      expect(told(factsSince(facts([next, extended, ported]), own)).rows).toContain(next.ledger.directionId);
    // In another night one of them went on, and the other found it open there.
    const later = rowOf(LATER, 2, jio, 'extended', { night: NEXT_NIGHT });
    expect(told(factsSince(facts([next, later, ported]), ported)).rows).toHaveLength(2);
    expect(told(factsSince(facts([next, later, ported]), later)).rows).toEqual([later.ledger.directionId]);
  });

  it('has the batch that left its number where it was before it went on', () => {
    const own = rowOf(FIRST, 1, airtel, 'ported', { night: NEXT_NIGHT });
    const next = rowOf(NEXT_NIGHT, 4, jio, null, { begun: '2026-06-21' });
    const nights = [...facts([]).batches, batch(NEXT_NIGHT, '2026-06-21T00:00:00Z', [])];
    const left = facts([next, own], { batches: nights, aside: [aside('alreadyOpen', own.ledger.directionId)] });
    expect(told(factsSince(left, next)).aside).toBe(1);
  });

  it.each([
    // Seen on 20 May, ported on 3 June, and asked there since 4 June.
    ['2026-05-21', 1],
    ['2026-06-04', 1],
    ['2026-06-05', 2],
  ])('of who has had the number since %s tells nothing of who was seen with it before', (since, rows) => {
    const own = rowOf(FIRST, 1, airtel, 'ported');
    const next = rowOf(FOLLOW_UP, 2, jio, 'reissued', { on: since, begun: '2026-06-04' });
    expect(told(factsSince(facts([next, own]), next))).toMatchObject({
      rows: [own, next].slice(-rows).map(({ ledger }) => ledger.directionId),
    });
    // Nor does it where another operator says so.
    const open = rowOf(FOLLOW_UP, 2, jio, null, { begun: '2026-06-04' });
    const others = rowOf(LATER, 3, airtel, 'reissued', { on: since });
    expect(told(factsSince(facts([others, open, own]), open)).rows).toHaveLength(rows);
  });

  it('tells nothing of another sighting, where the answer was replaced by which its row went on', () => {
    const others = rowOf(FIRST, 1, airtel, 'ported');
    const own = rowOf(LATER, 2, airtel, 'verified');
    const open = rowOf(FOLLOW_UP, 3, jio, null);
    const next = { ...open, subject: { ...open.subject, lastSeen: day('2026-05-31') } };
    expect(told(factsSince(facts([next, own, others]), next)).rows).toEqual([next.ledger.directionId]);
  });

  it('has what gives back what its operator took, and not what was taken from another holder', () => {
    const own = rowOf(FIRST, 1, airtel, 'verified');
    const restored = rowOf(FOLLOW_UP, 2, airtel, null, { kind: 'restore' });
    expect(told(factsSince(facts([own, restored]), own)).rows).toHaveLength(2);
    const other = rowOf(LATER, 3, airtel, 'verified', { on: '2026-06-21' });
    const others = rowOf('followup-202606220000' as BatchId, 4, airtel, null, { kind: 'restore' });
    expect(told(factsSince(facts([own, other, others]), own)).rows).toHaveLength(1);
  });

  it('has the batch that left it where it was, unless that saw the number after its end', () => {
    const open = rowOf(FIRST, 1, airtel, null);
    const left = (row: RowFacts, state: AsideFacts['state']) =>
      told(factsSince(facts([row], { aside: [aside(state, row.ledger.directionId)] }), row)).aside;
    expect(left(open, 'alreadyOpen')).toBe(1);
    expect(left(rowOf(FIRST, 1, airtel, 'disconnected', { on: '2026-06-18' }), 'alreadyDisconnected')).toBe(1);
    expect(left(rowOf(FIRST, 1, airtel, 'disconnected', { on: '2026-06-17' }), 'alreadyDisconnected')).toBe(0);
    expect(told(factsSince(facts([open], { aside: [aside('exempt', null)] }), open)).aside).toBe(0);
  });

  it.each(['reissued', 'disconnected', 'surrendered', 'not_found'] as const)(
    'to a row that was %s has the exemption of then, and not that of who has the number now',
    (answer) => {
      const row = rowOf(FIRST, 1, airtel, answer);
      const of = (on: string) =>
        told(factsSince(facts([row], { exemption: exempted(on) as unknown as Exemption }), row)).exemptions;
      expect([of('2026-06-02'), of('2026-06-20')]).toEqual([1, 0]);
    },
  );

  it('to a row that was taken back, nobody knows since when, has none at all', () => {
    const open = rowOf(FIRST, 1, airtel, null);
    const row = { ...open, ledger: marked(open.ledger, [0]) };
    const one = facts([row], { exemption: exempted('2026-06-02') as unknown as Exemption });
    expect(told(factsSince(one, row)).exemptions).toBe(0);
  });
});

describe('a reference is told of the reversals of who had the number then', () => {
  const [REVERSAL, ANOTHER] = ['caseworker-1-0123456789ab', 'caseworker-1-ba9876543210'] as [BatchId, BatchId];
  const pointerOf = ({ ledger, row }: RowFacts) => ({ directionId: ledger.directionId, row });
  const reversal = (rows: RowFacts[], more: Partial<ReversalFacts> = {}): ReversalFacts => ({
    batchId: REVERSAL,
    at: at('2026-06-08T00:00:00Z'),
    imei: null,
    msisdn: NUMBER,
    ground: 'wrong_number',
    state: 'directed',
    rows: rows.map(pointerOf),
    directionIds: [],
    kept: [],
    appeals: [{ line: 2, row: null, ground: 'wrong_number', caseRef: 'A-1' }],
    withdraws: null,
    ...more,
  });
  const reversals = (rows: RowFacts[], own: RowFacts, some: ReversalFacts[]) =>
    factsSince(facts(rows, { reversals: some }), own).reversals.length;
  const takenBack = (row: RowFacts): RowFacts => ({ ...row, ledger: marked(row.ledger, [0]) });

  it('that took its row back, or one that goes on with it', () => {
    const own = takenBack(rowOf(FIRST, 1, airtel, 'disconnected'));
    expect(reversals([own], own, [reversal([own])])).toBe(1);
    const ported = rowOf(FIRST, 1, airtel, 'ported');
    const next = takenBack(rowOf(FOLLOW_UP, 2, jio, null));
    expect(reversals([next, ported], ported, [reversal([next])])).toBe(1);
  });

  it('and not of one that was about somebody who had the number later', () => {
    const own = rowOf(FIRST, 1, airtel, 'reissued');
    const others = takenBack(rowOf(LATER, 3, airtel, 'disconnected', { on: '2026-06-21' }));
    expect(reversals([others, own], own, [reversal([others])])).toBe(0);
    expect(factsSince(facts([others, own]), others).reissuedOn).toBe('2026-06-03');
    // It came too late for whoever was cut off: by then the number may be anybody's.
    const cut = takenBack(rowOf(FIRST, 1, airtel, 'disconnected'));
    expect(reversals([cut], cut, [reversal([cut], { state: 'tooLate' })])).toBe(0);
    const byIt = {
      line: 2,
      row: { directionId: cut.ledger.directionId, row: 0 },
      ground: 'wrong_number',
      caseRef: '',
    } as const;
    expect(reversals([cut], cut, [reversal([cut], { state: 'tooLate', appeals: [byIt] })])).toBe(1);
  });

  it('that left it as it was, as long as the number is still theirs, or where it was their report that was withdrawn', () => {
    const none = { state: 'struck' } as const;
    const open = rowOf(FIRST, 1, airtel, null);
    const gone = rowOf(FIRST, 1, airtel, 'disconnected');
    expect(reversals([open], open, [reversal([], none)])).toBe(1);
    expect(reversals([gone], gone, [reversal([], none)])).toBe(0);
    const withdrawn = { state: 'kept', withdraws: FIRST, ground: 'withdrawal', appeals: [] } as const;
    expect(reversals([gone], gone, [reversal([], withdrawn)])).toBe(1);
    expect(reversals([gone], gone, [reversal([], { ...withdrawn, withdraws: LATER })])).toBe(0);
  });

  it('with what they directed, and nights went on with, though a later report had directed the number anew', () => {
    const own = rowOf(FIRST, 1, airtel, 'disconnected');
    const anew = rowOf(LATER, 3, airtel, null);
    const asked = rowOf(REVERSAL, 4, airtel, null, { kind: 'restore' });
    const night = rowOf(NEXT_NIGHT, 5, airtel, null, { kind: 'restore' });
    const [row] = [pointerOf(own)];
    const byIt = { line: 2, row, ground: 'wrong_number', caseRef: '' } as const;
    const theirs = reversal([anew], { directionIds: [asked.ledger.directionId], appeals: [byIt] });
    const rowsTold = (some: ReversalFacts[]) =>
      factsSince(facts([night, asked, anew, own], { reversals: some }), own).rows.map(({ batchId }) => batchId);
    expect(rowsTold([theirs])).toEqual([FIRST, REVERSAL, NEXT_NIGHT]);
    // What another holder had given back is no part of it, nor is the night that goes on with that.
    const others = { ...byIt, row: { ...row, row: 7 } };
    expect(rowsTold([{ ...theirs, appeals: [others] }])).toEqual([FIRST]);
  });

  it('but not that of a withdrawn report what the new holder lost by another one stays', () => {
    const own = rowOf(FIRST, 1, airtel, 'reissued');
    const kept = [{ operator: airtel, batchId: LATER, state: 'directed' }];
    const withdrawn = { state: 'kept', withdraws: FIRST, ground: 'withdrawal', appeals: [], kept } as const;
    expect(reversals([own], own, [reversal([], withdrawn)])).toBe(0);
    expect(reversals([own], own, [reversal([own], withdrawn)])).toBe(1);
  });

  it('that excepted the number from a block, with what nights go on to ask of it, and not of whom another one excepted', () => {
    const own = rowOf(FIRST, 1, airtel, null);
    const asked = (batchId: BatchId, plan: number, operator = airtel): RowFacts => ({
      ...rowOf(batchId, plan, operator, null, { kind: 'unblock' }),
      subject: { imei: HANDSET, msisdn: NUMBER },
    });
    const pair = { imei: HANDSET, appeals: [{ line: 2, row: pointerOf(own), ground: 'cloned', caseRef: '' }] } as const;
    const others = { line: 2, row: { ...pointerOf(own), row: 7 }, ground: 'cloned', caseRef: '' } as const;
    const [theirs, night] = [asked(REVERSAL, 2), asked(FOLLOW_UP, 3)];
    const [another, nextNight] = [asked(ANOTHER, 4), asked(NEXT_NIGHT, 5)];
    const [elsewhere, nightThere] = [asked(ANOTHER, 4, jio), asked(NEXT_NIGHT, 5, jio)];
    const exceptions = (rows: RowFacts[], at: RowFacts) =>
      factsSince(
        facts([...rows, at], {
          reversals: [reversal([], pair), reversal([], { ...pair, batchId: ANOTHER, appeals: [others] })],
        }),
        at,
      ).rows.slice(1);
    expect(exceptions([night, theirs], own)).toEqual([theirs, night]);
    expect(exceptions([nextNight, another, night, theirs], own)).toEqual([theirs, night]);
    expect(exceptions([nightThere, elsewhere, nextNight, night, theirs], own)).toEqual([theirs, night, nextNight]);
  });

  it('also by the reference of a row by which theirs goes on: their report was withdrawn, or their first row taken back', () => {
    const ported = rowOf(FIRST, 1, airtel, 'ported');
    const next = takenBack(rowOf(FOLLOW_UP, 2, jio, null));
    const withdrawn = reversal([next], { withdraws: FIRST, ground: 'withdrawal', appeals: [] });
    expect(reversals([next, ported], next, [withdrawn])).toBe(1);
    expect(reversals([next, ported], next, [reversal([ported, next])])).toBe(1);
    // Of who has had the number since before they were asked there nothing was taken back by that.
    const others = rowOf(FOLLOW_UP, 2, jio, 'reissued', { begun: '2026-06-04' });
    const before = reversal([ported], { withdraws: FIRST, ground: 'withdrawal', appeals: [] });
    expect(reversals([others, ported], others, [before])).toBe(0);
  });
});
