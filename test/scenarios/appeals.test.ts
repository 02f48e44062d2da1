/**
 * Caseworkers appeal, and approvers decide upon what they ask for.
 *
 * On 1 June mha reports P, which A and B of airtel were used in; both are asked to prove who they are. At 01:00 caseworker-1 appeals for A,
 * for B by its reference, and for P as far as B uses it; uploads the same bytes once more; and caseworker-2 uploads them, too. A reversal of
 * more than five subjects takes two approvers, and one of more than ten is over the limit.
 */

import type { FaultPlan } from 'local-cloud';
import { beforeAll, describe, expect, it } from 'vitest';
import { sha256Of } from '../../lambdas/domain/hashes.ts';
import type { OperatorId } from '../../lambdas/domain/identifiers.ts';
import { referenceOf } from '../../lambdas/domain/references.ts';
import { bucketsOf } from '../../simulation/buckets.ts';
import { nameOf } from '../../simulation/function-names.ts';
import { whatToDoAbout } from '../domain/what-to-do.ts';
import { Tables } from './bad-files.ts';
import { APPROVE, DAY, HOUR, Lab, START } from './lab.ts';
import { chainOf } from './reversals-lab.ts';

const CONTEXT = { operators: 'airtel,jio', largeReversal: '5', mostSubjects: '10' };
const P = '35100000000001';
const [A, B, C] = ['+919800000001', '+919800000002', '+919800000003'];
const HEADER = 'msisdn,imei,reference,ground,case_ref\n';
const numbers = (count: number) =>
  `msisdn,ground\n${Array.from({ length: count }, (_, n) => `98100000${10 + n},court_order\n`).join('')}`;

let lab: Lab;
let faults: FaultPlan = {};
let monday: string;
let told: Record<string, Record<string, unknown>[]>;
/** The batches of a file, by its key. */
const batches: Record<string, string[]> = {};
let early: string[];

const receipt = async (caseworker: string, name: string, content: string) =>
  await lab.json<Record<string, unknown>>(
    `receipts/${caseworker}/appeals/${name}.csv.${sha256Of(content).slice(0, 8)}.json`,
  );
const appeal = (name: string, content: string, caseworker = 'caseworker-1') =>
  lab.upload(`appeals/${caseworker}/${name}.csv`, content);
const until = (hours: number) => lab.cloud.run(START + hours * HOUR);
const idOf = (name: string, caseworker = 'caseworker-1') => {
  const [id = '', ...more] = batches[`appeals/${caseworker}/${name}.csv`] ?? [];
  expect(more).toEqual([]);
  return id;
};

async function noteBatches(): Promise<void> {
  for (const key of Object.keys(batches)) delete batches[key];
  for (const { kind, file, batchId } of Object.values(await new Tables(lab).everything()))
    if (kind === 'reversal') batches[String(file)] = [...(batches[String(file)] ?? []), String(batchId)];
}

const chain = (id: string) => chainOf(lab, id);

beforeAll(async () => {
  lab = await Lab.open({
    telling: true,
    context: CONTEXT,
    faults: { beforeInvoke: (call) => faults.beforeInvoke?.(call) },
  });
  // Nobody looks at what is told of where batches stand.
  lab.cloud.pauseQueues((queue) => queue.includes('StatusQueue'));
  await lab.usage('airtel', [`${P},${A},2026-05-20,Delhi`, `${P},${B},2026-05-21,Delhi`]);
  await lab.report('mha', [P]);
  const directionId = (await lab.directions('airtel')).find((id) => id.includes('.reverify.')) ?? '';
  const order = await lab.read(`orders/airtel/${directionId}/1-reverify.csv`);
  const reference =
    order
      .split('\n')
      .find((line) => line.startsWith(String(B)))
      ?.split(',')[4] ?? '';
  monday = [
    HEADER.trimEnd(),
    `${A},,,wrong_number,A-1`,
    `,,${reference},Reissued,A-2`,
    `${A},,,cloned,`,
    `${B},${P},,cloned,`,
    `${C},,,for nothing,`,
    `,,${referenceOf({ operator: 'airtel' as OperatorId, plan: 99, shard: 0, n: 0, row: 1 })},cloned,`,
    '',
  ].join('\n');
  await until(1);

  await appeal('monday', monday);
  await appeal('again', monday);
  await appeal('monday', monday, 'caseworker-2');
  await appeal('large', numbers(6));
  await appeal('over', numbers(11));
  await appeal('none', `${HEADER}${A},,,,\n`);
  await appeal('bad', 'msisdn\n9810000001\n');
  await lab.upload('appeals/nobody/a.csv', monday);
  await noteBatches();
  early = await lab.batches();
  await lab.decide('approver-1', idOf('monday'), [
    `spare,${P},,,`,
    `strike,,${C},,not this one`,
    `strike,,${B},,a court said otherwise`,
    APPROVE,
  ]);
  await lab.decide('approver-2', idOf('monday', 'caseworker-2'), ['refuse,,,,one file is enough']);
  await lab.decide('approver-1', idOf('large'), [APPROVE]);

  faults = { beforeInvoke: ({ functionName }) => (nameOf(functionName) === 'Collect' ? 'error' : undefined) };
  await appeal('broken', numbers(1));
  await until(3);
  faults = {};
  await noteBatches();
  expect(batches['appeals/caseworker-1/broken.csv']).toBeUndefined();
  await appeal('mended', numbers(1));
  await lab.cloud.run(START + 3 * DAY + 2 * HOUR);
  await lab.decide('approver-2', idOf('monday'), [APPROVE], 'approve.csv');
  await lab.cloud.run(START + 3 * DAY + 3 * HOUR);
  await noteBatches();
  told = {
    approvers: await lab.notices('fraud-approvals-approver-3'),
    administrators: await lab.notices('fraud-administrators'),
  };
  return () => lab.close();
}, 300_000);

const of = (whom: string, id: string) => (told[whom] ?? []).filter(({ batchId }) => batchId === id);

describe('an appeal', () => {
  it('is acknowledged: rows that ask for something new, that ask for the same, and that are rejected', async () => {
    expect(await receipt('caseworker-1', 'monday', monday)).toEqual({
      file: 'monday.csv',
      sha256: sha256Of(monday),
      rows: 6,
      recorded: 3,
      alreadyRecorded: 1,
      rejected: { bad_ground: 1, unknown_reference: 1 },
      rejects: [
        { line: 6, reason: 'bad_ground' },
        { line: 7, reason: 'unknown_reference' },
      ],
      refused: null,
      whatToDo: whatToDoAbout('bad_ground', 'unknown_reference'),
      // By which its caseworker finds its books.
      reversal: idOf('monday'),
    });
  });

  it('starts one reversal, whose id follows from the upload', async () => {
    const { work } = bucketsOf(lab.cloud);
    const [asked = ''] = await lab.cloud.list(work, `asked/${idOf('monday')}/`);
    const { upload, file } = JSON.parse(Buffer.from(await lab.cloud.get(work, asked)).toString());
    expect(idOf('monday')).toBe(`caseworker-1-${sha256Of(`${file}\n${upload}`).slice(0, 12)}`);
  });

  it('of the same bytes by the same caseworker changes nothing, and gets the same receipt; by another it is another', async () => {
    expect(batches['appeals/caseworker-1/again.csv']).toBeUndefined();
    expect(await receipt('caseworker-1', 'again', monday)).toEqual(await receipt('caseworker-1', 'monday', monday));
    expect(idOf('monday', 'caseworker-2')).toMatch(/^caseworker-2-[0-9a-f]{12}$/);
  });

  it('of which no row is good starts none, and one that cannot be read is refused', async () => {
    const none = await receipt('caseworker-1', 'none', `${HEADER}${A},,,,\n`);
    expect(none).not.toHaveProperty('reversal');
    expect(none).toMatchObject({
      recorded: 0,
      rejected: { missing_ground: 1 },
    });
    expect(await receipt('caseworker-1', 'bad', 'msisdn\n9810000001\n')).toMatchObject({
      rows: 0,
      refused: 'missing_column:ground',
    });
    for (const name of ['none', 'bad']) expect(batches[`appeals/caseworker-1/${name}.csv`]).toBeUndefined();
    expect(told.administrators?.filter(({ kind }) => kind === 'stray_object')).toMatchObject([
      { why: 'unknown_caseworker', key: 'appeals/nobody/a.csv' },
    ]);
  });

  it('is told to the audit, whatever became of it', async () => {
    const entries = await chain('appeals');
    expect(entries.map(({ kind, facts }) => [kind, facts.uploader, facts.batch ?? facts.why ?? null])).toEqual([
      ['appeal_recorded', 'caseworker-1', idOf('monday')],
      ['appeal_recorded', 'caseworker-1', idOf('monday')],
      ['appeal_recorded', 'caseworker-2', idOf('monday', 'caseworker-2')],
      ['appeal_recorded', 'caseworker-1', idOf('large')],
      ['appeal_recorded', 'caseworker-1', idOf('over')],
      ['appeal_recorded', 'caseworker-1', null],
      ['appeal_refused', 'caseworker-1', 'missing_column:ground'],
      ['appeal_recorded', 'caseworker-1', expect.any(String)],
      ['appeal_recorded', 'caseworker-1', expect.any(String)],
    ]);
    expect(JSON.stringify(entries)).not.toMatch(/98000000|98100000|3510000000/);
  });

  it('whose collecting fails each time is told of, and begins when the same bytes come again', () => {
    expect(told.administrators?.filter(({ kind }) => kind === 'quarantined')).toMatchObject([
      { key: 'appeals/caseworker-1/broken.csv' },
    ]);
    // It is the first upload's.
    expect(idOf('broken')).not.toBe('');
    expect(batches['appeals/caseworker-1/mended.csv']).toBeUndefined();
  });
});

describe('a reversal', () => {
  it('is previewed by a count, by ground on its page, and by nobody’s number', async () => {
    const id = idOf('monday');
    expect(await lab.outbox(`previews/${id}/`)).toEqual([`previews/${id}/preview.html`, `previews/${id}/preview.json`]);
    expect(await lab.json(`previews/${id}/preview.json`)).toEqual({
      batchId: id,
      kind: 'reversal',
      agency: 'caseworker-1',
      file: 'appeals/caseworker-1/monday.csv',
      sha256: sha256Of(monday),
      subjects: 3,
      people: 1,
      decideBy: null,
    });
    const page = await lab.read(`previews/${id}/preview.html`);
    expect(page).toContain('reissued');
    expect(page).not.toMatch(/9800000001|35100000000001|A-1/);
  });

  it('asks one approver, and two where it has more subjects; administrators hear of it, too', () => {
    for (const whom of ['approvers', 'administrators'])
      for (const [name, subjects, people] of [
        ['monday', 3, 1],
        ['large', 6, 2],
      ] as const)
        expect(of(whom, idOf(name)).filter(({ kind }) => kind === 'decision_needed')).toMatchObject([
          { agency: 'caseworker-1', subjects, people, decideBy: null },
        ]);
  });

  it('waits without end, and its approvers are reminded every day', () => {
    const reminders = (name: string) => of('approvers', idOf(name)).filter(({ kind }) => kind === 'decision_reminder');
    expect(reminders('monday')).toHaveLength(3);
    expect(reminders('large')).toMatchObject([{ approved: 1, people: 2, decideBy: null }, {}, {}]);
  });

  it('takes strikes of what it names, and no acts: nothing of it is held', async () => {
    const [key = ''] = await lab.outbox(`receipts/approver-1/${idOf('monday')}/`);
    expect(await lab.json(key)).toMatchObject({
      rows: 4,
      recorded: 1,
      rejects: [
        { line: 2, reason: 'not_held' },
        { line: 3, reason: 'not_a_subject' },
        { line: 5, reason: 'beside_rejects' },
      ],
    });
  });

  it('is approved by one, bound to its preview and to what it is asked', async () => {
    expect(of('approvers', idOf('monday')).map(({ kind }) => kind)).toContain('batch_approved');
    const decided = (await chain(idOf('monday'))).filter(({ kind }) => kind === 'decided');
    expect(decided).toMatchObject([{ facts: { state: 'approved', people: 1, by: 'approver-2' } }]);
    expect(Object.keys(decided[0]?.files ?? {}).sort()).toEqual(['asked', 'preview', 'record']);
  });

  it('is refused by one, for good: with zeros, and nothing is given back', async () => {
    const id = idOf('monday', 'caseworker-2');
    const summary = await lab.json<Record<string, unknown>>(`batches/${id}/summary.json`);
    expect(summary).toMatchObject({
      batchId: id,
      kind: 'reversal',
      agency: 'caseworker-2',
      file: 'appeals/caseworker-2/monday.csv',
      status: 'refused',
      subjects: { asked: 0, directed: 0 },
      operators: { airtel: { directions: 0 }, jio: { directions: 0 } },
      unexplained: 0,
    });
    expect(of('administrators', id).map(({ kind }) => kind)).toEqual(['decision_needed', 'batch_refused']);
  });

  it('of more than an appeal may ask for ends over the limit, whatever people would say', async () => {
    const id = idOf('over');
    expect(early).toContain(id);
    expect(await lab.json(`batches/${id}/summary.json`)).toMatchObject({ status: 'over_limit' });
    expect(of('approvers', id)).toMatchObject([
      { kind: 'batch_over_limit', of: 'appeal', what: 'subjects', found: 11, limit: 10 },
    ]);
  });
});
