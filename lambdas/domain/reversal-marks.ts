/** The marks of reversals in the claims of what they took back. */
import { type BatchId, isBatchId } from './identifiers.ts';

/** The mark of a reversal in the claim of what it took back: it counts if that plan does. */
export interface ReversalMark {
  readonly batchId: BatchId;
  readonly plan: number;
}

/** A mark as it is stored: `<batchId>:<plan>`. */
export function writeMark({ batchId, plan }: ReversalMark): string {
  return `${batchId}:${plan}`;
}

/** A stored mark can't be read. */
export class BadMark extends Error {
  override readonly name = 'BadMark';
  constructor() {
    super('A claim holds a mark that is not "<batchId>:<plan>"');
  }
}

/**
 * Reads a stored mark.
 * @throws BadMark
 */
export function readMark(stored: string): ReversalMark {
  const [batchId = '', plan = '', ...more] = stored.split(':');
  if (!isBatchId(batchId) || !/^\d{1,9}$/.test(plan) || more.length > 0) throw new BadMark();
  return { batchId, plan: Number(plan) };
}
