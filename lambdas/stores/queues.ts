import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { sqs } from './clients.ts';

/** Puts an event into a queue, as the rule that fills it does. */
export async function sendEvent(queueUrl: string, event: object): Promise<void> {
  await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: inAscii(JSON.stringify(event)) }));
}

/** JSON with everything but ASCII escaped: a key of S3 may hold characters that SQS takes in no message. */
const inAscii = (json: string) =>
  json.replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
