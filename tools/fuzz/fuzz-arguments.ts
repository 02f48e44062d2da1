import { CommandError, readOptions, wholeNumber } from '../../lib/commands/command-line.ts';

const DEFAULT_INPUTS = 100_000;
const DEFAULT_SEED = 1;
/** fast-check mixes its seed down to 32 bits. */
const LARGEST_SEED = 2 ** 31 - 1;
const MOST_INPUTS = 100_000_000;

export const help = (targets: readonly { name: string; what: string }[]) =>
  `npm run fuzz: hostile input for everything that reads what outsiders send.

  npm run fuzz -- --inputs 100000 --seed 1       all targets, some minutes
  npm run fuzz -- --only csv --inputs 5000       one of them
  npm run fuzz -- --only csv --seed 1 --input 17:0:2
                                                 one input again, as a failure tells it

Good texts and files are spoilt (bytes flipped, quotes, NULs, broken UTF-8, long and endless lines, formulas, paths,
names of Object's properties, digits of other scripts), and each must keep the rules: no error but the documented ones,
no loop without end, each row counted once and each reject with a reason of the list, the same result however a file
is cut, few bytes read of an endless one, no formula in what is written, nothing written outside its place, and every
prototype as it was. A failing input is made as small as it still fails, and printed with the command that repeats it.

Targets
${targets.map(({ name, what }) => `  ${name.padEnd(20)} ${what}`).join('\n')}

Options
  --inputs N      how many inputs, over all targets (default ${DEFAULT_INPUTS})
  --seed N        the same seed, the same inputs (default ${DEFAULT_SEED})
  --only TARGET   only this target; repeatable
  --input PATH    only this input of the one target
  --help          this text

Exit code: 0 when every input kept the rules, 1 when one did not, 2 when the command line is wrong.
`;

export interface FuzzSettings {
  readonly inputs: number;
  readonly seed: number;
  /** The names of targets; empty for all. */
  readonly only: readonly string[];
  /** The path of the one input to repeat. */
  readonly path: string | undefined;
}

/**
 * Reads the command line of `npm run fuzz`.
 * @throws CommandError that names the option
 */
export function fuzzSettings(argv: readonly string[], targets: readonly { name: string }[]): FuzzSettings | 'help' {
  const values = readOptions(argv, {
    inputs: { type: 'string' },
    seed: { type: 'string' },
    only: { type: 'string', multiple: true },
    input: { type: 'string' },
  });
  if (values === 'help') return 'help';
  const { only = [], input: path } = values;
  const unknown = only.find((name) => !targets.some((target) => target.name === name));
  if (unknown !== undefined)
    throw new CommandError(`--only ${unknown}: must be one of ${targets.map(({ name }) => name).join(', ')}`);
  if (path !== undefined && only.length !== 1) throw new CommandError('--input needs one --only, whose input it is');
  if (path !== undefined && !/^\d+(:\d+)*$/.test(path))
    throw new CommandError(`--input ${path}: must be numbers with colons between, as a failure tells them`);
  return {
    inputs: wholeNumber('inputs', values.inputs, DEFAULT_INPUTS, 1, MOST_INPUTS),
    seed: wholeNumber('seed', values.seed, DEFAULT_SEED, 0, LARGEST_SEED),
    only,
    path,
  };
}
