import { type Asked, askedForm } from '../domain/appeals.ts';
import type { Instant } from '../domain/days.ts';
import { openDecision, withStrikesOf } from '../domain/decisions.ts';
import { sha256Of } from '../domain/hashes.ts';
import { reversalHtml } from '../domain/reversal-page.ts';
import {
  overAppeal,
  peopleFor,
  type ReversalLimits,
  reversalPreviewOf,
  reversalPreviewText,
} from '../domain/reversal-preview.ts';
import { SCREENED } from '../domain/work.ts';
import { openApproval, readApproval } from '../stores/cases/approvals.ts';
import type { Batch } from '../stores/cases/batches.ts';
import { writeObject } from '../stores/objects.ts';
import { type Opened, type PreviewPlaces, publishPreview } from '../stores/previews.ts';

interface Settings extends PreviewPlaces {
  readonly REVERSAL_LIMITS: ReversalLimits;
}

/**
 * Opens the decision of a registered reversal: commits its preview if it has none, publishes its own preview, and tells approvers and
 * administrators. The decision never lapses. An appeal that asks for more than the limit has ended, whatever people would say.
 * @param counts the numbers, handsets and pairs that it is asked to give back, and how many more other handsets link. What depends on
 * another report is no part of them: whoever decides upon that report's withdrawal was asked about it
 * @throws PlanIsVoid if the batch isn't this execution's any more
 */
export async function openReversal(
  env: Settings,
  batch: Pick<Batch, 'batchId' | 'execution'>,
  asked: Asked,
  { subjects, onOtherHandsets }: { readonly subjects: number; readonly onOtherHandsets: number },
  { now, attempt }: { readonly now: Instant; readonly attempt: string },
): Promise<Opened> {
  const { batchId } = batch;
  return await publishPreview(env, batch, now, async (own) => {
    const limits = env.REVERSAL_LIMITS;
    // The number of people is that for the most that it may come to.
    const people = peopleFor(subjects + onOtherHandsets, limits);
    const preview = reversalPreviewOf(asked, subjects, people);
    const text = reversalPreviewText(preview);
    const overLimit = overAppeal(asked, subjects, limits);
    const { previews } = SCREENED;
    const folder = previews.folder(SCREENED.folder(batchId, attempt), attempt);
    const contents = {
      [previews.asked(folder)]: askedForm.text(asked),
      [previews.page(folder)]: reversalHtml(preview, asked, onOtherHandsets, overLimit),
      [previews.json(folder)]: text,
    };
    for (const [key, content] of Object.entries(contents)) await writeObject({ bucket: env.WORK, key }, content);
    const previewSha256 = sha256Of(text);
    const opening = { batchId, preview: previewSha256, people, openedAt: now, decideBy: null, overLimit };
    const opened = openDecision(opening);
    // Until it is opened anew, the batch has the decision of the attempt that failed.
    const decision = own.decision ? withStrikesOf(opened, await readApproval(env.WORK, own.decision)) : opened;
    await openApproval(env, own, { previewKey: folder, previewSha256 }, decision, attempt);
  });
}
