import * as z from 'zod';
import { closedNote } from '../domain/audit.ts';
import { waitingIn } from '../domain/follow-ups.ts';
import type { Ledger } from '../domain/ledger.ts';
import { closeLedger } from '../domain/sealing.ts';
import { fields } from '../domain/stored.ts';
import { instant } from '../runtime/input.ts';
import { log } from '../runtime/log.ts';
import { task } from '../runtime/task.ts';
import { audit } from '../stores/audit.ts';
import { changeLedger } from '../stores/cases/ledgers.ts';
import { markWaiting } from '../stores/moves.ts';

const environment = z.object({ WORK: z.string(), CASES: z.string(), AUDIT_QUEUE: z.string() });
export type Environment = z.input<typeof environment>;
const env = environment.parse(process.env);

const input = z.object({ directionId: fields.direction, now: instant });

/** A row is open and the last deadline lies ahead: a direction does not end before it. */
class TooEarly extends Error {
  override name = 'TooEarly';
}

/** Close: the ladder has ended; rows that are open or failed become overdue. */
export const handler = task(input, async ({ directionId, now }) => {
  const closed = await changeLedger<Ledger>(env.CASES, directionId, async (read) => {
    const decision = closeLedger(read, now);
    if (decision.kind === 'too_early') throw new TooEarly(`direction ${directionId} has open rows and time left`);
    if (decision.kind === 'already') return { result: read };
    log.info('direction closed', { directionId });
    // The mark is set before the commit: what was not given back is asked for again, and nothing else would find it.
    if (waitingIn(decision.ledger).overdue) await markWaiting(env.WORK, directionId);
    return { ledger: decision.ledger, result: decision.ledger };
  });
  await audit(env, closedNote(closed));
  return { directionId, closed: true };
});
