import type { Class, ListedSubscriptions, Subscription, TopicStore } from './stores.ts';

/** A store of topics whose owner is subscribed at once; a subscriber in another account has to confirm first. */
export function topicStore(SnsStore: Class<TopicStore>): TopicStore & { confirmAll(): void } {
  class Topics extends SnsStore {
    readonly #unconfirmed: Subscription[] = [];

    override subscribe(topicArn: string, protocol: string, endpoint: string, attributes?: Record<string, string>) {
      const subscription = super.subscribe(topicArn, protocol, endpoint, attributes);
      if (subscription && accountOf(endpoint) !== accountOf(topicArn)) {
        subscription.confirmed = false;
        this.#unconfirmed.push(subscription);
      }
      return subscription;
    }

    confirmAll(): void {
      for (const subscription of this.#unconfirmed) subscription.confirmed = true;
    }

    override listSubscriptions(nextToken?: string): ListedSubscriptions {
      return asListed(super.listSubscriptions(nextToken));
    }

    override listSubscriptionsByTopic(topicArn: string, nextToken?: string): ListedSubscriptions {
      return asListed(super.listSubscriptionsByTopic(topicArn, nextToken));
    }
  }

  return new Topics();
}

const accountOf = (arn: string) => arn.split(':')[4];

/** Subscriptions as SNS lists them: one that waits for its confirmation has no ARN yet. */
const asListed = ({ subscriptions, ...page }: ListedSubscriptions): ListedSubscriptions => ({
  ...page,
  subscriptions: subscriptions.map((one) => (one.confirmed ? one : { ...one, arn: 'PendingConfirmation' })),
});
