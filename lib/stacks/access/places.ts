import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { INBOX } from '../../../lambdas/domain/inbox.ts';
import {
  booksPattern,
  handsetsPattern,
  keptPattern,
  OUTBOX,
  previewPatterns,
  revocationPatterns,
  STATUS_FILES,
  statusPattern,
  summaryPattern,
} from '../../../lambdas/domain/outbox.ts';
import type { GuardedBucket } from '../../constructs/guarded-bucket.ts';
import { KEY_ACTIONS } from '../../constructs/guarded-key.ts';
import type { DataStack } from '../data.ts';

/** The rights of a participant on a bucket's objects, by patterns of keys. */
export interface PlaceRights {
  readonly bucket: GuardedBucket;
  readonly write?: readonly string[];
  readonly read?: readonly string[];
  /** The patterns of keys of which it may read older versions, too. */
  readonly dig?: readonly string[];
  /** Patterns of the prefixes that it may list by; nobody may list without a prefix. */
  readonly list?: readonly string[];
}

/** The places of each kind of participant, by the participant's id. */
export function placesOf({ inbox, outbox, audit }: DataStack) {
  const agency = (agency: string): PlaceRights[] => {
    const put = [INBOX.reports, INBOX.withdrawals].map(({ patternOf }) => patternOf(agency));
    const told = [OUTBOX.rejects, OUTBOX.receipts].map(({ patternOf }) => patternOf(agency));
    return [
      { bucket: inbox, write: put, list: put },
      {
        bucket: outbox,
        read: [
          ...told,
          summaryPattern(agency),
          statusPattern(agency),
          keptPattern(agency),
          handsetsPattern(agency),
          previewPatterns(agency).json,
        ],
        list: told,
      },
    ];
  };
  const operator = (operator: string): PlaceRights[] => {
    const put = [INBOX.usage, INBOX.responses].map(({ patternOf }) => patternOf(operator));
    const read = [OUTBOX.orders, OUTBOX.receipts, OUTBOX.rejects].map(({ patternOf }) => patternOf(operator));
    return [
      { bucket: inbox, write: put, list: put },
      { bucket: outbox, read, list: read },
    ];
  };
  const approver = (approver: string): PlaceRights[] => {
    const put = [INBOX.decisions, INBOX.exemptions, INBOX.admissions].map(({ patternOf }) => patternOf(approver));
    const read = [OUTBOX.previews.pattern, OUTBOX.receipts.patternOf(approver)];
    return [
      { bucket: inbox, write: put, list: put },
      { bucket: outbox, read: [...read, STATUS_FILES.pattern], list: read },
    ];
  };
  const caseworker = (caseworker: string): PlaceRights[] => {
    const put = [INBOX.lookups, INBOX.appeals].map(({ patternOf }) => patternOf(caseworker));
    const read = [OUTBOX.receipts, OUTBOX.explanations].map(({ patternOf }) => patternOf(caseworker));
    return [
      { bucket: inbox, write: put, list: put },
      { bucket: outbox, read: [...read, booksPattern(caseworker)], list: read },
    ];
  };
  const reader = (): PlaceRights[] => [
    { bucket: outbox, read: [OUTBOX.revocations.pattern], list: [OUTBOX.revocations.pattern] },
  ];
  // The names of what was decided show an auditor which chain is missing.
  const auditor = (): PlaceRights[] => [
    { bucket: audit, read: ['*'], list: ['*'] },
    { bucket: outbox, list: [OUTBOX.batches, OUTBOX.orders, OUTBOX.revocations].map(({ pattern }) => pattern) },
  ];
  const administrator = (): PlaceRights[] => [inbox, outbox].map((bucket) => ({ bucket, read: ['*'], list: ['*'] }));
  const operations = (): PlaceRights[] => [
    // A notice names an upload by its version, which may have been replaced since.
    { bucket: inbox, dig: ['*'], list: ['*'] },
    { bucket: outbox, read: ['*'], list: ['*'] },
  ];

  const checker = (id: string): PlaceRights[] => {
    const put = [INBOX.reports, INBOX.usage, INBOX.responses].map(({ patternOf }) => patternOf(id));
    const read = [
      ...[OUTBOX.orders, OUTBOX.rejects, OUTBOX.receipts].map(({ patternOf }) => patternOf(id)),
      summaryPattern(id),
      revocationPatterns(id).csv,
    ];
    return [
      { bucket: inbox, write: put },
      { bucket: outbox, read, list: read },
    ];
  };
  return { agency, operator, approver, caseworker, reader, auditor, administrator, operations, checker };
}

/** The actions on objects: `read` doesn't read older versions, `dig` does. */
const OBJECT_ACTIONS = {
  write: ['s3:PutObject', 's3:AbortMultipartUpload'],
  read: ['s3:GetObject'],
  dig: ['s3:GetObject', 's3:GetObjectVersion'],
};

/** The rights by which a participant uses a place. */
export function statementsFor({ bucket, write, read, dig, list }: PlaceRights): PolicyStatement[] {
  const objects = (right: 'read' | 'dig' | 'write', patterns: readonly string[]) => [
    new PolicyStatement({
      actions: OBJECT_ACTIONS[right],
      resources: patterns.map((pattern) => bucket.arnForObjects(pattern)),
    }),
    new PolicyStatement({
      actions: KEY_ACTIONS.s3[right === 'write' ? 'write' : 'read'],
      resources: [bucket.key.keyArn],
    }),
  ];
  return [
    ...(write ? objects('write', write) : []),
    ...(read ? objects('read', read) : []),
    ...(dig ? objects('dig', dig) : []),
    ...(list
      ? [
          new PolicyStatement({
            actions: ['s3:ListBucket'],
            resources: [bucket.bucketArn],
            ...(list.includes('*') ? {} : { conditions: { StringLike: { 's3:prefix': list } } }),
          }),
        ]
      : []),
  ];
}
