import { PublishCommand } from '@aws-sdk/client-sns';
import { ownerOf, parseInboxKey } from '../domain/inbox.ts';
import { noticeText } from '../domain/notice-texts.ts';
import {
  attributesOf,
  type Told,
  type TopicName,
  toAdministrators,
  toAgency,
  toApprover,
  toldForm,
  toOperator,
} from '../domain/notices.ts';
import type { Stray } from '../domain/reasons.ts';
import { log } from '../runtime/log.ts';
import { sns } from './clients.ts';
import { keepUntold } from './untold.ts';

/** The topics of everybody whom the system tells. */
export type Topics = Record<TopicName, string>;

/** The topic to which a notice goes, and the bucket that keeps it when it can't go there. */
export type Telling<T extends TopicName> = { WORK: string } & Pick<Topics, T>;

/**
 * Tells the subscribers of the notice's topic. Notices may double: whoever reads them goes by what they name. A notice that can't be sent
 * is kept, and fails nothing.
 */
export async function tell<T extends Told>(env: Telling<T['topic']>, told: T): Promise<void> {
  try {
    await sendNotice(env, told);
  } catch (error) {
    await keepUntold(env.WORK, 'notices', toldForm.write(told), error);
  }
}

/** Sends a notice to its topic, as JSON and as a text for e-mail, with the attributes by which subscriptions choose. @throws SNS's error */
export async function sendNotice<T extends Told>(env: Pick<Topics, T['topic']>, told: T): Promise<void> {
  const topic: T['topic'] = told.topic;
  const { subject, text } = noticeText(told.notice);
  await sns.send(
    new PublishCommand({
      TopicArn: env[topic],
      Subject: subject,
      MessageStructure: 'json',
      Message: JSON.stringify({ default: JSON.stringify(told.notice), email: text }),
      MessageAttributes: Object.fromEntries(
        Object.entries(attributesOf(told)).map(([name, value]) => [name, { DataType: 'String', StringValue: value }]),
      ),
    }),
  );
}

/** The recipients that a function may tell beside the administrators: the participants that are configured, and their topic. */
type Owners = Partial<
  Pick<Topics, 'AGENCIES_TOPIC' | 'OPERATORS_TOPIC' | 'APPROVERS_TOPIC'> &
    Record<'AGENCIES' | 'OPERATORS' | 'APPROVERS', readonly string[]>
>;

/**
 * Tells the administrators of an object outside the agreed places, or of an uploader that isn't configured, and the participant in whose
 * place it lies, if the function may tell it. The object stays unread.
 * @returns what is to be noted of the upload
 */
export async function tellStray(
  env: Telling<'ADMINISTRATORS_TOPIC'> & Owners,
  { bucket, key, size, at }: { bucket: string; key: string; size: number; at: string },
  why: Stray,
): Promise<'strayed'> {
  log.info('stray object', { why });
  const notice = { kind: 'stray_object', why, bucket, key, size, uploadedAt: at } as const;
  await tell(env, toAdministrators(notice));
  const { WORK, AGENCIES_TOPIC, OPERATORS_TOPIC, APPROVERS_TOPIC } = env;
  const owner = ownerOf(key);
  if (owner?.kind === 'agency' && AGENCIES_TOPIC !== undefined && env.AGENCIES?.includes(owner.id))
    await tell({ WORK, AGENCIES_TOPIC }, toAgency({ ...notice, agency: owner.id }));
  if (owner?.kind === 'operator' && OPERATORS_TOPIC !== undefined && env.OPERATORS?.includes(owner.id))
    await tell({ WORK, OPERATORS_TOPIC }, toOperator({ ...notice, operator: owner.id }));
  if (owner?.kind === 'approver' && APPROVERS_TOPIC !== undefined && env.APPROVERS?.includes(owner.id))
    await tell({ WORK, APPROVERS_TOPIC }, toApprover({ ...notice, approver: owner.id }));
  return 'strayed';
}

/**
 * Tells administrators and uploader that work on an upload fails each time, so that nothing takes it up by itself any more.
 * @param why the error's name
 * @param execution the one that failed, if it was one
 */
export async function tellQuarantined(
  env: Telling<TopicName>,
  { bucket, key, versionId }: { bucket: string; key: string; versionId?: string | undefined },
  why: string,
  execution?: string,
): Promise<void> {
  const notice = { kind: 'quarantined', why, bucket, key, versionId } as const;
  await tell(env, toAdministrators({ ...notice, execution }));
  const place = parseInboxKey(key);
  if (place.kind === 'report' || place.kind === 'withdrawal')
    await tell(env, toAgency({ ...notice, agency: place.agency }));
  if (place.kind === 'decision' || place.kind === 'exemption' || place.kind === 'admission')
    await tell(env, toApprover({ ...notice, approver: place.approver }));
  if (place.kind === 'usage' || place.kind === 'response' || place.kind === 'combined')
    await tell(env, toOperator({ ...notice, operator: place.operator }));
}
