import type { Plan } from '../domain/plans.ts';
import type { Batch } from '../stores/cases/batches.ts';
import { readPlan } from '../stores/plans.ts';
import { env } from './environment.ts';

/** The plan of a batch without handsets. */
const NOTHING_PLANNED: Omit<Plan, 'manifestKey'> = {
  operators: env.OPERATORS,
  linked: {},
  decisions: {},
  ported: {},
  directions: [],
  elsewhere: [],
  moved: [],
  reversal: null,
};

/** What was planned for a batch. */
export async function planOf({ planKey }: Batch): Promise<Omit<Plan, 'manifestKey'>> {
  return planKey ? await readPlan(env.WORK, planKey) : NOTHING_PLANNED;
}
