import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { bucketsOf } from '../../simulation/buckets.ts';
import { nameOf } from '../../simulation/function-names.ts';
import { sha256 } from './bad-files.ts';
import { ANY, failedOrderOf, hours, scenariosInOneLab } from './issued-anew-lab.ts';
import { APPROVE, type Lab, type Summary } from './lab.ts';

/**
 * An order that is on its way when a reversal takes somebody out of it: whom that restores is told last to have service. The attempt that
 * has committed the order sleeps, reported as failed, until its function is invoked again; meanwhile an approver lets the reversal count.
 */
let lab: Lab;
const { open, end, goesWrong, refuse, begin, begun, at, sweptAt, numbersIn, auditFindings, summaryOf } =
  scenariosInOneLab();

beforeAll(async () => {
  lab = await open();
  return () => lab.close();
}, 300_000);

afterEach(() => end());

describe('an order that takes service or blocks and is on its way while a reversal takes back whom it names', () => {
  interface Decided {
    id: string;
    key: string;
    text: string;
  }
  /** Files an appeal for subjects, each as `msisdn,imei`, upon which an approver would say so. */
  async function appeal(subjects: string[]): Promise<Decided> {
    const before = new Set(await lab.outbox('previews/caseworker-1-'));
    const rows = subjects.map((subject) => `${subject},,wrong_number,\n`);
    await lab.upload(`appeals/caseworker-1/${begun()}.csv`, `msisdn,imei,reference,ground,case_ref\n${rows.join('')}`);
    const [preview = ''] = (await lab.outbox('previews/caseworker-1-')).filter((key) => !before.has(key));
    const id = preview.split('/')[1] ?? '';
    return { id, key: `decisions/approver-1/${id}/yes.csv`, text: await lab.decision(id, [APPROVE]) };
  }
  const decide = ({ key, text }: Decided) => lab.cloud.put(bucketsOf(lab.cloud).inbox, key, text);
  /** The direction by which it gives back. */
  const givingBackOf = async ({ id }: Decided) =>
    (await lab.directions('airtel')).find((direction) => direction.startsWith(`${id}.`)) ?? '';

  interface Heard {
    key: string;
    what: string;
    notice: string;
  }
  /** The orders told since somebody looked last, in their order. */
  const heard = async (): Promise<Heard[]> =>
    (await lab.notices('fraud-directions-airtel'))
      .filter(({ kind }) => kind === 'order')
      .map(({ key, order, rows, ...more }) => ({
        key: String(key),
        what: `${order} ${rows}`,
        notice: JSON.stringify({ ...more, rows }),
      }));
  /** The order that was on its way comes between two notices of the order that gives back, which are alike. */
  async function expectGivenBackLast(orders: Heard[], cut: string, decided: Decided): Promise<void> {
    const giving = await givingBackOf(decided);
    const key = `orders/airtel/${giving}/1-${giving.split('.')[1]}.csv`;
    const restores = orders.filter((one) => one.key === key);
    const first = orders.findIndex((one) => one.key === key);
    const last = orders.findLastIndex((one) => one.key === key);
    const at = orders.findLastIndex(({ what }) => what === cut);
    expect(orders.map(({ what }) => what)).toContain(cut);
    expect(first).toBeLessThan(at);
    expect(last).toBeGreaterThan(at);
    expect(new Set(restores.map(({ notice }) => notice)).size).toBe(1);
    const text = await lab.read(key);
    expect(JSON.parse(restores[0]?.notice ?? '')).toMatchObject({
      sha256: sha256(text),
      size: Buffer.byteLength(text),
    });
  }

  /** Holds back the attempt that commits a direction's next order until that one is told which gives back; upon its commit it is approved. */
  function holdBack(direction: string, decided: Decided): void {
    let late: string | undefined;
    let restoring: string | undefined;
    let restored = false;
    const tries = new Map<string, number>();
    goesWrong({
      afterWrite: ({ functionName, requestId, service, key = '' }) => {
        const isOrder = nameOf(functionName) === 'Order';
        if (isOrder && key === `DIR#${direction}` && late === undefined) {
          late = requestId;
          void decide(decided);
          return 'zombie';
        }
        if (isOrder && /\/1-(restore|unblock)\.csv$/.test(key)) restoring = requestId;
        if (requestId === restoring && service === 'sns') restored = true;
        return undefined;
      },
      // It goes on once the restore order is told, or its client tries no more.
      beforeCall: ({ requestId, service, key = '' }) => {
        if (late === undefined || requestId !== late || restored) return undefined;
        const what = `${service} ${service === 's3' ? key : ''}`;
        const tried = tries.get(what) ?? 0;
        if (service === 'dynamodb' || tried >= 2) return undefined;
        tries.set(what, tried + 1);
        return 'throttle';
      },
    });
  }

  it.each([
    ['one of its rows', 1],
    ['all of them, by which the ladder has ended', 2],
  ])('is told of before the restore order at last, where it is a bar: %s', async (_, count) => {
    const story = await begin();
    const { direction, a, b } = story;
    await at(4);
    const decided = await appeal([a, b].slice(0, count).map((number) => `${number},`));
    await heard();
    holdBack(direction, decided);
    await at(6);
    await expectGivenBackLast(await heard(), 'bar_outgoing 2', decided);
    expect(await numbersIn(`orders/airtel/${direction}/2-bar_outgoing.csv`)).toEqual([a, b].slice(count));
    await lab.toTheEnd();
    expect(await summaryOf(story)).toMatchObject({
      connections: { directed: 2, withdrawn: count, overdue: 2 - count },
      unexplained: 0,
    });
    expect(await auditFindings(story)).toEqual([]);
  });

  it.each([
    ['', false],
    [', also where that was answered already', true],
  ])(
    "is told of before the restore order at last, where it is a failed row's disconnect order%s",
    async (_, answered) => {
      const story = await begin();
      const { direction, a, b } = story;
      const failed = [`${a},failed`, `${b},failed`];
      const key = failedOrderOf(story, failed);
      await at(2);
      const decided = await appeal([`${a},`]);
      await heard();
      let late = false;
      goesWrong({
        afterWrite: (call) => {
          if (nameOf(call.functionName) !== 'Record' || call.key !== `DIR#${direction}` || late) return undefined;
          late = true;
          return 'zombie';
        },
      });
      await lab.respond(direction, failed, 'failed.csv');
      await decide(decided);
      await lab.cloud.rest();
      const restore = await givingBackOf(decided);
      expect(await numbersIn(`orders/airtel/${restore}/1-restore.csv`)).toEqual([a]);
      expect(await numbersIn(key)).toBeUndefined();
      // Its function is invoked again, for another file or for this one.
      if (answered) await lab.respond(restore, [`${a},restored`], 'restored.csv');
      await at(2 + hours(2));
      // It looks before it publishes, too: the order is for the other row alone from the first.
      const orders = await heard();
      expect(orders.map(({ what }) => what)).not.toContain('disconnect 2');
      await expectGivenBackLast(orders, 'disconnect 1', decided);
      expect(await numbersIn(key)).toEqual([b]);
      await lab.toTheEnd();
      expect(await summaryOf(story)).toMatchObject({
        connections: { directed: 2, withdrawn: 1, overdue: 1, overdueFailed: 1 },
        unexplained: 0,
      });
      expect(await auditFindings(story)).toEqual([]);
    },
  );

  it('is told of before the unblock order at last, where it is a block', async () => {
    const { batch, handset } = await begin();
    const block = await lab.direction(batch, 'block', 'airtel');
    await at(hours(20));
    const decided = await appeal([`,${handset}`]);
    await heard();
    holdBack(block, decided);
    await at(1 + hours(2));
    await expectGivenBackLast(await heard(), 'block 1', decided);
    expect(await numbersIn(`orders/airtel/${block}/2-block.csv`)).toEqual([]);
  });

  it.each(['s3', 'sns'] as const)('tells nobody to block what was unblocked meanwhile (%s)', async (what) => {
    const story = await begin();
    const { batch, handset } = story;
    const block = await lab.direction(batch, 'block', 'airtel');
    const key = `orders/airtel/${block}/2-block.csv`;
    await at(hours(20));
    const decided = await appeal([`,${handset}`]);
    await heard();
    refuse(what, 'Order', what === 's3' ? /\/2-block/ : ANY, 1 + hours(4));
    await at(1 + hours(1.5));
    await decide(decided);
    await lab.cloud.rest();
    expect(await numbersIn(key)).toEqual(what === 's3' ? undefined : [expect.stringContaining(handset)]);
    // One sweep once it is refused no more does what each of those before would have done.
    await at(1 + hours(7));
    await sweptAt(1 + hours(8));
    // The first sweep since earlier scenarios tells of theirs, too, what could not be told then.
    const own = (await heard()).filter((one) => one.key.includes(batch) || one.key.includes(decided.id));
    expect(new Set(own.map((one) => one.what))).toEqual(new Set(['unblock 1']));
    expect(await numbersIn(key)).toEqual(what === 's3' ? undefined : []);
    await lab.toTheEnd();
    expect(await lab.json<Summary>(`batches/${batch}/summary.json`)).toMatchObject({
      blocks: { directed: 1, withdrawn: 1 },
      unexplained: 0,
    });
    expect(await auditFindings(story)).toEqual([]);
  });
});
