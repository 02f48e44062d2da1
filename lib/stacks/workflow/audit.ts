import { CfnOutput, Duration } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { Environment as AuditEnvironment } from '../../../lambdas/append-audit/handler.ts';
import { CHAINS } from '../../../lambdas/domain/audit.ts';
import type { Environment as RedriveAuditEnvironment } from '../../../lambdas/redrive-audit/handler.ts';
import { HandlerFunction } from '../../constructs/handler-function.ts';
import { allowHash, allowItems, allowObjects, allowRedrive } from '../../constructs/rights.ts';
import { PUT_ITEMS, readFrom, type Setting } from './context.ts';

/**
 * Adds the function that writes the audit, and the one that moves notes that it could not be told back into its queue.
 * @returns the latter, which only people in need invoke
 */
export function addAudit(setting: Setting): IFunction {
  const { stack, config, data } = setting;
  const { cases } = data;

  const audit = new HandlerFunction<AuditEnvironment>(stack, 'Audit', {
    config,
    folder: 'append-audit',
    description: "Appends what was committed to its batch's chain in the audit",
    memory: 512,
    timeout: data.auditNotes.worksFor,
    environment: { AUDIT: data.audit.bucketName, CASES: cases.tableName, MAC_KEY: data.auditKey.keyArn },
  });
  allowObjects(audit, 'read', data.audit, CHAINS.pattern);
  allowObjects(audit, 'write', data.audit, CHAINS.pattern);
  allowItems(audit, [...PUT_ITEMS, 'dynamodb:BatchGetItem'], cases);
  allowHash(audit, data.auditKey);
  // A chain grows only at its end, so that many at once are in each other's way; and a rung of a thousand directions is an object or two.
  readFrom(data.auditNotes, audit, {
    batchSize: 1000,
    maxConcurrency: 2,
  });

  const redrive = new HandlerFunction<RedriveAuditEnvironment>(stack, 'RedriveAudit', {
    config,
    folder: 'redrive-audit',
    description: "Has the audit's dead letters worked on again",
    memory: 256,
    timeout: Duration.minutes(1),
    environment: { DEAD_LETTERS: data.auditNotes.deadLetters.queueUrl },
  });
  allowRedrive(redrive, data.auditNotes);
  new CfnOutput(stack, 'RedriveAuditFunctionName', { value: redrive.functionName });
  return redrive;
}
