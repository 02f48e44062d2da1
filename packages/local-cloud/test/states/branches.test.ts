import { describe, expect, test } from 'vitest';
import { StatesError } from '../../src/errors.ts';
import { chain, Lab } from './lab.ts';

const INVOKE = 'arn:aws:states:::lambda:invoke';
const wait = (seconds: number, output: unknown) => ({ Type: 'Wait', Seconds: seconds, Output: output });
const flow = (states: Record<string, Record<string, unknown>>) => chain(states);

describe('Parallel', () => {
  test('runs its branches at once on the same input; the result is in the branches’ order', async () => {
    const described = await new Lab().run(
      chain({
        Both: {
          Type: 'Parallel',
          Arguments: { n: '{% $states.input.n * 2 %}' },
          Branches: [
            flow({ Slow: wait(60, ['slow', '{% $states.input.n %}']) }),
            flow({ Fast: wait(5, ['fast', '{% $states.input.n %}']) }),
          ],
        },
      }),
      { n: 2 },
    );
    expect(JSON.parse(described.output ?? '')).toEqual([
      ['slow', 4],
      ['fast', 4],
    ]);
    expect(described.stopDate - described.startDate).toBe(60);
  });

  test('without Arguments the branches get the state’s input', async () => {
    const described = await new Lab().run(
      chain({ One: { Type: 'Parallel', Branches: [flow({ In: { Type: 'Pass' } })] } }),
      { n: 2 },
    );
    expect(described.output).toBe('[{"n":2}]');
  });

  test('the first branch that fails ends the others, and its error can be caught', async () => {
    const lab = new Lab();
    const described = await lab.run({
      StartAt: 'Both',
      States: {
        Both: {
          Type: 'Parallel',
          Branches: [
            flow({ Slow: wait(3600, 1) }),
            flow({ Soon: wait(5, 1), Broken: { Type: 'Fail', Error: 'Broken' } }),
          ],
          Catch: [{ ErrorEquals: ['Broken'], Next: 'Caught' }],
          End: true,
        },
        Caught: { Type: 'Succeed', Output: '{% $states.input.Error %}' },
      },
    });
    expect(described.output).toBe('"Broken"');
    expect(described.stopDate - described.startDate).toBe(5);
    expect(lab.clock.now()).toBe(Date.parse('2026-06-01T00:00:05Z'));
    expect((await lab.types(described.executionArn)).filter((type) => type.startsWith('Parallel'))).toEqual([
      'ParallelStateEntered',
      'ParallelStateStarted',
      'ParallelStateFailed',
      'ParallelStateExited',
    ]);
  });

  // Recorded on AWS: LocalStack's test_callback.snapshot.json, …no_error_field[SQS_PARALLEL_WAIT_FOR_TASK_TOKEN].
  test('a Task that fails in a branch is aborted after its failure, which the Parallel’s own follows', async () => {
    const lab = new Lab({
      'lambda:invoke': () => {
        throw new StatesError('Broken');
      },
    });
    const call = { Type: 'Task', Resource: INVOKE, Arguments: {} };
    const described = await lab.run({
      StartAt: 'Both',
      States: { Both: { Type: 'Parallel', Branches: [flow({ Call: call })], End: true } },
    });
    const events = await lab.history(described.executionArn);
    expect(events.map(({ id, previousEventId, type }) => `${id}<${previousEventId} ${type}`).slice(2)).toEqual([
      '3<2 ParallelStateStarted',
      '4<3 TaskStateEntered',
      '5<4 TaskScheduled',
      '6<5 TaskStarted',
      '7<6 TaskFailed',
      '8<7 TaskStateAborted',
      '9<7 ParallelStateFailed',
      '10<9 ExecutionFailed',
    ]);
  });

  // Recorded on AWS: LocalStack's test_error_output.snapshot.json, test_parallel_catch_error[PARALLEL_CATCH_ERROR_VARIABLE_SAMPLING].
  test('a branch may assign a variable that only the Catch around it assigns', async () => {
    const lab = new Lab();
    const broken = flow({ Keep: { Type: 'Pass', Assign: { x: 'inner' } }, No: { Type: 'Fail', Error: 'Broken' } });
    const described = await lab.run({
      StartAt: 'Both',
      States: {
        Both: {
          Type: 'Parallel',
          Branches: [broken],
          Catch: [{ ErrorEquals: ['Broken'], Next: 'Caught', Assign: { x: '{% $states.errorOutput.Error %}' } }],
          End: true,
        },
        Caught: { Type: 'Succeed', Output: '{% $x %}' },
      },
    });
    expect(described.output).toBe('"Broken"');
  });

  test('is retried as a whole', async () => {
    let calls = 0;
    const lab = new Lab({
      'lambda:invoke': () => {
        if (calls++ === 0) throw new StatesError('Once');
        return calls;
      },
    });
    const call = { Type: 'Task', Resource: INVOKE, Arguments: {} };
    const described = await lab.run(
      chain({
        Both: {
          Type: 'Parallel',
          Branches: [flow({ Call: call }), flow({ Other: { Type: 'Pass', Output: 0 } })],
          Retry: [{ ErrorEquals: ['Once'] }],
        },
      }),
    );
    expect(described.output).toBe('[2,0]');
  });
});

describe('an inline Map', () => {
  const map = (fields: Record<string, unknown>, states: Record<string, Record<string, unknown>>) =>
    chain({
      Each: { Type: 'Map', ItemProcessor: { ...flow(states), ProcessorConfig: { Mode: 'INLINE' } }, ...fields },
    });

  test('gives the iterations’ outputs in the items’ order, whichever ends first', async () => {
    const described = await new Lab().run(
      map({ Items: '{% $states.input.seconds %}' }, { Rest: { Type: 'Wait', Seconds: '{% $states.input %}' } }),
      { seconds: [30, 10, 20] },
    );
    expect(described.output).toBe('[30,10,20]');
    expect(described.stopDate - described.startDate).toBe(30);
  });

  test('without Items it goes over its input; ItemSelector sees the item, its index, and the state’s input', async () => {
    const described = await new Lab().run(
      map(
        {
          ItemSelector: {
            i: '{% $states.context.Map.Item.Index %}',
            v: '{% $states.context.Map.Item.Value %}',
            all: '{% $count($states.input) %}',
          },
        },
        { Same: { Type: 'Pass', Output: { in: '{% $states.input %}', item: '{% $states.context.Map.Item %}' } } },
      ),
      ['a', 'b'],
    );
    expect(JSON.parse(described.output ?? '')).toEqual([
      { in: { i: 0, v: 'a', all: 2 }, item: { Index: 0, Value: 'a' } },
      { in: { i: 1, v: 'b', all: 2 }, item: { Index: 1, Value: 'b' } },
    ]);
  });

  test('over nothing gives []', async () => {
    expect((await new Lab().run(map({}, { Same: { Type: 'Pass' } }), [])).output).toBe('[]');
  });

  test.each([
    [2, 30],
    [0, 10],
    ['{% 3 %}', 20],
  ])('MaxConcurrency %j: 6 waits of 10 s take %i s', async (most, seconds) => {
    const described = await new Lab().run(
      map({ MaxConcurrency: most }, { Rest: { Type: 'Wait', Seconds: 10 } }),
      [1, 2, 3, 4, 5, 6],
    );
    expect(described.stopDate - described.startDate).toBe(seconds);
  });

  test('runs at most 40 iterations at once', async () => {
    const items = Array.from({ length: 100 }, (_, i) => i);
    const described = await new Lab().run(map({}, { Rest: { Type: 'Wait', Seconds: 10 } }), items);
    expect(described.stopDate - described.startDate).toBe(30);
    expect(JSON.parse(described.output ?? '')).toEqual(items);
  });

  test('the first iteration that fails ends the Map', async () => {
    const lab = new Lab();
    const described = await lab.run(
      map(
        { MaxConcurrency: 2 },
        {
          Rest: { Type: 'Wait', Seconds: '{% $states.input %}' },
          Broken: { Type: 'Fail', Error: 'Broken', Cause: 'it is' },
        },
      ),
      [60, 5, 1],
    );
    expect(described).toMatchObject({ status: 'FAILED', error: 'Broken', cause: 'it is' });
    expect(described.stopDate - described.startDate).toBe(5);
    const types = await lab.types(described.executionArn);
    expect(types.filter((type) => /^Map|^Execution/.test(type))).toEqual([
      'ExecutionStarted',
      'MapStateEntered',
      'MapStateStarted',
      'MapIterationStarted',
      'MapIterationStarted',
      'MapIterationFailed',
      'MapIterationAborted',
      'MapStateFailed',
      'ExecutionFailed',
    ]);
  });

  test('an iteration that catches its own failure does not end the Map', async () => {
    const lab = new Lab({
      'lambda:invoke': (args) => {
        if (args === 2) throw new StatesError('Two');
        return args;
      },
    });
    const processor = {
      StartAt: 'Call',
      States: {
        Call: {
          Type: 'Task',
          Resource: INVOKE,
          Arguments: '{% $states.input %}',
          Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Small', Output: '{% $states.errorOutput.Error %}' }],
          End: true,
        },
        Small: { Type: 'Pass', End: true },
      },
    };
    expect((await lab.run(chain({ Each: { Type: 'Map', ItemProcessor: processor } }), [1, 2, 3])).output).toBe(
      '[1,"Two",3]',
    );
  });

  test.each([[{ a: 1 }], ['text'], [5], [null]])('items that are %j are States.QueryEvaluationError', async (items) => {
    const definition = map({ Items: '{% $states.input.items %}' }, { Same: { Type: 'Pass' } });
    expect(await new Lab().run(definition, { items })).toMatchObject({ error: 'States.QueryEvaluationError' });
    expect(await new Lab().run(map({}, { Same: { Type: 'Pass' } }), items)).toMatchObject({
      error: 'States.QueryEvaluationError',
    });
  });
});
