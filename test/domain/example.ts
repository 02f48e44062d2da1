/** A direction of a few rows, in the state that a test needs; its identities don't matter. */

import { type Applied, applyResponse } from '../../lambdas/domain/applying-responses.ts';
import { asInstant, type Day, type Instant, parseDay } from '../../lambdas/domain/days.ts';
import {
  type AgencyId,
  type BatchId,
  type DirectionId,
  type Imei,
  type Msisdn,
  type OperatorId,
  parseDirectionId,
} from '../../lambdas/domain/identifiers.ts';
import { parseImei } from '../../lambdas/domain/imeis.ts';
import { firstOrderPublished, issueOrder } from '../../lambdas/domain/issuing.ts';
import type { DirectionKind } from '../../lambdas/domain/kinds.ts';
import { type Ledger, markReversedRows, newLedger, outcomeOf } from '../../lambdas/domain/ledger.ts';
import { parseMsisdn } from '../../lambdas/domain/msisdns.ts';
import type { Answer } from '../../lambdas/domain/outcome-rules.ts';
import { closeLedger, sealLedger } from '../../lambdas/domain/sealing.ts';

export const batchId = 'mha-0123456789ab' as BatchId;
export const agency = 'mha' as AgencyId;
export const airtel = 'airtel' as OperatorId;
export const jio = 'jio' as OperatorId;

export const at = asInstant;

/** The name and message of the error that an act ends with. */
export function thrown(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return String(error);
  }
  return 'nothing was thrown';
}

export function day(text: string): Day {
  const parsed = parseDay(text);
  if (parsed === null) throw new Error('not a day');
  return parsed;
}

export function msisdn(text: string): Msisdn {
  const parsed = parseMsisdn(text);
  if ('reason' in parsed) throw new Error(parsed.reason);
  return parsed.value;
}

export function imei(text: string): Imei {
  const parsed = parseImei(text);
  if ('reason' in parsed) throw new Error(parsed.reason);
  return parsed.value;
}

export function directionId(
  kind: DirectionKind = 'reverify',
  number = '1-0-0',
  operator: string = airtel,
): DirectionId {
  const parsed = parseDirectionId(`${batchId}.${kind}.${operator}.${number}`);
  if (parsed === null) throw new Error('not a direction id');
  return parsed.id;
}

/** The flagged ladder (5, 5, 5 and 1 days) or the block ladder (1 and 1 day), begun on 2026-06-01T00:00:00Z. */
export const rungs = {
  reverify: [
    { order: 'reverify', deadline: at('2026-06-06T00:00:00Z') },
    { order: 'bar_outgoing', deadline: at('2026-06-11T00:00:00Z') },
    { order: 'bar_incoming', deadline: at('2026-06-16T00:00:00Z') },
    { order: 'disconnect', deadline: at('2026-06-17T00:00:00Z') },
  ],
  block: [
    { order: 'block', deadline: at('2026-06-02T00:00:00Z') },
    { order: 'block', deadline: at('2026-06-03T00:00:00Z') },
  ],
  restore: [
    { order: 'restore', deadline: at('2026-06-02T00:00:00Z') },
    { order: 'restore', deadline: at('2026-06-03T00:00:00Z') },
  ],
  unblock: [
    { order: 'unblock', deadline: at('2026-06-02T00:00:00Z') },
    { order: 'unblock', deadline: at('2026-06-03T00:00:00Z') },
  ],
} as const;

export const start = at('2026-06-01T00:00:00Z');
export const ladderEnds = {
  reverify: at('2026-06-17T00:00:00Z'),
  block: at('2026-06-03T00:00:00Z'),
  restore: at('2026-06-03T00:00:00Z'),
  unblock: at('2026-06-03T00:00:00Z'),
} as const;

export function fresh(rows: number, kind: DirectionKind = 'reverify', operator: OperatorId = airtel): Ledger {
  return newLedger({
    directionId: directionId(kind, '1-0-0', operator),
    batchId,
    operator,
    kind,
    plan: 1,
    rows,
    rowsKey: 'plans/1/rows.jsonl',
    startedAt: start,
    rungs: rungs[kind],
  });
}

/** Issues rung `rung`, at the instant when the one before ended, and publishes it. */
export function issued(ledger: Ledger, rung: number, token = `token-${rung}`): Ledger {
  const now = ledger.rungs[rung - 2]?.deadline ?? start;
  const { deadline = start } = ledger.rungs[rung - 1] ?? {};
  const decision = issueOrder(ledger, { rung, deadline, now, token, attempt: `attempt-${rung}` });
  if (decision.kind !== 'issue') throw new Error(`expected issue, got ${decision.kind}`);
  const committed = decision.commit({ sha256: `order-${rung}`, bytes: 100 });
  return committed.kind === 'reverify' && rung === 1 ? published(committed, now) : committed;
}

/** Notes that the ledger's first order was published. */
export function published(ledger: Ledger, now: Instant): Ledger {
  const [first] = ledger.orders;
  if (first === undefined) throw new Error('nothing was ordered');
  const decision = firstOrderPublished(ledger, first, now);
  if (decision.kind !== 'begun') throw new Error(`expected begun, got ${decision.kind}`);
  return decision.ledger;
}

/** Marks rows as taken back, as an answer to another direction does. */
export function marked(ledger: Ledger, rows: readonly number[]): Ledger {
  const taken = markReversedRows(ledger, rows);
  if (taken === undefined) throw new Error('they are marked already');
  return taken;
}

/** The details of rows that are ported or extended: all ports are to jio, and everybody with more time is in hospital. */
const ONWARD = { ported: { onward: { to: jio } }, extended: { onward: { ground: 'hospital' } } } as const;

/** A response's rows, lines counted from 2, all of one day. */
export function rowsOf(answers: readonly (readonly [row: number, outcome: Answer])[], on?: string) {
  return answers.map(([row, outcome], n) => ({
    line: n + 2,
    row,
    outcome,
    day: day(on ?? '2026-06-03'),
    ...(outcome === 'disconnected' && on !== undefined && { isDated: true as const }),
    ...(outcome === 'ported' || outcome === 'extended' ? ONWARD[outcome] : {}),
  }));
}

/** A file uploaded and committed at a day's beginning. */
export const fileOn = (on: string, sha256: string) => {
  const instant = at(`${on}T00:00:00Z`);
  return { sha256, attempt: 'another', at: instant, committedAt: instant };
};

let files = 0;
/** Applies answers as a new file; upload and commit are on 2026-06-03 unless `told` says otherwise. */
export function answered(
  ledger: Ledger,
  answers: readonly (readonly [row: number, outcome: Answer])[],
  told: {
    sha256?: string;
    on?: string;
    at?: string;
    committedAt?: string;
    cutElsewhere?: ReadonlySet<number>;
    cutSince?: ReadonlySet<number>;
    disconnectedElsewhere?: ReadonlySet<number>;
    cutSinceBefore?: ReadonlySet<number>;
    keptSince?: ReadonlyMap<number, Day>;
  } = {},
): Applied {
  files += 1;
  // No two digests begin with the same eight digits.
  const sha256 = told.sha256 ?? `${String(files).padStart(8, '0')}-file`;
  const uploadedAt = told.at ?? '2026-06-03T10:00:00Z';
  const committedAt = at(told.committedAt ?? uploadedAt);
  const { cutElsewhere, cutSince, cutSinceBefore, disconnectedElsewhere, keptSince } = told;
  const cut = {
    ...(cutElsewhere && { cutElsewhere }),
    ...(cutSince && { cutSince }),
    ...(cutSinceBefore && { cutSinceBefore }),
    ...(disconnectedElsewhere && { disconnectedElsewhere }),
    ...(keptSince && { keptSince }),
  };
  const file = { sha256, attempt: `work-${sha256}`, at: at(uploadedAt), committedAt, ...cut };
  const decision = applyResponse(ledger, rowsOf(answers, told.on), file);
  if (decision.kind !== 'applied') throw new Error(`expected applied, got ${decision.kind}`);
  return decision;
}

/** Ends a ledger's ladder, whose first order went out at its beginning. */
export function closed(ledger: Ledger): Ledger {
  const begun = { ...ledger, begunAt: ledger.begunAt ?? start };
  const decision = closeLedger(begun, ladderEnds[ledger.kind]);
  if (decision.kind !== 'closed') throw new Error(`expected closed, got ${decision.kind}`);
  return decision.ledger;
}

export function sealed(ledger: Ledger): Ledger {
  const decision = sealLedger(ledger, at('2026-06-17T00:05:00Z'));
  if (decision.kind !== 'sealed') throw new Error(`expected sealed, got ${decision.kind}`);
  return decision.ledger;
}

/** The outcomes of all rows, in their order. */
export const outcomesOf = (ledger: Ledger) =>
  Array.from({ length: ledger.rows }, (_, row) => outcomeOf(ledger, row).outcome);
