import { describe, expect, it } from 'vitest';
import { parseAuditArguments } from '../../lib/audit/arguments.ts';
import { CommandError } from '../../lib/command-line.ts';

const parse = (...args: string[]) => parseAuditArguments(args, '/where');

describe('the command line of the audit', () => {
  it('follows all chains of the folder out, unless it says otherwise', () => {
    expect(parse()).toEqual({ batches: [], from: { folder: '/where/out' } });
    expect(parse('--in', 'runs/1', '--batch', 'mha-0123456789ab', '--batch', 'up-police-0123456789ab')).toEqual({
      batches: ['mha-0123456789ab', 'up-police-0123456789ab'],
      from: { folder: '/where/runs/1' },
    });
    expect(parse('--bucket', 'prod-audit')).toEqual({ batches: [], from: { bucket: 'prod-audit' } });
    expect(parse('--help')).toBe('help');
  });

  it.each([
    ['an option that there is not', ['--bach', 'x'], "Unknown option '--bach'; see --help"],
    ['both places', ['--in', 'out', '--bucket', 'b'], '--in and --bucket exclude each other'],
    ['what is no id of a batch', ['--batch', '../out'], "--batch ../out is no batch's id"],
  ])('is refused with %s', (_, args, message) => {
    expect(() => parse(...args)).toThrow(new CommandError(message));
  });
});
