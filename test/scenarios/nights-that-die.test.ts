import { describe, expect, it } from 'vitest';
import { nameOf } from '../../simulation/function-names.ts';
import { batchOf, Lab } from './lab.ts';

const HANDSET = '35700000000001';
const [EXTENDED, RESTORED] = ['+919870000001', '+919870000002'] as const;
/** The night that comes at 19:00 in UTC on 5 June. */
const NIGHT = 'followup-202606060000';

describe('a night that dies once it has committed what it found, before there is a batch of it', () => {
  it('keeps its numbers from being erased, and the next sweep begins it again', async () => {
    let dies = false;
    await using lab = await Lab.open({
      context: { operators: 'airtel,jio', sweepHours: '1' },
      faults: {
        afterWrite: ({ key }) => {
          if (key === 'FOLLOWUPS') dies = true;
          return undefined;
        },
        beforeCall: ({ caller, key }) =>
          dies && nameOf(caller) === 'Collect' && key === `BATCH#${NIGHT}` ? 'fail' : undefined,
      },
    });
    const usage = [EXTENDED, RESTORED].map((number) => `${HANDSET},${number},2026-05-20,Delhi`);
    await lab.usage('airtel', usage);
    await lab.report('mha', [HANDSET]);
    const direction = await lab.direction(batchOf('mha', HANDSET), 'reverify', 'airtel');
    await lab.quietlyAt(4);
    const from = `responses/airtel/${direction}`;
    await lab.upload(`${from}/1.csv`, `msisdn,outcome,ground\n${EXTENDED},extended,hospital\n${RESTORED},verified,\n`);
    // To be restored in the night: they have proved who they are.
    await lab.upload(`${from}/2.csv`, `msisdn,outcome\n${RESTORED},disconnected\n`);

    // Two sweeps begin it again in vain.
    await lab.cloud.run(Date.parse('2026-06-05T21:30:00Z'));
    const ofNight = async () => (await lab.outbox('orders/')).filter((key) => key.includes(NIGHT));
    expect(dies).toBe(true);
    expect(await ofNight()).toEqual([]);
    const erased = await lab.erase(EXTENDED);
    expect(erased).toMatchObject({ claims: 0, links: 0 });
    expect(erased.hindrances).toContainEqual({ where: NIGHT, why: 'turn', until: null });

    dies = false;
    await lab.cloud.run(Date.parse('2026-06-05T22:30:00Z'));
    const orders = await ofNight();
    expect(orders).toEqual([
      `orders/airtel/${NIGHT}.restore.airtel.2-0-0/1-restore.csv`,
      `orders/airtel/${NIGHT}.reverify.airtel.2-0-0/1-reverify.csv`,
    ]);
    for (const [n, number] of [RESTORED, EXTENDED].entries()) expect(await lab.read(orders[n] ?? '')).toContain(number);
  }, 300_000);
});
