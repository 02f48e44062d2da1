import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { keepRun } from './kept.ts';
import type { Told } from './run.ts';

it('is kept of a run that broke a rule: the rule, what was seen with its writes in their order, and what was logged', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kept-'));
  try {
    const seen = { outbox: { 'a.csv': 'msisdn\n' }, plans: new Map([[2, 17]]) } as unknown as NonNullable<Told['seen']>;
    const told = { broken: ['mha-1: is settled'], faults: { 's3: lose': 3 }, seen, logs: ['Record: {}', 'Settle: {}'] };
    const path = keepRun(join(folder, 'out'), '71-325', told);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({
      broken: ['mha-1: is settled'],
      faults: { 's3: lose': 3 },
      seen: { outbox: { 'a.csv': 'msisdn\n' }, plans: { 2: 17 } },
    });
    expect(readFileSync(join(folder, 'out', '71-325.log'), 'utf8')).toBe('Record: {}\nSettle: {}\n');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
