import { describe, expect, test } from 'vitest';
import type { ApproverId, BatchId, DirectionId, OperatorId } from '../../lambdas/domain/identifiers.ts';
import { INBOX, ownerOf, parseInboxKey } from '../../lambdas/domain/inbox.ts';
import { combinedReceiptKey, receiptKey, takenReceiptKey } from '../../lambdas/domain/outbox.ts';
import { fits } from './patterns.ts';

const batch = 'mha-0123456789ab' as BatchId;
const direction = 'mha-0123456789ab.reverify.jio.7-0-1' as DirectionId;
const jio = 'jio' as OperatorId;
const approver = 'approver-1' as ApproverId;
const sha256 = 'deadbeef'.repeat(8);

describe('a key of the inbox', () => {
  test('of a report names its agency', () => {
    expect(parseInboxKey('reports/mha/june.csv')).toEqual({ kind: 'report', agency: 'mha', name: 'june.csv' });
  });
  test('may end in .CSV, which stays part of the name', () => {
    expect(parseInboxKey('reports/mha/JUNE.CSV')).toEqual({ kind: 'report', agency: 'mha', name: 'JUNE.CSV' });
    expect(parseInboxKey('usage/jio/June.Csv')).toEqual({ kind: 'usage', operator: 'jio', name: 'June.Csv' });
    expect(parseInboxKey('usage/jio/.CSV')).toEqual({ kind: 'stray', why: 'not_a_csv_name' });
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
  test('of a response for all of an operator’s directions names the operator', () => {
    expect(parseInboxKey('responses/jio/all of June.CSV')).toEqual({
      kind: 'combined',
      operator: 'jio',
      name: 'all of June.CSV',
    });
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
  test('of a withdrawal names its agency and the batch, be it one or not', () => {
    for (const batchId of [batch, 'whatever'])
      expect(parseInboxKey(`withdrawals/mha/${batchId}/w.csv`)).toEqual({
        kind: 'withdrawal',
        agency: 'mha',
        batchId,
        name: 'w.csv',
      });
  });
  test('of exemptions names its approver', () => {
    expect(parseInboxKey('exemptions/approver-1/june.csv')).toEqual({ kind: 'exemption', approver, name: 'june.csv' });
  });
  test('of a lookup, or of an appeal, names its caseworker', () => {
    for (const [folder, kind] of [
      ['lookups', 'lookup'],
      ['appeals', 'appeal'],
    ])
      expect(parseInboxKey(`${folder}/caseworker-1/june.csv`)).toEqual({
        kind,
        caseworker: 'caseworker-1',
        name: 'june.csv',
      });
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
    ['responses/answer.csv', 'unknown_place'],
    ['responses/jio/answer.txt', 'not_a_csv_name'],
    ['responses/Jio/answer.csv', 'bad_operator'],
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
    [`admissions/approver-1/${batch}/yes.csv`, 'unknown_place'],
    ['decisions/approver-1/admissions/yes.csv', 'unknown_place'],
    ['admissions/approver_1/yes.csv', 'bad_approver'],
    ['decisions/approver-1/x/yes.txt', 'not_a_csv_name'],
    ['decisions/Approver-1/x/yes.csv', 'bad_approver'],
    ['exemptions/approver_1/yes.csv', 'bad_approver'],
    ['exemptions//yes.csv', 'bad_approver'],
    ['lookups/june.csv', 'unknown_place'],
    [`appeals/caseworker-1/${batch}/june.csv`, 'unknown_place'],
    ['lookups/caseworker-1/june.txt', 'not_a_csv_name'],
    ['lookups/Caseworker-1/june.csv', 'bad_caseworker'],
    ['appeals//june.csv', 'bad_caseworker'],
    ['reports/mha/', 'not_a_csv_name'],
    ['reports/mha/.csv', 'not_a_csv_name'],
    ['reports/mha/june.xlsx', 'not_a_csv_name'],
    ['reports/mha/june.csv.gz', 'not_a_csv_name'],
    ['reports/mha/JUNE.XLSX', 'not_a_csv_name'],
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
    const name = `${'x'.repeat(900 - 'responses/jio/'.length - 4)}.csv`;
    expect(parseInboxKey(`responses/jio/${name}`).kind).toBe('combined');
    expect(Buffer.byteLength(combinedReceiptKey(jio, name, sha256, true))).toBeLessThan(1024);
  });
});

describe('the folder that a key lies in', () => {
  test.each([
    ['reports/mha/june.txt', { kind: 'agency', id: 'mha' }],
    ['reports/mha/2026/june.csv', { kind: 'agency', id: 'mha' }],
    ['usage/jio/', { kind: 'operator', id: 'jio' }],
    ['responses/jio/answers.csv', { kind: 'operator', id: 'jio' }],
    ['decisions/approver-1/x.csv', { kind: 'approver', id: 'approver-1' }],
    ['withdrawals/mha/x.csv', { kind: 'agency', id: 'mha' }],
    // Nobody's, or of those who have no notices.
    ['reports/june.csv', undefined],
    ['lookups/caseworker-1/x.txt', undefined],
    ['constructor/mha/x.csv', undefined],
    ['x.csv', undefined],
  ])('of %s is somebody’s', (key, owner) => {
    expect(ownerOf(key)).toEqual(owner);
  });
});

describe('the patterns of the inbox', () => {
  const keys = {
    reports: 'reports/mha/june.csv',
    usage: 'usage/mha/june.csv',
    responses: `responses/mha/${direction}/a.csv`,
    decisions: `decisions/mha/${batch}/a.csv`,
    exemptions: 'exemptions/mha/a.csv',
    lookups: 'lookups/mha/a.csv',
    appeals: 'appeals/mha/a.csv',
    admissions: 'admissions/mha/a.csv',
  };
  test.each(Object.entries(INBOX))(
    '%s: fit its own keys, and of these those of the one who is named',
    (name, place) => {
      for (const [other, key] of Object.entries(keys)) {
        expect(parseInboxKey(key).kind).not.toBe('stray');
        for (const pattern of [place.pattern, `${place.prefix}*`, place.patternOf('mha')])
          expect(fits(pattern, key)).toBe(other === name);
        for (const id of ['mh', 'mha2', 'jio']) expect(fits(place.patternOf(id), key)).toBe(false);
      }
    },
  );
});
