import { describe, expect, test } from 'vitest';
import { chain, Lab, START } from './lab.ts';

describe('Pass', () => {
  test('hands its input on, or what Output makes', async () => {
    expect(await new Lab().output({ Type: 'Pass', End: true }, { a: 1 })).toEqual({ a: 1 });
    expect(
      await new Lab().output({ Type: 'Pass', Output: { b: '{% $states.input.a %}' }, End: true }, { a: 1 }),
    ).toEqual({ b: 1 });
  });
});

describe('Succeed and Fail', () => {
  test('Succeed ends the execution with its Output', async () => {
    expect(await new Lab().output({ Type: 'Succeed', Output: '{% $states.input.a %}' }, { a: [1] })).toEqual([1]);
  });

  test('Fail ends it with an error and a cause, that may be expressions', async () => {
    const described = await new Lab().run(
      {
        StartAt: 'No',
        States: { No: { Type: 'Fail', Error: 'Books.Unbalanced', Cause: "{% 'off by ' & $states.input.n %}" } },
      },
      { n: 3 },
    );
    expect(described).toMatchObject({ status: 'FAILED', error: 'Books.Unbalanced', cause: 'off by 3' });
    expect(described.output).toBeUndefined();
  });
});

describe('Wait', () => {
  test.each([
    ['Seconds', 90, 90],
    ['Seconds', '{% $states.input.s %}', 60],
    ['Seconds', 0, 0],
    ['Timestamp', '2026-06-01T01:00:00Z', 3600],
    ['Timestamp', '{% $states.input.at %}', 86_400],
    ['Timestamp', '2026-06-01T05:30:10.000+05:30', 10],
    ['Timestamp', '2020-01-01T00:00:00Z', 0],
  ])('%s %j lasts until then', async (field, value, seconds) => {
    const lab = new Lab();
    const described = await lab.run(chain({ Rest: { Type: 'Wait', [field]: value } }), {
      s: 60,
      at: '2026-06-02T00:00:00Z',
    });
    expect(described.status).toBe('SUCCEEDED');
    expect(described.stopDate - described.startDate).toBe(seconds);
    expect(JSON.parse(described.output ?? '')).toEqual({ s: 60, at: '2026-06-02T00:00:00Z' });
  });

  test.each([
    ['Seconds', -1],
    ['Seconds', 1.5],
    ['Seconds', '5'],
    ['Timestamp', '2016-12-05 21:29:29Z'],
    ['Timestamp', 5],
  ])('%s that comes out as %j is States.QueryEvaluationError', async (field, value) => {
    const described = await new Lab().run(chain({ Rest: { Type: 'Wait', [field]: '{% $states.input.v %}' } }), {
      v: value,
    });
    expect(described).toMatchObject({ status: 'FAILED', error: 'States.QueryEvaluationError' });
  });

  test('the clock is free while an execution waits', async () => {
    const lab = new Lab();
    lab.create('machine', chain({ Rest: { Type: 'Wait', Seconds: 60 } }));
    const arn = await lab.start('machine');
    await lab.clock.rest();
    expect(lab.clock.now()).toBe(START);
    expect((await lab.describe(arn)).status).toBe('RUNNING');
    await lab.clock.run();
    expect(lab.clock.now()).toBe(START + 60_000);
  });
});

describe('Choice', () => {
  const choices = {
    StartAt: 'Which',
    States: {
      Which: {
        Type: 'Choice',
        Choices: [
          {
            Condition: '{% $states.input.n > 10 %}',
            Next: 'Big',
            Output: { was: '{% $states.input.n %}' },
            Assign: { size: 'big' },
          },
          { Condition: '{% $states.input.n > 5 %}', Next: 'Middle' },
        ],
        Default: 'Small',
        Output: 'default output',
        Assign: { size: 'small' },
      },
      Big: { Type: 'Pass', Output: { size: '{% $size %}', input: '{% $states.input %}' }, End: true },
      Middle: { Type: 'Pass', Output: { input: '{% $states.input %}' }, End: true },
      Small: { Type: 'Pass', Output: { size: '{% $size %}', input: '{% $states.input %}' }, End: true },
    },
  };

  test.each([
    [11, { size: 'big', input: { was: 11 } }],
    [6, { input: { n: 6 } }],
    [1, { size: 'small', input: 'default output' }],
  ])('the first rule that matches leads on with its own Output and Assign (n = %i)', async (n, expected) => {
    const described = await new Lab().run(choices, { n });
    expect(JSON.parse(described.output ?? '')).toEqual(expected);
  });

  const bare = (condition: unknown) => ({
    StartAt: 'Which',
    States: { Which: { Type: 'Choice', Choices: [{ Condition: condition, Next: 'Done' }] }, Done: { Type: 'Succeed' } },
  });

  test('no match without a Default fails with States.Runtime', async () => {
    expect(await new Lab().run(bare('{% false %}'))).toMatchObject({ status: 'FAILED', error: 'States.Runtime' });
    expect(await new Lab().run(bare(true))).toMatchObject({ status: 'SUCCEEDED' });
  });

  test('a condition that is no boolean is States.QueryEvaluationError', async () => {
    expect(await new Lab().run(bare('{% 1 %}'))).toMatchObject({ error: 'States.QueryEvaluationError' });
    expect(await new Lab().run(bare('{% $states.input.none %}'))).toMatchObject({
      error: 'States.QueryEvaluationError',
    });
  });
});

describe('variables', () => {
  test('Assign and Output see the variables as they were when the state was entered', async () => {
    const described = await new Lab().run(
      chain({
        Set: { Type: 'Pass', Assign: { x: 1, y: 10 } },
        Swap: { Type: 'Pass', Assign: { x: '{% $y %}', y: '{% $x %}' }, Output: { x: '{% $x %}' } },
        Look: { Type: 'Pass', Output: { before: '{% $states.input.x %}', x: '{% $x %}', y: '{% $y %}' } },
      }),
    );
    expect(JSON.parse(described.output ?? '')).toEqual({ before: 1, x: 10, y: 1 });
  });

  test('a variable that was never assigned is States.QueryEvaluationError', async () => {
    const described = await new Lab().run(chain({ Look: { Type: 'Pass', Output: '{% $x %}' } }));
    expect(described.error).toBe('States.QueryEvaluationError');
  });

  test('branches and iterations read the outer variables; what they assign ends with them', async () => {
    const inner = (name: string) => ({
      StartAt: `${name} set`,
      States: {
        [`${name} set`]: { Type: 'Pass', Assign: { own: "{% $outer & '!' %}" }, Next: `${name} get` },
        [`${name} get`]: { Type: 'Pass', Output: '{% $own %}', End: true },
      },
    });
    const described = await new Lab().run(
      chain({
        Set: { Type: 'Pass', Assign: { outer: 'o' } },
        Both: { Type: 'Parallel', Branches: [inner('a'), inner('b')] },
        Each: { Type: 'Map', Items: [1, 2], ItemProcessor: inner('c') },
        Look: { Type: 'Pass', Output: { each: '{% $states.input %}', left: '{% $exists($own) %}' } },
      }),
    );
    expect(JSON.parse(described.output ?? '')).toEqual({ each: ['o!', 'o!'], left: false });
  });

  test('the children of a distributed Map see none of the variables outside', async () => {
    const described = await new Lab().run(
      chain({
        Set: { Type: 'Pass', Assign: { outer: 'o' } },
        Each: {
          Type: 'Map',
          Items: [1],
          ItemSelector: { fromOutside: '{% $outer %}' },
          ItemProcessor: {
            ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
            StartAt: 'In',
            States: {
              In: {
                Type: 'Pass',
                Output: { seen: '{% $exists($outer) %}', given: '{% $states.input.fromOutside %}' },
                End: true,
              },
            },
          },
        },
      }),
    );
    expect(JSON.parse(described.output ?? '')).toEqual([{ seen: false, given: 'o' }]);
  });
});

test('the context object tells execution, machine and state', async () => {
  const lab = new Lab();
  lab.create(
    'batch',
    chain({ Rest: { Type: 'Wait', Seconds: 5 }, Look: { Type: 'Pass', Output: '{% $states.context %}' } }),
  );
  const arn = await lab.start('batch', { a: 1 }, 'first');
  await lab.clock.run();
  expect(JSON.parse((await lab.describe(arn)).output ?? '')).toEqual({
    Execution: {
      Id: 'arn:aws:states:ap-south-1:111122223333:execution:batch:first',
      Input: { a: 1 },
      Name: 'first',
      RoleArn: 'arn:aws:iam::111122223333:role/states',
      StartTime: '2026-06-01T00:00:00.000Z',
      RedriveCount: 0,
    },
    StateMachine: { Id: 'arn:aws:states:ap-south-1:111122223333:stateMachine:batch', Name: 'batch' },
    State: { Name: 'Look', EnteredTime: '2026-06-01T00:00:05.000Z' },
  });
});
