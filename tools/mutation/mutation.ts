/** `npm run mutation`: changes the rules in small ways, and tells which changes none of their tests notices. See `--help`. */
import { globSync } from 'node:fs';
import { basename } from 'node:path';
import type { MutantResult, MutantStatus } from '@stryker-mutator/api/core';
import { Stryker } from '@stryker-mutator/core';
import { command, say } from '../../lib/commands/command.ts';
import { CommandError, readOptions } from '../../lib/commands/command-line.ts';
import { testsOf } from './tested-by.ts';

/** The percentage of mutants that tests must notice. */
const GOAL = 90;
/** The most characters shown of a mutant's replacement. */
const LONGEST_SHOWN = 100;

const HELP = `npm run mutation [-- FILE…]

Changes lambdas/domain in small ways, one at a time (mutants), and runs the tests of the file that was changed: those of
test/domain that begin with its name (csv.test.ts and csv-faults.test.ts for csv.ts), or else those that tools/mutation/tested-by.ts
names. Prints the mutants that no test noticed, and of each file how many of a hundred were noticed.

  FILE      a file of lambdas/domain, as csv; default all but lists and forms, an hour or more on two cores
  --help    this text

A page of each file is left in out/mutation. Exit code 0: of each file at least ${GOAL} % were noticed; 1: fewer; 2: the command line is wrong.
`;

interface Settings {
  readonly names: readonly string[];
}

function settings(args: readonly string[]): Settings | 'help' {
  const options = readOptions(args, {}, true);
  if (options === 'help') return 'help';
  const all = globSync('lambdas/domain/*.ts').map((path) => basename(path, '.ts'));
  const mutated = all.filter((name) => testsOf(name) !== undefined);
  const unknown = options.positionals.find((name) => !mutated.includes(name));
  if (unknown !== undefined)
    throw new CommandError(`lambdas/domain has no file ${unknown} that is mutated; see tools/mutation/tested-by.ts`);
  return { names: options.positionals.length > 0 ? options.positionals : mutated.sort() };
}

/** Mutates one file, and runs its tests on each mutant. */
function mutate(name: string): Promise<MutantResult[]> {
  // The test runners are processes of their own: vitest.config.ts reads there which tests they run.
  process.env.MUTATION_TESTS = testsOf(name)?.join();
  return new Stryker({
    configFile: 'stryker.config.ts',
    mutate: [`lambdas/domain/${name}.ts`],
    htmlReporter: { fileName: `out/mutation/${name}.html` },
  }).runMutationTest();
}

const oneLine = (code = '') => code.replace(/\s+/g, ' ').slice(0, LONGEST_SHOWN);

/** The percentage of mutants that were noticed; one that never ends counts as noticed. */
function scoreLine(name: string, mutants: readonly MutantResult[]): { line: string; score: number } {
  const count = (...statuses: MutantStatus[]) => mutants.filter(({ status }) => statuses.includes(status)).length;
  const noticed = count('Killed', 'Timeout');
  const all = noticed + count('Survived', 'NoCoverage');
  const score = all === 0 ? 100 : (100 * noticed) / all;
  return { score, line: `${name.padEnd(12)} ${score.toFixed(1).padStart(5)} %  ${noticed} of ${all}` };
}

async function run({ names }: Settings): Promise<boolean> {
  const scores: { line: string; score: number }[] = [];
  const all: MutantResult[] = [];
  for (const name of names) {
    const mutants = await mutate(name);
    for (const { status, location, mutatorName, replacement } of mutants)
      if (status === 'Survived' || status === 'NoCoverage')
        say(`${name}.ts:${location.start.line}:${location.start.column}  ${mutatorName}: ${oneLine(replacement)}`);
    all.push(...mutants);
    scores.push(scoreLine(name, mutants));
  }
  for (const { line } of [...scores, scoreLine('all', all)]) say(line);
  return scores.every(({ score }) => score >= GOAL);
}

await command({ help: HELP, settings, run });
