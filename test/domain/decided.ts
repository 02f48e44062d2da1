/** A batch that waits for a decision, the words of its approvers, and the results. */
import type { Instant } from '../../lambdas/domain/days.ts';
import type { DecisionRow } from '../../lambdas/domain/decision-rows.ts';
import { applyDecision, type Decision, type DecisionApplied, openDecision } from '../../lambdas/domain/decisions.ts';
import type { ApproverId, Imei } from '../../lambdas/domain/identifiers.ts';
import type { RejectedRow } from '../../lambdas/domain/reasons.ts';
import { at, batchId, imei, msisdn } from './example.ts';

export const preview = 'ab'.repeat(32);
export const [A, B, C] = ['approver-1', 'approver-2', 'approver-3'] as ApproverId[] as [
  ApproverId,
  ApproverId,
  ApproverId,
];
export const clone = imei('35200000000001');
export const plain = imei('35200000000002');
export const number = msisdn('9800000001');
export const openedAt = at('2026-06-01T00:00:00Z');
export const decideBy = at('2026-06-03T00:00:00Z');

export const opened = (more: Partial<Parameters<typeof openDecision>[0]> = {}): Decision =>
  openDecision({ batchId, preview, people: 2, openedAt, decideBy, overLimit: null, ...more });

export type Word = readonly ['approve' | 'refuse'] | readonly ['block' | 'reverify' | 'spare' | 'strike', string];
const rowsOf = (words: readonly Word[]): DecisionRow[] =>
  words.map(([decision, subject], n) => {
    const line = n + 2;
    if (decision === 'approve') return { line, decision, ground: 'public_interest' };
    if (decision === 'refuse') return { line, decision, remarks: 'the FIR was withdrawn' };
    if (decision !== 'strike') return { line, decision, imei: subject as Imei };
    const isNumber = subject?.startsWith('+') ?? false;
    return {
      line,
      decision,
      imei: isNumber ? null : (subject as Imei),
      msisdn: isNumber ? (subject as typeof number) : null,
    };
  });

let files = 0;
export function result(
  decision: Decision,
  approver: ApproverId,
  words: readonly Word[],
  more: {
    at?: Instant;
    sha256?: string;
    upload?: string;
    uploadedAt?: Instant;
    approvers?: readonly ApproverId[];
    rejects?: RejectedRow[];
  } = {},
) {
  files += 1;
  const sha256 = more.sha256 ?? files.toString(16).padStart(8, '0').padEnd(64, '0');
  return applyDecision(decision, [...rowsOf(words), ...(more.rejects ?? [])], {
    approver,
    sha256,
    upload: more.upload ?? `upload-${files}`,
    uploadedAt: more.uploadedAt ?? at('2026-06-01T11:00:00Z'),
    attempt: `attempt-${files}`,
    committedAt: more.at ?? at('2026-06-01T12:00:00Z'),
    approvers: more.approvers ?? [A, B, C],
  });
}
export function applied(
  decision: Decision,
  approver: ApproverId,
  words: readonly Word[],
  more?: Parameters<typeof result>[3],
): DecisionApplied {
  const done = result(decision, approver, words, more);
  if (done.kind !== 'applied') throw new Error(`expected applied, got ${done.kind}`);
  return done;
}
export const said = (decision: Decision, ...all: [ApproverId, ...Word[]][]): Decision =>
  all.reduce((before, [approver, ...words]) => applied(before, approver, words).decision, decision);
export const endOf = (decision: Decision) => decision.ending?.state ?? 'waits';
