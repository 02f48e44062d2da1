import type { Environment as AuditEnvironment } from '../../../lambdas/audit/handler.ts';
import { allowHash, allowItems, allowObjects } from '../../constructs/access.ts';
import { HandlerFunction } from '../../constructs/handler-function.ts';
import { PUT_ITEMS, readFrom, type Setting } from './parts.ts';

/** The function that writes the audit. */
export function addAudit(setting: Setting): void {
  const { stack, config, data } = setting;
  const { cases } = data;

  const audit = new HandlerFunction<AuditEnvironment>(stack, 'Audit', {
    config,
    folder: 'audit',
    description: "Appends what was committed to its batch's chain in the audit",
    memory: 512,
    timeout: data.auditNotes.worksFor,
    environment: { AUDIT: data.audit.bucketName, CASES: cases.tableName, MAC_KEY: data.auditKey.keyArn },
  });
  allowObjects(audit, 'read', data.audit, 'batches/*');
  allowObjects(audit, 'write', data.audit, 'batches/*');
  allowItems(audit, [...PUT_ITEMS, 'dynamodb:BatchGetItem'], cases);
  allowHash(audit, data.auditKey);
  // A chain grows at its end only, so many at once are in each other's way; and a rung of a thousand directions is an object or two.
  readFrom(data.auditNotes, audit, {
    batchSize: 1000,
    maxConcurrency: 2,
  });
}
