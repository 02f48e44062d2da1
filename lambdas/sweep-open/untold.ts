import { auditNoteForm } from '../domain/audit.ts';
import { toldForm } from '../domain/notices.ts';
import { each } from '../runtime/each.ts';
import { log } from '../runtime/log.ts';
import { measure } from '../runtime/metrics.ts';
import { sendNotice } from '../stores/notices.ts';
import { sendEvent } from '../stores/queues.ts';
import { listUntold, noteTold, readUntold } from '../stores/untold.ts';
import { env } from './environment.ts';

/**
 * Tells what could not be told when it was committed.
 * @throws the first failure, after everything else was told
 */
export async function tellUntold(): Promise<void> {
  await each(listUntold(env.WORK), async ({ kind, key }) => {
    if (kind === 'notices') await sendNotice(env, await readUntold(env.WORK, key, toldForm));
    else await sendEvent(env.AUDIT_QUEUE, await readUntold(env.WORK, key, auditNoteForm));
    await noteTold(env.WORK, key);
    measure('Mended', { what: kind });
    log.warn('told later', { kind });
  });
}
