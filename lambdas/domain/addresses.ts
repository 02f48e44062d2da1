/** Where notices are to go: addresses of the configuration, by marks that are short enough for a function to be told all of them. */
import { createHash } from 'node:crypto';
import type { TopicName } from './notices.ts';

/** Where a notice goes: a queue's ARN, an e-mail address or a URL. */
export interface NoticeAddress {
  readonly protocol: string;
  readonly endpoint: string;
}

/** Each topic, with the participants that it tells, by their kind's name in the configuration. */
export const TOLD_BY = {
  OPERATORS_TOPIC: 'operators',
  AGENCIES_TOPIC: 'agencies',
  APPROVERS_TOPIC: 'approvers',
  ADMINISTRATORS_TOPIC: 'administrators',
} as const satisfies Record<TopicName, string>;
/** The settings of all topics, in the order of `TOLD_BY`. */
export const TOPIC_NAMES = Object.keys(TOLD_BY) as TopicName[];

/** Stands in the configuration for the account of a participant until somebody has named it, and means the stage's own. */
export const UNNAMED_ACCOUNT = '000000000000';

/** Characters of a mark. In one of three thousand configurations of a hundred addresses, two addresses share a mark. */
const MARK_LENGTH = 4;

/** How an address is subscribed to a topic, in 4 characters: a queue by its account and name, anything else as it is, in any case. */
export function addressMark(topic: TopicName, { protocol, endpoint }: NoticeAddress): string {
  const [account, name] = endpoint.split(':').slice(4);
  const where = protocol === 'sqs' ? `${account}:${name}` : endpoint.toLowerCase();
  return createHash('sha256').update(`${topic} ${protocol} ${where}`).digest('base64url').slice(0, MARK_LENGTH);
}

/** The marks one after the other, as `addressMarksIn` reads them. */
export function addressMarks(marks: Iterable<string>): string {
  return [...marks].join('');
}

/**
 * The marks of a text that `addressMarks` wrote.
 * @throws Error for a text that can't be marks
 */
export function addressMarksIn(text: string): string[] {
  if (text.length % MARK_LENGTH !== 0) throw new Error('what is subscribed is not a list of marks');
  return Array.from({ length: text.length / MARK_LENGTH }, (_, n) =>
    text.slice(n * MARK_LENGTH, (n + 1) * MARK_LENGTH),
  );
}

/**
 * The addresses that a stage subscribes and that are not subscribed any more: somebody has left, or the confirmation was not given in time.
 * @param wanted marks
 * @param subscribed what each topic has, confirmed or not
 * @param account the stage's own
 */
export function addressesGone(
  wanted: readonly string[],
  subscribed: Readonly<Partial<Record<TopicName, readonly NoticeAddress[]>>>,
  account: string,
): string[] {
  const there = new Set<string>();
  for (const [topic, addresses] of Object.entries(subscribed) as [TopicName, readonly NoticeAddress[]][])
    for (const address of addresses) {
      there.add(addressMark(topic, address));
      const endpoint = address.endpoint.replace(`:${account}:`, `:${UNNAMED_ACCOUNT}:`);
      there.add(addressMark(topic, { ...address, endpoint }));
    }
  return wanted.filter((mark) => !there.has(mark));
}
