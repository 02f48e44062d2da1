import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Day, Instant } from '../../lambdas/domain/days.ts';
import type { BatchId, DirectionId, OperatorId } from '../../lambdas/domain/identifiers.ts';
import { type Ledger, newLedger, withdrawRows } from '../../lambdas/domain/ledger.ts';
import { writeOutcome } from '../../lambdas/domain/outcomes.ts';
import { ledgerText } from '../../lib/commands/ledger.ts';
import { Lab } from '../scenarios/lab.ts';
import { run } from './command.ts';

const at = (day: number, time = '00:00:00') => `2026-06-${String(day).padStart(2, '0')}T${time}Z` as Instant;

/** A re-verification of 25 rows: row 1 verified, row 2 disconnected by a second file, row 3 failed, the others open. */
function ledger(): Ledger {
  const planned = newLedger({
    directionId: 'mha-0123456789ab.reverify.jio.1-0-0' as DirectionId,
    batchId: 'mha-0123456789ab' as BatchId,
    operator: 'jio' as OperatorId,
    kind: 'reverify',
    plan: 1,
    rows: 25,
    rowsKey: 'plans/1/rows/0-0.tsv',
    startedAt: at(1),
    rungs: [
      { order: 'reverify', deadline: at(6) },
      { order: 'disconnect', deadline: at(7) },
    ],
  });
  const outcomes = new Uint8Array(planned.outcomes.length);
  writeOutcome(outcomes, 0, 'verified', '2026-06-02' as Day, 0);
  writeOutcome(outcomes, 1, 'disconnected', '2026-06-03' as Day, 1);
  writeOutcome(outcomes, 2, 'failed', '2026-06-02' as Day, 0);
  const order = { rung: 1, order: 'reverify', attempt: 'a', rows: 25, sha256: 'ab'.repeat(32), bytes: 900 } as const;
  return {
    ...planned,
    outcomes,
    begunAt: at(1, '00:00:09'),
    rung: 1,
    orders: [{ ...order, deadline: at(6), at: at(1, '00:00:07'), version: 2 }],
    files: [
      {
        sha256: '0f343b09'.repeat(8),
        attempt: 'b',
        at: at(2, '10:00:00'),
        version: 4,
        failedOrder: { rows: 1, sha256: 'cd'.repeat(32), bytes: 60, deadline: at(3, '10:00:00'), delay: 0 },
      },
      { sha256: '11223344'.repeat(8), attempt: 'c', at: at(3, '11:00:00'), version: 5 },
    ],
    version: 5,
  };
}

describe('a ledger in words', () => {
  it('says what it is about, its rungs, orders and files, and what became of its rows', () => {
    expect(ledgerText(ledger())).toBe(`Direction mha-0123456789ab.reverify.jio.1-0-0
  batch      mha-0123456789ab
  operator   jio
  asks for   25 connections to be re-verified
  started    2026-06-01T00:00:00Z, first order published 2026-06-01T00:00:09Z
  closed     not yet
  in books   not yet
  version    5, rows in plans/1/rows/0-0.tsv

Rungs
  1 reverify      until 2026-06-06T00:00:00Z  issued 2026-06-01T00:00:07Z with 25 rows
  2 disconnect    until 2026-06-07T00:00:00Z  not issued

Files recorded: 2
  1 2026-06-02T10:00:00Z  SHA-256 0f343b09…, with an order to disconnect 1 row, issued 2026-06-02T10:00:00Z
  2 2026-06-03T11:00:00Z  SHA-256 11223344…

Outcomes
  disconnected  1
  failed        1
  open          22
  verified      1
  waiting for an answer or the ladder's end: rows 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, …
`);
  });

  it('says of each file which orders it caused, and on which lists it has numbers', () => {
    const planned = ledger();
    const [first, second] = planned.files;
    const restored = { ...first, backDue: at(4, '10:00:00'), withdrawnOn: '2026-06-03' as Day };
    const late = { ...second, withdrawnOn: '2026-06-20' as Day, lateOn: '2026-06-20' as Day };
    const text = ledgerText({ ...planned, files: [restored, late] as Ledger['files'] });
    expect(text).toContain(`Files recorded: 2
  1 2026-06-02T10:00:00Z  SHA-256 0f343b09…, with an order to disconnect 1 row, issued 2026-06-02T10:00:00Z, with an order to restore until 2026-06-04T10:00:00Z, on the withdrawn list of 2026-06-03
  2 2026-06-03T11:00:00Z  SHA-256 11223344…, on the withdrawn list of 2026-06-20, on the late list of 2026-06-20
`);
  });

  it('says which reversals took rows back, and of each row whether it was', () => {
    const planned = ledger();
    const reversal = (id: string) => ({ reversal: id as BatchId, on: '2026-06-04' as Day, at: at(4) });
    const once = withdrawRows(planned, [1, 3], reversal('caseworker-1-0123456789ab')) as Ledger;
    const twice = withdrawRows(once, [0], reversal('mha-ba9876543210')) as Ledger;
    const text = ledgerText(twice, true);
    expect(text).toContain(`Files recorded: 2, and 2 reversals\n`);
    expect(text).toContain(
      `  3 2026-06-04T00:00:00Z  reversal caseworker-1-0123456789ab took rows back, of which 1 was open or waiting and ended as withdrawn\n`,
    );
    expect(text).toContain(
      '  4 2026-06-04T00:00:00Z  reversal mha-ba9876543210 took rows back, of which none was open',
    );
    expect(text).toContain('      2 disconnected, taken back  on 2026-06-03, recorded 2026-06-03T11:00:00Z\n');
    expect(text).toContain('      4 withdrawn, taken back  on 2026-06-04, recorded 2026-06-04T00:00:00Z\n');
    expect(text).toContain('      5 open\n');
  });

  it('says of each row, by its number, what became of it and when that was recorded', () => {
    const lines = ledgerText(ledger(), true).split('\n');
    const rows = lines.slice(lines.indexOf('Rows') + 1, -1);
    expect(rows).toHaveLength(25);
    expect(rows.slice(0, 4)).toEqual([
      '      1 verified       on 2026-06-02, recorded 2026-06-02T10:00:00Z',
      '      2 disconnected   on 2026-06-03, recorded 2026-06-03T11:00:00Z',
      '      3 failed         on 2026-06-02, recorded 2026-06-02T10:00:00Z',
      '      4 open',
    ]);
  });
});

describe('npm run ledger', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await Lab.open({ enforce: true });
  });
  afterAll(() => lab[Symbol.asyncDispose]());

  it('prints the ledger of a stage with the rights of its operations role', async () => {
    await lab.report('mha', ['35000000000001']);
    const [order = ''] = (await lab.outbox()).filter((key) => key.startsWith('orders/jio/'));
    const [, , directionId = ''] = order.split('/');
    const ended = await run('ledger', [directionId], lab.cloud.endpoint, 'dev-ap-south-1-operations-operations');
    expect(ended).toMatchObject({ code: 0, complained: '' });
    expect(ended.said).toContain('asks for   1 handset to be blocked');
    expect(ended.said).toMatch(/1 block {9}until 2026-\S+ {2}issued \S+ with 1 row\n/);
  });

  it('says that there is no such direction, and what is no id of one', async () => {
    const { endpoint } = lab.cloud;
    const none = await run(
      'ledger',
      ['mha-0123456789ab.block.jio.1-0-0'],
      endpoint,
      'dev-ap-south-1-operations-operations',
    );
    expect([none.code, none.complained]).toEqual([
      1,
      'there is no direction mha-0123456789ab.block.jio.1-0-0 in stage dev\n',
    ]);
    expect((await run('ledger', ['everything'], endpoint)).complained).toMatch(/^everything is no direction's id/);
    expect((await run('ledger', [], endpoint)).code).toBe(2);
  });
});
