import { createHash } from 'node:crypto';
import { listObjects, writeObject } from './objects.ts';

/** Bytes under a key of the inbox. */
interface Upload {
  key: string;
  etag: string | undefined;
}

/** What is noted of an upload: that somebody worked on it to the end, or that its event was sent once more. */
type Mark = 'worked' | 'resent';

/** The folder of the work bucket where marks of a kind lie. */
export const marksFolder = (mark: Mark): string => `uploads/${mark}/`;

/** The name of an upload among the marks. */
export function markOf({ key, etag }: Upload): string {
  return createHash('sha256').update(`${key}\n${etag}`).digest('hex');
}

export async function mark(work: string, kind: Mark, upload: Upload): Promise<void> {
  await writeObject({ bucket: work, key: marksFolder(kind) + markOf(upload) }, '');
}

/** The names of all uploads with this mark. */
export async function readMarks(work: string, kind: Mark): Promise<Set<string>> {
  const folder = marksFolder(kind);
  const marks = new Set<string>();
  for await (const { key } of listObjects({ bucket: work, key: folder })) marks.add(key.slice(folder.length));
  return marks;
}

/** Works on an upload and then marks it, so that the sweep finds those that nobody worked on. */
export function marking<U extends Upload>(work: string, workOn: (upload: U, attempt: string) => Promise<void>) {
  return async (upload: U, attempt: string): Promise<void> => {
    await workOn(upload, attempt);
    await mark(work, 'worked', upload);
  };
}
