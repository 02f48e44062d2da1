import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Imei, Msisdn } from '../../lambdas/domain/identifiers.ts';
import type { GatheredLink } from '../../lambdas/domain/sightings.ts';
import {
  ACTS,
  type Act,
  blockSubject,
  type Decided,
  keepLink,
  leftOutSince,
  type NumberLinks,
  type NumberSubject,
  numberSubject,
} from '../../lambdas/domain/subjects.ts';
import { day, imei, msisdn } from './example.ts';

const [plain, clone, other] = ['35200000000001', '35200000000002', '35200000000003'].map(imei) as [Imei, Imei, Imei];
const number = msisdn('9800000001');
const link = (on: Imei, lastSeen: string, operator = 'jio', lsa = 'Delhi'): GatheredLink => ({
  msisdn: number,
  imei: on,
  lastSeen: day(lastSeen),
  operator: operator as GatheredLink['operator'],
  lsa,
});
const decided = (held: readonly (readonly [Imei, Act])[], struck: readonly (Imei | Msisdn)[] = []): Decided => ({
  held: new Map(held),
  struck: new Set(struck),
});
function subject(links: readonly GatheredLink[], decision: Decided, exempt = false): NumberSubject {
  const kept = new Map<Msisdn, NumberLinks>();
  for (const one of links) keepLink(kept, one, decision);
  const all = kept.get(number);
  if (all === undefined) throw new Error('no links');
  return numberSubject(all, decision, exempt);
}

describe('a number of a decided batch', () => {
  test('goes on with its newest sighting where nothing is held', () => {
    expect(subject([link(plain, '2026-05-01', 'jio'), link(other, '2026-05-02', 'vi', 'Kerala')], decided([]))).toEqual(
      {
        state: 'toClaim',
        operator: 'vi',
        row: { msisdn: number, imei: other, lastSeen: '2026-05-02', lsa: 'Kerala' },
        newestDay: '2026-05-02',
        seen: { actedUpon: '2026-05-02', remaining: '2026-05-02' },
      },
    );
  });

  test('has the handset of its newest sighting on one that is acted upon, and the operator of its newest on any', () => {
    const links = [link(plain, '2026-05-01', 'jio', 'Delhi'), link(clone, '2026-05-09', 'vi', 'Kerala')];
    expect(subject(links, decided([[clone, 'spare']]))).toEqual({
      state: 'toClaim',
      operator: 'vi',
      row: { msisdn: number, imei: plain, lastSeen: '2026-05-09', lsa: 'Kerala', actedUpon: '2026-05-01' },
      newestDay: '2026-05-09',
      seen: { actedUpon: '2026-05-01', remaining: '2026-05-09' },
    });
    // What was struck remains in nothing.
    expect(subject(links, decided([], [clone]))).toMatchObject({
      newestDay: '2026-05-09',
      seen: { actedUpon: '2026-05-01', remaining: '2026-05-01' },
    });
  });

  test('that was seen on held handsets only is held, under the operator of its newest sighting', () => {
    const links = [link(clone, '2026-05-09', 'vi'), link(other, '2026-05-01', 'jio')];
    const spared = decided([
      [clone, 'spare'],
      [other, 'spare'],
    ]);
    expect(subject(links, spared)).toEqual({ state: 'held', operator: 'vi' });
  });

  test.each(['reverify', 'block'] as const)('of a held handset that approvers %s goes on', (act) => {
    expect(subject([link(clone, '2026-05-09')], decided([[clone, act]]))).toMatchObject({
      state: 'toClaim',
      row: { imei: clone },
    });
  });

  test('that was struck is struck, under the operator as before', () => {
    expect(subject([link(plain, '2026-05-01', 'vi')], decided([], [number]))).toEqual({
      state: 'struck',
      operator: 'vi',
    });
  });

  test('is struck with its only handset, and takes its newest remaining one where there is another', () => {
    const links = [link(plain, '2026-05-01', 'jio', 'Delhi'), link(other, '2026-05-09', 'vi', 'Kerala')];
    expect(subject(links, decided([], [other]))).toMatchObject({
      state: 'toClaim',
      operator: 'vi',
      row: { imei: plain },
    });
    expect(subject(links, decided([], [other, plain]))).toEqual({ state: 'struck', operator: 'vi' });
    expect(subject(links, decided([[plain, 'spare']], [other]))).toEqual({ state: 'held', operator: 'vi' });
  });

  test('that is exempt is so unless it is struck or held', () => {
    const links = [link(plain, '2026-05-01')];
    expect(subject(links, decided([]), true)).toEqual({ state: 'exempt', operator: 'jio' });
    expect(subject(links, decided([], [number]), true)).toMatchObject({ state: 'struck' });
    expect(subject(links, decided([[plain, 'spare']]), true)).toMatchObject({ state: 'held' });
  });

  test("that is somebody else's since is held or struck where its new holder was seen in nothing else: the former one's sightings have no part", () => {
    const leftOut = (links: readonly GatheredLink[], decision: Decided, activated: string) => {
      const found = subject(links, decision);
      if (found.state !== 'toClaim') throw new Error(found.state);
      return leftOutSince(day(activated), found.newestDay, found.seen);
    };
    const links = [link(plain, '2026-05-01'), link(clone, '2026-05-09')];
    expect(leftOut(links, decided([[clone, 'spare']]), '2026-05-05')).toBe('held');
    expect(leftOut(links, decided([], [clone]), '2026-05-05')).toBe('struck');
    // Who was seen is who has it now; or nobody was seen since.
    expect(leftOut(links, decided([[clone, 'spare']]), '2026-04-30')).toBeUndefined();
    expect(leftOut(links, decided([[clone, 'spare']]), '2026-05-09')).toBeUndefined();
    expect(leftOut(links, decided([[clone, 'block']]), '2026-05-05')).toBeUndefined();
    // On the day of the activation it may have been either.
    expect(leftOut(links, decided([[clone, 'spare']]), '2026-05-01')).toBe('held');
    const struckLater = [...links, link(other, '2026-05-10')];
    expect(leftOut(struckLater, decided([[clone, 'spare']], [other]), '2026-05-05')).toBe('held');
    expect(leftOut(struckLater, decided([[clone, 'spare']], [other]), '2026-05-09')).toBe('struck');
  });

  test('is the same whatever the order of its links, and what a plain reading of the rules comes to', () => {
    const handsets = [plain, clone, other];
    const links = fc.array(
      fc.record({
        on: fc.constantFrom(...handsets),
        lastSeen: fc.nat(3).map((n) => `2026-05-0${n + 1}`),
        operator: fc.constantFrom('airtel', 'jio', 'vi'),
      }),
      { minLength: 1, maxLength: 8 },
    );
    const acts = fc.array(fc.tuple(fc.constantFrom(...handsets), fc.constantFrom(...ACTS)), { maxLength: 3 });
    const strikes = fc.subarray<Imei | Msisdn>([...handsets, number]);
    fc.assert(
      fc.property(links, acts, strikes, fc.boolean(), fc.nat(), (some, held, struck, exempt, turn) => {
        const decision = decided(held, struck);
        const all = some.map(({ on, lastSeen, operator }) => link(on, lastSeen, operator));
        const turned = [...all.slice(turn % all.length), ...all.slice(0, turn % all.length)].reverse();
        const found = subject(all, decision, exempt);
        expect(subject(turned, decision, exempt)).toEqual(found);

        const newestFirst = (ones: GatheredLink[]) =>
          [...ones].sort(
            (a, b) =>
              b.lastSeen.localeCompare(a.lastSeen) ||
              a.operator.localeCompare(b.operator) ||
              a.imei.localeCompare(b.imei),
          );
        const remaining = all.filter((one) => !struck.includes(one.imei));
        const lastAct = new Map(held);
        const [handset] = newestFirst(remaining.filter((one) => lastAct.get(one.imei) !== 'spare'));
        const [newest] = newestFirst(all);
        expect(found.operator).toBe(newest?.operator);
        if (struck.includes(number) || remaining.length === 0) expect(found.state).toBe('struck');
        else if (handset === undefined) expect(found.state).toBe('held');
        else if (exempt) expect(found.state).toBe('exempt');
        else
          expect(found).toMatchObject({ state: 'toClaim', row: { imei: handset.imei }, newestDay: newest?.lastSeen });
        // Without what was seen until a day, it is what a plain reading has of the rest.
        if (found.state !== 'toClaim') return;
        for (const activated of ['2026-05-01', '2026-05-02', '2026-05-03']) {
          const rest = all.filter(({ lastSeen }) => lastSeen > activated);
          const state = rest.length === 0 ? 'toClaim' : subject(rest, decision).state;
          expect(leftOutSince(day(activated), found.newestDay, found.seen) ?? 'toClaim').toBe(state);
        }
      }),
    );
  });
});

describe("a handset's block rows", () => {
  test.each<[string, Decided, boolean, string]>([
    ['of one that nobody spoke of', decided([]), false, 'toClaim'],
    ['of an exempt one', decided([]), true, 'exempt'],
    ['of a held one that is spared', decided([[plain, 'spare']]), false, 'held'],
    ['of a held one whose numbers only are re-verified', decided([[plain, 'reverify']]), false, 'held'],
    ['of a held one that is blocked', decided([[plain, 'block']]), false, 'toClaim'],
    ['of a held one that is blocked, and exempt', decided([[plain, 'block']]), true, 'exempt'],
    ['of a held one that is spared, and exempt', decided([[plain, 'spare']]), true, 'held'],
    ['of a struck one, whatever else it is', decided([[plain, 'block']], [plain]), true, 'struck'],
  ])('%s', (_, decision, exempt, state) => {
    expect(blockSubject(plain, decision, exempt)).toBe(state);
  });
});
