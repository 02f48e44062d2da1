import { describe, expect, it } from 'vitest';
import { sha256 } from '../../../test/reckoning/files.ts';
import type { Known } from './known.ts';
import { checkLastRestored, checkNotices } from './notices.ts';

const NUMBER = '+919876543210';

/** The directions of one number at an operator, by their plans: what took its service, its reversal, a later report's, and a night's. */
const DIRECTIONS = {
  'mha.reverify': { plan: 1, batch: 'mha', kind: 'reverify' },
  'caseworker-1.restore': { plan: 2, batch: 'caseworker-1', kind: 'restore' },
  'later.reverify': { plan: 3, batch: 'later', kind: 'reverify' },
  'followup-202606090000.restore': { plan: 4, batch: 'followup-202606090000', kind: 'restore' },
};
const [REPORT, REVERSAL, LATER, NIGHT] = Object.keys(DIRECTIONS) as [string, string, string, string];

/** What is broken, where the operator hears of these orders. */
function brokenBy(heard: readonly (readonly [direction: string, order: string])[]): string[] {
  const broken: string[] = [];
  const known: Pick<Known, 'must'> & Record<string, unknown> = {
    must: (holds, rule) => {
      if (!holds) broken.push(rule);
    },
    batches: [
      { batchId: 'mha', plan: 1, kind: 'report' },
      { batchId: 'caseworker-1', plan: 2, kind: 'reversal' },
    ],
    directions: new Map(
      Object.entries(DIRECTIONS).map(([id, direction]) => [id, { ...direction, id, operator: 'jio', rows: [NUMBER] }]),
    ),
    carried: new Map(heard.map(([direction, order], n) => [`${direction}/${order} ${n}`, [NUMBER]])),
    seen: {
      notices: {
        'fraud-directions-jio': heard.map(([directionId, order], n) => ({
          ...{ kind: 'order', key: `${directionId}/${order}`, sha256: n, directionId, order },
        })),
      },
    },
  };
  checkLastRestored(known as unknown as Known);
  return broken;
}

describe('who is given back service', () => {
  it('is told so last', () => {
    expect(
      brokenBy([
        [REPORT, 'bar_outgoing'],
        [REVERSAL, 'restore'],
      ]),
    ).toEqual([]);
  });

  it("is told so by a night's follow-up, where the reversal's own order could not be told", () => {
    expect(
      brokenBy([
        [REPORT, 'bar_outgoing'],
        [NIGHT, 'restore'],
      ]),
    ).toEqual([]);
  });

  it.each([
    [
      'what had taken it is told later',
      [
        [REVERSAL, 'restore'],
        [REPORT, 'disconnect'],
      ],
    ],
    [
      "that is so until a night's follow-up",
      [
        [REVERSAL, 'restore'],
        [REPORT, 'disconnect'],
        [NIGHT, 'restore'],
      ],
    ],
    [
      'a later report gives back what it took itself',
      [
        [REPORT, 'disconnect'],
        [LATER, 'bar_outgoing'],
        [LATER, 'restore'],
      ],
    ],
    [
      "it is told after the night's",
      [
        [NIGHT, 'restore'],
        [REPORT, 'disconnect'],
      ],
    ],
  ] as const)('is not, where %s', (_, heard) => {
    expect(brokenBy(heard)).toHaveLength(1);
  });
});

describe('a receipt of a decision that an approver was told of lies there', () => {
  const BATCH = 'mha-123456789abc';
  const KEY = `receipts/approver-1/${BATCH}/yes.csv.12345678.json`;
  const COUNTED = '{"refused":null}';
  const REFUSED = '{"refused":"not_waiting"}';
  const OTHER = '{"refused":"sha_taken"}';

  /** What is broken, where these receipts were told of, the last of them lies there, and approvers were asked about these previews. */
  function toldOf(receipts: readonly string[], previews: readonly string[]): string[] {
    const broken: string[] = [];
    const known: Record<string, unknown> = {
      must: (holds: boolean, rule: string) => {
        if (!holds) broken.push(rule);
      },
      ...{ batches: [], directions: new Map(), moves: [], replaced: new Map(), notPublished: new Set() },
      seen: {
        ...{ patience: 0, cases: {} },
        outbox: { [KEY]: receipts.at(-1), [`previews/${BATCH}/preview.json`]: previews.at(-1) },
        notices: {
          'fraud-approvals-approver-1': [
            ...previews.map((preview) => ({
              kind: 'decision_needed',
              approver: '*',
              batchId: BATCH,
              sha256: sha256(preview),
            })),
            ...receipts.map((receipt) => ({
              ...{
                kind: 'receipt',
                approver: 'approver-1',
                batchId: BATCH,
                key: KEY,
                size: Buffer.byteLength(receipt),
              },
              ...{ sha256: sha256(receipt), refused: (JSON.parse(receipt) as { refused: string | null }).refused },
            })),
          ],
        },
      },
    };
    checkNotices(known as unknown as Known);
    return broken;
  }

  it('as it was told of', () => {
    expect(toldOf([COUNTED], ['one'])).toEqual([]);
  });

  it.each([
    ['counts when it is tried again', [REFUSED, COUNTED]],
    ['finds that nothing waits any more when its event comes once more', [COUNTED, REFUSED]],
  ])('or anew, where its batch was begun anew and it %s', (_, receipts) => {
    expect(toldOf(receipts, ['one', 'two'])).toEqual([]);
  });

  it.each([
    ['its batch was not begun anew', [COUNTED, REFUSED], ['one']],
    ['another answer took its place', [COUNTED, OTHER], ['one', 'two']],
  ])('but not anew, where %s', (_, receipts, previews) => {
    expect(toldOf(receipts, previews)).toEqual([`${KEY}: what is told of is there, with those bytes`]);
  });
});
