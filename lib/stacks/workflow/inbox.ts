import { INBOX } from '../../../lambdas/domain/inbox.ts';
import { OUTBOX } from '../../../lambdas/domain/outbox.ts';
import {
  DECIDED,
  EXEMPTIONS,
  MARKS,
  PLANS,
  PREPARED,
  ROUTED,
  SCREENED,
  WAITING,
} from '../../../lambdas/domain/work.ts';
import type { Environment as HearEnvironment } from '../../../lambdas/hear-approvers/handler.ts';
import type { Environment as ImportEnvironment } from '../../../lambdas/import-usage/handler.ts';
import type { Environment as RecordEnvironment } from '../../../lambdas/record-response/handler.ts';
import type { Environment as IntakeEnvironment } from '../../../lambdas/start-batch/handler.ts';
import { allow, allowItems, allowList, allowObjects, allowSend, allowStart } from '../../constructs/access.ts';
import { HandlerFunction } from '../../constructs/handler-function.ts';
import {
  allowAudit,
  allowDescribe,
  allowTell,
  CHANGE_ITEMS,
  gatesOf,
  IMPORTS_AT_ONCE,
  MARKS_OF_WORK,
  type Machines,
  PUT_ITEMS,
  readFrom,
  type Setting,
} from './context.ts';

/** The functions that read the inbox's queues: Intake, Import, Record and Hear. */
export function addReaders(setting: Setting, { batch, direction, importByPieces }: Machines): void {
  const { stack, config, data } = setting;
  const { policy, retention } = config;
  const { inbox, work, outbox, links, cases } = data;
  const {
    ADMINISTRATORS_TOPIC,
    AGENCIES_TOPIC,
    APPROVERS_TOPIC,
    OPERATORS_TOPIC,
    AUDIT_QUEUE,
    CASE_DAYS,
    LINK_DAYS,
    places,
  } = setting.told;
  const { APPROVERS, FILE_FORMS, UPLOADERS } = setting.told;

  const intake = new HandlerFunction<IntakeEnvironment>(stack, 'Intake', {
    config,
    folder: 'start-batch',
    description: 'Starts one Batch execution per report, named after its batch',
    memory: 256,
    timeout: data.reports.worksFor,
    environment: {
      WORK: work.bucketName,
      AGENCIES: UPLOADERS.AGENCIES,
      BATCH_MACHINE: batch.aliasArn,
      AGENCIES_TOPIC,
      ADMINISTRATORS_TOPIC,
    },
  });
  allowObjects(intake, 'read versions', inbox, INBOX.reports.pattern);
  allowList(intake, 'list versions', inbox, INBOX.reports.pattern);
  allowObjects(intake, 'write', work, ...MARKS_OF_WORK, MARKS.handed.pattern);
  allowStart(intake, batch);
  allowDescribe(setting, intake, batch);
  allowTell(setting, intake, data.agencies, data.administrators);
  readFrom(data.reports, intake, { batchSize: 1 });

  const importer = new HandlerFunction<ImportEnvironment>(stack, 'Import', {
    config,
    folder: 'import-usage',
    description: "Turns operators' usage files into links, or hands large ones on",
    memory: 1024,
    timeout: data.usage.worksFor,
    environment: {
      ...places,
      LINKS: links.tableName,
      LINK_DAYS,
      OPERATORS: UPLOADERS.OPERATORS,
      OPERATORS_TOPIC,
      APPROVERS_TOPIC,
      ADMINISTRATORS_TOPIC,
      GATES: gatesOf(config),
      FILE_FORMS,
      IMPORT_MACHINE: importByPieces.aliasArn,
      BYTES_PER_PIECE: String(policy.bytesPerPiece),
    },
  });
  allowObjects(importer, 'read versions', inbox, INBOX.usage.pattern);
  allowList(importer, 'list versions', inbox, INBOX.usage.pattern);
  allowObjects(importer, 'write streams', outbox, OUTBOX.rejects.pattern);
  allowObjects(importer, 'write', work, ...MARKS_OF_WORK, MARKS.handed.pattern, MARKS.gated.pattern);
  allowItems(importer, PUT_ITEMS, cases);
  allowItems(importer, ['dynamodb:BatchWriteItem'], links);
  allowTell(setting, importer, data.operators, data.approvers, data.administrators);
  allowStart(importer, importByPieces);
  allowDescribe(setting, importer, importByPieces);
  readFrom(data.usage, importer, { batchSize: 1, maxConcurrency: IMPORTS_AT_ONCE });

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
      // As long as the mark of a reversal may be there that they lift, and no longer than their record, which S3 removes by days of its own.
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
