/** A request that came to the endpoint, and the helpers of all who serve one. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../clock/clock.ts';
import type { ConsumptionCounter } from '../consumption.ts';
import type { Dynamo } from '../dynamodb/dynamo.ts';
import { AwsError } from '../errors.ts';
import { refusal } from '../faults.ts';
import type { Fauxqs } from '../fauxqs/fauxqs.ts';
import type { Kms } from '../kms/kms.ts';
import type { AsyncInvoker } from '../lambda/async-invoke.ts';
import type { Pollers } from '../lambda/event-source-mapping.ts';
import type { Functions } from '../lambda/functions.ts';
import type { FunctionCall } from '../lambda/instance.ts';
import type { Enforcement } from '../rights/enforcement.ts';
import type { S3 } from '../s3/s3.ts';
import type { MessageMoves } from '../sqs/move-tasks.ts';
import type { StepFunctions } from '../states/service.ts';
import type { LoadedStack } from '../templates/assembly.ts';

/** The services behind the endpoint; known once the app is loaded. */
export interface Services {
  clock: Clock;
  dynamo: Dynamo;
  kms: Kms;
  fauxqs: Fauxqs;
  s3: S3;
  states: StepFunctions;
  functions: Functions;
  asyncInvoker: AsyncInvoker;
  pollers: Pollers;
  moves: MessageMoves;
  stacks: readonly LoadedStack[];
  /** The instant when the services were made, in epoch milliseconds. */
  start: number;
  consumption: ConsumptionCounter;
  account: string;
  /** ARNs of the app's roles. */
  roles: ReadonlySet<string>;
  /** The rights in force; if undefined, everybody may do everything. */
  enforcement?: Enforcement | undefined;
  /** Told of each write to a table, after it was carried out: the operation and its request. */
  written?: ((action: string, request: Record<string, unknown>) => void) | undefined;
}

/** A request, and who makes it. */
export interface Call {
  request: IncomingMessage;
  response: ServerResponse;
  path: string;
  query: URLSearchParams;
  accessKeyId: string;
  /** The role under which the request comes, where rights are in force; undefined: the account's owner. */
  role: string | undefined;
}

const LARGEST_JSON = 16 * 1024 * 1024;

/** The requests whose answers the fault plan loses. */
const losing = new WeakSet<IncomingMessage>();

/** Whether the answer to a request gets lost. */
export const isLosing = (request: IncomingMessage): boolean => losing.has(request);

/**
 * Applies the fault plan to a function's request before it is carried out.
 * @throws AwsError where the request is refused, or where its function has ended with it
 */
export async function meetFault(
  { functions }: Services,
  request: IncomingMessage,
  accessKeyId: string,
  call: FunctionCall,
): Promise<'part' | undefined> {
  const fault = await functions.calls(accessKeyId, call);
  if (fault === 'lose') losing.add(request);
  if (fault !== undefined && fault !== 'lose' && fault !== 'part') throw refusal(call.service, fault);
  return fault === 'part' ? fault : undefined;
}

/**
 * Calls `run` once, when a successful answer is about to go out. If it returns true, or the answer is to be lost, the connection is dropped
 * instead.
 */
export function beforeAnswer(request: IncomingMessage, response: ServerResponse, run: () => boolean): void {
  const writeHead = response.writeHead.bind(response) as (...args: unknown[]) => ServerResponse;
  let asked = false;
  response.writeHead = (...args: unknown[]): ServerResponse => {
    const status = Number(args[0]);
    if (!asked && status < 300) {
      asked = true;
      if (run() || losing.has(request)) {
        response.destroy();
        return response;
      }
    }
    return writeHead(...args);
  };
}

/** The action that a request of a JSON service names; empty where it names none. */
export function actionOf({ headers }: Pick<IncomingMessage, 'headers'>): string {
  return String(headers['x-amz-target'] ?? '').replace(/^.*\./, '');
}

/** A request's body; throws AwsError where it has more bytes than `most`. */
export async function bodyOf(request: IncomingMessage, most = LARGEST_JSON): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > most) throw new AwsError('RequestEntityTooLarge', 'the request is too large', 413);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/**
 * A body that must be a JSON object, or empty.
 * @throws AwsError where it is anything else
 */
export function parse(body: Buffer): Record<string, unknown> {
  const parsed = body.length === 0 ? {} : parseAny(body.toString());
  if (typeof parsed !== 'object' || parsed === null) throw new AwsError('SerializationException', 'no JSON object');
  return parsed as Record<string, unknown>;
}

/**
 * A text that must be JSON.
 * @throws AwsError where it isn't
 */
export function parseAny(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new AwsError('SerializationException', 'the body is not JSON');
  }
}

/** Answers with JSON. */
export function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' });
  response.end(JSON.stringify(body));
}
