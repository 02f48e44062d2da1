/** `npm run redrive`: has dead letters worked on again. See `--help`. */
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SQSClient } from '@aws-sdk/client-sqs';
import { countedPlainly } from '../lambdas/domain/wording.ts';
import { command, complain, say, told } from '../lib/commands/command.ts';
import { CommandError, readOptions } from '../lib/commands/command-line.ts';
import { outputIn, outputsOf } from '../lib/commands/outputs.ts';
import {
  type DeadLetters,
  deadLetterQueues,
  deadLettersIn,
  NotMoved,
  OF_THE_AUDIT,
  type Redriven,
  redrive,
  redriveAudit,
} from '../lib/commands/redrive.ts';

const HELP = `npm run redrive -- [options]

Moves the messages of a stage's dead-letter queues back to the queues that they belong to, where they are
worked on again. To be done once the cause is removed; doing it twice changes nothing.

  --stage NAME    the stage (default dev)
  --queue NAME    of this queue only, such as Reports, Usage, Responses or Release (default: of all but Audit)
  --help          this text

It goes by the AWS credentials and the region of its environment, those of the administrators' role, and works
against the local cloud with AWS_ENDPOINT_URL. What the audit was not told is moved back with --queue Audit and the
break-glass role alone, of whose use an alarm tells. Exit code 0: done; 1: not, with the reason; 2: the command line is
wrong.
`;

const messages = (count: number) => countedPlainly(count, 'message');

async function run({ stage = 'dev', queue }: { stage?: string; queue?: string }): Promise<boolean> {
  const cloudFormation = new CloudFormationClient();
  const data = await outputsOf(cloudFormation, stage, 'data');
  const workflow = await outputsOf(cloudFormation, stage, 'workflow');
  const queues = deadLetterQueues(data, workflow);
  if (queue !== undefined && !queues.has(queue))
    throw new CommandError(`--queue ${queue}: must be one of ${[...queues.keys()].join(', ')}`);
  const sqs = new SQSClient();
  const move = (name: string, letters: DeadLetters): Promise<Redriven> =>
    name === OF_THE_AUDIT
      ? redriveAudit(new LambdaClient(), outputIn(workflow, 'RedriveAuditFunctionName'))
      : redrive(sqs, letters);

  let well = true;
  for (const [name, letters] of queues)
    try {
      if (queue !== undefined && name !== queue) continue;
      if (queue === undefined && name === OF_THE_AUDIT) {
        const left = await deadLettersIn(sqs, letters.from);
        say(`${name}: ${left === 0 ? 'nothing to move' : `${messages(left)} left, for who has the break-glass role`}`);
        continue;
      }
      const { moved, hidden } = await move(name, letters);
      say(`${name}: ${moved === 0 ? 'nothing to move' : `${messages(moved)} moved back to its queue`}`);
      if (hidden > 0)
        throw new NotMoved(`${messages(hidden)} hidden from others since somebody looks at it: try again in a while`);
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
