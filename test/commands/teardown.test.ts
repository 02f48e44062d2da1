import { beforeEach, describe, expect, it } from 'vitest';
import { ProtectedStage, teardown } from '../../lib/commands/teardown.ts';
import { synthesized } from '../stacks/synthesized.ts';
import { run } from './command.ts';
import { StandInAccount } from './teardown-account.ts';

/** A stage as its templates have it: what they keep holds something. */
const templates = Object.entries(synthesized());
const READERS: Record<string, string[]> = {
  data: ['workflow', 'access', 'operations'],
  workflow: ['access', 'operations'],
  access: [],
  operations: [],
};

function deployed(stage: string, protectedStack?: string): StandInAccount {
  const account = new StandInAccount();
  for (const [name, template] of templates) {
    const resources = Object.entries(template.toJSON().Resources as Record<string, { Type: string }>);
    account.stacks.set(`${stage}-${name}`, {
      protected: name === protectedStack,
      readBy: (READERS[name] ?? []).map((reader) => `${stage}-${reader}`),
      resources: resources.map(([id, { Type }]) => [Type, `${stage}-${id}`]),
    });
    for (const [id, { Type }] of resources) {
      if (Type === 'AWS::DynamoDB::Table') account.tables.add(`${stage}-${id}`);
      if (Type === 'AWS::Lambda::EventSourceMapping')
        account.mappings.set(`${stage}-${id}`, { enabled: true, looks: 0 });
      if (Type === 'AWS::StepFunctions::StateMachine') account.running.set(`${stage}-${id}`, []);
      if (Type === 'AWS::KMS::Key') account.keys.set(`${stage}-${id}`, undefined);
      if (Type !== 'AWS::S3::Bucket') continue;
      const hasLock = id.startsWith('Audit');
      account.buckets.set(`${stage}-${id}`, {
        hasPolicy: true,
        hasLock,
        versions: Array.from({ length: 5 }, (_, n) => ({
          key: `k${n % 2}`,
          id: `v${n}`,
          isMarker: !hasLock && n === 4,
          locked: hasLock,
        })),
        uploads: ['u1', 'u2', 'u3', 'u4'],
      });
    }
  }
  return account;
}

const left = ({ stacks, buckets, tables, keys }: StandInAccount) => ({
  stacks: [...stacks.keys()],
  buckets: [...buckets.keys()],
  tables: [...tables],
  keys: [...new Set(keys.values())],
});
const NOTHING = { stacks: [], buckets: [], tables: [], keys: [7] };

describe('the teardown of a stage', () => {
  let said: string[];
  const say = (text: string) => said.push(text);
  beforeEach(() => {
    said = [];
  });

  it('removes its stacks, its buckets with all versions, its tables and, in seven days, its keys', async () => {
    const account = deployed('dev');
    await teardown(account.clients(), 'dev', say);
    expect(left(account)).toEqual(NOTHING);
    // Four stacks and buckets, two tables; a key of each bucket, of the tables, messages, machines and the audit's hashes.
    // And that queues are read no more, and executions were stopped.
    expect(said).toHaveLength(2 + 4 + 4 + 2 + 8);
    expect(said.filter((line) => line.includes('with 5 versions'))).toHaveLength(4);
    expect(said.at(-1)).toBe('stack dev-data is gone');
  });

  it('has nothing begin any more, and then ends what runs, until nothing does', async () => {
    const account = deployed('dev');
    const [[machine = ''] = [], [other = ''] = []] = [...account.running];
    account.running.set(
      machine,
      Array.from({ length: 8 }, (_, n) => `execution ${n}`),
    );
    account.running.set(other, ['another']);
    account.late.push([machine, 'one that was just starting']);
    const [slow] = account.mappings.values();
    if (slow) slow.looks = 1;
    await teardown(account.clients(), 'dev', say);
    expect([...account.running.values()].flat()).toEqual([]);
    expect([...account.mappings.values()].some(({ enabled }) => enabled)).toBe(false);
    expect(said.slice(0, 2)).toEqual([
      `${account.mappings.size} queues are read no more`,
      '10 executions were stopped',
    ]);
    expect(left(account)).toEqual(NOTHING);
  });

  it('leaves another stage in the account as it is', async () => {
    const account = deployed('dev');
    const blue = deployed('blue');
    for (const [name, stack] of blue.stacks) account.stacks.set(name, stack);
    for (const [name, bucket] of blue.buckets) account.buckets.set(name, bucket);
    await teardown(account.clients(), 'dev', say);
    expect(left(account)).toMatchObject({ stacks: [...blue.stacks.keys()], buckets: [...blue.buckets.keys()] });
    for (const bucket of account.buckets.values()) expect(bucket.versions).toHaveLength(5);
  });

  it.each(['data', 'workflow', 'access', 'operations'])(
    'removes nothing where stack %s is protected',
    async (stack) => {
      const account = deployed('blue', stack);
      const before = left(account);
      await expect(teardown(account.clients(), 'blue', say)).rejects.toThrow(ProtectedStage);
      expect(left(account)).toEqual(before);
      for (const bucket of account.buckets.values()) expect(bucket.versions).toHaveLength(5);
    },
  );

  it.each([
    'UpdateEventSourceMapping',
    'ListExecutions',
    'DeleteStack',
    'DeleteBucketPolicy',
    'DeleteObjects',
    'AbortMultipartUpload',
    'DeleteBucket',
    'DeleteTable',
    'ScheduleKeyDeletion',
  ])('goes on where it was stopped by a failing %s', async (call) => {
    const account = deployed('dev');
    account.failing.add(call);
    await expect(teardown(account.clients(), 'dev', say)).rejects.toThrow('TooManyRequests');
    await teardown(account.clients(), 'dev', say);
    expect(left(account)).toEqual(NOTHING);
  });

  it('says so where there is nothing', async () => {
    await teardown(new StandInAccount().clients(), 'dev', say);
    expect(said).toEqual(['there is no stack of dev in this account and region']);
  });
});

describe('npm run teardown', () => {
  const nowhere = 'http://127.0.0.1:9';

  it('refuses prod before it asks for anything', async () => {
    const { code, complained } = await run('teardown', ['--stage', 'prod'], nowhere);
    expect([code, complained]).toEqual([1, 'ProtectedStage: stage prod is protected\n']);
  });

  it('wants to be told the stage', async () => {
    const { code, complained } = await run('teardown', [], nowhere);
    expect([code, complained]).toEqual([2, '--stage must be given; see --help\n']);
  });
});
