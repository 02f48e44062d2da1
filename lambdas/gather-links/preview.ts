import type { Instant } from '../domain/days.ts';
import { decideByOf, openDecision } from '../domain/decisions.ts';
import { sha256Of } from '../domain/hashes.ts';
import type { OperatorId } from '../domain/identifiers.ts';
import { OBJECTS_AT_ONCE } from '../domain/limits.ts';
import { type GatheredLinks, gatheredForm, type WrittenList } from '../domain/plans.ts';
import { previewOf, previewText } from '../domain/preview.ts';
import type { PreviewCounts } from '../domain/preview-count.ts';
import { previewHtml } from '../domain/preview-page.ts';
import { type OverLimit, overLimit } from '../domain/report-limits.ts';
import { SELF_CHECK } from '../domain/self-check.ts';
import type { Asker } from '../domain/turn.ts';
import { type HeldFrom, heldCsv, parseWeightLine, WeighedHandsets } from '../domain/weighing.ts';
import { SCREENED } from '../domain/work.ts';
import { openApproval } from '../stores/cases/approvals.ts';
import type { Batch } from '../stores/cases/batches.ts';
import { noteWeighed } from '../stores/cases/weighed.ts';
import { concurrently } from '../stores/concurrently.ts';
import { readBytes, writeObject } from '../stores/objects.ts';
import { type Opened, type PreviewPlaces, publishPreview } from '../stores/previews.ts';

/** The number of the heaviest handsets that the page shows. */
const MOST_HEAVIEST = 25;

/** The content from which the preview is made. */
interface PreviewInput {
  /** The operators that are the batch's to its end. */
  readonly operators: readonly OperatorId[];
  /** The instant of each operator's latest usage, as of before the batch's links were read. */
  readonly latestImports: Readonly<Record<OperatorId, Instant | null>>;
  /** The number of each operator's usage files that were neither admitted nor imported then. */
  readonly gated: Readonly<Record<OperatorId, number>>;
  readonly handsets: WeighedHandsets;
  readonly counts: PreviewCounts;
  readonly heldFrom: HeldFrom;
  readonly gathered: GatheredLinks;
}

interface Settings extends PreviewPlaces {
  readonly PEOPLE: number;
  readonly DECIDE_WITHIN_HOURS: number;
  readonly MOST_NUMBERS: number;
  readonly MOST_HANDSETS: number;
}

/** The part of all handsets' weights that is kept, from the lists that children wrote. */
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
 * Prepares a preview under the attempt's own folder, commits it with the decision that it opens if the batch has none yet, and publishes
 * the batch's own.
 * @throws PlanIsVoid if the batch isn't this execution's any more
 */
export async function openReport(
  env: Settings,
  asker: Asker,
  now: Instant,
  own: { readonly folder: string; readonly attempt: string },
  input: PreviewInput,
): Promise<Opened> {
  return await publishPreview(env, asker, now, (batch) => open(env, batch, now, own, input));
}

/** Prepares the preview and opens the decision that is bound to it, both in one commit. */
async function open(
  env: Settings,
  batch: Batch,
  now: Instant,
  { folder, attempt }: { readonly folder: string; readonly attempt: string },
  input: PreviewInput,
): Promise<void> {
  const { batchId, agency, file, sha256, report } = batch;
  const { handsets, counts, heldFrom } = input;
  const held = handsets.held();
  const operators = new Map<OperatorId, { latestImport: Instant | null; gated: number }>();
  for (const operator of input.operators) {
    const latestImport = input.latestImports[operator] ?? null;
    operators.set(operator, { latestImport, gated: input.gated[operator] ?? 0 });
  }
  // The numbers of the self-check's reports are nobody's.
  const people = agency === SELF_CHECK ? 0 : env.PEOPLE;
  const decideBy = people === 0 ? null : decideByOf(now, env.DECIDE_WITHIN_HOURS);
  const made = { batchId, agency, file, sha256, report, people, decideBy };
  const preview = previewOf({ ...made, held: held.length, counts, operators });
  const text = previewText(preview);
  const heaviest = handsets.heaviest();
  const over = agency === SELF_CHECK ? null : await passedLimit(env, batch, now, counts.linked);
  const { previews } = SCREENED;
  const contents = {
    [previews.held(folder)]: heldCsv(held),
    [previews.page(folder)]: previewHtml(preview, { held, heaviest, areas: counts.areas, heldFrom, over }),
    [previews.gathered(folder)]: JSON.stringify(gatheredForm.write(input.gathered)),
    [previews.json(folder)]: text,
  };
  for (const [key, content] of Object.entries(contents)) await writeObject({ bucket: env.WORK, key }, content);
  const previewSha256 = sha256Of(text);
  const decision = openDecision({ batchId, preview: previewSha256, people, openedAt: now, decideBy, overLimit: over });
  await openApproval(env, batch, { previewKey: folder, previewSha256 }, decision, attempt);
}

/** The limit that a batch passes, by itself or with its agency's others of the day. */
async function passedLimit(
  env: Settings,
  { batchId, execution, agency, report }: Batch,
  weighedAt: Instant,
  numbers: number,
): Promise<OverLimit | null> {
  const weighed = { weighedAt, numbers, handsets: report.handsets };
  const others = await noteWeighed(env.CASES, agency, { batch: { batchId, execution }, ...weighed });
  return overLimit(weighed, others, { numbers: env.MOST_NUMBERS, handsets: env.MOST_HANDSETS });
}
