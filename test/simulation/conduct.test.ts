import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OUTCOME_SERIES } from '../../lambdas/domain/outcome-bars.ts';
import { parseArguments, type RunSettings } from '../../simulation/arguments.ts';
import { conduct } from '../../simulation/conduct.ts';
import { Failing } from '../../simulation/failing.ts';
import { showProgress } from '../../simulation/progress.ts';
import { FakeCloud } from './fake-cloud.ts';

const START = Date.UTC(2026, 5, 1);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const ids = { agencies: ['mha', 'up-police'], operators: ['airtel', 'jio'] };
/** jio has an e-mail address beside its queue. */
const participants = {
  agencies: ids.agencies.map((id) => ({ id, mailboxes: [`fraud-batches-${id}`] })),
  operators: ids.operators.map((id) => ({
    id,
    mailboxes: [`fraud-directions-${id}`, ...(id === 'jio' ? ['desk@example.org'] : [])],
  })),
  administrators: [{ id: 'administrator', mailboxes: ['fraud-administrators'] }],
};
const quiet = showProgress({ write: () => {} });
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'conduct-'));
  for (const name of ['a.csv', 'b.csv']) writeFileSync(join(folder, name), `imei\n${name}\n`);
  writeFileSync(join(folder, 'r.csv'), 'msisdn,outcome\n+919000000001,verified\n');
});
afterAll(() => rmSync(folder, { recursive: true }));

function settings(...argv: string[]): RunSettings {
  const parsed = parseArguments(['--start', '2026-06-01T00:00:00Z', ...argv], { folder, now: 0, ...ids });
  if (parsed === 'help') throw new Error('help');
  return parsed;
}

/** What jio is asked by the only direction of a re-verification. */
const FIRST_ORDER = {
  directionId: 'mha-0123456789ab.reverify.jio.1-0-0',
  rung: 1,
  order: 'reverify',
  identifiers: ['+919000000001'],
  deadline: START + 5 * DAY,
};

describe('a run', () => {
  it('uploads usage first and then reports and responses at their ages, in the order given', async () => {
    const cloud = new FakeCloud(START);
    await cloud.order(FIRST_ORDER);
    const argv = ['--report', 'b.csv@2d', '--agency', 'up-police', '--respond', 'jio=r.csv@2d', '--usage', 'jio=b.csv'];
    const more = ['--report', 'a.csv', '--agency', 'mha', '--usage', 'airtel=a.csv'];
    const other = ['--upload', 'exemptions/approver-1/june.csv=r.csv@1d', '--upload', 'usage/jio/c.csv=a.csv@2d'];
    const { reports, uploads } = await conduct(settings(...argv, ...other, ...more), cloud, participants, quiet);
    expect(cloud.uploads.map(({ at, key }) => [(at - START) / DAY, key])).toEqual([
      [0, 'usage/jio/b.csv'],
      [0, 'usage/airtel/a.csv'],
      [0, 'reports/mha/a.csv'],
      [1, 'exemptions/approver-1/june.csv'],
      [2, 'reports/up-police/b.csv'],
      [2, 'responses/jio/mha-0123456789ab.reverify.jio.1-0-0/r.csv'],
      [2, 'usage/jio/c.csv'],
    ]);
    expect(cloud.uploads.at(-1)?.text).toBe('imei\na.csv\n');
    expect(uploads?.map(({ key }) => key)).toEqual(['exemptions/approver-1/june.csv', 'usage/jio/c.csv']);
    const sha256 = createHash('sha256').update('imei\na.csv\n').digest('hex');
    expect(reports[0]).toEqual({
      agency: 'mha',
      key: 'reports/mha/a.csv',
      batchId: `mha-${sha256.slice(0, 12)}`,
      at: START,
      isOwn: true,
    });
  });

  it('simulates only operators without responses of their own, and stops looking once the batch settled', async () => {
    const cloud = new FakeCloud(START);
    for (const operator of ids.operators)
      await cloud.order({
        directionId: `mha-0123456789ab.reverify.${operator}.1-0-0`,
        rung: 1,
        order: 'reverify',
        identifiers: ['+919000000001'],
        deadline: START + 5 * DAY,
      });
    const sha256 = createHash('sha256').update('imei\na.csv\n').digest('hex');
    cloud.outside(START + 5 * DAY, async () =>
      cloud.send('fraud-batches-mha', { kind: 'settled', batchId: `mha-${sha256.slice(0, 12)}` }),
    );
    const argv = ['--report', 'a.csv', '--agency', 'mha', '--respond', 'jio=r.csv@1d', '--operators', 'prompt'];
    const { orders, agencies } = await conduct(settings(...argv), cloud, participants, quiet);
    const uploads = cloud.uploads.map(({ key }) => key.split('/').slice(0, 2).join('/'));
    expect(uploads).toEqual(['reports/mha', 'responses/airtel', 'responses/jio']);
    expect(orders.map(({ directionId }) => directionId.split('.')[2])).toEqual(['airtel', 'jio']);
    expect(agencies).toHaveLength(1);
    expect(cloud.clock.now()).toBeLessThan(START + 8 * DAY);
  });

  it('takes the sample through the same places: its usage files, its reports, exemptions, withdrawals, and an appeal', async () => {
    const cloud = new FakeCloud(START);
    const operators = ['airtel', 'bsnl', 'jio', 'mtnl', 'vi'].map((id) => ({ id, mailboxes: [] }));
    const people = { ...participants, operators };
    await conduct(settings('--scale', '0.0001'), cloud, people, quiet);
    const [reversed, withdrawn] = cloud.uploads
      .filter(({ key }) => key.startsWith('reports/i4c/'))
      .map(({ text }) => `i4c-${createHash('sha256').update(text).digest('hex').slice(0, 12)}`);
    expect(cloud.uploads.map(({ at, key }) => [(at - START) / HOUR, key.replace(/-\d{4}-\d\d-\d\d/, '')])).toEqual([
      [0, 'usage/airtel/usage.csv'],
      [0, 'usage/bsnl/usage.csv'],
      [0, 'usage/jio/usage.csv'],
      [0, 'usage/jio/usage-clone.csv'],
      [0, 'usage/mtnl/usage-draft.csv'],
      [0, 'usage/mtnl/usage.csv'],
      [0, 'usage/vi/usage.csv'],
      [0, 'reports/mha/handsets.csv'],
      [20, 'reports/i4c/handsets.csv'],
      [24, 'exemptions/approver-1/exempt.csv'],
      [24, 'exemptions/approver-2/exempt.csv'],
      [36, 'reports/up-police/handsets.csv'],
      [40, 'reports/delhi-police/handsets.csv'],
      [44, 'reports/i4c/handsets.csv'],
      [45, `withdrawals/i4c/${withdrawn}/by-mistake.csv`],
      [168, 'appeals/caseworker-1/appeals.csv'],
      [188, `withdrawals/i4c/${reversed}/by-mistake.csv`],
    ]);

    // Nobody asks back what silent operators would never give, nor where a reversal would wait for ever for a decision.
    for (const argv of [
      ['--operators', 'silent'],
      ['--approvals', 'none'],
    ]) {
      const without = new FakeCloud(START);
      await conduct(settings('--scale', '0.0001', ...argv), without, people, quiet);
      expect(without.uploads.map(({ key }) => key)).toEqual(cloud.uploads.slice(0, -2).map(({ key }) => key));
    }
  });

  it.each([
    ['of the user’s own files', ['--report', 'a.csv', '--agency', 'mha', '--operators', 'prompt']],
    ['of the sample', ['--scale', '0.0001']],
  ])(
    'takes a report given by --upload for one like those %s, and its operators look for its orders',
    async (_, argv) => {
      const cloud = new FakeCloud(START);
      const sha256 = createHash('sha256').update('imei\nb.csv\n').digest('hex');
      const batchId = `up-police-${sha256.slice(0, 12)}`;
      const directionId = `${batchId}.reverify.jio.1-0-0`;
      cloud.outside(START + 9 * DAY + HOUR / 2, () => cloud.order({ ...FIRST_ORDER, directionId }));
      const upload = ['--upload', 'reports/up-police/x.csv=b.csv@9d', '--upload', 'reports/up-police/x.txt=b.csv'];
      const { reports, uploads, orders } = await conduct(settings(...argv, ...upload), cloud, participants, quiet);
      expect(reports.at(-1)).toEqual({
        agency: 'up-police',
        key: 'reports/up-police/x.csv',
        batchId,
        at: START + 9 * DAY,
        isOwn: true,
      });
      expect(reports.slice(0, -1).map(({ isOwn }) => isOwn)).toEqual(
        reports.slice(0, -1).map(() => (argv.includes('--report') ? true : undefined)),
      );
      expect(orders.map((order) => order.directionId)).toEqual([directionId]);
      expect(cloud.uploads.some(({ key }) => key.startsWith(`responses/jio/${directionId}/`))).toBe(true);
      expect(uploads?.map(({ key }) => key)).toEqual(['reports/up-police/x.txt']);
    },
  );

  it.each(['AccessDenied', 'InvalidAccessKeyId'])('goes on where S3 answers %s to an --upload', async (why) => {
    const cloud = new FakeCloud(START);
    cloud.onUpload = (key) => {
      if (key === 'nowhere.csv') throw new Error(`S3 answered ${why} to PUT /inbox/nowhere.csv`);
    };
    const argv = ['--report', 'a.csv@2d', '--agency', 'mha', '--upload', 'nowhere.csv=b.csv@1d'];
    const { reports, uploads, denied } = await conduct(settings(...argv), cloud, participants, quiet);
    expect(denied).toEqual([{ key: 'nowhere.csv', why }]);
    expect([reports.map(({ key }) => key), uploads]).toEqual([['reports/mha/a.csv'], undefined]);
  });

  it('ends where S3 fails otherwise', async () => {
    const cloud = new FakeCloud(START);
    cloud.onUpload = () => {
      throw new Error('S3 answered InternalError to PUT /inbox/reports/mha/a.csv');
    };
    const argv = ['--report', 'a.csv', '--agency', 'mha'];
    await expect(conduct(settings(...argv), cloud, participants, quiet)).rejects.toThrow('InternalError');
  });

  it('knows beside the sample what operators were told of usage given by --upload, and nothing of the sample’s own', async () => {
    const cloud = new FakeCloud(START);
    const told = (name: string) => ({
      kind: 'usage_imported',
      operator: 'jio',
      rejects: { key: `rejects/jio/${name}` },
    });
    cloud.onUpload = (key) => {
      if (key.startsWith('usage/jio/')) cloud.send('fraud-directions-jio', told(key.slice('usage/jio/'.length)));
    };
    const argv = ['--scale', '0.0001', '--operators', 'silent', '--upload', 'usage/jio/more.csv=a.csv@1d'];
    const { own } = await conduct(settings(...argv), cloud, participants, quiet);
    expect(own).toEqual({ usage: [told('more.csv')], responders: [] });
  });

  it('uploads nothing where the columns of a response don’t say what it is about', async () => {
    const cloud = new FakeCloud(START);
    const argv = ['--report', 'a.csv', '--agency', 'mha', '--usage', 'jio=b.csv', '--respond', 'jio=w.csv@5d'];
    writeFileSync(join(folder, 'w.csv'), 'number,result\n+919000000001,verified\n');
    await expect(conduct(settings(...argv), cloud, participants, quiet)).rejects.toThrow('--respond jio=w.csv@5d: its');
    expect(cloud.uploads).toEqual([]);
  });

  it('knows of the user’s own files what operators were told of usage, and who answered', async () => {
    const cloud = new FakeCloud(START);
    await cloud.order(FIRST_ORDER);
    const told = { kind: 'usage_imported', operator: 'jio', rows: 1, imported: 1, rejected: 0 };
    cloud.send('fraud-directions-jio', told);
    cloud.send('fraud-directions-jio', { kind: 'settled', batchId: 'mha-0123456789ab', operator: 'jio' });
    const argv = ['--report', 'a.csv', '--agency', 'mha', '--respond', 'jio=r.csv'];
    const { own } = await conduct(settings(...argv), cloud, participants, quiet);
    expect(own).toEqual({ usage: [told], responders: ['jio'] });
  });

  it('knows how the numbers stood at the end of each day, also where nobody but the user answers', async () => {
    const cloud = new FakeCloud(START);
    const batchId = `mha-${createHash('sha256').update('imei\na.csv\n').digest('hex').slice(0, 12)}`;
    const stands = (at: number, connections: object) =>
      cloud.outside(at, () => cloud.put('outbox', `batches/${batchId}/status.json`, JSON.stringify({ connections })));
    stands(START + HOUR, { directed: 3, open: 3 });
    // 23:00 in Asia/Kolkata, and an hour later.
    stands(START + 41.5 * HOUR, { directed: 3, open: 2, verified: 1 });
    stands(START + 42.5 * HOUR, { directed: 3, open: 1, verified: 2 });
    stands(START + 3 * DAY, { directed: 3, open: 0, verified: 3 });
    const { days = [] } = await conduct(settings('--report', 'a.csv', '--agency', 'mha'), cloud, participants, quiet);
    const verified = OUTCOME_SERIES.findIndex(({ name }) => name === 'verified');
    expect(days.map(({ day, counts }) => [day, counts[verified]])).toEqual([
      ['2026-06-01', 0],
      ['2026-06-02', 1],
      ['2026-06-03', 2],
      ['2026-06-04', 3],
    ]);
  });

  it('ends by itself where nothing happens but what fails, after the ladder and some days, and says when', async () => {
    const cloud = new FakeCloud(START);
    const failing = new Failing(() => cloud.clock.now(), '/app');
    const error = JSON.stringify({ level: 'ERROR', message: 'failed', error: 'TypeError', frames: [] });
    const failAgain = (): void => {
      failing.log('Order', error);
      cloud.clock.timer(cloud.clock.now() + HOUR, failAgain);
    };
    failAgain();
    const argv = ['--report', 'a.csv@1d', '--agency', 'mha'];
    const { stuckAt, reports } = await conduct(settings(...argv), cloud, participants, quiet, failing);
    expect(reports).toHaveLength(1);
    // A day, 16 days of the ladder after it, and three more.
    expect(stuckAt).toBe(START + 20 * DAY + HOUR);
  });

  it('does not end by itself before the last of the user’s own files is uploaded', async () => {
    const cloud = new FakeCloud(START);
    const failing = new Failing(() => cloud.clock.now(), '/app');
    const failAgain = (): void => {
      failing.log('Order', JSON.stringify({ level: 'ERROR', message: 'failed', error: 'TypeError', frames: [] }));
      cloud.clock.timer(cloud.clock.now() + HOUR, failAgain);
    };
    failAgain();
    await cloud.order(FIRST_ORDER);
    const argv = ['--report', 'a.csv', '--agency', 'mha', '--respond', 'jio=r.csv@30d'];
    const { stuckAt } = await conduct(settings(...argv), cloud, participants, quiet, failing);
    expect(cloud.uploads.map(({ at }) => (at - START) / DAY)).toEqual([0, 30]);
    expect(stuckAt).toBe(START + 30 * DAY + HOUR);
  });
});

describe('progress', () => {
  const show = (terminal: boolean) => {
    let text = '';
    const screen = { isTTY: terminal, columns: 20, write: (more: string) => (text += more) };
    const progress = showProgress(screen);
    progress.stage('Importing');
    progress.update('half of it');
    progress.stage('Running');
    progress.event('a report');
    progress.end();
    return text;
  };

  it('is over at its end, whatever comes after it', () => {
    let text = '';
    const progress = showProgress({ write: (more) => (text += more) });
    progress.stage('Running');
    progress.end();
    progress.stage('Downloading');
    progress.event('a report');
    expect(text).toBe('Running\n');
  });

  it('is plain lines where there is no terminal', () => {
    expect(show(false)).toBe('Importing\nRunning\n  a report\n');
  });

  it('tells the time left from the share of the work that is done', () => {
    let text = '';
    let now = 0;
    const progress = showProgress({ write: (more) => (text += more) }, () => now);
    const stageAt = (seconds: number, share: number) => {
      now = seconds * 1000;
      progress.reached(share);
      progress.stage(`after ${seconds} s`);
    };
    // A tenth in 60 s: 540 s are left. Half in 100 s: as many again. 0.95 in 152 s: 8 s, which needs no word.
    stageAt(60, 0.1);
    stageAt(100, 0.5);
    stageAt(152, 0.95);
    progress.end();
    expect(text).toBe('after 60 s: about 9 min left\nafter 100 s: about 100 s left\nafter 152 s\n');
  });

  it('is one line per stage on a terminal, no wider than it, with what happened above', () => {
    const clear = '\r\u001B[K';
    expect(show(true)).toBe(
      `${clear}Importing${clear}Importing: half of \n${clear}Running${clear}  a report\n${clear}Running\n`,
    );
  });
});
