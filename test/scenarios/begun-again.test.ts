import type { FaultPlan } from 'local-cloud';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseAudit } from '../../lambdas/domain/audit.ts';
import { sha256Of } from '../../lambdas/domain/hashes.ts';
import { bucketsOf } from '../../simulation/buckets.ts';
import { nameOf } from '../../simulation/function-names.ts';
import { APPROVE, HOUR, Lab } from './lab.ts';

/**
 * A reversal or a night that fails, and that the sweep of the next midnight begins again: it is decided upon anew, and each of its decisions
 * is told.
 *
 * Each story has a handset of its own, with one number of airtel's, which mha reports on 1 June: all in one report, but for the one that is
 * withdrawn. Whatever takes the turn fails in the hours from a batch's beginning to that midnight: on the evenings of 2 and 3 June these are nights, and on those
 * of 7 and 21 June reversals that caseworker-1 has appealed for.
 */
const STORIES = ['both', 'once', 'erased', 'struck', 'extended', 'ported'] as const;
type Story = (typeof STORIES)[number];
const handset = (story: Story) => `3510000000000${1 + STORIES.indexOf(story)}`;
const number = (story: Story) => `+91981000000${1 + STORIES.indexOf(story)}`;
const REPORTS: readonly Story[][] = [STORIES.filter((story) => story !== 'ported'), ['ported']];
const reportOf = (story: Story) => {
  const own = REPORTS.find((stories) => stories.includes(story)) ?? [];
  return `mha-${sha256Of(`imei\n${own.map((one) => `${handset(one)}\n`).join('')}`).slice(0, 12)}`;
};
const hours = (count: number) => count / 24;

let lab: Lab;
/** Whether whatever takes the turn fails from now on. */
let turnsFail = false;
/** Each story's reversal. */
const reversals: Partial<Record<Story, string>> = {};
const idOf = (story: Story) => reversals[story] ?? '';
/** The file that came between the two attempts. */
let between: string;
/** How many directions the reversal had whose approval came again, before it was approved anew. */
let directedByTheFileBefore: number;
let hindrances: readonly object[];
/** What was directed by both nights that failed, and by the one after them. */
let directedByNights: string[];

const direction = (story: Story) => lab.direction(reportOf(story), 'reverify', 'airtel');
const directed = async (story: Story, kind = '') =>
  (await lab.directions('airtel')).filter((one) => one.startsWith(`${idOf(story)}.${kind}`));

async function appeal(story: Story): Promise<void> {
  const before = new Set(await lab.outbox('previews/caseworker-1-'));
  const text = `msisdn,imei,reference,ground,case_ref\n${number(story)},,,wrong_number,\n`;
  await lab.upload(`appeals/caseworker-1/${story}.csv`, text);
  const [key = ''] = (await lab.outbox('previews/caseworker-1-')).filter((one) => !before.has(one));
  reversals[story] = key.split('/')[1] ?? '';
}

/** A night from 19:00 UTC on that fails after it has taken the row that moved, which is then taken back; and is begun again at midnight. */
async function failNight(day: number, story: Story, answer: string, takeBack: () => Promise<void>): Promise<void> {
  await lab.at(day);
  await lab.upload(`responses/airtel/${await direction(story)}/moved.csv`, answer);
  await lab.at(day + hours(18.9));
  turnsFail = true;
  await lab.at(day + hours(21));
  turnsFail = false;
  await takeBack();
  await lab.decide('approver-1', idOf(story), [APPROVE]);
}

beforeAll(async () => {
  const faults: FaultPlan = {
    beforeInvoke: ({ functionName }) => (turnsFail && nameOf(functionName) === 'TakeTurn' ? 'error' : undefined),
    // The event of a file `yes.csv` comes again 30 hours later.
    deliveries: ({ detail }) => (JSON.stringify(detail).includes('/yes.csv') ? [0, 30 * HOUR] : [0]),
  };
  lab = await Lab.open({ telling: true, context: { operators: 'airtel,jio', sweepHours: '24' }, faults });
  // Nobody looks at what is told of where batches stand.
  lab.cloud.pauseQueues((queue) => queue.includes('StatusQueue'));
  await lab.usage(
    'airtel',
    STORIES.map((story) => `${handset(story)},${number(story)},2026-05-20,Delhi`),
  );
  for (const [n, stories] of REPORTS.entries()) await lab.report('mha', stories.map(handset), `${n}.csv`);

  await failNight(1, 'extended', `msisdn,outcome,ground\n${number('extended')},extended,hospital\n`, () =>
    appeal('extended'),
  );
  await failNight(2, 'ported', `msisdn,outcome,to\n${number('ported')},ported,jio\n`, async () => {
    reversals.ported = await lab.withdraw(reportOf('ported'), []);
  });
  await lab.at(4);
  directedByNights = (await lab.directions()).filter((one) => one.startsWith('followup-'));

  await lab.quietlyAt(6.9);
  for (const story of ['both', 'once', 'struck'] as const) await appeal(story);
  await lab.decide('approver-1', idOf('struck'), [`strike,,${number('struck')},,known to us`]);
  turnsFail = true;
  await lab.decide('approver-1', idOf('both'), [APPROVE]);
  await lab.decide('approver-1', idOf('once'), [APPROVE], 'yes.csv');
  await lab.decide('approver-2', idOf('struck'), [APPROVE]);
  await lab.at(6.9 + hours(0.9));
  turnsFail = false;
  // One that comes between is not taken, and its approver is told.
  between = await lab.decision(idOf('both'), [APPROVE]);
  await lab.decide('approver-3', idOf('both'), [APPROVE], 'between.csv');
  await lab.at(7 + hours(1));
  await lab.decide('approver-2', idOf('both'), [APPROVE]);
  await lab.decide('approver-2', idOf('struck'), [APPROVE], 'anew.csv');
  // Without the nights that ask again for what was given back above.
  await lab.quietlyAt(9);
  directedByTheFileBefore = (await directed('once')).length;
  // Uploaded again, the same file says so anew.
  await lab.decide('approver-1', idOf('once'), [APPROVE], 'yes-again.csv');

  await lab.quietlyAt(20.9);
  await appeal('erased');
  turnsFail = true;
  await lab.decide('approver-1', idOf('erased'), [APPROVE]);
  await lab.at(20.93);
  turnsFail = false;
  ({ hindrances } = await lab.erase(number('erased')));
  await lab.at(21.1);
  await lab.decide('approver-1', idOf('erased'), [APPROVE], 'anew.csv');
  await lab.toTheEnd();
  return () => lab.close();
}, 300_000);

async function chain(batch: string) {
  const { audit } = bucketsOf(lab.cloud);
  const keys = await lab.cloud.list(audit, `batches/${batch}/`);
  const texts = await Promise.all(keys.map((key) => lab.cloud.get(audit, key)));
  return texts.flatMap((text) => parseAudit(Buffer.from(text).toString('utf8')));
}

describe('a reversal that fails once it was approved, and is begun again', () => {
  it('has both of its decisions in its chain: who approved the one that counts, too', async () => {
    const id = idOf('both');
    const entries = await chain(id);
    expect(entries.filter(({ kind }) => kind === 'decided').map(({ facts }) => facts.by)).toEqual([
      'approver-1',
      'approver-2',
    ]);
    const receipt = `receipts/approver-3/${id}/between.csv.${sha256Of(between).slice(0, 8)}.json`;
    expect(await lab.json(receipt)).toMatchObject({ recorded: 0, refused: 'not_waiting' });
    expect(await directed('both')).toHaveLength(1);
  });

  it('is not approved by a file that approved the attempt before, whose event comes again', async () => {
    expect(directedByTheFileBefore).toBe(0);
    const [receipt = ''] = await lab.outbox(`receipts/approver-1/${idOf('once')}/yes.csv`);
    expect(await lab.json(receipt)).toMatchObject({ recorded: 0, rejects: [{ line: 2, reason: 'superseded' }] });
    expect(await directed('once')).toHaveLength(1);
  });

  it('is given back to a number that was to be erased between: while a reversal is to be begun again none is', async () => {
    expect(hindrances).toContainEqual({ where: idOf('erased'), why: 'turn', until: null });
    expect(await directed('erased', 'restore.')).toHaveLength(1);
  });

  it('leaves out what an approver struck from it before, though another one approves it', async () => {
    expect(await lab.read(`batches/${idOf('struck')}/appeals.csv`)).toBe('line,state,directionIds\n2,struck,\n');
    expect(await directed('struck')).toEqual([]);
  });
});

describe('a night that fails once it has taken its rows, and is begun again', () => {
  for (const [moved, by, night] of [
    ['extended', 'an appeal', 'followup-202606030000'],
    ['ported', 'a withdrawal', 'followup-202606040000'],
  ] as const)
    it(`directs nobody whom ${by} took back between, of what was ${moved}`, async () => {
      expect(await lab.json(`batches/${night}/summary.json`)).toMatchObject({
        connections: { linked: 1, reversed: 1, directed: 0 },
        unexplained: 0,
      });
      expect(await lab.read(`batches/${night}/moved.csv`)).toContain(',reversed');
      expect(directedByNights).toEqual([]);
      expect(await directed(moved, 'restore.')).toHaveLength(1);
      for (const batch of [reportOf(moved), idOf(moved)])
        expect(await lab.json(`batches/${batch}/summary.json`)).toMatchObject({ unexplained: 0 });
      const nights = (await chain(night)).map(({ kind }) => kind);
      expect(nights.filter((kind) => kind === 'batch_registered' || kind === 'batch_failed')).toEqual([
        'batch_registered',
        'batch_failed',
        'batch_registered',
      ]);
    });
});
