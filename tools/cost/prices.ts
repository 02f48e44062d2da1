/** List prices by region, from prices.json: each with its unit, date and source. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { CommandError } from '../../lib/commands/command-line.ts';

export const PRICE_NAMES = [
  'stateTransition',
  'dynamodbWrite',
  'dynamodbRead',
  'lambdaRequest',
  'lambdaGbSecond',
  's3Put',
  's3Get',
  'snsPublish',
  'sqsRequest',
  'optInEvent',
  'kmsRequest',
  'logGb',
  'xrayTrace',
] as const;
export type PriceName = (typeof PRICE_NAMES)[number];

const listed = z.strictObject({
  /** Dollars for `per` units. */
  usd: z.number().positive(),
  per: z.number().positive(),
  unit: z.string().min(1),
  /** The month in which the price was read. */
  date: z.string().regex(/^20\d\d-\d\d$/),
  source: z.string().min(1),
});
/** Another region's price, for a region whose own price wasn't found. */
const standIn = z.strictObject({ standIn: z.string().min(1), why: z.string().min(1) });

const priceFile = z.strictObject({
  currency: z.literal('USD'),
  about: z.string(),
  regions: z.record(
    z.string(),
    z.strictObject({ name: z.string(), prices: z.record(z.enum(PRICE_NAMES), z.union([listed, standIn])) }),
  ),
});

/** A price that applies in a region. */
export interface Price {
  /** Dollars for one unit. */
  usd: number;
  unit: string;
  date: string;
  source: string;
  /** The region whose price this is, if the region's own wasn't found. */
  from?: string;
}

/** The error for a region without prices. */
export class UnknownRegion extends CommandError {
  override name = 'UnknownRegion';
}

/**
 * The prices of a region.
 * @throws UnknownRegion, whose message lists the known regions
 */
export function pricesOf(region: string): Record<PriceName, Price> {
  const { regions } = priceFile.parse(JSON.parse(readFileSync(new URL('./prices.json', import.meta.url), 'utf8')));
  const own = regions[region];
  if (own === undefined)
    throw new UnknownRegion(`--region ${region}: there are prices only for ${Object.keys(regions).join(', ')}`);
  const find = (name: PriceName): Price => {
    const price = own.prices[name];
    if (!('standIn' in price)) return { ...price, usd: price.usd / price.per };
    const other = regions[price.standIn]?.prices[name];
    if (other === undefined || 'standIn' in other)
      throw new Error(`prices.json: ${region} ${name}: ${price.standIn} has no price of its own`);
    return { ...other, usd: other.usd / other.per, from: price.standIn };
  };
  return Object.fromEntries(PRICE_NAMES.map((name) => [name, find(name)])) as Record<PriceName, Price>;
}
