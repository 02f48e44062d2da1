import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asInstant } from '../../../lambdas/domain/days.ts';
import { openDecision } from '../../../lambdas/domain/decisions.ts';
import type { OperatorId } from '../../../lambdas/domain/identifiers.ts';
import type { WithdrawnReport } from '../../../lambdas/domain/withdrawals.ts';
import type { Batch } from '../../../lambdas/stores/cases/batches.ts';
import { CASES, WORK } from '../lab.ts';
import { batch, cases, close, open } from './lab.ts';

let approvals: typeof import('../../../lambdas/stores/cases/approvals.ts');
beforeAll(async () => {
  await open();
  approvals = await import('../../../lambdas/stores/cases/approvals.ts');
});
afterAll(close);

const env = { WORK, CASES };
const at = asInstant('2026-06-01T01:00:00Z');
const preview = { previewKey: 'screened/x/previews/1', previewSha256: 'ab'.repeat(32) };

const withdrawn = ({ batchId, agency }: Batch): WithdrawnReport => ({
  batchId,
  agency,
  key: `withdrawals/${agency}/${batchId}/w.csv`,
  sha256: 'cd'.repeat(32),
  upload: 'v1',
  attempt: 'one-0',
  at,
  operators: { ['airtel' as OperatorId]: at },
});
const decisionOf = ({ batchId, startedAt }: Batch) =>
  openDecision({
    batchId,
    preview: preview.previewSha256,
    people: 2,
    openedAt: startedAt,
    decideBy: asInstant('2026-06-03T00:00:00Z'),
    overLimit: null,
  });

async function waiting(): Promise<Batch> {
  return await cases.registerBatch(CASES, batch({ state: 'waiting' }));
}
async function decidedUpon(): Promise<Batch & Required<Pick<Batch, 'decision'>>> {
  const one = await waiting();
  expect(await approvals.openApproval(env, one, preview, decisionOf(one), 'first')).toBe(true);
  const read = await cases.readBatch(CASES, one.batchId);
  if (read?.decision === undefined) throw new Error('no decision was opened');
  return { ...read, decision: read.decision };
}

describe('a withdrawal', () => {
  it('before there is a preview ends the batch, and no preview is made its own after that', async () => {
    const one = await waiting();
    expect(await approvals.withdrawBatch(env, one, withdrawn(one))).toBe(true);
    const read = await cases.readBatch(CASES, one.batchId);
    expect(read).toMatchObject({ state: 'withdrawn', endedAt: at, untold: true });
    expect(read && (await approvals.readWithdrawal(WORK, read))).toEqual(withdrawn(one));
    expect(await approvals.openApproval(env, one, preview, decisionOf(one), 'late')).toBe(false);
    expect(await approvals.withdrawBatch(env, one, withdrawn(one))).toBe(false);
  });

  it('that read no preview is too late where one was committed since', async () => {
    const one = await waiting();
    await approvals.openApproval(env, one, preview, decisionOf(one), 'first');
    expect(await approvals.withdrawBatch(env, one, withdrawn(one))).toBe(false);
    expect((await cases.readBatch(CASES, one.batchId))?.state).toBe('waiting');
  });

  it('and a word of an approver, or the end of the time: whichever commits first counts', async () => {
    const lost = await decidedUpon();
    const decision = decisionOf(lost);
    const lapsed = { ...decision, ending: { state: 'lapsed', at, by: [] }, version: 2 } as const;
    expect(await approvals.changeApproval(env, lost, lost.decision, { decision: lapsed, attempt: 'lapse' })).toBe(true);
    expect(await approvals.withdrawBatch(env, lost, withdrawn(lost))).toBe(false);
    expect((await cases.readBatch(CASES, lost.batchId))?.state).toBe('lapsed');

    const won = await decidedUpon();
    expect(await approvals.withdrawBatch(env, won, withdrawn(won))).toBe(true);
    expect(await approvals.changeApproval(env, won, won.decision, { decision: lapsed, attempt: 'lapse' })).toBe(false);
    const read = await cases.readBatch(CASES, won.batchId);
    expect(read?.state).toBe('withdrawn');
    expect(read?.decision?.version).toBe(2);
    const ended = read?.decision && (await approvals.readApproval(WORK, read.decision));
    expect(ended).toMatchObject({ ending: { state: 'withdrawn', at, by: [] }, remindAt: null, version: 2 });
  });

  it('of a batch that another execution has begun anew is nobody’s', async () => {
    const one = await waiting();
    expect(await approvals.withdrawBatch(env, { ...one, execution: 'another' }, withdrawn(one))).toBe(false);
  });

  it('is for good: the same file begins no other batch', async () => {
    const one = await waiting();
    await approvals.withdrawBatch(env, one, withdrawn(one));
    const again = await cases.registerBatch(CASES, { ...one, execution: 'another' });
    expect(again).toMatchObject({ state: 'withdrawn', execution: one.execution });
  });
});
