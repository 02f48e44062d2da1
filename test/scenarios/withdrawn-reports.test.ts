import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { sha256Of } from '../../lambdas/domain/hashes.ts';
import { bucketsOf } from '../../simulation/buckets.ts';
import { Tables } from './bad-files.ts';
import { nameOf } from './faults-story.ts';
import { APPROVE, Lab } from './lab.ts';

/** What agencies withdraw of reports that are directed, in more than one file, and where other agencies have a part in it. */
const H1 = '35100000000001';
const H2 = '35100000000002';
const SHOWN = '351000000000013';
const [O, V, Q] = [1, 2, 3].map((n) => `+91981000000${n}`) as [string, string, string];
const id = (agency: string, ...imeis: string[]) =>
  `${agency}-${sha256Of(`imei\n${imeis.map((imei) => `${imei}\n`).join('')}`).slice(0, 12)}`;
const open = (nights = false) => Lab.open({ context: { operators: 'airtel,jio' }, nights });

async function withdraw(lab: Lab, batch: string, imeis: string[], name?: string): Promise<string> {
  const reversal = await lab.withdraw(batch, imeis, name);
  await lab.decide('approver-1', reversal, [APPROVE]);
  return reversal;
}

const subjects = async (lab: Lab, reversal: string) =>
  (await lab.json<{ subjects: Record<string, number> }>(`batches/${reversal}/summary.json`)).subjects;

async function disconnects(lab: Lab, direction: string): Promise<string> {
  const keys = (await lab.outbox(`orders/airtel/${direction}/`)).filter((key) => key.endsWith('disconnect.csv'));
  return (await Promise.all(keys.map((key) => lab.read(key)))).join('');
}

describe('handsets that are withdrawn one by one', { timeout: 300_000 }, () => {
  it('leave nobody cut off whom they both link, though another report had blocked the first', async () => {
    await using lab = await open();
    await lab.usage('airtel', [`${H1},${Q},2026-05-21,Delhi`]);
    await lab.report('up-police', [H1]);
    for (const operator of ['airtel', 'jio']) {
      const block = await lab.direction(id('up-police', H1), 'block', operator);
      await lab.upload(`responses/${operator}/${block}/blocked.csv`, `imei,outcome\n${SHOWN},blocked\n`);
    }
    await lab.usage('airtel', [`${H1},${V},2026-05-31,Delhi`, `${H2},${V},2026-05-30,Delhi`], 'more.csv');
    const report = id('mha', H1, H2);
    await lab.at(1);
    await lab.report('mha', [H1, H2]);
    const direction = await lab.direction(report, 'reverify', 'airtel');
    await lab.at(6);
    const first = await withdraw(lab, report, [H1], 'one.csv');
    await lab.at(7);
    const second = await withdraw(lab, report, [H2], 'two.csv');
    await lab.at(40);
    expect(await subjects(lab, first)).toMatchObject({ asked: 1, nothingToRestore: 1 });
    expect(await subjects(lab, second)).toMatchObject({ asked: 2, directed: 2 });
    expect(await disconnects(lab, direction)).not.toContain(V);
    expect(lab.cloud.failures()).toEqual([]);
  });
});

describe('handsets of one report, each withdrawn by a file of its own before either is decided upon', {
  timeout: 300_000,
}, () => {
  const report = id('mha', H1, H2);
  /** V is seen in both handsets, O in the first and Q in the second alone. */
  async function filed(): Promise<{ lab: Lab; direction: string; reversals: [string, string] }> {
    const lab = await Lab.open({ context: { operators: 'airtel,jio' } });
    const seen = [H1, H2].map((imei) => `${imei},${V},2026-05-30,Delhi`);
    await lab.usage('airtel', [...seen, `${H1},${O},2026-05-30,Delhi`, `${H2},${Q},2026-05-30,Delhi`]);
    await lab.report('mha', [H1, H2]);
    const direction = await lab.direction(report, 'reverify', 'airtel');
    await lab.at(6);
    const reversals: [string, string] = [
      await lab.withdraw(report, [H1], 'one.csv'),
      await lab.withdraw(report, [H2], 'two.csv'),
    ];
    return { lab, direction, reversals };
  }
  const restored = async (lab: Lab, reversal: string) => {
    const [direction = ''] = (await lab.directions('airtel')).filter((one) => one.startsWith(`${reversal}.restore.`));
    const order = await lab.read(`orders/airtel/${direction}/1-restore.csv`);
    return [O, V, Q].filter((number) => order.includes(number));
  };

  for (const [n, words] of ['the first', 'the second'].entries())
    it(`leave nobody cut off whom they both link, where ${words} is decided upon first`, async () => {
      const { lab, direction, reversals } = await filed();
      await using _ = lab;
      const [first, last] = n === 0 ? reversals : reversals.toReversed();
      const receipts = await lab.outbox('receipts/mha/withdrawals/');
      const named = await Promise.all(receipts.map((key) => lab.json<{ reversal?: string }>(key)));
      expect(named.map(({ reversal }) => reversal)).toEqual(reversals);
      for (const reversal of reversals) {
        expect(await lab.json(`previews/${reversal}/preview.json`)).toMatchObject({ subjects: 2, people: 1 });
        expect(await lab.read(`previews/${reversal}/preview.html`)).toContain('seen with 1 number more');
      }
      await lab.decide('approver-1', first ?? '', [APPROVE]);
      expect(await restored(lab, first ?? '')).toEqual([n === 0 ? O : Q]);
      await lab.decide('approver-1', last ?? '', [APPROVE]);
      expect(await restored(lab, last ?? '')).toEqual(n === 0 ? [V, Q] : [O, V]);
      await lab.toTheEnd();
      expect(await disconnects(lab, direction)).not.toContain(V);
      expect(await lab.json(`batches/${first}/summary.json`)).toMatchObject({ subjects: { asked: 2 }, unexplained: 0 });
      expect(await lab.json(`batches/${last}/summary.json`)).toMatchObject({ subjects: { asked: 3 }, unexplained: 0 });
      expect(lab.cloud.failures()).toEqual([]);
    });

  it('leave a number as it is that a handset links which approvers strike, or of which they refuse the withdrawal', async () => {
    for (const rows of [[APPROVE, `strike,${H2},,,a clone`], ['refuse,,,,no ground']]) {
      const { lab, direction, reversals } = await filed();
      await using _ = lab;
      await lab.decide('approver-1', reversals[1], rows);
      await lab.decide('approver-1', reversals[0], [APPROVE]);
      expect(await restored(lab, reversals[0])).toEqual([O]);
      await lab.toTheEnd();
      expect(await disconnects(lab, direction)).toContain(V);
      expect(await lab.json(`batches/${reversals[0]}/summary.json`)).toMatchObject({
        subjects: { asked: 2 },
        unexplained: 0,
      });
    }
  });
});

describe('a handset that an approver strikes out of a withdrawal', { timeout: 300_000 }, () => {
  for (const [what, imeis] of [
    ['the whole report', []],
    ['both handsets in one file', [H1, H2]],
  ] as const)
    it(`keeps its numbers where they are, of ${what}`, async () => {
      await using lab = await open();
      const seen = [H1, H2].map((imei) => `${imei},${V},2026-05-30,Delhi`);
      await lab.usage('airtel', [...seen, `${H1},${O},2026-05-30,Delhi`, `${H2},${Q},2026-05-30,Delhi`]);
      await lab.report('mha', [H1, H2]);
      const report = id('mha', H1, H2);
      const direction = await lab.direction(report, 'reverify', 'airtel');
      await lab.at(6);
      const reversal = await lab.withdraw(report, [...imeis]);
      await lab.decide('approver-1', reversal, [APPROVE, `strike,${H2},,,a clone`]);
      await lab.toTheEnd();
      const cut = await disconnects(lab, direction);
      expect([O, V, Q].filter((number) => cut.includes(number))).toEqual([V, Q]);
      expect(await subjects(lab, reversal)).toMatchObject({ asked: 5, directed: 2, struck: 3 });
      expect(lab.cloud.failures()).toEqual([]);
    });
});

describe('a withdrawal that is listed again, since the first try ended unheard', { timeout: 300_000 }, () => {
  it('gives back what its preview counted, whatever the second try lists', async () => {
    let loses = 0;
    await using lab = await Lab.open({
      context: { operators: 'airtel,jio' },
      faults: {
        beforeInvoke: ({ functionName }) => (nameOf(functionName) === 'Collect' && loses-- > 0 ? 'lose' : undefined),
      },
    });
    await lab.usage('airtel', [`${H1},${V},2026-05-30,Delhi`]);
    const report = id('mha', H1);
    await lab.report('mha', [H1]);
    await lab.at(1);
    loses = 1;
    const reversal = await lab.withdraw(report, []);
    await lab.at(1.1);
    const { work } = bucketsOf(lab.cloud);
    const { previewKey } = (await new Tables(lab).records())[`BATCH#${reversal}`] as { previewKey: string };
    const shown = previewKey.split('/').at(-1) ?? '';
    const lists = (await lab.cloud.list(work)).filter(
      (key) => key.startsWith(`screened/${reversal}/`) && key.endsWith('list.tsv'),
    );
    const [other = '', ...more] = lists.filter((key) => !key.includes(shown));
    expect([lists.length, more]).toEqual([2, []]);
    await lab.cloud.put(work, other, '');
    await lab.decide('approver-1', reversal, [APPROVE]);
    await lab.toTheEnd();
    expect(await subjects(lab, reversal)).toMatchObject({ asked: 2, directed: 2 });
  });
});

describe('a withdrawn report at an operator whose id is the name of a kind of directions', { timeout: 300_000 }, () => {
  it('is given back there, its number and its handset', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'own-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const config = join(folder, 'dev.json');
    const block = { id: 'block', principal: '222233334444', externalId: 'agreed-with-block', notify: [] };
    writeFileSync(config, JSON.stringify({ operators: [block] }));
    await using lab = await Lab.open({ context: { config } });
    await lab.usage('block', [`${H1},${V},2026-05-20,Delhi`]);
    await lab.report('mha', [H1]);
    await lab.at(1);
    const reversal = await withdraw(lab, id('mha', H1), []);
    const own = (await lab.directions('block')).filter((one) => one.startsWith(reversal));
    expect(own.map((one) => one.split('.')[1]).sort()).toEqual(['restore', 'unblock']);
    expect(lab.cloud.failures()).toEqual([]);
  });
});

describe('two reports, of which one relied on the other, both withdrawn', { timeout: 300_000 }, () => {
  for (const order of [
    ['mha', 'up-police'],
    ['up-police', 'mha'],
  ] as const)
    it(`leave nobody cut off, ${order[0]}'s first`, async () => {
      await using lab = await open();
      await lab.usage('airtel', [`${H1},${V},2026-05-21,Delhi`]);
      await lab.report('mha', [H1]);
      const direction = await lab.direction(id('mha', H1), 'reverify', 'airtel');
      await lab.at(1);
      await lab.report('up-police', [H1]);
      const reversals: string[] = [];
      for (const [n, agency] of order.entries()) {
        await lab.at(3 + n);
        reversals.push(await withdraw(lab, id(agency, H1), []));
      }
      await lab.at(40);
      expect(await disconnects(lab, direction)).not.toContain(V);
      expect(await subjects(lab, reversals[1] ?? '')).toMatchObject({ asked: 2, directed: 2 });
      expect(lab.cloud.failures()).toEqual([]);
    });
});

describe('a report that relied on another, of which the handset that links a number is withdrawn', {
  timeout: 300_000,
}, () => {
  for (const order of [
    ['mha', 'up-police'],
    ['up-police', 'mha'],
  ] as const)
    it(`leaves nobody cut off, ${order[0]}'s withdrawn first`, async () => {
      await using lab = await open();
      await lab.usage('airtel', [`${H1},${V},2026-05-21,Delhi`, `${H2},${Q},2026-05-21,Delhi`]);
      await lab.report('mha', [H1]);
      const direction = await lab.direction(id('mha', H1), 'reverify', 'airtel');
      await lab.at(1);
      await lab.report('up-police', [H1, H2]);
      for (const [n, agency] of order.entries()) {
        await lab.at(3 + n);
        if (agency === 'mha') await withdraw(lab, id('mha', H1), []);
        else await withdraw(lab, id('up-police', H1, H2), [H1]);
      }
      await lab.toTheEnd();
      expect(await disconnects(lab, direction)).not.toContain(V);
      const theirs = await lab.direction(id('up-police', H1, H2), 'reverify', 'airtel');
      expect(await disconnects(lab, theirs)).toContain(Q);
      expect(lab.cloud.failures()).toEqual([]);
    });
});

describe('two reports, of which one relied on the other, both withdrawn before either is decided upon', {
  timeout: 300_000,
}, () => {
  for (const [first, imeis] of [
    ['mha', []],
    ['up-police', []],
    ['mha', [H1]],
  ] as const)
    it(`leave nobody cut off, ${first}'s decided upon first, ${imeis.length === 0 ? 'both whole' : 'the later by its handset'}`, async () => {
      await using lab = await open();
      await lab.usage('airtel', [`${H1},${V},2026-05-21,Delhi`]);
      await lab.report('mha', [H1]);
      const direction = await lab.direction(id('mha', H1), 'reverify', 'airtel');
      await lab.at(1);
      await lab.report('up-police', [H1, H2]);
      await lab.at(6);
      const theirs = await lab.withdraw(id('mha', H1), []);
      const others = await lab.withdraw(id('up-police', H1, H2), [...imeis]);
      for (const reversal of first === 'mha' ? [theirs, others] : [others, theirs])
        await lab.decide('approver-1', reversal, [APPROVE]);
      await lab.toTheEnd();
      expect(await disconnects(lab, direction)).not.toContain(V);
      const unblocked = (await lab.directions('airtel')).filter((one) => one.includes('.unblock.'));
      const orders = await Promise.all(unblocked.map((one) => lab.read(`orders/airtel/${one}/1-unblock.csv`)));
      expect(orders.join('')).toContain(SHOWN);
      for (const reversal of [theirs, others])
        expect(await lab.json(`batches/${reversal}/summary.json`)).toMatchObject({ unexplained: 0 });
      expect(lab.cloud.failures()).toEqual([]);
    });
});

describe('a report that found a number where another one has it, once that was given more time', {
  timeout: 300_000,
}, () => {
  it('leaves nobody cut off where both are withdrawn', async () => {
    await using lab = await open(true);
    await lab.usage('airtel', [`${H1},${V},2026-05-21,Delhi`]);
    await lab.report('mha', [H1]);
    const direction = await lab.direction(id('mha', H1), 'reverify', 'airtel');
    await lab.at(1);
    await lab.upload(`responses/airtel/${direction}/more.csv`, `msisdn,outcome,ground\n${V},extended,hospital\n`);
    await lab.at(3);
    const [going = ''] = (await lab.directions('airtel')).filter((one) => one.startsWith('followup-'));
    await lab.report('up-police', [H1, H2]);
    await lab.at(4);
    const theirs = await lab.withdraw(id('mha', H1), []);
    const others = await lab.withdraw(id('up-police', H1, H2), [H1]);
    for (const reversal of [theirs, others]) await lab.decide('approver-1', reversal, [APPROVE]);
    expect(await lab.read(`batches/${theirs}/kept.csv`)).toContain(V);
    // Restores that nobody answers are asked for again night after night.
    for (const [kind, rows] of [
      ['restore', `msisdn,outcome\n${V},restored\n`],
      ['unblock', `imei,outcome\n${SHOWN},unblocked\n`],
    ] as const)
      for (const operator of ['airtel', 'jio'])
        for (const given of (await lab.directions(operator)).filter((one) => one.includes(`.${kind}.`)))
          await lab.upload(`responses/${operator}/${given}/back.csv`, rows);
    await lab.at(70);
    expect((await lab.outbox(`orders/airtel/${going}/`)).map((key) => key.split('/').at(-1))).toEqual([
      '1-reverify.csv',
    ]);
    expect(await subjects(lab, others)).toMatchObject({ asked: 2, directed: 2 });
    expect(lab.cloud.failures()).toEqual([]);
  });
});

describe('a report that is withdrawn where another agency has a number, too', { timeout: 300_000 }, () => {
  it('is given back at its own operator, and leaves alone what the other one has moved at another', async () => {
    await using lab = await open(true);
    await lab.usage('airtel', [`${H1},${O},2026-05-20,Delhi`]);
    await lab.report('mha', [H1]);
    await lab.usage('jio', [`${H2},${O},2026-05-31,Delhi`], 'jio.csv');
    await lab.at(1);
    await lab.report('up-police', [H2]);
    const theirs = await lab.direction(id('up-police', H2), 'reverify', 'jio');
    await lab.at(4);
    await lab.upload(`responses/jio/${theirs}/more.csv`, `msisdn,outcome,ground\n${O},extended,hospital\n`);
    const reversal = await withdraw(lab, id('mha', H1), []);
    expect((await lab.directions('airtel')).filter((one) => one.startsWith(`${reversal}.restore.`))).toHaveLength(1);
    const [list = ''] = (await lab.outbox('revocations/')).filter((key) => key.endsWith(`${reversal}.withdrawn.csv`));
    // What another report only asks of it stands in no list.
    expect(await lab.read(list)).toMatch(new RegExp(`^msisdn,withdrawn_on,ground\n\\${O},.*,withdrawal\n$`));
    expect(await lab.read(`batches/${reversal}/kept.csv`)).toBe('kind,identifier,operator,batchId,state\n');
    await lab.at(10);
    expect((await lab.directions('jio')).filter((one) => /^followup-.*\.reverify\.jio\./.test(one))).toHaveLength(1);
    expect(await subjects(lab, reversal)).toMatchObject({ asked: 2, directed: 2, kept: 0 });
    expect(lab.cloud.failures()).toEqual([]);
  });
});

describe('a report that is withdrawn after an appeal gave a number of it back', { timeout: 300_000 }, () => {
  it('has nothing of it kept for a report that had found it there, and whoever asks is told of the appeal', async () => {
    await using lab = await open();
    await lab.usage('airtel', [`${H1},${V},2026-05-21,Delhi`, `${H1},${O},2026-05-21,Delhi`]);
    await lab.report('mha', [H1]);
    const direction = await lab.direction(id('mha', H1), 'reverify', 'airtel');
    await lab.at(1);
    await lab.respond(direction, [`${V},failed`, `${O},failed`]);
    await lab.at(1.5);
    await lab.report('up-police', [H1, H2]);
    const later = id('up-police', H1, H2);
    await lab.at(3);
    await lab.upload('appeals/caseworker-1/appeal.csv', `msisdn,ground,case_ref\n${V},wrong_number,A-1\n`);
    const appeal = (await lab.outbox('previews/caseworker-1-'))[0]?.split('/')[1] ?? '';
    await lab.decide('approver-1', appeal, [APPROVE]);
    await lab.at(4);
    const reversal = await withdraw(lab, id('mha', H1), []);
    expect(await lab.read(`batches/${reversal}/kept.csv`)).toContain(`reverify,${O},airtel,${later},alreadyOpen\n`);
    expect(await lab.read(`batches/${reversal}/kept.csv`)).not.toContain(V);
    const lookup = `msisdn\n${V}\n${O}\n`;
    await lab.upload('lookups/caseworker-1/why.csv', lookup);
    const explained = `explanations/caseworker-1/why.${sha256Of(lookup).slice(0, 8)}.json`;
    const { lookups } = await lab.json<{ lookups: { sentence: string }[] }>(explained);
    expect(lookups.map(({ sentence }) => sentence)).toEqual([
      expect.stringMatching(
        /^What was done about it was taken back .* It was being given back already\. The operator airtel/,
      ),
      expect.stringMatching(/^A report by which something was done about it was withdrawn .* That stays all the same/),
    ]);
    await lab.toTheEnd();
    expect(await subjects(lab, reversal)).toMatchObject({ alreadyOpen: 1 });
    expect(lab.cloud.failures()).toEqual([]);
  });
});

describe("a report that met a number when it was somebody else's already", { timeout: 300_000 }, () => {
  it('relies on nothing that was done before, so that the withdrawal of what was done takes that back', async () => {
    await using lab = await open();
    await lab.usage('airtel', [`${H1},${V},2026-05-21,Delhi`, `${H1},${O},2026-05-21,Delhi`]);
    await lab.report('mha', [H1]);
    const report = id('mha', H1);
    const direction = await lab.direction(report, 'reverify', 'airtel');
    await lab.at(2);
    await lab.upload(
      `responses/airtel/${direction}/said.csv`,
      `msisdn,outcome,occurred_on,activated_on\n${V},reissued,,2026-06-02\n${O},disconnected,2026-06-02,\n`,
    );
    await lab.at(20);
    await lab.report('up-police', [H1, H2]);
    const later = id('up-police', H1, H2);
    await lab.at(30);
    const reversal = await withdraw(lab, report, []);
    await lab.toTheEnd();
    const { connections } = await lab.json<{ connections: Record<string, number> }>(`batches/${later}/summary.json`);
    expect(connections).toMatchObject({ linked: 2, reissuedBefore: 1, alreadyDisconnected: 1 });
    // Of what the later report counted as done before, it relies on O, which it left alone for that; V is nobody's whom it is about.
    expect(await lab.read(`batches/${reversal}/kept.csv`)).toContain(
      `reverify,${O},airtel,${later},alreadyDisconnected\n`,
    );
    expect(await lab.read(`batches/${reversal}/kept.csv`)).not.toContain(V);
    const lists = (await lab.outbox('revocations/')).filter((key) => key.endsWith(`${reversal}.withdrawn.csv`));
    const withdrawn = (await Promise.all(lists.map((key) => lab.read(key)))).join('');
    expect(withdrawn).toContain(V);
    expect(withdrawn).not.toContain(O);
    expect(lab.cloud.failures()).toEqual([]);
  });
});
