/** The console's views of a cloud, as JSON: each answer is bounded, whatever the cloud holds. */
import type { Dynamo } from '../dynamodb/dynamo.ts';
import { OUTSIDER } from '../dynamodb/dynamo-host.ts';
import { AwsError } from '../errors.ts';
import type { Fauxqs } from '../fauxqs/fauxqs.ts';
import type { Queue, StoredObject } from '../fauxqs/stores.ts';
import type { Functions } from '../lambda/functions.ts';
import { executionAnswer, mapRunAnswer } from '../states/answers.ts';
import type { Execution } from '../states/execution.ts';
import { eventAnswer } from '../states/history.ts';
import type { StepFunctions } from '../states/service.ts';
import type { Placed } from '../templates/names.ts';
import { entriesUnder } from './keys.ts';
import { Progress } from './progress.ts';
import type { Recorder } from './recorder.ts';

/** The most entries in one answer, of whatever kind. */
export const PAGE = 50;
/** The most entries in a list about the whole cloud. */
const LATEST = 20;
/** The bytes of an object that are shown; the rest is for the download. */
export const SHOWN = 64 * 1024;
/** The most characters shown of an execution's input, or of one event of its history. */
const LONGEST = 64 * 1024;

/** The parts of a cloud that the views read. */
export interface Viewed {
  dynamo: Dynamo;
  fauxqs: Fauxqs;
  states: StepFunctions;
  functions: Functions;
  recorder: Recorder;
  /** Grows with each deployment. */
  placed: readonly Placed[];
}

type Answer = Record<string, unknown>;

const missing = (what: string) => new AwsError('NotFound', `there is no ${what}`, 404);

/** Reads a cloud for its console. */
export class Views {
  readonly #viewed: Viewed;
  readonly #progress = new Progress();

  constructor(viewed: Viewed) {
    this.#viewed = viewed;
  }

  /** All resources, each with a sign of whether something goes on in it. */
  resources(): Answer {
    const { fauxqs, states, functions, recorder, placed } = this.#viewed;
    const of = (kind: Placed['kind']) => placed.filter((one) => one.kind === kind);
    const logical = new Map(placed.map(({ arn, logical }) => [arn, logical]));
    const consumption = functions.consumption();
    return {
      buckets: of('bucket').map(({ logical: name, physical: id }) => {
        return { name, id, objects: fauxqs.objects.buckets.get(id)?.size ?? 0, versioned: fauxqs.versioned.has(id) };
      }),
      tables: of('table').map(({ logical: name, physical: id }) => ({ name, id })),
      machines: of('machine').map(({ logical: name, arn: id }) => ({ name, id, ...countsOf(states.executionsOf(id)) })),
      functions: of('function').map(({ logical: name, physical: id }) => {
        return { name, id, ...consumption[id], running: functions.runningOf(id) };
      }),
      topics: of('topic').map(({ logical: name, arn: id }) => ({ name, id, sent: recorder.count(id) })),
      // Queues that are no part of the app are listed, too: those of its participants and of its e-mail addresses.
      queues: [...fauxqs.queues.allQueues()].map((queue) => {
        const { name: id, arn, messages, inflightMessages } = queue;
        const name = logical.get(arn) ?? id;
        const isDead = this.#isDeadLetterQueue(arn);
        return {
          name,
          id,
          waiting: messages.length,
          inFlight: inflightMessages.size,
          sent: recorder.count(arn),
          isDead,
        };
      }),
    };
  }

  /** The entries under a prefix of a bucket, folders as such. */
  objects(bucket: string, prefix: string, after: string): Answer {
    const objects = this.#viewed.fauxqs.objects.buckets.get(bucket);
    if (objects === undefined) throw missing(`bucket ${bucket}`);
    const { entries, isMore } = entriesUnder(objects, { prefix, after, most: PAGE });
    return {
      entries: entries.map(({ name, object }) => ({ name, ...(object === undefined ? {} : objectAnswer(object)) })),
      next: isMore ? entries.at(-1)?.name : undefined,
    };
  }

  /**
   * An object with its bytes.
   * @throws AwsError where it isn't there
   */
  object(bucket: string, key: string): StoredObject {
    const object = this.#viewed.fauxqs.objects.buckets.get(bucket)?.get(key);
    if (object === undefined) throw missing(`object ${key} in ${bucket}`);
    return object;
  }

  /** The beginning of an object; `text` is undefined where it isn't text. */
  text(bucket: string, key: string): Answer {
    const object = this.object(bucket, key);
    const bytes = object.body.subarray(0, SHOWN);
    // The part shown may end in the middle of a character, but holds no invalid one.
    const isText = !bytes.includes(0);
    const text = isText ? new TextDecoder('utf-8').decode(bytes, { stream: true }) : undefined;
    return { name: key, ...objectAnswer(object), text, isCut: object.body.length > SHOWN };
  }

  /** A page of a table's items: all of them, or those of one partition. */
  async items(table: string, partition: string | undefined, after: string | undefined): Promise<Answer> {
    const { dynamo } = this.#viewed;
    const partitionKey = dynamo.partitionKeyOf(table);
    if (partitionKey === undefined) throw missing(`table ${table}`);
    const { Table } = await dynamo.call('DescribeTable', { TableName: table }, OUTSIDER);
    const { KeySchema, AttributeDefinitions } = Table as TableDescription;
    const type = AttributeDefinitions.find(({ AttributeName }) => AttributeName === partitionKey)?.AttributeType ?? 'S';
    const page = { TableName: table, Limit: PAGE, ...(after ? { ExclusiveStartKey: startKey(after) } : {}) };
    const of = {
      KeyConditionExpression: '#partition = :partition',
      ExpressionAttributeNames: { '#partition': partitionKey },
      ExpressionAttributeValues: { ':partition': { [type]: partition } },
    };
    const answer = partition
      ? await dynamo.call('Query', { ...page, ...of }, OUTSIDER)
      : await dynamo.call('Scan', page, OUTSIDER);
    const { Items, LastEvaluatedKey } = answer as { Items: unknown[]; LastEvaluatedKey?: object };
    const keys = [...KeySchema].sort((a) => (a.KeyType === 'HASH' ? -1 : 1)).map(({ AttributeName }) => AttributeName);
    return { keys, items: Items, next: LastEvaluatedKey && JSON.stringify(LastEvaluatedKey) };
  }

  /** A queue's waiting messages, and the messages that came into it, the newest first. */
  queue(name: string, before: number | undefined): Answer {
    const { fauxqs, recorder } = this.#viewed;
    const queue = [...fauxqs.queues.allQueues()].find((one) => one.name === name);
    if (queue === undefined) throw missing(`queue ${name}`);
    const { arn, url, attributes, messages, inflightMessages, delayedMessages } = queue;
    const sent = recorder.newest(arn, PAGE, before);
    return {
      id: name,
      arn,
      url,
      attributes,
      waiting: messages.length,
      inFlight: inflightMessages.size,
      delayed: delayedMessages.length,
      messages: messages.slice(0, PAGE).map(messageAnswer),
      sent,
      next: nextOf(sent),
    };
  }

  /** A topic's subscribers, and the messages that were published to it, the newest first. */
  topic(arn: string, before: number | undefined): Answer {
    const { fauxqs, recorder } = this.#viewed;
    if (!this.#viewed.placed.some((one) => one.kind === 'topic' && one.arn === arn)) throw missing(`topic ${arn}`);
    const sent = recorder.newest(arn, PAGE, before);
    const { subscriptions } = fauxqs.topics.listSubscriptionsByTopic(arn);
    return {
      id: arn,
      subscriptions: subscriptions.slice(0, PAGE).map(({ protocol, endpoint, confirmed, attributes }) => {
        return { protocol, endpoint, confirmed, filter: attributes.FilterPolicy };
      }),
      sent,
      next: nextOf(sent),
    };
  }

  /** A function, and the last lines that it wrote, the newest first. */
  function(name: string, before: number | undefined): Answer {
    const { functions, recorder } = this.#viewed;
    const { arn, handler, roleArn, timeoutSeconds, memoryMb, reserved, environment } = functions.find(name);
    const lines = recorder.newest(name, PAGE, before);
    const running = functions.runningOf(name);
    const spec = { arn, handler, roleArn, timeoutSeconds, memoryMb, reserved, environment };
    return { id: name, ...spec, ...functions.consumption()[name], running, lines, next: nextOf(lines) };
  }

  /** A state machine, with its definition's text. */
  machine(arn: string): Answer {
    const machine = this.#viewed.states.machines().find((one) => one.arn === arn);
    if (machine === undefined) throw missing(`state machine ${arn}`);
    return { id: arn, roleArn: machine.roleArn, definition: machine.text };
  }

  /** Executions of a machine, or the children of a Map Run, the newest first, from before the one at the place `before` on. */
  executions({ of, status, before }: { of: string; status: string | undefined; before: number | undefined }): Answer {
    const { states } = this.#viewed;
    const all = of.includes(':mapRun:') ? states.mapRun(of).children : states.executionsOf(of);
    const found: Answer[] = [];
    let at = Math.min(before ?? all.length, all.length);
    while (at > 0 && found.length < PAGE) {
      const execution = all[--at] as Execution;
      if (status === undefined || execution.status === status) found.push(this.#item(execution));
    }
    const isMore = all.slice(0, at).some((execution) => status === undefined || execution.status === status);
    return { executions: found, next: isMore ? at : undefined };
  }

  /** The executions that began last, of all machines, and the messages that were published last, to all topics. */
  latest(): Answer {
    const { states, recorder, placed } = this.#viewed;
    const published = placed
      .filter(({ kind }) => kind === 'topic')
      .flatMap(({ logical: name, arn: id }) =>
        recorder.newest(id, LATEST).map((one) => ({ ...one, of: { name, id } })),
      );
    published.sort((a, b) => b.at - a.at);
    const last = states.machines().flatMap(({ arn }) => states.executionsOf(arn).slice(-LATEST));
    last.sort((a, b) => b.startedAt - a.startedAt);
    return {
      executions: last.slice(0, LATEST).map((execution) => this.#item(execution)),
      published: published.slice(0, LATEST),
    };
  }

  /** One execution: its input, output and states, and the Map Runs that it started. */
  execution(arn: string): Answer {
    const { states } = this.#viewed;
    const execution = states.execution(arn);
    const { machine, mapRun, history } = execution;
    const { input, output, cause, ...answer } = executionAnswer(execution, true);
    return {
      ...answer,
      ...this.#item(execution),
      input: cut(input),
      output: cut(output),
      cause: cut(cause),
      parent: mapRun?.parent.arn,
      events: history.events.length,
      states: this.#progress.of(execution),
      mapRuns: states.mapRunsOf(arn).slice(-PAGE).map(mapRunAnswer),
      definition: machine.text,
    };
  }

  /** The events of an execution, the newest first, from before the event with the number `before` on. */
  history(arn: string, before: number | undefined): Answer {
    const { events } = this.#viewed.states.execution(arn).history;
    const to = before === undefined ? events.length : events.findIndex(({ id }) => id >= before);
    const page = events.slice(Math.max(0, to - PAGE), Math.max(0, to)).reverse();
    const answers = page.map((event) => {
      const { [String(event.details?.name)]: details, ...answer } = eventAnswer(event, true);
      const shown = Object.entries((details ?? {}) as Answer).map(([name, value]) => [name, cut(value)]);
      return { ...answer, timestamp: event.timestamp, details: Object.fromEntries(shown) };
    });
    return { events: answers, next: to > PAGE ? page.at(-1)?.id : undefined };
  }

  #item(execution: Execution): Answer {
    const { arn, name, machine, mapRun, status, startedAt, stoppedAt, error } = execution;
    const { logical = machine.name } = this.#viewed.placed.find((one) => one.arn === machine.arn) ?? {};
    const states =
      status === 'RUNNING' ? this.#progress.of(execution).filter((state) => state.status === 'running') : [];
    const where = mapRun === null ? {} : { mapRun: mapRun.arn, label: mapRun.label };
    const names = states.slice(0, PAGE).map((state) => state.name);
    return {
      id: arn,
      name,
      machine: machine.arn,
      machineName: logical,
      ...where,
      status,
      startedAt,
      stoppedAt,
      error,
      in: names,
    };
  }

  #isDeadLetterQueue(arn: string): boolean {
    for (const { attributes } of this.#viewed.fauxqs.queues.allQueues())
      if (attributes.RedrivePolicy?.includes(JSON.stringify(arn))) return true;
    return false;
  }
}

interface TableDescription {
  KeySchema: { AttributeName: string; KeyType: string }[];
  AttributeDefinitions: { AttributeName: string; AttributeType: string }[];
}

function startKey(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new AwsError('ValidationException', 'after is no key');
  }
}

function objectAnswer({ contentLength, lastModified, etag, versionId }: StoredObject): Answer {
  return { size: contentLength, modified: lastModified.getTime(), etag: etag.replaceAll('"', ''), versionId };
}

function messageAnswer({
  messageId,
  body,
  messageAttributes,
  approximateReceiveCount,
}: Queue['messages'][number]): Answer {
  const attributes = Object.entries(messageAttributes).map(([name, { StringValue }]) => [name, StringValue ?? '']);
  return {
    id: messageId,
    text: cut(body),
    attributes: Object.fromEntries(attributes),
    received: approximateReceiveCount,
  };
}

function countsOf(executions: readonly Execution[]): Record<'running' | 'succeeded' | 'failed', number> {
  const counts = { running: 0, succeeded: 0, failed: 0 };
  for (const { status } of executions)
    counts[status === 'RUNNING' ? 'running' : status === 'SUCCEEDED' ? 'succeeded' : 'failed']++;
  return counts;
}

/** The place where the next page begins; undefined where this one is the last. */
function nextOf(page: readonly { n: number }[]): number | undefined {
  return page.length === PAGE ? page.at(-1)?.n : undefined;
}

function cut(value: unknown): unknown {
  if (typeof value !== 'string' || value.length <= LONGEST) return value;
  return `${value.slice(0, LONGEST)} … (${value.length} characters)`;
}
