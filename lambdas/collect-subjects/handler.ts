import * as z from 'zod';
import { BATCH_KIND_NAMES } from '../domain/kinds.ts';
import { instant } from '../runtime/input.ts';
import { log } from '../runtime/log.ts';
import { task } from '../runtime/task.ts';
import { registerBatch } from '../stores/cases/batches.ts';
import { mark } from '../stores/uploads.ts';
import { COLLECTORS } from './collectors.ts';
import { env } from './environment.ts';
import { writeAsked, writeShards } from './shards.ts';

export type { Environment } from './environment.ts';

const input = z.object({
  collect: z.looseObject({
    kind: z.enum(BATCH_KIND_NAMES),
    /** The upload that asks for it, where it is one. */
    upload: z.object({ bucket: z.string(), key: z.string(), versionId: z.string().optional() }).optional(),
  }),
  execution: z.string(),
  now: instant,
});

/** What the Batch machine is told where there is nothing to do. */
const NOTHING = { batch: {}, gathered: {}, decided: { state: 'nothing', remindAt: null, decideBy: null } };

/**
 * Collect: lists the subjects of a batch that doesn't expand, registers it and, where people decide upon it, opens its decision. What
 * an attempt lists lies under its own name, and the one that the machine hears of counts.
 * @returns what Screen and Gather tell of a report together
 */
export const handler = task(input, async ({ collect, execution, now }, attempt) => {
  const collector = COLLECTORS[collect.kind];
  if (collector === undefined) throw new Error(`a batch of the kind ${collect.kind} is not collected`);
  const collected = await collector(collect, { execution, now, attempt });
  if (collected === null) return NOTHING;
  const { batch: proposed, subjects } = collected;
  const { batchId, kind, agency } = proposed;
  const written =
    'listed' in subjects
      ? { ...(await writeShards(batchId, subjects.listed, attempt)), linked: subjects.linked }
      : {
          ...(await writeAsked(batchId, subjects.asked, attempt)),
          linked: {},
          asked: subjects.count(),
          conditional: subjects.conditional(),
        };
  const batch = await registerBatch(env.CASES, proposed);
  if (collect.upload !== undefined) await mark(env.WORK, 'worked', collect.upload);
  if (batch.execution !== execution || batch.sha256 !== proposed.sha256) {
    log.info('same batch again', { batchId });
    return NOTHING;
  }
  const decided = await collected.open(batch);
  log.info('subjects listed', { batchId, ...written.listed });
  return {
    batch: { batchId, kind, agency, handsetsKey: null },
    gathered: { ...written, indexKey: null, operators: env.OPERATORS, handsets: 0, links: 0 },
    decided,
  };
});
