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
import { type Opened, publishPreview } from '../stores/previews.ts';

interface Settings {
  readonly WORK: string;
  readonly OUTBOX: string;
  readonly CASES: string;
  readonly AUDIT_QUEUE: string;
  readonly APPROVERS_TOPIC: string;
  readonly ADMINISTRATORS_TOPIC: string;
  readonly REVERSAL_LIMITS: ReversalLimits;
}

/**
 * Opens the decision of a registered reversal: commits its preview where it has none, publishes the one that is its own, and tells
 * approvers and administrators. It never lapses. What an appeal asks over the limit has ended, whatever people would say.
 * @param counts how many numbers, handsets and pairs it is asked to give back, and how many more other handsets link. What depends on
 *   another report is no part of them: who decides upon that one's withdrawal was asked about it
 * @throws PlanIsVoid where the batch isn't this execution's any more
 */
export async function openReversal(
  env: Settings,
  batch: Pick<Batch, 'batchId' | 'execution'>,
  asked: Asked,
  { subjects, sharing }: { readonly subjects: number; readonly sharing: number },
  { now, attempt }: { readonly now: Instant; readonly attempt: string },
): Promise<Opened> {
  const { batchId } = batch;
  return await publishPreview(env, batch, now, async (own) => {
    const limits = env.REVERSAL_LIMITS;
    // For the most that it may come to.
    const people = peopleFor(subjects + sharing, limits);
    const preview = reversalPreviewOf(asked, subjects, people);
    const text = reversalPreviewText(preview);
    const { previews } = SCREENED;
    const folder = previews.folder(SCREENED.folder(batchId, attempt), attempt);
    const contents = {
      [previews.asked(folder)]: askedForm.text(asked),
      [previews.page(folder)]: reversalHtml(preview, asked, sharing),
      [previews.json(folder)]: text,
    };
    for (const [key, content] of Object.entries(contents)) await writeObject({ bucket: env.WORK, key }, content);
    const previewSha256 = sha256Of(text);
    const overLimit = overAppeal(asked, subjects, limits);
    const opening = { batchId, preview: previewSha256, people, openedAt: now, decideBy: null, overLimit };
    const opened = openDecision(opening);
    // Until it is opened it has that of the attempt that failed.
    const decision = own.decision ? withStrikesOf(opened, await readApproval(env.WORK, own.decision)) : opened;
    await openApproval(env, own, { previewKey: folder, previewSha256 }, decision, attempt);
  });
}
