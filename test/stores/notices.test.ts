import { SubscribeCommand } from '@aws-sdk/client-sns';
import type { LocalCloud } from 'local-cloud';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toAgency } from '../../lambdas/domain/notices.ts';
import { closeStores, openStores } from './lab.ts';

let cloud: LocalCloud;
let notices: typeof import('../../lambdas/stores/notices.ts');
let subscriptions: typeof import('../../lambdas/stores/subscriptions.ts');
let sns: typeof import('../../lambdas/stores/clients.ts')['sns'];
let news = '';
beforeAll(async () => {
  cloud = await openStores();
  notices = await import('../../lambdas/stores/notices.ts');
  subscriptions = await import('../../lambdas/stores/subscriptions.ts');
  ({ sns } = await import('../../lambdas/stores/clients.ts'));
  news = cloud.names.topics.News ?? '';
});
afterAll(() => closeStores(cloud));

const queue = (account: string, name: string) => `arn:aws:sqs:ap-south-1:${account}:${name}`;

describe('the subscriptions that wait for their confirmation', () => {
  it("are none where all queues are the topic's own account's", async () => {
    expect((await subscriptions.subscriptionsOf(news)).pending).toEqual([]);
  });

  it("are those of other accounts' queues, on every page of the list, and get no notice", async () => {
    const elsewhere = Array.from({ length: 120 }, (_, n) => queue('999988887777', `of-${n}`));
    for (const Endpoint of elsewhere)
      await sns.send(new SubscribeCommand({ TopicArn: news, Protocol: 'sqs', Endpoint }));
    const { pending, confirmed } = await subscriptions.subscriptionsOf(news);
    expect(confirmed.filter(({ endpoint }) => elsewhere.includes(endpoint))).toEqual([]);
    expect(pending.map(({ endpoint }) => endpoint).sort()).toEqual(elsewhere.sort());
    expect(new Set(pending.map(({ protocol }) => protocol))).toEqual(new Set(['sqs']));
    const told = toAgency({ kind: 'batch_failed', agency: 'mha', batchId: 'mha-0123456789ab' });
    await notices.sendNotice({ AGENCIES_TOPIC: news }, told);
    await cloud.rest();
    expect(cloud.failures()).toEqual([]);
    expect((await cloud.receive('of-all')).map(({ body }) => JSON.parse(body))).toEqual([told.notice]);
  });
});
