import { describe, expect, test } from 'vitest';
import type { Day } from '../../lambdas/domain/days.ts';
import type { ApproverId, BatchId, DirectionId, OperatorId } from '../../lambdas/domain/identifiers.ts';
import {
  elsewhereKey,
  failedOrderKey,
  lateRevocationKeys,
  orderKey,
  parseInboxKey,
  previewKeys,
  receiptKey,
  rejectsKey,
  revocationKeys,
  summaryKey,
  takenReceiptKey,
} from '../../lambdas/domain/keys.ts';

const batch = 'mha-0123456789ab' as BatchId;
const direction = 'mha-0123456789ab.reverify.jio.7-0-1' as DirectionId;
const jio = 'jio' as OperatorId;
const approver = 'approver-1' as ApproverId;
const sha256 = 'deadbeef'.repeat(8);

describe('a key of the inbox', () => {
  test('of a report names its agency', () => {
    expect(parseInboxKey('reports/mha/june.csv')).toEqual({ kind: 'report', agency: 'mha', name: 'june.csv' });
  });
  test('of a usage file names its operator', () => {
    expect(parseInboxKey('usage/jio/2026-06.csv')).toEqual({ kind: 'usage', operator: 'jio', name: '2026-06.csv' });
  });
  test('of a response names its operator and the direction, be it one or not', () => {
    for (const directionId of [direction, 'whatever']) {
      expect(parseInboxKey(`responses/jio/${directionId}/part 1.csv`)).toEqual({
        kind: 'response',
        operator: 'jio',
        directionId,
        name: 'part 1.csv',
      });
    }
  });
  test('of a decision names its approver and the batch, be it one or not', () => {
    for (const batchId of [batch, 'whatever'])
      expect(parseInboxKey(`decisions/approver-1/${batchId}/yes.csv`)).toEqual({
        kind: 'decision',
        approver,
        batchId,
        name: 'yes.csv',
      });
  });
  test('of exemptions names its approver', () => {
    expect(parseInboxKey('exemptions/approver-1/june.csv')).toEqual({ kind: 'exemption', approver, name: 'june.csv' });
  });
  test.each([
    'जून रिपोर्ट.csv',
    'a b+c%20d.csv',
    `it's "quoted".csv`,
    'back\\slash.csv',
    '.hidden.csv',
    '..csv',
    'a.csv.csv',
    '=1+1.csv',
    'new\nline.csv',
  ])('may have the name %j', (name) => {
    expect(parseInboxKey(`reports/mha/${name}`)).toEqual({ kind: 'report', agency: 'mha', name });
    expect(parseInboxKey(`usage/jio/${name}`)).toEqual({ kind: 'usage', operator: 'jio', name });
  });
  test.each([
    ['', 'unknown_place'],
    ['june.csv', 'unknown_place'],
    ['/reports/mha/june.csv', 'unknown_place'],
    ['reports/june.csv', 'unknown_place'],
    ['reports/mha/2026/june.csv', 'unknown_place'],
    ['reports//mha/june.csv', 'unknown_place'],
    ['Reports/mha/june.csv', 'unknown_place'],
    ['incoming/mha/june.csv', 'unknown_place'],
    ['usage/jio/a/b.csv', 'unknown_place'],
    ['responses/jio/answer.csv', 'unknown_place'],
    ['responses/jio//answer.csv', 'unknown_place'],
    [`responses/jio/${direction}/a/b.csv`, 'unknown_place'],
    ['responses/jio/../a.csv', 'unknown_place'],
    ['responses/jio/./a.csv', 'unknown_place'],
    ['reports/mha/\ud800.csv', 'unknown_place'],
    ['responses/jio/\udfff/a.csv', 'unknown_place'],
    ['constructor/mha/june.csv', 'unknown_place'],
    ['decisions/approver-1/yes.csv', 'unknown_place'],
    ['decisions/approver-1//yes.csv', 'unknown_place'],
    ['decisions/approver-1/../yes.csv', 'unknown_place'],
    [`exemptions/approver-1/${batch}/yes.csv`, 'unknown_place'],
    ['decisions/approver-1/x/yes.txt', 'not_a_csv_name'],
    ['decisions/Approver-1/x/yes.csv', 'bad_approver'],
    ['exemptions/approver_1/yes.csv', 'bad_approver'],
    ['exemptions//yes.csv', 'bad_approver'],
    ['reports/mha/', 'not_a_csv_name'],
    ['reports/mha/.csv', 'not_a_csv_name'],
    ['reports/mha/june.xlsx', 'not_a_csv_name'],
    ['reports/mha/june.csv.gz', 'not_a_csv_name'],
    ['reports/mha/JUNE.CSV', 'not_a_csv_name'],
    ['reports/MHA/june.csv', 'bad_agency'],
    ['reports//june.csv', 'bad_agency'],
    ['reports/m h a/june.csv', 'bad_agency'],
    ['reports/../june.csv', 'bad_agency'],
    ['usage/an-operator-of-many/june.csv', 'bad_operator'],
    [`responses/Jio/${direction}/a.csv`, 'bad_operator'],
    [`reports/mha/${'x'.repeat(885)}.csv`, 'key_too_long'],
    [`reports/mha/${'क'.repeat(300)}.csv`, 'key_too_long'],
  ])('%j is outside the agreed places', (key, why) => {
    expect(parseInboxKey(key)).toEqual({ kind: 'stray', why });
  });
  test('has up to 900 bytes, so that its receipt has a key as well', () => {
    const before = `responses/jio/${direction}/`;
    const key = `${before}${'x'.repeat(900 - before.length - 4)}.csv`;
    const read = parseInboxKey(key);
    expect(read.kind).toBe('response');
    for (const keyOf of [receiptKey, takenReceiptKey])
      expect(Buffer.byteLength(keyOf(jio, direction, key.slice(before.length), sha256))).toBeLessThan(1024);
  });
});

test('every object of the outbox has its agreed place', () => {
  expect(orderKey(jio, direction, 2, 'bar_outgoing')).toBe(`orders/jio/${direction}/2-bar_outgoing.csv`);
  expect(failedOrderKey(jio, direction, sha256)).toBe(`orders/jio/${direction}/failed-deadbeef-disconnect.csv`);
  expect(receiptKey(jio, direction, 'a b.csv', sha256)).toBe(`receipts/jio/${direction}/a b.csv.deadbeef.json`);
  expect(receiptKey(jio, direction, 'a b.csv', null)).toBe(`receipts/jio/${direction}/a b.csv.unread.json`);
  expect(takenReceiptKey(jio, direction, 'a b.csv', sha256)).toBe(`receipts/jio/${direction}/a b.csv.${sha256}.json`);
  expect(receiptKey(approver, batch, 'yes.csv', sha256)).toBe(`receipts/approver-1/${batch}/yes.csv.deadbeef.json`);
  expect(previewKeys(batch)).toEqual({
    json: 'previews/mha-0123456789ab/preview.json',
    html: 'previews/mha-0123456789ab/preview.html',
    held: 'previews/mha-0123456789ab/held.csv',
  });
  expect(rejectsKey(jio, 'june.csv')).toBe('rejects/jio/june.csv');
  expect(summaryKey(batch)).toBe('batches/mha-0123456789ab/summary.json');
  expect(elsewhereKey(batch)).toBe('batches/mha-0123456789ab/elsewhere.csv');
  expect(revocationKeys('2026-06-17' as Day, batch)).toEqual({
    csv: 'revocations/2026-06-17/mha-0123456789ab.csv',
    json: 'revocations/2026-06-17/mha-0123456789ab.json',
  });
  expect(lateRevocationKeys('2026-06-18' as Day, batch, sha256)).toEqual({
    csv: 'revocations/2026-06-18/mha-0123456789ab.late-deadbeef.csv',
    json: 'revocations/2026-06-18/mha-0123456789ab.late-deadbeef.json',
  });
});
