import type { Template } from 'aws-cdk-lib/assertions';
import * as audit from '../../lambdas/domain/audit.ts';
import * as inbox from '../../lambdas/domain/inbox.ts';
import * as outbox from '../../lambdas/domain/outbox.ts';
import * as work from '../../lambdas/domain/work.ts';

/** All patterns of the places that a module of the domain names. */
function patternsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    name === 'pattern' && typeof inner === 'string' ? [inner] : patternsIn(inner),
  );
}

/** The buckets' patterns, by the name under which the data stack exports each bucket's ARN. */
const PLACES = { Inbox: inbox, Work: work, Outbox: outbox, Audit: { CHAINS: audit.CHAINS } };

/** The rights of a template on objects: the bucket, and the pattern of its keys. */
export function objectsIn(template: Template): [bucket: string, pattern: string][] {
  return Object.values(template.findResources('AWS::IAM::Policy')).flatMap(({ Properties }) =>
    Properties.PolicyDocument.Statement.flatMap(({ Resource }: { Resource: unknown }) =>
      [Resource].flat().flatMap((resource): [string, string][] => {
        const [bucket, key, ...more] = (resource as { 'Fn::Join'?: [string, unknown[]] })['Fn::Join']?.[1] ?? [];
        const name = /:ExportsOutputFnGetAtt(Inbox|Work|Outbox|Audit)[0-9A-F]{8}Arn/.exec(
          String((bucket as { 'Fn::ImportValue'?: string })?.['Fn::ImportValue']),
        )?.[1];
        return name !== undefined && more.length === 0 ? [[name, String(key).slice(1)]] : [];
      }),
    ),
  );
}

/** The patterns of all places of a bucket that the domain names. */
export const placesOf = (bucket: string): string[] => patternsIn(PLACES[bucket as keyof typeof PLACES]);
