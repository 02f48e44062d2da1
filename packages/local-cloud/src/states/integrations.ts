import { type ConsumptionCounter, MACHINE } from '../consumption.ts';
import { type Dynamo, fieldsOf } from '../dynamodb/dynamo.ts';
import { AwsError, StatesError } from '../errors.ts';
import { type FaultPlan, faultOfMachine, refusal } from '../faults.ts';
import type { Fauxqs } from '../fauxqs/fauxqs.ts';
import type { MessageAttribute } from '../fauxqs/stores.ts';
import type { AsyncInvoker } from '../lambda/async-invoke.ts';
import type { Pollers } from '../lambda/event-source-mapping.ts';
import type { Functions } from '../lambda/functions.ts';
import type { Tasks } from './world.ts';

type Args = Record<string, unknown>;

/** The services that the integrations call. */
export interface IntegrationsSettings {
  functions: Functions;
  asyncInvoker: AsyncInvoker;
  dynamo: Dynamo;
  fauxqs: Fauxqs;
  pollers: Pollers;
  consumption: ConsumptionCounter;
  faults: FaultPlan;
  /**
   * Called before a request; without it, every role may do everything.
   * @throws AwsError where a machine's role may not do this
   */
  authorize?: ((roleArn: string, action: string, resource: string) => void) | undefined;
}

const DYNAMODB = { getItem: 'GetItem', putItem: 'PutItem', updateItem: 'UpdateItem', deleteItem: 'DeleteItem' };

/** The arguments of each integration, as Step Functions takes them; any other is an error. DynamoDB's are those of its API. */
export const ARGUMENTS: Readonly<Record<string, readonly string[] | undefined>> = {
  'lambda:invoke': ['FunctionName', 'Payload', 'InvocationType'],
  'sns:publish': ['TopicArn', 'TargetArn', 'Message', 'Subject', 'MessageAttributes'],
  'sqs:sendMessage': ['QueueUrl', 'MessageBody', 'MessageAttributes'],
  ...Object.fromEntries(Object.entries(DYNAMODB).map(([name, action]) => [`dynamodb:${name}`, fieldsOf(action)])),
};

/** The integrations, by the text after `arn:aws:states:::`, beside those that the interpreter runs itself. */
export const INTEGRATIONS = [
  'lambda:invoke',
  'lambda:invoke.waitForTaskToken',
  'dynamodb:getItem',
  'dynamodb:putItem',
  'dynamodb:updateItem',
  'dynamodb:deleteItem',
  'sns:publish',
  'sns:publish.waitForTaskToken',
  'sqs:sendMessage',
  'sqs:sendMessage.waitForTaskToken',
] as const;

/** DynamoDB's errors that Step Functions knows by name; others are `DynamoDB.AmazonDynamoDBException`. */
export const DYNAMODB_ERRORS: readonly string[] = [
  'ConditionalCheckFailedException',
  'InternalServerError',
  'ItemCollectionSizeLimitExceededException',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'ResourceNotFoundException',
  'TransactionConflictException',
];

/** SNS's errors by their codes; others are `SNS.AmazonSNSException`. */
const SNS_ERRORS: Readonly<Record<string, string>> = {
  AuthorizationError: 'AuthorizationErrorException',
  EndpointDisabled: 'EndpointDisabledException',
  InternalError: 'InternalErrorException',
  InvalidParameter: 'InvalidParameterException',
  NotFound: 'NotFoundException',
  ParameterValueInvalid: 'InvalidParameterValueException',
  Throttled: 'ThrottledException',
};

/** Step Functions' optimised integrations with other services. */
export function integrations(settings: IntegrationsSettings): Tasks {
  const { functions, asyncInvoker, dynamo, fauxqs, pollers, consumption, faults, authorize } = settings;

  const invoke = async (args: Args): Promise<unknown> => {
    const { FunctionName, Payload = {}, InvocationType = 'RequestResponse' } = args;
    const name = String(FunctionName);
    const payload = JSON.stringify(Payload);
    try {
      if (InvocationType === 'Event') {
        asyncInvoker.invoke(functions.find(name).name, payload);
        return { StatusCode: 202, Payload: '', ...metadata(202) };
      }
      const answer = await functions.invoke(name, payload);
      if (answer.functionError !== undefined) throw new StatesError(answer.functionError.errorType, answer.payload);
      const Payload = JSON.parse(answer.payload) as unknown;
      return { ExecutedVersion: '$LATEST', Payload, StatusCode: 200, ...metadata(200, answer.requestId) };
    } catch (error) {
      throw named('Lambda', error);
    }
  };

  const item = async (action: string, args: Args): Promise<unknown> => {
    try {
      return { ...(await dynamo.call(action, args, MACHINE)), ...metadata(200) };
    } catch (error) {
      throw failure('dynamodb', error);
    }
  };

  const publish = async (args: Args): Promise<unknown> => {
    const parameters: Record<string, string> = { Message: textOf(args.Message) };
    for (const name of ['TopicArn', 'TargetArn', 'Subject']) {
      if (args[name] !== undefined) parameters[name] = String(args[name]);
    }
    Object.entries(attributes(args.MessageAttributes)).forEach(([name, value], i) => {
      const prefix = `MessageAttributes.entry.${i + 1}`;
      parameters[`${prefix}.Name`] = name;
      parameters[`${prefix}.Value.DataType`] = value.DataType;
      if (value.StringValue !== undefined) parameters[`${prefix}.Value.StringValue`] = value.StringValue;
    });
    consumption.called(MACHINE, 'sns', 'Publish');
    const { status, body } = await fauxqs.publish(parameters);
    if (status !== 200) throw failure('sns', new AwsError(inner(body, 'Code'), inner(body, 'Message')));
    pollers.poke();
    return { MessageId: inner(body, 'MessageId'), ...metadata(200) };
  };

  const send = async (args: Args): Promise<unknown> => {
    consumption.called(MACHINE, 'sqs', 'SendMessage');
    const queue = fauxqs.queues.getQueue(String(args.QueueUrl));
    if (queue === undefined)
      throw new StatesError('SQS.QueueDoesNotExistException', 'The specified queue does not exist.');
    const message = fauxqs.message(textOf(args.MessageBody), attributes(args.MessageAttributes));
    queue.enqueue(message);
    pollers.poke();
    return { MD5OfMessageBody: message.md5OfBody, MessageId: message.messageId, ...metadata(200) };
  };

  /** The service, as its errors name it, and the right that an integration needs. */
  const right = (integration: string, args: Args): [service: string, action: string, resource: string] => {
    const [service, action = ''] = integration.split(':');
    if (service === 'lambda') return ['Lambda', 'lambda:InvokeFunction', functions.find(String(args.FunctionName)).arn];
    if (service === 'dynamodb') {
      const name = DYNAMODB[action as keyof typeof DYNAMODB];
      return ['DynamoDB', `dynamodb:${name}`, dynamo.arnOf(String(args.TableName))];
    }
    if (service === 'sns') return ['SNS', 'sns:Publish', String(args.TopicArn ?? args.TargetArn)];
    return ['SQS', 'sqs:SendMessage', fauxqs.queues.getQueue(String(args.QueueUrl))?.arn ?? ''];
  };

  const run = async (integration: string, args: Args, roleArn: string, machine: string): Promise<unknown> => {
    const unknown = Object.keys(args).find((name) => !ARGUMENTS[integration]?.includes(name));
    if (unknown !== undefined) {
      throw new StatesError('States.Runtime', `the local cloud's ${integration} has no argument ${unknown}`);
    }
    if (authorize !== undefined) {
      const [service, action, resource] = right(integration, args);
      try {
        authorize(roleArn, action, resource);
      } catch (error) {
        throw named(service, error);
      }
    }
    if (integration === 'lambda:invoke') return invoke(args);
    const [service = '', name = ''] = integration.split(':');
    const action = DYNAMODB[name as keyof typeof DYNAMODB] ?? `${name[0]?.toUpperCase()}${name.slice(1)}`;
    const fault = faultOfMachine(faults, { caller: machine, service, action, key: keyOf(args) });
    if (fault !== undefined && fault !== 'lose') throw failure(service, refusal(service, fault));
    const answer = await (service === 'dynamodb' ? item(action, args) : service === 'sns' ? publish(args) : send(args));
    if (fault === 'lose') throw failure(service, refusal(service, 'error'));
    return answer;
  };

  return {
    knows: (resource) => (INTEGRATIONS as readonly string[]).includes(shortName(resource)),
    takes: (resource) => ARGUMENTS[requestOf(resource)],
    run: (resource, args, { roleArn, executionArn }) =>
      run(requestOf(resource), args as Args, roleArn, executionArn.split(':')[6] ?? ''),
  };
}

function shortName(resource: string): string {
  return resource.replace(/^arn:aws:states:::/, '');
}

/** The integration without the ending that says how its end is told. */
function requestOf(resource: string): string {
  return shortName(resource).replace('.waitForTaskToken', '');
}

function named(service: string, error: unknown): unknown {
  return error instanceof AwsError ? new StatesError(`${service}.${error.code}`, error.message) : error;
}

/** A service's error as an integration names it. */
function failure(service: string, error: unknown): unknown {
  if (!(error instanceof AwsError)) return error;
  const { code, message } = error;
  if (service === 'dynamodb' && DYNAMODB_ERRORS.includes(code)) return named('DynamoDB', error);
  if (service === 'sns' && SNS_ERRORS[code] !== undefined) return new StatesError(`SNS.${SNS_ERRORS[code]}`, message);
  const client = { dynamodb: 'DynamoDB.AmazonDynamoDB', sns: 'SNS.AmazonSNS' }[service] ?? 'SQS.AmazonSQS';
  return new StatesError(`${client}Exception`, `${code}: ${message}`);
}

/** The subject of a request: the item's partition key, the topic, the queue. */
function keyOf(args: Args): string {
  const item = (args.Key ?? args.Item) as Record<string, { S?: string }> | undefined;
  return item?.pk?.S ?? String(args.TopicArn ?? args.TargetArn ?? args.QueueUrl ?? '');
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function attributes(value: unknown): Record<string, MessageAttribute> {
  return (value ?? {}) as Record<string, MessageAttribute>;
}

function metadata(status: number, requestId = 'local'): Record<string, unknown> {
  return { SdkHttpMetadata: { HttpStatusCode: status }, SdkResponseMetadata: { RequestId: requestId } };
}

function inner(xml: string, tag: string): string {
  return new RegExp(`<${tag}>([^<]*)</${tag}>`).exec(xml)?.[1] ?? '';
}
