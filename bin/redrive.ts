/** `npm run redrive`: has what lies among the dead letters worked on again. See `--help`. */
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { SQSClient } from '@aws-sdk/client-sqs';
import { CommandError, readOptions } from '../lib/command-line.ts';
import { outputsOf } from '../lib/commands/outputs.ts';
import { deadLetterQueues, redrive } from '../lib/commands/redrive.ts';

const HELP = `npm run redrive -- [options]

Moves the messages of a stage's dead-letter queues back to the queues that they come from, where they are
worked on again. To be done once the cause is removed; doing it twice changes nothing.

  --stage NAME    the stage (default dev)
  --queue NAME    of this queue only, such as Reports, Usage, Responses or Release (default: of all)
  --help          this text

It goes by the AWS credentials and the region of its environment, those of the administrators' role, and works
against the local cloud with AWS_ENDPOINT_URL. Exit code 0: done; 1: not, with the reason; 2: the command line
is wrong.
`;

const SUCCEEDED = 0;
const FAILED = 1;
const WRONG_COMMAND = 2;

const say = (text: string) => process.stdout.write(`${text}\n`);
const complain = (text: string) => process.stderr.write(`${text}\n`);
const counted = (count: number) => `${count} ${count === 1 ? 'message' : 'messages'}`;
const told = (error: unknown) => (error instanceof Error ? `${error.name}: ${error.message}` : String(error));

/** The dead-letter queues that the command is about. */
async function chosen(stage: string, name: string | undefined): Promise<Map<string, string>> {
  const cloudFormation = new CloudFormationClient();
  const data = await outputsOf(cloudFormation, stage, 'data');
  const queues = deadLetterQueues(data, await outputsOf(cloudFormation, stage, 'workflow'));
  if (name === undefined) return queues;
  const url = queues.get(name);
  if (url === undefined) throw new CommandError(`--queue ${name}: must be one of ${[...queues.keys()].join(', ')}`);
  return new Map([[name, url]]);
}

async function main(): Promise<number> {
  try {
    const options = readOptions(process.argv.slice(2), { stage: { type: 'string' }, queue: { type: 'string' } });
    if (options === 'help') {
      process.stdout.write(HELP);
      return SUCCEEDED;
    }
    const queues = await chosen(options.stage ?? 'dev', options.queue);
    const sqs = new SQSClient();
    let code = SUCCEEDED;
    for (const [name, url] of queues)
      try {
        const { moved, hidden } = await redrive(sqs, url);
        say(`${name}: ${moved === 0 ? 'nothing to move' : `${counted(moved)} moved back to its queue`}`);
        if (hidden === 0) continue;
        complain(`${name}: ${counted(hidden)} hidden from others since somebody looks at it: try again in a while`);
        code = FAILED;
      } catch (error) {
        complain(`${name}: ${told(error)}`);
        code = FAILED;
      }
    return code;
  } catch (error) {
    complain(error instanceof CommandError ? error.message : told(error));
    return error instanceof CommandError ? WRONG_COMMAND : FAILED;
  }
}

process.exitCode = await main();
