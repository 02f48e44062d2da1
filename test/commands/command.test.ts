import { spawn } from 'node:child_process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';

const library = (name: string) =>
  pathToFileURL(fileURLToPath(new URL(`../../lib/commands/${name}.ts`, import.meta.url))).href;

interface Ended {
  code: number | null;
  signal: string | null;
  said: string;
  complained: string;
}

/** Runs a script that carries out one command, and closes its standard output after the first bytes where asked to. */
function script(command: string, { args = [] as string[], env = {}, leaves = false } = {}): Promise<Ended> {
  const source = `
    import { command, complain, say } from '${library('command')}';
    import { CommandError, readOptions } from '${library('command-line')}';
    const settings = (args, where) => {
      const options = readOptions(args, { stage: { type: 'string' } });
      return options === 'help' ? 'help' : { ...options, where };
    };
    await command({ help: 'how it is used\\n', settings, ${command} });
  `;
  // What stands in for the script's own name comes first, as it does where a file is run.
  const child = spawn(process.execPath, ['--input-type=module', '-e', source, 'script', ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended: Ended = { code: null, signal: null, said: '', complained: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    ended.said += text;
    if (leaves) child.stdout.destroy();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    ended.complained += text;
  });
  return new Promise((resolve) => child.on('close', (code, signal) => resolve({ ...ended, code, signal })));
}

it('ends with 0 where it succeeded and with 1 where not, and gives its settings the arguments and the folder', async () => {
  const run = `run: async ({ stage, where }) => { say(stage + ' in ' + where); return stage === 'dev'; }`;
  const env = { INIT_CWD: '/where/the/user/stands' };
  const said = (stage: string) => `${stage} in /where/the/user/stands\n`;
  expect(await script(run, { args: ['--stage', 'dev'], env })).toMatchObject({ code: 0, said: said('dev') });
  expect(await script(run, { args: ['--stage=prod'], env })).toMatchObject({ code: 1, said: said('prod') });
});

it('prints its help, and runs nothing', async () => {
  const ended = await script(`run: () => { throw new Error('it ran'); }`, { args: ['--help'] });
  expect(ended).toMatchObject({ code: 0, said: 'how it is used\n', complained: '' });
});

it.each([
  ['its settings', `run: async () => true`, ['--fast'], "Unknown option '--fast'; see --help\n"],
  ['its run', `run: async () => { throw new CommandError('no such queue'); }`, [], 'no such queue\n'],
])('ends with 2 where %s find the command line wrong', async (_, run, args, complained) => {
  expect(await script(run, { args })).toMatchObject({ code: 2, said: '', complained });
});

it('ends with 1 and the reason where it fails, before what it had under way is ended', async () => {
  const run = `run: async () => { throw new Error('too far'); }, end: async () => complain('all is ended')`;
  expect(await script(run)).toMatchObject({ code: 1, said: '', complained: 'Error: too far\nall is ended\n' });
});

it('tells where in the program a mistake of its own is', async () => {
  const { code, complained } = await script(`run: async () => undefined.length`);
  expect(code).toBe(1);
  expect(complained).toMatch(/^TypeError: Cannot read properties of undefined .*\n {4}at /);
});

it('tells what each address of a server answered that is not there', async () => {
  const run = `run: async () => { throw new AggregateError([new Error('one'), new Error('other')]); }`;
  expect((await script(run)).complained).toBe('AggregateError: Error: one; Error: other\n');
});

it('is no less a success, or a failure, where its ending fails, which it tells', async () => {
  const failing = `end: async () => { throw new Error('stuck'); }`;
  const complained = 'while it ended: Error: stuck\n';
  expect(await script(`run: async () => true, ${failing}`)).toMatchObject({ code: 0, complained });
  expect(await script(`run: async () => false, ${failing}`)).toMatchObject({ code: 1, complained });
});

const TALKS_ON = `run: async () => { for (;;) { say('more'); await new Promise((next) => setImmediate(next)); } }`;

it('ends where its reader has enough, and leaves nothing under way', async () => {
  const ended = await script(`${TALKS_ON}, end: async (signal) => complain('ended by ' + signal)`, { leaves: true });
  expect(ended).toMatchObject({ code: 143, complained: 'ended by SIGTERM\n' });
});

it('ends where its reader has enough, also where it has nothing under way', async () => {
  expect(await script(TALKS_ON, { leaves: true })).toMatchObject({ signal: 'SIGTERM', complained: '' });
});

/** It is interrupted; its end lets it fail, and gets the signal again, as npm sends it. */
const INTERRUPTED = `
  run: async () => {
    const broken = new Promise((_, reject) => { globalThis.breaks = reject; });
    process.kill(process.pid, 'SIGINT');
    // Something is under way until the process exits.
    setInterval(() => {}, 1000);
    await broken;
  },
  end: async (signal) => {
    complain('ended by ' + signal);
    const again = new Promise((heard) => process.once('SIGINT', heard));
    globalThis.breaks(new Error('broken'));
    process.kill(process.pid, 'SIGINT');
    await again;
    complain('all is ended');
  }`;

it('is interrupted once by a signal that comes twice, and says nothing of what the interruption broke', async () => {
  const complained = 'ended by SIGINT\nall is ended\n';
  expect(await script(INTERRUPTED)).toMatchObject({ code: 130, complained });
  expect(await script(`${INTERRUPTED}, endless: true`)).toMatchObject({ code: 0, complained });
});

it('ends with 2 where the configuration that is asked for is wrong', async () => {
  const stage = library('../config/stage');
  const run = `run: async () => { const { ConfigError } = await import('${stage}'); throw new ConfigError('no such stage'); }`;
  expect(await script(run)).toMatchObject({ code: 2, complained: 'no such stage\n' });
});
