/** The states of which the steps of the Batch machine are made. */
import { Duration } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import {
  type IChainable,
  type INextable,
  Map as InlineMap,
  IntegrationPattern,
  Pass,
  ProvideItems,
  TaskInput,
  type TaskStateBase,
  Wait,
  WaitTime,
} from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke, SnsPublish, SqsSendMessage } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import type { Construct } from 'constructs';
import { MOST_INLINE } from '../../../../lambdas/domain/limits.ts';
import type { BatchFailing } from '../../../../lambdas/domain/notices.ts';
import { PLANS } from '../../../../lambdas/domain/work.ts';
import { RunMachine, type VersionedMachine } from '../../../constructs/versioned-machine.ts';
import { ResultsUnder } from '../maps.ts';
import { catchEverything, whenDirectionFailed, whenFailed, whenNotStarted, whenThrottled } from '../retries.ts';

/** The functions and resources that the Batch machine works with. */
export interface BatchParts {
  readonly screen: IFunction;
  readonly collect: IFunction;
  readonly takeTurn: IFunction;
  readonly expand: IFunction;
  readonly gather: IFunction;
  readonly awaitDecision: IFunction;
  readonly claim: IFunction;
  readonly commit: IFunction;
  readonly resume: IFunction;
  readonly settle: IFunction;
  readonly direction: VersionedMachine;
  readonly work: IBucket;
  readonly administrators: ITopic;
  /** The queue of batches whose status is to be told. */
  readonly status: IQueue;
}

/** The parts of the steps, and the construct to which they belong. */
export interface Flow extends BatchParts {
  readonly scope: Construct;
}

/** A function's task; its result is assigned, and nothing else is handed on. */
export function invoke(
  { scope }: Flow,
  name: string,
  lambdaFunction: IFunction,
  payload: Record<string, unknown>,
  assign: Record<string, unknown>,
): TaskStateBase {
  return LambdaInvoke.jsonata(scope, name, {
    lambdaFunction,
    payload: TaskInput.fromObject(payload),
    retryOnServiceExceptions: false,
    outputs: {},
    assign,
  })
    .addRetry(whenThrottled)
    .addRetry(whenFailed);
}

/** Asks that the batch's status be told, and then goes on at `next`. Nothing waits for that, and if it can't be asked for, all goes on. */
export function askForStatus({ scope, status }: Flow, step: string, next: IChainable): IChainable {
  const ask = SqsSendMessage.jsonata(scope, `Ask for the status: ${step}`, {
    queue: status,
    messageBody: TaskInput.fromObject({
      time: '{% $states.context.State.EnteredTime %}',
      detail: { batchId: '{% $batch.batchId %}' },
    }),
    outputs: {},
  });
  catchEverything(ask, next, { outputs: {} });
  return ask.next(next);
}

/** The task of a Map's child: it takes an item and returns a result. */
export function child({ scope }: Flow, name: string, lambdaFunction: IFunction): TaskStateBase {
  return LambdaInvoke.jsonata(scope, name, {
    lambdaFunction,
    payload: TaskInput.fromText('{% $states.input %}'),
    retryOnServiceExceptions: false,
    outputs: '{% $states.result.Payload %}',
  })
    .addRetry(whenThrottled)
    .addRetry(whenFailed);
}

/** The place where a Map over a plan writes what its children return. */
export function resultsUnder(work: IBucket, { name, pattern }: { name: string; pattern: string }): ResultsUnder {
  return new ResultsUnder(work, `{% '${PLANS.prefix}' & $string($plan) & '/${name}' %}`, pattern);
}

/** Runs directions in an inline Map; `items` says where they are, `round` which attempt it is, both as JSONata. */
export function directInline(
  { scope, direction }: Flow,
  name: string,
  items: string,
  round: string,
  each: string,
): InlineMap {
  const map = InlineMap.jsonata(scope, name, {
    items: ProvideItems.jsonata(`{% ${items} %}`),
    maxConcurrency: MOST_INLINE,
    jsonataItemSelector: `{% $merge([$states.context.Map.Item.Value, { 'round': ${round} }]) %}`,
    outputs: {},
  });
  map.itemProcessor(runDirection(scope, each, direction));
  return map;
}

/** The output of a Catch: the error's name. */
export const WITH_ERROR = { outputs: { error: '{% $states.errorOutput.Error %}' } };

/**
 * The states after an error while people decide, and after the commit: the administrators are told, and after an hour it goes on where it
 * was.
 */
export function afterTrouble(
  { scope, administrators }: Flow,
  what: string,
  kind: BatchFailing,
  goOn: IChainable,
): IChainable {
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
}

/** Runs one direction to its end. A direction that fails in the end never ends the Map that waits for all; Settle closes it. */
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
