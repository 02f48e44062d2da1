/** The messages that people outside find in queues, and the dead letters. */
import type { Fauxqs } from '../fauxqs/fauxqs.ts';
import { logicalName, type Placed } from '../templates/names.ts';

/** A message that a participant took from a queue. */
export interface ReceivedMessage {
  /** The text that was sent or published. */
  body: string;
  /** Its message attributes that are texts. */
  attributes: Record<string, string>;
  /** The subject that it was published with: an e-mail has it above its text. */
  subject?: string;
}

/**
 * Takes all messages from a queue, given by its name, or from the queue that stands in for an address.
 * @throws an Error where there is none
 */
export function drain(fauxqs: Fauxqs, queueName: string): ReceivedMessage[] {
  const queue = [...fauxqs.queues.allQueues()].find(
    ({ name, arn }) => name === queueName || fauxqs.mailboxes.get(arn)?.address === queueName,
  );
  if (queue === undefined) throw new Error(`there is no queue ${queueName}`);
  const messages: ReceivedMessage[] = [];
  for (;;) {
    const taken = queue.dequeue(10, 30, (arn) => fauxqs.queues.getQueueByArn(arn));
    if (taken.length === 0) return messages;
    for (const { ReceiptHandle } of taken) {
      const message = queue.inflightMessages.get(ReceiptHandle)?.message;
      queue.deleteMessage(ReceiptHandle);
      if (message !== undefined) messages.push(unwrap(message.body, message.messageAttributes));
    }
  }
}

/** A message as its publisher wrote it, taken out of SNS's envelope. */
function unwrap(body: string, own: Record<string, { StringValue?: string }>): ReceivedMessage {
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  const envelope = parsedObject(body);
  if (envelope?.Type === 'Notification' && typeof envelope.Message === 'string') {
    const wrapped = (envelope.MessageAttributes ?? {}) as Record<string, { Value?: unknown }>;
    const attributes = Object.entries(wrapped).map(([name, { Value }]) => [name, text(Value)]);
    const subject = typeof envelope.Subject === 'string' ? { subject: envelope.Subject } : {};
    return { body: envelope.Message, attributes: Object.fromEntries(attributes), ...subject };
  }
  const attributes = Object.entries(own).map(([name, { StringValue }]) => [name, text(StringValue)]);
  return { body, attributes: Object.fromEntries(attributes) };
}

function parsedObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** A line for each dead-letter queue that holds messages. */
export function deadLetters(fauxqs: Fauxqs, placed: readonly Placed[]): string[] {
  const queues = [...fauxqs.queues.allQueues()];
  const targets = new Set(queues.map((queue) => deadLetterArn(queue.attributes.RedrivePolicy)));
  return queues
    .filter((queue) => targets.has(queue.arn) && queue.messages.length > 0)
    .map((queue) => `dead-letter queue ${logicalName(placed, queue.name)} holds ${queue.messages.length} message(s)`);
}

function deadLetterArn(policy: string | undefined): unknown {
  return policy === undefined ? undefined : parsedObject(policy)?.deadLetterTargetArn;
}
