import { INBOX } from '../../../lambdas/domain/inbox.ts';
import { OUTBOX } from '../../../lambdas/domain/outbox.ts';
import { PLANS, PREPARED, ROUTED, WAITING } from '../../../lambdas/domain/work.ts';
import type { Environment as RecordEnvironment } from '../../../lambdas/record-response/handler.ts';
import { HandlerFunction } from '../../constructs/handler-function.ts';
import { allow, allowItems, allowList, allowObjects } from '../../constructs/rights.ts';
import {
  allowAudit,
  allowTell,
  CHANGE_ITEMS,
  MARKS_OF_WORK,
  type Machines,
  readFrom,
  type Setting,
} from './context.ts';

/** The function that reads the queue of operators' responses. */
export function addRecord(setting: Setting, { direction }: Machines): void {
  const { stack, config, data } = setting;
  const { policy } = config;
  const { inbox, work, outbox, cases } = data;
  const { ADMINISTRATORS_TOPIC, AUDIT_QUEUE, CASE_DAYS, FILE_FORMS, OPERATORS_TOPIC, UPLOADERS, places } = setting.told;

  const record = new HandlerFunction<RecordEnvironment>(stack, 'Record', {
    config,
    folder: 'record-response',
    keptFree: true,
    description: "Records operators' responses",
    memory: 1024,
    timeout: data.responses.worksFor,
    environment: {
      ...places,
      OPERATORS: UPLOADERS.OPERATORS,
      OPERATORS_TOPIC,
      ADMINISTRATORS_TOPIC,
      AUDIT_QUEUE,
      CASE_DAYS,
      PORTING_DAYS: String(policy.portingDays),
      MOST_EXTENDED_PERCENT: String(policy.mostExtendedPercent),
      HIDDEN_SECONDS: String(data.responses.hiddenFor.toSeconds()),
      FILE_FORMS,
    },
  });
  allowAudit(setting, record);
  allowObjects(record, 'read versions', inbox, INBOX.responses.pattern);
  allowObjects(
    record,
    'read',
    work,
    PLANS.decisions.pattern,
    PLANS.directions.pattern,
    PREPARED.pattern,
    ROUTED.pattern,
  );
  allowObjects(record, 'write', work, PREPARED.pattern, ROUTED.pattern, WAITING.pattern, ...MARKS_OF_WORK);
  allowList(record, 'list', work, ROUTED.pattern, PREPARED.pattern, `${PLANS.prefix}*`);
  allowObjects(record, 'write', outbox, OUTBOX.orders.pattern, OUTBOX.receipts.pattern);
  // It may publish again what a reversal withdrew.
  allowObjects(record, 'write streams', outbox, OUTBOX.revocations.pattern);
  allowList(record, 'list', outbox, OUTBOX.orders.pattern);
  allowItems(record, [...CHANGE_ITEMS, 'dynamodb:BatchGetItem'], cases);
  allowTell(setting, record, data.operators, data.administrators);
  allow(record, ['states:SendTaskSuccess'], direction.stateMachineArn);
  readFrom(data.responses, record, { batchSize: 1 });
}
