import { describe, expect, it } from 'vitest';
import { nameOf } from '../../simulation/function-names.ts';
import { Tables } from './bad-files.ts';
import { APPROVE, HOUR, Lab, START } from './lab.ts';
import { chainOf } from './reversals-lab.ts';

/** On 1 June mha reports P, which A of airtel was used in. At 01:00 caseworker-1 appeals for A. */
describe('the decision upon an appeal is in its chain, and told of, before anything is directed', () => {
  const [P, A] = ['35100000000001', '+919800000001'];
  const appealIn = async (other: Lab) => {
    await other.usage('airtel', [`${P},${A},2026-05-20,Delhi`]);
    await other.report('mha', [P]);
    await other.cloud.run(START + HOUR);
    await other.upload('appeals/caseworker-1/one.csv', `msisdn,ground\n${A},court_order\n`);
  };
  const reversalIn = async (other: Lab) => {
    const items = Object.values(await new Tables(other).everything());
    return items.find(({ kind }) => kind === 'reversal') ?? {};
  };
  const expectTold = async (other: Lab, by: string, people: number) => {
    const { batchId, state } = await reversalIn(other);
    const id = String(batchId);
    expect(state).toBe('directed');
    const entries = await chainOf(other, id);
    const kinds = entries.map(({ kind }) => kind);
    expect(entries.filter(({ kind }) => kind === 'decided')).toMatchObject([
      { facts: { state: 'approved', people, by }, files: { asked: {}, preview: {}, record: {} } },
    ]);
    expect(kinds.indexOf('decided')).toBeLessThan(kinds.indexOf('plan_directed'));
    for (const queue of ['fraud-approvals-approver-3', 'fraud-administrators']) {
      const notices = (await other.notices(queue)).filter((one) => one.batchId === id);
      expect(notices.filter(({ kind }) => kind === 'batch_approved')).toHaveLength(1);
    }
    expect((await other.directions('airtel')).filter((one) => one.startsWith(`${id}.restore.`))).toHaveLength(1);
    expect(other.cloud.failures().filter((failure) => !failure.includes('Collect'))).toEqual([]);
  };

  it('though an approver approves it before the machine hears that it is open', async () => {
    let calls = 0;
    let down = true;
    const collect = () => (calls++ === 0 ? 'lose' : down ? 'error' : undefined);
    await using other = await Lab.open({
      telling: true,
      context: { operators: 'airtel,jio' },
      faults: { beforeInvoke: ({ functionName }) => (nameOf(functionName) === 'Collect' ? collect() : undefined) },
    });
    await appealIn(other);
    expect(calls).toBeGreaterThan(0);
    await other.decide('approver-1', String((await reversalIn(other)).batchId), [APPROVE]);
    expect(await reversalIn(other)).toMatchObject({ state: 'approved' });
    down = false;
    await other.cloud.run(START + 3 * HOUR);
    expect(calls).toBeGreaterThan(1);
    await expectTold(other, 'approver-1', 1);
  });

  it('where nobody has to approve it', async () => {
    await using other = await Lab.open({
      telling: true,
      context: { operators: 'airtel,jio', reversalPeople: '0', largeReversalPeople: '0' },
    });
    await appealIn(other);
    await other.cloud.run(START + 3 * HOUR);
    await expectTold(other, '', 0);
  });
});
