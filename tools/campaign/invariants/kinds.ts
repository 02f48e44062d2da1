/** The kinds of directions, as the formats have them: their ladders, and what may be answered to them. */
import { ANSWERS as REPORTED, LADDERS as REPORTS } from '../../../test/scenarios/sample-reckoning.ts';

export type DirectionKind = 'block' | 'reverify' | 'restore' | 'unblock';

/** Days of the rungs. */
export const LADDERS: Readonly<Record<DirectionKind, readonly (readonly [order: string, days: number])[]>> = {
  ...REPORTS,
  restore: [
    ['restore', 1],
    ['restore', 1],
  ],
  unblock: [
    ['unblock', 1],
    ['unblock', 1],
  ],
};

export const ANSWERS: Readonly<Record<DirectionKind, readonly string[]>> = {
  block: REPORTED.block,
  reverify: [...REPORTED.reverify, 'reissued', 'ported', 'extended'],
  restore: ['restored', 'not_found'],
  unblock: ['unblocked', 'not_found'],
};

/** Whether it is of handsets. */
export const isOfHandsets = (kind: DirectionKind) => kind === 'block' || kind === 'unblock';
/** Whether it gives back what another kind took. */
export const givesBack = (kind: DirectionKind) => kind === 'restore' || kind === 'unblock';
