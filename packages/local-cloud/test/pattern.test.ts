import { describe, expect, it } from 'vitest';
import { compilePattern, UnsupportedPattern } from '../src/events/pattern.ts';

/** Whether `{ "a": [expected] }` matches an event whose `a` is `value`. */
const matches = (expected: unknown, value: unknown): boolean => compilePattern({ a: [expected] })({ a: value });

describe('one matcher of an event pattern', () => {
  it.each<[name: string, expected: unknown, yes: unknown[], no: unknown[]]>([
    ['a text', 'x', ['x', ['w', 'x']], ['X', 'xx', '', null, 1, ['w']]],
    ['a number', 5, [5, [4, 5]], ['5', 6]],
    ['true', true, [true], [false, 'true', 1]],
    ['null', null, [null, [null]], ['null', '', 0]],
    ['prefix', { prefix: 'ab' }, ['ab', 'abc', ['x', 'abx']], ['Abc', 'xab', 5]],
    ['prefix, ignoring case', { prefix: { 'equals-ignore-case': 'aB' } }, ['ABC', 'abc'], ['bab']],
    ['suffix', { suffix: '.csv' }, ['.csv', 'x.csv'], ['x.CSV', 'x.csv.gz']],
    ['suffix, ignoring case', { suffix: { 'equals-ignore-case': '.CsV' } }, ['x.csv', 'x.CSV'], ['x.cs']],
    ['equals-ignore-case', { 'equals-ignore-case': 'Jio' }, ['jio', 'JIO'], ['jio ', 'jioo']],
    [
      'wildcard',
      { wildcard: 'reports/*/*.csv' },
      ['reports/mha/r.csv', 'reports/a/b/c.csv', 'reports//.csv'],
      ['reports/r.csv', 'reports/mha/r.csvx', 'xreports/mha/r.csv'],
    ],
    ['wildcard over line ends', { wildcard: 'a*b' }, ['a\nb', 'ab'], ['a\n']],
    [
      'wildcard with the signs of expressions',
      { wildcard: 'a-b.[c]+(d)|/^$?{}*' },
      ['a-b.[c]+(d)|/^$?{}', 'a-b.[c]+(d)|/^$?{}z'],
      ['a-bx[c]+(d)|/^$?{}', 'a_b.[c]+(d)|/^$?{}'],
    ],
    ['wildcard with an escaped *', { wildcard: '1\\*2\\\\*' }, ['1*2\\', '1*2\\x'], ['1x2\\', '1*2']],
    ['exists', { exists: true }, ['', 0, null, []], []],
    ['numeric =', { numeric: ['=', 5] }, [5, 5.0], [4.9, '5']],
    ['numeric range', { numeric: ['>', 0, '<=', 5] }, [0.1, 5, [9, 3]], [0, 5.1, '3']],
    ['numeric >= and <', { numeric: ['>=', -1, '<', 1] }, [-1, 0], [1, -1.1]],
    ['anything-but', { 'anything-but': 'x' }, ['y', '', null, ['x', 'y']], ['x', ['x'], []]],
    ['anything-but a list', { 'anything-but': ['x', 'z'] }, ['y', 5], ['x', 'z']],
    ['anything-but numbers', { 'anything-but': [1, 5] }, ['5', 6], [1, 5]],
    ['anything-but a prefix', { 'anything-but': { prefix: 'a' } }, ['b', 5], ['abc']],
    ['anything-but suffixes', { 'anything-but': { suffix: ['.csv', '.txt'] } }, ['a.gz'], ['a.csv', 'a.txt']],
    ['anything-but a wildcard', { 'anything-but': { wildcard: 'a*z' } }, ['az1'], ['az', 'abz']],
    [
      'anything-but, ignoring case',
      { 'anything-but': { 'equals-ignore-case': ['Up', 'DOWN'] } },
      ['over'],
      ['UP', 'down'],
    ],
  ])('%s', (_name, expected, yes, no) => {
    for (const value of yes) expect([value, matches(expected, value)]).toEqual([value, true]);
    for (const value of no) expect([value, matches(expected, value)]).toEqual([value, false]);
  });

  it('exists: false matches only where the field is missing, also with what holds it', () => {
    const matching = compilePattern({ detail: { error: [{ exists: false }] } });
    expect(matching({ detail: {} })).toBe(true);
    expect(matching({})).toBe(true);
    expect(matching({ detail: { error: null } })).toBe(false);
  });

  it('anything-but needs a value', () => {
    expect(compilePattern({ a: [{ 'anything-but': 'x' }] })({})).toBe(false);
  });
});

describe('a whole event pattern', () => {
  const upload = {
    source: 'aws.s3',
    detail: { bucket: { name: 'inbox' }, object: { key: 'reports/mha/r.csv', size: 5 } },
    resources: ['one', 'two'],
    parts: [{ n: 1 }, { n: 2 }],
  };

  it('joins its fields by and, the alternatives of a list by or', () => {
    const pattern = {
      source: ['aws.s3', 'aws.states'],
      detail: { bucket: { name: ['inbox'] }, object: { key: [{ prefix: 'usage/' }, { prefix: 'reports/' }] } },
    };
    expect(compilePattern(pattern)(upload)).toBe(true);
    expect(compilePattern({ ...pattern, source: ['aws.states'] })(upload)).toBe(false);
    expect(compilePattern({ ...pattern, detail: { bucket: { name: ['outbox'] } } })(upload)).toBe(false);
  });

  it('finds one element of a list, and one object of a list of objects', () => {
    expect(compilePattern({ resources: ['two'] })(upload)).toBe(true);
    expect(compilePattern({ resources: ['three'] })(upload)).toBe(false);
    expect(compilePattern({ parts: { n: [2] } })(upload)).toBe(true);
    expect(compilePattern({ parts: { n: [3] } })(upload)).toBe(false);
  });

  it('joins the alternatives of $or by or, and what stands beside it by and', () => {
    const either = [{ detail: { object: { size: [{ numeric: ['>', 100] }] } } }, { resources: ['two'] }];
    expect(compilePattern({ source: ['aws.s3'], $or: either })(upload)).toBe(true);
    expect(compilePattern({ source: ['aws.sns'], $or: either })(upload)).toBe(false);
    expect(compilePattern({ $or: [either[0], { source: ['aws.sns'] }] })(upload)).toBe(false);
  });

  it('does not match what is no object', () => {
    expect(compilePattern({ a: ['x'] })('x')).toBe(false);
    expect(compilePattern({ a: { b: ['x'] } })({ a: 'x' })).toBe(false);
  });
});

describe('what a pattern may not hold is an error that names it', () => {
  it.each<[what: string, pattern: unknown]>([
    ['cidr at detail.ip', { detail: { ip: [{ cidr: '10.0.0.0/24' }] } }],
    ['toString at a', { a: [{ toString: 'x' }] }],
    ['cidr at a', { a: [{ 'anything-but': { cidr: '10.0.0.0/24' } }] }],
    ['exists with this argument at a', { a: [{ exists: 'true' }] }],
    ['prefix with this argument at a', { a: [{ prefix: 5 }] }],
    ['wildcard with this argument at a', { a: [{ wildcard: { 'equals-ignore-case': 'x*' } }] }],
    ['two * in a row at a', { a: [{ wildcard: 'x**' }] }],
    ['numeric at a', { a: [{ numeric: [] }] }],
    ['numeric at a', { a: [{ numeric: ['>'] }] }],
    ['numeric without a number at a', { a: [{ numeric: ['>', '5'] }] }],
    ['numeric != at a', { a: [{ numeric: ['!=', 5] }] }],
    ['several matchers in one object at a', { a: [{ prefix: 'x', suffix: 'y' }] }],
    ['a value outside a list at a', { a: 'x' }],
    ['an empty list at a', { a: [] }],
    ['an empty object at detail', { detail: {} }],
    ['an empty object at the top', {}],
    ['$or without a list', { $or: { a: ['x'] } }],
    ['an alternative of $or that is no object', { $or: ['x', 'y'] }],
    ['a pattern that is no object', undefined],
    ['a pattern that is no object', ['x']],
  ])('%s', (what, pattern) => {
    expect(() => compilePattern(pattern)).toThrow(UnsupportedPattern);
    expect(() => compilePattern(pattern)).toThrow(`event pattern: ${what} is not implemented`);
  });
});

// aws/event-ruler, JsonRuleCompiler: each of these ends in `barf(…)`, and in an InvalidEventPatternException of PutRule.
describe('what AWS’s compiler of patterns refuses is refused', () => {
  const but = (argument: unknown) => ({ a: [{ 'anything-but': argument }] });
  it.each<[what: string, pattern: unknown]>([
    ['anything-but of what is no text and no number at a', but([{ prefix: 'x' }])],
    ['anything-but of what is no text and no number at a', but(['x', { prefix: 'y' }])],
    ['anything-but of what is no text and no number at a', but(true)],
    ['anything-but of what is no text and no number at a', but(null)],
    ['anything-but of what is no text and no number at a', but([null])],
    ['anything-but of what is no text and no number at a', but([['x']])],
    ['anything-but of nothing, or of texts beside numbers, at a', but([])],
    ['anything-but of nothing, or of texts beside numbers, at a', but(['x', 1])],
    ['anything-but of an empty list of prefix at a', but({ prefix: [] })],
    ['anything-but of an empty prefix at a', but({ prefix: '' })],
    ['anything-but of an empty suffix at a', but({ suffix: ['x', ''] })],
    ['anything-but of several matchers at a', but({ prefix: 'x', suffix: 'y' })],
    ['anything-but of prefix with this argument at a', but({ prefix: { 'equals-ignore-case': 'x' } })],
    ['$or of less than two objects', { $or: [{ a: ['x'] }] }],
    ['$or of less than two objects', { b: { $or: [] } }],
    ['numeric < before > at a', { a: [{ numeric: ['<', 5, '>', 1] }] }],
    ['numeric > before >= at a', { a: [{ numeric: ['>', 1, '>=', 2] }] }],
    ['numeric = before < at a', { a: [{ numeric: ['=', 1, '<', 2] }] }],
    ['numeric from 5 to 5 at a', { a: [{ numeric: ['>=', 5, '<=', 5] }] }],
    ['numeric from 5 to 1 at a', { a: [{ numeric: ['>', 5, '<', 1] }] }],
  ])('%s', (what, pattern) => {
    expect(() => compilePattern(pattern)).toThrow(`event pattern: ${what} is refused by AWS`);
  });

  it('numeric of more than two bounds', () => {
    expect(() => compilePattern({ a: [{ numeric: ['>', 1, '<', 5, '<', 9] }] })).toThrow('numeric at a');
  });
});
