import { expect, test } from 'vitest';
import { DIRECTION_KIND_NAMES, rulesOf } from '../../lambdas/domain/kinds.ts';
import {
  ANSWER_RULES,
  ANSWERS,
  endsConnection,
  givesServiceBack,
  isMove,
  OUTCOMES,
  revokedFor,
} from '../../lambdas/domain/outcome-rules.ts';

test('the codes of outcomes stand in ledgers that are open for months: none ever moves', () => {
  expect(OUTCOMES.slice(0, 14)).toEqual([
    'open',
    'verified',
    'failed',
    'disconnected',
    'not_found',
    'blocked',
    'overdue',
    'surrendered',
    'reissued',
    'withdrawn',
    'restored',
    'unblocked',
    'ported',
    'extended',
  ]);
});

test('every answer is one that some kind of direction takes, and ends a row of which nothing is known', () => {
  const taken = new Set<string>(DIRECTION_KIND_NAMES.flatMap((kind) => rulesOf(kind).answers));
  expect([...taken].sort()).toEqual([...ANSWERS].sort());
  for (const answer of ANSWERS) expect(ANSWER_RULES[answer].recordedOn).toContain('open');
});

test('disconnected and surrendered alone end a connection, and have its number published, each for its reason', () => {
  expect(OUTCOMES.filter(endsConnection)).toEqual(['disconnected', 'surrendered']);
  expect(revokedFor('disconnected')).toBe('linked_to_reported_handset');
  expect(revokedFor('surrendered')).toBe('surrendered');
  expect(revokedFor('overdue')).toBeNull();
});

test('who proved themselves, got more time, or got the number since has service again at once', () => {
  expect(OUTCOMES.filter(givesServiceBack)).toEqual(['verified', 'reissued', 'extended']);
});

test('what was ported or extended goes on elsewhere', () => {
  expect(OUTCOMES.filter(isMove)).toEqual(['ported', 'extended']);
});
