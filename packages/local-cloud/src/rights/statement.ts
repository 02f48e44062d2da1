/** One statement of a policy, its elements as lists. */
export interface Statement {
  readonly sid: string;
  readonly effect: 'Allow' | 'Deny';
  readonly action: readonly string[] | undefined;
  readonly notAction: readonly string[] | undefined;
  readonly resource: readonly string[] | undefined;
  readonly notResource: readonly string[] | undefined;
  readonly principal: Principals | undefined;
  readonly notPrincipal: Principals | undefined;
  readonly condition: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
  /** Whether `${…}` stands for a value of the request, as it does from one version of the policy language on. */
  readonly variables: boolean;
}

/** The principals of a statement: everybody, or accounts and roles (`AWS`) and services. */
export type Principals = '*' | { readonly AWS: readonly string[]; readonly Service: readonly string[] };

/** The error for a policy with an element that is not evaluated here: it must never count as a "no" or a "yes". */
export class UnknownElement extends Error {
  override name = 'UnknownElement';
}

const ELEMENTS = [
  'Sid',
  'Effect',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Principal',
  'NotPrincipal',
  'Condition',
];
const WITH_VARIABLES = '2012-10-17';

/**
 * Reads a policy document whose references are resolved.
 * @throws UnknownElement that names what isn't evaluated here
 */
export function readPolicy(document: unknown): Statement[] {
  const { Version, Statement: statements } = document as { Version?: string; Statement: unknown };
  return [statements].flat().map((statement) => readStatement(statement as Record<string, unknown>, Version));
}

function readStatement(raw: Record<string, unknown>, version: string | undefined): Statement {
  const unknown = Object.keys(raw).find((element) => !ELEMENTS.includes(element));
  if (unknown !== undefined) throw new UnknownElement(`the element ${unknown} of a statement`);
  if (raw.Effect !== 'Allow' && raw.Effect !== 'Deny') throw new UnknownElement(`the effect ${raw.Effect}`);
  return {
    sid: String(raw.Sid ?? ''),
    effect: raw.Effect,
    action: list(raw.Action),
    notAction: list(raw.NotAction),
    resource: list(raw.Resource),
    notResource: list(raw.NotResource),
    principal: principals(raw.Principal),
    notPrincipal: principals(raw.NotPrincipal),
    condition: Object.fromEntries(
      Object.entries((raw.Condition ?? {}) as Record<string, Record<string, unknown>>).map(([operator, keys]) => [
        operator,
        Object.fromEntries(Object.entries(keys).map(([key, values]) => [key, list(values) ?? []])),
      ]),
    ),
    variables: version === WITH_VARIABLES,
  };
}

function list(value: unknown): string[] | undefined {
  return value === undefined ? undefined : [value].flat().map(String);
}

function principals(value: unknown): Principals | undefined {
  if (value === undefined) return undefined;
  if (value === '*') return '*';
  const { AWS, Service, ...others } = value as Record<string, unknown>;
  const [other] = Object.keys(others);
  if (other !== undefined) throw new UnknownElement(`principals of the kind ${other}`);
  const aws = list(AWS) ?? [];
  if (aws.includes('*')) return '*';
  const wild = aws.find((arn) => /[*?]/.test(arn));
  if (wild !== undefined) throw new UnknownElement('a principal with wildcards, which IAM refuses');
  return { AWS: aws, Service: list(Service) ?? [] };
}
