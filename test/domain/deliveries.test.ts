import { expect, test } from 'vitest';
import { deliveredAt } from '../../lambdas/domain/deliveries.ts';
import { at } from './example.ts';

test('a message that comes for the third time was hidden twice since it came first', () => {
  const firstAt = at('2026-06-20T16:48:00Z');
  expect(deliveredAt({ firstAt, times: 1 }, 1800)).toBe('2026-06-20T16:48:00Z');
  expect(deliveredAt({ firstAt, times: 3 }, 1800)).toBe('2026-06-20T17:48:00Z');
});
