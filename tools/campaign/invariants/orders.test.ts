import { describe, expect, it } from 'vitest';
import type { Known } from './known.ts';
import { lastDeadlineTold } from './orders.ts';

const KEY = 'orders/airtel/mha.reverify.airtel.1-0-0/failed-ccaf06fd-disconnect.csv';
const [ENDS, LATER] = ['2026-06-22T07:00:00Z', '2026-06-22T12:00:00Z'];

/** The last deadline that is expected in an order that tells this one, as orders have their columns. */
function expected(told: string, mayMove: boolean): string {
  const columns = 'msisdn,imei,reason,deadline,reference,disconnect_by,order,direction';
  const row = `+919876543210,350000000000006,x,2026-06-07T12:00:00Z,airtel-1-0-0-3-3,${told},disconnect,mha.reverify.airtel.1-0-0`;
  const known = { seen: { outbox: { [KEY]: `${columns}\n${row}\n` } } };
  return lastDeadlineTold(known as unknown as Known, KEY, ENDS, mayMove);
}

describe('the last deadline that an order tells', () => {
  it('may be whole hours later than in the ledger while its re-verification has not begun', () => {
    expect(expected(LATER, true)).toBe(LATER);
    expect(expected(ENDS, true)).toBe(ENDS);
  });

  it('is that of the ledger otherwise', () => {
    expect(expected(LATER, false)).toBe(ENDS);
    for (const told of ['2026-06-22T12:30:00Z', '2026-06-22T06:00:00Z', '2026-06-28T07:00:00Z', ''])
      expect(expected(told, true), told).toBe(ENDS);
  });
});
