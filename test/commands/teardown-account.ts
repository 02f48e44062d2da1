import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';

type Input = Record<string, unknown>;

interface Stack {
  protected: boolean;
  /** The names of stacks that read its outputs. */
  readBy: string[];
  resources: [type: string, name: string][];
}

interface Version {
  key: string;
  id: string;
  isMarker: boolean;
  /** Set where nobody deletes the stack without a flag for going past the lock. */
  locked: boolean;
}

interface Bucket {
  hasPolicy: boolean;
  hasLock: boolean;
  versions: Version[];
  uploads: string[];
}

/** The entries of one page of S3's and CloudFormation's lists; few, so that there are several pages. */
const PAGE = 3;

const refused = (name: string, message = name): never => {
  throw Object.assign(new Error(message), { name });
};

/**
 * A small account that refuses what AWS documents that it refuses: nothing deletes a stack here, so that no part of the local cloud can
 * stand in.
 */
export class StandInAccount {
  readonly stacks = new Map<string, Stack>();
  readonly buckets = new Map<string, Bucket>();
  readonly tables = new Set<string>();
  /** The days until a key goes, once its deletion was asked for. */
  readonly keys = new Map<string, number | undefined>();
  /** Mappings of queues to functions, by their ids, with the number of looks until each has come to rest. */
  readonly mappings = new Map<string, { enabled: boolean; looks: number }>();
  /** Running executions, by state machine. */
  readonly running = new Map<string, string[]>();
  /** Executions that begin when the first one is stopped, as a function starts one if it had read its message before. */
  readonly late: [machine: string, execution: string][] = [];
  /** Requests that fail once. */
  readonly failing = new Set<string>();

  clients() {
    const clients = {
      cloudFormation: new CloudFormationClient({ region: 'ap-south-1' }),
      s3: new S3Client({ region: 'ap-south-1' }),
      dynamo: new DynamoDBClient({ region: 'ap-south-1' }),
      kms: new KMSClient({ region: 'ap-south-1' }),
      lambda: new LambdaClient({ region: 'ap-south-1' }),
      sfn: new SFNClient({ region: 'ap-south-1' }),
    };
    const here = async (command: { constructor: { name: string }; input: Input }) => {
      const call = command.constructor.name.replace(/Command$/, '');
      if (this.failing.delete(call)) refused('TooManyRequests');
      return this.#answer(call, command.input);
    };
    for (const client of Object.values(clients)) client.send = here as never;
    return clients;
  }

  #answer(call: string, input: Input): unknown {
    const stack = input.StackName === undefined ? undefined : this.stacks.get(String(input.StackName));
    switch (call) {
      case 'DescribeStacks':
        if (!stack) return refused('ValidationError', `Stack with id ${input.StackName} does not exist`);
        return { Stacks: [{ StackName: input.StackName, EnableTerminationProtection: stack.protected }] };
      case 'ListStackResources': {
        const from = Number(input.NextToken ?? 0);
        const resources = stack?.resources ?? [];
        return {
          StackResourceSummaries: resources
            .slice(from, from + PAGE)
            .map(([ResourceType, PhysicalResourceId]) => ({ ResourceType, PhysicalResourceId })),
          ...(from + PAGE < resources.length ? { NextToken: String(from + PAGE) } : {}),
        };
      }
      case 'DeleteStack':
        if (stack?.protected) return refused('ValidationError', 'TerminationProtection is enabled');
        // CloudFormation waits, until it gives up; here it fails at once.
        for (const [type, name] of stack?.resources ?? [])
          if (type === 'AWS::StepFunctions::StateMachine' && this.running.get(name)?.length)
            return refused('DELETING', `${name} still has executions that run`);
        // CloudFormation fails later, in an event; here it fails at once.
        if (stack?.readBy.some((reader) => this.stacks.has(reader))) return refused('Export is in use');
        this.stacks.delete(String(input.StackName));
        return {};
      case 'DeleteTable':
        return this.tables.delete(String(input.TableName)) ? {} : refused('ResourceNotFoundException');
      case 'ScheduleKeyDeletion': {
        const key = String(input.KeyId);
        if (!this.keys.has(key)) return refused('NotFoundException');
        if (this.keys.get(key) !== undefined) return refused('KMSInvalidStateException');
        this.keys.set(key, Number(input.PendingWindowInDays));
        return {};
      }
      case 'UpdateEventSourceMapping':
      case 'GetEventSourceMapping': {
        const mapping = this.mappings.get(String(input.UUID)) ?? refused('ResourceNotFoundException');
        if (input.Enabled === false) mapping.enabled = false;
        return { State: mapping.enabled ? 'Enabled' : mapping.looks-- > 0 ? 'Disabling' : 'Disabled' };
      }
      case 'ListExecutions': {
        const running = this.running.get(String(input.stateMachineArn)) ?? refused('StateMachineDoesNotExist');
        const from = Number(input.nextToken ?? 0);
        return {
          executions: running.slice(from, from + PAGE).map((executionArn) => ({ executionArn })),
          ...(from + PAGE < running.length ? { nextToken: String(from + PAGE) } : {}),
        };
      }
      case 'StopExecution': {
        if ([...this.mappings.values()].some(({ enabled, looks }) => enabled || looks > 0))
          throw new Error('a queue is still read, and begins what is stopped anew');
        const [machine, all = []] =
          [...this.running].find(([, executions]) => executions.includes(String(input.executionArn))) ??
          refused('ExecutionDoesNotExist');
        this.running.set(
          machine,
          all.filter((one) => one !== input.executionArn),
        );
        for (const [of, execution] of this.late.splice(0)) this.running.get(of)?.push(execution);
        return { stopDate: new Date() };
      }
      default:
        return this.#answerOfBucket(call, input, this.buckets.get(String(input.Bucket)) ?? refused('NoSuchBucket'));
    }
  }

  #answerOfBucket(call: string, input: Input, bucket: Bucket): unknown {
    if (call === 'DeleteBucketPolicy') {
      bucket.hasPolicy = false;
      return {};
    }
    if (call === 'GetObjectLockConfiguration')
      return bucket.hasLock ? { ObjectLockConfiguration: {} } : refused('ObjectLockConfigurationNotFoundError');
    if (bucket.hasPolicy) return refused('AccessDenied');
    switch (call) {
      case 'ListObjectVersions': {
        const page = bucket.versions
          .slice(0, PAGE)
          .map(({ key, id, isMarker }) => ({ Key: key, VersionId: id, isMarker }));
        return {
          Versions: page.filter(({ isMarker }) => !isMarker),
          DeleteMarkers: page.filter(({ isMarker }) => isMarker),
        };
      }
      case 'DeleteObjects': {
        const { Objects } = input.Delete as { Objects: { Key: string; VersionId: string }[] };
        if (input.BypassGovernanceRetention && !bucket.hasLock) return refused('InvalidRequest');
        const Errors: unknown[] = [];
        for (const { Key, VersionId } of Objects) {
          const found = bucket.versions.find(({ key, id }) => key === Key && id === VersionId);
          if (found?.locked && !input.BypassGovernanceRetention) Errors.push({ Key, Code: 'AccessDenied' });
          else bucket.versions = bucket.versions.filter((one) => one !== found);
        }
        return { Errors };
      }
      case 'ListMultipartUploads':
        return { Uploads: bucket.uploads.slice(0, PAGE).map((UploadId) => ({ Key: 'k', UploadId })) };
      case 'AbortMultipartUpload':
        bucket.uploads = bucket.uploads.filter((id) => id !== input.UploadId);
        return {};
      case 'DeleteBucket':
        if (bucket.versions.length + bucket.uploads.length > 0) return refused('BucketNotEmpty');
        this.buckets.delete(String(input.Bucket));
        return {};
      default:
        throw new Error(`the account has no ${call}`);
    }
  }
}
