/** What the year's own ledgers count of a batch that settles, by operator. */
import type { LedgerRow } from './answering.ts';
import type { Decided } from './claims.ts';

type Counts = Record<string, number>;

const CONNECTIONS = {
  rows: 'linked',
  decided: [
    'struck',
    'held',
    'exempt',
    'reversed',
    'reissuedBefore',
    'alreadyOpen',
    'alreadyDisconnected',
    'alreadyVerified',
    'directed',
  ],
  ended: {
    verified: 'verified',
    disconnected: 'disconnected',
    surrendered: 'surrendered',
    not_found: 'notFound',
    reissued: 'reissued',
    ported: 'ported',
    extended: 'extended',
    withdrawn: 'withdrawn',
  },
} as const;
const BLOCKS = {
  rows: 'rows',
  decided: ['struck', 'held', 'exempt', 'reversed', 'alreadyOpen', 'alreadyBlocked', 'directed'],
  ended: { blocked: 'blocked', not_found: 'notFound', withdrawn: 'withdrawn' },
} as const;
/** The books of what is given back count neither what was asked nor what is open already. */
const OUTCOMES = {
  decided: ['directed'],
  ended: { restored: 'restored', unblocked: 'unblocked', not_found: 'notFound' },
} as const;
const BOOK_OF = { reverify: 'connections', block: 'blocks', restore: 'outcomes', unblock: 'outcomes' } as const;
const RULES = { connections: CONNECTIONS, blocks: BLOCKS, outcomes: OUTCOMES } as const;

export type Books = Record<'connections' | 'blocks' | 'outcomes', Record<string, Counts>>;

/**
 * The books of a batch that settles, by operator: the decisions on its rows, and the present standing of those that it directed. Only
 * counts over 0 are there.
 */
export function booksOf(decided: readonly Decided[], rows: readonly LedgerRow[]): Books {
  const books: Books = { connections: {}, blocks: {}, outcomes: {} };
  const add = (book: keyof Books, operator: string, word: string) => {
    const counts = books[book][operator] ?? {};
    books[book][operator] = counts;
    counts[word] = (counts[word] ?? 0) + 1;
  };
  for (const { kind, operator, state } of decided) {
    const book = BOOK_OF[kind];
    const known: readonly string[] = RULES[book].decided;
    if (book !== 'outcomes') add(book, operator, RULES[book].rows);
    if (book !== 'outcomes' || state === 'directed') add(book, operator, known.includes(state) ? state : 'unknown');
  }
  for (const { decided: row, outcome } of rows) {
    const book = BOOK_OF[row.kind];
    const ended: Readonly<Record<string, string>> = RULES[book].ended;
    add(book, row.operator, ended[outcome] ?? 'overdue');
    if (outcome === 'failed') add(book, row.operator, 'overdueFailed');
  }
  return books;
}

/** The books of all operators together. */
export function totalOf(byOperator: Record<string, Counts>): Counts {
  const total: Counts = {};
  for (const counts of Object.values(byOperator))
    for (const [word, count] of Object.entries(counts)) total[word] = (total[word] ?? 0) + count;
  return total;
}
