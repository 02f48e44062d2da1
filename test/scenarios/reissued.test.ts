import type { FaultPlan } from 'local-cloud';
import { describe, expect, it } from 'vitest';
import { sha8, sha256Of } from '../../lambdas/domain/hashes.ts';
import { bucketsOf } from '../../simulation/buckets.ts';
import { nameOf } from './faults-story.ts';
import { APPROVE, DAY, HOUR, Lab, START } from './lab.ts';

/**
 * Numbers that turn out to be somebody else's: A and B are airtel's, seen in a handset on 20 May, and their re-verification ends
 * on day 16, 17 June. A is somebody else's since 10 June, or 5 June. Some are seen in another handset, too, which a second batch
 * is about.
 */
const HANDSET = '35100000000001';
const OTHER = '35100000000002';
const [A, B, C] = [1, 2, 3].map((n) => `+91981000000${n}`) as [string, string, string];
const batchOf = (handset: string) => `mha-${sha256Of(`imei\n${handset}\n`).slice(0, 12)}`;
const batch = batchOf(HANDSET);
const second = batchOf(OTHER);
const reissued = (activated: string) => `msisdn,outcome,activated_on\n${A},reissued,${activated}\n`;
const LISTED = 'msisdn,operator,lsa,disconnected_on,reason\n';

/** The lab, and the keys of all that was written to `revocations/`, in their order. */
async function open(faults: FaultPlan, more: string[] = []): Promise<{ lab: Lab; written: string[] }> {
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
  await lab.usage('airtel', [...[A, B].map((number) => `${HANDSET},${number},2026-05-20,Delhi`), ...more]);
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

describe("a number that turns out to be somebody else's by the answer to another direction", {
  timeout: 300_000,
}, () => {
  it.each(['', ', though its recorder dies of it once'])(
    'is in no list that an earlier batch makes%s',
    async (dies) => {
      const answer = reissued('2026-06-05');
      let first = '';
      let marks = 0;
      const opened = await open({
        afterWrite: ({ functionName, key }) => {
          if (nameOf(functionName) !== 'Record' || first === '' || key !== `DIR#${first}`) return undefined;
          marks += 1;
          return dies !== '' && marks === 1 ? 'fail' : undefined;
        },
      });
      await using lab = opened.lab;
      const direction = await lab.direction(batch, 'reverify', 'airtel');
      await lab.at(1);
      await lab.respond(direction, [`${A},disconnected`, `${B},disconnected`]);
      await lab.at(3);
      await lab.usage('airtel', [`${OTHER},${A},2026-06-03,Delhi`], 'later.csv');
      await lab.report('mha', [OTHER], 'second.csv');
      await lab.at(6);
      first = direction;
      await lab.upload(`responses/airtel/${await lab.direction(second, 'reverify', 'airtel')}/since.csv`, answer);
      await lab.toTheEnd();

      // Delivered again, it marks nothing again.
      expect(marks).toBe(1);
      const withdrawn = withdrawals('2026-06-07', second, answer);
      expect(opened.written.slice(0, 4)).toEqual([...withdrawn, ...settled]);
      expect(await lab.read(settled[0] ?? '')).toBe(
        `${LISTED}${B},airtel,Delhi,2026-06-02,linked_to_reported_handset\n`,
      );
      expect(await lab.json(`batches/${batch}/summary.json`)).toMatchObject({
        connections: { directed: 2, disconnected: 2, reissued: 0 },
        unexplained: 0,
      });
      expect(await lab.json(`batches/${second}/summary.json`)).toMatchObject({
        connections: { directed: 1, reissued: 1 },
        unexplained: 0,
      });
      expect(lab.cloud.failures()).toEqual([]);
    },
  );

  it('is withdrawn once more after a list of an earlier batch that was committed before and is published later', async () => {
    const answer = reissued('2026-06-10');
    const wrong = { lists: true };
    const opened = await open({
      beforeCall: ({ caller, service, key }) =>
        wrong.lists && nameOf(caller) === 'Settle' && service === 's3' && key?.startsWith('revocations/')
          ? 'deny'
          : undefined,
    });
    await using lab = opened.lab;
    await lab.at(1);
    await lab.respond(await lab.direction(batch, 'reverify', 'airtel'), [`${A},disconnected`]);
    await lab.at(12);
    await lab.usage('airtel', [`${OTHER},${A},2026-06-09,Delhi`], 'later.csv');
    await lab.report('mha', [OTHER], 'second.csv');
    await lab.cloud.run(START + 16 * DAY + HOUR / 6);
    await lab.upload(`responses/airtel/${await lab.direction(second, 'reverify', 'airtel')}/since.csv`, answer);
    wrong.lists = false;
    await lab.toTheEnd();

    const withdrawn = withdrawals('2026-06-17', second, answer);
    expect(await lab.read(settled[0] ?? '')).toContain(A);
    expect(opened.written.slice(0, 6)).toEqual([...withdrawn, ...settled, ...withdrawn]);
  });

  it('is in no bar, disconnection or list of a later batch, unless it was seen there since; and is in its books', async () => {
    // C was seen in the second handset after it had become somebody else's.
    const opened = await open({}, [
      `${HANDSET},${C},2026-05-20,Delhi`,
      ...[A, B].map((number) => `${OTHER},${number},2026-05-21,Delhi`),
      `${OTHER},${C},2026-06-01,Delhi`,
    ]);
    await using lab = opened.lab;
    const direction = await lab.direction(batch, 'reverify', 'airtel');
    await lab.at(18);
    await lab.report('mha', [OTHER], 'second.csv');
    const later = await lab.direction(second, 'reverify', 'airtel');
    await lab.at(19);
    const answer = `${reissued('2026-06-10')}${C},reissued,2026-05-31\n`;
    await lab.upload(`responses/airtel/${direction}/since.csv`, answer);
    await lab.at(33.5);
    const rungs = ['1-reverify', '2-bar_outgoing', '3-bar_incoming', '4-disconnect'];
    const carried = rungs.map(async (rung) => {
      const rows = (await lab.read(`orders/airtel/${later}/${rung}.csv`)).trimEnd().split('\n').slice(1);
      return rows.map((row) => row.split(',')[0]);
    });
    expect(await Promise.all(carried)).toEqual([
      [A, B, C],
      [B, C],
      [B, C],
      [B, C],
    ]);
    // However it is answered.
    await lab.respond(later, [`${A},failed`, `${A},disconnected`, `${C},disconnected`]);
    await lab.toTheEnd();

    expect((await lab.outbox(`orders/airtel/${later}/`)).filter((key) => key.includes('failed-'))).toEqual([]);
    const lists = (await lab.outbox('revocations/')).filter((key) => key.endsWith(`/${second}.csv`));
    expect(await Promise.all(lists.map((key) => lab.read(key)))).toEqual([
      `${LISTED}${C},airtel,Delhi,2026-07-04,linked_to_reported_handset\n`,
    ]);
    expect(await lab.json(`batches/${second}/summary.json`)).toMatchObject({
      connections: { directed: 3, disconnected: 2, overdue: 1 },
      unexplained: 0,
    });
  });

  it('has service back at once where a later batch of its operator had it barred', async () => {
    const opened = await open({});
    await using lab = opened.lab;
    const direction = await lab.direction(batch, 'reverify', 'airtel');
    await lab.at(1);
    await lab.respond(direction, [`${A},disconnected`]);
    await lab.at(3);
    await lab.usage('airtel', [`${OTHER},${A},2026-06-03,Delhi`], 'later.csv');
    await lab.report('mha', [OTHER], 'second.csv');
    // The second batch bars it on day 8, and the first never did.
    await lab.at(9);
    const answer = reissued('2026-06-09');
    await lab.upload(`responses/airtel/${direction}/since.csv`, answer);
    const back = await lab.read(`orders/airtel/${direction}/back-${sha8(sha256Of(answer))}-restore.csv`);
    expect(back).toBe(
      `msisdn,imei,reason,deadline,order,direction\n${A},351000000000013,reversed,2026-06-11T00:00:00Z,restore,${direction}\n`,
    );
    await lab.toTheEnd();
    const later = await lab.direction(second, 'reverify', 'airtel');
    expect((await lab.outbox(`orders/airtel/${later}/`)).map((key) => key.split('/').at(-1))).toEqual([
      '1-reverify.csv',
      '2-bar_outgoing.csv',
    ]);
  });

  it('has service back where a later batch bars it while it can’t be marked there', async () => {
    let until = 0;
    const opened = await open({
      beforeCall: ({ caller, service, action, key = '' }) => {
        const marks = nameOf(caller) === 'Record' && service === 'dynamodb' && action === 'PutItem';
        return marks && key.startsWith(`DIR#${second}`) && opened.lab.cloud.clock.now() < until ? 'deny' : undefined;
      },
    });
    await using lab = opened.lab;
    const direction = await lab.direction(batch, 'reverify', 'airtel');
    await lab.at(1);
    await lab.respond(direction, [`${A},disconnected`]);
    await lab.at(3);
    await lab.usage('airtel', [`${OTHER},${A},2026-06-03,Delhi`], 'later.csv');
    await lab.report('mha', [OTHER], 'second.csv');
    // The second batch's bar goes out meanwhile, on day 8.
    until = START + 8 * DAY + HOUR / 12;
    await lab.cloud.run(START + 8 * DAY - HOUR / 12);
    await lab.upload(`responses/airtel/${direction}/since.csv`, reissued('2026-06-08'));
    await lab.at(9);
    const told = (await lab.notices('fraud-directions-airtel')).filter(({ kind }) => kind === 'order');
    expect(told.slice(-2).map(({ order, directionId }) => [order, String(directionId).split('.')[0]])).toEqual([
      ['bar_outgoing', second],
      ['restore', batch],
    ]);
    expect(await lab.read(String(told.at(-1)?.key))).toContain(A);
  });

  it.each([
    ['had claimed it', `DIR#${second}.reverify.`],
    ['had decided upon it', `CONN#${A}`],
  ])('is ordered to be barred by no later batch that %s when it was said', async (_, writes) => {
    let direction = '';
    let tries = 0;
    let armed = false;
    let said = false;
    const opened = await open(
      {
        beforeCall: ({ caller, service, action, key = '' }) => {
          const creates = nameOf(caller) === 'Claim' && service === 'dynamodb' && action === 'PutItem';
          if (!armed || !creates || !key.startsWith(writes)) return undefined;
          tries += 1;
          const answer = `responses/airtel/${direction}/since.csv`;
          if (tries === 1) void opened.lab.cloud.put(bucketsOf(opened.lab.cloud).inbox, answer, reissued('2026-06-10'));
          // Until Record has looked for it, or has recorded it.
          return tries < 5 || (writes.startsWith('CONN#') && !said && tries < 200) ? 'throttle' : undefined;
        },
        afterWrite: ({ functionName, key }) => {
          said ||= armed && nameOf(functionName) === 'Record' && key?.startsWith(`DIR#${batch}.`) === true;
          return undefined;
        },
      },
      [`${OTHER},${A},2026-05-21,Delhi`],
    );
    await using lab = opened.lab;
    direction = await lab.direction(batch, 'reverify', 'airtel');
    await lab.at(18);
    armed = true;
    await lab.report('mha', [OTHER], 'second.csv');
    await lab.at(20);
    expect(opened.written.some((key) => key.includes('.withdrawn-'))).toBe(true);
    await lab.at(33);
    const later = await lab.direction(second, 'reverify', 'airtel');
    await lab.respond(later, [`${A},disconnected`]);
    await lab.toTheEnd();
    expect((await lab.outbox(`orders/airtel/${later}/`)).map((key) => key.split('/').at(-1))).toEqual([
      '1-reverify.csv',
    ]);
    const lists = (await lab.outbox('revocations/')).filter((key) => key.endsWith(`/${second}.csv`));
    expect(await Promise.all(lists.map((key) => lab.read(key)))).toEqual([LISTED]);
  });
});

describe("a number that is somebody else's, of whom a later report knows only what is not acted upon", {
  timeout: 300_000,
}, () => {
  it('is struck with the handset of its new holder: the sightings of its former one have no part in that', async () => {
    await using lab = await Lab.open({ context: { operators: 'airtel', people: '1' } });
    const [struck, plain] = ['35100000000003', '35100000000004'];
    await lab.usage(
      'airtel',
      [A, B].map((number) => `${HANDSET},${number},2026-05-20,Delhi`),
    );
    await lab.report('mha', [HANDSET]);
    await lab.decide('approver-1', batch, [APPROVE]);
    await lab.at(1);
    const direction = await lab.direction(batch, 'reverify', 'airtel');
    await lab.upload(
      `responses/airtel/${direction}/since.csv`,
      `msisdn,outcome,activated_on\n${A},reissued,2026-05-28\n${B},reissued,2026-05-28\n`,
    );
    // Both new holders are seen; one of them in a handset that approvers leave out.
    await lab.usage('airtel', [`${struck},${A},2026-06-01,Delhi`, `${plain},${B},2026-06-01,Delhi`], 'new.csv');
    await lab.at(2);
    const imeis = [HANDSET, struck ?? '', plain ?? ''];
    await lab.report('up-police', imeis);
    const theirs = `up-police-${sha256Of(`imei\n${imeis.join('\n')}\n`).slice(0, 12)}`;
    await lab.decide('approver-1', theirs, [APPROVE, `strike,${struck},,,a clone`]);
    await lab.toTheEnd();
    expect(await lab.json(`batches/${theirs}/summary.json`)).toMatchObject({
      connections: { linked: 2, struck: 1, directed: 1 },
      unexplained: 0,
    });
    const orders = await lab.outbox(`orders/airtel/${await lab.direction(theirs, 'reverify', 'airtel')}/`);
    const texts = (await Promise.all(orders.map((key) => lab.read(key)))).join('');
    expect(texts).not.toContain(A);
    expect(texts).toContain(`${B},${plain}`);
    expect(lab.cloud.failures()).toEqual([]);
  });
});

describe("a number that is somebody else's, and is said to be disconnected after that", { timeout: 300_000 }, () => {
  /** The directions that restore, with the numbers that their first orders carry. */
  const restored = async (lab: Lab) => {
    const all = (await lab.directions('airtel')).filter((id) => id.includes('.restore.'));
    const carried = (id: string) =>
      lab.read(`orders/airtel/${id}/1-restore.csv`).then((text) => text.match(/\+91\d+/g));
    return await Promise.all(all.map(async (id) => [id, await carried(id)] as const));
  };
  const told = async (lab: Lab) =>
    (await lab.notices('fraud-directions-airtel')).filter(({ kind }) => kind === 'disconnected_after_verified').length;
  const say = async (lab: Lab, direction: string, name: string, on: string) =>
    await lab.upload(
      `responses/airtel/${direction}/${name}.csv`,
      `msisdn,outcome,occurred_on\n${A},disconnected,${on}\n`,
    );

  /** Has the number's row reissued since 10 June. */
  async function begin(): Promise<{ lab: Lab; direction: string }> {
    const lab = await Lab.open({ context: { operators: 'airtel' }, nights: true });
    await lab.usage('airtel', [`${HANDSET},${A},2026-05-20,Delhi`]);
    await lab.report('mha', [HANDSET]);
    const direction = await lab.direction(batch, 'reverify', 'airtel');
    await lab.at(11);
    await lab.upload(`responses/airtel/${direction}/since.csv`, reissued('2026-06-10'));
    return { lab, direction };
  }

  it('is restored to who has it now in the next night, and an appeal of theirs finds that', async () => {
    const { direction, ...begun } = await begin();
    await using lab = begun.lab;
    await lab.at(13);
    await say(lab, direction, 'before', '2026-06-09');
    expect(await told(lab)).toBe(0);
    await say(lab, direction, 'after', '2026-06-13');
    expect(await told(lab)).toBe(1);
    await lab.at(14);
    const back = 'followup-202606150000.restore.airtel.2-0-0';
    expect(await restored(lab)).toEqual([[back, [A]]]);
    await lab.upload('appeals/caseworker-1/mine.csv', `msisdn,ground\n${A},reissued\n`);
    const [, id = ''] = ((await lab.outbox('previews/caseworker-1-'))[0] ?? '').split('/');
    await lab.decide('approver-1', id, [APPROVE]);
    expect(await lab.read(`batches/${id}/appeals.csv`)).toBe(`line,state,directionIds\n2,alreadyOpen,${back}\n`);
    expect(lab.cloud.failures()).toEqual([]);
  });

  it('stays cut off where that was directed of who has it now', async () => {
    const { direction, ...begun } = await begin();
    await using lab = begun.lab;
    await lab.at(12);
    await lab.usage('airtel', [`${OTHER},${A},2026-06-12,Delhi`], 'new.csv');
    await lab.report('mha', [OTHER], 'other.csv');
    await lab.respond(await lab.direction(second, 'reverify', 'airtel'), [`${A},disconnected`]);
    await say(lab, direction, 'after', '2026-06-13');
    expect(await told(lab)).toBe(0);
    await lab.at(14);
    expect(await restored(lab)).toEqual([]);
    expect(lab.cloud.failures()).toEqual([]);
  });
});

describe('a number in which somebody was directed since it was given to them', { timeout: 300_000 }, () => {
  it('is none that is taken back upon an appeal of who had it before, by their reference', async () => {
    const opened = await open({});
    await using lab = opened.lab;
    const direction = await lab.direction(batch, 'reverify', 'airtel');
    const order = await lab.read(`orders/airtel/${direction}/1-reverify.csv`);
    const reference =
      order
        .split('\n')
        .find((line) => line.startsWith(A))
        ?.split(',')[4] ?? '';
    await lab.at(4);
    await lab.upload(`responses/airtel/${direction}/since.csv`, reissued('2026-06-02'));
    await lab.at(10);
    await lab.usage('airtel', [`${OTHER},${A},2026-06-09,Delhi`], 'later.csv');
    await lab.report('mha', [OTHER], 'second.csv');
    await lab.at(11);
    await lab.respond(await lab.direction(second, 'reverify', 'airtel'), [`${A},disconnected`]);
    await lab.at(12);
    await lab.upload('appeals/caseworker-1/appeal.csv', `reference,ground,case_ref\n${reference},wrong_number,A-1\n`);
    const appeal = (await lab.outbox('previews/caseworker-1-'))[0]?.split('/')[1] ?? '';
    await lab.decide('approver-1', appeal, [APPROVE]);
    const lookup = `msisdn,reference\n${A},\n,${reference}\n`;
    await lab.upload('lookups/caseworker-1/why.csv', lookup);
    // Who has it now was seen in a third handset, too, before that was decided.
    await lab.usage('airtel', [`35100000000003,${A},2026-06-10,Delhi`], 'third.csv');
    await lab.report('up-police', ['35100000000003'], 'third.csv');
    await lab.toTheEnd();

    expect(await lab.read(`batches/${appeal}/appeals.csv`)).toBe('line,state,directionIds\n2,tooLate,\n');
    expect(await lab.read(`revocations/2026-06-13/${appeal}.withdrawn.csv`)).toBe('msisdn,withdrawn_on,ground\n');
    const lists = (await lab.outbox('revocations/')).filter((key) => key.endsWith(`/${second}.csv`));
    expect(await Promise.all(lists.map((key) => lab.read(key)))).toEqual([
      `${LISTED}${A},airtel,Delhi,2026-06-12,linked_to_reported_handset\n`,
    ]);
    const third = `up-police-${sha256Of('imei\n35100000000003\n').slice(0, 12)}`;
    expect(await lab.json(`batches/${third}/summary.json`)).toMatchObject({
      connections: { linked: 1, reversed: 0, alreadyDisconnected: 1 },
    });
    const explained = `explanations/caseworker-1/why.${sha8(sha256Of(lookup))}.json`;
    const { lookups } = await lab.json<{ lookups: { sentence: string; story: { what: string }[] }[] }>(explained);
    const [now, then] = lookups;
    expect(now?.sentence).toMatch(/^The operator airtel disconnected it on 12 June 2026/);
    expect(now?.story.filter(({ what }) => what === 'withdrawn')).toHaveLength(1);
    expect(then?.sentence).toMatch(
      /^What was done about it before it became somebody else's was taken back on 13 June 2026/,
    );
    expect(JSON.stringify(then)).not.toContain(second);
    expect(lab.cloud.failures()).toEqual([]);
  });
});
