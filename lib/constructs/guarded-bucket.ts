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

/** The rights on a bucket's objects. */
type ObjectRight = 'read' | 'write' | 'list' | 'delete';

/** All actions by which objects are read, written, listed and deleted, including those that nobody here has. */
const ACTIONS: Readonly<Record<ObjectRight, string[]>> = {
  read: ['s3:GetObject*'],
  write: ['s3:AbortMultipartUpload', 's3:ListMultipartUploadParts', 's3:PutObject*', 's3:RestoreObject'],
  list: ['s3:ListBucket*'],
  delete: ['s3:DeleteObject*'],
};

/** The lists that have a prefix in S3. S3 may take a statement for malformed that asks for the prefix of others, by a wildcard too. */
const LISTS_BY_PREFIX = ['s3:ListBucket', 's3:ListBucketVersions'];

interface GuardedBucketProps {
  readonly removalPolicy: RemovalPolicy;
  /** Days after which objects go, all of them or those of these folders; undefined: never. */
  readonly days?: number | Readonly<Record<string, number>>;
  /** Days after which the objects of these folders go sooner than all others. */
  readonly soonerDays?: Readonly<Record<string, number>>;
  /** Days after which overwritten and deleted versions go; undefined: never. */
  readonly oldVersionDays?: number;
  /** The lock under which nobody may delete or change an object before a time; undefined: none. */
  readonly lock?: ObjectLockRetention;
}

/** The name of no principal: a condition needs a value if nobody is admitted. */
const NOBODY = 'arn:aws:iam:::nobody';

/** Days after which incomplete uploads go: nobody sees them, and they cost. */
const ABANDONED_UPLOAD_DAYS = 7;

/**
 * A versioned bucket under a key of its own, with a list of who may read, write, list and delete. Its policy denies each right to every
 * other principal, whatever that principal's own policy says.
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
      // One data key serves many objects: otherwise each object that is read or written would be a request to KMS.
      bucketKeyEnabled: true,
      enforceSSL: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      removalPolicy,
      ...(lock ? { objectLockEnabled: true, objectLockDefaultRetention: lock } : {}),
      lifecycleRules: [
        {
          abortIncompleteMultipartUploadAfter: Duration.days(ABANDONED_UPLOAD_DAYS),
          ...(oldVersionDays ? { noncurrentVersionExpiration: Duration.days(oldVersionDays) } : {}),
          // An expiration leaves a marker with the object's key behind, which otherwise goes as many days later as the expiration took.
          // CloudFormation's reference wants more in a rule than this.
          expiredObjectDeleteMarker: true,
        },
        // S3 refuses an expiration in days beside the end of markers.
        ...(typeof days === 'number' ? [{ expiration: Duration.days(days) }] : []),
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

  /** Lets a role (or all roles that a pattern names) through the walls. Its own policy must let it, too. */
  admit(roleArn: string, ...rights: ObjectRight[]): void {
    for (const right of rights) this.#admitted[right].add(roleArn);
    if (rights.includes('write')) this.key.admit(roleArn, 's3', 'write');
    else if (rights.includes('read')) this.key.admit(roleArn, 's3', 'read');
  }

  /**
   * Keeps all roles that a pattern names to the keys that fit these patterns (for a list: to prefixes that do), even if their own policy
   * would let them more. The patterns may hold policy variables.
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
    // A policy can't ask for a prefix of this list, so a confined role has none of it.
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
   * Refuses objects that the readers here could not read: under another key than the bucket's, or under one that comes with each request,
   * or in a storage class that must be restored first. An upload that names nothing has the bucket's key and class.
   */
  refuseUnreadable(): void {
    const encryption = 's3:x-amz-server-side-encryption';
    const key = `${encryption}-aws-kms-key-id`;
    const storage = 's3:x-amz-storage-class';
    const given = (name: string) => ({ Null: { [name]: 'false' } });
    const refused: Record<string, Record<string, object>> = {
      // An upload that names a form of encryption must name this key, too: without it the key would be one of AWS's.
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
