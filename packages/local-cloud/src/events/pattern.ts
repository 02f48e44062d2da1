/** The error for a rule's pattern with a matcher that the local cloud doesn't implement; the message names it. */
export class UnsupportedPattern extends Error {
  constructor(what: string, why = 'is not implemented') {
    super(`event pattern: ${what} ${why}`);
    this.name = 'UnsupportedPattern';
  }
}

/** The error for a pattern that AWS's own compiler (aws/event-ruler, JsonRuleCompiler) refuses, as PutRule does. */
class RefusedPattern extends UnsupportedPattern {
  constructor(what: string) {
    super(what, 'is refused by AWS');
  }
}

type Matcher = (values: readonly unknown[], present: boolean) => boolean;
type Test = (value: string) => boolean;

/** Matchers of one text; they stand by themselves and inside `anything-but`. */
const TEXT_TESTS: Readonly<Record<string, (argument: unknown, path: string) => Test>> = {
  prefix: (argument, path) => edge('prefix', argument, path, (value, text) => value.startsWith(text)),
  suffix: (argument, path) => edge('suffix', argument, path, (value, text) => value.endsWith(text)),
  'equals-ignore-case': (argument, path) => {
    const text = textOf('equals-ignore-case', argument, path).toLowerCase();
    return (value) => value.toLowerCase() === text;
  },
  wildcard: (argument, path) => wildcard(textOf('wildcard', argument, path), path),
};

const MATCHERS: Readonly<Record<string, (argument: unknown, path: string) => Matcher>> = {
  exists: (argument, path) => {
    if (typeof argument !== 'boolean') throw new UnsupportedPattern(`exists with this argument at ${path}`);
    return (_values, present) => present === argument;
  },
  'anything-but': anythingBut,
  numeric,
  ...Object.fromEntries(
    Object.keys(TEXT_TESTS).map((name) => [
      name,
      (argument: unknown, path: string): Matcher => {
        const test = textTest(name, argument, path);
        return (values) => values.some((value) => typeof value === 'string' && test(value));
      },
    ]),
  ),
};

/** The matchers of EventBridge's event patterns that are implemented, beside plain values and `$or`. */
export const PATTERN_MATCHERS: readonly string[] = Object.keys(MATCHERS);

/**
 * Compiles an event pattern (EventBridge's "event patterns": fields are joined by and, the alternatives of a list by or).
 * @throws UnsupportedPattern for a matcher that isn't implemented
 */
export function compilePattern(pattern: unknown): (event: unknown) => boolean {
  if (!isObject(pattern)) throw new UnsupportedPattern('a pattern that is no object');
  return compileObject(pattern, '');
}

function compileObject(pattern: Record<string, unknown>, path: string): (event: unknown) => boolean {
  if (Object.keys(pattern).length === 0) throw new UnsupportedPattern(`an empty object at ${path || 'the top'}`);
  const parts = Object.entries(pattern).map(([field, expected]): ((event: unknown) => boolean) => {
    const here = path === '' ? field : `${path}.${field}`;
    if (field === '$or') {
      if (!Array.isArray(expected)) throw new UnsupportedPattern('$or without a list');
      if (expected.length < 2) throw new RefusedPattern('$or of less than two objects');
      const alternatives = expected.map((alternative) => {
        if (!isObject(alternative)) throw new UnsupportedPattern('an alternative of $or that is no object');
        return compileObject(alternative, path);
      });
      return (event) => alternatives.some((alternative) => alternative(event));
    }
    if (Array.isArray(expected)) {
      if (expected.length === 0) throw new UnsupportedPattern(`an empty list at ${here}`);
      const matchers = expected.map((one) => compileMatcher(one, here));
      return (event) => {
        const value = isObject(event) ? event[field] : undefined;
        const values = Array.isArray(value) ? value : value === undefined ? [] : [value];
        return matchers.some((matches) => matches(values, value !== undefined));
      };
    }
    if (!isObject(expected)) throw new UnsupportedPattern(`a value outside a list at ${here}`);
    const inner = compileObject(expected, here);
    return (event) => {
      const value = isObject(event) ? event[field] : undefined;
      // A list of objects matches when one of them does; a missing object may still satisfy `exists: false`.
      return Array.isArray(value) ? value.some(inner) : inner(value);
    };
  });
  return (event) => parts.every((part) => part(event));
}

function compileMatcher(expected: unknown, path: string): Matcher {
  if (!isObject(expected)) return (values) => values.some((value) => value === expected);
  const entries = Object.entries(expected);
  const [name, argument] = entries[0] ?? ['{}', undefined];
  if (entries.length !== 1) throw new UnsupportedPattern(`several matchers in one object at ${path}`);
  const compile = Object.hasOwn(MATCHERS, name) ? MATCHERS[name] : undefined;
  if (compile === undefined) throw new UnsupportedPattern(`${name} at ${path}`);
  return compile(argument, path);
}

/**
 * The matcher `anything-but`: a value or a list of them, all texts or all numbers; or an object with one matcher of texts, and a text or a
 * list of them.
 */
function anythingBut(argument: unknown, path: string): Matcher {
  const tests = isObject(argument) ? butTexts(argument, path) : butValues(argument, path);
  return (values) => values.some((value) => !tests.some((test) => test(value)));
}

function butValues(argument: unknown, path: string): ((value: unknown) => boolean)[] {
  const excluded: unknown[] = Array.isArray(argument) ? argument : [argument];
  const kinds = new Set(excluded.map((one) => typeof one));
  if (![...kinds].every((kind) => kind === 'string' || kind === 'number'))
    throw new RefusedPattern(`anything-but of what is no text and no number at ${path}`);
  if (kinds.size !== 1) throw new RefusedPattern(`anything-but of nothing, or of texts beside numbers, at ${path}`);
  return excluded.map((one) => (value) => value === one);
}

function butTexts(argument: Record<string, unknown>, path: string): ((value: unknown) => boolean)[] {
  const [[name = '', inner] = [], ...others] = Object.entries(argument);
  if (others.length > 0) throw new RefusedPattern(`anything-but of several matchers at ${path}`);
  const texts: unknown[] = Array.isArray(inner) ? inner : [inner];
  if (texts.length === 0) throw new RefusedPattern(`anything-but of an empty list of ${name} at ${path}`);
  return texts.map((text) => {
    if (text === '' && (name === 'prefix' || name === 'suffix'))
      throw new RefusedPattern(`anything-but of an empty ${name} at ${path}`);
    if (isObject(text)) throw new RefusedPattern(`anything-but of ${name} with this argument at ${path}`);
    const test = textTest(name, text, path);
    return (value: unknown) => typeof value === 'string' && test(value);
  });
}

function textTest(name: string, argument: unknown, path: string): Test {
  const compile = Object.hasOwn(TEXT_TESTS, name) ? TEXT_TESTS[name] : undefined;
  if (compile === undefined) throw new UnsupportedPattern(`${name} at ${path}`);
  return compile(argument, path);
}

function textOf(name: string, argument: unknown, path: string): string {
  if (typeof argument !== 'string') throw new UnsupportedPattern(`${name} with this argument at ${path}`);
  return argument;
}

/** The test for a prefix or suffix: a text, or `{ "equals-ignore-case": text }`. */
function edge(name: string, argument: unknown, path: string, holds: (value: string, text: string) => boolean): Test {
  if (!isObject(argument) || Object.keys(argument).join() !== 'equals-ignore-case') {
    const text = textOf(name, argument, path);
    return (value) => holds(value, text);
  }
  const text = textOf(name, argument['equals-ignore-case'], path).toLowerCase();
  return (value) => holds(value.toLowerCase(), text);
}

/**
 * The test for a wildcard: `*` stands for any number of characters, `\*` and `\\` for themselves. Two `*` in a row are refused, as on AWS.
 */
function wildcard(text: string, path: string): (value: string) => boolean {
  if (/(^|[^\\])\*\*/.test(text)) throw new UnsupportedPattern(`two * in a row at ${path}`);
  const source = text.replace(/\\\\|\\\*|\*|[\s\S]/gu, (part) => {
    if (part === '*') return '[\\s\\S]*';
    return (part.length > 1 && part.startsWith('\\') ? part.slice(1) : part).replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  });
  const expression = new RegExp(`^${source}$`, 'u');
  return (value) => expression.test(value);
}

function numeric(argument: unknown, path: string): Matcher {
  if (!Array.isArray(argument) || argument.length === 0 || argument.length % 2 !== 0 || argument.length > 4)
    throw new UnsupportedPattern(`numeric at ${path}`);
  checkBounds(argument, path);
  const tests: ((value: number) => boolean)[] = [];
  for (let i = 0; i < argument.length; i += 2) {
    const bound: unknown = argument[i + 1];
    if (typeof bound !== 'number') throw new UnsupportedPattern(`numeric without a number at ${path}`);
    const test = {
      '=': (value: number) => value === bound,
      '<': (value: number) => value < bound,
      '<=': (value: number) => value <= bound,
      '>': (value: number) => value > bound,
      '>=': (value: number) => value >= bound,
    }[String(argument[i])];
    if (test === undefined) throw new UnsupportedPattern(`numeric ${argument[i]} at ${path}`);
    tests.push(test);
  }
  return (values) => values.some((value) => typeof value === 'number' && tests.every((test) => test(value)));
}

/**
 * Checks a range: a lower bound, an upper one, or a lower and then an upper one that is larger; `=` stands alone.
 * @throws RefusedPattern for any other
 */
function checkBounds([operator, bottom, second, top]: readonly unknown[], path: string): void {
  if (second === undefined) return;
  const isLower = operator === '>' || operator === '>=';
  if (!isLower || (second !== '<' && second !== '<='))
    throw new RefusedPattern(`numeric ${operator} before ${second} at ${path}`);
  if (typeof bottom === 'number' && typeof top === 'number' && bottom >= top)
    throw new RefusedPattern(`numeric from ${bottom} to ${top} at ${path}`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
