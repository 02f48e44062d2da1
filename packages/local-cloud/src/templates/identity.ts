import { createHash } from 'node:crypto';

/** The place that an app is loaded to. */
export interface LoadSettings {
  region: string;
  account: string;
  /** The beginning of queue URLs, without a slash at its end. */
  endpoint: string;
  /** The number of the state machine's version with this name (`versionName`); default 1, as where nothing was deployed yet. */
  versionOf?(machineArn: string, name: string): number;
}

/** The names of a resource: the value of Ref, its physical name, and its ARN. */
export interface Identity {
  ref: string;
  name: string;
  arn: string;
}

/** The longest physical name, by type; 255 for others. */
const NAME_LENGTHS: Readonly<Record<string, number>> = {
  'AWS::S3::Bucket': 63,
  'AWS::Lambda::Function': 64,
  'AWS::IAM::Role': 64,
  'AWS::Events::Rule': 64,
  'AWS::StepFunctions::StateMachine': 80,
  'AWS::SQS::Queue': 80,
};

/** The property with the physical name, by type. */
export const NAME_PROPERTIES: Readonly<Record<string, string>> = {
  'AWS::S3::Bucket': 'BucketName',
  'AWS::DynamoDB::Table': 'TableName',
  'AWS::SNS::Topic': 'TopicName',
  'AWS::SQS::Queue': 'QueueName',
  'AWS::Events::Rule': 'Name',
  'AWS::Lambda::Function': 'FunctionName',
  'AWS::StepFunctions::StateMachine': 'StateMachineName',
  'AWS::IAM::Role': 'RoleName',
  'AWS::IAM::Policy': 'PolicyName',
  'AWS::IAM::ManagedPolicy': 'ManagedPolicyName',
  'AWS::Logs::LogGroup': 'LogGroupName',
  'AWS::CloudWatch::Dashboard': 'DashboardName',
};

/** A name as CloudFormation makes it, `<stack>-<logicalId>-<suffix>`, but always the same for the same app. */
export function physicalName(stack: string, logicalId: string, type: string): string {
  const end = suffix(`${stack}/${logicalId}`);
  const room = (NAME_LENGTHS[type] ?? 255) - end.length - 2;
  const stackPart = stack.slice(0, Math.max(room - logicalId.length, Math.floor(room / 2)));
  const name = `${stackPart}-${logicalId.slice(0, room - stackPart.length)}-${end}`;
  return type === 'AWS::S3::Bucket' ? name.toLowerCase() : name;
}

/** Twelve hexadecimal digits that follow from a text: CloudFormation's are random, these are the same each time. */
export function suffix(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12).toUpperCase();
}

/** The names of a resource, by CloudFormation's reference for its type; a type that isn't named here is referred to by its name. */
export function identify(
  type: string,
  name: string,
  { region, account, endpoint }: LoadSettings,
  rolePath: string,
): Identity {
  const arn = (service: string, resource: string): string => `arn:aws:${service}:${region}:${account}:${resource}`;
  switch (type) {
    case 'AWS::S3::Bucket':
      return { name, ref: name, arn: `arn:aws:s3:::${name}` };
    case 'AWS::DynamoDB::Table':
      return { name, ref: name, arn: arn('dynamodb', `table/${name}`) };
    case 'AWS::SNS::Topic':
      return { name, ref: arn('sns', name), arn: arn('sns', name) };
    case 'AWS::SQS::Queue':
      return { name, ref: `${endpoint}/${account}/${name}`, arn: arn('sqs', name) };
    case 'AWS::Events::Rule':
      return { name, ref: name, arn: arn('events', `rule/${name}`) };
    case 'AWS::Lambda::Function':
      return { name, ref: name, arn: arn('lambda', `function:${name}`) };
    case 'AWS::StepFunctions::StateMachine':
      return { name, ref: arn('states', `stateMachine:${name}`), arn: arn('states', `stateMachine:${name}`) };
    case 'AWS::IAM::Role':
      return { name, ref: name, arn: `arn:aws:iam::${account}:role${rolePath}${name}` };
    case 'AWS::KMS::Key':
      return { name, ref: name, arn: arn('kms', `key/${name}`) };
    case 'AWS::IAM::ManagedPolicy':
      return { name, ref: `arn:aws:iam::${account}:policy/${name}`, arn: `arn:aws:iam::${account}:policy/${name}` };
    case 'AWS::Logs::LogGroup':
      return { name, ref: name, arn: `${arn('logs', `log-group:${name}`)}:*` };
    default:
      return { name, ref: name, arn: name };
  }
}

/** The ARN of a stack: its last part is made up from its name, where CloudFormation has one by chance. */
export function stackArn(name: string, { region, account }: LoadSettings): string {
  return `arn:aws:cloudformation:${region}:${account}:stack/${name}/${suffix(name)}`;
}
