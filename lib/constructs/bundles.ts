import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { IConstruct } from 'constructs';
import { buildSync } from 'esbuild';
import { PACKAGES } from '../config/context.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

/** All that a bundle depends on: handlers and what they import, the packages' versions, and how they are bundled. */
const SOURCES = ['lambdas/**/*.ts', 'package-lock.json', 'lib/constructs/bundles.ts'];

/** The folder of bundles, by the root of an app's tree: a process that synthesizes again may do so from other sources. */
const bundles = new WeakMap<IConstruct, string>();

/**
 * The folder with one function's bundle, `index.mjs` and its source map. All functions are bundled when the first one is asked for, in one
 * process, since most of each is the same SDK, and once for these sources: another synthesis uses the same bundles.
 * @param folder under `lambdas/`
 */
export function bundleOf({ node: { root } }: IConstruct, folder: string): string {
  const all = bundles.get(root) ?? bundleAll(root.node.tryGetContext(PACKAGES) === 'beside');
  bundles.set(root, all);
  return join(all, folder);
}

function bundleAll(isBare: boolean): string {
  // The folder is within the project: a source map tells where its sources are from here, and must be the same on every machine.
  const outdir = join(PROJECT, 'cdk.out', `bundles-${isBare ? 'bare-' : ''}${hashOf(SOURCES)}`);
  if (existsSync(outdir)) return outdir;
  const staging = `${outdir}.${process.pid}`;
  try {
    awaitOther(outdir);
    if (existsSync(outdir)) return outdir;
    build(staging, isBare);
    renameSync(staging, outdir);
  } catch (error) {
    // Two processes that bundle the same at once write the same: the second one uses the first one's.
    if (!existsSync(outdir)) throw error;
  } finally {
    rmSync(staging, { recursive: true, force: true });
    rmSync(lockOf(outdir), { force: true });
  }
  return outdir;
}

const lockOf = (outdir: string) => `${outdir}.lock`;
/**
 * Milliseconds for which a lock is waited for: longer than anything is bundled. After them its process is gone, or another one has its id.
 */
const LONGEST_WAIT = 60_000;

/** Waits while another process bundles the same, which takes all cores; takes the lock if no other does. */
function awaitOther(outdir: string): void {
  mkdirSync(dirname(outdir), { recursive: true });
  const pause = new Int32Array(new SharedArrayBuffer(4));
  const end = performance.now() + LONGEST_WAIT;
  while (!existsSync(outdir) && performance.now() < end) {
    try {
      writeFileSync(lockOf(outdir), String(process.pid), { flag: 'wx' });
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    if (!isHeld(lockOf(outdir))) rmSync(lockOf(outdir), { force: true });
    Atomics.wait(pause, 0, 0, 20);
  }
}

function isHeld(lock: string): boolean {
  try {
    process.kill(Number(readFileSync(lock, 'utf8')), 0);
    return true;
  } catch {
    return false;
  }
}

function hashOf(patterns: readonly string[]): string {
  const hash = createHash('sha256');
  for (const path of globSync(patterns, { cwd: PROJECT }).sort())
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(PROJECT, path)))
      .update('\0');
  return hash.digest('hex').slice(0, 16);
}

/** @param isBare whether packages stay beside the bundles */
function build(outdir: string, isBare: boolean): void {
  mkdirSync(outdir, { recursive: true });
  const handlers = globSync('lambdas/*/handler.ts', { cwd: PROJECT }).sort();
  buildSync({
    absWorkingDir: PROJECT,
    entryPoints: Object.fromEntries(handlers.map((path) => [`${basename(dirname(path))}/index`, path])),
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    packages: isBare ? 'external' : 'bundle',
    platform: 'node',
    format: 'esm',
    target: 'node24',
    mainFields: ['module', 'main'],
    minify: true,
    sourcemap: true,
    sourcesContent: false,
    // Some bundled CommonJS packages call require, which an ES module doesn't have.
    banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
  });
}
