/** Turns quantities into money: the cost of a batch. */
import type { BatchCount } from './counts.ts';
import { countedSize, expectedSize, type Grows, ledgerStepsOf, perMinute, scaled } from './growth.ts';
import type { Price, PriceName } from './prices.ts';
import { LINE_NAMES, LINES, type Line, ofAudit, type Quantities } from './quantities.ts';

/** A line of a bill. */
export interface Billed {
  count: number;
  usd: number;
}

/** The cost of each line, in dollars. */
export function bill(quantities: Quantities, prices: Record<PriceName, Price>): Record<Line, Billed> {
  return Object.fromEntries(
    LINE_NAMES.map((line) => {
      const count = quantities[line] ?? 0;
      return [line, { count, usd: count * prices[LINES[line].price].usd }];
    }),
  ) as Record<Line, Billed>;
}

/** The part of a batch's bill that encryption and the audit add; at another scale, with the growth that is expected of them. */
export function addedBy(counted: BatchCount, scale: number): { encryption: Quantities; audit: Quantities } {
  const { keyRequests, machineKeyRequests } = scaled(counted, scale);
  const encryption = { keyRequests, machineKeyRequests };
  if (scale === counted.scale) return { encryption, audit: ofAudit(counted) };
  const by = (grows: Grows) => grows(expectedSize(counted, scale)) / grows(countedSize(counted));
  return { encryption, audit: ofAudit(counted, by(ledgerStepsOf), by(perMinute)) };
}

export function totalOf(billed: Record<Line, Billed>): number {
  return Object.values(billed).reduce((sum, { usd }) => sum + usd, 0);
}
