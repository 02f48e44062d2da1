/** The same bytes of a response that says since when somebody has a number, uploaded again once much has become of them. */
import { describe, expect, it } from 'vitest';
import { sha8, sha256Of } from '../../lambdas/domain/hashes.ts';
import { bucketsOf } from '../../simulation/buckets.ts';
import { batchOf, Lab } from './lab.ts';

const [HANDSET, THIRD, FOURTH] = ['35100000000001', '35100000000003', '35100000000004'] as const;
const number = '+919810000001';
const answers = (rows: readonly string[]) =>
  `msisdn,outcome,occurred_on,activated_on\n${rows.map((row) => `${row}\n`).join('')}`;

async function put(lab: Lab, direction: string, name: string, ...rows: string[]) {
  await lab.upload(`responses/airtel/${direction}/${name}.csv`, answers(rows));
  return await lab.json<Record<string, unknown>>(
    `receipts/airtel/${direction}/${name}.csv.${sha8(sha256Of(answers(rows)))}.json`,
  );
}

async function givenBack(lab: Lab): Promise<string[]> {
  return (await lab.outbox('orders/airtel/')).filter((key) => /\/back-[^/]*\.csv$/.test(key));
}

const told = async (lab: Lab) =>
  (await lab.notices('fraud-directions-airtel')).flatMap(({ kind, rows }) =>
    kind === 'disconnected_after_verified' ? [rows] : [],
  );

interface Explained {
  lookups: { sentence: string; story: { what: string; sha256?: string; file?: string | null }[] }[];
}

/**
 * The number is airtel's: seen on 20 May and 3 June by who had it then (directions `first` and `second`), and on 8 June by who has it since
 * 5 June (direction `theirs`).
 */
async function open() {
  const lab = await Lab.open({ context: { operators: 'airtel,jio' }, nights: true });
  await lab.usage('airtel', [`${HANDSET},${number},2026-05-20,Delhi`]);
  await lab.report('mha', [HANDSET]);
  const first = await lab.direction(batchOf('mha', HANDSET), 'reverify', 'airtel');
  await lab.quietlyAt(1);
  await put(lab, first, 'none', `${number},not_found,,`);
  await lab.quietlyAt(3);
  await lab.usage('airtel', [`${THIRD},${number},2026-06-03,Delhi`], 'later.csv');
  await lab.report('up-police', [THIRD]);
  const second = await lab.direction(batchOf('up-police', THIRD), 'reverify', 'airtel');
  await lab.quietlyAt(4);
  await put(lab, second, 'none', `${number},not_found,,`);
  await lab.quietlyAt(8);
  await lab.usage('airtel', [`${FOURTH},${number},2026-06-08,Delhi`], 'newer.csv');
  await lab.report('up-police', [FOURTH], 'second.csv');
  const theirs = await lab.direction(batchOf('up-police', FOURTH), 'reverify', 'airtel');
  // Who has the number now fails, is cut off for that, and airtel says so also in the older row.
  await lab.quietlyAt(9);
  await put(lab, theirs, 'failed', `${number},failed,,`);
  await lab.quietlyAt(10);
  await put(lab, second, 'cut', `${number},disconnected,2026-06-10,`);
  // It says since when they have it: they stay cut off, since their own report had that done.
  await lab.quietlyAt(11);
  const since = `${number},reissued,,2026-06-05`;
  await put(lab, first, 'since', since);
  expect(await givenBack(lab)).toEqual([]);
  // They prove themselves in time, and have service again.
  await lab.quietlyAt(12);
  await put(lab, theirs, 'proved', `${number},verified,,`);
  expect(await givenBack(lab)).toHaveLength(1);
  return { lab, first, second, theirs, since };
}

describe('who has a number since, was cut off by their own report, and proved themselves', { timeout: 300_000 }, () => {
  // formats.md, "Response": "The same file again (same direction, same bytes, under whatever name) changes nothing and writes the same
  // receipt"; design.md, invariant 4: "Delivering any event or file again changes nothing."
  it('is in no new order by the same bytes again, nobody is told of them, and they are told nothing that nobody said', async () => {
    const { lab, first, since } = await open();
    await using _ = lab;
    await lab.at(20);
    await told(lab);
    const before = await lab.outbox('orders/');
    await put(lab, first, 'since again', since);
    expect(await told(lab)).toEqual([]);
    expect((await lab.outbox('orders/')).filter((key) => !before.includes(key))).toEqual([]);
    // due-process.md, "Why": "its story in order of time (…, answers with their files, …)".
    await lab.upload('lookups/caseworker-1/why.csv', `msisdn\n${number}\n`);
    const [key = ''] = await lab.outbox('explanations/caseworker-1/why.');
    const [lookup] = (await lab.json<Explained>(key)).lookups;
    const sent = new Set<string>();
    const { inbox } = bucketsOf(lab.cloud);
    for (const one of await lab.cloud.list(inbox, 'responses/'))
      sent.add(sha256Of(Buffer.from(await lab.cloud.get(inbox, one))));
    const unsent = (lookup?.story ?? []).filter(
      ({ what, sha256 }) =>
        (what === 'answered' || what === 'disconnected_after_verified') && sha256 !== undefined && !sent.has(sha256),
    );
    expect(unsent).toEqual([]);
    // It said on 11 June (in Asia/Kolkata) that it disconnected the number on the 10th, and nothing of that since.
    expect(lookup?.sentence).not.toContain('said on 21 June 2026 that it disconnected');
    expect(lookup?.sentence).not.toContain('disconnected the number all the same: that is to be restored');
    await lab.at(22);
    expect((await lab.outbox('batches/followup-')).filter((key) => key.endsWith('moved.csv'))).toEqual([]);
  });
});
