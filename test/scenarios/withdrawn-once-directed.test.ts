import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256Of } from '../../lambdas/domain/hashes.ts';
import { APPROVE, batchOf, Lab } from './lab.ts';
import { books, D, directions, HANDSET, O, only, P, SECOND, theirs, V } from './reversals-lab.ts';

/** An agency withdraws a report that is directed: half of it, or the whole; and nights go on with numbers of it. */
const both = batchOf('mha', HANDSET, SECOND);

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
    await lab.quietlyAt(5);
    await lab.report('up-police', [SECOND]);
    await lab.quietlyAt(6);
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
    const other = batchOf('up-police', third);
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
    await lab.quietlyAt(4);
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
    await lab.at(6);
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

/**
 * Nights go on with what is given more time. V, of the story `extended`, was seen in its first handset, which up-police reports after mha. O,
 * of the story `moved`, was seen in its first handset at airtel, which mha reports, and in its second at jio, which up-police does.
 */
describe('a report of a number that another agency has, too, and that is given more time', { timeout: 300_000 }, () => {
  const handset = (story: 'extended' | 'moved', which: 1 | 2) => `35200000000${story === 'moved' ? 1 : 0}0${which}`;
  const more = (number: string) => `msisdn,outcome,ground\n${number},extended,hospital\n`;

  let lab: Lab;
  let going: string;
  let extended: { theirs: string; others: string };
  let moved: string;
  beforeAll(async () => {
    lab = await Lab.open({ context: { operators: 'airtel,jio' }, nights: true });
    await lab.usage('airtel', [
      `${handset('extended', 1)},${V},2026-05-21,Delhi`,
      `${handset('moved', 1)},${O},2026-05-20,Delhi`,
    ]);
    const first = batchOf('mha', handset('extended', 1));
    const mhas = batchOf('mha', handset('moved', 1));
    await lab.report('mha', [handset('extended', 1)], 'extended.csv');
    await lab.report('mha', [handset('moved', 1)], 'moved.csv');
    const direction = await lab.direction(first, 'reverify', 'airtel');
    await lab.usage('jio', [`${handset('moved', 2)},${O},2026-05-31,Delhi`], 'jio.csv');

    await lab.at(1);
    await lab.upload(`responses/airtel/${direction}/more.csv`, more(V));
    await lab.report('up-police', [handset('moved', 2)], 'moved.csv');
    const atJio = await lab.direction(batchOf('up-police', handset('moved', 2)), 'reverify', 'jio');

    await lab.at(3);
    [going = ''] = (await lab.directions('airtel')).filter((one) => one.startsWith('followup-'));
    const later = batchOf('up-police', handset('extended', 1), handset('extended', 2));
    await lab.report('up-police', [handset('extended', 1), handset('extended', 2)], 'extended.csv');

    await lab.at(4);
    await lab.upload(`responses/jio/${atJio}/more.csv`, more(O));
    moved = await lab.withdraw(mhas, []);
    await lab.decide('approver-1', moved, [APPROVE]);
    extended = {
      theirs: await lab.withdraw(first, []),
      others: await lab.withdraw(later, [handset('extended', 1)]),
    };
    for (const reversal of Object.values(extended)) await lab.decide('approver-1', reversal, [APPROVE]);
    // The night that goes on with O, and the next one. Restores that nobody answers would be asked for again in those to come.
    await lab.at(6);
    await lab.toTheEnd();
  }, 300_000);
  afterAll(() => lab.close());

  describe('a report that found a number where another one has it, once that was given more time', () => {
    it('leaves nobody cut off where both are withdrawn', async () => {
      expect(await lab.read(`batches/${extended.theirs}/kept.csv`)).toContain(V);
      expect((await lab.outbox(`orders/airtel/${going}/`)).map((key) => key.split('/').at(-1))).toEqual([
        '1-reverify.csv',
      ]);
      expect((await books(lab, extended.others)).subjects).toMatchObject({ asked: 2, directed: 2 });
      expect(lab.cloud.failures()).toEqual([]);
    });
  });

  describe('a report that is withdrawn where another agency has a number, too', () => {
    it('is given back at its own operator, and leaves alone what the other one has moved at another', async () => {
      expect(await directions(lab, moved, 'restore')).toEqual([expect.stringContaining('.restore.airtel.')]);
      const [list = ''] = (await lab.outbox('revocations/')).filter((key) => key.endsWith(`${moved}.withdrawn.csv`));
      // What another report only asks of it stands in no list.
      expect(await lab.read(list)).toMatch(new RegExp(`^msisdn,withdrawn_on,ground\n\\${O},.*,withdrawal\n$`));
      expect(await lab.read(`batches/${moved}/kept.csv`)).toBe('kind,identifier,operator,batchId,state\n');
      expect((await lab.directions('jio')).filter((one) => /^followup-.*\.reverify\.jio\./.test(one))).toHaveLength(1);
      expect((await books(lab, moved)).subjects).toMatchObject({ asked: 2, directed: 2, kept: 0 });
      expect(lab.cloud.failures()).toEqual([]);
    });
  });
});
