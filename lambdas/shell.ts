import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import middy from '@middy/core';
import type { Context, SQSBatchResponse, SQSEvent, SQSRecordAttributes } from 'aws-lambda';
import { z } from 'zod';
import { asInstant, type Instant, instantOf } from './domain/days.ts';
import type { Delivery } from './domain/deliveries.ts';
import { type DimensionsOf, type Measure, NAMESPACE } from './domain/measures.ts';
import { fields } from './domain/stored.ts';

/** Structured logs. They hold ids of batches and directions and counts; never a key of the inbox, a cell, a number or an IMEI. */
export const log = new Logger();

const { STAGE } = z.object({ STAGE: z.string() }).parse(process.env);
const metrics = new Metrics({ namespace: NAMESPACE });
// Else each would be under the name of a service, too.
metrics.clearDefaultDimensions();
metrics.setDefaultDimensions({ stage: STAGE });

/** Publishes a measure, as a line of the log in CloudWatch's embedded metric format. */
export function measure<M extends Measure>(name: M, dimensions: DimensionsOf<M>, value = 1): void {
  metrics.addDimensions({});
  if (Object.keys(dimensions).length > 0) metrics.addDimensions(dimensions);
  metrics.addMetric(name, MetricUnit.Count, value).publishStoredMetrics();
}

/** How the services name a refusal by a policy, and by a key (also one that is disabled or gone). */
const DENIED = /^(AccessDenied|AuthorizationError|KMS(?!Throttling))/i;

/** What may be told of an error: its name and where it arose. A message may quote what was read or sent. */
function tellable(error: unknown): { name: string; frames: string[] } {
  const { name, message = '', stack = '' } = error instanceof Error ? error : { name: typeof error };
  // The message stands before the frames, and may have lines that look like them.
  const at = stack.indexOf(message);
  const lines = (at < 0 ? stack : stack.slice(at + message.length)).split('\n');
  return { name, frames: lines.filter((line) => /^\s+at /.test(line)) };
}

/** Logs that an invocation failed, by the error's name and frames. */
export function logFailure(error: unknown): void {
  const { name, frames } = tellable(error);
  if (DENIED.test(name)) measure('Denied', {});
  log.error('failed', { error: name, frames });
}

/**
 * The error with which a function may end: Lambda logs the message and stack of one that leaves its handler, and Step Functions
 * keeps them as the cause. State machines go by its name, which stays; the message is the place where it arose.
 */
function withoutMessage(error: unknown): Error {
  const { name, frames } = tellable(error);
  const told = new Error((frames[0] ?? '').trim());
  told.name = name;
  told.stack = [name, ...frames].join('\n');
  return told;
}

/** An instant as a state machine hands it in, fractions cut. */
export const instant = z.string().transform((text): Instant => asInstant(text));

/**
 * The handler of a state machine's task: checks the input, works, logs a failure and throws it.
 * `attempt` is this invocation's own id; what it prepares goes under it.
 */
export function task<I extends z.ZodType, O>(input: I, work: (input: z.output<I>, attempt: string) => Promise<O>) {
  return middy<unknown, O>()
    .onError((request) => {
      logFailure(request.error);
      request.error = withoutMessage(request.error);
    })
    .handler((event: unknown, context: Context) => work(input.parse(event), context.awsRequestId));
}

const created = z.object({
  time: instant,
  detail: z.object({
    bucket: z.object({ name: z.string() }),
    object: z.object({
      key: z.string(),
      size: z.number(),
      sequencer: z.string(),
      'version-id': z.string().optional(),
    }),
  }),
});

/** A file that somebody put into the inbox. */
export interface Uploaded {
  bucket: string;
  key: string;
  versionId: string | undefined;
  /** Tells this upload from every other one, also of the same key. */
  upload: string;
  size: number;
  at: Instant;
  /** Of its event. */
  delivery: Delivery;
}

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

/** The handler of a queue of "Object Created" events. */
export function uploads(work: (file: Uploaded, attempt: string) => Promise<void>) {
  return events(created, ({ time, detail }, attempt, delivery) => {
    const { key, size, sequencer, 'version-id': versionId } = detail.object;
    return work(
      { bucket: detail.bucket.name, key, size, versionId, upload: versionId ?? sequencer, at: time, delivery },
      attempt,
    );
  });
}

/** Ids in a variable of the environment, separated by commas. */
export const idList = z.string().transform((text) => text.split(','));

/** Operators as a state machine hands them on. */
export const operatorIds = z.array(fields.operator);

/** A whole number in a variable of the environment. */
export const wholeNumber = z.string().regex(/^\d+$/).transform(Number);
