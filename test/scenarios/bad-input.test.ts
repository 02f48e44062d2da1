import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bucketsOf } from '../../simulation/buckets.ts';
import { whatToDoAbout, withWhatToDo } from '../domain/what-to-do.ts';
import {
  addedBy,
  badFiles,
  type FileKind,
  holdsAnIdentifier,
  openWithLog,
  sha8,
  sha256,
  Tables,
  told,
} from './bad-files.ts';
import type { Lab } from './lab.ts';

/**
 * Files that can't be read whole, and objects that lie where nothing is expected.
 *
 * Before: airtel saw A1, A2 and A3 in H1; delhi-police reported H1, so airtel has one direction of three numbers. Then each
 * file comes as a report of mha, as usage of jio and as a response of airtel. All of that happens at the clock's beginning.
 */
const H1 = '35000000000001';
const [A1, A2, A3] = ['+919800000001', '+919800000002', '+919800000003'] as const;
const NOW = '2026-06-01T00:00:00Z';

const reports: FileKind = { columns: ['imei', 'category'], row: (n, text) => `3510000000000${n},${text}` };
const responses: FileKind = {
  columns: ['msisdn', 'outcome', 'remarks'],
  row: (n, text) => `${[A1, A2, A3][n - 1]},verified,${text}`,
};
/** Usage of the n-th bad file: a handset of its own, so that what it imported can be told. */
const usageHandset = (file: number) => `352000000000${String(file).padStart(2, '0')}`;
const usage = (file: number): FileKind => ({
  columns: ['imei', 'msisdn', 'last_seen', 'lsa'],
  row: (n, text) => `${usageHandset(file)},${9810000000 + file * 10 + n},2026-05-20,${text}`,
});
const badUsage = badFiles(usage(0)).map(({ what }, file) => ({ file, ...badFiles(usage(file))[file], what }));

let lab: Lab;
let tables: Tables;
let lines: string[];
let direction: string;

const inInbox = async (key: string) => Buffer.from(await lab.cloud.get(bucketsOf(lab.cloud).inbox, key));
const outbox = () => bucketsOf(lab.cloud).outbox;
beforeAll(async () => {
  ({ lab, lines } = await openWithLog());
  tables = new Tables(lab);
  await lab.usage('airtel', [`${H1},${A1},2026-05-20,`, `${H1},${A2},2026-05-20,`, `${H1},${A3},2026-05-20,`]);
  await lab.report('delhi-police', [H1]);
  const [batchId = ''] = [...new Set((await lab.directions()).map((id) => id.split('.')[0]))];
  direction = await lab.direction(batchId, 'reverify', 'airtel');
  return () => lab.close();
});

beforeEach(async () => {
  await told(lab);
});

/** The header that is told back, where it lacks a column: it has names alone. */
const found = (bytes: Uint8Array | undefined, reason = '') => {
  const [header = ''] = Buffer.from(bytes ?? [])
    .toString()
    .split('\n');
  return reason.startsWith('missing_column') && !/[0-9]/.test(header) ? `"${header}"` : '';
};

/** The same in a receipt. */
const headerIn = (bytes: Uint8Array, reason: string) => {
  const [, header] = /^"(.*)"$/.exec(found(bytes, reason)) ?? [];
  return header === undefined ? {} : { header };
};

describe('a report', () => {
  it.each(badFiles(reports))('$what is refused whole: $reason, line $line', async ({ what, bytes, line, reason }) => {
    const before = await tables.records();
    const key = `rejects/mha/report ${what}.csv`;
    expect(await addedBy(lab, () => lab.upload(`reports/mha/report ${what}.csv`, bytes))).toEqual([key]);
    expect(await lab.read(key)).toBe(withWhatToDo(`line,value,reason\n${line},${found(bytes, reason)},${reason}\n`));
    expect(await tables.records()).toEqual(before);
    const rejects = { bucket: outbox(), key };
    const file = key.replace('rejects/', 'reports/');
    const notice = { kind: 'report_refused', agency: 'mha', file, line, reason, rejects, uploadedAt: NOW };
    expect(await told(lab)).toEqual({ 'fraud-batches-mha': [notice], 'fraud-administrators': [notice] });
  });

  it('of a header only is a batch without rows, which is empty, and over at once', async () => {
    await lab.upload('reports/i4c/header only.csv', 'imei,category\n');
    expect(await lab.read('rejects/i4c/header only.csv')).toBe(withWhatToDo('line,value,reason\n'));
    const summary = await lab.summary('i4c');
    expect(summary).toMatchObject({ status: 'empty', file: 'reports/i4c/header only.csv', unexplained: 0 });
    expect(summary.report).toEqual({ rows: 0, rejected: 0, repeats: 0, handsets: 0 });
    expect([summary.startedAt, summary.settledAt]).toEqual([NOW, NOW]);
    expect((await told(lab))['fraud-batches-i4c']?.map(({ kind }) => kind)).toEqual([
      'batch_registered',
      'batch_empty',
    ]);
  });
});

describe('a usage file', () => {
  it.each(badUsage)('$what is read up to its fault: $reason, line $line', async (bad) => {
    const { file, what, bytes = Buffer.alloc(0), line, reason, before = 0 } = bad;
    const key = `rejects/jio/usage ${what}.csv`;
    expect(await addedBy(lab, () => lab.upload(`usage/jio/usage ${what}.csv`, bytes))).toEqual([key]);
    expect(await lab.read(key)).toBe(withWhatToDo(`line,value,reason\n${line},${found(bytes, reason)},${reason}\n`));
    expect(await tables.links(usageHandset(file))).toEqual(
      before === 1 ? [`2026-05-20#+91${9810000000 + file * 10 + 1}#jio`] : [],
    );
    const notice = {
      kind: 'usage_stopped',
      operator: 'jio',
      file: key.replace('rejects/', 'usage/'),
      rows: before,
      imported: before,
      rejected: 0,
      line,
      reason,
      rejects: { bucket: outbox(), key },
      uploadedAt: NOW,
    };
    expect(await told(lab)).toEqual({ 'fraud-directions-jio': [notice], 'fraud-administrators': [notice] });
  });

  it('that stopped before its first good row is no usage of its operator', async () => {
    await lab.upload('usage/bsnl/stopped.csv', 'imei,msisdn,last_seen\nnone,none,none\n"');
    expect((await tables.records())['IMPORT#bsnl']).toBeUndefined();
    expect(await lab.read('rejects/bsnl/stopped.csv')).toBe(
      withWhatToDo('line,value,reason\n2,none,not_digits\n3,,unclosed_quote\n'),
    );
    expect((await told(lab))['fraud-directions-bsnl']).toMatchObject([
      { kind: 'usage_stopped', rows: 1, imported: 0, rejected: 1, line: 3, reason: 'unclosed_quote' },
    ]);
  });

  it('of which each row is a reject is no usage of its operator: nobody is to read that it looked, and saw nobody', async () => {
    await lab.upload('usage/bsnl/rejected.csv', `imei,msisdn,last_seen\n${usageHandset(1)},+919810000001,20/05/2026\n`);
    expect((await tables.records())['IMPORT#bsnl']).toBeUndefined();
    const counts = { rows: 1, imported: 0, rejected: 1 };
    expect(await told(lab)).toMatchObject({
      'fraud-directions-bsnl': [{ kind: 'usage_imported', ...counts }],
      'fraud-administrators': [{ kind: 'usage_mostly_rejected', ...counts }],
    });
  });

  it('of a header only is usage without rows, and none of its operator either', async () => {
    await lab.upload('usage/mtnl/header only.csv', 'imei,msisdn,last_seen\n');
    expect(await lab.read('rejects/mtnl/header only.csv')).toBe(withWhatToDo('line,value,reason\n'));
    expect(await told(lab)).toMatchObject({
      'fraud-directions-mtnl': [{ kind: 'usage_imported', rows: 0, imported: 0, rejected: 0 }],
    });
    expect((await tables.records())['IMPORT#mtnl']).toBeUndefined();
  });
});

describe('a response', () => {
  it.each(badFiles(responses))('$what is refused whole: $reason, line $line', async ({ what, bytes, line, reason }) => {
    const before = await tables.records();
    const name = `response ${what}.csv`;
    const key = `receipts/airtel/${direction}/${name}.${sha8(bytes)}.json`;
    expect(await addedBy(lab, () => lab.upload(`responses/airtel/${direction}/${name}`, bytes))).toEqual([key]);
    const receipt = await lab.read(key);
    expect(JSON.parse(receipt)).toEqual({
      file: name,
      sha256: sha256(bytes),
      rows: 0,
      recorded: 0,
      alreadyRecorded: 0,
      rejected: {},
      rejects: [],
      refused: reason,
      whatToDo: whatToDoAbout(reason),
      line,
      ...headerIn(bytes, reason),
    });
    expect(await tables.records()).toEqual(before);
    const place = { bucket: outbox(), key };
    const upload = `responses/airtel/${direction}/${name}`;
    expect(await told(lab)).toEqual({
      'fraud-directions-airtel': [
        {
          kind: 'receipt',
          directionId: direction,
          batchId: direction.split('.')[0],
          operator: 'airtel',
          file: upload,
          ...place,
          size: Buffer.byteLength(receipt),
          sha256: sha256(receipt),
          rows: 0,
          recorded: 0,
          alreadyRecorded: 0,
          rejected: 0,
          refused: reason,
        },
      ],
      'fraud-administrators': [
        { kind: 'response_refused', operator: 'airtel', file: upload, why: reason, receipt: place, uploadedAt: NOW },
      ],
    });
  });

  it('of a header only is a response without rows, and the ladder goes on waiting', async () => {
    const content = 'msisdn,outcome\n';
    await lab.upload(`responses/airtel/${direction}/header only.csv`, content);
    const receipt = await lab.json(`receipts/airtel/${direction}/header only.csv.${sha8(content)}.json`);
    expect(receipt).toMatchObject({ rows: 0, recorded: 0, rejected: {}, rejects: [], refused: null });
    expect((await tables.records())[`DIR#${direction}`]).toMatchObject({ rung: 1, closedAt: null });
  });
});

describe('an object outside the agreed places', () => {
  const strays: [what: string, why: string, key?: string][] = [
    ['report.csv', 'unknown_place'],
    ['elsewhere/mha/report.csv', 'unknown_place'],
    ['Reports/mha/report.csv', 'unknown_place'],
    ['reports/report.csv', 'unknown_place'],
    ['reports/mha/june/report.csv', 'unknown_place'],
    ['reports/mha/', 'not_a_csv_name'],
    ['reports/mha/.csv', 'not_a_csv_name'],
    ['reports/mha/report.xlsx', 'not_a_csv_name'],
    ['reports/MHA/report.csv', 'bad_agency'],
    ['reports//report.csv', 'bad_agency'],
    ['reports/cbi/report.csv', 'unknown_agency'],
    ['a key of 901 bytes', 'key_too_long', `reports/mha/${'x'.repeat(885)}.csv`],
    ['a key of 919 bytes in 301 Devanagari letters', 'key_too_long', `reports/mha/${'ज'.repeat(301)}.csv`],
    ['usage/airtel/may/usage.csv', 'unknown_place'],
    ['usage/airtel/usage.xlsx', 'not_a_csv_name'],
    ['usage/a very long operator/usage.csv', 'bad_operator'],
    ['usage/aircel/usage.csv', 'unknown_operator'],
    ['responses/answer.csv', 'unknown_place'],
    ['responses/airtel/answer.txt', 'not_a_csv_name'],
    ['responses/airtel/DIRECTION/part/answer.csv', 'unknown_place'],
    ['responses/airtel/DIRECTION/answer.txt', 'not_a_csv_name'],
    ['responses/airtel//answer.csv', 'unknown_place'],
    ['responses/aircel/DIRECTION/answer.csv', 'unknown_operator'],
    ['responses/aircel/answer.csv', 'unknown_operator'],
  ];

  it.each(strays)(
    '%s stays unread, and the administrators are told, and whose folder it lies in: %s',
    async (what, why, template = what) => {
      const key = template.replace('DIRECTION', direction);
      const content = `imei,msisdn,last_seen,outcome\n${H1},${A1},2026-05-20,verified\n`;
      const before = await tables.records();
      expect(await addedBy(lab, () => lab.upload(key, content))).toEqual([]);
      expect((await inInbox(key)).toString()).toBe(content);
      expect(await tables.records()).toEqual(before);
      expect(await lab.cloud.list(bucketsOf(lab.cloud).work, 'routed/aircel/')).toEqual([]);
      const bucket = bucketsOf(lab.cloud).inbox;
      const notice = { kind: 'stray_object', why, bucket, key, size: content.length, uploadedAt: NOW };
      const owner = key.startsWith('reports/mha/')
        ? { 'fraud-batches-mha': [{ ...notice, agency: 'mha' }] }
        : /^(usage|responses)\/airtel\//.test(key)
          ? { 'fraud-directions-airtel': [{ ...notice, operator: 'airtel' }] }
          : {};
      expect(await told(lab)).toEqual({ 'fraud-administrators': [notice], ...owner });
    },
  );
});

describe('a key of 900 bytes, the longest', () => {
  it('is read, and leaves room for that of its receipt', async () => {
    const content = 'msisdn,outcome,of a long name\n';
    const folder = `airtel/${direction}`;
    const name = `${'x'.repeat(900 - `responses/${folder}/.csv`.length)}.csv`;
    const key = `receipts/${folder}/${name}.${sha8(content)}.json`;
    expect(await addedBy(lab, () => lab.upload(`responses/${folder}/${name}`, content))).toEqual([key]);
    expect(await lab.json(key)).toMatchObject({ file: name, refused: null });
  });
});

describe('what was good before', () => {
  const unclosed = (content: string) => `${content}"`;

  it('stays when a bad usage file takes the place of the good one', async () => {
    const handset = '35400000000001';
    await lab.usage('bsnl', [`${handset},9840000001,2026-05-20,`], 'may.csv');
    const before = await tables.records();
    expect(before['IMPORT#bsnl']).toMatchObject({ latest: NOW });
    await lab.upload('usage/bsnl/may.csv', unclosed(`imei,msisdn,last_seen\n${handset},9840000002,2026-05-21\n`));
    expect(await lab.read('rejects/bsnl/may.csv')).toBe(withWhatToDo('line,value,reason\n3,,unclosed_quote\n'));
    expect(await tables.links(handset)).toEqual(['2026-05-20#+919840000001#bsnl', '2026-05-21#+919840000002#bsnl']);
    expect(await tables.records()).toEqual(before);
  });

  it('stays when a bad report takes the place of the good one', async () => {
    await lab.upload('reports/i4c/may.csv', 'imei\nnone\n');
    const before = [await tables.records(), await lab.summary('i4c')];
    await lab.upload('reports/i4c/may.csv', unclosed('imei\nnone\n'));
    expect(await lab.read('rejects/i4c/may.csv')).toBe(withWhatToDo('line,value,reason\n3,,unclosed_quote\n'));
    expect([await tables.records(), await lab.summary('i4c')]).toEqual(before);
  });

  it('is made when the mended report comes under the name of the bad one', async () => {
    await lab.upload('reports/i4c/june.csv', unclosed('imei\nno,\n'));
    expect(await lab.read('rejects/i4c/june.csv')).toBe(withWhatToDo('line,value,reason\n3,,unclosed_quote\n'));
    await lab.upload('reports/i4c/june.csv', 'imei\nno\n');
    expect(await lab.read('rejects/i4c/june.csv')).toBe(withWhatToDo('line,value,reason\n2,no,not_digits\n'));
    expect((await told(lab))['fraud-batches-i4c']?.map(({ kind }) => kind)).toEqual([
      'report_refused',
      'batch_registered',
      'batch_empty',
    ]);
  });
});

describe('bad files beside good ones', () => {
  it('stop none of those that come at the same moment', async () => {
    const bad = Buffer.from('%PDF-1.7\n');
    const { inbox } = bucketsOf(lab.cloud);
    const good = ['usage', 'report', 'response'] as const;
    const content = {
      usage: 'imei,msisdn,last_seen\n35300000000001,9830000001,2026-05-20\n',
      report: 'imei\nnot one\n',
      response: `msisdn,outcome\n${A1},verified\n`,
    };
    const folder = { usage: 'usage/vi', report: 'reports/up-police', response: `responses/airtel/${direction}` };
    await Promise.all(
      good.flatMap((kind) => [
        lab.cloud.put(inbox, `${folder[kind]}/a.csv`, bad),
        lab.cloud.put(inbox, `${folder[kind]}/b.csv`, content[kind]),
        lab.cloud.put(inbox, `${folder[kind]}/c.csv`, bad),
        lab.cloud.put(inbox, `${folder[kind]}/none`, bad),
      ]),
    );
    await lab.cloud.rest();

    expect(await tables.links('35300000000001')).toEqual(['2026-05-20#+919830000001#vi']);
    expect((await lab.summary('up-police')).report).toEqual({ rows: 1, rejected: 1, repeats: 0, handsets: 0 });
    const receipt = `receipts/airtel/${direction}/b.csv.${sha8(content.response)}.json`;
    expect(await lab.json(receipt)).toMatchObject({ rows: 1, recorded: 1, refused: null });
    for (const uploader of ['vi', 'up-police'])
      for (const name of ['a.csv', 'c.csv'])
        expect(await lab.read(`rejects/${uploader}/${name}`)).toBe(withWhatToDo('line,value,reason\n1,,not_csv\n'));
    const kinds = (await told(lab))['fraud-administrators']?.map(({ kind }) => kind).sort() ?? [];
    expect(kinds).toEqual([
      'batch_empty',
      ...Array(2).fill('report_refused'),
      ...Array(2).fill('response_refused'),
      ...Array(3).fill('stray_object'),
      ...Array(2).fill('usage_stopped'),
    ]);
  });
});

describe('after all of them', () => {
  it('a batch takes exactly what the usage files had before their faults', async () => {
    const handsets = badUsage.map(({ file }) => usageHandset(file));
    await lab.upload('reports/mha/good.csv', `imei\n${handsets.join('\n')}\n`);
    const batchId = `mha-${sha256(`imei\n${handsets.join('\n')}\n`).slice(0, 12)}`;
    const order = await lab.read(`orders/jio/${await lab.direction(batchId, 'reverify', 'jio')}/1-reverify.csv`);
    // The four faults inside a file are those of the 11th to the 14th, each after one good row.
    expect(
      order
        .trimEnd()
        .split('\n')
        .slice(1)
        .map((line) => line.slice(0, 13)),
    ).toEqual(['+919810000101', '+919810000111', '+919810000121', '+919810000131']);
  });

  it('everything settles, with balanced books and no dead letter', async () => {
    await lab.cloud.run();
    const summaries = await Promise.all(
      (await lab.outbox('batches/')).filter((key) => key.endsWith('.json')).map((key) => lab.json(key)),
    );
    // Of delhi-police, up-police and mha, and three of i4c.
    expect(summaries).toHaveLength(6);
    for (const summary of summaries) expect(summary).toMatchObject({ unexplained: 0 });
    // Those of i4c and up-police had no handset that could be taken.
    const statuses = (summaries as { status: string }[]).map(({ status }) => status).sort();
    expect(statuses).toEqual([...Array(4).fill('empty'), ...Array(2).fill('settled')]);
    expect((await lab.summary('delhi-police')).connections).toMatchObject({ directed: 3, verified: 1, overdue: 2 });
    expect(lab.cloud.failures()).toEqual([]);
  });

  it.each([
    `about ${A1}`,
    'about 9800000001.',
    '"09800000001"',
    '+91 98000 00001',
    `about ${H1}`,
    '35-000000-000001-3',
    '404101234567890',
  ])('a line that holds an identifier is found: %s', (line) => {
    expect(holdsAnIdentifier(line)).toBe(true);
  });

  it('no line of a log holds a phone number, an IMEI or an IMSI', () => {
    expect(lines.length).toBeGreaterThan(80);
    expect(lines.filter(holdsAnIdentifier)).toEqual([]);
  });
});
