import { qualified } from '../rights/qualified.ts';
import {
  type Identity,
  identify,
  type LoadSettings,
  NAME_PROPERTIES,
  physicalName,
  stackArn,
  suffix,
} from './identity.ts';
import { INTRINSICS, PSEUDO_PARAMETERS, RESOURCE_TYPES } from './resource-types.ts';

/** A resource as it stands in a template. */
export interface RawResource {
  Type: string;
  Properties?: Record<string, unknown>;
  [attribute: string]: unknown;
}

/** A template as it was synthesized. */
export interface RawTemplate {
  Resources?: Record<string, RawResource>;
  Outputs?: Record<string, { Value: unknown; Export?: { Name: unknown } }>;
  [section: string]: unknown;
}

/** A stack's name and template. */
export interface Stack {
  name: string;
  template: RawTemplate;
}

const VERSION = 'AWS::StepFunctions::StateMachineVersion';
const ALIAS = 'AWS::StepFunctions::StateMachineAlias';

/** The properties of a state machine that make another revision of it when they change. */
const REVISED = [
  'DefinitionString',
  'DefinitionS3Location',
  'DefinitionSubstitutions',
  'RoleArn',
  'LoggingConfiguration',
  'TracingConfiguration',
  'EncryptionConfiguration',
];

/** The name that tells a version of a state machine from others: its revision, or else its logical id. */
export const versionName = (logicalId: string, { StateMachineRevisionId }: Record<string, unknown>): string =>
  String(StateMachineRevisionId ?? logicalId);

/** Resolves references and intrinsics of the stacks of an app, and collects those that it can't. */
export class Resolver {
  readonly problems: string[] = [];
  readonly #stacks: readonly Stack[];
  readonly #settings: LoadSettings;
  readonly #identities = new Map<string, Identity>();

  constructor(stacks: readonly Stack[], settings: LoadSettings) {
    this.#stacks = stacks;
    this.#settings = settings;
  }

  identity(stack: Stack, logicalId: string): Identity {
    const id = `${stack.name}.${logicalId}`;
    const known = this.#identities.get(id);
    if (known !== undefined) return known;
    const resource = stack.template.Resources?.[logicalId];
    if (resource === undefined) {
      this.problems.push(`${stack.name}: a reference to ${logicalId}, which is not there`);
      return { ref: '', name: '', arn: '' };
    }
    if (resource.Type === VERSION || resource.Type === ALIAS) {
      const arn = this.#qualifiedArn(stack, logicalId, resource);
      const identity = { ref: arn, name: arn, arn };
      this.#identities.set(id, identity);
      return identity;
    }
    const property = NAME_PROPERTIES[resource.Type];
    const given = property === undefined ? undefined : this.resolve(resource.Properties?.[property], stack, id);
    const name = typeof given === 'string' ? given : physicalName(stack.name, logicalId, resource.Type);
    const path = resource.Type === 'AWS::IAM::Role' ? this.resolve(resource.Properties?.Path, stack, id) : undefined;
    const identity = identify(resource.Type, name, this.#settings, typeof path === 'string' ? path : '/');
    this.#identities.set(id, identity);
    return identity;
  }

  /** The ARN of a version, which ends in its number, or of an alias, which ends in its name. */
  #qualifiedArn(stack: Stack, logicalId: string, { Type, Properties }: RawResource): string {
    const where = `${stack.name}.${logicalId}`;
    const properties = this.resolve(Properties ?? {}, stack, where) as Record<string, unknown>;
    const { StateMachineArn, Name, RoutingConfiguration } = properties;
    if (Type === VERSION) {
      const name = versionName(logicalId, properties);
      return `${StateMachineArn}:${this.#settings.versionOf?.(String(StateMachineArn), name) ?? 1}`;
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
        return this.#intrinsic(key, argument, stack, where);
      }
    }
    const resolved: Record<string, unknown> = {};
    for (const [k, v] of entries) {
      const inner = this.resolve(v, stack, where);
      if (inner !== undefined) resolved[k] = inner;
    }
    return resolved;
  }

  #intrinsic(key: string, argument: unknown, stack: Stack, where: string): unknown {
    switch (key) {
      case 'Ref':
        return this.#ref(String(argument), stack, where);
      case 'Fn::GetAtt': {
        const [logicalId, ...rest] = Array.isArray(argument) ? argument.map(String) : String(argument).split('.');
        return this.#attribute(logicalId ?? '', rest.join('.'), stack, where);
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
        return this.#sub(argument, stack, where);
      case 'Fn::ImportValue':
        return this.#exported(String(this.resolve(argument, stack, where)), where);
      default: {
        const { StackName, OutputName } = argument as { StackName: unknown; OutputName: unknown };
        return this.#output(String(this.resolve(StackName, stack, where)), String(OutputName), where);
      }
    }
  }

  #ref(name: string, stack: Stack, where: string): unknown {
    if ((PSEUDO_PARAMETERS as readonly string[]).includes(name)) {
      const { region, account } = this.#settings;
      const values: Record<string, string | undefined> = {
        'AWS::AccountId': account,
        'AWS::Partition': 'aws',
        'AWS::Region': region,
        'AWS::StackId': stackArn(stack.name, this.#settings),
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

  #attribute(logicalId: string, attribute: string, stack: Stack, where: string): unknown {
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

  #sub(argument: unknown, stack: Stack, where: string): string {
    const [text, own = {}] = (Array.isArray(argument) ? argument : [argument]) as [unknown, Record<string, unknown>?];
    return String(text).replace(/\$\{(!?)([^}]*)\}/g, (_whole, escaped: string, inside: string) => {
      if (escaped === '!') return `\${${inside}}`;
      const name = inside.trim();
      if (Object.hasOwn(own, name)) return String(this.resolve(own[name], stack, where));
      const dot = name.indexOf('.');
      const value =
        dot < 0
          ? this.#ref(name, stack, where)
          : this.#attribute(name.slice(0, dot), name.slice(dot + 1), stack, where);
      return String(value);
    });
  }

  #exported(name: string, where: string): unknown {
    for (const stack of this.#stacks) {
      for (const output of Object.values(stack.template.Outputs ?? {})) {
        if (output.Export !== undefined && this.resolve(output.Export.Name, stack, where) === name) {
          return this.resolve(output.Value, stack, where);
        }
      }
    }
    this.problems.push(`${where}: Fn::ImportValue ${name}, which no stack exports`);
    return undefined;
  }

  #output(stackName: string, outputName: string, where: string): unknown {
    const stack = this.#stacks.find((s) => s.name === stackName);
    const output = stack?.template.Outputs?.[outputName];
    if (stack === undefined || output === undefined) {
      this.problems.push(`${where}: Fn::GetStackOutput ${stackName}.${outputName}, which is not there`);
      return undefined;
    }
    return this.resolve(output.Value, stack, where);
  }
}
