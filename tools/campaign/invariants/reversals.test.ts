import { describe, expect, it } from 'vitest';
import { Direction, type Known, type Row } from './known.ts';
import { becameOf } from './reversals.ts';

const NUMBER = '+919876543210';
const [REPORT, LATER, APPEAL] = ['mha-0123456789ab', 'up-police-0123456789ab', 'caseworker-1-0123456789ab'];
const [OWN, RESTORE] = [`${REPORT}.reverify.airtel.1-0-0`, `${APPEAL}.restore.airtel.3-0-0`];

/** A direction that has the number alone, as its row stands when the withdrawal is planned. */
function direction(id: string, row: Partial<Row>, lastSeen = '2026-05-20'): Direction {
  const one = new Direction(id);
  one.lastSeen.set(NUMBER, lastSeen);
  one.directedFor.set(NUMBER, lastSeen);
  one.rows = [NUMBER];
  const rows = [{ outcome: 'open', on: '', at: 0, ...row }];
  one.states.push({ place: 1, rows, closed: false, orders: [], files: [] });
  return one;
}

/** What must become of the number by the withdrawal of the report, in a row of which the later batch counted it `alreadyOpen`. */
function became(directions: readonly Direction[], of = OWN) {
  const subject = { imei: '', msisdn: NUMBER, ground: 'withdrawal', lines: [], of: [of] };
  return becameOf(knownWith(directions), subject, { plan: 4, uploadedAt: 0, struck: new Set() });
}

/** The same by an appeal that is uploaded on 22 September 2026, 90 days after 24 June. */
function appealed(directions: readonly Direction[]) {
  const subject = { imei: '', msisdn: NUMBER, ground: 'wrong_number', lines: [2] };
  const uploadedAt = Date.parse('2026-09-22T06:00:00Z');
  return becameOf(knownWith(directions), subject, { plan: 4, uploadedAt, struck: new Set() }).state;
}

function knownWith(directions: readonly Direction[]): Known {
  const known: Partial<Known> = {
    batches: [REPORT, LATER, APPEAL].map((batchId, n) => ({ batchId, plan: n + 1 })),
    directions: new Map(directions.map((one) => [one.id, one])),
    moved: [],
    seen: {
      plans: new Map([[4, 9]]),
      cases: {
        [`BATCH#${LATER}`]: { batchId: LATER, plan: 2 },
        [`BATCH#${APPEAL}`]: { batchId: APPEAL, plan: 3, startedAt: '2026-06-01T00:00:00Z' },
      },
      outbox: {
        [`batches/${LATER}/elsewhere.csv`]: `kind,identifier,operator,state,directionId\nreverify,${NUMBER},airtel,alreadyOpen,${OWN}\n`,
      },
    } as unknown as Known['seen'],
  };
  return known as Known;
}

describe('what an appeal must give back', () => {
  const told = (outcome: string, on: string, recordedOn = on) => ({ outcome, on, at: Date.parse(recordedOn) });

  it.each([
    ['restored', RESTORE],
    ['verified', `${LATER}.reverify.airtel.2-0-0`],
  ])('is who was %s on a later day than that of a disconnection told late', (outcome, id) => {
    const served = (on: string, seen?: string) => direction(id, told(outcome, on), seen);
    const ended = (on: string, recordedOn = on) => direction(OWN, told('disconnected', on, recordedOn));
    expect(appealed([served('2026-09-19'), ended('2026-06-16', '2026-09-21')])).toBe('directed');
    // Seen in between; else nobody has given back by the one report what the other took.
    expect(appealed([served('2026-09-19', '2026-06-17'), ended('2026-06-16')])).toBe('nothingToRestore');
    expect(appealed([served('2026-09-19', '2026-06-16'), ended('2026-06-16')])).toBe(
      outcome === 'verified' ? 'directed' : 'nothingToRestore',
    );
    expect(appealed([served('2026-06-20'), ended('2026-06-23')])).toBe('tooLate');
    expect(appealed([served('2026-06-20'), ended('2026-06-20', '2026-06-21')])).toBe('tooLate');
    expect(appealed([served('2026-06-20'), ended('2026-06-24')])).toBe('directed');
  });
});

describe('what a withdrawal must leave as it is', () => {
  it('is what a later batch relies on', () => {
    expect(became([direction(OWN, {})])).toMatchObject({
      state: 'kept',
      openIn: [],
      kept: [`reverify,${NUMBER},airtel,${LATER},alreadyOpen`],
    });
  });

  it("is a number in which somebody was directed when it was theirs, whoever's report is withdrawn", () => {
    const [given, since] = ['2026-05-25', '2026-06-02'];
    const then = direction(OWN, { outcome: 'reissued', on: given, reversed: true });
    const now = direction(`${LATER}.reverify.airtel.2-0-0`, { outcome: 'not_found' }, since);
    expect(became([then])).toMatchObject({ state: 'tooLate', staysElsewhere: false });
    expect(became([now, then])).toMatchObject({ state: 'tooLate', staysElsewhere: true });
  });

  it('is what another report did on a later day than that on which it was given back, or told later of the same day', () => {
    const stays = (day: string, told = day) => {
      const other = direction(OWN, { outcome: 'disconnected', on: day, at: Date.parse(told) });
      const own = direction(`${LATER}.reverify.airtel.2-0-0`, { outcome: 'withdrawn', reversed: true });
      const restored = direction(RESTORE, { outcome: 'restored', on: '2026-06-12', at: Date.parse('2026-06-13') });
      return became([other, own, restored], own.id).staysListed;
    };
    expect([stays('2026-06-10', '2026-06-15'), stays('2026-06-10'), stays('2026-06-13')]).toEqual([false, false, true]);
    expect([stays('2026-06-12', '2026-06-15'), stays('2026-06-12')]).toEqual([true, false]);
  });

  it('is not what an appeal took back before, on which nobody relies any more', () => {
    const taken = direction(OWN, { outcome: 'withdrawn', reversed: true });
    expect(became([taken, direction(RESTORE, {})])).toMatchObject({
      state: 'alreadyOpen',
      openIn: [RESTORE],
      kept: [],
    });
    expect(became([taken, direction(RESTORE, { outcome: 'restored' })])).toMatchObject({ state: 'nothingToRestore' });
  });
});
