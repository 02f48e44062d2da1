/** `npm run local`: keeps the app up on a local cloud, as a server with a clock of its own. See `--help`. */

import { createInterface } from 'node:readline';
import { type LocalCloud, RealClock, startCloud } from 'local-cloud';
import { dayOf, instantOf } from '../lambdas/domain/days.ts';
import { command, complain, say, told } from '../lib/commands/command.ts';
import { CommandError } from '../lib/commands/command-line.ts';
import {
  parseServeArguments,
  parseTyped,
  SERVE_HELP,
  type ServeSettings,
  TYPED_HELP,
} from '../lib/commands/local/serve-arguments.ts';
import { synthesize } from '../lib/commands/local/synth.ts';
import { stageFromContext } from '../lib/config/context.ts';
import type { StageConfig } from '../lib/config/stage.ts';
import { SimulatedApprovers } from '../simulation/approvers.ts';
import { bucketsOf } from '../simulation/buckets.ts';
import type { OutsideCloud } from '../simulation/desk.ts';
import { noticeLine, uploadText, workText } from '../simulation/happenings.ts';
import { signedByOwners } from '../simulation/signed.ts';

let synthesizing: Promise<string> | undefined;
let starting: Promise<LocalCloud> | undefined;
let cloud: LocalCloud | undefined;
let stopping = false;
const typed = createInterface({ input: process.stdin });

/** Ends everything together with this process, even while it is still starting. */
async function stop(): Promise<void> {
  stopping = true;
  typed.close();
  process.stdin.destroy();
  await synthesizing?.catch(() => undefined);
  const started = await starting?.catch(() => undefined);
  await started?.stop();
}

const timeOf = ({ clock }: LocalCloud): string => `${new Date(clock.now()).toISOString().slice(0, 19)}Z`;
/** Prints an event, once the cloud is up. */
const happened = (text: string | undefined): void => {
  if (text !== undefined && cloud !== undefined && !stopping) say(`${timeOf(cloud)}  ${text}`);
};

async function serve({
  speed,
  start,
  stage,
  port,
  consolePort,
  ladder,
  approvals,
  enforce = false,
}: ServeSettings): Promise<boolean> {
  const config = stageFromContext({ stage, cloud: 'local', ladder });
  const { agencies, operators, approvers, caseworkers } = config;
  const simulated = new SimulatedApprovers(approvers.map(({ id }) => id));
  const known = [...agencies, ...operators, ...approvers, ...caseworkers].map(({ id }) => id);
  say('Synthesizing the app …');
  synthesizing = synthesize({ own: true, context: { stage, ladder } });
  const assembly = await synthesizing;
  if (stopping) return true;
  say('Starting the local cloud …');
  const log = (functionName: string, line: string) => {
    if (/"level":"(ERROR|CRITICAL)"|errorType|timed out/.test(line)) complain(`${functionName}: ${line}`);
    happened(workText(line));
  };
  const watch = {
    uploaded: (bucket: string, key: string, size: number) => {
      if (cloud !== undefined && bucket === bucketsOf(cloud).inbox) happened(uploadText(key, size, known));
    },
    published: (message: string) => {
      happened(noticeLine(message));
      if (cloud !== undefined && approvals === 'auto') simulated.hear(deskIn(cloud, config, enforce), message);
    },
  };
  const settings = { assembly, speed, start, port, console: consolePort, log, enforce, watch };
  starting = startCloud(settings).catch((error: unknown) => {
    if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error;
    const taken = 'port' in error && error.port !== port ? `--console ${consolePort}` : `--port ${port}`;
    throw new CommandError(`${taken}: something else listens there already; name another one, or none (EADDRINUSE)`);
  });
  cloud = await starting;
  cloud.confirmSubscriptions();
  if (stopping) return true;
  say(welcome(cloud, speed, stage));
  listen(cloud);
  return cloud.lost;
}

/**
 * The cloud as simulated approvers see it. Their acts are done at once and count as the cloud's own work, so that no wait for them ends
 * first, however fast time passes or is advanced.
 */
function deskIn(served: LocalCloud, config: StageConfig, enforce: boolean): OutsideCloud {
  return {
    ...(enforce ? signedByOwners(served, config) : served),
    outside: (_, run) => {
      const release = served.clock.hold('an approver');
      run()
        .catch((error: unknown) => complain(told(error)))
        .finally(release);
    },
  };
}

/** Carries out the commands that are typed, one after the other. Without a terminal nobody types any. */
function listen(served: LocalCloud): void {
  const { clock } = served;
  if (!(clock instanceof RealClock)) return;
  const act = async (line: string): Promise<void> => {
    const asked = parseTyped(line);
    if (asked === undefined || stopping) return;
    if (asked.kind === 'help') say(TYPED_HELP);
    else {
      if (asked.kind === 'advance') await clock.advance(asked.milliseconds);
      else clock[asked.kind]();
      const state = { advance: 'the clock is advanced', pause: 'the clock stands still', resume: 'the clock runs' };
      happened(state[asked.kind]);
    }
  };
  let before: Promise<unknown> = Promise.resolve();
  typed.on('line', (line) => {
    before = before.then(() => act(line)).catch((error) => complain(told(error).replace(/^CommandError: /, '')));
  });
}

function welcome(cloud: LocalCloud, speed: number, stage: string): string {
  const { endpoint, region, clock, names } = cloud;
  const day = dayOf(instantOf(clock.now()));
  const { inbox, outbox } = bucketsOf(cloud);
  const machines = Object.entries(names.machines).map(([name, arn]) => `  ${name.padEnd(12)} ${arn}`);
  const tables = Object.entries(names.tables).map(([name, table]) => `  ${name.padEnd(12)} ${table}`);
  const buckets = Object.entries(names.buckets).map(([name, bucket]) => `  ${name.padEnd(12)} s3://${bucket}`);
  const topics = Object.entries(names.topics).map(([name, arn]) => `  ${name.padEnd(12)} ${arn}`);
  return `
The local cloud is up: ${endpoint}
Look at it, and move its clock, in a browser: ${cloud.console}
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
  export AWS_ENDPOINT_URL=${endpoint} AWS_DEFAULT_REGION=${region} AWS_REGION=${region}
  export AWS_ACCESS_KEY_ID=x AWS_SECRET_ACCESS_KEY=x
  aws s3 cp usage.csv s3://${inbox}/usage/airtel/
  aws s3 cp report.csv s3://${inbox}/reports/mha/
  aws s3 ls --recursive s3://${outbox}/
  aws stepfunctions list-executions --state-machine-arn ${names.machines.Batch}
  aws dynamodb query --table-name ${names.tables.Cases} --key-condition-expression 'pk = :pk' --expression-attribute-values '{":pk":{"S":"BATCH#<batch>"}}'
  aws dynamodb get-item --table-name ${names.tables.Cases} --key '{"pk":{"S":"PLANNING"}}'
  aws sqs list-queues --endpoint-url ${endpoint}
  aws sqs receive-message --endpoint-url ${endpoint} --queue-url <one of them>
  npm run smoke -- --stage ${stage}${day === dayOf(instantOf(Date.now())) ? '' : ` --day ${day}`}
(An AWS CLI 1 takes the variable for all but sqs; before 1.29 or 2.13 each command needs --endpoint-url ${endpoint}.)

${TYPED_HELP}
What happens is told here. Ctrl-C stops everything; nothing is kept.`;
}

// Ctrl-C is how the command is meant to end.
await command({
  help: SERVE_HELP,
  settings: (args) => parseServeArguments(args, Date.now()),
  run: serve,
  end: stop,
  endless: true,
});
