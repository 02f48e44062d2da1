import { DeleteObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { ListExecutionsCommand, SFNClient, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import type { FaultPlan } from 'local-cloud';
import { beforeAll, describe, expect, it } from 'vitest';
import { sha256Of } from '../../lambdas/domain/hashes.ts';
import { bucketsOf } from '../../simulation/buckets.ts';
import { nameOf } from '../../simulation/function-names.ts';
import { withWhatToDo } from '../domain/what-to-do.ts';
import { batchItem, Tables } from './bad-files.ts';
import { batchOf, HOUR, Lab, START } from './lab.ts';
import { A1, A2, H1, H2, J1 } from './story.ts';

/** What goes wrong now; changed by the tests as they go. */
interface Wrong {
  drop?: (event: { detailType: string; detail: Record<string, unknown> }) => boolean;
  kills?: string;
  /** No execution is started by another one. */
  startsNone?: boolean;
  /** A function all of whose places are taken. */
  full?: string;
}

/** A lab whose sweep looks every six hours from the start on, and what it counted as mended. */
async function open(wrong: Wrong, context: Record<string, string> = {}) {
  const mended: string[] = [];
  const faults: FaultPlan = {
    drop: (event) => wrong.drop?.(event) === true,
    afterWrite: ({ functionName }) => (wrong.kills && functionName.includes(wrong.kills) ? 'fail' : undefined),
    beforeCall: ({ service, requestId }) =>
      wrong.startsNone && service === 'states' && requestId === undefined ? 'error' : undefined,
    beforeInvoke: ({ functionName }) => (nameOf(functionName) === wrong.full ? 'throttle' : undefined),
  };
  const lab = await Lab.open({
    context: { operators: 'airtel,jio', sweepHours: '6', ...context },
    enforce: true,
    faults,
    log: (_, line) => {
      if (line.includes('"Name":"Mended"')) mended.push(JSON.parse(line).what);
    },
  });
  const client = {
    endpoint: lab.cloud.endpoint,
    region: lab.cloud.region,
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
  };
  return { lab, mended, sfn: new SFNClient(client), s3: new S3Client({ ...client, forcePathStyle: true }) };
}
type Opened = Awaited<ReturnType<typeof open>>;

/** Until so many hours after the start, the sweep of that hour included. */
const until = ({ cloud }: Lab, hours: number) => cloud.run(START + hours * HOUR);
/** Until so many hours after the start, of whose sweeps there are only those of the last six hours: what earlier ones left, they find. */
async function untilLast(lab: Lab, hours: number): Promise<void> {
  await lab.quietly(START + (hours - 6) * HOUR);
  await until(lab, hours);
}

const created = ({ detailType }: { detailType: string }) => detailType === 'Object Created';

describe('uploads whose events were lost', () => {
  /** What SQS takes in no message as it is. */
  const NAME = '📱 \uffff.csv';
  const wrong: Wrong = { drop: created };
  let opened: Opened;
  let lab: Lab;
  let batchId: string;
  beforeAll(async () => {
    opened = await open(wrong);
    lab = opened.lab;
    await until(lab, 1);
    await lab.usage('jio', [`${H1},${J1},2026-05-19,Mumbai`], NAME);
    await until(lab, 23);
    await lab.report('mha', [H1]);
    await until(lab, 31);
    const [direction = ''] = await lab.directions('jio');
    batchId = direction.split('.')[0] ?? '';
    await lab.respond(await lab.direction(batchId, 'reverify', 'jio'), [`${J1},verified`]);
    await until(lab, 37);
    return () => lab.close();
  });

  it('are worked on after the next sweep that finds them an hour old, each once', async () => {
    // Usage of hour 1 by the sweep of hour 6, the report of hour 23 by that of hour 30, the response of hour 31 by that of hour 36.
    expect(opened.mended).toEqual(['upload', 'upload', 'upload']);
    await untilLast(lab, 60);
    expect(opened.mended).toHaveLength(3);
    expect(await lab.read(`rejects/jio/${NAME}`)).toBe(withWhatToDo('line,value,reason\n'));
  });

  it('keep the instant of their upload: the look-back window and the default day go by it', async () => {
    const [receipt = ''] = await lab.outbox('receipts/jio/');
    expect(await lab.json(receipt)).toMatchObject({ rows: 1, recorded: 1, refused: null });
    const [registered] = (await lab.notices('fraud-batches-mha')).filter(({ kind }) => kind === 'batch_registered');
    expect(registered).toMatchObject({ batchId, uploadedAt: '2026-06-01T23:00:00Z' });
  });

  it('leave nothing to mend where the events come late all the same', async () => {
    delete wrong.drop;
    await lab.report('mha', [H1], 'again.csv');
    await until(lab, 72);
    expect(opened.mended).toHaveLength(3);
    expect(lab.cloud.failures()).toEqual([]);
  });

  it('settle with balanced books', async () => {
    await lab.toTheEnd();
    expect(await lab.summary('mha')).toMatchObject({
      unexplained: 0,
      connections: { linked: 1, directed: 1, verified: 1 },
    });
  });
});

describe('uploads that are gone from their names before their events, which were lost, are sent again', () => {
  it('are worked on all the same, a replaced one without its rejects in place of the newer', async () => {
    const wrong: Wrong = { drop: created };
    await using opened = await closing(wrong);
    const { lab, mended, s3 } = opened;
    await lab.usage('jio', [`${H1},${J1},2026-05-19,Mumbai`, 'no-imei,9,2026-05-19,Mumbai']);
    await until(lab, 1);
    await lab.usage('jio', [`${H1},${A2},2026-05-19,Mumbai`]);
    // The same bytes again are another upload, and nobody can tell: S3 gives them another ETag, since the inbox is encrypted
    // under a key of KMS. It is sent again as well, which changes nothing.
    await lab.usage('jio', [`${H1},${A2},2026-05-19,Mumbai`]);
    await lab.usage('airtel', [`${H1},${A1},2026-05-19,Mumbai`]);
    await s3.send(new DeleteObjectCommand({ Bucket: bucketsOf(lab.cloud).inbox, Key: 'usage/airtel/usage.csv' }));
    await until(lab, 13);
    expect(mended).toEqual(['upload', 'upload', 'upload', 'upload']);
    expect(await lab.read('rejects/jio/usage.csv')).toBe(withWhatToDo('line,value,reason\n'));
    delete wrong.drop;
    await lab.report('mha', [H1]);
    await lab.toTheEnd();
    expect(await lab.summary('mha')).toMatchObject({ unexplained: 0, connections: { linked: 3, directed: 3 } });
  });
});

describe('a usage file whose import takes more than a day', () => {
  it('is left to it: it is neither sent again nor put into quarantine', async () => {
    const wrong: Wrong = {};
    await using opened = await closing(wrong, { bytesPerPiece: '100' });
    const { lab, mended } = opened;
    // Two rows to a piece, of which the first waits for a place.
    const rows = [1, 2, 3, 4].map((n) => `${H1},+91980000000${n},2026-05-19,Maharashtra`);
    wrong.full = 'ImportPiece';
    await lab.usage('jio', rows);
    const told = async (kind: string) => (await lab.notices('fraud-directions-jio')).filter((one) => one.kind === kind);
    await until(lab, 25);
    expect([mended, await told('quarantined')]).toEqual([[], []]);
    expect((await lab.notices('fraud-administrators')).filter(({ kind }) => kind === 'quarantined')).toEqual([]);
    delete wrong.full;
    await lab.toTheEnd();
    expect(lab.cloud.clock.now()).toBeGreaterThan(START + 25 * HOUR);
    expect(await told('usage_imported')).toMatchObject([{ rows: 4, imported: 4 }]);
    await untilLast(lab, 97);
    expect(mended).toEqual([]);
  });
});

/** The batches of which mha was told since it was last looked that they failed. */
const failed = async (lab: Lab) =>
  (await lab.notices('fraud-batches-mha')).filter(({ kind }) => kind === 'batch_failed');

describe('a failed batch of which nobody was told', () => {
  it('is released by the sweep, once, and the same file begins it anew', async () => {
    const wrong: Wrong = { kills: 'Expand', drop: ({ detail }) => detail.status === 'FAILED' };
    await using opened = await closing(wrong);
    const { lab, mended } = opened;
    await lab.usage('jio', [`${H1},${J1},2026-05-19,Mumbai`]);
    await lab.report('mha', [H1]);
    await until(lab, 5);
    expect(await failed(lab)).toEqual([]);
    await until(lab, 13);
    expect(mended).toEqual(['batch']);
    expect(await failed(lab)).toHaveLength(1);
    delete wrong.kills;
    await lab.report('mha', [H1], 'again.csv');
    await lab.toTheEnd();
    expect(await lab.summary('mha')).toMatchObject({ unexplained: 0, connections: { directed: 1, overdue: 1 } });
    expect(mended).toEqual(['batch']);
  });
});

describe('a batch that an attempt registered once its execution had ended well', () => {
  /** Has the batch of H1 stand so, in a state. */
  async function registerLate({ lab, sfn }: Opened, state: string) {
    // The second of two equal reports is the same report again, and its execution ends well at once.
    for (const name of ['one.csv', 'two.csv']) await lab.report('mha', [H2], name);
    const of = { stateMachineArn: lab.cloud.names.machines.Batch, statusFilter: 'SUCCEEDED' } as const;
    const { executions: [{ executionArn: execution } = {}] = [] } = await sfn.send(new ListExecutionsCommand(of));
    const batchId = batchOf('mha', H1);
    await lab.cloud.put(bucketsOf(lab.cloud).work, `screened/${batchId}/x/handsets.jsonl`, '');
    const tables = new Tables(lab);
    const batch = batchItem(batchId, { execution, sha256: sha256Of(`imei\n${H1}\n`), state });
    for (const Item of [{ pk: `EXECUTION#${execution}`, format: 1, batchId }, batch])
      await tables.client.send(new PutCommand({ TableName: tables.cases, Item }));
    tables.client.destroy();
    return { batchId, execution };
  }

  it('is released by the sweep, once, and the same file begins it anew', async () => {
    await using opened = await closing({});
    const { lab, mended } = opened;
    await lab.usage('jio', [`${H1},${J1},2026-05-19,Mumbai`]);
    const { batchId } = await registerLate(opened, 'approved');
    await until(lab, 13);
    expect(mended).toEqual(['batch']);
    expect(await failed(lab)).toMatchObject([{ batchId }]);
    await lab.report('mha', [H1]);
    await lab.toTheEnd();
    expect(await lab.json(`batches/${batchId}/summary.json`)).toMatchObject({
      unexplained: 0,
      connections: { directed: 1, overdue: 1 },
    });
    expect(mended).toEqual(['batch']);
  });

  it('is told of as withdrawn, and not as failed, whenever Release hears of it, where its agency withdrew it in between', async () => {
    await using opened = await closing({});
    const { lab } = opened;
    const { batchId, execution } = await registerLate(opened, 'waiting');
    await lab.upload(`withdrawals/mha/${batchId}/all.csv`, 'imei\n');
    const MessageBody = JSON.stringify({ time: '2026-06-01T01:00:00Z', detail: { executionArn: execution } });
    const { endpoint, region, names } = lab.cloud;
    const sqs = new SQSClient({ endpoint, region, credentials: { accessKeyId: 'x', secretAccessKey: 'x' } });
    for (const hours of [6, 7]) {
      await sqs.send(new SendMessageCommand({ QueueUrl: names.queues.ReleaseQueue, MessageBody }));
      await until(lab, hours);
    }
    const told = (await lab.notices('fraud-batches-mha')).filter((notice) => notice.batchId === batchId);
    expect(told.map(({ kind }) => kind)).toEqual(['receipt', 'batch_withdrawn']);
    expect(lab.cloud.failures()).toEqual([]);
    sqs.destroy();
  });
});

describe('a report that can never be screened, of whose failed execution nobody was told', () => {
  it('is in quarantine once its event was sent again in vain, and the same file begins its batch later', async () => {
    const wrong: Wrong = { kills: 'Screen', drop: ({ detail }) => detail.status === 'FAILED' };
    await using opened = await closing(wrong);
    const { lab, mended } = opened;
    const quarantined = async () =>
      (await lab.notices('fraud-administrators')).filter(({ kind }) => kind === 'quarantined').length;
    await lab.usage('jio', [`${H1},${J1},2026-05-19,Mumbai`]);
    await lab.report('mha', [H1]);
    await until(lab, 13);
    expect([mended, await quarantined()]).toEqual([['upload'], 0]);
    // It was sent again at hour 6, and the first sweep more than twelve hours later is that of hour 24.
    await until(lab, 25);
    expect(await quarantined()).toBe(1);
    await untilLast(lab, 97);
    expect([mended, await quarantined()]).toEqual([['upload'], 0]);
    delete wrong.kills;
    await lab.report('mha', [H1]);
    await lab.toTheEnd();
    expect(await lab.summary('mha')).toMatchObject({ unexplained: 0, connections: { directed: 1, overdue: 1 } });
  });
});

describe('a direction that stands still', () => {
  it('is started again by the sweep where its batch could not, and orders its later rungs', async () => {
    const wrong: Wrong = {};
    await using opened = await closing(wrong);
    const { lab, mended, sfn } = opened;
    await lab.usage('jio', [`${H1},${J1},2026-05-19,Mumbai`]);
    await lab.report('mha', [H1]);
    await lab.quietly(START + 60 * HOUR);
    const [id = ''] = (await lab.directions('jio')).filter((one) => one.includes('.reverify.'));
    // Its batch would start it again an hour later, and gives that up after a dozen hours.
    wrong.startsNone = true;
    await stopAll(opened, 'Direction');
    await until(lab, 80);
    delete wrong.startsNone;
    const rungs = async () => (await lab.outbox(`orders/jio/${id}/`)).map((key) => key.split('/').at(-1));
    await untilLast(lab, 5 * 24 + 2);
    expect(await rungs()).toEqual(['1-reverify.csv']);
    // Its first rung ended after five days; the sweep of hour 126 is the first more than two hours later.
    await until(lab, 5 * 24 + 7);
    expect(mended).toEqual(['direction']);
    expect(await rungs()).toEqual(['1-reverify.csv', '2-bar_outgoing.csv']);
    // A sweep more than two hours after each of the other rungs' ends, at which nothing stands still.
    for (const days of [10, 15, 16]) await untilLast(lab, days * 24 + 9);
    expect(await rungs()).toEqual(['1-reverify.csv', '2-bar_outgoing.csv', '3-bar_incoming.csv', '4-disconnect.csv']);
    expect(mended).toEqual(['direction']);
    expect(await lab.summary('mha')).toMatchObject({ unexplained: 0, connections: { directed: 1, overdue: 1 } });
    sfn.destroy();
  });

  it('publishes an order again that is not in the outbox, with the same bytes and its notice', async () => {
    await using opened = await closing({});
    const { lab, mended, s3 } = opened;
    await lab.usage('airtel', [`${H1},${A1},2026-05-20,Delhi`]);
    await lab.report('mha', [H1]);
    await until(lab, 2);
    const [key = ''] = (await lab.outbox('orders/airtel/')).filter((one) => one.endsWith('1-reverify.csv'));
    const told = async () =>
      (await lab.notices('fraud-directions-airtel')).filter(
        ({ kind, order }) => kind === 'order' && order === 'reverify',
      ).length;
    expect(await told()).toBe(1);
    const bytes = await lab.read(key);
    await s3.send(new DeleteObjectCommand({ Bucket: bucketsOf(lab.cloud).outbox, Key: key }));
    expect(await lab.outbox('orders/airtel/')).not.toContain(key);
    await until(lab, 7);
    expect(mended).toEqual(['direction']);
    expect(await lab.read(key)).toBe(bytes);
    expect(await told()).toBe(1);
    await lab.toTheEnd();
    expect(mended).toEqual(['direction']);
    expect(await lab.summary('mha')).toMatchObject({ unexplained: 0, connections: { directed: 1, overdue: 1 } });
    s3.destroy();
  });
});

describe('what the sweep cannot mend', () => {
  it('keeps nothing else from it, and is told of', async () => {
    await using opened = await closing({});
    const { lab, mended, s3 } = opened;
    await lab.usage('airtel', [`${H1},${A1},2026-05-20,Delhi`]);
    await lab.report('mha', [H1]);
    await until(lab, 2);
    // A batch that comes before the other one, whose execution nobody knows.
    const lost = 'delhi-police-0123456789ab';
    await lab.cloud.put(bucketsOf(lab.cloud).work, `screened/${lost}/x/handsets.jsonl`, '');
    const execution = `${lab.cloud.names.machines.Batch?.replace(':stateMachine:', ':execution:')}:nobody`;
    const tables = new Tables(lab);
    const at = '2026-06-01T00:00:00Z';
    const Item = batchItem(lost, { execution, startedAt: at, uploadedAt: at });
    await tables.client.send(new PutCommand({ TableName: tables.cases, Item }));
    const [key = ''] = (await lab.outbox('orders/airtel/')).filter((one) => one.endsWith('1-reverify.csv'));
    await s3.send(new DeleteObjectCommand({ Bucket: bucketsOf(lab.cloud).outbox, Key: key }));
    // The sweep of hour 6, tried five times.
    await until(lab, 15);
    expect(await lab.outbox('orders/airtel/')).toContain(key);
    expect(mended).toEqual(['direction']);
    expect(lab.cloud.failures()).toEqual(['dead-letter queue SweepDeadLetters holds 1 message(s)']);
    s3.destroy();
    tables.client.destroy();
  });

  it('keeps nothing else from it where the plan of a batch can not be read: uploads of others are worked on', async () => {
    const wrong: Wrong = {};
    await using opened = await closing(wrong);
    const { lab, mended, s3 } = opened;
    await lab.usage('airtel', [`${H1},${A1},2026-05-20,Delhi`]);
    await lab.report('mha', [H1]);
    const { work } = bucketsOf(lab.cloud);
    const [plan = ''] = (await lab.cloud.list(work, 'plans/')).filter((key) => key.endsWith('plan.json'));
    await s3.send(new DeleteObjectCommand({ Bucket: work, Key: plan }));
    wrong.drop = created;
    await lab.usage('jio', [`${H1},${J1},2026-05-19,Mumbai`], 'lost.csv');
    await lab.report('up-police', [H1], 'lost.csv');
    wrong.drop = undefined;
    // The sweep of hour 6, tried five times.
    await until(lab, 15);
    expect(mended).toEqual(['upload', 'upload']);
    // Who may not list a bucket is refused what is not there.
    const others = lab.cloud.failures().filter((failure) => !failure.startsWith('a right was lacking'));
    // Where that batch stands can't be told either, if anybody asked.
    expect(others.filter((failure) => !failure.startsWith('dead-letter queue StatusDeadLetters'))).toEqual([
      expect.stringMatching(/^dead-letter queue SweepDeadLetters holds \d+ message/),
    ]);
    s3.destroy();
  });
});

async function closing(wrong: Wrong, context?: Record<string, string>) {
  const opened = await open(wrong, context);
  return { ...opened, [Symbol.asyncDispose]: () => opened.lab.close() };
}

async function stopAll({ lab, sfn }: Opened, machine: string): Promise<void> {
  const stateMachineArn = lab.cloud.names.machines[machine];
  const { executions = [] } = await sfn.send(new ListExecutionsCommand({ stateMachineArn, statusFilter: 'RUNNING' }));
  for (const { executionArn } of executions) await sfn.send(new StopExecutionCommand({ executionArn }));
  await lab.cloud.rest();
}
