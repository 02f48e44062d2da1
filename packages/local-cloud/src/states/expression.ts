import jsonata from 'jsonata';
import { StatesError } from '../errors.ts';
import { addFunctions, type Bindings } from './functions.ts';
import { isObject, type Json, type JsonObject, plain } from './json.ts';

/** A field of a definition with the expressions in it compiled. */
export type Template =
  | { readonly kind: 'constant'; readonly value: Json }
  | {
      readonly kind: 'expression';
      readonly field: string;
      readonly source: string;
      readonly compiled: jsonata.Expression;
    }
  | { readonly kind: 'array'; readonly items: readonly Template[] }
  | { readonly kind: 'object'; readonly members: readonly (readonly [string, Template])[] };

/** The error for an expression that can't be used; `field` says where it stands. */
export class ExpressionFault extends Error {
  readonly field: string;

  constructor(field: string, message: string) {
    super(message);
    this.name = 'ExpressionFault';
    this.field = field;
  }
}

const DELIMITED = /^\{%([\s\S]*)%\}$/;

/** Whether a value is a string that is a JSONata expression, `{% … %}`. */
export function isExpression(value: unknown): value is string {
  return typeof value === 'string' && DELIMITED.test(value);
}

/**
 * Compiles `value`, the content of the field `field`. Expressions are JSONata 2.0.6, as on AWS ("Step Functions implements JSONata based on
 * the 2.0.6 specification"): the package is kept at that version, which knows no `??` and no `?:`.
 * @throws ExpressionFault for an expression that doesn't parse, or that uses $eval, which Step Functions doesn't have
 */
export function compile(value: Json, field: string): Template {
  if (typeof value === 'string') {
    const source = DELIMITED.exec(value)?.[1];
    if (source === undefined) {
      if (value.startsWith('{%') || value.endsWith('%}')) {
        throw new ExpressionFault(
          field,
          'a JSONata expression begins with {% and ends with %}, without spaces outside',
        );
      }
      return { kind: 'constant', value };
    }
    return { kind: 'expression', field, source: source.trim(), compiled: compiledOf(source, field) };
  }
  if (Array.isArray(value)) {
    const items = value.map((item, i) => compile(item, `${field}[${i}]`));
    if (items.every((item) => item.kind === 'constant')) return { kind: 'constant', value };
    return { kind: 'array', items };
  }
  if (isObject(value)) {
    const members = Object.entries(value).map(([key, member]) => [key, compile(member, `${field}/${key}`)] as const);
    if (members.every(([, member]) => member.kind === 'constant')) return { kind: 'constant', value };
    return { kind: 'object', members };
  }
  return { kind: 'constant', value };
}

/** What was compiled before, by its text: each cloud loads its machines anew, most of them with the same expressions. */
const COMPILED = new Map<string, jsonata.Expression>();

function compiledOf(source: string, field: string): jsonata.Expression {
  const known = COMPILED.get(source);
  if (known !== undefined) return known;
  let compiled: jsonata.Expression;
  try {
    compiled = jsonata(source);
  } catch (error) {
    throw new ExpressionFault(field, `the JSONata expression does not parse: ${messageOf(error)}`);
  }
  refuse(compiled.ast(), field);
  addFunctions(compiled);
  COMPILED.set(source, compiled);
  return compiled;
}

/**
 * Looks for a call of $eval anywhere in the syntax tree.
 * @throws ExpressionFault where there is one
 */
function refuse(node: unknown, field: string): void {
  const open: unknown[] = [node];
  const seen = new Set<unknown>();
  while (open.length > 0) {
    const next = open.pop();
    if (typeof next !== 'object' || next === null || seen.has(next)) continue;
    seen.add(next);
    if (isObject(next) && next.type === 'variable' && next.value === 'eval') {
      throw new ExpressionFault(field, 'Step Functions has no $eval (use $parse)');
    }
    open.push(...Object.values(next));
  }
}

/** The code and message of the engine's error, without the values that it quotes: they may be people's data. */
function messageOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return String(error);
  const { code, message, value, value2 } = error as Record<string, unknown>;
  let text = String(message);
  for (const quoted of [value, value2]) {
    if (quoted === undefined || quoted === null || quoted === '') continue;
    text = text.replaceAll(JSON.stringify(quoted) ?? String(quoted), '…').replaceAll(String(quoted), '…');
  }
  return typeof code === 'string' ? `${code}: ${text}` : text;
}

/**
 * The template's value.
 * @throws States.QueryEvaluationError when an expression throws, is undefined (JSON has no undefined), or gives something other than JSON
 * (a function)
 */
export async function evaluate(template: Template, bindings: Bindings): Promise<Json> {
  switch (template.kind) {
    case 'constant':
      return template.value;
    case 'expression':
      return run(template, bindings);
    case 'array': {
      const items: Json[] = [];
      for (const item of template.items) items.push(await evaluate(item, bindings));
      return items;
    }
    case 'object': {
      const members: JsonObject = {};
      for (const [key, member] of template.members) members[key] = await evaluate(member, bindings);
      return members;
    }
  }
}

async function run(template: Template & { kind: 'expression' }, bindings: Bindings): Promise<Json> {
  let value: unknown;
  try {
    value = await template.compiled.evaluate(undefined, bindings);
  } catch (error) {
    throw queryError(template, `threw an error during evaluation. ${messageOf(error)}`);
  }
  if (value === undefined) throw queryError(template, 'returned nothing (undefined).');
  const copy = plain(value);
  if (copy === null) throw queryError(template, 'returned an unsupported result type.');
  return copy.value;
}

/** The error States.QueryEvaluationError, with the field where it arose. */
export class QueryError extends StatesError {
  readonly location: string;

  constructor(location: string, cause: string) {
    super('States.QueryEvaluationError', cause);
    this.location = location;
  }
}

function queryError(template: Template & { kind: 'expression' }, what: string): QueryError {
  return new QueryError(
    template.field,
    `The JSONata expression '${template.source}' specified for the field '${template.field}' ${what}`,
  );
}

/** The error for a field whose value has the wrong type. */
export function wrongType(field: string, expected: string, value: Json): QueryError {
  return new QueryError(
    field,
    `The field '${field}' has an unexpected result type. Expected '${expected}', but was '${typeOf(value)}'.`,
  );
}

function typeOf(value: Json): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}
