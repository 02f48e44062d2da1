/** `npm run ledger`: prints a direction's ledger in words. See `--help`. */
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { type DirectionId, parseDirectionId } from '../lambdas/domain/identifiers.ts';
import { readLedger } from '../lambdas/stores/cases/ledgers.ts';
import { command, complain, say } from '../lib/commands/command.ts';
import { CommandError, readOptions } from '../lib/commands/command-line.ts';
import { ledgerText } from '../lib/commands/ledger.ts';
import { outputIn, outputsOf } from '../lib/commands/outputs.ts';

const HELP = `npm run ledger -- [options] DIRECTION

Prints the ledger of a direction in words: its rungs and the orders issued, the response files recorded, and how many
rows stand at each outcome. Rows are named by their numbers; no number and no IMEI is read.

  --stage NAME    the stage (default dev)
  --rows          also each row, with its outcome and when that was recorded
  --help          this text

It goes by the AWS credentials and the region of its environment, those of the operations role, and works against the
local cloud with AWS_ENDPOINT_URL. Exit code 0: printed; 1: not, with the reason; 2: the command line is wrong.
`;

interface Settings {
  readonly stage: string;
  readonly directionId: DirectionId;
  readonly rows: boolean;
}

function settingsOf(args: readonly string[]): Settings | 'help' {
  const read = readOptions(args, { stage: { type: 'string' }, rows: { type: 'boolean' } }, true);
  if (read === 'help') return 'help';
  const { stage = 'dev', rows = false, positionals } = read;
  const [text, ...more] = positionals;
  if (text === undefined || more.length > 0) throw new CommandError('name one direction');
  const direction = parseDirectionId(text);
  if (direction === null) throw new CommandError(`${text} is no direction's id`);
  return { stage, rows, directionId: direction.id };
}

async function run({ stage, directionId, rows }: Settings): Promise<boolean> {
  const table = outputIn(await outputsOf(new CloudFormationClient(), stage, 'data'), 'CasesTableName');
  const ledger = await readLedger(table, directionId);
  if (ledger === undefined) complain(`there is no direction ${directionId} in stage ${stage}`);
  else say(ledgerText(ledger, rows).trimEnd());
  return ledger !== undefined;
}

await command({ help: HELP, settings: settingsOf, run });
