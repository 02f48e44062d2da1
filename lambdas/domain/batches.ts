import type { Instant } from './days.ts';
import type { BatchKind } from './kinds.ts';
import { mayBeGone } from './work.ts';

/**
 * The states of a batch. It waits while it is prepared and decided upon, and is approved until its turn to plan comes; its plan counts once
 * it is directed. Before that it may fail, or end without effect: refused, lapsed, over a limit or withdrawn. The same file begins it anew,
 * unless a person refused it or its agency withdrew it.
 */
export const BATCH_STATES = [
  'waiting',
  'approved',
  'planning',
  'directed',
  'settled',
  'failed',
  'refused',
  'lapsed',
  'over_limit',
  'withdrawn',
] as const;
/** The state of a batch. */
export type BatchState = (typeof BATCH_STATES)[number];

/**
 * The words in which a batch is told: its state, or `empty` for a report of which no handset could be taken. Such a report is settled in
 * its record, and there was nothing to act on.
 */
export const TOLD_STATES = [...BATCH_STATES, 'empty'] as const;
type ToldState = (typeof TOLD_STATES)[number];

/** The word in which a batch is told. */
export function toldState({ kind, state, report }: ToldBatch): ToldState {
  return state === 'settled' && isEmpty({ kind, report }) ? 'empty' : state;
}

/** Whether a batch is a report of which no handset could be taken: nothing follows from it. */
export function isEmpty({ kind, report }: Omit<ToldBatch, 'state'>): boolean {
  return kind === 'report' && report.handsets === 0;
}

interface ToldBatch {
  readonly kind: BatchKind;
  readonly state: BatchState;
  readonly report: { readonly handsets: number };
}

/**
 * Whether a batch settled so long ago that the mark which says so may be kept no more: another upload of the same bytes leaves newer objects of
 * it in the work bucket.
 */
export function isLongSettled(
  { state, settledAt }: { readonly state: BatchState; readonly settledAt?: Instant },
  now: Instant,
): boolean {
  return state === 'settled' && settledAt !== undefined && mayBeGone(settledAt, now);
}

/** The states in which a batch fails if its execution ends: no plan of it counts yet. */
export const MAY_FAIL = ['waiting', 'approved', 'planning'] as const satisfies readonly BatchState[];

/** Whether a batch fails if its execution ends. */
export function mayFail(state: BatchState): boolean {
  return MAY_FAIL.some((one) => one === state);
}

/** The states in which the same file begins a batch anew. */
export const BEGINS_ANEW = ['failed', 'lapsed', 'over_limit'] as const satisfies readonly BatchState[];

/** Whether a batch ended before it had any effect. */
export function isWithoutEffect(state: BatchState): boolean {
  return state === 'refused' || state === 'withdrawn' || BEGINS_ANEW.some((one) => one === state);
}

/** Whether a batch is on its way from its decision to its plan: only then it asks for the turn to plan, and holds it. */
export function wantsTurn(state: BatchState): boolean {
  return state === 'approved' || state === 'planning';
}

/** Whether a batch's plan counts: then its directions and its claims count, too. */
export function planCounts(state: BatchState): boolean {
  return state === 'directed' || state === 'settled';
}
