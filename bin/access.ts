/** `npm run access`: prints who may do what where, from the synthesized policies. See `--help`. */

import { ACCOUNT, loadAssembly, REGION, Rights } from 'local-cloud';
import { accessTables } from '../lib/commands/access/table.ts';
import { command } from '../lib/commands/command.ts';
import { readOptions } from '../lib/commands/command-line.ts';
import { synthesize } from '../lib/commands/local/synth.ts';

const HELP = `npm run access -- [options]

Prints who may do what where, from the synthesized policies: a table of the participants' roles and one of what owns
the places. docs/access.md holds both.

  --stage NAME    the stage (default dev)
  --help          this text

Exit code 0: printed; 1: not, with the reason; 2: the command line is wrong.
`;

const place = { region: REGION, account: ACCOUNT };

async function run({ stage = 'dev' }: { stage?: string }): Promise<boolean> {
  const { resources } = loadAssembly(await synthesize({ own: true, context: { stage } }), {
    ...place,
    endpoint: 'https://sqs',
  });
  process.stdout.write(accessTables(new Rights(resources, place), resources));
  return true;
}

await command({ help: HELP, settings: (args) => readOptions(args, { stage: { type: 'string' } }), run });
