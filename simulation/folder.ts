import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative, sep } from 'node:path';
import { CommandError } from '../lib/commands/command-line.ts';
import { bucketsOf } from './buckets.ts';
import type { OutsideCloud } from './desk.ts';
import { Lock } from './lock.ts';
import { FILES, isPageOfFiles, PAGE } from './page-files.ts';

/** The folders of a run that help to find out what went wrong. */
const TRACES = ['logs', 'executions'] as const;
/** What a run has; that folder only where there are such pages. */
const ENTRIES = ['inbox', 'outbox', 'audit', ...TRACES, 'run.json', FILES, PAGE] as const;
/** The longest name that a folder takes, in bytes. */
const LONGEST_NAME = 255;
const AT_ONCE = 16;

/** The system's code for a failed file system call. */
const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : 'no code');

/** The options for saving a run. */
interface SaveOptions {
  failed?: boolean;
  traces?: (folder: string) => Promise<void>;
  pages: (paths: readonly string[]) => ReadonlyMap<string, string>;
}

/**
 * The folder that `--out` names, for one run at a time. An earlier run's files stay whole until the new run has all of its own, and for
 * good if the new one failed.
 */
export class OutFolder {
  readonly path: string;
  /** The place of this run once it is saved; undefined until then, while the folder is as it was before. */
  place: string | undefined;
  readonly #lock: Lock;
  /** The folders that had to be made, from the topmost on. */
  readonly #made: string[] = [];
  #staging: string | undefined;
  #discarded = false;
  #released = false;

  /**
   * Makes the folder if there is none, and holds it until the run is saved or discarded.
   * @throws CommandError when the folder can't be written, another run holds it, or it has one of a run's entries that no run made
   */
  constructor(path: string) {
    this.path = path;
    let existing = path;
    const missing: string[] = [];
    for (; !existsSync(existing); existing = dirname(existing)) missing.unshift(existing);
    if (!statSync(existing).isDirectory()) throw new CommandError(`--out ${path}: ${existing} is not a folder`);
    // That folder comes first: earlier versions' runs had none, and it may be somebody's own.
    const foreign = [FILES, ...ENTRIES].find((entry) => existsSync(join(path, entry)));
    if (foreign !== undefined && (!isRun(path) || (foreign === FILES && hasOthers(join(path, FILES)))))
      throw new CommandError(`--out ${path}: its '${foreign}' was not made by an earlier run, and would be replaced`);
    let lock: Lock | undefined;
    try {
      // Permissions don't tell of a file system that takes nothing, and so folders and a file are really made. They are made one by one,
      // for Node tries for ever to make several where the system says that the first one's parent is not there.
      for (const folder of missing) {
        mkdirSync(folder);
        this.#made.push(folder);
      }
      lock = Lock.take(join(path, '.lock'));
    } catch (error) {
      this.#unmake();
      throw new CommandError(`--out ${path}: ${existing} can't be written (${codeOf(error)})`);
    }
    if (lock === undefined)
      throw new CommandError(`--out ${path}: another run is under way there; wait for its end, or name another folder`);
    this.#lock = lock;
  }

  /**
   * Writes the buckets' objects and the run's usage, then puts them in the place of an earlier run's; if this run failed and there is an
   * earlier one, into a temporary folder instead.
   * @param report counts the objects written
   * @param traces writes the files that help to find out what went wrong into the folders `logs` and `executions`
   * @param pages makes the run's pages, by their paths below the folder, from the paths of its files
   * @throws an error that names the folder
   */
  async save(
    cloud: OutsideCloud,
    run: object,
    report: (objects: number) => void,
    { failed = false, traces, pages }: SaveOptions,
  ): Promise<void> {
    const aside = failed && isRun(this.path) ? join(tmpdir(), 'failed-run-') : undefined;
    try {
      const staging = await mkdtemp(aside ?? join(this.path, '.run-'));
      this.#staging = staging;
      await this.#write(staging, cloud, run, report);
      for (const folder of TRACES) await mkdir(join(staging, folder));
      await traces?.(staging);
      for (const [path, page] of pages(await filesBelow(staging))) {
        await mkdir(dirname(join(staging, path)), { recursive: true });
        await writeFile(join(staging, path), page);
      }
      if (aside !== undefined) this.#keep(staging);
      else this.#swap(staging);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new Error(`the run can't be saved in ${aside === undefined ? this.path : tmpdir()}: ${why}`, {
        cause: error,
      });
    } finally {
      if (this.#staging !== undefined) await rm(this.#staging, { recursive: true, force: true });
      this.#staging = undefined;
      this.#release();
    }
  }

  async #write(staging: string, cloud: OutsideCloud, run: object, report: (objects: number) => void): Promise<void> {
    let written = 0;
    for (const bucket of ['inbox', 'outbox', 'audit'] as const) {
      await mkdir(join(staging, bucket));
      const name = bucketsOf(cloud)[bucket];
      const keys = await cloud.list(name);
      const next = keys.values();
      const copy = async () => {
        for (const key of next) {
          const path = join(staging, bucket, ...key.split('/').map(nameOnDisk));
          await mkdir(dirname(path), { recursive: true });
          await writeFile(path, await cloud.get(name, key));
          report(++written);
        }
      };
      const copied = await Promise.allSettled(Array.from({ length: AT_ONCE }, copy));
      const failure = copied.find(({ status }) => status === 'rejected');
      if (failure?.status === 'rejected') throw failure.reason;
    }
    await writeFile(join(staging, 'run.json'), `${JSON.stringify(run, null, 2)}\n`);
  }

  /** Removes the files that were written but not put in place, and puts nothing in place any more. */
  discard(): void {
    this.#discarded = true;
    if (this.#staging !== undefined) rmSync(this.#staging, { recursive: true, force: true });
    this.#release();
  }

  /** Gives the folder up, and removes the folders that were made in vain. */
  #release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#lock.release();
    if (this.place !== this.path) this.#unmake();
  }

  /** Removes the folders that were made, as far as they are empty. */
  #unmake(): void {
    try {
      for (const folder of this.#made.toReversed()) rmdirSync(folder);
    } catch {
      // Somebody else has put something into it.
    }
  }

  #keep(staging: string): void {
    this.#hold();
    this.#staging = undefined;
    this.place = staging;
  }

  /** @throws an Error where the run is discarded */
  #hold(): void {
    if (this.#discarded) throw new Error(`what was to be in ${this.path} is discarded`);
  }

  /** Swaps the entries at one go: an interrupt comes before it or after it. */
  #swap(staging: string): void {
    this.#hold();
    const undo: (() => void)[] = [];
    const move = (from: string, to: string) => {
      renameSync(from, to);
      undo.unshift(() => renameSync(to, from));
    };
    try {
      mkdirSync(join(staging, 'earlier'));
      for (const entry of ENTRIES)
        if (existsSync(join(this.path, entry))) move(join(this.path, entry), join(staging, 'earlier', entry));
      for (const entry of ENTRIES)
        if (entry !== FILES || existsSync(join(staging, entry))) move(join(staging, entry), join(this.path, entry));
      this.place = this.path;
    } catch (error) {
      for (const back of undo) back();
      throw error;
    }
  }
}

/** The paths of all files below a folder, parts separated by `/`. */
async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(folder, join(parentPath, name)).split(sep).join('/'));
}

/** Whether a folder holds the files of a run. */
function isRun(folder: string): boolean {
  try {
    const run: unknown = JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8'));
    return typeof run === 'object' && run !== null && 'operations' in run;
  } catch {
    return false;
  }
}

/** Files that nobody put there. */
const LEFT_BY_FILE_MANAGERS = /^(?:\.|Thumbs\.db$|desktop\.ini$)/;

/** Whether the folder of a run's further pages holds anything else. */
function hasOthers(folder: string): boolean {
  if (!statSync(folder).isDirectory()) return true;
  return readdirSync(folder, { withFileTypes: true }).some(
    (entry) => !(entry.isFile() && (isPageOfFiles(entry.name) || LEFT_BY_FILE_MANAGERS.test(entry.name))),
  );
}

/** Parts of a key that a path doesn't take for a name: they would lead out of the folder, or fall away. */
const NO_NAMES = ['', '.', '..'];

/**
 * A key's part as a file name. Receipts' names are longer than the names of the files they acknowledge, and some are too long; these, and
 * parts that can't be file names, get a mark.
 */
function nameOnDisk(part: string): string {
  if (Buffer.byteLength(part) <= LONGEST_NAME && !NO_NAMES.includes(part)) return part;
  const mark = `~${createHash('sha256').update(part).digest('hex').slice(0, 8)}`;
  let kept = part;
  while (Buffer.byteLength(kept) + mark.length > LONGEST_NAME) kept = [...kept].slice(0, -1).join('');
  return kept + mark;
}
