import { INBOX } from '../../../lambdas/domain/inbox.ts';
import { OUTBOX } from '../../../lambdas/domain/outbox.ts';
import { DECIDED, EXEMPTIONS, MARKS, SCREENED } from '../../../lambdas/domain/work.ts';
import type { Environment as HearEnvironment } from '../../../lambdas/hear-approvers/handler.ts';
import { HandlerFunction } from '../../constructs/handler-function.ts';
import { allow, allowItems, allowList, allowObjects, allowSend } from '../../constructs/rights.ts';
import {
  allowAudit,
  allowTell,
  CHANGE_ITEMS,
  MARKS_OF_WORK,
  type Machines,
  readFrom,
  type Setting,
} from './context.ts';

/** The function that reads the queue of what approvers say. */
export function addHear(setting: Setting, { batch }: Machines): void {
  const { stack, config, data } = setting;
  const { policy, retention } = config;
  const { inbox, work, outbox, cases } = data;
  const { ADMINISTRATORS_TOPIC, APPROVERS, APPROVERS_TOPIC, AUDIT_QUEUE, places } = setting.told;

  const hear = new HandlerFunction<HearEnvironment>(stack, 'Hear', {
    config,
    folder: 'hear-approvers',
    description: 'Records what approvers say',
    memory: 1024,
    timeout: data.approvals.worksFor,
    environment: {
      ...places,
      APPROVERS,
      APPROVERS_TOPIC,
      ADMINISTRATORS_TOPIC,
      AUDIT_QUEUE,
      USAGE_QUEUE: data.usage.queue.queueUrl,
      HIDDEN_SECONDS: String(data.approvals.hiddenFor.toSeconds()),
      EXEMPTION_DAYS: String(policy.exemptionDays),
      // An ending counts as long as the mark of a reversal that it lifts may be there, and no longer than its record, which S3 removes by
      // days of its own.
      EXEMPTION_END_DAYS: String(Math.min(retention.caseDays, retention.workDays - 1)),
    },
  });
  allowAudit(setting, hear);
  allowObjects(
    hear,
    'read versions',
    inbox,
    INBOX.decisions.pattern,
    INBOX.exemptions.pattern,
    INBOX.admissions.pattern,
  );
  allowList(hear, 'list versions', inbox, INBOX.usage.pattern);
  allowList(hear, 'list', work, MARKS.worked.pattern);
  allowObjects(
    hear,
    'read',
    work,
    EXEMPTIONS.pattern,
    DECIDED.pattern,
    SCREENED.previews.pattern,
    SCREENED.handsets.pattern,
    SCREENED.gathered.pattern,
    SCREENED.shards.pattern,
  );
  allowObjects(hear, 'write', work, EXEMPTIONS.pattern, DECIDED.pattern, ...MARKS_OF_WORK, MARKS.admitted.pattern);
  allowSend(hear, data.usage);
  allowObjects(hear, 'write', outbox, OUTBOX.receipts.pattern);
  allowItems(hear, CHANGE_ITEMS, cases);
  allowTell(setting, hear, data.approvers, data.administrators);
  allow(hear, ['states:SendTaskSuccess'], batch.stateMachineArn);
  readFrom(data.approvals, hear, { batchSize: 1 });
}
