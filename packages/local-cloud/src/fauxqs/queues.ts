import type { Class, Queue, QueueMessage, QueueStore } from './stores.ts';

/**
 * A store of queues that tells of each message that comes in, whichever way it takes.
 * @param arriving the message that is to lie in the queue of this ARN for one that was sent to it
 */
export function queueStore(
  SqsStore: Class<QueueStore>,
  arriving: (arn: string, sent: QueueMessage) => QueueMessage,
): QueueStore {
  class Queues extends SqsStore {
    override createQueue(name: string, url: string, arn: string, ...rest: unknown[]): Queue {
      const queue = super.createQueue(name, url, arn, ...rest);
      const enqueue = queue.enqueue.bind(queue);
      queue.enqueue = (sent) => enqueue(arriving(arn, sent));
      return queue;
    }
  }

  return new Queues();
}
