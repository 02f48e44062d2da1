import { setTimeout as sleep } from 'node:timers/promises';
import type { LambdaClient } from '@aws-sdk/client-lambda';
import {
  GetQueueAttributesCommand,
  ListMessageMoveTasksCommand,
  type SQSClient,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs';
import * as z from 'zod';
import { invoke } from './invoke.ts';

/** Milliseconds between two looks at a task that moves messages. */
const LOOKS_EACH = 1000;

/** The name in the stacks' outputs of the dead-letter queue of the queue `<name>Queue`. */
const OUTPUT = /^(\w+)DeadLettersUrl$/;

/** A dead-letter queue, and the queue that its messages go back to, by their URLs. */
export interface DeadLetters {
  readonly from: string;
  readonly to: string;
}

/**
 * The dead-letter queues that the outputs of stacks name, by the part before `DeadLetters`; the dead letters of notices go back nowhere.
 */
export function deadLetterQueues(...stacks: ReadonlyMap<string, string>[]): Map<string, DeadLetters> {
  const queues = new Map<string, DeadLetters>();
  for (const outputs of stacks)
    for (const [output, from] of outputs) {
      const name = OUTPUT.exec(output)?.[1];
      const to = outputs.get(`${name}QueueUrl`);
      if (name !== undefined && to !== undefined) queues.set(name, { from, to });
    }
  return queues;
}

/** Messages stay where they are. */
export class NotMoved extends Error {
  override name = 'NotMoved';
}

/** What became of a dead-letter queue. */
export interface Redriven {
  moved: number;
  /** The number of messages that somebody is looking at and that therefore stay, for as long as they are hidden. */
  hidden: number;
}

/**
 * Lets SQS move all messages of a dead-letter queue to the queue that it belongs to, and waits for it; if such a task runs already, it
 * waits for that one. Doing it twice changes nothing: whatever works on the messages may run twice.
 * @throws Error if the task failed, with SQS's reason
 */
export async function redrive(sqs: SQSClient, { from, to }: DeadLetters): Promise<Redriven> {
  const { Attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl: from,
      AttributeNames: ['QueueArn', 'ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
    }),
  );
  const { QueueArn: SourceArn } = Attributes;
  const hidden = Number(Attributes.ApproximateNumberOfMessagesNotVisible);
  const newest = async () => (await sqs.send(new ListMessageMoveTasksCommand({ SourceArn }))).Results?.[0];
  let task = await newest();
  if (task?.Status !== 'RUNNING') {
    if (Number(Attributes.ApproximateNumberOfMessages) === 0) return { moved: 0, hidden };
    const { Attributes: { QueueArn: DestinationArn } = {} } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: to, AttributeNames: ['QueueArn'] }),
    );
    // SQS doesn't know where messages belong that EventBridge itself put among the dead letters.
    await sqs.send(new StartMessageMoveTaskCommand({ SourceArn, DestinationArn }));
    task = await newest();
  }
  while (task?.Status === 'RUNNING') {
    await sleep(LOOKS_EACH);
    task = await newest();
  }
  if (task?.Status !== 'COMPLETED')
    throw new Error(
      `the task that moves the messages is ${task?.Status ?? 'gone'}: ${task?.FailureReason ?? 'no reason'}`,
    );
  return { moved: task.ApproximateNumberOfMessagesMoved ?? 0, hidden };
}

/** The queue whose dead letters only a function moves back: somebody who could send to it could tell the audit what never was. */
export const OF_THE_AUDIT = 'Audit';

/** What that function answers. */
const redriven = z.object({ messages: z.number(), hidden: z.number() });

/**
 * Calls the only function that may move the audit's dead letters back. It does not wait until they are moved.
 * @throws Error if the function failed, with the name of its error
 */
export async function redriveAudit(lambda: LambdaClient, functionName: string): Promise<Redriven> {
  const { messages, hidden } = await invoke(lambda, functionName, {}, redriven);
  return { moved: messages, hidden };
}

/** The number of messages among the dead letters. */
export async function deadLettersIn(sqs: SQSClient, deadLettersUrl: string): Promise<number> {
  const { Attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: deadLettersUrl, AttributeNames: ['ApproximateNumberOfMessages'] }),
  );
  return Number(Attributes.ApproximateNumberOfMessages);
}
