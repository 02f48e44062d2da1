import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  DescribeExecutionCommand,
  type DescribeExecutionOutput,
  DescribeStateMachineForExecutionCommand,
  ListExecutionsCommand,
  ListStateMachineVersionsCommand,
  SFNClient,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { UnsupportedDefinition, UnsupportedTemplate } from 'local-cloud';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { synthesize } from '../../lib/commands/local/synth.ts';
import { changedAssembly, resourceOf, type Template } from './assembly.ts';
import { AT_ONCE, Lab, type Summary } from './lab.ts';
import { A1, A3, H1, H2, J1 } from './story.ts';

/**
 * A deployment over a batch that waits, small enough to be worked out by hand.
 *
 * Day 0: H1 was used by J1 and J2 at jio, H2 by A1 and A3 at airtel. mha reports H1: one direction of two rows at jio, under the
 * flagged ladder of 5, 5, 5 and 1 days, which ends on 17 June. Day 2: jio verified J1.
 * Day 3: deployed anew, with the normal ladder of 30, 15, 15 and 1 days, one row to a direction, another Batch and another
 * Direction machine, and other code of Order. Then up-police reports H2: two directions of one row at airtel, which end on
 * 4 August. Nobody answers.
 * Day 7: jio's direction fails, and is tried again after an hour. Day 12: jio failed J2, and never disconnects it.
 */
const J2 = '+917000000002';
const MACHINES = ['Batch', 'Direction', 'ImportByPieces'];
const SWEEPS = { ...AT_ONCE, sweepHours: '24' };
const NEW_CODE = 'the new code of Order';

interface Assets {
  files: Record<string, { source: { path: string }; destinations: Record<string, { objectKey: string }> }>;
}
interface Definition {
  'Fn::Join': [string, unknown[]];
}

/** Puts something into a machine's definition, behind its first bracket, as another synthesis would. */
function changeMachine(template: Template, machine: string, added: string): void {
  const { properties } = resourceOf(template, 'AWS::StepFunctions::StateMachine', machine);
  const [, parts] = (properties.DefinitionString as Definition)['Fn::Join'];
  parts[0] = String(parts[0]).replace('{', `{${added},`);
}

/** The second deployment: as the context says, and with a line more in Order's code. */
async function secondAssembly(): Promise<string> {
  const context = { ...SWEEPS, ladder: 'normal', rowsPerDirection: '1' };
  let oldKey = '';
  return changedAssembly(await synthesize({ here: true, context }), {
    'dev-workflow.template.json': (template: Template) => {
      for (const machine of ['Batch', 'Direction']) changeMachine(template, machine, '"Comment":"changed"');
      const code = resourceOf(template, 'AWS::Lambda::Function', 'Order').properties.Code as { S3Key: string };
      oldKey = code.S3Key;
      code.S3Key = `new-${oldKey}`;
    },
    'dev-workflow.assets.json': async ({ files }: Assets, folder: string) => {
      const [[hash = '', old] = []] = Object.entries(files).filter(([key]) => oldKey.startsWith(key));
      if (old === undefined) throw new Error('Order has no asset');
      const path = `new-${hash}`;
      await cp(old.source.path, join(folder, path), { recursive: true });
      const module = join(folder, path, 'index.mjs');
      await writeFile(module, `${await readFile(module, 'utf8')}\nconsole.log(${JSON.stringify(NEW_CODE)});\n`);
      const destinations = { here: { objectKey: `new-${oldKey}` } };
      files[`new-${hash}`] = { source: { path }, destinations };
    },
  });
}

let lab: Lab;
let sfn: SFNClient;
const folders: string[] = [];
const newCode: string[] = [];
const seen: {
  first?: string;
  second?: string;
  direction?: string;
  orderBefore?: string;
  refused: unknown[];
  untouched?: unknown;
} = { refused: [] };

const versions = async () =>
  Object.fromEntries(
    await Promise.all(
      MACHINES.map(async (machine) => {
        const stateMachineArn = lab.cloud.names.machines[machine];
        const { stateMachineVersions = [] } = await sfn.send(new ListStateMachineVersionsCommand({ stateMachineArn }));
        return [
          machine,
          stateMachineVersions.map(({ stateMachineVersionArn = '' }) => Number(last(stateMachineVersionArn))),
        ];
      }),
    ),
  );
const last = (arn: string) => arn.replace(/^.*:/, '');

/** A machine's executions whose names begin so, oldest first. */
async function executions(machine: string, prefix: string): Promise<DescribeExecutionOutput[]> {
  const stateMachineArn = lab.cloud.names.machines[machine];
  const { executions: all = [] } = await sfn.send(new ListExecutionsCommand({ stateMachineArn, maxResults: 1000 }));
  const found = all.filter(({ name }) => name?.startsWith(prefix)).reverse();
  return Promise.all(found.map(({ executionArn }) => sfn.send(new DescribeExecutionCommand({ executionArn }))));
}
const startedBy = ({ stateMachineVersionArn = '', stateMachineAliasArn = '' }: DescribeExecutionOutput) =>
  `${last(stateMachineVersionArn)} by ${last(stateMachineAliasArn)}`;

/** What an order says: `deadline: rows`. */
async function order(directionId: string, name: string): Promise<string> {
  const [, , operator] = directionId.split('.');
  const [header = '', ...rows] = (await lab.read(`orders/${operator}/${directionId}/${name}`)).trimEnd().split('\n');
  const at = header.split(',').indexOf('deadline');
  const deadlines = new Set(rows.map((row) => row.split(',')[at]));
  return `${[...deadlines].join(' ')}: ${rows.map((row) => row.split(',')[0]).join(' ')}`;
}

beforeAll(async () => {
  lab = await Lab.open({
    assembly: await synthesize({ here: true, context: SWEEPS }),
    log: (functionName, line) => {
      if (line.includes(NEW_CODE)) newCode.push(functionName);
    },
  });
  sfn = new SFNClient({
    endpoint: lab.cloud.endpoint,
    region: lab.cloud.region,
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
  });
  await lab.usage('jio', [`${H1},${J1},2026-05-19,`, `${H1},${J2},2026-05-20,`]);
  await lab.usage('airtel', [`${H2},${A1},2026-05-20,`, `${H2},${A3},2026-05-21,`]);
  await lab.report('mha', [H1]);
  await lab.at(2);
  seen.first = (await lab.directions('jio'))[0]?.split('.')[0] ?? '';
  seen.direction = await lab.direction(seen.first, 'reverify', 'jio');
  await lab.respond(seen.direction, [`${J1},verified`]);

  await lab.at(3);
  const before = await synthesize({ here: true, context: SWEEPS });
  const impossible: ((template: Template) => void)[] = [
    (template) => {
      resourceOf(template, 'AWS::Events::Rule', 'SweepDue').properties.ScheduleExpression = 'rate(5 hours)';
      changeMachine(template, 'Direction', '"Comment":"changed"');
    },
    (template) => delete template.Resources[resourceOf(template, 'AWS::SQS::Queue', 'ReleaseDeadLetters').id],
    (template) => {
      changeMachine(template, 'Direction', '"Colour":"red"');
      resourceOf(template, 'AWS::Lambda::Function', 'Order').properties.Timeout = 1;
    },
  ];
  for (const change of impossible) {
    const assembly = await changedAssembly(before, { 'dev-workflow.template.json': change });
    folders.push(assembly);
    seen.refused.push(await lab.cloud.deploy(assembly).catch((error: unknown) => error));
  }
  seen.untouched = await versions();
  const second = await secondAssembly();
  folders.push(second);
  await lab.cloud.deploy(second);
  await lab.report('up-police', [H2]);
  seen.second = (await lab.directions('airtel')).map((id) => id.split('.')[0] ?? '').find((id) => id !== seen.first);

  await lab.at(7);
  seen.orderBefore = await order(seen.direction, '2-bar_outgoing.csv');
  const [running] = await executions('Direction', seen.direction.replaceAll('.', '_'));
  await sfn.send(new StopExecutionCommand({ executionArn: running?.executionArn }));
  await lab.cloud.rest();
  await lab.at(12);
  await lab.respond(seen.direction, [`${J2},failed`], 'failed.csv');
  await lab.cloud.run();
});

afterAll(async () => {
  sfn?.destroy();
  await lab?.close();
  for (const folder of folders) await rm(folder, { recursive: true });
});

describe('a batch that waits while a deployment changes the ladder', () => {
  it('goes on with the orders and deadlines of the ladder that it was planned with', async () => {
    const { direction = '' } = seen;
    const orders = (await lab.outbox(`orders/jio/${direction}/`)).map((key) => key.split('/').at(-1) ?? '');
    const told = await Promise.all(
      orders.map(async (name) => `${name.replace(/-[0-9a-f]{8}-/, '-')} ${await order(direction, name)}`),
    );
    expect(told.sort()).toEqual([
      `1-reverify.csv 2026-06-06T00:00:00Z: ${J1} ${J2}`,
      `2-bar_outgoing.csv 2026-06-11T00:00:00Z: ${J2}`,
      `3-bar_incoming.csv 2026-06-16T00:00:00Z: ${J2}`,
      `4-disconnect.csv 2026-06-17T00:00:00Z: ${J2}`,
      `failed-disconnect.csv 2026-06-14T00:00:00Z: ${J2}`,
    ]);
  });

  it('settles by it, with balanced books', async () => {
    expect(await lab.summary('mha')).toMatchObject({
      settledAt: '2026-06-17T00:00:00Z',
      unexplained: 0,
      connections: { linked: 2, directed: 2, verified: 1, disconnected: 0, notFound: 0, overdue: 1 },
      blocks: { rows: 5, directed: 5, overdue: 5 },
      operators: { jio: { directions: 2, connections: { directed: 2 } } },
    } satisfies { [K in keyof Summary]?: unknown });
  });

  it('goes on by the version that started it', async () => {
    const { first = '' } = seen;
    const [execution] = await executions('Batch', first);
    expect(execution && startedBy(execution)).toBe('1 by live');
  });
});

describe('a batch that is reported after it', () => {
  it('has directions of the new size, with the deadlines of the new ladder', async () => {
    const directions = (await lab.directions('airtel')).filter((id) => id.startsWith(`${seen.second}.reverify.`));
    const told = await Promise.all(directions.map((id) => order(id, '1-reverify.csv')));
    expect(told.sort()).toEqual([`2026-07-04T00:00:00Z: ${A1}`, `2026-07-04T00:00:00Z: ${A3}`]);
    expect(await order(directions[0] ?? '', '4-disconnect.csv')).toContain('2026-08-04T00:00:00Z');
  });

  it('settles by it, and was started by the new version', async () => {
    expect(await lab.summary('up-police')).toMatchObject({
      settledAt: '2026-08-04T00:00:00Z',
      unexplained: 0,
      connections: { linked: 2, directed: 2, overdue: 2 },
      operators: { airtel: { directions: 3 } },
    });
    const [execution] = await executions('Batch', seen.second ?? '');
    expect(execution && startedBy(execution)).toBe('2 by live');
    expect(lab.cloud.failures()).toEqual([]);
  });
});

describe('a direction that began before a deployment and is tried again after it', () => {
  it('goes on from its ledger, by the new version and the new code', async () => {
    const { direction = '' } = seen;
    const attempts = await executions('Direction', direction.replaceAll('.', '_'));
    expect(attempts.map((attempt) => `${attempt.status} ${startedBy(attempt)}`)).toEqual([
      'ABORTED 1 by live',
      'SUCCEEDED 2 by live',
    ]);
    const definitions = attempts.map(({ executionArn }) =>
      sfn.send(new DescribeStateMachineForExecutionCommand({ executionArn })),
    );
    const comments = (await Promise.all(definitions)).map(({ definition = '' }) => JSON.parse(definition).Comment);
    expect(comments).toEqual([undefined, 'changed']);
    expect(await order(direction, '2-bar_outgoing.csv')).toBe(seen.orderBefore);
    expect(new Set(newCode)).toEqual(new Set([lab.cloud.names.functions.Order]));
  });
});

describe('a deployment over a running cloud', () => {
  it('publishes a version of each machine that it changes, and of no other', async () => {
    expect(await versions()).toEqual({ Batch: [2, 1], Direction: [2, 1], ImportByPieces: [1] });
  });

  it('that holds what is not implemented is refused, named, and changes nothing', () => {
    const [schedule, removal, definition] = seen.refused as Error[];
    expect(schedule).toBeInstanceOf(UnsupportedTemplate);
    expect(schedule?.message).toMatch(
      /dev-workflow\.SweepDue\w*: a deployment that changes ScheduleExpression of an AWS::Events::Rule/,
    );
    expect(removal).toBeInstanceOf(UnsupportedTemplate);
    expect(removal?.message).toContain('ReleaseDeadLetters');
    expect(definition).toBeInstanceOf(UnsupportedDefinition);
    expect(definition?.message).toContain('field Colour');
    expect(seen.untouched).toEqual({ Batch: [1], Direction: [1], ImportByPieces: [1] });
  });
});
