import { planCounts } from '../domain/batches.ts';
import { type ElsewhereLine, elsewhereHeader, parseElsewhereLine, shownIn } from '../domain/elsewhere.ts';
import type { AsideFacts } from '../domain/facts.ts';
import { type BatchId, type Imei, isBatchId, isImei, type Msisdn } from '../domain/identifiers.ts';
import { imeiOut } from '../domain/imeis.ts';
import { OBJECTS_AT_ONCE } from '../domain/limits.ts';
import { elsewhereKey, OUTBOX } from '../domain/outbox.ts';
import { planForm } from '../domain/plans.ts';
import { readBatch } from '../stores/cases/batches.ts';
import { concurrently } from '../stores/concurrently.ts';
import { listObjects } from '../stores/listings.ts';
import { type Place, readText, readTextLines } from '../stores/objects.ts';
import { unsettledBatches } from '../stores/unsettled-batches.ts';
import { env } from './environment.ts';

/** A batch that met a subject that is asked about and did not direct it. */
export interface AsideBatch extends AsideFacts, Pick<ElsewhereLine, 'identifier'> {}

interface List {
  readonly batchId: BatchId;
  readonly place: Place;
  readonly bytes: number;
}

/**
 * Finds the batches whose plan counts and that met these subjects without directing them. A settled batch's list is read as it was
 * published, any other's from its plan. Nothing names the batches that left somebody out, so every list with a line is looked through; most
 * lists are short.
 */
export async function asideOf(subjects: ReadonlySet<Imei | Msisdn>): Promise<AsideBatch[]> {
  if (subjects.size === 0) return [];
  const shown = new Set([...subjects].map((subject) => (isImei(subject) ? imeiOut(subject) : subject)));
  const found: AsideBatch[] = [];
  await concurrently(lists(), OBJECTS_AT_ONCE, async ({ batchId, place, bytes }) => {
    for await (const lines of readTextLines(place, { start: 0, end: bytes }))
      for (const line of lines) if (shown.has(shownIn(line))) found.push({ batchId, ...parseElsewhereLine(line) });
  });
  // The lists are read side by side, so the order is made here.
  const name = ({ batchId, kind, operator }: AsideBatch) => `${batchId} ${kind} ${operator}`;
  return found.sort((a, b) => (name(a) < name(b) ? -1 : 1));
}

async function* lists(): AsyncGenerator<List> {
  const settled = new Set<BatchId>();
  for await (const { key, size } of listObjects({ bucket: env.OUTBOX, key: OUTBOX.batches.prefix })) {
    const batchId = key.split('/')[1] ?? '';
    if (!isBatchId(batchId) || key !== elsewhereKey(batchId)) continue;
    settled.add(batchId);
    if (size > elsewhereHeader.length) yield { batchId, place: { bucket: env.OUTBOX, key }, bytes: size };
  }
  for (const batchId of await unsettledBatches(env.WORK)) {
    const batch = settled.has(batchId) ? undefined : await readBatch(env.CASES, batchId);
    if (batch?.planKey === undefined || !planCounts(batch.state)) continue;
    const { elsewhere } = planForm.parse(await readText({ bucket: env.WORK, key: batch.planKey }));
    for (const { key, bytes } of elsewhere) yield { batchId, place: { bucket: env.WORK, key }, bytes };
  }
}
