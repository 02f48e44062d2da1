/** The traces of a run for whoever has to find out what went wrong: the functions' logs, and the executions that failed. */
import { mkdtempSync, rmSync } from 'node:fs';
import { appendFile, cp, mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { FailedExecution } from 'local-cloud';

/** The number of lines that are written at a time. */
const LINES_AT_ONCE = 1000;

/** The logs of a run's functions, kept in a temporary folder until the run has one of its own. */
export class Traces {
  readonly #folder = mkdtempSync(join(tmpdir(), 'run-logs-'));
  readonly #lines = new Map<string, string[]>();
  #written: Promise<void> = Promise.resolve();

  /** Takes a line that a function wrote. */
  log(functionName: string, line: string): void {
    const lines = this.#lines.get(functionName) ?? [];
    this.#lines.set(functionName, lines);
    lines.push(line);
    if (lines.length >= LINES_AT_ONCE) this.#flush(functionName);
  }

  #flush(functionName: string): void {
    const lines = this.#lines.get(functionName)?.splice(0) ?? [];
    const text = lines.map((line) => `${line.trimEnd()}\n`).join('');
    this.#written = this.#written.then(() => appendFile(join(this.#folder, logName(functionName)), text));
  }

  /**
   * Writes `logs/<function>.log` and `executions/<machine>/<name>.json` into a folder that has both places.
   * @param functions the names under which functions write, keyed by their logical names
   */
  async write(
    folder: string,
    failed: readonly FailedExecution[],
    functions: Readonly<Record<string, string>>,
  ): Promise<void> {
    for (const functionName of this.#lines.keys()) this.#flush(functionName);
    await this.#written;
    for (const [known, functionName] of Object.entries(functions))
      if (this.#lines.has(functionName))
        await cp(join(this.#folder, logName(functionName)), join(folder, 'logs', logName(known)));
    for (const execution of failed) {
      const path = join(folder, historyPath(execution));
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, `${JSON.stringify(execution, null, 2)}\n`);
    }
  }

  /** Whether a function wrote anything. */
  get any(): boolean {
    return this.#lines.size > 0;
  }

  /**
   * Writes the same into a temporary folder that stays, for a run that is not saved.
   * @returns the folder
   */
  async keep(failed: readonly FailedExecution[], functions: Readonly<Record<string, string>>): Promise<string> {
    const folder = mkdtempSync(join(tmpdir(), 'failed-run-'));
    for (const place of ['logs', 'executions']) await mkdir(join(folder, place));
    await this.write(folder, failed, functions);
    return folder;
  }

  /** Removes the temporary folder. */
  discard(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

const logName = (functionName: string) => `${functionName}.log`;
const historyPath = ({ machine, name }: FailedExecution) =>
  join('executions', machine.replaceAll('/', '~'), `${name.replaceAll('/', '~')}.json`);

/**
 * The places and reasons of executions' failures: for each a line with the state, the execution, the error and its place in the code, and a
 * line with the files that tell more. If several failed because of each other, the one that began last has the reason, and so it stands
 * first.
 * @param place the run's folder, undefined where it could not be saved
 * @param code the folder that places in the code are relative to
 */
export function failuresText(failed: readonly FailedExecution[], place: string | undefined, code: string): string[] {
  return failed.toReversed().flatMap((execution) => {
    const { machine, name, status, error, cause, state, calledFunction } = execution;
    const where = state === null ? `${machine} ${name}` : `"${state}" of ${machine} ${name}`;
    const what = status === 'TIMED_OUT' ? 'ran out of time' : `failed: ${error ?? 'no error'}`;
    const told = `${where} ${what}${placeOf(cause).replace(`${code}/`, '')}`;
    const files = [historyPath(execution), ...(calledFunction === null ? [] : [join('logs', logName(calledFunction))])];
    return place === undefined ? [told] : [told, `  see ${files.map((file) => join(place, file)).join(', ')}`];
  });
}

/** The place in the code that a function's error names as its message: `" at …"`, or nothing. */
export function placeOf(cause: string | null): string {
  const [, place] = /"errorMessage":"(at [^"]*)"/.exec(cause ?? '') ?? [];
  return place === undefined ? '' : ` ${place}`;
}
