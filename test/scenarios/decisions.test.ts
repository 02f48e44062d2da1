/**
 * Nothing is done about a batch before enough people have approved it.
 *
 * Each story has three handsets. P was used with N1, N2 and N4 (airtel), Q with N2 and N3 (jio), and C, which looks cloned, with N4,
 * N5 and N6 on one day (airtel). N2 and N4 were seen last on P. There are two operators, two approvers must approve, a handset is
 * held from 3 numbers on one day on, and 10 handsets a day are the most of an agency.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bucketsOf } from '../../simulation/buckets.ts';
import { Tables } from './bad-files.ts';
import { APPROVE, batchOf, HOUR, Lab, type LabSettings, START, type Summary } from './lab.ts';

const CONTEXT = { operators: 'airtel,jio', people: '2', busyDay: '3', mostHandsets: '10' };
const [A, B, C] = ['approver-1', 'approver-2', 'approver-3'] as const;

const STORIES = {
  two: 'mha',
  turned: 'mha',
  silent: 'mha',
  struck: 'up-police',
  acts: 'up-police',
  alone: 'up-police',
  instant: 'delhi-police',
  late: 'delhi-police',
} as const;
type Story = keyof typeof STORIES;
const NAMES = Object.keys(STORIES) as Story[];
const at = (story: Story) => String(10 + NAMES.indexOf(story));
const handset = (story: Story, which: 'P' | 'Q' | 'C') => `35${at(story)}000000000${'PQC'.indexOf(which)}`;
const number = (story: Story, n: number) => `+9198${at(story)}00000${n}`;

let lab: Lab;
let faults: LabSettings['faults'];
const batches: Partial<Record<Story, string>> = {};
const idOf = (story: Story) => batches[story] ?? '';
/** What lay in the outbox before anybody decided. */
let before: string[];
let summaries: Record<string, Summary>;
let told: Record<'approvers' | 'agencies' | 'administrators', Record<string, unknown>[]>;

const until = (hours: number) => lab.cloud.run(START + hours * HOUR);
const reportOf = (story: Story) => (['P', 'Q', 'C'] as const).map((which) => handset(story, which));
const report = (story: Story) => lab.report(STORIES[story], reportOf(story), `${story}.csv`);

async function usage(one: Lab, stories: readonly Story[]): Promise<void> {
  const rows = { airtel: [] as string[], jio: [] as string[] };
  for (const story of stories) {
    const see = (operator: keyof typeof rows, which: 'P' | 'Q' | 'C', n: number, day: string) =>
      rows[operator].push(`${handset(story, which)},${number(story, n)},${day},Delhi`);
    see('airtel', 'P', 1, '2026-05-20');
    see('airtel', 'P', 2, '2026-05-21');
    see('airtel', 'P', 4, '2026-05-22');
    see('jio', 'Q', 2, '2026-05-10');
    see('jio', 'Q', 3, '2026-05-12');
    for (const n of [4, 5, 6]) see('airtel', 'C', n, '2026-05-15');
  }
  await one.usage('airtel', rows.airtel);
  await one.usage('jio', rows.jio);
}

const receipt = async (approver: string, batch: string, name = 'decision.csv') => {
  const keys = await lab.outbox(`receipts/${approver}/${batch}/${name}.`);
  return await Promise.all(keys.map((key) => lab.json<Record<string, unknown>>(key)));
};
const HELD = { linked: 6, struck: 0, held: 2, directed: 4, overdue: 4 };

const I4C = { many: many(8, 1), more: many(3, 2), most: many(11, 3) };
function many(count: number, of: number): string[] {
  return Array.from({ length: count }, (_, n) => `36${of}0000000${String(n).padStart(4, '0')}`);
}

beforeAll(async () => {
  lab = await Lab.open({
    telling: true,
    context: CONTEXT,
    faults: { afterWrite: (...args) => faults?.afterWrite?.(...args) },
  });
  await usage(lab, NAMES);
  for (const story of NAMES) {
    await report(story);
    batches[story] = batchOf(STORIES[story], ...reportOf(story));
  }
  await lab.report('i4c', I4C.many, 'many.csv');
  await lab.report('i4c', I4C.more, 'more.csv');
  await lab.report('i4c', I4C.most, 'most.csv');
  before = await lab.outbox();

  await until(1);
  await lab.decide(A, idOf('two'), [APPROVE]);
  await lab.decide(A, idOf('two'), [APPROVE], 'again.csv');
  await lab.decide(A, idOf('turned'), [APPROVE]);
  await lab.decide(A, idOf('struck'), [`strike,${handset('struck', 'P')},,,a shop's`, APPROVE]);
  await lab.decide(A, idOf('acts'), [`block,${handset('acts', 'C')},,,`, APPROVE]);
  await lab.decide(A, idOf('alone'), [`block,${handset('alone', 'C')},,,`, APPROVE]);
  await lab.decide(A, idOf('instant'), [APPROVE]);
  await lab.decide(A, idOf('late'), [APPROVE]);
  // One who would have it done alone.
  await lab.decide(A, idOf('silent'), [`block,${handset('silent', 'C')},,,`, APPROVE]);
  await lab.decide(A, idOf('silent'), [APPROVE, `reverify,${handset('silent', 'C')},,,`], 'again.csv');

  await until(2);
  await lab.decide(B, idOf('two'), [
    `block,${handset('two', 'P')},,,`,
    `strike,,${number('struck', 1)},,not of this batch`,
    'refuse,,,,',
    'approve,,,because,',
    'burn,,,,',
    APPROVE,
  ]);
  const inBetween = await lab.outbox(`orders/airtel/${idOf('two')}`);
  expect(inBetween).toEqual([]);
  await lab.decide(B, idOf('two'), [APPROVE], 'mended.csv');
  await lab.upload(
    `decisions/${C}/${idOf('two')}/wrong.csv`,
    `preview,decision,ground\n${'0'.repeat(64)},approve,public_interest\nabc,approve,public_interest\n`,
  );
  await lab.decide(A, idOf('turned'), ['refuse,,,,I was wrong'], 'turned.csv');
  await lab.decide(B, idOf('struck'), [`strike,,${number('struck', 3)},,my doctor's`, APPROVE]);
  await lab.decide(B, idOf('acts'), [`reverify,${handset('acts', 'C')},,,`, APPROVE]);
  await lab.decide(B, idOf('alone'), [APPROVE]);
  await lab.upload(`decisions/${B}/mha-0123456789ab/decision.csv`, 'preview,decision\n');
  await lab.upload(`decisions/approver-9/${idOf('silent')}/decision.csv`, 'preview,decision\n');
  await report('turned');

  const key = `decisions/${B}/${idOf('instant')}/decision.csv`;
  const approval = await lab.decision(idOf('instant'), [APPROVE]);
  lab.cloud.outside(START + 48 * HOUR, () => lab.cloud.put(bucketsOf(lab.cloud).inbox, key, approval));
  await lab.cloud.run(START + 48 * HOUR + 1000);
  await lab.decide(B, idOf('late'), [APPROVE]);

  await until(72);
  const silent = await lab.json<Summary>(`batches/${idOf('silent')}/summary.json`);
  await report('silent');
  await until(73);
  await lab.decide(A, idOf('silent'), [APPROVE], 'anew.csv');
  await lab.decide(B, idOf('silent'), [APPROVE], 'anew.csv');
  await lab.toTheEnd();
  summaries = { first: silent };
  for (const story of NAMES) summaries[story] = await lab.json(`batches/${idOf(story)}/summary.json`);
  for (const [name, imeis] of Object.entries(I4C))
    summaries[name] = await lab.json(`batches/${batchOf('i4c', ...imeis)}/summary.json`);
  const agencies = await Promise.all(
    ['mha', 'up-police', 'delhi-police', 'i4c'].map((one) => lab.notices(`fraud-batches-${one}`)),
  );
  told = {
    approvers: await lab.notices('fraud-approvals-approver-3'),
    agencies: agencies.flat(),
    administrators: await lab.notices('fraud-administrators'),
  };
}, 300_000);
afterAll(() => lab.close());

const kindsOf = (whom: keyof typeof told, batch: string) =>
  told[whom].filter(({ batchId }) => batchId === batch).map(({ kind }) => String(kind));

describe('a batch', () => {
  it('does nothing before it is decided upon but to say what it would do, to those who decide', () => {
    const places = new Set(before.map((key) => key.split('/')[0]));
    expect([...places].sort()).toEqual(['batches', 'previews', 'rejects']);
    // Those over a limit, and nobody else's.
    expect(before.filter((key) => key.startsWith('batches/'))).toHaveLength(2);
    const needed = told.approvers.filter(({ kind, batchId }) => kind === 'decision_needed' && batchId === idOf('two'));
    expect(needed).toEqual([
      {
        kind: 'decision_needed',
        approver: '*',
        batchId: idOf('two'),
        agency: 'mha',
        file: expect.stringMatching(/^reports\/mha\//),
        handsets: 3,
        held: 1,
        linked: 6,
        linkedOnlyByHeld: 2,
        people: 2,
        decideBy: '2026-06-03T00:00:00Z',
        bucket: bucketsOf(lab.cloud).outbox,
        key: `previews/${idOf('two')}/preview.json`,
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
        page: { bucket: bucketsOf(lab.cloud).outbox, key: `previews/${idOf('two')}/preview.html` },
      },
    ]);
  });

  it('goes on when two have approved, and spares who is held: its numbers on no other handset are held with it', async () => {
    expect(summaries.two).toMatchObject({ status: 'settled', unexplained: 0, connections: HELD });
    expect(summaries.two?.blocks).toMatchObject({ rows: 6, held: 2, directed: 4 });
    expect(kindsOf('agencies', idOf('two'))).toEqual(['batch_registered', 'batch_approved', 'settled']);
    const approved = told.agencies.find(({ kind, batchId }) => kind === 'batch_approved' && batchId === idOf('two'));
    expect(approved?.approvedAt).toBe('2026-06-01T02:00:00Z');
    const orders = await lab.outbox('orders/');
    const own = orders.filter((key) => key.includes(`/${idOf('two')}.`));
    for (const key of own) {
      const text = await lab.read(key);
      for (const n of [5, 6]) expect(text).not.toContain(number('two', n));
      expect(text).not.toContain(handset('two', 'C'));
    }
    expect(own.length).toBeGreaterThan(3);
  });

  it('is refused by one who approved and thinks better of it, for good', async () => {
    expect(summaries.turned).toMatchObject({
      status: 'refused',
      report: { rows: 3, rejected: 0, repeats: 0, handsets: 3 },
      connections: { linked: 0, held: 0, directed: 0 },
      blocks: { rows: 0, directed: 0 },
      unexplained: 0,
      settledAt: '2026-06-01T02:00:00Z',
    });
    expect(Object.keys(summaries.turned ?? {})).toEqual(Object.keys(summaries.two ?? {}));
    expect(Object.keys(summaries.turned?.operators ?? {})).toEqual(['airtel', 'jio']);
    expect(kindsOf('agencies', idOf('turned'))).toEqual(['batch_registered', 'batch_refused', 'same_report']);
    expect(await lab.outbox(`orders/airtel/${idOf('turned')}`)).toEqual([]);
    expect((await lab.outbox('revocations/')).filter((key) => key.includes(idOf('turned')))).toEqual([]);
  });

  it('lapses in silence, which one who approves twice and gives acts does not break; approvers are reminded at half of the time', async () => {
    expect(summaries.first).toMatchObject({ status: 'lapsed', settledAt: '2026-06-03T00:00:00Z' });
    const reminders = told.approvers.filter(
      ({ kind, batchId }) => kind === 'decision_reminder' && batchId === idOf('silent'),
    );
    expect(reminders).toMatchObject([
      { approver: '*', people: 2, approved: 1, decideBy: '2026-06-03T00:00:00Z' },
      // Of the batch that was begun anew nobody is reminded: it was approved within the hour.
    ]);
    expect(kindsOf('approvers', idOf('two'))).not.toContain('decision_reminder');
  });

  it('that lapsed is begun anew by the same file, and what was said of it before counts no more', () => {
    expect(summaries.silent).toMatchObject({ status: 'settled', unexplained: 0, connections: HELD });
    expect(kindsOf('agencies', idOf('silent'))).toEqual([
      'batch_registered',
      'batch_lapsed',
      'batch_registered',
      'batch_approved',
      'settled',
    ]);
  });

  it('is approved by a file at the second at which it would lapse, and by none after it', async () => {
    expect(summaries.instant).toMatchObject({ status: 'settled', connections: HELD });
    expect(summaries.late).toMatchObject({ status: 'lapsed' });
    expect(await receipt(B, idOf('instant'))).toMatchObject([{ recorded: 1, refused: null }]);
    expect(await receipt(B, idOf('late'))).toMatchObject([{ rows: 0, refused: 'not_waiting' }]);
  });
});

describe('what is struck', () => {
  it('is left out with the numbers that only it links; others go by their newest remaining handset, at the operator as before', async () => {
    expect(summaries.struck).toMatchObject({ status: 'settled', unexplained: 0 });
    // N1 with its handset, N3 by itself; N4 is linked by the held handset alone now, as N5 and N6 are.
    expect(summaries.struck?.connections).toMatchObject({ linked: 6, struck: 2, held: 3, directed: 1 });
    expect(summaries.struck?.blocks).toMatchObject({ rows: 6, struck: 2, held: 2, directed: 2 });
    const direction = await lab.direction(idOf('struck'), 'reverify', 'airtel');
    const order = await lab.read(`orders/airtel/${direction}/1-reverify.csv`);
    expect(order).toContain(`${number('struck', 2)},${handset('struck', 'Q')}`);
  });
});

describe('a held handset', () => {
  it('is dealt with by the mildest act of two: its numbers are re-verified, and it is not blocked', () => {
    expect(summaries.acts?.connections).toMatchObject({ linked: 6, held: 0, directed: 6 });
    expect(summaries.acts?.blocks).toMatchObject({ rows: 6, held: 2, directed: 4 });
  });

  it('is spared where one alone gives an act', () => {
    expect(summaries.alone?.connections).toMatchObject(HELD);
    expect(summaries.alone?.blocks).toMatchObject({ held: 2, directed: 4 });
  });
});

describe('a report that reaches too many', () => {
  it('is over the limit, by itself or with the others of its agency in a day, and nobody is asked', () => {
    expect(summaries.more).toMatchObject({ status: 'over_limit', settledAt: '2026-06-01T00:00:00Z' });
    expect(summaries.most).toMatchObject({ status: 'over_limit' });
    const over = told.agencies.filter(({ kind }) => kind === 'batch_over_limit');
    expect(over).toMatchObject([
      { batchId: batchOf('i4c', ...I4C.more), of: 'agency', what: 'handsets', found: 11, limit: 10 },
      { batchId: batchOf('i4c', ...I4C.most), of: 'report', what: 'handsets', found: 11, limit: 10 },
    ]);
    expect(kindsOf('approvers', batchOf('i4c', ...I4C.most))).toEqual(['batch_over_limit']);
    expect(summaries.many).toMatchObject({ status: 'lapsed' });
  });
});

describe('a decision', () => {
  it('gets a receipt; the same bytes by the same approver get the same one and change nothing', async () => {
    const [first, second] = [await receipt(A, idOf('two')), await receipt(A, idOf('two'), 'again.csv')];
    expect(first).toMatchObject([{ file: 'decision.csv', rows: 1, recorded: 1, alreadyRecorded: 0, refused: null }]);
    expect(second).toEqual(first);
  });

  it('is told which rows were not taken, and why, and approves nothing with them', async () => {
    const [mixed] = await receipt(B, idOf('two'));
    expect(mixed).toMatchObject({ rows: 6, recorded: 0, alreadyRecorded: 0 });
    expect(mixed?.rejects).toEqual([
      { line: 2, reason: 'not_held' },
      { line: 3, reason: 'not_a_subject' },
      { line: 4, reason: 'missing_remarks' },
      { line: 5, reason: 'missing_ground' },
      { line: 6, reason: 'unknown_decision' },
      { line: 7, reason: 'beside_rejects' },
    ]);
    expect(await receipt(B, idOf('two'), 'mended.csv')).toMatchObject([{ rows: 1, recorded: 1 }]);
  });

  it('has a notice that says how much of it was taken, and all approvers are told how it ended', () => {
    const receipts = told.approvers.filter(({ kind, batchId }) => kind === 'receipt' && batchId === idOf('two'));
    // Of its own file, which came too late.
    expect(receipts).toMatchObject([{ rows: 0, recorded: 0, alreadyRecorded: 0, rejected: 0, refused: 'not_waiting' }]);
    expect(kindsOf('approvers', idOf('two'))).toContain('batch_approved');
    for (const whom of ['approvers', 'agencies', 'administrators'] as const)
      expect(told[whom].filter(({ kind }) => kind === 'batch_refused')).toMatchObject([{ remarks: ['I was wrong'] }]);
  });

  it('of another preview, of no batch, or of nobody who is configured, counts for nothing', async () => {
    // It came after the second approval.
    expect(await receipt(C, idOf('two'), 'wrong.csv')).toMatchObject([{ refused: 'not_waiting' }]);
    expect(await receipt(B, 'mha-0123456789ab')).toMatchObject([{ refused: 'unknown_batch' }]);
    expect(await lab.outbox('receipts/approver-9/')).toEqual([]);
    const strays = told.administrators.filter(({ kind }) => kind === 'stray_object');
    expect(strays).toMatchObject([{ why: 'unknown_approver' }]);
  });

  it('is in the chain of its batch: who made it, and upon which preview, held handsets and links', async () => {
    const { audit } = bucketsOf(lab.cloud);
    const keys = await lab.cloud.list(audit, `batches/${idOf('two')}/`);
    const texts = await Promise.all(keys.map(async (key) => Buffer.from(await lab.cloud.get(audit, key)).toString()));
    const entries = texts.flatMap((text) => text.trimEnd().split('\n')).map((line) => JSON.parse(line));
    const decided = entries.filter(({ kind }) => kind === 'decided');
    expect(decided).toMatchObject([
      { at: '2026-06-01T02:00:00Z', facts: { state: 'approved', people: 2, by: 'approver-1 approver-2' } },
    ]);
    expect(Object.keys(decided[0].files).sort()).toEqual(['gathered', 'held', 'preview', 'record']);
    const files = entries
      .filter(({ kind }) => /^decision_/.test(kind))
      .map(({ kind, facts }) => `${kind} ${facts.uploader}`);
    expect(files.sort()).toEqual([
      'decision_not_taken approver-3',
      'decision_recorded approver-1',
      'decision_recorded approver-1',
      'decision_recorded approver-2',
      'decision_recorded approver-2',
    ]);
  });
});

describe('a decision that cannot be read', () => {
  it('takes back what its approver approved before: nobody is cut off for a slip whom it was to leave out', async () => {
    await using other = await Lab.open({ context: CONTEXT });
    await usage(other, ['two']);
    await other.report('mha', reportOf('two'), 'two.csv');
    const two = batchOf('mha', ...reportOf('two'));
    const waits = async () =>
      Object.values(await new Tables(other).everything()).find(({ pk }) => pk === `BATCH#${two}`);
    await other.decide(A, two, [APPROVE]);
    await other.cloud.run(START + HOUR);
    const strikes = await other.decision(two, [`strike,,${number('two', 1)},,a hospital's`, APPROVE]);
    await other.upload(`decisions/${A}/${two}/strikes.csv`, strikes.replace('decision', 'verdict'));
    const [receipt = ''] = await other.outbox(`receipts/${A}/${two}/strikes.csv.`);
    expect(await other.json(receipt)).toMatchObject({
      refused: 'missing_column:decision',
      whatToDo: { 'missing_column:decision': expect.stringMatching(/approve it again$/) },
    });
    await other.cloud.run(START + 2 * HOUR);
    await other.decide(B, two, [APPROVE]);
    await other.cloud.run(START + 3 * HOUR);
    expect(await waits()).toMatchObject({ state: 'waiting' });
    await other.upload(`decisions/${A}/${two}/strikes.csv`, strikes);
    await other.cloud.run(START + 4 * HOUR);
    expect(await waits()).toMatchObject({ state: 'directed' });
    for (const key of await other.outbox('orders/airtel/'))
      expect(await other.read(key)).not.toContain(number('two', 1));
    expect(other.cloud.failures()).toEqual([]);
  });
});

describe('a step of a decision that fails', () => {
  it.each([
    ['Hear', 'fail'],
    ['Hear', 'zombie'],
    ['Await', 'fail'],
    ['Await', 'zombie'],
  ] as const)('after its commit is made up for: %s, %s', async (name, ending) => {
    const met: string[] = [];
    await using other = await Lab.open({
      context: CONTEXT,
      faults: {
        afterWrite: ({ functionName, key = '' }) => {
          if (!functionName.includes(name) || !key.startsWith('BATCH#')) return undefined;
          met.push(key);
          // The second approval, and the token.
          return met.length === (name === 'Hear' ? 2 : 1) ? ending : undefined;
        },
      },
    });
    await usage(other, ['two', 'silent']);
    await other.report('mha', reportOf('two'), 'two.csv');
    await other.report('up-police', reportOf('silent'), 'silent.csv');
    const [two, silent] = [batchOf('mha', ...reportOf('two')), batchOf('up-police', ...reportOf('silent'))];
    await other.decide(A, two, [APPROVE]);
    await other.decide(B, two, [APPROVE]);
    await other.at(3);
    expect(met.length).toBeGreaterThan(1);
    expect((await other.directions('airtel')).map((id) => id.split('.')[0])).toEqual([two, two]);
    expect(await other.json(`batches/${silent}/summary.json`)).toMatchObject({ status: 'lapsed' });
    const items = Object.values(await new Tables(other).everything());
    expect(items.find(({ pk }) => pk === `BATCH#${two}`)).toMatchObject({ state: 'directed' });
    expect(other.cloud.failures().filter((text) => !text.includes('dead-letter'))).toEqual([]);
  });
});
