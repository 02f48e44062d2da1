import { deliveredAt, type Uploaded } from '../domain/deliveries.ts';
import { parseInboxKey } from '../domain/inbox.ts';
import { uploads } from '../runtime/upload-events.ts';
import { tellStray } from '../stores/notices.ts';
import { marking } from '../stores/upload-marks.ts';
import { answer } from './answer.ts';
import { env } from './environment.ts';

export type { Environment } from './environment.ts';

/** Answer: what a caseworker asks of numbers, handsets and references is explained from what is stored. */
export const handler = uploads(
  marking(env.WORK, async (file: Uploaded, attempt: string) => {
    const place = parseInboxKey(file.key);
    if (place.kind !== 'lookup')
      return await tellStray(env, file, place.kind === 'stray' ? place.why : 'unknown_place');
    const { caseworker, name } = place;
    if (!env.CASEWORKERS.includes(caseworker)) return await tellStray(env, file, 'unknown_caseworker');
    await answer({ ...file, caseworker, name }, deliveredAt(file.delivery, env.HIDDEN_SECONDS), attempt);
    return 'worked';
  }),
);
