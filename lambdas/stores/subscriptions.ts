import { paginateListSubscriptionsByTopic } from '@aws-sdk/client-sns';
import { sns } from './clients.ts';

/** Where a notice would go, once it is confirmed there that it is wanted. */
export interface Pending {
  protocol: string;
  /** A queue's ARN, an e-mail address or a URL. */
  endpoint: string;
}

/**
 * The subscriptions of a topic that wait for their confirmation: of another account's queue that the topic's owner subscribed,
 * of e-mail and of HTTPS. They get no notice, and nothing fails.
 */
export async function pendingSubscriptions(topicArn: string): Promise<Pending[]> {
  const pending: Pending[] = [];
  for await (const { Subscriptions = [] } of paginateListSubscriptionsByTopic({ client: sns }, { TopicArn: topicArn }))
    for (const { SubscriptionArn, Protocol = '', Endpoint = '' } of Subscriptions)
      if (SubscriptionArn === 'PendingConfirmation') pending.push({ protocol: Protocol, endpoint: Endpoint });
  return pending;
}
