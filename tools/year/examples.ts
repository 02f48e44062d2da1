/** Examples for the tests of the year's own reckoning: two handsets, their usage, and the decisions on a batch of them. */
import type { Chronicle, SaidDecision, SentReport, SentUsage } from './chronicle.ts';
import { type Decided, decide, SightingsByHandset, type Standing } from './claims.ts';
import { beginOf, dateOf, HOUR } from './draw.ts';
import type { Sighting } from './life.ts';

export const A = '35100000000001';
export const B = '35100000000002';
export const BATCH = 'mha-000000000001';

export const sighting = (
  imei: string,
  digits: string,
  day: number,
  operator: Sighting['operator'] = 'jio',
): Sighting => ({
  ...{ imei, digits, operator, day: dateOf(day), area: 'Delhi' },
});

/** A usage file of these rows, and of `rejected` others that can't be taken. */
export const usage = (at: number, sightings: readonly Sighting[], rejected = 0): SentUsage => ({
  ...{ operator: 'jio', key: `usage/jio/${at}.csv`, at, rows: sightings.length + rejected, sightings },
  ...{ countsFrom: at, isGated: false },
});

/** A number that a batch directs at jio, for its sighting in handset A on day 9. */
export const directedRow = (identifier: string): Decided => ({
  ...{ kind: 'reverify', identifier, operator: 'jio', state: 'directed', direction: '' },
  ...{ imei: A, lastSeen: dateOf(9), directedFor: dateOf(9) },
});

/** A batch of handsets A and B, reported on day 100 and planned on the next. */
export function decided(
  sightings: readonly Sighting[],
  { decisions = [], standings = {} }: { decisions?: SaidDecision[]; standings?: Record<string, Standing[]> } = {},
  exemptions: Chronicle['exemptions'] = [],
): string[] {
  const report: SentReport = {
    ...{ agency: 'mha', batchId: BATCH, key: 'reports/mha/report 0.csv', handsets: [A, B], begun: [] },
    rows: { rows: 2, rejected: 0, repeats: 0, handsets: 2 },
  };
  const seen = new SightingsByHandset([usage(beginOf(99), sightings)]);
  return decide(
    { report, begun: beginOf(100), planned: beginOf(101), people: 2 },
    { decisions, exemptions },
    seen,
    (_, identifier) => standings[identifier] ?? [],
  )
    .filter(({ kind }) => kind === 'reverify')
    .map(({ identifier, operator, imei, state }) => `${identifier.slice(-2)} ${operator} ${imei.slice(-1)} ${state}`);
}

export const said = (approver: string, ...words: SaidDecision['words']): SaidDecision => ({
  ...{ approver, batchId: BATCH, at: beginOf(100) + HOUR, preview: 'f'.repeat(64), words },
});
export const standing = (over: Partial<Standing>): Standing => ({
  ...{
    direction: 'earlier',
    operator: 'jio',
    isOpen: false,
    answer: undefined,
    reissuedOn: undefined,
    reversedOn: undefined,
    reissuedAt: undefined,
    begunAt: 0,
    ported: undefined,
    ...over,
  },
});
export const answered = (outcome: string, day: number) =>
  standing({ answer: { outcome, on: dateOf(day), at: beginOf(day) } });
