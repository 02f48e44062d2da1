import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { sha256 } from '../../test/reckoning/files.ts';
import type { Result } from './run.ts';

/** The finished runs of a long campaign, in a file with a line for each run, so that it can go on after an interruption. */
export class Done {
  readonly results = new Map<number, Result>();
  readonly #file: string | undefined;

  /**
   * @param file without it, nothing is kept
   * @param what identifies the campaign: the file of another campaign is begun anew
   */
  constructor(file: string | undefined, what: readonly (string | number)[]) {
    this.#file = file;
    if (file === undefined) return;
    const heading = JSON.stringify({ campaign: sha256(JSON.stringify(what)) });
    // The last line is empty, or was cut by the interruption.
    const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
    const done = lines[0] === heading ? lines.slice(1) : [];
    for (const line of done) {
      const result = JSON.parse(line) as Result;
      this.results.set(result.n, result);
    }
    writeFileSync(file, [heading, ...done, ''].join('\n'));
  }

  add(result: Result): void {
    this.results.set(result.n, result);
    if (this.#file !== undefined) appendFileSync(this.#file, `${JSON.stringify(result)}\n`);
  }
}
