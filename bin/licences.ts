/** `npm run licences`: every package of the lock is pinned by its integrity and has a permissive licence, or it fails and names it. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { faultsOfLicences, type Lock } from '../lib/licences.ts';

const read = (path: string) => {
  const file = fileURLToPath(new URL(`../${path}`, import.meta.url));
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
};
const lock: Lock = read('package-lock.json');
const faults = faultsOfLicences(lock, (path) => read(`${path}/package.json`));
for (const fault of faults) process.stderr.write(`${fault}\n`);
if (faults.length > 0) process.exitCode = 1;
else
  process.stdout.write(
    `${Object.keys(lock.packages).length - 1} packages, each pinned and under a permissive licence\n`,
  );
