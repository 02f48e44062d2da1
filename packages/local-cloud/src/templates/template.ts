import type { LoadSettings } from './identity.ts';
import { Resolver, type Stack } from './resolver.ts';
import { RESOURCE_ATTRIBUTES, RESOURCE_TYPES, unknownProperties } from './resource-types.ts';

/** The error for a template with something that the local cloud doesn't implement; each problem names stack, logical id and property. */
export class UnsupportedTemplate extends Error {
  /** All problems, a line each. */
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
  /** The value of Ref: a name, an ARN or a URL, as CloudFormation documents it for the type. */
  ref: string;
  /** The physical name (a queue's name, not its URL). */
  name: string;
  arn: string;
  properties: Record<string, unknown>;
}

/** The known sections of a template; the two of the bootstrap version's check have no effect, and may hold nothing else. */
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
  // Outputs that nobody imports have no effect, but what they hold must be known, too.
  for (const stack of stacks) resolver.resolve(stack.template.Outputs ?? {}, stack, `${stack.name}: Outputs`);
  if (resolver.problems.length > 0) throw new UnsupportedTemplate([...new Set(resolver.problems)]);
  return loaded;
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
