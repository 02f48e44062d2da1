import { describe, expect, it } from 'vitest';
import type { Day } from '../../lambdas/domain/days.ts';
import type { Imei, Msisdn } from '../../lambdas/domain/identifiers.ts';
import {
  FreeNumbers,
  isTheirs,
  type Since,
  type TakenBack,
  withdrawnBy,
} from '../../lambdas/domain/withdrawn-reports.ts';
import { day, imei, msisdn } from './example.ts';

const [a, b, c] = ['35100000000001', '35100000000002', '35100000000003'].map(imei) as [Imei, Imei, Imei];
const [number, other] = ['9810000001', '9810000002'].map(msisdn) as [Msisdn, Msisdn];

const whole = (...struck: (Imei | Msisdn)[]): TakenBack => ({ imeis: null, struck: new Set(struck) });
const part = (imeis: Imei[], ...struck: (Imei | Msisdn)[]): TakenBack => ({
  imeis: new Set(imeis),
  struck: new Set(struck),
});
const since = (...entries: [Msisdn, Day | null][]): Since => new Map(entries);

const free = (all: readonly TakenBack[], subjects: Since, links: readonly [Msisdn, Imei, string][]) => {
  const numbers = new FreeNumbers(subjects, all);
  for (const [one, on, lastSeen] of links) numbers.add({ msisdn: one, imei: on, lastSeen: day(lastSeen) });
  return [...numbers.numbers()];
};

describe('a sighting of a number', () => {
  it('is its holder’s if it is later than the day on which they got it', () => {
    const held = since([number, day('2026-05-10')], [other, null]);
    const seen = (one: Msisdn, on: string) => isTheirs(held, one, day(on));
    expect([seen(number, '2026-05-09'), seen(number, '2026-05-10'), seen(number, '2026-05-11')]).toEqual([
      false,
      false,
      true,
    ]);
    // Nobody is known to have had it before.
    expect([seen(other, '2026-01-01'), seen(msisdn('9810000003'), '2026-01-01')]).toEqual([true, true]);
  });
});

describe('a handset of a report', () => {
  const has = (...all: TakenBack[]) => [a, b, c].filter((one) => withdrawnBy(all, new Set()).has(one));

  it('is withdrawn with the whole report, or by itself', () => {
    expect([has(), has(whole()), has(part([a]), part([c])), has(part([b]), whole())]).toEqual([
      [],
      [a, b, c],
      [a, c],
      [a, b, c],
    ]);
  });

  it('stands if an approver left it out, until a withdrawal takes it back of which nobody did', () => {
    expect([has(whole(b)), has(part([a, b], b)), has(part([a, b], b), part([b]))]).toEqual([[a, c], [a], [a, b]]);
  });
});

describe('a row of a withdrawn report', () => {
  const withs = (all: readonly TakenBack[], numbers: readonly Msisdn[] = []) => {
    const withdrawn = withdrawnBy(all, new Set(numbers));
    return {
      numbers: [number, other].filter((identifier) => withdrawn.with({ kind: 'reverify', identifier })),
      handsets: [a, b].filter((identifier) => withdrawn.with({ kind: 'block', identifier })),
    };
  };

  it('stands no more if the whole report was withdrawn, unless an approver left its number out', () => {
    expect(withs([whole()])).toEqual({ numbers: [number, other], handsets: [a, b] });
    expect(withs([whole(number)])).toEqual({ numbers: [other], handsets: [a, b] });
    expect(withs([whole(number), whole(other)])).toEqual({ numbers: [number, other], handsets: [a, b] });
  });

  it('of a number stands while a handset does that links it, of a handset while that does', () => {
    expect(withs([part([a])])).toEqual({ numbers: [], handsets: [a] });
    expect(withs([part([a])], [number])).toEqual({ numbers: [number], handsets: [a] });
    // A report of which approvers left a handset out isn't withdrawn as a whole.
    expect(withs([whole(a)], [other])).toEqual({ numbers: [other], handsets: [b] });
    expect(withs([])).toEqual({ numbers: [], handsets: [] });
  });
});

describe('the handsets that link a number', () => {
  const links = [
    [number, a, '2026-05-01'],
    [number, b, '2026-05-20'],
    [other, a, '2026-05-01'],
  ] as const satisfies [Msisdn, Imei, string][];
  const nobodys = since([number, null], [other, null]);

  it('leave it free once the last of them is withdrawn', () => {
    expect(free([part([a])], nobodys, [...links])).toEqual([other]);
    expect(free([part([a]), part([b])], nobodys, [...links])).toEqual([number, other]);
    expect(free([part([b]), part([a])], nobodys, [...links].reverse())).toEqual([other, number]);
  });

  it('leave it free unless approvers left it out of the withdrawal of the last of them', () => {
    expect(free([part([a]), part([b], number)], nobodys, [...links])).toEqual([other]);
    expect(free([part([b], number), part([a])], nobodys, [...links])).toEqual([number, other]);
    // The one that takes a handset back first is meant: nothing is left to be taken by the next.
    expect(free([part([a, b]), part([b], number)], nobodys, [...links])).toEqual([number, other]);
  });

  it('have no part in it if only somebody else was seen there, who had it before', () => {
    const got = (on: string) => since([number, day(on)]);
    expect(free([part([b])], got('2026-05-01'), [...links])).toEqual([number]);
    expect(free([part([b])], got('2026-04-30'), [...links])).toEqual([]);
    expect(free([], got('2026-05-20'), [...links])).toEqual([number]);
    expect(free([], got('2026-05-19'), [...links])).toEqual([]);
    // A number that the report doesn't link is not free by it.
    expect(free([part([a])], since([msisdn('9810000003'), day('2026-05-20')]), [...links])).toEqual([]);
  });

  it('are looked at only where it matters which links which number', () => {
    const need = (all: readonly TakenBack[], subjects: Since) => new FreeNumbers(subjects, all).needLinks;
    expect([need([], nobodys), need([whole()], nobodys), need([part([a])], since())]).toEqual([false, false, false]);
    expect([need([part([a])], nobodys), need([whole(), whole(a)], nobodys)]).toEqual([true, true]);
    expect(need([whole()], since([number, day('2026-05-01')]))).toBe(true);
  });
});
