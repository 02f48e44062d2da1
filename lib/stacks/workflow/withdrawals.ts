import { INBOX } from '../../../lambdas/domain/inbox.ts';
import { OUTBOX } from '../../../lambdas/domain/outbox.ts';
import { DECIDED, MARKS } from '../../../lambdas/domain/work.ts';
import type { Environment as WithdrawEnvironment } from '../../../lambdas/withdraw-report/handler.ts';
import { allow, allowItems, allowObjects } from '../../constructs/access.ts';
import { HandlerFunction } from '../../constructs/handler-function.ts';
import { allowAudit, allowTell, type Machines, READ_ITEMS, readFrom, type Setting } from './context.ts';

/** The function that reads the queue of withdrawals. */
export function addWithdrawals(setting: Setting, { batch }: Machines): void {
  const { stack, config, data } = setting;
  const { inbox, work, outbox, cases, withdrawals } = data;
  const { ADMINISTRATORS_TOPIC, AGENCIES_TOPIC, AUDIT_QUEUE, OPERATORS, UPLOADERS, places } = setting.told;

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
    },
  });
  allowAudit(setting, withdraw);
  allowObjects(withdraw, 'read versions', inbox, INBOX.withdrawals.pattern);
  allowObjects(withdraw, 'read', work, DECIDED.pattern);
  allowObjects(withdraw, 'write', work, DECIDED.pattern, MARKS.worked.pattern, MARKS.failed.pattern);
  allowObjects(withdraw, 'write', outbox, OUTBOX.receipts.pattern);
  allowItems(withdraw, [...READ_ITEMS, 'dynamodb:UpdateItem'], cases);
  allowTell(setting, withdraw, data.agencies, data.administrators);
  allow(withdraw, ['states:SendTaskSuccess'], batch.stateMachineArn);
  readFrom(withdrawals, withdraw, { batchSize: 1 });
}
