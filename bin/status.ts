/** `npm run status`: prints a stage's newest daily digest in words. See `--help`. */
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { GetObjectCommand, paginateListObjectsV2 } from '@aws-sdk/client-s3';
import { parseDay } from '../lambdas/domain/days.ts';
import { DIGESTS } from '../lambdas/domain/outbox.ts';
import { command, complain, say } from '../lib/commands/command.ts';
import { CommandError, readOptions } from '../lib/commands/command-line.ts';
import { outputIn, outputsOf } from '../lib/commands/outputs.ts';
import { s3Client } from '../lib/commands/s3-client.ts';
import { digestLines } from '../lib/commands/status.ts';

const HELP = `npm run status -- [options]

Prints the daily digest of a stage in words: decisions that wait, what is due within a day and what is overdue, by operator, who failed
and is connected still, what is held up, and where each batch stands. It names no number and no IMEI. The digest is written each day
at 06:00 in Asia/Kolkata; its page lies beside it in the outbox, at reports/daily/<day>.html.

  --stage NAME    the stage (default dev)
  --day DAY       the digest of this day (2026-06-03); the newest one without it
  --help          this text

It goes by the AWS credentials and the region of its environment, those of the operations role, and works against the
local cloud with AWS_ENDPOINT_URL. Exit code 0: printed; 1: not, with the reason; 2: the command line is wrong.
`;

interface Settings {
  readonly stage: string;
  readonly day: string | undefined;
}

function settingsOf(args: readonly string[]): Settings | 'help' {
  const read = readOptions(args, { stage: { type: 'string' }, day: { type: 'string' } });
  if (read === 'help') return 'help';
  const { stage = 'dev', day } = read;
  if (day !== undefined && parseDay(day) === null) throw new CommandError('--day: a day is written 2026-06-03');
  return { stage, day };
}

async function run({ stage, day }: Settings): Promise<boolean> {
  const bucket = outputIn(await outputsOf(new CloudFormationClient(), stage, 'data'), 'OutboxBucketName');
  const s3 = s3Client();
  const keys: string[] = [];
  for await (const { Contents = [] } of paginateListObjectsV2(
    { client: s3 },
    { Bucket: bucket, Prefix: DIGESTS.prefix },
  ))
    for (const { Key = '' } of Contents) if (Key.endsWith(`${day ?? ''}.json`)) keys.push(Key);
  const key = keys.sort().at(-1);
  if (key === undefined) {
    complain(
      day === undefined ? `stage ${stage} has no daily digest yet` : `stage ${stage} has no digest of the day ${day}`,
    );
    return false;
  }
  const text =
    (await (await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }))).Body?.transformToString()) ?? '';
  say(digestLines(text).trimEnd());
  return true;
}

await command({ help: HELP, settings: settingsOf, run });
