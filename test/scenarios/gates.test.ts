/**
 * Usage files are weighed before they become links.
 *
 * Files of jio, one a day from 1 June on, each of 100 rows and more about handsets and numbers of its own. H1 and its number J1 are in
 * the file that is gated and in none before it.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { bucketsOf } from '../../simulation/buckets.ts';
import { Tables } from './bad-files.ts';
import { Lab } from './lab.ts';
import { A1, H1, J1 } from './story.ts';

/** The contract's gates. */
const GATES = { gateRows: '100' };

/** `count` rows of as many handsets and numbers, which no other `series` has. */
const rows = (series: number, count: number) =>
  Array.from({ length: count }, (_, n) => {
    const id = series * 10_000 + n;
    return `3511${String(id).padStart(10, '0')},98${String(id).padStart(8, '0')},2026-05-20,Delhi`;
  });
const bad = (count: number) => Array.from({ length: count }, () => 'nothing,9800000000,2026-05-20,');

let lab: Lab;
let notices: Record<'operator' | 'approver' | 'administrators', Record<string, unknown>[]>;

beforeAll(async () => {
  lab = await Lab.open({ context: GATES });
  for (const [series, count] of [100, 120, 140].entries())
    await lab.usage('jio', rows(series, count), `good-${series}.csv`);
  // 94 good rows of 101: more than 5 % are rejected; and the median is 120.
  await lab.usage('jio', [`${H1},${J1},2026-05-19,Mumbai`, ...rows(3, 93), ...bad(7)], 'gated.csv');
  // Fewer than 100 rows are not weighed, whatever they are.
  await lab.usage('airtel', [`${H1},${A1},2026-05-20,Delhi`, ...bad(98)], 'small.csv');
  notices = {
    operator: await lab.notices('fraud-directions-jio'),
    approver: await lab.notices('fraud-approvals-approver-2'),
    administrators: await lab.notices('fraud-administrators'),
  };
  return () => lab.close();
});

describe('a usage file that breaks a rule', () => {
  const RULE = { rule: 'rejected_share', limit: 5, found: 7, of: 101 };

  it('is told to its operator, to all approvers and to the administrators, with the rule, its limit and what was found', () => {
    const { inbox, outbox } = bucketsOf(lab.cloud);
    const told = {
      kind: 'usage_gated',
      operator: 'jio',
      bucket: inbox,
      key: 'usage/jio/gated.csv',
      versionId: expect.stringMatching(/./),
      rows: 101,
      good: 94,
      rejected: 7,
      rules: [RULE],
      rejects: { bucket: outbox, key: 'rejects/jio/gated.csv' },
      uploadedAt: '2026-06-01T00:00:00Z',
    };
    expect(notices.operator.map(({ kind }) => kind)).toEqual([...Array(3).fill('usage_imported'), 'usage_gated']);
    expect(notices.operator[3]).toEqual(told);
    expect(notices.approver).toEqual([{ ...told, approver: '*' }]);
    expect(notices.administrators.filter(({ kind }) => kind === 'usage_gated')).toEqual([told]);
    for (const text of Object.values(notices).map((some) => JSON.stringify(some)))
      expect(text).not.toMatch(/98000000|3500000/);
  });

  it('has its rejects published and no row imported', async () => {
    expect((await lab.read('rejects/jio/gated.csv')).split('\n').slice(0, 2)).toEqual([
      'line,value,reason',
      '96,nothing,not_digits',
    ]);
    expect(await new Tables(lab).links(H1)).toEqual([`2026-05-20#${A1}#airtel`]);
  });

  it('is counted in the preview, and by its operator alone', async () => {
    await lab.report('mha', [H1]);
    const [batch = ''] = (await lab.outbox('previews/')).map((key) => key.split('/')[1] ?? '');
    const { operators } = await lab.json<{ operators: Record<string, { gated: number; latestImport: string | null }> }>(
      `previews/${batch}/preview.json`,
    );
    expect(Object.entries(operators).map(([name, { gated }]) => [name, gated])).toEqual([
      ['airtel', 0],
      ['bsnl', 0],
      ['jio', 1],
      ['mtnl', 0],
      ['vi', 0],
    ]);
  });

  it('is nothing that the sweep takes up again', async () => {
    const { work } = bucketsOf(lab.cloud);
    expect(await lab.cloud.list(work, 'uploads/gated/')).toHaveLength(1);
    expect(lab.cloud.failures()).toEqual([]);
  });
});
