/** The conduct of somebody who is asked to prove who they are. */
import { HOUR, type Person } from './draw.ts';

export type Conduct =
  /** They come within days. */
  | 'comes'
  /** They come when calls can't be made any more, or none come in. */
  | 'comes when barred'
  | 'comes when cut off from calls'
  /** They come with papers that won't do, and with better ones before the day is over. */
  | 'wrong papers first'
  /** They can't come for weeks, and say so. */
  | 'is abroad'
  /** They are ill, abroad, or never hear of it: they come when all is over, and then go to a caseworker. */
  | 'comes too late'
  /** They have papers of somebody else that nobody finds false. */
  | 'forged papers'
  | 'false papers'
  | 'surrenders'
  /** They have thrown the number away. */
  | 'gone'
  | 'ignores';

const HONEST: readonly (readonly [Conduct, number])[] = [
  ['comes when barred', 0.08],
  ['comes when cut off from calls', 0.03],
  ['wrong papers first', 0.03],
  ['is abroad', 0.03],
  ['comes', 1],
];
const GUILTY: readonly (readonly [Conduct, number])[] = [
  ['forged papers', 0.03],
  ['false papers', 0.16],
  ['surrenders', 0.08],
  ['gone', 0.06],
  ['is abroad', 0.01],
  ['ignores', 1],
];

/**
 * The conduct of a person, by a fraction that is drawn.
 * @param tooLate the share of the innocent who don't come in time
 */
export function conductOf({ isGuilty }: Person, dice: number, tooLate: number): Conduct {
  if (!isGuilty && dice >= 1 - tooLate) return 'comes too late';
  let left = dice;
  for (const [conduct, share] of isGuilty ? GUILTY : HONEST) {
    left -= share;
    if (left < 0) return conduct;
  }
  return 'ignores';
}

/** The milliseconds from the request until they have proved who they are; infinite for those who never do. */
export function comesAfter(conduct: Conduct, dice: number): number {
  const between = (from: number, to: number) => (from + (to - from) * dice) * HOUR;
  if (conduct === 'comes' || conduct === 'forged papers') return between(6, 100);
  // They come back after those papers were found wanting, and before anybody is disconnected for it.
  if (conduct === 'wrong papers first') return between(49, 54);
  if (conduct === 'comes when barred') return between(130, 220);
  if (conduct === 'comes when cut off from calls') return between(250, 340);
  return Number.POSITIVE_INFINITY;
}
