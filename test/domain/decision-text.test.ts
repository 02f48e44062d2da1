import { describe, expect, test } from 'vitest';
import { decisionRecordForm } from '../../lambdas/domain/decision-text.ts';
import { actOf, type Decision, decidedBy } from '../../lambdas/domain/decisions.ts';
import { BadRecord } from '../../lambdas/domain/stored.ts';
import { A, B, clone, number, opened, preview, said } from './decided.ts';

const written = (decision: Decision) => JSON.stringify(decisionRecordForm.write(decision));

describe('the record', () => {
  test('is read back as it was written', () => {
    const decision = said(opened(), [A, ['approve'], ['block', clone], ['strike', number]], [B, ['refuse']]);
    expect(decisionRecordForm.parse(written(decision))).toEqual(decision);
    const over = { of: 'agency', what: 'handsets', found: 50_001, limit: 50_000 } as const;
    for (const ended of [opened({ people: 0, decideBy: null }), opened({ overLimit: over })])
      expect(decisionRecordForm.parse(written(ended))).toEqual(ended);
  });

  test('of format 1 is read as it was recorded', () => {
    const text = `{"format":1,"batchId":"mha-0123456789ab","preview":"${preview}","people":2,"openedAt":"2026-06-01T00:00:00Z",
      "decideBy":"2026-06-03T00:00:00Z","remindAt":null,"votes":{"approver-1":{"batch":{"decision":"approve","ground":"notice_given"},
      "subjects":{"35200000000001":"block","+919800000001":"strike"}},"approver-2":{"batch":null,"subjects":{"35200000000001":"reverify"}}},
      "files":[{"approver":"approver-1","sha256":"${preview}","attempt":"a","at":"2026-06-01T12:00:00Z","version":2}],
      "ending":{"state":"lapsed","at":"2026-06-03T00:00:00Z","by":[]},"version":4}`;
    const decision = decisionRecordForm.parse(text);
    expect(actOf(decision, clone)).toBe('reverify');
    expect(decidedBy(decision, []).struck).toEqual(new Set([number]));
  });

  test.each([
    ['no JSON', '{'],
    ['another format', written(opened()).replace('"format":3', '"format":4')],
    [
      'an act that is none',
      written(opened()).replace(
        '"votes":{}',
        '"votes":{"approver-1":{"batch":null,"subjects":{"35200000000001":{"says":"burn","at":"2026-06-01T00:00:00Z"}}}}',
      ),
    ],
    ['a field too many', written(opened()).replace('{', '{"more":1,')],
  ])('is damaged with %s, and the error tells nothing of it', (_, text) => {
    expect(() => decisionRecordForm.parse(text)).toThrow(BadRecord);
    expect(() => decisionRecordForm.parse(text)).not.toThrow(/35200000000001|burn/);
  });
});
