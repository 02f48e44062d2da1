/** The launches of .vscode/launch.json, as an editor starts them. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

interface Launch {
  readonly name: string;
  readonly runtimeExecutable: string;
  readonly runtimeArgs: readonly string[];
}

it('“The open test” runs the tests of one file', () => {
  const { configurations }: { configurations: Launch[] } = JSON.parse(readFileSync('.vscode/launch.json', 'utf8'));
  const launch = configurations.find(({ name }) => name === 'The open test');
  const args =
    launch?.runtimeArgs.map((arg) => arg.replace(/^\$\{relativeFile\}$/, 'test/domain/hashes.test.ts')) ?? [];
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('VITEST'));
  const { status, stdout } = spawnSync(launch?.runtimeExecutable ?? '', args, {
    encoding: 'utf8',
    env: { ...Object.fromEntries(own), NO_COLOR: '1' },
  });
  expect(stdout).toMatch(/Test Files {2}1 passed/);
  expect(status).toBe(0);
});
