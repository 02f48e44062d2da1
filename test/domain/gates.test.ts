import { describe, expect, it } from 'vitest';
import { readCsv } from '../../lambdas/domain/csv.ts';
import type { Instant } from '../../lambdas/domain/days.ts';
import { brokenRules, type ImportedFile, weigh, withImported } from '../../lambdas/domain/gates.ts';
import type { OperatorId } from '../../lambdas/domain/identifiers.ts';
import { USAGE_COLUMNS } from '../../lambdas/domain/sightings.ts';
import { DEFAULT_POLICY } from '../../lib/config/policy.ts';

/** The contract's. */
const LIMITS = {
  rows: 100,
  rejectedPercent: 5,
  samePercent: 20,
  fewestPercent: 50,
  mostPercent: 300,
  files: 10,
  fewestFiles: 3,
};
const FILE = { operator: 'jio' as OperatorId, uploadedAt: '2026-06-01T00:00:00Z' as Instant };
const NEW = { at: '2026-06-01T00:00:00Z' as Instant, key: 'usage/jio/new.csv' };

const row = (imei: number, number: number) =>
  `3500000${String(imei).padStart(7, '0')},98${String(number).padStart(8, '0')},2026-05-30\n`;
const rows = (count: number, of: (n: number) => string) => Array.from({ length: count }, (_, n) => of(n)).join('');
const weighed = (text: string, limits = LIMITS) => {
  let reads = 0;
  const bytes = [Buffer.from(`imei,msisdn,last_seen\n${text}`)];
  const read = () => {
    reads += 1;
    return readCsv(bytes, USAGE_COLUMNS);
  };
  return weigh(read, FILE, limits).then((found) => ({ found, reads }));
};
const file = (n: number, good: number, at = `2026-05-${String(n).padStart(2, '0')}T00:00:00Z`): ImportedFile => ({
  upload: String(n),
  at: at as Instant,
  key: `usage/jio/${n}.csv`,
  good,
});
const broken = (found: Partial<Parameters<typeof brokenRules>[0]>, earlier: ImportedFile[] = []) =>
  brokenRules({ rows: 1000, good: 1000, oneHandset: 0, oneNumber: 0, ...found }, NEW, earlier, LIMITS);

it('the defaults of the policy are those of the contract', () => {
  const { gateRows, gateRejectedPercent, gateSamePercent, gateFewestPercent, gateMostPercent } = DEFAULT_POLICY;
  expect([gateRows, gateRejectedPercent, gateSamePercent, gateFewestPercent, gateMostPercent]).toEqual([
    100, 5, 20, 50, 300,
  ]);
  expect([DEFAULT_POLICY.gateFiles, DEFAULT_POLICY.gateFewestFiles]).toEqual([10, 3]);
});

describe('what is weighed of a file', () => {
  it('of fewer than 100 rows is nothing, and of 100 its rows and its good ones', async () => {
    expect((await weighed(rows(99, (n) => row(n, n)))).found).toBeUndefined();
    const text = `${rows(97, (n) => row(n, n))}no,9800000000,2026-05-30\n35000000000001,12,2026-05-30\na,b\n`;
    expect(await weighed(text)).toEqual({ found: { rows: 100, good: 97, oneHandset: 0, oneNumber: 0 }, reads: 1 });
  });

  it('is whom more than 20 % of its good rows name, exactly; of 20 % nothing is said', async () => {
    // 200 good rows: 40 of handset 1 are 20 %, 41 are more. Rejected ones have no part in it.
    const bad = rows(10, () => '35000000000001,bad,2026-05-30\n');
    const handset = (many: number) => rows(200, (n) => row(n < many ? 1 : 1000 + n, n)) + bad;
    expect((await weighed(handset(40))).found).toEqual({ rows: 210, good: 200, oneHandset: 0, oneNumber: 0 });
    expect((await weighed(handset(41))).found).toEqual({ rows: 210, good: 200, oneHandset: 41, oneNumber: 0 });
    const number = (many: number) => rows(200, (n) => row(n, n < many ? 1 : 1000 + n));
    expect((await weighed(number(41))).found).toEqual({ rows: 200, good: 200, oneHandset: 0, oneNumber: 41 });
  });

  it('is the same wherever the frequent ones stand, and among however many others', async () => {
    // 12,000 rows of 9,600 other handsets: those in one place, spread, and all at the end.
    const others = Array.from({ length: 9600 }, (_, n) => row(10_000 + n, n));
    const same = Array.from({ length: 2401 }, (_, n) => row(7, 50_000 + n));
    const spread =
      others.flatMap((line, n) => (n % 4 === 0 ? [line, same[n / 4] ?? ''] : [line])).join('') + (same[2400] ?? '');
    for (const text of [others.join('') + same.join(''), same.join('') + others.join(''), spread])
      expect((await weighed(text)).found).toEqual({ rows: 12_001, good: 12_001, oneHandset: 2401, oneNumber: 0 });
    const fewer = others.join('') + same.slice(0, 2400).join('');
    expect((await weighed(fewer)).found).toMatchObject({ good: 12_000, oneHandset: 0 });
  });

  it('ends at its fault: the rows before it are weighed', async () => {
    const text = `${rows(150, (n) => row(n < 50 ? 1 : n, n))}x,"y,z\n${rows(500, (n) => row(n, n))}`;
    expect((await weighed(text)).found).toEqual({ rows: 150, good: 150, oneHandset: 50, oneNumber: 0 });
    expect(
      (await weighed(`${rows(99, (n) => row(n, n))}x,"y,z\n${rows(500, (n) => row(n, n))}`)).found,
    ).toBeUndefined();
  });

  it('is nothing where its rows cannot be read: that says nothing of the file', async () => {
    const text = `imei,msisdn,last_seen\n${rows(150, (n) => row(n, n))}`;
    async function* breaking() {
      yield Buffer.from(text);
      throw new Error('the connection was lost');
    }
    await expect(weigh(() => readCsv(breaking(), USAGE_COLUMNS), FILE, LIMITS)).rejects.toThrow(
      'the connection was lost',
    );
  });
});

describe('a file is gated', () => {
  it('when more than 5 % of its rows are rejected', () => {
    expect(broken({ good: 950 })).toEqual([]);
    expect(broken({ good: 949 })).toEqual([{ rule: 'rejected_share', limit: 50, found: 51, of: 1000 }]);
    // 5 % of 119 are 5.95.
    expect(broken({ rows: 119, good: 114 })).toEqual([]);
    expect(broken({ rows: 119, good: 113 })).toEqual([{ rule: 'rejected_share', limit: 5, found: 6, of: 119 }]);
    expect(broken({ rows: 100, good: 0 })).toEqual([{ rule: 'rejected_share', limit: 5, found: 100, of: 100 }]);
  });

  it('when one handset or one number stands out; each rule is told', () => {
    expect(broken({ rows: 1000, good: 990, oneHandset: 300, oneNumber: 199 })).toEqual([
      { rule: 'one_handset', limit: 198, found: 300, of: 990 },
      { rule: 'one_number', limit: 198, found: 199, of: 990 },
    ]);
  });

  it('when it has fewer good rows than half, or more than three times, the median of earlier files', () => {
    const earlier = [file(1, 100), file(2, 400), file(3, 1000)];
    expect(broken({ rows: 200, good: 200 }, earlier)).toEqual([]);
    expect(broken({ rows: 199, good: 199 }, earlier)).toEqual([
      { rule: 'too_few_rows', limit: 200, found: 199, of: 400 },
    ]);
    expect(broken({ rows: 1200, good: 1200 }, earlier)).toEqual([]);
    expect(broken({ rows: 1201, good: 1201 }, earlier)).toEqual([
      { rule: 'too_many_rows', limit: 1200, found: 1201, of: 400 },
    ]);
    // Of four the mean of the middle two: 402.5, of which half are 201.25, and three times 1,207.5.
    const four = [...earlier, file(4, 405)];
    expect(broken({ rows: 202, good: 202 }, four)).toEqual([]);
    expect(broken({ rows: 201, good: 201 }, four)).toEqual([
      { rule: 'too_few_rows', limit: 202, found: 201, of: 402.5 },
    ]);
    expect(broken({ rows: 1207, good: 1207 }, four)).toEqual([]);
    expect(broken({ rows: 1208, good: 1208 }, four)).toEqual([
      { rule: 'too_many_rows', limit: 1207, found: 1208, of: 402.5 },
    ]);
  });

  it('by no size before three files', () => {
    expect(broken({ rows: 100, good: 100 }, [file(1, 9000), file(2, 9000)])).toEqual([]);
    // Where a stage asks for none: there is nothing to compare the first one with.
    const weighed = { rows: 100, good: 100, oneHandset: 0, oneNumber: 0 };
    expect(brokenRules(weighed, NEW, [], { ...LIMITS, fewestFiles: 0 })).toEqual([]);
  });

  it('by the last ten that were uploaded before it, of one second by their keys; others have no part in it', () => {
    const small = Array.from({ length: 10 }, (_, n) => file(n + 1, 1000));
    const large = Array.from({ length: 10 }, (_, n) => file(n + 11, 1_000_000));
    // In whatever order they were imported: the last ten are large, and 1,000 rows are too few.
    expect(broken({}, [...large, ...small])).toEqual([
      { rule: 'too_few_rows', limit: 500_000, found: 1000, of: 1_000_000 },
    ]);
    const later = large.map((one) => ({ ...one, at: '2026-06-01T00:00:01Z' as Instant }));
    expect(broken({}, [...later, ...small])).toEqual([]);
    const sameSecond = (key: string) =>
      large.map((one, n) => ({ ...one, at: NEW.at, key: `usage/jio/${key}-${n}.csv` }));
    expect(broken({}, [...sameSecond('z'), ...small])).toEqual([]);
    expect(broken({}, [...sameSecond('a'), ...small])).toHaveLength(1);
    // Nor has what was noted of the same upload, by an import that is done again: with it there would be three.
    const itself = { ...NEW, upload: 'new', good: 1000 };
    expect(broken({}, [file(1, 9000), file(2, 9000), itself])).toEqual([]);
  });
});

describe('the files that later ones are compared with', () => {
  it('have each once, in the order of their uploads', () => {
    const files = [file(1, 100), file(3, 300)];
    expect(withImported(files, file(2, 200)).map(({ upload }) => upload)).toEqual(['1', '2', '3']);
    expect(withImported(files, file(3, 300))).toEqual(files);
  });

  it('are the last 100 that were uploaded: one that comes late finds those before it', () => {
    const at = (n: number) => new Date(Date.UTC(2026, 0, 1) + n * 86_400_000).toISOString().replace('.000', '');
    const all = Array.from({ length: 100 }, (_, n) => file(n, n, at(n)));
    const next = withImported(all, file(100, 100, at(100)));
    expect(next.map(({ upload }) => Number(upload))).toEqual(Array.from({ length: 100 }, (_, n) => n + 1));
    expect(withImported(next, file(0, 0, at(0)))).toEqual(next);
  });
});
