import { rm } from 'node:fs/promises';
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { DescribeExecutionCommand, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalCloud } from '../src/face.ts';
import { UnsupportedTemplate } from '../src/templates/template.ts';
import { changedFixture, resourceIn, type Template } from './fixture/changed.ts';
import { clientsOf, DAY, START, startFixture } from './fixture/lab.ts';

const folders: string[] = [];
/** The fixture's app with its templates changed. */
async function changed(stack: 'data' | 'work', change: (template: Template) => void): Promise<string> {
  const folder = await changedFixture(stack, change);
  folders.push(folder);
  return folder;
}

let cloud: LocalCloud;
let clients: ReturnType<typeof clientsOf>;
beforeAll(async () => {
  cloud = await startFixture();
  clients = clientsOf(cloud);
});
afterAll(async () => {
  clients?.destroy();
  await cloud?.stop();
  for (const folder of folders) await rm(folder, { recursive: true });
});

const start = async (name: string) => {
  const stateMachineArn = cloud.names.machines.Steps;
  await clients.sfn.send(new StartExecutionCommand({ stateMachineArn, name, input: '{}' }));
  await cloud.rest();
};

describe('a second deployment', () => {
  it.each<[what: string, stack: 'data' | 'work', change: (template: Template) => void, told: RegExp]>([
    [
      'another pattern of a rule',
      'work',
      (template) => {
        resourceIn(template, 'AWS::Events::Rule', 'FileRule').properties.EventPattern = { source: ['aws.s3'] };
      },
      /fixture-work\.FileRule\w+: a deployment that changes EventPattern of an AWS::Events::Rule/,
    ],
    [
      'a bucket without versions',
      'data',
      (template) => delete resourceIn(template, 'AWS::S3::Bucket', 'Inbox').properties.VersioningConfiguration,
      /fixture-data\.Inbox\w+: a deployment that changes VersioningConfiguration of an AWS::S3::Bucket/,
    ],
    [
      'an event source less',
      'work',
      (template) => delete template.Resources[resourceIn(template, 'AWS::Lambda::EventSourceMapping', 'File').id],
      /fixture-work\.File\w+: a deployment that removes an AWS::Lambda::EventSourceMapping/,
    ],
    [
      'an event source that becomes a topic',
      'work',
      (template) => {
        const { id } = resourceIn(template, 'AWS::Lambda::EventSourceMapping', 'File');
        template.Resources[id] = { Type: 'AWS::SNS::Topic', Properties: {} };
      },
      /fixture-work\.File\w+: a deployment that changes the type of an AWS::SNS::Topic/,
    ],
  ])('with %s is an error that names it, and changes nothing', async (_, stack, change, told) => {
    const assembly = await changed(stack, (template) => {
      if (stack === 'work')
        resourceIn(template, 'AWS::Lambda::Function', 'Echo').properties.Environment = {
          Variables: { GREETING: 'no' },
        };
      change(template);
    });
    const refused = await cloud.deploy(assembly).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(UnsupportedTemplate);
    expect((refused as Error).message).toMatch(told);
  });

  it('gives functions their new variables from the next invocation on, and leaves what runs to its definition', async () => {
    // Its worker stays warm, with the variables that it started with.
    await start('old');
    const assembly = await changed('work', (template) => {
      resourceIn(template, 'AWS::Lambda::Function', 'Echo').properties.Environment = {
        Variables: { GREETING: 'good day' },
      };
      const { properties } = resourceIn(template, 'AWS::StepFunctions::StateMachine', 'Steps');
      properties.DefinitionString = JSON.parse(JSON.stringify(properties.DefinitionString).replace('86400', '172800'));
      template.Resources.More = { Type: 'AWS::SQS::Queue', Properties: {} };
      // Nobody reads it here.
      resourceIn(template, 'AWS::Events::Rule', 'FileRule').properties.Description = 'another one';
    });
    await cloud.deploy(assembly);
    expect(Object.keys(cloud.names.queues)).toContain('More');
    await start('new');
    await cloud.run();
    const ended = cloud.names.tables.Things;
    const at = async (name: string) => {
      const { Item } = await clients.dynamo.send(
        new GetItemCommand({ TableName: ended, Key: { pk: { S: `ended/${name}` } } }),
      );
      return [Item?.status?.S, Item?.at?.S];
    };
    const day = (n: number) => new Date(START + n * DAY).toISOString().replace('.000', '');
    expect(await at('old')).toEqual(['SUCCEEDED', day(1)]);
    expect(await at('new')).toEqual(['SUCCEEDED', day(2)]);
    const outputs = await Promise.all(
      ['old', 'new'].map(async (name) => {
        const executionArn = `${cloud.names.machines.Steps?.replace(':stateMachine:', ':execution:')}:${name}`;
        const { output = '' } = await clients.sfn.send(new DescribeExecutionCommand({ executionArn }));
        return JSON.parse(output).greeting;
      }),
    );
    expect(outputs).toEqual(['hello', 'good day']);
    expect(cloud.failures()).toEqual([]);
  });
});

describe('another beginning', () => {
  it('is of the same app, or of another one: a function that is the same there, or was before, stays warm', async () => {
    const asked = async () => {
      const { Steps: stateMachineArn = '' } = cloud.names.machines;
      await clients.sfn.send(
        new StartExecutionCommand({ stateMachineArn, name: 'asked', input: JSON.stringify({ environment: true }) }),
      );
      await cloud.run();
      const executionArn = `${stateMachineArn.replace(':stateMachine:', ':execution:')}:asked`;
      const { output = '' } = await clients.sfn.send(new DescribeExecutionCommand({ executionArn }));
      // The key tells one instance from another.
      const { GREETING, AWS_ACCESS_KEY_ID } = JSON.parse(output);
      return [GREETING, AWS_ACCESS_KEY_ID];
    };
    const polite = await changed('work', (template) => {
      resourceIn(template, 'AWS::Lambda::Function', 'Echo').properties.Environment = {
        Variables: { GREETING: 'good evening' },
      };
    });
    const plain = await changed('data', () => {});
    cloud = await cloud.again({ assembly: plain, start: START });
    const [greeting, instance] = await asked();
    expect(greeting).toBe('hello');
    cloud = await cloud.again({ start: START });
    expect(await asked()).toEqual(['hello', instance]);
    cloud = await cloud.again({ assembly: polite, start: START });
    const [other, another] = await asked();
    expect(other).toBe('good evening');
    expect(another).not.toBe(instance);
    cloud = await cloud.again({});
    expect(await asked()).toEqual(['good evening', another]);
    cloud = await cloud.again({ assembly: plain, start: START });
    expect(await asked()).toEqual(['hello', instance]);
    expect(cloud.failures()).toEqual([]);
  });
});
