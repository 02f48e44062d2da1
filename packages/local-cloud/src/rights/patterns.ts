import { UnknownElement } from './statement.ts';

/** The condition keys of a request with their values; the keys in lower case, since their case doesn't count. */
export type Context = Readonly<Record<string, string | readonly string[]>>;

/**
 * Whether a text fits a pattern of `*` (any characters, also none) and `?` (exactly one). `${key}` stands for a value of the request,
 * literally, `${key, 'default'}` for the default where there is none, and `${*}`, `${?}` and `${$}` for these characters. A pattern with a
 * variable without a value fits no text at all (IAM: "Policy variables with no value").
 */
export function fits(text: string, pattern: string, context: Context | undefined, wildcards = true): boolean {
  if (!pattern.includes('$')) return wildcards && /[*?]/.test(pattern) ? wild(pattern).test(text) : text === pattern;
  let source = '';
  for (const [part, , variable] of pattern.matchAll(/(\$\{([^}]*)\})|[^$]+|\$/g)) {
    if (variable !== undefined && context !== undefined) {
      const value = valueIn(variable, context);
      if (value === undefined) return false;
      source += literal(value);
    } else {
      source += wildcards ? sourceOf(part) : literal(part);
    }
  }
  return new RegExp(`^${source}$`).test(text);
}

/** The compiled patterns of policies, since the same ones are met again and again. */
const compiled = new Map<string, RegExp>();

function wild(pattern: string): RegExp {
  const known = compiled.get(pattern) ?? new RegExp(`^${sourceOf(pattern)}$`);
  compiled.set(pattern, known);
  return known;
}

const sourceOf = (part: string) => literal(part).replaceAll('\\*', '[^]*').replaceAll('\\?', '[^]');

function valueIn(variable: string, context: Context): string | undefined {
  if (['*', '?', '$'].includes(variable)) return variable;
  const [, key = variable, otherwise] = /^([^,]*?),\s*'([^']*)'$/.exec(variable) ?? [];
  const value = context[key.trim().toLowerCase()];
  // A key of several values has no single value for the variable.
  return typeof value === 'string' ? value : otherwise;
}

function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}

const ARN_PARTS = 6;

/**
 * Whether an ARN fits a pattern, each of its six parts by itself: a wildcard reaches over a colon in the last part only. A text that is no
 * ARN (`*`) is compared as a whole.
 * @throws UnknownElement for an ARN that leaves parts out
 */
export function fitsArn(arn: string, pattern: string, context: Context | undefined): boolean {
  const parts = split(arn);
  const patterns = partsOf(pattern);
  if (parts === undefined || patterns === undefined) return fits(arn, pattern, context);
  return patterns.every((part, n) => fits(parts[n] ?? '', part, context));
}

/** The split ARNs of policies, kept for the same reason. */
const splits = new Map<string, string[] | undefined>();

function partsOf(pattern: string): string[] | undefined {
  if (!splits.has(pattern)) splits.set(pattern, split(pattern));
  return splits.get(pattern);
}

/**
 * Splits an ARN at its colons, but not at those within variables.
 * @throws UnknownElement for an ARN that leaves parts out
 */
function split(arn: string): string[] | undefined {
  const parts = arn.includes('}') ? arn.split(/:(?![^{]*\})/) : arn.split(':');
  if (parts[0] !== 'arn') return undefined;
  if (parts.length < ARN_PARTS) throw new UnknownElement('an ARN of less than six parts');
  return [...parts.slice(0, ARN_PARTS - 1), parts.slice(ARN_PARTS - 1).join(':')];
}
