import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { bucketsOf } from '../../simulation/buckets.ts';
import { nameOf } from '../../simulation/function-names.ts';
import { sha256 } from './bad-files.ts';
import { ANY, answer, failedOrderOf, hours, scenariosInOneLab } from './issued-anew-lab.ts';
import type { Lab } from './lab.ts';

/**
 * An order that is on its way when an operator's word is recorded that takes somebody out of it: its commit came before, and it
 * is published after the order that gives service back. The last order told of whoever proved themselves is that one.
 */
let lab: Lab;
const { open, end, goesWrong, begin, at, numbersIn, ledgerOf, audited, auditFindings, summaryOf } = scenariosInOneLab();

beforeAll(async () => {
  lab = await open();
  return () => lab.close();
}, 300_000);

afterEach(() => end());

describe('an order that takes service and is on its way while somebody proves themselves', () => {
  /** Uploads an answer, and doesn't wait for what comes of it. */
  const put = (direction: string, rows: string[]) =>
    void lab.cloud.put(bucketsOf(lab.cloud).inbox, `responses/airtel/${direction}/proof.csv`, answer(rows));
  /** The orders told since somebody looked last, in their order: each with how many rows it has. */
  const heard = async () =>
    (await lab.notices('fraud-directions-airtel'))
      .filter(({ kind }) => kind === 'order')
      .map(({ order, rows }) => `${order} ${rows}`);

  /**
   * The first invocation of a function that is to publish an order: an answer comes at that moment, and the invocation is held back until the
   * order that gives service back was published.
   * `dies`: at its next look at the ledger after that.
   */
  function holdBack(caller: string, order: string, direction: string, rows: string[], dies: boolean): void {
    let held: string | undefined;
    let told = false;
    const restored = Promise.withResolvers<void>();
    goesWrong({
      afterWrite: ({ functionName, requestId, service, key = '' }) => {
        if (requestId !== held && nameOf(functionName) === 'Record' && /\/back-/.test(key)) restored.resolve();
        if (requestId === held && service === 'sns') told = true;
        return undefined;
      },
      beforeCall: ({ caller: asking, requestId, service, action, key = '' }) => {
        if (held === undefined && nameOf(asking) === caller && key === order && action !== 'HeadObject') {
          held = requestId;
          put(direction, rows);
        }
        if (held === undefined || requestId !== held) return undefined;
        if (dies && told && key === `DIR#${direction}`) return 'fail';
        return service === 'dynamodb' ? undefined : restored.promise;
      },
    });
  }

  it.each([
    ['one of its rows', 1, false],
    ['all of them, by which the ladder has ended', 2, false],
    ['one of its rows, and its attempt dies before it looks again', 1, true],
  ])('is issued anew where a bar is: %s', async (_, count, dies) => {
    const story = await begin();
    const { direction, a, b } = story;
    const key = `orders/airtel/${direction}/2-bar_outgoing.csv`;
    await at(4);
    await heard();
    holdBack(
      'Order',
      key,
      direction,
      [a, b].slice(0, count).map((number) => `${number},verified`),
      dies,
    );
    await at(6);
    expect(await numbersIn(key)).toEqual([a, b].slice(count));
    const orders = await heard();
    expect(orders).toContain('bar_outgoing 2');
    expect(orders.lastIndexOf(`restore ${count}`)).toBeGreaterThan(orders.lastIndexOf('bar_outgoing 2'));
    expect(orders.includes('bar_outgoing 1')).toBe(count === 1);
    const { orders: committed } = await ledgerOf(story);
    expect(committed[1]).toMatchObject({ rung: 2, rows: 2 - count, sha256: sha256(await lab.read(key)) });
    await lab.toTheEnd();
    expect(await heard()).not.toContain('bar_incoming 2');
    expect(await summaryOf(story)).toMatchObject({
      connections: { directed: 2, verified: count, overdue: 2 - count },
      unexplained: 0,
    });
    expect(await auditFindings(story)).toEqual([]);
  });

  it.each([
    ['its commit', 'dynamodb', /^DIR#/],
    ['its publication', 's3', /\/2-bar_outgoing\.csv$/],
    ['its notice', 'sns', ANY],
  ])(
    'is told before the restore order at last, where its attempt runs on beside its retry from %s',
    async (_, service, written) => {
      const story = await begin();
      const { direction, a, b } = story;
      const key = `orders/airtel/${direction}/2-bar_outgoing.csv`;
      await at(4);
      await heard();
      let zombies = 0;
      goesWrong({
        afterWrite: (call) => {
          const isIt = call.service === service && written.test(call.key ?? '');
          if (nameOf(call.functionName) !== 'Order' || !isIt) return undefined;
          if (zombies > 0) return undefined;
          zombies++;
          put(direction, [`${a},verified`]);
          return 'zombie';
        },
      });
      await at(6);
      expect(zombies).toBe(1);
      expect(await numbersIn(key)).toEqual([b]);
      const orders = await heard();
      // The attempt that ran on tells what it had committed.
      expect(orders).toContain('bar_outgoing 2');
      expect(orders.lastIndexOf('restore 1')).toBeGreaterThan(orders.lastIndexOf('bar_outgoing 2'));
      await lab.toTheEnd();
      expect(await auditFindings(story)).toEqual([]);
    },
  );

  it.each([
    ['', false],
    [', also where its delivery dies before it looks again', true],
  ])("is issued anew where it is a failed row's disconnect order%s", async (_, dies) => {
    const story = await begin();
    const { direction, a, b } = story;
    const failed = [`${a},failed`, `${b},failed`];
    const key = failedOrderOf(story, failed);
    await at(2);
    await heard();
    holdBack('Record', key, direction, [`${a},verified`], dies);
    await lab.respond(direction, failed, 'failed.csv');
    await at(2 + hours(2));
    expect(await numbersIn(key)).toEqual([b]);
    const orders = await heard();
    expect(orders.filter((order) => order.startsWith('disconnect'))).toEqual(['disconnect 2', 'disconnect 1']);
    expect(orders.at(-1)).toBe('restore 1');
    expect((await audited(story, 'failed-')).map(([, rows]) => rows)).toEqual([2, 1]);
    await lab.toTheEnd();
    expect(await summaryOf(story)).toMatchObject({
      connections: { verified: 1, overdue: 1, overdueFailed: 1 },
      unexplained: 0,
    });
    expect(await auditFindings(story)).toEqual([]);
  });
});
