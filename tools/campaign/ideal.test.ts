import { describe, expect, it } from 'vitest';
import { storyOf } from './drawn-story.ts';
import { differences, outcomeOf } from './ideal.ts';

describe('what a reversal comes to', () => {
  const seen = (subjects: Record<string, number>) => ({
    outbox: {
      'batches/mha-0123456789ab/summary.json': JSON.stringify({
        ...{ agency: 'mha', kind: 'reversal', status: 'settled', operators: {}, withdrawn: 0 },
        subjects,
      }),
    },
  });
  const subjects = { asked: 5, directed: 3, nothingToRestore: 1, kept: 1, tooLate: 0 };
  const of = (is: object) => differences(storyOf(1), seen({ ...subjects, ...is }), outcomeOf(seen(subjects)));

  it('is another where more or fewer were answered for, kept or too late', () => {
    const told = [expect.stringMatching(/^reversal mha: connections differ/)];
    expect(of({})).toEqual([]);
    expect(of({ directed: 2 })).toEqual(told);
    expect(of({ directed: 2, nothingToRestore: 2 })).toEqual(told);
    expect(of({ directed: 2, kept: 2 })).toEqual(told);
    expect(of({ nothingToRestore: 0, tooLate: 1 })).toEqual(told);
  });
});
