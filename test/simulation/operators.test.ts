import { describe, expect, it } from 'vitest';
import type { OperatorManner } from '../../simulation/arguments.ts';
import { Desk } from '../../simulation/desk.ts';
import { SimulatedOperator } from '../../simulation/operators.ts';
import { FakeCloud } from './fake-cloud.ts';

const START = Date.UTC(2026, 5, 1);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const numbers = Array.from({ length: 200 }, (_, n) => `+9170000${String(n).padStart(5, '0')}`);
const imeis = Array.from({ length: 200 }, (_, n) => `3512345678${String(n).padStart(5, '0')}`);

/** One operator that received these orders and looks at its queue every six hours for 30 days. */
async function live(
  manner: OperatorManner,
  rank: number,
  send: (cloud: FakeCloud) => Promise<void>,
  seed = 1,
  others: readonly string[] = [],
  reissued: readonly string[] = [],
) {
  const cloud = new FakeCloud(START);
  const operator = new SimulatedOperator(new Desk(cloud, { id: 'jio', mailboxes: ['fraud-directions-jio'] }), {
    manner,
    seed,
    rank,
    others,
    reissued: new Set(reissued),
  });
  await send(cloud);
  for (let at = START; at < START + 30 * DAY; at += 6 * HOUR) cloud.outside(at, () => operator.attend());
  await cloud.run();
  return cloud.uploads;
}

const id = (kind: string, n = 0) => `mha-0123456789ab.${kind}.jio.1-0-${n}`;
const reverify = (cloud: FakeCloud) =>
  cloud.order({
    directionId: id('reverify'),
    rung: 1,
    order: 'reverify',
    identifiers: numbers,
    deadline: START + 5 * DAY,
  });
const ALL = Array.from({ length: 5 }, (_, rank) => rank);
/** What all five mixed ones say of 4,000 numbers of a report, and then of these in the batch of a night, as `number,outcome,more`. */
async function movesOf(numbers: readonly string[], send?: (cloud: FakeCloud) => Promise<void>) {
  const report = (cloud: FakeCloud) =>
    cloud.order({
      directionId: id('reverify'),
      rung: 1,
      order: 'reverify',
      identifiers: numbers,
      deadline: START + 5 * DAY,
    });
  const uploads = await Promise.all(ALL.map((rank) => live('mixed', rank, send ?? report, 1, ['airtel', 'vi'])));
  return uploads.flat().flatMap(({ text }) => {
    const [header = '', ...rows] = text.replace('\uFEFF', '').split(/\r?\n/);
    const columns = header.toLowerCase().split(',');
    return rows.map((row) => {
      const cells = row.split(',');
      return Object.fromEntries(columns.map((column, n) => [column, cells[n] ?? '']));
    });
  });
}
const block = (cloud: FakeCloud) =>
  cloud.order({ directionId: id('block'), rung: 1, order: 'block', identifiers: imeis, deadline: START + DAY });

describe('simulated operators', () => {
  it('never answer when silent', async () => {
    expect(await live('silent', 0, reverify)).toEqual([]);
  });

  it('say within hours of a number that they have given away that it is somebody else’s, and nothing more of it', async () => {
    const [gone = ''] = numbers;
    for (const rank of ALL) {
      const uploads = await live('mixed', rank, reverify, 1, [], [gone]);
      const naming = uploads.filter(({ text }) => text.includes(gone));
      expect(naming.map(({ key, text }) => [key.split('/').at(-1), text])).toEqual([
        ['new holders.csv', `msisdn,outcome,activated_on\n${gone},reissued,2026-06-01\n`],
      ]);
      expect(naming[0]?.at).toBeLessThan(START + 6 * HOUR);
    }
  });

  it('answer every row of an order within hours when prompt', async () => {
    const uploads = await live('prompt', 0, reverify);
    expect(uploads.map(({ key }) => key)).toEqual([`responses/jio/${id('reverify')}/answers.csv`]);
    expect(uploads[0]?.at).toBeLessThan(START + 6 * HOUR);
    const rows = uploads[0]?.text.trimEnd().split('\n').slice(1) ?? [];
    expect(rows.map((row) => row.split(',')[0])).toEqual(numbers);
    expect(new Set(rows.map((row) => row.split(',')[1]))).toEqual(
      new Set(['verified', 'failed', 'disconnected', 'not_found']),
    );
  });

  it.each(['mixed', 'prompt'] as const)(
    'give back at once all that they are to, when %s, whatever their habits, and say so of all of a batch in one file',
    async (manner) => {
      const deadline = START + DAY;
      const back = async (cloud: FakeCloud) => {
        await cloud.order({ directionId: id('restore'), rung: 1, order: 'restore', identifiers: numbers, deadline });
        await cloud.order({ directionId: id('unblock'), rung: 1, order: 'unblock', identifiers: imeis, deadline });
      };
      for (const rank of ALL) {
        const uploads = await live(manner, rank, back);
        expect(uploads.map(({ key, at }) => [key, at < deadline])).toEqual([
          ['responses/jio/given back mha-0123456789ab.csv', true],
        ]);
        const [header, ...rows] = uploads[0]?.text.trimEnd().split('\n') ?? [];
        expect(header).toBe('imei,msisdn,outcome,direction');
        expect(rows).toEqual([
          ...numbers.map((number) => `,${number},restored,mha-0123456789ab.restore.jio.1-0-0`),
          ...imeis.map((imei) => `${imei},,unblocked,mha-0123456789ab.unblock.jio.1-0-0`),
        ]);
      }
    },
  );

  it('say in several files what they give back of more than a hundred thousand', async () => {
    const many = Array.from({ length: 100_001 }, (_, n) => `+919${String(n).padStart(9, '0')}`);
    const uploads = await live('prompt', 0, (cloud) =>
      cloud.order({ directionId: id('restore'), rung: 1, order: 'restore', identifiers: many, deadline: START + DAY }),
    );
    const said = uploads.map(({ key, text }) => [key.split('/').at(-1), text.trimEnd().split('\n').length - 1]);
    expect(said).toEqual([
      ['given back mha-0123456789ab.csv', 100_000],
      ['given back mha-0123456789ab 2.csv', 1],
    ]);
  });

  it('disconnect what failed once they are ordered to', async () => {
    const failed = numbers.slice(0, 20);
    const order = {
      directionId: id('reverify'),
      rung: 'failed',
      order: 'disconnect',
      deadline: START + 16 * DAY,
    } as const;
    const uploads = await live('prompt', 0, (cloud) =>
      cloud.order({ ...order, identifiers: failed, file: 'failed-00112233-disconnect.csv' }),
    );
    expect(uploads).toHaveLength(1);
    expect(uploads[0]?.text).toBe(`msisdn,outcome\n${failed.map((number) => `${number},disconnected\n`).join('')}`);
  });

  it('answer the same whatever the order in which notices arrive, and however often', async () => {
    const straight = await live('mixed', 0, async (cloud) => {
      await reverify(cloud);
      await block(cloud);
    });
    const reordered = await live('mixed', 0, async (cloud) => {
      await block(cloud);
      await reverify(cloud);
      await block(cloud);
    });
    expect(reordered).toEqual(straight);
  });

  it('answer differently with another seed', async () => {
    const texts = async (seed: number) => (await live('prompt', 0, reverify, seed)).map(({ text }) => text);
    expect(await texts(1)).not.toEqual(await texts(2));
  });

  it('show every habit among five mixed operators: whole, in parts, with mistakes, late, never', async () => {
    const all = await Promise.all([0, 1, 2, 3, 4].map((rank) => live('mixed', rank, reverify)));
    const names = all.map((uploads) => uploads.map(({ key }) => key.split('/').at(-1)).join(' '));
    expect(names.filter((name) => name === 'answers.csv')).toHaveLength(1);
    expect(names.filter((name) => name.includes('part 4 of 4'))).toHaveLength(1);
    expect(names.filter((name) => name.includes('corrections.csv'))).toHaveLength(1);
    expect(names.filter((name) => name === 'answers-late.csv')).toHaveLength(1);
    expect(names.filter((name) => name === '')).toHaveLength(1);
  });

  it('answer after the ladder’s end when late, once the last order told when that is', async () => {
    const end = START + 16 * DAY;
    const all = await Promise.all(
      [0, 1, 2, 3, 4].map((rank) =>
        live('mixed', rank, (cloud) =>
          cloud.order({
            directionId: id('reverify'),
            rung: 4,
            order: 'disconnect',
            identifiers: numbers,
            deadline: end,
          }),
        ),
      ),
    );
    const uploads = all.flat();
    expect(uploads.map(({ at }) => at)).toEqual([end - 6 * HOUR, end + 2 * DAY]);
  });

  it('make mistakes of every kind that a receipt knows', async () => {
    const all = await Promise.all([0, 1, 2, 3, 4].map((rank) => live('mixed', rank, block)));
    const faulty = all.find((uploads) => uploads.some(({ key }) => key.endsWith('draft.csv'))) ?? [];
    const text = faulty.find(({ key }) => key.endsWith(`${id('block')}/answers.csv`))?.text ?? '';
    const rows = text
      .split('\r\n')
      .slice(1)
      .filter((row) => row !== '');
    expect(text.startsWith('\uFEFFRemarks,Outcome,IMEI,Occurred_On\r\n')).toBe(true);
    expect(rows.some((row) => row.includes(',maybe,'))).toBe(true);
    expect(rows.some((row) => row.includes('35000000000009'))).toBe(true);
    expect(rows.some((row) => row.endsWith(',tomorrow'))).toBe(true);
    expect(rows.some((row) => row.split(',').length === 3)).toBe(true);
    expect(faulty.filter((upload) => upload.text === text)).toHaveLength(2);
    expect(faulty.some(({ key }) => !key.includes(`${id('block')}/`))).toBe(true);
  });

  it('say of some numbers that they were ported, are extended, somebody else’s or given up, with what each must say', async () => {
    const many = Array.from({ length: 4000 }, (_, n) => `+917000${String(n).padStart(6, '0')}`);
    const rows = await movesOf(many);
    const of = (outcome: string) => rows.filter((row) => row.outcome === outcome);
    const share = (outcome: string) => of(outcome).length / rows.length;
    for (const outcome of ['ported', 'extended']) {
      expect(share(outcome), outcome).toBeGreaterThan(0.006);
      expect(share(outcome), outcome).toBeLessThan(0.014);
    }
    for (const outcome of ['reissued', 'surrendered']) {
      expect(share(outcome), outcome).toBeGreaterThan(0.0005);
      expect(share(outcome), outcome).toBeLessThan(0.006);
    }
    expect(new Set(of('ported').map(({ to }) => to))).toEqual(new Set(['airtel', 'vi']));
    expect(new Set(of('extended').map(({ ground }) => ground))).toEqual(new Set(['abroad', 'disability', 'hospital']));
    for (const { activated_on } of of('reissued')) expect(activated_on).toMatch(/^2026-06-\d\d$/);
  });

  it('move nothing of a night, and know nothing of some numbers that are said to be ported to them', async () => {
    const night = (cloud: FakeCloud) =>
      cloud.order({
        directionId: 'followup-202606020000.reverify.jio.2-0-0',
        rung: 1,
        order: 'reverify',
        identifiers: Array.from({ length: 4000 }, (_, n) => `+917000${String(n).padStart(6, '0')}`),
        deadline: START + 5 * DAY,
      });
    const rows = await movesOf([], night);
    const outcomes = rows.map(({ outcome }) => outcome);
    const share = outcomes.filter((outcome) => outcome === 'not_found').length / outcomes.length;
    expect(share).toBeGreaterThan(0.13);
    expect(share).toBeLessThan(0.21);
    for (const outcome of ['ported', 'extended', 'reissued', 'surrendered']) expect(outcomes).not.toContain(outcome);
  });

  it('leave out some rows when mixed, and block most of the others', async () => {
    const all = await Promise.all([0, 1, 2, 3, 4].map((rank) => live('mixed', rank, block)));
    const whole = all.find((uploads) => uploads.length === 1 && uploads[0]?.key.endsWith('/answers.csv'))?.[0];
    const outcomes =
      whole?.text
        .trimEnd()
        .split('\n')
        .slice(1)
        .map((row) => row.split(',')[1]) ?? [];
    expect(outcomes.length).toBeLessThan(200);
    expect(outcomes.filter((outcome) => outcome === 'blocked').length).toBeGreaterThan(150);
    expect(outcomes).toContain('not_found');
  });
});
