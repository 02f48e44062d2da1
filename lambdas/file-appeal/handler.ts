import { parseInboxKey } from '../domain/inbox.ts';
import type { Stray } from '../domain/reasons.ts';
import { log } from '../runtime/log.ts';
import { type Uploaded, uploads } from '../runtime/uploads.ts';
import { tellStray } from '../stores/notices.ts';
import { marking } from '../stores/uploads.ts';
import { env } from './environment.ts';
import { fileAppeal } from './file.ts';

export type { Environment } from './environment.ts';

/** File: what a caseworker appeals for becomes a reversal, upon which approvers decide. */
export const handler = uploads(
  marking(env.WORK, async (file: Uploaded, attempt: string) => {
    const place = parseInboxKey(file.key);
    const stray = async (why: Stray) => {
      log.info('stray object', { why });
      await tellStray(env, file, why);
      return 'worked' as const;
    };
    if (place.kind !== 'appeal') return await stray(place.kind === 'stray' ? place.why : 'unknown_place');
    const { caseworker, name } = place;
    if (!env.CASEWORKERS.includes(caseworker)) return await stray('unknown_caseworker');
    return await fileAppeal({ ...file, caseworker, name }, attempt);
  }),
);
