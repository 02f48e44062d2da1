/** The rows of a reversal's subject in earlier directions. */
import { decideNumber } from '../../lambdas/domain/reversals.ts';
import type { SubjectRow } from '../../lambdas/domain/subject-rows.ts';
import { airtel, at, day, directionId } from './example.ts';

export const UPLOADED = day('2026-06-30');

/** 90 days before that: a number disconnected earlier may have been given to somebody else. */
export const LONG_AGO = day('2026-04-01');

export const plan = (n: number, kind: 'reverify' | 'restore' | 'block' | 'unblock' = 'reverify') =>
  directionId(kind, `${n}-0-0`);

export const pointer = ({ directionId: id, row }: SubjectRow) => ({ directionId: id, row });

/** A row of a re-verification that ended verified, unless told otherwise: it takes nothing. */
export function row(told: Partial<SubjectRow>): SubjectRow {
  return {
    directionId: plan(1),
    row: 0,
    kind: 'reverify',
    operator: airtel,
    open: false,
    outcome: 'verified',
    reversed: false,
    cut: false,
    cutAt: null,
    cutSaidAt: null,
    carriedAt: null,
    reversedAt: null,
    saidAnothersOn: null,
    startedAt: at('2026-06-01T00:00:00Z'),
    occurredOn: day('2026-06-10'),
    recordedAt: at('2026-06-10T10:00:00Z'),
    portedTo: null,
    followUp: null,
    waits: false,
    returns: false,
    directedFor: day('2026-05-20'),
    excepts: null,
    ...told,
  };
}

export const open = (told: Partial<SubjectRow> = {}) => row({ open: true, outcome: 'open', occurredOn: null, ...told });

/** An order to restore, from after what the other rows tell unless they say when. */
export const restore = (told: Partial<SubjectRow>) =>
  row({ kind: 'restore', directionId: plan(9, 'restore'), startedAt: at('2026-06-10T12:00:00Z'), ...told });

export const disconnected = (on: string, told: Partial<SubjectRow> = {}) =>
  row({ outcome: 'disconnected', occurredOn: day(on), ...told });

export const number = (rows: readonly SubjectRow[]) => decideNumber(rows, 'current', UPLOADED);
