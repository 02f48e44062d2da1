/** A digest with something of everything. */
import type { Digest } from '../../lambdas/domain/digest.ts';
import { agency, at, batchId } from './example.ts';

const since = at('2026-06-03T04:20:00Z');
export const digested = {
  day: '2026-06-08',
  asOf: at('2026-06-08T00:30:00Z'),
  statuses: { waiting: 1, directed: 1, failed: 1 },
  underway: [
    {
      ...{ batchId, agency, status: 'directed', since, openRows: 350, overdueRows: 7 },
      next: { what: 'bar_incoming', by: at('2026-06-13T04:20:00Z') },
    },
    {
      ...{ batchId: 'i4c-0123456789ab', agency: 'i4c', status: 'waiting', since, openRows: 0, overdueRows: 0 },
      next: { what: 'decision', by: at('2026-06-08T10:30:00Z') },
    },
  ],
  ended: [{ batchId: 'mha-aaaaaaaaaaaa', agency, status: 'failed', since }],
  decisions: [
    { batchId: 'i4c-0123456789ab', agency: 'i4c', since, until: at('2026-06-08T10:30:00Z'), held: 4 },
    { batchId: 'caseworker-1-0123456789ab', agency: 'caseworker-1', since, until: null, held: null },
  ],
  due: [
    {
      ...{ operator: 'airtel', order: 'disconnect', failed: true },
      ...{ deadline: at('2026-06-08T10:30:00Z'), directions: 1, rows: 2 },
    },
    {
      ...{ operator: 'jio', order: 'bar_outgoing', failed: false },
      ...{ deadline: at('2026-06-08T04:20:00Z'), directions: 5, rows: 1234 },
    },
  ],
  dueRows: 1236,
  overdue: [
    { operator: 'vi', kind: 'block', order: 'block', since, directions: 1, rows: 7 },
    { operator: 'vi', kind: 'reverify', order: 'disconnect', since, directions: 2, rows: 30 },
  ],
  failed: [{ operator: 'airtel', rows: 12 }],
  gated: [{ operator: 'bsnl', files: 1 }],
  quarantined: 3,
  deadLetters: [{ queue: 'ReportsDeadLetters', messages: 2 }],
  untold: ['mha-bbbbbbbbbbbb'],
} as unknown as Digest;

/** The number of batches, each with a row in every table, that is more than a page shows. */
const MANY = 150;
const many = <T extends object>(one: T | undefined, change: (n: number) => object): T[] =>
  one === undefined ? [] : Array.from({ length: MANY }, (_, n) => ({ ...one, ...change(n) }));
const named = (n: number) => ({ batchId: `mha-${String(n).padStart(12, '0')}` });
export const mostDigested: Digest = {
  ...digested,
  underway: many(digested.underway[0], named),
  ended: many(digested.ended[0], named),
  decisions: many(digested.decisions[0], named),
  due: many(digested.due[1], (n) => ({ operator: `operator-${n}` })),
  overdue: many(digested.overdue[0], (n) => ({ operator: `operator-${n}` })),
  failed: many(digested.failed[0], (n) => ({ operator: `operator-${n}` })),
};
