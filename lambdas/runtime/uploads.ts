import * as z from 'zod';
import type { Instant } from '../domain/days.ts';
import type { Delivery } from '../domain/deliveries.ts';
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

/** A file that somebody put into the inbox. */
export interface Uploaded {
  bucket: string;
  key: string;
  versionId: string;
  /** The upload's version, which tells it from every other one, also of the same key. */
  upload: string;
  size: number;
  at: Instant;
  /** The delivery of its event. */
  delivery: Delivery;
}

/** The handler of a queue of "Object Created" events. */
export function uploads(work: (file: Uploaded, attempt: string) => Promise<void>) {
  return events(created, ({ time, detail }, attempt, delivery) => {
    const { key, size, 'version-id': versionId } = detail.object;
    return work({ bucket: detail.bucket.name, key, size, versionId, upload: versionId, at: time, delivery }, attempt);
  });
}
