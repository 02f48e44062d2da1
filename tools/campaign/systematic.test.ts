import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CommandError } from '../../lib/commands/command-line.ts';
import { beginCloud, leaveCloud } from '../../test/scenarios/idle-cloud.ts';
import { campaignSettings } from './campaign-arguments.ts';
import { Done } from './done.ts';
import { everyOf, MODES } from './one-fault.ts';
import { type Result, Stage } from './run.ts';
import { type Noted, note, repeatingCase, tryCase, untried } from './systematic.ts';

const SEED = 1;
const stage = new Stage({ begin: beginCloud, leave: leaveCloud });
afterAll(() => stage[Symbol.asyncDispose]());

describe('a story told with each single fault', () => {
  let noted: Noted;
  beforeAll(async () => {
    noted = await note(stage, SEED, ['small']);
  }, 900_000);

  it('has faults of every kind in the small story, most of its functions and all of its batches', () => {
    expect([...new Set(noted.cases.map(({ mode }) => mode))]).toEqual([...MODES]);
    const who = new Set(noted.cases.map(({ place }) => place.split(' ')[0]));
    for (const one of ['Screen', 'Expand', 'Gather', 'Hear', 'Await', 'Claim', 'Commit', 'Order', 'Close', 'Settle'])
      expect(who).toContain(one);
    expect(who).toContain('Batch');
    // A batch waits while another one plans, and children of Maps can be stopped, too.
    const places = noted.cases.map(({ place }) => place);
    expect(places).toContainEqual(expect.stringMatching(/^Batch .*: Wait while another batch plans 1$/));
    expect(places).toContainEqual(expect.stringMatching(/^Batch Expand's child: /));
    // No other's end has another execution go on.
    const twice = noted.cases.filter(({ mode }) => mode === 'stopped twice' || mode === 'stopped unheard');
    expect(twice.filter(({ place }) => !/^Batch [^']*: [^:]* 1$/.test(place))).toEqual([]);
  });

  it.each(['stopped twice', 'stopped unheard'] as const)(
    'keeps every rule where a batch is %s as it settles, and was met',
    async (mode) => {
      const one = noted.cases.find((it) => it.mode === mode && it.place.endsWith(': Settle the books 1'));
      if (one === undefined) throw new Error(`no batch is ${mode} as it settles`);
      const { broken, faults } = await tryCase(stage, SEED, one);
      expect(broken).toEqual([]);
      expect(faults[mode]).toBe(mode === 'stopped twice' ? 2 : 1);
    },
    300_000,
  );
});

describe('the faults of all stories', () => {
  /** The functions and state machines of an app. */
  const app = ['Close', 'Order', 'Release', 'Erase', 'Batch', 'ImportByPieces'];
  /** Some of each kind. */
  const whole = [
    ...['Close', 'Order', 'ImportByPieces', "Batch Expand's child: Pass"],
    ...['Batch one: Wait while another batch plans', 'Batch one: Ended without effect'],
  ].flatMap((place) => MODES.map((mode) => ({ mode, place: `${place} 1` })));

  it('are missed if a function, a machine, a mode or a rare kind of place has none', () => {
    expect(untried(whole, app)).toEqual([]);
    // A function that is new in the app has no fault yet, and those that work by hand, or after another fault, need none.
    expect(untried(whole, [...app, 'Appoint'])).toEqual(['Appoint']);
    const lacks = (without: (one: (typeof whole)[number]) => boolean) =>
      untried(
        whole.filter((one) => !without(one)),
        app,
      );
    expect(lacks(({ place }) => place === 'Close 1')).toEqual(['Close']);
    expect(lacks(({ place }) => place === 'ImportByPieces 1')).toEqual(['ImportByPieces']);
    expect(lacks(({ mode }) => mode === 'stopped unheard')).toEqual(['stopped unheard']);
    expect(lacks(({ place }) => place.includes('without effect'))).toEqual(['/^Batch .*: Ended without effect 1$/']);
  });
});

describe('a part of the faults', () => {
  it('is spread over all modes, from the first of each', () => {
    const cases = MODES.flatMap((mode) => Array.from({ length: 21 }, (_, n) => ({ mode, place: `place ${n}` })));
    expect(everyOf(cases, 10)).toEqual(
      MODES.flatMap((mode) => [0, 10, 20].map((n) => ({ mode, place: `place ${n}` }))),
    );
    expect(everyOf(cases, 1)).toEqual(cases);
  });

  it('is told again one by one with a command that the command line takes', () => {
    const [, argv = ''] = repeatingCase(7, 3).split(' -- ');
    expect(campaignSettings(argv.split(' '))).toEqual({ seed: 7, only: [3], every: 1, jobs: 1, resume: undefined });
  });
});

describe('a long campaign', () => {
  it('goes on where it was interrupted, whatever numbers its faults have then, and not with what another one did', () => {
    const folder = mkdtempSync(join(tmpdir(), 'campaign-'));
    const file = join(folder, 'done');
    const fault = (place: string, n: number) => ({ story: 'small' as const, mode: 'before' as const, place, n });
    const result = (n: number): Result => ({ n, broken: [], faults: {}, milliseconds: 5 });
    try {
      const first = new Done(file, { systematic: 1 });
      expect(first.of(fault('Order 1', 3))).toBeUndefined();
      first.add(fault('Order 1', 3), result(3));
      first.add(fault('Close 1', 1), result(1));
      // Cut in the middle of a line.
      writeFileSync(file, readFileSync(file, 'utf8').slice(0, -10));
      const second = new Done(file, { systematic: 1 });
      expect(second.of(fault('Order 1', 4))).toEqual(result(4));
      expect(second.of(fault('Close 1', 1))).toBeUndefined();
      expect(second.of({ ...fault('Order 1', 3), mode: 'after' })).toBeUndefined();
      expect(second.of({ ...fault('Order 1', 3), story: 'moved' })).toBeUndefined();
      second.add(fault('Close 1', 2), result(2));
      const third = new Done(file, { systematic: 1 });
      expect([third.of(fault('Order 1', 0)), third.of(fault('Close 1', 9))]).toEqual([result(0), result(9)]);
      // What another seed did is not lost for a slip of the pen.
      const kept = readFileSync(file, 'utf8');
      for (const other of [{ systematic: 2 }, { random: 1 }]) expect(() => new Done(file, other)).toThrow(CommandError);
      writeFileSync(join(folder, 'notes'), 'mine');
      expect(() => new Done(join(folder, 'notes'), { random: 1 })).toThrow(
        /does not hold what was done of .*random.*1/,
      );
      expect(readFileSync(file, 'utf8')).toBe(kept);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('goes on with random runs by their numbers', () => {
    const folder = mkdtempSync(join(tmpdir(), 'campaign-'));
    const file = join(folder, 'done');
    const result: Result = { n: 3, broken: ['a rule'], faults: { lost: 2 }, milliseconds: 5 };
    try {
      new Done(file, { random: 7 }).add(3, result);
      const again = new Done(file, { random: 7 });
      expect([again.of(3), again.of(30)]).toEqual([result, undefined]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
