import { DeleteObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { ListExecutionsCommand, SFNClient, StopExecutionCommand } from '@aws-sdk/client-sfn';
import type { FaultPlan } from 'local-cloud';
import { describe, expect, it } from 'vitest';
import { bucketsOf } from '../../simulation/buckets.ts';
import { told } from './bad-files.ts';
import { DAY, HOUR, Lab, START } from './lab.ts';
import { A1, H1 } from './story.ts';

const SETTLES = START + 16 * DAY;

/** Has what the only batch's settling prepared be as a version prepared it that made no list of handsets. */
async function asBeforeHandsets({ cloud }: Lab): Promise<void> {
  const { work } = bucketsOf(cloud);
  const keys = await cloud.list(work, 'batches/');
  const note = keys.filter((key) => key.endsWith('/settled.json'));
  expect(note).toHaveLength(1);
  const [key = ''] = note;
  const settled = JSON.parse(Buffer.from(await cloud.get(work, key)).toString('utf8'));
  delete settled.files['handsets.csv'];
  await cloud.put(work, key, JSON.stringify(settled));
  const { endpoint, region } = cloud;
  const s3 = new S3Client({
    endpoint,
    region,
    forcePathStyle: true,
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
  });
  await s3.send(new DeleteObjectCommand({ Bucket: work, Key: key.replace('settled.json', 'handsets.csv') }));
  s3.destroy();
}

describe('a batch whose books are committed, and whose lists could not be published when its execution was stopped', () => {
  it.each(['nobody hears of its end', 'the one that resumes it is stopped, too, and an earlier version settled it'])(
    'is resumed by the sweep within the hour, where %s',
    async (how) => {
      const wrong = { lists: false, heard: true };
      const faults: FaultPlan = {
        drop: ({ detail }) => !wrong.heard && detail.status === 'ABORTED',
        beforeCall: ({ service, key }) =>
          wrong.lists && service === 's3' && key?.startsWith('revocations/') ? 'error' : undefined,
      };
      await using lab = await Lab.open({ telling: true, context: { sweepHours: '1' }, faults });
      const { endpoint, region } = lab.cloud;
      const sfn = new SFNClient({ endpoint, region, credentials: { accessKeyId: 'x', secretAccessKey: 'x' } });
      const stopBatch = async () => {
        const stateMachineArn = lab.cloud.names.machines.Batch;
        const { executions = [] } = await sfn.send(
          new ListExecutionsCommand({ stateMachineArn, statusFilter: 'RUNNING' }),
        );
        expect(executions).toHaveLength(1);
        for (const { executionArn } of executions) await sfn.send(new StopExecutionCommand({ executionArn }));
        await lab.cloud.rest();
      };
      await lab.usage('airtel', [`${H1},${A1},2026-05-20,Delhi`]);
      await lab.report('mha', [H1]);
      await lab.quietlyAt(1);
      const id = (await lab.directions('airtel')).find((one) => one.includes('.reverify.')) ?? '';
      await lab.respond(id, [`${A1},disconnected`]);
      wrong.lists = true;
      await lab.quietly(SETTLES - HOUR);
      await lab.cloud.run(SETTLES + 0.5 * HOUR);
      // What is not personal to the lists is there, and the summary, which comes last, is not.
      expect((await lab.outbox('batches/')).map((key) => key.split('/')[2])).toEqual(['elsewhere.csv', 'handsets.csv']);
      wrong.heard = how.startsWith('the one');
      await stopBatch();
      if (wrong.heard) {
        await lab.cloud.run(SETTLES + 0.7 * HOUR);
        await stopBatch();
        await asBeforeHandsets(lab);
      }
      wrong.lists = false;
      wrong.heard = true;
      await lab.cloud.run(SETTLES + 3 * HOUR);
      expect((await lab.outbox('batches/')).map((key) => key.split('/')[2])).toEqual([
        'elsewhere.csv',
        'handsets.csv',
        'summary.json',
      ]);
      expect(await lab.outbox('revocations/')).toHaveLength(2);
      sfn.destroy();
    },
  );
});

describe('a batch whose summary is published, and of which nobody could be told before its execution was stopped', () => {
  it('is resumed by the sweep within the hour, and told to everybody and to the audit, with the same books', async () => {
    // Settle dies of the first thing that it does after the summary.
    const wrong = { dies: false, heard: true };
    const faults: FaultPlan = {
      drop: ({ detail }) => !wrong.heard && detail.status === 'ABORTED',
      afterWrite: ({ functionName, key }) =>
        wrong.dies && functionName.includes('Settle') && /^batches\/[^/]+\/summary.json$/.test(key ?? '')
          ? 'fail'
          : undefined,
    };
    await using lab = await Lab.open({ telling: true, context: { sweepHours: '1' }, faults });
    const { endpoint, region } = lab.cloud;
    const sfn = new SFNClient({ endpoint, region, credentials: { accessKeyId: 'x', secretAccessKey: 'x' } });
    await lab.usage('airtel', [`${H1},${A1},2026-05-20,Delhi`]);
    await lab.report('mha', [H1]);
    await lab.quietly(SETTLES - HOUR);
    await told(lab);
    wrong.dies = true;
    await lab.cloud.run(SETTLES + 0.5 * HOUR);
    const summary = await lab.read((await lab.outbox('batches/')).find((key) => key.endsWith('summary.json')) ?? '');
    const settledNotices = async () =>
      Object.entries(await told(lab)).flatMap(([who, notices]) =>
        notices.filter(({ kind }) => kind === 'settled').map(({ settledAt }) => [who, settledAt]),
      );
    expect(await settledNotices()).toEqual([]);

    wrong.heard = false;
    const { executions = [] } = await sfn.send(
      new ListExecutionsCommand({ stateMachineArn: lab.cloud.names.machines.Batch, statusFilter: 'RUNNING' }),
    );
    expect(executions).toHaveLength(1);
    for (const { executionArn } of executions) await sfn.send(new StopExecutionCommand({ executionArn }));
    await lab.cloud.rest();
    Object.assign(wrong, { dies: false, heard: true });
    await lab.cloud.run(SETTLES + 3 * HOUR);

    const { batchId, settledAt } = JSON.parse(summary);
    expect(await settledNotices()).toEqual([
      ['fraud-batches-mha', settledAt],
      ...['airtel', 'bsnl', 'jio', 'mtnl', 'vi'].map((operator) => [`fraud-directions-${operator}`, settledAt]),
      ['fraud-administrators', settledAt],
    ]);
    expect(await lab.read(`batches/${batchId}/summary.json`)).toBe(summary);
    const { audit } = bucketsOf(lab.cloud);
    const entries = await Promise.all(
      (await lab.cloud.list(audit, `batches/${batchId}/`)).map(async (key) =>
        Buffer.from(await lab.cloud.get(audit, key)).toString('utf8'),
      ),
    );
    const kinds = entries.flatMap((text) => text.trim().split('\n')).map((entry) => JSON.parse(entry).kind);
    expect(kinds.filter((kind) => kind === 'batch_settled' || kind === 'revoked')).toEqual([
      'revoked',
      'batch_settled',
    ]);
    // Nothing is left to do for it: nobody resumes it any more.
    const { executions: all = [] } = await sfn.send(
      new ListExecutionsCommand({ stateMachineArn: lab.cloud.names.machines.Batch }),
    );
    expect(all.map(({ status }) => status).sort()).toEqual(['ABORTED', 'SUCCEEDED']);
    sfn.destroy();
  });
});
