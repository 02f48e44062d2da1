import * as z from 'zod';
import { fields } from '../domain/stored.ts';
import { instant } from '../runtime/input.ts';

/** The input of Screen: a report's upload, and the execution that works on it. */
export const input = z.object({
  report: z.object({
    bucket: z.string(),
    key: z.string(),
    versionId: z.string().optional(),
    agency: fields.agency,
    name: z.string(),
    uploadedAt: instant,
  }),
  execution: z.string(),
  now: instant,
});
/** A report's upload. */
export type Report = z.output<typeof input>['report'];
