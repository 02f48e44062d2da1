import { AwsError, escaped } from '../errors.ts';

/** The actions of STS that are served, with their parameters. */
export const STS_ACTIONS = {
  AssumeRole: ['DurationSeconds', 'ExternalId', 'RoleArn', 'RoleSessionName'],
  GetCallerIdentity: [],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** The default length of a session, in milliseconds. */
const HOUR = 3_600_000;

/** The caller, and the roles that the cloud knows. */
export interface Asking {
  account: string;
  /** The ARN of the role under which the request comes; undefined: the account's owner. */
  role: string | undefined;
  roles: ReadonlySet<string>;
  /** @throws AwsError where rights are in force and the caller may not take on the role */
  requireAssume(roleArn: string, externalId: string | undefined): void;
}

/**
 * Answers a request of STS. The access key id of a role that was taken on is the role's name, by which the endpoint knows it.
 * @throws AwsError for an action or a parameter that isn't served, or a role that may not be taken on
 */
export function answerSts(form: URLSearchParams, asking: Asking): string {
  const action = form.get('Action') ?? '';
  const known = Object.hasOwn(STS_ACTIONS, action) ? STS_ACTIONS[action as keyof typeof STS_ACTIONS] : undefined;
  if (known === undefined) throw new AwsError('InvalidAction', `the local cloud's STS has no ${action}`);
  for (const parameter of form.keys())
    if (!['Action', 'Version', ...known].includes(parameter))
      throw new AwsError('InvalidAction', `the local cloud's ${action} has no ${parameter}`);
  const result = action === 'AssumeRole' ? assumeRole(form, asking) : callerIdentity(asking);
  return `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${action}Result>${result}</${action}Result></${action}Response>`;
}

function callerIdentity({ account, role }: Asking): string {
  const arn = role === undefined ? `arn:aws:iam::${account}:root` : sessionArn(account, role, 'local');
  return element('Arn', arn) + element('UserId', nameOf(role ?? account)) + element('Account', account);
}

function assumeRole(form: URLSearchParams, asking: Asking): string {
  const roleArn = form.get('RoleArn') ?? '';
  const session = form.get('RoleSessionName') ?? '';
  if (!/^[\w+=,.@-]{2,64}$/.test(session)) throw new AwsError('ValidationError', 'RoleSessionName must be given');
  if (!asking.roles.has(roleArn)) throw refused(roleArn);
  asking.requireAssume(roleArn, form.get('ExternalId') ?? undefined);
  const lasts = Number(form.get('DurationSeconds') ?? HOUR / 1000) * 1000;
  const credentials =
    element('AccessKeyId', nameOf(roleArn)) +
    element('SecretAccessKey', 'local') +
    element('SessionToken', 'local') +
    // SDKs compare the end of a session with their own clock; a session here ends with the cloud.
    element('Expiration', new Date(Date.now() + lasts).toISOString());
  const user =
    element('AssumedRoleId', `${nameOf(roleArn)}:${session}`) +
    element('Arn', sessionArn(asking.account, roleArn, session));
  return `<Credentials>${credentials}</Credentials><AssumedRoleUser>${user}</AssumedRoleUser>`;
}

/** The error by which AWS refuses, both where there is no such role and where its trust policy doesn't allow it. */
export function refused(roleArn: string): AwsError {
  return new AwsError('AccessDenied', `not authorized to perform: sts:AssumeRole on resource: ${roleArn}`, 403);
}

const nameOf = (arn: string): string => arn.replace(/^.*\//, '');
const sessionArn = (account: string, role: string, session: string): string =>
  `arn:aws:sts::${account}:assumed-role/${nameOf(role)}/${session}`;
const element = (name: string, text: string): string => `<${name}>${escaped(text)}</${name}>`;
