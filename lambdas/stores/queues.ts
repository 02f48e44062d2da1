import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { sqs } from './clients.ts';

/** Puts an event into a queue, as the rule that fills it does. */
export async function sendEvent(queueUrl: string, event: object): Promise<void> {
  await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: JSON.stringify(event) }));
}
