import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { beforeAll, describe, expect, it } from 'vitest';
import { LINK_PARTS } from '../../lambdas/domain/erasure.ts';
import type { Msisdn } from '../../lambdas/domain/identifiers.ts';
import type { EraseInput, FoundOfNumber } from '../../lambdas/erase-number/handler.ts';
import { eraseNumber, inWords } from '../../lib/commands/erase.ts';
import { outputsOf } from '../../lib/commands/outputs.ts';
import { bucketsOf } from '../../simulation/buckets.ts';
import { holdsAnIdentifier, sha256, Tables } from '../scenarios/bad-files.ts';
import { DAY, Lab, START } from '../scenarios/lab.ts';
import { A1, A2, H1, H2, J1 } from '../scenarios/story.ts';
import { type Ended, run } from './command.ts';

const ERASER = 'dev-ap-south-1-eraser-erasure';
/** What is said of a number that no direction has, exempt or not: that files stay. */
const STAYS =
  'it stays in files that name others too, until their retention ends: whatever names it of uploads, exemptions, what was prepared, explanations, elsewhere.csv and kept.csv\n';
const at = (day: number) => new Date(START + day * DAY).toISOString().replace('.000', '');

describe('what is told of an erasure', () => {
  const files = { directions: 1, orders: 3, responses: 1, lists: 2, reversals: 1 };

  it('counts the orders and lists in which the number stays, beside what no claim tells of', () => {
    expect(inWords({ hindrances: [], claims: 1, links: 2, files }, false)).toEqual({
      said: [
        'erased 1 claim and 2 links',
        "it stays in files that name others too, until their retention ends: the rows of 1 direction, up to 3 orders, 1 response, 2 lists of withdrawals or late revocations, their reports' lists, what was asked of 1 reversal, and what it published, whatever names it of uploads, exemptions, what was prepared, explanations, elsewhere.csv and kept.csv",
      ],
      complained: [],
    });
  });

  it('says that files stay of a number that has no claim, as an exempt one', () => {
    const none = { directions: 0, orders: 0, responses: 0, lists: 0, reversals: 0 };
    const { said } = inWords({ hindrances: [], claims: 0, links: 1, files: none }, true);
    expect(said.map((line) => `${line}\n`)).toEqual(['would erase 0 claims and 1 link\n', STAYS]);
  });
});

/**
 * Two handsets with three numbers, of which mha reports one on 1 June 2026. A1 is not found and A2 disconnected on day 3; the
 * ladder ends, and the batch settles, on day 16.
 */
describe('npm run erase', () => {
  let lab: Lab;
  let tables: Tables;
  let direction = '';
  /** Whether the function dies of each write. */
  let broken = false;
  /** The function that can't be invoked. */
  let throttled = '';
  const logged: string[] = [];
  beforeAll(async () => {
    lab = await Lab.open({
      telling: true,
      context: { operators: 'airtel,jio' },
      enforce: true,
      log: (_, line) => logged.push(line),
      faults: {
        afterWrite: ({ functionName }) => (broken && functionName.includes('Erase') ? 'fail' : undefined),
        beforeInvoke: ({ functionName }) => (throttled && functionName.includes(throttled) ? 'throttle' : undefined),
      },
    });
    tables = new Tables(lab);
    await lab.usage('airtel', [
      `${H1},${A1},2026-05-20,Delhi`,
      `${H2},${A1},2026-05-19,`,
      `${H1},${A2},2026-05-21,Delhi`,
    ]);
    await lab.usage('jio', [`${H2},${J1},2026-05-20,`, `${H2},${A1},2026-05-18,`]);
    await lab.report('mha', [H1]);
    await lab.at(1);
    direction = (await lab.directions('airtel')).find((id) => id.includes('.reverify.')) ?? '';
    return () => lab.close();
  });
  const client = (as: string) => {
    const { endpoint, region } = lab.cloud;
    return { endpoint, region, credentials: { accessKeyId: as, secretAccessKey: 'x' } };
  };
  const functionName = async () => {
    const workflow = await outputsOf(new CloudFormationClient(client(ERASER)), 'dev', 'workflow');
    return workflow.get('EraseFunctionName') ?? '';
  };
  /** As the command does it. */
  const erase = async (number: string, dryRun = false, as = ERASER): Promise<Ended> => {
    const what = { number: number as Msisdn, erase: !dryRun };
    try {
      const done = await eraseNumber(new LambdaClient(client(as)), await functionName(), what);
      const { said, complained } = inWords(done, dryRun);
      const text = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join('');
      return { code: Number(done.hindrances.length > 0), said: text(said), complained: text(complained) };
    } catch (error) {
      return { code: 1, said: '', complained: String(error) };
    } finally {
      await lab.cloud.rest();
    }
  };
  /** What the function answers that the command asks, as the eraser may ask it without the command. */
  const invoke = async (question: EraseInput): Promise<FoundOfNumber> => {
    const { FunctionError, Payload } = await new LambdaClient(client(ERASER)).send(
      new InvokeCommand({ FunctionName: await functionName(), Payload: Buffer.from(JSON.stringify(question)) }),
    );
    const answer = JSON.parse(Buffer.from(Payload ?? []).toString('utf8'));
    expect([FunctionError, answer.errorType]).toEqual([undefined, undefined]);
    return answer;
  };
  /** What the tables hold of a number: its claim, and how many links in the two handsets. */
  const held = async (number: string) => [
    `CONN#${number}` in (await tables.records()),
    (await Promise.all([H1, H2].map((imei) => tables.links(imei)))).flat().filter((link) => link.includes(number))
      .length,
  ];
  /** 4 June and 180 days, to their end in Kolkata. */
  const disconnected = () =>
    `not erased: it was disconnected, which may be contested, and sightings from before would direct it again (${direction}, until 2026-12-01T18:30:00Z at least)\n`;
  const entries = async () => {
    const { audit } = bucketsOf(lab.cloud);
    const keys = await lab.cloud.list(audit, 'batches/erasures/');
    const texts = await Promise.all(keys.map((key) => lab.cloud.get(audit, key)));
    return texts.flatMap((text) =>
      Buffer.from(text)
        .toString('utf8')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    );
  };
  const audited = async () => {
    const { audit, outbox } = bucketsOf(lab.cloud);
    const args = ['--bucket', audit, '--outbox', outbox, '--json'];
    const { code, said } = await run('audit', args, lab.cloud.endpoint, 'dev-ap-south-1-auditor-auditor');
    return { code, chains: JSON.parse(said).chains as { batchId: string; intact: boolean; entries: number }[] };
  };

  it('is refused by the function itself while the row is open: nothing is deleted, and nothing told, whoever asks it how', async () => {
    const question = { number: A1, erase: true };
    const hindrances = [{ where: direction, why: 'open', until: '2026-06-17T00:00:00Z' }];
    const parts = [...Array(LINK_PARTS).keys()];
    for (const of of ['claim', ...parts] as const)
      expect(await invoke({ ...question, of }), `${of}`).toMatchObject({ hindrances, items: 0 });
    await lab.cloud.rest();
    expect(await held(A1)).toEqual([true, 3]);
    expect(await lab.cloud.list(bucketsOf(lab.cloud).audit, 'batches/erasures/')).toEqual([]);
  });

  it('is refused while the row is open, and while its books are not made, and tells where and until when', async () => {
    expect(await erase(A1)).toEqual({
      code: 1,
      said: expect.stringMatching(
        /^it stays in files .* the rows of 1 direction, up to 1 order, 0 responses, 0 lists of/,
      ),
      complained: `not erased: its row is open (${direction}, until 2026-06-17T00:00:00Z at least)\n`,
    });
    await lab.at(3);
    await lab.respond(direction, [`${A1},not_found`, `${A2},disconnected`]);
    expect((await erase(A1)).complained).toBe(`not erased: its batch's books are not made (${direction})\n`);
    expect(await held(A1)).toEqual([true, 3]);
  });

  it('is refused for 180 days after a disconnection, of which a batch might look back at sightings from before', async () => {
    await lab.at(17);
    expect(await erase(A2)).toMatchObject({ code: 1, complained: disconnected() });
    expect(await held(A2)).toEqual([true, 1]);
  });

  it('tells with --dry-run how much it would be, and erases nothing', async () => {
    const { code, said, complained } = await erase(A1, true);
    expect([code, said.split('\n')[0], complained]).toEqual([0, 'would erase 1 claim and 3 links', '']);
    expect(await held(A1)).toEqual([true, 3]);
    expect((await audited()).chains.map(({ batchId }) => batchId)).not.toContain('erasures');
  });

  it("is nobody's but the eraser's", async () => {
    for (const as of [
      'dev-ap-south-1-administrator-administrator',
      'dev-ap-south-1-operations-operations',
      'dev-ap-south-1-operator-airtel',
    ])
      expect((await erase(A1, false, as)).code).toBe(1);
    expect(await held(A1)).toEqual([true, 3]);
  });

  it('goes on where it was cut short, erases all that the tables hold of the number, and nothing of another', async () => {
    const others = [await held(A2), await held(J1)];
    broken = true;
    expect((await erase(A1)).code).toBe(1);
    broken = false;
    const { code, said, complained } = await erase(A1);
    expect([code, complained]).toEqual([0, '']);
    expect(said).toMatch(/^erased 1 claim and \d links?\n/);
    expect(await held(A1)).toEqual([false, 0]);
    expect([await held(A2), await held(J1)]).toEqual(others);
    expect(await erase(A1)).toEqual({ code: 0, said: `erased 0 claims and 0 links\n${STAYS}`, complained: '' });
  });

  it('is told to the audit before each deletion, at the time of the cloud and without the number, and leaves every chain whole', async () => {
    await lab.at(18);
    const { code, chains } = await audited();
    expect([code, chains.filter(({ intact }) => !intact)]).toEqual([0, []]);
    const told = await entries();
    expect(chains.find(({ batchId }) => batchId === 'erasures')).toMatchObject({ entries: told.length });
    for (const entry of told)
      expect(entry).toMatchObject({
        kind: 'erased',
        at: '2026-06-18T00:00:00Z',
        facts: {
          number: told[0].facts.number,
          what: expect.stringMatching(/^(claim|links)$/),
          items: expect.any(Number),
        },
        files: {},
      });
    expect(told[0].facts.number).toMatch(/^[0-9a-f]{64}$/);
    expect(told.filter(({ facts }) => facts.what === 'claim')).toHaveLength(1);
    expect(JSON.stringify(told)).not.toContain(A1.slice(3));
  });

  it('is told to the audit again when what came since is erased, on the same day, too', async () => {
    const before = (await entries()).length;
    for (const name of ['again.csv', 'once-more.csv']) {
      await lab.usage('airtel', [`${H2},${A1},2026-05-19,`], name);
      expect((await erase(A1)).said).toBe(`erased 0 claims and 1 link\n${STAYS}`);
      expect(await held(A1)).toEqual([false, 0]);
    }
    await lab.cloud.run();
    expect((await entries()).slice(before).map(({ facts }) => [facts.what, facts.items])).toEqual([
      ['links', 1],
      ['links', 1],
    ]);
  });

  it('leaves the books of batches whole, those that were made and the next ones', async () => {
    expect(await lab.summary('mha')).toMatchObject({ connections: { linked: 2, notFound: 1 }, unexplained: 0 });
    await lab.report('up-police', [H1]);
    await lab.cloud.run(START + 40 * DAY);
    expect(await lab.summary('up-police')).toMatchObject({
      connections: { linked: 1, alreadyDisconnected: 1, directed: 0 },
      unexplained: 0,
    });
  });

  it('erases links of a number that was never claimed', async () => {
    expect((await erase(J1)).said).toBe(`erased 0 claims and 1 link\n${STAYS}`);
    expect(await held(J1)).toEqual([false, 0]);
  });

  it('is refused for any number while a batch is not directed, which may not have read its links yet', async () => {
    const [handset, number] = ['35000000000009', '+919800000009'];
    await lab.usage('airtel', [`${handset},${number},2026-07-05,`], 'ninth.csv');
    throttled = 'Expand';
    await lab.report('i4c', [handset]);
    const batch = `i4c-${sha256(`imei\n${handset}\n`).slice(0, 12)}`;
    expect((await tables.records())[`BATCH#${batch}`]).toMatchObject({ state: 'waiting' });

    expect(await erase(number)).toMatchObject({
      code: 1,
      complained: `not erased: a batch is not directed yet, and may be about to read its links or its claim (${batch})\n`,
    });
    const links = async () => (await tables.links(handset)).length;
    for (const of of ['claim', ...Array(LINK_PARTS).keys()] as const)
      expect(await invoke({ number, erase: true, of }), `${of}`).toMatchObject({ items: 0 });
    expect(await links()).toBe(1);

    throttled = '';
    await lab.cloud.run(START + 41 * DAY);
    expect((await tables.records())[`BATCH#${batch}`]).toMatchObject({ state: 'directed' });
    expect((await tables.records())[`CONN#${number}`]).toBeDefined();
  });

  it('goes by the clock: the command takes no time from whom it serves', async () => {
    const ended = await run('erase', ['--dry-run'], lab.cloud.endpoint, ERASER, '9800000009');
    expect([ended.code, ended.complained]).toEqual([1, expect.stringMatching(/^not erased: its row is open \(i4c-/)]);
    const told = await run('erase', ['--at', at(400)], lab.cloud.endpoint, ERASER, '9800000009');
    expect([told.code, told.said]).toEqual([2, '']);
  });

  it('takes no time from whoever asks, with or without the command: what is open and what was disconnected stays', async () => {
    for (const [number, why] of [
      ['+919800000009', 'open'],
      [A2, 'disconnected'],
    ] as const)
      for (const of of ['claim', ...Array(LINK_PARTS).keys()] as const) {
        const question = { number, erase: true, of, now: '2099-01-01T00:00:00Z' };
        expect(await invoke(question), `${of}`).toMatchObject({ hindrances: [{ why }], items: 0 });
      }
    expect([(await held('+919800000009'))[0], await held(A2)]).toEqual([true, [true, 1]]);
  });

  it('is refused while its row is open, however old its claim is', async () => {
    const key = 'CONN#+919800000009';
    const expire = (at: unknown) =>
      tables.client.send(
        new UpdateCommand({
          TableName: tables.cases,
          Key: { pk: key },
          UpdateExpression: 'SET expires = :at',
          ExpressionAttributeValues: { ':at': at },
        }),
      );
    const { expires } = (await tables.records())[key] as { expires: unknown };
    await expire(Date.parse(at(2)) / 1000);
    expect(await erase('+919800000009')).toMatchObject({
      code: 1,
      complained: expect.stringMatching(/^not erased: its row is open \(i4c-/),
    });
    expect((await tables.records())[key]).toBeDefined();
    await expire(expires);
  });

  it('is refused once its ladder had it disconnected, though nobody said that it was done: an appeal must find it', async () => {
    // Directed on 11 July: the ladder ends on the 27th, 180 days before 23 January.
    await lab.at(60);
    expect(await erase('+919800000009')).toMatchObject({
      code: 1,
      complained: expect.stringMatching(
        /^not erased: an order barred it or had it disconnected, which may be contested \(i4c-.*, until 2027-01-23T18:30:00Z at least\)\n$/,
      ),
    });
    expect(await held('+919800000009')).toEqual([true, 0]);
  });

  it('erases a disconnected number when its time is up, and not before', async () => {
    await lab.at(183);
    expect(await erase(A2)).toMatchObject({ code: 1, complained: disconnected() });
    await lab.at(184);
    expect((await erase(A2)).said).toMatch(/^erased 1 claim and 1 link\n/);
    expect(await held(A2)).toEqual([false, 0]);
  });

  it('names no number in a log', () => {
    expect(logged.filter((line) => line.includes('erased')).length).toBeGreaterThan(3);
    expect(logged.filter(holdsAnIdentifier)).toEqual([]);
  });

  it('takes no number from the command line, and repeats none', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'erase-'));
    const file = join(folder, 'two.txt');
    writeFileSync(file, `${A1}\n${A2}\n`);
    try {
      for (const [args, read] of [
        [[A1], ''],
        [[], ''],
        [[], 'x9800000001'],
        [['--from', file], ''],
        [['--from', A1], ''],
        [['--at', '1 June'], A1],
      ] as const) {
        const { code, said, complained } = await run('erase', args, 'http://127.0.0.1:9', ERASER, read);
        expect([code, said]).toEqual([2, '']);
        expect(complained).not.toMatch(/9800000001/);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    const help = await run('erase', ['--help'], 'http://127.0.0.1:9');
    expect([help.code, help.said.split('\n')[0]]).toEqual([0, 'npm run erase -- [options] < FILE']);
  });
});

/** Of a number that no batch met its claim says that it was appealed for, and nothing else. */
it('is refused of a number that was taken back, as long as sightings from before would direct it again', async () => {
  await using lab = await Lab.open({ telling: true, context: { operators: 'airtel,jio' }, log: () => undefined });
  await lab.upload('appeals/caseworker-1/a.csv', `msisdn,ground\n${A1},wrong_number\n`);
  const [preview = ''] = await lab.outbox('previews/caseworker-1-');
  const reversal = preview.split('/')[1] ?? '';
  await lab.decide('approver-1', reversal, ['approve,,,public_interest,']);
  await lab.quietly();
  const { endpoint, region } = lab.cloud;
  const credentials = { accessKeyId: ERASER, secretAccessKey: 'x' };
  const workflow = await outputsOf(new CloudFormationClient({ endpoint, region, credentials }), 'dev', 'workflow');
  const client = new LambdaClient({ endpoint, region, credentials });
  const what = { number: A1 as Msisdn, erase: true };
  const done = await eraseNumber(client, workflow.get('EraseFunctionName') ?? '', what);
  // 1 June and 180 days, to their end in Kolkata.
  expect(done).toMatchObject({
    hindrances: [{ where: reversal, why: 'reversed', until: '2026-11-28T18:30:00Z' }],
    claims: 0,
    files: { directions: 0, reversals: 1 },
  });
  expect(Object.keys(await new Tables(lab).records())).toContain(`CONN#${A1}`);
});
