import { describe, expect, it } from 'vitest';
import type { Ledger } from '../../lambdas/domain/ledger.ts';
import { openDirections, openList } from '../../lambdas/domain/open-lists.ts';
import { airtel, answered, closed, fresh, issued } from './example.ts';

/** The lines after the header. */
const openLines = (ledgers: Ledger[]) => openList(openDirections(ledgers)).split('\n').slice(1, -1);

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
});
