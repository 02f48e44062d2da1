import { Duration } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import {
  type Chain,
  Choice,
  Condition,
  Errors,
  type IChainable,
  IntegrationPattern,
  Pass,
  TaskInput,
  Timeout,
  Wait,
  WaitTime,
} from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke, SnsPublish } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import type { Construct } from 'constructs';
import { DIRECTION_FAILING } from '../../../../lambdas/domain/notices.ts';
import { catchEverything, whenFailed, whenThrottled } from '../retries.ts';

/** A time that is longer than Order may take. */
const ANSWERS_WITHIN = Duration.minutes(15);

/** The functions and resources that the Direction machine works with. */
export interface DirectionParts {
  readonly order: IFunction;
  readonly close: IFunction;
  readonly administrators: ITopic;
}

/**
 * One direction's ladder. Input: `{ directionId, batchId, operator, rungs: [{ order, deadline }], rung }`, rung from 1.
 *
 * 1. Order and await responses: issues the order and waits with a task token until the last row is answered, or until the rung's
 *    deadline; then again, for the next rung, so that a rung which ends in its time is one transition. If the ledger says otherwise (the
 *    ladder has ended, or its deadlines move while a first order can't be published), it answers with its rungs and the rung to go on at:
 *    2.
 * 2. Is a rung left? A rung whose deadline has passed is not issued, except a re-verification, without which nobody is barred; after the
 *    last one: 3.
 * 3. Close: what is open or failed becomes overdue.
 *
 * An error never ends the ladder: the administrators are told, and after an hour the same rung is tried again.
 */
export function directionLadder(scope: Construct, parts: DirectionParts): IChainable {
  const flow: Flow = { scope, ...parts };
  const isARungLeft = Choice.jsonata(scope, 'Is a rung left?');
  const trouble = tellAndWait(flow);
  const orderAndAwait = orderAndAwaitResponses(flow, isARungLeft, trouble);
  const close = closeTheLadder(flow, trouble);
  trouble.next(isARungLeft);
  const skipPassedRung = Pass.jsonata(scope, 'Skip the passed rung', { outputs: `{% ${NEXT_RUNG} %}` });
  isARungLeft
    .when(Condition.jsonata('{% $states.input.rung > $count($states.input.rungs) %}'), close)
    .when(
      Condition.jsonata(`{% ${DEADLINE} <= ${ENTERED} and ${RUNG}.order != 'reverify' %}`),
      skipPassedRung.next(isARungLeft),
    )
    .otherwise(orderAndAwait);
  return orderAndAwait;
}

/** The parts of the steps, and the construct to which they belong. */
interface Flow extends DirectionParts {
  readonly scope: Construct;
}

/** The rung; after the last one, the last rung again, whose deadline has passed. */
const RUNG = '$states.input.rungs[$min([$states.input.rung, $count($states.input.rungs)]) - 1]';
const DEADLINE = `$toMillis(${RUNG}.deadline)`;
const ENTERED = '$toMillis($states.context.State.EnteredTime)';
const NEXT_RUNG = "$merge([$states.input, { 'rung': $states.input.rung + 1 }])";
const WITH_ERROR = { outputs: "{% $merge([$states.input, { 'error': $states.errorOutput.Error }]) %}" };

/** Step 1, and then itself with the next rung, or `next` with the one that the ledger tells. */
function orderAndAwaitResponses({ scope, order }: Flow, next: IChainable, trouble: IChainable): LambdaInvoke {
  const orderAndAwait = LambdaInvoke.jsonata(scope, 'Order and await responses', {
    lambdaFunction: order,
    integrationPattern: IntegrationPattern.WAIT_FOR_TASK_TOKEN,
    payload: TaskInput.fromObject({
      directionId: '{% $states.input.directionId %}',
      rung: '{% $states.input.rung %}',
      deadline: `{% ${RUNG}.deadline %}`,
      token: '{% $states.context.Task.Token %}',
      now: '{% $states.context.State.EnteredTime %}',
    }),
    // If the rung's deadline has passed, only the answer that tells where the ladder is is waited for.
    taskTimeout: Timeout.jsonata(
      `{% ${DEADLINE} > ${ENTERED} ? $ceil((${DEADLINE} - ${ENTERED}) / 1000) : ${ANSWERS_WITHIN.toSeconds()} %}`,
    ),
    retryOnServiceExceptions: false,
    outputs: '{% $merge([$states.input, $states.result]) %}',
  });
  orderAndAwait.addRetry(whenThrottled).addRetry(whenFailed);
  orderAndAwait.addCatch(orderAndAwait, { errors: [Errors.TIMEOUT], outputs: `{% ${NEXT_RUNG} %}` });
  catchEverything(orderAndAwait, trouble, WITH_ERROR);
  orderAndAwait.next(next);
  return orderAndAwait;
}

/** Step 3, the last one. */
function closeTheLadder({ scope, close }: Flow, trouble: IChainable): IChainable {
  const closeTask = LambdaInvoke.jsonata(scope, 'Close', {
    lambdaFunction: close,
    payload: TaskInput.fromObject({
      directionId: '{% $states.input.directionId %}',
      now: '{% $states.context.State.EnteredTime %}',
    }),
    retryOnServiceExceptions: false,
    outputs: '{% $states.result.Payload %}',
  });
  closeTask.addRetry(whenThrottled).addRetry(whenFailed);
  // The ledger tells whoever asks for an order where the ladder is.
  closeTask.addCatch(trouble, {
    errors: ['TooEarly'],
    outputs: "{% $merge([$states.input, { 'error': $states.errorOutput.Error, 'rung': 1 }]) %}",
  });
  catchEverything(closeTask, trouble, WITH_ERROR);
  return closeTask;
}

/** The states after an error: the administrators are told, and an hour passes. */
function tellAndWait({ scope, administrators }: Flow): Chain {
  const tell = SnsPublish.jsonata(scope, 'Tell the administrators', {
    topic: administrators,
    message: TaskInput.fromObject({
      kind: DIRECTION_FAILING,
      directionId: '{% $states.input.directionId %}',
      rung: '{% $states.input.rung %}',
      error: '{% $states.input.error %}',
    }),
    messageAttributes: { kind: { value: DIRECTION_FAILING } },
    outputs: '{% $states.input %}',
  });
  const waitAnHour = Wait.jsonata(scope, 'Wait an hour', { time: WaitTime.duration(Duration.hours(1)) });
  tell.addRetry(whenFailed);
  catchEverything(tell, waitAnHour, { outputs: '{% $states.input %}' });
  return tell.next(waitAnHour);
}
