import { deliveredAt, type Uploaded } from '../domain/deliveries.ts';
import { ADMITTED, EXEMPTED } from '../domain/identifiers.ts';
import { parseInboxKey } from '../domain/inbox.ts';
import { uploads } from '../runtime/upload-events.ts';
import { tellStray } from '../stores/notices.ts';
import { marking } from '../stores/upload-marks.ts';
import { admit } from './admissions.ts';
import { decide } from './decisions.ts';
import { env } from './environment.ts';
import { exempt } from './exemptions.ts';

export type { Environment } from './environment.ts';

/** Hear: an approver's file becomes part of what is recorded. */
export const handler = uploads(
  marking(env.WORK, async (file: Uploaded, attempt: string) => {
    const place = parseInboxKey(file.key);
    if (place.kind !== 'exemption' && place.kind !== 'decision' && place.kind !== 'admission')
      return await tellStray(env, file, place.kind === 'stray' ? place.why : 'unknown_place');
    const { approver, name } = place;
    if (!env.APPROVERS.includes(approver)) return await tellStray(env, file, 'unknown_approver');
    const now = deliveredAt(file.delivery, env.HIDDEN_SECONDS);
    if (place.kind === 'decision') await decide({ ...file, approver, about: place.batchId, name }, now, attempt);
    else if (place.kind === 'exemption') await exempt({ ...file, approver, about: EXEMPTED, name }, now, attempt);
    else await admit({ ...file, approver, about: ADMITTED, name }, now);
    return 'worked';
  }),
);
