/** `npm run erase`: takes what is known of a number out of a stage's tables. See `--help`. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { LambdaClient } from '@aws-sdk/client-lambda';
import type { Msisdn } from '../lambdas/domain/identifiers.ts';
import { parseMsisdn } from '../lambdas/domain/msisdns.ts';
import { command, complain, say } from '../lib/commands/command.ts';
import { CommandError, readOptions } from '../lib/commands/command-line.ts';
import { eraseNumber, inWords } from '../lib/commands/erase.ts';
import { outputIn, outputsOf } from '../lib/commands/outputs.ts';

const HELP = `npm run erase -- [options] < FILE

Takes what is known of one number out of a stage's tables: its claim, which says whose row it was and what became of it,
and its links, which say in which handsets it was seen. Books and the audit's chains stay whole: neither names it. The
audit is told, by a keyed hash of the number, before anything is deleted. Doing it again, or going on after it was cut
short, does no harm.

The number is read from standard input or a file, in any form that a usage file may have, and stands alone there. It is
never an argument: shells keep what was typed, and others see what runs.

  --stage NAME   the stage (default dev)
  --from FILE    the file that the number is read from (default: standard input)
  --dry-run      look only, and tell how much would be erased
  --help         this text

Refused, with the reason, while something about the number is open: a row that is to be answered, a batch whose books are
to be made, or a disconnection, for 90 days and as long as batches look back; and while any batch waits for approvers or
its turn, or plans. What is past is so by the clock of AWS, and not by this machine's.

Not erased, and never told of here by their names: files that name others too. They go whole by their retention
(docs/personal-data.md). Copies in the tables' backups go after 35 days.

It goes by the AWS credentials and the region of its environment, those of the eraser's role, and works against the
local cloud with AWS_ENDPOINT_URL. Exit code 0: nothing is left to erase, or with --dry-run nothing stands against it;
1: not so, with the reason; 2: the command line is wrong, or what was read is no number.
`;

interface Settings {
  stage: string;
  number: Msisdn;
  dryRun: boolean;
}

function settings(args: readonly string[], where: string): Settings | 'help' {
  const options = readOptions(
    args,
    {
      stage: { type: 'string' },
      from: { type: 'string' },
      'dry-run': { type: 'boolean' },
    },
    true,
  );
  if (options === 'help') return 'help';
  // The word is not repeated in the message: it may be the number.
  if (options.positionals.length > 0)
    throw new CommandError('there is a word too many; a number is read from standard input or --from; see --help');
  return {
    stage: options.stage ?? 'dev',
    number: readNumber(options.from === undefined ? undefined : resolve(where, options.from)),
    dryRun: options['dry-run'] === true,
  };
}

const STANDARD_INPUT = 0;

/** @throws CommandError that names neither the text read nor the file, since somebody may have put the number into either */
function readNumber(file: string | undefined): Msisdn {
  let text: string;
  try {
    text = readFileSync(file ?? STANDARD_INPUT, 'utf8');
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? error.code : 'no reason given';
    throw new CommandError(`${file === undefined ? 'standard input' : '--from'} can't be read (${why})`);
  }
  const number = parseMsisdn(text.trim());
  if ('reason' in number)
    throw new CommandError('what was read is not one Indian mobile number, such as ten digits that begin with 6 to 9');
  return number.value;
}

async function run({ stage, number, dryRun }: Settings): Promise<boolean> {
  const workflow = await outputsOf(new CloudFormationClient(), stage, 'workflow');
  const functionName = outputIn(workflow, 'EraseFunctionName');
  const done = await eraseNumber(new LambdaClient(), functionName, { number, erase: !dryRun });
  const { said, complained } = inWords(done, dryRun);
  for (const line of said) say(line);
  for (const line of complained) complain(line);
  return done.hindrances.length === 0;
}

await command({ help: HELP, settings, run });
