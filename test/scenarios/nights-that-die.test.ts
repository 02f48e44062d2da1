import { describe, expect, it } from 'vitest';
import { sha8, sha256Of } from '../../lambdas/domain/hashes.ts';
import { bucketsOf } from '../../simulation/buckets.ts';
import { nameOf } from '../../simulation/function-names.ts';
import { APPROVE, batchOf, Lab } from './lab.ts';

const [HANDSET, OTHER] = ['35700000000001', '35700000000002'] as const;
const [EXTENDED, RESTORED] = ['+919870000001', '+919870000002'] as const;
/** Who prove themselves in the gap: on that day, before they were seen last, and with another word elsewhere after it. */
const PROVED = { now: '+919870000003', before: '+919870000004', outvoted: '+919870000005' };
const PROVED_ALL = Object.values(PROVED);
/** The night that comes at 19:00 in UTC on 5 June. */
const NIGHT = 'followup-202606060000';

/**
 * A lab in which airtel has extended numbers, one of which is open at jio, too, and has cut off one that it had verified. The night that finds them dies until it is mended
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
  const usage = [EXTENDED, RESTORED, ...PROVED_ALL].map((number) => `${HANDSET},${number},2026-05-20,Delhi`);
  await lab.usage('airtel', usage);
  await lab.usage('jio', [`${OTHER},${PROVED.outvoted},2026-05-18,Delhi`]);
  for (const handset of [OTHER, HANDSET]) {
    await lab.report('mha', [handset], `${handset}.csv`);
    for (const approver of ['approver-1', 'approver-2'])
      await lab.decide(approver, batchOf('mha', handset), [APPROVE], `${handset}.csv`);
  }
  const direction = await lab.direction(batchOf('mha', HANDSET), 'reverify', 'airtel');
  await lab.quietlyAt(4);
  const from = `responses/airtel/${direction}`;
  const extended = [EXTENDED, ...PROVED_ALL].map((number) => `${number},extended,hospital\n`).join('');
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
    async answer(number: string, name: string, on = '') {
      const content = `msisdn,outcome,occurred_on\n${number},verified,${on}\n`;
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
      `orders/airtel/${NIGHT}.restore.airtel.3-0-0/1-restore.csv`,
      `orders/airtel/${NIGHT}.reverify.airtel.3-0-0/1-reverify.csv`,
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
    expect(await answer(PROVED.now, '3')).toMatchObject({ recorded: 1, rejects: [] });
    expect(await answer(PROVED.before, '4', '2026-05-19')).toMatchObject({ recorded: 1, rejects: [] });
    expect(await answer(PROVED.outvoted, '5')).toMatchObject({ recorded: 1, rejects: [] });
    await lab.cloud.run(Date.parse('2026-06-05T21:40:00Z'));
    await lab.respond(await lab.direction(batchOf('mha', OTHER), 'reverify', 'jio'), [`${PROVED.outvoted},not_found`]);

    await mend();
    const [, reverify = ''] = await ofNight();
    const order = await lab.read(reverify);
    expect(order).toContain(EXTENDED);
    expect(PROVED_ALL.filter((number) => order.includes(number))).toEqual([]);
    expect(await sentenceOn(RESTORED, 'asked')).toContain('is to give it full service again by 7 June');
    // The other one is asked by the night from now on.
    expect(await answer(EXTENDED, '6')).toMatchObject({
      recorded: 0,
      rejects: [{ reason: 'conflicts_with_recorded' }],
    });

    await lab.toTheEnd();
    const moved = (await lab.read(`batches/${NIGHT}/moved.csv`)).trimEnd().split('\n');
    expect(moved.slice(1).map((line) => line.replace(/,.*,/, ' '))).toEqual([
      `${EXTENDED} directed`,
      `${RESTORED} directed`,
      ...PROVED_ALL.map((number) => `${number} alreadyVerified`),
    ]);
  }, 300_000);
});

describe('a proof that is judged before a night decides on its row, and committed after that', () => {
  it('is a conflict, since the night has read the row without it', async () => {
    const proof = `msisdn,outcome\n${PROVED.now},verified\n`;
    const [comes, decided] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let direction = '';
    let isSent = false;
    let upload: (key: string, text: string) => void = () => {};
    await using lab = await Lab.open({
      context: { operators: 'airtel', sweepHours: '1' },
      faults: {
        beforeCall: ({ caller, action, key }) => {
          if (nameOf(caller) === 'TakeTurn' && direction !== '') {
            // The night asks for its turn, and airtel's answer comes first.
            if (!isSent) upload(`responses/airtel/${direction}/2.csv`, proof);
            isSent = true;
            return comes.promise;
          }
          if (!isSent || nameOf(caller) !== 'Record' || action !== 'PutItem' || key !== `DIR#${direction}`)
            return undefined;
          comes.resolve();
          return decided.promise;
        },
        afterWrite: ({ functionName, key }) => {
          if (isSent && nameOf(functionName) === 'Claim' && key?.startsWith('DECISION#')) decided.resolve();
          return undefined;
        },
      },
    });
    upload = (key, text) => void lab.cloud.put(bucketsOf(lab.cloud).inbox, key, text);
    await lab.usage('airtel', [`${HANDSET},${PROVED.now},2026-05-20,Delhi`]);
    await lab.report('mha', [HANDSET]);
    const id = await lab.direction(batchOf('mha', HANDSET), 'reverify', 'airtel');
    await lab.quietlyAt(4);
    await lab.upload(`responses/airtel/${id}/1.csv`, `msisdn,outcome,ground\n${PROVED.now},extended,hospital\n`);
    direction = id;
    await lab.cloud.run(Date.parse('2026-06-05T22:30:00Z'));
    const receipt = await lab.json(`receipts/airtel/${id}/2.csv.${sha8(sha256Of(proof))}.json`);
    expect(receipt).toMatchObject({ recorded: 0, rejects: [{ reason: 'conflicts_with_recorded' }] });
    expect(await lab.read(`orders/airtel/${NIGHT}.reverify.airtel.2-0-0/1-reverify.csv`)).toContain(PROVED.now);
  }, 300_000);
});
