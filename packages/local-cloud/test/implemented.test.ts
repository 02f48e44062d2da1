import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { CLOUDFORMATION_ACTIONS } from '../src/cloudformation/describe-stacks.ts';
import { fieldsOf } from '../src/dynamodb/dynamo.ts';
import { DYNAMODB_ACTIONS } from '../src/dynamodb/dynamo-host.ts';
import { SERVICES } from '../src/endpoint/endpoint.ts';
import { LAMBDA_ACTIONS } from '../src/endpoint/serve-lambda.ts';
import { PATTERN_MATCHERS } from '../src/events/pattern.ts';
import { SQS_ACTIONS } from '../src/fauxqs/fauxqs.ts';
import { KMS_ACTIONS } from '../src/kms/kms.ts';
import { S3_ACTIONS, S3_HEADERS } from '../src/s3/request.ts';
import { SNS_ACTIONS } from '../src/sns.ts';
import { MOVE_ACTIONS } from '../src/sqs/move-tasks.ts';
import { JSONATA_FUNCTIONS } from '../src/states/functions.ts';
import { IMPLEMENTED, VALUES } from '../src/states/implemented.ts';
import { ARGUMENTS, DYNAMODB_ERRORS, INTEGRATIONS } from '../src/states/integrations.ts';
import { PATTERNS } from '../src/states/load.ts';
import { NESTED_ARGUMENTS } from '../src/states/nested.ts';
import { STATES_ACTIONS } from '../src/states/service.ts';
import { STS_ACTIONS } from '../src/sts/sts.ts';
import { INTRINSICS, PSEUDO_PARAMETERS, RESOURCE_ATTRIBUTES, RESOURCE_TYPES } from '../src/templates/resource-types.ts';
import { SECTIONS } from '../src/templates/template.ts';

const LOCAL = fileURLToPath(new URL('../src', import.meta.url));
const DOCUMENT = readFileSync(new URL('../docs/implemented.md', import.meta.url), 'utf8');

/** The names that a text gives in backquotes. */
const namesIn = (text = ''): string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
/** What stands under a heading, up to the next one of its level or above. */
function under(heading: string): string {
  const [, level = '', rest = ''] = new RegExp(`^(#+) ${heading}\\n([\\s\\S]*)`, 'm').exec(DOCUMENT) ?? [];
  if (level === '') throw new Error(`the document has no heading ${heading}`);
  return rest.split(new RegExp(`^#{1,${level.length}} `, 'm'))[0] ?? '';
}
/** The rows of the table under a heading whose header begins with `first`, each cell by its column. */
function table(heading: string, first: string): string[][] {
  const lines = under(heading).split('\n');
  const start = lines.findIndex((line) => line.startsWith(`| ${first} |`));
  if (start < 0) throw new Error(`no table under ${heading} begins with ${first}`);
  const end = lines.findIndex((line, i) => i > start && !line.startsWith('|'));
  return lines.slice(start + 2, end < 0 ? undefined : end).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}
/** A table of two columns: a name, in backquotes or not, and the sorted names beside it. */
function listed(heading: string, first: string): Record<string, string[]> {
  const rows = table(heading, first).map(([name = '', names]) => [name.replace(/^`|`$/g, ''), namesIn(names).sort()]);
  return Object.fromEntries(rows) as Record<string, string[]>;
}
const sorted = (lists: Readonly<Record<string, readonly string[] | undefined>>): Record<string, string[]> =>
  Object.fromEntries(Object.entries(lists).map(([name, names = []]) => [name, [...names].sort()]));
const row = (heading: string, first: string, name: string): string[] => {
  const found = table(heading, first).find(([cell]) => cell === name);
  if (found === undefined) throw new Error(`no row ${name} under ${heading}`);
  return namesIn(found[1]).sort();
};

/** The error names that the interpreter's source holds. */
function errorNames(pattern: RegExp): string[] {
  const files = readdirSync(join(LOCAL, 'states')).map((file) => join(LOCAL, 'states', file));
  const found = files.flatMap((file) => [...readFileSync(file, 'utf8').matchAll(pattern)].map(([, name = '']) => name));
  return [...new Set(found)].sort();
}

describe('the document lists exactly what the code implements', () => {
  it('of templates', () => {
    expect(row('Templates', 'part', 'sections')).toEqual([...SECTIONS].sort());
    expect(row('Templates', 'part', 'attributes of a resource, all without effect')).toEqual(
      [...RESOURCE_ATTRIBUTES].sort(),
    );
    expect(row('Templates', 'part', 'intrinsics')).toEqual([...INTRINSICS].sort());
    expect(row('Templates', 'part', 'pseudo parameters')).toEqual([...PSEUDO_PARAMETERS].sort());
  });

  it('of resource types: properties implemented, properties accepted, attributes', () => {
    const documented = table('Resource types', 'type').map(([type = '', implemented, accepted, attributes]) => [
      type.replace(/^`|`$/g, ''),
      {
        // A remark in brackets may hold a form of the value.
        implemented: namesIn(implemented?.replace(/\([^)]*\)/g, '')).sort(),
        accepted: namesIn(accepted).sort(),
        attributes: namesIn(attributes).sort(),
      },
    ]);
    const code = Object.entries(RESOURCE_TYPES).map(([type, { implemented, accepted, attributes }]) => [
      type,
      sorted({ implemented, accepted, attributes }),
    ]);
    expect(Object.fromEntries(documented)).toEqual(Object.fromEntries(code));
  });

  it('of what is accepted without effect, each with its reason', () => {
    for (const [type = '', , accepted = ''] of table('Resource types', 'type')) {
      // Tags are names for people and bills: nothing here reads them.
      const reasons = accepted.split(';').filter((group) => group.trim() !== '' && group.trim() !== '`Tags`');
      for (const group of reasons) expect([type, group]).toEqual([type, expect.stringMatching(/^ ?[a-z][^:`]+: `/)]);
    }
  });

  it('of definitions: fields of every object, and values', () => {
    expect(listed('Fields', 'object')).toEqual(sorted(IMPLEMENTED));
    expect(listed('Values', 'field')).toEqual(sorted(VALUES));
  });

  it('of integrations and their arguments', () => {
    const rows = table('Integrations', 'resource');
    const nested = ['', ...Object.keys(PATTERNS)].map((pattern) => `states:startExecution${pattern}`);
    expect(rows.flatMap(([resources]) => namesIn(resources)).sort()).toEqual([...INTEGRATIONS, ...nested].sort());
    for (const [resources, names = ''] of rows) {
      const resource = namesIn(resources)[0] ?? '';
      const known = resource === 'states:startExecution' ? NESTED_ARGUMENTS : ARGUMENTS[resource];
      const action = /^those of (\w+)$/.exec(names)?.[1];
      const documented = action === undefined ? namesIn(names) : (listed('DynamoDB', 'action')[action] ?? []);
      expect([resource, documented.sort()]).toEqual([resource, [...(known ?? [])].sort()]);
    }
  });

  it('of functions in expressions', () => {
    const [sentence = ''] = under('Functions in expressions').split('. ');
    const [, added = ''] = sentence.split('and these:');
    expect(namesIn(added).sort()).toEqual(JSONATA_FUNCTIONS.map((name) => `$${name}`).sort());
  });

  it('of the interpreter’s errors', () => {
    const documented = table('Errors', 'name').flatMap(([names]) => namesIn(names));
    expect(documented.sort()).toEqual(errorNames(/'(States\.[A-Za-z]+)'/g));
    const [dynamodb = []] = under('Errors').match(/^\| `Conditional.*$/m) ?? [];
    expect(namesIn(String(dynamodb)).sort()).toEqual([...DYNAMODB_ERRORS].sort());
  });

  it('of the actions of Step Functions, and their errors', () => {
    expect(listed('Actions', 'action')).toEqual(sorted(STATES_ACTIONS));
    const documented = table('Actions', 'error').flatMap(([names]) => namesIn(names));
    const code = [...errorNames(/new AwsError\(\s*'([A-Za-z]+)'/g), ...errorNames(/find\([^,]+, arn, '([A-Za-z]+)'/g)];
    expect(documented.sort()).toEqual(code.sort());
  });

  it('of DynamoDB', () => {
    const code = Object.fromEntries(DYNAMODB_ACTIONS.map((action) => [action, fieldsOf(action)]));
    expect(listed('DynamoDB', 'action')).toEqual(sorted(code));
  });

  it('of S3', () => {
    expect(listed('S3', 'action')).toEqual(sorted(S3_ACTIONS));
    const [implemented, accepted] = table('S3', 'headers `x-amz-…`').map(([, names]) => namesIn(names).sort());
    expect({ implemented, accepted }).toEqual(sorted(S3_HEADERS));
  });

  it('of the other services', () => {
    expect(listed('Queues, topics and others', 'service')).toEqual(
      sorted({
        SQS: [...SQS_ACTIONS, ...Object.keys(MOVE_ACTIONS)],
        SNS: Object.keys(SNS_ACTIONS),
        STS: Object.keys(STS_ACTIONS),
        KMS: KMS_ACTIONS,
        Lambda: LAMBDA_ACTIONS,
        CloudFormation: CLOUDFORMATION_ACTIONS,
      }),
    );
    expect(listed('Queues, topics and others', 'action of SNS')).toEqual(sorted(SNS_ACTIONS));
    const [, services = ''] = /^The services, as signatures name them: ([^.]*)\./m.exec(DOCUMENT) ?? [];
    expect(namesIn(services).sort()).toEqual([...SERVICES].sort());
    const [matchers] = table('Queues, topics and others', 'matcher').map(([names]) => namesIn(names).sort());
    expect(matchers).toEqual([...PATTERN_MATCHERS].sort());
  });
});
