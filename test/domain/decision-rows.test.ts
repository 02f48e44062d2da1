import { describe, expect, test } from 'vitest';
import {
  type DecisionColumn,
  type DecisionRow,
  ofSubjects,
  parseDecisionRow,
} from '../../lambdas/domain/decision-rows.ts';
import type { Imei } from '../../lambdas/domain/identifiers.ts';
import { clone, number, plain, preview } from './decided.ts';
import { imei, msisdn } from './example.ts';

describe('reading a row of a decision', () => {
  const cells = (told: Partial<Record<DecisionColumn, string>>) => ({
    preview,
    decision: 'approve',
    imei: '',
    msisdn: '',
    ground: '',
    remarks: '',
    ...told,
  });
  const parse = (told: Partial<Record<DecisionColumn, string>>, agency = 'mha') =>
    parseDecisionRow({ line: 4, cells: cells(told) }, { preview, agency });

  test.each(['public_interest', 'notice_given'])('it approves for the ground %s', (ground) => {
    expect(parse({ ground })).toEqual({ line: 4, decision: 'approve', ground });
  });

  test('it refuses with remarks', () => {
    expect(parse({ decision: 'refuse', remarks: 'a hospital' })).toEqual({
      line: 4,
      decision: 'refuse',
      remarks: 'a hospital',
    });
  });

  test('it keeps of remarks one line of 500 characters, without what would change how others read', () => {
    const remarks = ` two\nlines \u202eand\u0000 more${'x'.repeat(600)}`;
    const read = parse({ decision: 'refuse', remarks });
    expect(read).toMatchObject({ remarks: `two lines and more${'x'.repeat(482)}` });
  });

  test.each(['block', 'reverify', 'spare'])('it says %s of a handset', (decision) => {
    expect(parse({ decision, imei: '35-200000-000001' })).toEqual({ line: 4, decision, imei: clone });
  });

  test('it strikes a handset, a number, or both', () => {
    const struck = { decision: 'strike', remarks: 'x' };
    expect(parse({ ...struck, imei: '35200000000001' })).toMatchObject({ imei: clone, msisdn: null });
    expect(parse({ ...struck, msisdn: '09800000001' })).toMatchObject({ imei: null, msisdn: number });
    expect(parse({ ...struck, msisdn: '9800000001', imei: '35200000000001' })).toMatchObject({
      imei: clone,
      msisdn: number,
    });
  });

  test('it names the preview in upper or lower case', () => {
    expect(parse({ preview: preview.toUpperCase(), ground: 'notice_given' })).toMatchObject({ decision: 'approve' });
  });

  test('it says what it says in any case, as a spreadsheet may write it', () => {
    expect(parse({ decision: 'Approve', ground: 'Notice_Given' })).toMatchObject({ ground: 'notice_given' });
    expect(parse({ decision: 'REFUSE', remarks: 'x' })).toMatchObject({ decision: 'refuse' });
  });

  test('it needs no cells but its own', () => {
    expect(parse({ ground: 'notice_given', remarks: 'x' })).toMatchObject({ decision: 'approve' });
    expect(parse({ decision: 'spare', imei: '35200000000001', ground: 'y' })).toMatchObject({ decision: 'spare' });
  });

  test.each<[string, Partial<Record<DecisionColumn, string>>, string]>([
    ['no preview', { preview: '', decision: 'x' }, 'bad_preview'],
    ['half a SHA-256', { preview: 'ab'.repeat(16) }, 'bad_preview'],
    ['a SHA-256 of other letters', { preview: 'xy'.repeat(32) }, 'bad_preview'],
    ['another preview', { preview: 'cd'.repeat(32), decision: 'x' }, 'not_this_preview'],
    ['no decision', { decision: '' }, 'unknown_decision'],
    ['a decision in another language', { decision: 'oui' }, 'unknown_decision'],
    ['an approval of one handset', { ground: 'notice_given', imei: '35200000000001' }, 'about_the_batch'],
    ['a refusal of one number', { decision: 'refuse', remarks: 'x', msisdn: 'y' }, 'about_the_batch'],
    ['an approval without a ground', {}, 'missing_ground'],
    ['an approval for another ground', { ground: 'because' }, 'missing_ground'],
    ['a refusal without remarks', { decision: 'refuse' }, 'missing_remarks'],
    ['a strike without remarks', { decision: 'strike', imei: 'x' }, 'missing_remarks'],
    ['a strike of nothing', { decision: 'strike', remarks: 'x' }, 'missing_imei'],
    ['a strike of no number', { decision: 'strike', remarks: 'x', msisdn: '12' }, 'bad_msisdn'],
    [
      'a strike of a number and no handset',
      { decision: 'strike', remarks: 'x', msisdn: '9800000001', imei: 'x' },
      'not_digits',
    ],
    ['an act without a handset', { decision: 'block' }, 'missing_imei'],
    ['an act on a number', { decision: 'spare', msisdn: '9800000001' }, 'not_held'],
    ['an act on a handset and a number', { decision: 'reverify', imei: '35200000000001', msisdn: 'y' }, 'not_held'],
    ['an act on no handset and a number', { decision: 'block', imei: 'x', msisdn: '9800000001' }, 'not_digits'],
    ['a wrong check digit', { decision: 'block', imei: '352000000000011' }, 'check_digit_mismatch'],
    [
      'what is reserved for the self-check',
      { decision: 'strike', remarks: 'x', msisdn: '+910012345678' },
      'bad_msisdn',
    ],
  ])('it is rejected for %s', (_, told, reason) => {
    expect(parse(told)).toEqual({ line: 4, reason });
  });

  test("of a self-check's batch names what is reserved for it, and nothing else", () => {
    const struck = { decision: 'strike', remarks: 'x' };
    expect(parse({ ...struck, msisdn: '+910012345678' }, 'self-check')).toMatchObject({ msisdn: '+910012345678' });
    expect(parse({ ...struck, msisdn: '9800000001' }, 'self-check')).toEqual({ line: 4, reason: 'self_check' });
  });

  test('with more or fewer cells than the header it is rejected before all other reasons', () => {
    const row = { line: 5, reason: 'wrong_cell_count' as const, text: 'approve' };
    expect(parseDecisionRow(row, { preview, agency: 'mha' })).toEqual({ line: 5, reason: 'wrong_cell_count' });
  });

  test('it is held to the subjects of the batch', () => {
    const subjects = {
      isHeld: (one: Imei) => one === clone,
      isHandset: (one: Imei) => one === clone || one === plain,
      isLinked: (one: string) => one === number,
    };
    const stranger = msisdn('9800000009');
    const other = imei('35200000000009');
    const check = (row: DecisionRow) => ofSubjects(row, subjects);
    const approve: DecisionRow = { line: 2, decision: 'approve', ground: 'notice_given' };
    expect(check(approve)).toBe(approve);
    expect(check({ line: 2, decision: 'block', imei: clone })).toMatchObject({ decision: 'block' });
    expect(check({ line: 2, decision: 'block', imei: plain })).toEqual({ line: 2, reason: 'not_held' });
    expect(check({ line: 2, decision: 'spare', imei: other })).toEqual({ line: 2, reason: 'not_held' });
    const strike = (named: { imei?: Imei; msisdn?: typeof number }) =>
      check({ line: 2, decision: 'strike', imei: null, msisdn: null, ...named });
    for (const named of [{ imei: plain }, { imei: clone, msisdn: number }, { msisdn: number }])
      expect(strike(named)).toMatchObject({ decision: 'strike' });
    for (const named of [{ imei: other }, { msisdn: stranger }, { imei: clone, msisdn: stranger }])
      expect(strike(named)).toEqual({ line: 2, reason: 'not_a_subject' });
  });
});
