import { askedForm } from '../domain/appeals.ts';
import { parseAskedLine } from '../domain/asked.ts';
import type { DecisionRow, Subjects } from '../domain/decision-rows.ts';
import type { Imei, Msisdn } from '../domain/identifiers.ts';
import { BATCH_KINDS } from '../domain/kinds.ts';
import { OBJECTS_AT_ONCE } from '../domain/limits.ts';
import { gatheredForm } from '../domain/plans.ts';
import { numberOfGatheredLine } from '../domain/sightings.ts';
import { heldImeis } from '../domain/weighing.ts';
import { SCREENED } from '../domain/work.ts';
import type { Batch } from '../stores/cases/batches.ts';
import { concurrently } from '../stores/concurrently.ts';
import { readHandsets } from '../stores/handsets.ts';
import { readLines, readText, readTextLines } from '../stores/objects.ts';
import { env } from './environment.ts';

/** The number of a batch's handsets, of which there may be millions, that are read at once. */
const HANDSETS_AT_ONCE = 50_000;

/** The subjects of the batch among those whom the rows name. What the batch is about is read only if a row asks for it. */
export async function subjectsOf(batch: Batch, rows: Iterable<DecisionRow>): Promise<Subjects> {
  return BATCH_KINDS[batch.kind].expands ? await ofReport(batch, rows) : await ofReversal(batch, rows);
}

/** No handset of a reversal is held. */
async function ofReversal({ previewKey = '' }: Batch, rows: Iterable<DecisionRow>): Promise<Subjects> {
  const work = (key: string) => ({ bucket: env.WORK, key });
  const { appeals, withdraws } = askedForm.parse(await readText(work(SCREENED.previews.asked(previewKey))));
  const named = new Set<string>(appeals.flatMap(({ msisdn, imei }) => [msisdn, imei]).filter((one) => one !== null));
  if (withdraws !== null) {
    const struck = new Set<string>();
    for (const row of rows)
      if (row.decision === 'strike') for (const one of [row.imei, row.msisdn]) if (one !== null) struck.add(one);
    // An agency's withdrawal doesn't name all of its subjects: they were listed.
    if (struck.size > 0)
      for await (const line of readLines(work(SCREENED.shards.listOf(previewKey))))
        if (line !== '') {
          const { imei, msisdn } = parseAskedLine(line);
          for (const one of [imei, msisdn]) if (one !== null && struck.has(one)) named.add(one);
        }
  }
  return { isHeld: () => false, isHandset: (imei) => named.has(imei), isLinked: (msisdn) => named.has(msisdn) };
}

async function ofReport(
  { report, handsetsKey, previewKey = '' }: Batch,
  rows: Iterable<DecisionRow>,
): Promise<Subjects> {
  const imeis = new Set<Imei>();
  const msisdns = new Set<Msisdn>();
  let asksHeld = false;
  for (const row of rows) {
    if (row.decision === 'strike') {
      if (row.imei !== null) imeis.add(row.imei);
      if (row.msisdn !== null) msisdns.add(row.msisdn);
    } else if (row.decision !== 'approve' && row.decision !== 'refuse') asksHeld = true;
  }
  const work = (key: string) => ({ bucket: env.WORK, key });
  const held = asksHeld ? heldImeis(await readText(work(SCREENED.previews.held(previewKey)))) : [];
  const isHeld = new Set(held);

  const handsets = new Set<Imei>();
  for (let first = 0; handsetsKey && imeis.size > 0 && first < report.handsets; first += HANDSETS_AT_ONCE) {
    const count = Math.min(HANDSETS_AT_ONCE, report.handsets - first);
    for (const imei of await readHandsets(work(handsetsKey), { first, count })) if (imeis.has(imei)) handsets.add(imei);
  }

  const linked = new Set<Msisdn>();
  if (msisdns.size > 0) {
    const { objects } = gatheredForm.parse(await readText(work(SCREENED.previews.gathered(previewKey))));
    await concurrently(objects, OBJECTS_AT_ONCE, async ({ key, bytes }) => {
      for await (const lines of readTextLines(work(key), { start: 0, end: bytes }))
        for (const line of lines) {
          const msisdn = numberOfGatheredLine(line);
          // A copy, since a piece of a block would keep all of that in memory.
          if (msisdns.has(msisdn)) linked.add(Buffer.from(msisdn).toString() as Msisdn);
        }
    });
  }
  return {
    isHeld: (imei) => isHeld.has(imei),
    isHandset: (imei) => handsets.has(imei),
    isLinked: (msisdn) => linked.has(msisdn),
  };
}
