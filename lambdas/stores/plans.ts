import { type Plan, planForm } from '../domain/plans.ts';
import { readText } from './objects.ts';

/**
 * A plan that counts, by the key that the commit gave to its batch.
 * @throws BadRecord
 */
export async function readPlan(work: string, planKey: string): Promise<Plan> {
  return planForm.parse(await readText({ bucket: work, key: planKey }));
}
