import { describe, expect, it } from 'vitest';
import type { OrderNotice } from '../../simulation/desk.ts';
import { booksOf } from './batch-counts.ts';
import { reckon } from './books.ts';
import { type AskedBack, Chronicle, type ToldOrder } from './chronicle.ts';
import { connectionState, type Decided } from './claims.ts';
import { beginOf, dateOf, HOUR } from './draw.ts';
import { A, BATCH, directedRow, sighting, usage } from './examples.ts';
import { Ledgers } from './ledgers.ts';
import { subjectsOfAppeal, takenBack } from './reversals.ts';
import { Withdrawals } from './withdrawals.ts';

describe("the year's own reckoning of what is given back", () => {
  const P = '+916000000041';
  const decided = (kind: Decided['kind'], over: Partial<Decided> = {}): Decided => ({
    ...directedRow(P),
    kind,
    ...over,
  });
  const appeal = (at: number): AskedBack => ({
    ...{ batchId: 'caseworker-1-000000000001', uploader: 'caseworker-1', key: '', sha256: '', at },
    ...{ rows: [{ msisdn: P, ground: 'wrong_number' }], withdraws: undefined, fate: 'granted' },
  });
  /** What an appeal for P comes to on a day, after what was directed and answered; and which rows it ends. */
  const came = (
    day: number,
    live: (ledgers: Ledgers, say: (direction: string, outcome: string, on: number, told?: number) => void) => void,
    struck: readonly string[] = [],
    orders: readonly ToldOrder[] = [],
  ) => {
    const ledgers = new Ledgers();
    live(ledgers, (direction, outcome, on, told = on) => {
      const rows = [{ identifier: P, outcome, on: dateOf(on) }];
      ledgers.record({ operator: 'jio', direction, name: '', sha256: '', at: beginOf(told), rows });
    });
    const at = beginOf(day);
    const known = { ledgers, plans: new Map(), orders: new Map([['one', orders]]), at };
    const [one] = takenBack(appeal(at), subjectsOfAppeal(appeal(at), ledgers, []), new Set(struck), known);
    const ended = one?.rows.filter((row) => ledgers.takeBack(row, 'reversal', at)).length;
    return [one?.state, one?.backAt.length, ended];
  };

  it('is who is open, disconnected or overdue, and not who was verified, or struck', () => {
    const asked = (ledgers: Ledgers) => ledgers.add(decided('reverify'), 'one', beginOf(30));
    expect(came(20, asked)).toEqual(['directed', 1, 1]);
    expect(came(31, asked)).toEqual(['directed', 1, 0]);
    expect(came(20, asked, [P])).toEqual(['struck', 0, 0]);
    expect(came(20, () => {})).toEqual(['nothingToRestore', 0, 0]);
    const said =
      (outcome: string, on: number) => (ledgers: Ledgers, say: (d: string, o: string, n: number) => void) => {
        asked(ledgers);
        say('one', outcome, on);
      };
    expect(came(20, said('verified', 15))).toEqual(['nothingToRestore', 0, 0]);
    expect(came(105, said('disconnected', 15))).toEqual(['directed', 1, 0]);
    expect(came(106, said('disconnected', 15))).toEqual(['tooLate', 0, 0]);
    expect(came(60, said('reissued', 50))).toEqual(['tooLate', 0, 0]);
  });

  // The order to give service back, which that answer causes, is answered by nobody.
  it('is who was verified after an order had taken service', () => {
    const order = (name: string, rung: OrderNotice['rung'], on: number): ToldOrder => ({
      notice: { order: name, rung } as OrderNotice,
      ...{ at: beginOf(on), operator: 'jio', rows: [P], disconnectBy: undefined, references: new Map() },
    });
    const barred = (on: number) =>
      came(
        20,
        (ledgers, say) => {
          ledgers.add(decided('reverify'), 'one', beginOf(30));
          say('one', 'verified', 15);
        },
        [],
        [order('bar_outgoing', 2, on), order('restore', 'back', 15)],
      );
    expect([barred(14), barred(16)]).toEqual([
      ['directed', 1, 0],
      ['nothingToRestore', 0, 0],
    ]);
  });

  // What is disconnected in another row than that of a proof is no end: what is given up is.
  it('is not too late for who had service on a later day than that of an end which is told after it', () => {
    const served = (on: number, ended: number, told: number) =>
      came(112, (ledgers, say) => {
        ledgers.add(decided('reverify'), 'one', beginOf(16));
        ledgers.add(decided('reverify', { directedFor: dateOf(17) }), 'two', beginOf(140));
        say('two', 'verified', on);
        say('one', 'surrendered', ended, told);
      })[0];
    expect([served(110, 16, 111), served(110, 16, 16)]).toEqual(['directed', 'nothingToRestore']);
    // 90 days before the 112th is the 22nd.
    expect([served(20, 21, 21), served(20, 20, 21), served(20, 22, 22)]).toEqual(['tooLate', 'tooLate', 'directed']);
    const back = came(112, (ledgers, say) => {
      ledgers.add(decided('reverify'), 'one', beginOf(16));
      ledgers.add(decided('restore'), 'back', beginOf(111));
      say('back', 'restored', 110);
      say('one', 'disconnected', 16, 111);
    });
    expect(back[0]).toBe('directed');
  });

  it('is nobody who is being given back, or was', () => {
    const given = (outcome?: string) => (ledgers: Ledgers, say: (d: string, o: string, n: number) => void) => {
      ledgers.add(decided('reverify'), 'one', beginOf(30));
      ledgers.add(decided('restore'), 'back', beginOf(22));
      if (outcome !== undefined) say('back', outcome, 21);
    };
    expect(came(21, given())[0]).toBe('alreadyOpen');
    expect(came(21.5, given('restored'))[0]).toBe('nothingToRestore');
    expect(came(23, given())[0]).toBe('directed');
  });

  it('stays where a later batch relies on what a report did, or has done it itself since', () => {
    const ledgers = new Ledgers();
    ledgers.add(decided('reverify'), `${BATCH}.reverify.jio.1-0-0`, beginOf(30));
    const [row] = ledgers.ofNumber(P);
    if (row === undefined) throw new Error('there is a row');
    const subject = { kind: 'restore', identifier: P, scope: { rows: [row] }, ground: 'withdrawal', line: 0 } as const;
    const kept = (plans: Map<string, { decided: Decided[] }>) =>
      takenBack(appeal(0), [subject], new Set(), { ledgers, plans, orders: new Map(), at: beginOf(20) })[0]?.kept;
    const relies = decided('reverify', { state: 'alreadyOpen', direction: row.direction });
    expect(kept(new Map())).toEqual([]);
    expect(kept(new Map([['later', { decided: [relies] }]]))).toEqual([`reverify,${P},jio,later,alreadyOpen`]);
    const given = decided('reverify', { state: 'reissuedBefore', direction: row.direction });
    expect(kept(new Map([['later', { decided: [given] }]]))).toEqual([]);
    const taken = new Ledgers();
    taken.add(decided('reverify'), row.direction, beginOf(30));
    const [before] = taken.ofNumber(P);
    if (before === undefined) throw new Error('there is a row');
    // By an appeal, while it was open: on what is taken back nobody relies.
    taken.takeBack(before, 'caseworker-1-000000000001', beginOf(15));
    const again = { ...subject, scope: { rows: [before] } };
    const plans = new Map([['later', { decided: [relies] }]]);
    const known = { ledgers: taken, plans, orders: new Map(), at: beginOf(20) };
    expect(takenBack(appeal(0), [again], new Set(), known)[0]).toMatchObject({ state: 'nothingToRestore', kept: [] });
    ledgers.add(decided('reverify'), 'since.reverify.jio.2-0-0', beginOf(40));
    expect(kept(new Map())).toEqual([`reverify,${P},jio,since,directed`]);
  });

  it('is too late for who had a number before, and leaves it alone where somebody was directed in it since', () => {
    const ledgers = new Ledgers();
    const [first, second] = [`${BATCH}.reverify.jio.1-0-0`, 'later.reverify.vi.2-0-0'];
    ledgers.add(decided('reverify'), first, beginOf(30));
    const rows = [{ identifier: P, outcome: 'reissued', on: dateOf(12) }];
    ledgers.record({ operator: 'jio', direction: first, name: '', sha256: '', at: beginOf(13), rows });
    const [then] = ledgers.ofNumber(P);
    if (then === undefined) throw new Error('there is a row');
    const known = { ledgers, plans: new Map(), orders: new Map(), at: beginOf(20) };
    const about = { kind: 'restore', identifier: P, ground: 'wrong_number', line: 2 } as const;
    const became = (scope: { holderIn: typeof then } | { rows: (typeof then)[] }) => {
      const [one] = takenBack(appeal(0), [{ ...about, scope }], new Set(), known);
      return [one?.state, one?.stays];
    };
    expect([became({ holderIn: then }), became({ rows: [then] })]).toEqual([
      ['tooLate', false],
      ['tooLate', false],
    ]);
    ledgers.add(
      decided('reverify', { operator: 'vi', lastSeen: dateOf(14), directedFor: dateOf(14) }),
      second,
      beginOf(40),
    );
    const proved = [{ identifier: P, outcome: 'verified', on: dateOf(15) }];
    ledgers.record({ operator: 'vi', direction: second, name: '', sha256: '', at: beginOf(16), rows: proved });
    const [, now] = ledgers.ofNumber(P);
    if (now === undefined) throw new Error('there is a row');
    expect([became({ holderIn: then }), became({ rows: [then] })]).toEqual([
      ['tooLate', true],
      ['tooLate', true],
    ]);
    expect(became({ holderIn: now })).toEqual(['nothingToRestore', false]);
  });

  it('goes on for nobody once what relies on it is withdrawn, too: a number with the last handset that links it', () => {
    const linked = (imei: string, day: number) => ({ imei, day: dateOf(day) });
    const of = new Map([[P, [linked('A', 20), linked('B', 10)]]]);
    const number = (since = '') => ({ kind: 'reverify', identifier: P, since }) as const;
    const withdrawals = new Withdrawals(() => of);
    const out = (own?: { imeis: string[] | undefined; struck: Set<string> }) => [
      withdrawals.isWithdrawn('later', number(), own),
      withdrawals.isWithdrawn('later', { kind: 'block', identifier: 'A', since: '' }, own),
    ];
    expect(out()).toEqual([false, false]);
    expect(out({ imeis: undefined, struck: new Set() })).toEqual([true, true]);
    expect(out({ imeis: undefined, struck: new Set(['B']) })).toEqual([false, true]);
    withdrawals.note('later', { imeis: ['A'], struck: new Set() });
    expect(out()).toEqual([false, true]);
    // Who has it since the 10th was seen in A alone.
    expect([9, 10].map((n) => withdrawals.isWithdrawn('later', number(dateOf(n))))).toEqual([false, true]);
    expect(out({ imeis: ['B'], struck: new Set([P]) })).toEqual([false, true]);
    withdrawals.note('later', { imeis: ['B'], struck: new Set() });
    expect(out()).toEqual([true, true]);
    expect(withdrawals.isWithdrawn('another', number())).toBe(false);
  });

  it('is not taken back as a whole where another batch did it, too, and that is in force', () => {
    const ledgers = new Ledgers();
    ledgers.add(decided('reverify', { operator: 'vi' }), 'others.reverify.vi.1-0-0', beginOf(10));
    ledgers.add(decided('reverify'), `${BATCH}.reverify.jio.2-0-0`, beginOf(30));
    const row = ledgers.ofNumber(P).at(-1);
    if (row === undefined) throw new Error('there is a row');
    const subject = { kind: 'restore', identifier: P, scope: { rows: [row] }, ground: 'withdrawal', line: 0 } as const;
    const known = { ledgers, plans: new Map(), orders: new Map(), at: beginOf(5) };
    const became = () => takenBack(appeal(0), [subject], new Set(), known)[0];
    expect(became()).toMatchObject({ state: 'directed', stays: true });
    const rows = [{ identifier: P, outcome: 'verified', on: dateOf(4) }];
    ledgers.record({
      ...{ operator: 'vi', direction: 'others.reverify.vi.1-0-0', name: '', sha256: '', at: beginOf(4), rows },
    });
    expect(became()).toMatchObject({ state: 'directed', stays: false });
  });

  it('is taken back as a whole where another batch did it, too, on an earlier day than that on which it was given back', () => {
    const stays = (on: number, told: number) => {
      const ledgers = new Ledgers();
      const say = (direction: string, outcome: string, day: number, at: number) =>
        ledgers.record({
          ...{ operator: 'jio', direction, name: '', sha256: '', at: beginOf(at) },
          rows: [{ identifier: P, outcome, on: dateOf(day) }],
        });
      ledgers.add(decided('reverify'), 'others.reverify.jio.1-0-0', beginOf(30));
      ledgers.add(decided('reverify'), `${BATCH}.reverify.jio.2-0-0`, beginOf(30));
      ledgers.add(decided('restore'), 'caseworker-1-000000000000.restore.jio.3-0-0', beginOf(14));
      const row = ledgers.ofNumber(P).find(({ direction }) => direction.startsWith(BATCH));
      if (row === undefined) throw new Error('there is a row');
      say('caseworker-1-000000000000.restore.jio.3-0-0', 'restored', 12, 13);
      say('others.reverify.jio.1-0-0', 'disconnected', on, told);
      const subject = {
        kind: 'restore',
        identifier: P,
        scope: { rows: [row] },
        ground: 'withdrawal',
        line: 0,
      } as const;
      const known = { ledgers, plans: new Map(), orders: new Map(), at: beginOf(20) };
      return takenBack(appeal(0), [subject], new Set(), known)[0]?.staysListed;
    };
    expect([stays(10, 15), stays(10, 10), stays(13, 13)]).toEqual([false, false, true]);
    // Of one day what was told first.
    expect([stays(12, 15), stays(12, 12)]).toEqual([true, false]);
  });

  it('is taken back of who had the number before somebody else got it, whatever another batch did to them', () => {
    const ledgers = new Ledgers();
    ledgers.add(decided('reverify'), 'others.reverify.jio.1-0-0', beginOf(10));
    ledgers.add(decided('reverify'), `${BATCH}.reverify.jio.2-0-0`, beginOf(30));
    const row = ledgers.ofNumber(P).at(-1);
    if (row === undefined) throw new Error('there is a row');
    const subject = { kind: 'restore', identifier: P, scope: { rows: [row] }, ground: 'withdrawal', line: 0 } as const;
    const known = { ledgers, plans: new Map(), orders: new Map(), at: beginOf(25) };
    const stays = () => takenBack(appeal(0), [subject], new Set(), known)[0]?.stays;
    expect(stays()).toBe(true);
    const rows = [{ identifier: P, outcome: 'reissued', on: dateOf(12) }];
    ledgers.record({ operator: 'jio', direction: row.direction, name: '', sha256: '', at: beginOf(20), rows });
    expect(stays()).toBe(false);
  });

  it('is asked for in the next night, once, of whom an operator cut off who were to keep their service', () => {
    const cut = (before: (ledgers: Ledgers, say: (outcome: string, on: number) => void) => void, on = 22) => {
      const ledgers = new Ledgers();
      const say = (outcome: string, day: number) => {
        const rows = [{ identifier: P, outcome, on: dateOf(day) }];
        ledgers.record({ operator: 'jio', direction: 'one', name: '', sha256: '', at: beginOf(day), rows });
      };
      ledgers.add(decided('reverify'), 'one', beginOf(30));
      before(ledgers, say);
      say('disconnected', on);
      const again = () => ledgers.takeCutWrongly().map(({ outcome }) => outcome);
      return [...again(), ...again()];
    };
    const takeBack = (ledgers: Ledgers) => {
      const [row] = ledgers.ofNumber(P);
      if (row !== undefined) ledgers.takeBack(row, 'reversal', beginOf(21));
    };
    expect(cut(() => {})).toEqual([]);
    expect(cut((_, say) => say('failed', 15))).toEqual([]);
    expect(cut((_, say) => say('verified', 15))).toEqual(['verified']);
    expect(cut(takeBack)).toEqual(['withdrawn']);
    const wasCut = (ledgers: Ledgers, say: (outcome: string, on: number) => void) => {
      say('disconnected', 15);
      takeBack(ledgers);
    };
    expect([cut(wasCut), cut(wasCut, 21), cut(wasCut, 20)]).toEqual([['disconnected'], ['disconnected'], []]);
  });

  it('is asked for of who was cut off before it was said that the number is theirs, unless they lost it by a row of their own', () => {
    const asked = (since: number, own: boolean, ended?: string) => {
      const ledgers = new Ledgers();
      const say = (direction: string, outcome: string, on: number, day = on) => {
        const rows = [{ identifier: P, outcome, on: dateOf(on) }];
        ledgers.record({ operator: 'jio', direction, name: '', sha256: '', at: beginOf(day), rows });
      };
      ledgers.add(decided('reverify'), 'one', beginOf(30));
      if (ended !== undefined) say('one', ended, 15);
      say('one', 'disconnected', 22);
      if (own) ledgers.add({ ...decided('reverify'), directedFor: dateOf(21) }, 'two', beginOf(50));
      if (own) say('two', 'disconnected', 23);
      say('one', 'reissued', since, 24);
      return ledgers.takeCutWrongly().map((row) => ledgers.takenSinceTold(row, beginOf(25))?.direction);
    };
    // The row had ended before.
    for (const ended of ['disconnected', 'surrendered', 'not_found'])
      expect([asked(20, false, ended), asked(23, false, ended)]).toEqual([[undefined], []]);
    expect([asked(20, false), asked(22, false), asked(23, false), asked(20, true)]).toEqual([
      [undefined],
      [undefined],
      [],
      [],
    ]);
  });

  it('is asked for in the night of a report that was withdrawn, and whose number was cut off all the same', () => {
    const chronicle = new Chronicle();
    const night = 'followup-202609120000';
    const [asked, back] = [`${BATCH}.reverify.jio.1-0-0`, `${night}.restore.jio.2-0-0`];
    chronicle.usage.push(usage(beginOf(99), [sighting(A, P.slice(3), 80)]));
    chronicle.reports.push({
      ...{ agency: 'mha', batchId: BATCH, key: '', handsets: [A], begun: [beginOf(100)] },
      rows: { rows: 1, rejected: 0, repeats: 0, handsets: 1 },
    });
    for (const [batchId, kind, directionId] of [
      [BATCH, 'reverify', asked],
      [night, 'restore', back],
    ] as const)
      chronicle.orders.push({
        notice: { batchId, kind, directionId } as OrderNotice,
        ...{ at: 0, operator: 'jio', rows: [P], disconnectBy: undefined, references: new Map() },
      });
    const withdrawal = { ...appeal(beginOf(102)), batchId: 'mha-000000000009', uploader: 'mha' };
    chronicle.askedBack.push({ ...withdrawal, rows: [], withdraws: { batchId: BATCH, imeis: undefined } });
    const say = (direction: string, outcome: string, day: number) => {
      const rows = [{ identifier: P, outcome, on: dateOf(day) }];
      const answer = { operator: 'jio', direction, name: outcome, sha256: '', at: beginOf(day) + HOUR, rows };
      chronicle.answers.push(answer);
      return answer;
    };
    say(asked, 'disconnected', 102);
    const given = say(back, 'restored', 104);
    const { batches, taken, giverOf } = reckon(
      chronicle,
      new Map([
        [BATCH, { startedAt: beginOf(101), settledAt: beginOf(118) }],
        [withdrawal.batchId, { startedAt: beginOf(102), settledAt: beginOf(102) + 1 }],
        [night, { startedAt: beginOf(103), settledAt: beginOf(106) }],
      ]),
      2,
    );
    expect(batches.get(night)?.books.outcomes).toEqual({ jio: { directed: 1, restored: 1 } });
    expect(taken.get(given)).toEqual({ recorded: 1, alreadyRecorded: 0, rejected: 0 });
    expect(giverOf.get(`${back} ${P}`)).toBe(withdrawal.batchId);
  });

  it('is directed by no later batch, unless it was seen on a later day', () => {
    expect(connectionState([], 'jio', dateOf(20), dateOf(20)).state).toBe('reversed');
    expect(connectionState([], 'jio', dateOf(21), dateOf(20)).state).toBe('directed');
  });

  it('counts no more, in no list and for no later batch', () => {
    const ledgers = new Ledgers();
    ledgers.add(decided('reverify'), 'one', beginOf(30));
    const [row] = ledgers.ofNumber(P);
    if (row === undefined) throw new Error('there is a row');
    expect(ledgers.takeBack(row, 'reversal', beginOf(20))).toBe(true);
    expect(ledgers.standings('reverify', P, beginOf(21))).toMatchObject([{ isOpen: false, answer: undefined }]);
    const rows = [{ identifier: P, outcome: 'disconnected', on: dateOf(21) }];
    const taken = ledgers.record({ operator: 'jio', direction: 'one', name: '', sha256: '', at: beginOf(21), rows });
    expect(taken).toMatchObject({ recorded: 0, rejected: 1 });
    expect(booksOf([row.decided], [row]).connections).toEqual({ jio: { linked: 1, directed: 1, withdrawn: 1 } });
  });
});
