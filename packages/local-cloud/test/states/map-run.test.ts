import { describe, expect, test } from 'vitest';
import { StatesError } from '../../src/errors.ts';
import { shuffledBy } from '../../src/faults.ts';
import { chain, type Described, Lab } from './lab.ts';

const INVOKE = 'arn:aws:states:::lambda:invoke';
const same = { Same: { Type: 'Pass' } };

function map(fields: Record<string, unknown>, states: Record<string, Record<string, unknown>> = same) {
  const config = { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' };
  return chain({
    Each: { Type: 'Map', Label: 'Each', ItemProcessor: { ...chain(states), ProcessorConfig: config }, ...fields },
  });
}

function reader(InputType: string, more: Record<string, unknown> = {}) {
  return {
    ItemReader: {
      Resource: 'arn:aws:states:::s3:getObject',
      ReaderConfig: { InputType, ...more },
      Arguments: { Bucket: 'work', Key: '{% $states.input.key %}' },
    },
  };
}

/** Runs a Map over the object `work/items`. */
async function over(body: string, definition: Record<string, unknown>, lab = new Lab()) {
  lab.objects.set('work/items', body);
  return { lab, described: await lab.run(definition, { key: 'items' }) };
}

function out(described: Described): unknown {
  if (described.output === undefined) throw new Error(`${described.error}: ${described.cause}`);
  return JSON.parse(described.output);
}

describe('ItemReader', () => {
  test.each([
    ['JSONL', {}, '{"a":1}\n\n[2]\r\n"x"\n', [{ a: 1 }, [2], 'x']],
    ['JSON', {}, '[{"a":1},2]', [{ a: 1 }, 2]],
    [
      'CSV',
      { CSVHeaderLocation: 'FIRST_ROW' },
      'a,b\n1,"x,y"\n2\n3,z,more\n',
      [
        { a: '1', b: 'x,y' },
        { a: '2', b: '' },
        { a: '3', b: 'z' },
      ],
    ],
    [
      'CSV',
      { CSVHeaderLocation: 'GIVEN', CSVHeaders: ['p', 'q'], CSVDelimiter: 'SEMICOLON' },
      '1;2\n',
      [{ p: '1', q: '2' }],
    ],
    ['JSONL', { MaxItems: 2 }, '1\n2\n3\n', [1, 2]],
    ['JSONL', { MaxItems: '{% 1 %}' }, '1\n2\n3\n', [1]],
    ['JSONL', { MaxItems: 0 }, '1\n2\n', [1, 2]],
    ['JSONL', {}, '', []],
  ])('%s %j', async (type, more, body, items) => {
    const { described } = await over(body, map(reader(type, more)));
    expect(out(described)).toEqual(items);
  });

  test.each([
    ['JSONL', {}, '{"a":1}\n{'],
    ['JSON', {}, '{'],
    ['JSON', {}, '{"a":1}'],
    ['CSV', { CSVHeaderLocation: 'FIRST_ROW' }, 'a,a\n1,2\n'],
    ['CSV', { CSVHeaderLocation: 'FIRST_ROW' }, 'a,b\n"1,2\n'],
  ])('%s %j of %j is States.ItemReaderFailed', async (type, more, body) => {
    const { lab, described } = await over(body, map(reader(type, more)));
    expect(described).toMatchObject({ status: 'FAILED', error: 'States.ItemReaderFailed' });
    expect((await lab.types(described.executionArn)).slice(-3)).toEqual([
      'MapRunFailed',
      'MapStateFailed',
      'ExecutionFailed',
    ]);
  });

  test('a missing object is States.ItemReaderFailed', async () => {
    expect(await new Lab().run(map(reader('JSON')), { key: 'none' })).toMatchObject({
      error: 'States.ItemReaderFailed',
    });
  });
});

describe('ItemBatcher', () => {
  const jsonl = (...items: unknown[]) => items.map((item) => `${JSON.stringify(item)}\n`).join('');

  test('cuts the items, after ItemSelector, into batches of MaxItemsPerBatch', async () => {
    const { lab, described } = await over(
      jsonl(1, 2, 3, 4, 5),
      map({
        ...reader('JSONL'),
        ItemSelector: { i: '{% $states.context.Map.Item.Index %}', v: '{% $states.context.Map.Item.Value %}' },
        ItemBatcher: { MaxItemsPerBatch: '{% 2 %}', BatchInput: { from: '{% $states.input.key %}' } },
      }),
    );
    expect(out(described)).toEqual([
      {
        BatchInput: { from: 'items' },
        Items: [
          { i: 0, v: 1 },
          { i: 1, v: 2 },
        ],
      },
      {
        BatchInput: { from: 'items' },
        Items: [
          { i: 2, v: 3 },
          { i: 3, v: 4 },
        ],
      },
      { BatchInput: { from: 'items' }, Items: [{ i: 4, v: 5 }] },
    ]);
    expect(lab.counts.mapChildStart).toBe(3);
  });

  test('without BatchInput a child gets Items alone', async () => {
    const { described } = await over(jsonl(1), map({ ...reader('JSONL'), ItemBatcher: { MaxItemsPerBatch: 9 } }));
    expect(out(described)).toEqual([{ Items: [1] }]);
  });

  test('MaxInputBytesPerBatch counts the whole input: frame, BatchInput and commas', async () => {
    // {"Items":["aaaaa","bbbbb"]} has 27 bytes, with a third item it would have 35
    const items = ['aaaaa', 'bbbbb', 'ccccc'];
    const batches = async (MaxInputBytesPerBatch: number) =>
      out((await over(jsonl(...items), map({ ...reader('JSONL'), ItemBatcher: { MaxInputBytesPerBatch } }))).described);
    expect(await batches(36)).toEqual([{ Items: items }]);
    expect(await batches(30)).toEqual([{ Items: ['aaaaa', 'bbbbb'] }, { Items: ['ccccc'] }]);
    expect(await batches(1)).toEqual([{ Items: ['aaaaa'] }, { Items: ['bbbbb'] }, { Items: ['ccccc'] }]);
  });

  test('a batch never exceeds 256 KiB, however many items it may have', async () => {
    const lab = new Lab();
    const big = 'x'.repeat(100_000);
    const sizes = { Count: { Type: 'Pass', Output: '{% $count($states.input.Items) %}' } };
    const { described } = await over(
      jsonl(big, big, big),
      map({ ...reader('JSONL'), ItemBatcher: { MaxItemsPerBatch: 100 } }, sizes),
      lab,
    );
    expect(out(described)).toEqual([2, 1]);
  });

  test('an item that alone exceeds 256 KiB is States.DataLimitExceeded', async () => {
    const { described } = await over(
      jsonl('x'.repeat(262_144)),
      map({ ...reader('JSONL'), ItemBatcher: { MaxItemsPerBatch: 2 } }),
    );
    expect(described.error).toBe('States.DataLimitExceeded');
  });
});

describe('a Map Run', () => {
  test('is seen through the API: the run, its children, their histories', async () => {
    const lab = new Lab();
    const described = await lab.run(map({ MaxConcurrency: 2 }), [1, 2, 3]);
    const { mapRuns } = await lab.service.call('ListMapRuns', { executionArn: described.executionArn });
    const [{ mapRunArn } = { mapRunArn: '' }] = mapRuns as { mapRunArn: string }[];
    expect(mapRunArn).toMatch(/^arn:aws:states:ap-south-1:111122223333:mapRun:machine\/Each:[0-9a-f-]{36}$/);
    const run = await lab.service.call('DescribeMapRun', { mapRunArn });
    expect(run).toMatchObject({
      status: 'SUCCEEDED',
      executionArn: described.executionArn,
      maxConcurrency: 2,
      itemCounts: { total: 3, succeeded: 3, pending: 0, running: 0, failed: 0, resultsWritten: 3 },
      executionCounts: { total: 3, succeeded: 3 },
    });
    const { executions } = await lab.service.call('ListExecutions', { mapRunArn });
    const [last] = executions as { executionArn: string; stateMachineArn: string }[];
    expect(executions).toHaveLength(3);
    expect(last?.executionArn).toMatch(
      /^arn:aws:states:ap-south-1:111122223333:execution:machine\/Each:[0-9a-f-]{36}$/,
    );
    expect(last?.stateMachineArn).toBe('arn:aws:states:ap-south-1:111122223333:stateMachine:machine/Each');
    expect(await lab.types(last?.executionArn ?? '')).toEqual([
      'ExecutionStarted',
      'PassStateEntered',
      'PassStateExited',
      'ExecutionSucceeded',
    ]);
    expect(await lab.types(described.executionArn)).toEqual([
      'ExecutionStarted',
      'MapStateEntered',
      'MapStateStarted',
      'MapRunStarted',
      'MapRunSucceeded',
      'MapStateSucceeded',
      'MapStateExited',
      'ExecutionSucceeded',
    ]);
  });

  test('announces its parent’s changes of status, not its children’s', async () => {
    const lab = new Lab();
    await lab.run(map({}), [1, 2]);
    expect(lab.changes.map(({ name, status }) => [name === lab.changes[0]?.name, status])).toEqual([
      [true, 'RUNNING'],
      [true, 'SUCCEEDED'],
    ]);
  });

  test('a child’s context is its own', async () => {
    const described = await new Lab().run(map({}, { Look: { Type: 'Pass', Output: '{% $states.context %}' } }), ['i']);
    expect(out(described)).toMatchObject([
      {
        Execution: { Id: expect.stringContaining(':execution:machine/Each:'), Input: 'i' },
        StateMachine: { Id: expect.stringContaining(':stateMachine:machine/Each'), Name: 'machine/Each' },
      },
    ]);
    expect(out(described)).not.toMatchObject([{ Map: expect.anything() }]);
  });

  test('MaxConcurrency bounds the children at once; children that wait leave the clock free', async () => {
    const described = await new Lab().run(
      map({ MaxConcurrency: 2 }, { Rest: { Type: 'Wait', Seconds: 10 } }),
      [1, 2, 3, 4, 5],
    );
    expect(described.stopDate - described.startDate).toBe(30);
  });

  test('an output over 256 KiB is States.DataLimitExceeded', async () => {
    const big = { Big: { Type: 'Pass', Output: "{% $pad('x', 100000, 'x') %}" } };
    expect(await new Lab().run(map({}, big), [1, 2, 3])).toMatchObject({ error: 'States.DataLimitExceeded' });
  });

  test('stopping the execution aborts the run and its children', async () => {
    const lab = new Lab();
    lab.create('machine', map({}, { Rest: { Type: 'Wait', Seconds: 60 } }));
    const executionArn = await lab.start('machine', [1, 2]);
    await lab.clock.rest();
    await lab.service.call('StopExecution', { executionArn });
    await lab.clock.run();
    const { mapRuns } = await lab.service.call('ListMapRuns', { executionArn });
    const [{ mapRunArn } = { mapRunArn: '' }] = mapRuns as { mapRunArn: string }[];
    expect(await lab.service.call('DescribeMapRun', { mapRunArn })).toMatchObject({
      status: 'ABORTED',
      executionCounts: { aborted: 2 },
    });
    expect((await lab.types(executionArn)).at(-1)).toBe('ExecutionAborted');
    expect(lab.clock.held()).toEqual([]);
  });

  test('of a thousand children the first hundred keep their histories, and all their statuses', async () => {
    const lab = new Lab();
    const items = Array.from({ length: 1000 }, (_, i) => i);
    const described = await lab.run(
      map({ ItemBatcher: { MaxItemsPerBatch: 1 } }, { Rest: { Type: 'Wait', Seconds: 1, Output: 1 } }),
      items,
    );
    expect(out(described)).toEqual(items.map(() => 1));
    const { mapRuns } = await lab.service.call('ListMapRuns', { executionArn: described.executionArn });
    const [{ mapRunArn } = { mapRunArn: '' }] = mapRuns as { mapRunArn: string }[];
    const { executions } = await lab.service.call('ListExecutions', {
      mapRunArn,
      maxResults: 1000,
      statusFilter: 'SUCCEEDED',
    });
    const arns = (executions as { executionArn: string }[]).map(({ executionArn }) => executionArn).reverse();
    expect(arns).toHaveLength(1000);
    expect(await lab.types(arns[99] ?? '')).toHaveLength(4);
    expect(await lab.types(arns[100] ?? '')).toEqual(['ExecutionStarted', 'ExecutionSucceeded']);
  });
});

describe('tolerated failures', () => {
  /** Runs over `total` items, of which the first `bad` fail. */
  async function tolerate(fields: Record<string, unknown>, bad: number, total: number) {
    const lab = new Lab({
      'lambda:invoke': (args) => {
        const { n, items } = args as { n?: number; items?: number[] };
        if ((n ?? items?.[0] ?? total) < bad) throw new StatesError('Bad', 'item');
        return 'good';
      },
    });
    const call = {
      Type: 'Task',
      Resource: INVOKE,
      Arguments: '{% $exists($states.input.Items) ? {"items": $states.input.Items} : {"n": $states.input} %}',
    };
    const items = Array.from({ length: total }, (_, i) => i);
    return { lab, described: await lab.run(map(fields, { Call: call }), items) };
  }

  test.each([
    [{}, 0, 10, true],
    [{}, 1, 10, false],
    [{ ToleratedFailureCount: 2 }, 2, 10, true],
    [{ ToleratedFailureCount: 2 }, 3, 10, false],
    [{ ToleratedFailurePercentage: 30 }, 3, 10, true],
    [{ ToleratedFailurePercentage: 30 }, 4, 10, false],
    [{ ToleratedFailurePercentage: '{% 100 %}' }, 10, 10, true],
    [{ ToleratedFailureCount: 5, ToleratedFailurePercentage: 10 }, 2, 10, false],
    [{ ToleratedFailureCount: 1, ToleratedFailurePercentage: 50 }, 2, 10, false],
    [{ ToleratedFailureCount: 5, ItemBatcher: { MaxItemsPerBatch: 5 } }, 1, 10, true],
    [{ ToleratedFailureCount: 4, ItemBatcher: { MaxItemsPerBatch: 5 } }, 1, 10, false],
  ])('%j with %i of %i: %s (a failed batch fails all its items)', async (fields, bad, total, succeeds) => {
    const { described } = await tolerate({ MaxConcurrency: 1, ...fields }, bad, total);
    if (succeeds) expect(described.status).toBe('SUCCEEDED');
    else expect(described).toMatchObject({ status: 'FAILED', error: 'States.ExceedToleratedFailureThreshold' });
  });

  test('a child that failed stands in the result with its metadata', async () => {
    const { described } = await tolerate({ ToleratedFailureCount: 1 }, 1, 2);
    expect(out(described)).toMatchObject([{ Status: 'FAILED', Error: 'Bad', Cause: 'item', Input: '0' }, 'good']);
  });

  test('beyond the tolerance nothing more is started', async () => {
    const { lab } = await tolerate({ MaxConcurrency: 1, ToleratedFailureCount: 2 }, 10, 10);
    expect(lab.counts.mapChildStart).toBe(3);
  });
});

describe('ResultWriter', () => {
  const writer = (config: Record<string, unknown> | null, more: Record<string, unknown> = {}) => ({
    ResultWriter: {
      Resource: 'arn:aws:states:::s3:putObject',
      Arguments: { Bucket: 'work', Prefix: '{% $states.input.prefix %}' },
      ...(config === null ? {} : { WriterConfig: config }),
    },
    Items: '{% $states.input.items %}',
    ...more,
  });

  async function write(
    fields: Record<string, unknown>,
    items: unknown[],
    states = same,
    integrations = {},
    lab = new Lab(integrations),
  ) {
    const described = await lab.run(map(fields, states), { prefix: 'results/one', items });
    const manifests = [...lab.objects.keys()].filter((key) => key.endsWith('/manifest.json'));
    const manifest = JSON.parse(lab.objects.get(manifests[0] ?? '') ?? 'null');
    return { lab, described, manifest, manifestKey: manifests[0] ?? '' };
  }

  test('the output names the run and the manifest, the manifest the files with their sizes', async () => {
    const { lab, described, manifest, manifestKey } = await write(
      writer({ OutputType: 'JSONL', Transformation: 'FLATTEN' }),
      [[1, 2], [], 3, [{ a: 'é' }]],
    );
    const details = out(described) as { MapRunArn: string; ResultWriterDetails: { Bucket: string; Key: string } };
    const id = details.MapRunArn.split(':').at(-1);
    expect(details).toEqual({
      MapRunArn: expect.stringContaining(':mapRun:machine/Each:'),
      ResultWriterDetails: { Bucket: 'work', Key: `results/one/${id}/manifest.json` },
    });
    expect(manifestKey).toBe(`work/results/one/${id}/manifest.json`);
    const file = '1\n2\n3\n{"a":"é"}\n';
    expect(manifest).toEqual({
      DestinationBucket: 'work',
      MapRunArn: details.MapRunArn,
      ResultFiles: {
        FAILED: [],
        PENDING: [],
        SUCCEEDED: [{ Key: `results/one/${id}/SUCCEEDED_0.jsonl`, Size: Buffer.byteLength(file) }],
      },
    });
    expect(lab.objects.get(`work/results/one/${id}/SUCCEEDED_0.jsonl`)).toBe(file);
  });

  const body = ({ lab, manifest }: Awaited<ReturnType<typeof write>>, kind = 'SUCCEEDED') =>
    lab.objects.get(`work/${manifest.ResultFiles[kind][0].Key}`) ?? '';

  // AWS documents no order of the results in these files: what reads them must do with any.
  test('writes the results in another order where a plan shuffles them: each once, the same order for the same seed', async () => {
    const items = [...Array(20).keys()];
    const shuffled = async (seed: number) => {
      const lab = new Lab();
      lab.shuffle = (runArn, results) => shuffledBy(seed, runArn, results);
      const written = await write(writer({ OutputType: 'JSON', Transformation: 'COMPACT' }), items, same, {}, lab);
      return JSON.parse(body(written)) as number[];
    };
    const [first, again, other] = [await shuffled(1), await shuffled(1), await shuffled(2)];
    expect(first).not.toEqual(items);
    expect(first.toSorted((a, b) => a - b)).toEqual(items);
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
  });

  test('COMPACT keeps each output as it is', async () => {
    expect(body(await write(writer({ OutputType: 'JSON', Transformation: 'COMPACT' }), [[1, 2], 3]))).toBe('[[1,2],3]');
    expect(body(await write(writer({ OutputType: 'JSONL', Transformation: 'COMPACT' }), [[1, 2], 3]))).toBe(
      '[1,2]\n3\n',
    );
  });

  test('FLATTEN opens one level of arrays', async () => {
    expect(body(await write(writer({ OutputType: 'JSON', Transformation: 'FLATTEN' }), [[1, [2]], 3]))).toBe(
      '[1,[2],3]',
    );
  });

  test('without WriterConfig the records hold the metadata, as JSON', async () => {
    expect(JSON.parse(body(await write(writer(null), [{ a: 1 }])))).toEqual([
      {
        ExecutionArn: expect.stringContaining(':execution:machine/Each:'),
        Input: '{"a":1}',
        InputDetails: { Included: true },
        Name: expect.any(String),
        Output: '{"a":1}',
        OutputDetails: { Included: true },
        RedriveCount: 0,
        RedriveStatus: 'NOT_REDRIVABLE',
        RedriveStatusReason: 'Execution is SUCCEEDED and cannot be redriven',
        StartDate: '2026-06-01T00:00:00.000Z',
        StateMachineArn: 'arn:aws:states:ap-south-1:111122223333:stateMachine:machine/Each',
        Status: 'SUCCEEDED',
        StopDate: '2026-06-01T00:00:00.000Z',
      },
    ]);
  });

  const failing = {
    'lambda:invoke': (args: unknown) => {
      if (args === 'bad') throw new StatesError('Bad');
      return args;
    },
  };
  const call = { Call: { Type: 'Task', Resource: INVOKE, Arguments: '{% $states.input %}' } };
  const compact = { OutputType: 'JSON', Transformation: 'COMPACT' };

  test('tolerated failures go to FAILED files, with their metadata whatever the transformation', async () => {
    const written = await write(writer(compact, { ToleratedFailureCount: 1 }), ['good', 'bad'], call as never, failing);
    expect(written.described.status).toBe('SUCCEEDED');
    expect(body(written)).toBe('["good"]');
    expect(JSON.parse(body(written, 'FAILED'))).toMatchObject([{ Status: 'FAILED', Error: 'Bad', Input: '"bad"' }]);
  });

  test('a run that fails writes what there is, and lists what was not started as PENDING', async () => {
    const written = await write(
      writer(compact, { MaxConcurrency: 1 }),
      ['good', 'bad', 'later'],
      call as never,
      failing,
    );
    expect(written.described.error).toBe('States.ExceedToleratedFailureThreshold');
    expect(body(written)).toBe('["good"]');
    expect(JSON.parse(body(written, 'PENDING'))).toMatchObject([{ Input: '"later"' }]);
  });

  test('without a Resource the formatted result is the output', async () => {
    const fields = { ResultWriter: { WriterConfig: { OutputType: 'JSON', Transformation: 'FLATTEN' } } };
    expect(out(await new Lab().run(map(fields), [[1, 2], 3]))).toEqual([1, 2, 3]);
  });

  test('a bucket that takes nothing is States.ResultWriterFailed', async () => {
    const lab = new Lab();
    lab.objects.set = () => {
      throw new Error('NoSuchBucket');
    };
    const described = await lab.run(map(writer(null)), { prefix: 'p', items: [1] });
    expect(described.error).toBe('States.ResultWriterFailed');
  });
});
