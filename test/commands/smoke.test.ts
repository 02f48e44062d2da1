import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseImei, parseMsisdn } from '../../lambdas/domain/identifiers.ts';
import { smokeFiles } from '../../lib/commands/smoke.ts';
import { startCloud } from '../../lib/local/cloud.ts';
import { synthesize } from '../../lib/local/synth.ts';
import { Served } from '../local/served.ts';
import { Lab } from '../scenarios/lab.ts';
import { A1, H1 } from '../scenarios/story.ts';
import { run } from './command.ts';

const ADMINISTRATOR = 'dev-administrator-administrator';
const CHECKER = 'dev-checker-self-check';

const STEPS = [
  'the stacks of dev tell their names',
  'the role of the self-check is taken on',
  'report, usage and response are uploaded',
  'Import has rejected the usage, row by row',
  'Record has refused the response, with a receipt',
  'Screen has rejected the report, row by row',
  'the batch is settled, and its books balance',
  'its execution has told everybody, and succeeded',
];
/** Each step that was printed: how it went and what it says. */
const printed = (said: string) =>
  [...said.matchAll(/^(OK|FAIL) +\d+\.\d s {2}(.*)$/gm)].map(([, how, says]) => [how, says]);

describe('npm run smoke', () => {
  it('says that all is well where it is, against `npm run local` with the rights in force', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'smoked-'));
    const served = new Served(folder, '--enforce');
    try {
      const endpoint = await served.endpoint();
      const first = await run('smoke', ['--stage', 'dev'], endpoint, ADMINISTRATOR);
      expect(first.complained).toBe('');
      expect(printed(first.said)).toEqual(STEPS.map((says) => ['OK', says]));
      expect(first.code).toBe(0);
      const other = await run('smoke', [], endpoint, 'dev-operator-jio');
      expect([other.code, printed(other.said)]).toEqual([1, [['FAIL', STEPS[0]]]]);
      const missing = await run('smoke', ['--stage', 'prod'], endpoint);
      expect(missing.complained).toContain('NotDeployed: there is no stack prod-data');
      expect(missing.code).toBe(1);
    } finally {
      served.child.kill('SIGKILL');
      await served.ended;
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('names the step that is not as it must be', async () => {
    const cloud = await startCloud({
      assembly: await synthesize({ context: { stage: 'dev', ladder: 'flagged' } }),
      speed: 1,
      faults: { afterWrite: ({ functionName }) => (functionName.includes('Settle') ? 'fail' : undefined) },
    });
    try {
      const { code, said, complained } = await run('smoke', ['--wait', '5'], cloud.endpoint);
      expect(code).toBe(1);
      expect(printed(said)).toEqual(STEPS.map((says, n) => [n < 6 ? 'OK' : 'FAIL', says]));
      expect(complained).toMatch(
        /^not so: the batch is settled, and its books balance: CheckFailed: no batches\/self-check-[0-9a-f]{12}\/summary\.json within 5 s of the uploads$/m,
      );
    } finally {
      await cloud.stop();
    }
  });

  it('ends with 2 for a command line that is wrong, and 0 for --help', async () => {
    for (const args of [['--wait', 'long'], ['--wait', '0'], ['--all'], ['--stage']])
      expect((await run('smoke', args, 'http://127.0.0.1:9')).code).toBe(2);
    const help = await run('smoke', ['--help'], 'http://127.0.0.1:9');
    expect([help.code, help.said.split('\n')[0]]).toEqual([0, 'npm run smoke -- [options]']);
  });
});

describe('the files of a self-check', () => {
  it('name no handset and no connection that there could be', () => {
    const { report, usage, response } = smokeFiles(new Date('2026-06-01T00:00:00.123Z'));
    for (const { text } of [report, usage, response]) {
      const cells = text.split(/[\n,]/).filter((cell) => cell !== '');
      expect(cells.length).toBeGreaterThan(5);
      for (const cell of cells)
        expect([cell, 'value' in parseImei(cell), 'value' in parseMsisdn(cell)]).toEqual([cell, false, false]);
    }
  });

  it('are other ones at each instant, so that no batch is the same report again', () => {
    const one = smokeFiles(new Date('2026-06-01T00:00:00.123Z'));
    const other = smokeFiles(new Date('2026-06-01T00:00:00.124Z'));
    expect(one.report.text).not.toBe(other.report.text);
    expect(one.report.name).not.toBe(other.report.name);
  });
});

describe('what is sent under the role of the self-check', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await Lab.open({ enforce: true });
    return () => lab.cloud.stop();
  });
  const send = async (key: string, text: string) => {
    await lab.cloud.put(lab.cloud.names.buckets.inbox, key, text, CHECKER);
    await lab.cloud.rest();
  };

  it('directs nobody and becomes no link, also where it names handsets and connections', async () => {
    await send('usage/self-check/real.csv', `imei,msisdn,last_seen\n${H1},${A1},2026-05-20\n`);
    await send('reports/self-check/real.csv', `imei\n${H1}\n`);
    await lab.cloud.run();
    expect(await lab.outbox('orders/')).toEqual([]);
    expect(await lab.read('rejects/self-check/real.csv')).toBe(`line,value,reason\n2,${H1},self_check\n`);
    expect(await lab.summary('self-check')).toMatchObject({
      report: { rows: 1, rejected: 1, handsets: 0 },
      connections: { linked: 0, directed: 0 },
      unexplained: 0,
    });
    await lab.report('mha', [H1]);
    await lab.at(1);
    // H1 is blocked everywhere, and has no connection.
    expect(await lab.directions()).toHaveLength(5);
    for (const direction of await lab.directions()) expect(direction).toContain('.block.');
    expect((await lab.notices('fraud-administrators')).map(({ kind }) => kind)).toEqual(['settled']);
  });

  it('answers no direction', async () => {
    const [direction = ''] = await lab.directions('jio');
    await send(`responses/self-check/${direction}/real.csv`, `imei,outcome\n${H1},blocked\n`);
    const [receipt = ''] = await lab.outbox('receipts/');
    expect(await lab.json(receipt)).toMatchObject({ recorded: 0, refused: 'unknown_direction' });
  });
});
