/** The preview: what a batch would do, written before it does anything, for two approvers to decide upon. Small thresholds stand for 25 numbers a day and 500 in all. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { sha256Of } from '../../lambdas/domain/hashes.ts';
import { bucketsOf } from '../../simulation/buckets.ts';
import { Tables } from './bad-files.ts';
import { APPROVE, HOUR, Lab, type LabSettings, START } from './lab.ts';

const imei = (n: number) => `3500000000${String(n).padStart(4, '0')}`;
const number = (n: number) => `+9198${String(n).padStart(8, '0')}`;

interface Row {
  handset: number;
  number: number;
  day: string;
  operator: string;
  lsa: string;
}
/** Handset 1 is used with three numbers on a day, 2 with five in all; 3 with two on one of three days; nobody saw 4. */
const seen = (handset: number, numbers: number[], day: string, operator: string, lsa: string): Row[] =>
  numbers.map((one) => ({ handset, number: one, day, operator, lsa }));
const ROWS: Row[] = [
  ...seen(1, [1, 2, 3], '2026-05-20', 'airtel', 'Delhi'),
  ...seen(1, [4], '2026-05-21', 'jio', 'Mumbai'),
  ...seen(2, [5, 6], '2026-05-02', 'airtel', 'Delhi'),
  ...seen(2, [7, 8], '2026-05-03', 'jio', 'Kerala'),
  ...seen(2, [9], '2026-05-04', 'airtel', ''),
  ...seen(3, [1, 10], '2026-05-10', 'airtel', 'Delhi'),
  // Newer than at airtel, and on a handset that doesn't look cloned.
  ...seen(3, [5], '2026-05-30', 'vi', 'Kerala'),
  // Too old to count.
  ...seen(3, [11], '2025-11-01', 'vi', 'Kerala'),
  // In no reported handset.
  ...seen(5, [12], '2026-05-30', 'vi', 'Kerala'),
];
const REPORTED = [1, 2, 3, 4];
const FROM = '2025-12-03';

/** A second reckoning, which goes number by number. */
function reckoned(held: readonly number[]) {
  const counted = ROWS.filter(({ handset, day }) => REPORTED.includes(handset) && day >= FROM);
  const operators: Record<string, number> = { airtel: 0, bsnl: 0, jio: 0, mtnl: 0, vi: 0 };
  let onlyHeld = 0;
  const numbers = [...new Set(counted.map((row) => row.number))];
  for (const one of numbers) {
    const own = counted.filter((row) => row.number === one);
    const [newest] = own.sort((a, b) =>
      a.day === b.day ? (a.operator < b.operator ? -1 : 1) : a.day > b.day ? -1 : 1,
    );
    operators[newest?.operator ?? ''] = (operators[newest?.operator ?? ''] ?? 0) + 1;
    if (own.every(({ handset }) => held.includes(handset))) onlyHeld += 1;
  }
  return { linked: numbers.length, onlyHeld, operators };
}

const namesANumber = (text: string) => ROWS.some((row) => text.includes(number(row.number).slice(3)));

let faults: LabSettings['faults'];
let lab: Lab;
let batchId: string;

async function upload(one: Lab): Promise<void> {
  for (const operator of ['airtel', 'jio', 'vi']) {
    const own = ROWS.filter((row) => row.operator === operator);
    await one.usage(
      operator,
      own.map(({ handset, number: msisdn, day, lsa }) => `${imei(handset)},${number(msisdn)},${day},${lsa}`),
    );
  }
  await one.report('mha', REPORTED.map(imei));
}

const open = (): Promise<Lab> =>
  Lab.open({
    telling: true,
    context: { people: '2', busyDay: '3', manyConnections: '5' },
    faults: {
      beforeInvoke: (...args) => faults?.beforeInvoke?.(...args),
      afterWrite: (...args) => faults?.afterWrite?.(...args),
      deliveries: (...args) => faults?.deliveries?.(...args) ?? [0],
    },
  });

const itemOf = async (one: Lab) =>
  Object.values(await new Tables(one).everything()).find(({ pk }) => String(pk).startsWith('BATCH#mha-')) ?? {};

beforeAll(async () => {
  lab = await open();
  await upload(lab);
  batchId = String((await itemOf(lab)).batchId);
  // The audit is told within minutes.
  await lab.at(0.1);
});
afterEach(() => {
  faults = undefined;
});
afterAll(() => lab.close());

describe('the preview of a batch', () => {
  it('says whom the batch reaches, as another reckoning does', async () => {
    const { linked, onlyHeld, operators } = reckoned([1, 2]);
    expect([linked, onlyHeld]).toEqual([10, 7]);
    const preview = await lab.json<Record<string, unknown>>(`previews/${batchId}/preview.json`);
    expect(preview).toEqual({
      batchId,
      kind: 'report',
      agency: 'mha',
      file: 'reports/mha/report.csv',
      sha256: sha256Of(`imei\n${REPORTED.map((n) => `${imei(n)}\n`).join('')}`),
      report: { rows: 4, rejected: 0, repeats: 0, handsets: 4 },
      held: 2,
      linked,
      linkedOnlyByHeld: onlyHeld,
      operators: Object.fromEntries(
        Object.entries(operators).map(([operator, own]) => {
          const latestImport = ['airtel', 'jio', 'vi'].includes(operator) ? '2026-06-01T00:00:00Z' : null;
          return [operator, { linked: own, latestImport, gated: 0 }];
        }),
      ),
      people: 2,
      decideBy: '2026-06-03T00:00:00Z',
    });
  });

  it('lists the handsets that look cloned, and why', async () => {
    expect((await lab.read(`previews/${batchId}/held.csv`)).replace(/^(\d{14})\d/gm, '$1')).toBe(
      [
        'imei,why,connections,areas,busiest_day,connections_that_day,areas_that_day',
        `${imei(1)},busy_day,4,2,2026-05-20,3,1`,
        `${imei(2)},many_connections,5,2,2026-05-02,2,1`,
        '',
      ].join('\n'),
    );
  });

  it('is a page for people as well, which says how to decide and names no number', async () => {
    const page = await lab.read(`previews/${batchId}/preview.html`);
    expect(page).toContain('2 approvers must approve this batch by');
    const sha256 = sha256Of(await lab.read(`previews/${batchId}/preview.json`));
    expect(page).toContain(`${sha256},approve,,,public_interest,`);
    expect(namesANumber(page + (await lab.read(`previews/${batchId}/preview.json`)))).toBe(false);
  });

  it('is all that there is: nobody is directed while people decide', async () => {
    expect(await lab.directions()).toEqual([]);
    expect((await itemOf(lab)).state).toBe('waiting');
  });

  it('is committed with its SHA-256, which is in the audit, too', async () => {
    const { previewSha256 } = await itemOf(lab);
    expect(previewSha256).toBe(sha256Of(await lab.read(`previews/${batchId}/preview.json`)));
    const { audit } = bucketsOf(lab.cloud);
    const chain = await Promise.all(
      (await lab.cloud.list(audit, `batches/${batchId}/`)).map(async (key) =>
        Buffer.from(await lab.cloud.get(audit, key)).toString(),
      ),
    );
    const entries = chain.flatMap((text) =>
      text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    );
    const told = entries.filter(({ kind }) => kind === 'previewed');
    expect(told.map(({ files }) => Object.keys(files).sort())).toEqual([['held', 'page', 'preview']]);
  });
});

describe('a preview that is made again', () => {
  it.each([
    ['before its commit', /screened\/.*\/previews\/.*\/preview\.json$/, 2],
    ['after its commit', /^BATCH#/, 1],
    ['after one file was published', /^previews\/.*held\.csv$/, 1],
  ])('is the one that was committed first: a step that failed %s', async (_, after, prepared) => {
    let failed = 0;
    faults = {
      afterWrite: ({ functionName, key }) =>
        functionName.includes('Gather') && after.test(key ?? '') && failed++ === 0 ? ('fail' as const) : undefined,
    };
    await using other = await open();
    await upload(other);
    await other.at(0.01);
    expect(failed).toBeGreaterThan(0);
    const { previewKey, previewSha256 } = await itemOf(other);
    const { work } = bucketsOf(other.cloud);
    const folders = new Set(
      (await other.cloud.list(work, 'screened/'))
        .filter((key) => key.includes('/previews/'))
        .map((key) => key.slice(0, key.lastIndexOf('/'))),
    );
    expect(folders.size).toBe(prepared);
    expect(folders).toContain(previewKey);
    for (const name of ['preview.json', 'preview.html', 'held.csv']) {
      const published = await other.read(`previews/${batchId}/${name}`);
      expect(published).toBe(Buffer.from(await other.cloud.get(work, `${previewKey}/${name}`)).toString());
    }
    expect(sha256Of(await other.read(`previews/${batchId}/preview.json`))).toBe(previewSha256);
    for (const approver of ['approver-1', 'approver-2']) await other.decide(approver, batchId, [APPROVE]);
    expect(await other.directions()).not.toEqual([]);
  });
});

describe('the latest import that a preview names', () => {
  it('is one from before the links were read: whose usage came after that has never been heard of, and may be missing', async () => {
    await using other = await open();
    await other.usage('airtel', [`${imei(1)},${number(1)},2026-05-20,`]);
    let gathers = 0;
    faults = {
      beforeInvoke: ({ functionName }) =>
        functionName.includes('Gather') && gathers++ === 0 ? ('throttle' as const) : undefined,
    };
    await other.report('mha', [imei(1)]);
    await other.usage('jio', [`${imei(1)},${number(2)},2026-05-21,`]);
    await other.at(0.01);
    expect(gathers).toBe(2);
    const [key = ''] = (await other.outbox('previews/')).filter((one) => one.endsWith('preview.json'));
    const { operators } = await other.json<{ operators: Record<string, unknown> }>(key);
    expect(operators).toMatchObject({
      airtel: { linked: 1, latestImport: '2026-06-01T00:00:00Z' },
      jio: { linked: 0, latestImport: null },
    });
    expect(await other.read(key.replace('.json', '.html'))).toMatch(/jio.*<strong>never<\/strong>/);
  });
});

describe('what a corrected usage file says', () => {
  it('stands where the event of the file before comes once more, whose areas had made a SIM box look like a clone', async () => {
    faults = {
      deliveries: ({ detail }) =>
        (detail.object as { key?: string } | undefined)?.key?.endsWith('/wrong.csv') ? [0, 2 * HOUR] : [0],
    };
    await using other = await open();
    const rows = (...areas: string[]) => areas.map((lsa, n) => `${imei(1)},${number(n)},2026-05-20,${lsa}`);
    await other.usage('airtel', rows('Delhi', 'Mumbai', 'Kerala'), 'wrong.csv');
    await other.cloud.run(START + HOUR);
    await other.usage('airtel', rows('Delhi', 'Delhi', 'Delhi'), 'right.csv');
    await other.cloud.run(START + 3 * HOUR);
    await other.report('mha', [imei(1)]);
    const [key = ''] = (await other.outbox('previews/')).filter((one) => one.endsWith('held.csv'));
    // Three numbers that day and in all, in one area.
    expect(await other.read(key)).toContain('\n350000000000014,busy_day,3,1,2026-05-20,3,1\n');
  });
});
