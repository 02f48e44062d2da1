import { describe, expect, it } from 'vitest';
import { BadMark, readMark, writeMark } from '../../lambdas/domain/reversal-marks.ts';

describe('the mark of a reversal', () => {
  it('is stored as batch and plan', () => {
    const mark = { batchId: 'caseworker-1-0123456789ab', plan: 7 } as never;
    expect(writeMark(mark)).toBe('caseworker-1-0123456789ab:7');
    expect(readMark('caseworker-1-0123456789ab:7')).toEqual(mark);
    expect(readMark('caseworker-1-0123456789ab:123456789')).toEqual({ ...(mark as object), plan: 123_456_789 });
  });

  it.each([
    '',
    'caseworker-1-0123456789ab',
    'caseworker-1-0123456789ab:',
    ':7',
    'x:7',
    'mha-0123456789ab:7:8',
    ...['x7', '7x', '1234567890'].map((plan) => `mha-0123456789ab:${plan}`),
  ])('that is %j is none', (text) => {
    expect(() => readMark(text)).toThrow(BadMark);
  });
});
