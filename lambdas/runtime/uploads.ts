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
      sequencer: z.string(),
      'version-id': z.string().optional(),
    }),
  }),
});

/** A file that somebody put into the inbox. */
export interface Uploaded {
  bucket: string;
  key: string;
  versionId: string | undefined;
  /** Tells this upload from every other one, also of the same key. */
  upload: string;
  size: number;
  at: Instant;
  /** Of its event. */
  delivery: Delivery;
}

/** The handler of a queue of "Object Created" events. */
export function uploads(work: (file: Uploaded, attempt: string) => Promise<void>) {
  return events(created, ({ time, detail }, attempt, delivery) => {
    const { key, size, sequencer, 'version-id': versionId } = detail.object;
    return work(
      { bucket: detail.bucket.name, key, size, versionId, upload: versionId ?? sequencer, at: time, delivery },
      attempt,
    );
  });
}
