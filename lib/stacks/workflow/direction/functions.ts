import { Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { Environment as CloseEnvironment } from '../../../../lambdas/close-direction/handler.ts';
import { OUTBOX } from '../../../../lambdas/domain/outbox.ts';
import { PLANS, PREPARED, WAITING } from '../../../../lambdas/domain/work.ts';
import type { Environment as OrderEnvironment } from '../../../../lambdas/issue-order/handler.ts';
import { HandlerFunction } from '../../../constructs/handler-function.ts';
import { allow, allowItems, allowKey, allowList, allowObjects } from '../../../constructs/rights.ts';
import type { VersionedMachine } from '../../../constructs/versioned-machine.ts';
import { addMachine, allowAudit, allowTell, PUT_ITEMS, type Setting } from '../context.ts';
import { directionLadder } from './machine.ts';

/** The Direction state machine and its functions: one ladder, from order to order. */
export function addDirection(setting: Setting): VersionedMachine {
  const { stack, config, data } = setting;
  const { work, outbox, cases } = data;
  const { OPERATORS_TOPIC, AUDIT_QUEUE, places } = setting.told;

  const order = new HandlerFunction<OrderEnvironment>(stack, 'Order', {
    config,
    folder: 'issue-order',
    keptFree: true,
    description: "Issues a rung's order for the rows that are open",
    memory: 512,
    timeout: Duration.minutes(2),
    environment: { ...places, OPERATORS_TOPIC, AUDIT_QUEUE },
  });
  allowItems(order, PUT_ITEMS, cases);
  allowObjects(order, 'read', work, PLANS.decisions.pattern, PLANS.directions.pattern, PREPARED.pattern);
  allowObjects(order, 'write', work, PREPARED.pattern);
  allowObjects(order, 'write', outbox, OUTBOX.orders.pattern);
  allowList(order, 'list', outbox, OUTBOX.orders.pattern);
  allowTell(setting, order, data.operators);
  allowAudit(setting, order);
  const close = new HandlerFunction<CloseEnvironment>(stack, 'Close', {
    config,
    folder: 'close-direction',
    keptFree: true,
    description: 'Ends a ladder: what is open or failed becomes overdue',
    memory: 512,
    timeout: Duration.minutes(1),
    environment: { WORK: work.bucketName, CASES: cases.tableName, AUDIT_QUEUE },
  });
  allowItems(close, PUT_ITEMS, cases);
  allowObjects(close, 'write', work, WAITING.pattern);
  allowAudit(setting, close);
  const direction = addMachine(
    setting,
    'Direction',
    directionLadder(new Construct(stack, 'DirectionLadder'), { order, close, administrators: data.administrators }),
    [order, close],
  );
  allowKey(direction, data.messagesKey, 'sns', 'write');
  // This right has a policy of its own: the machine names the function, so the function's own policy may not name the machine.
  allow(order, ['states:SendTaskSuccess'], direction.stateMachineArn);
  return direction;
}
