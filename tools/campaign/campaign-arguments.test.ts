import { describe, expect, it } from 'vitest';
import { CommandError } from '../../lib/commands/command-line.ts';
import { campaignSettings } from './campaign-arguments.ts';
import { storyOf } from './drawn-story.ts';
import { repeating, seedOf } from './run.ts';

describe('a seed', () => {
  it('gives the same story each time, and another seed another one', () => {
    expect(storyOf(seedOf(1, 0))).toEqual(storyOf(seedOf(1, 0)));
    expect(storyOf(seedOf(1, 1))).not.toEqual(storyOf(seedOf(1, 0)));
    expect(seedOf(2, 0)).not.toBe(seedOf(1, 0));
  });

  it('is told with the command that repeats one run of it, which the command line takes', () => {
    const [, argv = ''] = repeating(7, 3).split(' -- ');
    expect(campaignSettings(argv.split(' '))).toEqual({ seed: 7, runs: [3], jobs: 1, resume: undefined });
  });
});

describe('the command line', () => {
  const read = (...argv: string[]) => campaignSettings(argv, '/where');

  it('takes 500 runs of seed 1, four at a time, when nothing is given', () => {
    expect(read()).toEqual({ seed: 1, runs: [...Array(500).keys()], jobs: 4, resume: undefined });
    expect(read('--runs', '3', '--seed=7', '--jobs', '8', '--resume', 'done')).toEqual({
      seed: 7,
      runs: [0, 1, 2],
      jobs: 3,
      resume: '/where/done',
    });
    expect(read('--seed', 'x', '--help')).toBe('help');
  });

  it('takes each fault of one story, or those that are named, or a part of them', () => {
    const all = { seed: 1, only: undefined, every: 1, jobs: 4, resume: undefined };
    expect(read('--systematic')).toEqual(all);
    expect(read('--systematic', '--every', '10', '--resume', 'done')).toEqual({
      ...all,
      every: 10,
      resume: '/where/done',
    });
    expect(read('--systematic', '--seed', '7', '--only', '3')).toEqual({ ...all, seed: 7, only: [3], jobs: 1 });
  });

  it.each([
    ['an unknown option', ['--frobnicate'], /--frobnicate/],
    ['no runs', ['--runs', '0'], /--runs 0/],
    ['a seed that is no number', ['--seed', 'x'], /--seed x/],
    ['a run that is no number', ['--only', 'first'], /--only first/],
    ['runs beside one run', ['--only', '1', '--runs', '5'], /--only names the runs/],
    ['more jobs than it has', ['--jobs', '17'], /--jobs 17/],
    ['a number of runs beside a story', ['--systematic', '--runs', '5'], /--runs has no place beside --systematic/],
    ['a part beside one fault', ['--systematic', '--only', '1', '--every', '5'], /--only names the faults/],
    ['a part of random runs', ['--every', '5'], /--every goes with --systematic/],
  ])('refuses %s', (_, argv, message) => {
    expect(() => read(...argv)).toThrow(message);
    expect(() => read(...argv)).toThrow(CommandError);
  });
});
