import type { Uploaded } from '../domain/deliveries.ts';
import { parseInboxKey } from '../domain/inbox.ts';
import { uploads } from '../runtime/upload-events.ts';
import { tellStray } from '../stores/notices.ts';
import { marking } from '../stores/upload-marks.ts';
import { env } from './environment.ts';
import { fileAppeal } from './file.ts';

export type { Environment } from './environment.ts';

/** File: a caseworker's appeal becomes a reversal, upon which approvers decide. */
export const handler = uploads(
  marking(env.WORK, async (file: Uploaded, attempt: string) => {
    const place = parseInboxKey(file.key);
    if (place.kind !== 'appeal')
      return await tellStray(env, file, place.kind === 'stray' ? place.why : 'unknown_place');
    const { caseworker, name } = place;
    if (!env.CASEWORKERS.includes(caseworker)) return await tellStray(env, file, 'unknown_caseworker');
    return await fileAppeal({ ...file, caseworker, name }, attempt);
  }),
);
