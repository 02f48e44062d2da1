import { deliveredAt } from '../domain/deliveries.ts';
import { ADMITTED, EXEMPTED } from '../domain/identifiers.ts';
import { parseInboxKey } from '../domain/inbox.ts';
import type { Stray } from '../domain/reasons.ts';
import { log } from '../runtime/log.ts';
import { type Uploaded, uploads } from '../runtime/uploads.ts';
import { tellStray } from '../stores/notices.ts';
import { marking } from '../stores/uploads.ts';
import { admit } from './admissions.ts';
import { decide } from './decisions.ts';
import { env } from './environment.ts';
import { exempt } from './exemptions.ts';

export type { Environment } from './environment.ts';

/** Hear: what an approver says becomes part of what is recorded. */
export const handler = uploads(
  marking(env.WORK, async (file: Uploaded, attempt: string) => {
    const place = parseInboxKey(file.key);
    const stray = async (why: Stray) => {
      log.info('stray object', { why });
      await tellStray(env, file, why);
      return 'worked' as const;
    };
    if (place.kind !== 'exemption' && place.kind !== 'decision' && place.kind !== 'admission')
      return await stray(place.kind === 'stray' ? place.why : 'unknown_place');
    const { approver, name } = place;
    if (!env.APPROVERS.includes(approver)) return await stray('unknown_approver');
    const now = deliveredAt(file.delivery, env.HIDDEN_SECONDS);
    if (place.kind === 'decision') await decide({ ...file, approver, about: place.batchId, name }, now, attempt);
    else if (place.kind === 'exemption') await exempt({ ...file, approver, about: EXEMPTED, name }, now, attempt);
    else await admit({ ...file, approver, about: ADMITTED, name }, now);
    return 'worked';
  }),
);
