import { readOptions, wholeNumber } from '../../lib/commands/command-line.ts';
import type { Size } from './draw.ts';

const DEFAULT_SEED = 1;
const LARGEST_SEED = 2 ** 31 - 1;
const DEFAULT_BATCHES = 50;
const DEFAULT_HANDSETS = 300;
const DAYS = 365;

export const help = `npm run year: a year of many batches on the local cloud, in a world that knows who is innocent.

  npm run year                                   50 batches of 300 handsets, half an hour or more on two cores
  npm run year -- --batches 6 --handsets 40      a small one
  npm run year -- --seed 7                       another world

Options
  --seed N        the same seed, the same world and the same year (default ${DEFAULT_SEED})
  --batches N     how many reports agencies make in the year (default ${DEFAULT_BATCHES})
  --handsets N    in each of them (default ${DEFAULT_HANDSETS})
  --refused N     of a hundred appeals of innocents approvers refuse or strike N (default 0): they stay cut off
  --help          this text

Exit code: 0 when every rule was kept and no innocent is left cut off, 1 when not, 2 when the command line is wrong.
`;

/**
 * Reads the command line of `npm run year`.
 * @throws CommandError that names the option
 */
export function yearSettings(argv: readonly string[]): Size | 'help' {
  const values = readOptions(argv, {
    seed: { type: 'string' },
    batches: { type: 'string' },
    handsets: { type: 'string' },
    refused: { type: 'string' },
  });
  if (values === 'help') return 'help';
  return {
    seed: wholeNumber('seed', values.seed, DEFAULT_SEED, 0, LARGEST_SEED),
    batches: wholeNumber('batches', values.batches, DEFAULT_BATCHES, 1, 200),
    handsets: wholeNumber('handsets', values.handsets, DEFAULT_HANDSETS, 5, 5000),
    refused: wholeNumber('refused', values.refused, 0, 0, 100),
    days: DAYS,
  };
}
