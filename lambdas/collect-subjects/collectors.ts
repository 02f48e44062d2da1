import type { BatchKind } from '../domain/kinds.ts';
import type { Collector } from './collected.ts';
import { followUp } from './followup.ts';
import { collectReversal } from './reversal.ts';

/** The collectors of subjects, for each kind of batch that doesn't expand. */
export const COLLECTORS: Readonly<Partial<Record<BatchKind, Collector>>> = {
  followup: followUp,
  reversal: collectReversal,
};
