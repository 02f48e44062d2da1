import { CfnOutput, Duration } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { SCREENED, SETTLED } from '../../../lambdas/domain/work.ts';
import type { Environment as EraseEnvironment } from '../../../lambdas/erase-number/handler.ts';
import { HandlerFunction } from '../../constructs/handler-function.ts';
import { allowHash, allowItems, allowList } from '../../constructs/rights.ts';
import { allowAudit, READ_ITEMS, type Setting } from './context.ts';

/** The function that takes what is known of a number out of the tables, which only people who may invoke. */
export function addErase(setting: Setting): IFunction {
  const { stack, config, data } = setting;
  const { cases, links, work, auditKey } = data;

  const erase = new HandlerFunction<EraseEnvironment>(stack, 'Erase', {
    config,
    folder: 'erase-number',
    description: "Erases a number's claim and links, unless something about it is open",
    memory: 512,
    timeout: Duration.minutes(15),
    environment: {
      CASES: cases.tableName,
      LINKS: links.tableName,
      WORK: work.bucketName,
      AUDIT_QUEUE: setting.told.AUDIT_QUEUE,
      MAC_KEY: auditKey.keyArn,
      LOOK_BACK_DAYS: String(config.policy.lookBackDays),
    },
  });
  allowItems(erase, [...READ_ITEMS, 'dynamodb:BatchGetItem', 'dynamodb:DeleteItem'], cases);
  allowItems(erase, ['dynamodb:Scan', 'dynamodb:DeleteItem'], links);
  // The lists show it the batches that are not directed.
  allowList(erase, 'list', work, SCREENED.prefix, SETTLED.prefix);
  allowAudit(setting, erase);
  allowHash(erase, auditKey);
  new CfnOutput(stack, 'EraseFunctionName', { value: erase.functionName });
  return erase;
}
