import { describe, expect, it } from 'vitest';
import { sha8, sha256Of } from '../../lambdas/domain/hashes.ts';
import { nameOf } from '../../simulation/function-names.ts';
import { APPROVE, batchOf, Lab } from './lab.ts';

const HANDSET = '35700000000001';
const [EXTENDED, RESTORED, PROVED] = ['+919870000001', '+919870000002', '+919870000003'] as const;
/** The night that comes at 19:00 in UTC on 5 June. */
const NIGHT = 'followup-202606060000';

/**
 * A lab in which airtel has extended two numbers, and cut off one that it had verified. The night that finds them dies until it is mended
 * each time it has committed what it found, before there is a batch of it; two sweeps have begun it again in vain.
 */
async function inTheNight() {
  let dies = false;
  const lab = await Lab.open({
    context: { operators: 'airtel,jio', people: '2', sweepHours: '1' },
    faults: {
      afterWrite: ({ key }) => {
        if (key === 'FOLLOWUPS') dies = true;
        return undefined;
      },
      beforeCall: ({ caller, key }) =>
        dies && nameOf(caller) === 'Collect' && key === `BATCH#${NIGHT}` ? 'fail' : undefined,
    },
  });
  const usage = [EXTENDED, RESTORED, PROVED].map((number) => `${HANDSET},${number},2026-05-20,Delhi`);
  await lab.usage('airtel', usage);
  await lab.report('mha', [HANDSET]);
  for (const approver of ['approver-1', 'approver-2']) await lab.decide(approver, batchOf('mha', HANDSET), [APPROVE]);
  const direction = await lab.direction(batchOf('mha', HANDSET), 'reverify', 'airtel');
  await lab.quietlyAt(4);
  const from = `responses/airtel/${direction}`;
  const extended = [EXTENDED, PROVED].map((number) => `${number},extended,hospital\n`).join('');
  await lab.upload(`${from}/1.csv`, `msisdn,outcome,ground\n${extended}${RESTORED},verified,\n`);
  // To be restored in the night: they have proved who they are.
  await lab.upload(`${from}/2.csv`, `msisdn,outcome\n${RESTORED},disconnected\n`);
  await lab.cloud.run(Date.parse('2026-06-05T21:30:00Z'));
  expect(dies).toBe(true);
  return {
    lab,
    direction,
    ofNight: async () => (await lab.outbox('orders/')).filter((key) => key.includes(NIGHT)),
    /** Goes to the next sweep, and past it. */
    async mend() {
      dies = false;
      await lab.cloud.run(Date.parse('2026-06-05T22:30:00Z'));
    },
    /** The receipt of airtel's answer that a number is verified. */
    async answer(number: string, name: string) {
      const content = `msisdn,outcome\n${number},verified\n`;
      await lab.upload(`${from}/${name}.csv`, content);
      const key = `receipts/airtel/${direction}/${name}.csv.${sha8(sha256Of(content))}.json`;
      return lab.json<Record<string, unknown>>(key);
    },
    async sentenceOn(number: string, name: string) {
      const content = `msisdn,imei,reference\n${number},,\n`;
      await lab.upload(`lookups/caseworker-1/${name}.csv`, content);
      const key = `explanations/caseworker-1/${name}.${sha8(sha256Of(content))}.json`;
      return (await lab.json<{ lookups: { sentence: string }[] }>(key)).lookups[0]?.sentence;
    },
  };
}

describe('a night that dies once it has committed what it found, before there is a batch of it', () => {
  it('keeps its numbers from being erased, and the next sweep begins it again', async () => {
    const { lab, ofNight, mend } = await inTheNight();
    await using _ = lab;
    expect(await ofNight()).toEqual([]);
    const erased = await lab.erase(EXTENDED);
    expect(erased).toMatchObject({ claims: 0, links: 0 });
    expect(erased.hindrances).toContainEqual({ where: NIGHT, why: 'turn', until: null });

    await mend();
    const orders = await ofNight();
    expect(orders).toEqual([
      `orders/airtel/${NIGHT}.restore.airtel.2-0-0/1-restore.csv`,
      `orders/airtel/${NIGHT}.reverify.airtel.2-0-0/1-reverify.csv`,
    ]);
    for (const [n, number] of [RESTORED, EXTENDED].entries()) expect(await lab.read(orders[n] ?? '')).toContain(number);
  }, 300_000);

  it('asks nobody again who has proved themselves by then, and nobody is told that it asked', async () => {
    const { lab, ofNight, mend, answer, sentenceOn } = await inTheNight();
    await using _ = lab;
    const waits = await sentenceOn(RESTORED, 'waits');
    expect(waits).toContain('it is asked from the next night on to give full service again');
    expect(await sentenceOn(EXTENDED, 'extended')).toContain('From the next night on they are asked again');
    // A moved row is open until its follow-up is directed (due process).
    expect(await answer(PROVED, '3')).toMatchObject({ recorded: 1, rejects: [] });

    await mend();
    const [, reverify = ''] = await ofNight();
    const order = await lab.read(reverify);
    expect(order).toContain(EXTENDED);
    expect(order).not.toContain(PROVED);
    expect(await sentenceOn(RESTORED, 'asked')).toContain('is to give it full service again by 7 June');
    // The other one is asked by the night from now on.
    expect(await answer(EXTENDED, '4')).toMatchObject({
      recorded: 0,
      rejects: [{ reason: 'conflicts_with_recorded' }],
    });

    await lab.toTheEnd();
    const moved = (await lab.read(`batches/${NIGHT}/moved.csv`)).split('\n');
    expect(moved.filter((line) => line.startsWith(PROVED)).map((line) => line.split(',').at(-1))).toEqual([
      'alreadyVerified',
    ]);
  }, 300_000);
});
