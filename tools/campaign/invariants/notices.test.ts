import { describe, expect, it } from 'vitest';
import type { Known } from './known.ts';
import { checkLastRestored } from './notices.ts';

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
