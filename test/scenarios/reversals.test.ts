import { describe, expect, it } from 'vitest';
import { sha256Of } from '../../lambdas/domain/hashes.ts';
import { nameOf } from './faults-story.ts';
import { APPROVE, Lab } from './lab.ts';

/**
 * What is taken back. All numbers are airtel's, seen in a handset on 20 May; it is reported on 1 June. Asked by 6 June, barred by the
 * 6th, the 11th and disconnected by the 16th.
 */
const HANDSET = '35100000000001';
const SHOWN = '351000000000013';
const [O, V, D, P] = [1, 2, 3, 4].map((n) => `+91981000000${n}`) as [string, string, string, string];
const STRANGER = '+919820000001';
const report = `mha-${sha256Of(`imei\n${HANDSET}\n`).slice(0, 12)}`;

interface Books {
  status: string;
  connections: Record<string, number>;
  blocks: Record<string, number>;
  subjects: Record<string, number>;
  outcomes: Record<string, number>;
  withdrawn: number;
  operators: Record<
    string,
    { outcomes: Record<string, number>; withdrawn: number; connections: Record<string, number> }
  >;
  unexplained: number;
}

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
const books = (lab: Lab, id: string) => lab.json<Books>(`batches/${id}/summary.json`);
const directions = async (lab: Lab, id: string, kind: string) =>
  (await lab.directions()).filter((one) => one.startsWith(`${id}.${kind}.`));
const only = async (lab: Lab, id: string, kind: string, operator = 'airtel') => {
  const found = (await directions(lab, id, kind)).filter((one) => one.split('.')[2] === operator);
  expect(found).toHaveLength(1);
  return found[0] ?? '';
};
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

/** Two handsets of mha's report; the first is reported by up-police, too, five days later. */
const SECOND = '35100000000002';
const both = `mha-${sha256Of(`imei\n${HANDSET}\n${SECOND}\n`).slice(0, 12)}`;
const theirs = `up-police-${sha256Of(`imei\n${SECOND}\n`).slice(0, 12)}`;

describe('a report that its agency withdraws after it was directed', { timeout: 300_000 }, () => {
  /** O is seen in the first handset alone, V in both, P and D in the second alone. */
  async function reported(): Promise<{ lab: Lab; direction: string }> {
    const lab = await Lab.open({ context: { operators: 'airtel,jio' }, nights: true });
    const rows = [
      [HANDSET, O, '2026-05-20'],
      [HANDSET, V, '2026-05-21'],
      [SECOND, V, '2026-05-20'],
      [SECOND, P, '2026-05-20'],
      [SECOND, D, '2026-05-20'],
    ];
    await lab.usage(
      'airtel',
      rows.map((row) => `${row.join(',')},Delhi`),
    );
    await lab.report('mha', [HANDSET, SECOND]);
    return { lab, direction: await lab.direction(both, 'reverify', 'airtel') };
  }

  it('gives back what no other handset of it stands for, and keeps what a later batch relies on', async () => {
    const opened = await reported();
    await using lab = opened.lab;
    const { direction } = opened;
    await lab.at(5);
    await lab.report('up-police', [SECOND]);
    await lab.at(6);
    const half = await lab.withdraw(both, ['351000000000013', '351000000000013', '35100000000003'], 'half.csv');
    const sha8 = sha256Of('imei\n351000000000013\n351000000000013\n35100000000003\n').slice(0, 8);
    expect(await lab.json(`receipts/mha/withdrawals/half.csv.${sha8}.json`)).toMatchObject({
      rows: 3,
      recorded: 1,
      alreadyRecorded: 1,
      rejects: [{ line: 4, reason: 'not_a_subject' }],
    });
    expect(await lab.json(`previews/${half}/preview.json`)).toMatchObject({
      kind: 'reversal',
      agency: 'mha',
      subjects: 2,
    });
    await lab.decide('approver-1', half, [APPROVE]);
    // V is linked by the other handset, too; only O goes, and the handset.
    expect(await lab.read(`orders/airtel/${await only(lab, half, 'restore')}/1-restore.csv`)).toMatch(
      new RegExp(`^msisdn,imei,reason,deadline,order,direction\n\\${O},[^\n]*\n$`),
    );
    expect(await directions(lab, half, 'unblock')).toHaveLength(2);
    expect(await lab.read(`batches/${half}/kept.csv`)).toBe('kind,identifier,operator,batchId,state\n');

    const rest = await lab.withdraw(both, [], 'rest.csv');
    await lab.decide('approver-2', rest, [APPROVE]);
    // The numbers that were seen in the second handset are what up-police relies on, and it has that blocked itself.
    const kept = (await lab.read(`batches/${rest}/kept.csv`)).split('\n');
    expect(kept).toEqual([
      'kind,identifier,operator,batchId,state',
      `block,351000000000021,airtel,${theirs},directed`,
      `block,351000000000021,jio,${theirs},directed`,
      ...[V, D, P].sort().map((number) => `reverify,${number},airtel,${theirs},alreadyOpen`),
      '',
    ]);
    expect(await directions(lab, rest, 'restore')).toEqual([]);
    await lab.quietlyAt(40);
    const cut = (await lab.outbox(`orders/airtel/${direction}/`)).filter((key) => key.endsWith('disconnect.csv'));
    const disconnected = await lab.read(cut[0] ?? '');
    expect([O, V, P, D].map((number) => disconnected.includes(number))).toEqual([false, true, true, true]);
    expect(await books(lab, both)).toMatchObject({
      connections: { directed: 4, withdrawn: 1, overdue: 3 },
      // Nobody had answered for the blocks in their two days: they were overdue before.
      blocks: { directed: 4, withdrawn: 0, overdue: 4 },
      unexplained: 0,
    });
    expect(await books(lab, rest)).toMatchObject({
      agency: 'mha',
      // O and the first handset were asked for again: they are being given back.
      subjects: { asked: 6, directed: 0, alreadyOpen: 2, kept: 4 },
      unexplained: 0,
    });
    expect(await books(lab, theirs)).toMatchObject({ connections: { linked: 3, alreadyOpen: 3 }, unexplained: 0 });
    expect(lab.cloud.failures()).toEqual([]);
  });

  it('by half, while another agency relies on three in ten of its numbers, gives the others of that half back', async () => {
    const lab = await Lab.open({ context: { operators: 'airtel,jio' } });
    await using _ = lab;
    const numbers = Array.from({ length: 10 }, (_, n) => `+9198200000${String(n).padStart(2, '0')}`);
    // The first half in one handset, the second in another; numbers 2, 3 and 7 also in a third.
    const third = '35100000000003';
    const seen = numbers.map((number, n) => `${n < 5 ? HANDSET : SECOND},${number},2026-05-20,Delhi`);
    const relied = [2, 3, 7].map((n) => numbers[n] ?? '');
    await lab.usage('airtel', [...seen, ...relied.map((number) => `${third},${number},2026-05-19,Delhi`)]);
    await lab.report('mha', [HANDSET, SECOND]);
    const own = await lab.direction(both, 'reverify', 'airtel');
    await lab.at(3);
    await lab.report('up-police', [third]);
    const other = `up-police-${sha256Of(`imei\n${third}\n`).slice(0, 12)}`;
    await lab.at(6);
    const half = await lab.withdraw(both, ['351000000000013']);
    await lab.decide('approver-1', half, [APPROVE]);
    const back = await lab.read(`orders/airtel/${await only(lab, half, 'restore')}/1-restore.csv`);
    expect(numbers.flatMap((number, n) => (back.includes(number) ? n : []))).toEqual([0, 1, 4]);
    expect((await lab.read(`batches/${half}/kept.csv`)).split('\n').slice(1, -1)).toEqual(
      [2, 3].map((n) => `reverify,${numbers[n]},airtel,${other},alreadyOpen`),
    );
    await lab.toTheEnd();
    const cut = await lab.read(`orders/airtel/${own}/4-disconnect.csv`);
    expect(numbers.flatMap((number, n) => (cut.includes(number) ? n : []))).toEqual([2, 3, 5, 6, 7, 8, 9]);
    expect(await books(lab, both)).toMatchObject({
      connections: { directed: 10, withdrawn: 3, overdue: 7 },
      unexplained: 0,
    });
    expect(await books(lab, other)).toMatchObject({ connections: { linked: 3, alreadyOpen: 3 }, unexplained: 0 });
    expect(await books(lab, half)).toMatchObject({
      subjects: { asked: 6, directed: 4, kept: 2 },
      outcomes: { directed: 5 },
      withdrawn: 3,
    });
    expect(lab.cloud.failures()).toEqual([]);
  });

  it('as a whole gives everybody back, also who went on elsewhere', async () => {
    const opened = await reported();
    await using lab = opened.lab;
    const { direction } = opened;
    await lab.at(4);
    await lab.upload(
      `responses/airtel/${direction}/ported.csv`,
      `msisdn,outcome,to\n${P},ported,jio\n${D},disconnected,\n`,
    );
    // The night of the fifth day goes on with P at jio; V is given more time after it, and waits for the next one.
    await lab.at(4 + 20 / 24);
    const night = 'followup-202606060000';
    const atJio = await lab.direction(night, 'reverify', 'jio');
    await lab.upload(`responses/airtel/${direction}/more-time.csv`, `msisdn,outcome,ground\n${V},extended,hospital\n`);
    const id = await lab.withdraw(both, []);
    await lab.decide('approver-1', id, [APPROVE]);
    const atAirtel = await lab.read(`orders/airtel/${await only(lab, id, 'restore')}/1-restore.csv`);
    expect([O, V, P, D].map((number) => atAirtel.includes(number))).toEqual([true, true, false, true]);
    expect(await lab.read(`orders/jio/${await only(lab, id, 'restore', 'jio')}/1-restore.csv`)).toContain(P);
    expect(await lab.read(`revocations/2026-06-06/${id}.withdrawn.csv`)).toBe(
      `msisdn,withdrawn_on,ground\n${[O, V, D, P]
        .sort()
        .map((number) => `${number},2026-06-06,withdrawal\n`)
        .join('')}`,
    );
    await lab.at(8);
    expect((await lab.batches()).filter((batch) => batch.startsWith('followup-202606070'))).toEqual([]);
    await lab.quietlyAt(40);
    for (const one of [direction, atJio])
      for (const key of await lab.outbox(`orders/${one.split('.')[2]}/${one}/`))
        expect(key).toMatch(/1-reverify\.csv$/);
    expect(await books(lab, both)).toMatchObject({
      connections: { directed: 4, ported: 1, disconnected: 1, withdrawn: 2, extended: 0, overdue: 0 },
      unexplained: 0,
    });
    expect(await books(lab, night)).toMatchObject({ connections: { directed: 1, withdrawn: 1 }, unexplained: 0 });
    expect(await books(lab, id)).toMatchObject({
      subjects: { asked: 6, directed: 6, kept: 0 },
      withdrawn: 3,
      operators: { airtel: { withdrawn: 2 }, jio: { withdrawn: 1 } },
      unexplained: 0,
    });
    expect(lab.cloud.failures()).toEqual([]);
  });
});
