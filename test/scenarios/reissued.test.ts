import type { FaultPlan } from 'local-cloud';
import { describe, expect, it } from 'vitest';
import { sha8, sha256Of } from '../../lambdas/domain/hashes.ts';
import { nameOf } from './faults-story.ts';
import { DAY, HOUR, Lab, START } from './lab.ts';

/**
 * Numbers that turn out to be somebody else's when a list that names them is made, or about to be published: A and B are airtel's,
 * seen in a handset on 20 May. A's re-verification ends on day 16, 17 June, and it is somebody else's since 10 June, or 5 June.
 */
const HANDSET = '35100000000001';
const [A, B] = ['+919810000001', '+919810000002'] as const;
const batchOf = (handset: string) => `mha-${sha256Of(`imei\n${handset}\n`).slice(0, 12)}`;
const batch = batchOf(HANDSET);
const reissued = (activated: string) => `msisdn,outcome,activated_on\n${A},reissued,${activated}\n`;
const LISTED = 'msisdn,operator,lsa,disconnected_on,reason\n';

/** The lab, and the keys of all that was written to `revocations/`, in their order. */
async function open(faults: FaultPlan): Promise<{ lab: Lab; written: string[] }> {
  const written: string[] = [];
  const lab = await Lab.open({
    context: { operators: 'airtel' },
    faults: {
      ...faults,
      afterWrite: (call) => {
        if (call.key?.startsWith('revocations/')) written.push(call.key);
        return faults.afterWrite?.(call);
      },
    },
  });
  await lab.usage(
    'airtel',
    [A, B].map((number) => `${HANDSET},${number},2026-05-20,Delhi`),
  );
  await lab.report('mha', [HANDSET]);
  return { lab, written };
}

const withdrawals = (day: string, of: string, answer: string) =>
  ['csv', 'json'].map((form) => `revocations/${day}/${of}.withdrawn-${sha8(sha256Of(answer))}.${form}`);
const settled = ['csv', 'json'].map((form) => `revocations/2026-06-17/${batch}.${form}`);

describe("a number that turns out to be somebody else's after its ledger is sealed", { timeout: 300_000 }, () => {
  const answer = reissued('2026-06-10');
  const withdrawn = withdrawals('2026-06-17', batch, answer);

  it('is in no list that its batch makes after that', async () => {
    const wrong = { books: true };
    const opened = await open({
      // Settle can seal, and write nothing.
      beforeCall: ({ caller, service, action }) =>
        wrong.books && nameOf(caller) === 'Settle' && service === 's3' && action !== 'GetObject' ? 'deny' : undefined,
    });
    await using lab = opened.lab;
    const direction = await lab.direction(batch, 'reverify', 'airtel');
    await lab.respond(direction, [`${A},disconnected`, `${B},disconnected`]);
    await lab.cloud.run(START + 16 * DAY + HOUR / 6);
    await lab.upload(`responses/airtel/${direction}/since.csv`, answer);
    expect(opened.written).toEqual(withdrawn);
    wrong.books = false;
    await lab.toTheEnd();

    expect(await lab.read(settled[0] ?? '')).toBe(`${LISTED}${B},airtel,Delhi,2026-06-01,linked_to_reported_handset\n`);
    expect(await lab.json(settled[1] ?? '')).toMatchObject({ payload: [{ n: B.slice(3) }] });
    // The books are those of the seal.
    expect(await lab.summary('mha')).toMatchObject({
      connections: { directed: 2, disconnected: 2, reissued: 0 },
      unexplained: 0,
    });
  });

  it('is withdrawn once more after a list of its batch that was committed before and is published later', async () => {
    const wrong = { lists: true };
    const opened = await open({
      beforeCall: ({ caller, service, key }) =>
        wrong.lists && nameOf(caller) === 'Settle' && service === 's3' && key?.startsWith('revocations/')
          ? 'deny'
          : undefined,
    });
    await using lab = opened.lab;
    const direction = await lab.direction(batch, 'reverify', 'airtel');
    await lab.respond(direction, [`${A},disconnected`]);
    await lab.cloud.run(START + 16 * DAY + HOUR / 6);
    await lab.upload(`responses/airtel/${direction}/since.csv`, answer);
    const before = await Promise.all(withdrawn.map((key) => lab.read(key)));
    wrong.lists = false;
    await lab.toTheEnd();

    expect(await lab.read(settled[0] ?? '')).toBe(`${LISTED}${A},airtel,Delhi,2026-06-01,linked_to_reported_handset\n`);
    expect(opened.written).toEqual([...withdrawn, ...settled, ...withdrawn]);
    expect(await Promise.all(withdrawn.map((key) => lab.read(key)))).toEqual(before);
  });

  it('is withdrawn once more after a late list that named it and could not be published before', async () => {
    const wrong = { late: true };
    const opened = await open({
      beforeCall: ({ caller, service, key }) =>
        wrong.late && nameOf(caller) === 'Record' && service === 's3' && key?.includes('.late-') ? 'deny' : undefined,
    });
    await using lab = opened.lab;
    const direction = await lab.direction(batch, 'reverify', 'airtel');
    await lab.at(18);
    await lab.respond(direction, [`${A},disconnected`], 'late.csv');
    await lab.upload(`responses/airtel/${direction}/since.csv`, answer);
    const since = withdrawals('2026-06-19', batch, answer);
    expect(opened.written).toEqual([...settled, ...since]);
    wrong.late = false;
    await lab.toTheEnd();

    const name = sha8(sha256Of(`msisdn,outcome\n${A},disconnected\n`));
    const late = ['csv', 'json'].map((form) => `revocations/2026-06-19/${batch}.late-${name}.${form}`);
    expect(await lab.read(late[0] ?? '')).toBe(`${LISTED}${A},airtel,Delhi,2026-06-19,linked_to_reported_handset\n`);
    expect(opened.written).toEqual([...settled, ...since, ...late, ...since]);
    expect(lab.cloud.failures()).toEqual([]);
  });
});
