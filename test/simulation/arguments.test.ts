import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CommandError } from '../../lib/commands/command-line.ts';
import { parseArguments, type RunSettings } from '../../simulation/arguments.ts';

const NOW = Date.UTC(2026, 5, 1, 12, 0, 0) + 789;
const NAMES = ['r.csv', 'second.csv', 'a.csv', 'j.csv', 'r1.csv', 'a=b@c.csv', 'x@2d', `+ %20 '"सूची.csv`, '-dash.csv'];
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'arguments-'));
  for (const name of NAMES) writeFileSync(join(folder, name), 'imei\n');
  mkdirSync(join(folder, 'sub'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const parse = (...argv: string[]) =>
  parseArguments(argv, { folder, now: NOW, agencies: ['mha', 'up-police'], operators: ['airtel', 'jio'] });
const settings = (...argv: string[]): RunSettings => {
  const parsed = parse(...argv);
  if (parsed === 'help') throw new Error('help');
  return parsed;
};
const files = (...argv: string[]) => {
  const { material } = settings(...argv);
  if (material.kind !== 'files') throw new Error('not files');
  return material;
};
const REPORT = ['--report', 'r.csv', '--agency', 'mha'];

describe('the command line', () => {
  it('runs the sample at 1 % with mixed operators on the flagged ladder when nothing is given', () => {
    expect(settings()).toEqual({
      material: { kind: 'sample', scale: 0.01 },
      operators: 'mixed',
      ladder: 'flagged',
      approvals: 'auto',
      start: Date.UTC(2026, 5, 1, 12, 0, 0),
      seed: 1,
      out: join(folder, 'out'),
    });
  });

  it('puts the rights of the policies in force where --enforce stands, which takes no value and stands once', () => {
    expect(settings('--enforce', '--scale', '0.1')).toMatchObject({ enforce: true, material: { scale: 0.1 } });
    expect(settings('--scale', '0.1')).not.toHaveProperty('enforce');
    expect(() => settings('--enforce=yes')).toThrow("Option '--enforce' does not take an argument");
    expect(() => settings('--enforce', '--enforce')).toThrow('--enforce may be given only once');
  });

  it('keeps operators silent by default when the files are the own ones', () => {
    expect(settings(...REPORT).operators).toBe('silent');
    expect(settings(...REPORT, '--operators', 'prompt').operators).toBe('prompt');
  });

  it('takes values after a space and after an equals sign', () => {
    expect(settings('--scale=0.1', '--seed', '7', '--ladder=normal', '--start=2026-06-01T00:00:00Z')).toMatchObject({
      material: { scale: 0.1 },
      seed: 7,
      ladder: 'normal',
      start: Date.UTC(2026, 5, 1),
    });
    expect(files('--report=-dash.csv', '--agency=mha').uploads[0]).toMatchObject({ name: '-dash.csv' });
  });

  it('gives each report its own agency, in order, and its age', () => {
    const { uploads } = files(
      '--report',
      'r.csv',
      '--report',
      'second.csv@3d',
      '--agency',
      'mha',
      '--agency',
      'up-police',
    );
    expect(uploads).toEqual([
      { kind: 'report', agency: 'mha', name: 'r.csv', path: join(folder, 'r.csv'), age: 0 },
      {
        kind: 'report',
        agency: 'up-police',
        name: 'second.csv',
        path: join(folder, 'second.csv'),
        age: 3 * 86_400_000,
      },
    ]);
  });

  it.each([
    ['r.csv@45s', 45_000],
    ['r.csv@2m', 120_000],
    ['r.csv@36h', 129_600_000],
    ['r.csv@0d', 0],
  ])('reads the age of %s', (argument, age) => {
    expect(files('--report', argument, '--agency', 'mha').uploads[0]).toMatchObject({ name: 'r.csv', age });
  });

  it('takes only the last @ with digits and a unit as an age, and only the first = as the operator’s', () => {
    expect(files('--report', 'x@2d@1h', '--agency', 'mha').uploads[0]).toMatchObject({ name: 'x@2d', age: 3_600_000 });
    const { usage, uploads } = files(...REPORT, '--usage', 'jio=a=b@c.csv', '--respond', 'jio=a=b@c.csv@2d');
    expect(usage).toEqual([{ operator: 'jio', name: 'a=b@c.csv', path: join(folder, 'a=b@c.csv') }]);
    expect(uploads[1]).toMatchObject({ operator: 'jio', name: 'a=b@c.csv', age: 2 * 86_400_000 });
  });

  it('keeps an @ in a usage file’s path, since usage has no age', () => {
    expect(files(...REPORT, '--usage', 'jio=x@2d').usage[0]?.name).toBe('x@2d');
  });

  it('keeps every character of a file’s name', () => {
    expect(files('--report', `+ %20 '"सूची.csv`, '--agency', 'mha').uploads[0]?.name).toBe(`+ %20 '"सूची.csv`);
  });

  it('keeps reports and responses in the order given, which is that of uploads at the same age', () => {
    const upload = ['--upload', 'usage/jio/late.csv=j.csv'];
    const { uploads } = files('--respond', 'jio=r1.csv', ...upload, ...REPORT, '--respond', 'airtel=r1.csv');
    expect(uploads.map(({ kind }) => kind)).toEqual(['response', 'upload', 'report', 'response']);
  });

  it('takes any other file under its whole key, also beside the sample', () => {
    const argument = 'exemptions/approver-1/june+@1d.csv=a=b@c.csv@2d';
    const upload = {
      kind: 'upload',
      key: 'exemptions/approver-1/june+@1d.csv',
      name: 'a=b@c.csv',
      path: join(folder, 'a=b@c.csv'),
      age: 2 * 86_400_000,
    };
    expect(files(...REPORT, '--upload', argument).uploads[1]).toEqual(upload);
    expect(settings('--upload', argument, '--upload', 'nowhere=r.csv').material).toEqual({
      kind: 'sample',
      scale: 0.01,
      uploads: [upload, { kind: 'upload', key: 'nowhere', name: 'r.csv', path: join(folder, 'r.csv'), age: 0 }],
    });
  });

  it('shows its help whatever else is asked for', () => {
    expect(parse('--help')).toBe('help');
    expect(parse('--scale', '0', '--help')).toBe('help');
  });

  it.each<[string, string[], RegExp]>([
    ['an unknown option', ['--frobnicate'], /--frobnicate/],
    ['an unknown option with a value', ['--reports=r.csv'], /--reports/],
    ['a stray word', ['sample'], /Unexpected argument 'sample'/],
    ['a stray word after --', ['--', 'sample'], /Unexpected argument 'sample'/],
    ['a value for help', ['--help=yes'], /--help' does not take an argument/],
    ['a missing value at the end', ['--scale'], /--scale <value>' argument missing/],
    ['a missing value before an option', ['--report', '--agency', 'mha'], /--report' needs a value/],
    ['a single option given twice', ['--seed', '1', '--seed', '1'], /--seed may be given only once/],
    ['--scale with --report', ['--scale', '1', ...REPORT], /--scale .* contradicts --report/],
    ['--usage without --report', ['--usage', 'jio=j.csv'], /--usage needs a --report/],
    ['--respond without --report', ['--respond', 'jio=j.csv'], /--respond needs a --report/],
    ['--agency without --report', ['--agency', 'mha'], /--agency needs a --report/],
    ['more reports than agencies', ['--report', 'r.csv', ...REPORT], /2 --report and 1 --agency/],
    ['more agencies than reports', [...REPORT, '--agency', 'mha'], /1 --report and 2 --agency/],
    ['an agency that is not configured', ['--report', 'r.csv', '--agency', 'cbi'], /--agency cbi: not configured/],
    ['usage of an unknown operator', [...REPORT, '--usage', 'tata=j.csv'], /--usage tata=j.csv: .*'tata'/],
    ['a response of an unknown operator', [...REPORT, '--respond', 'tata=j.csv@1d'], /--respond tata=.*'tata'/],
    ['usage without an operator', [...REPORT, '--usage', 'j.csv'], /--usage j.csv: must be OPERATOR=PATH/],
    ['usage with an empty operator', [...REPORT, '--usage', '=j.csv'], /--usage =j.csv: must be OPERATOR=PATH/],
    ['usage without a path', [...REPORT, '--usage', 'jio='], /--usage jio=: the path is missing/],
    ['an upload without a key', ['--upload', '=j.csv'], /--upload =j.csv: must be KEY=PATH/],
    ['an upload under a key that S3 takes from nobody', ['--upload', `${'ü'.repeat(513)}=j.csv`], /at most 1024 bytes/],
    ['an age without a path', ['--report', '@3d', '--agency', 'mha'], /--report @3d: the path is missing/],
    ['a file that does not exist', ['--report', 'no.csv', '--agency', 'mha'], /--report no.csv: .*doesn't exist/],
    ['an age without a unit, which belongs to the path', ['--report', 'r.csv@3', '--agency', 'mha'], /doesn't exist/],
    ['a folder', ['--report', 'sub', '--agency', 'mha'], /--report sub: .*is a folder/],
    ['an age of centuries', ['--report', 'r.csv@99999d', '--agency', 'mha'], /--report r.csv@99999d: an age/],
    ['a scale of nothing', ['--scale', '0'], /--scale 0/],
    ['a scale that is no number', ['--scale', '1e-2x'], /--scale 1e-2x/],
    ['a negative scale', ['--scale=-1'], /--scale -1/],
    ['a scale beyond reason', ['--scale', '1000'], /--scale 1000/],
    ['a seed with a fraction', ['--seed', '1.5'], /--seed 1.5/],
    ['a seed too large to be exact', ['--seed', '99999999999999999'], /--seed 9/],
    ['a start without a zone', ['--start', '2026-06-01T00:00:00'], /--start/],
    ['a start in another zone', ['--start', '2026-06-01T00:00:00+05:30'], /--start/],
    ['a start on a day that no calendar has', ['--start', '2026-02-30T00:00:00Z'], /--start 2026-02-30/],
    ['a start in another century', ['--start', '1998-06-01T00:00:00Z'], /--start 1998/],
    ['unknown manners of operators', ['--operators', 'lazy'], /--operators lazy: must be mixed or prompt or silent/],
    ['unknown approvals', ['--approvals', 'some'], /--approvals some: must be auto or none/],
    ['an unknown ladder', ['--ladder', 'steep'], /--ladder steep/],
    ['an empty folder name', ['--out', ''], /--out needs a value/],
  ])('refuses %s and names the option', (_, argv, message) => {
    expect(() => parse(...argv)).toThrow(message);
    expect(() => parse(...argv)).toThrow(CommandError);
  });
});
