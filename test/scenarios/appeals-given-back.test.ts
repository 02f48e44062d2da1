import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { luhnDigit } from '../../lambdas/domain/imeis.ts';
import { nameOf } from '../../simulation/function-names.ts';
import { APPROVE, batchOf, Lab } from './lab.ts';
import { books, directions, only } from './reversals-lab.ts';

/**
 * What is taken back upon an appeal. All numbers are airtel's, seen in a handset on 20 May; it is reported on 1 June. They are
 * asked by 6 June, barred by the 6th and the 11th, and disconnected by the 16th.
 *
 * Each story has handsets and numbers of its own. `gives`, which looks at its report's books, has a report of its own; one names the first
 * handsets of all others. A night comes at 19:00 in UTC, and its batch is named by the next day.
 */
const SHARED = [
  ...['since', 'open', 'struck', 'elsewhere', 'pair', 'cutOff', 'twice', 'proved', 'longAgo', 'barred'],
  'ignored',
] as const;
const STORIES = ['gives', ...SHARED, 'dies'] as const;
type Story = (typeof STORIES)[number];
type Which = 'O' | 'V' | 'D' | 'P';
const at = (story: Story) => String(10 + STORIES.indexOf(story));
const handset = (story: Story, n = 1) => `35${at(story)}000000000${n}`;
const shown = (story: Story) => `${handset(story)}${luhnDigit(handset(story))}`;
const number = (story: Story, which: Which) => `+9198${at(story)}00000${'OVDP'.indexOf(which) + 1}`;
const STRANGER = '+919990000001';
const night = (day: string) => `followup-2026${day}0000`;
/** An appeal's row for a number that was given wrongly. */
const wrong = (story: Story, which: Which, caseRef = '') => `${number(story, which)},,,wrong_number,${caseRef}`;
const seen = (story: Story, ...numbers: Which[]) =>
  numbers.map((which) => `${handset(story)},${number(story, which)},2026-05-20,Delhi`);

/** Files an appeal; its batch is the newest of the caseworker's whose preview there is. */
async function appeal(one: Lab, rows: string[], name: string): Promise<string> {
  const before = new Set(await one.outbox('previews/caseworker-1-'));
  await one.upload(
    `appeals/caseworker-1/${name}.csv`,
    `msisdn,imei,reference,ground,case_ref\n${rows.map((row) => `${row}\n`).join('')}`,
  );
  const [key = ''] = (await one.outbox('previews/caseworker-1-')).filter((key) => !before.has(key));
  return key.split('/')[1] ?? '';
}
const answer = (direction: string, rows: string[], name = 'given-back') => {
  const [, kind, operator] = direction.split('.');
  const column = kind === 'unblock' || kind === 'block' ? 'imei' : 'msisdn';
  const text = `${column},outcome\n${rows.map((row) => `${row}\n`).join('')}`;
  return lab.upload(`responses/${operator}/${direction}/${name}.csv`, text);
};
/** What airtel says of days before. */
const sayEarly = (name: string, rows: string[]) =>
  lab.upload(
    `responses/airtel/${direction}/${name}.csv`,
    `msisdn,outcome,occurred_on\n${rows.map((row) => `${row}\n`).join('')}`,
  );

let lab: Lab;
const own = batchOf('mha', handset('gives'));
const report = batchOf('mha', ...SHARED.map((story) => handset(story)));
const laterOf = (story: Story, n = 1) => batchOf('up-police', handset(story, n));
const again = batchOf('mha', handset('since'), handset('since', 2));
const both = batchOf('mha', handset('elsewhere'), handset('elsewhere', 2));
/** The direction of all stories but one. */
let direction: string;
/** The reversals. */
const ids: Record<string, string> = {};
const id = (name: string) => ids[name] ?? '';
/** What was there at some moment of a story. */
const then: Record<string, string[]> = {};

async function granted(name: string, rows: string[], approver = 'approver-1', more: string[] = []): Promise<string> {
  const reversal = await appeal(lab, rows, name);
  await lab.decide(approver, reversal, [APPROVE, ...more]);
  ids[name] = reversal;
  return reversal;
}
const lookUp = (story: Story, which: Which) =>
  lab.upload(`lookups/caseworker-1/${story}.csv`, `msisdn\n${number(story, which)}\n`);
const explained = async (story: Story) => {
  const [key = ''] = await lab.outbox(`explanations/caseworker-1/${story}.`);
  return await lab.read(key);
};
const receiptOf = async (name: string) => {
  const [key = ''] = await lab.outbox(`receipts/airtel/${direction}/${name}.csv`);
  return await lab.json(key);
};
/** The directions of the nights that name a number; those of one kind. */
async function ofNights(msisdn: string, kind = ''): Promise<string[]> {
  const found = new Set<string>();
  for (const key of await lab.outbox('orders/airtel/'))
    if (key.includes(`/followup-`) && key.includes(kind) && (await lab.read(key)).includes(msisdn))
      found.add(key.split('/')[2] ?? '');
  return [...found].sort();
}
/** Everybody gives back what a night asked for, so that later nights have nothing of it. */
async function giveBack(day: string): Promise<void> {
  for (const asked of (await lab.directions()).filter((one) => one.startsWith(night(day)))) {
    const [, kind, operator] = asked.split('.');
    const rows = (await lab.read(`orders/${operator}/${asked}/1-${kind}.csv`)).trimEnd().split('\n').slice(1);
    const subjects = new Set(rows.map((row) => row.split(',')[0] ?? ''));
    const outcome = kind === 'unblock' ? 'unblocked' : 'restored';
    await answer(
      asked,
      [...subjects].map((subject) => `${subject},${outcome}`),
    );
  }
}
/** What the nights say that they went on with, of those that have a number. */
async function moved(msisdn: string): Promise<string[]> {
  const lists = (await lab.outbox('batches/followup-')).filter((key) => key.endsWith('moved.csv'));
  const texts = await Promise.all(lists.map((key) => lab.read(key)));
  return texts.flatMap((text) => text.split('\n')).filter((line) => line.includes(msisdn));
}

describe('an appeal', () => {
  beforeAll(async () => {
    lab = await Lab.open({ context: { operators: 'airtel,jio' }, nights: true });
    await lab.usage('airtel', [
      ...(['gives', 'since', 'open', 'struck'] as const).flatMap((story) => seen(story, 'O', 'V', 'D', 'P')),
      ...seen('pair', 'O', 'P'),
      ...seen('cutOff', 'V'),
      ...seen('twice', 'V'),
      ...seen('proved', 'V', 'O'),
      ...seen('longAgo', 'V', 'O'),
      ...seen('barred', 'O'),
      ...seen('ignored', 'O'),
    ]);
    await lab.usage('jio', [`${handset('elsewhere')},${number('elsewhere', 'O')},2026-05-10,Delhi`]);
    await lab.report('mha', [handset('gives')], 'gives.csv');
    await lab.report(
      'mha',
      SHARED.map((story) => handset(story)),
      'shared.csv',
    );
    direction = await lab.direction(report, 'reverify', 'airtel');
    await lab.respond(await lab.direction(report, 'block', 'airtel'), [`${shown('pair')},blocked`]);

    await lab.at(1);
    const ofGives = await lab.direction(own, 'reverify', 'airtel');
    await lab.respond(ofGives, [`${number('gives', 'V')},verified`, `${number('gives', 'D')},disconnected`]);
    await lab.respond(await lab.direction(own, 'block', 'airtel'), [`${shown('gives')},blocked`]);
    const atJio = await lab.direction(report, 'reverify', 'jio');
    await lab.respond(atJio, [`${number('elsewhere', 'O')},disconnected`]);
    await lab.at(3);
    await lab.respond(direction, [`${number('twice', 'V')},disconnected`], 'cut.csv');

    await lab.at(5);
    await lab.usage('airtel', [`${handset('elsewhere', 2)},${number('elsewhere', 'O')},2026-06-04,Delhi`], 'late.csv');
    await lab.report('up-police', [handset('elsewhere', 2)], 'elsewhere.csv');
    await lab.at(6);
    const exempt = (approver: string) =>
      lab.upload(
        `exemptions/${approver}/e.csv`,
        `msisdn,until,reason\n${number('elsewhere', 'O')},2026-08-01,wrongly reported\n`,
      );
    await exempt('approver-1');
    await granted('elsewhere', [wrong('elsewhere', 'O')]);

    await lab.at(7);
    await exempt('approver-2');
    await lab.report('mha', [handset('elsewhere'), handset('elsewhere', 2)], 'both.csv');
    const gives = await appeal(
      lab,
      [
        wrong('gives', 'O', 'A-1'),
        wrong('gives', 'V', 'A-2'),
        `${number('gives', 'D')},,,court_order,A-3`,
        `${STRANGER},,,cloned,A-4`,
        `${number('gives', 'P')},${shown('gives')},,cloned,A-5`,
      ],
      'gives',
    );
    ids.gives = gives;
    then['gives: before'] = await directions(lab, gives, 'restore');
    await lab.decide('approver-1', gives, [APPROVE]);
    await answer(await only(lab, gives, 'restore'), [
      `${number('gives', 'O')},restored`,
      `${number('gives', 'D')},restored`,
    ]);
    await answer(await only(lab, gives, 'unblock'), [`${shown('gives')},unblocked`]);

    await granted('since', [wrong('since', 'O'), wrong('since', 'V'), `,${shown('since')},,wrong_handset,`]);

    const open = await granted('open', [wrong('open', 'O')]);
    await granted('open, second', [wrong('open', 'O', 'again')], 'approver-2');
    await answer(await only(lab, open, 'restore'), [`${number('open', 'O')},restored`]);
    await granted('open, third', [wrong('open', 'O', 'once more')], 'approver-3');

    const strike = `strike,,${number('struck', 'V')},,known fraud`;
    await granted('struck', [wrong('struck', 'O'), wrong('struck', 'V')], 'approver-1', [strike]);
    ids.refused = await appeal(lab, [wrong('struck', 'P')], 'refused');
    await lab.decide('approver-2', id('refused'), ['refuse,,,,no ground']);

    await granted('pair', [`${number('pair', 'O')},${shown('pair')},,cloned,`]);
    // One appeal is ignored, and another one is not.
    await granted('ignored and barred', [wrong('barred', 'O'), wrong('ignored', 'O')]);
    const restored = await granted('cut off', [wrong('cutOff', 'V'), wrong('twice', 'V')]);
    await answer(await only(lab, restored, 'restore'), [
      `${number('cutOff', 'V')},restored`,
      `${number('twice', 'V')},restored`,
    ]);
    // What was said before says nothing new, under whatever name.
    await sayEarly('old', [`${number('twice', 'V')},disconnected,2026-06-04`]);
    await lab.at(7.5);
    await lab.respond(direction, [`${number('cutOff', 'V')},disconnected`], 'late-orders.csv');
    await lookUp('cutOff', 'V');

    await lab.at(8.5);
    await giveBack('0609');
    await sayEarly('cut-again', [`${number('twice', 'V')},disconnected,2026-06-09`]);
    await lab.at(8.7);
    await granted('pair, second', [`${number('pair', 'P')},${shown('pair')},,cloned,`]);
    await lab.usage('airtel', [`${handset('barred', 2)},${number('barred', 'O')},2026-06-09,Delhi`], 'later.csv');
    await lab.report('up-police', [handset('barred', 2)], 'barred.csv');
    await lab.at(8 + 20 / 24);
    then['twice: restored'] = await ofNights(number('twice', 'V'), 'restore');
    await lookUp('twice', 'V');
    await giveBack('0610');

    await lab.at(9);
    // Seen on the day of the reversal, which is none of "since", and on a later one.
    await lab.usage('airtel', [`${handset('since')},${number('since', 'O')},2026-06-08,Delhi`], 'same-day.csv');
    await lab.report('up-police', [handset('since')], 'since.csv');
    then['since: directed'] = [
      ...(await directions(lab, laterOf('since'), 'reverify')),
      ...(await directions(lab, laterOf('since'), 'block')),
    ];
    // After the first night in which what nobody answered is asked for again.
    await lab.at(11);
    then['ignored: asked'] = await ofNights(number('ignored', 'O'));
    await giveBack('0611');
    await lab.at(12);
    await giveBack('0612');
    await lab.usage('airtel', [`${handset('since')},${number('since', 'O')},2026-06-09,Delhi`], 'since.csv');
    await lab.report('mha', [handset('since'), handset('since', 2)], 'again.csv');
    await lab.at(15);
    then['barred: orders'] = await lab.outbox(
      `orders/airtel/${await lab.direction(laterOf('barred', 2), 'reverify', 'airtel')}/`,
    );

    await lab.at(17);
    await lab.report('up-police', [handset('proved')], 'proved.csv');
    const proved = (['V', 'O'] as const).map((which) => `${number('proved', which)},verified`);
    await lab.respond(await lab.direction(laterOf('proved'), 'reverify', 'airtel'), proved);
    // Two days later the operator ends both in the first report's rows: who gave the number up is not restored by themselves.
    await lab.at(19);
    await lab.respond(
      direction,
      [`${number('proved', 'V')},surrendered`, `${number('proved', 'O')},disconnected`],
      'late.csv',
    );
    await lab.at(20);
    await granted('proved', [wrong('proved', 'V'), wrong('proved', 'O')]);

    await lab.quietlyAt(110);
    await lab.report('up-police', [handset('longAgo')], 'longAgo.csv');
    const provedToo = (['V', 'O'] as const).map((which) => `${number('longAgo', which)},verified`);
    await lab.respond(await lab.direction(laterOf('longAgo'), 'reverify', 'airtel'), provedToo);
    await lab.quietlyAt(112);
    // 97 days before. Who was disconnected before they proved themselves has had service since: that is no end of theirs.
    await sayEarly('backlog', [
      `${number('longAgo', 'V')},surrendered,2026-06-16`,
      `${number('longAgo', 'O')},disconnected,2026-06-16`,
    ]);
    await granted('longAgo', [wrong('longAgo', 'V'), wrong('longAgo', 'O')]);
  }, 600_000);
  afterAll(() => lab.close());

  it('gives back what was taken, ends what is open, and is told line by line', async () => {
    const [O, V] = [number('gives', 'O'), number('gives', 'V')];
    const [D, P] = [number('gives', 'D'), number('gives', 'P')];
    const gives = id('gives');
    // Nothing before it is decided upon.
    expect(then['gives: before']).toEqual([]);
    const restore = await only(lab, gives, 'restore');
    const unblock = await only(lab, gives, 'unblock');
    expect(await lab.read(`batches/${gives}/appeals.csv`)).toBe(
      `line,state,directionIds\n2,directed,${restore}\n3,nothingToRestore,\n4,directed,${restore}\n5,nothingToRestore,\n6,directed,${unblock} ${await only(lab, gives, 'unblock', 'jio')}\n`,
    );
    // Airtel has blocked it, and jio may have: it was told to. Each hears of the number, and not of the handset alone.
    const order = await lab.read(`orders/airtel/${restore}/1-restore.csv`);
    expect(order.split('\n').map((line) => line.split(',').slice(0, 3).join(','))).toEqual([
      'msisdn,imei,reason',
      `${O},${shown('gives')},reversed`,
      `${D},${shown('gives')},reversed`,
      '',
    ]);
    expect(await lab.read(`orders/airtel/${unblock}/1-unblock.csv`)).toMatch(
      new RegExp(
        `^imei,msisdn,reason,deadline,order,direction\n${shown('gives')},\\${P},reversed,2026-06-09T00:00:\\d\\dZ,unblock,${unblock}\n$`,
      ),
    );
    const withdrawn = `revocations/2026-06-08/${gives}.withdrawn`;
    expect(await lab.read(`${withdrawn}.csv`)).toBe(
      'msisdn,withdrawn_on,ground\n' +
        [`${O},2026-06-08,wrong_number`, `${V},2026-06-08,wrong_number`, `${D},2026-06-08,court_order`]
          .concat(`${STRANGER},2026-06-08,cloned`)
          .map((line) => `${line}\n`)
          .join(''),
    );
    expect(JSON.parse(await lab.read(`${withdrawn}.json`))).toMatchObject({ payload: [], withdrawn: { length: 4 } });

    // Who was taken back is in no later order, and in no list; who wasn't is.
    const ofGives = await lab.direction(own, 'reverify', 'airtel');
    const orders = (await lab.outbox(`orders/airtel/${ofGives}/`)).filter((key) => /bar_incoming|disconnect/.test(key));
    expect(orders).toHaveLength(2);
    for (const key of orders) {
      expect(await lab.read(key)).not.toContain(O);
      expect(await lab.read(key)).toContain(P);
    }
    for (const key of await lab.outbox('revocations/'))
      if (!key.includes('.withdrawn')) expect(await lab.read(key), key).not.toContain(D.slice(3));
    expect(await books(lab, own)).toMatchObject({
      connections: { directed: 4, verified: 1, disconnected: 1, withdrawn: 1, overdue: 1 },
      unexplained: 0,
    });
    expect(await books(lab, gives)).toMatchObject({
      kind: 'reversal',
      agency: 'caseworker-1',
      file: 'appeals/caseworker-1/gives.csv',
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
    expect(await directions(lab, id('since'), 'unblock')).toHaveLength(2);
    expect(then['since: directed']).toEqual([]);
    expect(await books(lab, laterOf('since'))).toMatchObject({
      connections: { linked: 4, reversed: 2, alreadyOpen: 2, directed: 0 },
      blocks: { rows: 2, reversed: 2, directed: 0 },
      unexplained: 0,
    });
    expect(await books(lab, again)).toMatchObject({
      connections: { linked: 4, reversed: 1, alreadyOpen: 2, directed: 1 },
      // The handset was seen since, with the number.
      blocks: { rows: 4, reversed: 0, directed: 4 },
      unexplained: 0,
    });
    expect(lab.cloud.failures()).toEqual([]);
  });

  it('of what is being given back is already open, and of what was has nothing to give', async () => {
    const [second, third] = [id('open, second'), id('open, third')];
    const restore = await only(lab, id('open'), 'restore');
    expect(await lab.read(`batches/${second}/appeals.csv`)).toBe(`line,state,directionIds\n2,alreadyOpen,${restore}\n`);
    expect(await lab.read(`batches/${third}/appeals.csv`)).toBe('line,state,directionIds\n2,nothingToRestore,\n');
    expect((await books(lab, second)).subjects).toMatchObject({ asked: 1, alreadyOpen: 1 });
    expect(lab.cloud.failures()).toEqual([]);
  });

  it('that an approver strikes a line of leaves that as it is, and one that is refused leaves all', async () => {
    const first = id('struck');
    expect(await lab.read(`batches/${first}/appeals.csv`)).toMatch(/\n2,directed,[^\n]*\n3,struck,\n$/);
    expect(await lab.read(`revocations/2026-06-08/${first}.withdrawn.csv`)).not.toContain(number('struck', 'V'));
    expect(await books(lab, id('refused'))).toMatchObject({ status: 'refused', kind: 'reversal' });
    expect(await lab.outbox(`revocations/`)).not.toContain(id('refused'));
    const [disconnect = ''] = (await lab.outbox(`orders/airtel/${direction}/`)).filter((key) =>
      key.endsWith('disconnect.csv'),
    );
    const cut = await lab.read(disconnect);
    const numbers = (['O', 'V', 'P'] as const).map((which) => number('struck', which));
    expect(numbers.map((msisdn) => cut.includes(msisdn))).toEqual([false, true, true]);
  });

  it('for a number open here, disconnected there under an older batch, and exempt from tomorrow, gives back at both', async () => {
    for (const operator of ['airtel', 'jio'])
      expect(
        await lab.read(`orders/${operator}/${await only(lab, id('elsewhere'), 'restore', operator)}/1-restore.csv`),
      ).toContain(number('elsewhere', 'O'));
    const here = await lab.direction(laterOf('elsewhere', 2), 'reverify', 'airtel');
    expect((await lab.outbox(`orders/airtel/${here}/`)).map((key) => key.split('/').at(-1))).toEqual([
      '1-reverify.csv',
    ]);
    // Of what both hold of, the exemption is the first.
    expect(await books(lab, both)).toMatchObject({
      connections: { linked: 1, exempt: 1, reversed: 0 },
      unexplained: 0,
    });
    expect(await books(lab, id('elsewhere'))).toMatchObject({
      subjects: { directed: 1 },
      outcomes: { directed: 2 },
      withdrawn: 1,
    });
    expect(lab.cloud.failures()).toEqual([]);
  });

  it('of one number in a handset is asked for again, though one of another number in it is open', async () => {
    // The first one's two days are over before the night of the tenth day, the second one's aren't.
    const order = await lab.read(`orders/airtel/${await only(lab, night('0611'), 'unblock')}/1-unblock.csv`);
    expect(order).toContain(`,${number('pair', 'O')},`);
  });

  it('after which its operator cuts the number off all the same has it restored in the next night', async () => {
    expect(await receiptOf('late-orders')).toMatchObject({
      recorded: 0,
      rejects: [{ reason: 'conflicts_with_recorded' }],
    });
    const stands = await explained('cutOff');
    expect(stands).toMatch(/said that the number had full service again.* But .* disconnected the number/);
    expect(stands).not.toContain('says that the number has full service again');
    const order = await lab.read(`orders/airtel/${await only(lab, night('0609'), 'restore')}/1-restore.csv`);
    expect(order).toContain(number('cutOff', 'V'));
    expect(lab.cloud.failures()).toEqual([]);
  });

  it('of who was disconnected has them restored once more in the next night, where they are cut off again', async () => {
    expect(await receiptOf('old')).toMatchObject({ alreadyRecorded: 1, rejected: {} });
    expect(await receiptOf('cut-again')).toMatchObject({
      recorded: 0,
      rejects: [{ reason: 'conflicts_with_recorded' }],
    });
    const restore = await only(lab, night('0610'), 'restore');
    expect(await lab.read(`orders/airtel/${restore}/1-restore.csv`)).toContain(number('twice', 'V'));
    // Beside the reversal's own.
    expect(then['twice: restored']).toEqual([restore]);
    expect(await directions(lab, id('cut off'), 'restore')).toHaveLength(1);
    const stands = await explained('twice');
    expect(stands).toMatch(/is to give it full service again by/);
    expect(stands).not.toContain('nothing more is to be done');
    expect(lab.cloud.failures()).toEqual([]);
  });

  it('of who was verified under a later report gives back what an earlier one took after that', async () => {
    const byNight = await only(lab, night('0621'), 'restore');
    const restored = await only(lab, id('proved'), 'restore');
    expect(await lab.read(`batches/${id('proved')}/appeals.csv`)).toBe(
      `line,state,directionIds\n2,directed,${restored}\n3,alreadyOpen,${byNight}\n`,
    );
    expect(await lab.read(`orders/airtel/${byNight}/1-restore.csv`)).toContain(number('proved', 'O'));
    expect(await lab.read(`orders/airtel/${restored}/1-restore.csv`)).toContain(number('proved', 'V'));
    expect(lab.cloud.failures()).toEqual([]);
  });

  it('of who was verified is not too late by an end of long before that is told afterwards', async () => {
    const restored = await only(lab, id('longAgo'), 'restore');
    expect(await lab.read(`batches/${id('longAgo')}/appeals.csv`)).toBe(
      `line,state,directionIds\n2,directed,${restored}\n3,nothingToRestore,\n`,
    );
    expect(await lab.read(`orders/airtel/${restored}/1-restore.csv`)).toContain(number('longAgo', 'V'));
    expect(lab.cloud.failures()).toEqual([]);
  });

  it('that its operator ignores is asked for no more once a later report has barred the number', async () => {
    const O = number('barred', 'O');
    expect(await ofNights(O)).toEqual([]);
    expect(await moved(O)).toEqual([expect.stringMatching(/,overdue,airtel,alreadyOpen$/)]);
    expect(then['barred: orders']?.map((key) => key.split('/').at(-1))).toEqual([
      '1-reverify.csv',
      '2-bar_outgoing.csv',
    ]);
    expect(lab.cloud.failures()).toEqual([]);
  });

  it('that its operator ignores is asked for again, night after night', async () => {
    const nights = then['ignored: asked'] ?? [];
    expect(nights).toHaveLength(1);
    expect(nights[0]).toMatch(/^followup-202606\d\d0000\.restore\.airtel\./);
    // Airtel answered that one.
    expect(await ofNights(number('ignored', 'O'))).toEqual(nights);
  });
});

describe('an appeal in a world of its own', () => {
  it('whose execution dies while it is planned is begun again by the sweep, and decided upon anew', async () => {
    let dies = true;
    await using other = await Lab.open({
      context: { operators: 'airtel,jio', sweepHours: '24' },
      faults: {
        beforeInvoke: ({ functionName }) => (dies && nameOf(functionName) === 'TakeTurn' ? 'error' : undefined),
      },
    });
    dies = false;
    await other.usage('airtel', seen('dies', 'O'));
    await other.report('mha', [handset('dies')]);
    await other.quietlyAt(6.9);
    const reversal = await appeal(other, [wrong('dies', 'O')], 'appeal');
    dies = true;
    await other.decide('approver-1', reversal, [APPROVE]);
    await other.at(6.9 + 0.9 / 24);
    dies = false;
    expect(await directions(other, reversal, 'restore')).toEqual([]);
    // The sweep comes at midnight.
    await other.at(7 + 1 / 24);
    await other.decide('approver-1', reversal, [APPROVE], 'anew.csv');
    expect(await directions(other, reversal, 'restore')).toHaveLength(1);
  });
});
