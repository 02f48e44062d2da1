import { describe, expect, it } from 'vitest';
import type { Instant } from '../../lambdas/domain/days.ts';
import type { ApproverId } from '../../lambdas/domain/identifiers.ts';
import { admissionsFile } from '../../lib/commands/admit.ts';
import { run } from './command.ts';

describe('the file of npm run admit', () => {
  const of = (at: string) =>
    admissionsFile('approver-1' as ApproverId, { key: 'usage/jio/a, b.csv', version: 'v1' }, at as Instant);

  it("names key and version, and lies in the approver's own folder", () => {
    const { key, text, receipt } = of('2026-06-01T00:00:00Z');
    expect(text).toBe('key,version,made_at\n"usage/jio/a, b.csv",v1,2026-06-01T00:00:00Z\n');
    expect(key).toMatch(/^admissions\/approver-1\/[0-9a-f]{16}-20260601T000000Z\.csv$/);
    const name = key.split('/')[2];
    expect(receipt).toMatch(new RegExp(`^receipts/approver-1/admissions/${name}\\.[0-9a-f]{8}\\.json$`));
  });

  it('is another one when it is made again: the same bytes would have the same receipt', () => {
    expect(of('2026-06-01T00:00:01Z').text).not.toBe(of('2026-06-01T00:00:00Z').text);
    expect(of('2026-06-01T00:00:01Z').key).not.toBe(of('2026-06-01T00:00:00Z').key);
  });
});

describe('npm run admit', () => {
  it.each([
    [['usage/jio/a.csv'], 'name one upload'],
    [['reports/mha/a.csv', 'v1'], "is no usage file's key"],
    [['usage/jio/a.csv', 'v1', 'v2'], 'name one upload'],
  ])('takes no other line than a key and a version: %j', async (args, why) => {
    const { code, complained } = await run('admit', args, 'http://127.0.0.1:1');
    expect(code).toBe(2);
    expect(complained).toContain(why);
  });
});
