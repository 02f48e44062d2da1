import type { Clock } from '../clock/clock.ts';
import { AwsError } from '../errors.ts';
import type { Fauxqs } from '../fauxqs/fauxqs.ts';
import type { Queue } from '../fauxqs/stores.ts';
import type { Need } from '../rights/enforcement.ts';

/** The actions of SQS that are served here, with the fields of their requests: fauxqs has none of them. */
export const MOVE_ACTIONS = {
  ListMessageMoveTasks: ['MaxResults', 'SourceArn'],
  StartMessageMoveTask: ['DestinationArn', 'SourceArn'],
} as const satisfies Readonly<Record<string, readonly string[]>>;
export type MoveAction = keyof typeof MOVE_ACTIONS;

/** Whether an action of SQS is one of those that move dead letters back. */
export const isMoveAction = (action: string): action is MoveAction => Object.hasOwn(MOVE_ACTIONS, action);

/** A task that moved all messages of a dead-letter queue; here none runs for longer than its request. */
interface MoveTask {
  Status: 'COMPLETED';
  SourceArn: string;
  ApproximateNumberOfMessagesMoved: number;
  ApproximateNumberOfMessagesToMove: number;
  /** Epoch milliseconds. */
  StartedTimestamp: number;
}

/** The number of a queue's tasks that are remembered. */
const REMEMBERED = 10;

type Body = Readonly<Record<string, unknown>>;

/** SQS's tasks that move the messages of a dead-letter queue to another queue, or back to the one that they come from. */
export class MessageMoves {
  readonly #clock: Clock;
  readonly #fauxqs: Fauxqs;
  /** The tasks by the dead-letter queue's ARN, the newest first. */
  readonly #tasks = new Map<string, MoveTask[]>();
  #started = 0;

  constructor(clock: Clock, fauxqs: Fauxqs) {
    this.#clock = clock;
    this.#fauxqs = fauxqs;
  }

  /** The rights that a request needs: a task receives, deletes and sends in the name of whoever starts it. */
  needs(action: MoveAction, body: Body): Need[] {
    const dead = this.#deadLetters(body);
    if (action === 'ListMessageMoveTasks') return [{ action: `sqs:${action}`, resource: dead.arn }];
    return [
      ...[action, 'ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes'].map((one) => ({
        action: `sqs:${one}`,
        resource: dead.arn,
      })),
      { action: 'sqs:SendMessage', resource: this.#destination(dead, body).arn },
    ];
  }

  call(action: MoveAction, body: Body): object {
    for (const field of Object.keys(body))
      if (!(MOVE_ACTIONS[action] as readonly string[]).includes(field))
        throw new AwsError('UnsupportedOperation', `the local cloud's ${action} has no ${field}`);
    return action === 'StartMessageMoveTask' ? this.#start(body) : this.#list(body);
  }

  /** Moves all messages, but for those that somebody has received and not deleted, which stay where they are, as on AWS. */
  #start(body: Body): { TaskHandle: string } {
    const dead = this.#deadLetters(body);
    const destination = this.#destination(dead, body);
    const messages = dead.messages.splice(0);
    // A moved message is a new one: it has an id of its own, and was never received.
    for (const { body: content, messageAttributes } of messages)
      destination.enqueue(this.#fauxqs.message(content, messageAttributes));
    const task: MoveTask = {
      Status: 'COMPLETED',
      SourceArn: dead.arn,
      ApproximateNumberOfMessagesMoved: messages.length,
      ApproximateNumberOfMessagesToMove: messages.length,
      StartedTimestamp: this.#clock.now(),
    };
    this.#tasks.set(dead.arn, [task, ...(this.#tasks.get(dead.arn) ?? [])].slice(0, REMEMBERED));
    return { TaskHandle: Buffer.from(`${dead.arn}/${++this.#started}`).toString('base64') };
  }

  #list(body: Body): { Results: MoveTask[] } {
    const dead = this.#deadLetters(body);
    const { MaxResults = 1 } = body;
    return { Results: (this.#tasks.get(dead.arn) ?? []).slice(0, Number(MaxResults)) };
  }

  #deadLetters({ SourceArn }: Body): Queue {
    const queue = this.#fauxqs.queues.getQueueByArn(String(SourceArn));
    if (queue === undefined)
      throw new AwsError(
        'ResourceNotFoundException',
        'The resource that you specified for the SourceArn parameter does not exist.',
        404,
      );
    return queue;
  }

  /**
   * The queue that a request names as destination, or else the one that the messages come from. Only dead letters of some queue are moved.
   */
  #destination(dead: Queue, { DestinationArn }: Body): Queue {
    const [first, second] = [...this.#fauxqs.queues.allQueues()].filter(
      ({ attributes }) =>
        attributes.RedrivePolicy && JSON.parse(attributes.RedrivePolicy).deadLetterTargetArn === dead.arn,
    );
    if (first === undefined)
      throw new AwsError('InvalidParameterValue', 'Source queue must be configured as a Dead Letter Queue.');
    if (DestinationArn !== undefined) {
      const named = this.#fauxqs.queues.getQueueByArn(String(DestinationArn));
      if (named !== undefined) return named;
      throw new AwsError(
        'ResourceNotFoundException',
        'The resource that you specified for the DestinationArn parameter does not exist.',
        404,
      );
    }
    if (second !== undefined)
      throw new AwsError('UnsupportedOperation', 'the local cloud moves no messages that may come from several queues');
    return first;
  }
}
