import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { CommandError } from '../../lib/commands/command-line.ts';
import type { Case } from './one-fault.ts';
import type { Result } from './run.ts';

/** A fault of a story. */
type Fault = Case & { readonly story: string };

/**
 * The name of a fault. Faults are kept by their names and not by their numbers: two tellings of a story differ in some calls, which come
 * together in one and after each other in another, and so all numbers after them.
 */
const nameOf = ({ story, mode, place }: Fault): string => `${story} ${mode} ${place}`;

/** The finished runs of a long campaign, in a file with a line for each run, so that it can go on after an interruption. */
export class Done {
  readonly #results = new Map<string, Result>();
  readonly #file: string | undefined;

  /**
   * @param file without it, nothing is kept
   * @throws CommandError where the file is another seed's, or none of these
   */
  constructor(file: string | undefined, seed: number) {
    this.#file = file;
    if (file === undefined) return;
    const heading = JSON.stringify({ systematic: seed });
    // The last line is empty, or was cut by the interruption.
    const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [heading];
    if (lines[0] !== heading) throw new CommandError(`--resume ${file}: does not hold what was done of seed ${seed}`);
    for (const line of lines.slice(1)) {
      const { fault, ...result } = JSON.parse(line) as Result & { fault: string };
      this.#results.set(fault, result);
    }
    writeFileSync(file, [...lines, ''].join('\n'));
  }

  /** What came of a fault, under the number that it has in this telling; undefined if it is still to be played. */
  of(fault: Fault & { readonly n: number }): Result | undefined {
    const result = this.#results.get(nameOf(fault));
    return result && { ...result, n: fault.n };
  }

  add(fault: Fault, result: Result): void {
    this.#results.set(nameOf(fault), result);
    if (this.#file !== undefined)
      appendFileSync(this.#file, `${JSON.stringify({ fault: nameOf(fault), ...result })}\n`);
  }
}
