import { describe, expect, test } from 'vitest';
import type { Day } from '../../lambdas/domain/days.ts';
import type { ApproverId, BatchId, CaseworkerId, DirectionId, OperatorId } from '../../lambdas/domain/identifiers.ts';
import {
  backOrderKey,
  booksPattern,
  digestKeys,
  elsewhereKey,
  explanationKey,
  failedOrderKey,
  handsetsKey,
  handsetsPattern,
  lateRevocationKeys,
  OUTBOX,
  orderKey,
  previewKeys,
  previewPatterns,
  receiptKey,
  rejectsKey,
  revocationKeys,
  revocationPatterns,
  summaryKey,
  summaryPattern,
  takenReceiptKey,
  withdrawalKeys,
} from '../../lambdas/domain/outbox.ts';
import { fits } from './patterns.ts';

const batch = 'mha-0123456789ab' as BatchId;
const direction = 'mha-0123456789ab.reverify.jio.7-0-1' as DirectionId;
const jio = 'jio' as OperatorId;
const approver = 'approver-1' as ApproverId;
const caseworker = 'caseworker-1' as CaseworkerId;
const day = '2026-06-17' as Day;
const sha256 = 'deadbeef'.repeat(8);

test('every object of the outbox has its agreed place', () => {
  expect(orderKey(jio, direction, 2, 'bar_outgoing')).toBe(`orders/jio/${direction}/2-bar_outgoing.csv`);
  expect(backOrderKey(jio, direction, sha256)).toBe(`orders/jio/${direction}/back-deadbeef-restore.csv`);
  expect(failedOrderKey(jio, direction, sha256)).toBe(`orders/jio/${direction}/failed-deadbeef-disconnect.csv`);
  expect(receiptKey(jio, direction, 'a b.csv', sha256)).toBe(`receipts/jio/${direction}/a b.csv.deadbeef.json`);
  expect(receiptKey(jio, direction, 'a b.csv', null)).toBe(`receipts/jio/${direction}/a b.csv.unread.json`);
  expect(takenReceiptKey(jio, direction, 'a b.csv', sha256)).toBe(`receipts/jio/${direction}/a b.csv.${sha256}.json`);
  expect(receiptKey(approver, batch, 'yes.csv', sha256)).toBe(`receipts/approver-1/${batch}/yes.csv.deadbeef.json`);
  expect(receiptKey(caseworker, 'lookups', 'june.csv', sha256)).toBe(
    'receipts/caseworker-1/lookups/june.csv.deadbeef.json',
  );
  expect(explanationKey(caseworker, 'june.csv', sha256)).toBe('explanations/caseworker-1/june.deadbeef.json');
  expect(previewKeys(batch)).toEqual({
    json: 'previews/mha-0123456789ab/preview.json',
    html: 'previews/mha-0123456789ab/preview.html',
    held: 'previews/mha-0123456789ab/held.csv',
  });
  expect(rejectsKey(jio, 'june.csv')).toBe('rejects/jio/june.csv');
  expect(digestKeys(day)).toEqual({
    json: 'reports/daily/2026-06-17.json',
    html: 'reports/daily/2026-06-17.html',
  });
  expect(summaryKey(batch)).toBe('batches/mha-0123456789ab/summary.json');
  expect(elsewhereKey(batch)).toBe('batches/mha-0123456789ab/elsewhere.csv');
  expect(handsetsKey(batch)).toBe('batches/mha-0123456789ab/handsets.csv');
  expect(revocationKeys(day, batch)).toEqual({
    csv: 'revocations/2026-06-17/mha-0123456789ab.csv',
    json: 'revocations/2026-06-17/mha-0123456789ab.json',
  });
  expect(withdrawalKeys('2026-06-18' as Day, batch, sha256).csv).toBe(
    `revocations/2026-06-18/${batch}.withdrawn-${sha256.slice(0, 8)}.csv`,
  );
  expect(lateRevocationKeys('2026-06-18' as Day, batch, sha256)).toEqual({
    csv: 'revocations/2026-06-18/mha-0123456789ab.late-deadbeef.csv',
    json: 'revocations/2026-06-18/mha-0123456789ab.late-deadbeef.json',
  });
});

describe('the patterns of the outbox', () => {
  const keys = {
    orders: [orderKey(jio, direction, 2, 'bar_outgoing'), failedOrderKey(jio, direction, sha256)],
    receipts: [receiptKey(jio, direction, 'a.csv', sha256), takenReceiptKey(jio, direction, 'a.csv', sha256)],
    rejects: [rejectsKey(jio, 'june.csv')],
    previews: Object.values(previewKeys(batch)),
    batches: [summaryKey(batch), elsewhereKey(batch), handsetsKey(batch)],
    revocations: [revocationKeys(day, batch), lateRevocationKeys(day, batch, sha256)].flatMap(({ csv, json }) => [
      csv,
      json,
    ]),
    explanations: [explanationKey(caseworker, 'a.csv', sha256)],
    reports: Object.values(digestKeys(day)),
  };

  test.each(Object.entries(OUTBOX))('%s: fit its own keys and no others', (name, { prefix, pattern }) => {
    expect(keys).toHaveProperty(name);
    for (const [other, made] of Object.entries(keys))
      for (const key of made) {
        expect(fits(pattern, key)).toBe(other === name);
        expect(key.startsWith(prefix)).toBe(other === name);
      }
  });

  test.each(['orders', 'receipts', 'rejects'] as const)(
    "%s: an operator's fit its own keys, and nobody else's",
    (name) => {
      for (const key of keys[name])
        for (const id of ['jio', 'ji', 'jio2', 'airtel'])
          expect(fits(OUTBOX[name].patternOf(id), key)).toBe(id === 'jio');
    },
  );

  test("a caseworker's fit all files of the batches that it filed, and nobody else's", () => {
    const own = 'caseworker-1-0123456789ab' as BatchId;
    for (const key of [summaryKey(own), elsewhereKey(own), 'batches/caseworker-1-0123456789ab/appeals.csv'])
      for (const id of ['caseworker-1', 'caseworker', 'caseworker-11', 'mha'])
        expect(fits(booksPattern(id), key)).toBe(id === 'caseworker-1');
    expect(fits(booksPattern('up'), summaryKey('up-police-0123456789ab' as BatchId))).toBe(false);
  });

  test("an agency's fit what is published of its batches, and of no agency whose name begins alike", () => {
    const ofPolice = 'up-police-0123456789ab' as BatchId;
    const ofUp = 'up-0123456789ab' as BatchId;
    const patterns = (agency: string) => [
      summaryPattern(agency),
      handsetsPattern(agency),
      ...Object.values(previewPatterns(agency)),
      revocationPatterns(agency).csv,
      revocationPatterns(agency).json,
    ];
    const of = (id: BatchId) => [
      summaryKey(id),
      handsetsKey(id),
      ...Object.values(previewKeys(id)),
      revocationKeys(day, id).csv,
      revocationKeys(day, id).json,
    ];
    for (const [agency, own, other] of [['up', ofUp, ofPolice] as const, ['up-police', ofPolice, ofUp] as const])
      for (const [n, pattern] of patterns(agency).entries()) {
        expect(of(own).map((key) => fits(pattern, key))).toEqual(of(own).map((_, at) => at === n));
        expect(of(other).some((key) => fits(pattern, key))).toBe(false);
      }
    expect(fits(summaryPattern('up'), elsewhereKey(ofUp))).toBe(false);
    for (const keysOf of [lateRevocationKeys, withdrawalKeys])
      expect(fits(revocationPatterns('up').csv, keysOf(day, ofUp, sha256).csv)).toBe(false);
  });
});
