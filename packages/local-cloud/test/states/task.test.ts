import { describe, expect, test } from 'vitest';
import type { Clock } from '../../src/clock/clock.ts';
import { StatesError } from '../../src/errors.ts';
import { chain, codeOf, type Integration, Lab, START } from './lab.ts';

const INVOKE = 'arn:aws:states:::lambda:invoke';
const TOKEN = `${INVOKE}.waitForTaskToken`;

/** An integration that fails with these errors one after another, and then answers. */
function failing(...errors: string[]): Integration & { calls: number } {
  const run = Object.assign(
    () => {
      const error = errors[run.calls++];
      if (error !== undefined) throw new StatesError(error, 'because');
      return { Payload: 'done' };
    },
    { calls: 0 },
  );
  return run;
}

function task(fields: Record<string, unknown>, more: Record<string, unknown> = {}): Record<string, unknown> {
  const only = { Type: 'Task', Resource: INVOKE, Arguments: {}, ...fields, ...('Next' in fields ? {} : { End: true }) };
  return { StartAt: 'Only', States: { Only: only, ...more } };
}

describe('a request-response task', () => {
  test('gets its Arguments and gives its result through Output and Assign', async () => {
    const seen: unknown[] = [];
    const lab = new Lab({
      'lambda:invoke': (args) => {
        seen.push(args);
        return { Payload: { n: 2 }, StatusCode: 200 };
      },
    });
    const described = await lab.run(
      chain({
        Call: {
          Type: 'Task',
          Resource: INVOKE,
          Arguments: { FunctionName: 'f', Payload: { it: '{% $states.input.a %}' } },
          Output: '{% $states.result.Payload %}',
          Assign: { status: '{% $states.result.StatusCode %}' },
        },
        Look: { Type: 'Pass', Output: ['{% $states.input %}', '{% $status %}'] },
      }),
      { a: 1 },
    );
    expect(seen).toEqual([{ FunctionName: 'f', Payload: { it: 1 } }]);
    expect(JSON.parse(described.output ?? '')).toEqual([{ n: 2 }, 200]);
    expect(lab.counts).toMatchObject({ transition: 2, executionStart: 1 });
  });

  test('holds the clock while it works: no timer fires before its answer', async () => {
    const order: string[] = [];
    const lab: Lab = new Lab({
      'lambda:invoke': async () => {
        lab.clock.timer(START + 1, () => order.push('timer'));
        for (let turn = 0; turn < 20; turn++) await settled();
        order.push('answer');
      },
    });
    await lab.run(task({}));
    expect(order).toEqual(['answer', 'timer']);
  });

  test('without Output the result is the output', async () => {
    const lab = new Lab({ 'lambda:invoke': () => ({ Payload: 'p' }) });
    expect(JSON.parse((await lab.run(task({}))).output ?? '')).toEqual({ Payload: 'p' });
  });

  test('the history tells what happened, as the API names it', async () => {
    const lab = new Lab({ 'lambda:invoke': () => ({ Payload: 1 }) });
    const { executionArn } = await lab.run(task({ TimeoutSeconds: 30 }));
    const events = await lab.history(executionArn);
    expect(events.map(({ id, previousEventId, type }) => [id, previousEventId, type])).toEqual([
      [1, 0, 'ExecutionStarted'],
      [2, 0, 'TaskStateEntered'],
      [3, 2, 'TaskScheduled'],
      [4, 3, 'TaskStarted'],
      [5, 4, 'TaskSucceeded'],
      [6, 5, 'TaskStateExited'],
      [7, 6, 'ExecutionSucceeded'],
    ]);
    expect(events[2]?.taskScheduledEventDetails).toEqual({
      resourceType: 'lambda',
      resource: 'invoke',
      region: 'ap-south-1',
      parameters: '{}',
      timeoutInSeconds: 30,
    });
    expect(events[4]?.taskSucceededEventDetails).toMatchObject({ output: '{"Payload":1}' });
  });

  test('an error of the integration ends the execution with its name and cause', async () => {
    const lab = new Lab({ 'lambda:invoke': failing('Lambda.TooManyRequestsException') });
    const described = await lab.run(task({}));
    expect(described).toMatchObject({ status: 'FAILED', error: 'Lambda.TooManyRequestsException', cause: 'because' });
    expect(await lab.types(described.executionArn)).toContain('TaskFailed');
  });

  test('an integration that breaks in any other way is States.Runtime, which nothing catches', async () => {
    const lab = new Lab({
      'lambda:invoke': () => {
        throw new TypeError('broken');
      },
    });
    const all = { ErrorEquals: ['States.ALL'] };
    const described = await lab.run(
      task({ Retry: [all], Catch: [{ ...all, Next: 'Done' }] }, { Done: { Type: 'Succeed' } }),
    );
    expect(described).toMatchObject({ status: 'FAILED', error: 'States.Runtime' });
  });
});

describe('Retry', () => {
  /** The seconds after the start at which the attempts were made. */
  async function attempts(retry: Record<string, unknown>[], errors: string[], random = 0.5): Promise<number[]> {
    const at: number[] = [];
    const run = failing(...errors);
    const lab: Lab = new Lab({
      'lambda:invoke': (args) => {
        at.push((lab.clock.now() - START) / 1000);
        return run(args);
      },
    });
    lab.random = random;
    await lab.run(task({ Retry: retry }));
    return at;
  }
  const five = ['A', 'A', 'A', 'A', 'A'];

  test.each<[string, Record<string, unknown>, number[]]>([
    ['defaults: 1 s, × 2, 3 attempts', {}, [0, 1, 3, 7]],
    [
      'IntervalSeconds and BackoffRate',
      { IntervalSeconds: 10, BackoffRate: 1.5, MaxAttempts: 4 },
      [0, 10, 25, 47.5, 81.25],
    ],
    ['MaxDelaySeconds', { IntervalSeconds: 10, MaxDelaySeconds: 15, MaxAttempts: 4 }, [0, 10, 25, 40, 55]],
    ['MaxAttempts 0', { MaxAttempts: 0 }, [0]],
    [
      'JitterStrategy FULL takes a random part of each delay',
      { IntervalSeconds: 8, JitterStrategy: 'FULL' },
      [0, 4, 12, 28],
    ],
  ])('%s', async (_, fields, expected) => {
    expect(await attempts([{ ErrorEquals: ['A'], ...fields }], five)).toEqual(expected);
  });

  test('jitter may leave no delay at all', async () => {
    expect(await attempts([{ ErrorEquals: ['A'], IntervalSeconds: 8, JitterStrategy: 'FULL' }], five, 0)).toEqual([
      0, 0, 0, 0,
    ]);
  });

  test('the first retrier that matches counts its own attempts', async () => {
    const retry = [
      { ErrorEquals: ['A'], IntervalSeconds: 1, BackoffRate: 1, MaxAttempts: 2 },
      { ErrorEquals: ['B', 'C'], IntervalSeconds: 10, BackoffRate: 1, MaxAttempts: 1 },
    ];
    expect(await attempts(retry, ['A', 'B', 'A'])).toEqual([0, 1, 11, 12]);
    expect(await attempts(retry, ['A', 'B', 'C'])).toEqual([0, 1, 11]);
    expect(await attempts(retry, ['D'])).toEqual([0]);
  });

  test('every attempt is a state transition, evaluates its Arguments anew and sees RetryCount and the same EnteredTime', async () => {
    const seen: unknown[] = [];
    const run = failing('A', 'A');
    const lab = new Lab({
      'lambda:invoke': (args) => {
        seen.push(args);
        return run(args);
      },
    });
    const state = '{% $states.context.State %}';
    await lab.run(task({ Arguments: { state, now: '{% $now() %}' }, Retry: [{ ErrorEquals: ['A'] }] }));
    const entered = '2026-06-01T00:00:00.000Z';
    expect(seen).toEqual([
      { state: { Name: 'Only', EnteredTime: entered, RetryCount: 0 }, now: entered },
      { state: { Name: 'Only', EnteredTime: entered, RetryCount: 1 }, now: '2026-06-01T00:00:01.000Z' },
      { state: { Name: 'Only', EnteredTime: entered, RetryCount: 2 }, now: '2026-06-01T00:00:03.000Z' },
    ]);
    expect(lab.counts.transition).toBe(3);
  });

  test('an execution that waits for its retry leaves the clock free', async () => {
    const lab = new Lab({ 'lambda:invoke': failing('A') });
    lab.create('machine', task({ Retry: [{ ErrorEquals: ['A'], IntervalSeconds: 60 }] }));
    await lab.start('machine');
    await lab.clock.rest();
    expect(lab.clock.held()).toEqual([]);
  });
});

describe('Catch', () => {
  const handlers = {
    First: { Type: 'Pass', Output: ['first', '{% $states.input %}'], End: true },
    Second: { Type: 'Pass', Output: ['second', '{% $states.input %}'], End: true },
  };

  test('the first catcher that matches gets the error output', async () => {
    const caught = [
      { ErrorEquals: ['B'], Next: 'First' },
      { ErrorEquals: ['A', 'C'], Next: 'Second' },
      { ErrorEquals: ['States.ALL'], Next: 'First' },
    ];
    const described = await new Lab({ 'lambda:invoke': failing('A') }).run(task({ Catch: caught }, handlers));
    expect(JSON.parse(described.output ?? '')).toEqual(['second', { Error: 'A', Cause: 'because' }]);
  });

  test('its Output and Assign see $states.errorOutput', async () => {
    const caught = {
      ErrorEquals: ['States.ALL'],
      Next: 'First',
      Output: { why: '{% $states.errorOutput.Error %}', was: '{% $states.input.a %}' },
      Assign: { cause: '{% $states.errorOutput.Cause %}' },
    };
    const first = { Type: 'Pass', Output: ['{% $states.input %}', '{% $cause %}'], End: true };
    const described = await new Lab({ 'lambda:invoke': failing('A') }).run(
      task({ Catch: [caught] }, { First: first }),
      { a: 1 },
    );
    expect(JSON.parse(described.output ?? '')).toEqual([{ why: 'A', was: 1 }, 'because']);
  });

  test('comes after the retries are used up', async () => {
    const run = failing('A', 'A');
    const fields = { Retry: [{ ErrorEquals: ['A'], MaxAttempts: 1 }], Catch: [{ ErrorEquals: ['A'], Next: 'First' }] };
    const lab = new Lab({ 'lambda:invoke': run });
    const { executionArn } = await lab.run(task(fields, { First: handlers.First }));
    expect(run.calls).toBe(2);
    expect((await lab.types(executionArn)).slice(-5)).toEqual([
      'TaskFailed',
      'TaskStateExited',
      'PassStateEntered',
      'PassStateExited',
      'ExecutionSucceeded',
    ]);
  });

  test.each([
    ['Arguments', { Arguments: '{% $states.input.none %}' }],
    ['Output', { Output: '{% $states.result.none %}' }],
    ['TimeoutSeconds', { TimeoutSeconds: '{% 0 %}' }],
    ['HeartbeatSeconds', { HeartbeatSeconds: "{% 'x' %}" }],
  ])('an expression that fails in %s is States.QueryEvaluationError, which can be caught', async (_, fields) => {
    const caught = [{ ErrorEquals: ['States.QueryEvaluationError'], Next: 'First' }];
    const lab = new Lab({ 'lambda:invoke': failing() });
    const described = await lab.run(task({ ...fields, Catch: caught }, { First: handlers.First }));
    expect(JSON.parse(described.output ?? '')).toMatchObject(['first', { Error: 'States.QueryEvaluationError' }]);
    expect(await lab.types(described.executionArn)).toContain('EvaluationFailed');
  });

  test.each([
    ['States.ALL', 'Custom', true],
    ['States.ALL', 'States.Timeout', true],
    ['States.ALL', 'States.DataLimitExceeded', false],
    ['States.ALL', 'States.Runtime', false],
    ['States.TaskFailed', 'Custom', true],
    ['States.TaskFailed', 'States.QueryEvaluationError', true],
    ['States.TaskFailed', 'States.Timeout', false],
    ['States.TaskFailed', 'States.DataLimitExceeded', false],
    ['States.DataLimitExceeded', 'States.DataLimitExceeded', true],
    ['States.Runtime', 'States.Runtime', false],
    ['States.Timeout', 'States.Timeout', true],
    ['custom', 'Custom', false],
  ])('%s on %s: %s', async (name, error, matches) => {
    const lab = new Lab({ 'lambda:invoke': failing(error) });
    const described = await lab.run(
      task({ Catch: [{ ErrorEquals: [name], Next: 'First' }] }, { First: handlers.First }),
    );
    expect(described.status).toBe(matches ? 'SUCCEEDED' : 'FAILED');
  });
});

/** A clock that goes on by hand and over whatever is held: to see a task outlast its time. */
class HandClock implements Clock {
  time = START;
  #timers: { at: number; run: () => void }[] = [];
  now(): number {
    return this.time;
  }
  timer(at: number, run: () => void) {
    const timer = { at, run };
    this.#timers.push(timer);
    const cancel = () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
    return { cancel };
  }
  hold(): () => void {
    return () => {};
  }
  get pending(): number {
    return this.#timers.length;
  }
  async pass(seconds: number): Promise<void> {
    await settled();
    this.time += seconds * 1000;
    for (const timer of this.#timers.filter(({ at }) => at <= this.time)) {
      this.#timers = this.#timers.filter((other) => other !== timer);
      timer.run();
    }
    await settled();
  }
}

function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
}

describe('time-outs of a task that works', () => {
  test('TimeoutSeconds ends it with States.Timeout; its late answer changes nothing', async () => {
    const clock = new HandClock();
    const late = Promise.withResolvers<unknown>();
    const lab = new Lab({ 'lambda:invoke': () => late.promise }, clock);
    lab.create('machine', task({ TimeoutSeconds: '{% $states.input.limit %}' }));
    const arn = await lab.start('machine', { limit: 5 });
    await clock.pass(4);
    expect((await lab.describe(arn)).status).toBe('RUNNING');
    await clock.pass(1);
    late.resolve({ Payload: 'late' });
    await settled();
    expect(await lab.describe(arn)).toMatchObject({ status: 'FAILED', error: 'States.Timeout' });
    expect((await lab.types(arn)).slice(-2)).toEqual(['TaskTimedOut', 'ExecutionFailed']);
  });

  test('an answer in time takes the timer off', async () => {
    const clock = new HandClock();
    const lab = new Lab({ 'lambda:invoke': () => ({}) }, clock);
    lab.create('machine', task({ TimeoutSeconds: 5, HeartbeatSeconds: 2 }));
    await lab.start('machine');
    await settled();
    expect(clock.pending).toBe(0);
  });
});

describe('a task that waits for its token', () => {
  const waiting = (fields: Record<string, unknown> = {}, more: Record<string, unknown> = {}) =>
    task({ Resource: TOKEN, Arguments: { token: '{% $states.context.Task.Token %}' }, ...fields }, more);

  /** A running execution that waits, and its token. */
  async function started(definition: Record<string, unknown>) {
    let token = '';
    const lab = new Lab({
      'lambda:invoke.waitForTaskToken': (args) => {
        token = (args as { token: string }).token;
        return { Payload: null, StatusCode: 200 };
      },
    });
    lab.create('machine', definition);
    const arn = await lab.start('machine');
    await lab.clock.rest();
    return { lab, arn, taskToken: token };
  }

  // AWS's samples in public code have 600 to 860 characters; SendTaskSuccess takes up to 1,024.
  test('gets a token as long as those of AWS', async () => {
    const { taskToken } = await started(waiting());
    expect(taskToken.length).toBeGreaterThanOrEqual(600);
    expect(taskToken.length).toBeLessThanOrEqual(1024);
  });

  test('succeeds with the output that the token brings, and leaves the clock free meanwhile', async () => {
    const { lab, arn, taskToken } = await started(waiting());
    expect(lab.clock.held()).toEqual([]);
    expect(await lab.service.call('SendTaskSuccess', { taskToken, output: '{"answered":true}' })).toEqual({});
    await lab.clock.rest();
    expect(await lab.describe(arn)).toMatchObject({ status: 'SUCCEEDED', output: '{"answered":true}' });
    expect(await lab.types(arn)).toEqual([
      'ExecutionStarted',
      'TaskStateEntered',
      'TaskScheduled',
      'TaskStarted',
      'TaskSubmitted',
      'TaskSucceeded',
      'TaskStateExited',
      'ExecutionSucceeded',
    ]);
  });

  test('fails with the error that the token brings, which can be caught', async () => {
    const caught = { Catch: [{ ErrorEquals: ['Operator.Refused'], Next: 'Refused' }] };
    const { lab, arn, taskToken } = await started(waiting(caught, { Refused: { Type: 'Succeed' } }));
    await lab.service.call('SendTaskFailure', { taskToken, error: 'Operator.Refused', cause: 'no' });
    await lab.clock.rest();
    expect((await lab.describe(arn)).output).toBe('{"Error":"Operator.Refused","Cause":"no"}');
  });

  test('a token that comes while the integration still works ends the task', async () => {
    const lab: Lab = new Lab({
      'lambda:invoke.waitForTaskToken': async (args) => {
        const { token } = args as { token: string };
        await lab.service.call('SendTaskSuccess', { taskToken: token, output: '1' });
        throw new StatesError('Lambda.Unknown', 'too late to matter');
      },
    });
    expect(await lab.run(waiting())).toMatchObject({ status: 'SUCCEEDED', output: '1' });
  });

  test('times out after TimeoutSeconds: States.Timeout, and a later token gets TaskTimedOut', async () => {
    const { lab, arn, taskToken } = await started(waiting({ TimeoutSeconds: '{% 60 * 60 %}' }));
    await lab.clock.run();
    expect(lab.clock.now()).toBe(START + 3_600_000);
    expect(await lab.describe(arn)).toMatchObject({ status: 'FAILED', error: 'States.Timeout' });
    expect((await lab.types(arn)).slice(-2)).toEqual(['TaskTimedOut', 'ExecutionFailed']);
    const calls = { SendTaskSuccess: { output: '1' }, SendTaskFailure: {}, SendTaskHeartbeat: {} };
    for (const [action, fields] of Object.entries(calls)) {
      expect(await codeOf(lab.service.call(action, { taskToken, ...fields }))).toBe('TaskTimedOut');
    }
  });

  test('a heartbeat that fails to come is States.Timeout, and answers to States.HeartbeatTimeout', async () => {
    const caught = { Catch: [{ ErrorEquals: ['States.HeartbeatTimeout'], Next: 'Silent' }] };
    const fields = { TimeoutSeconds: 600, HeartbeatSeconds: 60, ...caught };
    const { lab, arn, taskToken } = await started(waiting(fields, { Silent: { Type: 'Succeed' } }));
    await lab.clock.run(START + 50_000);
    await lab.service.call('SendTaskHeartbeat', { taskToken });
    await lab.clock.run();
    const described = await lab.describe(arn);
    expect(described).toMatchObject({ status: 'SUCCEEDED', output: '{"Error":"States.Timeout"}' });
    expect(described.stopDate - described.startDate).toBe(110);
  });

  test('a time-out proper is no heartbeat’s', async () => {
    const caught = { Catch: [{ ErrorEquals: ['States.HeartbeatTimeout'], Next: 'Silent' }] };
    const { lab, arn } = await started(waiting({ TimeoutSeconds: 60, ...caught }, { Silent: { Type: 'Succeed' } }));
    await lab.clock.run();
    expect(await lab.describe(arn)).toMatchObject({ status: 'FAILED', error: 'States.Timeout' });
  });

  test.each(['token first', 'time-out first'])(
    'of token and time-out at one instant one wins, the other loses (%s)',
    async (order) => {
      const { lab, arn, taskToken } = await started(waiting({ TimeoutSeconds: 60 }));
      const codes: string[] = [];
      const send = async () => {
        codes.push(await codeOf(lab.service.call('SendTaskSuccess', { taskToken, output: '1' })));
      };
      if (order === 'token first') lab.clock.outside(START + 60_000, send);
      else lab.clock.timer(START + 60_000, () => void send());
      await lab.clock.run();
      const expected = order === 'token first' ? ['SUCCEEDED', 'no error'] : ['FAILED', 'TaskTimedOut'];
      expect([(await lab.describe(arn)).status, ...codes]).toEqual(expected);
    },
  );

  test('each attempt has a token of its own; the one before gets TaskTimedOut', async () => {
    const { lab, arn, taskToken } = await started(waiting({ Retry: [{ ErrorEquals: ['Again'] }] }));
    await lab.service.call('SendTaskFailure', { taskToken, error: 'Again' });
    await lab.clock.run();
    expect(await codeOf(lab.service.call('SendTaskSuccess', { taskToken, output: '1' }))).toBe('TaskTimedOut');
    expect((await lab.describe(arn)).status).toBe('RUNNING');
  });

  test('tokens of nobody: InvalidToken when malformed, TaskDoesNotExist when the execution is unknown', async () => {
    const { taskToken } = await started(waiting());
    const other = new Lab();
    expect(await codeOf(other.service.call('SendTaskSuccess', { taskToken, output: '1' }))).toBe('TaskDoesNotExist');
    for (const bad of ['abc', '', undefined, `${taskToken.slice(0, -9)}AAAA`]) {
      expect(await codeOf(other.service.call('SendTaskSuccess', { taskToken: bad, output: '1' }))).toBe('InvalidToken');
    }
  });

  test('an output that is no JSON, or over 256 KiB, is InvalidOutput and the task goes on waiting', async () => {
    const { lab, arn, taskToken } = await started(waiting());
    for (const output of ['{', undefined, JSON.stringify('x'.repeat(262_143))]) {
      expect(await codeOf(lab.service.call('SendTaskSuccess', { taskToken, output }))).toBe('InvalidOutput');
    }
    expect((await lab.describe(arn)).status).toBe('RUNNING');
  });
});
