import { isNewest } from './listings.ts';
import { type Place, writeStream } from './objects.ts';

/**
 * Publishes the rejects of an uploaded file. If another file lies under its key by now, that file's rejects stay: the older file's event
 * may come late, or again, and its text is only read to its end.
 */
export async function writeRejects(file: Place, to: Place, text: AsyncIterable<string>): Promise<void> {
  if (await isNewest(file)) return await writeStream(to, text);
  for await (const _ of text);
}
