import { globSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

let bundles: string | undefined;

/**
 * The folder with one function's bundle, `index.mjs` and its source map. All functions are bundled when the first one is asked
 * for, in one process, since most of each is the same SDK; what isn't staged by then goes when the synthesis ends.
 * @param folder under `lambdas/`
 */
export function bundleOf(folder: string): string {
  bundles ??= bundleAll();
  return join(bundles, folder);
}

function bundleAll(): string {
  // Within the project: a source map tells where its sources are from here, and must be the same on every machine.
  const outdir = join(PROJECT, 'cdk.out', `bundles-${process.pid}`);
  process.once('exit', () => rmSync(outdir, { recursive: true, force: true }));
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
  return outdir;
}
