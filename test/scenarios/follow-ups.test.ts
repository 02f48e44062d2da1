import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha8, sha256Of } from '../../lambdas/domain/hashes.ts';
import { bucketsOf } from '../../simulation/buckets.ts';
import { APPROVE, batchOf, DAY, HOUR, Lab, START } from './lab.ts';

/**
 * Numbers that go on elsewhere, night by night. All are airtel's, seen in a handset on 20 May. A night comes at 19:00 in UTC, 00:30 of
 * the next day in Asia/Kolkata, by which its batch is named.
 *
 * Each story has a handset and numbers of its own, and nights of its own where it looks at a night's books. `ported` has a report of its
 * own, too; the others are named by one, on 1 June.
 */
const STORIES = ['ported', 'extended', 'two', 'message', 'goesOn', 'returned', 'overdue', 'crashed'] as const;
type Story = (typeof STORIES)[number];
const TOGETHER = ['two', 'message', 'returned', 'goesOn', 'extended', 'overdue'] as const;
const at = (story: Story) => String(10 + STORIES.indexOf(story));
const handset = (story: Story) => `35${at(story)}0000000001`;
const number = (story: Story, which: 'P' | 'E' | 'V' | 'Q') => `+9198${at(story)}00000${'PEVQ'.indexOf(which) + 1}`;
const seen = (story: Story, ...numbers: ('P' | 'E' | 'V' | 'Q')[]) =>
  numbers.map((which) => `${handset(story)},${number(story, which)},2026-05-20,Delhi`);
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
type Receipt = { recorded: number; rejects: { reason: string }[] };

const say = async (one: Lab, direction: string, rows: string[]) => {
  const text = answer(rows);
  const [, , operator] = direction.split('.');
  const name = `${sha8(sha256Of(text))}`;
  await one.upload(`responses/${operator}/${direction}/${name}.csv`, text);
  const [receipt] = await one.outbox(`receipts/${operator}/${direction}/${name}.csv.${name}.json`);
  return receipt === undefined ? undefined : await one.json<Receipt>(receipt);
};
const follow = (one: Lab) => one.batches().then((all) => all.filter((id) => id.startsWith('followup-')).sort());

let lab: Lab;
const own = batchOf('mha', handset('ported'));
const shared = batchOf('mha', ...TOGETHER.map(handset));
const LATER = '35990000000002';
const REPEATED = batchOf('up-police', handset('overdue'));
const night = (day: string) => `followup-2026${day}0000`;
/** The directions in which a story's numbers were asked about first, and those by which nights went on with them. */
const directions: Record<string, string> = {};
const direction = (name: string) => directions[name] ?? '';
/** What was there, or came of an act, at some moment of a story. */
const then: Record<string, unknown> = {};

const books = (id: string) => lab.json<Books>(`batches/${id}/summary.json`);
/** A night's direction; one that there is not where the night made none, so that the other stories go on. */
const byNight = async (day: string, kind: string, operator: string) =>
  (await lab.directions(operator)).find((id) => id.startsWith(`${night(day)}.${kind}.`)) ??
  `${night(day)}.${kind}.${operator}.0-0-0`;
/** The nights that went on with a number. */
async function nightsOf(msisdn: string): Promise<string[]> {
  const nights: string[] = [];
  for (const id of await follow(lab)) if ((await lab.read(`batches/${id}/moved.csv`)).includes(msisdn)) nights.push(id);
  return nights;
}
/** The nights that had airtel restore one of these numbers. */
async function restored(...numbers: string[]): Promise<(string | undefined)[]> {
  const found: (string | undefined)[] = [];
  for (const id of (await lab.directions('airtel')).filter((one) => one.includes('.restore.'))) {
    const order = await lab.read(`orders/airtel/${id}/1-restore.csv`);
    if (numbers.some((msisdn) => order.includes(msisdn))) found.push(id.split('.')[0]);
  }
  return found;
}
/** What the operator and the administrators were told since this was asked last. */
const told = async () => {
  const [operator, administrators] = [
    await lab.notices('fraud-directions-airtel'),
    await lab.notices('fraud-administrators'),
  ].map((all) => all.filter(({ kind }) => kind === 'disconnected_after_verified').length);
  return { operator, administrators };
};
const conflict = { recorded: 0, rejects: [{ line: 2, reason: 'conflicts_with_recorded' }] };
/** Uploads what airtel says of days before; returns the receipt. */
async function sayEarly(id: string, rows: string[]): Promise<unknown> {
  const early = `msisdn,outcome,occurred_on\n${rows.map((row) => `${row}\n`).join('')}`;
  await lab.upload(`responses/airtel/${id}/early.csv`, early);
  return lab.json(`receipts/airtel/${id}/early.csv.${sha8(sha256Of(early))}.json`);
}
const lookUp = async <T>(story: Story, msisdn: string): Promise<T | undefined> => {
  await lab.upload(`lookups/caseworker-1/${story}.csv`, `msisdn\n${msisdn}\n`);
  const [key = ''] = await lab.outbox(`explanations/caseworker-1/${story}.`);
  return (await lab.json<{ lookups: T[] }>(key)).lookups[0];
};

/** All that failed: the message that one story sends. */
const FAILURES = ['dead-letter queue NightDeadLetters holds 1 message(s)'];

describe('beside other stories', () => {
  beforeAll(async () => {
    lab = await Lab.open({ context: { operators: 'airtel,jio' }, nights: true });
    await lab.usage('airtel', [
      ...seen('ported', 'P', 'Q'),
      ...seen('two', 'P'),
      ...seen('message', 'P'),
      ...seen('goesOn', 'E', 'V'),
      ...seen('returned', 'P'),
      ...seen('overdue', 'E', 'V', 'Q'),
      ...seen('extended', 'E', 'V'),
    ]);
    await lab.usage('jio', [`${LATER},${number('two', 'P')},2026-05-25,Delhi`]);
    await lab.report('mha', [handset('ported')], 'ported.csv');
    await lab.report('mha', TOGETHER.map(handset), 'together.csv');
    directions.ported = await lab.direction(own, 'reverify', 'airtel');
    directions.together = await lab.direction(shared, 'reverify', 'airtel');
    const saidOf = (story: Story, which: 'P' | 'E' | 'V', outcome: string) => `${number(story, which)},${outcome}`;

    await lab.at(1);
    then['ported: at jio before'] = (await lab.directions('jio')).filter((id) => id.startsWith(own));
    await lab.report('mha', [LATER], 'later.csv');

    await lab.at(2);
    directions.twoAtJio = await lab.direction(batchOf('mha', LATER), 'reverify', 'jio');
    then['two: ported'] = await say(lab, direction('together'), [saidOf('two', 'P', 'ported,jio,')]);
    then['two: extended'] = await say(lab, direction('twoAtJio'), [saidOf('two', 'P', 'extended,,abroad')]);
    await lab.at(afterNight(2));
    directions.two = await byNight('0604', 'reverify', 'jio');
    then['two: verified'] = await say(lab, direction('two'), [saidOf('two', 'P', 'verified,,')]);

    await lab.at(4);
    await say(lab, direction('ported'), [saidOf('ported', 'P', 'ported,jio,'), `${number('ported', 'Q')},verified,,`]);
    await lab.at(afterNight(4));
    directions.portedAtJio = await byNight('0606', 'reverify', 'jio');
    await lab.at(5);
    for (const queue of ['fraud-directions-airtel', 'fraud-directions-jio', 'fraud-administrators'])
      await lab.notices(queue);
    then['ported: disputed'] = await say(lab, direction('portedAtJio'), [saidOf('ported', 'P', 'not_found,,')]);
    for (const queue of ['fraud-directions-airtel', 'fraud-directions-jio', 'fraud-administrators'])
      then[`ported: ${queue}`] = (await lab.notices(queue)).filter(({ kind }) => kind === 'porting_disputed');
    then['ported: where'] = await lookUp('ported', number('ported', 'P'));
    await lab.at(afterNight(5));
    directions.portedBack = await byNight('0607', 'reverify', 'airtel');
    then['ported: again'] = await say(lab, direction('portedBack'), [saidOf('ported', 'P', 'ported,jio,')]);
    then['ported: verified'] = await say(lab, direction('portedBack'), [saidOf('ported', 'P', 'verified,,')]);

    await lab.at(6);
    await say(lab, direction('together'), [saidOf('returned', 'P', 'ported,jio,')]);
    await lab.at(7);
    await say(lab, await byNight('0608', 'reverify', 'jio'), [saidOf('returned', 'P', 'not_found,,')]);

    await lab.at(8);
    await say(lab, await byNight('0609', 'reverify', 'airtel'), [saidOf('returned', 'P', 'verified,,')]);
    then['message: ported'] = await say(lab, direction('together'), [saidOf('message', 'P', 'ported,jio,')]);
    const { endpoint, region, names } = lab.cloud;
    const queues = new SQSClient({ endpoint, region, credentials: { accessKeyId: 'x', secretAccessKey: 'x' } });
    const MessageBody = JSON.stringify({ time: '2099-01-01T19:00:00Z' });
    await queues.send(new SendMessageCommand({ QueueUrl: names.queues.NightQueue, MessageBody }));
    await lab.at(afterNight(8));
    then['message: at jio'] = (await lab.directions('jio'))
      .filter((id) => id.startsWith(shared) || id.startsWith(night('0610')))
      .map((id) => id.split('.').slice(0, 2).join('.'));

    await lab.at(9);
    await told();
    then['returned: cut'] = await say(lab, direction('together'), [saidOf('returned', 'P', 'disconnected,,')]);
    then['returned: told'] = await told();
    await say(
      lab,
      direction('together'),
      (['E', 'V'] as const).map((which) => saidOf('goesOn', which, 'extended,,hospital')),
    );
    await lab.at(10);
    then['returned: restored'] = await restored(number('returned', 'P'));
    // So that no later night asks again.
    const returnedBack = await byNight('0611', 'restore', 'airtel');
    await lab.respond(returnedBack, [`${number('returned', 'P')},restored`]);
    directions.goesOn = await byNight('0611', 'reverify', 'airtel');
    then['goesOn: verified'] = await say(lab, direction('goesOn'), [saidOf('goesOn', 'V', 'verified,,')]);
    await lab.at(10.5);
    // Barred twice by then: who is given more time has service again at once.
    const backBefore = await lab.outbox(`orders/airtel/${direction('together')}/back-`);
    await say(lab, direction('together'), [
      saidOf('extended', 'E', 'extended,,hospital'),
      saidOf('extended', 'V', 'verified,,'),
      saidOf('extended', 'V', 'disconnected,,'),
    ]);
    const backOnes = await lab.outbox(`orders/airtel/${direction('together')}/back-`);
    then['extended: back at once'] = backOnes.filter((key) => !backBefore.includes(key));

    await lab.at(11);
    directions.extendedLater = await byNight('0612', 'reverify', 'airtel');
    directions.extendedBack = await byNight('0612', 'restore', 'airtel');
    then['extended: again'] = await say(lab, direction('extendedLater'), [saidOf('extended', 'E', 'extended,,abroad')]);
    await told();
    // Before they had more time: they have had service since, and nobody is told.
    then['goesOn: early'] = await sayEarly(direction('together'), [`${number('goesOn', 'V')},disconnected,2026-06-08`]);
    then['goesOn: told early'] = await told();
    then['goesOn: cut'] = await say(
      lab,
      direction('together'),
      (['V', 'E'] as const).map((which) => saidOf('goesOn', which, 'disconnected,,')),
    );
    then['goesOn: told'] = await told();
    then['goesOn: why'] = await lookUp('goesOn', number('goesOn', 'V'));
    await lab.at(afterNight(11));
    then['goesOn: restored'] = await restored(number('goesOn', 'E'), number('goesOn', 'V'));
    // Whoever lacks service and appeals is told that it is asked for.
    await lab.upload('appeals/caseworker-1/a.csv', `msisdn,ground\n${number('goesOn', 'V')},wrong_number\n`);
    const [, appeal = ''] = ((await lab.outbox('previews/caseworker-1-'))[0] ?? '').split('/');
    await lab.decide('approver-1', appeal, [APPROVE]);
    directions.appeal = appeal;
    directions.goesOnBack = await byNight('0613', 'restore', 'airtel');
    const back = (['E', 'V'] as const).map((which) => `${number('goesOn', which)},restored`);
    await lab.respond(direction('goesOnBack'), back);

    // Nobody answers that `extended`'s V was restored, so that it is asked for again: two days after a night, in the night of that instant
    // or the next one.
    await lab.at(afterNight(13));
    then['extended: asked for'] = await restored(number('extended', 'V'));
    const again = (await lab.directions('airtel')).filter((id) => id.includes('.restore.') && id > night('0614'));
    await lab.respond(again[0] ?? '', [`${number('extended', 'V')},restored`]);

    await lab.at(17);
    await lab.report('up-police', [handset('overdue')]);
    then['overdue: answered later'] = await say(lab, await lab.direction(REPEATED, 'reverify', 'airtel'), [
      saidOf('overdue', 'V', 'verified,,'),
      saidOf('overdue', 'E', 'extended,,abroad'),
    ]);
    await told();
    // A day before they proved themselves: nobody is told, and no bank; Q, who did not, is listed.
    then['overdue: early'] = await sayEarly(
      direction('together'),
      (['V', 'Q'] as const).map((which) => `${number('overdue', which)},disconnected,2026-06-17`),
    );
    then['overdue: told early'] = await told();
    then['overdue: cut'] = await say(
      lab,
      direction('together'),
      (['V', 'E'] as const).map((which) => saidOf('overdue', which, 'disconnected,,')),
    );
    then['overdue: told'] = await told();
    await lab.at(afterNight(17));
    then['overdue: directions'] = (await lab.directions('airtel')).filter((id) => id.startsWith(night('0619'))).sort();
    then['overdue: restored'] = await restored(number('overdue', 'E'), number('overdue', 'V'));
    const overdueBack = await byNight('0619', 'restore', 'airtel');
    const restoredToo = (['E', 'V'] as const).map((which) => `${number('overdue', which)},restored`);
    await lab.respond(overdueBack, restoredToo);

    await lab.at(20);
    await lab.quietlyAt(46);
    then['extended: orders'] = await lab.outbox(`orders/airtel/${direction('extendedLater')}/`);
    await lab.quietlyAt(50);
    then.now = lab.cloud.clock.now();
  }, 600_000);
  afterAll(() => lab.close());

  describe('what was moved goes on in the follow-up of the next night', () => {
    it('whatever night somebody sends a message of: one that has not come is none', () => {
      expect(then['message: ported']).toMatchObject({ recorded: 1 });
      expect((then['message: at jio'] as string[]).sort()).toEqual([`${night('0610')}.reverify`, `${shared}.block`]);
      expect(lab.cloud.failures()).toEqual(FAILURES);
    });

    it('at the operator that it was ported to, and back where that has no such connection', async () => {
      const P = number('ported', 'P');
      const [first, second] = [night('0606'), night('0607')];
      expect((then['ported: at jio before'] as string[]).map((id) => id.split('.')[1])).toEqual(['block']);
      const order = await lab.read(`orders/jio/${direction('portedAtJio')}/1-reverify.csv`);
      expect(order).toContain(`${P},${handset('ported')}`);
      // A fresh ladder: five days from the night on, and cut off after sixteen.
      expect(order).toMatch(
        /,linked_to_reported_handset,2026-06-10T19:0\d:\d\dZ,.*,2026-06-21T19:0\d:\d\dZ,reverify,.*\n$/,
      );

      expect(then['ported: disputed']).toMatchObject({ recorded: 1 });
      const disputed = { kind: 'porting_disputed', batchId: first, disputedBy: 'jio', from: 'airtel', rows: 1 };
      expect(then['ported: fraud-administrators']).toEqual([disputed]);
      expect(then['ported: fraud-directions-airtel']).toEqual([{ ...disputed, operator: 'airtel' }]);
      expect(then['ported: fraud-directions-jio']).toEqual([{ ...disputed, operator: 'jio' }]);

      const { story } = then['ported: where'] as { story: Record<string, unknown>[] };
      expect(story.filter(({ what }) => what === 'moved')).toMatchObject([
        { directionId: direction('ported'), why: 'ported', to: 'jio' },
        { directionId: direction('portedAtJio'), why: 'porting_disputed', to: 'airtel', ground: null },
      ]);

      expect(then['ported: again']).toMatchObject({ rejects: [{ reason: 'disputed' }] });
      expect(then['ported: verified']).toMatchObject({ recorded: 1 });
      expect(await lab.read(`batches/${first}/moved.csv`)).toBe(
        `msisdn,from,why,to,state\n${P},${direction('ported')},ported,jio,directed\n`,
      );
      expect(await lab.read(`batches/${second}/moved.csv`)).toBe(
        `msisdn,from,why,to,state\n${P},${direction('portedAtJio')},porting_disputed,airtel,directed\n`,
      );
      expect(await books(own)).toMatchObject({ connections: { directed: 2, ported: 1, verified: 1 }, unexplained: 0 });
      expect(await books(first)).toMatchObject({
        status: 'settled',
        connections: { linked: 1, directed: 1, notFound: 1 },
        outcomes: { directed: 0, restored: 0 },
        unexplained: 0,
      });
      expect((await books(first)).operators.jio?.connections).toMatchObject({ linked: 1, notFound: 1 });
      expect(await books(second)).toMatchObject({
        connections: { linked: 1, directed: 1, verified: 1 },
        unexplained: 0,
      });
      expect(await nightsOf(P)).toEqual([first, second]);
      // Nothing moved, no batch.
      const nights = await follow(lab);
      expect(nights.filter((id) => id < night('0608'))).toEqual([night('0604'), first, second]);
      expect(nights.filter((id) => id > night('0619'))).toEqual([]);
      expect(lab.cloud.failures()).toEqual(FAILURES);
    });

    it('with later deadlines where it was extended, and to be restored where it was verified and then cut off', async () => {
      const [E, V] = [number('extended', 'E'), number('extended', 'V')];
      const later = direction('extendedLater');
      expect(then['extended: back at once']).toHaveLength(1);
      // Extended in the third rung, until 16 June: asked again until 30 days later, and then the fourth, as much later.
      expect(await lab.read(`orders/airtel/${later}/1-reverify.csv`)).toMatch(
        /,2026-07-16T00:00:00Z,.*,2026-07-17T00:00:00Z,reverify,.*\n$/,
      );
      expect(then['extended: again']).toMatchObject({ rejects: [{ reason: 'already_extended' }] });
      const [order] = await lab.outbox(`orders/airtel/${direction('extendedBack')}/`);
      expect(await lab.read(order ?? '')).toContain(`${V},${handset('extended')}`);
      const nights = then['extended: asked for'] as string[];
      const [, once = ''] = nights;
      expect(nights).toEqual([night('0612'), expect.stringMatching(/^followup-2026061[45]0000$/)]);

      expect(then['extended: orders']).toEqual([
        `orders/airtel/${later}/1-reverify.csv`,
        `orders/airtel/${later}/2-disconnect.csv`,
      ]);
      expect(await books(night('0612'))).toMatchObject({
        connections: { linked: 1, directed: 1, overdue: 1 },
        outcomes: { directed: 1, restored: 0, overdue: 1 },
        unexplained: 0,
      });
      expect(await books(once)).toMatchObject({
        connections: { linked: 0, directed: 0 },
        outcomes: { directed: 1, restored: 1, overdue: 0 },
        unexplained: 0,
      });
      const from = direction('together');
      expect(await lab.read(`batches/${night('0612')}/moved.csv`)).toBe(
        `msisdn,from,why,to,state\n${E},${from},extended,airtel,directed\n${V},${from},disconnected_after_verified,airtel,directed\n`,
      );
      expect(await nightsOf(V)).toEqual(nights);
      expect(await nightsOf(E)).toEqual([night('0612')]);
      expect(lab.cloud.failures()).toEqual(FAILURES);
      expect(START + 50 * DAY + HOUR).toBeGreaterThan(then.now as number);
    });

    it('once, where two rows of a number come to one operator in one night: with the later deadlines, which leave more time', async () => {
      const P = number('two', 'P');
      const [atAirtel, atJio, goesOn] = [direction('together'), direction('twoAtJio'), direction('two')];
      expect(then['two: ported']).toMatchObject({ recorded: 1 });
      expect(then['two: extended']).toMatchObject({ recorded: 1 });
      // Extended in the first rung, until 7 June: until 30 days later, and not five days from the night on.
      expect(await lab.read(`orders/jio/${goesOn}/1-reverify.csv`)).toMatch(/,2026-07-07T\d\d:\d\d:\d\dZ,/);
      expect(then['two: verified']).toMatchObject({ recorded: 1 });
      expect((await lab.read(`batches/${night('0604')}/moved.csv`)).split('\n').slice(1, -1).sort()).toEqual(
        [`${P},${atJio},extended,jio,directed`, `${P},${atAirtel},ported,jio,alreadyOpen`].sort(),
      );
      expect(await lab.read(`batches/${night('0604')}/elsewhere.csv`)).toContain(
        `reverify,${P},jio,alreadyOpen,${goesOn}\n`,
      );
      expect(await books(night('0604'))).toMatchObject({
        connections: { linked: 2, directed: 1, alreadyOpen: 1, verified: 1 },
        unexplained: 0,
      });
      expect(await nightsOf(P)).toEqual([night('0604')]);
      expect(lab.cloud.failures()).toEqual(FAILURES);
    });
  });

  describe('who is to have service in one row, and is said to be disconnected in another one of that operator', () => {
    it('is told of and restored where a row goes on, while its time runs or once they proved themselves', async () => {
      const [E, V] = [number('goesOn', 'E'), number('goesOn', 'V')];
      expect(then['goesOn: verified']).toMatchObject({ recorded: 1 });
      expect(then['goesOn: early']).toMatchObject(conflict);
      expect(then['goesOn: told early']).toEqual({ operator: 0, administrators: 0 });
      expect(then['goesOn: cut']).toMatchObject({ recorded: 0 });
      expect(then['goesOn: told']).toEqual({ operator: 1, administrators: 1 });
      expect((then['goesOn: why'] as { sentence: string }).sentence).toBe(
        'The operator airtel says that the subscriber proved who they are on 11 June 2026: nothing more is asked of them. But the operator airtel said on 12 June 2026 that it disconnected the number all the same: that is to be restored, it is asked from the next night on to give full service again, and whoever lacks service should ask there.',
      );
      expect(then['goesOn: restored']).toEqual([night('0613')]);
      expect(await lab.read(`batches/${direction('appeal')}/appeals.csv`)).toBe(
        `line,state,directionIds\n2,alreadyOpen,${direction('goesOnBack')}\n`,
      );
      const from = direction('together');
      expect(await lab.read(`batches/${night('0613')}/moved.csv`)).toBe(
        `msisdn,from,why,to,state\n${E},${from},disconnected_after_verified,airtel,directed\n${V},${from},disconnected_after_verified,airtel,directed\n`,
      );
      expect(lab.cloud.failures()).toEqual(FAILURES);
    });

    it('is told of and restored where the number returned from where it was ported to', () => {
      expect(then['returned: cut']).toMatchObject(conflict);
      expect(then['returned: told']).toEqual({ operator: 1, administrators: 1 });
      expect(then['returned: restored']).toEqual([night('0611')]);
      expect(lab.cloud.failures()).toEqual(FAILURES);
    });

    it('stands in no late list where the row is overdue, and is restored if that was since a later report answered for them', async () => {
      const [E, V, Q] = [number('overdue', 'E'), number('overdue', 'V'), number('overdue', 'Q')];
      expect(then['overdue: answered later']).toMatchObject({ recorded: 2 });
      expect(then['overdue: early']).toMatchObject({ ...conflict, recorded: 1 });
      expect(then['overdue: told early']).toEqual({ operator: 0, administrators: 0 });
      expect(then['overdue: cut']).toMatchObject({ recorded: 0 });
      expect(then['overdue: told']).toEqual({ operator: 1, administrators: 1 });
      const late = (await lab.outbox('revocations/')).filter((key) => key.includes('.late-') && key.endsWith('.csv'));
      expect((await Promise.all(late.map((key) => lab.read(key)))).map((text) => text.match(/\+91\d+/g))).toEqual([
        [Q],
      ]);
      // Who has more time is asked again, too.
      const [back = '', again = ''] = then['overdue: directions'] as string[];
      const carried = async (order: string) => (await lab.read(`orders/airtel/${order}.csv`)).match(/\+91\d+/g);
      expect(await carried(`${back}/1-restore`)).toEqual([E, V]);
      expect(await carried(`${again}/1-reverify`)).toEqual([E]);
      expect(then['overdue: restored']).toEqual([night('0619')]);
      expect(lab.cloud.failures()).toEqual(FAILURES);
    });
  });
});

describe('what was moved goes on in the follow-up of the next night', () => {
  it('once, though the night crashes after its commit, comes twice, dies, and meets a move at its very instant', async () => {
    const instant = START + 4 * DAY + 19 * HOUR;
    let crashes = 1;
    let stops = 1;
    await using other = await Lab.open({
      context: { operators: 'airtel,jio', sweepHours: '24' },
      faults: {
        deliverTwice: true,
        afterWrite: ({ service, key }) =>
          service === 'dynamodb' && key === 'FOLLOWUPS' && crashes-- > 0 ? 'fail' : undefined,
        stops: ({ execution, state }) =>
          execution.includes('followup-') && state === 'Take the turn to plan' && stops-- > 0 ? 0 : undefined,
      },
    });
    const [P, E, V] = [number('crashed', 'P'), number('crashed', 'E'), number('crashed', 'V')];
    await other.usage('airtel', seen('crashed', 'P', 'E', 'V'));
    await other.report('mha', [handset('crashed')]);
    const from = await other.direction(batchOf('mha', handset('crashed')), 'reverify', 'airtel');
    await other.quietlyAt(4);
    await say(other, from, [`${P},ported,jio,`]);
    // What somebody does at an instant comes before the timers of that instant.
    other.cloud.outside(instant, () =>
      other.cloud.put(bucketsOf(other.cloud).inbox, `responses/airtel/${from}/night.csv`, answer([`${E},ported,jio,`])),
    );
    await other.cloud.run(instant + 1000);
    await say(other, from, [`${V},ported,jio,`]);
    // Two more nights, and three sweeps; after them nothing is left but the ladders.
    await other.at(7.5);
    await other.quietlyAt(40);

    const nights = await follow(other);
    expect(nights).toEqual(['followup-202606060000', 'followup-202606070000']);
    const rows = await Promise.all(nights.map((id) => other.read(`batches/${id}/moved.csv`)));
    const gone = rows.flatMap((text) => text.trim().split('\n').slice(1)).sort();
    expect(gone).toEqual([P, E, V].map((msisdn) => `${msisdn},${from},ported,jio,directed`));
    const books = await Promise.all(nights.map((id) => other.json<Books>(`batches/${id}/summary.json`)));
    expect(books.map(({ unexplained }) => unexplained)).toEqual([0, 0]);
    expect(books.map(({ connections }) => connections.directed).reduce((sum, count) => (sum ?? 0) + (count ?? 0))).toBe(
      3,
    );
    const asked = (await other.outbox('orders/jio/')).filter((key) => key.endsWith('/1-reverify.csv'));
    const named = (await Promise.all(asked.map((key) => other.read(key)))).join('').match(/\+91\d+/g);
    expect(named?.sort()).toEqual([P, E, V]);
    expect([crashes < 1, stops < 1]).toEqual([true, true]);
  });
});
