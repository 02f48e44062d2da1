import { describe, expect, it } from 'vitest';
import { issueOrder } from '../../lambdas/domain/issuing.ts';
import type { Ledger } from '../../lambdas/domain/ledger.ts';
import { openList, openOrders } from '../../lambdas/domain/open-lists.ts';
import { airtel, answered, at, closed, fresh, issued, marked } from './example.ts';

/** The lines after the header. */
const openLines = (ledgers: Ledger[]) => openList(openOrders(ledgers)).split('\n').slice(1, -1);

/** Goes on to rung `rung`, when the one before ends, whose order carries no row. */
function skipped(ledger: Ledger, rung: number): Ledger {
  const { deadline: now } = ledger.rungs[rung - 2] ?? {};
  const { deadline } = ledger.rungs[rung - 1] ?? {};
  if (now === undefined || deadline === undefined) throw new Error(`there is no rung ${rung} to go on to`);
  const decision = issueOrder(ledger, { rung, deadline, now, token: `token-${rung}`, attempt: `attempt-${rung}` });
  if (decision.kind !== 'wait') throw new Error(`expected wait, got ${decision.kind}`);
  return decision.ledger;
}

describe('the list of what is open at an operator', () => {
  it('has each open direction with the order that counts, how many rows that carried, and how many of them are open', () => {
    expect(openList([])).toBe('direction,order,rows,open,deadline,key,sha256\n');
    expect(openLines([fresh(2, 'block')])).toEqual([]);
    const { ledger } = answered(issued(fresh(3), 1), [[0, 'verified']]);
    const key = 'orders/airtel/mha-0123456789ab.reverify.airtel.1-0-0/1-reverify.csv';
    const line = `mha-0123456789ab.reverify.airtel.1-0-0,reverify,3,2,2026-06-06T00:00:00Z,${key},order-1`;
    expect(openLines([ledger])).toEqual([line]);
    // The soonest deadline first.
    const block = issued(fresh(1, 'block'), 1);
    expect(openLines([ledger, block]).map((one) => one.split(',')[1])).toEqual(['block', 'reverify']);
  });

  it('has the order of the next rung once that is out, with the rows that it carried', () => {
    const { ledger } = answered(issued(fresh(3), 1), [[0, 'verified']]);
    const [line = ''] = openLines([issued(ledger, 2)]);
    expect(line.split(',').slice(1, 5)).toEqual(['bar_outgoing', '2', '2', '2026-06-11T00:00:00Z']);
    expect(line).toContain('/2-bar_outgoing.csv,order-2');
  });

  it('has no direction of which all is answered, and none whose ladder has ended', () => {
    expect(
      openLines([
        answered(issued(fresh(1), 1), [[0, 'verified']]).ledger,
        closed(issued(fresh(1, 'block', airtel), 1)),
      ]),
    ).toEqual([]);
  });

  /** Two of four rows failed by one response, a third by another, each of which caused an order, due a day later. */
  const failed = () => {
    const ordered = (ledger: Ledger, rows: number, deadline: string): Ledger => ({
      ...ledger,
      files: ledger.files.map((file, n) =>
        n < ledger.files.length - 1
          ? file
          : { ...file, failedOrder: { rows, sha256: `failed-${n}`, bytes: 100, deadline: at(deadline), delay: 0 } },
      ),
    });
    const one = { sha256: 'aaaaaaaa-file', at: '2026-06-03T10:00:00Z' };
    const other = { sha256: 'bbbbbbbb-file', at: '2026-06-04T10:00:00Z' };
    const first = answered(
      issued(fresh(4), 1),
      [
        [0, 'failed'],
        [1, 'failed'],
      ],
      one,
    ).ledger;
    return ordered(
      answered(ordered(first, 2, '2026-06-04T10:00:00Z'), [[2, 'failed']], other).ledger,
      1,
      '2026-06-05T10:00:00Z',
    );
  };

  it('has the disconnect order of rows that failed, beside the order of their ladder, with how many are connected still', () => {
    const folder = 'orders/airtel/mha-0123456789ab.reverify.airtel.1-0-0';
    const lines = openLines([failed()]).map((line) => line.split(',').slice(1));
    expect(lines).toEqual([
      ['disconnect', '2', '2', '2026-06-04T10:00:00Z', `${folder}/failed-aaaaaaaa-disconnect.csv`, 'failed-0'],
      ['disconnect', '1', '1', '2026-06-05T10:00:00Z', `${folder}/failed-bbbbbbbb-disconnect.csv`, 'failed-1'],
      ['reverify', '4', '4', '2026-06-06T00:00:00Z', `${folder}/1-reverify.csv`, 'order-1'],
    ]);
  });

  it('has it no more once all its rows are answered for, or its ladder has ended', () => {
    const { ledger } = answered(failed(), [
      [0, 'disconnected'],
      [2, 'disconnected'],
    ]);
    expect(openLines([ledger]).map((line) => line.split(',').slice(1, 4))).toEqual([
      ['disconnect', '2', '1'],
      ['reverify', '4', '2'],
    ]);
    expect(openLines([closed(failed())])).toEqual([]);
  });

  it('has of rows that have all failed no more than their disconnect orders, once the ladder goes on without them', () => {
    const orders = (ledger: Ledger) => openLines([ledger]).map((line) => line.split(',').slice(1, 4));
    const own = [
      ['disconnect', '2', '2'],
      ['disconnect', '1', '1'],
    ];
    // While the first rung's time runs, it stands, and a row that nobody has answered for is barred.
    const allFailed = answered(failed(), [[3, 'disconnected']]).ledger;
    expect(orders(allFailed)).toEqual([...own, ['reverify', '4', '3']]);
    expect(orders(issued(failed(), 2))).toEqual([...own, ['bar_outgoing', '1', '4']]);
    // A bar carries none who failed: what was to be answered until 6 June, with full service, is no order to them any more.
    const overtaken = skipped(allFailed, 2);
    expect(orders(overtaken)).toEqual(own);
    expect(orders(skipped(overtaken, 3))).toEqual(own);
    expect(orders(issued(skipped(overtaken, 3), 4))).toEqual([...own, ['disconnect', '3', '3']]);
  });

  it('has the order that was overtaken as long as a row is open that has not failed, or nothing else would stand for its direction', () => {
    const orders = (ledger: Ledger) => openLines([ledger]).map((line) => line.split(',').slice(1, 4));
    // The number of the last row is somebody else's by now: no order carries it, and it may still be answered for.
    expect(orders(skipped(marked(failed(), [3]), 2)).at(-1)).toEqual(['reverify', '4', '4']);
    const anothers = marked(answered(failed(), [[3, 'disconnected']]).ledger, [0, 1, 2]);
    expect(orders(skipped(anothers, 2))).toEqual([['reverify', '4', '3']]);
  });

  it('asks for nobody to be cut off who was taken back since: the number is somebody else’s by now', () => {
    const disconnects = (ledger: Ledger) =>
      openLines([ledger]).flatMap((line) => (line.includes('/failed-') ? [line.split(',').slice(2, 4)] : []));
    expect(disconnects(marked(failed(), [0]))).toEqual([
      ['2', '1'],
      ['1', '1'],
    ]);
    expect(disconnects(marked(failed(), [0, 2]))).toEqual([['2', '1']]);
    expect(disconnects(marked(failed(), [0, 1, 2]))).toEqual([]);
    // Nor is a bar asked for: what a re-verification was to be answered with may still come.
    const barred = issued(issued(fresh(2), 1), 2);
    const orders = (ledger: Ledger) => openLines([ledger]).map((line) => line.split(',').slice(1, 4));
    expect(orders(marked(barred, [0]))).toEqual([['bar_outgoing', '2', '2']]);
    expect(orders(marked(barred, [0, 1]))).toEqual([]);
    expect(orders(marked(issued(fresh(2), 1), [0, 1]))).toEqual([['reverify', '2', '2']]);
  });
});
