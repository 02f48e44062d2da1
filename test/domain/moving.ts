/** Operators' answers about numbers that moved, newest first. */
import type { DirectionId, OperatorId } from '../../lambdas/domain/identifiers.ts';
import type { Said } from '../../lambdas/domain/moves.ts';
import type { Outcome } from '../../lambdas/domain/outcome-rules.ts';
import { at, day } from './example.ts';

export const vi = 'vi' as OperatorId;

export const OPERATORS = ['airtel', 'jio', 'vi', 'self-check'];

/** An operator's answer about a number. */
export function said(
  operator: OperatorId,
  outcome: Outcome,
  on: string | null,
  more: Partial<Said> & { batch?: string } = {},
): Said {
  const { batch = 'mha-0123456789ab', ...rest } = more;
  return {
    directionId: `${batch}.reverify.${operator}.1-0-0` as DirectionId,
    kind: 'reverify',
    operator,
    outcome,
    occurredOn: on === null ? null : day(on),
    recordedAt: on === null ? null : at(`${on}T10:00:00Z`),
    portedTo: null,
    followUp: null,
    ...rest,
  };
}

export const portedTo = (to: OperatorId) => ({ portedTo: to });

export const followUp = { batch: 'followup-202606050000' };
