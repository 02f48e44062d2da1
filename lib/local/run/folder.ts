import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CommandError } from '../../command-line.ts';
import type { OutsideCloud } from './desk.ts';

/** What a run leaves in its folder. */
const ENTRIES = ['inbox', 'outbox', 'audit', 'run.json'] as const;
/** The longest name that a folder takes, in bytes. */
const LONGEST_NAME = 255;
const AT_ONCE = 16;

/** The folder that `--out` names. What an earlier run left there stays whole until the new run has all of its own. */
export class OutFolder {
  readonly path: string;
  /** Whether it holds this run: until then it is as it was before. */
  saved = false;
  private staging: string | undefined;
  private discarded = false;

  /** @throws CommandError when the folder can't be written, or holds one of these that no run made */
  constructor(path: string) {
    this.path = path;
    let existing = path;
    while (!existsSync(existing)) existing = dirname(existing);
    if (!statSync(existing).isDirectory()) throw new CommandError(`--out ${path}: ${existing} is not a folder`);
    try {
      accessSync(existing, constants.W_OK | constants.X_OK);
    } catch {
      throw new CommandError(`--out ${path}: ${existing} can't be written`);
    }
    const foreign = ENTRIES.find((entry) => existsSync(join(path, entry)));
    if (foreign !== undefined && !isRun(join(path, 'run.json')))
      throw new CommandError(`--out ${path}: its '${foreign}' was not made by an earlier run, and would be replaced`);
  }

  /**
   * Writes what the buckets hold and what the run used, then puts it in the place of an earlier run's.
   * @param report counts the objects written
   */
  async save(cloud: OutsideCloud, run: object, report: (objects: number) => void): Promise<void> {
    await mkdir(this.path, { recursive: true });
    const staging = await mkdtemp(join(this.path, '.run-'));
    this.staging = staging;
    try {
      let written = 0;
      for (const bucket of ['inbox', 'outbox', 'audit'] as const) {
        await mkdir(join(staging, bucket));
        const name = cloud.names.buckets[bucket];
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
        await Promise.all(Array.from({ length: AT_ONCE }, copy));
      }
      await writeFile(join(staging, 'run.json'), `${JSON.stringify(run, null, 2)}\n`);
      this.swap(staging);
    } finally {
      await rm(staging, { recursive: true, force: true });
      this.staging = undefined;
    }
  }

  /** Drops what was written but not put in place, and puts nothing in place any more. */
  discard(): void {
    this.discarded = true;
    if (this.staging !== undefined) rmSync(this.staging, { recursive: true, force: true });
  }

  /** At one go: an interrupt comes before it or after it. */
  private swap(staging: string): void {
    if (this.discarded) throw new Error(`what was to be in ${this.path} is discarded`);
    const undo: (() => void)[] = [];
    const move = (from: string, to: string) => {
      renameSync(from, to);
      undo.unshift(() => renameSync(to, from));
    };
    try {
      mkdirSync(join(staging, 'earlier'));
      for (const entry of ENTRIES)
        if (existsSync(join(this.path, entry))) move(join(this.path, entry), join(staging, 'earlier', entry));
      for (const entry of ENTRIES) move(join(staging, entry), join(this.path, entry));
      this.saved = true;
    } catch (error) {
      for (const back of undo) back();
      throw error;
    }
  }
}

function isRun(path: string): boolean {
  try {
    const run: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return typeof run === 'object' && run !== null && 'operations' in run;
  } catch {
    return false;
  }
}

/** Parts of a key that a path reads otherwise than as a name: they would lead out of the folder, or fall away. */
const NO_NAMES = ['', '.', '..'];

/**
 * A key's part as a file name. Receipts' names are longer than the names of the files they acknowledge, some too long;
 * those, and what is no file name, get a mark.
 */
function nameOnDisk(part: string): string {
  if (Buffer.byteLength(part) <= LONGEST_NAME && !NO_NAMES.includes(part)) return part;
  const mark = `~${createHash('sha256').update(part).digest('hex').slice(0, 8)}`;
  let kept = part;
  while (Buffer.byteLength(kept) + mark.length > LONGEST_NAME) kept = [...kept].slice(0, -1).join('');
  return kept + mark;
}
