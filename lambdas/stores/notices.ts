import { PublishCommand, paginateListSubscriptionsByTopic } from '@aws-sdk/client-sns';
import { parseInboxKey } from '../domain/keys.ts';
import { sns } from './clients.ts';
import { keepUntold } from './untold.ts';

/** What a notice is about. Its body is the JSON of the whole; it never holds a phone number or an IMEI. */
export interface Notice {
  kind: string;
  [detail: string]: unknown;
}

/** Attributes that subscriptions filter by. */
export interface Audience {
  operator?: string;
  agency?: string;
  order?: string;
}

/** The topics of all whom the system tells. */
export interface Topics {
  ADMINISTRATORS_TOPIC: string;
  AGENCIES_TOPIC: string;
  OPERATORS_TOPIC: string;
}
export type TopicName = keyof Topics;

/** Where a notice goes, and the bucket that keeps it when it can't go there. */
export type Telling<T extends TopicName> = { WORK: string } & Pick<Topics, T>;

/** A notice that could not be sent. */
export interface UntoldNotice {
  topic: TopicName;
  notice: Notice;
  audience: Audience;
}

/**
 * Tells those who subscribed to the topic. Notices may double: whoever reads them goes by what they name. One that can't be sent
 * is kept, and fails nothing.
 */
export async function tell<T extends TopicName>(
  env: Telling<T>,
  topic: T,
  notice: Notice,
  audience: Audience = {},
): Promise<void> {
  try {
    await sendNotice(env[topic], notice, audience);
  } catch (error) {
    await keepUntold(env.WORK, 'notices', { topic, notice, audience } satisfies UntoldNotice, error);
  }
}

export async function sendNotice(topicArn: string, notice: Notice, audience: Audience): Promise<void> {
  const attributes = Object.entries({ kind: notice.kind, ...audience });
  await sns.send(
    new PublishCommand({
      TopicArn: topicArn,
      Message: JSON.stringify(notice),
      MessageAttributes: Object.fromEntries(
        attributes.map(([name, value]) => [name, { DataType: 'String', StringValue: value }]),
      ),
    }),
  );
}

/** Tells the administrators of an object outside the agreed places, or of an uploader that isn't configured. It stays unread. */
export async function tellStray(
  env: Telling<'ADMINISTRATORS_TOPIC'>,
  { bucket, key, size, at }: { bucket: string; key: string; size: number; at: string },
  why: string,
): Promise<void> {
  await tell(env, 'ADMINISTRATORS_TOPIC', { kind: 'stray_object', why, bucket, key, size, uploadedAt: at });
}

/** Where a notice would go, once it is confirmed there that it is wanted. */
export interface Pending {
  protocol: string;
  /** A queue's ARN, an e-mail address or a URL. */
  endpoint: string;
}

/**
 * The subscriptions of a topic that wait for their confirmation: of another account's queue that the topic's owner subscribed,
 * of e-mail and of HTTPS. They get no notice, and nothing fails.
 */
export async function pendingSubscriptions(topicArn: string): Promise<Pending[]> {
  const pending: Pending[] = [];
  for await (const { Subscriptions = [] } of paginateListSubscriptionsByTopic({ client: sns }, { TopicArn: topicArn }))
    for (const { SubscriptionArn, Protocol = '', Endpoint = '' } of Subscriptions)
      if (SubscriptionArn === 'PendingConfirmation') pending.push({ protocol: Protocol, endpoint: Endpoint });
  return pending;
}

/**
 * Tells administrators and uploader that work on an upload fails each time, so that nothing takes it up by itself any more.
 * @param why the error's name
 * @param execution the one that failed, where it was one
 */
export async function tellQuarantined(
  env: Telling<TopicName>,
  { bucket, key, versionId }: { bucket: string; key: string; versionId?: string | undefined },
  why: string,
  execution?: string,
): Promise<void> {
  const notice = { kind: 'quarantined', why, bucket, key, versionId };
  await tell(env, 'ADMINISTRATORS_TOPIC', { ...notice, execution });
  const place = parseInboxKey(key);
  if (place.kind === 'report') await tell(env, 'AGENCIES_TOPIC', notice, { agency: place.agency });
  if (place.kind === 'usage' || place.kind === 'response')
    await tell(env, 'OPERATORS_TOPIC', notice, { operator: place.operator });
}
