import type { Instant } from '../domain/days.ts';
import { sha256Of } from '../domain/hashes.ts';
import type { OperatorId } from '../domain/identifiers.ts';
import { OBJECTS_AT_ONCE } from '../domain/limits.ts';
import { previewKeys } from '../domain/outbox.ts';
import type { WrittenList } from '../domain/plans.ts';
import { type PreviewCounts, previewOf, previewText } from '../domain/preview.ts';
import { previewHtml } from '../domain/preview-page.ts';
import type { Asker } from '../domain/turn.ts';
import { type HeldFrom, heldCsv, parseWeightLine, WeighedHandsets } from '../domain/weighing.ts';
import { audit } from '../stores/audit.ts';
import { type Batch, commitPreview, readBatch } from '../stores/cases/batches.ts';
import { concurrently } from '../stores/concurrently.ts';
import { PlanIsVoid } from '../stores/earlier-directions.ts';
import { readBytes, writeObject } from '../stores/objects.ts';

/** The heaviest handsets that the page shows. */
const MOST_HEAVIEST = 25;

/** What the preview is made of. */
interface Weighed {
  /** The operators that are the batch's to its end. */
  readonly operators: readonly OperatorId[];
  /** Before its links were read. */
  readonly latestImports: ReadonlyMap<OperatorId, Instant | null>;
  readonly handsets: WeighedHandsets;
  readonly counts: PreviewCounts;
  readonly heldFrom: HeldFrom;
}

interface Places {
  readonly WORK: string;
  readonly OUTBOX: string;
  readonly CASES: string;
  readonly AUDIT_QUEUE: string;
}

/** What of all handsets' weights is kept, from the lists that children wrote. */
export async function readWeights(
  work: string,
  lists: readonly WrittenList[],
  heldFrom: HeldFrom,
): Promise<WeighedHandsets> {
  const handsets = new WeighedHandsets(heldFrom, MOST_HEAVIEST);
  await concurrently(lists, OBJECTS_AT_ONCE, async ({ key, bytes }) => {
    const text = (await readBytes({ bucket: work, key }, { end: bytes })).toString();
    for (const line of text.split('\n').slice(0, -1)) handsets.add(parseWeightLine(line));
  });
  return handsets;
}

/**
 * Prepares a preview under the attempt's own folder, commits it where the batch has none yet, and publishes the one that is the
 * batch's: an attempt that comes later publishes the same bytes again. It is for information: nobody decides upon it yet, so
 * it waits for no people, and nothing is held back.
 * @throws PlanIsVoid where the batch isn't this execution's any more
 */
export async function publishPreview(
  env: Places,
  asker: Asker,
  now: Instant,
  folder: string,
  weighed: Weighed,
): Promise<void> {
  const { batchId, execution } = asker;
  let batch = await ownBatch(env.CASES, asker);
  if (batch.previewKey === undefined) {
    const sha256 = await prepare(env, batch, folder, weighed);
    await commitPreview(env.CASES, asker, folder, sha256);
    batch = await ownBatch(env.CASES, asker);
  }
  const { previewKey, previewSha256 } = batch;
  if (previewKey === undefined) throw new PlanIsVoid(`batch ${batchId} waits no more, and has no preview`);
  const prepared = (name: string) => readBytes({ bucket: env.WORK, key: `${previewKey}/${name}` });
  const json = await prepared(JSON_FILE);
  if (sha256Of(json) !== previewSha256)
    throw new Error(`the preview of batch ${batchId} is not the one that was committed`);
  const publish = async (key: string, bytes: Uint8Array) => {
    await writeObject({ bucket: env.OUTBOX, key }, bytes);
    return { key, sha256: sha256Of(bytes) };
  };
  const keys = previewKeys(batchId);
  const held = await publish(keys.held, await prepared(HELD));
  const page = await publish(keys.html, await prepared(PAGE));
  // The last one: who sees it finds the others.
  const preview = await publish(keys.json, json);
  await audit(env, {
    batchId,
    id: `previewed/${execution}`,
    kind: 'previewed',
    at: now,
    facts: {},
    files: { preview, page, held },
  });
}

const JSON_FILE = 'preview.json';
const PAGE = 'preview.html';
const HELD = 'held.csv';

/** @throws PlanIsVoid */
async function ownBatch(table: string, { batchId, execution }: Asker): Promise<Batch> {
  const batch = await readBatch(table, batchId);
  if (batch?.execution !== execution) throw new PlanIsVoid(`batch ${batchId} was given up`);
  return batch;
}

/** @returns the SHA-256 of the preview's JSON */
async function prepare(env: Places, batch: Batch, folder: string, weighed: Weighed): Promise<string> {
  const { batchId, agency, file, sha256, report } = batch;
  const { handsets, counts, heldFrom } = weighed;
  const held = handsets.held();
  const operators = new Map<OperatorId, { latestImport: Instant | null; gated: number }>();
  // No usage file is gated yet.
  for (const operator of weighed.operators)
    operators.set(operator, { latestImport: weighed.latestImports.get(operator) ?? null, gated: 0 });
  const made = { batchId, agency, file, sha256, report, people: 0, decideBy: null };
  const preview = previewOf({ ...made, held: held.length, counts, operators });
  const text = previewText(preview);
  const heaviest = handsets.heaviest();
  const page = previewHtml(preview, { held, heaviest, areas: counts.areas, heldFrom });
  const contents = { [HELD]: heldCsv(held), [PAGE]: page, [JSON_FILE]: text };
  for (const [name, content] of Object.entries(contents))
    await writeObject({ bucket: env.WORK, key: `${folder}/${name}` }, content);
  return sha256Of(text);
}
