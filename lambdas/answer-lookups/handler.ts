import { deliveredAt } from '../domain/deliveries.ts';
import { parseInboxKey } from '../domain/inbox.ts';
import type { Stray } from '../domain/reasons.ts';
import { log } from '../runtime/log.ts';
import { type Uploaded, uploads } from '../runtime/uploads.ts';
import { tellStray } from '../stores/notices.ts';
import { marking } from '../stores/uploads.ts';
import { answer } from './answer.ts';
import { env } from './environment.ts';

export type { Environment } from './environment.ts';

/** Answer: what a caseworker asks of numbers, handsets and references is explained from what is stored. */
export const handler = uploads(
  marking(env.WORK, async (file: Uploaded, attempt: string) => {
    const place = parseInboxKey(file.key);
    const stray = async (why: Stray) => {
      log.info('stray object', { why });
      await tellStray(env, file, why);
      return 'worked' as const;
    };
    if (place.kind !== 'lookup') return await stray(place.kind === 'stray' ? place.why : 'unknown_place');
    const { caseworker, name } = place;
    if (!env.CASEWORKERS.includes(caseworker)) return await stray('unknown_caseworker');
    await answer({ ...file, caseworker, name }, deliveredAt(file.delivery, env.HIDDEN_SECONDS), attempt);
    return 'worked';
  }),
);
