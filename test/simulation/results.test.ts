import { beforeEach, describe, expect, it } from 'vitest';
import type { Summary } from '../../lambdas/domain/books.ts';
import type { DirectionId } from '../../lambdas/domain/identifiers.ts';
import { jsonText } from '../../lambdas/domain/json.ts';
import type { Conducted } from '../../simulation/conduct.ts';
import { reportText, tookText } from '../../simulation/report.ts';
import { judge } from '../../simulation/results.ts';
import { FakeCloud } from './fake-cloud.ts';

const BATCH = 'mha-0123456789ab';
const KEY = 'reports/mha/r.csv';
const outcomes = { alreadyOpen: 1, directed: 9, notFound: 2, overdue: 3 };
const connections = {
  linked: 1010,
  ...outcomes,
  directed: 1007,
  alreadyDisconnected: 2,
  verified: 1000,
  disconnected: 2,
};
const blocks = { rows: 14, ...outcomes, alreadyBlocked: 4, blocked: 4 };
const summary = {
  batchId: BATCH,
  agency: 'mha',
  file: KEY,
  status: 'settled',
  report: { rows: 5, rejected: 1, repeats: 2, handsets: 2 },
  connections,
  blocks,
  operators: { jio: { directions: 2, overdueDirections: 1, latestImport: null, connections, blocks } },
  unexplained: 0,
  startedAt: '2026-06-01T00:00:00Z',
  settledAt: '2026-06-17T00:00:05Z',
};

let cloud: FakeCloud;
let conducted: Conducted;
beforeEach(() => {
  cloud = new FakeCloud(0);
  const report = { agency: 'mha', key: KEY, batchId: BATCH, at: 0 };
  conducted = { reports: [report], orders: [], agencies: [], administrators: [] };
});
const settle = (change: object = {}) =>
  cloud.put('outbox', `batches/${BATCH}/summary.json`, JSON.stringify({ ...summary, ...change }));

describe('a run that was ended since it was stuck', () => {
  it('did not succeed, although its batches settled', async () => {
    await settle();
    const { problems } = await judge({ ...conducted, stuckAt: Date.UTC(2026, 5, 21) }, cloud);
    expect(problems).toEqual([
      'the run was ended at 2026-06-21T00:00Z: for days nothing had happened but what fails again and again',
    ]);
  });
});

describe('a run succeeded', () => {
  it('when its batch settled with nothing unexplained', async () => {
    await settle();
    expect(await judge(conducted, cloud)).toEqual({ summaries: [summary], reversals: [], problems: [], warnings: [] });
  });

  it('when its batch ended without effect, which its report says in a few lines', async () => {
    await settle({ status: 'over_limit', settledAt: '2026-06-01T00:00:00Z' });
    const { summaries, problems } = await judge(conducted, cloud);
    expect(problems).toEqual([]);
    expect(reportText(summaries, conducted, undefined)).toBe(
      [
        `Batch ${BATCH} of mha, from ${KEY}`,
        '  ended        over limit at 2026-06-01 00:00Z',
        '  report       5 rows: 2 handsets, 1 rejected, 2 repeats',
        '',
      ].join('\n'),
    );
  });

  it('names what people left out, where it is something', async () => {
    await settle({ connections: { ...connections, linked: 9, struck: 1, held: 1200, exempt: 0 } });
    const { summaries } = await judge(conducted, cloud);
    const text = reportText(summaries, conducted, undefined);
    expect(text).toMatch(
      / {2}connections {2}9 linked: .* already disconnected, 0 already verified, 1 struck, 1,200 held\n/,
    );
    expect(text).not.toContain('exempt');
  });

  it('prints books that add up: what is reissued is named where there is any, in the batch and at its operator', async () => {
    const decided = { linked: 12, directed: 7, reissuedBefore: 3, alreadyOpen: 2 };
    const own = { ...decided, verified: 1, disconnected: 0, surrendered: 2, notFound: 0, reissued: 4, overdue: 0 };
    await settle({ connections: own, operators: { vi: { ...summary.operators.jio, connections: own } } });
    const text = reportText((await judge(conducted, cloud)).summaries, conducted, undefined);
    expect(text).toContain(
      [
        '  connections  12 linked: 7 directed, 2 already open elsewhere, 0 already disconnected, 0 already verified, 3 reissued before',
        '               1 verified, 0 disconnected, 2 surrendered, 0 not found, 4 reissued, 0 overdue',
        '',
      ].join('\n'),
    );
    const heads =
      /given +overdue +directed +verified +disconnected +surrendered +not found +reissued +overdue +directed/;
    expect(text).toMatch(heads);
    expect(text).toMatch(/vi +2 +1 +7 +1 +0 +2 +0 +4 +0 +9 +4 +2 +3\n/);
  });

  it('when the same report came twice: one batch, and a warning', async () => {
    await settle();
    const file = 'reports/mha/again.csv';
    conducted.reports.push({ agency: 'mha', key: file, batchId: BATCH, at: 1 });
    // Notices may double.
    for (let n = 0; n < 2; n++)
      conducted.agencies.push({ kind: 'same_report', agency: 'mha', batchId: BATCH, state: 'settled', file });
    const { summaries, problems, warnings } = await judge(conducted, cloud);
    expect([summaries.length, problems]).toEqual([1, []]);
    expect(warnings).toEqual([`reports/mha/again.csv is the report of batch ${BATCH} again; it changed nothing`]);
  });

  it('when the same report began its batch anew, again and again: one batch, and no warning', async () => {
    for (const name of ['r.csv', 'again.csv', 'third.csv'])
      conducted.reports.push({ agency: 'mha', key: `reports/mha/${name}`, batchId: BATCH, at: 1 });
    await settle({ file: 'reports/mha/third.csv' });
    expect(await judge(conducted, cloud)).toMatchObject({
      summaries: [{ batchId: BATCH }],
      problems: [],
      warnings: [],
    });
  });

  it('when usage stopped or was mostly rejected or a stray lay about, with warnings', async () => {
    await settle();
    conducted.administrators.push(
      { kind: 'usage_stopped', operator: 'jio', line: 7, reason: 'not_utf8', rejects: { key: 'rejects/jio/j.csv' } },
      {
        kind: 'usage_mostly_rejected',
        operator: 'vi',
        rows: 180,
        imported: 0,
        rejected: 180,
        rejects: { key: 'rejects/vi/v.csv' },
      },
      { kind: 'stray_object', key: 'usage/jio/j.txt', why: 'not_a_csv_name' },
      { kind: 'settled', batchId: BATCH },
    );
    const { problems, warnings } = await judge(conducted, cloud);
    expect(problems).toEqual([]);
    expect(warnings).toEqual([
      "jio's usage file: reading stopped in line 7: not_utf8 (see rejects/jio/j.csv)",
      "of vi's usage file 0 of 180 rows were taken (see rejects/vi/v.csv)",
      'usage/jio/j.txt was not read: not_a_csv_name',
    ]);
  });

  it('when a usage file of one’s own is held up, with a warning, and with none when it was admitted', async () => {
    await settle();
    const file = { key: 'usage/jio/j.csv', operator: 'jio', isOwn: true, why: 'one_number (9 of 9 rows, 1 at most)' };
    conducted.gated = [
      { ...file, ending: 'waiting' },
      { ...file, key: 'usage/jio/k.csv', ending: 'admitted' },
      { ...file, key: 'usage/jio/sample.csv', isOwn: false, ending: 'corrected' },
    ];
    expect((await judge(conducted, cloud)).warnings).toEqual([
      'usage/jio/j.csv is held up: one_number (9 of 9 rows, 1 at most); an approver may let it in (--upload admissions/…)',
    ]);
  });

  it('when a report named no handset, with a warning', async () => {
    await settle({ report: { rows: 0, rejected: 0, repeats: 0, handsets: 0 } });
    expect((await judge(conducted, cloud)).warnings).toEqual([`${KEY} named no handset: it has 0 rows, 0 rejected`]);
    await settle({ report: { rows: 1, rejected: 1, repeats: 0, handsets: 0 } });
    expect((await judge(conducted, cloud)).warnings).toEqual([
      `${KEY} named no handset: it has 1 row, 1 rejected (see rejects/mha/r.csv)`,
    ]);
  });

  it('when rows of a report of one’s own were rejected, with a warning, and with none of the sample’s', async () => {
    const [report] = conducted.reports;
    if (report === undefined) throw new Error('a report');
    const warningsOf = async () =>
      (await judge({ ...conducted, reports: [{ ...report, isOwn: true }] }, cloud)).warnings;
    await settle();
    expect(await warningsOf()).toEqual([`of ${KEY} 1 of 5 rows were rejected (see rejects/mha/r.csv)`]);
    expect((await judge(conducted, cloud)).warnings).toEqual([]);
    await settle({ report: { ...summary.report, rows: 4, rejected: 0 } });
    expect(await warningsOf()).toEqual([]);
  });

  it('when rows or optional cells of one’s own usage were not taken, with a warning for each file', async () => {
    await settle();
    const told = (operator: string, rows: number, rejected: number, warnings?: object) => {
      const rejects = { key: `rejects/${operator}/u.csv` };
      return {
        kind: 'usage_imported',
        operator,
        rows,
        imported: rows - rejected,
        rejected,
        rejects,
        ...(warnings && { warnings }),
      };
    };
    const mostly = { ...told('bsnl', 4, 3), kind: 'usage_mostly_rejected' };
    conducted.administrators.push(mostly);
    const usage = [
      told('airtel', 9, 0),
      told('vi', 9, 2),
      told('jio', 9, 0, { text_too_long: 5 }),
      told('mtnl', 0, 0),
      { ...mostly, kind: 'usage_imported' },
    ];
    expect((await judge({ ...conducted, own: { usage, responders: [] } }, cloud)).warnings).toEqual([
      "of bsnl's usage file 1 of 4 rows were taken (see rejects/bsnl/u.csv)",
      "of vi's usage file 2 of 9 rows were rejected (see rejects/vi/u.csv)",
      "of jio's usage file 0 of 9 rows were rejected; optional cells dropped: text_too_long × 5",
      "mtnl's usage file has no rows",
    ]);
  });

  it('when responses of one’s own were refused or rows of them rejected, with their receipts; those of simulated operators are meant so', async () => {
    await settle();
    const put = (operator: string, name: string, receipt: object) =>
      cloud.put('outbox', `receipts/${operator}/d/${name}.json`, jsonText({ file: name, ...receipt }));
    await put('jio', 'a.csv', { rows: 0, rejected: {}, refused: 'missing_column:outcome' });
    await put('jio', 'b.csv', { rows: 3, rejected: { bad_outcome: 1, unknown_row: 2 }, refused: null });
    await put('jio', 'c.csv', { rows: 3, rejected: {}, refused: null });
    await put('vi', 'd.csv', { rows: 0, rejected: {}, refused: 'too_late' });
    expect((await judge({ ...conducted, own: { usage: [], responders: ['jio'] } }, cloud)).warnings).toEqual([
      "jio's a.csv was refused: missing_column:outcome (see receipts/jio/d/a.csv.json)",
      "of jio's b.csv 3 of 3 rows were rejected: bad_outcome × 1, unknown_row × 2 (see receipts/jio/d/b.csv.json)",
    ]);
  });

  it('when rows of one response were rejected in several directions, with one warning of them all', async () => {
    await settle();
    const put = (direction: string, rows: number, rejected: object, refused: string | null = null) =>
      cloud.put('outbox', `receipts/jio/${direction}/r.csv.json`, jsonText({ file: 'r.csv', rows, rejected, refused }));
    await put('a', 40, {});
    await put('b', 20, { bad_date: 2 });
    await put('c', 10, { bad_date: 1, unknown_outcome: 4 });
    await put('d', 5, { bad_date: 1 });
    await put('e', 0, {}, 'too_many_files');
    await put('f', 0, {}, 'too_many_files');
    expect((await judge({ ...conducted, own: { usage: [], responders: ['jio'] } }, cloud)).warnings).toEqual([
      "of jio's r.csv 8 of 75 rows were rejected: bad_date × 4, unknown_outcome × 4 (see receipts/jio/b/r.csv.json and 2 other receipts)",
      "jio's r.csv was refused: too_many_files (see receipts/jio/e/r.csv.json and 1 other receipt)",
    ]);
  });

  it('when files of --upload were refused or rows of them rejected, with their receipts, and of nobody else’s', async () => {
    await settle();
    const sha256 = '0f343b09'.padEnd(64, 'a');
    const put = (key: string, receipt: object) =>
      cloud.put('outbox', key, jsonText({ file: key.split('/')[3]?.replace(/\.csv.*/, '.csv'), ...receipt }));
    await put('receipts/airtel/nowhere/x.csv.0f343b09.json', { rows: 0, rejected: {}, refused: 'unknown_direction' });
    await put('receipts/airtel/nowhere/z.csv.unread.json', { rows: 0, rejected: {}, refused: 'file_too_large' });
    await put('receipts/approver-1/exemptions/e.csv.0f343b09.json', {
      rows: 3,
      rejected: { bad_until: 2 },
      refused: null,
    });
    await put('receipts/approver-1/exemptions/ends.csv.0f343b09.json', {
      rows: 2,
      rejected: {},
      past: 1,
      refused: null,
    });
    await put(`receipts/approver-2/${BATCH}/d.csv.${sha256}.json`, { rows: 0, rejected: {}, refused: 'sha_taken' });
    await put('receipts/mha/withdrawals/w.csv.0f343b09.json', {
      rows: 0,
      rejected: {},
      refused: 'missing_column:imei',
    });
    // Those of simulated participants, and of another file of the same name.
    await put('receipts/airtel/nowhere/x.csv.ffffffff.json', { rows: 0, rejected: {}, refused: 'unknown_direction' });
    await put(`receipts/approver-1/${BATCH}/y.csv.0f343b09.json`, { rows: 0, rejected: {}, refused: 'empty_file' });
    const uploads = [
      'responses/airtel/nowhere/x.csv',
      'responses/airtel/nowhere/z.csv',
      'exemptions/approver-1/e.csv',
      'exemptions/approver-1/ends.csv',
      `decisions/approver-2/${BATCH}/d.csv`,
      `withdrawals/mha/${BATCH}/w.csv`,
      'usage/jio/u.csv',
      'nowhere.csv',
    ].map((key) => ({ key, sha256 }));
    expect((await judge({ ...conducted, uploads }, cloud)).warnings).toEqual([
      "airtel's x.csv was refused: unknown_direction (see receipts/airtel/nowhere/x.csv.0f343b09.json)",
      "airtel's z.csv was refused: file_too_large (see receipts/airtel/nowhere/z.csv.unread.json)",
      "of approver-1's e.csv 2 of 3 rows were rejected: bad_until × 2 (see receipts/approver-1/exemptions/e.csv.0f343b09.json)",
      "of approver-1's ends.csv 1 of 2 rows have a past day in until, and exempt nobody (see receipts/approver-1/exemptions/ends.csv.0f343b09.json)",
      `approver-2's d.csv was refused: sha_taken (see receipts/approver-2/${BATCH}/d.csv.${sha256}.json)`,
      "mha's w.csv was refused: missing_column:imei (see receipts/mha/withdrawals/w.csv.0f343b09.json)",
    ]);
  });

  it('when an upload was denied, with a warning', async () => {
    await settle();
    const denied = [{ key: 'nowhere.csv', why: 'AccessDenied' }];
    expect(await judge({ ...conducted, denied }, cloud)).toMatchObject({
      problems: [],
      warnings: ['nowhere.csv was not uploaded: S3 answered AccessDenied, since no participant may put it there'],
    });
  });
});

describe('a run failed, and says why', () => {
  it('when rows are unexplained', async () => {
    await settle({ unexplained: 3 });
    expect((await judge(conducted, cloud)).problems).toEqual([`batch ${BATCH} has 3 rows unexplained`]);
  });

  it('when its batch was begun anew and failed, though the summary of what ended before lies there', async () => {
    await settle({ status: 'lapsed' });
    const kinds = (...all: string[]) => ({ ...conducted, agencies: all.map((kind) => ({ kind, batchId: BATCH })) });
    const failed = kinds('batch_registered', 'batch_lapsed', 'batch_registered', 'batch_failed');
    expect((await judge(failed, cloud)).problems).toEqual([
      `${KEY}: batch ${BATCH} failed before its directions were given`,
    ]);
    const again = kinds('batch_registered', 'batch_failed', 'batch_registered', 'batch_lapsed');
    expect((await judge(again, cloud)).problems).toEqual([]);
  });

  it.each<[string, Partial<Conducted>, string]>([
    [
      'its report was refused',
      { agencies: [{ kind: 'report_refused', line: 3, reason: 'not_utf8', rejects: { key: 'rejects/mha/r.csv' } }] },
      `${KEY} was refused: not_utf8 in line 3`,
    ],
    [
      'its report was not read',
      { administrators: [{ kind: 'stray_object', key: KEY, why: 'not_a_csv_name' }] },
      `${KEY} made no batch: not_a_csv_name`,
    ],
    [
      'its batch failed',
      {
        agencies: [
          { kind: 'batch_registered', batchId: BATCH },
          { kind: 'batch_failed', batchId: BATCH },
        ],
      },
      `${KEY}: batch ${BATCH} failed before its directions were given`,
    ],
    [
      'its batch never settled',
      { agencies: [{ kind: 'batch_registered', batchId: BATCH }] },
      `${KEY}: batch ${BATCH} did not settle`,
    ],
    ['nobody heard of its report', {}, `${KEY} made no batch`],
  ])('when %s', async (_, messages, problem) => {
    expect((await judge({ ...conducted, ...messages }, cloud)).problems).toEqual([problem]);
  });
});

describe('the report at the end', () => {
  it.each([
    [400, 890_000_000, "Took 0 s of this machine's time, and at most 0.89 GB of its memory"],
    [119_499, 1_000_000_000, "Took 119 s of this machine's time, and at most 1.00 GB of its memory"],
    [119_500, 1_005_100_000, "Took 2 min 0 s of this machine's time, and at most 1.01 GB of its memory"],
    [1_311_000, 3_140_000_000, "Took 21 min 51 s of this machine's time, and at most 3.14 GB of its memory"],
  ])('says what it took: %d ms, %d bytes', (milliseconds, bytes, text) => {
    expect(tookText(milliseconds, bytes)).toBe(text);
  });

  it.each([
    [{ rows: 1, rejected: 0, repeats: 0, handsets: 1 }, '1 row: 1 handset, 0 rejected, 0 repeats'],
    [{ rows: 1200, rejected: 1, repeats: 1, handsets: 1198 }, '1,200 rows: 1,198 handsets, 1 rejected, 1 repeat'],
  ])('counts one as one: %j', async (report, text) => {
    await settle({ report });
    const { summaries } = await judge(conducted, cloud);
    expect(reportText(summaries, { orders: [], administrators: [] }, 'out')).toContain(`  report       ${text}\n`);
  });

  it('has a line for each night, of what it went on with, which adds up', () => {
    const nothing = { linked: 0, directed: 0 };
    const night = (batchId: string, change: object) =>
      ({ ...summary, batchId, agency: 'followup', file: '', connections: nothing, ...change }) as unknown as Summary;
    const moved = { linked: 12, directed: 11, alreadyOpen: 1, verified: 3, notFound: 1, overdue: 7, overdueFailed: 2 };
    const nights = [
      night('followup-202606020000', { connections: moved, outcomes: { directed: 0 } }),
      night('followup-202606030000', { outcomes: { directed: 3, restored: 2, overdue: 1 } }),
      night('followup-202606040000', { connections: { linked: 1, directed: 1, disconnected: 1 }, unexplained: 1 }),
    ];
    expect(reportText(nights, { orders: [], administrators: [] }, undefined)).toBe(
      [
        'Follow-ups, each of which goes on at night with what was moved before',
        '  followup-202606020000  ended 2026-06-17 00:00Z; 12 numbers moved: 1 already open elsewhere, 3 verified, 1 not found, 7 overdue; unexplained 0',
        '  followup-202606030000  ended 2026-06-17 00:00Z; to give back: 2 restored, 1 overdue; unexplained 0',
        '  followup-202606040000  ended 2026-06-17 00:00Z; 1 number moved: 1 disconnected; unexplained 1',
        '',
      ].join('\n'),
    );
  });

  it('has a line for each reversal: who asked, who decided, and what was given back', async () => {
    await settle();
    const [appeal, withdrawal] = ['caseworker-1-0123456789ab', 'i4c-0123456789ab'];
    const subjects = { directed: 2, alreadyOpen: 0, tooLate: 0, nothingToRestore: 1, kept: 0, struck: 0 };
    const outcomes = { directed: 2, restored: 1, unblocked: 0, notFound: 0, overdue: 1 };
    const end = { status: 'settled', subjects: { asked: 3, ...subjects }, outcomes, withdrawn: 1, unexplained: 0 };
    const put = async (batchId: string, by: string, change: object) => {
      const decided = `{"kind":"registered"}\n${JSON.stringify({ kind: 'decided', facts: { state: 'approved', by } })}\n`;
      await cloud.put('outbox', `previews/${batchId}/preview.json`, JSON.stringify({ kind: 'reversal' }));
      await cloud.put('outbox', `batches/${batchId}/summary.json`, JSON.stringify({ batchId, ...end, ...change }));
      await cloud.put('audit', `batches/${batchId}/00000001.jsonl`, decided);
    };
    const later = { startedAt: '2026-06-09T00:00:00Z', settledAt: '2026-06-09T00:00:00Z' };
    await put(withdrawal, 'approver-2', { agency: 'i4c', ...later, status: 'refused' });
    const earlier = { startedAt: '2026-06-08T00:00:00Z', settledAt: '2026-06-10T00:00:00Z' };
    await put(appeal, 'approver-1 approver-3', { agency: 'caseworker-1', ...earlier });
    const { reversals } = await judge(conducted, cloud);
    expect(reportText([], { orders: [], administrators: [], reversals }, undefined)).toBe(
      [
        'Reversals, each of which gives back what was done',
        `  ${appeal}  ended 2026-06-10 00:00Z; caseworker-1 asked for 3; decided by approver-1 and approver-3; 2 directed, 1 nothing to restore; to give back: 1 restored, 1 overdue; 1 open row ended; unexplained 0`,
        `  ${withdrawal}  refused 2026-06-09 00:00Z; i4c asked; decided by approver-2`,
        '',
      ].join('\n'),
    );
  });

  it('names no place where the files could not be saved', async () => {
    await settle();
    const { summaries } = await judge(conducted, cloud);
    const text = reportText(summaries, { orders: [], administrators: [] }, undefined);
    expect(text).toContain(`Batch ${BATCH} of mha`);
    expect(text).not.toContain('Files');
  });

  it('says what became of the rows, by operator, the deadlines, and where the files are', async () => {
    await settle();
    const { summaries } = await judge(conducted, cloud);
    const order = { batchId: BATCH, kind: 'block', order: 'block', rung: 1, deadline: Date.UTC(2026, 5, 2) } as const;
    const rest = {
      directionId: `${BATCH}.block.jio.1-0-0` as DirectionId,
      rows: 9,
      bucket: 'outbox',
      key: 'k',
      sha256: 's',
    };
    const notice = { ...order, ...rest };
    const text = reportText(summaries, { orders: [notice], administrators: [{ kind: 'usage_stopped' }] }, 'out');
    expect(text).toContain(`Batch ${BATCH} of mha, from ${KEY}`);
    expect(text).toContain('5 rows: 2 handsets, 1 rejected, 2 repeats');
    expect(text).toContain('1,010 linked: 1,007 directed, 1 already open elsewhere, 2 already disconnected');
    expect(text).toContain('1,000 verified, 2 disconnected, 0 surrendered, 2 not found, 3 overdue');
    // Directions given and overdue; connections directed, verified, disconnected, surrendered, not found and overdue;
    // handsets directed, blocked, not found, overdue. No column has nothing but zeros, but for those that are used often.
    expect(text).toMatch(/jio +2 +1 +1,007 +1,000 +2 +0 +2 +3 +9 +4 +2 +3\n/);
    expect(text).toMatch(/block +block until 2026-06-02 00:00Z/);
    expect(text).toContain('1 × usage stopped');
    expect(text).toContain('out/outbox/batches/');
  });
});
