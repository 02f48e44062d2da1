/** Cloud assemblies that are kept by what they depend on, so that nothing is synthesized twice. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** An app couldn't be synthesized; the message holds all that it said. */
export class SynthesisFailed extends Error {
  override readonly name = 'SynthesisFailed';
}

/** What one synthesis depends on. */
export interface Synthesis {
  /** The folder of the project, from which its sources are named. Elsewhere it is another one: an assembly may name files by where they lie. */
  readonly project: string;
  /** The files and folders on which the assembly depends; one that isn't there counts as empty. */
  readonly sources: readonly string[];
  /** The other values on which it depends. */
  readonly context: Readonly<Record<string, unknown>>;
}

/**
 * The folder of a cloud assembly: `<kept>-<hash of what it depends on>`. A folder that is there already is complete and is used again.
 * @param write synthesizes into a folder that is there and is empty
 */
export async function keptAssembly(
  kept: string,
  { project, sources, context }: Synthesis,
  write: (output: string) => Promise<void>,
): Promise<string> {
  const output = `${kept}-${await hashOf(project, sources, context)}`;
  if (existsSync(join(output, 'manifest.json'))) return output;
  const staging = `${output}.${process.pid}.${Math.random().toString(36).slice(2, 8)}`;
  await mkdir(staging, { recursive: true });
  try {
    await write(staging);
    await moveInto(staging, output);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
  return output;
}

/**
 * Runs an app's file in a process of its own, as the CDK's command does, and has it synthesize into `output`.
 * @param project the process's working folder
 * @param env what the process gets on top of this one's environment
 * @throws SynthesisFailed
 */
export function runApp(
  file: string,
  { output, project, context, env = {} }: Pick<Synthesis, 'project' | 'context'> & { output: string; env?: object },
): Promise<void> {
  const own = { ...process.env, ...env, CDK_OUTDIR: output, CDK_CONTEXT_JSON: JSON.stringify(context) };
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [file],
      { cwd: project, env: own, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => {
        if (error === null) resolve();
        else reject(new SynthesisFailed(`${stderr}${stdout}`.trim() || error.message));
      },
    );
  });
}

/**
 * Moves the assembly into its folder. Two processes that synthesize the same at once write the same: the second one uses the first one's.
 */
async function moveInto(staging: string, output: string): Promise<void> {
  try {
    await rename(staging, output);
  } catch (error) {
    if (!existsSync(join(output, 'manifest.json'))) throw error;
  }
}

async function hashOf(project: string, sources: readonly string[], context: object): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([project, ...Object.entries(context).sort()]));
  for (const source of sources) {
    for (const path of (await filesUnder(join(project, source))).sort()) {
      hash.update(`${relative(project, path)}\0${contentHash(path)}\0`);
    }
  }
  return hash.digest('hex').slice(0, 16);
}

/** The hashes of files, by path, as they were last read; a process that needs many assemblies asks for those of all sources each time. */
const hashes = new Map<string, { readonly changed: string; readonly hash: string }>();

/** The hash of a file's bytes. It is read again only if its size or its times have changed. */
function contentHash(path: string): string {
  const { size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
  const changed = `${size} ${mtimeNs} ${ctimeNs}`;
  const known = hashes.get(path);
  if (known?.changed === changed) return known.hash;
  const hash = createHash('sha256').update(readFileSync(path)).digest('hex');
  hashes.set(path, { changed, hash });
  return hash;
}

async function filesUnder(path: string): Promise<string[]> {
  if (!existsSync(path)) return [];
  try {
    const entries = await readdir(path, { withFileTypes: true, recursive: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return [path];
    throw error;
  }
}
