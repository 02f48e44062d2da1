import { beforeAll, describe, expect, it } from 'vitest';
import { Lab } from './lab.ts';
import { Executions, numbersIn, ordersOf, report, summaryOf } from './shapes-lab.ts';

/**
 * Five rows a direction and one operator. A batch of one handset has one direction of blocking; 193 and 197 numbers make 39 and
 * 40 directions of re-verification, none of which divides evenly:
 *   193 = 37 × 5 + 2 × 4      197 = 37 × 5 + 3 × 4
 * Both are reported at once. On day 1 the operator verifies the first direction of each, whole; of the last one it has
 * one number disconnected. Nobody answers anything else.
 */
const BATCHES = [
  { what: 'exactly 40', agency: 'i4c', imei: '35700000000002', numbers: 193, directions: 40, fours: 2, runs: 0 },
  {
    what: 'more than 40',
    agency: 'up-police',
    imei: '35700000000003',
    numbers: 197,
    directions: 41,
    fours: 3,
    runs: 1,
  },
] as const;

const numbersOf = (imei: string, count: number) =>
  Array.from({ length: count }, (_, n) => `+9198600${imei.at(-1)}${String(n).padStart(4, '0')}`);

let lab: Lab;
let executions: Executions;
const ids = new Map<string, string>();

/** A batch's directions of re-verification, by number. */
const directionsOf = async (batchId: string) =>
  (await lab.directions())
    .filter((id) => id.startsWith(`${batchId}.reverify.`))
    .sort((a, b) => Number(a.split('-').at(-1)) - Number(b.split('-').at(-1)));
const idOf = (agency: string) => ids.get(agency) ?? '';

beforeAll(async () => {
  lab = await Lab.open({ context: { operators: 'airtel', rowsPerDirection: '5' } });
  executions = new Executions(lab);
  // Whatever the count, 101 shares no divisor with it: every number once, out of order.
  await lab.usage(
    'airtel',
    BATCHES.flatMap(({ imei, numbers: count }) => {
      const numbers = numbersOf(imei, count);
      return numbers.map((_, n) => `${imei},${numbers[(n * 101) % count]},2026-05-20,`);
    }),
  );
  for (const { agency, imei } of BATCHES) ids.set(agency, await report(lab, agency, [imei]));
  await lab.at(1);
  for (const { agency } of BATCHES) {
    const directions = await directionsOf(idOf(agency));
    for (const [id = '', outcome, most] of [
      [directions[0], 'verified', 5],
      [directions.at(-1), 'disconnected', 1],
    ] as const) {
      const numbers = numbersIn((await ordersOf(lab, id))['1-reverify']).slice(0, most);
      await lab.respond(
        id,
        numbers.map((number) => `${number},${outcome}`),
      );
    }
  }
  await lab.cloud.run();
  return () => lab.close();
});

describe.each(BATCHES)('$what directions', ({ agency, imei, numbers: count, directions, fours, runs }) => {
  it('settle with every row at its own outcome', async () => {
    const { connections, operators, unexplained, settledAt } = await summaryOf(lab, idOf(agency));
    // The first direction is one of the fours: rounding down gives the larger pieces to the end.
    const verified = 4;
    expect(connections).toMatchObject({
      linked: count,
      directed: count,
      verified,
      disconnected: 1,
      overdue: count - verified - 1,
    });
    expect(operators.airtel).toMatchObject({ directions, overdueDirections: directions - 1 });
    expect([unexplained, settledAt]).toEqual([0, '2026-06-17T00:00:00Z']);
  });

  it('differ in size by one at most, are sorted by number, and hold every number once', async () => {
    const orders = await Promise.all(
      (await directionsOf(idOf(agency))).map(async (id) => numbersIn((await ordersOf(lab, id))['1-reverify'])),
    );
    expect(orders).toHaveLength(directions - 1);
    expect(orders.filter(({ length }) => length === 4)).toHaveLength(fours);
    expect(orders.filter(({ length }) => length === 5)).toHaveLength(directions - 1 - fours);
    expect(orders.flat()).toEqual(numbersOf(imei, count));
  });

  it('are directed by an inline Map up to 40, by a Distributed one beyond', async () => {
    const [execution = '', ...others] = await executions.find('Batch', `reports/${agency}/`);
    expect(others).toEqual([]);
    const entered = await executions.entered(execution);
    expect(entered.filter((state) => state === 'Direct the operators')).toHaveLength(1 - runs);
    expect(entered.filter((state) => state === 'Direct the operators at scale')).toHaveLength(runs);
    expect(await executions.mapRuns(execution, 'Direct')).toBe(runs);
  });

  it('each take one execution, which ends', async () => {
    expect(await executions.find('Direction', idOf(agency))).toHaveLength(directions);
    expect(lab.cloud.failures()).toEqual([]);
  });
});
