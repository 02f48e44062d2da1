import { INBOX } from '../../../lambdas/domain/inbox.ts';
import { OUTBOX } from '../../../lambdas/domain/outbox.ts';
import { ASKED, DECIDED, MARKS, SCREENED } from '../../../lambdas/domain/work.ts';
import type { Environment as WithdrawEnvironment } from '../../../lambdas/withdraw-report/handler.ts';
import { HandlerFunction } from '../../constructs/handler-function.ts';
import { allow, allowItems, allowList, allowObjects, allowStart } from '../../constructs/rights.ts';
import {
  allowAudit,
  allowDescribe,
  allowTell,
  CHANGE_ITEMS,
  MARKS_OF_WORK,
  type Machines,
  readFrom,
  type Setting,
} from './context.ts';

/** The function that reads the queue of withdrawals. */
export function addWithdrawals(setting: Setting, { batch }: Machines): void {
  const { stack, config, data } = setting;
  const { inbox, work, outbox, cases, withdrawals } = data;
  const { ADMINISTRATORS_TOPIC, AGENCIES_TOPIC, AUDIT_QUEUE, OPERATORS, REPORT_FORMS, UPLOADERS, places } =
    setting.told;

  const withdraw = new HandlerFunction<WithdrawEnvironment>(stack, 'Withdraw', {
    config,
    folder: 'withdraw-report',
    description: 'Takes back what an agency withdraws',
    memory: 512,
    timeout: withdrawals.worksFor,
    environment: {
      ...places,
      AGENCIES: UPLOADERS.AGENCIES,
      OPERATORS,
      AGENCIES_TOPIC,
      ADMINISTRATORS_TOPIC,
      AUDIT_QUEUE,
      HIDDEN_SECONDS: String(withdrawals.hiddenFor.toSeconds()),
      BATCH_MACHINE: batch.aliasArn,
      REPORT_FORMS,
    },
  });
  allowAudit(setting, withdraw);
  allowObjects(withdraw, 'read versions', inbox, INBOX.withdrawals.pattern);
  allowObjects(withdraw, 'read', work, DECIDED.pattern, ASKED.pattern, SCREENED.handsets.pattern);
  // Retention may have taken what was asked for or reported.
  allowList(withdraw, 'list', work, ASKED.pattern, `${SCREENED.prefix}*`);
  allowObjects(withdraw, 'write', work, DECIDED.pattern, ASKED.pattern, ...MARKS_OF_WORK, MARKS.handed.pattern);
  allowObjects(withdraw, 'write', outbox, OUTBOX.receipts.pattern);
  allowItems(withdraw, CHANGE_ITEMS, cases);
  allowTell(setting, withdraw, data.agencies, data.administrators);
  allow(withdraw, ['states:SendTaskSuccess'], batch.stateMachineArn);
  allowStart(withdraw, batch);
  allowDescribe(setting, withdraw, batch);
  readFrom(withdrawals, withdraw, { batchSize: 1 });
}
