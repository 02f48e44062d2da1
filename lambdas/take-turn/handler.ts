import * as z from 'zod';
import { wantsTurn } from '../domain/batches.ts';
import type { Instant } from '../domain/days.ts';
import type { BatchId } from '../domain/identifiers.ts';
import { fields } from '../domain/stored.ts';
import { decideTurn, holdsTurn, secondsToWait, type Turn } from '../domain/turn.ts';
import { instant } from '../runtime/input.ts';
import { log } from '../runtime/log.ts';
import { task } from '../runtime/task.ts';
import { type Batch, readBatch, registerPlan } from '../stores/cases/batches.ts';
import { livingBatch } from '../stores/cases/executions.ts';
import { Conflict } from '../stores/cases/table.ts';
import { readTurn, writeTurn } from '../stores/cases/turn.ts';
import { PlanIsVoid } from '../stores/earlier-directions.ts';
import { isTakingBack } from '../stores/taking-back.ts';

const environment = z.object({ CASES: z.string(), WORK: z.string() });
export type Environment = z.input<typeof environment>;
const env = environment.parse(process.env);

const input = z.object({
  batchId: fields.batch,
  execution: z.string(),
  now: instant,
});

/** A batch that is approved or plans, and whose execution lives. */
async function onItsWay(batchId: BatchId): Promise<Batch | undefined> {
  const batch = await livingBatch(env.CASES, batchId);
  return batch && wantsTurn(batch.state) ? batch : undefined;
}

/** Whether the turn's holder is still on its way, or takes back what others would find open. */
async function isHeld({ holder, execution }: Turn, now: Instant): Promise<boolean> {
  if (holder === undefined) return false;
  if ((await onItsWay(holder))?.execution === execution) return true;
  const batch = await readBatch(env.CASES, holder);
  return batch !== undefined && (await isTakingBack(env, batch, now));
}

/**
 * The batches at the head of the list that wait no more: up to the first that does, or to the one that asks. One that failed and was begun
 * anew waits for its turn only when it is approved anew.
 */
async function goneFrom({ waiting }: Turn, asker: BatchId): Promise<Set<BatchId>> {
  const gone = new Set<BatchId>();
  for (const batchId of waiting) {
    if (batchId === asker || (await onItsWay(batchId)) !== undefined) break;
    gone.add(batchId);
  }
  return gone;
}

/**
 * Takes the turn to plan under the next plan number, and lets the batch plan under it; while another batch plans, or one that came before
 * waits, it returns the seconds after which to ask again. Only an approved batch has a turn. A retry, and an attempt that runs on, adopt
 * what was taken. Everything is read after PLANNING, which is written on the version that was read: of two attempts that find it free, one
 * takes it.
 */
export const handler = task(input, async ({ batchId, execution, now }) => {
  const asker = { batchId, execution };
  for (;;) {
    const turn = await readTurn(env.CASES);
    const batch = await onItsWay(batchId);
    if (batch?.execution !== execution) throw new PlanIsVoid(`batch ${batchId} was given up, or plans no more`);
    if (holdsTurn(turn, asker)) {
      const { plan, startedAt = now } = turn;
      if (!(await registerPlan(env.CASES, asker, plan, startedAt)))
        throw new PlanIsVoid(`plan ${plan} of batch ${batchId} was given up`);
      log.info('turn taken', { batchId, plan });
      return { taken: true, plan, startedAt, waitSeconds: 0 };
    }
    const held = await isHeld(turn, now);
    const gone = held ? new Set<BatchId>() : await goneFrom(turn, batchId);
    const decision = decideTurn(turn, asker, { held, gone, now });
    try {
      if (decision.turn) await writeTurn(env.CASES, decision.turn);
    } catch (error) {
      if (!(error instanceof Conflict)) throw error;
      continue;
    }
    if (decision.kind === 'wait') {
      const { startedAt, approvedAt = startedAt } = batch;
      return {
        taken: false,
        plan: 0,
        startedAt,
        waitSeconds: secondsToWait(approvedAt, now, { place: decision.place, heldSince: turn.startedAt }),
      };
    }
  }
});
