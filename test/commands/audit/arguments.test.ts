import { describe, expect, it } from 'vitest';
import { parseAuditArguments } from '../../../lib/commands/audit/arguments.ts';
import { CommandError } from '../../../lib/commands/command-line.ts';

const parse = (...args: string[]) => parseAuditArguments(args, '/where');

describe('the command line of the audit', () => {
  it('follows all chains of the folder out, unless it says otherwise', () => {
    expect(parse()).toEqual({ batches: [], heads: [], from: { folder: '/where/out' }, json: false });
    expect(parse('--in', 'runs/1', '--batch', 'mha-0123456789ab', '--batch', 'up-police-0123456789ab')).toEqual({
      batches: ['mha-0123456789ab', 'up-police-0123456789ab'],
      heads: [],
      from: { folder: '/where/runs/1' },
      json: false,
    });
    const head = 'ab'.repeat(32);
    expect(parse('--bucket', 'prod-audit', '--head', head, '--json')).toEqual({
      batches: [],
      heads: [head],
      from: { bucket: 'prod-audit' },
      json: true,
    });
    expect(parse('--bucket', 'prod-audit', '--outbox', 'prod-outbox')).toMatchObject({
      from: { bucket: 'prod-audit', outbox: 'prod-outbox' },
    });
    expect(parse('--help')).toBe('help');
  });

  it.each([
    ['an option that there is not', ['--bach', 'x'], "Unknown option '--bach'; see --help"],
    ['both places', ['--in', 'out', '--bucket', 'b'], '--in and --bucket exclude each other'],
    ['an outbox beside a folder', ['--outbox', 'o'], '--outbox goes with --bucket: a folder has its outbox in it'],
    ['what is no head', ['--head', 'AB'], '--head AB is no head: it has 64 of the characters 0-9 and a-f'],
    ['what is no id of a batch', ['--batch', '../out'], "--batch ../out is no batch's id"],
  ])('is refused with %s', (_, args, message) => {
    expect(() => parse(...args)).toThrow(new CommandError(message));
  });
});
