/**
 * The lists of the contracts, written down a second time and without a line of the system's code: ladders, answers and the columns of
 * books.
 */

/** The rungs of each kind of direction, with their days. */
export const LADDERS = {
  block: [
    ['block', 1],
    ['block', 1],
  ],
  reverify: [
    ['reverify', 5],
    ['bar_outgoing', 5],
    ['bar_incoming', 5],
    ['disconnect', 1],
  ],
  restore: [
    ['restore', 1],
    ['restore', 1],
  ],
  unblock: [
    ['unblock', 1],
    ['unblock', 1],
  ],
} as const;
/** The answers to each kind of direction. */
export const ANSWERS = {
  block: ['blocked', 'not_found'],
  reverify: ['verified', 'failed', 'disconnected', 'not_found', 'surrendered', 'reissued', 'ported', 'extended'],
  restore: ['restored', 'not_found'],
  unblock: ['unblocked', 'not_found'],
};

/** The kinds of directions: those that a report makes, and all. */
export type Kind = 'block' | 'reverify';
export type AnyKind = keyof typeof LADDERS;

/** An operator's part of a summary, before anything is counted. */
export const noOperator = (latestImport?: string) => ({
  directions: 0,
  overdueDirections: 0,
  latestImport: latestImport ?? null,
  connections: {
    linked: 0,
    struck: 0,
    held: 0,
    exempt: 0,
    reversed: 0,
    reissuedBefore: 0,
    alreadyOpen: 0,
    alreadyDisconnected: 0,
    alreadyVerified: 0,
    directed: 0,
    verified: 0,
    disconnected: 0,
    surrendered: 0,
    notFound: 0,
    ported: 0,
    extended: 0,
    reissued: 0,
    withdrawn: 0,
    overdue: 0,
    overdueFailed: 0,
  } as Record<string, number>,
  blocks: {
    rows: 0,
    struck: 0,
    held: 0,
    exempt: 0,
    reversed: 0,
    alreadyOpen: 0,
    alreadyBlocked: 0,
    directed: 0,
    blocked: 0,
    notFound: 0,
    withdrawn: 0,
    overdue: 0,
  } as Record<string, number>,
});
