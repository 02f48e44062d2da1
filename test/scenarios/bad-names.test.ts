import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bucketsOf } from '../../simulation/buckets.ts';
import { withWhatToDo } from '../domain/what-to-do.ts';
import { addedBy, holdsAnIdentifier, openWithLog, sha8, sha256, Tables, told } from './bad-files.ts';
import type { Lab } from './lab.ts';

/**
 * Names that trip over URLs, XML, shells or expressions, and files that come again under another one.
 *
 * airtel saw the n-th number in H1, and delhi-police reported H1: a direction with a number for each name.
 */
const H1 = '36000000000001';
const NOW = '2026-06-01T00:00:00Z';
const number = (n: number) => `98000000${String(n).padStart(2, '0')}`;

const names = [
  'June list (1).csv',
  ' spaces  all around .csv',
  'a+b+c.csv',
  '100% sure.csv',
  '%2F%41%zz%.csv',
  `"double" and 'single'.csv`,
  'हैंडसेट सूची, जून २०२६.csv',
  'e\u0301 is not \u00e9.csv',
  '&lt;list> & <b>&#38;.csv',
  '?versionId=1#top;a=b,c$*~!.csv',
  'back\\slash.csv',
  '=1+1.csv',
  '..csv',
  '{% $states.input %}.csv',
  '📱.csv',
];

let lab: Lab;
let tables: Tables;
let lines: string[];
let direction: string;

const { stringify } = JSON;
const place = (key: string) => ({ bucket: bucketsOf(lab.cloud).outbox, key });
/** What an act adds to the outbox, or changes there. */
const changedBy = async (act: () => Promise<void>): Promise<Record<string, string>> => {
  const before = await lab.everything();
  await act();
  const changed = Object.entries(await lab.everything()).filter(([key, content]) => before[key] !== content);
  return Object.fromEntries(changed);
};

beforeAll(async () => {
  ({ lab, lines } = await openWithLog());
  tables = new Tables(lab);
  await lab.usage(
    'airtel',
    names.map((_, n) => `${H1},${number(n)},2026-05-20,`),
  );
  await lab.report('delhi-police', [H1]);
  direction = await lab.direction(`delhi-police-${sha256(`imei\n${H1}\n`).slice(0, 12)}`, 'reverify', 'airtel');
  return () => lab.close();
});

beforeEach(async () => {
  await told(lab);
});

describe.each(names.map((name, n) => ({ name, n })))('a file named $name', ({ name, n }) => {
  it('is a report, whose rejects and summary name it', async () => {
    const content = `imei,case_ref\nnone,${n}\n`;
    const id = `up-police-${sha256(content).slice(0, 12)}`;
    const rejects = `rejects/up-police/${name}`;
    const added = await addedBy(lab, () => lab.upload(`reports/up-police/${name}`, content));
    expect(added.filter((key) => key.startsWith('rejects/'))).toEqual([rejects]);
    expect(await lab.read(rejects)).toBe(withWhatToDo('line,value,reason\n2,none,not_digits\n'));
    expect(await lab.json(`batches/${id}/summary.json`)).toMatchObject({
      file: `reports/up-police/${name}`,
      report: { rows: 1, rejected: 1 },
    });
    expect((await told(lab))['fraud-batches-up-police']).toMatchObject([
      { kind: 'batch_registered', batchId: id, rejects: place(rejects) },
      { kind: 'batch_empty', batchId: id },
    ]);
  });

  it('is usage, whose rejects are under its name', async () => {
    const content = `imei,msisdn,last_seen\n${H1},none,2026-05-20\n`;
    const key = `rejects/vi/${name}`;
    expect(await addedBy(lab, () => lab.upload(`usage/vi/${name}`, content))).toEqual([key]);
    expect(await lab.read(key)).toBe(withWhatToDo('line,value,reason\n2,none,bad_msisdn\n'));
    expect((await told(lab))['fraud-directions-vi']).toMatchObject([{ kind: 'usage_imported', rejects: place(key) }]);
  });

  it('is a response, whose receipt names it', async () => {
    const content = `msisdn,outcome\n${number(n)},verified\n`;
    const key = `receipts/airtel/${direction}/${name}.${sha8(content)}.json`;
    expect(await addedBy(lab, () => lab.upload(`responses/airtel/${direction}/${name}`, content))).toEqual([key]);
    expect(await lab.json(key)).toMatchObject({ file: name, rows: 1, recorded: 1, refused: null });
    expect(await told(lab)).toMatchObject({ 'fraud-directions-airtel': [{ kind: 'receipt', ...place(key) }] });
  });
});

describe('the same file under another name', () => {
  const content = `imei\n36000000000002\n36000000000002\nnone\n`;
  const batchId = `mha-${sha256(content).slice(0, 12)}`;
  const rejects = withWhatToDo('line,value,reason\n4,none,not_digits\n');
  const notice = (name: string, state: string) => ({
    kind: 'same_report',
    agency: 'mha',
    batchId,
    state,
    file: `reports/mha/${name}`,
    rejects: place(`rejects/mha/${name}`),
    uploadedAt: NOW,
  });

  it('is the same batch, and the agency is told so', async () => {
    await lab.upload('reports/mha/first.csv', content);
    const before = (await tables.records())[`BATCH#${batchId}`];
    expect(before).toMatchObject({ state: 'directed', file: 'reports/mha/first.csv' });
    await told(lab);
    expect(await changedBy(() => lab.upload('reports/mha/second.csv', content))).toEqual({
      'rejects/mha/second.csv': rejects,
    });
    expect((await tables.records())[`BATCH#${batchId}`]).toEqual(before);
    expect(await told(lab)).toEqual({ 'fraud-batches-mha': [notice('second.csv', 'directed')] });
  });

  it('is the same batch under the old name too', async () => {
    expect(await changedBy(() => lab.upload('reports/mha/first.csv', content))).toEqual({});
    expect(await told(lab)).toEqual({ 'fraud-batches-mha': [notice('first.csv', 'directed')] });
  });

  it('is one batch when both come at the same moment', async () => {
    const twin = 'imei\n36000000000003\n';
    const { inbox } = bucketsOf(lab.cloud);
    await Promise.all(['a.csv', 'b.csv', 'c.csv'].map((name) => lab.cloud.put(inbox, `reports/i4c/${name}`, twin)));
    await lab.cloud.rest();
    const heard = (await told(lab))['fraud-batches-i4c'] ?? [];
    expect(heard.map(({ kind }) => kind).sort()).toEqual(['batch_registered', 'same_report', 'same_report']);
    expect(new Set(heard.map((one) => one.batchId))).toEqual(new Set([`i4c-${sha256(twin).slice(0, 12)}`]));
  });

  // Nothing is left to direct in these two, so they settle at once.
  it('from another agency is another batch', async () => {
    await lab.upload('reports/i4c/first.csv', content);
    const other = `i4c-${sha256(content).slice(0, 12)}`;
    expect((await told(lab))['fraud-batches-i4c']).toMatchObject([
      { kind: 'batch_registered', batchId: other },
      { kind: 'settled', batchId: other },
    ]);
    expect(await lab.json(`batches/${other}/summary.json`)).toMatchObject({ blocks: { rows: 5, alreadyOpen: 5 } });
  });

  it('with one byte more is another batch', async () => {
    await lab.upload('reports/mha/first.csv', `${content}\n`);
    const other = `mha-${sha256(`${content}\n`).slice(0, 12)}`;
    expect((await told(lab))['fraud-batches-mha']).toMatchObject([
      { kind: 'batch_registered', batchId: other },
      { kind: 'settled', batchId: other },
    ]);
    expect(await lab.json(`batches/${other}/summary.json`)).toMatchObject({ blocks: { rows: 5, alreadyOpen: 5 } });
  });

  it('as usage leaves the links as they are', async () => {
    const before = await tables.links(H1);
    expect(before).toHaveLength(names.length);
    const [row] = before;
    await lab.usage('airtel', [`${H1},${row?.split('#')[1]},${row?.split('#')[0]},`], 'again.csv');
    expect(await tables.links(H1)).toEqual(before);
  });

  it('as a response changes nothing, and its receipt says so', async () => {
    const answer = `msisdn,outcome\n${number(0)},verified\n`;
    const receipt = (name: string) => `receipts/airtel/${direction}/${name}.${sha8(answer)}.json`;
    const before = await tables.records();
    const first = await lab.json<Record<string, unknown>>(receipt(names[0] ?? ''));
    const { uploadedAt, recordedAt, late, open, overdue, next, ...others } = first;
    expect(await changedBy(() => lab.upload(`responses/airtel/${direction}/again.csv`, answer))).toEqual({
      [receipt('again.csv')]: `${JSON.stringify(
        { ...others, file: 'again.csv', recorded: 0, alreadyRecorded: 1, repeats: names[0] },
        null,
        2,
      )}\n`,
    });
    expect(await tables.records()).toEqual(before);
  });
});

describe('a report whose rows are all rejected', () => {
  it('settles at once, with every row accounted for', async () => {
    const content = 'imei\nnone\n,\n123\n00000000000000\n';
    const batchId = `up-police-${sha256(content).slice(0, 12)}`;
    const already = { reissuedBefore: 0, alreadyOpen: 0, alreadyDisconnected: 0, alreadyVerified: 0 };
    const numbers = { linked: 0, struck: 0, held: 0, exempt: 0, reversed: 0, ...already, directed: 0 };
    const connections = {
      ...numbers,
      verified: 0,
      disconnected: 0,
      surrendered: 0,
      notFound: 0,
      ported: 0,
      extended: 0,
      reissued: 0,
      withdrawn: 0,
      overdue: 0,
      overdueFailed: 0,
    };
    const handsets = {
      rows: 0,
      struck: 0,
      held: 0,
      exempt: 0,
      reversed: 0,
      alreadyOpen: 0,
      alreadyBlocked: 0,
      directed: 0,
    };
    const blocks = { ...handsets, blocked: 0, notFound: 0, withdrawn: 0, overdue: 0 };
    const operator = (latestImport: string | null) => ({
      directions: 0,
      overdueDirections: 0,
      latestImport,
      connections,
      blocks,
    });
    const changed = await changedBy(() => lab.upload('reports/up-police/all rejected.csv', content));
    const summary = {
      batchId,
      agency: 'up-police',
      file: 'reports/up-police/all rejected.csv',
      status: 'empty',
      report: { rows: 4, rejected: 4, repeats: 0, handsets: 0 },
      connections,
      blocks,
      operators: {
        airtel: operator(NOW),
        bsnl: operator(null),
        jio: operator(null),
        mtnl: operator(null),
        // Its file was rejected row by row.
        vi: operator(null),
      },
      unexplained: 0,
      startedAt: NOW,
      settledAt: NOW,
    };
    expect(changed).toEqual({
      'rejects/up-police/all rejected.csv': withWhatToDo(
        'line,value,reason\n2,none,not_digits\n3,",",wrong_cell_count\n4,123,wrong_length\n5,00000000000000,not_a_device\n',
      ),
      [`batches/${batchId}/summary.json`]: `${stringify(summary, null, 2)}\n`,
      [`batches/${batchId}/elsewhere.csv`]: 'kind,identifier,operator,state,directionId\n',
      [`batches/${batchId}/handsets.csv`]:
        'imei,case_ref,connections,verified,disconnected,not_found,overdue,blocked_at,held,remark\n',
      [`revocations/2026-06-01/${batchId}.csv`]: 'msisdn,operator,lsa,disconnected_on,reason\n',
      [`revocations/2026-06-01/${batchId}.json`]: `{"status":200,"file_name":"${batchId}.csv","payload":[]}\n`,
    });
    const notices = await told(lab);
    expect(notices['fraud-batches-up-police']?.map(({ kind }) => kind)).toEqual(['batch_registered', 'batch_empty']);
    const empty = { kind: 'batch_empty', batchId, endedAt: NOW, report: summary.report };
    expect(notices['fraud-batches-up-police']?.at(-1)).toMatchObject({
      ...empty,
      rejects: { key: 'rejects/up-police/all rejected.csv' },
    });
    expect(notices['fraud-administrators']).toMatchObject([empty]);
  });

  it('again is the same batch, and stays as it was: there is nothing to act on', async () => {
    const content = 'imei\nnone\n,\n123\n00000000000000\n';
    expect(Object.keys(await changedBy(() => lab.upload('reports/up-police/again.csv', content)))).toEqual([
      'rejects/up-police/again.csv',
    ]);
    expect(await told(lab)).toMatchObject({ 'fraud-batches-up-police': [{ kind: 'same_report', state: 'empty' }] });
  });
});

describe('in the end', () => {
  it('every batch settles once, every answer counts once', async () => {
    await lab.cloud.run();
    expect((await lab.summary('delhi-police')).connections).toMatchObject({ directed: 15, verified: 15, overdue: 0 });
    // One for each name of up-police and one of rejects only; two of mha, two of i4c, one of delhi-police.
    expect(await lab.batches()).toHaveLength(names.length + 1 + 2 + 2 + 1);
    expect(lab.cloud.failures()).toEqual([]);
  });

  it('no line of a log holds a phone number, an IMEI or an IMSI, nor the name of a file', () => {
    expect(lines.length).toBeGreaterThan(80);
    expect(lines.filter(holdsAnIdentifier)).toEqual([]);
    expect(lines.filter((line) => names.some((name) => line.includes(name)))).toEqual([]);
  });
});
