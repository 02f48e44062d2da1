import { Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { Environment as CutEnvironment } from '../../../../lambdas/cut-usage/handler.ts';
import { INBOX } from '../../../../lambdas/domain/inbox.ts';
import { PIECES_PER_STRETCH } from '../../../../lambdas/domain/limits.ts';
import { OUTBOX } from '../../../../lambdas/domain/outbox.ts';
import { IMPORTS, MARKS } from '../../../../lambdas/domain/work.ts';
import type { Environment as ImportPieceEnvironment } from '../../../../lambdas/import-piece/handler.ts';
import type { Environment as PublishImportEnvironment } from '../../../../lambdas/publish-import/handler.ts';
import type { Environment as WeighEnvironment } from '../../../../lambdas/weigh-usage/handler.ts';
import { HandlerFunction } from '../../../constructs/handler-function.ts';
import { admitObjects, allowItems, allowList, allowObjects } from '../../../constructs/rights.ts';
import type { VersionedMachine } from '../../../constructs/versioned-machine.ts';
import {
  acknowledgeMaps,
  addMachine,
  allowTell,
  gatesOf,
  IMPORTS_AT_ONCE,
  PUT_ITEMS,
  type Setting,
} from '../context.ts';
import { importFlow } from './machine.ts';

/** The ImportByPieces state machine and its functions: a usage file that is too large for one. */
export function addImportByPieces(setting: Setting): VersionedMachine {
  const { stack, config, data } = setting;
  const { policy } = config;
  const { inbox, work, outbox, links, cases } = data;
  const { ADMINISTRATORS_TOPIC, APPROVERS_TOPIC, OPERATORS_TOPIC, LINK_DAYS, FILE_FORMS, places } = setting.told;

  const weigh = new HandlerFunction<WeighEnvironment>(stack, 'Weigh', {
    config,
    folder: 'weigh-usage',
    description: 'Weighs a large usage file, and holds it up where it breaks a rule',
    memory: 1769,
    timeout: Duration.minutes(15),
    environment: {
      ...places,
      OPERATORS_TOPIC,
      APPROVERS_TOPIC,
      ADMINISTRATORS_TOPIC,
      GATES: gatesOf(config),
      FILE_FORMS,
    },
  });
  allowObjects(weigh, 'read versions', inbox, INBOX.usage.pattern);
  allowList(weigh, 'list versions', inbox, INBOX.usage.pattern);
  allowObjects(weigh, 'write', work, MARKS.gated.pattern);
  allowObjects(weigh, 'write streams', outbox, OUTBOX.rejects.pattern);
  allowItems(weigh, PUT_ITEMS, cases);
  allowTell(setting, weigh, data.operators, data.approvers, data.administrators);

  const cut = new HandlerFunction<CutEnvironment>(stack, 'Cut', {
    config,
    folder: 'cut-usage',
    description: 'Cuts a large usage file into pieces',
    memory: 1769,
    timeout: Duration.minutes(15),
    environment: {
      WORK: work.bucketName,
      BYTES_PER_PIECE: String(policy.bytesPerPiece),
      PIECES_PER_STRETCH: String(PIECES_PER_STRETCH),
      FILE_FORMS,
    },
  });
  allowObjects(cut, 'read versions', inbox, INBOX.usage.pattern);
  allowObjects(cut, 'write', work, IMPORTS.pattern);

  const importPiece = new HandlerFunction<ImportPieceEnvironment>(stack, 'ImportPiece', {
    config,
    folder: 'import-piece',
    atMost: IMPORTS_AT_ONCE,
    description: 'Turns a piece of a large usage file into links',
    memory: 1024,
    timeout: Duration.minutes(15),
    environment: { WORK: work.bucketName, LINKS: links.tableName, LINK_DAYS, FILE_FORMS },
  });
  allowObjects(importPiece, 'read versions', inbox, INBOX.usage.pattern);
  allowObjects(importPiece, 'write streams', work, IMPORTS.pattern);
  allowItems(importPiece, ['dynamodb:BatchWriteItem'], links);

  const publishImport = new HandlerFunction<PublishImportEnvironment>(stack, 'PublishImport', {
    config,
    folder: 'publish-import',
    description: 'Publishes the rejects of a usage file that was imported by pieces',
    memory: 1024,
    timeout: Duration.minutes(15),
    environment: { ...places, OPERATORS_TOPIC, ADMINISTRATORS_TOPIC },
  });
  allowList(publishImport, 'list versions', inbox, INBOX.usage.pattern);
  allowObjects(publishImport, 'read', work, IMPORTS.pattern);
  allowObjects(publishImport, 'write', work, MARKS.worked.pattern);
  allowObjects(publishImport, 'write streams', outbox, OUTBOX.rejects.pattern);
  allowItems(publishImport, PUT_ITEMS, cases);
  allowTell(setting, publishImport, data.operators, data.administrators);

  const importByPieces = addMachine(
    setting,
    'ImportByPieces',
    importFlow(new Construct(stack, 'ImportFlow'), { weigh, cut, importPiece, publishImport, work }),
    [weigh, cut, importPiece, publishImport],
  );
  admitObjects(importByPieces, work, IMPORTS.pieces.pattern, IMPORTS.imported.pattern);
  acknowledgeMaps(importByPieces, ['Import']);
  return importByPieces;
}
