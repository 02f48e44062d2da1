import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { startCloud } from 'local-cloud';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseImei } from '../../lambdas/domain/imeis.ts';
import { parseMsisdn } from '../../lambdas/domain/msisdns.ts';
import { synthesize } from '../../lib/commands/local/synth.ts';
import { smokeFiles } from '../../lib/commands/smoke.ts';
import { bucketsOf } from '../../simulation/buckets.ts';
import { withWhatToDo } from '../domain/what-to-do.ts';
import { HOUR, Lab, START } from '../scenarios/lab.ts';
import { A1, H1 } from '../scenarios/story.ts';
import { type Ended, run } from './command.ts';
import { Served } from './local/served.ts';

const ADMINISTRATOR = 'dev-ap-south-1-administrator-administrator';
const CHECKER = 'dev-ap-south-1-checker-self-check';

const STEPS = [
  'the stacks of dev tell their names',
  'every subscription to a notice is confirmed',
  'the role of the self-check is taken on',
  'Import has made links of the usage, and rejected a row',
  'Record has refused a response to nothing, with a receipt',
  'Screen has rejected a row of the report',
  'its orders have come, and name the numbers that Expand found and Claim claimed',
  'the batch is settled once all is answered, and its books balance',
  'each answer was recorded, with a receipt',
  'its revocation list is published, and names nobody',
  'its execution has told everybody, and succeeded',
];
/** Each step that was printed: how it went and what it says. */
const printed = (said: string) =>
  [...said.matchAll(/^(OK|FAIL) +\d+\.\d s {2}(.*)$/gm)].map(([, how, says]) => [how, says]);

/** What the command says of a stage in which no batch settles. */
async function smokeWhereNothingSettles(): Promise<Ended> {
  const cloud = await startCloud({
    assembly: await synthesize({ context: { stage: 'dev', ladder: 'flagged' } }),
    speed: 1,
    workers: 40,
    faults: { afterWrite: ({ functionName }) => (functionName.includes('Settle') ? 'fail' : undefined) },
  });
  try {
    return await run('smoke', ['--wait', '25'], cloud.endpoint);
  } finally {
    await cloud.stop();
  }
}

// Most of its time it waits: it begins first, and is looked at last.
let whereNothingSettles: Promise<Ended>;
beforeAll(() => {
  whereNothingSettles = smokeWhereNothingSettles();
  whereNothingSettles.catch(() => {});
});

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
      // The numbers of the first are linked by the same handset, and one of them is disconnected.
      const second = await run('smoke', [], endpoint, ADMINISTRATOR);
      expect([second.code, second.complained]).toEqual([0, '']);
      const other = await run('smoke', [], endpoint, 'dev-ap-south-1-operator-jio');
      expect([other.code, printed(other.said)]).toEqual([1, [['FAIL', STEPS[0]]]]);
      const missing = await run('smoke', ['--stage', 'prod'], endpoint);
      expect(missing.complained).toContain('NotDeployed: there is no stack prod-data');
      expect(missing.code).toBe(1);
    } finally {
      served.child.kill('SIGKILL');
      await served.ended;
      rmSync(folder, { recursive: true, force: true });
    }
  }, 300_000);

  it('tells whom no notice reaches, since nobody confirmed the subscription', async () => {
    await using lab = await Lab.open({ telling: true, enforce: true });
    const { endpoint, region, names } = lab.cloud;
    const sns = new SNSClient({ endpoint, region, credentials: { accessKeyId: 'x', secretAccessKey: 'x' } });
    const Endpoint = 'arn:aws:sqs:ap-south-1:111122223333:fraud-directions';
    await sns.send(new SubscribeCommand({ TopicArn: names.topics.OperatorsTopic, Protocol: 'sqs', Endpoint }));
    const { code, complained } = await run('smoke', ['--wait', '1'], endpoint, ADMINISTRATOR);
    expect(code).toBe(1);
    expect(complained).toContain(`not so: ${STEPS[1]}: CheckFailed: nobody is told at sqs ${Endpoint}\n`);
  });

  it('ends with 2 for a command line that is wrong, and 0 for --help', async () => {
    for (const args of [['--wait', 'long'], ['--wait', '0'], ['--day', '2026-02-30'], ['--all'], ['--stage']])
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
    expect(usage.text).toMatch(/\n77777777777777,\+9100\d{8},2026-06-01,/);
  });

  it('are other ones at each instant, so that no batch is the same report again', () => {
    const one = smokeFiles(new Date('2026-06-01T00:00:00.123Z'));
    const other = smokeFiles(new Date('2026-06-01T00:00:00.124Z'));
    expect(one.report.text).not.toBe(other.report.text);
    expect(one.report.name).not.toBe(other.report.name);
    const { numbers } = smokeFiles(new Date('2026-06-01T00:00:01.123Z'));
    expect(new Set([...Object.values(numbers), ...Object.values(one.numbers)]).size).toBe(4);
  });
});

describe('what is sent under the role of the self-check', () => {
  const HANDSET = '77777777777777';
  const [KEPT, CUT] = ['+910000000010', '+910000000011'];
  let lab: Lab;
  /** What was measured, each with its dimensions. */
  const measured: string[] = [];
  beforeAll(async () => {
    lab = await Lab.open({
      telling: true,
      enforce: true,
      context: { sweepHours: '1', surveyHours: '1' },
      log: (_, line) => {
        if (!line.includes('"_aws"')) return;
        const { _aws, stage, ...rest } = JSON.parse(line);
        measured.push(JSON.stringify(rest));
      },
    });
    return () => lab.close();
  });
  const send = async (key: string, text: string) => {
    await lab.cloud.put(bucketsOf(lab.cloud).inbox, key, text, CHECKER);
    await lab.cloud.rest();
  };
  /** The direction of its batch, of a kind. */
  const its = async (kind: string) => (await lab.directions('self-check')).find((id) => id.includes(`.${kind}.`)) ?? '';

  it('directs nobody and becomes no link, where it names handsets and connections that there are', async () => {
    await send(
      'usage/self-check/real.csv',
      `imei,msisdn,last_seen\n${H1},${A1},2026-05-20\n${HANDSET},${A1},2026-05-20\n`,
    );
    await send('reports/self-check/real.csv', `imei\n${H1}\n`);
    await lab.cloud.run(START + HOUR);
    expect(await lab.outbox('orders/')).toEqual([]);
    expect(await lab.read('rejects/self-check/real.csv')).toBe(withWhatToDo(`line,value,reason\n2,${H1},self_check\n`));
    expect(await lab.summary('self-check')).toMatchObject({
      report: { rows: 1, rejected: 1, handsets: 0 },
      connections: { linked: 0, directed: 0 },
      unexplained: 0,
    });
  });

  it('directs the self-check alone, where it names what is its own', async () => {
    await send(
      'usage/self-check/own.csv',
      `imei,msisdn,last_seen\n${HANDSET},${KEPT},2026-05-20\n${HANDSET},${CUT},2026-05-20\n`,
    );
    await send('reports/self-check/own.csv', `imei\n${HANDSET}\n`);
    await lab.cloud.run(START + 2 * HOUR);
    expect((await lab.outbox('orders/')).map((key) => key.split('/')[1])).toEqual(['self-check', 'self-check']);
    expect(await lab.read(`orders/self-check/${await its('reverify')}/1-reverify.csv`)).toMatch(
      /^msisdn,imei,reason,deadline,reference,disconnect_by,order,direction\n\+910000000010,777777777777776,linked_to_reported_handset,.*\n\+910000000011,.*\n$/,
    );
    // Swept, too: nobody is told that it is open.
    expect(measured.filter((line) => /RowsOpen|DirectionsOpen/.test(line))).toEqual([]);
    expect(measured.find((line) => line.includes('BatchesOpen'))).toBe('{"BatchesOpen":0}');
  });

  it('settles once it has answered, and its disconnections are on no list', async () => {
    for (const [kind, rows] of [
      ['block', `imei,outcome\n${HANDSET},not_found\n`],
      ['reverify', `msisdn,outcome\n${KEPT},verified\n${CUT},disconnected\n`],
    ] as const)
      await send(`responses/self-check/${await its(kind)}/answer.csv`, rows);
    await lab.cloud.run(START + 3 * HOUR);
    const batch = (await its('block')).split('.')[0];
    expect(await lab.json(`batches/${batch}/summary.json`)).toMatchObject({
      report: { rows: 1, handsets: 1 },
      connections: { linked: 2, directed: 2, verified: 1, disconnected: 1, overdue: 0 },
      blocks: { rows: 1, directed: 1, notFound: 1 },
      operators: { 'self-check': { directions: 2 } },
      unexplained: 0,
    });
    // Said when all is settled, it is late, and would be on a list of its own.
    await send(
      `responses/self-check/${await its('reverify')}/late.csv`,
      `msisdn,outcome\n${CUT},disconnected\n${KEPT},disconnected\n`,
    );
    const lists = (await lab.outbox('revocations/')).filter((key) => key.endsWith('.csv'));
    expect(lists).toHaveLength(2);
    for (const key of lists) expect(await lab.read(key)).toBe('msisdn,operator,lsa,disconnected_on,reason\n');
    for (const participant of ['directions-jio', 'directions-airtel', 'batches-mha'])
      expect(await lab.notices(`fraud-${participant}`)).toEqual([]);
  });

  it('is in no metric but those that are of the stage as a whole', () => {
    const whole = /^\{"(Batches(Open|Late)|SubscriptionsPending|Unexplained)":0\}$/;
    expect(measured.filter((line) => !whole.test(line))).toEqual([]);
    expect(measured.length).toBeGreaterThan(3);
  });

  it("is nobody else's to name: neither an agency's report nor an operator's usage links it", async () => {
    await lab.usage('jio', [`${HANDSET},${A1},2026-05-20,`, `${H1},${KEPT},2026-05-20,`, `${H1},${A1},2026-05-20,`]);
    expect(await lab.read('rejects/jio/usage.csv')).toBe(
      withWhatToDo(`line,value,reason\n2,${HANDSET},not_a_device\n3,'${KEPT},bad_msisdn\n`),
    );
    await lab.report('mha', [HANDSET, H1]);
    await lab.cloud.run(START + 5 * HOUR);
    expect(await lab.read('rejects/mha/report.csv')).toBe(
      withWhatToDo(`line,value,reason\n2,${HANDSET},not_a_device\n`),
    );
    const real = (await lab.directions()).filter((id) => id.startsWith('mha-'));
    // H1 is blocked at five operators, and has one connection.
    expect(real.map((id) => id.split('.').slice(1, 3).join(' ')).sort()).toEqual([
      'block airtel',
      'block bsnl',
      'block jio',
      'block mtnl',
      'block vi',
      'reverify jio',
    ]);
  });

  it('answers no direction but its own', async () => {
    const direction = (await lab.directions('jio')).find((id) => id.includes('.block.')) ?? '';
    await send(`responses/self-check/${direction}/real.csv`, `imei,outcome\n${H1},blocked\n`);
    const receipt = (await lab.outbox('receipts/self-check/')).find((key) => key.includes('/real.csv.')) ?? '';
    expect(await lab.json(receipt)).toMatchObject({ recorded: 0, refused: 'unknown_direction' });
  });
});

describe('npm run smoke where no batch settles', () => {
  it('names the step that is not as it must be', async () => {
    const { code, said, complained } = await whereNothingSettles;
    expect(code).toBe(1);
    expect(printed(said)).toEqual(STEPS.map((says, n) => [n < 7 || n === 8 ? 'OK' : 'FAIL', says]));
    expect(complained).toMatch(
      /^not so: the batch is settled once all is answered, and its books balance: CheckFailed: no batches\/self-check-[0-9a-f]{12}\/summary\.json within 25 s of the uploads$/m,
    );
  }, 300_000);
});
