/** The parts of previews, and helpers for tests of them. */
import { expect } from 'vitest';
import type { Imei, Msisdn, OperatorId } from '../../lambdas/domain/identifiers.ts';
import { previewOf } from '../../lambdas/domain/preview.ts';
import { PreviewCount, type PreviewCounts } from '../../lambdas/domain/preview-count.ts';
import { type GatheredLink, gatheredLine } from '../../lambdas/domain/sightings.ts';
import { agency, at, batchId, day, imei, jio, msisdn } from './example.ts';

export const clone = imei('35200000000001');
export const plain = imei('35200000000002');
export const link = (
  number: string,
  lastSeen: string,
  operator: string,
  more: Partial<GatheredLink> = {},
): GatheredLink => ({
  msisdn: number.startsWith('+') ? (number as Msisdn) : msisdn(number),
  imei: plain,
  lastSeen: day(lastSeen),
  operator: operator as OperatorId,
  lsa: 'Delhi',
  ...more,
});
export const text = (links: readonly GatheredLink[]) =>
  Buffer.from(links.map((one) => `${gatheredLine(one)}\n`).join(''));
export async function* cut(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += size) yield new Uint8Array(bytes.subarray(from, from + size));
}
export async function counted(
  links: readonly GatheredLink[],
  held: readonly Imei[] = [],
  size = 64,
): Promise<PreviewCounts> {
  const count = new PreviewCount(batchId, held);
  expect(await count.add(cut(text(links), size))).toBe(links.length);
  return count.counts();
}
export const plainly = ({ linked, linkedOnlyByHeld, byOperator, areas }: PreviewCounts) => ({
  linked,
  linkedOnlyByHeld,
  byOperator: Object.fromEntries(byOperator),
  areas: areas.map((one) => ({ ...one, byOperator: Object.fromEntries(one.byOperator) })),
});

export const reportSha256 = 'ab'.repeat(32);
export const counts: PreviewCounts = {
  linked: 1_950_000,
  linkedOnlyByHeld: 13_480,
  byOperator: new Map([
    [jio, 1_900_000],
    ['vi' as OperatorId, 50_000],
  ]),
  areas: [
    { area: 'Delhi', numbers: 1_900_000, byOperator: new Map([[jio, 1_900_000]]) },
    { area: '<b>UP</b> & "West"', numbers: 50_000, byOperator: new Map([['vi' as OperatorId, 50_000]]) },
  ],
};
export const preview = previewOf({
  batchId,
  agency,
  file: 'reports/mha/<june> & July.csv',
  sha256: reportSha256,
  report: { rows: 300, rejected: 11, repeats: 7, handsets: 282 },
  held: 1,
  people: 2,
  decideBy: at('2026-06-03T04:20:00Z'),
  counts,
  operators: new Map([
    [jio, { latestImport: at('2026-05-31T20:30:00Z'), gated: 1 }],
    ['airtel' as OperatorId, { latestImport: null, gated: 0 }],
  ]),
});
