import { deliveredAt, type Uploaded } from '../domain/deliveries.ts';
import { parseInboxKey } from '../domain/inbox.ts';
import { uploads } from '../runtime/upload-events.ts';
import { tellStray } from '../stores/notices.ts';
import { marking } from '../stores/upload-marks.ts';
import { env } from './environment.ts';
import { withdraw } from './withdraw.ts';

export type { Environment } from './environment.ts';

/** Withdraw: an agency takes a report back, before anybody has decided upon it, or by a reversal of what was directed. */
export const handler = uploads(
  marking(env.WORK, async (file: Uploaded, attempt: string) => {
    const place = parseInboxKey(file.key);
    if (place.kind !== 'withdrawal')
      return await tellStray(env, file, place.kind === 'stray' ? place.why : 'unknown_place');
    const { agency, batchId, name } = place;
    if (!env.AGENCIES.includes(agency)) return await tellStray(env, file, 'unknown_agency');
    const withdrawal = { ...file, agency, about: batchId, name };
    return await withdraw(withdrawal, deliveredAt(file.delivery, env.HIDDEN_SECONDS), attempt);
  }),
);
