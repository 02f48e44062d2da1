import { GetQueueAttributesCommand, SendMessageCommand, StartMessageMoveTaskCommand } from '@aws-sdk/client-sqs';
import { sqs } from './clients.ts';

/** Puts an event into a queue, as the rule that fills it does. */
export async function sendEvent(queueUrl: string, event: object): Promise<void> {
  await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: inAscii(JSON.stringify(event)) }));
}

/** The approximate number of messages in a queue. */
export async function countMessages(queueUrl: string): Promise<number> {
  const { Attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['ApproximateNumberOfMessages'] }),
  );
  return Number(Attributes.ApproximateNumberOfMessages);
}

/**
 * Lets SQS move all messages of a dead-letter queue back to where they come from; doing it twice changes nothing.
 * @returns the number of messages that lay there, and of those that somebody is looking at, which stay for as long as they are hidden
 */
export async function redriveDeadLetters(queueUrl: string): Promise<{ messages: number; hidden: number }> {
  const { Attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl: queueUrl,
      AttributeNames: ['QueueArn', 'ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
    }),
  );
  const messages = Number(Attributes.ApproximateNumberOfMessages);
  if (messages > 0) await sqs.send(new StartMessageMoveTaskCommand({ SourceArn: Attributes.QueueArn }));
  return { messages, hidden: Number(Attributes.ApproximateNumberOfMessagesNotVisible) };
}

/** JSON with everything but ASCII escaped: a key of S3 may hold characters that SQS accepts in no message. */
const inAscii = (json: string) =>
  json.replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
