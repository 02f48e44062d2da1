import type { Environment as ImportEnvironment } from '../../../lambdas/import/handler.ts';
import type { Environment as IntakeEnvironment } from '../../../lambdas/intake/handler.ts';
import type { Environment as RecordEnvironment } from '../../../lambdas/record/handler.ts';
import { allow, allowItems, allowList, allowObjects, allowStart } from '../../constructs/access.ts';
import { HandlerFunction } from '../../constructs/handler-function.ts';
import {
  allowAudit,
  allowDescribe,
  allowTell,
  CHANGE_ITEMS,
  type Machines,
  readFrom,
  type Setting,
} from './context.ts';

/** Some of these write as fast as the tables bear; more would only take the places of those that issue and record orders. */
const IMPORTS_AT_ONCE = 5;

/** The functions that read the inbox's queues: Intake, Import and Record. */
export function addReaders(setting: Setting, { batch, direction, importByPieces }: Machines): void {
  const { stack, config, data } = setting;
  const { policy } = config;
  const { inbox, work, outbox, links, cases } = data;
  const { ADMINISTRATORS_TOPIC, OPERATORS_TOPIC, AUDIT_QUEUE, CASE_DAYS, LINK_DAYS, UPLOADERS, places } = setting.told;

  const intake = new HandlerFunction<IntakeEnvironment>(stack, 'Intake', {
    config,
    folder: 'intake',
    description: 'Starts one Batch execution per report',
    memory: 256,
    timeout: data.reports.worksFor,
    environment: {
      WORK: work.bucketName,
      AGENCIES: UPLOADERS.AGENCIES,
      BATCH_MACHINE: batch.aliasArn,
      ADMINISTRATORS_TOPIC,
    },
  });
  allowObjects(intake, 'write', work, 'uploads/worked/*', 'uploads/handed/*', 'uploads/failed/*');
  allowStart(intake, batch);
  allowDescribe(setting, intake, batch);
  allowTell(setting, intake, data.administrators);
  readFrom(data.reports, intake, { batchSize: 1 });

  const importer = new HandlerFunction<ImportEnvironment>(stack, 'Import', {
    config,
    folder: 'import',
    description: "Turns operators' usage files into links, or hands large ones on",
    memory: 1024,
    timeout: data.usage.worksFor,
    environment: {
      ...places,
      LINKS: links.tableName,
      LINK_DAYS,
      OPERATORS: UPLOADERS.OPERATORS,
      OPERATORS_TOPIC,
      ADMINISTRATORS_TOPIC,
      IMPORT_MACHINE: importByPieces.aliasArn,
      BYTES_PER_PIECE: String(policy.bytesPerPiece),
    },
  });
  allowObjects(importer, 'read versions', inbox, 'usage/*');
  allowList(importer, 'list versions', inbox, 'usage/*');
  allowObjects(importer, 'write streams', outbox, 'rejects/*');
  allowObjects(importer, 'write', work, 'uploads/worked/*', 'uploads/handed/*', 'uploads/failed/*');
  allowItems(importer, ['dynamodb:PutItem'], cases);
  allowItems(importer, ['dynamodb:BatchWriteItem'], links);
  allowTell(setting, importer, data.operators, data.administrators);
  allowStart(importer, importByPieces);
  allowDescribe(setting, importer, importByPieces);
  readFrom(data.usage, importer, { batchSize: 1, maxConcurrency: IMPORTS_AT_ONCE });

  const record = new HandlerFunction<RecordEnvironment>(stack, 'Record', {
    config,
    folder: 'record',
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
      HIDDEN_SECONDS: String(data.responses.hiddenFor.toSeconds()),
    },
  });
  allowAudit(setting, record);
  allowObjects(record, 'read versions', inbox, 'responses/*');
  allowObjects(record, 'read', work, 'plans/*/decisions/*', 'directions/*');
  allowObjects(record, 'write', work, 'directions/*', 'uploads/worked/*', 'uploads/failed/*');
  allowObjects(record, 'write', outbox, 'orders/*', 'receipts/*', 'revocations/*');
  allowList(record, 'list', outbox, 'orders/*');
  allowItems(record, CHANGE_ITEMS, cases);
  allowTell(setting, record, data.operators, data.administrators);
  allow(record, ['states:SendTaskSuccess'], direction.stateMachineArn);
  readFrom(data.responses, record, { batchSize: 1 });
}
