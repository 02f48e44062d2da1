import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { CommandError } from '../../lib/commands/command-line.ts';
import { type CostSettings, costSettings, HELP } from './cost-arguments.ts';

const settings = (...argv: string[]): Partial<CostSettings> => {
  const read = costSettings(argv, '/here');
  if (read === 'help') throw new Error('help');
  return read;
};

describe('npm run cost', () => {
  it('prices the event in Mumbai from a small run when nothing is given', () => {
    expect(settings()).toEqual({
      region: 'ap-south-1',
      moved: false,
      scale: 1,
      sizes: [0.01],
      files: [],
      json: undefined,
    });
    expect(settings('--moved')).toMatchObject({ moved: true, scale: 1, sizes: [0.01] });
  });

  it('runs a size that is asked for, and the small one beside it to tell how far that is off', () => {
    expect(settings('--scale', '1')).toMatchObject({ scale: 1, sizes: [0.01, 1] });
    expect(settings('--scale=0.005')).toMatchObject({ scale: 0.005, sizes: [0.005] });
  });

  it('runs only the smaller size that is named, and nothing that a file has', () => {
    expect(settings('--scale', '1', '--from', '0.05')).toMatchObject({ scale: 1, sizes: [0.05] });
    expect(settings('--from', '0.05')).toMatchObject({ scale: 1, sizes: [0.05] });
    expect(settings('--run', 'a.json', '--run', '/b.json')).toMatchObject({
      sizes: [],
      files: ['/here/a.json', '/b.json'],
    });
    expect(settings('--run', 'a.json', '--from', '0.01')).toMatchObject({ sizes: [0.01], files: ['/here/a.json'] });
  });

  it('takes a region and a place for the figures', () => {
    expect(settings('--region', 'us-east-1', '--json', 'c.json')).toMatchObject({
      region: 'us-east-1',
      json: '/here/c.json',
    });
  });

  it('explains every option', () => {
    expect(costSettings(['--scale', '1', '--help'], '/')).toBe('help');
    for (const option of ['--scale', '--from', '--moved', '--run', '--region', '--json', '--help'])
      expect(HELP).toContain(`  ${option}`);
  });

  it.each([
    [['--scale', '0'], '--scale 0: must be a number above 0, at most 10'],
    [['--scale', '0.02', '--from', '0.1'], "--from 0.1: must be smaller than the batch's own size, 0.02"],
    [['--sclae', '1'], "Unknown option '--sclae'"],
    [['1'], "Unexpected argument '1'"],
    [['--json'], "Option '--json <value>' argument missing"],
  ])('refuses %j', (argv, message) => {
    expect(() => settings(...argv)).toThrow(CommandError);
    expect(() => settings(...argv)).toThrow(message);
  });

  it('ends with 2 and the reason on standard error where it can’t be carried out', async () => {
    const command = fileURLToPath(new URL('./cost.ts', import.meta.url));
    const ended = await new Promise((resolve) => {
      execFile(process.execPath, [command, '--region', 'mars-1'], (error, out, err) =>
        resolve([error?.code, out, err]),
      );
    });
    expect(ended).toEqual([2, '', '--region mars-1: there are prices only for ap-south-1, us-east-1\n']);
  });
});
