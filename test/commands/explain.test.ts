import { describe, expect, it } from 'vitest';
import type { Instant } from '../../lambdas/domain/days.ts';
import type { CaseworkerId } from '../../lambdas/domain/identifiers.ts';
import { answersText, questionOf } from '../../lib/commands/explain.ts';
import { run } from './command.ts';

const WORDS = ['9800000001', '35-100000-000001', 'airtel-12-3-0-1-1', '+91 98'];

describe('what npm run explain asks', () => {
  const of = (at: string) => questionOf('caseworker-1' as CaseworkerId, WORDS, at as Instant);

  it("is a file in the caseworker's own folder, with each word in its column", () => {
    const { key, text, receipt, explanations } = of('2026-06-01T00:00:00Z');
    expect(key).toBe('lookups/caseworker-1/explain-20260601T000000Z.csv');
    expect(text).toBe(
      [
        'msisdn,imei,reference,made_at',
        '9800000001,,,2026-06-01T00:00:00Z',
        ',35-100000-000001,,2026-06-01T00:00:00Z',
        ',,airtel-12-3-0-1-1,2026-06-01T00:00:00Z',
        '+91 98,,,2026-06-01T00:00:00Z',
        '',
      ].join('\n'),
    );
    // Only what has a reference's form is asked as one: an operator's id has a letter, a number may have hyphens.
    for (const word of ['98-00-00-00-01', 'x9800000001', 'o98-00', 'airtel-12-3-0-1'])
      expect(questionOf('caseworker-1' as CaseworkerId, [word], '2026-06-01T00:00:00Z' as Instant).text).toContain(
        `\n${word},,,`,
      );
    expect(
      questionOf('caseworker-1' as CaseworkerId, ['Airtel – 12–3–0–1–1'], '2026-06-01T00:00:00Z' as Instant).text,
    ).toContain('\n,,Airtel – 12–3–0–1–1,');
    // A number that is dialled from abroad has as many digits as an IMEI.
    for (const word of ['00919876543210', '0091 98765-43210', '+91 98765 43210', '+00919876543210'])
      expect(
        questionOf('caseworker-1' as CaseworkerId, [word], '2026-06-01T00:00:00Z' as Instant).text,
        word,
      ).toContain(`\n${word},,,`);
    for (const word of ['00915876543210', '01919876543210'])
      expect(
        questionOf('caseworker-1' as CaseworkerId, [word], '2026-06-01T00:00:00Z' as Instant).text,
        word,
      ).toContain(`\n,${word},,`);
    expect(receipt).toMatch(/^receipts\/caseworker-1\/lookups\/explain-20260601T000000Z\.csv\.[0-9a-f]{8}\.json$/);
    expect(explanations).toMatch(/^explanations\/caseworker-1\/explain-20260601T000000Z\.[0-9a-f]{8}\.json$/);
  });

  it('is another file when it is asked again', () => {
    expect(of('2026-06-01T00:00:01Z').text).not.toBe(of('2026-06-01T00:00:00Z').text);
  });
});

describe('what it prints', () => {
  it('is the sentence and the story of each, without what a terminal would obey, and why others were not answered', () => {
    const rejects = [{ line: 5, reason: 'bad_msisdn' }];
    const receipt = JSON.stringify({ refused: null, rejects, whatToDo: { bad_msisdn: 'ten digits' } });
    const story = [
      { at: '2026-05-20', what: 'seen', operator: 'airtel', area: '' },
      { at: '2026-06-01T00:00:00Z', what: 'reported', cases: [{ line: 2, caseRef: '12\u001b[2J', category: '' }] },
      { at: '2026-06-01T00:00:01Z', what: 'decided', by: ['approver-1', 'approver-2'], grounds: [] },
    ];
    const explanations = JSON.stringify({ lookups: [{ line: 2, story, sentence: 'It is well.' }] });
    expect(answersText(WORDS, receipt, explanations)).toEqual({
      said: [
        '9800000001',
        '  It is well.',
        '    2026-05-20            seen       operator airtel',
        '    2026-06-01T00:00:00Z  reported   cases line 2 caseRef 12?[2J',
        '    2026-06-01T00:00:01Z  decided    by approver-1 / approver-2',
        '',
      ],
      complained: ['+91 98: not answered: bad_msisdn; what to do: ten digits'],
    });
  });

  it('is of a file that was refused whole why, at which word, and what to do', () => {
    const refused = (why: object) => answersText(WORDS, JSON.stringify({ rejects: [], ...why }), undefined);
    expect(refused({ refused: 'too_many_files', whatToDo: { too_many_files: 'ask the administrators' } })).toEqual({
      said: [],
      complained: ['not answered: too_many_files; what to do: ask the administrators'],
    });
    const misplaced = { refused: 'misplaced_header', whatToDo: { misplaced_header: 'send each file by itself' } };
    expect(refused({ ...misplaced, line: 3 }).complained).toEqual([
      '35-100000-000001: not answered: misplaced_header; what to do: send each file by itself',
    ]);
  });
});

describe('npm run explain', () => {
  it.each([
    [[], 'name a number'],
    [['--caseworker', 'A B', '9800000001'], 'that is no id'],
    [['--wait', 'long', '9800000001'], 'a whole number of seconds'],
    [['--from', 'x.txt', '9800000001'], 'not both'],
    [['--from', '9800000001.txt'], "--from can't be read (ENOENT)"],
  ])('takes no line like %j, and repeats nobody', async (args, why) => {
    const { code, complained } = await run('explain', args, 'http://127.0.0.1:1');
    expect(code).toBe(2);
    expect(complained).toContain(why);
    expect(complained).not.toContain('9800000001');
  });
});
