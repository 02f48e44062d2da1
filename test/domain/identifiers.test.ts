import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type AgencyId,
  batchIdOf,
  type CaseworkerId,
  directionIdOf,
  isAgencyId,
  isBatchId,
  isImei,
  isMsisdn,
  isOperatorId,
  type Msisdn,
  type OperatorId,
  parseDirectionId,
  partOf,
  reversalIdOf,
  shardOf,
} from '../../lambdas/domain/identifiers.ts';
import { thrown } from './example.ts';

describe('ids', () => {
  test('an agency has up to 16, an operator up to 10 characters of a-z, 0-9 and -', () => {
    expect(['mha', 'up-police', 'a'.repeat(16)].every(isAgencyId)).toBe(true);
    expect(['', 'a'.repeat(17), 'MHA', 'a_b', 'a b', 'a/b', 'म', 'mha\n'].some(isAgencyId)).toBe(false);
    expect(['jio', 'v-i', 'a'.repeat(10)].every(isOperatorId)).toBe(true);
    expect(['', 'a'.repeat(11), 'Jio', 'a.b', 'jio\n'].some(isOperatorId)).toBe(false);
  });

  test('the id of a reversal follows from who filed it, where, and which upload it was', () => {
    // printf 'appeals/caseworker-1/monday.csv\n3HL4kqtJlcpXroDTDmJ' | sha256sum
    const key = 'appeals/caseworker-1/monday.csv';
    const id = reversalIdOf('caseworker-1' as CaseworkerId, key, '3HL4kqtJlcpXroDTDmJ');
    expect(id).toBe('caseworker-1-bc9fa168f59e');
    expect(isBatchId(id)).toBe(true);
    expect(reversalIdOf('caseworker-1' as CaseworkerId, key, '3HL4kqtJlcpXroDTDmK')).not.toBe(id);
  });

  test("a batch's id is its agency and the first 12 digits of its report's SHA-256", () => {
    const sha256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
    expect(batchIdOf('up-police' as AgencyId, sha256)).toBe('up-police-e3b0c44298fc');
    for (const wrong of ['e3b0c44298fc', sha256.toUpperCase(), `${sha256}0`]) {
      expect(thrown(() => batchIdOf('mha' as AgencyId, wrong))).toBe(
        'NotASha256: a SHA-256 is 64 lower-case hexadecimal digits',
      );
    }
  });
  const parts = fc.record({
    batchId: fc
      .constantFrom('mha', 'up-police', '-', 'a-0123456789ab')
      .map((agency) => batchIdOf(agency as AgencyId, '0123456789abcdef'.repeat(4))),
    kind: fc.constantFrom('reverify' as const, 'block' as const),
    operator: fc.constantFrom('jio', 'vi', 'a-1', '-').map((id) => id as OperatorId),
    plan: fc.nat(999_999_999),
    shard: fc.nat(100_000),
    n: fc.nat(100_000),
  });
  test('a direction id says its batch, kind, operator, plan, shard and number', () => {
    const id = 'mha-0123456789ab.reverify.jio.7-0-12';
    const said = {
      batchId: batchIdOf('mha' as AgencyId, '0123456789abcdef'.repeat(4)),
      kind: 'reverify' as const,
      operator: 'jio' as OperatorId,
      plan: 7,
      shard: 0,
      n: 12,
    };
    expect(directionIdOf(said)).toBe(id);
    expect(parseDirectionId(id)).toEqual({ id, ...said });
  });
  test('a direction id is read as it was made, and its execution name with a retry has at most 80 characters', () => {
    fc.assert(
      fc.property(parts, (said) => {
        const id = directionIdOf(said);
        expect(parseDirectionId(id)).toEqual({ id, ...said });
      }),
    );
    const longest = `${'a'.repeat(16)}-0123456789ab.reverify.${'o'.repeat(10)}.100000-10000-1000`;
    expect(parseDirectionId(longest)?.n).toBe(1000);
    expect(longest.length + '-99'.length).toBeLessThanOrEqual(80);
  });
  test.each([
    '',
    'mha-0123456789ab',
    'mha-0123456789ab.reverify.jio.7-0',
    'mha-0123456789ab.reverify.jio.7-0-1-2',
    'mha-0123456789ab.reverify.jio.07-0-1',
    'mha-0123456789ab.reverify.jio.7-0-1.csv',
    'mha-0123456789ab.unbar.jio.7-0-1',
    'mha-0123456789a.reverify.jio.7-0-1',
    'MHA-0123456789ab.reverify.jio.7-0-1',
    'mha-0123456789ab.reverify.jio.7-0-1\n',
    'mha-0123456789ab.reverify.jio.9999999999-0-1',
    'mha-0123456789ab.reverify.jio.7-9999999999-1',
    'mha-0123456789ab.reverify.jio.7-0-9999999999',
    'mha-0123456789ab.reverify.jio.7-01-1',
    'mha-0123456789ab.reverify.jio.7-0-01',
    'mha-0123456789ab.reverify.jio.x-0-1',
    'mha-0123456789ab.reverify.jio.7-x-1',
    'mha-0123456789ab.reverify.jio.7-0-x',
    'mha-0123456789ab.reverify..7-0-1',
    'mha-0123456789ab.reverify.Jio.7-0-1',
    'mha-0123456789ag.reverify.jio.7-0-1',
    '-0123456789ab.reverify.jio.7-0-1',
    ' mha-0123456789ab.reverify.jio.7-0-1',
    `${'a'.repeat(17)}-0123456789ab.reverify.jio.7-0-1`,
    `mha-0123456789ab.reverify.${'o'.repeat(11)}.7-0-1`,
  ])('%j is no direction id', (text) => {
    expect(parseDirectionId(text)).toBeNull();
  });
});

test('handsets and numbers are told from other texts by the form in which they are kept', () => {
  expect(isImei('49015420323751')).toBe(true);
  for (const text of [undefined, '', '4901542032375', '490154203237518', 'x49015420323751', '4901542032375x'])
    expect(isImei(text)).toBe(false);
  expect(isMsisdn('+919876543210')).toBe(true);
  // The self-check's, too.
  expect(isMsisdn('+910012345678')).toBe(true);
  for (const text of [
    undefined,
    '',
    '919876543210',
    '+91987654321',
    '+9198765432101',
    'x+919876543210',
    '+91x876543210',
  ])
    expect(isMsisdn(text)).toBe(false);
});

describe('shards', () => {
  test('follow from FNV-1a, so that they never change', () => {
    // The published test vectors of 32-bit FNV-1a: "" 811c9dc5, "a" e40c292c, "foobar" bf9cf968.
    const hash = (text: string) => shardOf(text as Msisdn, 2 ** 32);
    expect([hash(''), hash('a'), hash('foobar')]).toEqual([0x811c9dc5, 0xe40c292c, 0xbf9cf968]);
  });
  test('are divided by what the choice of the shard left of the hash', () => {
    // e40c292c is 3,826,002,220: shard 20 of 100, and 38,260,022 is left, 3 more than a multiple of 7.
    expect(shardOf('a' as Msisdn, 100)).toBe(20);
    expect(partOf('a' as Msisdn, 100, 7)).toBe(3);
  });
  test.each([2, 7, 64, 100])('take numbers in a row evenly, %i of them', (shards) => {
    const sizes = new Array<number>(shards).fill(0);
    const numbers = 1000 * shards;
    for (let n = 0; n < numbers; n++) {
      const shard = shardOf(`+91${9_800_000_000 + n}` as Msisdn, shards);
      sizes[shard] = (sizes[shard] ?? 0) + 1;
    }
    expect(sizes).toHaveLength(shards);
    expect(Math.min(...sizes)).toBeGreaterThan(850);
    expect(Math.max(...sizes)).toBeLessThan(1150);
  });
  test.each([
    [1, 5],
    [88, 44],
    [100, 10],
  ])('are divided evenly by a finer hash: one of %i into %i parts', (shards, parts) => {
    const sizes = new Array<number>(parts).fill(0);
    for (let n = 0, taken = 0; taken < 1000 * parts; n++) {
      const number = `+91${9_800_000_000 + n}` as Msisdn;
      if (shardOf(number, shards) !== shards - 1) continue;
      const part = partOf(number, shards, parts);
      sizes[part] = (sizes[part] ?? 0) + 1;
      taken += 1;
    }
    expect(sizes).toHaveLength(parts);
    expect(Math.min(...sizes)).toBeGreaterThan(800);
    expect(Math.max(...sizes)).toBeLessThan(1200);
  });
});
