import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type About, HandsetRows, type Usage, usageOf } from '../../lambdas/domain/handset-rows.ts';
import type { Imei, Msisdn, OperatorId } from '../../lambdas/domain/identifiers.ts';
import { imeiOut } from '../../lambdas/domain/imeis.ts';
import { BadWorkLine } from '../../lambdas/domain/tabbed.ts';
import { airtel, at, day, jio, msisdn } from './example.ts';

const vi = 'vi' as OperatorId;
const [H1, H2, H3] = ['35200000000001', '35200000000002', '35200000000003'] as [Imei, Imei, Imei];
const number = (n: number) => msisdn(String(9_800_000_000 + n));
const usage: Usage = { since: day('2025-12-03'), operators: [airtel, jio, vi], silent: [], gated: [] };
const about = (more: Partial<About> = {}): About => ({ caseRefs: new Map(), held: new Map(), usage, ...more });
const lines = (rows: HandsetRows, more: Partial<About> = {}) =>
  [...rows.csv(about(more))].map((line) => line.slice(0, -1));
/** A handset's line without its IMEI. */
const lineOf = (rows: HandsetRows, imei: Imei, more: Partial<About> = {}) =>
  lines(rows, more)
    .find((line) => line.startsWith(imeiOut(imei)))
    ?.slice(16);

describe('what became of the handsets of a report', () => {
  test('has a line for each handset by IMEI, those without any link included', () => {
    expect(lines(new HandsetRows([H1, H2]))).toEqual([
      'imei,case_ref,connections,verified,disconnected,not_found,overdue,blocked_at,held,remark',
      `${imeiOut(H1)},,0,0,0,0,0,,,no number was seen in it since 2025-12-03`,
      `${imeiOut(H2)},,0,0,0,0,0,,,no number was seen in it since 2025-12-03`,
    ]);
  });

  test('of no handset is a header', () => {
    expect(lines(new HandsetRows([]))).toHaveLength(1);
    expect(lines(new HandsetRows([]), { usage: null })).toHaveLength(1);
  });

  test('counts a number once in each handset in which it was seen, however often', () => {
    const rows = new HandsetRows([H1, H2, H3]);
    for (const imei of [H1, H2, H1]) rows.link(imei, number(1));
    rows.link(H2, number(2));
    rows.connection(number(2), 'disconnected');
    rows.connection(number(1), 'verified');
    expect(lineOf(rows, H1)).toBe(',1,1,0,0,0,,,');
    expect(lineOf(rows, H2)).toBe(',2,1,1,0,0,,,');
    expect(lineOf(rows, H3)).toBe(',0,0,0,0,0,,,no number was seen in it since 2025-12-03');
  });

  test('adds up to the connections: what has no column is in the remark', () => {
    const rows = new HandsetRows([H1]);
    const ended = ['verified', 'disconnected', 'not_found', 'overdue', 'failed', 'surrendered', 'surrendered'] as const;
    const others = ['ported', 'extended', 'reissued', 'withdrawn'] as const;
    for (const [n, outcome] of [...ended, ...others].entries()) {
      rows.link(H1, number(n));
      rows.connection(number(n), outcome);
    }
    for (const n of [20, 21, 22]) rows.link(H1, number(n));
    // 7 + 4 + 3 numbers: 1 + 1 + 1 + 2 have columns.
    expect(lineOf(rows, H1)).toBe(
      ',14,1,1,1,2,,,2 surrendered; 1 ported; 1 extended; 1 reissued; 1 withdrawn; 3 not directed',
    );
  });

  test('knows the first and the last numbers apart, and those that differ in their last bits', () => {
    const numbers = ['6000000000', '6000000001', '6000000002', '6000000003', '6000000004', '9999999999'].map(msisdn);
    numbers.push('+910000000000' as Msisdn, '+910099999999' as Msisdn);
    for (const [n, own] of numbers.entries()) {
      const rows = new HandsetRows([H1, H2]);
      for (const each of numbers) rows.link(H1, each);
      rows.link(H2, own);
      rows.connection(own, 'verified');
      expect(lineOf(rows, H2), String(n)).toBe(',1,1,0,0,0,,,');
      expect(lineOf(rows, H1), String(n)).toBe(',8,1,0,0,0,,,7 not directed');
    }
  });

  test('comes to the same as a set of each handset does, in whatever order it is told', () => {
    const link = fc.tuple(fc.constantFrom(H1, H2, H3), fc.nat(40));
    const told = fc.array(link, { maxLength: 3000, size: 'max' });
    const outcomes = fc.uniqueArray(fc.tuple(fc.nat(40), fc.constantFrom('verified', 'overdue')), {
      selector: ([n]) => n,
    });
    fc.assert(
      fc.property(told, outcomes, (links, ended) => {
        const rows = new HandsetRows([H1, H2, H3]);
        for (const [imei, n] of links) rows.link(imei, number(n));
        for (const [n, outcome] of ended) rows.connection(number(n), outcome as 'verified');
        for (const handset of [H1, H2, H3]) {
          const own = new Set(links.flatMap(([imei, n]) => (imei === handset ? n : [])));
          const verified = ended.filter(([n, outcome]) => own.has(n) && outcome === 'verified').length;
          expect(lineOf(rows, handset)).toMatch(new RegExp(`^,${own.size},${verified},`));
        }
      }),
      { numRuns: 20 },
    );
  });

  test('says where it was blocked and on which day, also by an earlier report, and where it was not', () => {
    const rows = new HandsetRows([H1]);
    rows.link(H1, number(1));
    rows.connection(number(1), 'verified');
    rows.block(H1, vi, 'overdue');
    rows.block(H1, jio, 'alreadyBlocked');
    rows.block(H1, airtel, 'blocked', { on: day('2026-06-03') });
    rows.block(H1, 'bsnl' as OperatorId, 'not_found', { on: day('2026-06-02') });
    rows.block(H1, 'mtnl' as OperatorId, 'alreadyOpen');
    expect(lineOf(rows, H1)).toBe(
      ',1,1,0,0,0,airtel:2026-06-03 jio:earlier,,handset not found at bsnl; block overdue at vi; when this batch began its block was open in another one at mtnl',
    );
  });

  test('says how many of its numbers were taken back since, of those that had lost their service, or were to', () => {
    const rows = new HandsetRows([H1, H2]);
    const ended = [
      'disconnected',
      'disconnected',
      'surrendered',
      'overdue',
      'failed',
      'verified',
      'withdrawn',
    ] as const;
    for (const [n, outcome] of ended.entries()) {
      rows.link(H1, number(n));
      // The first one stays disconnected.
      rows.connection(number(n), outcome, { isReversed: n > 0 });
    }
    rows.link(H2, number(0));
    rows.block(H1, airtel, 'blocked', { on: day('2026-06-03'), isReversed: true });
    expect(lineOf(rows, H1)).toBe(
      ',7,1,2,0,2,airtel:2026-06-03,,1 surrendered; 1 withdrawn; 4 taken back since; block taken back since at airtel',
    );
    expect(lineOf(rows, H2)).toBe(',1,0,1,0,0,,,');
  });

  test('says that a block was taken back since, where it was', () => {
    const rows = new HandsetRows([H1]);
    rows.link(H1, number(1));
    rows.connection(number(1), 'verified');
    rows.block(H1, airtel, 'blocked', { on: day('2026-06-03'), isReversed: true });
    rows.block(H1, jio, 'blocked', { on: day('2026-06-03') });
    rows.block(H1, vi, 'withdrawn', { on: day('2026-06-05'), isReversed: true });
    expect(lineOf(rows, H1)).toBe(
      ',1,1,0,0,0,airtel:2026-06-03 jio:2026-06-03,,block withdrawn at vi; block taken back since at airtel',
    );
  });

  test.each([
    ['held', 'not blocked since it is held'],
    ['struck', 'left out by an approver'],
    ['exempt', 'exempt'],
    ['reversed', 'taken back before'],
  ] as const)('says once that it was %s, at whatever operators', (state, words) => {
    const rows = new HandsetRows([H1]);
    rows.link(H1, number(1));
    for (const operator of [airtel, jio]) rows.block(H1, operator, state);
    expect(lineOf(rows, H1, { held: new Map([[H1, 'busy_day']]) })).toBe(
      `,1,0,0,0,0,,busy_day,1 not directed; ${words}`,
    );
  });

  test("has the agency's own text, safe for spreadsheets", () => {
    const rows = new HandsetRows([H1, H2]);
    const caseRefs = new Map([
      [H1, '=HYPERLINK("x")'],
      [H2, 'a,b'],
    ]);
    expect(lineOf(rows, H1, { caseRefs })).toMatch(/^"'=HYPERLINK\(""x""\)",0,/);
    expect(lineOf(rows, H2, { caseRefs })).toMatch(/^"a,b",0,/);
  });

  test('counts nothing where the links of a batch were not kept', () => {
    const rows = new HandsetRows([H1]);
    rows.block(H1, jio, 'blocked', { on: day('2026-06-03') });
    expect(lineOf(rows, H1, { usage: null })).toBe(',,,,,,jio:2026-06-03,,not counted: no list of its links is kept');
  });

  test('takes no link and no block of another handset', () => {
    const rows = new HandsetRows([H1, H3]);
    expect(() => rows.link(H2, number(1))).toThrow(BadWorkLine);
    expect(() => rows.block('99999999999999' as Imei, jio, 'blocked')).toThrow(BadWorkLine);
    expect(() => new HandsetRows([]).link(H1, number(1))).toThrow(BadWorkLine);
  });
});

test.each(['blocked', 'overdue', 'open'] as const)('a block that was %s and is taken back is owed no more', (state) => {
  const rows = new HandsetRows([H1]);
  rows.block(H1, jio, state, { on: day('2026-06-02'), isReversed: true });
  rows.block(H1, vi, 'overdue');
  const line = lineOf(rows, H1);
  expect(line).toContain('block overdue at vi; block taken back since at jio');
});

describe('a handset in which no number was seen', () => {
  const since = day('2025-12-03');
  const of = (latest: Record<string, string | null>, gated: readonly string[] = []) => {
    const imports = Object.entries(latest).map(([id, on]) => [
      id,
      { latestImport: on === null ? null : at(on), gated: gated.includes(id) ? 1 : 0 },
    ]);
    return lineOf(new HandsetRows([H1]), H1, { usage: usageOf(since, [vi, jio, airtel], Object.fromEntries(imports)) });
  };

  test('is told apart by whose usage came since the look-back began, as of its day in Asia/Kolkata', () => {
    const [before, after] = ['2025-12-02T18:29:59Z', '2025-12-02T18:30:00Z'];
    expect(of({ airtel: after, jio: after, vi: after })).toBe(',0,0,0,0,0,,,no number was seen in it since 2025-12-03');
    expect(of({ airtel: after, jio: before, vi: null })).toBe(
      ',0,0,0,0,0,,,no usage from jio and vi since 2025-12-03; no number was seen in it by the others',
    );
    expect(of({ airtel: before, jio: null })).toBe(',0,0,0,0,0,,,no usage from any operator since 2025-12-03');
  });

  test('is told apart from one whose operator sent usage that its gate holds up', () => {
    const after = '2025-12-02T18:30:00Z';
    expect(of({ airtel: after, jio: after, vi: null }, ['vi'])).toBe(
      ',0,0,0,0,0,,,no usage from vi since 2025-12-03; usage of vi is held up; no number was seen in it by the others',
    );
    expect(of({ airtel: after, jio: after, vi: after }, ['vi'])).toContain(
      ',no number was seen in it since 2025-12-03',
    );
  });
});
