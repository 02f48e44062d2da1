/**
 * The checks of SNS that fauxqs doesn't make, with the words that were recorded on AWS (LocalStack's test_sns.snapshot.json,
 * test_empty_or_wrong_message_attributes, test_message_attributes_prefixes, test_message_structure_json_exc).
 */
import { AwsError } from './errors.ts';

/** A request's fields by their names in the query protocol. */
export type Form = Record<string, unknown>;

const LIST = ['NextToken'];
const MESSAGE = ['Message', 'MessageStructure', 'Subject'];
const VALUE = ['Name', 'Value.BinaryValue', 'Value.DataType', 'Value.StringValue'];
const attributesOf = (prefix: string) => VALUE.map((field) => `${prefix}MessageAttributes.entry.N.${field}`);
const ATTRIBUTES = ['Attributes.entry.N.key', 'Attributes.entry.N.value'];
const ENTRY = 'PublishBatchRequestEntries.member.N.';

/** The actions that are served, with the fields of their requests; `N` stands for any number. Any other is an error. */
export const SNS_ACTIONS: Readonly<Record<string, readonly string[]>> = {
  CreateTopic: ['Name'],
  GetSubscriptionAttributes: ['SubscriptionArn'],
  GetTopicAttributes: ['TopicArn'],
  ListSubscriptions: LIST,
  ListSubscriptionsByTopic: [...LIST, 'TopicArn'],
  ListTopics: LIST,
  Publish: [...MESSAGE, ...attributesOf(''), 'TargetArn', 'TopicArn'],
  PublishBatch: [`${ENTRY}Id`, ...MESSAGE.map((field) => ENTRY + field), ...attributesOf(ENTRY), 'TopicArn'],
  SetSubscriptionAttributes: ['AttributeName', 'AttributeValue', 'SubscriptionArn'],
  Subscribe: [...ATTRIBUTES, 'Endpoint', 'Protocol', 'ReturnSubscriptionArn', 'TopicArn'],
  Unsubscribe: ['SubscriptionArn'],
};

/** The fields of every request. */
const COMMON = ['Action', 'Version'];

const LARGEST_MESSAGE = 256 * 1024;
const LONGEST_SUBJECT = 100;
const LONGEST_NAME = 256;

const invalid = (what: string) => new AwsError('InvalidParameter', `Invalid parameter: ${what}`);
const wrongValue = (message: string) => new AwsError('ParameterValueInvalid', message);

/**
 * The texts per protocol of messages that have several, keyed by the text for queues. The first of two messages with the same one counts.
 */
export type ByProtocol = ReadonlyMap<string, Readonly<Record<string, unknown>>>;

/**
 * Checks a request. A message with a structure is replaced, in the form, by its text for queues.
 * @returns the texts for other protocols
 * @throws AwsError for what SNS refuses, or the local cloud doesn't have
 */
export function checkForm(form: Form): ByProtocol {
  const action = String(form.Action);
  const fields = Object.hasOwn(SNS_ACTIONS, action) ? SNS_ACTIONS[action] : undefined;
  if (fields === undefined) throw new AwsError('InvalidAction', `the local cloud's SNS has no ${action}`);
  for (const name of Object.keys(form)) {
    if (!COMMON.includes(name) && !fields.includes(name.replace(/\.\d+(?=\.)/g, '.N')))
      throw new AwsError('InvalidParameter', `the local cloud's ${action} has no ${name}`);
  }
  if (action === 'Subscribe' && form.Protocol !== 'sqs')
    throw new AwsError('InvalidParameter', `the local cloud's SNS has no Protocol ${form.Protocol} (only sqs)`);
  const byProtocol = new Map<string, Readonly<Record<string, unknown>>>();
  const prefixes = action === 'Publish' ? [''] : action === 'PublishBatch' ? entriesOf(form, ENTRY) : [];
  for (const prefix of prefixes) {
    const parts = checkMessage(form, prefix);
    const forQueues = String(form[`${prefix}Message`]);
    if (parts !== undefined && !byProtocol.has(forQueues)) byProtocol.set(forQueues, parts);
  }
  return byProtocol;
}

/** The beginnings of the fields of a list's elements, such as `PublishBatchRequestEntries.member.1.`. */
function entriesOf(form: Form, list: string): Set<string> {
  const [before = ''] = list.split('N.');
  const found = Object.keys(form).flatMap((name) => {
    const number = name.startsWith(before) ? /^\d+\./.exec(name.slice(before.length)) : null;
    return number === null ? [] : [before + number[0]];
  });
  return new Set(found);
}

/** The messages that a checked request publishes, with the attributes that are texts; none for another request. */
export function messagesOf(form: Form): { message: string; attributes: Record<string, string> }[] {
  const prefixes = form.Action === 'Publish' ? [''] : form.Action === 'PublishBatch' ? [...entriesOf(form, ENTRY)] : [];
  return prefixes.map((prefix) => {
    const attributes = [...entriesOf(form, `${prefix}MessageAttributes.entry.N.`)].map((entry) => [
      String(form[`${entry}Name`]),
      String(form[`${entry}Value.StringValue`] ?? ''),
    ]);
    return { message: String(form[`${prefix}Message`]), attributes: Object.fromEntries(attributes) };
  });
}

/**
 * @param prefix the beginning of the message's fields: empty, or that of a batch's entry
 * @returns its texts by protocol, where it has several
 * @throws AwsError for what SNS refuses, or the local cloud doesn't have
 */
function checkMessage(form: Form, prefix: string): Readonly<Record<string, unknown>> | undefined {
  const { [`${prefix}Message`]: message, [`${prefix}Subject`]: subject } = form;
  const { [`${prefix}MessageStructure`]: structure } = form;
  if (message === undefined || message === '') throw invalid('Empty message');
  if (subject !== undefined && !isSubject(String(subject))) throw invalid('Subject');
  for (const attribute of entriesOf(form, `${prefix}MessageAttributes.entry.N.`)) checkAttribute(form, attribute);
  if (structure === undefined) return undefined;
  if (structure !== 'json')
    throw new AwsError('InvalidParameter', `the local cloud's SNS has no MessageStructure ${structure} (only json)`);
  if (Buffer.byteLength(String(message)) > LARGEST_MESSAGE) throw invalid('Message too long');
  const parts = structured(String(message));
  form[`${prefix}Message`] = parts.sqs;
  // The message that is delivered no longer has a structure.
  delete form[`${prefix}MessageStructure`];
  return parts;
}

/** "This field must be less than 100 characters long", without line breaks and control characters. */
function isSubject(subject: string): boolean {
  return subject.length > 0 && subject.length < LONGEST_SUBJECT && !/\p{Cc}/u.test(subject);
}

/** The parts of a message by protocol; queues get its `sqs`, or else its `default`. */
function structured(
  message: string,
): Readonly<Record<string, unknown>> & { readonly sqs: string; readonly default: string } {
  let parts: unknown;
  try {
    parts = JSON.parse(message);
  } catch {
    throw invalid('Message Structure - JSON message body failed to parse');
  }
  const { sqs, default: otherwise } = (parts ?? {}) as { sqs?: unknown; default?: unknown };
  if (typeof otherwise !== 'string') throw invalid('Message Structure - No default entry in JSON message body');
  return { ...(parts as object), default: otherwise, sqs: typeof sqs === 'string' ? sqs : otherwise };
}

/**
 * A message as it is delivered by this protocol, wrapped or raw, with the text that was published for the protocol, or else the default.
 */
export function deliveredBy(protocol: string, body: string, byProtocol: ByProtocol | undefined): string {
  if (byProtocol === undefined || byProtocol.size === 0) return body;
  const said = (forQueues: string) => {
    const { [protocol]: own, default: otherwise } = byProtocol.get(forQueues) ?? { default: forQueues };
    return String(typeof own === 'string' ? own : otherwise);
  };
  // The message is raw, as an https endpoint may have it.
  if (byProtocol.has(body)) return said(body);
  const envelope = envelopeOf(body);
  return envelope === undefined ? body : JSON.stringify({ ...envelope, Message: said(envelope.Message) });
}

/** SNS's envelope around a message; undefined for a raw message. */
function envelopeOf(body: string): { readonly Message: string } | undefined {
  try {
    const { Type, Message } = Object(JSON.parse(body));
    return Type === 'Notification' && typeof Message === 'string' ? JSON.parse(body) : undefined;
  } catch {
    return undefined;
  }
}

function checkAttribute(form: Form, prefix: string): void {
  const name = String(form[`${prefix}Name`] ?? '');
  checkName(name);
  const type = form[`${prefix}Value.DataType`];
  if (typeof type !== 'string' || type === '') {
    const where = `messageAttributes.${name}.member.dataType`;
    throw new AwsError(
      'ValidationError',
      `1 validation error detected: Value null at '${where}' failed to satisfy constraint: Member must not be null`,
    );
  }
  const kind = /^(String|Number|Binary)(\..+)?$/.exec(type)?.[1];
  if (kind === undefined)
    throw wrongValue(
      `The message attribute '${name}' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.`,
    );
  const field = kind === 'Binary' ? 'Binary' : 'String';
  const other = field === 'Binary' ? 'String' : 'Binary';
  if (form[`${prefix}Value.${other}Value`] !== undefined)
    throw wrongValue(`The message attribute '${name}' with type '${type}' must use field '${field}'.`);
  const value = form[`${prefix}Value.${field}Value`];
  if (value === undefined || value === '')
    throw wrongValue(
      `The message attribute '${name}' must contain non-empty message attribute value for message attribute type '${type}'.`,
    );
  if (kind === 'Number' && !/^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(String(value)))
    throw wrongValue(`Could not cast message attribute '${name}' value to number.`);
}

function checkName(name: string): void {
  if (Buffer.byteLength(name) > LONGEST_NAME)
    throw wrongValue('Length of message attribute name must be less than 256 bytes.');
  const strange = /[^A-Za-z0-9_.-]/.exec(name)?.[0];
  if (strange !== undefined) {
    const code = strange.charCodeAt(0).toString(16).toUpperCase();
    throw wrongValue(
      `Invalid non-alphanumeric character '#x${code}' was found in the message attribute name. Can only include alphanumeric characters, hyphens, underscores, or dots.`,
    );
  }
  if (name.startsWith('.')) throw wrongValue("Invalid message attribute name starting with character '.' was found.");
  if (name.endsWith('.')) throw wrongValue("Invalid message attribute name ending with character '.' was found.");
  if (name.includes('..')) throw wrongValue("Message attribute name can not have successive '.' character.");
}

/**
 * Refuses a message with a list (String.Array) that a filter policy of its topic names: fauxqs would compare the list's text, where SNS
 * compares each of its values.
 */
export function checkLists(
  form: Readonly<Record<string, unknown>>,
  subscriptionsOf: (topicArn: string) => readonly { readonly attributes: Readonly<Record<string, string>> }[],
): void {
  const lists = Object.entries(form)
    .filter(([field, value]) => field.endsWith('.Value.DataType') && value === 'String.Array')
    .map(([field]) => String(form[field.replace(/Value\.DataType$/, 'Name')]));
  if (lists.length === 0) return;
  for (const { attributes } of subscriptionsOf(String(form.TopicArn ?? form.TargetArn))) {
    if (attributes.FilterPolicyScope === 'MessageBody') continue;
    const named = lists.find((name) => attributes.FilterPolicy?.includes(JSON.stringify(name)));
    if (named !== undefined)
      throw new AwsError('NotImplemented', `the local cloud's SNS filters by no String.Array, as ${named} is`, 501);
  }
}
