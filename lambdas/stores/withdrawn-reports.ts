/** The handsets of a report that its agency has withdrawn: those that its directed reversals were asked for. */

import { askedForm } from '../domain/appeals.ts';
import { planCounts } from '../domain/batches.ts';
import { decidedBy } from '../domain/decisions.ts';
import { type BatchId, isBatchId, isFollowUp } from '../domain/identifiers.ts';
import { gatheredForm } from '../domain/plans.ts';
import { type GatheredLink, parseGatheredLine } from '../domain/sightings.ts';
import { isActedUpon, NOTHING_DECIDED } from '../domain/subjects.ts';
import { heldImeis } from '../domain/weighing.ts';
import { FreeNumbers, type Since, type TakenBack, type Withdrawn, withdrawnBy } from '../domain/withdrawn-reports.ts';
import { SCREENED, WITHDRAWN } from '../domain/work.ts';
import { readApproval } from './cases/approvals.ts';
import { type Batch, readBatch } from './cases/batches.ts';
import { NotThere } from './errors.ts';
import { listObjects } from './listings.ts';
import { readText, readTextLines, writeObject } from './objects.ts';

interface Places {
  readonly WORK: string;
  readonly CASES: string;
}

/** Marks that a reversal is asked to take back what a report did, whatever is decided of it. */
export async function markWithdrawal(work: string, report: BatchId, reversal: BatchId): Promise<void> {
  await writeObject({ bucket: work, key: WITHDRAWN.key(report, reversal) }, '');
}

/**
 * What was withdrawn of a report by now, as far as it concerns these numbers and handsets: only a plan that counts has an effect.
 * @param subjects those for which `with` will be asked; `has` knows each handset
 * @param own what the asking reversal takes back, beside those that count
 */
export async function readWithdrawn(
  env: Places,
  report: BatchId,
  subjects: Since = new Map(),
  own?: TakenBack,
): Promise<Withdrawn> {
  const counted: (TakenBack & { readonly plan: number })[] = [];
  const prefix = WITHDRAWN.prefixOf(report);
  for await (const { key } of listObjects({ bucket: env.WORK, key: prefix })) {
    const reversal = key.slice(prefix.length);
    const batch = isBatchId(reversal) ? await readBatch(env.CASES, reversal) : undefined;
    if (batch?.decision === undefined || batch.previewKey === undefined || !planCounts(batch.state)) continue;
    const place = { bucket: env.WORK, key: SCREENED.previews.asked(batch.previewKey) };
    const { withdraws } = askedForm.parse(await readText(place));
    if (withdraws?.batchId !== report) continue;
    const { struck } = decidedBy(await readApproval(env.WORK, batch.decision), []);
    const imeis = withdraws.imeis && new Set(withdraws.imeis);
    counted.push({ imeis, struck, plan: batch.plan });
  }
  // Plans are made one after the other: two of them may have been directed in the same second.
  counted.sort((a, b) => a.plan - b.plan);
  const all: readonly TakenBack[] = own === undefined ? counted : [...counted, own];
  const free = new FreeNumbers(subjects, all);
  const batch = free.needLinks && !isFollowUp(report) ? await readBatch(env.CASES, report) : undefined;
  if (batch !== undefined) for await (const link of actedUponLinks(env, batch)) free.add(link);
  return withdrawnBy(all, free.numbers());
}

/** The links that a report's decision was bound to, of handsets that are acted upon by what people decided. */
export async function* actedUponLinks(env: Places, batch: Batch): AsyncGenerator<GatheredLink> {
  const { batchId, previewKey, decision: pointer } = batch;
  if (previewKey === undefined) throw new NotThere(`batch ${batchId} has no list of its links`);
  const work = (key: string) => ({ bucket: env.WORK, key });
  // Nothing was decided of a report from before there were decisions.
  const decided =
    pointer === undefined
      ? NOTHING_DECIDED
      : decidedBy(
          await readApproval(env.WORK, pointer),
          heldImeis(await readText(work(SCREENED.previews.held(previewKey)))),
        );
  const { objects } = gatheredForm.parse(await readText(work(SCREENED.previews.gathered(previewKey))));
  for (const { key, bytes } of objects)
    for await (const block of readTextLines(work(key), { start: 0, end: bytes }))
      for (const line of block) {
        const link = parseGatheredLine(line);
        if (isActedUpon(link.imei, decided)) yield link;
      }
}
