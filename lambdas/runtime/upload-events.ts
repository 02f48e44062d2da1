import * as z from 'zod';
import type { Uploaded } from '../domain/deliveries.ts';
import { instant } from './input.ts';
import { events } from './queue.ts';

const created = z.object({
  time: instant,
  detail: z.object({
    bucket: z.object({ name: z.string() }),
    object: z.object({
      key: z.string(),
      size: z.number(),
      // The inbox is versioned: an event without a version is not S3's, and would make an old upload a new one.
      'version-id': z.string(),
    }),
  }),
});

/** The handler of a queue of "Object Created" events. */
export function uploads(work: (file: Uploaded, attempt: string) => Promise<void>) {
  return events(created, ({ time, detail }, attempt, delivery) => {
    const { key, size, 'version-id': versionId } = detail.object;
    return work({ bucket: detail.bucket.name, key, size, versionId, upload: versionId, at: time, delivery }, attempt);
  });
}
