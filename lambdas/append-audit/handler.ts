import * as z from 'zod';
import { auditNote } from '../domain/audit.ts';
import { log } from '../runtime/log.ts';
import { groups } from '../runtime/queue.ts';
import { appendToChain } from '../stores/audit.ts';

const environment = z.object({ AUDIT: z.string(), CASES: z.string(), MAC_KEY: z.string() });
export type Environment = z.input<typeof environment>;
const env = environment.parse(process.env);

/** Audit: what was committed becomes entries of its batch's chain. */
export const handler = groups(
  auditNote,
  ({ batchId }) => batchId,
  async (batchId, notes) => {
    await appendToChain({ bucket: env.AUDIT, table: env.CASES, macKey: env.MAC_KEY }, batchId, notes);
    log.info('audited', { batchId, notes: notes.length });
  },
);
