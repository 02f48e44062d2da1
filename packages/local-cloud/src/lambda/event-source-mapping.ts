import type { Clock } from '../clock/clock.ts';
import type { FaultPlan } from '../faults.ts';
import type { MessageAttribute, Queue, QueueMessage, QueueStore } from '../fauxqs/stores.ts';
import type { Functions } from './functions.ts';

/** An event source mapping of a queue to a function. */
export interface QueueMapping {
  queueArn: string;
  functionName: string;
  batchSize: number;
  /** Whether FunctionResponseTypes holds ReportBatchItemFailures. */
  partialFailures: boolean;
  /** The most batches under way at once. */
  concurrency: number;
  /** The time for which a batch that isn't full waits for more messages. */
  windowSeconds: number;
}

/** AWS's poller begins with five batches at once; this one stays there. */
export const DEFAULT_CONCURRENCY = 5;
export const DEFAULT_BATCH_SIZE = 10;

/** The real queue's own visibility timeout, in real time, must never end: the cloud's clock times redelivery. */
const HELD_BACK_SECONDS = 43_200;

interface Received {
  message: QueueMessage;
  receiptHandle: string;
}

interface Poller extends QueueMapping {
  active: number;
  /** The time since when messages wait for their batch to fill; undefined while none do. */
  gathering: number | undefined;
}

export interface PollersSettings {
  clock: Clock;
  region: string;
  queues: QueueStore;
  functions: Functions;
  faults: FaultPlan;
  /** Shuffles batches where the fault plan says so. */
  random(): number;
}

/** Takes messages from queues to functions, as Lambda's poller does; the messages stay in the real queues throughout. */
export class Pollers {
  readonly #settings: PollersSettings;
  readonly #pollers: Poller[] = [];
  readonly #firstReceived = new WeakMap<QueueMessage, number>();
  #isPaused: (queueArn: string) => boolean = () => false;
  #stopped = false;

  constructor(settings: PollersSettings) {
    this.#settings = settings;
  }

  add(mapping: QueueMapping): void {
    this.#pollers.push({ ...mapping, active: 0, gathering: undefined });
  }

  /** Looks for work in all queues; to be called whenever a message may have come. */
  poke(): void {
    for (const poller of this.#pollers) this.#pump(poller);
  }

  /** Leaves messages in the queues for which the function says so, from now on; those of all others are taken. */
  pause(isPaused: (queueArn: string) => boolean): void {
    this.#isPaused = isPaused;
    this.poke();
  }

  stop(): void {
    this.#stopped = true;
  }

  #pump(poller: Poller): void {
    if (this.#isPaused(poller.queueArn)) return;
    const queue = this.#settings.queues.getQueueByArn(poller.queueArn);
    while (!this.#stopped && queue !== undefined && poller.active < poller.concurrency) {
      if (this.#gathers(poller, queue)) return;
      const waiting = queue.messages.length;
      const batch = this.#receive(queue, poller.batchSize);
      const dead = waiting - queue.messages.length - batch.length;
      if (batch.length > 0) this.#work(poller, queue, batch);
      // A dead-letter queue may have a function of its own.
      if (dead > 0) this.poke();
      if (batch.length === 0) return;
    }
  }

  /** Whether the next batch waits for more messages; if so, the poller looks again at the end of its window. */
  #gathers(poller: Poller, { messages }: Queue): boolean {
    const { clock } = this.#settings;
    if (messages.length > 0 && messages.length < poller.batchSize && poller.windowSeconds > 0) {
      if (poller.gathering === undefined) {
        poller.gathering = clock.now();
        clock.timer(clock.now() + poller.windowSeconds * 1000, () => this.#pump(poller));
      }
      if (clock.now() < poller.gathering + poller.windowSeconds * 1000) return true;
    }
    poller.gathering = undefined;
    return false;
  }

  #work(poller: Poller, queue: Queue, batch: Received[]): void {
    poller.active++;
    const release = this.#settings.clock.hold(`messages of ${queue.name}`);
    this.#deliver(poller, queue, batch).finally(() => {
      poller.active--;
      this.#pump(poller);
      release();
    });
  }

  /** Receives a batch; a message that was received too often goes to the dead-letter queue on the way. */
  #receive(queue: Queue, batchSize: number): Received[] {
    const batch: Received[] = [];
    const { queues } = this.#settings;
    while (batch.length < batchSize) {
      const size = Math.min(batchSize - batch.length, 10);
      const taken = queue.dequeue(size, HELD_BACK_SECONDS, (arn) => queues.getQueueByArn(arn));
      if (taken.length === 0) break;
      for (const { ReceiptHandle } of taken) {
        const message = queue.inflightMessages.get(ReceiptHandle)?.message;
        if (message !== undefined) batch.push({ message, receiptHandle: ReceiptHandle });
      }
    }
    return batch;
  }

  async #deliver(poller: Poller, queue: Queue, batch: Received[]): Promise<void> {
    const { clock, faults, random } = this.#settings;
    const receivedAt = clock.now();
    if (faults.reorder !== undefined) shuffle(batch, random);
    for (const { message } of batch) {
      if (!this.#firstReceived.has(message)) this.#firstReceived.set(message, receivedAt);
    }
    const failed = await this.#attempt(poller, batch);
    if (faults.deliverTwice) {
      const again = batch.filter((received) => !failed.has(received));
      if (again.length > 0) for (const received of await this.#attempt(poller, again)) failed.add(received);
    }
    for (const received of batch) {
      if (!failed.has(received)) queue.deleteMessage(received.receiptHandle);
    }
    if (failed.size === 0) return;
    const visibility = Number(queue.getAttribute('VisibilityTimeout') ?? 30) * 1000;
    clock.timer(receivedAt + visibility, () => {
      for (const { receiptHandle } of failed) queue.changeVisibility(receiptHandle, 0);
      this.#pump(poller);
    });
  }

  /** Invokes the function once; returns the messages that it has not dealt with. */
  async #attempt(poller: Poller, batch: readonly Received[]): Promise<Set<Received>> {
    const all = new Set(batch);
    const event = { Records: batch.map((received) => this.#record(poller, received)) };
    try {
      const { payload, functionError } = await this.#settings.functions.invoke(
        poller.functionName,
        JSON.stringify(event),
      );
      if (functionError !== undefined) return all;
      return poller.partialFailures ? failedOf(batch, payload) : new Set();
    } catch {
      return all;
    }
  }

  #record(poller: Poller, { message, receiptHandle }: Received): Record<string, unknown> {
    const first = String(this.#firstReceived.get(message) ?? this.#settings.clock.now());
    return {
      messageId: message.messageId,
      receiptHandle,
      body: message.body,
      attributes: {
        ApproximateReceiveCount: String(message.approximateReceiveCount),
        SentTimestamp: first,
        SenderId: 'local',
        ApproximateFirstReceiveTimestamp: first,
      },
      messageAttributes: Object.fromEntries(
        Object.entries(message.messageAttributes).map(([name, value]) => [name, lambdaAttribute(value)]),
      ),
      md5OfBody: message.md5OfBody,
      eventSource: 'aws:sqs',
      eventSourceARN: poller.queueArn,
      awsRegion: this.#settings.region,
    };
  }
}

function lambdaAttribute({ DataType, StringValue, BinaryValue }: MessageAttribute): Record<string, unknown> {
  return {
    dataType: DataType,
    ...(StringValue === undefined ? {} : { stringValue: StringValue }),
    ...(BinaryValue === undefined ? {} : { binaryValue: BinaryValue }),
    stringListValues: [],
    binaryListValues: [],
  };
}

/**
 * The messages that a function reported as failed (Lambda's "partial batch responses"): none for an empty answer, all for one that isn't
 * valid.
 */
export function failedOf<T extends { message: { messageId: string } }>(batch: readonly T[], payload: string): Set<T> {
  const all = new Set(batch);
  const answer: unknown = JSON.parse(payload);
  if (answer === null) return new Set();
  if (typeof answer !== 'object') return all;
  const failures = (answer as { batchItemFailures?: unknown }).batchItemFailures;
  if (failures === undefined || failures === null) return new Set();
  if (!Array.isArray(failures)) return all;
  const failed = new Set<T>();
  for (const failure of failures as { itemIdentifier?: unknown }[]) {
    const received = batch.find(({ message }) => message.messageId === failure?.itemIdentifier);
    if (received === undefined) return all;
    failed.add(received);
  }
  return failed;
}

function shuffle<T>(list: T[], random: () => number): void {
  for (let i = list.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    const swapped = list[i] as T;
    list[i] = list[j] as T;
    list[j] = swapped;
  }
}
