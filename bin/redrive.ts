/** `npm run redrive`: has what lies among the dead letters worked on again. See `--help`. */
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { SQSClient } from '@aws-sdk/client-sqs';
import { command, complain, say, told } from '../lib/command.ts';
import { CommandError, readOptions } from '../lib/command-line.ts';
import { outputsOf } from '../lib/commands/outputs.ts';
import { type DeadLetters, deadLetterQueues, redrive } from '../lib/commands/redrive.ts';

const HELP = `npm run redrive -- [options]

Moves the messages of a stage's dead-letter queues back to the queues that they belong to, where they are
worked on again. To be done once the cause is removed; doing it twice changes nothing.

  --stage NAME    the stage (default dev)
  --queue NAME    of this queue only, such as Reports, Usage, Responses or Release (default: of all)
  --help          this text

It goes by the AWS credentials and the region of its environment, those of the administrators' role, and works
against the local cloud with AWS_ENDPOINT_URL. Exit code 0: done; 1: not, with the reason; 2: the command line
is wrong.
`;

const counted = (count: number) => `${count} ${count === 1 ? 'message' : 'messages'}`;

/** The dead-letter queues that the command is about. */
async function chosen(stage: string, name: string | undefined): Promise<Map<string, DeadLetters>> {
  const cloudFormation = new CloudFormationClient();
  const data = await outputsOf(cloudFormation, stage, 'data');
  const queues = deadLetterQueues(data, await outputsOf(cloudFormation, stage, 'workflow'));
  if (name === undefined) return queues;
  const found = queues.get(name);
  if (found === undefined) throw new CommandError(`--queue ${name}: must be one of ${[...queues.keys()].join(', ')}`);
  return new Map([[name, found]]);
}

async function run({ stage = 'dev', queue }: { stage?: string; queue?: string }): Promise<boolean> {
  const queues = await chosen(stage, queue);
  const sqs = new SQSClient();
  let well = true;
  for (const [name, letters] of queues)
    try {
      const { moved, hidden } = await redrive(sqs, letters);
      say(`${name}: ${moved === 0 ? 'nothing to move' : `${counted(moved)} moved back to its queue`}`);
      if (hidden === 0) continue;
      complain(`${name}: ${counted(hidden)} hidden from others since somebody looks at it: try again in a while`);
      well = false;
    } catch (error) {
      complain(`${name}: ${told(error)}`);
      well = false;
    }
  return well;
}

await command({
  help: HELP,
  settings: (args) => readOptions(args, { stage: { type: 'string' }, queue: { type: 'string' } }),
  run,
});
