/** What reversals took back. */
import type { Asked } from './decided.ts';
import type { Known } from './known.ts';

/** Whether a reversal of an earlier plan took a number or handset back, which was not seen on a later day. */
export function takenBackBefore(_known: Known, _asked: Asked): boolean {
  return false;
}
