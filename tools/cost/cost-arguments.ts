import { resolve } from 'node:path';
import { CommandError, readOptions, scaleOf } from '../../lib/commands/command-line.ts';

const EVENT = 1;
const SMALL = 0.01;
const REGION = 'ap-south-1';

export const HELP = `npm run cost: what one batch costs on AWS, counted from what it uses on the local cloud.

  npm run cost                           the event's batch, from a run at ${SMALL} whose counts are scaled up: half a minute
  npm run cost -- --scale 1              the event's batch, run at its full size: some twenty minutes
  npm run cost -- --scale 1 --from 0.05  the event's batch, from a run at 0.05
  npm run cost -- --moved                the event's batch with some 3 % of its connections ported or extended

Beside it stand the floor (one write per connection, nothing else) and the design that everybody draws first, one
execution per connection, which is run and counted too. Importing usage is told apart, for each million sightings.

Options
  --scale N       size of the batch (default ${EVENT}: 28,200 handsets, 2,000,000 connections)
                  A batch whose --scale is given is run at its own size, and at ${SMALL} beside it, which tells how
                  far scaled counts are off
  --from N        runs only a batch of this smaller size and scales its counts up (default ${SMALL} without --scale)
  --moved         operators move some 3 % of the connections, and the nights' follow-ups that go on with them are part of the
                  batch, to the end of the last ladder: a goal of its own, and a run three times as long
  --run FILE      takes the counts that an earlier run saved (out/counted-<scale>.json, with --moved out/counted-<scale>-moved.json) in place of running it again;
                  repeatable, and with --from beside a run
  --region NAME   whose prices (default ${REGION}; tools/cost/prices.json)
  --json FILE     writes all figures there as well
  --help          this text

Exit code: 0; 1 when a batch failed or its goal isn't met; 2 when the command line is wrong.
`;

/** The settings of `npm run cost`. */
export interface CostSettings {
  region: string;
  /** Whether rows of the batch are moved. */
  moved: boolean;
  /** The scale of the batch to price. */
  scale: number;
  /** The scales to run and count. */
  sizes: number[];
  /** Files with counts of earlier runs. */
  files: string[];
  json: string | undefined;
}

/**
 * Reads the command line of `npm run cost`.
 * @param where the folder that relative paths start from
 * @throws CommandError that names the option
 */
export function costSettings(argv: readonly string[], where: string): CostSettings | 'help' {
  const values = readOptions(argv, {
    scale: { type: 'string' },
    from: { type: 'string' },
    moved: { type: 'boolean' },
    run: { type: 'string', multiple: true },
    region: { type: 'string' },
    json: { type: 'string' },
  });
  if (values === 'help') return 'help';
  const scale = scaleOf('scale', values.scale) ?? EVENT;
  const from = scaleOf('from', values.from);
  if (from !== undefined && from >= scale)
    throw new CommandError(`--from ${values.from}: must be smaller than the batch's own size, ${scale}`);
  const files = (values.run ?? []).map((path) => resolve(where, path));
  const sizes =
    from !== undefined
      ? [from]
      : files.length > 0
        ? []
        : values.scale === undefined || scale <= SMALL
          ? [Math.min(scale, SMALL)]
          : [SMALL, scale];
  return {
    region: values.region ?? REGION,
    moved: values.moved === true,
    scale,
    sizes,
    files,
    json: values.json === undefined ? undefined : resolve(where, values.json),
  };
}
