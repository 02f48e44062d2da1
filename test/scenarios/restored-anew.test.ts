import type { FaultPlan } from 'local-cloud';
import { describe, expect, it } from 'vitest';
import { batchOf, Lab } from './lab.ts';
import { appeal } from './nights-lab.ts';
import { directions, only } from './reversals-lab.ts';

/**
 * Who is without service although an order to restore them was issued. Each number is airtel's, seen in a handset on 20 May that is reported on 1
 * June: asked for until the 6th, and barred from then on. A night comes at 19:00 in UTC, and its batch is named by the next day.
 */
const [HANDSET, OTHER] = ['35400000000001', '35400000000002'];
const [N, BARRED] = ['+919840000001', '+919840000002'];
const lines = (header: string, rows: string[]) => `${header}\n${rows.map((row) => `${row}\n`).join('')}`;

async function reported(numbers: string[], faults?: FaultPlan): Promise<{ lab: Lab; asked: string }> {
  const lab = await Lab.open({ context: { operators: 'airtel' }, nights: true, ...(faults && { faults }) });
  await lab.usage(
    'airtel',
    numbers.map((number) => `${HANDSET},${number},2026-05-20,Delhi`),
  );
  await lab.report('mha', [HANDSET]);
  return { lab, asked: await lab.direction(batchOf('mha', HANDSET), 'reverify', 'airtel') };
}

/** Has a number verified on the first day, and reported again on the fourth, for another handset. Returns the later direction. */
async function verifiedAndReportedAgain(lab: Lab, asked: string): Promise<string> {
  await lab.at(1);
  await lab.respond(asked, [`${N},verified`], 'verified.csv');
  await lab.at(3);
  await lab.usage('airtel', [`${OTHER},${N},2026-06-03,Delhi`], 'later.csv');
  await lab.at(4);
  await lab.report('up-police', [OTHER]);
  return await lab.direction(batchOf('up-police', OTHER), 'reverify', 'airtel');
}

describe('upon an appeal', () => {
  it('is restored who was barred after that order, and who was verified after a bar, since nobody answers for that', async () => {
    const { lab, asked } = await reported([N, BARRED]);
    await using _ = lab;
    const later = await verifiedAndReportedAgain(lab, asked);
    await lab.at(6);
    await lab.respond(asked, [`${BARRED},verified`], 'barred.csv');
    await lab.at(8.2);
    await lab.respond(asked, [`${N},disconnected`], 'cut.csv');
    await lab.at(9.2);
    const night = await only(lab, 'followup-202606100000', 'restore');
    expect(await lab.outbox(`orders/airtel/${later}/2-`)).toEqual([`orders/airtel/${later}/2-bar_outgoing.csv`]);

    const restored: string[] = [];
    for (const number of [N, BARRED]) {
      const reversal = await appeal(lab, number);
      const restore = await only(lab, reversal, 'restore');
      expect(await lab.read(`batches/${reversal}/appeals.csv`)).toBe(
        lines('line,state,directionIds', [`2,directed,${restore}`]),
      );
      restored.push(await lab.read(`orders/airtel/${restore}/1-restore.csv`));
    }
    expect(restored.map((order) => order.split('\n').map((line) => line.split(',')[0]))).toEqual([
      ['msisdn', N, ''],
      ['msisdn', BARRED, ''],
    ]);
    // That the night's order was carried out before the bar takes nothing from that.
    await lab.respond(night, [`${N},restored`]);
  });

  it('is restored whom a file had disconnected that was uploaded before they were restored, and taken after that', async () => {
    const hours = (n: number) => n * 60 * 60 * 1000;
    const { lab, asked } = await reported([N], {
      deliveries: ({ detail }) => [JSON.stringify(detail).includes('failed.csv') ? hours(5) : 0],
    });
    await using _ = lab;
    const later = await verifiedAndReportedAgain(lab, asked);
    await lab.at(8.2);
    await lab.respond(asked, [`${N},disconnected`], 'cut.csv');
    // At 18:43, before the night; its event comes at 23:43.
    await lab.at(8.78);
    await lab.respond(later, [`${N},failed`], 'failed.csv');
    await lab.at(8.95);
    const night = await only(lab, 'followup-202606100000', 'restore');
    const cuts = () => lab.outbox(`orders/airtel/${later}/failed-`);
    expect(await cuts()).toEqual([]);
    await lab.respond(night, [`${N},restored`]);
    await lab.at(8.995);
    expect(await cuts()).toHaveLength(1);
    const reversal = await appeal(lab, N);
    const restore = await only(lab, reversal, 'restore');
    expect(await lab.read(`batches/${reversal}/appeals.csv`)).toBe(
      lines('line,state,directionIds', [`2,directed,${restore}`]),
    );
  });
});

describe('in the night', () => {
  it('is restored anew whom its operator says that it cut off, while both orders of an appeal are out and unanswered', async () => {
    const { lab, asked } = await reported([N]);
    await using _ = lab;
    await lab.at(7);
    const reversal = await appeal(lab, N);
    const restore = await only(lab, reversal, 'restore');
    await lab.at(8.3);
    expect(await lab.outbox(`orders/airtel/${restore}/`)).toEqual([
      `orders/airtel/${restore}/1-restore.csv`,
      `orders/airtel/${restore}/2-restore.csv`,
    ]);
    await lab.upload(
      `responses/airtel/${asked}/cut.csv`,
      lines('msisdn,outcome,occurred_on', [`${N},disconnected,2026-06-09`]),
    );
    await lab.at(8.9);
    const night = 'followup-202606100000';
    const anew = await only(lab, night, 'restore');
    await lab.upload(
      `responses/airtel/${restore}/done.csv`,
      lines('msisdn,outcome,occurred_on', [`${N},restored,2026-06-08`]),
    );
    await lab.respond(anew, [`${N},restored`]);
    await lab.at(12);
    expect(await lab.read(`batches/${night}/moved.csv`)).toBe(
      lines('msisdn,from,why,to,state', [`${N},${asked},disconnected_after_verified,airtel,directed`]),
    );
    expect(await directions(lab, 'followup-202606110000', 'restore')).toEqual([]);
  });
});
