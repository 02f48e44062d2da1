import { describe, expect, it } from 'vitest';
import { sha256Of } from '../../lambdas/domain/hashes.ts';
import { nameOf } from './faults-story.ts';
import { APPROVE, Lab } from './lab.ts';
import { books, D, directions, HANDSET, O, only, P, SECOND, theirs, V } from './reversals-lab.ts';

/**
 * What is taken back upon an appeal. All numbers are airtel's, seen in a handset on 20 May; it is reported on 1 June. They are
 * asked by 6 June, barred by the 6th and the 11th, and disconnected by the 16th.
 */
const SHOWN = '351000000000013';
const STRANGER = '+919820000001';
const report = `mha-${sha256Of(`imei\n${HANDSET}\n`).slice(0, 12)}`;

async function open(numbers = [O, V, D, P]): Promise<{ lab: Lab; direction: string }> {
  const lab = await Lab.open({ context: { operators: 'airtel,jio' }, nights: true });
  await lab.usage(
    'airtel',
    numbers.map((number) => `${HANDSET},${number},2026-05-20,Delhi`),
  );
  await lab.report('mha', [HANDSET]);
  return { lab, direction: await lab.direction(report, 'reverify', 'airtel') };
}

/** Files an appeal; its batch is the newest of the caseworker's whose preview there is. */
async function appeal(lab: Lab, rows: string[], name = 'appeal.csv'): Promise<string> {
  const before = new Set(await lab.outbox('previews/caseworker-1-'));
  await lab.upload(
    `appeals/caseworker-1/${name}`,
    `msisdn,imei,reference,ground,case_ref\n${rows.map((row) => `${row}\n`).join('')}`,
  );
  const [key = ''] = (await lab.outbox('previews/caseworker-1-')).filter((one) => !before.has(one));
  return key.split('/')[1] ?? '';
}
const answer = (lab: Lab, direction: string, rows: string[], name = 'given-back.csv') => {
  const [, kind, operator] = direction.split('.');
  const column = kind === 'unblock' || kind === 'block' ? 'imei' : 'msisdn';
  const text = `${column},outcome\n${rows.map((row) => `${row}\n`).join('')}`;
  return lab.upload(`responses/${operator}/${direction}/${name}`, text);
};

describe('an appeal', { timeout: 300_000 }, () => {
  it('gives back what was taken, ends what is open, and is told line by line', async () => {
    const opened = await open();
    await using lab = opened.lab;
    const { direction } = opened;
    await lab.at(1);
    await lab.respond(direction, [`${V},verified`, `${D},disconnected`]);
    await lab.respond(await lab.direction(report, 'block', 'airtel'), [`${SHOWN},blocked`]);
    await lab.at(7);
    const id = await appeal(lab, [
      `${O},,,wrong_number,A-1`,
      `${V},,,wrong_number,A-2`,
      `${D},,,court_order,A-3`,
      `${STRANGER},,,cloned,A-4`,
      `${P},${SHOWN},,cloned,A-5`,
    ]);
    // Nothing before it is decided upon.
    expect(await directions(lab, id, 'restore')).toEqual([]);
    await lab.decide('approver-1', id, [APPROVE]);
    const restore = await only(lab, id, 'restore');
    const unblock = await only(lab, id, 'unblock');
    expect(await lab.read(`batches/${id}/appeals.csv`)).toBe(
      `line,state,directionIds\n2,directed,${restore}\n3,nothingToRestore,\n4,directed,${restore}\n5,nothingToRestore,\n6,directed,${unblock} ${await only(lab, id, 'unblock', 'jio')}\n`,
    );
    // Airtel has blocked it, and jio may have: it was told to. Each hears of the number, and not of the handset alone.
    const order = await lab.read(`orders/airtel/${restore}/1-restore.csv`);
    expect(order.split('\n').map((line) => line.split(',').slice(0, 3).join(','))).toEqual([
      'msisdn,imei,reason',
      `${O},${SHOWN},reversed`,
      `${D},${SHOWN},reversed`,
      '',
    ]);
    expect(await lab.read(`orders/airtel/${unblock}/1-unblock.csv`)).toMatch(
      new RegExp(
        `^imei,msisdn,reason,deadline,order,direction\n${SHOWN},\\${P},reversed,2026-06-09T00:00:\\d\\dZ,unblock,${unblock}\n$`,
      ),
    );
    const withdrawn = `revocations/2026-06-08/${id}.withdrawn`;
    expect(await lab.read(`${withdrawn}.csv`)).toBe(
      'msisdn,withdrawn_on,ground\n' +
        [`${O},2026-06-08,wrong_number`, `${V},2026-06-08,wrong_number`, `${D},2026-06-08,court_order`]
          .concat(`${STRANGER},2026-06-08,cloned`)
          .map((line) => `${line}\n`)
          .join(''),
    );
    expect(JSON.parse(await lab.read(`${withdrawn}.json`))).toMatchObject({ payload: [], withdrawn: { length: 4 } });

    await answer(lab, restore, [`${O},restored`, `${D},restored`]);
    await answer(lab, unblock, [`${SHOWN},unblocked`]);
    await lab.quietlyAt(40);
    // Who was taken back is in no later order, and in no list; who wasn't is.
    const orders = (await lab.outbox(`orders/airtel/${direction}/`)).filter((key) =>
      /bar_incoming|disconnect/.test(key),
    );
    expect(orders).toHaveLength(2);
    for (const key of orders) {
      expect(await lab.read(key)).not.toContain(O);
      expect(await lab.read(key)).toContain(P);
    }
    for (const key of await lab.outbox('revocations/'))
      if (!key.includes('.withdrawn')) expect(await lab.read(key), key).not.toContain(D.slice(3));
    expect(await books(lab, report)).toMatchObject({
      connections: { directed: 4, verified: 1, disconnected: 1, withdrawn: 1, overdue: 1 },
      unexplained: 0,
    });
    expect(await books(lab, id)).toMatchObject({
      kind: 'reversal',
      agency: 'caseworker-1',
      file: 'appeals/caseworker-1/appeal.csv',
      status: 'settled',
      subjects: { asked: 5, directed: 3, alreadyOpen: 0, tooLate: 0, nothingToRestore: 2, kept: 0, struck: 0 },
      outcomes: { directed: 4, restored: 2, unblocked: 1, notFound: 0, overdue: 1 },
      withdrawn: 1,
      operators: {
        airtel: { withdrawn: 1, outcomes: { directed: 3 } },
        jio: { withdrawn: 0, outcomes: { overdue: 1 } },
      },
      unexplained: 0,
    });
    expect(lab.cloud.failures()).toEqual([]);
  });

  it('has later reports leave alone what was not seen since, and direct what was', async () => {
    const opened = await open();
    await using lab = opened.lab;
    await lab.at(7);
    const id = await appeal(lab, [`${O},,,wrong_number,`, `${V},,,wrong_number,`, `,${SHOWN},,wrong_handset,`]);
    await lab.decide('approver-1', id, [APPROVE]);
    expect(await directions(lab, id, 'unblock')).toHaveLength(2);
    await lab.at(9);
    // Seen on the day of the reversal, which is none of "since", and on a later one.
    await lab.usage('airtel', [`${HANDSET},${O},2026-06-08,Delhi`], 'same-day.csv');
    await lab.report('up-police', [HANDSET]);
    const [second = ''] = (await lab.outbox('previews/up-police-')).map((key) => key.split('/')[1] ?? '');
    expect(await directions(lab, second, 'reverify')).toEqual([]);
    expect(await directions(lab, second, 'block')).toEqual([]);
    await lab.at(12);
    await lab.usage('airtel', [`${HANDSET},${O},2026-06-09,Delhi`], 'later.csv');
    await lab.report('mha', [HANDSET, '35100000000002'], 'again.csv');
    await lab.quietlyAt(60);
    expect(await books(lab, second)).toMatchObject({
      connections: { linked: 4, reversed: 2, alreadyOpen: 2, directed: 0 },
      blocks: { rows: 2, reversed: 2, directed: 0 },
      unexplained: 0,
    });
    const third = (await lab.batches()).find((batch) => batch.startsWith('mha-') && batch !== report) ?? '';
    expect(await books(lab, third)).toMatchObject({
      connections: { linked: 4, reversed: 1, alreadyOpen: 2, directed: 1 },
      // The handset was seen since, with the number.
      blocks: { rows: 4, reversed: 0, directed: 4 },
      unexplained: 0,
    });
    expect(lab.cloud.failures()).toEqual([]);
  });

  it('of what is being given back is already open, and of what was has nothing to give', async () => {
    const opened = await open();
    await using lab = opened.lab;
    await lab.at(7);
    const first = await appeal(lab, [`${O},,,wrong_number,`]);
    await lab.decide('approver-1', first, [APPROVE]);
    const restore = await only(lab, first, 'restore');
    const second = await appeal(lab, [`${O},,,wrong_number,again`], 'second.csv');
    await lab.decide('approver-2', second, [APPROVE]);
    expect(await lab.read(`batches/${second}/appeals.csv`)).toBe(`line,state,directionIds\n2,alreadyOpen,${restore}\n`);
    await answer(lab, restore, [`${O},restored`]);
    const third = await appeal(lab, [`${O},,,wrong_number,once more`], 'third.csv');
    await lab.decide('approver-3', third, [APPROVE]);
    expect(await lab.read(`batches/${third}/appeals.csv`)).toBe('line,state,directionIds\n2,nothingToRestore,\n');
    await lab.toTheEnd();
    expect((await books(lab, second)).subjects).toMatchObject({ asked: 1, alreadyOpen: 1 });
    expect(lab.cloud.failures()).toEqual([]);
  });

  it('that an approver strikes a line of leaves that as it is, and one that is refused leaves all', async () => {
    const opened = await open();
    await using lab = opened.lab;
    const { direction } = opened;
    await lab.at(7);
    const first = await appeal(lab, [`${O},,,wrong_number,`, `${V},,,wrong_number,`]);
    await lab.decide('approver-1', first, [APPROVE, `strike,,${V},,known fraud`]);
    expect(await lab.read(`batches/${first}/appeals.csv`)).toMatch(/\n2,directed,[^\n]*\n3,struck,\n$/);
    expect(await lab.read(`revocations/2026-06-08/${first}.withdrawn.csv`)).not.toContain(V);
    const second = await appeal(lab, [`${P},,,wrong_number,`], 'refused.csv');
    await lab.decide('approver-2', second, ['refuse,,,,no ground']);
    await lab.quietlyAt(60);
    expect(await books(lab, second)).toMatchObject({ status: 'refused', kind: 'reversal' });
    expect(await lab.outbox(`revocations/`)).not.toContain(second);
    const [disconnect = ''] = (await lab.outbox(`orders/airtel/${direction}/`)).filter((key) =>
      key.endsWith('disconnect.csv'),
    );
    const cut = await lab.read(disconnect);
    expect([O, V, P].map((number) => cut.includes(number))).toEqual([false, true, true]);
  });

  it('for a number open here, disconnected there under an older batch, and exempt from tomorrow, gives back at both', async () => {
    const lab = await Lab.open({ context: { operators: 'airtel,jio' } });
    await using _ = lab;
    await lab.usage('jio', [`${HANDSET},${O},2026-05-10,Delhi`]);
    await lab.report('mha', [HANDSET]);
    const older = await lab.direction(report, 'reverify', 'jio');
    await lab.at(1);
    await lab.respond(older, [`${O},disconnected`]);
    await lab.at(5);
    await lab.usage('airtel', [`35100000000002,${O},2026-06-04,Delhi`]);
    await lab.report('up-police', ['35100000000002']);
    const [here = ''] = (await lab.directions('airtel')).filter((one) => /^up-police-.*reverify/.test(one));
    await lab.at(6);
    const id = await appeal(lab, [`${O},,,wrong_number,`]);
    const exempt = (approver: string) =>
      lab.upload(`exemptions/${approver}/e.csv`, `msisdn,until,reason\n${O},2026-08-01,wrongly reported\n`);
    await exempt('approver-1');
    await lab.decide('approver-1', id, [APPROVE]);
    await lab.at(7);
    await exempt('approver-2');
    for (const operator of ['airtel', 'jio'])
      expect(await lab.read(`orders/${operator}/${await only(lab, id, 'restore', operator)}/1-restore.csv`)).toContain(
        O,
      );
    await lab.report('mha', [HANDSET, '35100000000002'], 'both.csv');
    await lab.toTheEnd();
    expect((await lab.outbox(`orders/airtel/${here}/`)).map((key) => key.split('/').at(-1))).toEqual([
      '1-reverify.csv',
    ]);
    const both = (await lab.batches()).find((batch) => batch.startsWith('mha-') && batch !== report) ?? '';
    // Of what both hold of, the exemption is the first.
    expect(await books(lab, both)).toMatchObject({
      connections: { linked: 1, exempt: 1, reversed: 0 },
      unexplained: 0,
    });
    expect(await books(lab, id)).toMatchObject({ subjects: { directed: 1 }, outcomes: { directed: 2 }, withdrawn: 1 });
    expect(lab.cloud.failures()).toEqual([]);
  });

  it('whose execution dies while it is planned is begun again by the sweep, and decided upon anew', async () => {
    let dies = true;
    await using lab = await Lab.open({
      context: { operators: 'airtel,jio', sweepHours: '24' },
      faults: {
        beforeInvoke: ({ functionName }) => (dies && nameOf(functionName) === 'TakeTurn' ? 'error' : undefined),
      },
    });
    dies = false;
    await lab.usage('airtel', [`${HANDSET},${O},2026-05-20,Delhi`]);
    await lab.report('mha', [HANDSET]);
    await lab.quietlyAt(6.9);
    const id = await appeal(lab, [`${O},,,wrong_number,`]);
    dies = true;
    await lab.decide('approver-1', id, [APPROVE]);
    await lab.at(6.9 + 0.9 / 24);
    dies = false;
    expect(await directions(lab, id, 'restore')).toEqual([]);
    // The sweep comes at midnight.
    await lab.at(7 + 1 / 24);
    await lab.decide('approver-1', id, [APPROVE], 'anew.csv');
    expect(await directions(lab, id, 'restore')).toHaveLength(1);
  });

  it('of one number in a handset is asked for again, though one of another number in it is open', async () => {
    const opened = await open([O, P]);
    await using lab = opened.lab;
    await lab.respond(await lab.direction(report, 'block', 'airtel'), [`${SHOWN},blocked`]);
    await lab.at(7);
    const first = await appeal(lab, [`${O},${SHOWN},,cloned,`], 'first.csv');
    await lab.decide('approver-1', first, [APPROVE]);
    await lab.at(8.7);
    const second = await appeal(lab, [`${P},${SHOWN},,cloned,`], 'second.csv');
    await lab.decide('approver-1', second, [APPROVE]);
    // The first one's two days are over before the night of the tenth day, the second one's aren't.
    await lab.at(9.9);
    const night = 'followup-202606110000';
    expect(await lab.read(`orders/airtel/${await only(lab, night, 'unblock')}/1-unblock.csv`)).toContain(`,${O},`);
  });

  it('after which its operator cuts the number off all the same has it restored in the next night', async () => {
    const opened = await open([V]);
    await using lab = opened.lab;
    const { direction } = opened;
    await lab.at(7);
    const id = await appeal(lab, [`${V},,,wrong_number,`]);
    await lab.decide('approver-1', id, [APPROVE]);
    await answer(lab, await only(lab, id, 'restore'), [`${V},restored`]);
    await lab.at(7.5);
    await lab.respond(direction, [`${V},disconnected`], 'late-orders.csv');
    const [receipt = ''] = await lab.outbox(`receipts/airtel/${direction}/late-orders.csv`);
    expect(await lab.json(receipt)).toMatchObject({ recorded: 0, rejects: [{ reason: 'conflicts_with_recorded' }] });
    await lab.upload('lookups/caseworker-1/stands.csv', `msisdn\n${V}\n`);
    const [explained = ''] = await lab.outbox('explanations/caseworker-1/stands.');
    expect(await lab.read(explained)).toMatch(
      /said that the number had full service again.* But .* disconnected the number/,
    );
    expect(await lab.read(explained)).not.toContain('says that the number has full service again');
    await lab.at(7 + 20 / 24);
    const night = 'followup-202606090000';
    expect(await lab.read(`orders/airtel/${await only(lab, night, 'restore')}/1-restore.csv`)).toContain(V);
    expect(lab.cloud.failures()).toEqual([]);
  });

  it('of who was disconnected has them restored once more in the next night, where they are cut off again', async () => {
    const opened = await open([V]);
    await using lab = opened.lab;
    const { direction } = opened;
    await lab.at(3);
    await lab.respond(direction, [`${V},disconnected`], 'cut.csv');
    await lab.at(7);
    const id = await appeal(lab, [`${V},,,wrong_number,`]);
    await lab.decide('approver-1', id, [APPROVE]);
    await answer(lab, await only(lab, id, 'restore'), [`${V},restored`]);
    // What was said before says nothing new, under whatever name.
    await lab.upload(
      `responses/airtel/${direction}/old.csv`,
      `msisdn,outcome,occurred_on\n${V},disconnected,2026-06-04\n`,
    );
    const receiptOf = async (name: string) => {
      const [key = ''] = await lab.outbox(`receipts/airtel/${direction}/${name}`);
      return lab.json(key);
    };
    expect(await receiptOf('old.csv')).toMatchObject({ alreadyRecorded: 1, rejected: {} });
    await lab.at(8.5);
    await lab.upload(
      `responses/airtel/${direction}/late-orders.csv`,
      `msisdn,outcome,occurred_on\n${V},disconnected,2026-06-09\n`,
    );
    expect(await receiptOf('late-orders.csv')).toMatchObject({
      recorded: 0,
      rejects: [{ reason: 'conflicts_with_recorded' }],
    });
    await lab.at(8 + 20 / 24);
    const night = 'followup-202606100000';
    expect(await lab.read(`orders/airtel/${await only(lab, night, 'restore')}/1-restore.csv`)).toContain(V);
    expect((await lab.directions('airtel')).filter((one) => one.includes('.restore.'))).toHaveLength(2);
    await lab.upload('lookups/caseworker-1/stands.csv', `msisdn\n${V}\n`);
    const [explained = ''] = await lab.outbox('explanations/caseworker-1/stands.');
    expect(await lab.read(explained)).toMatch(/is to give it full service again by/);
    expect(await lab.read(explained)).not.toContain('nothing more is to be done');
    expect(lab.cloud.failures()).toEqual([]);
  });

  it('of who was verified under a later report gives back what an earlier one took after that', async () => {
    const opened = await open([V, O]);
    await using lab = opened.lab;
    const { direction } = opened;
    await lab.at(17);
    await lab.report('up-police', [HANDSET]);
    const later = `up-police-${sha256Of(`imei\n${HANDSET}\n`).slice(0, 12)}`;
    await lab.respond(await lab.direction(later, 'reverify', 'airtel'), [`${V},verified`, `${O},verified`]);
    // Two days later the operator ends both in the first report's rows: who gave the number up is not restored by themselves.
    await lab.at(19);
    await lab.respond(direction, [`${V},surrendered`, `${O},disconnected`], 'late.csv');
    await lab.at(20);
    const [night = ''] = (await lab.directions('airtel')).filter((one) => one.startsWith('followup-'));
    const id = await appeal(lab, [`${V},,,wrong_number,`, `${O},,,wrong_number,`]);
    await lab.decide('approver-1', id, [APPROVE]);
    const restored = await only(lab, id, 'restore');
    expect(await lab.read(`batches/${id}/appeals.csv`)).toBe(
      `line,state,directionIds\n2,directed,${restored}\n3,alreadyOpen,${night}\n`,
    );
    expect(await lab.read(`orders/airtel/${night}/1-restore.csv`)).toContain(O);
    expect(await lab.read(`orders/airtel/${restored}/1-restore.csv`)).toContain(V);
    expect(lab.cloud.failures()).toEqual([]);
  });

  it('of who was verified is not too late by an end of long before that is told afterwards', async () => {
    const opened = await open([V, O]);
    await using lab = opened.lab;
    const { direction } = opened;
    await lab.quietlyAt(110);
    await lab.report('up-police', [HANDSET]);
    const later = `up-police-${sha256Of(`imei\n${HANDSET}\n`).slice(0, 12)}`;
    await lab.respond(await lab.direction(later, 'reverify', 'airtel'), [`${V},verified`, `${O},verified`]);
    await lab.quietlyAt(112);
    // 97 days before. Who was disconnected before they proved themselves has had service since: that is no end of theirs.
    await lab.upload(
      `responses/airtel/${direction}/backlog.csv`,
      `msisdn,outcome,occurred_on\n${V},surrendered,2026-06-16\n${O},disconnected,2026-06-16\n`,
    );
    const id = await appeal(lab, [`${V},,,wrong_number,`, `${O},,,wrong_number,`]);
    await lab.decide('approver-1', id, [APPROVE]);
    const restored = await only(lab, id, 'restore');
    expect(await lab.read(`batches/${id}/appeals.csv`)).toBe(
      `line,state,directionIds\n2,directed,${restored}\n3,nothingToRestore,\n`,
    );
    expect(await lab.read(`orders/airtel/${restored}/1-restore.csv`)).toContain(V);
    expect(lab.cloud.failures()).toEqual([]);
  });

  it('that its operator ignores is asked for no more once a later report has barred the number', async () => {
    const opened = await open([O]);
    await using lab = opened.lab;
    await lab.at(7);
    const id = await appeal(lab, [`${O},,,wrong_number,`]);
    await lab.decide('approver-1', id, [APPROVE]);
    await lab.at(8.7);
    await lab.usage('airtel', [`${SECOND},${O},2026-06-09,Delhi`], 'later.csv');
    await lab.report('up-police', [SECOND]);
    const later = await lab.direction(theirs, 'reverify', 'airtel');
    await lab.at(10);
    const nights = (await lab.outbox('batches/followup-')).filter((key) => key.endsWith('moved.csv'));
    expect((await lab.directions('airtel')).filter((one) => one.startsWith('followup-'))).toEqual([]);
    await lab.at(15);
    expect((await lab.outbox('batches/followup-')).filter((key) => key.endsWith('moved.csv'))).toEqual(nights);
    expect(nights).toHaveLength(1);
    expect(await lab.read(nights[0] ?? '')).toContain(',overdue,airtel,alreadyOpen');
    expect((await lab.outbox(`orders/airtel/${later}/`)).map((key) => key.split('/').at(-1))).toEqual([
      '1-reverify.csv',
      '2-bar_outgoing.csv',
    ]);
    expect((await lab.outbox('orders/airtel/followup-')).length).toBe(0);
    expect(lab.cloud.failures()).toEqual([]);
  });

  it('that its operator ignores is asked for again, night after night', async () => {
    const opened = await open([O]);
    await using lab = opened.lab;
    await lab.at(7);
    const id = await appeal(lab, [`${O},,,wrong_number,`]);
    await lab.decide('approver-1', id, [APPROVE]);
    await lab.at(11);
    const nights = (await lab.directions('airtel')).filter((one) => one.startsWith('followup-'));
    expect(nights).toHaveLength(1);
    const [night = ''] = nights;
    expect(night).toMatch(/^followup-202606\d\d0000\.restore\.airtel\./);
    await answer(lab, night, [`${O},restored`]);
    await lab.at(15);
    expect((await lab.directions('airtel')).filter((one) => one.startsWith('followup-'))).toEqual(nights);
  });
});
