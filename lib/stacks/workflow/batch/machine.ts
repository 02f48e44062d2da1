import { Duration } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import {
  Choice,
  Condition,
  DistributedMap,
  type IChainable,
  type INextable,
  Map as InlineMap,
  IntegrationPattern,
  ItemBatcher,
  Pass,
  ProvideItems,
  StateMachineType,
  Succeed,
  TaskInput,
  Wait,
  WaitTime,
} from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke, SnsPublish } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import type { Construct } from 'constructs';
import { CHILDREN_AT_ONCE, MOST_INLINE } from '../../../../lambdas/domain/limits.ts';
import { PLANS, SCREENED } from '../../../../lambdas/domain/work.ts';
import { RunMachine, type VersionedMachine } from '../../../constructs/versioned-machine.ts';
import { ItemsFrom, ResultsUnder } from '../maps.ts';
import {
  catchEverything,
  whenDirectionFailed,
  whenFailed,
  whenMapRunFailed,
  whenNotStarted,
  whenThrottled,
} from '../retries.ts';

/** What the Batch machine works with. */
export interface BatchParts {
  readonly screen: IFunction;
  readonly takeTurn: IFunction;
  readonly expand: IFunction;
  readonly gather: IFunction;
  readonly claim: IFunction;
  readonly commit: IFunction;
  readonly resume: IFunction;
  readonly settle: IFunction;
  readonly direction: VersionedMachine;
  readonly work: IBucket;
  readonly administrators: ITopic;
}

/**
 * One report's work. Input: `{ report: { bucket, key, versionId?, agency, name, uploadedAt } }`. Where the execution of a batch whose
 * plan counts has ended, another one goes on with it at 5: `{ resume: { batchId } }`.
 *
 * 1. Screen the report. A refused one, and the same one again, end here; one without handsets goes to 6.
 * 2. Expand handsets into links, gather these by shard, and publish the preview. All of this lies under the batch and its attempt: usage that comes
 *    later has no part in it, however long the batch waits from here on.
 * 3. Take the turn to plan (one batch plans at a time, in the order in which they came) under the next plan number. All deadlines
 *    count from here.
 * 4. Claim numbers and handsets: directions. Commit the plan; that frees the turn.
 * 5. Direct the operators: one Direction execution each; up to 40 in an inline Map, more in a Distributed one, 40 to a child.
 * 6. Settle the books.
 *
 * A failure before the plan is committed fails the execution; a rule then makes the batch failed, and that frees the turn.
 * After that, an error tells the administrators and is tried again: the batch never fails any more. Where its execution ends all the
 * same, somebody having stopped it, that rule has it resumed.
 */
export function batchFlow(scope: Construct, parts: BatchParts): IChainable {
  const { work, administrators } = parts;
  const now = '{% $states.context.State.EnteredTime %}';
  const execution = '{% $states.context.Execution.Id %}';
  const result = '{% $states.result.Payload %}';

  const invoke = (
    name: string,
    lambdaFunction: IFunction,
    payload: Record<string, unknown>,
    assign: Record<string, unknown>,
  ) =>
    LambdaInvoke.jsonata(scope, name, {
      lambdaFunction,
      payload: TaskInput.fromObject(payload),
      retryOnServiceExceptions: false,
      outputs: {},
      assign,
    })
      .addRetry(whenThrottled)
      .addRetry(whenFailed);

  // 1
  const whatIsToDo = Choice.jsonata(scope, 'A report, or a batch to resume?');
  const screen = invoke(
    'Screen the report',
    parts.screen,
    { report: '{% $states.input.report %}', execution, now },
    // How often directing or settling was tried again after trouble.
    { batch: result, attempt: 0 },
  );
  const whatWasFound = Choice.jsonata(scope, 'What did Screen find?');
  const refused = Succeed.jsonata(scope, 'Report refused');
  const same = Succeed.jsonata(scope, 'Same report again');

  // 2
  const child = (name: string, lambdaFunction: IFunction) =>
    LambdaInvoke.jsonata(scope, name, {
      lambdaFunction,
      payload: TaskInput.fromText('{% $states.input %}'),
      retryOnServiceExceptions: false,
      outputs: '{% $states.result.Payload %}',
    })
      .addRetry(whenThrottled)
      .addRetry(whenFailed);
  const expand = DistributedMap.jsonata(scope, 'Expand handsets into links', {
    mapExecutionType: StateMachineType.STANDARD,
    label: 'Expand',
    maxConcurrency: CHILDREN_AT_ONCE,
    // Runs of them, and not the handsets, so that no history holds an IMEI.
    itemReader: new ItemsFrom(work, '{% $batch.runsKey %}', SCREENED.runs.pattern),
    itemSelector: {
      folder: '{% $batch.folder %}',
      shards: '{% $batch.shards %}',
      window: '{% $batch.window %}',
      handsetsKey: '{% $batch.handsetsKey %}',
      run: '{% $states.context.Map.Item.Value %}',
    },
    resultWriterV2: new ResultsUnder(
      work,
      `{% $batch.folder & '/${SCREENED.expanded.name}' %}`,
      SCREENED.expanded.pattern,
    ),
    outputs: {},
    assign: { expanded: '{% $states.result %}' },
  });
  expand.addRetry(whenMapRunFailed);
  expand.itemProcessor(child("Read some handsets' links", parts.expand));
  const gather = invoke(
    'Gather the links by shard',
    parts.gather,
    {
      batchId: '{% $batch.batchId %}',
      agency: '{% $batch.agency %}',
      execution,
      now,
      folder: '{% $batch.folder %}',
      handsets: '{% $batch.handsets %}',
      shards: '{% $batch.shards %}',
      results: '{% $expanded %}',
    },
    { gathered: result },
  );

  // 3
  const takeTurn = invoke(
    'Take the turn to plan',
    parts.takeTurn,
    { batchId: '{% $batch.batchId %}', execution, now },
    {
      turn: result,
      plan: '{% $states.result.Payload.plan %}',
      startedAt: '{% $states.result.Payload.startedAt %}',
    },
  );
  const isItsTurn = Choice.jsonata(scope, "Is it the batch's turn?");
  const waitForTurn = Wait.jsonata(scope, 'Wait while another batch plans', {
    time: WaitTime.seconds('{% $turn.waitSeconds %}'),
  });

  // 4
  const resultsUnder = ({ name, pattern }: { name: string; pattern: string }) =>
    new ResultsUnder(work, `{% '${PLANS.prefix}' & $string($plan) & '/${name}' %}`, pattern);
  const claim = DistributedMap.jsonata(scope, 'Claim numbers and handsets', {
    mapExecutionType: StateMachineType.STANDARD,
    label: 'Claim',
    maxConcurrency: CHILDREN_AT_ONCE,
    itemReader: new ItemsFrom(work, '{% $gathered.manifestKey %}', SCREENED.shards.pattern),
    itemSelector: {
      batchId: '{% $batch.batchId %}',
      plan: '{% $plan %}',
      startedAt: '{% $startedAt %}',
      handsetsKey: '{% $batch.handsetsKey %}',
      gathered: '{% $gathered %}',
      item: '{% $states.context.Map.Item.Value %}',
    },
    resultWriterV2: resultsUnder(PLANS.claimed),
    outputs: {},
    assign: { claimed: '{% $states.result %}' },
  });
  claim.addRetry(whenMapRunFailed);
  claim.itemProcessor(child('Decide and claim a shard', parts.claim));
  const commit = invoke(
    'Commit the plan',
    parts.commit,
    {
      batchId: '{% $batch.batchId %}',
      plan: '{% $plan %}',
      now,
      gathered: '{% $gathered %}',
      results: '{% $claimed %}',
    },
    { planned: result },
  );

  // 5
  const resume = invoke(
    'Resume the batch',
    parts.resume,
    { batchId: '{% $batch.batchId %}', now },
    {
      planned: result,
      plan: '{% $states.result.Payload.plan %}',
      attempt: '{% $states.result.Payload.attempt %}',
    },
  );
  const isResumed = Choice.jsonata(scope, 'Does its plan count?');
  const nothingToResume = Succeed.jsonata(scope, 'Nothing to resume');
  const howMany = Choice.jsonata(scope, 'How many directions?');
  const directInline = (name: string, items: string, round: string, each: string) => {
    const map = InlineMap.jsonata(scope, name, {
      items: ProvideItems.jsonata(`{% ${items} %}`),
      maxConcurrency: MOST_INLINE,
      jsonataItemSelector: `{% $merge([$states.context.Map.Item.Value, { 'round': ${round} }]) %}`,
      outputs: {},
    });
    map.itemProcessor(runDirection(scope, each, parts.direction));
    return map;
  };
  const direct = directInline('Direct the operators', '$planned.inline', '$attempt', 'Run a direction');
  const directMany = DistributedMap.jsonata(scope, 'Direct the operators at scale', {
    mapExecutionType: StateMachineType.STANDARD,
    label: 'Direct',
    itemReader: new ItemsFrom(work, '{% $planned.manifestKey %}', PLANS.directions.pattern),
    itemBatcher: new ItemBatcher({ maxItemsPerBatch: MOST_INLINE, batchInput: { round: '{% $attempt %}' } }),
    resultWriterV2: resultsUnder(PLANS.directed),
    outputs: {},
  });
  directMany.itemProcessor(
    directInline(
      'Direct some operators',
      '$states.input.Items',
      '$states.input.BatchInput.round',
      'Run one of many directions',
    ),
  );

  // 6
  const settle = invoke(
    'Settle the books',
    parts.settle,
    { batchId: '{% $batch.batchId %}', now },
    { settled: result },
  );
  const isSettled = Choice.jsonata(scope, 'Is the batch settled?');
  const waitForLastDeadline = Wait.jsonata(scope, 'Wait for the last deadline', {
    time: WaitTime.timestamp('{% $settled.until %}'),
  });
  const done = Succeed.jsonata(scope, 'Books balanced', { outputs: { batchId: '{% $batch.batchId %}' } });

  // After the commit an error waits an hour and goes on where it was.
  const afterTrouble = (what: string, kind: string, goOn: IChainable) => {
    const tell = SnsPublish.jsonata(scope, `Tell the administrators: ${what}`, {
      topic: administrators,
      message: TaskInput.fromObject({
        kind,
        batchId: '{% $batch.batchId %}',
        error: '{% $states.input.error %}',
      }),
      messageAttributes: { kind: { value: kind } },
      outputs: {},
    });
    const wait = Wait.jsonata(scope, `Wait an hour: ${what}`, {
      time: WaitTime.duration(Duration.hours(1)),
      assign: { attempt: '{% $attempt + 1 %}' },
    });
    tell.addRetry(whenFailed);
    catchEverything(tell, wait, { outputs: {} });
    tell.next(wait).next(goOn);
    return tell;
  };
  const withError = { outputs: { error: '{% $states.errorOutput.Error %}' } };
  const directingFails = afterTrouble('directing fails', 'directing_failing', howMany);
  catchEverything(direct, directingFails, withError);
  catchEverything(directMany, directingFails, withError);
  catchEverything(settle, afterTrouble('settling fails', 'settling_failing', settle), withError);
  catchEverything(resume, afterTrouble('resuming fails', 'resuming_failing', resume), withError);

  settle.next(
    isSettled.when(Condition.jsonata('{% $settled.settled %}'), done).otherwise(waitForLastDeadline.next(settle)),
  );
  howMany
    .when(Condition.jsonata('{% $planned.directions = 0 %}'), settle)
    .when(Condition.jsonata(`{% $planned.directions <= ${MOST_INLINE} %}`), direct.next(settle))
    .otherwise(directMany.next(settle));
  const plan = claim.next(commit).next(howMany);
  isItsTurn.when(Condition.jsonata('{% $turn.taken %}'), plan).otherwise(waitForTurn.next(takeTurn));
  whatWasFound
    .when(Condition.jsonata("{% $batch.status = 'refused' %}"), refused)
    .when(Condition.jsonata("{% $batch.status = 'same' %}"), same)
    .when(Condition.jsonata('{% $batch.handsets = 0 %}'), settle)
    .otherwise(expand.next(gather).next(takeTurn).next(isItsTurn));
  resume.next(isResumed.when(Condition.jsonata('{% $planned.resumed %}'), howMany).otherwise(nothingToResume));
  screen.next(whatWasFound);
  return whatIsToDo
    .when(Condition.jsonata('{% $exists($states.input.resume) %}'), resume, {
      assign: { batch: '{% $states.input.resume %}', attempt: 0 },
    })
    .otherwise(screen);
}

/** Runs one direction to its end. One that fails in the end never ends the Map that waits for all; Settle closes it. */
function runDirection(scope: Construct, name: string, direction: VersionedMachine): IChainable & INextable {
  const failed = Pass.jsonata(scope, `${name}: it did not end`, {
    outputs: { directionId: '{% $states.input.directionId %}', ended: false },
  });
  const run = new RunMachine(scope, name, {
    stateMachine: direction,
    integrationPattern: IntegrationPattern.RUN_JOB,
    input: TaskInput.fromText('{% $states.input %}'),
    // The retry's number stands in the name, so that each attempt is an execution of its own and goes on from the ledger.
    name: "{% $replace($states.input.directionId, '.', '_') & '_' & $string($states.input.round) & '_' & $string($states.context.State.RetryCount) %}",
    outputs: { directionId: '{% $states.input.directionId %}', ended: true },
  });
  run.addRetry(whenNotStarted);
  run.addRetry(whenDirectionFailed);
  catchEverything(run, failed, { outputs: { directionId: '{% $states.input.directionId %}' } });
  return run;
}
