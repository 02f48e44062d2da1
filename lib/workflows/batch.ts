import { Duration } from 'aws-cdk-lib';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
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
import {
  DynamoAttributeValue,
  DynamoReturnValues,
  DynamoUpdateItem,
  LambdaInvoke,
  SnsPublish,
} from 'aws-cdk-lib/aws-stepfunctions-tasks';
import type { Construct } from 'constructs';
import type { Policy } from '../config/policy.ts';
import { RunMachine, type VersionedMachine } from '../constructs/versioned-machine.ts';
import { ItemsFrom, ResultsUnder } from './maps.ts';
import { whenDirectionFailed, whenFailed, whenThrottled } from './retries.ts';

/** What the Batch machine works with. */
export interface BatchParts {
  readonly screen: IFunction;
  readonly expand: IFunction;
  readonly gather: IFunction;
  readonly claim: IFunction;
  readonly commit: IFunction;
  readonly settle: IFunction;
  readonly direction: VersionedMachine;
  readonly cases: ITable;
  readonly work: IBucket;
  readonly administrators: ITopic;
  readonly policy: Policy;
}

/**
 * An inline Map runs so many iterations at once. Open Map Runs are limited, and a batch is open for weeks, so that a batch of
 * no more directions does without; a larger one gives as many to each child, since a Map Run holds 10,000 open children.
 */
const MOST_INLINE = 40;
/** Children of Expand and of Claim that run at once. More don't make a new on-demand table faster: it already throttles these. */
const CHILDREN_AT_ONCE = 40;

/**
 * One report's work. Input: `{ report: { bucket, key, versionId?, agency, name, uploadedAt } }`.
 *
 * 1. Screen the report. A refused one, and the same one again, end here; one without handsets goes to 6.
 * 2. Take the turn to plan (one batch plans at a time) under the next plan number.
 * 3. Expand handsets into links, by shard.
 * 4. Claim numbers and handsets: directions. Commit the plan, give up the turn.
 * 5. Direct the operators: one Direction execution each; up to 40 in an inline Map, more in a Distributed one, 40 to a child.
 * 6. Settle the books.
 *
 * A failure before the plan is committed fails the execution; a rule then makes the batch failed and frees the turn.
 * After that, an error tells the administrators and is tried again: the batch never fails any more.
 */
export function batchFlow(scope: Construct, parts: BatchParts): IChainable {
  const { cases, work, administrators, policy } = parts;
  const now = '{% $states.context.State.EnteredTime %}';
  const execution = DynamoAttributeValue.fromString('{% $states.context.Execution.Id %}');
  const batchId = DynamoAttributeValue.fromString('{% $batch.batchId %}');

  const invoke = (name: string, lambdaFunction: IFunction, payload: Record<string, unknown>, variable?: string) =>
    LambdaInvoke.jsonata(scope, name, {
      lambdaFunction,
      payload: TaskInput.fromObject(payload),
      retryOnServiceExceptions: false,
      outputs: {},
      ...(variable ? { assign: { [variable]: '{% $states.result.Payload %}' } } : {}),
    })
      .addRetry(whenThrottled)
      .addRetry(whenFailed);

  // 1
  const screen = invoke(
    'Screen the report',
    parts.screen,
    { report: '{% $states.input.report %}', execution: '{% $states.context.Execution.Id %}', now },
    'batch',
  );
  const whatWasFound = Choice.jsonata(scope, 'What did Screen find?');
  const refused = Succeed.jsonata(scope, 'Report refused');
  const same = Succeed.jsonata(scope, 'Same report again');

  // 2
  const takeTurn = DynamoUpdateItem.jsonata(scope, 'Take the turn to plan', {
    table: cases,
    key: { pk: DynamoAttributeValue.fromString('PLANNING') },
    updateExpression: 'SET holder = :batch, execution = :execution ADD #plan :one',
    conditionExpression: 'attribute_not_exists(holder) OR holder = :batch',
    expressionAttributeNames: { '#plan': 'plan' },
    expressionAttributeValues: {
      ':batch': batchId,
      ':execution': execution,
      ':one': DynamoAttributeValue.fromNumber(1),
    },
    returnValues: DynamoReturnValues.ALL_NEW,
    outputs: {},
    assign: {
      plan: '{% $number($states.result.Attributes.plan.N) %}',
      startedAt: "{% $substring($states.context.State.EnteredTime, 0, 19) & 'Z' %}",
    },
  });
  const waitForTurn = Wait.jsonata(scope, 'Wait while another batch plans', {
    time: WaitTime.duration(Duration.minutes(1)),
  });
  takeTurn.addCatch(waitForTurn, { errors: ['DynamoDB.ConditionalCheckFailedException'] });
  takeTurn.addRetry(whenFailedButConditions);
  const registerPlan = DynamoUpdateItem.jsonata(scope, 'Register the plan', {
    table: cases,
    key: { pk: DynamoAttributeValue.fromString("{% 'BATCH#' & $batch.batchId %}") },
    updateExpression: 'SET #plan = :plan, startedAt = :startedAt',
    conditionExpression: '#state = :planning AND execution = :execution',
    expressionAttributeNames: { '#plan': 'plan', '#state': 'state' },
    expressionAttributeValues: {
      ':plan': DynamoAttributeValue.numberFromString('{% $string($plan) %}'),
      ':startedAt': DynamoAttributeValue.fromString('{% $startedAt %}'),
      ':planning': DynamoAttributeValue.fromString('planning'),
      ':execution': execution,
    },
    outputs: {},
  }).addRetry(whenFailed);

  // 3
  const resultsUnder = (folder: string) =>
    new ResultsUnder(work, `{% 'plans/' & $string($plan) & '/${folder}' %}`, `plans/*/${folder}/*`);
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
    itemReader: new ItemsFrom(work, '{% $batch.handsetsKey %}', 'screened/*'),
    itemBatcher: new ItemBatcher({
      maxItemsPerBatch: policy.handsetsPerChild,
      batchInput: { plan: '{% $plan %}', shards: '{% $batch.shards %}', window: '{% $batch.window %}' },
    }),
    resultWriterV2: resultsUnder('expanded'),
    outputs: {},
    assign: { expanded: '{% $states.result %}' },
  });
  expand.itemProcessor(child("Read some handsets' links", parts.expand));
  const gather = invoke(
    'Gather the links by shard',
    parts.gather,
    { plan: '{% $plan %}', handsets: '{% $batch.handsets %}', results: '{% $expanded %}' },
    'gathered',
  );

  // 4
  const claim = DistributedMap.jsonata(scope, 'Claim numbers and handsets', {
    mapExecutionType: StateMachineType.STANDARD,
    label: 'Claim',
    maxConcurrency: CHILDREN_AT_ONCE,
    itemReader: new ItemsFrom(work, '{% $gathered.manifestKey %}', 'plans/*/shards/*'),
    itemSelector: {
      batchId: '{% $batch.batchId %}',
      plan: '{% $plan %}',
      startedAt: '{% $startedAt %}',
      handsetsKey: '{% $batch.handsetsKey %}',
      gathered: '{% $gathered %}',
      item: '{% $states.context.Map.Item.Value %}',
    },
    resultWriterV2: resultsUnder('claimed'),
    outputs: {},
    assign: { claimed: '{% $states.result %}' },
  });
  claim.itemProcessor(child('Decide and claim a shard', parts.claim));
  const commit = LambdaInvoke.jsonata(scope, 'Commit the plan', {
    lambdaFunction: parts.commit,
    payload: TaskInput.fromObject({
      batchId: '{% $batch.batchId %}',
      plan: '{% $plan %}',
      now,
      gathered: '{% $gathered %}',
      results: '{% $claimed %}',
    }),
    retryOnServiceExceptions: false,
    outputs: {},
    assign: { planned: '{% $states.result.Payload %}', round: 0 },
  })
    .addRetry(whenThrottled)
    .addRetry(whenFailed);
  const giveUpTurn = DynamoUpdateItem.jsonata(scope, 'Give up the turn to plan', {
    table: cases,
    key: { pk: DynamoAttributeValue.fromString('PLANNING') },
    updateExpression: 'REMOVE holder, execution',
    conditionExpression: 'holder = :batch AND execution = :execution',
    expressionAttributeValues: { ':batch': batchId, ':execution': execution },
    outputs: {},
  });

  // 5
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
  const direct = directInline('Direct the operators', '$planned.inline', '$round', 'Run a direction');
  const directMany = DistributedMap.jsonata(scope, 'Direct the operators at scale', {
    mapExecutionType: StateMachineType.STANDARD,
    label: 'Direct',
    itemReader: new ItemsFrom(work, '{% $planned.manifestKey %}', 'plans/*/directions/*'),
    itemBatcher: new ItemBatcher({ maxItemsPerBatch: MOST_INLINE, batchInput: { round: '{% $round %}' } }),
    resultWriterV2: resultsUnder('directed'),
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
  const settle = invoke('Settle the books', parts.settle, { batchId: '{% $batch.batchId %}', now }, 'settled');
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
      assign: { round: '{% $exists($round) ? $round + 1 : 0 %}' },
    });
    tell.addRetry(whenFailed).addCatch(wait, { outputs: {} });
    tell.next(wait).next(goOn);
    return tell;
  };
  const withError = { outputs: { error: '{% $states.errorOutput.Error %}' } };
  const directingFails = afterTrouble('directing fails', 'directing_failing', howMany);
  direct.addCatch(directingFails, withError);
  directMany.addCatch(directingFails, withError);
  settle.addCatch(afterTrouble('settling fails', 'settling_failing', settle), withError);
  giveUpTurn
    .addRetry(whenFailedButConditions)
    // Whoever freed it, it is free; and a turn that could not be freed must not stop a batch whose plan counts.
    .addCatch(howMany, { outputs: {} });

  settle.next(
    isSettled.when(Condition.jsonata('{% $settled.settled %}'), done).otherwise(waitForLastDeadline.next(settle)),
  );
  howMany
    .when(Condition.jsonata('{% $planned.directions = 0 %}'), settle)
    .when(Condition.jsonata(`{% $planned.directions <= ${MOST_INLINE} %}`), direct.next(settle))
    .otherwise(directMany.next(settle));
  waitForTurn.next(takeTurn);
  const plan = takeTurn
    .next(registerPlan)
    .next(expand)
    .next(gather)
    .next(claim)
    .next(commit)
    .next(giveUpTurn)
    .next(howMany);
  whatWasFound
    .when(Condition.jsonata("{% $batch.status = 'refused' %}"), refused)
    .when(Condition.jsonata("{% $batch.status = 'same' %}"), same)
    .when(Condition.jsonata('{% $batch.handsets = 0 %}'), settle)
    .otherwise(plan);
  return screen.next(whatWasFound);
}

/**
 * As `whenFailed`, for a write whose refused condition is an answer and no failure. Errors of DynamoDB that Step Functions has no
 * name for, an on-demand table's throttling among them, are AmazonDynamoDBException.
 */
const whenFailedButConditions = {
  ...whenFailed,
  errors: [
    'DynamoDB.AmazonDynamoDBException',
    'DynamoDB.InternalServerError',
    'DynamoDB.SdkClientException',
    'DynamoDB.ThrottlingException',
    'DynamoDB.ProvisionedThroughputExceededException',
    'DynamoDB.RequestLimitExceeded',
  ],
};

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
  run.addRetry(whenDirectionFailed);
  run.addCatch(failed, { outputs: { directionId: '{% $states.input.directionId %}' } });
  return run;
}
