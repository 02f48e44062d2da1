import { PublishCommand } from '@aws-sdk/client-sns';
import { sns } from './clients.ts';

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

/** Tells those who subscribed to the topic. Notices may double: whoever reads them goes by what they name. */
export async function tell(topicArn: string, notice: Notice, audience: Audience = {}): Promise<void> {
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
  topicArn: string,
  { bucket, key, size, at }: { bucket: string; key: string; size: number; at: string },
  why: string,
): Promise<void> {
  await tell(topicArn, { kind: 'stray_object', why, bucket, key, size, uploadedAt: at });
}
