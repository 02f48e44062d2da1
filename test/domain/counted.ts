/** Pointers to rows of earlier directions, with their counting state. */
import type { CountedPointer } from '../../lambdas/domain/counted-pointers.ts';
import type { Instant } from '../../lambdas/domain/days.ts';
import { airtel, at, day, directionId } from './example.ts';

export const first = directionId('reverify', '1-0-0');

export const second = directionId('reverify', '2-0-0');

export const third = directionId('reverify', '3-0-0');

/** What is known of a row that an order of its ladder took service from. */
export const cutFrom = (at: Instant) => ({ cut: true, cutAt: at, cutSaidAt: at });

/** A pointer that counts: overdue without an answer, unless told otherwise. */
export function counted(told: Partial<CountedPointer>): CountedPointer {
  return {
    directionId: first,
    row: 0,
    kind: 'reverify',
    operator: airtel,
    open: false,
    outcome: 'overdue',
    reversed: false,
    cut: false,
    cutAt: null,
    cutSaidAt: null,
    carriedAt: null,
    reversedAt: null,
    saidAnothersOn: null,
    startedAt: at('2026-06-01T00:00:00Z'),
    occurredOn: null,
    recordedAt: null,
    portedTo: null,
    followUp: null,
    waits: false,
    returns: false,
    ...told,
  };
}

export const disconnected = (on: string, recordedAt = `${on}T12:00:00Z`) =>
  counted({ outcome: 'disconnected', occurredOn: day(on), recordedAt: at(recordedAt) });
