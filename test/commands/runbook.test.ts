import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ListExecutionsCommand, ListMapRunsCommand, SFNClient } from '@aws-sdk/client-sfn';
import { ChangeMessageVisibilityCommand, type ReceiveMessageResult, SQSClient } from '@aws-sdk/client-sqs';
import { loadAssembly, Rights, type Role, readPolicy } from 'local-cloud';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { synthesize } from '../../lib/commands/local/synth.ts';
import { stageFromContext } from '../../lib/config/context.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { bucketsOf } from '../../simulation/buckets.ts';
import { AT_ONCE, DAY, HOUR, Lab, START } from '../scenarios/lab.ts';
import { A1, A2, H1, H2 } from '../scenarios/story.ts';
import { type Asker, aws, type Ended, type World } from './aws-cli.ts';
import { run } from './command.ts';

// ------------------------------------------------------------------------------------------------- the page's commands

const runbook = readFileSync(new URL('../../docs/runbook.md', import.meta.url), 'utf8');
const sections = runbook.split(/^(?=###? )/m).map((text) => ({
  title: /^###? (.*)/.exec(text)?.[1] ?? '',
  /** Its commands, as they are printed. */
  blocks: [...text.matchAll(/(?<=\n\n)(?: {4}.*\n)+/g)].map(([block]) => block.replace(/^ {4}/gm, '')),
}));
const withCommands = sections.filter(({ blocks }) => blocks.length > 0);
const SETUP = 'Before you begin';

/** Whom the lines `# as …` name, by the access key under which they sign here. */
const KEYS: Readonly<Record<string, string>> = {
  operations: 'dev-ap-south-1-operations-operations',
  administrator: 'dev-ap-south-1-administrator-administrator',
  'break-glass': 'dev-ap-south-1-break-glass-break-glass',
  eraser: 'dev-ap-south-1-eraser-erasure',
  agency: 'dev-ap-south-1-agency-mha',
  operator: 'dev-ap-south-1-operator-airtel',
  deployer: 'deployer',
  anybody: 'nobody',
};

// ------------------------------------------------------------------------------------------------- where they are run

let lab: Lab;
let world: World;
let folder: string;
let server: Server;
/** What stands in the place of `<…>`. */
let placeholders: Record<string, string>;
/** Whether functions that tell the audit, or record responses, die of their first write. */
let broken = { Record: false, Audit: false };

/** Each call of a command that the shell made. */
let calls: { as: string; args: string[]; ended: Ended }[] = [];

async function carryOut(as: string, args: string[]): Promise<Ended> {
  const [command = '', ...rest] = args;
  const accessKeyId = KEYS[as];
  if (accessKeyId === undefined) return wrong(`# as ${as} names nobody`);
  if (command === 'npm') return script(rest, accessKeyId);
  if (command === 'npx') return deployment(as, rest);
  const asker: Asker = { accessKeyId, role: roleOf(accessKeyId), unasked: as === 'deployer' };
  const ended = await aws(rest, world, asker);
  if (as === 'operations' && rest[1] === 'receive-message') await showAgain(ended.answer as ReceiveMessageResult);
  return ended;
}

/** What somebody has looked at is hidden for a real minute, which would outlast the test. */
async function showAgain({ Messages = [] }: ReceiveMessageResult): Promise<void> {
  const { endpoint, region, account, names } = lab.cloud;
  const sqs = new SQSClient({ endpoint, region, credentials: { accessKeyId: 'x', secretAccessKey: 'x' } });
  const QueueUrl = `${endpoint}/${account}/${names.queues.ResponsesDeadLetters}`;
  for (const { ReceiptHandle } of Messages)
    await sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 }));
}

const wrong = (complained: string): Ended => ({ code: 2, said: '', complained });
const DONE: Ended = { code: 0, said: '', complained: '' };

/** Who deploys may everything, as far as keys and buckets let: the local cloud would not ask it. */
function roleOf(accessKeyId: string): Role {
  const role = [...world.rights.roles.values()].find(({ arn }) => arn.endsWith(`/${accessKeyId}`));
  const all = accessKeyId === 'deployer' ? { Effect: 'Allow', Action: '*', Resource: '*' } : [];
  return (
    role ?? {
      arn: `arn:aws:iam::${world.account}:role/${accessKeyId}`,
      account: world.account,
      identity: readPolicy({ Version: '2012-10-17', Statement: all }),
      tags: {},
    }
  );
}

async function script([verb, name = '', dashes, ...args]: string[], accessKeyId: string): Promise<Ended> {
  if (verb !== 'run' || !Object.hasOwn(packageJson.scripts, name) || (dashes ?? '--') !== '--')
    return wrong(`there is no npm ${verb} ${name}`);
  // It reckons from the design and touches no cloud; a test of its own runs it.
  if (name === 'quotas') return DONE;
  const { code, said, complained } = await run(name, args, lab.cloud.endpoint, accessKeyId);
  await lab.cloud.rest();
  return { code: code ?? 1, said, complained };
}

/** `npx cdk deploy`: the stacks are there, and the configuration takes what is changed. */
function deployment(as: string, [cdk, deploy, stack = '', ...rest]: string[]): Ended {
  if (as !== 'deployer' || cdk !== 'cdk' || deploy !== 'deploy') return wrong('only who deploys does, by cdk deploy');
  const stacks = ['data', 'workflow', 'access', 'operations'].map((name) => `dev-${name}`);
  if (stack !== '--all' && !stacks.includes(stack)) return wrong(`there is no stack ${stack}`);
  const context = new Map<string, string>();
  for (let n = 0; n < rest.length; n += 2) {
    const [, name, value] = /^(\w+)=(.*)$/.exec(rest[n + 1] ?? '') ?? [];
    if (rest[n] !== '-c' || name === undefined || value === undefined) return wrong(`cdk deploy has no ${rest[n]}`);
    context.set(name, value);
  }
  expect(stageFromContext({ config: 'none', ...Object.fromEntries(context) }).stage).toBe('dev');
  return DONE;
}

/** Answers the commands `aws`, `npm` and `npx` of the shell: a count and as many texts, each ended by a NUL. */
function answer(socket: Socket): void {
  let text = '';
  socket.setEncoding('utf8').on('data', (data: string) => {
    text += data;
    const [count = '', as = '', ...args] = text.split('\0');
    if (args.pop() !== '' || args.length !== Number(count) - 1) return;
    carryOut(as, args).then(
      (ended) => {
        calls.push({ as, args, ended });
        socket.end(`${ended.code}\n${ended.said}`);
      },
      (error: unknown) => socket.end(`1\n${error}`),
    );
  });
}

const SHIM = `#!/bin/bash
exec 3<>/dev/tcp/127.0.0.1/$SHIM_PORT
printf '%s\\0' $(( $# + 2 )) "$AS" "\${0##*/}" "$@" >&3
read -r code <&3
cat <&3
exit "$code"
`;

/** Runs a text in bash, where the three commands are those above. */
function shell(text: string): Promise<{ code: number | null; complained: string }> {
  const { port } = server.address() as { port: number };
  const child = spawn('bash', ['-eu', '-c', `export AS=\n${text}`], {
    cwd: folder,
    env: { PATH: `${folder}/bin:${process.env.PATH}`, SHIM_PORT: String(port) },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let complained = '';
  child.stderr.setEncoding('utf8').on('data', (data: string) => {
    complained += data;
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, complained })));
}

/** A section's commands as a shell runs them here: `# as …` says who asks from there on. */
function runnable(blocks: readonly string[]): string {
  return (
    blocks
      .join('')
      .replace(/^# as (.*)$/gm, (_, who) => `AS='${who}'`)
      .replace(/^STAGE=.*$/m, 'STAGE=dev')
      // One of several functions.
      .replace(/<([A-Z]\w+)(?:,[^>]*)? or \w+>/g, '$1')
      .replace(/<([a-z][A-Za-z' ]*)>/g, (_, name) => {
        const value = placeholders[name];
        if (value === undefined) throw new Error(`the runbook says <${name}>, which nothing here stands for`);
        return value;
      })
  );
}

/** The commands that a text has, one for each `aws`, `npm` and `npx` that is not within a function's definition. */
const commandsIn = (text: string) =>
  text.replace(/^\w+\(\) \{[^}]*\}/gm, '').match(/(?<=^|\$\()(aws|npm|npx|output|log_of) /gm) ?? [];

beforeAll(async () => {
  lab = await Lab.open({
    telling: true,
    enforce: true,
    faults: {
      afterWrite: ({ functionName }) => (broken.Record && functionName.includes('Record') ? 'fail' : undefined),
      beforeCall: ({ caller, service }) =>
        broken.Audit && caller.includes('Audit') && service === 's3' ? 'fail' : undefined,
    },
  });
  const { cloud } = lab;
  const place = { region: cloud.region, account: cloud.account };
  const assembly = await synthesize({ bare: true, context: { ...AT_ONCE, sweepHours: '24' } });
  const { resources } = loadAssembly(assembly, { ...place, endpoint: cloud.endpoint });
  folder = mkdtempSync(join(tmpdir(), 'runbook-'));
  world = { ...place, endpoint: cloud.endpoint, resources, rights: new Rights(resources, place), folder };
  for (const name of ['report.csv', 'report-again.csv']) writeFileSync(join(folder, name), `imei\n${H2}\n`);
  writeFileSync(join(folder, 'number.txt'), '9800009999\n');
  for (const name of ['usage.csv', 'corrected.csv'])
    writeFileSync(join(folder, name), `imei,msisdn,last_seen\n${H2},${A2},2026-05-20\n`);

  // A batch that is settled, one that is directed, a response that is receipted, one that is a dead letter; and the audit's.
  await lab.usage('airtel', [`${H1},${A1},2026-05-20,Delhi`]);
  await lab.report('mha', ['no-imei'], 'empty.csv');
  await lab.report('mha', [H1]);
  await cloud.run(START + HOUR);
  const direction = (await lab.directions('airtel')).find((id) => id.includes('.reverify.')) ?? '';
  await lab.respond(direction, [`${A2},verified`], 'other.csv');
  broken = { Record: true, Audit: true };
  await lab.respond(direction, [`${A1},verified`]);
  await lab.respond(direction, [`${A1},failed`], 'contradicts.csv');
  await lab.report('mha', ['none'], 'another.csv');
  await cloud.run(START + 5 * HOUR);
  broken = { Record: false, Audit: false };

  const sfn = new SFNClient({
    ...place,
    endpoint: cloud.endpoint,
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
  });
  const running = async (machine: string) =>
    (
      await sfn.send(
        new ListExecutionsCommand({ stateMachineArn: cloud.names.machines[machine], statusFilter: 'RUNNING' }),
      )
    ).executions?.[0]?.executionArn ?? '';
  const execution = await running('Batch');
  const [mapRun] = (await sfn.send(new ListMapRunsCommand({ executionArn: execution }))).mapRuns ?? [];
  const [child] = (await sfn.send(new ListExecutionsCommand({ mapRunArn: mapRun?.mapRunArn }))).executions ?? [];
  const { versionId } = await uploadOf('usage/airtel/usage.csv');
  const batch = (await lab.outbox('batches/'))[0]?.split('/')[1] ?? '';
  const receipt = (await lab.outbox(`receipts/airtel/${direction}/`))[0]?.split('/').pop() ?? '';
  const nameOf = (type: string, id: string) =>
    resources.find((one) => one.type === type && one.logicalId.startsWith(id))?.name ?? '';
  placeholders = {
    agency: 'mha',
    operator: 'airtel',
    'agency or operator': 'airtel',
    batch,
    direction,
    execution,
    "execution in the batch's item": execution,
    'execution that holds the turn': execution,
    'execution of Direction': await running('Direction'),
    'map run': mapRun?.mapRunArn ?? '',
    child: child?.executionArn ?? '',
    receipt,
    'the function': 'Order',
    file: 'usage.csv',
    'file with the number': join(folder, 'number.txt'),
    key: 'usage/airtel/usage.csv',
    versionId,
    rule: nameOf('AWS::Events::Rule', 'SweepDue'),
    'key of KMS': nameOf('AWS::KMS::Key', 'MessagesKey'),
  };

  server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  mkdirSync(join(folder, 'bin'));
  for (const name of ['aws', 'npm', 'npx']) writeFileSync(join(folder, 'bin', name), SHIM, { mode: 0o755 });
});
afterAll(async () => {
  server?.close();
  rmSync(folder, { recursive: true, force: true });
  await lab?.close();
});

/** The version of an upload, as a notice names it. */
async function uploadOf(key: string): Promise<{ versionId: string }> {
  const { said } = await aws(['s3api', 'head-object', '--bucket', bucketsOf(lab.cloud).inbox, '--key', key], world, {
    accessKeyId: 'x',
    role: roleOf('deployer'),
  });
  return { versionId: JSON.parse(said).VersionId };
}

describe('the runbook', () => {
  it('says above every command whose rights it takes', () => {
    for (const { title, blocks } of withCommands)
      for (const block of blocks) {
        expect([title, block.split('\n')[0]]).toEqual([title, expect.stringMatching(/^# as /)]);
        for (const [, who = ''] of block.matchAll(/^# as (.*)$/gm)) expect(Object.keys(KEYS)).toContain(who);
      }
    expect(withCommands.length).toBeGreaterThan(15);
  });

  it('begins where a batch, a direction, dead letters and a receipt are to be looked at', () => {
    expect(Object.entries(placeholders).filter(([, value]) => value === '')).toEqual([]);
    expect(lab.cloud.failures().sort()).toEqual([
      expect.stringMatching(/^dead-letter queue AuditDeadLetters holds \d+ message/),
      'dead-letter queue ResponsesDeadLetters holds 2 message(s)',
    ]);
  });

  it.each(withCommands.map(({ title, blocks }) => [title, blocks] as const))(
    '%s: each command is carried out as whom it names',
    async (title, blocks) => {
      calls = [];
      const setup = sections.find((section) => section.title === SETUP)?.blocks[0] ?? '';
      const text = runnable(title === SETUP ? blocks : [setup, ...blocks]);
      const { code, complained } = await shell(text);
      expect(calls.filter(({ ended }) => ended.code !== 0)).toEqual([]);
      expect([code, complained]).toEqual([0, '']);
      // Each was reached: not one stands behind something that ended the shell, or where it is never called.
      expect(calls.length).toBeGreaterThanOrEqual(commandsIn(text).length);
      await lab.cloud.rest();
    },
  );

  it('has the dead letters worked on again, and those of the audit', async () => {
    await lab.cloud.rest();
    await lab.cloud.run(START + DAY);
    expect(lab.cloud.failures().filter((failure) => !failure.startsWith('an execution'))).toEqual([]);
  });
});

describe('a command of the runbook', () => {
  it.each([
    ['administrator', 'dynamodb get-item --table-name Cases --key {"pk":{"S":"PLANNING"}}'],
    ['operations', 'dynamodb get-item --table-name Cases --key {"pk":{"S":"CONN#+919800000001"}}'],
    ['operations', 's3 cp report.csv s3://inbox/reports/mha/x.csv'],
    ['administrator', 's3 cp report.csv s3://inbox/reports/mha/x.csv'],
    ['operations', 'sqs send-message --queue-url AuditQueue --message-body {}'],
    ['break-glass', 'sqs send-message --queue-url AuditQueue --message-body {}'],
    ['break-glass', 'sqs receive-message --queue-url AuditDeadLetters'],
    ['break-glass', 's3 ls s3://outbox/batches/'],
    ['administrator', 'kms enable-key --key-id MessagesKey'],
  ])('is refused to others: %s may not %s', async (as, line) => {
    const { names, endpoint, account } = lab.cloud;
    const buckets: Record<string, string> = bucketsOf(lab.cloud);
    const physical: Readonly<Record<string, string>> = {
      Cases: names.tables.Cases ?? '',
      MessagesKey: placeholders['key of KMS'] ?? '',
      AuditQueue: `${endpoint}/${account}/${names.queues.AuditQueue}`,
      AuditDeadLetters: `${endpoint}/${account}/${names.queues.AuditDeadLetters}`,
    };
    const args = line
      .split(' ')
      .map((word) => physical[word] ?? word.replace(/^s3:\/\/(\w+)/, (_, name) => `s3://${buckets[name]}`));
    const ended = await aws(args, world, { accessKeyId: KEYS[as] ?? '', role: roleOf(KEYS[as] ?? '') });
    expect(ended).toMatchObject({ code: 254, complained: expect.stringContaining('AccessDenied') });
  });

  it.each([
    ['an option that it has not', 'sqs receive-message --queue-url x --max-messages 10'],
    ['an option without its value', 'sqs receive-message --queue-url'],
    ['a word too many', 's3 ls s3://a/ s3://b/'],
    ['another name', 'sqs receive-messages'],
  ])('with %s is an error', async (_, line) => {
    const asker = { accessKeyId: 'x', role: roleOf('deployer') };
    expect((await aws(line.split(' '), world, asker)).code).toBe(252);
  });
});
