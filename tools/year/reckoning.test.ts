import { describe, expect, it } from 'vitest';
import type { OrderNotice } from '../../simulation/desk.ts';
import { reckon } from './books.ts';
import { Chronicle, type SentReport, type ToldOrder } from './chronicle.ts';
import { exemptOn, SightingsByHandset, type Standing, saidOf, weigh } from './claims.ts';
import { beginOf, DAY, dateOf, HOUR, START } from './draw.ts';
import { A, answered, B, decided, directedRow, said, sighting, standing, usage } from './examples.ts';
import { gatesOf } from './gates.ts';
import { Ledgers } from './ledgers.ts';
import type { Sighting } from './life.ts';

describe("the year's own reckoning of a batch", () => {
  it('takes the sightings of 180 days before the report, and of each number the newest one: operator, then handset', () => {
    const sightings = [
      sighting(B, '6000000011', 90, 'airtel'),
      sighting(A, '6000000011', 80),
      sighting(A, '6000000012', 50, 'vi'),
      sighting(B, '6000000012', 50, 'bsnl'),
      sighting(A, '6000000013', 100 - 180),
      sighting(A, '6000000014', 100 - 181),
    ];
    expect(decided(sightings)).toEqual(['11 airtel 2 directed', '12 bsnl 2 directed', '13 jio 1 directed']);
  });

  it('leaves out who is struck, held or exempt, in this order, and gives a number its newest handset that is left', () => {
    const crowd = Array.from({ length: 25 }, (_, n) => sighting(A, `60000001${n + 10}`, 60));
    const both = [...crowd, sighting(B, '6000000110', 40)];
    expect(decided(crowd).every((line) => line.endsWith('held'))).toBe(true);
    expect(decided(both)[0]).toBe('10 jio 2 directed');
    const block = { decision: 'block', imei: A } as const;
    const alone = [said('approver-1', block), said('approver-2', { decision: 'approve' })];
    expect(decided(crowd, { decisions: alone })[0]).toBe('10 jio 1 held');
    expect(decided(crowd, { decisions: [said('approver-1', block), said('approver-2', block)] })[0]).toBe(
      '10 jio 1 directed',
    );
    const strike = [said('approver-1', { decision: 'strike', imei: A })];
    expect(decided(both, { decisions: strike }).slice(0, 2)).toEqual(['10 jio 2 directed', '11 jio 1 struck']);
    const exempt = ['approver-1', 'approver-2'].map((approver) => ({
      approver,
      at: START,
      subject: '+916000000199',
      until: dateOf(101),
    }));
    const one = [sighting(A, '6000000199', 50)];
    expect(decided(one, {}, exempt)).toEqual(['99 jio 1 exempt']);
    expect(decided(one, {}, exempt.slice(1))).toEqual(['99 jio 1 directed']);
    // Who is left out is counted where they were seen, and who is directed where they went since.
    const standings = { '+916000000199': [standing({ ported: { to: 'vi', on: dateOf(60) } })] };
    expect(decided(one, { standings }, exempt)).toEqual(['99 jio 1 exempt']);
    expect(decided(one, { standings })).toEqual(['99 vi 1 directed']);
  });

  it('directs nobody anew who is open at that operator, ended, proved or somebody else, unless seen on a later day', () => {
    const seen = [sighting(A, '6000000021', 50)];
    const state = (...standings: Standing[]) =>
      decided(seen, { standings: { '+916000000021': standings } })[0]
        ?.split(' ')
        .at(-1);
    expect(state(standing({ isOpen: true }))).toBe('alreadyOpen');
    expect(state(standing({ isOpen: true, operator: 'vi' }))).toBe('directed');
    expect(state(answered('disconnected', 50))).toBe('alreadyDisconnected');
    expect(state(answered('surrendered', 50))).toBe('alreadyDisconnected');
    expect(state(answered('disconnected', 49))).toBe('directed');
    expect(state(answered('verified', 50))).toBe('alreadyVerified');
    expect(state(answered('verified', 50), answered('not_found', 70))).toBe('directed');
    expect(state(standing({ isOpen: true, reissuedOn: dateOf(50) }))).toBe('reissuedBefore');
    expect(state(standing({ reissuedOn: dateOf(49) }))).toBe('directed');
  });

  it('holds a handset with 25 numbers on one day, or 500 in all, and shows who was seen on such handsets only', () => {
    const report = { handsets: [A, B] } as unknown as SentReport;
    const on = (count: number, day: (n: number) => number) =>
      Array.from({ length: count }, (_, n) => sighting(A, String(6_000_000_000 + n), day(n)));
    const weighed = (sightings: Sighting[]) => {
      const { linked, held, linkedOnlyByHeld } = weigh(
        report,
        beginOf(100),
        new SightingsByHandset([usage(START, sightings)]),
      );
      return [linked, held.size, linkedOnlyByHeld];
    };
    expect(weighed(on(24, () => 50))).toEqual([24, 0, 0]);
    expect(weighed([...on(25, () => 50), sighting(B, '6000000000', 9)])).toEqual([25, 1, 24]);
    expect(weighed(on(499, (n) => n % 60))).toEqual([499, 0, 0]);
    expect(weighed(on(500, (n) => n % 60))).toEqual([500, 1, 500]);
  });

  it('counts the mildest of what as many approvers as are needed say of a handset', () => {
    const acts = (...decisions: ('block' | 'reverify')[]) =>
      saidOf(
        decisions.map((decision, n) => said(`approver-${n + 1}`, { decision, imei: A })),
        2,
      ).acts.get(A);
    expect([acts('block'), acts('block', 'block'), acts('block', 'reverify')]).toEqual([
      undefined,
      'block',
      'reverify',
    ]);
  });

  it('takes for exempt whom the latest words of two approvers reach on that day', () => {
    const say = (approver: string, day: number, until: number) => ({
      approver,
      at: beginOf(day),
      subject: A,
      until: dateOf(until),
    });
    const both = [say('approver-1', 1, 30), say('approver-2', 2, 20)];
    expect([19, 20, 21].map((day) => exemptOn(both, beginOf(day)).size)).toEqual([1, 1, 0]);
    expect(exemptOn([...both, say('approver-1', 5, 4)], beginOf(19)).size).toBe(0);
  });
});

describe("the year's own reckoning of usage files", () => {
  const file = (good: number, rejected = 0, imei = (n: number) => String(10_000_000_000_000 + n)) =>
    usage(
      beginOf(9),
      Array.from({ length: good }, (_, n) => sighting(imei(n), String(6_000_000_000 + n), 1)),
      rejected,
    );
  const before = [200, 100, 300].map((good, n) => ({ ...file(good), at: beginOf(n), countsFrom: beginOf(n) }));

  it('holds up whose rows are rejected, name one handset, or are fewer or more than by the files before', () => {
    expect(gatesOf(file(95, 5), [])).toEqual([]);
    expect(gatesOf(file(94, 6), [])).toEqual(['rejected_share']);
    expect(gatesOf(file(60, 39), [])).toEqual([]);
    const share = (part: number) => file(100, 0, (n) => (n < part ? A : String(10_000_000_000_000 + n)));
    expect([gatesOf(share(20), []), gatesOf(share(21), [])]).toEqual([[], ['one_handset']]);
    expect([100, 99].map((good) => gatesOf(file(good, 1), before))).toEqual([[], ['too_few_rows']]);
    expect([600, 601].map((good) => gatesOf(file(good), before))).toEqual([[], ['too_many_rows']]);
    expect(gatesOf(file(900), before.slice(1))).toEqual([]);
    expect(
      gatesOf(
        file(900),
        before.map((one, n) => (n === 0 ? { ...one, countsFrom: undefined } : one)),
      ),
    ).toEqual([]);
  });
});

describe("the year's own ledgers", () => {
  const record = (...outcomes: [outcome: string, day: number][]) => {
    const ledgers = new Ledgers();
    ledgers.add(directedRow('+916000000001'), 'one', beginOf(30));
    const taken = outcomes.map(([outcome, day], n) => {
      const answer = { identifier: '+916000000001', outcome, on: dateOf(day) };
      const counts = ledgers.record({
        operator: 'jio',
        direction: 'one',
        name: '',
        sha256: '',
        at: beginOf(day) + n,
        rows: [answer],
      });
      return Object.entries(counts ?? {}).find(([, count]) => count === 1)?.[0];
    });
    return [...taken, ledgers.ofNumber('+916000000001')[0]?.outcome];
  };

  it('take an answer of an open or failed row, the same again as known, and no other one but that it is somebody else', () => {
    expect(record(['verified', 10], ['verified', 11], ['disconnected', 12])).toEqual([
      'recorded',
      'alreadyRecorded',
      'rejected',
      'verified',
    ]);
    expect(record(['failed', 10], ['failed', 11], ['verified', 12])).toEqual([
      'recorded',
      'alreadyRecorded',
      'recorded',
      'verified',
    ]);
    expect(record(['disconnected', 10], ['failed', 11], ['reissued', 12])).toEqual([
      'recorded',
      'alreadyRecorded',
      'recorded',
      'reissued',
    ]);
    expect(record(['maybe', 10], ['disconnected', 8], ['reissued', 9])).toEqual([
      'rejected',
      'rejected',
      'rejected',
      'open',
    ]);
  });

  it('have what moved open where it goes on, and what is disputed nowhere, until a night has it', () => {
    const ledgers = new Ledgers();
    const identifier = '+916000000001';
    const at = beginOf(20);
    const stands = () =>
      ledgers.standings('reverify', identifier, at).map(({ operator, isOpen }) => `${operator} ${isOpen}`);
    const say = (operator: string, direction: string, row: { outcome: string; by?: string }) =>
      ledgers.record({ operator, direction, name: '', sha256: '', at, rows: [{ identifier, on: dateOf(20), ...row }] });
    ledgers.add(directedRow(identifier), 'one', beginOf(30));
    say('jio', 'one', { outcome: 'ported', by: 'vi' });
    expect(stands()).toEqual(['vi true']);
    for (const waiting of ledgers.waiting()) waiting.waitsAt = undefined;
    ledgers.add({ ...directedRow(identifier), operator: 'vi' }, 'two', beginOf(36), 'jio');
    expect(stands()).toEqual(['jio false', 'vi true']);
    say('vi', 'two', { outcome: 'not_found' });
    expect(stands()).toEqual(['jio false', 'vi false']);
    expect(ledgers.waiting().map(({ waitsAt }) => waitsAt)).toEqual(['jio']);
  });

  it('have a number go back where a later report asks for it at the operator that it was ported to, and it is not there', () => {
    const ledgers = new Ledgers();
    const identifier = '+916000000001';
    const at = beginOf(20);
    const say = (operator: string, direction: string, row: { outcome: string; by?: string }) =>
      ledgers.record({ operator, direction, name: '', sha256: '', at, rows: [{ identifier, on: dateOf(20), ...row }] });
    ledgers.add(directedRow(identifier), 'one', beginOf(30));
    say('jio', 'one', { outcome: 'ported', by: 'vi' });
    for (const waiting of ledgers.waiting()) waiting.waitsAt = undefined;
    ledgers.add({ ...directedRow(identifier), operator: 'vi' }, 'later', beginOf(36));
    ledgers.add({ ...directedRow(identifier), kind: 'restore', operator: 'vi' }, 'back', beginOf(36));
    say('vi', 'back', { outcome: 'not_found' });
    expect(ledgers.waiting()).toEqual([]);
    say('vi', 'later', { outcome: 'not_found' });
    expect(ledgers.waiting().map(({ direction, waitsAt }) => `${direction} ${waitsAt}`)).toEqual(['later jio']);
  });

  it('have a number go back from no operator that has answered for it since it was ported there', () => {
    const identifier = '+916000000001';
    const waiting = (on: number) => {
      const ledgers = new Ledgers();
      const say = (operator: string, direction: string, outcome: string, day: number, at: number) =>
        ledgers.record({
          ...{ operator, direction, name: '', sha256: '', at: beginOf(at) },
          rows: [{ identifier, on: dateOf(day), outcome, by: 'vi' }],
        });
      ledgers.add(directedRow(identifier), 'one', beginOf(30));
      say('jio', 'one', 'ported', 20, 20);
      for (const moved of ledgers.waiting()) moved.waitsAt = undefined;
      ledgers.add({ ...directedRow(identifier), operator: 'vi' }, 'two', beginOf(36), 'jio');
      say('vi', 'two', 'verified', on, 22);
      ledgers.add({ ...directedRow(identifier), operator: 'vi' }, 'later', beginOf(60));
      say('vi', 'later', 'not_found', 50, 50);
      return ledgers.waiting().map(({ direction }) => direction);
    };
    expect(waiting(21)).toEqual([]);
    // What it said of a day before the port is about a number that it had then.
    expect(waiting(19)).toEqual(['later']);
  });

  it('ask for nothing again that a later report took, or blocked, at that operator, unless that was taken back', () => {
    const taken = (later: string, at: string, kind: 'block' | 'reverify', isTakenBack = false) => {
      const ledgers = new Ledgers();
      const identifier = kind === 'block' ? A : '+916000000001';
      const gives = kind === 'block' ? ('unblock' as const) : ('restore' as const);
      ledgers.add({ ...directedRow(identifier), kind: gives }, `mha-1.${gives}.jio.4-0-0`, beginOf(30));
      ledgers.add({ ...directedRow(identifier), kind, operator: at }, `i4c-2.${kind}.${at}.${later}-0-0`, beginOf(33));
      const [taking] = ledgers.rowsOf(kind, identifier);
      if (isTakenBack && taking !== undefined) ledgers.takeBack(taking, 'mha-3', beginOf(29));
      const [given] = ledgers.rowsOf(gives, identifier);
      return given && ledgers.takenAgain(given)?.direction;
    };
    expect(taken('5', 'jio', 'block')).toBe('i4c-2.block.jio.5-0-0');
    expect(taken('5', 'jio', 'reverify')).toBe('i4c-2.reverify.jio.5-0-0');
    // Of an earlier report, at another operator, and taken back.
    expect(taken('3', 'jio', 'block')).toBeUndefined();
    expect(taken('5', 'vi', 'block')).toBeUndefined();
    expect(taken('5', 'jio', 'block', true)).toBeUndefined();
  });

  it('have a row open until its ladder ends, and refuse the direction of another operator', () => {
    const ledgers = new Ledgers();
    ledgers.add(directedRow('+916000000001'), 'one', beginOf(30));
    const isOpen = (day: number) => ledgers.standings('reverify', '+916000000001', beginOf(day))[0]?.isOpen;
    expect([isOpen(29), isOpen(30)]).toEqual([true, false]);
    expect(ledgers.record({ operator: 'vi', direction: 'one', name: '', sha256: '', at: 1, rows: [] })).toBeUndefined();
  });
});

describe("the year's own reckoning of a night", () => {
  const P = '+916000000031';
  const night = 'followup-202609120000';
  /** P is asked about at airtel, and at jio by a later report; what both say is of day 102, and a night comes at the end of it. */
  const states = (said: { airtel: [string, string]; jio: [string, string] }, exempt = false) => {
    const chronicle = new Chronicle();
    chronicle.usage.push(
      usage(beginOf(99), [sighting(A, P.slice(3), 80, 'airtel'), sighting(B, P.slice(3), 85, 'jio')]),
    );
    const instants = new Map([[night, { startedAt: beginOf(103), settledAt: beginOf(160) }]]);
    const order = (operator: string, batchId: string, plan: number) => {
      const directionId = `${batchId}.reverify.${operator}.${plan}-0-0`;
      chronicle.orders.push({
        notice: { batchId, kind: 'reverify', directionId } as OrderNotice,
        ...{ at: 0, operator, rows: [P], disconnectBy: undefined, references: new Map() },
      } satisfies ToldOrder);
      return directionId;
    };
    for (const [n, operator] of (['airtel', 'jio'] as const).entries()) {
      const batchId = `mha-00000000000${n + 1}`;
      chronicle.reports.push({
        ...{ agency: 'mha', batchId, key: '', handsets: [n === 0 ? A : B], begun: [beginOf(100 + n)] },
        rows: { rows: 1, rejected: 0, repeats: 0, handsets: 1 },
      });
      instants.set(batchId, { startedAt: beginOf(100 + n) + HOUR, settledAt: beginOf(117 + n) });
      const [outcome, by] = said[operator];
      const row = { identifier: P, outcome, on: dateOf(102), by };
      const answer = { operator, direction: order(operator, batchId, n + 1), name: '', sha256: '', rows: [row] };
      chronicle.answers.push({ ...answer, at: beginOf(102) + n });
    }
    order('jio', night, 3);
    order('vi', night, 3);
    if (exempt)
      for (const approver of ['approver-1', 'approver-2'])
        chronicle.exemptions.push({ approver, at: beginOf(102), subject: P, until: dateOf(120) });
    const { batches, ledgers } = reckon(chronicle, instants, 2);
    const { decided = [], books } = batches.get(night) ?? {};
    const ends = ledgers.ofBatch(night).map((row) => (row.ends - START) / DAY);
    const lines = decided.map(({ operator, state, direction }) =>
      `${operator} ${state} ${direction.split('.')[0]}`.trim(),
    );
    return [...lines, ...ends, books?.connections.jio?.linked];
  };

  it('takes for open what a later batch has open at the operator that a number was ported to', () => {
    expect(states({ airtel: ['ported', 'jio'], jio: ['failed', ''] })).toEqual(['jio alreadyOpen mha-000000000002', 1]);
    expect(states({ airtel: ['ported', 'vi'], jio: ['failed', ''] })).toEqual(['vi directed', 119, undefined]);
    expect(states({ airtel: ['ported', 'jio'], jio: ['failed', ''] }, true)).toEqual(['jio exempt', 1]);
  });

  it("leaves out who was disconnected or verified there, or whose number is somebody else's there", () => {
    const stands = (outcome: string) => states({ airtel: ['ported', 'jio'], jio: [outcome, ''] })[0];
    expect(stands('verified')).toBe('jio alreadyVerified mha-000000000002');
    expect(stands('disconnected')).toBe('jio alreadyDisconnected mha-000000000002');
    expect(stands('reissued')).toBe('jio reissuedBefore mha-000000000002');
  });

  it('directs once what comes to one operator from two rows, with the later end', () => {
    // Both rows end where they were, so that neither hinders the other one.
    expect(states({ airtel: ['ported', 'jio'], jio: ['extended', 'abroad'] })).toEqual([
      'jio directed',
      `jio alreadyOpen ${night}`,
      ...[101 + 16 + 30 + 1 / 24, 2],
    ]);
  });
});
