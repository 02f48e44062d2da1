/** `npm run teardown`: removes all of a stage that isn't protected. See `--help`. */
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import { command, say } from '../lib/commands/command.ts';
import { CommandError, readOptions } from '../lib/commands/command-line.ts';
import { ProtectedStage, teardown } from '../lib/commands/teardown.ts';
import { isProtected } from '../lib/config/stage.ts';

const HELP = `npm run teardown -- --stage NAME

Removes a stage from the account and the region of its environment's credentials: has nothing begin any more and
stops all executions, also those of batches that wait; then its stacks, and what these keep when they go, that is the buckets with all versions of all objects, the tables, and (in seven days) the keys. There
is no way back. A protected stage, as prod is, is refused. It may be stopped and run again.

  --stage NAME    the stage
  --help          this text

Exit code 0: all is gone; 1: not, with the reason; 2: the command line is wrong.
`;

function asked(args: readonly string[]): { stage: string } | 'help' {
  const options = readOptions(args, { stage: { type: 'string' } });
  if (options === 'help') return 'help';
  if (options.stage === undefined) throw new CommandError('--stage must be given; see --help');
  return { stage: options.stage };
}

async function run({ stage }: { stage: string }): Promise<boolean> {
  if (isProtected(stage)) throw new ProtectedStage(`stage ${stage} is protected`);
  const account = {
    cloudFormation: new CloudFormationClient(),
    s3: new S3Client(),
    dynamo: new DynamoDBClient(),
    kms: new KMSClient(),
    lambda: new LambdaClient(),
    sfn: new SFNClient(),
  };
  await teardown(account, stage, say);
  return true;
}

await command({ help: HELP, settings: asked, run });
