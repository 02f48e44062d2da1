import { describe, expect, it } from 'vitest';
import { sha256Of } from '../../lambdas/domain/hashes.ts';
import { APPROVE, Lab } from './lab.ts';

/**
 * V was seen in OLD on 20 May, and somebody else has it since the 25th. Who has it now was seen in H1 on the 30th; who had it before
 * was seen in H2, too, on the 24th. Nothing that is known of the former holder keeps the new one cut off.
 */
const [OLD, H1, H2] = ['35100000000009', '35100000000001', '35100000000002'];
const [V, O, Q] = [1, 2, 3].map((n) => `+91981000000${n}`) as [string, string, string];
const id = (agency: string, ...imeis: string[]) =>
  `${agency}-${sha256Of(`imei\n${imeis.map((imei) => `${imei}\n`).join('')}`).slice(0, 12)}`;

const said = (day: string) => `msisdn,outcome,activated_on\n${V},reissued,${day}\n`;

/** The operator has said since when V is somebody else's, and both holders' sightings are there. */
async function reissued(context: Record<string, string> = {}): Promise<Lab> {
  const lab = await Lab.open({ context: { operators: 'airtel', ...context } });
  await lab.usage('airtel', [`${OLD},${V},2026-05-20,Delhi`]);
  await lab.report('mha', [OLD], 'old.csv');
  const before = await lab.direction(id('mha', OLD), 'reverify', 'airtel');
  await lab.upload(`responses/airtel/${before}/since.csv`, said('2026-05-25'));
  const seen = [`${H1},${V},2026-05-30`, `${H2},${V},2026-05-24`, `${H1},${O},2026-05-30`, `${H2},${Q},2026-05-30`];
  await lab.usage(
    'airtel',
    seen.map((row) => `${row},Delhi`),
    'more.csv',
  );
  return lab;
}

const subjects = async (lab: Lab, reversal: string) =>
  (await lab.json<{ subjects: Record<string, number> }>(`batches/${reversal}/summary.json`)).subjects;

/** Of whom the direction's orders took service. */
async function cutOff(lab: Lab, direction: string): Promise<string[]> {
  const keys = (await lab.outbox(`orders/airtel/${direction}/`)).filter((key) => /bar_|disconnect/.test(key));
  const orders = (await Promise.all(keys.map((key) => lab.read(key)))).join('');
  return [V, O, Q].filter((number) => orders.includes(number));
}

describe("a number that is somebody else's, linked by two handsets of a report of which the former holder used one", {
  timeout: 300_000,
}, () => {
  for (const [what, imeis, strikes, counts] of [
    ['the other one is withdrawn', [H1], [], { asked: 3, directed: 3 }],
    ['the report is, but for that one', [], [`strike,${H2},,,a clone`], { asked: 5, directed: 3, struck: 2 }],
  ] as const)
    it(`is given back where ${what}`, async () => {
      await using lab = await reissued();
      const report = id('mha', H1, H2);
      await lab.at(1);
      await lab.report('mha', [H1, H2]);
      const direction = await lab.direction(report, 'reverify', 'airtel');
      await lab.at(3);
      const reversal = await lab.withdraw(report, [...imeis]);
      await lab.decide('approver-1', reversal, [APPROVE, ...strikes]);
      await lab.toTheEnd();
      expect(await subjects(lab, reversal)).toMatchObject(counts);
      expect(await cutOff(lab, direction)).toEqual([Q]);
      expect(lab.cloud.failures()).toEqual([]);
    });

  it('stays where its new holder was seen in the other one, too', async () => {
    await using lab = await reissued();
    await lab.usage('airtel', [`${H2},${V},2026-05-26,Delhi`], 'since.csv');
    const report = id('mha', H1, H2);
    await lab.at(1);
    await lab.report('mha', [H1, H2]);
    await lab.at(3);
    const reversal = await lab.withdraw(report, [H1]);
    await lab.decide('approver-1', reversal, [APPROVE]);
    await lab.toTheEnd();
    expect(await subjects(lab, reversal)).toMatchObject({ asked: 2, directed: 2 });
    expect(await cutOff(lab, await lab.direction(report, 'reverify', 'airtel'))).toEqual([V, Q]);
  });

  for (const order of [
    ['mha', 'up-police'],
    ['up-police', 'mha'],
  ] as const)
    it(`is kept by no report that relied on another's row for the new holder alone, ${order[0]}'s withdrawn first`, async () => {
      await using lab = await reissued();
      await lab.at(1);
      await lab.report('mha', [H1]);
      const direction = await lab.direction(id('mha', H1), 'reverify', 'airtel');
      await lab.at(2);
      await lab.report('up-police', [H1, H2]);
      for (const [n, agency] of order.entries()) {
        await lab.at(3 + n);
        const reversal =
          agency === 'mha' ? await lab.withdraw(id('mha', H1), []) : await lab.withdraw(id('up-police', H1, H2), [H1]);
        await lab.decide('approver-1', reversal, [APPROVE]);
      }
      await lab.toTheEnd();
      expect(await cutOff(lab, direction)).toEqual([]);
      expect(await cutOff(lab, await lab.direction(id('up-police', H1, H2), 'reverify', 'airtel'))).toEqual([Q]);
      expect(lab.cloud.failures()).toEqual([]);
    });
});

describe("a number of which its operator says late that it was somebody else's", { timeout: 300_000 }, () => {
  /** The former holder's ladder is over without a word; who has the number now was seen in H1 on 18 June, and is directed. */
  async function silent(): Promise<{ lab: Lab; before: string; direction: string }> {
    const lab = await Lab.open({ context: { operators: 'airtel' } });
    await lab.usage('airtel', [`${OLD},${V},2026-05-20,Delhi`, `${H2},${V},2026-05-24,Delhi`]);
    await lab.report('mha', [OLD], 'old.csv');
    const before = await lab.direction(id('mha', OLD), 'reverify', 'airtel');
    await lab.at(19);
    await lab.usage('airtel', [`${H1},${V},2026-06-18,Delhi`, `${H2},${Q},2026-06-18,Delhi`], 'more.csv');
    await lab.report('mha', [H1], 'h1.csv');
    return { lab, before, direction: await lab.direction(id('mha', H1), 'reverify', 'airtel') };
  }
  const withdrawn = async (lab: Lab, report: string) => {
    const reversal = await lab.withdraw(report, []);
    await lab.decide('approver-1', reversal, [APPROVE]);
    return await lab.read(`batches/${reversal}/kept.csv`);
  };

  it('is kept by no report that met the former holder alone, and found it open where the new one is directed', async () => {
    const { lab, before, direction } = await silent();
    await using _ = lab;
    await lab.at(20);
    await lab.report('up-police', [H2], 'h2.csv');
    await lab.at(21);
    await lab.upload(`responses/airtel/${before}/since.csv`, said('2026-05-25'));
    await lab.at(22);
    expect(await withdrawn(lab, id('mha', H1))).not.toContain(V);
    await lab.toTheEnd();
    expect(await lab.json(`batches/${id('up-police', H2)}/summary.json`)).toMatchObject({
      connections: { alreadyOpen: 1, directed: 1 },
    });
    expect(await cutOff(lab, direction)).toEqual([]);
    expect(lab.cloud.failures()).toEqual([]);
  });

  it('is kept by no night that went on with the former holder', async () => {
    await using lab = await Lab.open({ context: { operators: 'airtel,jio' }, nights: true });
    await lab.usage('jio', [`${OLD},${V},2026-05-20,Delhi`]);
    await lab.usage('airtel', [`${H1},${V},2026-05-30,Delhi`]);
    await lab.report('mha', [OLD]);
    const before = await lab.direction(id('mha', OLD), 'reverify', 'jio');
    await lab.report('up-police', [H1]);
    const direction = await lab.direction(id('up-police', H1), 'reverify', 'airtel');
    await lab.upload(
      `responses/jio/${before}/ported.csv`,
      `msisdn,outcome,occurred_on,to\n${V},ported,2026-05-22,airtel\n`,
    );
    await lab.at(2);
    const [moved = ''] = (await lab.outbox('batches/followup-')).filter((key) => key.endsWith('moved.csv'));
    expect(await lab.read(moved)).toContain(`${V},${before},ported,airtel,alreadyOpen`);
    await lab.upload(`responses/jio/${before}/since.csv`, said('2026-05-25'));
    await lab.at(3);
    expect(await withdrawn(lab, id('up-police', H1))).not.toContain(V);
    await lab.toTheEnd();
    expect(await cutOff(lab, direction)).toEqual([]);
    expect(lab.cloud.failures()).toEqual([]);
  });

  it('stays verified for later reports: that says nothing of who has it now', async () => {
    const { lab, before, direction } = await silent();
    await using _ = lab;
    await lab.at(21);
    await lab.respond(direction, [`${V},verified`]);
    await lab.at(23);
    await lab.upload(`responses/airtel/${before}/since.csv`, said('2026-05-25'));
    await lab.at(25);
    await lab.usage('airtel', [`${H2},${V},2026-06-19,Delhi`], 'late.csv');
    await lab.report('up-police', [H2], 'h2.csv');
    await lab.toTheEnd();
    expect(await lab.json(`batches/${id('up-police', H2)}/summary.json`)).toMatchObject({
      connections: { linked: 2, alreadyVerified: 1, directed: 1 },
      unexplained: 0,
    });
    expect(lab.cloud.failures()).toEqual([]);
  });

  for (const answer of [[], ['disconnected']])
    it(`gives no service back to who lost it since by a row of their own (${answer[0] ?? 'without an answer'})`, async () => {
      const { lab, before, direction } = await silent();
      await using _ = lab;
      await lab.at(34);
      if (answer.length > 0) await lab.respond(direction, [`${V},disconnected`]);
      await lab.at(38);
      expect(await cutOff(lab, direction)).toEqual([V]);
      await lab.notices('fraud-directions-airtel');
      await lab.upload(`responses/airtel/${before}/since.csv`, said('2026-05-25'));
      const lookup = `msisdn\n${V}\n`;
      await lab.upload('lookups/caseworker-1/why.csv', lookup);
      await lab.toTheEnd();
      expect((await lab.outbox(`orders/airtel/${before}/`)).filter((key) => key.includes('/back-'))).toEqual([]);
      const { lookups } = await lab.json<{ lookups: { sentence: string }[] }>(
        `explanations/caseworker-1/why.${sha256Of(lookup).slice(0, 8)}.json`,
      );
      expect(lookups[0]?.sentence).toMatch(
        /no order about whoever had it before takes service from it\. The operator airtel (disconnected it|has not said by)/,
      );
      expect(lab.cloud.failures()).toEqual([]);
    });

  it('may be given to another one once more: the row says since when it is theirs', async () => {
    await using lab = await reissued();
    const before = await lab.direction(id('mha', OLD), 'reverify', 'airtel');
    await lab.at(9);
    // H1's holder has it no more.
    await lab.upload(`responses/airtel/${before}/again.csv`, said('2026-06-08'));
    await lab.at(10);
    await lab.report('up-police', [H1]);
    await lab.toTheEnd();
    expect(await lab.json(`batches/${id('up-police', H1)}/summary.json`)).toMatchObject({
      connections: { linked: 2, reissuedBefore: 1, directed: 1 },
    });
    const lists = (await lab.outbox('revocations/')).filter((key) => /withdrawn-.*\.csv$/.test(key));
    expect(lists.map((key) => key.split('/')[1])).toEqual(['2026-06-01', '2026-06-10']);
    expect(lab.cloud.failures()).toEqual([]);
  });
});

describe('a number that approvers left out of the withdrawal of the handset in which its holder was seen', {
  timeout: 300_000,
}, () => {
  it('stays as it is where that of its former holder is withdrawn, too', async () => {
    await using lab = await reissued();
    const report = id('mha', H1, H2);
    await lab.at(1);
    await lab.report('mha', [H1, H2]);
    await lab.at(3);
    const first = await lab.withdraw(report, [H1], 'one.csv');
    await lab.decide('approver-1', first, [APPROVE, `strike,,${V},,stays`]);
    await lab.at(4);
    const second = await lab.withdraw(report, [H2], 'two.csv');
    await lab.decide('approver-1', second, [APPROVE]);
    await lab.toTheEnd();
    expect(await subjects(lab, first)).toMatchObject({ asked: 3, directed: 2, struck: 1 });
    expect(await subjects(lab, second)).toMatchObject({ asked: 2, directed: 2 });
    expect(await cutOff(lab, await lab.direction(report, 'reverify', 'airtel'))).toEqual([V]);
  });
});

describe('a number that is directed for its former holder, seen later with the new one in what people left out', {
  timeout: 300_000,
}, () => {
  it("is said to be somebody else's by its operator, and is cut off by nobody", async () => {
    await using lab = await Lab.open({ context: { operators: 'airtel', people: '1' } });
    await lab.usage('airtel', [`${H1},${V},2026-05-20,Delhi`, `${H2},${V},2026-05-30,Delhi`]);
    const report = id('mha', H1, H2);
    await lab.report('mha', [H1, H2]);
    await lab.decide('approver-1', report, [APPROVE, `strike,${H2},,,a clone`]);
    const direction = await lab.direction(report, 'reverify', 'airtel');
    expect(await lab.read(`orders/airtel/${direction}/1-reverify.csv`)).toContain(`${V},${H1}`);
    await lab.at(2);
    // Whoever had it on 20 May had it no more; on that day itself it may have been either.
    await lab.upload(`responses/airtel/${direction}/early.csv`, said('2026-05-20'));
    await lab.upload(`responses/airtel/${direction}/since.csv`, said('2026-05-25'));
    // A later report of the handset that is acted upon knows of nobody else in it.
    await lab.report('up-police', [H1]);
    await lab.decide('approver-1', id('up-police', H1), [APPROVE]);
    await lab.toTheEnd();
    const receipts = await Promise.all((await lab.outbox('receipts/airtel/')).map((key) => lab.json(key)));
    expect(receipts).toMatchObject([
      { file: 'early.csv', recorded: 0, rejected: { not_after_sighting: 1 } },
      { file: 'since.csv', recorded: 1, rejected: {} },
    ]);
    expect(await cutOff(lab, direction)).toEqual([]);
    expect(await lab.json(`batches/${id('up-police', H1)}/summary.json`)).toMatchObject({
      connections: { linked: 1, reissuedBefore: 1 },
      unexplained: 0,
    });
    expect(lab.cloud.failures()).toEqual([]);
  });
});
