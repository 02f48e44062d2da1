import { describe, expect, it } from 'vitest';
import { batchOf, Lab } from './lab.ts';
import { appeal } from './nights-lab.ts';
import { only } from './reversals-lab.ts';

/**
 * Whom no order named that takes service. Each number is airtel's, seen in a handset on 20 May that is reported on 1 June, and asked for until
 * the 6th: one fails on the 2nd, and its disconnect order goes out at once.
 */
const HANDSET = '35410000000001';
const [FAILED, BESIDE] = ['+919841000001', '+919841000002'];

async function oneFailed(): Promise<{ lab: Lab; asked: string }> {
  const lab = await Lab.open({ context: { operators: 'airtel' } });
  await lab.usage(
    'airtel',
    [FAILED, BESIDE].map((number) => `${HANDSET},${number},2026-05-20,Delhi`),
  );
  await lab.report('mha', [HANDSET]);
  const asked = await lab.direction(batchOf('mha', HANDSET), 'reverify', 'airtel');
  await lab.at(1);
  await lab.respond(asked, [`${FAILED},failed`], 'failed.csv');
  await lab.at(2);
  return { lab, asked };
}

const ordersOf = async (lab: Lab, direction: string) =>
  (await lab.outbox(`orders/airtel/${direction}/`)).map((key) =>
    key
      .split('/')
      .at(-1)
      ?.replace(/-\w{8}-/, '-<sha8>-'),
  );

describe('beside somebody of the same direction who failed', () => {
  it('an appeal finds nothing to restore for a number that its operator does not have, and restores who failed', async () => {
    const { lab, asked } = await oneFailed();
    await using _ = lab;
    await lab.respond(asked, [`${BESIDE},not_found`, `${FAILED},not_found`], 'gone.csv');
    expect(await ordersOf(lab, asked)).toEqual(['1-reverify.csv', 'failed-<sha8>-disconnect.csv']);
    const nothing = await appeal(lab, BESIDE);
    expect(await lab.read(`batches/${nothing}/appeals.csv`)).toBe('line,state,directionIds\n2,nothingToRestore,\n');
    const directed = await appeal(lab, FAILED);
    const restore = await only(lab, directed, 'restore');
    expect(await lab.read(`batches/${directed}/appeals.csv`)).toBe(`line,state,directionIds\n2,directed,${restore}\n`);
  });

  it('nothing is given back to who was verified and whose number is somebody else’s then, and all to who failed before', async () => {
    const { lab, asked } = await oneFailed();
    await using _ = lab;
    await lab.respond(asked, [`${BESIDE},verified`], 'verified.csv');
    const reissued = (number: string) => `msisdn,outcome,activated_on\n${number},reissued,2026-06-03\n`;
    await lab.upload(`responses/airtel/${asked}/beside.csv`, reissued(BESIDE));
    expect(await ordersOf(lab, asked)).toEqual(['1-reverify.csv', 'failed-<sha8>-disconnect.csv']);
    await lab.upload(`responses/airtel/${asked}/failed.csv`, reissued(FAILED));
    const back = await lab.outbox(`orders/airtel/${asked}/back-`);
    expect(back).toHaveLength(1);
    expect(await lab.read(back[0] ?? '')).toContain(FAILED);
    expect(await lab.read(back[0] ?? '')).not.toContain(BESIDE);
  });
});
