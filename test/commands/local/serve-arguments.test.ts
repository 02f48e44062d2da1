import { describe, expect, it } from 'vitest';
import { CommandError } from '../../../lib/commands/command-line.ts';
import {
  parseServeArguments,
  parseTyped,
  SERVE_HELP,
  TYPED_HELP,
} from '../../../lib/commands/local/serve-arguments.ts';

const NOW = Date.parse('2026-06-01T12:00:00Z') + 789;
const parse = (...args: string[]) => parseServeArguments(args, NOW);

describe('the command line of the server', () => {
  it('runs ten minutes a second from now, in whole seconds, on any free port, when nothing is given', () => {
    expect(parse()).toEqual({
      speed: 600,
      start: Date.parse('2026-06-01T12:00:00Z'),
      stage: 'dev',
      port: 0,
      consolePort: 0,
      ladder: 'flagged',
      approvals: 'auto',
    });
  });

  it('takes values after a space and after an equals sign', () => {
    expect(
      parse(
        '--speed=86400',
        '--start',
        '2026-05-01T00:00:00Z',
        '--stage=prod',
        '--port',
        '4510',
        '--console=4511',
        '--ladder=normal',
        '--approvals',
        'none',
      ),
    ).toEqual({
      speed: 86_400,
      start: Date.parse('2026-05-01T00:00:00Z'),
      stage: 'prod',
      port: 4510,
      consolePort: 4511,
      ladder: 'normal',
      approvals: 'none',
    });
    expect(parse('--speed', '0.5')).toMatchObject({ speed: 0.5 });
  });

  it('puts the rights of the policies in force where --enforce stands, which takes no value', () => {
    expect(parse('--enforce', '--port', '4510')).toMatchObject({ enforce: true, port: 4510 });
    expect(parse('--port', '4510')).not.toHaveProperty('enforce');
    expect(() => parse('--enforce=yes')).toThrow("Option '--enforce' does not take an argument");
  });

  it('asks for help wherever it stands, and the help names every option', () => {
    expect(parse('--speed', '5', '--help')).toBe('help');
    expect(parse('-h')).toBe('help');
    for (const option of [
      '--speed',
      '--start',
      '--stage',
      '--ladder',
      '--approvals',
      '--port',
      '--console',
      '--enforce',
      '--help',
    ])
      expect(SERVE_HELP).toContain(option);
  });

  it.each<[message: string, args: string[]]>([
    ["Unknown option '--fast'; see --help", ['--fast']],
    ["Unexpected argument '86400'. This command does not take positional arguments; see --help", ['86400']],
    ["Unknown option '--speed5'; see --help", ['--speed5']],
    ['--speed may be given only once; see --help', ['--speed', '1', '--speed=2']],
    ["Option '--speed <value>' argument missing; see --help", ['--speed']],
    ['--speed : must be a number from 0.001 to 1000000', ['--speed=']],
    ["Option '--speed' needs a value (after a = where it begins with a dash); see --help", ['--speed', '--port', '5']],
    ['--speed 0: must be a number from 0.001 to 1000000', ['--speed', '0']],
    ['--speed 1000001: must be a number from 0.001 to 1000000', ['--speed', '1000001']],
    ['--speed -1: must be a number from 0.001 to 1000000', ['--speed=-1']],
    ['--speed 1e3: must be a number from 0.001 to 1000000', ['--speed', '1e3']],
    ['--speed fast: must be a number from 0.001 to 1000000', ['--speed', 'fast']],
    ['--port 65536: must be a whole number from 0 to 65535', ['--port', '65536']],
    ['--port 45.5: must be a whole number from 0 to 65535', ['--port', '45.5']],
    [
      '--start 2026-06-01: must be an instant in UTC and whole seconds, such as 2026-06-01T00:00:00Z',
      ['--start', '2026-06-01'],
    ],
    [
      '--start 2026-02-30T00:00:00Z: must be an instant in UTC and whole seconds, such as 2026-06-01T00:00:00Z',
      ['--start', '2026-02-30T00:00:00Z'],
    ],
    [
      '--start 2026-06-01T24:00:00Z: must be an instant in UTC and whole seconds, such as 2026-06-01T00:00:00Z',
      ['--start', '2026-06-01T24:00:00Z'],
    ],
    [
      '--start 2026-06-01T00:00:00.000Z: must be an instant in UTC and whole seconds, such as 2026-06-01T00:00:00Z',
      ['--start', '2026-06-01T00:00:00.000Z'],
    ],
    ['--ladder steep: must be flagged or normal', ['--ladder', 'steep']],
  ])('%s', (message, args) => {
    expect(() => parse(...args)).toThrow(CommandError);
    expect(() => parse(...args)).toThrow(message);
  });
});

describe('what is typed while the server runs', () => {
  it.each([
    ['advance 5d', { kind: 'advance', milliseconds: 432_000_000 }],
    ['  Advance   90m ', { kind: 'advance', milliseconds: 5_400_000 }],
    ['advance 1s', { kind: 'advance', milliseconds: 1000 }],
    ['advance 12h', { kind: 'advance', milliseconds: 43_200_000 }],
    ['pause', { kind: 'pause' }],
    ['resume', { kind: 'resume' }],
    ['help', { kind: 'help' }],
    ['', undefined],
  ])('%j is understood', (line, typed) => {
    expect(parseTyped(line)).toEqual(typed);
  });

  it.each(['advance', 'advance 5', 'advance 0d', 'advance -1d', 'advance 3651d', 'advance 5w'])(
    '%j lacks a time that is one',
    (line) => {
      expect(() => parseTyped(line)).toThrow('advance needs a time such as 30m, 12h or 5d, at most 3650d');
    },
  );

  it.each(['stop', 'pause now', 'resume 5d', 'advance 5d now'])(
    '%j is none, and those that there are are told',
    (line) => {
      expect(() => parseTyped(line)).toThrow(CommandError);
      expect(() => parseTyped(line)).toThrow(TYPED_HELP);
    },
  );
});
