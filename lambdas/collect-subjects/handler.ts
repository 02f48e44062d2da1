import * as z from 'zod';
import type { BatchId } from '../domain/identifiers.ts';
import { BATCH_KIND_NAMES } from '../domain/kinds.ts';
import { SCREENED } from '../domain/work.ts';
import { instant } from '../runtime/input.ts';
import { log } from '../runtime/log.ts';
import { task } from '../runtime/task.ts';
import { readBatch } from '../stores/cases/batches.ts';
import { registerBatch } from '../stores/cases/executions.ts';
import { mark } from '../stores/upload-marks.ts';
import { COLLECTORS } from './collectors.ts';
import { env } from './environment.ts';
import { readAsked, writeAsked, writeShards } from './shards.ts';

export type { Environment } from './environment.ts';

const input = z.object({
  collect: z.looseObject({
    kind: z.enum(BATCH_KIND_NAMES),
    /** The upload that asks for the batch, if there is one. */
    upload: z.object({ bucket: z.string(), key: z.string(), versionId: z.string().optional() }).optional(),
  }),
  execution: z.string(),
  now: instant,
});

/** The Batch machine's input if there is nothing to do. */
const NOTHING = { batch: {}, gathered: {}, decided: { state: 'nothing', remindAt: null, decideBy: null } };

/**
 * Reads what people decide upon, if the preview is another attempt's than the one that wrote this manifest: that attempt may have found
 * other subjects. A batch upon which nobody decides has no preview.
 */
async function readIfAnother(batchId: BatchId, manifestKey: string) {
  const { previewKey } = (await readBatch(env.CASES, batchId)) ?? {};
  if (previewKey === undefined || SCREENED.shards.manifestOf(previewKey) === manifestKey) return {};
  return await readAsked(previewKey);
}

/**
 * Collect: lists the subjects of a batch that doesn't expand, registers it and, if people decide upon it, opens its decision. An attempt
 * writes its list under its own name. The list that the machine hears of counts; if people decide, the one that they were shown.
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
  const counting = { ...written, ...(await readIfAnother(batchId, written.manifestKey)) };
  log.info('subjects listed', { batchId, ...counting.listed });
  return {
    batch: { batchId, kind, agency, handsetsKey: null },
    gathered: { ...counting, indexKey: null, operators: env.OPERATORS, handsets: 0, links: 0 },
    decided,
  };
});
