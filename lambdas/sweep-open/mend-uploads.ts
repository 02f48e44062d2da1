import type { Instant } from '../domain/days.ts';
import { INBOX } from '../domain/inbox.ts';
import { remedyFor } from '../domain/stalled.ts';
import { each } from '../runtime/each.ts';
import { log } from '../runtime/log.ts';
import { measure } from '../runtime/metrics.ts';
import { listVersions, type Version } from '../stores/listings.ts';
import { tellQuarantined } from '../stores/notices.ts';
import { sendEvent } from '../stores/queues.ts';
import { executionStatus } from '../stores/state-machines.ts';
import { mark, markOf, readMarks, readUploadMark } from '../stores/upload-marks.ts';
import { env } from './environment.ts';

/** The queue of each folder's events. */
const QUEUES: ReadonlyMap<string, string> = new Map([
  [INBOX.reports.prefix, env.REPORTS_QUEUE],
  [INBOX.usage.prefix, env.USAGE_QUEUE],
  [INBOX.responses.prefix, env.RESPONSES_QUEUE],
  [INBOX.decisions.prefix, env.APPROVALS_QUEUE],
  [INBOX.exemptions.prefix, env.APPROVALS_QUEUE],
  [INBOX.withdrawals.prefix, env.WITHDRAWALS_QUEUE],
  [INBOX.admissions.prefix, env.APPROVALS_QUEUE],
  [INBOX.lookups.prefix, env.LOOKUPS_QUEUE],
  [INBOX.appeals.prefix, env.APPEALS_QUEUE],
]);

/** A function that ends without a word has no error's name: it was out of memory, or out of time. */
const NO_WORD = 'no_word';

/** The versions, which come with the newest of each key first, in the order in which their events would have come: the oldest first. */
async function* inOrder(versions: AsyncIterable<Version>): AsyncGenerator<Version> {
  let ofKey: Version[] = [];
  for await (const version of versions) {
    if (version.key !== ofKey[0]?.key) {
      yield* ofKey.reverse();
      ofKey = [];
    }
    ofKey.push(version);
  }
  yield* ofKey.reverse();
}

/**
 * Sends the event again of each upload that nobody has worked on to its end, once: its event was lost. An upload that was replaced or
 * deleted under its name since counts, too. An upload that fails all the same goes into quarantine, and administrators and uploader are
 * told; after that nothing takes it up but another upload, or a dead letter that is redriven. An upload with which an execution goes on is
 * left to it, however long that takes.
 */
export async function mendUploads(now: Instant): Promise<void> {
  const { worked, resent, quarantined, handed, failed, gated, admitted } = await readMarks(env.WORK);
  const mend = async (upload: Version, folder: string, queue: string) => {
    const name = markOf(upload);
    const marks = {
      worked: worked.get(name),
      resent: resent.get(name),
      quarantined: quarantined.get(name),
      gated: gated.get(name),
      admitted: admitted.get(name),
    };
    const remedy = remedyFor(upload.at, marks, now);
    if (remedy === undefined) return;
    if (handed.has(name) && (await executionStatus(await readUploadMark(env.WORK, 'handed', upload))) === 'RUNNING')
      return;
    if (remedy === 'resend') {
      const { key, size, at, versionId } = upload;
      const object = { key, size, 'version-id': versionId };
      await sendEvent(queue, { time: at, detail: { bucket: { name: env.INBOX }, object } });
      await mark(env.WORK, 'resent', upload);
      measure('Mended', { what: 'upload' });
      log.warn('event of an upload sent again', { folder });
    } else {
      const why = failed.has(name) ? await readUploadMark(env.WORK, 'failed', upload) : NO_WORD;
      await tellQuarantined(env, { bucket: env.INBOX, ...upload }, why);
      await mark(env.WORK, 'quarantined', upload);
      measure('Quarantined', {});
      log.warn('upload quarantined', { folder, why });
    }
  };
  // All versions are read in one list: most folders have little, and each would be a request of its own.
  await each(inOrder(listVersions({ bucket: env.INBOX, key: '' })), async (upload) => {
    const folder = upload.key.slice(0, upload.key.indexOf('/') + 1);
    const queue = QUEUES.get(folder);
    // A file elsewhere is nobody's.
    if (queue !== undefined) await mend(upload, folder, queue);
  });
}
