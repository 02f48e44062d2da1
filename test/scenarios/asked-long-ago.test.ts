/** Files about what was asked long ago: the same bytes again, and answers to rows that are kept no more. */
import { DeleteObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { sha8, sha256Of } from '../../lambdas/domain/hashes.ts';
import { bucketsOf } from '../../simulation/buckets.ts';
import { Lab } from './lab.ts';
import { A1, A2, H1, H2 } from './story.ts';

/**
 * One handset with two numbers at airtel, reported on day 0: the first bar goes out on day 5. Another handset with one of them, which
 * another agency reports on day 20.
 */
async function asked(): Promise<{ lab: Lab; direction: string }> {
  const lab = await Lab.open({ context: { operators: 'airtel' } });
  await lab.usage('airtel', [`${H1},${A1},2026-05-20,Delhi`, `${H1},${A2},2026-05-21,Delhi`]);
  await lab.report('mha', [H1]);
  return { lab, direction: (await lab.directions('airtel')).find((id) => id.includes('.reverify.')) ?? '' };
}
/** The orders that airtel was told of since it was asked last. */
const told = async (lab: Lab) =>
  (await lab.notices('fraud-directions-airtel'))
    .map(({ order, rung }) => `${order} ${rung}`)
    .filter((one) => !one.startsWith('undefined'));
/** Takes objects away from the work bucket, as its lifecycle does. */
const remove = async (lab: Lab, within: string, end: string) => {
  const { endpoint, region } = lab.cloud;
  const { work } = bucketsOf(lab.cloud);
  const s3 = new S3Client({
    endpoint,
    region,
    forcePathStyle: true,
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
  });
  const keys = (await lab.cloud.list(work)).filter((key) => key.includes(within) && key.endsWith(end));
  for (const Key of keys) await s3.send(new DeleteObjectCommand({ Bucket: work, Key }));
  return keys.length;
};

describe('an answer that comes again weeks later', { timeout: 120_000 }, () => {
  it('has nobody restored once more: another report may have them barred since', async () => {
    const { lab, direction } = await asked();
    await using _ = lab;
    await lab.at(6);
    await lab.respond(direction, [`${A1},verified`]);
    expect(await told(lab)).toContain('restore back');
    // Within its time it is told again: who tells once more may be the first to be heard.
    await lab.respond(direction, [`${A1},verified`], 'at once.csv');
    expect(await told(lab)).toContain('restore back');
    await lab.at(20);
    await lab.usage('airtel', [`${H2},${A1},2026-06-18,Delhi`], 'later.csv');
    await lab.report('up-police', [H2]);
    await lab.at(26);
    expect(await told(lab)).toContain('bar_outgoing 2');
    await lab.respond(direction, [`${A1},verified`], 'again.csv');
    await lab.upload('responses/airtel/combined.csv', `msisdn,outcome,direction\n${A1},verified,${direction}\n`);
    expect(await told(lab)).toEqual([]);
  });
});

describe('an answer to a direction whose rows are kept no more', { timeout: 120_000 }, () => {
  it('is refused with its reason, and keeps no other direction from its own in a combined file', async () => {
    const { lab, direction } = await asked();
    await using _ = lab;
    const block = (await lab.directions('airtel')).find((id) => id.includes('.block.')) ?? '';
    await lab.quietlyAt(370);
    expect(await remove(lab, '/decisions/reverify-0/', '.tsv')).toBe(1);
    await lab.respond(direction, [`${A1},verified`]);
    const [receipt = ''] = await lab.outbox(`receipts/airtel/${direction}/`);
    expect(await lab.json(receipt)).toMatchObject({ refused: 'unknown_direction' });
    const both = `msisdn,imei,outcome\n${A1},,verified\n,${H1}0,blocked\n`;
    await lab.upload('responses/airtel/both.csv', both);
    const key = `receipts/airtel/both.csv.${sha8(sha256Of(both))}.json`;
    expect(await lab.json<{ directions: object[] }>(key)).toMatchObject({
      directions: expect.arrayContaining([expect.objectContaining({ directionId: block, recorded: 1 })]),
    });
    expect(lab.cloud.failures()).toEqual([]);
  });
});
