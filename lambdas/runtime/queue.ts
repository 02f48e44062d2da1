import middy from '@middy/core';
import type { SQSBatchResponse, SQSEvent, SQSRecordAttributes } from 'aws-lambda';
import type * as z from 'zod';
import { instantOf } from '../domain/days.ts';
import type { Delivery } from '../domain/deliveries.ts';
import { logFailure } from './failures.ts';

/**
 * The handler of a queue of events: works through them one by one and returns those that failed, so that only they come
 * back. `attempt` is this delivery's own id; what it prepares goes under it.
 */
export function events<E extends z.ZodType>(
  event: E,
  work: (event: z.output<E>, attempt: string, delivery: Delivery) => Promise<void>,
) {
  return middy<SQSEvent, SQSBatchResponse>().handler(async ({ Records }, context) => {
    const batchItemFailures: SQSBatchResponse['batchItemFailures'] = [];
    for (const [n, { body, messageId, attributes }] of Records.entries()) {
      try {
        await work(event.parse(JSON.parse(body)), `${context.awsRequestId}-${n}`, deliveryOf(attributes));
      } catch (error) {
        logFailure(error);
        batchItemFailures.push({ itemIdentifier: messageId });
      }
    }
    return { batchItemFailures };
  });
}

function deliveryOf({ ApproximateFirstReceiveTimestamp, ApproximateReceiveCount }: SQSRecordAttributes): Delivery {
  return { firstAt: instantOf(Number(ApproximateFirstReceiveTimestamp)), times: Number(ApproximateReceiveCount) };
}

/**
 * The handler of a queue of events that are worked on together, those of one group at a time; all events of a group that failed
 * come back.
 */
export function groups<E extends z.ZodType, G extends string>(
  event: E,
  groupOf: (event: z.output<E>) => G,
  work: (group: G, events: z.output<E>[]) => Promise<void>,
) {
  return middy<SQSEvent, SQSBatchResponse>().handler(async ({ Records }) => {
    const batchItemFailures: SQSBatchResponse['batchItemFailures'] = [];
    const together = new Map<G, { events: z.output<E>[]; ids: string[] }>();
    for (const { body, messageId } of Records)
      try {
        const parsed = event.parse(JSON.parse(body));
        const group = groupOf(parsed);
        const { events, ids } = together.get(group) ?? { events: [], ids: [] };
        together.set(group, { events: [...events, parsed], ids: [...ids, messageId] });
      } catch (error) {
        logFailure(error);
        batchItemFailures.push({ itemIdentifier: messageId });
      }
    for (const [group, { events, ids }] of together)
      try {
        await work(group, events);
      } catch (error) {
        logFailure(error);
        batchItemFailures.push(...ids.map((itemIdentifier) => ({ itemIdentifier })));
      }
    return { batchItemFailures };
  });
}
