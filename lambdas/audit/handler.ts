import { z } from 'zod';
import type { AuditNote } from '../domain/audit.ts';
import { groups, log } from '../shell.ts';
import { appendToChain } from '../stores/audit.ts';

const environment = z.object({ AUDIT: z.string(), CASES: z.string(), MAC_KEY: z.string() });
export type Environment = z.input<typeof environment>;
const env = environment.parse(process.env);

/** As another function of ours sent it. */
const note = z.custom<AuditNote>((value) => typeof value === 'object' && value !== null && 'batchId' in value);

/** Audit: what was committed becomes entries of its batch's chain. */
export const handler = groups(
  note,
  ({ batchId }) => batchId,
  async (batchId, notes) => {
    await appendToChain({ bucket: env.AUDIT, table: env.CASES, macKey: env.MAC_KEY }, batchId, notes);
    log.info('audited', { batchId, notes: notes.length });
  },
);
