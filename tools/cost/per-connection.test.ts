import { describe, expect, it } from 'vitest';
import { showProgress } from '../../simulation/progress.ts';
import { type Answer, answersLike, countPerConnection } from './count-per-connection.ts';
import type { BatchCount } from './counts.ts';

const LADDER = [
  { order: 'reverify', days: 5 },
  { order: 'bar_outgoing', days: 5 },
  { order: 'bar_incoming', days: 5 },
  { order: 'disconnect', days: 1 },
];

describe('one execution per connection', () => {
  it('uses what its definition says, way by way', async () => {
    const answers: Answer[] = [
      { rung: 1, failed: false },
      { rung: 1, failed: true },
      { rung: 3, failed: false },
      { rung: 4, failed: true },
      { rung: undefined, failed: false },
    ];
    const counted = await countPerConnection(LADDER, answers, showProgress({ write: () => {} }));
    // Answered on rung r: Register, then "Is a rung left?" and "Order" r times, Record, "Did it fail?", Done = 2r + 4.
    // A failure orders, records and asks once more: + 3. Never answered: Register, 4 × 2, "Is a rung left?", Close = 11.
    expect(counted.transitions).toBe(6 + (6 + 3) + 10 + (12 + 3) + 11);
    expect(counted.messages).toBe(1 + 2 + 3 + 5 + 4);
    expect(counted.putUnits).toBe(5);
    expect(counted.updateUnits).toBe(1 + 2 + 1 + 2 + 1);
  });

  it('is answered in the proportions of the counted batch', () => {
    const drivers = {
      connections: 1000,
      orderRows: {
        '1-reverify': 1000,
        '2-bar_outgoing': 500,
        '3-bar_incoming': 300,
        '4-disconnect': 300,
        'failed-disconnect': 400,
      },
      outcomes: { overdue: 200 },
    } as unknown as BatchCount['drivers'];
    const answers = answersLike({ drivers, ladder: LADDER } as BatchCount, 100);
    const of = (rung: number | undefined) => answers.filter((answer) => answer.rung === rung).length;
    expect([of(1), of(2), of(3), of(4), of(undefined)]).toEqual([50, 20, 0, 10, 20]);
    // 400 of the 800 that were answered had failed first.
    expect(answers.filter(({ failed }) => failed)).toHaveLength(40);
  });
});
