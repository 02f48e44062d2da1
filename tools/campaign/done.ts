import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { CommandError } from '../../lib/commands/command-line.ts';
import type { Result } from './run.ts';
import type { NumberedCase } from './systematic.ts';

/** The number of a random run, or a fault of the systematic story. */
export type Task = number | NumberedCase;

/** The number of a run among those of its seed; that of a fault is another one in another telling. */
export const numberOf = (task: Task): number => (typeof task === 'number' ? task : task.n);

/**
 * The name of a run. Faults are kept by their names and not by their numbers: two tellings of a story differ in some calls, which come
 * together in one and after each other in another, and so all numbers after them.
 */
const nameOf = (task: Task): string =>
  typeof task === 'number' ? `run ${task}` : `${task.story} ${task.mode} ${task.place}`;

/** What is done, with which seed. */
export type Heading = { readonly random: number } | { readonly systematic: number };

/** The finished runs of a long campaign, in a file with a line for each run, so that it can go on after an interruption. */
export class Done {
  readonly #results = new Map<string, Result>();
  readonly #file: string | undefined;

  /**
   * @param file without it, nothing is kept
   * @throws CommandError where the file is another seed's, or the other kind's, or none of these
   */
  constructor(file: string | undefined, heading: Heading) {
    this.#file = file;
    if (file === undefined) return;
    const first = JSON.stringify(heading);
    // The last line is empty, or was cut by the interruption.
    const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [first];
    if (lines[0] !== first) throw new CommandError(`--resume ${file}: does not hold what was done of ${first}`);
    for (const line of lines.slice(1)) {
      const { name, ...result } = JSON.parse(line) as Result & { name: string };
      this.#results.set(name, result);
    }
    writeFileSync(file, [...lines, ''].join('\n'));
  }

  /** What came of a run, under the number that it has today; undefined if it is still to be made. */
  of(task: Task): Result | undefined {
    const result = this.#results.get(nameOf(task));
    return result && { ...result, n: numberOf(task) };
  }

  add(task: Task, result: Result): void {
    const name = nameOf(task);
    this.#results.set(name, result);
    if (this.#file !== undefined) appendFileSync(this.#file, `${JSON.stringify({ name, ...result })}\n`);
  }
}
