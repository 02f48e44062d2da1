import type { FaultPlan } from 'local-cloud';
import { describe, expect, it } from 'vitest';
import { sha8, sha256Of } from '../../lambdas/domain/hashes.ts';
import { bucketsOf } from '../../simulation/buckets.ts';
import { nameOf } from '../../simulation/function-names.ts';
import { APPROVE, batchOf, Lab } from './lab.ts';

/**
 * Somebody who is to have service by one row of their number, and is said to be disconnected in another. The numbers are airtel's, seen in a
 * first handset on 20 May and in a second one on 21 May; their first re-verification ends on day 16, 17 June. What is said on day `n` is said
 * in the first hours of the `n + 1`st of June.
 */
const [HANDSET, OTHER, THIRD, FOURTH] = [
  '35100000000001',
  '35100000000002',
  '35100000000003',
  '35100000000004',
] as const;
const numbered = (n: number) => `+91981000000${n}`;

/** A file of an operator's answers, each `msisdn,outcome,occurred_on,activated_on`. */
const answers = (rows: readonly string[]) =>
  `msisdn,outcome,occurred_on,activated_on\n${rows.map((row) => `${row}\n`).join('')}`;

/** Sends answers to a direction, and returns what its receipt says of them. */
async function put(lab: Lab, direction: string, name: string, ...rows: string[]) {
  await lab.upload(`responses/airtel/${direction}/${name}.csv`, answers(rows));
  return await lab.json(`receipts/airtel/${direction}/${name}.csv.${sha8(sha256Of(answers(rows)))}.json`);
}

/** The numbers that airtel is ordered to restore by directions of their own, sorted. */
async function restored(lab: Lab): Promise<string[]> {
  const all = (await lab.directions('airtel')).filter((id) => id.includes('.restore.'));
  const texts = await Promise.all(all.map((id) => lab.read(`orders/airtel/${id}/1-restore.csv`)));
  return texts.flatMap((text) => text.match(/\+91\d+/g) ?? []).sort();
}

/** The connections of which airtel was told since it was asked last that it says to have cut them off wrongly. */
const told = async (lab: Lab) =>
  (await lab.notices('fraud-directions-airtel')).flatMap(({ kind, rows }) =>
    kind === 'disconnected_after_verified' ? [rows] : [],
  );

/** What becomes of these numbers by an appeal. */
async function appealed(lab: Lab, numbers: readonly string[]): Promise<string[]> {
  const before = new Set(await lab.outbox('previews/caseworker-1-'));
  const rows = numbers.map((number) => `${number},reissued\n`).join('');
  await lab.upload('appeals/caseworker-1/appeal.csv', `msisdn,ground\n${rows}`);
  const [key = ''] = (await lab.outbox('previews/caseworker-1-')).filter((one) => !before.has(one));
  const id = key.split('/')[1] ?? '';
  await lab.decide('approver-1', id, [APPROVE]);
  const lines = (await lab.read(`batches/${id}/appeals.csv`)).trimEnd().split('\n').slice(1);
  return lines.map((line) => line.split(',')[1] ?? '');
}

async function open(numbers: readonly string[], faults: FaultPlan = {}): Promise<{ lab: Lab; first: string }> {
  const lab = await Lab.open({ context: { operators: 'airtel,jio' }, nights: true, faults });
  const seen = (handset: string, on: string) => numbers.map((number) => `${handset},${number},${on},Delhi`);
  await lab.usage('airtel', [...seen(HANDSET, '2026-05-20'), ...seen(OTHER, '2026-05-21')]);
  await lab.report('mha', [HANDSET]);
  return { lab, first: await lab.direction(batchOf('mha', HANDSET), 'reverify', 'airtel') };
}

/** The numbers in airtel's orders to give back at once, sorted. */
async function givenBack(lab: Lab): Promise<string[]> {
  const keys = (await lab.outbox('orders/airtel/')).filter((key) => /\/back-[^/]*\.csv$/.test(key));
  const texts = await Promise.all(keys.map((key) => lab.read(key)));
  return texts.flatMap((text) => text.match(/\+91\d+/g) ?? []).sort();
}

type Six = [string, string, string, string, string, string];

describe('somebody who is to have service by one row, and is said to be disconnected in another', {
  timeout: 300_000,
}, () => {
  it('is told of and restored in the next night, also who has had the number since; and an appeal finds who was cut off first', async () => {
    const [inFirst, inLater, inAll, again, proved, before] = [1, 2, 3, 4, 5, 6].map(numbered) as Six;
    const held = numbered(7);
    const { first, ...opened } = await open([inFirst, inLater, inAll, again, proved, before, held]);
    await using lab = opened.lab;
    await lab.quietlyAt(5);
    await put(lab, first, 'disconnected', `${again},disconnected,,`);
    await lab.quietlyAt(18);
    // One is in use again, and all are asked about under other reports.
    await lab.usage('airtel', [`${THIRD},${again},2026-06-17,Delhi`], 'new.csv');
    await lab.report('up-police', [THIRD]);
    await lab.report('mha', [OTHER], 'second.csv');
    const theirs = await lab.direction(batchOf('up-police', THIRD), 'reverify', 'airtel');
    const later = await lab.direction(batchOf('mha', OTHER), 'reverify', 'airtel');
    await put(lab, first, 'late', ...[proved, held].map((number) => `${number},disconnected,2026-06-19,`));
    await lab.quietlyAt(19);
    await put(lab, theirs, 'proved', `${again},verified,,`);
    const since = [inFirst, before].map((number) => `${number},reissued,,2026-06-18`);
    await put(lab, later, 'since', ...since, `${proved},verified,,`);
    await put(lab, first, 'since', `${inLater},reissued,,2026-06-18`, `${inAll},reissued,,2026-06-18`);
    await lab.quietlyAt(21);
    await told(lab);

    // The day that was known says nothing new, and before the activation nobody else had the number.
    const known = [`${again},disconnected,2026-06-06,`, `${before},disconnected,2026-06-17,`];
    expect(await put(lab, first, 'known', ...known)).toMatchObject({ recorded: 1, alreadyRecorded: 1, rejects: [] });
    expect(await told(lab)).toEqual([]);
    const cut = await put(
      lab,
      first,
      'after',
      `${again},disconnected,2026-06-22,`,
      `${inFirst},disconnected,2026-06-21,`,
    );
    expect(cut).toMatchObject({ recorded: 1, rejects: [{ line: 2, reason: 'conflicts_with_recorded' }] });
    expect(await told(lab)).toEqual([2]);
    expect(await put(lab, later, 'after', `${inLater},disconnected,2026-06-21,`)).toMatchObject({ recorded: 1 });
    await lab.upload('responses/airtel/all.csv', answers([`${inAll},disconnected,2026-06-21,`]));
    expect(await told(lab)).toEqual([1, 1]);
    // Only now it is said, in the other row, that it was somebody else's when it was cut off in the first one.
    expect(await put(lab, later, 'held', `${held},reissued,,2026-06-18`)).toMatchObject({ recorded: 1 });
    expect(await told(lab)).toEqual([1]);
    await lab.upload('lookups/caseworker-1/why.csv', `msisdn\n${inFirst}\n${inAll}\n`);
    const [key = ''] = await lab.outbox('explanations/caseworker-1/why.');
    const { lookups } = await lab.json<{ lookups: { sentence: string }[] }>(key);
    const isTold =
      /^Somebody else has had the number since .* disconnected the number all the same: that is to be restored/;
    expect(lookups.map(({ sentence }) => isTold.test(sentence))).toEqual([true, true]);

    await lab.at(22);
    expect(await restored(lab)).toEqual([inFirst, inLater, inAll, again, held]);
    expect(await appealed(lab, [inFirst, inLater, inAll, again, held, proved])).toEqual([
      ...Array.from({ length: 5 }, () => 'alreadyOpen'),
      'directed',
    ]);
    const lists = (await lab.outbox('revocations/')).filter(
      (one) => one.endsWith('.csv') && !one.includes('.withdrawn'),
    );
    const listed = (await Promise.all(lists.map((one) => lab.read(one)))).join('').match(/\+91\d+/g);
    expect(listed?.sort()).toEqual([again, proved, held]);
    expect(lab.cloud.failures()).toEqual([]);
  });

  it('is restored to who has had the number by then, and not where a later report took service since', async () => {
    const [corrected, others, anew, ended, overdue, takenBack] = [1, 2, 3, 4, 5, 6].map(numbered) as Six;
    const { first, ...opened } = await open([corrected, others, anew, ended, overdue, takenBack]);
    await using lab = opened.lab;
    await lab.quietlyAt(2);
    await put(lab, first, 'proved', ...[others, ended, overdue].map((number) => `${number},verified,,`));
    await put(lab, first, 'since', `${anew},reissued,,2026-06-01`);
    expect(await appealed(lab, [takenBack])).toEqual(['directed']);
    await lab.usage('airtel', [`${THIRD},${anew},2026-06-02,Delhi`], 'new.csv');
    await lab.report('up-police', [THIRD]);
    await lab.quietlyAt(5);
    const seen = [ended, overdue, takenBack].map((number) => `${FOURTH},${number},2026-06-05,Delhi`);
    await lab.usage('airtel', seen, 'newer.csv');
    await lab.report('up-police', [FOURTH], 'second.csv');
    const later = await lab.direction(batchOf('up-police', FOURTH), 'reverify', 'airtel');

    // Before the night one turns out to have been somebody else's by then, and another since a later day.
    await lab.quietlyAt(12);
    await put(lab, first, 'given', `${corrected},reissued,,2026-06-10`);
    await lab.quietlyAt(13);
    await told(lab);
    await put(lab, first, 'cut', `${corrected},disconnected,2026-06-13,`, `${others},disconnected,2026-06-13,`);
    expect(await told(lab)).toEqual([2]);
    await put(lab, first, 'corrected', `${corrected},reissued,,2026-06-12`, `${others},reissued,,2026-06-08`);
    // A third holder has service back at once, though the one before them is barred under the other report.
    await lab.quietlyAt(14);
    await put(lab, first, 'anew', `${anew},disconnected,2026-06-14,`, `${anew},reissued,,2026-06-13`);
    // The bar of their first report had carried the other one.
    expect(await givenBack(lab)).toEqual([corrected, anew]);
    // The later report's ladder has ended.
    await lab.quietlyAt(22);
    await put(lab, later, 'ended', `${ended},disconnected,2026-06-22,`, `${takenBack},disconnected,2026-06-22,`);
    const again = [ended, overdue, takenBack].map((number) => `${number},disconnected,2026-06-22,`);
    await put(lab, first, 'again', ...again);
    expect(await told(lab)).toEqual([3]);
    const before = await restored(lab);
    await lab.at(23);
    expect([before, await restored(lab)]).toEqual([[takenBack], [corrected, others, takenBack]]);
    await lab.toTheEnd();
    const night = (await lab.outbox('batches/followup-')).find((key) => key.endsWith('moved.csv'));
    const states = (await lab.read(night ?? '')).trimEnd().split('\n').slice(1);
    const isAskedAgain = (line: string) => line.includes(',overdue,');
    expect(
      states.filter((line) => !isAskedAgain(line)).map((line) => [line.split(',')[0], line.split(',').at(-1)]),
    ).toEqual([
      [corrected, 'directed'],
      [others, 'directed'],
      [ended, 'alreadyOpen'],
      [overdue, 'alreadyOpen'],
      [takenBack, 'alreadyOpen'],
    ]);
    expect(lab.cloud.failures()).toEqual([]);
  });
});

describe('who was cut off by a word on who had the number before, of which their operator said first that it had ended', {
  timeout: 300_000,
}, () => {
  it('is restored once it is said since when the number is theirs, in that row or another, and not for a sheet that is kept', async () => {
    const [ended, givenUp, unknown, kept, elsewhere, before] = [1, 2, 3, 4, 5, 6].map(numbered) as Six;
    const { first, ...opened } = await open([ended, givenUp, unknown, kept, elsewhere, before]);
    await using lab = opened.lab;
    await lab.quietlyAt(1);
    const endings = [ended, kept, before].map((number) => `${number},disconnected,2026-06-02,`);
    const others = [`${unknown},not_found,,`, `${elsewhere},not_found,,`];
    await put(lab, first, 'ended', ...endings, `${givenUp},surrendered,2026-06-02,`, ...others);
    await lab.quietlyAt(3);
    await lab.usage('airtel', [`${THIRD},${elsewhere},2026-06-03,Delhi`], 'later.csv');
    await lab.report('up-police', [THIRD]);
    const later = await lab.direction(batchOf('up-police', THIRD), 'reverify', 'airtel');
    for (const day of [4, 5, 6]) {
      await lab.quietlyAt(day);
      // It has no days, and of one that it has it says the same each day.
      const sheet = [`${kept},disconnected,,`, `${before},disconnected,2026-06-04,`];
      expect(await put(lab, first, `sheet ${day}`, ...sheet)).toMatchObject({ alreadyRecorded: 2, rejects: [] });
    }
    const cut = [ended, givenUp, unknown, elsewhere].map((number) => `${number},disconnected,2026-06-06,`);
    expect(await put(lab, first, 'cut', ...cut)).toMatchObject({
      alreadyRecorded: 1,
      rejects: [3, 4, 5].map((line) => ({ line, reason: 'conflicts_with_recorded' })),
    });
    expect(await told(lab)).toEqual([]);
    const since = [ended, givenUp, unknown, kept, before].map((number) => `${number},reissued,,2026-06-05`);
    await put(lab, first, 'since', ...since);
    await put(lab, later, 'since', `${elsewhere},reissued,,2026-06-05`);
    expect(await told(lab)).toEqual([3, 1]);
    // The same bytes again.
    await put(lab, first, 'since again', ...since);
    expect(await givenBack(lab)).toEqual([ended, givenUp, unknown, elsewhere]);
    await lab.at(8);
    expect(await restored(lab)).toEqual([ended, givenUp, unknown, elsewhere]);
    expect(lab.cloud.failures()).toEqual([]);
  });
});

/**
 * One file says in the first row that somebody else has the number since 5 June, and marks the second row. Another one, which knows nothing of
 * that yet, says there that it disconnected the number on the 6th.
 */
describe('who has a number since, and is cut off by a word on who had it before that is committed', {
  timeout: 300_000,
}, () => {
  it.each([
    ['before it is said that the number is theirs, by another file', false, false],
    ['so, where whoever finds that dies of it', false, true],
    ['after that, and was judged before', true, false],
  ])('%s, is restored, and told of once', async (_when, isLast, dies) => {
    const number = numbered(1);
    const faults: FaultPlan = {};
    const { first, ...opened } = await open([number], {
      afterWrite: (call) => faults.afterWrite?.(call),
      beforeCall: (call) => faults.beforeCall?.(call),
    });
    await using lab = opened.lab;
    await lab.quietlyAt(1);
    await put(lab, first, 'none', `${number},not_found,,`);
    await lab.quietlyAt(3);
    await lab.usage('airtel', [`${THIRD},${number},2026-06-03,Delhi`], 'later.csv');
    await lab.report('up-police', [THIRD]);
    const second = await lab.direction(batchOf('up-police', THIRD), 'reverify', 'airtel');
    await lab.quietlyAt(6);
    await told(lab);

    let recorder: string | undefined;
    let [looked, commits, hasDied] = [0, 0, false];
    const judged = Promise.withResolvers<void>();
    const cut = Promise.withResolvers<void>();
    const lookedAgain = Promise.withResolvers<void>();
    faults.afterWrite = ({ functionName, key = '', requestId }) => {
      if (nameOf(functionName) !== 'Record') return undefined;
      if (recorder === undefined && key === `DIR#${second}`) {
        recorder = requestId;
        const to = `responses/airtel/${second}/cut.csv`;
        lab.cloud.put(bucketsOf(lab.cloud).inbox, to, answers([`${number},disconnected,2026-06-06,`]));
      }
      if (key === `DIR#${second}` && requestId !== recorder) cut.resolve();
      else if (key === `DIR#${second}` && ++looked > 1) lookedAgain.resolve();
      if (key !== `DIR#${first}` || requestId !== recorder) return undefined;
      commits += 1;
      if (!dies || commits < 2) return undefined;
      hasDied = true;
      return 'fail';
    };
    faults.beforeCall = ({ caller, requestId, key = '', action }) => {
      if (recorder === undefined || nameOf(caller) !== 'Record' || action !== 'PutItem') return undefined;
      if (key === `DIR#${first}` && requestId === recorder) return (isLast ? judged : cut).promise;
      if (key !== `DIR#${second}` || requestId === recorder) return undefined;
      judged.resolve();
      return isLast ? lookedAgain.promise : undefined;
    };
    const since = `${number},reissued,,2026-06-05`;
    await lab.upload(`responses/airtel/${first}/since.csv`, answers([since]));
    await lab.quietlyAt(6.5);
    expect([hasDied, looked > 1]).toEqual([dies, true]);
    expect(await told(lab)).toEqual([1]);
    // At once, or as a conflict by the file that says so in the second row.
    expect(await givenBack(lab)).toEqual(isLast ? [] : [number]);
    // The same bytes again give nothing more back.
    await put(lab, first, 'since again', since);
    expect(await givenBack(lab)).toEqual(isLast ? [] : [number]);
    await lab.at(8);
    expect(await restored(lab)).toEqual([number]);
  });
});

interface Explained {
  lookups: { sentence: string; story: { what: string; sha256?: string; file?: string | null }[] }[];
}

/**
 * The number is airtel's: seen on 20 May and 3 June by who had it then (directions `first` and `second`), and on 8 June by who has it since
 * 5 June (direction `theirs`).
 */
async function openProved(number: string) {
  const { lab, first } = await open([number]);
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
  return { lab, first, since };
}

describe('who has a number since, was cut off by their own report, and proved themselves', { timeout: 300_000 }, () => {
  // formats.md, "Response": "The same file again (same direction, same bytes, under whatever name) changes nothing and writes the same
  // receipt"; design.md, invariant 4: "Delivering any event or file again changes nothing."
  it('is in no new order by the same bytes again, nobody is told of them, and they are told nothing that nobody said', async () => {
    const number = numbered(1);
    const { lab, first, since } = await openProved(number);
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
