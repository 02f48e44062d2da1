import { describe, expect, test } from 'vitest';
import {
  type Revocation,
  RevocationList,
  revocationCsv,
  revocationJson,
  revocationRows,
  type Withdrawal,
  WithdrawalList,
  withdrawalCsv,
  withdrawalJson,
  withdrawalRows,
} from '../../lambdas/domain/revocations.ts';
import { airtel, day, jio, msisdn } from './example.ts';

const joined = (pieces: Iterable<string>) => [...pieces].join('');

describe('the revocation list', () => {
  const reason = 'linked_to_reported_handset' as const;
  const rows: Revocation[] = [
    { msisdn: msisdn('9876543211'), operator: jio, lsa: 'Delhi', disconnectedOn: day('2026-06-05'), reason },
    {
      msisdn: msisdn('6000000000'),
      operator: airtel,
      lsa: '=1+1',
      disconnectedOn: day('2026-06-15'),
      reason: 'surrendered',
    },
    { msisdn: msisdn('9876543210'), operator: airtel, lsa: 'J&K, Ladakh', disconnectedOn: day('2026-06-04'), reason },
    { msisdn: msisdn('7000000000'), operator: airtel, lsa: '', disconnectedOn: day('2026-06-04'), reason },
  ];

  test('is sorted by number; what operators wrote is quoted and made safe', () => {
    expect(joined(revocationCsv(revocationRows(rows)))).toBe(
      [
        'msisdn,operator,lsa,disconnected_on,reason',
        "+916000000000,airtel,'=1+1,2026-06-15,surrendered",
        '+917000000000,airtel,,2026-06-04,linked_to_reported_handset',
        '+919876543210,airtel,"J&K, Ladakh",2026-06-04,linked_to_reported_handset',
        '+919876543211,jio,Delhi,2026-06-05,linked_to_reported_handset',
        '',
      ].join('\n'),
    );
  });

  test("has the banks' form beside it: numbers of ten digits, the CSV's name", () => {
    expect(joined(revocationJson('mha-0123456789ab.csv', revocationRows(rows)))).toBe(
      '{"status":200,"file_name":"mha-0123456789ab.csv","payload":[{"n":"6000000000"},{"n":"7000000000"},{"n":"9876543210"},{"n":"9876543211"}]}\n',
    );
  });

  test('is written though it is empty', () => {
    expect(joined(revocationCsv([]))).toBe('msisdn,operator,lsa,disconnected_on,reason\n');
    expect(joined(revocationJson('b.csv', []))).toBe('{"status":200,"file_name":"b.csv","payload":[]}\n');
  });

  test('of many numbers comes in pieces that make the whole', () => {
    const many = Array.from({ length: 2500 }, (_, n) => ({
      msisdn: msisdn(String(9_000_000_000 + n)),
      operator: airtel,
      lsa: 'Delhi',
      disconnectedOn: day('2026-06-04'),
      reason,
    }));
    expect([...revocationCsv(many)]).toHaveLength(3);
    // A piece has a thousand lines, and none is empty.
    expect([...revocationCsv(many.slice(0, 2000))]).toHaveLength(2);
    expect(joined(revocationCsv(many)).split('\n')).toHaveLength(2502);
    const parsed = JSON.parse(joined(revocationJson('b.csv', many)));
    expect(parsed.payload).toEqual(many.map((_, n) => ({ n: String(9_000_000_000 + n) })));
  });

  test('of a batch has the same rows in the same order, whatever the order in which they came', () => {
    const sorted = [rows[1], rows[3], rows[2], rows[0]];
    for (const order of [rows, [...rows].reverse()]) {
      const list = new RevocationList();
      for (const row of order) list.add(row);
      expect([...list.rows()]).toEqual(sorted);
      expect([...list.rows()]).toEqual(sorted);
    }
    expect([...new RevocationList().rows()]).toEqual([]);
  });

  test('of a night has a number of several operators by their names, whatever the order in which they came', () => {
    const own = [airtel, 'bsnl' as typeof airtel, jio].map((operator) => ({ ...(rows[1] as Revocation), operator }));
    const all = [...own, rows[0] as Revocation];
    for (const order of [all, all.toReversed(), [1, 3, 2, 0].map((n) => all[n] as Revocation)]) {
      const list = new RevocationList();
      for (const row of order) list.add(row);
      expect([...list.rows()]).toEqual(all);
      expect(list.size).toBe(4);
    }
  });

  test('of a batch holds many more numbers than it began with room for', () => {
    const list = new RevocationList();
    for (let n = 4999; n >= 0; n--)
      list.add({
        msisdn: msisdn(String(6_000_000_000 + 700_001 * n)),
        operator: n % 2 ? jio : airtel,
        lsa: `area ${n % 7}`,
        disconnectedOn: day(`2026-06-${10 + (n % 11)}`),
        reason: n % 3 ? 'surrendered' : reason,
      });
    const found = [...list.rows()];
    expect([list.size, found.length]).toEqual([5000, 5000]);
    expect(found[0]).toEqual({
      msisdn: '+916000000000',
      operator: airtel,
      lsa: 'area 0',
      disconnectedOn: '2026-06-10',
      reason,
    });
    // 700,001 × 4,999 = 3,499,304,999; 4,999 is odd, 1 over a multiple of 7 and of 3, and 5 over one of 11.
    expect(found[4999]).toEqual({
      msisdn: '+919499304999',
      operator: jio,
      lsa: 'area 1',
      disconnectedOn: '2026-06-15',
      reason: 'surrendered',
    });
  });

  test('has a number of two operators under the one whose id comes first, first', () => {
    const [first = rows[0], second] = ['airtel', 'jio'].map((operator) => ({ ...rows[0], operator }) as Revocation);
    for (const order of [
      [first, second],
      [second, first],
    ])
      expect(revocationRows(order as Revocation[])).toEqual([first, second]);
  });

  test('of what is withdrawn says since when and why, sorted by number; who reads payloads finds nobody in it', () => {
    const withdrawn = ['9876543211', '6000000000'].map(
      (number): Withdrawal => ({ msisdn: msisdn(number), withdrawnOn: day('2026-06-21'), ground: 'reissued' }),
    );
    const rows = withdrawalRows(withdrawn);
    expect(joined(withdrawalCsv(rows))).toBe(
      'msisdn,withdrawn_on,ground\n+916000000000,2026-06-21,reissued\n+919876543211,2026-06-21,reissued\n',
    );
    expect(joined(withdrawalJson('b.csv', rows))).toBe(
      '{"status":200,"file_name":"b.csv","payload":[],"withdrawn":[' +
        '{"n":"6000000000","withdrawn_on":"2026-06-21","ground":"reissued"},' +
        '{"n":"9876543211","withdrawn_on":"2026-06-21","ground":"reissued"}]}\n',
    );
    // As a bank reads each list of a day's folder: the revocations of one file, and nobody of the other.
    const revoked = [revocationJson('a.csv', [{ msisdn: msisdn('9876543210') }]), withdrawalJson('b.csv', rows)];
    const read = revoked.flatMap((text) => JSON.parse(joined(text)).payload.map(({ n }: { n: string }) => n));
    expect(read).toEqual(['9876543210']);
  });

  test('of a reversal has each number once, with its last ground, whatever the order in which they came', () => {
    const list = new WithdrawalList(day('2026-06-21'));
    list.add(msisdn('9876543211'), 'withdrawal');
    list.add(msisdn('6000000000'), 'wrong_number');
    list.add(msisdn('9876543210'), 'withdrawal');
    list.add(msisdn('6000000000'), 'reissued');
    const expected = [
      { msisdn: '+916000000000', withdrawnOn: '2026-06-21', ground: 'reissued' },
      { msisdn: '+919876543210', withdrawnOn: '2026-06-21', ground: 'withdrawal' },
      { msisdn: '+919876543211', withdrawnOn: '2026-06-21', ground: 'withdrawal' },
    ];
    expect([...list.rows()]).toEqual(expected);
    expect([...list.rows()]).toEqual(expected);
    expect([list.size, new WithdrawalList(day('2026-06-21')).size]).toEqual([3, 0]);
  });

  test('of a reversal of many numbers comes in pieces that make the whole', () => {
    const list = new WithdrawalList(day('2026-06-21'));
    for (let n = 4999; n >= 0; n--) list.add(msisdn(String(6_000_000_000 + 700_001 * n)), 'withdrawal');
    const csv = [...withdrawalCsv(list.rows())];
    const json = [...withdrawalJson('b.csv', list.rows())];
    // A thousand lines each; JSON ends with a piece of its own.
    expect([csv.length, json.length]).toEqual([5, 6]);
    const rows = csv.join('').trimEnd().split('\n');
    expect([rows.length, rows[1], rows[5000]]).toEqual([
      5001,
      '+916000000000,2026-06-21,withdrawal',
      '+919499304999,2026-06-21,withdrawal',
    ]);
    expect(JSON.parse(json.join('')).withdrawn).toEqual(
      Array.from({ length: 5000 }, (_, n) => ({
        n: String(6_000_000_000 + 700_001 * n),
        withdrawn_on: '2026-06-21',
        ground: 'withdrawal',
      })),
    );
  });

  test('leaves the rows it sorts as they were', () => {
    const before = [...rows];
    revocationRows(rows);
    expect(rows).toEqual(before);
  });
});
