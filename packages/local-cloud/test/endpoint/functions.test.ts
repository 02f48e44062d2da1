import { DescribeTableCommand, GetItemCommand } from '@aws-sdk/client-dynamodb';
import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  SendTaskSuccessCommand,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DAY, START } from '../fixture/lab.ts';
import { clients, close, cloud, errorOf, open, raw } from './lab.ts';

beforeAll(open);
afterAll(close);

describe('Lambda at the endpoint', () => {
  const invoke = (payload: unknown, type = 'RequestResponse', name = cloud.names.functions.Echo) =>
    raw(`/2015-03-31/functions/${name}/invocations`, {
      method: 'POST',
      service: 'lambda',
      headers: { 'x-amz-invocation-type': type },
      body: JSON.stringify(payload),
    });

  it('answers with the function’s result', async () => {
    const { status, text } = await invoke({ a: 1 });
    expect([status, JSON.parse(text)]).toEqual([200, { greeting: 'hello', event: { a: 1 } }]);
  });

  it('answers a function’s own failure with its type, its message and the header that says so', async () => {
    const { status, text, headers } = await invoke({ fail: 'OutOfCheese' });
    expect([status, headers['x-amz-function-error']]).toEqual([200, 'Unhandled']);
    expect(JSON.parse(text)).toMatchObject({ errorType: 'OutOfCheese', errorMessage: 'as asked' });
  });

  it('gives a function the environment of its template, and nothing of this machine’s', async () => {
    const environment = JSON.parse((await invoke({ environment: true })).text) as Record<string, string>;
    expect(environment).toMatchObject({
      GREETING: 'hello',
      AWS_ENDPOINT_URL: cloud.endpoint,
      AWS_REGION: 'ap-south-1',
      TZ: 'UTC',
    });
    const own = Object.keys(environment).filter((name) => !name.startsWith('AWS_'));
    expect(own.sort()).toEqual(['GREETING', 'LAMBDA_TASK_ROOT', 'TZ', '_HANDLER']);
  });

  it('ends a function that takes longer than its timeout', async () => {
    const { text } = await invoke({ hang: true });
    expect(JSON.parse(text)).toMatchObject({
      errorType: 'Sandbox.Timedout',
      errorMessage: expect.stringMatching(/Task timed out after 2\.00 seconds$/),
    });
  });

  // A function of 256 MB. Lambda kills what uses more than its memory, whatever it is made of: "Runtime.OutOfMemory" in its REPORT.
  it.each([{ buffers: 800 }, { objects: 800 }])('ends a function that holds more than its memory: %j', async (held) => {
    const { text } = await invoke(held, 'RequestResponse', cloud.names.functions.Hog);
    expect(JSON.parse(text)).toMatchObject({
      errorType: 'Runtime.OutOfMemory',
      errorMessage: expect.stringMatching(/Runtime exited with error: signal: killed$/),
    });
  });

  it('lets a function have most of its memory, and as much in all as it likes', async () => {
    expect((await invoke({ buffers: 150 }, 'RequestResponse', cloud.names.functions.Hog)).text).toBe('150');
    // Little more in all than its 256: what Node has not swept yet counts, as it does on Lambda.
    expect((await invoke({ passing: 300 }, 'RequestResponse', cloud.names.functions.Hog)).text).toBe('1');
  });

  it('survives a function that ends its own process: the next invocation gets another', async () => {
    const { text } = await invoke({ exit: true });
    expect(JSON.parse(text)).toMatchObject({
      errorType: 'Lambda.Unknown',
      errorMessage: 'the process exited before the function ended',
    });
    expect(JSON.parse((await invoke({ a: 2 })).text)).toEqual({ greeting: 'hello', event: { a: 2 } });
  });

  it('only accepts where the invocation is asynchronous, and only checks where it is a dry run', async () => {
    expect(await invoke({}, 'Event')).toMatchObject({ status: 202, text: '' });
    expect(await invoke({}, 'DryRun')).toMatchObject({ status: 204, text: '' });
    await cloud.rest();
  });

  it('has no function of another name', async () => {
    const { status, text } = await invoke({}, 'RequestResponse', 'nobody');
    expect([status, JSON.parse(text)]).toEqual([
      404,
      {
        __type: 'ResourceNotFoundException',
        message: 'Function not found: arn:aws:lambda:ap-south-1:000000000000:function:nobody',
      },
    ]);
  });
});

describe('Step Functions at the endpoint', () => {
  it('runs an execution through the functions, tables and topics of the app, in virtual time', async () => {
    const { dynamo, sfn } = clients;
    const stateMachineArn = cloud.names.machines.Steps ?? '';
    const before = cloud.clock.now();
    const { executionArn } = await sfn.send(
      new StartExecutionCommand({ stateMachineArn, name: 'one', input: '{"n":1}' }),
    );
    const describeIt = () => sfn.send(new DescribeExecutionCommand({ executionArn }));
    expect((await describeIt()).status).toBe('RUNNING');
    await cloud.run();
    // The Wait of the machine is a day; all else takes no time.
    expect(cloud.clock.now()).toBe(before + DAY);
    const ended = await describeIt();
    expect([ended.status, ended.stopDate?.getTime(), JSON.parse(ended.output ?? '')]).toEqual([
      'SUCCEEDED',
      before + DAY,
      { greeting: 'hello', event: { n: 1 } },
    ]);
    const TableName = cloud.names.tables.Things;
    expect((await dynamo.send(new GetItemCommand({ TableName, Key: { pk: { S: 'one' } } }))).Item).toEqual({
      pk: { S: 'one' },
    });
    // The rule on the machine's end has invoked its function.
    const watched = await dynamo.send(new GetItemCommand({ TableName, Key: { pk: { S: 'ended/one' } } }));
    expect(watched.Item).toMatchObject({
      status: { S: 'SUCCEEDED' },
      at: { S: `${new Date(before + DAY).toISOString().slice(0, 19)}Z` },
    });
    expect((await cloud.receive('news-alpha')).map(({ body }) => JSON.parse(body))).toEqual([
      { greeting: 'hello', event: { n: 1 } },
    ]);
    const started = { stateMachineArn, statusFilter: 'SUCCEEDED' } as const;
    expect((await sfn.send(new ListExecutionsCommand(started))).executions?.map(({ name }) => name)).toEqual(['one']);
  });

  it('gives a history page by page', async () => {
    const executionArn = `${cloud.names.machines.Steps?.replace(':stateMachine:', ':execution:')}:one`;
    const whole = (await clients.sfn.send(new GetExecutionHistoryCommand({ executionArn }))).events ?? [];
    const pages = [];
    let nextToken: string | undefined;
    do {
      const page = await clients.sfn.send(new GetExecutionHistoryCommand({ executionArn, maxResults: 7, nextToken }));
      pages.push(page.events ?? []);
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
    expect(whole[0]?.type).toBe('ExecutionStarted');
    expect(whole.at(-1)?.type).toBe('ExecutionSucceeded');
    expect(pages.flat().map(({ id }) => id)).toEqual(whole.map(({ id }) => id));
    expect(pages.length).toBe(Math.ceil(whole.length / 7));
  });

  it('names its errors as the service does', async () => {
    const { sfn, dynamo } = clients;
    const stateMachineArn = cloud.names.machines.Steps ?? '';
    const nobody = `${stateMachineArn}-nobody`;
    expect((await errorOf(sfn.send(new StartExecutionCommand({ stateMachineArn: nobody }))))[0]).toBe(
      'StateMachineDoesNotExist',
    );
    const again = new StartExecutionCommand({ stateMachineArn, name: 'one', input: '{"n":1}' });
    expect((await errorOf(sfn.send(again)))[0]).toBe('ExecutionAlreadyExists');
    expect((await errorOf(sfn.send(new StartExecutionCommand({ stateMachineArn, input: '{' }))))[0]).toBe(
      'InvalidExecutionInput',
    );
    expect((await errorOf(sfn.send(new SendTaskSuccessCommand({ taskToken: 'x', output: '1' }))))[0]).toBe(
      'InvalidToken',
    );
    const table = new DescribeTableCommand({ TableName: 'nobody' });
    expect((await errorOf(dynamo.send(table)))[0]).toBe('ResourceNotFoundException');
  });

  it('leaves no failure behind, and had the whole time before itself at the start', () => {
    expect(cloud.failures()).toEqual([]);
    expect(cloud.clock.now()).toBe(START + DAY);
  });
});
