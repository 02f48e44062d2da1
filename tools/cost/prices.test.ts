import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PRICE_NAMES, pricesOf, UnknownRegion } from './prices.ts';

/** Dollars for a million units, from AWS's lists; Lambda's time for one GB-second. */
const LISTED = {
  'ap-south-1': { stateTransition: 28.5, dynamodbWrite: 0.71, dynamodbRead: 0.1425 },
  'us-east-1': { stateTransition: 25, dynamodbWrite: 0.625, dynamodbRead: 0.125 },
} as const;
const EVERYWHERE = { lambdaRequest: 0.2, s3Put: 5, s3Get: 0.4, snsPublish: 0.5 } as const;

describe('list prices', () => {
  it.each(Object.keys(LISTED) as (keyof typeof LISTED)[])('are those of %s', (region) => {
    const prices = pricesOf(region);
    for (const [name, usd] of Object.entries({ ...LISTED[region], ...EVERYWHERE }))
      expect([name, prices[name as keyof typeof EVERYWHERE].usd * 1e6]).toEqual([name, expect.closeTo(usd, 9)]);
    expect(prices.lambdaGbSecond.usd).toBeCloseTo(0.0000133334, 15);
    for (const name of PRICE_NAMES) expect(prices[name].date, name).toMatch(/^20\d\d-\d\d$/);
  });

  it('say so where another region stands in, with its price', () => {
    const { sqsRequest, stateTransition } = pricesOf('ap-south-1');
    expect(sqsRequest).toMatchObject({ from: 'us-east-1', usd: pricesOf('us-east-1').sqsRequest.usd });
    expect(stateTransition.from).toBeUndefined();
  });

  it('stand each once in the file, and none is for a region that has no name', () => {
    const { regions } = JSON.parse(readFileSync(new URL('./prices.json', import.meta.url), 'utf8'));
    for (const { name, prices } of Object.values(regions) as { name: string; prices: object }[]) {
      expect(name).not.toBe('');
      expect(Object.keys(prices).sort()).toEqual([...PRICE_NAMES].sort());
    }
  });

  it('are refused for a region without any, which names those that there are', () => {
    expect(() => pricesOf('eu-west-1')).toThrow(UnknownRegion);
    expect(() => pricesOf('eu-west-1')).toThrow('eu-west-1: there are prices only for ap-south-1, us-east-1');
  });
});
