/** Facts about a number or a handset, as explanations and their sentences are made of them. */
import type { Day, Instant } from '../../lambdas/domain/days.ts';
import type { DirectionRow } from '../../lambdas/domain/directions.ts';
import type {
  AsideFacts,
  BatchFacts,
  CarryingOrder,
  Facts,
  ReversalFacts,
  RowFacts,
} from '../../lambdas/domain/facts.ts';
import type { AgencyId, BatchId, DirectionId, Imei, Msisdn, OperatorId } from '../../lambdas/domain/identifiers.ts';
import type { DirectionKind } from '../../lambdas/domain/kinds.ts';
import { type Ledger, newLedger, type RecordedFile } from '../../lambdas/domain/ledger.ts';
import type { Answer } from '../../lambdas/domain/outcome-rules.ts';
import { markCarriedAsFailed, writeOutcome } from '../../lambdas/domain/outcomes.ts';
import { sentenceOf } from '../../lambdas/domain/sentences.ts';

export const BATCH = 'mha-0123456789ab' as BatchId;
export const REVERSAL = 'caseworker-1-0123456789ab' as BatchId;
export const [IMEI, NUMBER] = ['35100000000001' as Imei, '+919800000001' as Msisdn];
export const at = (day: number, time = '00:00:00') => `2026-06-${String(day).padStart(2, '0')}T${time}Z` as Instant;
export const on = (day: number) => `2026-06-${String(day).padStart(2, '0')}` as Day;
export const SHA256 = 'deadbeef'.repeat(8);
export const asking = { now: at(7), approvers: ['approver-1', 'approver-2', 'approver-3'] };

/** A ledger of one row at jio, of the plan given. */
export function ledger(kind: DirectionKind, more: Partial<Ledger> = {}, plan = 1): Ledger {
  const planned = newLedger({
    directionId: `${BATCH}.${kind}.jio.${plan}-0-0` as DirectionId,
    batchId: BATCH,
    operator: 'jio' as OperatorId,
    kind,
    plan,
    rows: 1,
    rowsKey: 'rows.tsv',
    startedAt: at(1),
    rungs:
      kind === 'reverify'
        ? [
            { order: 'reverify', deadline: at(6) },
            { order: 'bar_outgoing', deadline: at(11) },
            { order: 'bar_incoming', deadline: at(16) },
            { order: 'disconnect', deadline: at(17) },
          ]
        : [{ order: kind === 'restore' ? 'restore' : kind, deadline: at(9) }],
  });
  return { ...planned, ...more };
}

/** The ledger after a file of the third of June with this answer for the row. */
export function answered(answer: Answer | 'overdue', of: Ledger, file: Partial<RecordedFile> = {}): Ledger {
  const outcomes = new Uint8Array(of.outcomes);
  writeOutcome(outcomes, 0, answer, on(3), 0);
  if (file.failedOrder !== undefined) markCarriedAsFailed(outcomes, 0);
  return { ...of, outcomes, files: [{ sha256: SHA256, attempt: 'a', at: at(3, '10:00:00'), version: 4, ...file }] };
}
export const order = (one: CarryingOrder['order'], deadline: Instant, day = 6): CarryingOrder => ({
  order: one,
  key: `orders/jio/x/${one}.csv`,
  at: at(day),
  deadline,
});
export const rowOf = (of: Ledger, more: Partial<RowFacts> = {}): RowFacts => ({
  batchId: BATCH,
  ledger: of,
  row: 0,
  subject: { msisdn: NUMBER, imei: IMEI, lastSeen: '2026-05-20' as Day, lsa: '' } satisfies DirectionRow,
  orders: [],
  answeredIn: null,
  moved: null,
  cutAfter: [],
  earlier: [],
  ...more,
});
export const batch = (more: Partial<BatchFacts> = {}): BatchFacts => ({
  batchId: BATCH,
  kind: 'report',
  agency: 'mha' as AgencyId,
  file: 'reports/mha/a.csv',
  uploadedAt: at(1),
  startedAt: at(1),
  settledAt: null,
  reported: [],
  sightings: [],
  held: new Map(),
  decision: null,
  ...more,
});
/** A reversal of the number, of the fifth of June, that an appeal asked for. */
export const taken = (more: Partial<ReversalFacts> = {}): ReversalFacts => ({
  batchId: REVERSAL,
  at: at(5),
  imei: null,
  msisdn: NUMBER,
  ground: 'wrong_number',
  state: 'directed',
  rows: [],
  directionIds: [],
  kept: [],
  appeals: [],
  withdraws: null,
  ...more,
});
export const number = (rows: RowFacts[], more: Partial<Facts> = {}): Facts => ({
  subject: { kind: 'number', msisdn: NUMBER },
  batches: [batch()],
  rows,
  aside: [],
  reversals: [],
  blocks: [],
  exemption: {},
  ...more,
});
export const handset = (rows: RowFacts[], aside: AsideFacts[] = [], reversals: ReversalFacts[] = []): Facts => ({
  reversals,
  subject: { kind: 'handset', imei: IMEI },
  batches: [batch()],
  rows: rows.map((row) => ({ ...row, subject: { imei: IMEI } })),
  aside,
  blocks: [],
  exemption: {},
});
export const said = (facts: Facts) => sentenceOf(facts, asking);
