/** `npm run licences`: every package of the lock is pinned and has a permissive licence, or is named. See `--help`. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { command, complain, say } from '../lib/commands/command.ts';
import { readOptions } from '../lib/commands/command-line.ts';
import { dependenciesOf, faultsOfLicences, type PackageLock } from '../lib/commands/licences.ts';

const HELP = `npm run licences

Checks that the lock pins every package by its integrity, and that each has a permissive licence.

  --help    this text

Exit code 0: so it is; 1: it is not, and which package; 2: the command line is wrong.
`;

const read = (path: string) => {
  const file = fileURLToPath(new URL(`../${path}`, import.meta.url));
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
};

async function run(): Promise<boolean> {
  const lock: PackageLock = read('package-lock.json');
  const faults = faultsOfLicences(lock, (path) => read(`${path}/package.json`));
  for (const fault of faults) complain(fault);
  if (faults.length === 0) say(`${dependenciesOf(lock).length} packages, each pinned and under a permissive licence`);
  return faults.length === 0;
}

await command({ help: HELP, settings: (args) => readOptions(args, {}), run });
