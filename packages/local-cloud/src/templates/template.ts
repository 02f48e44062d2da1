import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkDeployment } from '../refused.ts';
import { qualified } from '../rights/qualified.ts';
import {
  INTRINSICS,
  PSEUDO_PARAMETERS,
  RESOURCE_ATTRIBUTES,
  RESOURCE_TYPES,
  unknownProperties,
} from './resource-types.ts';

/** A template holds what the local cloud doesn't implement; each problem names stack, logical id and property. */
export class UnsupportedTemplate extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`the local cloud does not implement:\n${problems.map((p) => `  ${p}`).join('\n')}`);
    this.name = 'UnsupportedTemplate';
    this.problems = problems;
  }
}

/** One resource with its properties resolved and its physical identity. */
export interface LoadedResource {
  stack: string;
  logicalId: string;
  type: string;
  /** What Ref gives: a name, an ARN or a URL, as CloudFormation documents it for the type. */
  ref: string;
  /** The physical name (a queue's name, not its URL). */
  name: string;
  arn: string;
  properties: Record<string, unknown>;
}

/** A stack and what its outputs give, by their logical ids. */
export interface LoadedStack {
  name: string;
  arn: string;
  outputs: Readonly<Record<string, string>>;
}

/** A synthesized app: all its resources, and where its assets stand. */
export interface LoadedApp {
  resources: LoadedResource[];
  stacks: LoadedStack[];
  /** The file or folder behind an asset's object key. */
  asset(objectKey: string): string;
}

export interface LoadSettings {
  region: string;
  account: string;
  /** Base of queue URLs, without a slash at its end. */
  endpoint: string;
  /** The number of a state machine's version of this name (`versionName`); default 1, as where nothing was deployed yet. */
  versionOf?(machineArn: string, name: string): number;
}

interface RawResource {
  Type: string;
  Properties?: Record<string, unknown>;
  [attribute: string]: unknown;
}

interface RawTemplate {
  Resources?: Record<string, RawResource>;
  Outputs?: Record<string, { Value: unknown; Export?: { Name: unknown } }>;
  [section: string]: unknown;
}

interface Stack {
  name: string;
  template: RawTemplate;
}

/** Sections of a template that are known; the two of the bootstrap version's check have no effect, and hold nothing else. */
export const SECTIONS: readonly string[] = [
  'AWSTemplateFormatVersion',
  'Description',
  'Metadata',
  'Outputs',
  'Parameters',
  'Resources',
  'Rules',
];
const BOOTSTRAP: Readonly<Record<string, string>> = { Parameters: 'BootstrapVersion', Rules: 'CheckBootstrapVersion' };
const OUTPUT_FIELDS = ['Description', 'Export', 'Value'];

const VERSION = 'AWS::StepFunctions::StateMachineVersion';
const ALIAS = 'AWS::StepFunctions::StateMachineAlias';

/** What makes another revision of a state machine where it changes. */
const REVISED = [
  'DefinitionString',
  'DefinitionS3Location',
  'DefinitionSubstitutions',
  'RoleArn',
  'LoggingConfiguration',
  'TracingConfiguration',
  'EncryptionConfiguration',
];

/** By what a version of a state machine is told from others: the revision that it is of, else its logical id. */
export const versionName = (logicalId: string, { StateMachineRevisionId }: Record<string, unknown>): string =>
  String(StateMachineRevisionId ?? logicalId);

/** How long a physical name may be, by type; others 255. */
const NAME_LENGTHS: Readonly<Record<string, number>> = {
  'AWS::S3::Bucket': 63,
  'AWS::Lambda::Function': 64,
  'AWS::IAM::Role': 64,
  'AWS::Events::Rule': 64,
  'AWS::StepFunctions::StateMachine': 80,
  'AWS::SQS::Queue': 80,
};

const NAME_PROPERTIES: Readonly<Record<string, string>> = {
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

/** Reads a cloud assembly (`cdk.out`) and resolves it. Throws UnsupportedTemplate or RefusedTemplate before anything was created. */
export function loadAssembly(folder: string, settings: LoadSettings): LoadedApp {
  const manifest = readJson(join(folder, 'manifest.json')) as {
    artifacts?: Record<
      string,
      { type: string; properties?: { templateFile?: string; stackName?: string; file?: string } }
    >;
  };
  const stacks: Stack[] = [];
  const assets = new Map<string, string>();
  for (const [id, artifact] of Object.entries(manifest.artifacts ?? {})) {
    if (artifact.type === 'aws:cloudformation:stack') {
      const file = artifact.properties?.templateFile ?? `${id}.template.json`;
      stacks.push({
        name: artifact.properties?.stackName ?? id,
        template: readJson(join(folder, file)) as RawTemplate,
      });
    } else if (artifact.type === 'cdk:asset-manifest') {
      readAssets(folder, artifact.properties?.file ?? `${id}.json`, assets);
    }
  }
  const resources = resolveStacks(stacks, settings);
  checkDeployment(resources);
  return {
    resources,
    stacks: outputsOf(stacks, settings),
    asset: (objectKey) => {
      const path = assets.get(objectKey);
      if (path === undefined) throw new UnsupportedTemplate([`an asset that the assembly does not hold: ${objectKey}`]);
      return path;
    },
  };
}

function readAssets(folder: string, file: string, assets: Map<string, string>): void {
  const manifest = readJson(join(folder, file)) as {
    files?: Record<string, { source: { path?: string }; destinations: Record<string, { objectKey: string }> }>;
  };
  for (const asset of Object.values(manifest.files ?? {})) {
    if (asset.source.path === undefined) continue;
    for (const destination of Object.values(asset.destinations)) {
      assets.set(destination.objectKey, join(folder, asset.source.path));
    }
  }
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'));
}

/** Checks and resolves templates; exported for tests, which hand templates in directly. */
export function resolveStacks(stacks: readonly Stack[], settings: LoadSettings): LoadedResource[] {
  const problems = stacks.flatMap(checkTemplate);
  if (problems.length > 0) throw new UnsupportedTemplate(problems);
  const resolver = new Resolver(stacks, settings);
  const loaded = stacks.flatMap((stack) =>
    Object.entries(stack.template.Resources ?? {}).map(([logicalId, resource]): LoadedResource => {
      const identity = resolver.identity(stack, logicalId);
      const where = `${stack.name}.${logicalId}`;
      const properties = resolver.resolve(resource.Properties ?? {}, stack, where) as Record<string, unknown>;
      return { stack: stack.name, logicalId, type: resource.Type, ...identity, properties };
    }),
  );
  // Those that nobody imports have no effect, but what they say must be known too.
  for (const stack of stacks) resolver.resolve(stack.template.Outputs ?? {}, stack, `${stack.name}: Outputs`);
  if (resolver.problems.length > 0) throw new UnsupportedTemplate([...new Set(resolver.problems)]);
  return loaded;
}

function outputsOf(stacks: readonly Stack[], settings: LoadSettings): LoadedStack[] {
  const resolver = new Resolver(stacks, settings);
  return stacks.map((stack) => ({
    name: stack.name,
    arn: stackArn(stack.name, settings),
    outputs: Object.fromEntries(
      Object.entries(stack.template.Outputs ?? {}).map(([id, { Value }]) => [
        id,
        String(resolver.resolve(Value, stack, `${stack.name}: Outputs`)),
      ]),
    ),
  }));
}

function stackArn(name: string, { region, account }: LoadSettings): string {
  return `arn:aws:cloudformation:${region}:${account}:stack/${name}/${suffix(name)}`;
}

function checkTemplate({ name, template }: Stack): string[] {
  const problems: string[] = [];
  for (const section of Object.keys(template)) {
    if (!SECTIONS.includes(section)) problems.push(`${name}: section ${section}`);
    const known = BOOTSTRAP[section];
    if (known === undefined) continue;
    const entries = Object.keys((template[section] ?? {}) as object);
    for (const entry of entries) if (entry !== known) problems.push(`${name}: ${section} (${entry})`);
  }
  for (const [output, content] of Object.entries(template.Outputs ?? {})) {
    for (const field of Object.keys(content)) {
      if (!OUTPUT_FIELDS.includes(field)) problems.push(`${name}: Outputs: ${field} of ${output}`);
    }
  }
  for (const [logicalId, resource] of Object.entries(template.Resources ?? {})) {
    const where = `${name}.${logicalId}`;
    const type = RESOURCE_TYPES[resource.Type];
    if (type === undefined) {
      problems.push(`${where}: resource type ${resource.Type}`);
      continue;
    }
    for (const attribute of Object.keys(resource)) {
      if (attribute === 'Type' || attribute === 'Properties') continue;
      if (!(RESOURCE_ATTRIBUTES as readonly string[]).includes(attribute)) problems.push(`${where}: ${attribute}`);
    }
    for (const property of unknownProperties(type, resource.Properties ?? {})) {
      problems.push(`${where}: property ${property} of ${resource.Type}`);
    }
  }
  return problems;
}

interface Identity {
  ref: string;
  name: string;
  arn: string;
}

class Resolver {
  readonly problems: string[] = [];
  private readonly stacks: readonly Stack[];
  private readonly settings: LoadSettings;
  private readonly identities = new Map<string, Identity>();

  constructor(stacks: readonly Stack[], settings: LoadSettings) {
    this.stacks = stacks;
    this.settings = settings;
  }

  identity(stack: Stack, logicalId: string): Identity {
    const id = `${stack.name}.${logicalId}`;
    const known = this.identities.get(id);
    if (known !== undefined) return known;
    const resource = stack.template.Resources?.[logicalId];
    if (resource === undefined) {
      this.problems.push(`${stack.name}: a reference to ${logicalId}, which is not there`);
      return { ref: '', name: '', arn: '' };
    }
    if (resource.Type === VERSION || resource.Type === ALIAS) {
      const arn = this.qualifiedArn(stack, logicalId, resource);
      const identity = { ref: arn, name: arn, arn };
      this.identities.set(id, identity);
      return identity;
    }
    const property = NAME_PROPERTIES[resource.Type];
    const given = property === undefined ? undefined : this.resolve(resource.Properties?.[property], stack, id);
    const name = typeof given === 'string' ? given : physicalName(stack.name, logicalId, resource.Type);
    const path = resource.Type === 'AWS::IAM::Role' ? this.resolve(resource.Properties?.Path, stack, id) : undefined;
    const identity = identify(resource.Type, name, this.settings, typeof path === 'string' ? path : '/');
    this.identities.set(id, identity);
    return identity;
  }

  /** A version's ARN ends in its number, an alias's in its name. */
  private qualifiedArn(stack: Stack, logicalId: string, { Type, Properties }: RawResource): string {
    const where = `${stack.name}.${logicalId}`;
    const properties = this.resolve(Properties ?? {}, stack, where) as Record<string, unknown>;
    const { StateMachineArn, Name, RoutingConfiguration } = properties;
    if (Type === VERSION) {
      const name = versionName(logicalId, properties);
      return `${StateMachineArn}:${this.settings.versionOf?.(String(StateMachineArn), name) ?? 1}`;
    }
    const [{ StateMachineVersionArn = '' } = {}] = (RoutingConfiguration ?? []) as {
      StateMachineVersionArn?: string;
    }[];
    return `${qualified(StateMachineVersionArn).machineArn}:${Name}`;
  }

  resolve(value: unknown, stack: Stack, where: string): unknown {
    if (Array.isArray(value)) {
      return value.map((v) => this.resolve(v, stack, where)).filter((v) => v !== undefined);
    }
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value);
    const [key, argument] = entries[0] ?? ['', undefined];
    if (entries.length === 1 && (key === 'Ref' || key.startsWith('Fn::') || key === 'Condition')) {
      if (!(INTRINSICS as readonly string[]).includes(key)) {
        // `Condition` is also an ordinary key of IAM statements: only a name there is the intrinsic.
        if (key !== 'Condition' || typeof argument === 'string') {
          this.problems.push(`${where}: intrinsic ${key}`);
          return undefined;
        }
      } else {
        return this.intrinsic(key, argument, stack, where);
      }
    }
    const resolved: Record<string, unknown> = {};
    for (const [k, v] of entries) {
      const inner = this.resolve(v, stack, where);
      if (inner !== undefined) resolved[k] = inner;
    }
    return resolved;
  }

  private intrinsic(key: string, argument: unknown, stack: Stack, where: string): unknown {
    switch (key) {
      case 'Ref':
        return this.ref(String(argument), stack, where);
      case 'Fn::GetAtt': {
        const [logicalId, ...rest] = Array.isArray(argument) ? argument.map(String) : String(argument).split('.');
        return this.attribute(logicalId ?? '', rest.join('.'), stack, where);
      }
      case 'Fn::Join': {
        const [separator, parts] = argument as [string, unknown];
        return (this.resolve(parts, stack, where) as unknown[]).map(String).join(separator);
      }
      case 'Fn::Select': {
        const [index, list] = argument as [unknown, unknown];
        return (this.resolve(list, stack, where) as unknown[])[Number(index)];
      }
      case 'Fn::Split': {
        const [separator, text] = argument as [string, unknown];
        return String(this.resolve(text, stack, where)).split(separator);
      }
      case 'Fn::Sub':
        return this.sub(argument, stack, where);
      case 'Fn::ImportValue':
        return this.exported(String(this.resolve(argument, stack, where)), where);
      default: {
        const { StackName, OutputName } = argument as { StackName: unknown; OutputName: unknown };
        return this.output(String(this.resolve(StackName, stack, where)), String(OutputName), where);
      }
    }
  }

  private ref(name: string, stack: Stack, where: string): unknown {
    if ((PSEUDO_PARAMETERS as readonly string[]).includes(name)) {
      const { region, account } = this.settings;
      const values: Record<string, string | undefined> = {
        'AWS::AccountId': account,
        'AWS::Partition': 'aws',
        'AWS::Region': region,
        'AWS::StackId': stackArn(stack.name, this.settings),
        'AWS::StackName': stack.name,
        'AWS::URLSuffix': 'amazonaws.com',
      };
      return values[name];
    }
    if (name.startsWith('AWS::') || stack.template.Resources?.[name] === undefined) {
      this.problems.push(`${where}: Ref to ${name}`);
      return undefined;
    }
    return this.identity(stack, name).ref;
  }

  private attribute(logicalId: string, attribute: string, stack: Stack, where: string): unknown {
    const type = stack.template.Resources?.[logicalId]?.Type ?? '';
    if (!(RESOURCE_TYPES[type]?.attributes ?? []).includes(attribute)) {
      this.problems.push(`${where}: Fn::GetAtt ${logicalId}.${attribute}`);
      return undefined;
    }
    const { ref, name, arn } = this.identity(stack, logicalId);
    switch (attribute) {
      case 'QueueUrl':
        return ref;
      case 'RoleId':
        return `AROA${suffix(arn)}`;
      case 'Id':
        return ref;
      case 'StateMachineRevisionId': {
        const properties = stack.template.Resources?.[logicalId]?.Properties ?? {};
        const revised = REVISED.map((property) => this.resolve(properties[property], stack, where) ?? null);
        return suffix(JSON.stringify(revised));
      }
      default:
        return attribute.endsWith('Arn') ? arn : name;
    }
  }

  private sub(argument: unknown, stack: Stack, where: string): string {
    const [text, own = {}] = (Array.isArray(argument) ? argument : [argument]) as [unknown, Record<string, unknown>?];
    return String(text).replace(/\$\{(!?)([^}]*)\}/g, (_whole, escaped: string, inside: string) => {
      if (escaped === '!') return `\${${inside}}`;
      const name = inside.trim();
      if (Object.hasOwn(own, name)) return String(this.resolve(own[name], stack, where));
      const dot = name.indexOf('.');
      const value =
        dot < 0 ? this.ref(name, stack, where) : this.attribute(name.slice(0, dot), name.slice(dot + 1), stack, where);
      return String(value);
    });
  }

  private exported(name: string, where: string): unknown {
    for (const stack of this.stacks) {
      for (const output of Object.values(stack.template.Outputs ?? {})) {
        if (output.Export !== undefined && this.resolve(output.Export.Name, stack, where) === name) {
          return this.resolve(output.Value, stack, where);
        }
      }
    }
    this.problems.push(`${where}: Fn::ImportValue ${name}, which no stack exports`);
    return undefined;
  }

  private output(stackName: string, outputName: string, where: string): unknown {
    const stack = this.stacks.find((s) => s.name === stackName);
    const output = stack?.template.Outputs?.[outputName];
    if (stack === undefined || output === undefined) {
      this.problems.push(`${where}: Fn::GetStackOutput ${stackName}.${outputName}, which is not there`);
      return undefined;
    }
    return this.resolve(output.Value, stack, where);
  }
}

/** A name as CloudFormation makes them, `<stack>-<logicalId>-<suffix>`, but always the same for the same app. */
function physicalName(stack: string, logicalId: string, type: string): string {
  const end = suffix(`${stack}/${logicalId}`);
  const room = (NAME_LENGTHS[type] ?? 255) - end.length - 2;
  const stackPart = stack.slice(0, Math.max(room - logicalId.length, Math.floor(room / 2)));
  const name = `${stackPart}-${logicalId.slice(0, room - stackPart.length)}-${end}`;
  return type === 'AWS::S3::Bucket' ? name.toLowerCase() : name;
}

function suffix(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12).toUpperCase();
}

function identify(type: string, name: string, { region, account, endpoint }: LoadSettings, rolePath: string): Identity {
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
