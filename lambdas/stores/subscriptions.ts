import { paginateListSubscriptionsByTopic } from '@aws-sdk/client-sns';
import type { NoticeAddress } from '../domain/addresses.ts';
import { sns } from './clients.ts';

/** The subscriptions of a topic. */
export interface Subscriptions {
  /** Subscriptions that get its notices. */
  readonly confirmed: readonly NoticeAddress[];
  /**
   * Subscriptions that wait for their confirmation: of another account's queue that the topic's owner subscribed, of e-mail and of HTTPS.
   * They get no notice, and nothing fails.
   */
  readonly pending: readonly NoticeAddress[];
}

/** The existing subscriptions of a topic; one that was deleted is listed for a while, and doesn't count. */
export async function subscriptionsOf(topicArn: string): Promise<Subscriptions> {
  const confirmed: NoticeAddress[] = [];
  const pending: NoticeAddress[] = [];
  for await (const { Subscriptions = [] } of paginateListSubscriptionsByTopic({ client: sns }, { TopicArn: topicArn }))
    for (const { SubscriptionArn = '', Protocol: protocol = '', Endpoint: endpoint = '' } of Subscriptions)
      if (SubscriptionArn === 'PendingConfirmation') pending.push({ protocol, endpoint });
      else if (SubscriptionArn.startsWith('arn:')) confirmed.push({ protocol, endpoint });
  return { confirmed, pending };
}
