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

/** The operator has said since when V is somebody else's, and both holders' sightings are there. */
async function reissued(context: Record<string, string> = {}): Promise<Lab> {
  const lab = await Lab.open({ context: { operators: 'airtel', ...context } });
  await lab.usage('airtel', [`${OLD},${V},2026-05-20,Delhi`]);
  await lab.report('mha', [OLD], 'old.csv');
  const before = await lab.direction(id('mha', OLD), 'reverify', 'airtel');
  await lab.upload(`responses/airtel/${before}/since.csv`, `msisdn,outcome,activated_on\n${V},reissued,2026-05-25\n`);
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
    const said = (day: string) => `msisdn,outcome,activated_on\n${V},reissued,${day}\n`;
    await lab.upload(`responses/airtel/${direction}/early.csv`, said('2026-05-20'));
    await lab.upload(`responses/airtel/${direction}/since.csv`, said('2026-05-25'));
    // A later report of the handset that is acted upon knows of nobody else in it.
    await lab.report('up-police', [H1]);
    await lab.decide('approver-1', id('up-police', H1), [APPROVE]);
    await lab.toTheEnd();
    const receipts = (await lab.outbox('receipts/airtel/')).filter((key) => key.includes('since.csv'));
    expect(await Promise.all(receipts.map((key) => lab.json(key)))).toMatchObject([{ recorded: 1, rejected: {} }]);
    const rejects = (await lab.outbox('rejects/')).filter((key) => key.includes('early.csv'));
    expect(await Promise.all(rejects.map((key) => lab.read(key)))).toEqual([
      expect.stringContaining('not_after_sighting'),
    ]);
    expect(await cutOff(lab, direction)).toEqual([]);
    expect(await lab.json(`batches/${id('up-police', H1)}/summary.json`)).toMatchObject({
      connections: { linked: 1, reissuedBefore: 1 },
      unexplained: 0,
    });
    expect(lab.cloud.failures()).toEqual([]);
  });
});
