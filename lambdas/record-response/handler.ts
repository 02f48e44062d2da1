import { deliveredAt, type Uploaded } from '../domain/deliveries.ts';
import { parseInboxKey } from '../domain/inbox.ts';
import { uploads } from '../runtime/upload-events.ts';
import { tellStray } from '../stores/notices.ts';
import { marking } from '../stores/upload-marks.ts';

import { recordCombined } from './combined.ts';
import { env } from './environment.ts';
import { record } from './record.ts';
import { subjectOf } from './response.ts';

export type { Environment } from './environment.ts';

/** Record: an operator's response becomes outcomes in its direction's ledger, or, row by row, in those of several of its directions. */
export const handler = uploads(
  marking(env.WORK, async (file: Uploaded, attempt: string) => {
    const place = parseInboxKey(file.key);
    const now = deliveredAt(file.delivery, env.HIDDEN_SECONDS);
    if (place.kind === 'combined') {
      const { operator, name } = place;
      const isTheirs = await recordCombined({ file, operator, name, now }, attempt);
      return isTheirs ? 'worked' : await tellStray(env, file, 'unknown_operator');
    }
    if (place.kind !== 'response')
      return await tellStray(env, file, place.kind === 'stray' ? place.why : 'unknown_place');
    const { operator, directionId, name } = place;
    const response = { file, operator, directionId, name, now };
    const subject = await subjectOf(response);
    // An operator may still answer its directions when it is configured no more.
    if (!env.OPERATORS.includes(operator) && !subject.ledger) return await tellStray(env, file, 'unknown_operator');
    await record(response, subject, attempt);
    return 'worked';
  }),
);
