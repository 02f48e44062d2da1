import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ExemptionRow } from '../../lambdas/domain/exemption-rows.ts';
import {
  applyExemptions,
  countsUntil,
  type Exemption,
  type Exemptions,
  type ExemptionWord,
  exemptionOf,
  exemptionsForm,
  isExemptionInForce,
  isLifted,
  MOST_WORDS,
  NO_EXEMPTIONS,
  saidAnew,
  withFile,
  withWord,
  wordsOf,
} from '../../lambdas/domain/exemptions.ts';
import type { ApproverId } from '../../lambdas/domain/identifiers.ts';
import { at, day, imei, msisdn } from './example.ts';

const [one, two, three] = ['approver-1', 'approver-2', 'approver-3'] as ApproverId[] as [
  ApproverId,
  ApproverId,
  ApproverId,
];
const APPROVERS = [one, two, three];
const number = msisdn('9800000001');
const handset = imei('35200000000001');

const word = (until: string, more: Partial<ExemptionWord> = {}): ExemptionWord => ({
  until: day(until),
  at: at('2026-06-01T00:00:00Z'),
  sha256: 'a',
  line: 2,
  ...more,
});

describe('an exemption', () => {
  const said = (...words: [ApproverId, ExemptionWord][]) =>
    words.reduce<Exemption>((exemption, [who, what]) => withWord(exemption, who, what), {});

  test('is in force when two approvers say so, until the earlier of their days, that day included', () => {
    const both = said([one, word('2026-06-30')], [two, word('2026-06-20')]);
    expect(isExemptionInForce(both, day('2026-06-20'), APPROVERS)).toBe(true);
    expect(isExemptionInForce(both, day('2026-06-21'), APPROVERS)).toBe(false);
    const alone = said([one, word('2026-06-30')], [one, word('2026-06-30', { line: 3 })]);
    expect(isExemptionInForce(alone, day('2026-06-01'), APPROVERS)).toBe(false);
  });

  test('goes by those who are approvers now: nobody is two of them under another name', () => {
    const both = said([one, word('2026-06-30')], [two, word('2026-06-30')]);
    expect(isExemptionInForce(both, day('2026-06-01'), [one, three])).toBe(false);
    expect(isExemptionInForce(both, day('2026-06-01'), [one, two])).toBe(true);
  });

  test('with three approvers reaches the second latest of their days', () => {
    const all = said([one, word('2026-06-10')], [two, word('2026-06-20')], [three, word('2026-06-30')]);
    expect([day('2026-06-20'), day('2026-06-21')].map((on) => isExemptionInForce(all, on, APPROVERS))).toEqual([
      true,
      false,
    ]);
  });

  test('ends with a past day of one of them', () => {
    const later = { at: at('2026-06-05T00:00:00Z') };
    const ended = said([one, word('2026-06-30')], [two, word('2026-06-30')], [two, word('2026-06-04', later)]);
    expect(isExemptionInForce(ended, day('2026-06-05'), APPROVERS)).toBe(false);
  });

  test('lifts a reversal where two approvers say a past day after it was directed', () => {
    const directed = at('2026-06-05T10:00:00Z');
    const after = { at: at('2026-06-06T04:00:00Z') };
    const lifted = said([one, word('2026-06-05', after)], [two, word('2026-06-01', after)]);
    expect(isLifted(lifted, directed, APPROVERS)).toBe(true);
    expect(isLifted(lifted, directed, [one, three])).toBe(false);
    const alone = said([one, word('2026-06-05', after)], [one, word('2026-06-04', { ...after, line: 3 })]);
    expect(isLifted(alone, directed, APPROVERS)).toBe(false);
    expect(isLifted({}, directed, APPROVERS)).toBe(false);
    // A day that was not past when it was said, by the day in Asia/Kolkata, or what was said before or as it was directed, lifts nothing.
    const first = said([one, word('2026-06-05', after)]);
    const second: [string, ExemptionWord, boolean][] = [
      ['of that day', word('2026-06-06', after), false],
      ['of a day to come', word('2026-06-30', after), false],
      ['of the day before, past midnight there', word('2026-06-06', { at: at('2026-06-06T18:30:00Z') }), true],
      ['said before', word('2026-06-01', { at: at('2026-06-05T09:59:59Z') }), false],
      ['said in that second', word('2026-06-01', { at: directed }), false],
    ];
    for (const [what, other, lifts] of second)
      expect(isLifted(withWord(first, two, other), directed, APPROVERS), what).toBe(lifts);
  });

  test('is none of nobody', () => {
    expect(isExemptionInForce({}, day('2026-06-05'), APPROVERS)).toBe(false);
  });

  test('of one second goes by the file that is worked on later, whatever the SHA-256s', () => {
    for (const [first, second] of [
      ['a', 'b'],
      ['b', 'a'],
    ])
      expect(
        said([one, word('2026-06-30', { sha256: first })], [one, word('2026-06-04', { sha256: second })])[one]?.until,
      ).toBe('2026-06-04');
  });

  test('ends as it does whatever the order in which uploads are worked on, and however often', () => {
    const words = fc.array(
      fc.record({
        who: fc.constantFrom(one, two, three),
        until: fc.nat(20).map((n) => `2026-06-${String(n + 1).padStart(2, '0')}`),
        second: fc.nat(3),
        line: fc.integer({ min: 2, max: 4 }),
      }),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(words, fc.nat(), (all, seed) => {
        // One line of one file says one thing.
        const unique = [...new Map(all.map((w) => [`${w.who} ${w.second} ${w.line}`, w])).values()];
        const told = unique.map(({ who, until, second, line }): [ApproverId, ExemptionWord] => [
          who,
          word(until, { at: at(`2026-06-01T00:00:0${second}Z`), sha256: `${second}`, line }),
        ]);
        const shuffled = [...told, ...told].sort((a, b) => hash(a, seed) - hash(b, seed));
        expect(said(...shuffled)).toEqual(said(...told));
        for (const who of [one, two, three]) {
          const own = unique.filter((w) => w.who === who);
          own.sort((a, b) => a.second - b.second || a.line - b.line);
          expect(said(...told)[who]?.until).toBe(own.at(-1)?.until);
        }
      }),
    );
  });
});

/** A number that goes by the texts of a word and a seed: an order. */
function hash(value: unknown, seed: number): number {
  return [...JSON.stringify(value)].reduce(
    (sum, letter) => (sum * 31 + letter.charCodeAt(0) + seed) % 9973,
    seed % 9973,
  );
}

describe('a file of exemptions', () => {
  const file = { approver: one, sha256: 'f', uploadedAt: at('2026-06-02T00:00:00Z') };

  test('tells what its rows change, and counts those that say what was said', () => {
    const before: Exemption = { [one]: word('2026-06-30') } as Exemption;
    const applied = applyExemptions(
      [
        { line: 2, subjects: [number], until: day('2026-06-30') },
        { line: 3, reason: 'bad_until' },
        { line: 4, subjects: [handset, number], until: day('2026-06-30') },
        { line: 5, subjects: [handset], until: day('2026-06-20') },
      ],
      file,
      (subject) => (subject === number ? before : {}),
    );
    expect(applied).toMatchObject({
      rows: 4,
      past: 0,
      recorded: 2,
      alreadyRecorded: 1,
      rejects: [{ line: 3, reason: 'bad_until' }],
    });
    const at = '2026-06-02T00:00:00Z';
    expect(Object.fromEntries(applied.changed)).toEqual({
      [number]: { [one]: { until: '2026-06-30', at, sha256: 'f', line: 4 } },
      [handset]: { [one]: { until: '2026-06-20', at, sha256: 'f', line: 5 } },
    });
  });

  test('stands against an earlier file that is written later, though it said nothing new', () => {
    const same = { line: 2, subjects: [number], until: day('2026-06-30') };
    const { changed } = applyExemptions([same], file, () => ({ [one]: word('2026-06-30') }) as Exemption);
    const between = word('2026-06-10', { at: at('2026-06-01T12:00:00Z') });
    expect(withWord(changed.get(number) ?? {}, one, between)[one]?.until).toBe('2026-06-30');
  });

  test('leaves alone what a later upload of its approver said, and says so where that is another day', () => {
    const later: Exemption = { [one]: word('2026-06-10', { at: at('2026-06-03T00:00:00Z') }) } as Exemption;
    const rows = ['2026-06-30', '2026-06-10'].map((until, n) => ({
      line: n + 2,
      subjects: [number],
      until: day(until),
    }));
    const applied = applyExemptions(rows, file, () => later);
    expect([...applied.changed]).toEqual([]);
    expect(applied).toMatchObject({
      rows: 2,
      recorded: 0,
      alreadyRecorded: 1,
      rejects: [{ line: 2, reason: 'superseded' }],
    });
  });
});

test('the rows whose day was past at the upload exempt nobody, and are counted', () => {
  const file = { approver: one, sha256: 'f', uploadedAt: at('2026-06-02T00:00:00Z') };
  const until = (line: number, on: string, subject: ExemptionRow['subjects'][number] = number) => ({
    line,
    subjects: [subject],
    until: day(on),
  });
  const rows = [until(2, '2025-06-30'), until(3, '2026-06-01', handset), until(4, '2026-06-01', handset)];
  expect(applyExemptions(rows, file, () => ({}))).toMatchObject({ recorded: 2, past: 2, alreadyRecorded: 1 });
  const others = [until(2, '2026-06-02'), until(3, '2026-06-03', handset)];
  expect(applyExemptions(others, file, () => ({}))).toMatchObject({ recorded: 2, past: 0 });
});

describe('a sheet of exemptions to which rows are added', () => {
  // Each of two approvers said on 1 June that the number is exempt until 30 June; on 10 July a reversal gave it back.
  const june = (who: ApproverId, until = '2026-06-30'): Exemption => ({ [who]: word(until) }) as Exemption;
  const row = (line: number, until: string, subjects: ExemptionRow['subjects'] = [number]) => ({
    line,
    subjects,
    until: day(until),
  });
  const july = (who: ApproverId, rows: ExemptionRow[], recorded = june(who)) =>
    applyExemptions(rows, { approver: who, sha256: 'f', uploadedAt: at('2026-07-20T05:00:00Z') }, (subject) =>
      subject === number ? recorded : {},
    );

  test('lifts no reversal by a row that exempted somebody, and is past by now', () => {
    const both = [one, two].map((who) => july(who, [row(2, '2026-06-30'), row(3, '2026-09-30', [handset])]));
    for (const applied of both) {
      expect(applied).toMatchObject({ recorded: 1, past: 0, alreadyRecorded: 1, rejects: [] });
      expect([...applied.changed.keys()]).toEqual([handset]);
    }
    // Another day that is past lifts it.
    const lifting = [one, two].map((who) => july(who, [row(2, '2026-07-10')]));
    expect(lifting).toMatchObject([1, 1].map((past) => ({ recorded: 1, past, alreadyRecorded: 0 })));
    const ended = Object.assign({}, ...lifting.map(({ changed }) => changed.get(number)));
    expect(isLifted(ended, at('2026-07-10T00:00:00Z'), APPROVERS)).toBe(true);
  });

  test('nor by a row that ended an exemption before, nor by those above it; another day does', () => {
    const recorded = june(one, '2026-05-31');
    const sheet = [row(2, '2026-05-20'), row(3, '2026-05-31'), row(4, '2026-09-30', [handset])];
    const again = july(one, sheet, recorded);
    expect(again).toMatchObject({ recorded: 1, past: 0, alreadyRecorded: 2, rejects: [] });
    expect([...again.changed.keys()]).toEqual([handset]);
    // Nor does what that row ended, and stands above it, exempt anybody again.
    const ended = july(one, [row(2, '2026-08-30'), ...sheet], recorded);
    // It may be meant to, where the year of that row was mistyped: its approver is told.
    const rejects = [{ line: 2, reason: 'superseded' }];
    expect(ended).toMatchObject({ recorded: 1, past: 0, alreadyRecorded: 2, rejects });
    const file = {
      approver: one,
      sha256: 'f',
      uploadedAt: at('2026-07-20T05:00:00Z'),
      before: at('2026-07-19T05:00:00Z'),
    };
    const sameBytes = applyExemptions([row(2, '2026-08-30'), ...sheet.slice(0, 2)], file, () => recorded);
    expect(sameBytes).toMatchObject({ recorded: 0, alreadyRecorded: 3, rejects: [] });
    expect([...ended.changed.keys()]).toEqual([handset]);
    const below = july(one, [row(2, '2026-08-30'), ...sheet, row(5, '2026-08-30')], recorded);
    expect(below.changed.get(number)?.[one]).toMatchObject({ until: '2026-08-30', line: 5 });
    expect(below.rejects).toEqual([]);
    const anew = july(one, [...sheet, row(5, '2026-07-18')], recorded);
    expect(anew).toMatchObject({ recorded: 2, past: 1, alreadyRecorded: 2 });
    expect(anew.changed.get(number)?.[one]).toMatchObject({ until: '2026-07-18', at: '2026-07-20T05:00:00Z' });
  });

  test('nor by the older rows before it, which its approver said before that', () => {
    const recorded = june(one, '2026-07-15');
    const old = july(one, [row(2, '2026-06-30'), row(3, '2026-07-15')], recorded);
    expect([...old.changed]).toEqual([]);
    // What exempts the number anew stands, wherever it does.
    const renewed = [row(2, '2026-09-30'), row(3, '2026-07-15')];
    for (const rows of [renewed, renewed.toReversed()])
      expect(july(one, rows, recorded).changed.get(number)?.[one]?.until).toBe('2026-09-30');
  });

  test('exempts anew by the row on its top, whatever older ones stand below', () => {
    const rows = ['2026-09-30', '2026-06-30', '2026-07-15'].map((until, n) => row(n + 2, until));
    const applied = july(one, rows, june(one, '2026-07-15'));
    expect(applied).toMatchObject({ recorded: 1, past: 0, alreadyRecorded: 2, rejects: [] });
    expect(applied.changed.get(number)?.[one]).toMatchObject({ until: '2026-09-30', line: 2 });
    // Below the row that had exempted the number a past day ends what stands above, as the last one.
    const ended = july(one, [...rows, row(5, '2026-07-18')], june(one, '2026-07-15'));
    expect(ended).toMatchObject({ recorded: 2, past: 1, alreadyRecorded: 2 });
    expect(ended.changed.get(number)?.[one]?.until).toBe('2026-07-18');
  });

  test('tells of no ended exemption where its last row says what was said, or exempts anew', () => {
    const known = june(one, '2026-07-15');
    const old = july(one, [row(2, '2026-06-30'), row(3, '2026-07-15')], known);
    expect(old).toMatchObject({ recorded: 0, past: 0, alreadyRecorded: 2 });
    expect(july(one, [row(2, '2026-07-18'), row(3, '2026-09-30')], known)).toMatchObject({ recorded: 2, past: 0 });
    // The last one ends it, and of two that say the same the first.
    const ending = [row(2, '2026-07-17'), row(3, '2026-07-18'), row(4, '2026-07-18')];
    expect(july(one, ending, known)).toMatchObject({ recorded: 2, past: 1, alreadyRecorded: 1 });
    // A row may end the exemption of one of its two subjects, and be undone of the other.
    const both = july(one, [row(2, '2026-07-18', [number, handset]), row(3, '2026-09-30', [handset])], known);
    expect(both).toMatchObject({ recorded: 2, past: 1, alreadyRecorded: 0 });
  });

  describe('as it is recorded', () => {
    const upload = (recorded: Exemptions, who: ApproverId, on: string, rows: ExemptionRow[]) => {
      const sha256 = `${who.at(-1)}${on.replaceAll('-', '')}`.padEnd(64, '0');
      const uploadedAt = at(`${on}T05:00:00Z`);
      const applied = applyExemptions(rows, { approver: who, sha256, uploadedAt }, (of) => exemptionOf(recorded, of));
      const file = { approver: who, sha256, upload: on, uploadedAt, attempt: 'x', at: uploadedAt };
      return { applied, file, recorded: withFile(recorded, applied, file, { mostDays: 90, endDays: 1094 }) };
    };
    const kept = [row(2, '2026-06-30'), row(3, '2026-09-30', [handset])];

    test('lifts no reversal by a row that exempted somebody, also more than a month after its day', () => {
      let first = NO_EXEMPTIONS;
      for (const who of [one, two]) first = upload(first, who, '2026-06-01', [row(2, '2026-06-30')]).recorded;
      expect(isExemptionInForce(exemptionOf(first, number), day('2026-06-30'), APPROVERS)).toBe(true);
      for (const on of ['2026-07-20', '2026-08-05', '2029-05-29']) {
        // Another file of the month before, about somebody else.
        let then = upload(first, one, on, [row(2, '2029-08-01', [handset])]).recorded;
        for (const who of [one, two]) then = upload(then, who, on, kept).recorded;
        expect(isLifted(exemptionOf(then, number), at('2026-07-10T00:00:00Z'), APPROVERS), on).toBe(false);
      }
    });

    test('says the same in whatever order its two uploads are worked on', () => {
      const uploads = [
        ['2026-06-01', [row(2, '2026-06-02')]] as const,
        ['2026-06-08', [row(2, '2026-06-02')]] as const,
      ];
      for (const both of [uploads, uploads.toReversed()]) {
        let all = NO_EXEMPTIONS;
        for (const who of [one, two]) for (const [on, rows] of both) all = upload(all, who, on, [...rows]).recorded;
        expect(exemptionOf(all, number)[one]).toMatchObject({ until: '2026-06-02', at: '2026-06-01T05:00:00Z' });
        expect(isLifted(exemptionOf(all, number), at('2026-06-03T00:00:00Z'), APPROVERS)).toBe(false);
      }
      // Both ended an exemption, and nothing of what was directed between them.
      const ending = [
        ['2026-06-04', [row(2, '2026-06-02')]] as const,
        ['2026-06-08', [row(2, '2026-06-02'), row(3, '2026-09-01', [handset])]] as const,
      ];
      for (const both of [ending, ending.toReversed()]) {
        let all = NO_EXEMPTIONS;
        for (const who of [one, two])
          for (const [on, rows] of both) {
            const { applied, recorded } = upload(all, who, on, [...rows]);
            expect(applied.rejects).toEqual([]);
            all = recorded;
          }
        expect(exemptionOf(all, number)[one]).toMatchObject({ until: '2026-06-02', at: '2026-06-04T05:00:00Z' });
        expect(isLifted(exemptionOf(all, number), at('2026-06-06T00:00:00Z'), APPROVERS)).toBe(false);
        expect(isLifted(exemptionOf(all, number), at('2026-06-03T00:00:00Z'), APPROVERS)).toBe(true);
      }
      // A row of the older one that it says otherwise itself isn't the day until which it exempted the number.
      const newer = upload(NO_EXEMPTIONS, one, '2026-06-08', [row(2, '2026-06-02')]).recorded;
      const older = upload(newer, one, '2026-06-01', [row(2, '2026-06-02'), row(3, '2026-06-05')]);
      expect(older.applied).toMatchObject({
        recorded: 0,
        alreadyRecorded: 1,
        rejects: [{ line: 3, reason: 'superseded' }],
      });
      expect(older.recorded.words).toEqual(newer.words);
    });

    test('nor does it depend on that where both have the same bytes', () => {
      const newer = upload(NO_EXEMPTIONS, one, '2026-06-08', [row(2, '2026-06-02')]);
      const anew = { upload: 'v0', uploadedAt: at('2026-06-01T05:00:00Z') };
      const both = saidAnew(newer.recorded, newer.file, anew);
      expect(exemptionOf(both, number)[one]).toMatchObject({ until: '2026-06-02', at: '2026-06-01T05:00:00Z' });
      expect(both.files).toEqual([newer.file]);
      // What was past already then ended an exemption then, and nothing since, whichever is worked on first.
      const ended = upload(NO_EXEMPTIONS, one, '2026-06-08', [row(2, '2026-05-31')]);
      expect(exemptionOf(saidAnew(ended.recorded, ended.file, anew), number)[one]?.at).toBe('2026-06-01T05:00:00Z');
      const first = upload(NO_EXEMPTIONS, one, '2026-06-01', [row(2, '2026-05-31')]);
      const again = { upload: 'v2', uploadedAt: at('2026-06-08T05:00:00Z') };
      expect(exemptionOf(saidAnew(first.recorded, first.file, again), number)[one]?.at).toBe('2026-06-01T05:00:00Z');
    });
  });

  test('exempts as it did on the last day of a row', () => {
    const applied = july(one, [row(2, '2026-07-20')], june(one, '2026-07-20'));
    expect(applied).toMatchObject({ recorded: 0, alreadyRecorded: 1 });
    expect(applied.changed.get(number)?.[one]?.at).toBe('2026-07-20T05:00:00Z');
  });
});

describe('the bytes of an older file of exemptions', () => {
  const again = (until: string, before: string | undefined) =>
    applyExemptions(
      [{ line: 2, subjects: [number], until: day(until) }],
      {
        approver: one,
        sha256: 'a',
        uploadedAt: at('2026-06-20T05:00:00Z'),
        before: before === undefined ? undefined : at(before),
      },
      () => ({}),
    );

  test('say nothing new of a day that was to come then, and is past now: they lift no reversal', () => {
    expect(again('2026-06-12', '2026-06-01T05:00:00Z')).toMatchObject({ recorded: 0, alreadyRecorded: 1 });
    expect([...again('2026-06-12', '2026-06-01T05:00:00Z').changed]).toEqual([]);
    // An end is one again, and so is what others say; a day to come exempts again.
    for (const [until, before] of [
      ['2026-05-31', '2026-06-01T05:00:00Z'],
      ['2026-06-12', undefined],
      ['2026-06-20', '2026-06-01T05:00:00Z'],
    ] as const)
      expect(again(until, before).recorded, `${until} ${before}`).toBe(1);
  });
});

describe('all exemptions', () => {
  const days = (mostDays: number, endDays = 1094) => ({ mostDays, endDays });
  const file = (on: string, sha256 = 'a'.repeat(64)) => ({
    approver: one,
    sha256,
    attempt: 'x',
    at: at(`${on}T00:00:00Z`),
  });
  const said = (on: string, until: string) => ({
    changed: new Map([[number, { [one]: word(until, { at: at(`${on}T00:00:00Z`) }) } as Exemption]]),
  });

  test('hold a word until a month after the day that it reaches at least, and files for 90 days and a month', () => {
    const first = withFile(NO_EXEMPTIONS, said('2026-06-01', '2026-08-30'), file('2026-06-01'), days(90, 1));
    expect(exemptionOf(first, number)).toEqual({ [one]: word('2026-08-30', { at: at('2026-06-01T00:00:00Z') }) });
    expect(exemptionOf(first, handset)).toEqual({});
    // 90 days and 30 after 1 June is 29 September, as is the 30th day after 30 August.
    const nobody = { changed: new Map() };
    const kept = withFile(first, nobody, file('2026-09-28', 'b'.repeat(64)), days(90, 1));
    expect([Object.keys(kept.words), kept.files.length]).toEqual([[number], 2]);
    const without = withFile(kept, nobody, file('2026-09-29', 'c'.repeat(64)), days(90, 1));
    expect([Object.keys(without.words), without.files.map(({ at }) => at)]).toEqual([
      [number],
      ['2026-09-28T00:00:00Z', '2026-09-29T00:00:00Z'],
    ]);
    const gone = withFile(without, nobody, file('2026-09-30', 'd'.repeat(64)), days(90, 1));
    expect(Object.keys(gone.words)).toEqual([]);
  });

  test('are not shortened by a policy that comes after them', () => {
    const first = withFile(NO_EXEMPTIONS, said('2026-06-01', '2026-08-30'), file('2026-06-01'), days(90));
    const nobody = { changed: new Map() };
    expect(Object.keys(withFile(first, nobody, file('2026-07-15', 'b'.repeat(64)), days(10, 1)).words)).toEqual([
      number,
    ]);
  });

  test.each([
    ['that was past when it was said', '2026-05-01'],
    ['that was to come', '2026-06-30'],
  ])('hold a day %s for as long as a reversal may be lifted by it, whoever else is exempted meanwhile', (_, until) => {
    const nobody = { changed: new Map() };
    const ended = withFile(NO_EXEMPTIONS, said('2026-06-01', until), file('2026-06-01'), days(90));
    const then = withFile(ended, nobody, file('2026-09-15', 'b'.repeat(64)), days(90));
    expect(then.words).toEqual(ended.words);
    // 1,094 days after 1 June 2026.
    expect(Object.keys(withFile(ended, nobody, file('2029-05-30', 'b'.repeat(64)), days(90)).words)).toEqual([number]);
    expect(Object.keys(withFile(ended, nobody, file('2029-05-31', 'b'.repeat(64)), days(90)).words)).toEqual([]);
    for (const all of [ended, then]) expect(countsUntil(all, days(90))).toBe('2029-05-30');
  });

  test('hold an end for a month, in which an earlier word may come late, whatever the retention', () => {
    const ended = withFile(NO_EXEMPTIONS, said('2026-06-01', '2026-05-01'), file('2026-06-01'), days(1, 1));
    expect(countsUntil(ended, days(1, 1))).toBe('2026-07-02');
    expect(countsUntil({ ...ended, files: [] }, days(1, 1))).toBe('2026-07-01');
  });

  test('of which an approver has too many lose those that are over, then ends, each said first, and none against which something may come late', () => {
    const subject = (n: number) => msisdn(`98${String(n).padStart(8, '0')}`);
    const ends = Array.from({ length: MOST_WORDS }, (_, n) => {
      const on = at(n < 2 ? '2026-06-01T00:00:00Z' : '2026-07-01T00:00:00Z');
      // The second had exempted somebody until that day, and the third does until a later one.
      const until = ['2026-05-01', '2026-06-01', '2026-06-02'][n] ?? '2026-05-01';
      const said = word(until, { at: n === 2 ? at('2026-05-30T00:00:00Z') : on });
      return [subject(n), { [one]: said, [two]: said }] as const;
    });
    const all = { words: Object.fromEntries(ends), files: [] };
    const more = (n: number, on: string) => ({
      changed: new Map([
        [subject(MOST_WORDS + n), { [one]: word('2026-08-30', { at: at(`${on}T00:00:00Z`) }) } as Exemption],
      ]),
    });
    const first = withFile(all, more(0, '2026-07-02'), file('2026-07-02'), days(90));
    expect(wordsOf(first, one)).toBe(MOST_WORDS);
    // What lifts a reversal stays as long as something else may go.
    expect([exemptionOf(first, subject(0)), exemptionOf(first, subject(1))]).toEqual([
      ends[0]?.[1],
      { [two]: ends[1]?.[1][two] },
    ]);
    const second = withFile(first, more(1, '2026-07-02'), file('2026-07-02', 'b'.repeat(64)), days(90));
    const third = withFile(second, more(2, '2026-07-02'), file('2026-07-02', 'c'.repeat(64)), days(90));
    expect([wordsOf(second, one), wordsOf(third, one), wordsOf(third, two)]).toEqual([
      MOST_WORDS,
      MOST_WORDS + 1,
      MOST_WORDS,
    ]);
  });

  test('count for nothing after the last day of any word, and the month for what comes late', () => {
    // 30 days after 30 August; 10 and 30 after 1 June.
    const long = withFile(NO_EXEMPTIONS, said('2026-06-01', '2026-08-30'), file('2026-06-01'), days(10, 1));
    expect(countsUntil(long, days(10, 1))).toBe('2026-09-29');
    const short = withFile(NO_EXEMPTIONS, said('2026-06-01', '2026-06-02'), file('2026-06-01'), days(10, 1));
    expect(countsUntil(short, days(10, 1))).toBe('2026-07-11');
    expect(countsUntil(short, days(90, 1))).toBe('2026-09-29');
  });

  test("are of so many numbers and handsets of each approver's", () => {
    const all = withFile(NO_EXEMPTIONS, said('2026-06-01', '2026-08-30'), file('2026-06-01'), days(90));
    expect([wordsOf(all, one), wordsOf(all, two), wordsOf(NO_EXEMPTIONS, one)]).toEqual([1, 0, 0]);
  });

  test('have what a file says count from when its bytes are uploaded again, so that no word from in between does', () => {
    const sha256 = 'f'.repeat(64);
    const of = (second: number, more = {}) => word('2026-06-30', { at: at(`2026-06-01T00:00:0${second}Z`), ...more });
    const before = {
      [number]: { [one]: of(1, { sha256 }), [two]: of(1, { sha256 }) },
      [handset]: { [one]: of(0, { sha256: 'e' }) },
    } as Record<string, Exemption>;
    const recorded = { ...file('2026-06-01', sha256), upload: 'v1', uploadedAt: at('2026-06-01T00:00:01Z') };
    const anew = { upload: 'v3', uploadedAt: at('2026-06-01T00:00:03Z') };
    const all = saidAnew({ words: before, files: [file('2026-05-30'), recorded] }, recorded, anew);
    expect(all.words).toEqual({ ...before, [number]: { [one]: of(3, { sha256 }), [two]: of(1, { sha256 }) } });
    expect(all.files).toEqual([file('2026-05-30'), { ...recorded, ...anew }]);
    const ends = { line: 2, subjects: [number], until: day('2026-05-31') };
    const uploadedAt = at('2026-06-01T00:00:02Z');
    const late = applyExemptions([ends], { approver: one, sha256: 'd', uploadedAt }, (who) => exemptionOf(all, who));
    expect(late).toMatchObject({ recorded: 0, rejects: [{ line: 2, reason: 'superseded' }] });
    expect([...late.changed]).toEqual([]);
  });

  test('end nothing where the bytes that exempted somebody are uploaded again, and their day is past by then', () => {
    const recorded = { ...file('2026-06-01'), upload: 'v1', uploadedAt: at('2026-06-01T00:00:00Z') };
    const anew = (upload: string, uploadedAt: string) => ({ upload, uploadedAt: at(uploadedAt) });
    const said = (until: string) => ({
      words: { [number]: { [one]: word(until, { at: recorded.uploadedAt, sha256: recorded.sha256 }) } },
      files: [recorded],
    });
    const exempting = said('2026-06-12');
    expect(saidAnew(exempting, recorded, anew('v2', '2026-06-12T12:00:00Z')).words[number]?.[one]?.at).toBe(
      '2026-06-12T12:00:00Z',
    );
    const past = saidAnew(exempting, recorded, anew('v2', '2026-06-20T00:00:00Z'));
    expect(past.words).toEqual(exempting.words);
    expect(past.files).toEqual([{ ...recorded, ...anew('v2', '2026-06-20T00:00:00Z') }]);
  });

  test('lift no reversal by the same bytes again, which ended an exemption before it was directed', () => {
    const recorded = { ...file('2026-06-01'), upload: 'v1', uploadedAt: at('2026-06-01T00:00:00Z') };
    const ended = word('2026-05-31', { at: recorded.uploadedAt, sha256: recorded.sha256 });
    const all = { words: { [number]: { [one]: ended, [two]: ended } }, files: [recorded] };
    const again = saidAnew(all, recorded, { upload: 'v2', uploadedAt: at('2026-07-01T00:00:00Z') });
    expect(again.words).toEqual(all.words);
    expect(isLifted(exemptionOf(again, number), at('2026-06-10T00:00:00Z'), APPROVERS)).toBe(false);
  });

  test('come back from storage as they were written, and nothing else does', () => {
    const sha256 = 'd'.repeat(64);
    const changed = new Map([[number, { [one]: word('2026-08-30', { sha256 }) } as Exemption]]);
    const all = withFile(NO_EXEMPTIONS, { changed }, file('2026-06-01'), days(90));
    expect(exemptionsForm.parse(JSON.stringify(exemptionsForm.write(all)))).toEqual(all);
    expect(exemptionsForm.read({ format: 1, ...all })).toEqual(all);
    for (const wrong of [{ words: {} }, { ...all, more: 1 }])
      expect(() => exemptionsForm.read({ format: 1, ...wrong })).toThrow('exemptions');
    const notOfAny = ['x', '3', 'abcdefghijklmn', '352000000000010', 'x35200000000001', '+9198000000011', '9800000001'];
    for (const subject of notOfAny)
      expect(() => exemptionsForm.read({ format: 2, words: { [subject]: {} }, files: [] }), subject).toThrow(
        'exemptions',
      );
  });
});
