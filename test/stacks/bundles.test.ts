/** Functions' bundles: as they deploy, and as tests run them. */
import { globSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { App } from 'aws-cdk-lib';
import { buildSync } from 'esbuild';
import { expect, it } from 'vitest';
import { PACKAGES } from '../../lib/config/context.ts';
import { bundleOf } from '../../lib/constructs/bundles.ts';

const FOLDERS = globSync('lambdas/*/handler.ts', { cwd: fileURLToPath(new URL('../..', import.meta.url)) })
  .map((handler) => basename(dirname(handler)))
  .sort();

/** What each function's bundle imports that is not Node's own, by its folder. */
function importedBy(context: Record<string, unknown>): Record<string, string[]> {
  const app = new App({ context });
  const { metafile } = buildSync({
    entryPoints: Object.fromEntries(FOLDERS.map((folder) => [folder, join(bundleOf(app, folder), 'index.mjs')])),
    outdir: 'nowhere',
    write: false,
    metafile: true,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  });
  const imports = Object.values(metafile.outputs).map(({ entryPoint = '', imports }): [string, string[]] => [
    basename(dirname(entryPoint)),
    [...new Set(imports.map(({ path }) => path))].filter((path) => !isBuiltin(path)).sort(),
  ]);
  return Object.fromEntries(imports);
}

it('deploy with all that they import: nothing lies beside them on AWS', () => {
  expect(importedBy({})).toEqual(Object.fromEntries(FOLDERS.map((folder) => [folder, []])));
});

it('leave packages beside them if the context says so, and have all of this project’s own code', () => {
  const imported = importedBy({ [PACKAGES]: 'beside' });
  expect(Object.keys(imported)).toEqual(FOLDERS);
  expect(Object.values(imported).every((names) => names.includes('zod'))).toBe(true);
  expect(imported['take-turn']).toContain('@aws-sdk/client-dynamodb');
  expect(
    Object.values(imported)
      .flat()
      .filter((name) => /^[./]/.test(name)),
  ).toEqual([]);
});
