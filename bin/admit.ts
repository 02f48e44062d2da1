/** `npm run admit`: lets in a usage file that is held up at the gates. See `--help`. */
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { STSClient } from '@aws-sdk/client-sts';
import { instantOf } from '../lambdas/domain/days.ts';
import { parseInboxKey } from '../lambdas/domain/inbox.ts';
import { admissionsFile, approverOf } from '../lib/commands/admit.ts';
import { command, say } from '../lib/commands/command.ts';
import { CommandError, readOptions } from '../lib/commands/command-line.ts';
import { outputIn, outputsOf } from '../lib/commands/outputs.ts';
import { s3Client } from '../lib/commands/s3-client.ts';

const HELP = `npm run admit -- [options] KEY VERSION

Lets a usage file in that is held up: writes a file of admissions into the inbox, in the name of the approver whose role it
goes by. KEY and VERSION are those of the notice usage_gated (key and versionId), so that what is let in is what was
looked at. What came of it is in the receipt, of which a notice tells.

  --stage NAME   the stage (default dev)
  --help         this text

It goes by the AWS credentials and the region of its environment, those of an approver's role, and works against the
local cloud with AWS_ENDPOINT_URL. Exit code 0: written; 1: not, with the reason; 2: the command line is wrong.
`;

interface Settings {
  readonly stage: string;
  readonly key: string;
  readonly version: string;
}

function settingsOf(args: readonly string[]): Settings | 'help' {
  const read = readOptions(args, { stage: { type: 'string' } }, true);
  if (read === 'help') return 'help';
  const { stage = 'dev', positionals } = read;
  const [key, version, ...more] = positionals;
  if (key === undefined || version === undefined || more.length > 0)
    throw new CommandError('name one upload, by the key and the version that its notice has');
  if (parseInboxKey(key).kind !== 'usage') throw new CommandError(`${key} is no usage file's key`);
  return { stage, key, version };
}

async function run({ stage, ...upload }: Settings): Promise<boolean> {
  const approver = await approverOf(new STSClient(), stage);
  const inbox = outputIn(await outputsOf(new CloudFormationClient(), stage, 'data'), 'InboxBucketName');
  const { key, text, receipt } = admissionsFile(approver, upload, instantOf(Date.now()));
  const s3 = s3Client();
  await s3.send(new PutObjectCommand({ Bucket: inbox, Key: key, Body: text, ContentType: 'text/csv' }));
  say(`written: ${key}`);
  say(`its receipt will be: ${receipt}`);
  return true;
}

await command({ help: HELP, settings: settingsOf, run });
