/**
 * What was decided of a batch is told, whatever happens between the decision and its telling; and of one approver's words the one that
 * was uploaded last counts, whatever comes late.
 */
import { ListExecutionsCommand, SFNClient, StopExecutionCommand } from '@aws-sdk/client-sfn';
import type { FaultPlan } from 'local-cloud';
import { describe, expect, it } from 'vitest';
import { bucketsOf } from '../../simulation/buckets.ts';
import { nameOf } from '../../simulation/function-names.ts';
import { APPROVE, batchOf, HOUR, Lab, START, type Summary } from './lab.ts';

// As scenarios of decisions have it.
const CONTEXT = { operators: 'airtel,jio', people: '2', busyDay: '3', mostHandsets: '10' };
const MOST = Array.from({ length: 11 }, (_, n) => `361000000000${String(n).padStart(2, '0')}`);
const ONE = ['36200000000001'];
const CLONE = '36300000000001';

/** The function's invocations that begin fail, until it is switched off. */
function failing(name: string): { faults: FaultPlan; off(): void; on(): void } {
  let on = true;
  return {
    faults: { beforeInvoke: ({ functionName }) => (on && nameOf(functionName) === name ? 'error' : undefined) },
    off: () => {
      on = false;
    },
    on: () => {
      on = true;
    },
  };
}

const kinds = async (lab: Lab, queue: string) => (await lab.notices(queue)).map(({ kind }) => String(kind));

async function running(lab: Lab): Promise<string[]> {
  const { endpoint, region, names } = lab.cloud;
  const sfn = new SFNClient({ endpoint, region, credentials: { accessKeyId: 'x', secretAccessKey: 'x' } });
  const { executions = [] } = await sfn.send(
    new ListExecutionsCommand({ stateMachineArn: names.machines.Batch, statusFilter: 'RUNNING' }),
  );
  sfn.destroy();
  return executions.map(({ executionArn = '' }) => executionArn);
}

async function stop(lab: Lab, executionArn: string): Promise<void> {
  const { endpoint, region } = lab.cloud;
  const sfn = new SFNClient({ endpoint, region, credentials: { accessKeyId: 'x', secretAccessKey: 'x' } });
  await sfn.send(new StopExecutionCommand({ executionArn }));
  sfn.destroy();
}

async function chain(lab: Lab, batch: string): Promise<string[]> {
  const { audit } = bucketsOf(lab.cloud);
  const keys = await lab.cloud.list(audit, `batches/${batch}/`);
  const texts = await Promise.all(keys.map(async (key) => Buffer.from(await lab.cloud.get(audit, key)).toString()));
  return texts.flatMap((text) => text.trimEnd().split('\n')).map((line) => String(JSON.parse(line).kind));
}

describe('an ending', () => {
  it('of a batch over a limit is told before the same file begins it anew, however late that is', async () => {
    const awaits = failing('Await');
    await using lab = await Lab.open({ telling: true, context: CONTEXT, faults: awaits.faults });
    await lab.report('mha', MOST, 'a.csv');
    await lab.cloud.run(START + 0.5 * HOUR);
    awaits.off();
    // Nobody has told of the first yet.
    await lab.report('mha', MOST, 'b.csv');
    await lab.cloud.run(START + 10 * HOUR);
    expect(await kinds(lab, 'fraud-batches-mha')).toEqual(['batch_registered', 'same_report', 'batch_over_limit']);
    expect(await lab.json<Summary>(`batches/${batchOf('mha', ...MOST)}/summary.json`)).toMatchObject({
      status: 'over_limit',
    });
    expect(await running(lab)).toEqual([]);
    await lab.report('mha', MOST, 'c.csv');
    await lab.cloud.run(START + 12 * HOUR);
    expect(await kinds(lab, 'fraud-batches-mha')).toEqual(['batch_registered', 'batch_over_limit']);
    expect((await chain(lab, batchOf('mha', ...MOST))).filter((kind) => kind === 'decided')).toHaveLength(2);
  });

  it('by a refusal is told by another execution where the one that should have told it was stopped', async () => {
    const awaits = failing('Await');
    awaits.off();
    await using lab = await Lab.open({ telling: true, context: CONTEXT, faults: awaits.faults });
    await lab.report('mha', ONE, 'a.csv');
    awaits.on();
    await lab.decide('approver-1', batchOf('mha', ...ONE), ['refuse,,,,no ground']);
    await lab.cloud.run(START + 0.5 * HOUR);
    expect(await lab.outbox('batches/')).toEqual([]);
    for (const arn of await running(lab)) await stop(lab, arn);
    awaits.off();
    await lab.cloud.run(START + 5 * HOUR);
    expect(await kinds(lab, 'fraud-batches-mha')).toEqual(['batch_registered', 'batch_refused']);
    expect(await lab.json<Summary>(`batches/${batchOf('mha', ...ONE)}/summary.json`)).toMatchObject({
      status: 'refused',
    });
    expect(await chain(lab, batchOf('mha', ...ONE))).toContain('decided');
    expect(await running(lab)).toEqual([]);
  });
});

describe('an approver who thinks better of it', () => {
  it('is heard, though the earlier file is worked on after the later one', async () => {
    const hears = failing('Hear');
    hears.off();
    await using lab = await Lab.open({ telling: true, context: CONTEXT, faults: hears.faults });
    await lab.usage(
      'airtel',
      [4, 5, 6].map((n) => `${CLONE},+91981000000${n},2026-05-15,Delhi`),
    );
    await lab.report('mha', [CLONE], 'r.csv');
    const batch = batchOf('mha', CLONE);
    await lab.decide('approver-2', batch, [`block,${CLONE},,,`]);
    hears.on();
    await lab.decide('approver-1', batch, [`block,${CLONE},,,`], 'first.csv');
    await lab.cloud.run(START + 0.1 * HOUR);
    hears.off();
    await lab.decide('approver-1', batch, [`spare,${CLONE},,,`], 'corrected.csv');
    await lab.cloud.run(START + 3 * HOUR);
    const [first] = await lab.outbox(`receipts/approver-1/${batch}/first.csv.`);
    expect(await lab.json(first ?? '')).toMatchObject({ recorded: 0, rejected: { superseded: 1 } });
    await lab.decide('approver-2', batch, [APPROVE], 'ok.csv');
    await lab.decide('approver-1', batch, [APPROVE], 'ok.csv');
    await lab.cloud.run(START + 5 * HOUR);
    expect(await lab.outbox('orders/')).toEqual([]);
  });

  it('is heard, though the same bytes were said before, and has a batch go on at once when its receipt can’t be written', async () => {
    const receipts: string[] = [];
    await using lab = await Lab.open({
      telling: true,
      context: CONTEXT,
      faults: {
        beforeCall: ({ service, caller, key = '' }) => {
          if (service !== 's3' || nameOf(caller) !== 'Hear' || !/^receipts\/.*\/ok\.csv/.test(key)) return undefined;
          receipts.push(key);
          return 'deny';
        },
      },
    });
    await lab.usage(
      'airtel',
      [4, 5, 6].map((n) => `${CLONE},+91981000000${n},2026-05-15,Delhi`),
    );
    await lab.report('mha', [CLONE], 'r.csv');
    const batch = batchOf('mha', CLONE);
    for (const [n, says] of ['spare', 'block', 'spare'].entries())
      await lab.decide('approver-1', batch, [`${says},${CLONE},,,`], `${n}.csv`);
    await lab.decide('approver-2', batch, [`block,${CLONE},,,`, APPROVE], 'first.csv');
    await lab.decide('approver-1', batch, [APPROVE], 'ok.csv');
    await lab.cloud.run(START + 0.5 * HOUR);
    expect(receipts.length).toBeGreaterThan(0);
    expect(await kinds(lab, 'fraud-batches-mha')).toContain('batch_approved');
    expect(await lab.outbox('orders/')).toEqual([]);
  });
});
