/**
 * Usage files are weighed before they become links.
 *
 * Files of jio, one a day from 1 June on, each of 100 rows and more about handsets and numbers of its own. H1 and its number J1 are in
 * the file that is gated and in none before it.
 */

import { beforeAll, describe, expect, it } from 'vitest';
import { bucketsOf } from '../../simulation/buckets.ts';
import { nameOf } from '../../simulation/function-names.ts';
import { run } from '../commands/command.ts';
import { withWhatToDo } from '../domain/what-to-do.ts';
import { Tables } from './bad-files.ts';
import { HOUR, Lab, START } from './lab.ts';
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

/** Whether Import fails with the first thing that it writes. */
let fails = false;
/** Whether Hear fails as soon as it has committed that an upload is admitted. */
let hearFails = false;

beforeAll(async () => {
  lab = await Lab.open({
    telling: true,
    context: { ...GATES, sweepHours: '6' },
    enforce: true,
    faults: {
      afterWrite: ({ functionName, service }) => {
        const name = nameOf(functionName);
        if (fails && name === 'Import') return 'fail';
        return hearFails && name === 'Hear' && service === 'dynamodb' ? 'fail' : undefined;
      },
    },
  });
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
      'line,value,reason,what_to_do',
      '96,nothing,not_digits,"write the digits 0 to 9 alone; where there are none, leave the cell empty, without NA or -, and take a total out; in a spreadsheet, format the column as text"',
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
});

/** The version of an upload, as its notice names it. */
const versionOf = (key: string) => String(notices.operator.find((notice) => notice.key === key)?.versionId);
const admit = async (approver: string, name: string, ...rows: string[]) => {
  await lab.upload(`admissions/${approver}/${name}`, `key,version\n${rows.map((row) => `${row}\n`).join('')}`);
  const [receipt = ''] = await lab.outbox(`receipts/${approver}/admissions/${name}.`);
  return await lab.json<Record<string, unknown>>(receipt);
};

describe('an admission', () => {
  const KEY = 'usage/jio/gated.csv';
  let first: Record<string, unknown>;
  let row: string;

  beforeAll(async () => {
    row = `${KEY},${versionOf(KEY)}`;
    const small = `usage/airtel/small.csv,${await lab.cloud.version(bucketsOf(lab.cloud).inbox, 'usage/airtel/small.csv')}`;
    const rows = [
      row,
      `${KEY},another`,
      'usage/jio/none.csv,x',
      'reports/mha/report.csv,x',
      `${KEY},`,
      small,
      row,
      'usage,a,b',
    ];
    first = await admit('approver-1', 'june.csv', ...rows);
  });

  it('lets the upload in, and has its receipt say what was not taken', async () => {
    expect(first).toMatchObject({
      rows: 8,
      recorded: 1,
      alreadyRecorded: 1,
      rejected: { not_gated: 1, unknown_upload: 4, wrong_cell_count: 1 },
      refused: null,
    });
    expect(first.rejects).toEqual([
      ...[3, 4, 5, 6].map((line) => ({ line, reason: 'unknown_upload' })),
      { line: 7, reason: 'not_gated' },
      { line: 9, reason: 'wrong_cell_count' },
    ]);
    expect(await new Tables(lab).links(H1)).toEqual([`2026-05-19#${J1}#jio`, `2026-05-20#${A1}#airtel`]);
    const told = await lab.notices('fraud-directions-jio');
    expect(told.at(-1)).toMatchObject({ kind: 'usage_imported', rows: 101, imported: 94, rejected: 7 });
    expect(told.at(-1)?.rejects).toMatchObject({ key: 'rejects/jio/gated.csv' });
  });

  it('of the same bytes changes nothing and has the same receipt; another approver comes too late', async () => {
    const before = await lab.notices('fraud-directions-jio');
    const { file, ...counts } = first;
    expect(file).toBe('june.csv');
    const { inbox } = bucketsOf(lab.cloud);
    const bytes = await lab.cloud.get(inbox, 'admissions/approver-1/june.csv');
    await lab.upload('admissions/approver-1/again.csv', bytes);
    const [receipt = ''] = await lab.outbox('receipts/approver-1/admissions/again.csv.');
    expect(await lab.json(receipt)).toMatchObject(counts);
    expect(await admit('approver-2', 'late.csv', row)).toMatchObject({
      recorded: 0,
      rejected: { already_admitted: 1 },
    });
    expect(await lab.notices('fraud-directions-jio')).toHaveLength(before.length);
  });

  it('makes the file one that others are compared with, and no preview counts it any more', async () => {
    const record = (await new Tables(lab).everything())['IMPORT#jio'];
    expect(record).toMatchObject({ gated: [], latest: '2026-06-01T00:00:00Z' });
    const { files } = record as { files: { good: number }[] };
    expect(files.map(({ good }) => good).sort()).toEqual([100, 120, 140, 94].sort());
  });

  it('is handed on by the sweep where nobody could work on its event', async () => {
    const key = 'usage/jio/lost.csv';
    await lab.usage('jio', [`${H1},+917000000002,2026-05-21,Mumbai`, ...rows(4, 92), ...bad(10)], 'lost.csv');
    const notice = (await lab.notices('fraud-directions-jio')).at(-1);
    expect(notice).toMatchObject({ kind: 'usage_gated', key });
    fails = true;
    expect(await admit('approver-1', 'lost.csv', `${key},${notice?.versionId}`)).toMatchObject({ recorded: 1 });
    // Its message is tried five times, an hour and a half apart, and is among the dead letters then; that of the sweep of hour 6 goes on.
    await lab.cloud.run(START + 8 * HOUR);
    expect(await lab.notices('fraud-directions-jio')).toEqual([]);
    const { work } = bucketsOf(lab.cloud);
    expect(await lab.cloud.list(work, 'uploads/resent/')).toHaveLength(1);
    fails = false;
    await lab.cloud.run(START + 10 * HOUR);
    expect(await new Tables(lab).links(H1)).toContain('2026-05-21#+917000000002#jio');
    expect((await lab.notices('fraud-directions-jio')).at(-1)).toMatchObject({ kind: 'usage_imported', imported: 93 });
    // What is still gated, nobody takes up.
    await lab.usage('jio', [`${H1},+917000000003,2026-05-21,Mumbai`, ...rows(5, 93), ...bad(10)], 'held.csv');
    await lab.cloud.run(START + 40 * HOUR);
    expect(await new Tables(lab).links(H1)).toHaveLength(3);
  });

  it("is written by npm run admit, with an approver's own rights and no one else's", async () => {
    const [held] = (await lab.notices('fraud-directions-jio')).filter(({ key }) => key === 'usage/jio/held.csv');
    const args = ['usage/jio/held.csv', String(held?.versionId)];
    const as = (kind: string) => run('admit', args, lab.cloud.endpoint, `dev-ap-south-1-${kind}`);
    const others = await as('operator-jio');
    expect([others.code, others.complained]).toEqual([
      1,
      expect.stringContaining("of no approver's role of stage dev"),
    ]);
    const { code, said, complained } = await as('approver-approver-3');
    expect([code, complained]).toEqual([0, '']);
    await lab.cloud.rest();
    const [, receipt = ''] = /its receipt will be: (.*)/.exec(said) ?? [];
    expect(await lab.json(receipt)).toMatchObject({ rows: 1, recorded: 1, rejects: [], refused: null });
    expect(await new Tables(lab).links(H1)).toHaveLength(4);
  });

  it('that was committed and not handed on is handed on with the next one, whoever sends it', async () => {
    const key = 'usage/jio/stuck.csv';
    await lab.usage('jio', [...rows(9, 93), ...bad(10)], 'stuck.csv');
    const row = `${key},${(await lab.notices('fraud-directions-jio')).at(-1)?.versionId}`;
    hearFails = true;
    await lab.upload('admissions/approver-1/stuck.csv', `key,version\n${row}\n`);
    hearFails = false;
    expect(await lab.notices('fraud-directions-jio')).toEqual([]);
    expect(await admit('approver-2', 'stuck.csv', row)).toMatchObject({
      recorded: 0,
      rejected: { already_admitted: 1 },
    });
    expect(await lab.notices('fraud-directions-jio')).toMatchObject([{ kind: 'usage_imported', imported: 93 }]);
  });

  it('is told to the audit, in a chain of their own', async () => {
    const { audit } = bucketsOf(lab.cloud);
    const chain = await lab.cloud.list(audit, 'batches/admissions/');
    const texts = await Promise.all(chain.map((key) => lab.cloud.get(audit, key)));
    const entries = texts.flatMap((text) => Buffer.from(text).toString().trimEnd().split('\n'));
    const facts = entries
      .map((entry) => JSON.parse(entry))
      .map(({ kind, facts }) => [kind, facts.uploader, facts.recorded]);
    expect(facts.slice(0, 3)).toEqual([
      ['admissions_recorded', 'approver-1', 1],
      ['admissions_recorded', 'approver-1', 1],
      ['admissions_recorded', 'approver-2', 0],
    ]);
  });
});

describe('a large file', () => {
  const GOOD = 'imei,msisdn,last_seen,lsa\n';
  let large: Lab;
  beforeAll(async () => {
    large = await Lab.open({ context: { ...GATES, bytesPerPiece: '2000' } });
    return () => large.close();
  });
  const runs = () => large.cloud.consumption().stepFunctions.byMachine.ImportByPieces;

  it('is weighed before its pieces are imported, and what is gated of it is imported when it is admitted', async () => {
    // 33 of 150 good rows are 22 %; the row of line 152 can't be read, and what comes after it has no part in it.
    const same = Array.from(
      { length: 32 },
      (_, n) => `${H1},98${String(70_000 + n).padStart(8, '0')},2026-05-20,Delhi`,
    );
    const text = [...rows(6, 117), `${H1},${J1},2026-05-19,Mumbai`, ...same, '"unclosed,', ...rows(7, 500)].join('\n');
    await large.upload('usage/jio/large.csv', `${GOOD}${text}\n`);
    const [notice] = await large.notices('fraud-directions-jio');
    expect(notice).toMatchObject({
      kind: 'usage_gated',
      rows: 150,
      good: 150,
      rules: [{ rule: 'one_handset', limit: 30, found: 33, of: 150 }],
      line: 152,
      reason: 'unclosed_quote',
    });
    expect(await large.read('rejects/jio/large.csv')).toBe(withWhatToDo('line,value,reason\n152,,unclosed_quote\n'));
    expect(await new Tables(large).links(H1)).toEqual([]);
    expect(runs()).toMatchObject({ executionStarts: 1, mapChildStarts: 0 });

    const row = `key,version\nusage/jio/large.csv,${notice?.versionId}\n`;
    await large.upload('admissions/approver-3/large.csv', row);
    expect(await new Tables(large).links(H1)).toHaveLength(33);
    expect((await large.notices('fraud-directions-jio')).at(-1)).toMatchObject({
      kind: 'usage_stopped',
      rows: 150,
      imported: 150,
      line: 152,
    });
    expect(runs()?.executionStarts).toBe(2);
    const { files, gated } = (await new Tables(large).everything())['IMPORT#jio'] as Record<string, unknown>;
    expect([files, gated]).toMatchObject([[{ key: 'usage/jio/large.csv', good: 150 }], []]);
    expect(large.cloud.failures()).toEqual([]);
  });

  it('that breaks no rule is imported at once', async () => {
    await large.upload('usage/jio/good.csv', `${GOOD}${rows(8, 120).join('\n')}\n`);
    expect((await large.notices('fraud-directions-jio')).at(-1)).toMatchObject({
      kind: 'usage_imported',
      imported: 120,
    });
  });
});
