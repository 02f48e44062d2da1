/** `npm run local`: keeps the app up on a local cloud, as a server with a clock of its own. See `--help`. */
import { command, complain, say } from '../lib/command.ts';
import { type LocalCloud, startCloud } from '../lib/local/cloud.ts';
import { parseServeArguments, SERVE_HELP, type ServeSettings } from '../lib/local/serve-arguments.ts';
import { synthesize } from '../lib/local/synth.ts';

let synthesizing: Promise<string> | undefined;
let starting: Promise<LocalCloud> | undefined;
let stopping = false;

/** Everything ends with this process, also while it is still starting. */
async function stop(): Promise<void> {
  stopping = true;
  await synthesizing?.catch(() => undefined);
  const cloud = await starting?.catch(() => undefined);
  await cloud?.stop();
}

async function serve({ speed, start, stage, port, ladder, enforce = false }: ServeSettings): Promise<boolean> {
  say('Synthesizing the app …');
  synthesizing = synthesize({ context: { stage, ladder } });
  const assembly = await synthesizing;
  if (stopping) return true;
  say('Starting the local cloud …');
  const log = (functionName: string, line: string) => {
    if (/"level":"(ERROR|CRITICAL)"|errorType|timed out/.test(line)) complain(`${functionName}: ${line}`);
  };
  starting = startCloud({ assembly, speed, start, port, log, enforce });
  const cloud = await starting;
  if (stopping) return true;
  say(welcome(cloud, speed));
  return cloud.lost;
}

function welcome({ endpoint, region, clock, names }: LocalCloud, speed: number): string {
  const machines = Object.entries(names.machines).map(([name, arn]) => `  ${name.padEnd(12)} ${arn}`);
  const tables = Object.entries(names.tables).map(([name, table]) => `  ${name.padEnd(12)} ${table}`);
  const buckets = Object.entries(names.buckets).map(([name, bucket]) => `  ${name.padEnd(12)} s3://${bucket}`);
  const topics = Object.entries(names.topics).map(([name, arn]) => `  ${name.padEnd(12)} ${arn}`);
  return `
The local cloud is up: ${endpoint}
Its clock stands at ${new Date(clock.now()).toISOString().slice(0, 19)}Z and runs ${speed} times as fast as real time.

Buckets
${buckets.join('\n')}
Tables
${tables.join('\n')}
State machines
${machines.join('\n')}
Topics
${topics.join('\n')}

In another terminal:
  export AWS_ENDPOINT_URL=${endpoint} AWS_DEFAULT_REGION=${region}
  export AWS_ACCESS_KEY_ID=x AWS_SECRET_ACCESS_KEY=x
  aws s3 cp report.csv s3://${names.buckets.inbox}/reports/mha/
  aws s3 ls --recursive s3://${names.buckets.outbox}/
  aws stepfunctions list-executions --state-machine-arn ${names.machines.Batch}
  aws sqs list-queues
(An AWS CLI before 1.29 or 2.13 needs --endpoint-url ${endpoint} instead of the variable.)

Ctrl-C stops everything; nothing is kept.`;
}

// Ctrl-C is how it is meant to end.
await command({
  help: SERVE_HELP,
  settings: (args) => parseServeArguments(args, Date.now()),
  run: serve,
  end: stop,
  endless: true,
});
