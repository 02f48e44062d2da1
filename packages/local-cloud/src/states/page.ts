import { AwsError } from '../errors.ts';
import { isObject, parseJson } from './json.ts';

const DEFAULT_SIZE = 100;
const LARGEST_SIZE = 1000;

/**
 * One page of a list: at most `maxResults` (default 100, at most 1,000), from where `nextToken` says.
 * @throws AwsError ValidationException or InvalidToken
 */
export function page<T>(
  all: readonly T[],
  body: Record<string, unknown>,
): { items: readonly T[]; nextToken: { nextToken?: string } } {
  const { maxResults, nextToken } = body;
  const size = maxResults === undefined || maxResults === 0 ? DEFAULT_SIZE : maxResults;
  if (typeof size !== 'number' || !Number.isInteger(size) || size < 1 || size > LARGEST_SIZE) {
    throw new AwsError('ValidationException', `'maxResults' must be an integer from 0 to ${LARGEST_SIZE}`);
  }
  const from = nextToken === undefined ? 0 : offsetOf(nextToken);
  const to = from + size;
  const next = to < all.length ? { nextToken: Buffer.from(JSON.stringify({ from: to })).toString('base64') } : {};
  return { items: all.slice(from, to), nextToken: next };
}

function offsetOf(token: unknown): number {
  const content = parseJson(Buffer.from(String(token), 'base64').toString('utf8'))?.value;
  if (isObject(content) && typeof content.from === 'number') return content.from;
  throw new AwsError('InvalidToken', "Invalid Token: 'Invalid token'");
}
