import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { VirtualClock } from 'local-cloud';
import type { ConductedCloud } from '../../simulation/conducted-cloud.ts';

/** Buckets, queues and a virtual clock, with no system behind them: only what a test puts there. */
export class FakeCloud implements ConductedCloud {
  readonly names = { buckets: { Inbox: 'inbox', Work: 'work', Outbox: 'outbox', Audit: 'audit' } };
  readonly clock: VirtualClock;
  readonly queues = new Map<string, string[]>();
  /** Uploads to the inbox, in order. */
  readonly uploads: { at: number; key: string; text: string }[] = [];
  /** The system's reaction to an upload. */
  onUpload: (key: string, body: Buffer) => void = () => {};
  /** Whether a rule with a schedule, given by its ARN, sends nothing. */
  isPaused: (ruleArn: string) => boolean = () => false;
  readonly #objects = new Map<string, Buffer>();

  constructor(start: number) {
    this.clock = new VirtualClock(start);
  }

  outside(at: number, run: () => Promise<void>): void {
    this.clock.outside(at, run);
  }

  pauseSchedules(paused: (ruleArn: string) => boolean): void {
    this.isPaused = paused;
  }

  failedExecutions(): never[] {
    return [];
  }

  rest(): Promise<void> {
    return this.clock.rest();
  }

  run(until?: number): Promise<void> {
    return this.clock.run(until);
  }

  async put(bucket: string, key: string, body: Uint8Array | Readable | string): Promise<void> {
    const chunks: Uint8Array[] = [];
    if (typeof body === 'string' || body instanceof Uint8Array) chunks.push(Buffer.from(body));
    else for await (const chunk of body) chunks.push(Buffer.from(chunk));
    const bytes = Buffer.concat(chunks);
    this.#objects.set(`${bucket}/${key}`, bytes);
    if (bucket !== 'inbox') return;
    this.uploads.push({ at: this.clock.now(), key, text: bytes.toString('utf8') });
    this.onUpload(key, bytes);
  }

  async get(bucket: string, key: string): Promise<Uint8Array> {
    const object = this.#objects.get(`${bucket}/${key}`);
    if (object === undefined) throw new Error(`no such key in ${bucket}`);
    return object;
  }

  /** The n-th upload of all is version n. */
  async version(bucket: string, key: string): Promise<string> {
    await this.get(bucket, key);
    return `v${this.uploads.findLastIndex((upload) => upload.key === key) + 1}`;
  }

  async list(bucket: string, prefix = ''): Promise<string[]> {
    return [...this.#objects.keys()]
      .filter((name) => name.startsWith(`${bucket}/${prefix}`))
      .map((name) => name.slice(bucket.length + 1))
      .sort();
  }

  async receive(queue: string): Promise<{ body: string }[]> {
    const messages = this.queues.get(queue) ?? [];
    this.queues.delete(queue);
    return messages.map((body) => ({ body }));
  }

  send(queue: string, message: object): void {
    this.queues.set(queue, [...(this.queues.get(queue) ?? []), JSON.stringify(message)]);
  }

  /** Puts an order's file into the outbox and its notice into the operator's queue. */
  async order(order: {
    directionId: string;
    rung: number | 'failed';
    order: string;
    identifiers: readonly string[];
    deadline: number;
    file?: string;
  }): Promise<void> {
    const [batchId = '', directionKind = '', operator = ''] = order.directionId.split('.');
    const column = directionKind.endsWith('block') ? 'imei' : 'msisdn';
    const key = `orders/${operator}/${order.directionId}/${order.file ?? `${order.rung}-${order.order}.csv`}`;
    const text = `${column},reason\n${order.identifiers.map((identifier) => `${identifier},why\n`).join('')}`;
    await this.put('outbox', key, text);
    this.send(`fraud-directions-${operator}`, {
      kind: 'order',
      directionId: order.directionId,
      batchId,
      operator,
      directionKind,
      order: order.order,
      rung: String(order.rung),
      rows: order.identifiers.length,
      deadline: new Date(order.deadline).toISOString().replace('.000', ''),
      bucket: 'outbox',
      key,
      size: text.length,
      sha256: createHash('sha256').update(text).digest('hex'),
    });
  }
}
