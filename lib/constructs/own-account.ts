import { Aws, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { UNNAMED_ACCOUNT } from '../config/participants.ts';

/** A principal, with the stage's own account if nobody has named another. */
export const ownPrincipal = (principal: string): string =>
  principal
    .split(':')
    .map((part) => (part === UNNAMED_ACCOUNT ? Aws.ACCOUNT_ID : part))
    .join(':');

/** An address, with the stage's own account and region if nobody has named an account: there it is a queue's by its name. */
export function ownAddress(scope: Construct, endpoint: string): string {
  const [arn, , service, , account, resource] = endpoint.split(':');
  if (arn !== 'arn' || service === undefined || resource === undefined || account !== UNNAMED_ACCOUNT) return endpoint;
  return Stack.of(scope).formatArn({ service, resource });
}
