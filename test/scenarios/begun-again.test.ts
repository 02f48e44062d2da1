import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { LambdaClient } from '@aws-sdk/client-lambda';
import type { FaultPlan } from 'local-cloud';
import { describe, expect, it } from 'vitest';
import { parseAudit } from '../../lambdas/domain/audit.ts';
import { sha256Of } from '../../lambdas/domain/hashes.ts';
import type { Msisdn } from '../../lambdas/domain/identifiers.ts';
import { eraseNumber } from '../../lib/commands/erase.ts';
import { outputsOf } from '../../lib/commands/outputs.ts';
import { bucketsOf } from '../../simulation/buckets.ts';
import { nameOf } from './faults-story.ts';
import { APPROVE, HOUR, Lab } from './lab.ts';

/** A reversal that fails once it was approved, and that the sweep begins again: it is decided upon anew, and each of its decisions is told. */
const HANDSET = '35100000000001';
const O = '+919810000001';
const hours = (count: number) => count / 24;

/** `turns.fail`: whether whatever takes the turn fails from now on. The event of a file `yes.csv` comes again 30 hours later. */
async function open() {
  const turns = { fail: false };
  const faults: FaultPlan = {
    beforeInvoke: ({ functionName }) => (turns.fail && nameOf(functionName) === 'TakeTurn' ? 'error' : undefined),
    deliveries: ({ detail }) => (JSON.stringify(detail).includes('/yes.csv') ? [0, 30 * HOUR] : [0]),
  };
  const lab = await Lab.open({ telling: true, context: { operators: 'airtel,jio', sweepHours: '24' }, faults });
  await lab.usage('airtel', [`${HANDSET},${O},2026-05-20,Delhi`]);
  await lab.report('mha', [HANDSET]);
  const report = `mha-${sha256Of(`imei\n${HANDSET}\n`).slice(0, 12)}`;
  return { lab, turns, direction: await lab.direction(report, 'reverify', 'airtel') };
}

async function appeal(lab: Lab): Promise<string> {
  await lab.upload('appeals/caseworker-1/a.csv', `msisdn,imei,reference,ground,case_ref\n${O},,,wrong_number,\n`);
  const [key = ''] = await lab.outbox('previews/caseworker-1-');
  return key.split('/')[1] ?? '';
}

type Opened = Awaited<ReturnType<typeof open>>;

/** Has one approver approve a reversal, which fails then, and waits until that has happened. */
async function approveAndFail({ lab, turns }: Opened, id: string, until: number, by = 'approver-1', file?: string) {
  turns.fail = true;
  await lab.decide(by, id, [APPROVE], file);
  await lab.at(until);
  turns.fail = false;
}

async function chain(lab: Lab, batch: string) {
  const { audit } = bucketsOf(lab.cloud);
  const keys = await lab.cloud.list(audit, `batches/${batch}/`);
  const texts = await Promise.all(keys.map((key) => lab.cloud.get(audit, key)));
  return texts.flatMap((text) => parseAudit(Buffer.from(text).toString('utf8')));
}

describe('a reversal that fails once it was approved, and is begun again', { timeout: 300_000 }, () => {
  it('has both of its decisions in its chain: who approved the one that counts, too', async () => {
    const opened = await open();
    await using lab = opened.lab;
    await lab.quietlyAt(6.9);
    const id = await appeal(lab);
    await approveAndFail(opened, id, 6.9 + hours(0.9));
    // One that comes between is not taken, and its approver is told.
    const between = await lab.decision(id, [APPROVE]);
    await lab.decide('approver-3', id, [APPROVE], 'between.csv');
    await lab.at(7 + hours(1));
    await lab.decide('approver-2', id, [APPROVE]);
    await lab.toTheEnd();
    const entries = await chain(lab, id);
    expect(entries.filter(({ kind }) => kind === 'decided').map(({ facts }) => facts.by)).toEqual([
      'approver-1',
      'approver-2',
    ]);
    const receipt = `receipts/approver-3/${id}/between.csv.${sha256Of(between).slice(0, 8)}.json`;
    expect(await lab.json(receipt)).toMatchObject({ recorded: 0, refused: 'not_waiting' });
    expect((await lab.directions('airtel')).filter((one) => one.startsWith(id))).toHaveLength(1);
  });

  it('is not approved by a file that approved the attempt before, whose event comes again', async () => {
    const opened = await open();
    await using lab = opened.lab;
    await lab.quietlyAt(6.9);
    const id = await appeal(lab);
    await approveAndFail(opened, id, 6.9 + hours(0.9), 'approver-1', 'yes.csv');
    await lab.at(9);
    const directed = async () => (await lab.directions('airtel')).filter((one) => one.startsWith(id)).length;
    expect(await directed()).toBe(0);
    const [receipt = ''] = await lab.outbox(`receipts/approver-1/${id}/yes.csv`);
    expect(await lab.json(receipt)).toMatchObject({ recorded: 0, rejects: [{ line: 2, reason: 'superseded' }] });
    // Uploaded again, the same file says so anew.
    await lab.decide('approver-1', id, [APPROVE], 'yes-again.csv');
    await lab.at(9.5);
    expect(await directed()).toBe(1);
  });

  it('is given back to a number that was to be erased between: while a reversal is to be begun again none is', async () => {
    const opened = await open();
    await using lab = opened.lab;
    await lab.quietlyAt(20.9);
    const id = await appeal(lab);
    await approveAndFail(opened, id, 20.93);
    const { endpoint, region } = lab.cloud;
    const credentials = { accessKeyId: 'dev-ap-south-1-eraser-erasure', secretAccessKey: 'x' };
    const as = { endpoint, region, credentials };
    const workflow = await outputsOf(new CloudFormationClient(as), 'dev', 'workflow');
    const erased = await eraseNumber(new LambdaClient(as), workflow.get('EraseFunctionName') ?? '', {
      number: O as Msisdn,
      erase: true,
    });
    expect(erased.hindrances).toContainEqual({ where: id, why: 'turn', until: null });
    await lab.at(21.1);
    await lab.decide('approver-1', id, [APPROVE], 'anew.csv');
    await lab.at(22);
    expect((await lab.directions('airtel')).filter((one) => one.startsWith(`${id}.restore.`))).toHaveLength(1);
  });

  it('leaves out what an approver struck from it before, though another one approves it', async () => {
    const opened = await open();
    await using lab = opened.lab;
    await lab.quietlyAt(6.9);
    const id = await appeal(lab);
    await lab.decide('approver-1', id, [`strike,,${O},,known to us`]);
    await approveAndFail(opened, id, 6.9 + hours(0.9), 'approver-2');
    await lab.at(7 + hours(1));
    await lab.decide('approver-2', id, [APPROVE], 'anew.csv');
    await lab.toTheEnd();
    expect(await lab.read(`batches/${id}/appeals.csv`)).toBe('line,state,directionIds\n2,struck,\n');
    expect((await lab.directions('airtel')).filter((one) => one.startsWith(id))).toEqual([]);
  });
});

describe('a night that fails once it has taken its rows, and is begun again', { timeout: 300_000 }, () => {
  for (const [moved, by] of [
    ['extended', 'an appeal'],
    ['ported', 'a withdrawal'],
  ] as const)
    it(`directs nobody whom ${by} took back between, of what was ${moved}`, async () => {
      const { lab, turns, direction } = await open();
      await using _ = lab;
      await lab.at(1);
      const answer =
        moved === 'extended'
          ? `msisdn,outcome,ground\n${O},extended,hospital\n`
          : `msisdn,outcome,to\n${O},ported,jio\n`;
      await lab.upload(`responses/airtel/${direction}/moved.csv`, answer);
      // The night comes at 19:00 UTC, and the sweep at midnight.
      await lab.at(1 + hours(18.9));
      turns.fail = true;
      await lab.at(1 + hours(21));
      turns.fail = false;
      const report = direction.split('.')[0] ?? '';
      const id = by === 'an appeal' ? await appeal(lab) : await lab.withdraw(report, []);
      await lab.decide('approver-1', id, [APPROVE]);
      await lab.at(3);
      await lab.toTheEnd();
      const night = 'followup-202606030000';
      expect(await lab.json(`batches/${night}/summary.json`)).toMatchObject({
        connections: { linked: 1, reversed: 1, directed: 0 },
        unexplained: 0,
      });
      expect(await lab.read(`batches/${night}/moved.csv`)).toContain(',reversed');
      expect((await lab.directions()).filter((one) => one.startsWith('followup-'))).toEqual([]);
      expect((await lab.directions('airtel')).filter((one) => one.startsWith(`${id}.restore.`))).toHaveLength(1);
      for (const batch of [report, id])
        expect(await lab.json(`batches/${batch}/summary.json`)).toMatchObject({ unexplained: 0 });
      const nights = (await chain(lab, night)).map(({ kind }) => kind);
      expect(nights.filter((kind) => kind === 'batch_registered' || kind === 'batch_failed')).toEqual([
        'batch_registered',
        'batch_failed',
        'batch_registered',
      ]);
    });
});
