/** The embedded database, object store and topics, without the rest of the local cloud, for measuring functions alone. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Dynamo, startFauxqs } from 'local-cloud';

const REGION = 'ap-south-1';

export interface Embedded {
  work: string;
  cases: string;
  links: string;
  /** A topic to which nobody subscribed. */
  topic: string;
  /** The URL of a queue that nobody reads. */
  queue: string;
  stop(): Promise<void>;
}

let started: Promise<Embedded> | undefined;

/** The one instance of this process: the SDK's clients are made once and know one endpoint. */
export function startEmbedded(): Promise<Embedded> {
  started ??= start();
  return started;
}

/** Ends the instance, if it was started. */
export async function stopEmbedded(): Promise<void> {
  await (await started)?.stop();
}

/**
 * Starts both and points the AWS SDK of this process at them; code that uses the SDK must be imported afterwards. The tables have the keys
 * that the data stack gives them.
 */
async function start(): Promise<Embedded> {
  const [dynamo, fauxqs] = await Promise.all([
    Dynamo.start({ region: REGION, account: '000000000000' }),
    startFauxqs(REGION),
  ]);
  const s3 = createServer((request, response) => {
    // SDKs send to the queue's own URL.
    if (String(request.headers['x-amz-target']).startsWith('AmazonSQS')) request.url = '/';
    fauxqs.route(request, response);
  });
  await new Promise<void>((listening) => s3.listen(0, '127.0.0.1', listening));
  Object.assign(process.env, {
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: 'bench',
    AWS_SECRET_ACCESS_KEY: 'bench',
    AWS_ENDPOINT_URL: `http://127.0.0.1:${(s3.address() as AddressInfo).port}`,
    AWS_ENDPOINT_URL_DYNAMODB: dynamo.endpoint,
    STAGE: 'bench',
    POWERTOOLS_LOG_LEVEL: 'ERROR',
  });
  const { arn: topic } = fauxqs.topics.createTopic('bench', undefined, undefined, REGION);
  const queue = `${process.env.AWS_ENDPOINT_URL}/000000000000/bench`;
  fauxqs.queues.createQueue('bench', queue, `arn:aws:sqs:${REGION}:000000000000:bench`);
  const names = { work: 'bench-work', cases: 'Cases', links: 'Links', topic, queue };
  fauxqs.objects.createBucket(names.work);
  for (const [table, keys] of [
    [names.cases, ['pk']],
    [names.links, ['pk', 'sk']],
  ] as const)
    await dynamo.call(
      'CreateTable',
      {
        TableName: table,
        AttributeDefinitions: keys.map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
        KeySchema: keys.map((AttributeName, n) => ({ AttributeName, KeyType: n === 0 ? 'HASH' : 'RANGE' })),
        BillingMode: 'PAY_PER_REQUEST',
      },
      'bench',
    );
  return {
    ...names,
    async stop() {
      s3.closeAllConnections();
      s3.close();
      await Promise.all([dynamo.stop(), fauxqs.close()]);
    },
  };
}

/** The most numbers of a series. */
const SERIES = 20_000_000;

/**
 * The n-th number of a series of all different ones. All benchmarks of a process share its tables, and a number that one of them has claimed is
 * open for the next: each that claims has a series of its own, of the some 49 that there are.
 */
export const msisdn = (n: number, series = 0) =>
  `+91${9_000_000_000 + (((n + series * SERIES) * 7_919) % 999_999_937)}`;

/** The n-th handset of a series. */
export const imei = (n: number) => `35${String(n).padStart(12, '0')}`;
