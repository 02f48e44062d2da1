import { dayOf } from '../domain/days.ts';
import { parseElsewhereLine } from '../domain/elsewhere.ts';
import type { ReportRow } from '../domain/facts.ts';
import { type About, HandsetRows, type Usage, usageOf } from '../domain/handset-rows.ts';
import { type Imei, isImei } from '../domain/identifiers.ts';
import { REPORT_DIRECTS } from '../domain/kinds.ts';
import { OBJECTS_AT_ONCE } from '../domain/limits.ts';
import { gatheredForm, type Plan } from '../domain/plans.ts';
import { readPreview } from '../domain/preview.ts';
import { parseGatheredLine, windowOf } from '../domain/sightings.ts';
import { heldWhys } from '../domain/weighing.ts';
import { PLANS, SCREENED } from '../domain/work.ts';
import type { Batch } from '../stores/cases/batches.ts';
import { concurrently } from '../stores/concurrently.ts';
import { readHandsets } from '../stores/handsets.ts';
import { readText, readTextIfThere, readTextLines } from '../stores/objects.ts';
import { readReport } from '../stores/reports.ts';
import { env } from './environment.ts';

const work = (key: string) => ({ bucket: env.WORK, key });

/** The handsets of a report, of which nothing is known yet; null for a batch that is no report's. */
export async function readHandsetRows({ kind, handsetsKey, report }: Batch): Promise<HandsetRows | null> {
  if (kind !== 'report') return null;
  if (handsetsKey === undefined || report.handsets === 0) return new HandsetRows([]);
  return new HandsetRows(await readHandsets(work(handsetsKey), { first: 0, count: report.handsets }));
}

/**
 * What became of each handset of a report.
 * @param rows those of the handsets, with what the directions say
 */
export async function* handsetsCsv(
  batch: Batch,
  plan: Pick<Plan, 'operators' | 'elsewhere'>,
  rows: HandsetRows | null,
): AsyncGenerator<string> {
  if (rows === null) return;
  if (batch.report.handsets === 0) return yield* rows.csv({ caseRefs: new Map(), held: new Map(), usage: null });
  await addElsewhere(rows, plan);
  yield* rows.csv({
    caseRefs: await caseRefsOf(batch, rows),
    held: await heldOf(batch),
    usage: await addLinks(rows, batch, plan),
  });
}

/** Adds the blocks that the batch did not direct. */
async function addElsewhere(rows: HandsetRows, { elsewhere }: Pick<Plan, 'elsewhere'>): Promise<void> {
  for (const { key, bytes } of elsewhere) {
    if (!PLANS.decisions.isOf(REPORT_DIRECTS.handset, key)) continue;
    for await (const lines of readTextLines(work(key), { start: 0, end: bytes }))
      for (const line of lines) {
        const { identifier, operator, state } = parseElsewhereLine(line);
        if (isImei(identifier)) rows.block(identifier, operator, state);
      }
  }
}

/**
 * Adds the links that the batch gathered.
 * @returns the operators whose usage they are from; null if they were not kept
 */
async function addLinks(
  rows: HandsetRows,
  { previewKey, uploadedAt, report }: Batch,
  { operators }: Pick<Plan, 'operators'>,
): Promise<Usage | null> {
  if (previewKey === undefined || report.handsets === 0) return null;
  const list = await readTextIfThere(work(SCREENED.previews.gathered(previewKey)));
  if (list === undefined) return null;
  await concurrently(gatheredForm.parse(list).objects, OBJECTS_AT_ONCE, async ({ key, bytes }) => {
    for await (const lines of readTextLines(work(key), { start: 0, end: bytes }))
      for (const line of lines) {
        const { imei, msisdn } = parseGatheredLine(line);
        rows.link(imei, msisdn);
      }
  });
  const preview = readPreview(await readText(work(SCREENED.previews.json(previewKey))));
  const { from } = windowOf(dayOf(uploadedAt), env.LOOK_BACK_DAYS);
  return usageOf(from, operators, preview.operators);
}

async function heldOf({ previewKey }: Batch): Promise<About['held']> {
  const list = previewKey && (await readTextIfThere(work(SCREENED.previews.held(previewKey))));
  return list ? heldWhys(list) : new Map();
}

/**
 * The agency's name for each handset's case, from the first row of its report that gives one; other files under its name may hold any
 * number of other handsets.
 */
async function caseRefsOf(batch: Batch, rows: HandsetRows): Promise<About['caseRefs']> {
  const begin = () => {
    const taken = new Map<Imei, string>();
    const take = ({ imei, caseRef }: ReportRow) => {
      if (caseRef !== '' && !taken.has(imei) && rows.has(imei)) taken.set(imei, caseRef);
    };
    return { taken, take };
  };
  return (await readReport({ inbox: env.INBOX, forms: env.REPORT_FORMS }, batch, begin)) ?? new Map();
}
