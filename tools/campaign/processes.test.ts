import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { runAll } from './processes.ts';
import type { Result } from './run.ts';

const folder = mkdtempSync(join(tmpdir(), 'campaign-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A process that does as it is told of each run, and the results that are told of it. */
async function resultsOf(told: string, tasks: readonly number[], jobs: number): Promise<Result[]> {
  const file = join(folder, `${told.length}.mjs`);
  writeFileSync(
    file,
    `const send = (n) => process.send({ n, broken: [], faults: {}, milliseconds: Number(process.argv[2]) });
    process.on('message', (n) => { if (n === 'end') process.disconnect(); ${told} else send(n); });
    process.send('ready');`,
  );
  const results: Result[] = [];
  await runAll({ script: pathToFileURL(file), seed: 7, jobs }, tasks, (result) => results.push(result));
  return results.sort((a, b) => a.n - b.n);
}

const kept = (n: number): Result => ({ n, broken: [], faults: {}, milliseconds: 7 });

it('makes each run once, and tells each process the seed', async () => {
  expect(await resultsOf('', [0, 1, 2, 3, 4], 2)).toEqual([0, 1, 2, 3, 4].map(kept));
});

it('counts a run whose process ends in its midst as broken, and goes on with the others', async () => {
  const results = await resultsOf(
    "else if (n === 1) process.kill(process.pid, 'SIGKILL'); else if (n === 3) process.exit(0);",
    [0, 1, 2, 3, 4],
    1,
  );
  expect(results.map(({ n, broken }) => [n, broken])).toEqual([
    [0, []],
    [1, ['its process ended with SIGKILL']],
    [2, []],
    [3, ['its process ended with 0']],
    [4, []],
  ]);
});

it.each([
  ['does not begin', 'process.exit(3);', 'did not begin: its process ended with 3'],
  ['ends before it begins, as if all were well', 'process.exit(0);', 'did not begin: its process ended with 0'],
  [
    'ends badly when its runs are done',
    `process.on('message', (n) => {
      if (n === 'end') process.exit(4);
      process.send({ n, broken: [], faults: {}, milliseconds: 0 });
    });
    process.send('ready');`,
    'ended badly: its process ended with 4',
  ],
])('fails where a process %s', async (_, script, why) => {
  const file = join(folder, `${script.length}.mjs`);
  writeFileSync(file, script);
  await expect(runAll({ script: pathToFileURL(file), seed: 7, jobs: 1 }, [0, 1, 2], () => {})).rejects.toThrow(why);
});
