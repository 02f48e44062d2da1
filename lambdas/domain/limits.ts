/** Numbers by which others reckon how long a step takes, what it holds, how it is started, or how long a promise holds: here once. */

/**
 * The most directions that the Batch machine runs at once in an inline Map, whose items travel in the state and have room there. Open Map
 * Runs are limited, and a batch is open for weeks, so a batch of at most this many does without one. A larger batch gives as many to each
 * child, since a Map Run holds 10,000 open children.
 */
export const MOST_INLINE = 40;

/** Children of Expand and of Claim that run at once. More children don't make a new on-demand table faster: it already throttles these. */
export const CHILDREN_AT_ONCE = 40;

/** Handsets whose links a child of Expand reads at once. */
export const QUERIES_AT_ONCE = 16;

/** Claims that are written at once: by a child of Claim, and by Record for the rows of a response. */
export const CLAIMS_AT_ONCE = 32;

/** The items that one BatchGet may ask for. Claims are read by as many. */
export const ITEMS_PER_BATCH_GET = 100;

/** Requests for claims that a child of Claim has open at once. */
export const READS_AT_ONCE = 8;

/** Objects of gathered links that are read at once: all of them by Gather, those of a shard by a child of Claim. */
export const OBJECTS_AT_ONCE = 8;

/** Restore orders of a direction that are told once more at once. */
export const RESTORES_AT_ONCE = 8;

/** Ledgers that are read or written at once. */
export const LEDGERS_AT_ONCE = 16;

/** The most rows that a night goes on with: all are held at once, 1.6 kB each. What is left is the next night's. */
export const ROWS_PER_NIGHT = 200_000;

/** Pieces of a usage file that one run of the Cut function lists: some 2 GiB, a fraction of its 15 minutes. */
export const PIECES_PER_STRETCH = 256;

/** Screen holds a report's handsets in memory: 128 MiB is about 8 million rows, 300 times the 2024 event. */
export const LARGEST_REPORT = 128 * 1024 * 1024;

/**
 * Appeals, lookups, withdrawals and approvers' files hold less: of each all rows are held at once, and the receipt, which may be 40 times as
 * long. 4 MiB name some 240,000 handsets.
 */
export const LARGEST_FILE = 4 * 1024 * 1024;

/** Directions in which the rows of a combined file are recorded at once. */
export const PARTS_AT_ONCE = 4;

/**
 * The days after a disconnection in which somebody may say that it was wrong, and have the number given back: after them it may be somebody
 * else's.
 */
export const CONTESTED_DAYS = 90;
