import { describe, expect, it } from 'vitest';
import { CommandError, choice, instant, readOptions, scaleOf, wholeNumber } from '../../lib/commands/command-line.ts';

describe('the options of a command', () => {
  const read = (...args: string[]) =>
    readOptions(args, { stage: { type: 'string' }, only: { type: 'string', multiple: true } });

  it('are read by name, in any order, which is told', () => {
    expect(read()).toEqual({ positionals: [], order: [] });
    expect(read('--only', 'a', '--stage=dev', '--only', 'b')).toEqual({
      stage: 'dev',
      only: ['a', 'b'],
      positionals: [],
      order: [
        { option: 'only', value: 'a' },
        { option: 'stage', value: 'dev' },
        { option: 'only', value: 'b' },
      ],
    });
  });

  it('have words between them where the command takes any', () => {
    expect(readOptions(['a', '--json', 'b', 'c'], { json: { type: 'string' } }, true)).toEqual({
      json: 'b',
      positionals: ['a', 'c'],
      order: [{ option: 'json', value: 'b' }],
    });
  });

  it.each([[['--help']], [['-h']], [['--stage', 'dev', '--help']], [['--stag', '-h', 'dev']]])(
    'ask for help as %j',
    (args) => {
      expect(read(...args)).toBe('help');
    },
  );

  it.each([
    ['an unknown option', ['--stag', 'dev'], "Unknown option '--stag'; see --help"],
    ['a missing value', ['--stage'], "Option '--stage <value>' argument missing; see --help"],
    ['a value for help', ['--help=yes'], "Option '-h, --help' does not take an argument; see --help"],
    ['an option twice', ['--stage', 'dev', '--stage', 'test'], '--stage may be given only once; see --help'],
    [
      "an option's name for its value",
      ['--stage', '--only', 'a'],
      "Option '--stage' needs a value (after a = where it begins with a dash); see --help",
    ],
    ['a stray word', ['dev'], "Unexpected argument 'dev'. This command does not take positional arguments; see --help"],
  ])('are refused with %s', (_, args, message) => {
    expect(() => read(...args)).toThrow(new CommandError(message));
  });
});

describe('a whole number', () => {
  it('is one from the least to the most, and the default where none is given', () => {
    expect(wholeNumber('jobs', undefined, 2, 1, 16)).toBe(2);
    expect(wholeNumber('jobs', '1', 2, 1, 16)).toBe(1);
    expect(wholeNumber('jobs', '16', 2, 1, 16)).toBe(16);
    expect(wholeNumber('seed', '9007199254740991', 1, 0)).toBe(Number.MAX_SAFE_INTEGER);
  });

  it.each(['0', '17', '-1', '1.5', '1e1', ' 2', 'two', ''])('is not %j', (text) => {
    expect(() => wholeNumber('jobs', text, 2, 1, 16)).toThrow(
      new CommandError(`--jobs ${text}: must be a whole number from 1 to 16`),
    );
  });

  it('is none that is no longer exact', () => {
    expect(() => wholeNumber('seed', '9007199254740993', 1, 0)).toThrow(
      new CommandError('--seed 9007199254740993: must be a whole number from 0 on'),
    );
  });
});

describe('a scale', () => {
  it.each([
    ['10', 10],
    ['0.001', 0.001],
    ['.5', 0.5],
    ['1.', 1],
  ])('is %s', (text, scale) => {
    expect(scaleOf('scale', text)).toBe(scale);
  });

  it('is undefined where none is given', () => {
    expect(scaleOf('scale', undefined)).toBeUndefined();
  });

  it.each(['0', '0.0', '10.1', '-1', '1e-2', '.', ''])('is not %j', (text) => {
    expect(() => scaleOf('from', text)).toThrow(
      new CommandError(`--from ${text}: must be a number above 0, at most 10`),
    );
  });
});

describe('a choice', () => {
  it('is one of its values, and the default where none is given', () => {
    expect(choice('ladder', undefined, ['flagged', 'normal'], 'flagged')).toBe('flagged');
    expect(choice('ladder', 'normal', ['flagged', 'normal'], 'flagged')).toBe('normal');
    expect(() => choice('ladder', 'steep', ['flagged', 'normal'], 'flagged')).toThrow(
      new CommandError('--ladder steep: must be flagged or normal'),
    );
  });
});

describe('an instant', () => {
  it('is one in UTC and whole seconds', () => {
    // 20,605 days after 1970-01-01: 56 years, 14 of them with a leap day, and 151 days to the first of June.
    expect(instant('start', '2026-06-01T00:00:01Z')).toBe(20_605 * 86_400_000 + 1000);
    expect(instant('start', '2024-02-29T00:00:00Z')).toBe(19_782 * 86_400_000);
  });

  it.each([
    '2026-06-01',
    '2026-06-01T00:00:00',
    '2026-06-01T00:00:00.000Z',
    '2026-06-01T00:00:00+05:30',
    '2026-06-01T24:00:00Z',
    '2026-02-30T00:00:00Z',
    '2026-02-29T00:00:00Z',
    'now',
    '',
  ])('is not %j', (text) => {
    expect(() => instant('start', text)).toThrow(
      new CommandError(`--start ${text}: must be an instant in UTC and whole seconds, such as 2026-06-01T00:00:00Z`),
    );
  });
});
