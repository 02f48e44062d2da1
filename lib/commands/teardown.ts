import { setTimeout as sleep } from 'node:timers/promises';
import {
  type CloudFormationClient,
  DeleteStackCommand,
  ListStackResourcesCommand,
  waitUntilStackDeleteComplete,
} from '@aws-sdk/client-cloudformation';
import { DeleteTableCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { type KMSClient, ScheduleKeyDeletionCommand } from '@aws-sdk/client-kms';
import {
  GetEventSourceMappingCommand,
  type LambdaClient,
  UpdateEventSourceMappingCommand,
} from '@aws-sdk/client-lambda';
import {
  AbortMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteBucketPolicyCommand,
  DeleteObjectsCommand,
  GetObjectLockConfigurationCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { paginateListExecutions, type SFNClient, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { HOUR_SECONDS } from '../../lambdas/domain/days.ts';
import { stackOf } from './outputs.ts';

/** The clients of the account that a stage is deployed in. */
export interface Account {
  readonly cloudFormation: CloudFormationClient;
  readonly s3: S3Client;
  readonly dynamo: DynamoDBClient;
  readonly kms: KMSClient;
  readonly lambda: LambdaClient;
  readonly sfn: SFNClient;
}

/** A stage that nobody tears down, since one of its stacks is protected against that. */
export class ProtectedStage extends Error {
  override name = 'ProtectedStage';
}

/** Stacks that read another one's outputs go before that one, and before what is kept. */
const READERS = ['operations', 'access', 'workflow'];
/** The stack of what works, one of these. */
const WORKFLOW = 'workflow';
/** The stack of everything that CloudFormation keeps when a stack goes. */
const DATA = 'data';

/** Milliseconds between two looks at what is to come to rest. */
const LOOKS_EACH = 1000;
const LONGEST_WAIT = HOUR_SECONDS;
/** The shortest time between asking for a key's deletion and its end. */
const DAYS_UNTIL_KEYS_GO = 7;

/**
 * Removes all of a stage: ends what runs, then removes its stacks, and the buckets with all versions of all objects, the tables and the
 * keys that these keep. It may be stopped and run again: something that went meanwhile is no error.
 * @param say told of each step
 * @throws ProtectedStage before anything is removed, if a stack is protected
 */
export async function teardown(account: Account, stage: string, say: (text: string) => void): Promise<void> {
  const { cloudFormation } = account;
  const there = new Set<string>();
  for (const stack of [...READERS, DATA]) {
    const found = await stackOf(cloudFormation, `${stage}-${stack}`);
    if (found?.EnableTerminationProtection) throw new ProtectedStage(`stack ${stage}-${stack} is protected`);
    if (found) there.add(stack);
  }
  if (there.size === 0) say(`there is no stack of ${stage} in this account and region`);
  const remove = async (stack: string) => {
    if (!there.has(stack)) return;
    const StackName = `${stage}-${stack}`;
    await cloudFormation.send(new DeleteStackCommand({ StackName }));
    await waitUntilStackDeleteComplete({ client: cloudFormation, maxWaitTime: LONGEST_WAIT }, { StackName });
    say(`stack ${StackName} is gone`);
  };
  const kept = there.has(DATA) ? await resourcesOf(cloudFormation, `${stage}-${DATA}`) : new Map<string, string[]>();
  if (there.has(WORKFLOW)) await stopWork(account, await resourcesOf(cloudFormation, `${stage}-${WORKFLOW}`), say);
  for (const stack of READERS) await remove(stack);
  for (const bucket of kept.get('AWS::S3::Bucket') ?? []) {
    const versions = await removeBucket(account.s3, bucket);
    say(`bucket ${bucket} is gone, with ${versions} versions of objects`);
  }
  for (const TableName of kept.get('AWS::DynamoDB::Table') ?? []) {
    await ifThere(account.dynamo.send(new DeleteTableCommand({ TableName })), 'ResourceNotFoundException');
    say(`table ${TableName} is gone`);
  }
  for (const KeyId of kept.get('AWS::KMS::Key') ?? []) {
    const asked = account.kms.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: DAYS_UNTIL_KEYS_GO }));
    // A key that is going already is in no state to be asked again.
    await ifThere(asked, 'NotFoundException', 'KMSInvalidStateException');
    say(`key ${KeyId} goes in ${DAYS_UNTIL_KEYS_GO} days`);
  }
  await remove(DATA);
}

/**
 * Lets nothing begin any more, and ends what runs: a state machine goes only once its last execution has ended, and a batch waits for
 * weeks. Whatever starts an execution reads a queue, so that rules may go on filling queues meanwhile.
 */
async function stopWork({ lambda, sfn }: Account, names: Map<string, string[]>, say: (text: string) => void) {
  const mappings = names.get('AWS::Lambda::EventSourceMapping') ?? [];
  for (const UUID of mappings)
    await ifThere(
      lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: false })),
      'ResourceNotFoundException',
    );
  for (const UUID of mappings)
    for (;;) {
      const mapping = await ifThere(
        lambda.send(new GetEventSourceMappingCommand({ UUID })),
        'ResourceNotFoundException',
      );
      if (mapping === undefined || mapping.State === 'Disabled') break;
      await sleep(LOOKS_EACH);
    }
  if (mappings.length > 0) say(`${mappings.length} queues are read no more`);
  const stopped = new Set<string>();
  for (;;) {
    const running: string[] = [];
    for (const machine of names.get('AWS::StepFunctions::StateMachine') ?? [])
      running.push(...((await ifThere(runningOf(sfn, machine), 'StateMachineDoesNotExist')) ?? []));
    for (const executionArn of running) {
      // A stop with a cause would take the machine's key, which may be gone.
      const asked = sfn.send(new StopExecutionCommand({ executionArn }));
      // Executions that a stopped one had started go with it.
      if (await ifThere(asked, 'ExecutionDoesNotExist')) stopped.add(executionArn);
    }
    // An execution that a function was just starting is found the next time.
    if (running.length === 0) break;
    await sleep(LOOKS_EACH);
  }
  say(`${stopped.size} executions were stopped`);
}

async function runningOf(client: SFNClient, stateMachineArn: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { executions = [] } of paginateListExecutions(
    { client },
    { stateMachineArn, statusFilter: 'RUNNING' },
  ))
    found.push(...executions.map(({ executionArn = '' }) => executionArn));
  return found;
}

/** The names of a stack's resources, by their types. */
async function resourcesOf(cloudFormation: CloudFormationClient, StackName: string): Promise<Map<string, string[]>> {
  const names = new Map<string, string[]>();
  let NextToken: string | undefined;
  do {
    const page = await cloudFormation.send(new ListStackResourcesCommand({ StackName, NextToken }));
    for (const { ResourceType = '', PhysicalResourceId = '' } of page.StackResourceSummaries ?? [])
      names.set(ResourceType, [...(names.get(ResourceType) ?? []), PhysicalResourceId]);
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  return names;
}

/** @returns the number of versions and delete markers that it held */
async function removeBucket(s3: S3Client, Bucket: string): Promise<number> {
  // The bucket's policy lets nobody delete, and only its users list: it goes first.
  await ifThere(s3.send(new DeleteBucketPolicyCommand({ Bucket })), 'NoSuchBucket', 'NoSuchBucketPolicy');
  const lock = await ifThere(
    s3.send(new GetObjectLockConfigurationCommand({ Bucket })),
    'NoSuchBucket',
    'ObjectLockConfigurationNotFoundError',
  );
  const bypass = lock === undefined ? {} : { BypassGovernanceRetention: true };
  let removed = 0;
  for (;;) {
    const page = await ifThere(s3.send(new ListObjectVersionsCommand({ Bucket })), 'NoSuchBucket');
    const found = [...(page?.Versions ?? []), ...(page?.DeleteMarkers ?? [])];
    if (found.length === 0) break;
    const Objects = found.map(({ Key = '', VersionId }) => ({ Key, VersionId }));
    const { Errors: [failed] = [] } = await s3.send(
      new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true }, ...bypass }),
    );
    if (failed) throw new Error(`a version in ${Bucket} could not be deleted: ${failed.Code}`);
    removed += found.length;
  }
  for (;;) {
    const page = await ifThere(s3.send(new ListMultipartUploadsCommand({ Bucket })), 'NoSuchBucket');
    const uploads = page?.Uploads ?? [];
    if (uploads.length === 0) break;
    for (const { Key, UploadId } of uploads) await s3.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
  }
  await ifThere(s3.send(new DeleteBucketCommand({ Bucket })), 'NoSuchBucket');
  return removed;
}

/** The answer to a request; undefined if it fails with one of these errors. */
async function ifThere<T>(request: Promise<T>, ...absent: string[]): Promise<T | undefined> {
  return request.catch((error: unknown) => {
    if (error instanceof Error && absent.includes(error.name)) return undefined;
    throw error;
  });
}
