import { readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { noticeLine, uploadText, workText } from '../../simulation/happenings.ts';

/** What functions log once they have written a receipt, or sent a file away. */
const RECEIPTS = /log\.info\(\s*(['"])((?:\w+(?:'s)? )+(?:recorded|answered|refused|withdrawn))\1/g;

describe('what is told of a cloud that somebody tries by hand', () => {
  it.each([
    ['reports/mha/+919800000001.csv', 'mha uploads a report, 1,234 bytes'],
    ['usage/airtel/35100000000001.csv', 'airtel uploads usage, 1,234 bytes'],
    ['responses/jio/mha-0123456789ab.reverify.jio.1-0-0/9800000001.csv', 'jio uploads a response, 1,234 bytes'],
    // An id that nobody configured may be a number itself.
    ['reports/9800000001/r.csv', 'an agency that is not configured uploads a report, 1,234 bytes'],
    ['lookups/caseworker-1/l.csv', 'caseworker-1 uploads lookups, 1,234 bytes'],
    ['appeals/9800000001/a.csv', 'a caseworker that is not configured uploads appeals, 1,234 bytes'],
    ['usage/9800000001/u.csv', 'an operator that is not configured uploads usage, 1,234 bytes'],
    ['reports/mha/9800000001.xlsx', 'an upload lies in no agreed place (not_a_csv_name), 1,234 bytes'],
  ])('names the uploader of %s, and never the file, whose name may be a number', (key, text) => {
    expect(uploadText(key, 1234, ['mha', 'airtel', 'jio', 'caseworker-1'])).toBe(text);
    expect(uploadText(key, 1234, ['mha', 'airtel', 'jio', 'caseworker-1'])).not.toMatch(/9800000001|35100000000001/);
  });

  it('tells of the work by what functions log of it, ids and counts', () => {
    const line = (fields: object) => `dev-workflow-order ${JSON.stringify({ level: 'INFO', ...fields })}`;
    const directionId = 'mha-0123456789ab.reverify.jio.1-0-0';
    expect(workText(line({ message: 'order issued', directionId, rung: 1, order: 'reverify', rows: 7 }))).toBe(
      `order issued: order reverify, rows 7, directionId ${directionId}`,
    );
    expect(workText(line({ message: 'response recorded', directionId, rows: 2 }))).toBe(
      `receipt written: response recorded: rows 2, directionId ${directionId}`,
    );
    expect(workText(line({ message: 'batch settled', batchId: 'mha-0123456789ab', msisdn: '+919800000001' }))).toBe(
      'batch settled: batchId mha-0123456789ab',
    );
    const reversal = 'caseworker-1-0123456789ab';
    const caseworker = 'caseworker-1';
    const filed = { message: 'appeal recorded', caseworker, subjects: 2, batchId: reversal };
    expect(workText(line(filed))).toBe(`appeal recorded: batchId ${reversal}, caseworker caseworker-1, subjects 2`);
    expect(workText(line({ message: "caseworker's file refused", caseworker, why: 'empty_file' }))).toBe(
      "caseworker's file refused: caseworker caseworker-1, why empty_file",
    );
    for (const none of [
      line({ message: 'swept' }),
      line({ message: 'toString' }),
      'START RequestId',
      '{"_aws":{}}',
      '',
    ])
      expect(workText(none)).toBeUndefined();
  });

  it('tells of each receipt that a function writes', async () => {
    const told = new Set<string>();
    for await (const path of glob('lambdas/*/*.ts'))
      for (const [, , message = ''] of readFileSync(path, 'utf8').matchAll(RECEIPTS)) told.add(message);
    expect(told.size).toBeGreaterThan(10);
    for (const message of told) expect(workText(JSON.stringify({ message })), message).toMatch(message);
  });

  it('tells of a notice by its kind and whom it is about', () => {
    expect(
      noticeLine('{"kind":"order","operator":"jio","order":"reverify","batchId":"mha-0123456789ab","rows":3}'),
    ).toBe('notice order about jio: reverify, mha-0123456789ab');
    expect(noticeLine('{"kind":"batch_registered","agency":"mha","batchId":"b"}')).toBe(
      'notice batch_registered about mha: b',
    );
    expect(noticeLine('{"kind":"stray_object","key":"x/9800000001"}')).toBe('notice stray_object');
    expect(noticeLine('{"kind":"stray_object","why":"unknown_agency","key":"x/9800000001"}')).toBe(
      'notice stray_object: unknown_agency',
    );
    expect(noticeLine('{"kind":"stray_object","why":"9800000001"}')).toBe('notice stray_object');
    expect(noticeLine('no JSON')).toBe('notice without a kind');
  });
});
