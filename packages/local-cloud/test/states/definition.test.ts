import { describe, expect, test } from 'vitest';
import { UnsupportedDefinition } from '../../src/states/world.ts';
import { Lab } from './lab.ts';

const done = { Type: 'Succeed' };

function create(definition: Record<string, unknown>): void {
  new Lab({ 'lambda:invoke': () => null }).create('machine', definition);
}

/** A machine whose first state is `state`, named "First". */
function first(state: Record<string, unknown>): () => void {
  return () => create({ StartAt: 'First', States: { First: state, ...('Next' in state ? { Done: done } : {}) } });
}

const task = { Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke', Arguments: {}, End: true };
const processor = { StartAt: 'In', States: { In: { Type: 'Pass', End: true } } };
const distributed = { ...processor, ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' } };
const reader = {
  Resource: 'arn:aws:states:::s3:getObject',
  ReaderConfig: { InputType: 'JSONL' },
  Arguments: { Bucket: 'b', Key: 'k' },
};
const map = { Type: 'Map', ItemProcessor: distributed, End: true };

describe('what is not implemented is an error that names state and field', () => {
  test.each<[string, Record<string, unknown>, string]>([
    ['JSONPath field', { Type: 'Pass', Result: 1, End: true }, 'state "First": field Result: is not implemented'],
    ['InputPath', { ...task, InputPath: '$.a' }, 'state "First": field InputPath'],
    ['Parameters', { ...task, Parameters: {} }, 'state "First": field Parameters'],
    [
      'a state of JSONPath',
      { Type: 'Pass', QueryLanguage: 'JSONPath', End: true },
      'state "First": field QueryLanguage: JSONPath',
    ],
    ['Credentials', { ...task, Credentials: {} }, 'state "First": field Credentials'],
    ['an unknown type', { Type: 'Activity', End: true }, 'state "First": field Type: Activity'],
    [
      'an unknown integration',
      { ...task, Resource: 'arn:aws:states:::batch:submitJob' },
      'field Resource: arn:aws:states:::batch:submitJob',
    ],
    ['an activity', { ...task, Resource: 'arn:aws:states:ap-south-1:111122223333:activity:a' }, 'field Resource'],
    ['.sync of another service', { ...task, Resource: 'arn:aws:states:::lambda:invoke.sync' }, 'field Resource'],
    ['a Task without Arguments', { Type: 'Task', Resource: task.Resource, End: true }, 'field Arguments: is missing'],
    [
      'an unknown Retry field',
      { ...task, Retry: [{ ErrorEquals: ['A'], Interval: 1 }] },
      'state "First" Retry 0: field Interval',
    ],
    [
      'an unknown Catch field',
      {
        Type: 'Task',
        Resource: task.Resource,
        Arguments: {},
        Catch: [{ ErrorEquals: ['A'], Next: 'Done', ResultPath: '$' }],
        Next: 'Done',
      },
      'state "First" Catch 0: field ResultPath',
    ],
    [
      'a Retry of less than 1 second',
      { ...task, Retry: [{ ErrorEquals: ['A'], IntervalSeconds: 0 }] },
      'Retry 0: field IntervalSeconds',
    ],
    [
      'MaxDelaySeconds ≤ IntervalSeconds',
      { ...task, Retry: [{ ErrorEquals: ['A'], IntervalSeconds: 5, MaxDelaySeconds: 5 }] },
      'Retry 0: field MaxDelaySeconds',
    ],
    [
      'States.ALL beside others',
      { ...task, Retry: [{ ErrorEquals: ['States.ALL', 'A'] }] },
      'Retry 0: field ErrorEquals',
    ],
    [
      'States.ALL before others',
      { ...task, Retry: [{ ErrorEquals: ['States.ALL'] }, { ErrorEquals: ['A'] }] },
      'Retry 0: field ErrorEquals',
    ],
    [
      'an unknown jitter',
      { ...task, Retry: [{ ErrorEquals: ['A'], JitterStrategy: 'HALF' }] },
      'Retry 0: field JitterStrategy: HALF',
    ],
    ['TimeoutSeconds 0', { ...task, TimeoutSeconds: 0 }, 'field TimeoutSeconds'],
    ['Heartbeat ≥ Timeout', { ...task, TimeoutSeconds: 5, HeartbeatSeconds: 5 }, 'field HeartbeatSeconds'],
    ['Next and End', { ...task, Next: 'Done' }, 'field Next'],
    ['neither Next nor End', { Type: 'Pass' }, 'field Next'],
    ['a Next that is nowhere', { Type: 'Pass', Next: 'Nowhere' }, 'state "First": field Next: no state "Nowhere"'],
    [
      'Seconds and Timestamp',
      { Type: 'Wait', Seconds: 1, Timestamp: '2026-06-01T00:00:00Z', End: true },
      'field Seconds',
    ],
    ['a Timestamp that is none', { Type: 'Wait', Timestamp: 'tomorrow', End: true }, 'field Timestamp'],
    [
      'a JSONPath choice',
      { Type: 'Choice', Choices: [{ Variable: '$.a', IsNull: true, Next: 'First' }] },
      'state "First" choice 0: field Variable: is not implemented',
    ],
    ['Assign of states', { Type: 'Pass', Assign: { states: 1 }, End: true }, 'field Assign/states'],
    ['Assign of no name', { Type: 'Pass', Assign: { 'a-b': 1 }, End: true }, 'field Assign/a-b'],
    [
      'an Assign of an outer variable',
      {
        Type: 'Map',
        Items: [1],
        Assign: { x: 1 },
        End: true,
        ItemProcessor: { StartAt: 'In', States: { In: { Type: 'Pass', Assign: { x: 2 }, End: true } } },
      },
      'state "In": field Assign/x: an outer scope has this variable',
    ],
    [
      'an iterator',
      { Type: 'Map', Iterator: processor, End: true },
      'state "First": field Iterator: is not implemented',
    ],
    [
      'an unknown mode',
      { ...map, ItemProcessor: { ...processor, ProcessorConfig: { Mode: 'FAST' } } },
      'state "First" ProcessorConfig: field Mode: FAST',
    ],
    [
      'Express children',
      { ...map, ItemProcessor: { ...processor, ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'EXPRESS' } } },
      'field ExecutionType: EXPRESS',
    ],
    [
      'a batcher inline',
      { ...map, ItemProcessor: processor, ItemBatcher: { MaxItemsPerBatch: 2 } },
      'field ItemBatcher',
    ],
    ['an empty batcher', { ...map, ItemBatcher: {} }, 'ItemBatcher: field MaxItemsPerBatch'],
    [
      'an unknown batcher field',
      { ...map, ItemBatcher: { MaxItemsPerBatch: 1, MaxItemsPerBatchPath: '$.a' } },
      'ItemBatcher: field MaxItemsPerBatchPath',
    ],
    [
      'a reader of a listing',
      { ...map, ItemReader: { ...reader, Resource: 'arn:aws:states:::s3:listObjectsV2' } },
      'ItemReader: field Resource: arn:aws:states:::s3:listObjectsV2',
    ],
    [
      'an unknown InputType',
      { ...map, ItemReader: { ...reader, ReaderConfig: { InputType: 'MANIFEST' } } },
      'ReaderConfig: field InputType: MANIFEST',
    ],
    [
      'a wrong InputType',
      { ...map, ItemReader: { ...reader, ReaderConfig: { InputType: 'jsonl' } } },
      'ReaderConfig: field InputType: jsonl',
    ],
    [
      'no CSV header',
      { ...map, ItemReader: { ...reader, ReaderConfig: { InputType: 'CSV' } } },
      'ReaderConfig: field CSVHeaderLocation',
    ],
    [
      'a version to read',
      { ...map, ItemReader: { ...reader, Arguments: { Bucket: 'b', Key: 'k', VersionId: 'v' } } },
      'ItemReader: field Arguments/VersionId',
    ],
    ['an empty writer', { ...map, ResultWriter: {} }, 'ResultWriter: field Resource'],
    [
      'an unknown transformation',
      { ...map, ResultWriter: { WriterConfig: { Transformation: 'ZIP' } } },
      'WriterConfig: field Transformation: ZIP',
    ],
    ['a count of −1', { ...map, ToleratedFailureCount: -1 }, 'field ToleratedFailureCount'],
    ['a percentage of 101', { ...map, ToleratedFailurePercentage: 101 }, 'field ToleratedFailurePercentage'],
    ['a label with a colon', { ...map, Label: 'a:b' }, 'field Label'],
  ])('%s', (_, state, message) => {
    expect(first(state)).toThrow(UnsupportedDefinition);
    expect(first(state)).toThrow(`state machine machine: `);
    expect(first(state)).toThrow(message);
  });
});

describe('the definition as a whole', () => {
  test('JSONPath is refused', () => {
    expect(() => create({ QueryLanguage: 'JSONPath', StartAt: 'A', States: { A: done } })).toThrow(
      'field QueryLanguage',
    );
  });

  test('an unknown field is named', () => {
    expect(() => create({ StartAt: 'A', States: { A: done }, Processor: 1 })).toThrow(
      'definition: field Processor: is not implemented',
    );
  });

  test('StartAt names a state', () => {
    expect(() => create({ StartAt: 'B', States: { A: done } })).toThrow('field StartAt: there is no state "B" here');
  });

  test('a state that nothing leads to is named', () => {
    expect(() => create({ StartAt: 'A', States: { A: done, B: done } })).toThrow('state "B": no transition leads here');
  });

  test('names are unique in a machine, its branches included', () => {
    const branch = { StartAt: 'A', States: { A: done } };
    const parallel = { Type: 'Parallel', Branches: [branch, branch], End: true };
    expect(() => create({ StartAt: 'P', States: { P: parallel } })).toThrow('field A: this name is taken');
  });

  test('a machine that is not Standard is refused', () => {
    const spec = {
      name: 'm',
      arn: 'arn:m',
      roleArn: 'r',
      definition: { QueryLanguage: 'JSONata', StartAt: 'A', States: { A: done } },
    };
    expect(() => new Lab().service.createStateMachine({ ...spec, type: 'EXPRESS' })).toThrow(
      'EXPRESS is not implemented',
    );
  });

  test('text that is no JSON is refused', () => {
    const spec = { name: 'm', arn: 'arn:m', roleArn: 'r', type: 'STANDARD', definition: '{' };
    expect(() => new Lab().service.createStateMachine(spec)).toThrow('definition: is no JSON');
  });
});

test('every field of every kind of object loads', () => {
  const common = { Comment: 'c', QueryLanguage: 'JSONata', Output: 1, Assign: { x: 1 } };
  const retry = {
    Comment: 'c',
    ErrorEquals: ['A'],
    IntervalSeconds: 1,
    MaxAttempts: 1,
    BackoffRate: 1,
    MaxDelaySeconds: 2,
    JitterStrategy: 'NONE',
  };
  const failing = {
    Retry: [retry],
    Catch: [{ Comment: 'c', ErrorEquals: ['A'], Next: 'Done', Output: 1, Assign: { y: 1 } }],
  };
  const inner = { Comment: 'c', StartAt: 'In', States: { In: { Type: 'Pass', End: true } } };
  const states = {
    Pass: { Type: 'Pass', ...common, Next: 'Wait' },
    Wait: { Type: 'Wait', ...common, Seconds: 1, Next: 'Choice' },
    Choice: {
      Type: 'Choice',
      ...common,
      Choices: [{ Comment: 'c', Condition: '{% true %}', Next: 'Task', Output: 1, Assign: { z: 1 } }],
      Default: 'Fail',
    },
    Task: { ...task, ...common, ...failing, TimeoutSeconds: 9, HeartbeatSeconds: 3, End: undefined, Next: 'Both' },
    Both: { Type: 'Parallel', ...common, ...failing, Arguments: {}, Branches: [inner], Next: 'Map' },
    Map: {
      Type: 'Map',
      ...common,
      ...failing,
      ItemReader: {
        ...reader,
        ReaderConfig: {
          InputType: 'CSV',
          CSVHeaderLocation: 'GIVEN',
          CSVHeaders: ['a'],
          CSVDelimiter: 'TAB',
          MaxItems: 1,
        },
      },
      ItemSelector: 1,
      ItemBatcher: { MaxItemsPerBatch: 1, MaxInputBytesPerBatch: 1, BatchInput: 1 },
      ItemProcessor: {
        ...distributed,
        Comment: 'c',
        StartAt: 'Child',
        States: { Child: { Type: 'Succeed', Comment: 'c', Output: 1 } },
      },
      MaxConcurrency: 1,
      ToleratedFailureCount: 1,
      ToleratedFailurePercentage: 1,
      ResultWriter: {
        Resource: 'arn:aws:states:::s3:putObject',
        Arguments: { Bucket: 'b', Prefix: 'p' },
        WriterConfig: { OutputType: 'JSONL', Transformation: 'FLATTEN' },
      },
      Label: 'L',
      End: true,
    },
    Fail: { Type: 'Fail', Comment: 'c', Error: 'E', Cause: 'C' },
    Done: done,
  };
  expect(() =>
    create({ Comment: 'c', Version: '1.0', TimeoutSeconds: 9, StartAt: 'Pass', States: states }),
  ).not.toThrow();
});
