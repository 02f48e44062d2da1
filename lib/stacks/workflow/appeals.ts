import { INBOX } from '../../../lambdas/domain/inbox.ts';
import { OUTBOX } from '../../../lambdas/domain/outbox.ts';
import { ASKED, MARKS, PLANS } from '../../../lambdas/domain/work.ts';
import type { Environment as FileEnvironment } from '../../../lambdas/file-appeal/handler.ts';
import { HandlerFunction } from '../../constructs/handler-function.ts';
import { allowItems, allowList, allowObjects, allowStart } from '../../constructs/rights.ts';
import {
  allowAudit,
  allowDescribe,
  allowTell,
  MARKS_OF_WORK,
  type Machines,
  PUT_ITEMS,
  readFrom,
  type Setting,
} from './context.ts';

/** The function that reads the queue of appeals. */
export function addAppeals(setting: Setting, { batch }: Machines): void {
  const { stack, config, data } = setting;
  const { inbox, work, outbox, cases, appeals } = data;
  const { ADMINISTRATORS_TOPIC, AUDIT_QUEUE, CASEWORKERS, places } = setting.told;

  const file = new HandlerFunction<FileEnvironment>(stack, 'File', {
    config,
    folder: 'file-appeal',
    description: 'Reads what a caseworker appeals for, and starts its reversal',
    memory: 1024,
    timeout: appeals.worksFor,
    environment: { ...places, CASEWORKERS, ADMINISTRATORS_TOPIC, AUDIT_QUEUE, BATCH_MACHINE: batch.aliasArn },
  });
  allowAudit(setting, file);
  allowObjects(file, 'read versions', inbox, INBOX.appeals.pattern);
  // References lead to rows of what was directed, which retention may have taken.
  allowObjects(file, 'read', work, ASKED.pattern, PLANS.decisions.pattern);
  allowList(file, 'list', work, `${PLANS.prefix}*`, ASKED.pattern);
  allowObjects(file, 'write', work, ASKED.pattern, ...MARKS_OF_WORK, MARKS.handed.pattern);
  allowObjects(file, 'write', outbox, OUTBOX.receipts.pattern);
  allowItems(file, PUT_ITEMS, cases);
  allowTell(setting, file, data.administrators);
  allowStart(file, batch);
  allowDescribe(setting, file, batch);
  readFrom(appeals, file, { batchSize: 1 });
}
