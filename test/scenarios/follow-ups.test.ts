import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import { sha8, sha256Of } from '../../lambdas/domain/hashes.ts';
import { bucketsOf } from '../../simulation/buckets.ts';
import { APPROVE, DAY, HOUR, Lab, START } from './lab.ts';

/**
 * Numbers that go on elsewhere, night by night. All are airtel's, seen in a handset on 20 May. A night comes at 19:00 in UTC, 00:30 of
 * the next day in Asia/Kolkata, by which its batch is named.
 */
const HANDSET = '35100000000001';
const [P, E, V, Q] = [1, 2, 3, 4].map((n) => `+91981000000${n}`) as [string, string, string, string];
const batch = `mha-${sha256Of(`imei\n${HANDSET}\n`).slice(0, 12)}`;
const answer = (rows: string[]) => `msisdn,outcome,to,ground\n${rows.map((row) => `${row}\n`).join('')}`;
/** After the n-th night from the start, and before it. */
const afterNight = (n: number) => n + (19 + 1) / 24;

interface Books {
  status: string;
  connections: Record<string, number>;
  outcomes: Record<string, number>;
  operators: Record<string, { connections: Record<string, number> }>;
  unexplained: number;
}

async function open(numbers: string[], operators = 'airtel,jio'): Promise<{ lab: Lab; direction: string }> {
  const lab = await Lab.open({ context: { operators }, nights: true });
  await lab.usage(
    'airtel',
    numbers.map((number) => `${HANDSET},${number},2026-05-20,Delhi`),
  );
  await lab.report('mha', [HANDSET]);
  return { lab, direction: await lab.direction(batch, 'reverify', 'airtel') };
}

const say = async (lab: Lab, direction: string, rows: string[]) => {
  const text = answer(rows);
  const [, , operator] = direction.split('.');
  const name = `${sha8(sha256Of(text))}`;
  await lab.upload(`responses/${operator}/${direction}/${name}.csv`, text);
  return await lab.json<{ recorded: number; rejects: { reason: string }[] }>(
    `receipts/${operator}/${direction}/${name}.csv.${name}.json`,
  );
};
const follow = (lab: Lab) => lab.batches().then((all) => all.filter((id) => id.startsWith('followup-')).sort());

describe('what was moved goes on in the follow-up of the next night', { timeout: 300_000 }, () => {
  it('whatever night somebody sends a message of: one that has not come is none', async () => {
    const opened = await open([P]);
    await using lab = opened.lab;
    await lab.at(4);
    expect(await say(lab, opened.direction, [`${P},ported,jio,`])).toMatchObject({ recorded: 1 });
    const { endpoint, region, names } = lab.cloud;
    const queues = new SQSClient({ endpoint, region, credentials: { accessKeyId: 'x', secretAccessKey: 'x' } });
    const MessageBody = JSON.stringify({ time: '2099-01-01T19:00:00Z' });
    await queues.send(new SendMessageCommand({ QueueUrl: names.queues.NightQueue, MessageBody }));
    await lab.at(afterNight(4));
    const atJio = (await lab.directions('jio')).map((id) => id.split('.').slice(0, 2).join('.'));
    expect(atJio.sort()).toEqual(['followup-202606060000.reverify', `${batch}.block`]);
    expect(lab.cloud.failures()).toEqual(['dead-letter queue NightDeadLetters holds 1 message(s)']);
  });

  it('at the operator that it was ported to, and back where that has no such connection', async () => {
    const opened = await open([P, Q]);
    await using lab = opened.lab;
    const { direction } = opened;
    await lab.at(1);
    expect((await lab.directions('jio')).map((id) => id.split('.')[1])).toEqual(['block']);
    await lab.at(4);
    await say(lab, direction, [`${P},ported,jio,`, `${Q},verified,,`]);
    await lab.at(afterNight(4));
    const first = 'followup-202606060000';
    const atJio = await lab.direction(first, 'reverify', 'jio');
    const order = await lab.read(`orders/jio/${atJio}/1-reverify.csv`);
    expect(order).toContain(`${P},${HANDSET}`);
    // A fresh ladder: five days from the night on, and cut off after sixteen.
    expect(order).toMatch(
      /,linked_to_reported_handset,2026-06-10T19:0\d:\d\dZ,.*,2026-06-21T19:0\d:\d\dZ,reverify,.*\n$/,
    );

    await lab.at(5);
    for (const queue of ['fraud-directions-airtel', 'fraud-directions-jio', 'fraud-administrators'])
      await lab.notices(queue);
    expect(await say(lab, atJio, [`${P},not_found,,`])).toMatchObject({ recorded: 1 });
    const told = { kind: 'porting_disputed', batchId: first, disputedBy: 'jio', from: 'airtel', rows: 1 };
    const disputes = async (queue: string) =>
      (await lab.notices(queue)).filter(({ kind }) => kind === 'porting_disputed');
    expect(await disputes('fraud-administrators')).toEqual([told]);
    expect(await disputes('fraud-directions-airtel')).toEqual([{ ...told, operator: 'airtel' }]);
    expect(await disputes('fraud-directions-jio')).toEqual([{ ...told, operator: 'jio' }]);

    await lab.upload('lookups/caseworker-1/where.csv', `msisdn\n${P}\n`);
    const [where = ''] = await lab.outbox('explanations/caseworker-1/where.');
    const { lookups } = await lab.json<{ lookups: { story: Record<string, unknown>[] }[] }>(where);
    expect(lookups[0]?.story.filter(({ what }) => what === 'moved')).toMatchObject([
      { directionId: direction, why: 'ported', to: 'jio' },
      { directionId: atJio, why: 'porting_disputed', to: 'airtel', ground: null },
    ]);

    await lab.at(afterNight(5));
    const second = 'followup-202606070000';
    const back = await lab.direction(second, 'reverify', 'airtel');
    expect(await say(lab, back, [`${P},ported,jio,`])).toMatchObject({ rejects: [{ reason: 'disputed' }] });
    expect(await say(lab, back, [`${P},verified,,`])).toMatchObject({ recorded: 1 });
    await lab.at(10);
    await lab.quietlyAt(60);

    expect(await lab.read(`batches/${first}/moved.csv`)).toBe(
      `msisdn,from,why,to,state\n${P},${direction},ported,jio,directed\n`,
    );
    expect(await lab.read(`batches/${second}/moved.csv`)).toBe(
      `msisdn,from,why,to,state\n${P},${atJio},porting_disputed,airtel,directed\n`,
    );
    const books = (id: string) => lab.json<Books>(`batches/${id}/summary.json`);
    expect(await books(batch)).toMatchObject({ connections: { directed: 2, ported: 1, verified: 1 }, unexplained: 0 });
    expect(await books(first)).toMatchObject({
      status: 'settled',
      connections: { linked: 1, directed: 1, notFound: 1 },
      outcomes: { directed: 0, restored: 0 },
      unexplained: 0,
    });
    expect((await books(first)).operators.jio?.connections).toMatchObject({ linked: 1, notFound: 1 });
    expect(await books(second)).toMatchObject({ connections: { linked: 1, directed: 1, verified: 1 }, unexplained: 0 });
    // Nothing moved, no batch.
    expect(await follow(lab)).toEqual([first, second]);
    expect(lab.cloud.failures()).toEqual([]);
  });

  it('with later deadlines where it was extended, and to be restored where it was verified and then cut off', async () => {
    const opened = await open([E, V]);
    await using lab = opened.lab;
    const { direction } = opened;
    await lab.at(11);
    // Barred twice by then: who is given more time has service again at once.
    await say(lab, direction, [`${E},extended,,hospital`, `${V},verified,,`, `${V},disconnected,,`]);
    expect((await lab.outbox(`orders/airtel/${direction}/back-`)).length).toBe(1);
    await lab.at(afterNight(11));
    const night = 'followup-202606130000';
    const later = await lab.direction(night, 'reverify', 'airtel');
    // Extended in the third rung, until 16 June: asked again until 30 days later, and then the fourth, as much later.
    expect(await lab.read(`orders/airtel/${later}/1-reverify.csv`)).toMatch(
      /,2026-07-16T00:00:00Z,.*,2026-07-17T00:00:00Z,reverify,.*\n$/,
    );
    expect(await say(lab, later, [`${E},extended,,abroad`])).toMatchObject({
      rejects: [{ reason: 'already_extended' }],
    });
    const restore = await lab.direction(night, 'restore' as 'reverify', 'airtel');
    const [restored] = await lab.outbox(`orders/airtel/${restore}/`);
    expect(await lab.read(restored ?? '')).toContain(`${V},${HANDSET}`);
    // Nobody answers it, so that it is asked for again: two days after a night, in the night of that instant or the next one.
    await lab.at(afterNight(14));
    const again = (await lab.directions('airtel')).filter((id) => id.includes('.restore.'));
    const nights = again.map((id) => id.split('.')[0] ?? '');
    const [, once = ''] = nights;
    expect(nights).toEqual([night, expect.stringMatching(/^followup-2026061[56]0000$/)]);
    await lab.respond(again[1] ?? '', [`${V},restored`]);

    await lab.at(20);
    await lab.quietlyAt(46);
    expect(await lab.outbox(`orders/airtel/${later}/`)).toEqual([
      `orders/airtel/${later}/1-reverify.csv`,
      `orders/airtel/${later}/2-disconnect.csv`,
    ]);
    await lab.quietlyAt(50);
    const books = (id: string) => lab.json<Books>(`batches/${id}/summary.json`);
    expect(await books(night)).toMatchObject({
      connections: { linked: 1, directed: 1, overdue: 1 },
      outcomes: { directed: 1, restored: 0, overdue: 1 },
      unexplained: 0,
    });
    expect(await books(once)).toMatchObject({
      connections: { linked: 0, directed: 0 },
      outcomes: { directed: 1, restored: 1, overdue: 0 },
      unexplained: 0,
    });
    expect(await lab.read(`batches/${night}/moved.csv`)).toBe(
      `msisdn,from,why,to,state\n${E},${direction},extended,airtel,directed\n${V},${direction},disconnected_after_verified,airtel,directed\n`,
    );
    expect(await follow(lab)).toEqual(nights);
    expect(lab.cloud.failures()).toEqual([]);
    expect(START + 50 * DAY + HOUR).toBeGreaterThan(lab.cloud.clock.now());
  });

  it('once, where two rows of a number come to one operator in one night: with the later deadlines, which leave more time', async () => {
    const later = '35100000000002';
    await using lab = await Lab.open({ context: { operators: 'airtel,jio' }, nights: true });
    await lab.usage('airtel', [`${HANDSET},${P},2026-05-20,Delhi`]);
    await lab.usage('jio', [`${later},${P},2026-05-25,Delhi`]);
    await lab.report('mha', [HANDSET]);
    await lab.at(1);
    await lab.report('mha', [later]);
    await lab.at(2);
    const atAirtel = await lab.direction(batch, 'reverify', 'airtel');
    const atJio = await lab.direction(`mha-${sha256Of(`imei\n${later}\n`).slice(0, 12)}`, 'reverify', 'jio');
    expect(await say(lab, atAirtel, [`${P},ported,jio,`])).toMatchObject({ recorded: 1 });
    expect(await say(lab, atJio, [`${P},extended,,abroad`])).toMatchObject({ recorded: 1 });
    await lab.at(afterNight(2));
    const night = 'followup-202606040000';
    const goesOn = await lab.direction(night, 'reverify', 'jio');
    // Extended in the first rung, until 7 June: until 30 days later, and not five days from the night on.
    expect(await lab.read(`orders/jio/${goesOn}/1-reverify.csv`)).toMatch(/,2026-07-07T\d\d:\d\d:\d\dZ,/);
    expect(await say(lab, goesOn, [`${P},verified,,`])).toMatchObject({ recorded: 1 });
    await lab.at(10);
    await lab.quietlyAt(60);
    expect((await lab.read(`batches/${night}/moved.csv`)).split('\n').slice(1, -1).sort()).toEqual(
      [`${P},${atJio},extended,jio,directed`, `${P},${atAirtel},ported,jio,alreadyOpen`].sort(),
    );
    expect(await lab.read(`batches/${night}/elsewhere.csv`)).toContain(`reverify,${P},jio,alreadyOpen,${goesOn}\n`);
    expect(await lab.json<Books>(`batches/${night}/summary.json`)).toMatchObject({
      connections: { linked: 2, directed: 1, alreadyOpen: 1, verified: 1 },
      unexplained: 0,
    });
    expect(await follow(lab)).toEqual([night]);
    expect(lab.cloud.failures()).toEqual([]);
  });

  it('once, though the night crashes after its commit, comes twice, dies, and meets a move at its very instant', async () => {
    const night = START + 4 * DAY + 19 * HOUR;
    let crashes = 1;
    let stops = 1;
    await using lab = await Lab.open({
      context: { operators: 'airtel,jio', sweepHours: '24' },
      faults: {
        deliverTwice: true,
        afterWrite: ({ service, key }) =>
          service === 'dynamodb' && key === 'FOLLOWUPS' && crashes-- > 0 ? 'fail' : undefined,
        stops: ({ execution, state }) =>
          execution.includes('followup-') && state === 'Take the turn to plan' && stops-- > 0 ? 0 : undefined,
      },
    });
    await lab.usage(
      'airtel',
      [P, E, V].map((number) => `${HANDSET},${number},2026-05-20,Delhi`),
    );
    await lab.report('mha', [HANDSET]);
    const direction = await lab.direction(batch, 'reverify', 'airtel');
    const moves = async (number: string, at: number) => {
      await lab.cloud.run(at);
      await say(lab, direction, [`${number},ported,jio,`]);
    };
    await moves(P, START + 4 * DAY);
    // What somebody does at an instant comes before the timers of that instant.
    lab.cloud.outside(night, () =>
      lab.cloud.put(
        bucketsOf(lab.cloud).inbox,
        `responses/airtel/${direction}/night.csv`,
        answer([`${E},ported,jio,`]),
      ),
    );
    await moves(V, night + 1000);
    // Four more nights, and as many sweeps; after them nothing is left but the ladders.
    await lab.at(10);
    await lab.quietlyAt(40);

    const nights = await follow(lab);
    expect(nights).toEqual(['followup-202606060000', 'followup-202606070000']);
    const rows = await Promise.all(nights.map((id) => lab.read(`batches/${id}/moved.csv`)));
    const gone = rows.flatMap((text) => text.trim().split('\n').slice(1)).sort();
    expect(gone).toEqual([P, E, V].map((number) => `${number},${direction},ported,jio,directed`));
    const books = await Promise.all(nights.map((id) => lab.json<Books>(`batches/${id}/summary.json`)));
    expect(books.map(({ unexplained }) => unexplained)).toEqual([0, 0]);
    expect(books.map(({ connections }) => connections.directed).reduce((sum, count) => (sum ?? 0) + (count ?? 0))).toBe(
      3,
    );
    const asked = (await lab.outbox('orders/jio/')).filter((key) => key.endsWith('/1-reverify.csv'));
    const named = (await Promise.all(asked.map((key) => lab.read(key)))).join('').match(/\+91\d+/g);
    expect(named?.sort()).toEqual([P, E, V]);
    expect([crashes < 1, stops < 1]).toEqual([true, true]);
  });
});

describe('who is to have service in one row, and is said to be disconnected in another one of that operator', {
  timeout: 300_000,
}, () => {
  const REPEATED = `up-police-${sha256Of(`imei\n${HANDSET}\n`).slice(0, 12)}`;
  const restored = async (lab: Lab) =>
    (await lab.directions('airtel')).filter((id) => id.includes('.restore.')).map((id) => id.split('.')[0]);
  /** What the operator and the administrators were told since this was asked last. */
  const told = async (lab: Lab) => {
    const [operator, administrators] = [
      await lab.notices('fraud-directions-airtel'),
      await lab.notices('fraud-administrators'),
    ].map((all) => all.filter(({ kind }) => kind === 'disconnected_after_verified').length);
    return { operator, administrators };
  };
  const conflict = { recorded: 0, rejects: [{ line: 2, reason: 'conflicts_with_recorded' }] };
  const explained = async (lab: Lab, number: string) => {
    await lab.upload('lookups/caseworker-1/why.csv', `msisdn\n${number}\n`);
    const [key = ''] = await lab.outbox('explanations/caseworker-1/why.');
    return (await lab.json<{ lookups: { sentence: string }[] }>(key)).lookups[0]?.sentence;
  };

  it('is told of and restored where a row goes on, while its time runs or once they proved themselves', async () => {
    const opened = await open([E, V]);
    await using lab = opened.lab;
    const { direction } = opened;
    await lab.at(11);
    await say(lab, direction, [`${E},extended,,hospital`, `${V},extended,,hospital`]);
    await lab.at(12);
    const later = await lab.direction('followup-202606130000', 'reverify', 'airtel');
    expect(await say(lab, later, [`${V},verified,,`])).toMatchObject({ recorded: 1 });
    await lab.at(13);
    await told(lab);
    // Before they had more time: they have had service since, and nobody is told.
    const early = `msisdn,outcome,occurred_on\n${V},disconnected,2026-06-10\n`;
    await lab.upload(`responses/airtel/${direction}/early.csv`, early);
    expect(await lab.json(`receipts/airtel/${direction}/early.csv.${sha8(sha256Of(early))}.json`)).toMatchObject(
      conflict,
    );
    expect(await told(lab)).toEqual({ operator: 0, administrators: 0 });
    expect(await say(lab, direction, [`${V},disconnected,,`, `${E},disconnected,,`])).toMatchObject({ recorded: 0 });
    expect(await told(lab)).toEqual({ operator: 1, administrators: 1 });
    expect(await explained(lab, V)).toBe(
      'The operator airtel says that the subscriber proved who they are on 13 June 2026: nothing more is asked of them. But the operator airtel said on 14 June 2026 that it disconnected the number all the same: that is to be restored, it is asked from the next night on to give full service again, and whoever lacks service should ask there.',
    );
    await lab.at(afterNight(13));
    const night = 'followup-202606150000';
    expect(await restored(lab)).toEqual([night]);
    // Whoever lacks service and appeals is told that it is asked for.
    await lab.upload('appeals/caseworker-1/a.csv', `msisdn,ground\n${V},wrong_number\n`);
    const [, id = ''] = ((await lab.outbox('previews/caseworker-1-'))[0] ?? '').split('/');
    await lab.decide('approver-1', id, [APPROVE]);
    const [back] = (await lab.directions('airtel')).filter((one) => one.includes('.restore.'));
    expect(await lab.read(`batches/${id}/appeals.csv`)).toBe(`line,state,directionIds\n2,alreadyOpen,${back}\n`);
    await lab.respond(back ?? '', [`${E},restored`, `${V},restored`]);
    await lab.at(17);
    expect(await lab.read(`batches/${night}/moved.csv`)).toBe(
      `msisdn,from,why,to,state\n${E},${direction},disconnected_after_verified,airtel,directed\n${V},${direction},disconnected_after_verified,airtel,directed\n`,
    );
    expect(lab.cloud.failures()).toEqual([]);
  });

  it('is told of and restored where the number returned from where it was ported to', async () => {
    const opened = await open([P]);
    await using lab = opened.lab;
    await lab.at(11);
    await say(lab, opened.direction, [`${P},ported,jio,`]);
    await lab.at(12);
    await say(lab, await lab.direction('followup-202606130000', 'reverify', 'jio'), [`${P},not_found,,`]);
    await lab.at(13);
    await say(lab, await lab.direction('followup-202606140000', 'reverify', 'airtel'), [`${P},verified,,`]);
    await lab.at(14);
    expect(await say(lab, opened.direction, [`${P},disconnected,,`])).toMatchObject(conflict);
    expect(await told(lab)).toEqual({ operator: 1, administrators: 1 });
    await lab.at(afterNight(14));
    expect(await restored(lab)).toEqual(['followup-202606160000']);
    expect(lab.cloud.failures()).toEqual([]);
  });

  it('stands in no late list where the row is overdue, and is restored if that was since a later report answered for them', async () => {
    const opened = await open([E, V, Q]);
    await using lab = opened.lab;
    const { direction } = opened;
    await lab.quietlyAt(17);
    await lab.report('up-police', [HANDSET]);
    const later = await lab.direction(REPEATED, 'reverify', 'airtel');
    expect(await say(lab, later, [`${V},verified,,`, `${E},extended,,abroad`])).toMatchObject({ recorded: 2 });
    await told(lab);
    // A day before they proved themselves: nobody is told, and no bank; Q, who did not, is listed.
    const early = `msisdn,outcome,occurred_on\n${V},disconnected,2026-06-17\n${Q},disconnected,2026-06-17\n`;
    await lab.upload(`responses/airtel/${direction}/early.csv`, early);
    expect(await lab.json(`receipts/airtel/${direction}/early.csv.${sha8(sha256Of(early))}.json`)).toMatchObject({
      ...conflict,
      recorded: 1,
    });
    expect(await told(lab)).toEqual({ operator: 0, administrators: 0 });
    expect(await say(lab, direction, [`${V},disconnected,,`, `${E},disconnected,,`])).toMatchObject({ recorded: 0 });
    expect(await told(lab)).toEqual({ operator: 1, administrators: 1 });
    const late = (await lab.outbox('revocations/')).filter((key) => key.includes('.late-') && key.endsWith('.csv'));
    expect((await Promise.all(late.map((key) => lab.read(key)))).map((text) => text.match(/\+91\d+/g))).toEqual([[Q]]);
    await lab.at(afterNight(17));
    const night = 'followup-202606190000';
    // Who has more time is asked again, too.
    const [back = '', again = ''] = (await lab.directions('airtel')).filter((id) => id.startsWith(night)).sort();
    const carried = async (order: string) => (await lab.read(`orders/airtel/${order}.csv`)).match(/\+91\d+/g);
    expect(await carried(`${back}/1-restore`)).toEqual([E, V]);
    expect(await carried(`${again}/1-reverify`)).toEqual([E]);
    expect(await restored(lab)).toEqual([night]);
    expect(lab.cloud.failures()).toEqual([]);
  });
});
