/**
 * An operator's desk: everything that a real operator has to work with. It reads the notices in its own queue, fetches its order files, and
 * uploads its answers. The simulated operators and `--respond` both sit at one.
 */

import type { DirectionId } from '../lambdas/domain/identifiers.ts';
import { columnOf, DIRECTION_KIND_NAMES, type DirectionKind } from '../lambdas/domain/kinds.ts';
import { ORDERS, type Order } from '../lambdas/domain/ladders.ts';
import { bucketsOf } from './buckets.ts';
import type { Correspondent } from './participants.ts';

/** The part of a cloud that people outside it can touch. */
export interface OutsideCloud {
  /** Buckets by their logical names; see bucketsOf. */
  readonly names: { readonly buckets: Readonly<Record<string, string>> };
  readonly clock: { now(): number };
  /** Registers somebody's act at a cloud instant (epoch milliseconds). */
  outside(at: number, run: () => Promise<void>): void;
  put(bucket: string, key: string, body: Uint8Array | string): Promise<void>;
  get(bucket: string, key: string): Promise<Uint8Array>;
  /** The id of an object's newest version. */
  version(bucket: string, key: string): Promise<string>;
  list(bucket: string, prefix?: string): Promise<string[]>;
  /** Takes all messages out of a participant's own queue, or out of the mailbox of an address. */
  receive(queue: string): Promise<{ body: string }[]>;
}

/** An order, as its notice tells it. */
export interface OrderNotice {
  directionId: DirectionId;
  batchId: string;
  kind: DirectionKind;
  order: Order;
  /** The rung, counted from 1; or, for the orders that a response causes, `failed` (disconnect) or `back` (restore). */
  rung: number | 'failed' | 'back';
  rows: number;
  /** Epoch milliseconds. */
  deadline: number;
  bucket: string;
  key: string;
  sha256: string;
}

/**
 * A message in a queue, or an e-mail, whose last line is the same JSON, as an object; anything that isn't JSON is an object without fields.
 * Files have more lines: see objectIn.
 */
export function messageOf(body: string): Record<string, unknown> {
  try {
    const [line = ''] = body.trimEnd().split('\n').slice(-1);
    const message: unknown = JSON.parse(line);
    return typeof message === 'object' && message !== null ? { ...message } : {};
  } catch {
    return {};
  }
}

/** A file that is one JSON object over several lines, as receipts are. */
export async function objectIn(
  cloud: Pick<OutsideCloud, 'get'>,
  bucket: string,
  key: string,
): Promise<Record<string, unknown>> {
  return JSON.parse(Buffer.from(await cloud.get(bucket, key)).toString('utf8'));
}

/** The key of a file that a message names. */
export function keyOf(place: unknown): unknown {
  return typeof place === 'object' && place !== null && 'key' in place ? place.key : undefined;
}

/** The words in place of a rung for the orders that a response causes. */
const CAUSED = ['failed', 'back'] as const;

function orderOf(message: Record<string, unknown>): OrderNotice | undefined {
  if (message.kind !== 'order') return undefined;
  const text = (name: string) => String(message[name] ?? '');
  const kind = DIRECTION_KIND_NAMES.find((one) => one === text('directionKind'));
  if (kind === undefined) throw new Error(`there are no directions of the kind ${text('directionKind')}`);
  const order = ORDERS.find((one) => one === text('order'));
  if (order === undefined) throw new Error(`there are no orders ${text('order')}`);
  return {
    directionId: text('directionId') as DirectionId,
    batchId: text('batchId'),
    kind,
    order,
    rung: CAUSED.find((one) => one === text('rung')) ?? Number(text('rung')),
    rows: Number(text('rows')),
    deadline: Date.parse(text('deadline')),
    bucket: text('bucket'),
    key: text('key'),
    sha256: text('sha256'),
  };
}

/** All messages of some mailboxes. */
export async function allFrom(cloud: OutsideCloud, mailboxes: readonly string[]): Promise<{ body: string }[]> {
  const messages = [];
  for (const mailbox of mailboxes) messages.push(...(await cloud.receive(mailbox)));
  return messages;
}

export class Desk {
  readonly operator: string;
  readonly cloud: OutsideCloud;
  /** All orders so far, each once. */
  readonly orders: OrderNotice[] = [];
  /** All other notices that it got. */
  readonly notices: Record<string, unknown>[] = [];
  uploads = 0;
  readonly #mailboxes: readonly string[];
  readonly #known = new Set<string>();

  constructor(cloud: OutsideCloud, { id, mailboxes }: Correspondent) {
    this.cloud = cloud;
    this.operator = id;
    this.#mailboxes = mailboxes;
  }

  /**
   * Empties its mailboxes. Notices may come twice, and in any order.
   * @returns the orders that are new, by direction and key
   */
  async read(): Promise<OrderNotice[]> {
    const fresh: OrderNotice[] = [];
    for (const { body } of await allFrom(this.cloud, this.#mailboxes)) {
      const message = messageOf(body);
      const notice = orderOf(message);
      if (notice === undefined) {
        this.notices.push(message);
        continue;
      }
      const identity = `${notice.directionId} ${notice.key} ${notice.sha256}`;
      if (this.#known.has(identity)) continue;
      this.#known.add(identity);
      fresh.push(notice);
    }
    fresh.sort((a, b) => compare(a.directionId, b.directionId) || compare(a.key, b.key));
    this.orders.push(...fresh);
    return fresh;
  }

  /** The identifiers in an order's file, as they are written there. */
  async identifiersOf(notice: OrderNotice): Promise<string[]> {
    const [header = '', ...lines] = Buffer.from(await this.cloud.get(notice.bucket, notice.key))
      .toString('utf8')
      .split('\n');
    const column = header.split(',').indexOf(columnOf(notice.kind));
    return lines.flatMap((line) => line.split(',')[column] || []);
  }

  /** Uploads a response about a direction. */
  async answer(directionId: string, name: string, body: Uint8Array | string): Promise<void> {
    await this.answerAll(`${directionId}/${name}`, body);
  }

  /** Uploads a response about any of its directions: rows name their direction, or are open in only one. */
  async answerAll(name: string, body: Uint8Array | string): Promise<void> {
    this.uploads++;
    await this.cloud.put(bucketsOf(this.cloud).inbox, `responses/${this.operator}/${name}`, body);
  }
}

export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
