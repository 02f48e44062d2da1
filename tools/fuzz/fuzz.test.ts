import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Day } from '../../lambdas/domain/days.ts';
import type { OperatorId } from '../../lambdas/domain/identifiers.ts';
import { CommandError } from '../../lib/commands/command-line.ts';
import { type FuzzSettings, fuzzSettings } from './fuzz-arguments.ts';
import { MemoryAws } from './memory-aws.ts';
import { type Fuzzed, fuzz, inputsOf, repeating, TARGETS, unfinished } from './run.ts';
import { Budget, must, type Target, target } from './target.ts';

const INPUTS = 2000;
const settings: FuzzSettings = { inputs: INPUTS, seed: 1, only: [], path: undefined };
const run = (targets: readonly Target[], over: Partial<FuzzSettings> = {}): Promise<Fuzzed[]> =>
  Array.fromAsync(fuzz({ ...settings, ...over }, targets));

it(`${INPUTS} hostile inputs keep every rule`, async () => {
  const all = await run(TARGETS);
  expect(all.filter(({ failure }) => failure !== undefined)).toEqual([]);
  expect(all.map(({ name }) => name)).toEqual(TARGETS.map(({ name }) => name));
  expect(all.reduce((sum, { inputs }) => sum + inputs, 0)).toBe(INPUTS);
});

describe('a broken rule', () => {
  const planted = (check: (text: string) => void) =>
    target({ name: 'planted', what: '', share: 1 }, fc.string(), check);
  const failureOf = async (check: (text: string) => void, over?: Partial<FuzzSettings>) =>
    (await run([planted(check)], over))[0]?.failure;
  const noQuote = (text: string) => must(!text.includes('"'), 'a text has no quote');

  it('is found, and its input made as small as it still breaks it', async () => {
    expect(await failureOf(noQuote)).toMatchObject({ input: '"\\""', error: 'Broken: a text has no quote' });
  });

  it('shows the bytes of a file as text', async () => {
    const file = fc.constantFrom(Buffer.from('im"ei\n\xff', 'latin1'), Buffer.alloc(0));
    const all = await run([
      target({ name: 'planted', what: '', share: 1 }, fc.tuple(file, file), () => must(false, 'nothing holds')),
    ]);
    const [{ failure } = { failure: undefined }] = all;
    expect(failure?.input).toBe(
      `[Buffer.from("im\\"ei\\n\u00ff", 'latin1'),Buffer.from("im\\"ei\\n\u00ff", 'latin1')]`,
    );
  });

  it('is broken again by the command that it is told with, and by no other input of that command', async () => {
    const told = await failureOf(noQuote);
    const seen: string[] = [];
    const again = await failureOf(
      (text) => {
        seen.push(text);
        noQuote(text);
      },
      { path: told?.path },
    );
    expect(again).toEqual(told);
    expect(seen).toEqual(['"']);
    expect(repeating('planted', 1, told?.path ?? '')).toMatch(
      /^npm run fuzz -- --only planted --seed 1 --input \d+(:\d+)*$/,
    );
  });

  it('is one as well where an error comes that nobody documented', async () => {
    const found = await failureOf((text) => void Buffer.alloc(text.includes('"') ? -1 : 1));
    expect(found).toMatchObject({ input: '"\\""' });
    expect(found?.error).toMatch(/^RangeError: .*\n +at .*fuzz\.test\.ts/s);
  });

  it('is one where a prototype has something more', async () => {
    const found = await failureOf((text) => {
      if (text.includes('"')) Object.assign(Object.prototype, { polluted: text });
    });
    Reflect.deleteProperty(Object.prototype, 'polluted');
    expect(found?.error).toBe('Broken: Object.prototype stays as it is');
  });

  it('is one where a loop has no end', async () => {
    const found = await failureOf((text) => {
      const budget = new Budget(10, 'steps');
      while (text.includes('"')) budget.spend();
    });
    expect(found?.error).toBe('Broken: it takes no more steps than allowed');
  });

  it('does not keep the other targets from their inputs', async () => {
    let others = 0;
    const all = await run([
      planted(noQuote),
      target({ name: 'other', what: '', share: 3 }, fc.string(), () => {
        others++;
      }),
    ]);
    expect(all.map(({ inputs, failure }) => [inputs, failure === undefined])).toEqual([
      [500, false],
      [1500, true],
    ]);
    expect(others).toBe(1500);
  });
});

it('a run that ends before all of its targets are done says in which it ended', async () => {
  const targets = ['first', 'second'].map((name) => target({ name, what: '', share: 1 }, fc.string(), () => {}));
  const all = await run(targets, { inputs: 2 });
  expect(unfinished(all, settings, targets)).toBeUndefined();
  expect(unfinished(all.slice(0, 1), settings, targets)?.name).toBe('second');
  expect(unfinished([], { ...settings, only: ['second'] }, targets)?.name).toBe('second');
});

describe('the inputs of a seed', () => {
  it('are the same each time, and other ones for another seed', async () => {
    const inputs = async (seed: number) => {
      const seen: string[] = [];
      await run([target({ name: 'any', what: '', share: 1 }, fc.string(), (text) => void seen.push(text))], {
        seed,
        inputs: 50,
      });
      return seen;
    };
    expect(await inputs(7)).toEqual(await inputs(7));
    expect(await inputs(7)).not.toEqual(await inputs(8));
  });

  it('are shared out among the targets, and none is lost', () => {
    for (const inputs of [1, 17, 2000, 100_000])
      expect(inputsOf(TARGETS, inputs).reduce((sum, count) => sum + count, 0)).toBe(inputs);
    expect(Math.min(...inputsOf(TARGETS, INPUTS))).toBeGreaterThan(0);
  });
});

describe('the stand-in of AWS refuses what AWS refuses', async () => {
  new MemoryAws().install();
  const { readText, readTextIfThere, writeObject } = await import('../../lambdas/stores/objects.ts');
  const { sendNotice } = await import('../../lambdas/stores/notices.ts');
  const { toAgency } = await import('../../lambdas/domain/notices.ts');
  const topics = { AGENCIES_TOPIC: 'topic' };
  const { startOnce } = await import('../../lambdas/stores/state-machines.ts');
  const { writeLinks } = await import('../../lambdas/stores/links.ts');
  const { parseSighting } = await import('../../lambdas/domain/sightings.ts');

  const link = (lsa: string) => {
    const cells = {
      imei: '35100000000001',
      msisdn: '9800000001',
      last_seen: '2026-05-20',
      imsi: '',
      lsa: '',
      subscriber_type: '',
      point_of_sale: '',
    };
    const taken = parseSighting({ line: 2, cells }, 'jio' as OperatorId, '2026-06-01' as Day);
    if ('reason' in taken) throw new Error(taken.reason);
    const long = { ...taken.sighting, lsa };
    async function* group() {
      yield [long];
    }
    return writeLinks('Links', group());
  };
  it.each<[string, () => Promise<unknown>]>([
    ['a key of 1,025 bytes', () => writeObject({ bucket: 'outbox', key: 'x'.repeat(1025) }, '')],
    ['an item of more than 400 kB', () => link('x'.repeat(400 * 1024))],
    [
      'a message of more than 256 kB',
      () => sendNotice(topics, toAgency({ kind: 'batch_failed', agency: 'mha', batchId: 'x'.repeat(256 * 1024) })),
    ],
    [
      'an attribute without a value',
      () => sendNotice(topics, toAgency({ kind: 'batch_failed', agency: '', batchId: 'mha-0123456789ab' })),
    ],
    ['an execution with a name of 81 characters', () => startOnce('Batch', 'x'.repeat(81), {})],
    ['an input of more than 256 kB', () => startOnce('Batch', 'x', 'x'.repeat(256 * 1024))],
  ])('%s', async (_, act) => {
    await expect(act()).rejects.toMatchObject({ name: 'Refused' });
  });

  it('an object that is not there, as S3 says it to whoever may list the bucket', async () => {
    const nowhere = { bucket: 'outbox', key: 'nowhere' };
    await expect(readText(nowhere)).rejects.toMatchObject({ name: 'NoSuchKey' });
    expect(await readTextIfThere(nowhere)).toBeUndefined();
  });
});

describe('the command line', () => {
  const read = (...argv: string[]) => fuzzSettings(argv, TARGETS);

  it('takes 100,000 inputs of seed 1 over all targets when nothing is given', () => {
    expect(read()).toEqual({ inputs: 100_000, seed: 1, only: [], path: undefined });
    expect(read('--inputs', '5', '--seed=7', '--only', 'csv', '--only', 'key')).toEqual({
      inputs: 5,
      seed: 7,
      only: ['csv', 'key'],
      path: undefined,
    });
    expect(read('--only', 'csv', '--input', '17:0:2')).toMatchObject({ only: ['csv'], path: '17:0:2' });
    expect(read('--seed', 'x', '--help')).toBe('help');
  });

  it.each([
    ['an unknown option', ['--frobnicate'], /--frobnicate/],
    ['no inputs', ['--inputs', '0'], /--inputs 0/],
    ['a seed that is no number', ['--seed', 'x'], /--seed x/],
    ['an unknown target', ['--only', 'xml'], /--only xml: must be one of csv/],
    ['an input of no target', ['--input', '1'], /--input needs one --only/],
    ['an input that is no path', ['--only', 'csv', '--input', '1/2'], /--input 1\/2/],
  ])('refuses %s', (_, argv, message) => {
    expect(() => read(...argv)).toThrow(message);
    expect(() => read(...argv)).toThrow(CommandError);
  });
});
