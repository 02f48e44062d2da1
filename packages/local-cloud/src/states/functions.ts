import { createHash } from 'node:crypto';
import jsonata from 'jsonata';
import type { Clock } from '../clock/clock.ts';

/** The clock and the random numbers of the cloud that runs the expressions. */
export interface Surroundings {
  /** Its `now`, in epoch milliseconds. */
  readonly clock: Pick<Clock, 'now'>;
  /** 0 ≤ x < 1. */
  random(): number;
}

const ALGORITHMS: Record<string, string> = {
  MD5: 'md5',
  'SHA-1': 'sha1',
  'SHA-256': 'sha256',
  'SHA-384': 'sha384',
  'SHA-512': 'sha512',
};

const fromMillis = jsonata('$fromMillis($m, $p, $t)');
const fromMillisWithPicture = jsonata('$fromMillis($m, $p)');
const fromMillisPlain = jsonata('$fromMillis($m)');

/** An error with a code, in the shape in which the jsonata package throws its own. */
class FunctionError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'FunctionError';
    this.code = code;
  }
}

function partition(items: unknown, size: number): unknown {
  if (items === undefined) return undefined;
  const list = Array.isArray(items) ? items : [items];
  if (!Number.isInteger(size) || size <= 0) {
    throw new FunctionError('D3000', '$partition takes a size that is a positive integer');
  }
  const parts: unknown[] = [];
  for (let i = 0; i < list.length; i += size) parts.push(list.slice(i, i + size));
  return parts;
}

function range(first: number, last: number, step: number): number[] {
  if (![first, last, step].every(Number.isInteger) || step === 0) {
    throw new FunctionError('D3000', '$range takes integers and a step that is not 0');
  }
  const count = Math.floor((last - first) / step) + 1;
  if (count > 1000) throw new FunctionError('D3000', '$range makes at most 1,000 items');
  return Array.from({ length: Math.max(count, 0) }, (_, i) => first + i * step);
}

function hash(content: string, algorithm: string): string | undefined {
  if (content === undefined) return undefined;
  const name = ALGORITHMS[algorithm];
  if (name === undefined) {
    throw new FunctionError('D3000', `$hash knows ${Object.keys(ALGORITHMS).join(', ')}, not ${algorithm}`);
  }
  return createHash(name).update(content, 'utf8').digest('hex');
}

/** The number that a seed determines (mulberry32 over the seed's digits). */
function seeded(seed: number): number {
  let state = 0;
  for (const character of String(seed)) state = (Math.imul(state, 31) + character.charCodeAt(0)) | 0;
  state = (state + 0x6d2b79f5) | 0;
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
}

/** 122 bits of `random` as a version 4 UUID. */
export function uuidFrom(random: () => number): string {
  const bytes = Uint8Array.from({ length: 16 }, () => Math.floor(random() * 256));
  return uuidOf(bytes, 0x40);
}

/** The UUID that `parts` determine (version 8, "custom"): the same parts, the same id. */
export function uuidFor(...parts: (string | number)[]): string {
  const digest = createHash('sha256').update(JSON.stringify(parts)).digest();
  return uuidOf(digest.subarray(0, 16), 0x80);
}

function uuidOf(bytes: Uint8Array, version: number): string {
  const marked = Uint8Array.from(bytes);
  marked[6] = ((marked[6] ?? 0) & 0x0f) | version;
  marked[8] = ((marked[8] ?? 0) & 0x3f) | 0x80;
  const hex = Buffer.from(marked).toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

function parse(text: string): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw new FunctionError('D3000', '$parse takes a JSON text');
  }
}

/** The names that an expression sees: `$states`, and the variables. */
export type Bindings = Readonly<Record<string, unknown>>;

/** The name under which an expression finds its surroundings: one that no expression can write. */
const SURROUNDINGS = 'its surroundings';

/** What an expression sees that runs in these surroundings. */
export function within(around: Surroundings, bindings: Bindings): Bindings {
  return { ...bindings, [SURROUNDINGS]: around };
}

const around = ({ environment }: jsonata.Focus): Surroundings => environment.lookup(SURROUNDINGS);

type Implementation = Parameters<jsonata.Expression['registerFunction']>[1];

/** The functions added to JSONata, by name. They find the cloud that runs them in what their expression sees. */
const FUNCTIONS: Readonly<Record<string, { signature: string; implementation: Implementation }>> = {
  partition: { signature: '<xn:a>', implementation: partition },
  range: { signature: '<nnn:a<n>>', implementation: range },
  hash: { signature: '<ss:s>', implementation: hash },
  random: {
    signature: '<n?:n>',
    implementation(seed?: number) {
      return seed === undefined ? around(this).random() : seeded(seed);
    },
  },
  uuid: {
    signature: '<:s>',
    implementation() {
      return uuidFrom(() => around(this).random());
    },
  },
  parse: { signature: '<s:x>', implementation: parse },
  millis: {
    signature: '<:n>',
    implementation() {
      return around(this).clock.now();
    },
  },
  now: {
    signature: '<s?s?:s>',
    implementation(picture?: string, timezone?: string) {
      const m = around(this).clock.now();
      if (timezone !== undefined) return fromMillis.evaluate(null, { m, p: picture, t: timezone });
      if (picture !== undefined) return fromMillisWithPicture.evaluate(null, { m, p: picture });
      return fromMillisPlain.evaluate(null, { m });
    },
  },
};

/** The functions that expressions have beside JSONata's own, without their `$`. */
export const JSONATA_FUNCTIONS: readonly string[] = Object.keys(FUNCTIONS);

/**
 * Adds to an expression the functions that Step Functions adds to JSONata ($partition, $range, $hash, $random with a seed, $uuid, $parse),
 * and a $now and $millis that read the cloud's clock. It is to be evaluated `within` what surrounds it.
 */
export function addFunctions(expression: jsonata.Expression): void {
  for (const [name, { signature, implementation }] of Object.entries(FUNCTIONS)) {
    expression.registerFunction(name, implementation, signature);
  }
}
