import * as z from 'zod';
import type { Instant } from '../domain/days.ts';
import { sha256Of } from '../domain/hashes.ts';
import { MARKED, MARKS } from '../domain/work.ts';
import { hasObjects, listObjects } from './listings.ts';
import { readText, writeObject } from './objects.ts';

/** A version of an object of the inbox. Its ETag would not do: under SSE-KMS equal bytes have another one each time. */
interface Upload {
  key: string;
  versionId?: string | undefined;
}

/**
 * The mark of an upload: that somebody worked on it to the end; that it lies in a wrong place, and was told of; that an execution goes on
 * with it, and which; that work on it failed, and by which error; that its event was sent once more; that nothing takes it up any more;
 * that it is held up at a gate; that somebody let it in since, and it is to be worked on anew.
 */
type Mark = keyof typeof MARKS;

/** The name of an upload among the marks, as records have it. */
export const uploadName = z.string().regex(/^[0-9a-f]{64}$/);

/** The name of an upload among the marks. */
export function markOf({ key, versionId }: Upload): string {
  return sha256Of(`${key}\n${versionId}`);
}

/** Marks an upload. One that has the mark gets it again: with this content, and as of now. */
export async function mark(work: string, kind: Mark, upload: Upload, content = ''): Promise<void> {
  await writeObject({ bucket: work, key: MARKS[kind].prefix + markOf(upload) }, content);
}

/** All marks: for each kind, the instant at which each upload, by its name, got the mark last. */
export async function readMarks(work: string): Promise<Record<Mark, Map<string, Instant>>> {
  const kinds = Object.keys(MARKS) as Mark[];
  const marks = Object.fromEntries(kinds.map((kind) => [kind, new Map()])) as Record<Mark, Map<string, Instant>>;
  // All marks are read in one list: most folders have little, and each would be a request of its own.
  for await (const { key, at } of listObjects({ bucket: work, key: MARKED.prefix })) {
    const kind = kinds.find((one) => key.startsWith(MARKS[one].prefix));
    // A mark of a kind that only an earlier or a later release knows doesn't stop the others from being read.
    if (kind !== undefined) marks[kind].set(key.slice(MARKS[kind].prefix.length), at);
  }
  return marks;
}

/**
 * Whether an upload has this mark. It asks for the list: S3 refuses the head of an object that isn't there to whoever may not list the
 * bucket.
 */
export async function isMarked(work: string, kind: Mark, upload: Upload): Promise<boolean> {
  return await hasObjects({ bucket: work, key: MARKS[kind].prefix + markOf(upload) });
}

/** The number of uploads that went into quarantine since an instant, and were not worked on to their end after that. */
export async function countQuarantined(work: string, since: Instant): Promise<number> {
  let count = 0;
  for await (const { key, at } of listObjects({ bucket: work, key: MARKS.quarantined.prefix })) {
    if (at < since) continue;
    const name = key.slice(MARKS.quarantined.prefix.length);
    let isWorked = false;
    for await (const worked of listObjects({ bucket: work, key: MARKS.worked.prefix + name }))
      isWorked ||= worked.at >= at;
    if (!isWorked) count += 1;
  }
  return count;
}

/** The number of uploads that were found to lie in a wrong place since an instant. */
export async function countStrays(work: string, since: Instant): Promise<number> {
  let count = 0;
  for await (const { at } of listObjects({ bucket: work, key: MARKS.strayed.prefix })) if (at >= since) count += 1;
  return count;
}

/**
 * The content of a mark that an upload has: the name of the error by which work on it failed last, or the execution that goes on with it.
 */
export async function readUploadMark(work: string, kind: 'failed' | 'handed', upload: Upload): Promise<string> {
  return await readText({ bucket: work, key: MARKS[kind].prefix + markOf(upload) });
}

/** Whether an upload was worked on to its end, lies in a wrong place, is held up, or goes on in an execution, which marks it then. */
export type Done = 'worked' | 'strayed' | 'gated' | { handedTo: string };

/** Works on an upload and then marks it, so that the sweep finds those that nobody worked on, and what became of them. */
export function marking<U extends Upload>(work: string, workOn: (upload: U, attempt: string) => Promise<Done>) {
  return async (upload: U, attempt: string): Promise<void> => {
    let done: Done;
    try {
      done = await workOn(upload, attempt);
    } catch (error) {
      // The failure is logged and the upload comes back whether or not this can be noted.
      await mark(work, 'failed', upload, error instanceof Error ? error.name : typeof error).catch(() => undefined);
      throw error;
    }
    if (typeof done === 'string') await mark(work, done, upload);
    // Nothing more is to be done about it.
    if (done === 'strayed') await mark(work, 'worked', upload);
    if (typeof done === 'object') await mark(work, 'handed', upload, done.handedTo);
  };
}
