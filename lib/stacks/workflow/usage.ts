import { INBOX } from '../../../lambdas/domain/inbox.ts';
import { OUTBOX } from '../../../lambdas/domain/outbox.ts';
import { MARKS } from '../../../lambdas/domain/work.ts';
import type { Environment as ImportEnvironment } from '../../../lambdas/import-usage/handler.ts';
import { HandlerFunction } from '../../constructs/handler-function.ts';
import { allowItems, allowList, allowObjects, allowStart } from '../../constructs/rights.ts';
import {
  allowDescribe,
  allowTell,
  gatesOf,
  IMPORTS_AT_ONCE,
  MARKS_OF_WORK,
  type Machines,
  PUT_ITEMS,
  readFrom,
  type Setting,
} from './context.ts';

/** The function that reads the queue of operators' usage files. */
export function addImport(setting: Setting, { importByPieces }: Machines): void {
  const { stack, config, data } = setting;
  const { policy } = config;
  const { inbox, work, outbox, links, cases } = data;
  const { ADMINISTRATORS_TOPIC, APPROVERS_TOPIC, OPERATORS_TOPIC, FILE_FORMS, LINK_DAYS, UPLOADERS, places } =
    setting.told;

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
  allowList(importer, 'list', work, MARKS.worked.pattern);
  allowItems(importer, PUT_ITEMS, cases);
  allowItems(importer, ['dynamodb:BatchWriteItem'], links);
  allowTell(setting, importer, data.operators, data.approvers, data.administrators);
  allowStart(importer, importByPieces);
  allowDescribe(setting, importer, importByPieces);
  readFrom(data.usage, importer, { batchSize: 1, maxConcurrency: IMPORTS_AT_ONCE });
}
