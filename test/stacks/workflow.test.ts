import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Match } from 'aws-cdk-lib/assertions';
import { compile, evaluate } from 'local-cloud';
import { describe, expect, it } from 'vitest';
import { administratorNotice, BATCH_FAILING, DIRECTION_FAILING } from '../../lambdas/domain/notices.ts';
import { stageFromContext } from '../../lib/config/context.ts';
import { unnamed } from '../../lib/config/participants.ts';
import { checkStage } from '../../lib/config/stage.ts';
import { objectsIn, placesOf } from './places.ts';
import { definitionOf, synthesized } from './synthesized.ts';

const { workflow } = synthesized();
const batch = definitionOf(workflow, 'Batch');
const direction = definitionOf(workflow, 'Direction');
const importByPieces = definitionOf(workflow, 'ImportByPieces');

type AslValidator = (definition: unknown) => { isValid: boolean; errors: unknown[] };
const validate: AslValidator = createRequire(import.meta.url)('asl-validator');

interface Retrier {
  ErrorEquals: string[];
}

/** Every value of a field, at whatever depth of a definition, in the order in which they stand there. */
const fieldsIn = (definition: unknown, name: string): unknown[] =>
  typeof definition !== 'object' || definition === null
    ? []
    : Object.entries(definition).flatMap(([key, value]) => [
        ...(key === name ? [value] : []),
        ...fieldsIn(value, name),
      ]);
const retriersIn = (definition: unknown) => fieldsIn(definition, 'Retry').flat() as Retrier[];
const catchersIn = (definition: unknown) =>
  (fieldsIn(definition, 'Catch').flat() as Retrier[]).map(({ ErrorEquals }) => ErrorEquals);

/** The names of all variables that a definition assigns anywhere. */
const assignedIn = (definition: unknown) =>
  fieldsIn(definition, 'Assign').flatMap((assigned) => Object.keys(assigned as object));

describe('the workflow stack', () => {
  it.each([
    ['Batch', batch],
    ['Direction', direction],
    ['ImportByPieces', importByPieces],
  ])('has a valid definition of %s', (_, definition) => {
    const { isValid, errors } = validate(definition);
    expect(errors).toEqual([]);
    expect(isValid).toBe(true);
  });

  it('reads runs of the screened handsets, one to a child, and writes what children return', () => {
    expect(batch.States['Expand handsets into links']).toMatchObject({
      Type: 'Map',
      ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' } },
      ItemReader: {
        Resource: 'arn:aws:states:::s3:getObject',
        ReaderConfig: { InputType: 'JSONL' },
        Arguments: { Key: '{% $batch.runsKey %}' },
      },
      ItemSelector: { handsetsKey: '{% $batch.handsetsKey %}', run: '{% $states.context.Map.Item.Value %}' },
      ResultWriter: {
        Resource: 'arn:aws:states:::s3:putObject',
        WriterConfig: { OutputType: 'JSONL', Transformation: 'FLATTEN' },
      },
    });
  });

  it('reads the shards for Claim, and the directions where they are more than 40, from manifests', () => {
    expect(batch.States['Claim numbers and handsets']).toMatchObject({
      ItemReader: { ReaderConfig: { InputType: 'JSONL' }, Arguments: { Key: '{% $gathered.manifestKey %}' } },
      ResultWriter: { WriterConfig: { OutputType: 'JSONL', Transformation: 'FLATTEN' } },
    });
    expect(batch.States['Direct the operators at scale']).toMatchObject({
      ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' } },
      ItemReader: { ReaderConfig: { InputType: 'JSONL' }, Arguments: { Key: '{% $planned.manifestKey %}' } },
      ItemBatcher: { MaxItemsPerBatch: 40, BatchInput: { round: '{% $attempt %}' } },
      ResultWriter: { Resource: 'arn:aws:states:::s3:putObject' },
    });
    expect(batch.States['Direct the operators']).toMatchObject({
      ItemProcessor: { ProcessorConfig: { Mode: 'INLINE' } },
      MaxConcurrency: 40,
    });
  });

  it('reads the pieces of a usage file from a manifest and imports them in their order, one at a time', () => {
    expect(importByPieces.States['Import the pieces']).toMatchObject({
      Type: 'Map',
      MaxConcurrency: 1,
      ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' } },
      ItemReader: {
        Resource: 'arn:aws:states:::s3:getObject',
        ReaderConfig: { InputType: 'JSONL' },
        Arguments: { Key: '{% $states.input.cut.manifestKey %}' },
      },
      ItemSelector: { piece: '{% $states.context.Map.Item.Value %}', header: '{% $states.input.cut.header %}' },
      ResultWriter: {
        Resource: 'arn:aws:states:::s3:putObject',
        Arguments: { Prefix: "{% $states.input.folder & '/imported' %}" },
        WriterConfig: { OutputType: 'JSONL', Transformation: 'FLATTEN' },
      },
    });
  });

  it('imports a usage file of over 8 MiB by pieces of 8 MiB', () => {
    const functions = Object.entries(workflow.findResources('AWS::Lambda::Function'));
    for (const name of ['Import', 'Cut']) {
      const [, found] = functions.find(([id]) => new RegExp(`^${name}[0-9A-F]{8}$`).test(id)) ?? [];
      expect(found?.Properties.Environment.Variables.BYTES_PER_PIECE).toBe('8388608');
    }
  });

  it("tells whoever reads operators' files, or agencies' reports, how these write them", () => {
    const told = (name: string) =>
      Object.entries(workflow.findResources('AWS::Lambda::Function'))
        .flatMap(([id, { Properties }]) =>
          Properties.Environment?.Variables[name] === '{}' ? [id.replace(/[0-9A-F]{8}$/, '')] : [],
        )
        .sort();
    expect(told('FILE_FORMS')).toEqual(['Cut', 'Import', 'ImportPiece', 'Record', 'Weigh']);
    expect(told('REPORT_FORMS')).toEqual(['Answer', 'Screen', 'Settle', 'Withdraw']);
  });

  it('refuses more participants than Lambda lets a function be told of, before a deployment fails halfway', () => {
    const config = stageFromContext({ config: 'none' });
    const withAgencies = (count: number, form: object = {}) => {
      const ids = Array.from({ length: count }, (_, n) => `agency-${n}`.padEnd(16, 'x'));
      return checkStage({ ...config, agencies: ids.map((id) => ({ ...unnamed('agency', id), ...form })) });
    };
    // As many as there are states, each with dates of its own.
    expect(() => synthesized(withAgencies(36, { dates: 'DD/MM/YYYY' }))).not.toThrow();
    expect(() => synthesized(withAgencies(190))).toThrow(/workflow\/Withdraw\] its variables may have \d+ bytes/);
  });

  it('starts a refused direction again within seconds, and later ones in hours, each at a moment of its own', () => {
    for (const map of [batch.States['Direct the operators'], batch.States['Direct the operators at scale']]) {
      const [notStarted, failed] = retriersIn(map).filter(
        ({ ErrorEquals }) => !ErrorEquals[0]?.startsWith('States.Item'),
      );
      expect(notStarted).toEqual({
        ErrorEquals: expect.arrayContaining([
          'StepFunctions.AWSStepFunctionsException',
          'StepFunctions.ThrottlingException',
          'StepFunctions.KmsThrottlingException',
          'StepFunctions.ExecutionLimitExceededException',
        ]),
        IntervalSeconds: 2,
        BackoffRate: 2,
        MaxAttempts: 20,
        MaxDelaySeconds: 3600,
        JitterStrategy: 'FULL',
      });
      expect(failed).toMatchObject({ ErrorEquals: ['States.TaskFailed'], IntervalSeconds: 3600, MaxAttempts: 5 });
    }
  });

  it.each([
    ['Batch', batch, ['Expand handsets into links', 'Claim numbers and handsets']],
    ['ImportByPieces', importByPieces, ['Import the pieces']],
  ])('runs a Map of %s again that could not read its items or write its results', (_, { States }, names) => {
    for (const name of names)
      expect(States[name]?.Retry).toEqual([
        {
          ErrorEquals: ['States.ItemReaderFailed', 'States.ResultWriterFailed'],
          IntervalSeconds: 10,
          BackoffRate: 3,
          MaxAttempts: 4,
        },
      ]);
  });

  it('names States.DataLimitExceeded wherever it catches everything, which may not catch that one', () => {
    const catchers = [batch, direction].flatMap((definition) => catchersIn(definition));
    const all = catchers.filter((names) => names.includes('States.ALL'));
    expect(all.length).toBeGreaterThanOrEqual(8);
    expect(catchers.filter((names) => names.includes('States.DataLimitExceeded'))).toHaveLength(all.length);
  });

  it('tells the administrators of what it tries again by notices that are agreed, each with all of its fields', () => {
    const told = [batch, direction].flatMap(({ States }) =>
      Object.values(States)
        .filter(({ Resource }) => Resource === 'arn:aws:states:::sns:publish')
        .map((state) => state.Arguments as { Message: Record<string, unknown>; MessageAttributes: unknown }),
    );
    const fields = new Map<unknown, string[]>(
      administratorNotice.options.map(({ shape }) => [shape.kind.value, Object.keys(shape)]),
    );
    expect(told.map(({ Message }) => Message.kind).sort()).toEqual([...BATCH_FAILING, DIRECTION_FAILING].sort());
    for (const { Message, MessageAttributes } of told) {
      expect(Object.keys(Message).sort()).toEqual(fields.get(Message.kind)?.sort());
      expect(MessageAttributes).toEqual({ kind: { DataType: 'String', StringValue: Message.kind } });
    }
  });

  it('waits for responses with a task token until the deadline of the rung, and goes to the next rung first of all errors', () => {
    const state = direction.States['Order and await responses'];
    expect(state).toMatchObject({
      Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
      Arguments: { Payload: { token: '{% $states.context.Task.Token %}' } },
      Catch: [
        { ErrorEquals: ['States.Timeout'], Next: 'Order and await responses' },
        { ErrorEquals: ['States.DataLimitExceeded'], Next: 'Tell the administrators' },
        { ErrorEquals: ['States.ALL'], Next: 'Tell the administrators' },
      ],
    });
    expect(state?.TimeoutSeconds).toMatch(/^\{% .* > .* \? \$ceil\(.*\) : 900 %\}$/);
  });

  it('skips no re-verification, however late, and asks the ledger anew where a ladder is that may not be closed yet', () => {
    const { 'Is a rung left?': isARungLeft, Close } = direction.States;
    const skips = { Next: 'Skip the passed rung', Condition: expect.stringContaining(".order != 'reverify'") };
    expect(isARungLeft?.Choices).toContainEqual(skips);
    expect(Close).toMatchObject({
      Catch: [
        { ErrorEquals: ['TooEarly'], Next: 'Tell the administrators', Output: expect.stringContaining("'rung': 1") },
        { ErrorEquals: ['States.DataLimitExceeded'] },
        { ErrorEquals: ['States.ALL'] },
      ],
    });
  });

  it('never retries States.ALL, which would repeat a rung that timed out', () => {
    const retried = [...JSON.stringify([batch, direction, importByPieces]).matchAll(/"Retry":(\[.*?\}\])/g)].map(
      ([, retry]) => retry,
    );
    expect(retried.length).toBeGreaterThan(10);
    for (const retry of retried) expect(retry).not.toContain('States.ALL');
  });

  it('gives no variable the name of a function of JSONata, which would be there where nothing was assigned yet', async () => {
    const assigned = [batch, direction, importByPieces].flatMap((machine) => assignedIn(machine));
    expect(assigned).toEqual(expect.arrayContaining(['batch', 'plan', 'planned', 'settled']));
    const isThere = (name: string) => evaluate(compile(`{% $exists($${name}) %}`, 'Assign'), {});
    expect(await isThere('round')).toBe(true);
    expect(await isThere('partition')).toBe(true);
    for (const name of assigned) expect([name, await isThere(name)]).toEqual([name, false]);
  });

  it('runs each machine for a year at most', () => {
    expect(batch).toMatchObject({ TimeoutSeconds: 365 * 24 * 3600, QueryLanguage: 'JSONata' });
    expect(direction).toMatchObject({ TimeoutSeconds: 365 * 24 * 3600, QueryLanguage: 'JSONata' });
    expect(importByPieces).toMatchObject({ TimeoutSeconds: 365 * 24 * 3600, QueryLanguage: 'JSONata' });
  });

  it('has a version of each state machine for each revision of it, which stays, and an alias that names the latest', () => {
    const machines = Object.keys(workflow.findResources('AWS::StepFunctions::StateMachine'));
    const versions = Object.entries(workflow.findResources('AWS::StepFunctions::StateMachineVersion'));
    expect(versions.map(([, { Properties }]) => Properties)).toEqual(
      machines.map((id) => ({
        StateMachineArn: { Ref: id },
        StateMachineRevisionId: { 'Fn::GetAtt': [id, 'StateMachineRevisionId'] },
      })),
    );
    for (const [, { DeletionPolicy, UpdateReplacePolicy }] of versions)
      expect([DeletionPolicy, UpdateReplacePolicy]).toEqual(['RetainExceptOnCreate', 'Retain']);
    const aliases = Object.values(workflow.findResources('AWS::StepFunctions::StateMachineAlias'));
    expect(aliases.map(({ Properties }) => Properties)).toEqual(
      versions.map(([id]) => ({
        Name: 'live',
        RoutingConfiguration: [{ StateMachineVersionArn: { Ref: id }, Weight: 100 }],
      })),
    );
  });

  it('starts state machines by their aliases, once these are there, and by nothing else', () => {
    const alias = (value: { 'Fn::Join'?: [string, [{ Ref: string }, string]] } | undefined) => {
      const [, [machine, name] = []] = value?.['Fn::Join'] ?? [];
      return `${machine?.Ref.replace(/[0-9A-F]{8}$/, '')}${name}`;
    };
    const started = Object.values(workflow.findResources('AWS::Lambda::Function')).flatMap(
      ({ Properties, DependsOn = [] }) =>
        Object.entries<never>(Properties.Environment.Variables)
          .filter(([name]) => name.endsWith('_MACHINE'))
          .map(([name, value]) => [name, alias(value), DependsOn.filter((id: string) => /Alias/.test(id))]),
    );
    expect(started.sort()).toEqual([
      ['BATCH_MACHINE', 'Batch:live', expect.arrayContaining([expect.stringMatching(/^BatchAlias/)])],
      ['BATCH_MACHINE', 'Batch:live', expect.arrayContaining([expect.stringMatching(/^BatchAlias/)])],
      ['BATCH_MACHINE', 'Batch:live', expect.arrayContaining([expect.stringMatching(/^BatchAlias/)])],
      ['BATCH_MACHINE', 'Batch:live', expect.arrayContaining([expect.stringMatching(/^BatchAlias/)])],
      ['BATCH_MACHINE', 'Batch:live', expect.arrayContaining([expect.stringMatching(/^BatchAlias/)])],
      ['BATCH_MACHINE', 'Batch:live', expect.arrayContaining([expect.stringMatching(/^BatchAlias/)])],
      ['DIRECTION_MACHINE', 'Direction:live', expect.arrayContaining([expect.stringMatching(/^DirectionAlias/)])],
      ['IMPORT_MACHINE', 'ImportByPieces:live', [expect.stringMatching(/^ImportByPiecesAlias/)]],
    ]);
    const machines = Object.entries(workflow.findResources('AWS::StepFunctions::StateMachine'));
    const [, Batch] = machines.find(([id]) => id.startsWith('Batch')) ?? [];
    const parts: unknown[] = Batch?.Properties.DefinitionString['Fn::Join'][1];
    const next = parts.flatMap((part, n) =>
      /^Direction/.test((part as { Ref?: string }).Ref ?? '') ? [parts[n + 1]] : [],
    );
    expect(next.length).toBeGreaterThan(0);
    for (const text of next) expect(text).toMatch(/^:live"/);
    expect(Batch?.DependsOn).toContainEqual(expect.stringMatching(/^DirectionAlias/));
  });

  it('traces every function and every state machine', () => {
    workflow.allResourcesProperties('AWS::Lambda::Function', { TracingConfig: { Mode: 'Active' } });
    workflow.allResourcesProperties('AWS::StepFunctions::StateMachine', { TracingConfiguration: { Enabled: true } });
  });

  it('reads every queue with partial batch responses', () => {
    const mappings = Object.values(workflow.findResources('AWS::Lambda::EventSourceMapping'));
    expect(mappings).toHaveLength(12);
    for (const { Properties } of mappings)
      expect(Properties.FunctionResponseTypes).toEqual(['ReportBatchItemFailures']);
  });

  it('gives the functions that read the inbox one file at a time, so that one that ends its process takes no other with it', () => {
    const mappings = Object.values(workflow.findResources('AWS::Lambda::EventSourceMapping'));
    const sizes = mappings.map(({ Properties: { EventSourceArn, BatchSize } }) => [
      /(Reports|Usage|Responses|Approvals|Withdrawals|Lookups|Appeals)Queue/.exec(
        JSON.stringify(EventSourceArn),
      )?.[1] ?? '',
      BatchSize,
    ]);
    expect(sizes.filter(([queue]) => queue !== '').sort()).toEqual([
      ['Appeals', 1],
      ['Approvals', 1],
      ['Lookups', 1],
      ['Reports', 1],
      ['Responses', 1],
      ['Usage', 1],
      ['Withdrawals', 1],
    ]);
  });

  it('imports five usage files at once at most, and answers as many of lookups, so that a flood of them leaves the functions of the account to others', () => {
    const mappings = Object.values(workflow.findResources('AWS::Lambda::EventSourceMapping'));
    const atOnce = mappings.flatMap(({ Properties: { FunctionName, ScalingConfig } }) =>
      ScalingConfig ? [[FunctionName.Ref.replace(/[0-9A-F]{8}$/, ''), ScalingConfig.MaximumConcurrency]] : [],
    );
    expect(Object.fromEntries(atOnce)).toEqual({ Answer: 5, Audit: 2, Import: 5 });
  });

  it('hands Record no more responses at once than may run of it, since a refused one comes back in half an hour only', () => {
    const told = (reservedConcurrency: string) => {
      const template = synthesized(stageFromContext({ reservedConcurrency, config: 'none' })).workflow;
      const mappings = Object.values(template.findResources('AWS::Lambda::EventSourceMapping'));
      return mappings.flatMap(({ Properties: { EventSourceArn, ScalingConfig } }) =>
        /ResponsesQueue/.test(JSON.stringify(EventSourceArn)) ? [ScalingConfig] : [],
      );
    };
    expect(told('100')).toEqual([{ MaximumConcurrency: 100 }]);
    expect(told('2')).toEqual([{ MaximumConcurrency: 2 }]);
    // A mapping takes no less than two, and one that nothing is kept for may have what there is.
    expect(told('1')).toEqual([undefined]);
    expect(told('0')).toEqual([undefined]);
  });

  it('keeps places free for who issues, records and closes, where a stage is protected or the context says so', () => {
    const keptFree = (context: Record<string, string>) =>
      Object.fromEntries(
        Object.entries(
          synthesized(stageFromContext({ ...context, config: 'none' })).workflow.findResources('AWS::Lambda::Function'),
        ).flatMap(([id, { Properties }]) =>
          Properties.ReservedConcurrentExecutions === undefined
            ? []
            : [[id.replace(/[0-9A-F]{8}$/, ''), Properties.ReservedConcurrentExecutions]],
        ),
      );
    expect(keptFree({})).toEqual({});
    // And so many places for pieces of large usage files, for which these wait, as five small ones do in their queue.
    const pieces = { ImportPiece: 5 };
    expect(keptFree({ stage: 'prod', cloud: 'local' })).toEqual({ Order: 100, Record: 100, Close: 100, ...pieces });
    expect(keptFree({ stage: 'prod', cloud: 'local', reservedConcurrency: '0' })).toEqual({});
    expect(keptFree({ reservedConcurrency: '7' })).toEqual({ Order: 7, Record: 7, Close: 7, ...pieces });
  });

  it('has a piece of a usage file wait for its place for days', () => {
    type Waiting = Retrier & { MaxAttempts: number; MaxDelaySeconds: number };
    const [piece] = fieldsIn(importByPieces, 'Import a piece') as { Retry: Waiting[] }[];
    const [throttled, failed] = piece?.Retry ?? [];
    expect(throttled?.ErrorEquals).toContain('Lambda.TooManyRequestsException');
    // With full jitter half of the longest delay at a time, on average.
    expect(((throttled?.MaxAttempts ?? 0) * (throttled?.MaxDelaySeconds ?? 0)) / 2 / 86_400).toBeGreaterThan(3);
    expect(failed).toMatchObject({ ErrorEquals: ['States.TaskFailed'], MaxAttempts: 4 });
  });

  it('exports what break-glass and erasers call, whether or not there is anybody: who is taken away must not hold up the deployment', () => {
    const nobody = { ...stageFromContext({ config: 'none' }), breakGlass: [], erasers: [] };
    const exported = Object.values(
      synthesized(nobody).workflow.toJSON().Outputs as Record<string, { Export?: { Name: unknown } }>,
    ).flatMap(({ Export }) => (Export === undefined ? [] : [JSON.stringify(Export.Name)]));
    for (const one of ['FnGetAttRedriveAudit', 'FnGetAttErase'])
      expect(
        exported.filter((name) => name.includes(one)),
        one,
      ).toHaveLength(1);
  });

  it('tells of failed, timed-out and aborted batches and imports by a rule, through a queue with a dead-letter queue', () => {
    workflow.hasResourceProperties('AWS::Events::Rule', {
      EventPattern: {
        source: ['aws.states'],
        'detail-type': ['Step Functions Execution Status Change'],
        detail: { status: ['FAILED', 'TIMED_OUT', 'ABORTED'] },
      },
    });
    const rules = Object.values(workflow.findResources('AWS::Events::Rule'));
    const rule = rules.find(({ Properties }) => Properties.EventPattern !== undefined);
    expect(rule?.Properties.Targets).toEqual([
      {
        Arn: { 'Fn::GetAtt': [expect.stringMatching(/^ReleaseQueue/), 'Arn'] },
        DeadLetterConfig: { Arn: { 'Fn::GetAtt': [expect.stringMatching(/^ReleaseDeadLetters/), 'Arn'] } },
        Id: expect.any(String),
      },
    ]);
    workflow.hasResourceProperties('AWS::SQS::Queue', {
      VisibilityTimeout: 6 * 60,
      RedrivePolicy: {
        maxReceiveCount: 5,
        deadLetterTargetArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^ReleaseDeadLetters'), 'Arn'] },
      },
    });
    const machines = rule?.Properties.EventPattern.detail.stateMachineArn.map(({ Ref }: { Ref: string }) => Ref);
    expect(machines).toEqual([expect.stringMatching(/^Batch/), expect.stringMatching(/^ImportByPieces/)]);
  });

  it('runs functions on the current Node', () => {
    const runtimes = Object.values(workflow.findResources('AWS::Lambda::Function')).map(
      ({ Properties }) => Properties.Runtime,
    );
    expect(new Set(runtimes)).toEqual(new Set(['nodejs24.x']));
    const { engines } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
    expect(engines.node).toBe('>=20');
  });

  it('lets functions and machines at the places of objects that the domain names, for which it makes the keys', () => {
    const rights = objectsIn(workflow);
    expect(new Set(rights.map(([bucket]) => bucket))).toEqual(new Set(['Inbox', 'Work', 'Outbox', 'Audit']));
    for (const [bucket, pattern] of rights) expect(placesOf(bucket), bucket).toContain(pattern);
  });
});
