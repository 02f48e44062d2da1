import { Duration } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import {
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
import { catchEverything, whenFailed, whenThrottled } from './retries.ts';

/** What the Direction machine works with. */
export interface DirectionParts {
  readonly order: IFunction;
  readonly close: IFunction;
  readonly administrators: ITopic;
}

/**
 * One direction's ladder. Input: `{ directionId, batchId, operator, rungs: [{ order, deadline }], rung }`, rung from 1.
 *
 * 1. Is a rung left? A rung whose deadline has passed is not issued; after the last one: 3.
 * 2. Order and await responses: issues the order and waits with a task token until the last row is answered, or until the
 *    rung's deadline; then the next rung.
 * 3. Close: what is open or failed becomes overdue.
 *
 * An error never ends the ladder: the administrators are told, and after an hour the same rung is tried again.
 */
export function directionLadder(scope: Construct, { order, close, administrators }: DirectionParts): IChainable {
  const deadline = '$toMillis($states.input.rungs[$states.input.rung - 1].deadline)';
  const entered = '$toMillis($states.context.State.EnteredTime)';
  const nextRung = "$merge([$states.input, { 'rung': $states.input.rung + 1 }])";

  const isARungLeft = Choice.jsonata(scope, 'Is a rung left?');
  const skipPassedRung = Pass.jsonata(scope, 'Skip the passed rung', { outputs: `{% ${nextRung} %}` });
  const orderAndAwait = LambdaInvoke.jsonata(scope, 'Order and await responses', {
    lambdaFunction: order,
    integrationPattern: IntegrationPattern.WAIT_FOR_TASK_TOKEN,
    payload: TaskInput.fromObject({
      directionId: '{% $states.input.directionId %}',
      rung: '{% $states.input.rung %}',
      token: '{% $states.context.Task.Token %}',
      now: '{% $states.context.State.EnteredTime %}',
    }),
    taskTimeout: Timeout.jsonata(`{% $max([1, $ceil((${deadline} - ${entered}) / 1000)]) %}`),
    retryOnServiceExceptions: false,
    // Nothing open ends the ladder; a wake with open rows means that the ladder is beyond this rung.
    outputs: `{% $states.result.open = 0 ? $merge([$states.input, { 'rung': $count($states.input.rungs) + 1 }]) : ${nextRung} %}`,
  });
  const tell = SnsPublish.jsonata(scope, 'Tell the administrators', {
    topic: administrators,
    message: TaskInput.fromObject({
      kind: 'direction_failing',
      directionId: '{% $states.input.directionId %}',
      rung: '{% $states.input.rung %}',
      error: '{% $states.input.error %}',
    }),
    messageAttributes: { kind: { value: 'direction_failing' } },
    outputs: '{% $states.input %}',
  });
  const waitAnHour = Wait.jsonata(scope, 'Wait an hour', { time: WaitTime.duration(Duration.hours(1)) });
  const closeTask = LambdaInvoke.jsonata(scope, 'Close', {
    lambdaFunction: close,
    payload: TaskInput.fromObject({
      directionId: '{% $states.input.directionId %}',
      now: '{% $states.context.State.EnteredTime %}',
    }),
    retryOnServiceExceptions: false,
    outputs: '{% $states.result.Payload %}',
  });

  const withError = { outputs: "{% $merge([$states.input, { 'error': $states.errorOutput.Error }]) %}" };
  orderAndAwait.addRetry(whenThrottled).addRetry(whenFailed);
  orderAndAwait.addCatch(isARungLeft, { errors: [Errors.TIMEOUT], outputs: `{% ${nextRung} %}` });
  catchEverything(orderAndAwait, tell, withError);
  orderAndAwait.next(isARungLeft);
  closeTask.addRetry(whenThrottled).addRetry(whenFailed);
  catchEverything(closeTask, tell, withError);
  tell.addRetry(whenFailed);
  catchEverything(tell, waitAnHour, { outputs: '{% $states.input %}' });
  tell.next(waitAnHour).next(isARungLeft);

  return isARungLeft
    .when(Condition.jsonata('{% $states.input.rung > $count($states.input.rungs) %}'), closeTask)
    .when(Condition.jsonata(`{% ${deadline} <= ${entered} %}`), skipPassedRung.next(isARungLeft))
    .otherwise(orderAndAwait);
}
