import { decisionRecordForm } from '../domain/decision-text.ts';
import type { BatchFacts, ReportRow } from '../domain/facts.ts';
import { type BatchId, type Imei, isImei, type Msisdn } from '../domain/identifiers.ts';
import { OBJECTS_AT_ONCE } from '../domain/limits.ts';
import { gatheredForm } from '../domain/plans.ts';
import { type GatheredLink, linkKey, numberOfGatheredLine, parseGatheredLine } from '../domain/sightings.ts';
import { heldWhys } from '../domain/weighing.ts';
import { SCREENED } from '../domain/work.ts';
import { type Batch, readBatch } from '../stores/cases/batches.ts';
import { concurrently } from '../stores/concurrently.ts';
import { readTextIfThere, readTextLines } from '../stores/objects.ts';
import { readReport } from '../stores/reports.ts';
import { env } from './environment.ts';

/** What one batch knows of an identifier that it met; undefined if there is no such batch. */
type FactsOf = (batchId: BatchId, identifier: Imei | Msisdn) => BatchFacts | undefined;

/** Batches, each read once. */
export class Batches {
  readonly #inbox: string;
  readonly #known = new Map<BatchId, Promise<Batch | undefined>>();

  /** @param inbox the bucket in which reports lie */
  constructor(inbox: string) {
    this.#inbox = inbox;
  }

  read(batchId: BatchId): Promise<Batch | undefined> {
    const known = this.#known.get(batchId);
    if (known !== undefined) return known;
    const reading = readBatch(env.CASES, batchId);
    this.#known.set(batchId, reading);
    return reading;
  }

  /**
   * What batches know of the identifiers that they met. One batch is read after the other, since each may have gathered millions of links.
   */
  async facts(met: ReadonlyMap<BatchId, ReadonlySet<Imei | Msisdn>>): Promise<FactsOf> {
    const facts = new Map<BatchId, (identifier: Imei | Msisdn) => BatchFacts>();
    for (const [batchId, identifiers] of met) {
      const batch = await this.read(batchId);
      if (batch !== undefined) facts.set(batchId, await this.#factsOf(batch, identifiers));
    }
    return (batchId, identifier) => facts.get(batchId)?.(identifier);
  }

  async #factsOf(batch: Batch, met: ReadonlySet<Imei | Msisdn>): Promise<(identifier: Imei | Msisdn) => BatchFacts> {
    const {
      batchId,
      kind,
      agency,
      file,
      uploadedAt,
      startedAt,
      settledAt = null,
      previewKey,
      decision: pointer,
    } = batch;
    const sightings = await sightingsOf(previewKey, met);
    const imeis = new Set<Imei>();
    for (const identifier of met)
      if (isImei(identifier)) imeis.add(identifier);
      else for (const { imei } of sightings.get(identifier) ?? []) imeis.add(imei);
    const reported = kind === 'report' ? await reportRows(this.#inbox, batch, imeis) : [];
    const heldText = previewKey && (await readTextIfThere(work(SCREENED.previews.held(previewKey))));
    const held = heldText ? heldWhys(heldText) : new Map();
    const record = pointer && (await readTextIfThere(work(pointer.recordKey)));
    const decision = record ? decisionRecordForm.parse(record) : null;
    return (identifier) => {
      const own = isImei(identifier) ? [] : (sightings.get(identifier) ?? []);
      const seenIn = new Set(isImei(identifier) ? [identifier] : own.map(({ imei }) => imei));
      const rows = reported.filter(({ imei }) => seenIn.has(imei));
      return {
        batchId,
        kind,
        agency,
        file,
        uploadedAt,
        startedAt,
        settledAt,
        reported: rows,
        sightings: own,
        held,
        decision,
      };
    };
  }
}

const work = (key: string) => ({ bucket: env.WORK, key });

/** The sightings of these numbers that a batch gathered, by number, in the order of their days. */
async function sightingsOf(
  previewKey: string | undefined,
  met: ReadonlySet<Imei | Msisdn>,
): Promise<Map<Msisdn, GatheredLink[]>> {
  const sightings = new Map<Msisdn, GatheredLink[]>();
  for (const identifier of met) if (!isImei(identifier)) sightings.set(identifier, []);
  const list =
    previewKey && sightings.size > 0 && (await readTextIfThere(work(SCREENED.previews.gathered(previewKey))));
  if (!list) return sightings;
  await concurrently(gatheredForm.parse(list).objects, OBJECTS_AT_ONCE, async ({ key, bytes }) => {
    for await (const lines of readTextLines(work(key), { start: 0, end: bytes }))
      for (const line of lines) sightings.get(numberOfGatheredLine(line))?.push(parseGatheredLine(line));
  });
  const inOrder = (link: GatheredLink) => `${linkKey(link)} ${link.imei}`;
  for (const links of sightings.values()) links.sort((a, b) => (inOrder(a) < inOrder(b) ? -1 : 1));
  return sightings;
}

/** The rows of a batch's report that name these handsets; none if no version of the file has its bytes any more. */
async function reportRows(inbox: string, batch: Batch, imeis: ReadonlySet<Imei>): Promise<ReportRow[]> {
  // No other batch has a report: its file is not in the inbox, or doesn't name handsets for their own sake.
  if (batch.kind !== 'report' || imeis.size === 0) return [];
  const begin = () => {
    const taken: ReportRow[] = [];
    return { taken, take: (row: ReportRow) => void (imeis.has(row.imei) && taken.push(row)) };
  };
  return (await readReport({ inbox, forms: env.REPORT_FORMS }, batch, begin)) ?? [];
}
