import { Duration, Lazy, type RemovalPolicy, Validations } from 'aws-cdk-lib';
import { AnyPrincipal, Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type ObjectLockRetention,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { GuardedKey } from './guarded-key.ts';

/** What may be done with a bucket's objects. */
type ObjectRight = 'read' | 'write' | 'list' | 'delete';

/** All actions by which objects are read, written, listed and deleted; also those that nobody here has. */
const ACTIONS: Readonly<Record<ObjectRight, string[]>> = {
  read: ['s3:GetObject*'],
  write: ['s3:AbortMultipartUpload', 's3:ListMultipartUploadParts', 's3:PutObject*', 's3:RestoreObject'],
  list: ['s3:ListBucket*'],
  delete: ['s3:DeleteObject*'],
};

/** The lists that S3 knows a prefix of. A statement that asks others for one, by a wildcard too, S3 may take for malformed. */
const LISTS_BY_PREFIX = ['s3:ListBucket', 's3:ListBucketVersions'];

interface GuardedBucketProps {
  readonly removalPolicy: RemovalPolicy;
  /** Days after which objects go, all or those of these folders; undefined: never. */
  readonly days?: number | Readonly<Record<string, number>>;
  /** Days after which the objects of these folders go sooner than all others. */
  readonly soonerDays?: Readonly<Record<string, number>>;
  /** Days after which overwritten and deleted versions go; undefined: never. */
  readonly oldVersionDays?: number;
  /** Set where nobody may delete or change an object before a time. */
  readonly lock?: ObjectLockRetention;
}

/** No principal's name: a condition needs a value where nobody is admitted. */
const NOBODY = 'arn:aws:iam:::nobody';

/** Incomplete uploads go after so many days: nobody sees them, and they cost. */
const ABANDONED_UPLOAD_DAYS = 7;

/**
 * A versioned bucket under a key of its own, with a list of who may read, write, list and delete. Its policy denies each to
 * every other principal, whatever that one's own policy says.
 */
export class GuardedBucket extends Bucket {
  readonly key: GuardedKey;
  readonly #admitted: Readonly<Record<ObjectRight, Set<string>>> = {
    read: new Set(),
    write: new Set(),
    list: new Set(),
    delete: new Set(),
  };

  constructor(
    scope: Construct,
    id: string,
    { removalPolicy, days, soonerDays, oldVersionDays, lock }: GuardedBucketProps,
  ) {
    const key = new GuardedKey(scope, `${id}Key`, { description: `Encrypts bucket ${id}`, removalPolicy });
    super(scope, id, {
      versioned: true,
      encryption: BucketEncryption.KMS,
      encryptionKey: key,
      // One data key for many objects: else each object read and written would be a request to KMS.
      bucketKeyEnabled: true,
      enforceSSL: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      removalPolicy,
      ...(lock ? { objectLockEnabled: true, objectLockDefaultRetention: lock } : {}),
      lifecycleRules: [
        {
          abortIncompleteMultipartUploadAfter: Duration.days(ABANDONED_UPLOAD_DAYS),
          ...(typeof days === 'number' ? { expiration: Duration.days(days) } : {}),
          ...(oldVersionDays ? { noncurrentVersionExpiration: Duration.days(oldVersionDays) } : {}),
        },
        // What an expiration leaves behind is a marker with the object's key, which else goes as many days later as that took.
        { expiredObjectDeleteMarker: true },
        ...Object.entries({ ...(typeof days === 'object' ? days : {}), ...soonerDays }).map(([prefix, count]) => ({
          prefix,
          expiration: Duration.days(count),
        })),
      ],
    });
    this.key = key;
    Validations.of(this).acknowledge({
      id: 'AwsSolutions-S1',
      reason:
        'Who read and wrote what is recorded by CloudTrail data events of the account, not by access logs in another bucket.',
    });
    for (const right of Object.keys(ACTIONS) as ObjectRight[])
      this.addToResourcePolicy(
        new PolicyStatement({
          sid: `NobodyElseMay${right[0]?.toUpperCase()}${right.slice(1)}`,
          effect: Effect.DENY,
          principals: [new AnyPrincipal()],
          actions: ACTIONS[right],
          resources: [this.bucketArn, this.arnForObjects('*')],
          conditions: { ArnNotLike: { 'aws:PrincipalArn': Lazy.list({ produce: () => this.#listed(right) }) } },
        }),
      );
  }

  /** Takes a role (or all roles that a pattern names) off the walls. Its own policy must let it, too. */
  admit(roleArn: string, ...rights: ObjectRight[]): void {
    for (const right of rights) this.#admitted[right].add(roleArn);
    if (rights.includes('write')) this.key.admit(roleArn, 's3', 'write');
    else if (rights.includes('read')) this.key.admit(roleArn, 's3', 'read');
  }

  /**
   * Keeps all roles that a pattern names to the keys that fit these patterns (of a list: to prefixes that do), even where
   * their own policy would let them more. The patterns may hold policy variables.
   */
  confine(sid: string, rolePattern: string, right: 'read' | 'write' | 'list', patterns: readonly string[]): void {
    const within = { ArnLike: { 'aws:PrincipalArn': rolePattern } };
    const denied = { effect: Effect.DENY, principals: [new AnyPrincipal()] };
    if (right !== 'list') {
      const notResources = patterns.map((pattern) => this.arnForObjects(pattern));
      this.addToResourcePolicy(
        new PolicyStatement({ ...denied, sid, actions: ACTIONS[right], notResources, conditions: within }),
      );
      return;
    }
    const resources = [this.bucketArn];
    this.addToResourcePolicy(
      new PolicyStatement({
        ...denied,
        sid,
        actions: LISTS_BY_PREFIX,
        resources,
        conditions: { ...within, StringNotLike: { 's3:prefix': patterns } },
      }),
    );
    // A policy can't ask of this list for a prefix, so who is confined has none of it.
    this.addToResourcePolicy(
      new PolicyStatement({
        ...denied,
        sid: `${sid}NoUploads`,
        actions: ['s3:ListBucketMultipartUploads'],
        resources,
        conditions: within,
      }),
    );
  }

  /**
   * Refuses what those who read here could not read: objects under another key than the bucket's, or under one that comes
   * with each request, or in a storage class that must be restored first. Who names nothing has the bucket's key and class.
   */
  refuseUnreadable(): void {
    const encryption = 's3:x-amz-server-side-encryption';
    const key = `${encryption}-aws-kms-key-id`;
    const storage = 's3:x-amz-storage-class';
    const given = (name: string) => ({ Null: { [name]: 'false' } });
    const refused: Record<string, Record<string, object>> = {
      // Whoever names a form of encryption names this key, too: without, it would be one of AWS's.
      NoOtherEncryption: { ...given(encryption), StringNotEquals: { [key]: this.key.keyArn } },
      NoOtherKey: { ...given(key), StringNotEquals: { [key]: this.key.keyArn } },
      NoKeyOfTheCustomer: given(`${encryption}-customer-algorithm`),
      NoOtherStorage: { ...given(storage), StringNotEquals: { [storage]: 'STANDARD' } },
    };
    for (const [sid, conditions] of Object.entries(refused))
      this.addToResourcePolicy(
        new PolicyStatement({
          sid,
          effect: Effect.DENY,
          principals: [new AnyPrincipal()],
          actions: ['s3:PutObject'],
          resources: [this.arnForObjects('*')],
          conditions,
        }),
      );
  }

  #listed(right: ObjectRight): string[] {
    const admitted = [...this.#admitted[right]].sort();
    return admitted.length > 0 ? admitted : [NOBODY];
  }
}
