import { DeleteObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { ListExecutionsCommand, SFNClient } from '@aws-sdk/client-sfn';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { FaultPlan } from 'local-cloud';
import { beforeAll, describe, expect, it } from 'vitest';
import { bucketsOf } from '../../simulation/buckets.ts';
import { run } from '../commands/command.ts';
import { withWhatToDo } from '../domain/what-to-do.ts';
import { HOUR, Lab, START } from './lab.ts';
import { A1, H1, H2, J1 } from './story.ts';

type Write = Parameters<NonNullable<FaultPlan['afterWrite']>>[0];

/** A lab that is swept every day, whose functions crash at some of their writes, and what it did. */
async function open(poison: { crashes?: ((write: Write) => boolean) | undefined }) {
  const mended: string[] = [];
  const crashed: string[] = [];
  const lab = await Lab.open({
    context: { operators: 'airtel,jio', sweepHours: '24' },
    faults: {
      afterWrite: (write) => {
        if (poison.crashes?.(write) !== true) return undefined;
        crashed.push(write.functionName);
        return 'fail';
      },
    },
    log: (_, line) => {
      if (line.includes('"Name":"Mended"')) mended.push(JSON.parse(line).what);
      if (line.includes('"Name":"Quarantined"')) mended.push('quarantined');
    },
  });
  const quarantined = async (queue: string) =>
    (await lab.notices(queue)).filter(({ kind }) => kind === 'quarantined').map(({ key, why }) => ({ key, why }));
  /** Of the functions that read the inbox. */
  const invocations = () => {
    const { lambda } = lab.cloud.consumption();
    return ['Intake', 'Import', 'Record'].map((name) => lambda[name]?.invocations);
  };
  const until = (hours: number) => lab.cloud.run(START + hours * HOUR);
  return { lab, mended, crashed, quarantined, invocations, until, [Symbol.asyncDispose]: () => lab.close() };
}

describe('usage that crashes its function each time, and a response that fails with an error', () => {
  const USAGE = 'usage/jio/poison.csv';
  const rejectsOf = (name: string) => `rejects/jio/${name}`;
  /** Import dies when it writes the rejects of the poisonous file. */
  const poison: { crashes?: ((write: Write) => boolean) | undefined } = {
    crashes: ({ functionName, key }) => functionName.includes('Import') && key === rejectsOf('poison.csv'),
  };
  let opened: Awaited<ReturnType<typeof open>>;
  let lab: Lab;
  let response: string;
  /** What Record checks a response against: gone for a while. */
  let rows: { key: string; bytes: Uint8Array };

  beforeAll(async () => {
    opened = await open(poison);
    lab = opened.lab;
    await lab.usage('airtel', [`${H1},${A1},2026-05-20,Delhi`]);
    await lab.report('mha', [H1]);
    await opened.until(1);
    const direction = (await lab.directions('airtel')).find((id) => id.includes('.reverify.')) ?? '';
    response = `responses/airtel/${direction}/answer.csv`;
    rows = await takeRows(lab);
    await lab.respond(direction, [`${A1},verified`]);
    await lab.usage('jio', [`${H2},${J1},2026-05-19,Mumbai`], 'poison.csv');
    await lab.usage('jio', [`${H1},${J1},2026-05-19,Mumbai`], 'good.csv');
    return () => lab.close();
  });

  it('are received five times, sent again once by the sweep, and then quarantined with one notice to each', async () => {
    // Swept at hours 24, when their events are sent again, and 48.
    await opened.until(47);
    expect(opened.mended).toEqual(['upload', 'upload']);
    expect(await opened.quarantined('fraud-administrators')).toEqual([]);
    await opened.until(49);
    expect(opened.mended).toEqual(['upload', 'upload', 'quarantined', 'quarantined']);
    expect(await opened.quarantined('fraud-administrators')).toEqual([
      { key: response, why: 'NoSuchKey' },
      { key: USAGE, why: 'no_word' },
    ]);
    expect(await opened.quarantined('fraud-directions-jio')).toEqual([{ key: USAGE, why: 'no_word' }]);
    expect(await opened.quarantined('fraud-directions-airtel')).toEqual([{ key: response, why: 'NoSuchKey' }]);
  });

  it('start nothing more, for days', async () => {
    // Five receives of each of its two events.
    expect(opened.crashed).toHaveLength(2 * 5);
    const invocations = opened.invocations();
    await opened.until(97);
    expect(opened.crashed).toHaveLength(2 * 5);
    expect(opened.invocations()).toEqual(invocations);
    expect(opened.mended).toHaveLength(4);
    expect(await opened.quarantined('fraud-administrators')).toEqual([]);
  });

  it('hold up no other file', async () => {
    expect(await lab.read(rejectsOf('good.csv'))).toBe(withWhatToDo('line,value,reason\n'));
    await lab.usage('jio', [`${H1},${J1},2026-05-21,Mumbai`], 'better.csv');
    expect(await lab.read(rejectsOf('better.csv'))).toBe(withWhatToDo('line,value,reason\n'));
  });

  it('are brought in again, once the cause is mended: by the dead letters, or by another upload of the same bytes', async () => {
    delete poison.crashes;
    await lab.cloud.put(bucketsOf(lab.cloud).work, rows.key, rows.bytes);
    await lab.upload(response, `msisdn,outcome\n${A1},verified\n`);
    const [receipt = '', ...more] = await lab.outbox('receipts/airtel/');
    expect(more).toEqual([]);
    expect(await lab.json(receipt)).toMatchObject({ rows: 1, recorded: 1, refused: null });
    const { code, said } = await run('redrive', ['--stage', 'dev'], lab.cloud.endpoint);
    await lab.cloud.rest();
    expect(code).toBe(0);
    expect(said).toContain('Usage: 2 messages moved back to its queue\n');
    expect(said).toContain('Responses: 2 messages moved back to its queue\n');
    expect(await lab.read(rejectsOf('poison.csv'))).toBe(withWhatToDo('line,value,reason\n'));
    expect(await lab.json(receipt)).toMatchObject({ rows: 1, recorded: 1, refused: null });
    expect(lab.cloud.failures()).toEqual([]);
    expect(opened.mended).toHaveLength(4);
  });
});

describe('a report whose execution fails before its batch is registered', () => {
  it('is in quarantine at once: no sweep takes it up, others go on, and another upload begins it anew', async () => {
    const poison: { crashes?: ((write: Write) => boolean) | undefined } = {
      crashes: ({ functionName, key }) => functionName.includes('Screen') && key === 'rejects/mha/poison.csv',
    };
    await using opened = await open(poison);
    const { lab, mended, crashed, quarantined, until } = opened;
    await lab.report('mha', [H1], 'poison.csv');
    await lab.report('mha', [H2], 'good.csv');
    await until(1);
    const notice = { key: 'reports/mha/poison.csv', why: 'Lambda.Unknown' };
    expect(await quarantined('fraud-administrators')).toEqual([notice]);
    expect(await quarantined('fraud-batches-mha')).toEqual([notice]);
    // The first attempt and four retries.
    expect(crashed).toHaveLength(5);
    await until(73);
    expect(crashed).toHaveLength(5);
    expect(mended).toEqual(['quarantined']);
    expect(await lab.batches()).toHaveLength(1);
    delete poison.crashes;
    await lab.report('mha', [H1], 'poison.csv');
    await lab.cloud.run();
    expect(await lab.batches()).toHaveLength(2);
    expect(mended).toEqual(['quarantined']);
  });
});

describe('a failed batch that nobody can release', () => {
  it('is told of once by the sweep, not at each, and holds up nobody; redriven when that is mended, it is told of', async () => {
    let expands = false;
    const poison: { crashes?: ((write: Write) => boolean) | undefined } = {
      crashes: ({ functionName }) => functionName.includes('Release') || (!expands && functionName.includes('Expand')),
    };
    await using opened = await open(poison);
    const { lab, mended, crashed, until } = opened;
    await lab.usage('jio', [`${H1},${J1},2026-05-19,Mumbai`]);
    await lab.report('mha', [H1]);
    await until(1);
    expands = true;
    await lab.report('up-police', [H1, H2]);
    expect((await lab.directions('jio')).some((id) => id.startsWith('up-police-'))).toBe(true);
    await until(73);
    // It stands in no line, where another batch would meet it: the sweep finds it, once in three days, and sends the event again.
    // Five receives of each of the two.
    expect(mended).toEqual(['batch']);
    expect(crashed.filter((name) => name.includes('Release'))).toHaveLength(10);
    delete poison.crashes;
    const { said } = await run('redrive', ['--queue', 'Release'], lab.cloud.endpoint);
    expect(said).toBe('Release: 2 messages moved back to its queue\n');
    await lab.cloud.rest();
    const told = (await lab.notices('fraud-batches-mha')).filter(({ kind }) => kind === 'batch_failed');
    // Once by each message, alike: a notice may double.
    expect(new Set(told.map((notice) => JSON.stringify(notice))).size).toBe(1);
    await lab.report('mha', [H1], 'again.csv');
    await until(74);
    expect((await lab.directions('jio')).some((id) => id.startsWith('mha-'))).toBe(true);
  });
});

describe('a message that says of an execution which runs that it failed', () => {
  it('fails nothing and resumes nothing: it is among the dead letters, and the batch goes on', async () => {
    await using opened = await open({});
    const { lab, until } = opened;
    await lab.usage('jio', [`${H1},${J1},2026-05-19,Mumbai`]);
    await lab.report('mha', [H1]);
    const { endpoint, region, names } = lab.cloud;
    const settings = { endpoint, region, credentials: { accessKeyId: 'x', secretAccessKey: 'x' } };
    const running = new ListExecutionsCommand({ stateMachineArn: names.machines.Batch, statusFilter: 'RUNNING' });
    const { executions = [] } = await new SFNClient(settings).send(running);
    const [execution] = executions;
    expect(executions).toHaveLength(1);
    const message = {
      time: '2026-06-01T00:10:00Z',
      detail: { executionArn: execution?.executionArn, status: 'ABORTED' },
    };
    const MessageBody = JSON.stringify(message);
    await new SQSClient(settings).send(new SendMessageCommand({ QueueUrl: names.queues.ReleaseQueue, MessageBody }));
    await until(2);
    expect(lab.cloud.failures()).toEqual(['dead-letter queue ReleaseDeadLetters holds 1 message(s)']);
    const told = (await lab.notices('fraud-administrators')).map(({ kind }) => kind);
    expect(told.filter((kind) => kind === 'execution_ended' || kind === 'batch_failed')).toEqual([]);
    const { executions: still = [] } = await new SFNClient(settings).send(running);
    expect(still.map(({ executionArn }) => executionArn)).toEqual([execution?.executionArn]);
    await lab.quietly();
    expect(await lab.batches()).toHaveLength(1);
  });
});

/** Takes the rows of the only direction of connections out of the work bucket. */
async function takeRows(lab: Lab): Promise<{ key: string; bytes: Uint8Array }> {
  const { work } = bucketsOf(lab.cloud);
  const [key = ''] = (await lab.cloud.list(work, 'plans/')).filter((one) =>
    /\/reverify-.*\/airtel-\d+\.tsv$/.test(one),
  );
  const bytes = await lab.cloud.get(work, key);
  const s3 = new S3Client({
    endpoint: lab.cloud.endpoint,
    region: lab.cloud.region,
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
    forcePathStyle: true,
  });
  await s3.send(new DeleteObjectCommand({ Bucket: work, Key: key }));
  s3.destroy();
  return { key, bytes };
}
