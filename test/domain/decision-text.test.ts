import { describe, expect, test } from 'vitest';
import { DecisionDamaged, decisionText, parseDecision } from '../../lambdas/domain/decision-text.ts';
import { actOf, decidedBy } from '../../lambdas/domain/decisions.ts';
import { A, B, clone, number, opened, preview, said } from './decided.ts';

describe('the record', () => {
  test('is read back as it was written', () => {
    const decision = said(opened(), [A, ['approve'], ['block', clone], ['strike', number]], [B, ['refuse']]);
    expect(parseDecision(decisionText(decision))).toEqual(decision);
    expect(parseDecision(decisionText(opened({ people: 0, decideBy: null })))).toEqual(
      opened({ people: 0, decideBy: null }),
    );
  });

  test('of format 1 is read as it was recorded', () => {
    const text = `{"format":1,"batchId":"mha-0123456789ab","preview":"${preview}","people":2,"openedAt":"2026-06-01T00:00:00Z",
      "decideBy":"2026-06-03T00:00:00Z","remindAt":null,"votes":{"approver-1":{"batch":{"decision":"approve","ground":"notice_given"},
      "subjects":{"35200000000001":"block","+919800000001":"strike"}},"approver-2":{"batch":null,"subjects":{"35200000000001":"reverify"}}},
      "files":[{"approver":"approver-1","sha256":"${preview}","attempt":"a","at":"2026-06-01T12:00:00Z","version":2}],
      "ending":{"state":"lapsed","at":"2026-06-03T00:00:00Z","by":[]},"version":4}`;
    const decision = parseDecision(text);
    expect(actOf(decision, clone)).toBe('reverify');
    expect(decidedBy(decision, []).struck).toEqual(new Set([number]));
  });

  test.each([
    ['no JSON', '{'],
    ['another format', decisionText({ ...opened(), format: 2 as 1 })],
    [
      'an act that is none',
      decisionText(opened()).replace(
        '"votes": {}',
        '"votes":{"approver-1":{"batch":null,"subjects":{"35200000000001":"burn"}}}',
      ),
    ],
    ['a field too many', decisionText(opened()).replace('{', '{"more":1,')],
  ])('is damaged with %s, and the error tells nothing of it', (_, text) => {
    expect(() => parseDecision(text)).toThrow(new DecisionDamaged());
  });
});
