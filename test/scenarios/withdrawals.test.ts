/**
 * An agency takes a report back before it is decided upon, or doesn't, and nobody is directed by what was taken back.
 *
 * Each story has a handset and a number of its own. There are two operators, and two approvers must approve.
 */
import type { FaultPlan } from 'local-cloud';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256Of } from '../../lambdas/domain/hashes.ts';
import { bucketsOf } from '../../simulation/buckets.ts';
import { nameOf } from '../../simulation/function-names.ts';
import { Tables } from './bad-files.ts';
import { APPROVE, HOUR, Lab, START, type Summary } from './lab.ts';

const CONTEXT = { operators: 'airtel,jio', people: '2' };
const [A, B] = ['approver-1', 'approver-2'] as const;
const STORIES = [
  'previewed',
  'early',
  'named',
  'planned',
  'refusedFirst',
  'failed',
  'failedBeside',
  'awaited',
  'older',
] as const;
type Story = (typeof STORIES)[number];
const handset = (story: Story) => `352000000000${10 + STORIES.indexOf(story)}`;
const idOf = (story: Story) => `mha-${sha256Of(`imei\n${handset(story)}\n`).slice(0, 12)}`;

const throttling = (name: string): FaultPlan => ({
  beforeInvoke: ({ functionName }) => (nameOf(functionName) === name ? 'throttle' : undefined),
});

/** Withdraw fails when it has done all there is to do: its message comes again. */
const forgetful: FaultPlan = {
  afterWrite: ({ functionName, key = '' }) =>
    nameOf(functionName) === 'Withdraw' && key.startsWith('uploads/worked/') ? 'fail' : undefined,
};
/** The stories of a step that fails after its first commit of its batch. */
const FAILING = [
  ['Withdraw', 'fail', 'failed'],
  ['Withdraw', 'zombie', 'failedBeside'],
  ['Await', 'fail', 'awaited'],
] as const;
const met: Partial<Record<Story, number>> = {};
const failing: FaultPlan = {
  afterWrite: ({ functionName, key = '' }) => {
    const [, ending, story] =
      FAILING.find(([name, , of]) => nameOf(functionName) === name && key.startsWith(`BATCH#${idOf(of)}`)) ?? [];
    if (story === undefined) return undefined;
    met[story] = (met[story] ?? 0) + 1;
    return met[story] === 1 ? ending : undefined;
  },
};

let lab: Lab;
let faults: FaultPlan = {};
let receipts: Record<string, Record<string, unknown>>;
let told: Record<'mha' | 'approvers' | 'administrators' | 'up-police', Record<string, unknown>[]>;
let early: { summaries: string[]; states: Record<Story, unknown> };
/** What is said of the older withdrawal: the batch's state, the withdrawal's receipt, and its entries in the chain. */
let older: Record<
  'lapsed' | 'reported' | 'later' | 'sentAgain',
  { state: unknown; receipt: string; entries: string[] }
>;

const report = (story: Story) => lab.report('mha', [handset(story)], `${story}.csv`);
const withdraw = (story: Story, name: string, content = 'imei\n', agency = 'mha') =>
  lab.upload(`withdrawals/${agency}/${idOf(story)}/${name}.csv`, content);
const until = (hours: number) => lab.cloud.run(START + hours * HOUR);

async function olderNow() {
  const [receipt] = await lab.outbox('receipts/mha/withdrawals/older.csv');
  return {
    state: (await states()).older,
    receipt: receipt === undefined ? '' : await lab.read(receipt),
    entries: (await chain('older')).filter(({ kind }) => kind.startsWith('withdrawal')).map(({ kind }) => kind),
  };
}

async function states(): Promise<Record<Story, unknown>> {
  const items = await new Tables(lab).everything();
  return Object.fromEntries(STORIES.map((story) => [story, items[`BATCH#${idOf(story)}`]?.state])) as never;
}

beforeAll(async () => {
  lab = await Lab.open({
    telling: true,
    context: CONTEXT,
    faults: {
      beforeInvoke: (call) => faults.beforeInvoke?.(call),
      afterWrite: (call) => faults.afterWrite?.(call) ?? failing.afterWrite?.(call),
    },
  });
  await lab.usage(
    'airtel',
    STORIES.map((story, n) => `${handset(story)},+91981000000${n},2026-05-20,Delhi`),
  );
  await report('previewed');
  await report('named');
  await report('planned');
  await report('older');
  await lab.decide(A, idOf('previewed'), [APPROVE]);

  faults = throttling('Expand');
  await report('early');
  await withdraw('early', 'early');
  early = { summaries: await lab.batches(), states: await states() };
  faults = {};
  await until(1);

  await withdraw('previewed', 'previewed');
  await withdraw('previewed', 'again');
  await withdraw('previewed', 'other', 'imei,why\n');
  await lab.decide(B, idOf('previewed'), [APPROVE]);
  await report('previewed');

  for (const [, , story] of FAILING) {
    await report(story);
    await withdraw(story, story);
  }
  await report('refusedFirst');
  faults = forgetful;
  await withdraw('refusedFirst', 'refusedFirst', `imei\n${handset('refusedFirst')}\n`);
  faults = {};
  // Its message comes again when the batch is directed.
  for (const approver of [A, B]) await lab.decide(approver, idOf('refusedFirst'), [APPROVE]);

  await withdraw('named', 'named', `imei\n${handset('named')}\n`);
  await withdraw('named', 'theirs', 'imei\n', 'up-police');
  await withdraw('named', 'bad', 'handset\n');
  await lab.upload(`withdrawals/nobody/${idOf('named')}/w.csv`, 'imei\n');
  for (const approver of [A, B]) await lab.decide(approver, idOf('named'), [APPROVE]);
  await until(2);
  const previews = new Set(await lab.outbox('previews/mha-'));
  await withdraw('named', 'late');
  const [reversal = ''] = (await lab.outbox('previews/mha-')).filter((key) => !previews.has(key));
  await lab.upload(`withdrawals/mha/${reversal.split('/')[1]}/undo.csv`, 'imei\n');

  faults = throttling('Claim');
  for (const approver of [A, B]) await lab.decide(approver, idOf('planned'), [APPROVE]);
  await withdraw('planned', 'planned');
  const waits = await lab.outbox('receipts/mha/withdrawals/planned.csv');
  expect([waits, (await states()).planned]).toEqual([[], 'planning']);
  faults = {};
  await until(4);

  const keys = [...(await lab.outbox('receipts/mha/')), ...(await lab.outbox('receipts/up-police/'))];
  const named = keys.map(async (key) => [
    key
      .split('/')
      .slice(1)
      .join('/')
      .replace(/\.[0-9a-f]{8}\.json$/, ''),
    await lab.json(key),
  ]);
  receipts = Object.fromEntries(await Promise.all(named));
  told = {
    mha: await lab.notices('fraud-batches-mha'),
    'up-police': await lab.notices('fraud-batches-up-police'),
    approvers: await lab.notices('fraud-approvals-approver-3'),
    administrators: await lab.notices('fraud-administrators'),
  };

  await until(49);
  const lapsed = await olderNow();
  // It is refused, and comes again.
  faults = forgetful;
  await withdraw('older', 'older');
  faults = {};
  const refused = await olderNow();
  await lab.cloud.run(START + 49 * HOUR + 60_000);
  await lab.report('mha', [handset('older')], 'again.csv');
  const reported = { ...refused, state: (await states()).older };
  await until(53);
  const later = await olderNow();
  // One that is sent now ends it.
  await withdraw('older', 'now');
  await until(54);
  older = { lapsed, reported, later, sentAgain: await olderNow() };
}, 300_000);
afterAll(() => lab.close());

const kindsOf = (whom: keyof typeof told, story: Story) =>
  told[whom].filter(({ batchId }) => batchId === idOf(story)).map(({ kind }) => String(kind));
const summaryOf = (story: Story) => lab.json<Summary>(`batches/${idOf(story)}/summary.json`);
const receiptOf = (name: string) => receipts[`mha/withdrawals/${name}.csv`];

async function chain(story: Story): Promise<{ kind: string; facts: object; files: object }[]> {
  const { audit } = bucketsOf(lab.cloud);
  const keys = await lab.cloud.list(audit, `batches/${idOf(story)}/`);
  const texts = await Promise.all(keys.map(async (key) => Buffer.from(await lab.cloud.get(audit, key)).toString()));
  return texts.flatMap((text) => text.trimEnd().split('\n')).map((line) => JSON.parse(line));
}

describe('a report that its agency withdraws while it waits', () => {
  it('ends withdrawn, for good: with zeros, without orders and lists, whoever had approved it or does after', async () => {
    expect(await summaryOf('previewed')).toMatchObject({
      status: 'withdrawn',
      report: { rows: 1, rejected: 0, repeats: 0, handsets: 1 },
      connections: { linked: 0, directed: 0 },
      blocks: { rows: 0, directed: 0 },
      unexplained: 0,
      settledAt: '2026-06-01T01:00:00Z',
    });
    expect(
      (await lab.outbox()).filter((key) => /^(orders|revocations)/.test(key) && key.includes(idOf('previewed'))),
    ).toEqual([]);
    const [late = ''] = await lab.outbox(`receipts/${B}/${idOf('previewed')}/`);
    expect(await lab.json(late)).toMatchObject({ refused: 'not_waiting' });
  });

  it('is told to its agency, with a receipt, to all approvers and the administrators; the same report again is the same', () => {
    expect(receiptOf('previewed')).toMatchObject({ rows: 0, rejects: [], refused: null });
    expect(kindsOf('mha', 'previewed').sort()).toEqual([
      'batch_registered',
      'batch_withdrawn',
      'receipt',
      'receipt',
      'receipt',
      'same_report',
    ]);
    expect(told.mha.find(({ kind, batchId }) => kind === 'same_report' && batchId === idOf('previewed'))).toMatchObject(
      {
        state: 'withdrawn',
      },
    );
    for (const whom of ['approvers', 'administrators'] as const)
      expect(
        told[whom].filter(({ kind, batchId }) => kind === 'batch_withdrawn' && batchId === idOf('previewed')),
      ).toMatchObject([{ endedAt: '2026-06-01T01:00:00Z', key: `batches/${idOf('previewed')}/summary.json` }]);
  });

  it('is not withdrawn twice: the same bytes get the same receipt, others are refused', () => {
    expect(receiptOf('again')).toEqual(receiptOf('previewed'));
    expect(receiptOf('other')).toMatchObject({ refused: 'not_waiting' });
  });

  it('is withdrawn before it has a preview, too, and gets none', async () => {
    expect(early.states.early).toBe('withdrawn');
    expect(early.summaries).toEqual([]);
    const summary = await summaryOf('early');
    expect(summary).toMatchObject({
      status: 'withdrawn',
      connections: { linked: 0 },
      settledAt: '2026-06-01T00:00:00Z',
    });
    expect(summary.operators.airtel?.latestImport).toBe('2026-06-01T00:00:00Z');
    expect(Object.keys(summary)).toEqual(Object.keys(await summaryOf('previewed')));
    expect(await lab.outbox(`previews/${idOf('early')}/`)).toEqual([]);
    expect(kindsOf('approvers', 'early')).toEqual(['batch_withdrawn']);
    expect(kindsOf('mha', 'early').sort()).toEqual(['batch_registered', 'batch_withdrawn', 'receipt']);
    const items = await new Tables(lab).everything();
    expect(items[`BATCH#${idOf('early')}`]).toMatchObject({ state: 'withdrawn', untold: false });
  });

  it('has in its chain by which file', async () => {
    const files = ['gathered', 'held', 'preview', 'record', 'summary', 'withdrawal'];
    for (const [story, bound] of [
      ['previewed', files],
      ['early', ['summary', 'withdrawal']],
    ] as const) {
      const entries = (await chain(story)).filter(({ kind }) => kind === 'decided' || kind.startsWith('withdrawal'));
      const decided = entries.filter(({ kind }) => kind === 'decided');
      expect(decided).toMatchObject([{ facts: { state: 'withdrawn', by: '' } }]);
      expect(Object.keys(decided[0]?.files ?? {}).sort()).toEqual(bound);
      expect(entries.some(({ kind }) => kind === 'withdrawal_recorded')).toBe(true);
    }
  });
});

describe('a withdrawal that is refused', () => {
  it('has no effect: one that names handsets before there are directions, one of another agency, one that cannot be read', async () => {
    expect(receiptOf('named')).toMatchObject({ rows: 0, refused: 'not_directed' });
    expect(receiptOf('bad')).toMatchObject({ refused: 'missing_column:imei' });
    // What takes back is no report, whether it waits to be decided upon or not.
    expect(receiptOf('undo')).toMatchObject({ refused: 'unknown_batch' });
    expect(receipts['up-police/withdrawals/theirs.csv']).toMatchObject({ refused: 'unknown_batch' });
    expect(told['up-police']).toMatchObject([{ kind: 'receipt', batchId: idOf('named'), refused: 'unknown_batch' }]);
    expect(told.administrators.filter(({ kind }) => kind === 'stray_object')).toMatchObject([
      { why: 'unknown_agency' },
    ]);
    expect((await lab.directions('airtel')).some((id) => id.startsWith(`${idOf('named')}.reverify.`))).toBe(true);
    expect(kindsOf('mha', 'named')).toContain('batch_approved');
  });

  it('has an entry of its own for each upload, and of one upload for each reason for which it was refused', async () => {
    const told = async (story: Story) =>
      (await chain(story))
        .filter(({ kind }) => kind.startsWith('withdrawal'))
        .map(({ kind, facts }) => [kind, (facts as { why?: string }).why]);
    // The same bytes under two names, and others.
    expect(await told('previewed')).toEqual([
      ['withdrawal_recorded', undefined],
      ['withdrawal_recorded', undefined],
      ['withdrawal_refused', 'not_waiting'],
    ]);
    expect(await told('refusedFirst')).toEqual([
      ['withdrawal_refused', 'not_directed'],
      ['withdrawal_recorded', undefined],
    ]);
  });

  it('asks approvers to take back what is directed; one that meets a batch that is being planned is looked at again', async () => {
    expect(receiptOf('late')).toMatchObject({ refused: null });
    expect(receiptOf('planned')).toMatchObject({ refused: null });
    expect((await states()).planned).toBe('directed');
    const reversals = (await lab.outbox('previews/mha-')).filter((key) => key.endsWith('preview.json'));
    const previews = await Promise.all(reversals.map((key) => lab.json<{ kind: string; file: string }>(key)));
    expect(previews.flatMap(({ kind, file }) => (kind === 'reversal' ? file : [])).sort()).toEqual(
      [
        `withdrawals/mha/${idOf('named')}/late.csv`,
        `withdrawals/mha/${idOf('planned')}/planned.csv`,
        `withdrawals/mha/${idOf('refusedFirst')}/refusedFirst.csv`,
      ].sort(),
    );
  });
});

describe('a step of a withdrawal that fails', () => {
  it.each(FAILING)('after its commit is made up for: %s, %s', async (_, __, story) => {
    expect(met[story]).toBeGreaterThan(0);
    expect(await summaryOf(story)).toMatchObject({ status: 'withdrawn' });
    expect(await lab.outbox(`receipts/mha/withdrawals/${story}.csv`)).toHaveLength(1);
    expect((await lab.directions()).filter((id) => id.startsWith(idOf(story)))).toEqual([]);
    expect(kindsOf('mha', story)).toContain('batch_withdrawn');
    expect(lab.cloud.failures()).toEqual([]);
  });
});

describe('a withdrawal that is older than the report for which the batch stands', () => {
  it('changes nothing of it, however late it is worked on, and has an entry of its own where it is recorded', () => {
    const { lapsed, reported, later, sentAgain } = older;
    expect(lapsed.state).toBe('lapsed');
    expect(JSON.parse(reported.receipt)).toMatchObject({ refused: 'not_waiting' });
    expect(reported.state).toBe('waiting');
    expect(later).toEqual({ state: 'waiting', receipt: reported.receipt, entries: ['withdrawal_refused'] });
    expect([sentAgain.state, sentAgain.entries]).toEqual(['withdrawn', ['withdrawal_refused', 'withdrawal_recorded']]);
    expect(lab.cloud.failures()).toEqual([]);
  });
});
