import { StatesError } from '../errors.ts';

/** The values that states pass on: JSON. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/** The quota on a state's, task's and execution's input and output, in bytes of UTF-8 (256 KiB). */
export const PAYLOAD_LIMIT = 262_144;

/** Whether a value is a JSON object, and no array. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The length of `text` in bytes of UTF-8. */
export function bytesOf(text: string): number {
  return Buffer.byteLength(text, 'utf8');
}

/** Whether a text is longer than `PAYLOAD_LIMIT`. A character has three bytes at most, so that short ones needn't be measured. */
export function exceedsLimit(text: string): boolean {
  if (text.length > PAYLOAD_LIMIT) return true;
  return text.length * 3 > PAYLOAD_LIMIT && bytesOf(text) > PAYLOAD_LIMIT;
}

/** A value with its JSON text, which is made once and serves limits, history and answers. */
export interface Payload {
  readonly value: Json;
  readonly text: string;
}

/** A value with its text. */
export function payloadOf(value: Json): Payload {
  return { value, text: JSON.stringify(value) };
}

/**
 * Checks the quota "maximum input or output size for a task, state or execution".
 * @throws States.DataLimitExceeded above it
 */
export function limited(payload: Payload, what: string): Payload {
  if (exceedsLimit(payload.text)) {
    throw new StatesError(
      'States.DataLimitExceeded',
      `The ${what} has a size exceeding the maximum number of bytes service limit.`,
    );
  }
  return payload;
}

/** A parsed JSON text; null where it is not JSON (callers have their own errors). */
export function parseJson(text: string): { value: Json } | null {
  try {
    return { value: JSON.parse(text) as Json };
  } catch {
    return null;
  }
}

/**
 * A plain copy of the value of an expression or an integration: no functions, no undefined, no marks of the engine. Members that are
 * undefined are left out, as JSON does; `null` when the value itself can't be JSON.
 */
export function plain(value: unknown): { value: Json } | null {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return { value };
    case 'number':
      return Number.isFinite(value) ? { value } : null;
    case 'object':
      break;
    default:
      return null;
  }
  if (value === null) return { value: null };
  if (Array.isArray(value)) {
    const items: Json[] = [];
    for (const item of value) {
      if (item === undefined) continue;
      const copy = plain(item);
      if (copy === null) return null;
      items.push(copy.value);
    }
    return { value: items };
  }
  if (value instanceof Date) return { value: value.toISOString() };
  const members: JsonObject = {};
  for (const [key, member] of Object.entries(value)) {
    if (member === undefined) continue;
    const copy = plain(member);
    if (copy === null) return null;
    if (key === '__proto__') Object.defineProperty(members, key, { value: copy.value, enumerable: true });
    else members[key] = copy.value;
  }
  return { value: members };
}
