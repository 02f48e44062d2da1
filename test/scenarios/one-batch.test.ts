import { beforeAll, describe, expect, it } from 'vitest';
import { withWhatToDo } from '../domain/what-to-do.ts';
import { Lab, type Summary } from './lab.ts';
import { A1, A2, A3, FIRST, H1, H2, H3, H4, J1, SECOND, tellStory } from './story.ts';

let lab: Lab;
let first: Summary;
let second: Summary;
let notices: Record<string, Record<string, unknown>[]>;

beforeAll(async () => {
  lab = await Lab.open();
  await tellStory(lab);
  first = await lab.summary('mha');
  second = await lab.summary('up-police');
  notices = {
    airtel: await lab.notices('fraud-directions-airtel'),
    jio: await lab.notices('fraud-directions-jio'),
    mha: await lab.notices('fraud-batches-mha'),
  };
  return () => lab.close();
});

describe('two batches that meet', () => {
  it('settle with their own outcomes, as worked out by hand', () => {
    expect(first).toMatchObject({ status: 'settled', ...FIRST });
    expect(second).toMatchObject({ status: 'settled', ...SECOND });
  });

  it('settle when their last ladders end: 16 days after their plans began, or the two of blocks where nobody is to be re-verified', () => {
    expect([first.startedAt, first.settledAt]).toEqual(['2026-06-01T00:00:00Z', '2026-06-17T00:00:00Z']);
    expect([second.startedAt, second.settledAt]).toEqual(['2026-06-11T00:00:00Z', '2026-06-13T00:00:00Z']);
  });

  it('leave no failed execution and no dead letter', () => {
    expect(lab.cloud.failures()).toEqual([]);
  });

  it('give every operator its own totals', () => {
    expect(first.operators.airtel).toMatchObject({
      directions: 2,
      overdueDirections: 1,
      latestImport: '2026-06-01T00:00:00Z',
    });
    expect(first.operators.airtel?.connections).toMatchObject({ linked: 3, verified: 1, disconnected: 1, notFound: 1 });
    expect(first.operators.jio?.connections).toMatchObject({ linked: 1, overdue: 1 });
    expect(first.operators.bsnl).toMatchObject({
      directions: 1,
      latestImport: null,
      connections: { linked: 0, directed: 0 },
    });
  });

  it('direct each connection at the operator of its newest sighting, rows sorted, IMEIs with their check digit', async () => {
    const order = await lab.read(`orders/airtel/${first.batchId}.reverify.airtel.1-0-0/1-reverify.csv`);
    const lines = order.split('\n');
    expect(lines[0]).toBe('msisdn,imei,reason,deadline,reference,disconnect_by,order,direction');
    expect(lines.slice(1, 4).map((line) => line.split(',')[0])).toEqual([A1, A2, A3]);
    for (const line of lines.slice(1, 4)) expect(line).toMatch(/,linked_to_reported_handset,2026-06-06T00:00:00Z,/);
    // Luhn digits over 00000001 0000 0000 and the row, by hand: 1 + 2, 1 + 4 and 1 + 6. All four rungs end on 17 June.
    expect(lines.slice(1, 4).map((line) => line.split(',').slice(4).join())).toEqual([
      `airtel-1-0-0-1-7,2026-06-17T00:00:00Z,reverify,${first.batchId}.reverify.airtel.1-0-0`,
      `airtel-1-0-0-2-5,2026-06-17T00:00:00Z,reverify,${first.batchId}.reverify.airtel.1-0-0`,
      `airtel-1-0-0-3-3,2026-06-17T00:00:00Z,reverify,${first.batchId}.reverify.airtel.1-0-0`,
    ]);
    expect(lines).toHaveLength(5);
  });

  it('give a failed row its disconnect order at once, due in a day', async () => {
    const orders = await lab.outbox(`orders/airtel/${first.batchId}.reverify.airtel.1-0-0/`);
    const failed = orders.filter((key) => key.includes('/failed-'));
    expect(failed).toHaveLength(1);
    expect(failed[0]).toMatch(/\/failed-[0-9a-f]{8}-disconnect\.csv$/);
    const rows = (await lab.read(failed[0] ?? '')).trimEnd().split('\n').slice(1);
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatch(new RegExp(`^\\${A2},\\d{15},linked_to_reported_handset,2026-06-04T00:00:00Z,`));
    // By the reference that it had before.
    expect(rows[0]).toMatch(/,airtel-1-0-0-2-5,2026-06-17T00:00:00Z,disconnect,/);
  });

  it('issue no later rung where no row is open, and all four where the operator is silent', async () => {
    const rungs = async (operator: string) =>
      (await lab.outbox(`orders/${operator}/${first.batchId}.reverify.${operator}.1-0-0/`))
        .map((key) => key.split('/').at(-1))
        .filter((name) => !name?.startsWith('failed-'));
    expect(await rungs('airtel')).toEqual(['1-reverify.csv']);
    expect(await rungs('jio')).toEqual([
      '1-reverify.csv',
      '2-bar_outgoing.csv',
      '3-bar_incoming.csv',
      '4-disconnect.csv',
    ]);
  });

  it('order a handset blocked twice where it is not answered', async () => {
    const orders = await lab.outbox(`orders/bsnl/${first.batchId}.block.bsnl.1-0-0/`);
    expect(orders.map((key) => key.split('/').at(-1))).toEqual(['1-block.csv', '2-block.csv']);
    expect((await lab.read(orders[0] ?? '')).split('\n')[0]).toBe('imei,reason,deadline,order,direction');
  });

  it('tell an operator of its own orders only, without a number or an IMEI', () => {
    const orders = notices.airtel?.filter(({ kind }) => kind === 'order') ?? [];
    expect(orders.length).toBeGreaterThan(0);
    for (const { operator } of orders) expect(operator).toBe('airtel');
    expect(notices.jio?.filter(({ kind }) => kind === 'order').every(({ operator }) => operator === 'jio')).toBe(true);
    const text = JSON.stringify(notices);
    for (const identifier of [A1, A2, A3, J1, H1]) expect(text).not.toContain(identifier.replace('+91', ''));
  });

  it('receipt each response', async () => {
    const receipts = await lab.outbox(`receipts/airtel/${first.batchId}.reverify.airtel.1-0-0/`);
    expect(receipts).toHaveLength(2);
    const receipt = await lab.json<Record<string, unknown>>(receipts.find((key) => key.includes('answer.csv')) ?? '');
    expect(receipt).toMatchObject({
      file: 'answer.csv',
      rows: 3,
      recorded: 3,
      alreadyRecorded: 0,
      rejected: {},
      rejects: [],
      refused: null,
    });
  });

  it('publish the disconnected number, and for each batch a list, empty or not', async () => {
    expect(await lab.read(`revocations/2026-06-17/${first.batchId}.csv`)).toBe(
      `msisdn,operator,lsa,disconnected_on,reason\n${A2},airtel,Delhi,2026-06-04,linked_to_reported_handset\n`,
    );
    expect(await lab.json(`revocations/2026-06-17/${first.batchId}.json`)).toEqual({
      status: 200,
      file_name: `${first.batchId}.csv`,
      payload: [{ n: A2.slice(3) }],
    });
    expect(await lab.read(`revocations/2026-06-13/${second.batchId}.csv`)).toBe(
      'msisdn,operator,lsa,disconnected_on,reason\n',
    );
  });

  it('name where a row stands that was not directed', async () => {
    const lines = (await lab.read(`batches/${second.batchId}/elsewhere.csv`)).trimEnd().split('\n');
    expect(lines[0]).toBe('kind,identifier,operator,state,directionId');
    expect(lines.slice(1).map((line) => line.replace(/,\d{15},/, ',H1,'))).toEqual([
      `block,H1,airtel,alreadyBlocked,${first.batchId}.block.airtel.1-0-0`,
      `reverify,${J1},jio,alreadyOpen,${first.batchId}.reverify.jio.1-0-0`,
      `reverify,${A1},airtel,alreadyVerified,${first.batchId}.reverify.airtel.1-0-0`,
      `reverify,${A2},airtel,alreadyDisconnected,${first.batchId}.reverify.airtel.1-0-0`,
    ]);
  });

  it('tell the agency what became of each of its handsets, as worked out by hand', async () => {
    const handsets = async (id: string) =>
      (await lab.read(`batches/${id}/handsets.csv`))
        .trimEnd()
        .replaceAll(/^(\d{14})\d/gm, '$1')
        .split('\n');
    const late = 'bsnl and jio and mtnl and vi';
    const unseen = (since: string) =>
      `no usage from bsnl and mtnl since ${since}; no number was seen in it by the others`;
    // A1, which airtel verified, was seen in H1 and in H2. airtel blocked H1 on the second day.
    expect(await handsets(first.batchId)).toEqual([
      'imei,case_ref,connections,verified,disconnected,not_found,overdue,blocked_at,held,remark',
      `${H1},,3,1,1,0,1,airtel:2026-06-02,,block overdue at ${late}`,
      `${H2},,2,1,0,1,0,,,handset not found at airtel; block overdue at ${late}`,
      `${H3},,0,0,0,0,0,,,${unseen('2025-12-03')}; block overdue at airtel and ${late}`,
    ]);
    const told = notices.mha?.find(({ kind }) => kind === 'settled');
    expect(told?.handsets).toMatchObject({ key: `batches/${first.batchId}/handsets.csv` });
    expect((await handsets(second.batchId)).slice(1)).toEqual([
      `${H1},,3,0,0,0,0,airtel:earlier,,3 not directed; block overdue at ${late}`,
      `${H4},,0,0,0,0,0,,,${unseen('2025-12-13')}; block overdue at airtel and ${late}`,
    ]);
  });

  it("write the report's rejects with line, value and reason", async () => {
    // Line 6: the header is line 1, and 'no-imei' without its '-' is not all digits.
    expect(await lab.read('rejects/mha/report.csv')).toBe(withWhatToDo('line,value,reason\n6,no-imei,not_digits\n'));
    expect(await lab.read('rejects/airtel/usage.csv')).toBe(withWhatToDo('line,value,reason\n'));
  });
});

describe('a batch whose rows are all answered on its first day', () => {
  it('settles at its last deadline and not before', async () => {
    // A handset that nobody saw: five blocks, one at each operator, whose ladder takes two days. The two before ended on day 26.
    await lab.at(27);
    await lab.upload('reports/i4c/report.csv', 'imei,case_ref\n35000000000077,\n35000000000077,=7/26\n');
    const directions = (await lab.directions()).filter((id) => id.startsWith('i4c-'));
    expect(directions).toHaveLength(5);
    for (const id of directions) await lab.respond(id, ['35000000000077,blocked']);
    await lab.at(27 + 1.9);
    expect((await lab.batches()).filter((id) => id.startsWith('i4c-'))).toEqual([]);
    await lab.at(27 + 2);
    const { startedAt, settledAt, blocks } = await lab.summary('i4c');
    expect([startedAt, settledAt]).toEqual(['2026-06-28T00:00:00Z', '2026-06-30T00:00:00Z']);
    expect(blocks).toMatchObject({ rows: 5, directed: 5, blocked: 5, overdue: 0 });
    // The first row that says so has the agency's own reference, made safe for spreadsheets.
    const on = ['airtel', 'bsnl', 'jio', 'mtnl', 'vi'].map((operator) => `${operator}:2026-06-28`).join(' ');
    const [id = ''] = (await lab.batches()).filter((batch) => batch.startsWith('i4c-'));
    expect((await lab.read(`batches/${id}/handsets.csv`)).split('\n')[1]).toMatch(
      new RegExp(`^35000000000077\\d,'=7/26,0,0,0,0,0,${on},,no usage from bsnl and mtnl since 2025-12-30;`),
    );
    // Nothing was issued after the answers.
    const orders = (await lab.outbox('orders/')).filter((key) => key.includes('/i4c-'));
    expect(orders.map((key) => key.split('/').at(-1))).toEqual(Array(5).fill('1-block.csv'));
  });
});
