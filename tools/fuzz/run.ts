/** All targets, and a run over them. */
import type { FuzzSettings } from './fuzz-arguments.ts';
import type { Failure, Target } from './target.ts';
import { cellTargets } from './targets/cells.ts';
import { fileTargets } from './targets/csv.ts';
import { eventTargets } from './targets/events.ts';
import { functionTargets } from './targets/functions.ts';
import { keyTargets } from './targets/keys.ts';
import { rowTargets } from './targets/rows.ts';
import { writtenTargets } from './targets/written.ts';

export const TARGETS: readonly Target[] = [
  ...fileTargets,
  ...cellTargets,
  ...rowTargets,
  ...keyTargets,
  ...writtenTargets,
  ...eventTargets,
  ...functionTargets,
];

export interface Fuzzed {
  readonly name: string;
  readonly inputs: number;
  readonly milliseconds: number;
  readonly failure: Failure | undefined;
}

/** The number of `inputs` that each target gets, by its share; the first one gets what rounding leaves. */
export function inputsOf(targets: readonly Target[], inputs: number): number[] {
  const shares = targets.reduce((sum, { share }) => sum + share, 0);
  const [first = 0, ...others] = targets.map(({ share }) => Math.round((inputs * share) / shares));
  return [first + inputs - others.reduce((sum, count) => sum + count, first), ...others];
}

/** The command that repeats only this failure. */
export const repeating = (name: string, seed: number, path: string | number) =>
  `npm run fuzz -- --only ${name} --seed ${seed} --input ${path}`;

/** The targets of a run: all, or those that it was told. */
const chosenOf = ({ only }: FuzzSettings, targets: readonly Target[]) =>
  only.length > 0 ? targets.filter(({ name }) => only.includes(name)) : targets;

/** The target in whose midst a run ended, as where a promise never settles and nothing is left to wait for; undefined if all are done. */
export function unfinished(
  all: readonly Fuzzed[],
  settings: FuzzSettings,
  targets: readonly Target[] = TARGETS,
): Target | undefined {
  return chosenOf(settings, targets)[all.length];
}

/**
 * Puts every input to its target, target by target, and goes on with the next target if one fails.
 * @param next told before each input
 * @returns the results, one after the other, as they are done
 */
export async function* fuzz(
  settings: FuzzSettings,
  targets: readonly Target[] = TARGETS,
  next: (target: Target) => void = () => {},
): AsyncGenerator<Fuzzed> {
  const { inputs, seed, path } = settings;
  const chosen = chosenOf(settings, targets);
  const counts = path === undefined ? inputsOf(chosen, inputs) : [1];
  for (const [n, target] of chosen.entries()) {
    const { name } = target;
    const count = counts[n] ?? 0;
    const began = performance.now();
    const repeat = path === undefined ? {} : { path };
    const failure = await target.run({ seed, inputs: count, next: () => next(target), ...repeat });
    yield { name, inputs: count, milliseconds: performance.now() - began, failure };
  }
}
