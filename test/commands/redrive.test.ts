import { SQSClient } from '@aws-sdk/client-sqs';
import { beforeAll, describe, expect, it } from 'vitest';
import { redrive as redriveQueue } from '../../lib/commands/redrive.ts';
import { bucketsOf } from '../../simulation/buckets.ts';
import { HOUR, Lab, START } from '../scenarios/lab.ts';
import { A1, H1 } from '../scenarios/story.ts';
import { type Ended, run } from './command.ts';

const ADMINISTRATOR = 'dev-ap-south-1-administrator-administrator';
const BREAK_GLASS = 'dev-ap-south-1-break-glass-break-glass';

describe('npm run redrive', () => {
  /** What kills Record after its first write, until it is mended. */
  let broken = true;
  let lab: Lab;
  let direction: string;
  const redrive = (...args: string[]): Promise<Ended> => run('redrive', args, lab.cloud.endpoint, ADMINISTRATOR);
  const receipts = () => lab.outbox('receipts/airtel/');

  beforeAll(async () => {
    lab = await Lab.open({
      telling: true,
      enforce: true,
      faults: { afterWrite: ({ functionName }) => (broken && functionName.includes('Record') ? 'fail' : undefined) },
    });
    await lab.usage('airtel', [`${H1},${A1},2026-05-20,Delhi`]);
    await lab.report('mha', [H1]);
    await lab.cloud.run(START + HOUR);
    direction = (await lab.directions('airtel')).find((id) => id.includes('.reverify.')) ?? '';
    await lab.respond(direction, [`${A1},verified`]);
    // Five receives, half an hour apart.
    await lab.cloud.run(START + 5 * HOUR);
    return () => lab.close();
  });

  it('has nothing to do for what is no dead letter, and asks for a queue and a stage that are there', async () => {
    expect(await redrive('--queue', 'Usage')).toEqual({ code: 0, said: 'Usage: nothing to move\n', complained: '' });
    expect(await redrive('--queue', 'Orders')).toEqual({
      code: 2,
      said: '',
      complained:
        '--queue Orders: must be one of Reports, Usage, Responses, Approvals, Withdrawals, Lookups, Appeals, Audit, Status, Release, Night, Sweep\n',
    });
    expect(await redrive('--stage', 'prod')).toEqual({
      code: 1,
      said: '',
      complained: 'NotDeployed: there is no stack prod-data in this account and region\n',
    });
    expect((await redrive('--all')).code).toBe(2);
    expect((await redrive('--help')).said).toContain('npm run redrive -- [options]');
  });

  it('leaves what fails on among the dead letters', async () => {
    expect(lab.cloud.failures()).toEqual(['dead-letter queue ResponsesDeadLetters holds 1 message(s)']);
    expect((await redrive()).said).toContain('Responses: 1 message moved back to its queue\n');
    await lab.cloud.run(START + 9 * HOUR);
    expect(lab.cloud.failures()).toEqual(['dead-letter queue ResponsesDeadLetters holds 1 message(s)']);
  });

  it('tells SQS where they go, which it does not know of what EventBridge or a person put there', async () => {
    const asked: unknown[] = [];
    const answers: Record<string, object> = {
      StartMessageMoveTaskCommand: {},
      ListMessageMoveTasksCommand: { Results: [{ Status: 'COMPLETED', ApproximateNumberOfMessagesMoved: 1 }] },
    };
    const sqs = new SQSClient({ region: 'ap-south-1' });
    sqs.send = (async ({ constructor: { name }, input }: { constructor: { name: string }; input: object }) => {
      if (name === 'StartMessageMoveTaskCommand') asked.push(input);
      const { QueueUrl: url } = input as { QueueUrl?: string };
      return answers[name] ?? { Attributes: { QueueArn: `arn of ${url}`, ApproximateNumberOfMessages: '1' } };
    }) as never;
    await redriveQueue(sqs, { from: 'ReportsDeadLetters', to: 'ReportsQueue' });
    expect(asked).toEqual([{ SourceArn: 'arn of ReportsDeadLetters', DestinationArn: 'arn of ReportsQueue' }]);
  });

  it('has it worked on once the cause is mended, once', async () => {
    broken = false;
    const ended = await redrive('--stage', 'dev');
    await lab.cloud.rest();
    expect(ended).toEqual({
      code: 0,
      said: [
        'Reports: nothing to move',
        'Usage: nothing to move',
        'Responses: 1 message moved back to its queue',
        'Approvals: nothing to move',
        'Withdrawals: nothing to move',
        'Lookups: nothing to move',
        'Appeals: nothing to move',
        'Audit: nothing to move',
        'Status: nothing to move',
        'Release: nothing to move',
        'Night: nothing to move',
        'Sweep: nothing to move',
        '',
      ].join('\n'),
      complained: '',
    });
    const [receipt = '', ...more] = await receipts();
    expect(more).toEqual([]);
    expect(await lab.json(receipt)).toMatchObject({ rows: 1, recorded: 1, alreadyRecorded: 0, refused: null });
    expect(lab.cloud.failures()).toEqual([]);
  });

  it('changes nothing when it is done again', async () => {
    const before = await lab.everything();
    expect((await redrive()).said).not.toContain('moved back');
    await lab.cloud.rest();
    expect(await lab.everything()).toEqual(before);
    await lab.cloud.run();
    expect(await lab.summary('mha')).toMatchObject({ unexplained: 0, connections: { directed: 1, verified: 1 } });
  });

  it('is refused to others than the administrators', async () => {
    const { code, complained } = await run('redrive', [], lab.cloud.endpoint, 'dev-ap-south-1-operator-jio');
    expect(code).toBe(1);
    expect(complained).toContain('is not authorized to perform cloudformation:DescribeStacks');
  });
});

describe('npm run redrive, of what the audit was not told', () => {
  let broken = true;
  let lab: Lab;
  const redrive = (as: string, ...args: string[]) => run('redrive', args, lab.cloud.endpoint, as);
  const entries = async () => {
    const { audit } = bucketsOf(lab.cloud);
    const texts = (await lab.cloud.list(audit)).map(async (key) =>
      Buffer.from(await lab.cloud.get(audit, key)).toString(),
    );
    return (await Promise.all(texts))
      .join('')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).kind);
  };

  beforeAll(async () => {
    lab = await Lab.open({
      telling: true,
      enforce: true,
      faults: {
        beforeCall: ({ caller, service }) => (broken && /Audit/.test(caller) && service === 's3' ? 'fail' : undefined),
      },
    });
    await lab.report('mha', ['no-imei']);
    await lab.cloud.run(START + HOUR);
    return () => lab.close();
  });

  it('tells the administrators how much is left, and moves nothing for them', async () => {
    expect(lab.cloud.failures()).toEqual([
      expect.stringMatching(/^dead-letter queue AuditDeadLetters holds \d message/),
    ]);
    const { code, said } = await redrive(ADMINISTRATOR);
    expect([code, said]).toEqual([
      0,
      expect.stringMatching(/^Audit: \d messages left, for who has the break-glass role$/m),
    ]);
    expect(await redrive(ADMINISTRATOR, '--queue', 'Audit')).toMatchObject({
      code: 1,
      complained: expect.stringMatching(/^Audit: AccessDenied.*not authorized to perform lambda:InvokeFunction/),
    });
  });

  it('moves it back for the break-glass role, by the one function that may', async () => {
    broken = false;
    const { code, said, complained } = await redrive(BREAK_GLASS, '--queue', 'Audit');
    expect([code, complained]).toEqual([0, '']);
    expect(said).toMatch(/^Audit: \d messages moved back to its queue\n$/);
    await lab.cloud.run(START + 2 * HOUR);
    expect(lab.cloud.failures().filter((text) => !text.startsWith('a right was lacking'))).toEqual([]);
    expect((await entries()).sort()).toEqual(['batch_registered', 'batch_settled', 'revoked']);
  });

  it('moves nothing else with that role', async () => {
    expect(await redrive(BREAK_GLASS, '--queue', 'Responses')).toMatchObject({
      code: 1,
      complained: expect.stringContaining('not authorized to perform sqs:GetQueueAttributes'),
    });
  });
});
