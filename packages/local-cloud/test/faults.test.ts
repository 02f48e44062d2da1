import { describe, expect, it } from 'vitest';
import { faultOfMachine, seededRandom } from '../src/faults.ts';

describe('the seeded generator', () => {
  const first = (seed: number, n: number) => Array.from({ length: n }, seededRandom(seed));

  it('gives the same numbers for the same seed, and others for another', () => {
    expect(first(1, 20)).toEqual(first(1, 20));
    expect(first(2, 20)).not.toEqual(first(1, 20));
  });

  it('gives numbers from 0 up to 1, spread evenly', () => {
    const numbers = first(1, 10_000);
    const tenths = new Array(10).fill(0);
    for (const number of numbers) tenths[Math.floor(number * 10)]++;
    expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...numbers)).toBeLessThan(1);
    // 1,000 are expected in each tenth; 5 standard deviations are 150.
    for (const count of tenths) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });
});

describe('the fault of a state machine’s request', () => {
  const call = { caller: 'steps', service: 'sns', action: 'Publish' };

  it('is one that a machine takes notice of', () => {
    expect(faultOfMachine({ beforeCall: () => 'lose' }, call)).toBe('lose');
    expect(faultOfMachine({ beforeCall: () => 'part' }, call)).toBeUndefined();
    expect(faultOfMachine({}, call)).toBeUndefined();
  });

  it('is no promise: only a function waits for one', () => {
    expect(() => faultOfMachine({ beforeCall: async () => {} }, call)).toThrow('the fault plan has steps wait');
  });
});
