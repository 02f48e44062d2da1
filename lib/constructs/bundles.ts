import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

/** All that a bundle depends on: handlers and what they import, the packages' versions, and how they are bundled. */
const SOURCES = ['lambdas/**/*.ts', 'package-lock.json', 'lib/constructs/bundles.ts'];

let bundles: string | undefined;

/**
 * The folder with one function's bundle, `index.mjs` and its source map. All functions are bundled when the first one is asked
 * for, in one process, since most of each is the same SDK, and once for these sources: another synthesis takes them from there.
 * @param folder under `lambdas/`
 */
export function bundleOf(folder: string): string {
  bundles ??= bundleAll();
  return join(bundles, folder);
}

function bundleAll(): string {
  // Within the project: a source map tells where its sources are from here, and must be the same on every machine.
  const outdir = join(PROJECT, 'cdk.out', `bundles-${hashOf(SOURCES)}`);
  if (existsSync(outdir)) return outdir;
  const staging = `${outdir}.${process.pid}`;
  try {
    build(staging);
    renameSync(staging, outdir);
  } catch (error) {
    // Two that bundle the same at once write the same: whoever comes second takes the first one's.
    if (!existsSync(outdir)) throw error;
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
  return outdir;
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

function build(outdir: string): void {
  mkdirSync(outdir, { recursive: true });
  const handlers = globSync('lambdas/*/handler.ts', { cwd: PROJECT }).sort();
  buildSync({
    absWorkingDir: PROJECT,
    entryPoints: Object.fromEntries(handlers.map((path) => [`${basename(dirname(path))}/index`, path])),
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    mainFields: ['module', 'main'],
    minify: true,
    sourcemap: true,
    sourcesContent: false,
    // Some bundled CommonJS packages call require, which an ES module has not.
    banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
  });
}
