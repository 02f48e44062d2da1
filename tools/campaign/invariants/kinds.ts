/** The kinds of directions, as the formats have them: their ladders, and what may be answered to them. */
import { ANSWERS, type AnyKind, LADDERS } from '../../../test/reckoning/tables.ts';

export { ANSWERS, LADDERS };
export type DirectionKind = AnyKind;

/** Whether it is of handsets. */
export const isOfHandsets = (kind: DirectionKind) => kind === 'block' || kind === 'unblock';
/** Whether it gives back what another kind took. */
export const givesBack = (kind: DirectionKind) => kind === 'restore' || kind === 'unblock';
