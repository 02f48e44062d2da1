/** The kinds of directions in the formats: their ladders, and the answers to them. */
import { ANSWERS, type AnyKind, LADDERS } from '../../../test/reckoning/tables.ts';

export { ANSWERS, LADDERS };
export type DirectionKind = AnyKind;

/** Whether a kind is about handsets. */
export const isOfHandsets = (kind: DirectionKind) => kind === 'block' || kind === 'unblock';
/** Whether a kind gives back what another kind took. */
export const givesBack = (kind: DirectionKind) => kind === 'restore' || kind === 'unblock';
