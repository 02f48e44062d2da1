import { describe, expect, it } from 'vitest';
import {
  AskedRuns,
  type AskedSubject,
  appealsCsv,
  askedLine,
  isConditional,
  isOfFormerHolder,
  isTakenBackBy,
  keptCsv,
  keptLines,
  leavesLists,
  parseAskedLine,
  parseReversedLine,
  type ReversedSubject,
  reversedLine,
  subjectsOfAppeals,
} from '../../lambdas/domain/asked.ts';
import type { BatchId, DirectionId, Imei, Msisdn, OperatorId } from '../../lambdas/domain/identifiers.ts';
import { BadWorkLine } from '../../lambdas/domain/tabbed.ts';

const one = '+919876543210' as Msisdn;
const other = '+919876543211' as Msisdn;
const imei = '35000000000001' as Imei;
const row = { directionId: 'mha-0123456789ab.reverify.airtel.1-0-0' as DirectionId, row: 3 };
const subject = (told: Partial<AskedSubject>): AskedSubject => ({
  imei: null,
  msisdn: one,
  scope: 'current',
  ground: 'wrong_number',
  lines: [2],
  ...told,
});
const became = (told: Partial<ReversedSubject>): ReversedSubject => ({
  imei: null,
  msisdn: one,
  ground: 'wrong_number',
  lines: [2],
  state: 'directed',
  rows: [row],
  directionIds: ['caseworker-1-0123456789ab.restore.airtel.2-0-0' as DirectionId],
  kept: [],
  ...told,
});

describe('what a reversal is asked', () => {
  it.each([
    subject({}),
    subject({ scope: { ofHolderIn: row }, lines: [2, 9] }),
    subject({ imei, msisdn: null, scope: { rows: [row] }, ground: 'withdrawal', lines: [] }),
    subject({ scope: { rows: [row] }, ground: 'withdrawal', lines: [], unless: [imei] }),
  ])('is read as it was written', (asked) => {
    expect(parseAskedLine(askedLine(asked))).toEqual(asked);
  });

  it('is conditional where another handset would have to be withdrawn, too', () => {
    expect([{}, { unless: [] }, { unless: [imei] }].map((told) => isConditional(subject(told)))).toEqual([
      false,
      false,
      true,
    ]);
  });

  it.each(['', '{}', '{"imei":null,"msisdn":"1","ground":"cloned","lines":[],"scope":"current"}'])(
    'is not %j',
    (line) => {
      expect(() => parseAskedLine(line)).toThrow(BadWorkLine);
    },
  );

  it('is cut into runs, numbers first, with all of a number in one', () => {
    const asked = [
      subject({}),
      subject({ scope: { ofHolderIn: row } }),
      subject({ msisdn: other }),
      subject({ imei, msisdn: null }),
    ];
    const list = new AskedRuns(1);
    const lines = asked.map((asks) => list.add(asks));
    const { runs } = list;
    expect(runs.map(({ kind, shard, subjects }) => [kind, shard, subjects])).toEqual([
      ['restore', 0, 2],
      ['restore', 1, 1],
      ['unblock', 0, 1],
    ]);
    const bytes = Buffer.from(lines.join(''));
    const read = runs.map(({ start, bytes: length }) => String(bytes.subarray(start, start + length)));
    expect(read.map((text) => text.trimEnd().split('\n').map(parseAskedLine))).toEqual([
      [asked[0], asked[1]],
      [asked[2]],
      [asked[3]],
    ]);
  });
});

describe('the subjects of an appeal', () => {
  it('are each asked for once, with all lines that do, numbers first', () => {
    const appeal = { line: 0, msisdn: null, imei: null, row: null, ground: 'cloned', caseRef: '' } as const;
    const subjects = subjectsOfAppeals([
      { ...appeal, line: 2, imei },
      { ...appeal, line: 3, msisdn: other },
      { ...appeal, line: 4, imei, msisdn: one },
      { ...appeal, line: 5, msisdn: one },
      { ...appeal, line: 6, msisdn: one, row, ground: 'reissued' },
      { ...appeal, line: 7, msisdn: other, ground: 'court_order' },
    ]);
    expect(subjects).toEqual([
      { imei: null, msisdn: one, scope: 'current', ground: 'cloned', lines: [5] },
      { imei: null, msisdn: one, scope: { ofHolderIn: row }, ground: 'reissued', lines: [6] },
      { imei: null, msisdn: other, scope: 'current', ground: 'cloned', lines: [3, 7] },
      { imei, msisdn: null, scope: 'current', ground: 'cloned', lines: [2] },
      { imei, msisdn: one, scope: 'current', ground: 'cloned', lines: [4] },
    ]);
  });
});

describe('what became of it', () => {
  it('is read as it was written', () => {
    const kept = [{ operator: 'jio' as OperatorId, batchId: 'up-0123456789ab' as BatchId, state: 'alreadyOpen' }];
    for (const told of [became({}), became({ state: 'kept', rows: [], directionIds: [], kept })])
      expect(parseReversedLine(reversedLine(told))).toEqual(told);
  });

  it('is taken back whatever became of it, unless it stays as it is', () => {
    const states = ['directed', 'alreadyOpen', 'tooLate', 'nothingToRestore', 'kept', 'struck'] as const;
    expect(states.filter((state) => isTakenBackBy(became({ state })))).toEqual([
      'directed',
      'alreadyOpen',
      'tooLate',
      'nothingToRestore',
    ]);
    expect(isTakenBackBy(became({ imei, msisdn: null }))).toBe(true);
    // A number excepted from a handset's block: neither of them is taken back.
    expect(isTakenBackBy(became({ imei }))).toBe(false);
  });

  it('is not taken back where it was directed when it was a later holder’s than the one who appeals', () => {
    const kept = [{ operator: 'jio' as OperatorId, batchId: 'up-0123456789ab' as BatchId, state: 'directed' }];
    const former = became({ state: 'tooLate', kept });
    expect([isTakenBackBy(former), isOfFormerHolder(former)]).toEqual([false, true]);
    expect(isOfFormerHolder(became({ state: 'tooLate' }))).toBe(false);
    expect(isOfFormerHolder(became({ ground: 'withdrawal', kept }))).toBe(false);
  });

  it('leaves every list, unless others had it disconnected: what they only ask of it is no list', () => {
    const by = (told: object) => [
      { operator: 'jio' as OperatorId, batchId: 'up-0123456789ab' as BatchId, state: 'directed', ...told },
    ];
    const [asking, listed] = [by({ unlisted: true }), by({})];
    expect([[], asking, listed, [...asking, ...listed]].map((kept) => leavesLists(became({ kept })))).toEqual([
      true,
      true,
      false,
      false,
    ]);
    // Later batches go on with what others ask.
    expect(isTakenBackBy(became({ kept: asking }))).toBe(false);
    for (const state of ['kept', 'struck'] as const) expect(leavesLists(became({ state, kept: asking }))).toBe(false);
  });

  it('is told by line', () => {
    const two = ['a', 'b'].map((name) => `caseworker-1-0123456789ab.restore.${name}.2-0-0` as DirectionId);
    expect(
      appealsCsv([
        became({ lines: [10, 3], state: 'tooLate', directionIds: [] }),
        became({ lines: [2], directionIds: two }),
      ]),
    ).toBe(`line,state,directionIds\n2,directed,${two.join(' ')}\n3,tooLate,\n10,tooLate,\n`);
  });

  it('is kept where a later batch relies on it', () => {
    const by = { batchId: 'up-0123456789ab' as BatchId, state: 'alreadyBlocked' };
    const kept = [
      became({ lines: [], state: 'kept', kept: [{ ...by, operator: 'jio' as OperatorId, state: 'alreadyVerified' }] }),
      became({ imei, msisdn: null, lines: [], state: 'kept', kept: [{ ...by, operator: 'airtel' as OperatorId }] }),
    ];
    expect(keptCsv(kept.flatMap(keptLines))).toBe(
      'kind,identifier,operator,batchId,state\n' +
        'block,350000000000014,airtel,up-0123456789ab,alreadyBlocked\n' +
        'reverify,+919876543210,jio,up-0123456789ab,alreadyVerified\n',
    );
  });
});
