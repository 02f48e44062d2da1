/** The status of a batch that is under way. */
import type { Status } from '../../lambdas/domain/status.ts';
import { agency, at, batchId } from './example.ts';

const counts = { linked: 1000, held: 100, alreadyOpen: 50, directed: 850, verified: 300, disconnected: 200, open: 350 };
export const directed: Status = {
  batchId,
  agency,
  file: 'reports/mha/<june>.csv',
  status: 'directed',
  since: at('2026-06-03T04:20:00Z'),
  asOf: at('2026-06-08T00:30:00Z'),
  next: { what: 'bar_incoming', by: at('2026-06-13T04:20:00Z') },
  report: { rows: 12, rejected: 1, repeats: 1, handsets: 10 },
  connections: counts,
  blocks: { rows: 50, directed: 50, blocked: 40, notFound: 3, withdrawn: 0, overdue: 7, open: 0 },
  open: [
    {
      ...{ kind: 'reverify', order: 'bar_outgoing', deadline: at('2026-06-13T04:20:00Z') },
      ...{ next: 'bar_incoming', directions: 5, rows: 350 },
    },
  ],
  overdue: [
    {
      ...{ operator: 'vi', kind: 'block', order: 'block', since: at('2026-06-05T04:20:00Z'), directions: 1, rows: 7 },
    },
  ],
  operators: {
    airtel: { directions: 3, openDirections: 2, connections: { ...counts, directed: 800 } },
    vi: { directions: 2, openDirections: 1, connections: { directed: 50, surrendered: 4 } },
  },
} as unknown as Status;
