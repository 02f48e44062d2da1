/** The functions under the fuzz, the way in which events are brought to them, and their effects. */
import type { Context } from 'aws-lambda';
import { type Instant, millisOf } from '../../../lambdas/domain/days.ts';
import { withLog } from '../log.ts';
import { type MemoryAws, VERSION } from '../memory-aws.ts';
import { Broken, must } from '../target.ts';

export type Handler = (event: unknown, context: Context) => Promise<unknown>;
export const load = async (name: string) =>
  ((await import(`../../../lambdas/${name}/handler.ts`)) as { handler: unknown }).handler as Handler;

export const AT = '2026-06-01T10:00:00Z' as Instant;

let invocation = 0;
const context = () => ({ awsRequestId: `request-${++invocation}` }) as Context;
/** Tasks get and return JSON. */
const json = (value: unknown) => JSON.parse(JSON.stringify(value));
export const invoke = async <Result>(handler: Handler, event: unknown): Promise<Result> =>
  json(await handler(json(event), context()));

/** Brings an upload's event to a function, which must not fail. */
export async function upload(handler: Handler, key: string, size: number): Promise<void> {
  const object = { key, size, 'version-id': VERSION };
  const body = JSON.stringify({ time: AT, detail: { bucket: { name: 'inbox' }, object } });
  const attributes = { ApproximateFirstReceiveTimestamp: String(millisOf(AT)), ApproximateReceiveCount: '1' };
  const answer = await invoke<{ batchItemFailures: unknown[] }>(handler, {
    Records: [{ messageId: 'm', body, attributes }],
  });
  must(answer.batchItemFailures.length === 0, 'a function works through every upload');
}

/** The effects of a function: its files by key, and its messages. */
interface Done {
  readonly outbox: Map<string, Buffer>;
  readonly items: Map<string, Record<string, unknown>>;
  readonly told: MemoryAws['told'];
}

/** Lets a function work with an AWS of its own, and checks that its logs name nobody. */
export async function on(aws: MemoryAws, act: () => Promise<void>): Promise<Done> {
  aws.install();
  const failures: unknown[] = [];
  const lines = await withLog(async () => {
    try {
      await act();
    } catch (error) {
      failures.push(error);
    }
  });
  for (const error of failures)
    throw error instanceof Broken ? new Broken(`${error.message}\n${lines.join('\n')}`) : error;
  for (const line of lines) {
    const text = line.replaceAll(/-[0-9a-f]{12}\b/g, '');
    must(!/\d{9}/.test(text), 'no log holds a number or an IMEI');
  }
  return { outbox: aws.in('outbox'), items: aws.items, told: aws.told };
}

/** The input of the one execution that was started. */
export function startedOf({ started }: MemoryAws): object {
  const [only] = started;
  must(started.length === 1 && only !== undefined, 'a file starts one execution');
  return only.input as object;
}

export const ofKind = ({ told }: Done, kind: string) => told.filter(({ notice }) => notice.kind === kind);
export const sumOf = (counts: object) => Object.values<number>({ ...counts }).reduce((sum, count) => sum + count, 0);

export interface Sent {
  readonly who: string;
  readonly name: string;
  readonly file: Buffer;
}
