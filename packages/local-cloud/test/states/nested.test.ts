import { describe, expect, test } from 'vitest';
import { chain, Lab, machineArn } from './lab.ts';

const START = 'arn:aws:states:::states:startExecution';
const child = chain({
  Rest: { Type: 'Wait', Seconds: 60 },
  Done: { Type: 'Pass', Output: { got: '{% $states.input %}' } },
});
const childArn = 'arn:aws:states:ap-south-1:111122223333:execution:child:one';

function parent(resource: string, fields: Record<string, unknown> = {}, more: Record<string, unknown> = {}) {
  const args = { StateMachineArn: machineArn('child'), Name: 'one', Input: { a: '{% $states.input.a %}' } };
  const only = {
    Type: 'Task',
    Resource: resource,
    Arguments: args,
    ...fields,
    ...('Next' in fields ? {} : { End: true }),
  };
  return { StartAt: 'Start child', States: { 'Start child': only, ...more } };
}

async function run(definition: Record<string, unknown>, childDefinition: Record<string, unknown> = child) {
  const lab = new Lab();
  lab.create('child', childDefinition);
  return { lab, described: await lab.run(definition, { a: 1 }) };
}

describe('states:startExecution', () => {
  test('alone goes on as soon as the execution is started', async () => {
    const { lab, described } = await run(parent(START));
    expect(JSON.parse(described.output ?? '')).toEqual({ ExecutionArn: childArn, StartDate: 1_780_272_000_000 });
    expect(described.stopDate - described.startDate).toBe(0);
    expect(lab.counts).toMatchObject({ executionStart: 1, nestedStart: 1 });
  });

  test('.sync:2 waits for its end and gives its description with Input and Output parsed', async () => {
    const { described } = await run(parent(`${START}.sync:2`));
    expect(JSON.parse(described.output ?? '')).toEqual({
      ExecutionArn: childArn,
      Input: { a: 1 },
      InputDetails: { Included: true },
      Name: 'one',
      Output: { got: { a: 1 } },
      OutputDetails: { Included: true },
      RedriveCount: 0,
      StartDate: 1_780_272_000_000,
      StateMachineArn: machineArn('child'),
      Status: 'SUCCEEDED',
      StopDate: 1_780_272_060_000,
    });
  });

  test('.sync gives Input and Output as text', async () => {
    const { described } = await run(parent(`${START}.sync`));
    expect(JSON.parse(described.output ?? '')).toMatchObject({ Input: '{"a":1}', Output: '{"got":{"a":1}}' });
  });

  test('.sync:2 fails with States.TaskFailed when it failed, the description being the cause', async () => {
    const broken = { StartAt: 'No', States: { No: { Type: 'Fail', Error: 'Own', Cause: 'mine' } } };
    const { lab, described } = await run(parent(`${START}.sync:2`), broken);
    expect(described).toMatchObject({ status: 'FAILED', error: 'States.TaskFailed' });
    expect(JSON.parse(described.cause ?? '')).toMatchObject({
      Status: 'FAILED',
      Error: 'Own',
      Cause: 'mine',
      Input: '{"a":1}',
    });
    expect((await lab.types(described.executionArn)).slice(-3)).toEqual([
      'TaskSubmitted',
      'TaskFailed',
      'ExecutionFailed',
    ]);
  });

  test('the same name and input while it runs finds the running execution', async () => {
    const lab = new Lab();
    lab.create('child', child);
    await lab.start('child', { a: 1 }, 'one');
    const described = await lab.run(parent(`${START}.sync:2`), { a: 1 });
    expect(described.status).toBe('SUCCEEDED');
    expect(lab.counts).toMatchObject({ executionStart: 2, nestedStart: 0 });
  });

  test('a name that is taken is StepFunctions.ExecutionAlreadyExistsException', async () => {
    const lab = new Lab();
    lab.create('child', child);
    await lab.start('child', { a: 2 }, 'one');
    const caught = { Catch: [{ ErrorEquals: ['StepFunctions.ExecutionAlreadyExistsException'], Next: 'Taken' }] };
    expect(
      await lab.run(parent(START, caught, { Taken: { Type: 'Succeed', Output: 'taken' } }), { a: 1 }),
    ).toMatchObject({ output: '"taken"' });
  });

  test('a machine that is not there is StepFunctions.StateMachineDoesNotExistException', async () => {
    const described = await new Lab().run(parent(START), { a: 1 });
    expect(described.error).toBe('StepFunctions.StateMachineDoesNotExistException');
  });

  // AWS's client knows no error of its own for these: aws-solutions/data-transfer-from-amazon-s3-glacier-vaults-to-amazon-s3 tries
  // them again by the name of the client's (`TaskRetry(errors=["StepFunctions.AWSStepFunctionsException"])`).
  test.each([
    ['throttle', 'Error Code: ThrottlingException', 1],
    ['error', 'Error Code: InternalFailure', 1],
    ['lose', 'Error Code: InternalFailure', 0],
  ] as const)(
    'one that meets %s is StepFunctions.AWSStepFunctionsException, and tried again',
    async (fault, code, left) => {
      const lab = new Lab();
      lab.create('child', child);
      lab.faultsOfStarts.push(fault);
      const retry = { Retry: [{ ErrorEquals: ['StepFunctions.AWSStepFunctionsException'], IntervalSeconds: 7 }] };
      const described = await lab.run(parent(`${START}.sync:2`, retry), { a: 1 });
      const failed = (await lab.history(described.executionArn)).find(({ type }) => type === 'TaskFailed');
      expect(failed?.taskFailedEventDetails).toMatchObject({ cause: expect.stringContaining(code) });
      // An execution whose start was told as failed runs all the same: the retry, of the same name and input, finds it.
      expect(described).toMatchObject({ status: 'SUCCEEDED', stopDate: described.startDate + 60 + 7 * left });
      expect(lab.counts.nestedStart).toBe(1);
    },
  );

  test('an argument that is unknown is an error that names it, before anything runs', async () => {
    const args = { Arguments: { StateMachineArn: machineArn('child'), Region: 'x' } };
    await expect(run(parent(START, args))).rejects.toThrow(/state "Start child": field Arguments\/Region/);
  });

  test('an argument that an expression makes, and that is unknown, is an error that names it', async () => {
    const args = { Arguments: `{% { "StateMachineArn": "${machineArn('child')}", "Region": "x" } %}` };
    expect((await run(parent(START, args))).described).toMatchObject({
      error: 'States.Runtime',
      cause: 'The field "Region" is not supported by startExecution.',
    });
  });

  test('stopping the parent stops what its .sync tasks wait for', async () => {
    const lab = new Lab();
    lab.create('child', child);
    lab.create('parent', parent(`${START}.sync:2`));
    const arn = await lab.start('parent', { a: 1 });
    await lab.clock.rest();
    await lab.service.call('StopExecution', { executionArn: arn, error: 'Admin', cause: 'by hand' });
    await lab.clock.rest();
    expect(await lab.describe(arn)).toMatchObject({ status: 'ABORTED', error: 'Admin', cause: 'by hand' });
    expect((await lab.describe(childArn)).status).toBe('ABORTED');
    expect(lab.clock.held()).toEqual([]);
  });

  test('a time-out of the task stops the execution that it waits for', async () => {
    const { lab, described } = await run(parent(`${START}.sync:2`, { TimeoutSeconds: 10 }));
    expect(described.error).toBe('States.Timeout');
    expect((await lab.describe(childArn)).status).toBe('ABORTED');
  });

  test('what runs on its own when the parent ends is left alone', async () => {
    const { lab } = await run(parent(START));
    expect((await lab.describe(childArn)).status).toBe('SUCCEEDED');
  });

  test('.waitForTaskToken waits for the token that the execution got', async () => {
    const args = {
      StateMachineArn: machineArn('child'),
      Name: 'one',
      Input: { token: '{% $states.context.Task.Token %}' },
    };
    const lab = new Lab();
    lab.create('child', chain({ Keep: { Type: 'Pass' } }));
    lab.create('parent', parent(`${START}.waitForTaskToken`, { Arguments: args }));
    const arn = await lab.start('parent', { a: 1 });
    await lab.clock.rest();
    expect((await lab.describe(arn)).status).toBe('RUNNING');
    const { token } = JSON.parse((await lab.describe(childArn)).output ?? '') as { token: string };
    await lab.service.call('SendTaskSuccess', { taskToken: token, output: '7' });
    await lab.clock.rest();
    expect((await lab.describe(arn)).output).toBe('7');
  });
});
