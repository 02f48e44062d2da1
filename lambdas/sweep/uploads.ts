import { addSeconds, type Instant } from '../domain/days.ts';
import { log, measure } from '../shell.ts';
import { headObject, listObjects } from '../stores/objects.ts';
import { sendEvent } from '../stores/queues.ts';
import { mark, markOf, readMarks } from '../stores/uploads.ts';

/** Seconds in which an upload is worked on, or waits for a reason that another alarm tells of. */
const WORKED_WITHIN = 3600;

/** Where uploads lie and marks are kept, and the queue of each folder's events. */
interface Inbox {
  INBOX: string;
  WORK: string;
  queues: Readonly<Record<string, string>>;
}

/**
 * Sends the event again of each upload that nobody has worked on to its end: its event was lost. It does so once for the same
 * bytes under the same key; a file that fails all the same lies among the dead letters.
 */
export async function mendUploads({ INBOX, WORK, queues }: Inbox, now: Instant): Promise<void> {
  const worked = await readMarks(WORK, 'worked');
  let resent: Set<string> | undefined;
  for (const [folder, queue] of Object.entries(queues))
    for await (const upload of listObjects({ bucket: INBOX, key: folder })) {
      const name = markOf(upload);
      if (worked.has(name) || now <= addSeconds(upload.at, WORKED_WITHIN)) continue;
      resent ??= await readMarks(WORK, 'resent');
      if (resent.has(name)) continue;
      const { key, etag, size, at, versionId } = await headObject({ bucket: INBOX, key: upload.key });
      const object = { key, etag, size, sequencer: etag, 'version-id': versionId };
      await sendEvent(queue, { time: at, detail: { bucket: { name: INBOX }, object } });
      await mark(WORK, 'resent', upload);
      measure('Mended', { what: 'upload' });
      log.warn('event of an upload sent again', { folder });
    }
}
