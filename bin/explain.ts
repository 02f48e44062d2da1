/** `npm run explain`: tells a caseworker what is known of numbers, handsets and references, and why. See `--help`. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { STSClient } from '@aws-sdk/client-sts';
import { instantOf } from '../lambdas/domain/days.ts';
import { type CaseworkerId, isCaseworkerId } from '../lambdas/domain/identifiers.ts';
import { command, complain, say } from '../lib/commands/command.ts';
import { CommandError, readOptions } from '../lib/commands/command-line.ts';
import { answersText, caseworkerOf, questionOf } from '../lib/commands/explain.ts';
import { outputIn, outputsOf } from '../lib/commands/outputs.ts';
import { s3Client } from '../lib/commands/s3-client.ts';

const HELP = `npm run explain -- [options] [NUMBER, IMEI or REFERENCE …]

Asks what is known of numbers, handsets and references: puts a file of lookups into the inbox, waits for its explanation, and
prints of each where it stands, what may be done by when, and its story. Each lookup is told to the audit.

A reference may stand on the command line. Numbers and IMEIs are better read from a file or from standard input, one a line,
which is done where no word is given: shells keep what was typed, and others see what runs.

  --stage NAME       the stage (default dev)
  --caseworker ID    the caseworker in whose name it asks (default: whose role it goes by)
  --from FILE        the file that is read (default: standard input)
  --wait SECONDS     how long the answer is waited for (default 300)
  --help             this text

It goes by the AWS credentials and the region of its environment, those of a caseworker's role, and works against the
local cloud with AWS_ENDPOINT_URL. Exit code 0: all were answered; 1: not, with the reason; 2: the command line is wrong.
`;

interface Settings {
  readonly stage: string;
  readonly caseworker: CaseworkerId | undefined;
  readonly words: readonly string[];
  readonly wait: number;
}

const STANDARD_INPUT = 0;
const DEFAULT_WAIT = 300;
const LOOKS_EACH_MS = 500;

function settingsOf(args: readonly string[], where: string): Settings | 'help' {
  const string = { type: 'string' } as const;
  const read = readOptions(args, { stage: string, caseworker: string, from: string, wait: string }, true);
  if (read === 'help') return 'help';
  const { stage = 'dev', caseworker, from, wait = String(DEFAULT_WAIT), positionals } = read;
  if (caseworker !== undefined && !isCaseworkerId(caseworker)) throw new CommandError('--caseworker: that is no id');
  if (!/^[1-9]\d{0,4}$/.test(wait)) throw new CommandError('--wait: a whole number of seconds');
  if (from !== undefined && positionals.length > 0) throw new CommandError('name them, or --from a file, not both');
  const words = positionals.length > 0 ? positionals : readWords(from === undefined ? undefined : resolve(where, from));
  if (words.length === 0) throw new CommandError('name a number, an IMEI or a reference');
  return { stage, caseworker, words, wait: Number(wait) * 1000 };
}

/** @throws CommandError that doesn't name the file, since somebody may have put a number into its name */
function readWords(file: string | undefined): string[] {
  try {
    const lines = readFileSync(file ?? STANDARD_INPUT, 'utf8').split('\n');
    return lines.map((line) => line.trim()).filter((line) => line !== '');
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? error.code : 'no reason given';
    throw new CommandError(`${file === undefined ? 'standard input' : '--from'} can't be read (${why})`);
  }
}

async function run({ stage, caseworker, words, wait }: Settings): Promise<boolean> {
  const who = caseworker ?? (await caseworkerOf(new STSClient(), stage));
  const outputs = await outputsOf(new CloudFormationClient(), stage, 'data');
  const [inbox, outbox] = [outputIn(outputs, 'InboxBucketName'), outputIn(outputs, 'OutboxBucketName')];
  const { key, text, receipt, explanations } = questionOf(who, words, instantOf(Date.now()));
  const s3 = s3Client();
  await s3.send(new PutObjectCommand({ Bucket: inbox, Key: key, Body: text, ContentType: 'text/csv' }));
  const isThere = async (one: string) => {
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: outbox, Prefix: one }));
    return Contents.some(({ Key }) => Key === one);
  };
  const get = async (one: string) =>
    (await (await s3.send(new GetObjectCommand({ Bucket: outbox, Key: one }))).Body?.transformToString()) ?? '';
  const until = Date.now() + wait;
  while (!(await isThere(receipt))) {
    if (Date.now() > until) {
      complain(`no answer within ${wait / 1000} s; it will be ${explanations}`);
      return false;
    }
    await sleep(LOOKS_EACH_MS);
  }
  const answers = (await isThere(explanations)) ? await get(explanations) : undefined;
  const { said, complained } = answersText(words, await get(receipt), answers);
  for (const line of said) say(line);
  for (const line of complained) complain(line);
  return complained.length === 0;
}

await command({ help: HELP, settings: settingsOf, run });
