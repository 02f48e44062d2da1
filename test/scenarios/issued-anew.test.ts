import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { FaultPlan } from 'local-cloud';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parseAudit } from '../../lambdas/domain/audit.ts';
import { type AuditSettings, parseAuditArguments } from '../../lib/commands/audit/arguments.ts';
import { followChains } from '../../lib/commands/audit/follow.ts';
import { bucketsOf } from '../../simulation/buckets.ts';
import { Tables } from './bad-files.ts';
import { nameOf } from './faults-story.ts';
import { APPROVE, DAY, HOUR, Lab, type Summary } from './lab.ts';

/**
 * A bar or disconnect order that was committed and could not be published for hours: whoever was answered for meanwhile is not
 * in it when it goes out. Each scenario has a handset and numbers of its own, begins on a new day and is told to its end.
 */
let lab: Lab;
let tables: Tables;
let faults: FaultPlan = {};
let start = 0;
let scenarios = 0;
/** What lay in the buckets when the scenario began: that of others. */
let earlier: ReadonlySet<string> = new Set();
/** How many responses were given up by their queue, and sent again by the sweep. */
let dead = 0;

beforeAll(async () => {
  lab = await Lab.open({
    context: { operators: 'airtel', sweepHours: '1' },
    faults: {
      beforeCall: (call) => faults.beforeCall?.(call),
      afterWrite: (call) => faults.afterWrite?.(call),
    },
  });
  tables = new Tables(lab);
  return () => lab.close();
}, 300_000);

afterEach(async () => {
  faults = {};
  await lab.toTheEnd();
  const letters = dead > 0 ? [`dead-letter queue ResponsesDeadLetters holds ${dead} message(s)`] : [];
  expect(lab.cloud.failures()).toEqual(letters);
});

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
/** Days in which no sweep has a part. */
const at = (days: number) => lab.quietly(start + days * DAY);
/** The same, with the sweeps of its hours. */
const sweptAt = (days: number) => lab.cloud.run(start + days * DAY);
const hours = (count: number) => (count * HOUR) / DAY;

interface Story {
  batch: string;
  direction: string;
  handset: string;
  /** Two numbers. */
  a: string;
  b: string;
}

/** Begins a day, on which a report names a handset that airtel saw two numbers in. */
async function begin(): Promise<Story> {
  scenarios++;
  start = Math.ceil(lab.cloud.clock.now() / DAY) * DAY;
  await lab.quietly(start);
  earlier = new Set(await everything());
  const handset = `351000000000${10 + scenarios}`;
  const [a = '', b = ''] = [1, 2].map((n) => `+91980000${String(scenarios).padStart(3, '0')}${n}`);
  const seen = new Date(start - 9 * DAY).toISOString().slice(0, 10);
  await lab.usage(
    'airtel',
    [a, b].map((number) => `${handset},${number},${seen},`),
    `${handset}.csv`,
  );
  await lab.report('mha', [handset], `${handset}.csv`);
  const batch = `mha-${sha256(`imei\n${handset}\n`).slice(0, 12)}`;
  const direction = await lab.direction(batch, 'reverify', 'airtel');
  await lab.notices('fraud-directions-airtel');
  return { batch, direction, handset, a, b };
}

/** Until some time after the start: what this function puts under such a key, or tells of, is refused. */
function refuse(what: 's3' | 'sns', caller: string, key: RegExp, untilDays: number) {
  const until = start + untilDays * DAY;
  faults = {
    beforeCall: (call) =>
      nameOf(call.caller) === caller &&
      call.service === what &&
      key.test(call.key ?? '') &&
      lab.cloud.clock.now() < until
        ? 'deny'
        : undefined,
  };
}
/** Of notices, all of a function's are refused. */
const ANY = /^/;

/** The numbers in an order; undefined where there is none. */
async function numbersIn(key: string): Promise<string[] | undefined> {
  if ((await lab.outbox(key)).length === 0) return undefined;
  const rows = (await lab.read(key)).trimEnd().split('\n').slice(1);
  return rows.map((row) => row.split(',')[0] ?? '');
}

/** What was told of an order since somebody looked last, once each, and what it should tell by the file itself. */
async function told(key: string) {
  const notices = (await lab.notices('fraud-directions-airtel')).filter((notice) => notice.key === key);
  const heard = notices.map(({ rows, sha256: digest, size }) => JSON.stringify({ rows, digest, size }));
  const text = await lab.read(key);
  const rows = text.trimEnd().split('\n').length - 1;
  const is = JSON.stringify({ rows, digest: sha256(text), size: Buffer.byteLength(text) });
  return { heard: [...new Set(heard)], is };
}

async function ledgerOf({ direction }: Story) {
  return (await tables.records())[`DIR#${direction}`] as {
    orders: Record<string, unknown>[];
    files: { failedOrder?: Record<string, unknown> }[];
  };
}

/** Of the batch's chain: the ids of what it tells of one order, without the direction's, with the rows of each. */
async function audited({ batch, direction }: Story, order: string): Promise<[id: string, rows: unknown][]> {
  const { audit } = bucketsOf(lab.cloud);
  const texts = await Promise.all(
    (await lab.cloud.list(audit, `batches/${batch}/`)).map((key) => lab.cloud.get(audit, key)),
  );
  const prefix = `order/${direction}/`;
  return texts
    .flatMap((text) => parseAudit(Buffer.from(text).toString('utf8')))
    .filter(({ id }) => id.startsWith(`${prefix}${order}`))
    .map(({ id, facts }) => [id.slice(prefix.length), facts.rows]);
}

/** What lies in the buckets, each as `bucket/key`. */
async function everything(): Promise<string[]> {
  const found: string[] = [];
  for (const bucket of ['inbox', 'outbox', 'audit'] as const)
    for (const key of await lab.cloud.list(bucketsOf(lab.cloud)[bucket])) found.push(`${bucket}/${key}`);
  return found;
}

/** What `npm run audit` finds wrong with a batch's chain, and with its files beside it. */
async function auditFindings({ batch }: Story) {
  const folder = await mkdtemp(join(tmpdir(), 'anew-'));
  try {
    for (const place of await everything()) {
      if (earlier.has(place)) continue;
      const [bucket, ...key] = place.split('/');
      const path = join(folder, place);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(
        path,
        await lab.cloud.get(bucketsOf(lab.cloud)[bucket as 'inbox' | 'outbox' | 'audit'], key.join('/')),
      );
    }
    const settings = parseAuditArguments(['--in', folder, '--batch', batch], folder) as AuditSettings;
    const { chains } = await followChains(settings);
    return chains.flatMap(({ findings }) => findings);
  } finally {
    await rm(folder, { recursive: true });
  }
}

const summaryOf = ({ batch }: Story) => lab.json<Summary>(`batches/${batch}/summary.json`);

describe('a bar that could not be published for hours', () => {
  it('carries who failed meanwhile: nobody is freed by that', async () => {
    const story = await begin();
    const { direction, a, b } = story;
    const key = `orders/airtel/${direction}/2-bar_outgoing.csv`;
    refuse('s3', 'Order', /\/2-bar_outgoing/, 5 + hours(4));
    await at(5 + hours(1.5));
    await lab.respond(direction, [`${a},failed`, `${b},verified`]);
    await at(5 + hours(6));
    expect(await numbersIn(key)).toEqual([a]);
    const { heard, is } = await told(key);
    expect(heard).toEqual([is]);
    await lab.toTheEnd();
    // The ladder's later bar carries no failed row.
    expect(await numbersIn(`orders/airtel/${direction}/3-bar_incoming.csv`)).toBeUndefined();
    expect((await summaryOf(story)).connections).toMatchObject({ verified: 1, overdue: 1, overdueFailed: 1 });
    expect(await auditFindings(story)).toEqual([]);
  });

  it('does not carry who was verified meanwhile, and carries whom nobody answered for', async () => {
    const story = await begin();
    const { direction, a, b } = story;
    const key = `orders/airtel/${direction}/2-bar_outgoing.csv`;
    refuse('s3', 'Order', /\/2-bar_outgoing/, 5 + hours(4));
    await at(5 + hours(1.5));
    expect(await numbersIn(key)).toBeUndefined();
    expect((await ledgerOf(story)).orders[1]).toMatchObject({ rung: 2, rows: 2 });
    await lab.respond(direction, [`${a},verified`]);
    await at(5 + hours(6));
    expect(await numbersIn(key)).toEqual([b]);
    const { heard, is } = await told(key);
    expect(heard).toEqual([is]);
    const { orders } = await ledgerOf(story);
    const text = await lab.read(key);
    expect(orders.map(({ rung }) => rung)).toEqual([1, 2]);
    expect(orders[1]).toMatchObject({
      order: 'bar_outgoing',
      rows: 1,
      sha256: sha256(text),
      bytes: text.length,
      deadline: new Date(start + 10 * DAY).toISOString().replace('.000', ''),
    });
    expect(await audited(story, '2')).toEqual([[`2/${orders[1]?.version}`, 1]]);
    await lab.toTheEnd();
    // It is what the ladder goes on from.
    expect(await numbersIn(`orders/airtel/${direction}/3-bar_incoming.csv`)).toEqual([b]);
    expect(await summaryOf(story)).toMatchObject({
      connections: { directed: 2, verified: 1, overdue: 1 },
      unexplained: 0,
    });
    expect(await auditFindings(story)).toEqual([]);
  });

  it('and lies in the outbox untold is replaced there, and its operator hears of the new one alone', async () => {
    const story = await begin();
    const { direction, a, b } = story;
    const key = `orders/airtel/${direction}/2-bar_outgoing.csv`;
    await at(4);
    refuse('sns', 'Order', ANY, 5 + hours(4));
    await at(5 + hours(1.5));
    expect(await numbersIn(key)).toEqual([a, b]);
    await lab.respond(direction, [`${a},not_found`]);
    await at(5 + hours(6));
    expect(await numbersIn(key)).toEqual([b]);
    const { heard, is } = await told(key);
    expect(heard).toEqual([is]);
    // Both have lain there.
    const { orders } = await ledgerOf(story);
    expect(await audited(story, '2')).toEqual([
      ['2', 2],
      [`2/${orders[1]?.version}`, 1],
    ]);
    // The rung was committed first on the version before that of the answer.
    expect(orders[1]?.firstVersion).toBeLessThan(Number(orders[1]?.version));
    await lab.toTheEnd();
    expect(await auditFindings(story)).toEqual([]);
  });
});

describe("a ladder's disconnection that could not be published for hours", () => {
  it('is for nobody once all are answered for: nothing is published, and nobody is told', async () => {
    const story = await begin();
    const { direction, a, b } = story;
    const key = `orders/airtel/${direction}/4-disconnect.csv`;
    refuse('s3', 'Order', /\/4-disconnect/, 15 + hours(4));
    await at(15 + hours(1.5));
    await lab.notices('fraud-directions-airtel');
    await lab.respond(direction, [`${a},verified`, `${b},not_found`]);
    await lab.toTheEnd();
    expect(await numbersIn(key)).toBeUndefined();
    const kinds = (await lab.notices('fraud-directions-airtel'))
      .filter(({ batchId }) => batchId === story.batch)
      .map(({ kind, order }) => order ?? kind);
    // The bars had carried who proved themselves.
    expect([...new Set(kinds)].sort()).toEqual(['receipt', 'restore', 'settled']);
    expect((await ledgerOf(story)).orders[3]).toMatchObject({ rung: 4, rows: 0 });
    expect(await audited(story, '4')).toEqual([]);
    expect(await summaryOf(story)).toMatchObject({ connections: { verified: 1, notFound: 1 }, unexplained: 0 });
    expect(await auditFindings(story)).toEqual([]);
  });

  it('names nobody any more where it lies in the outbox untold', async () => {
    const story = await begin();
    const { direction, a, b } = story;
    const key = `orders/airtel/${direction}/4-disconnect.csv`;
    await at(14);
    refuse('sns', 'Order', ANY, 15 + hours(4));
    await at(15 + hours(1.5));
    expect(await numbersIn(key)).toEqual([a, b]);
    await lab.respond(direction, [`${a},verified`, `${b},verified`]);
    await lab.toTheEnd();
    expect(await lab.read(key)).toBe('msisdn,imei,reason,deadline,reference,disconnect_by,order,direction\n');
    expect((await told(key)).heard).toEqual([]);
    expect((await audited(story, '4')).map(([, rows]) => rows)).toEqual([2, 0]);
    expect(await auditFindings(story)).toEqual([]);
  });
});

describe("failed rows' own disconnect order that could not be published for hours", () => {
  const orderOf = ({ direction }: Story, rows: string[]) => {
    const response = `msisdn,outcome\n${rows.map((row) => `${row}\n`).join('')}`;
    return `orders/airtel/${direction}/failed-${sha256(response).slice(0, 8)}-disconnect.csv`;
  };
  const receipts = async ({ direction }: Story) => (await lab.outbox(`receipts/airtel/${direction}/`)).length;

  it('does not carry who was verified meanwhile; the receipt did not wait for it', async () => {
    const story = await begin();
    const { direction, a, b } = story;
    const failed = [`${a},failed`, `${b},failed`];
    const key = orderOf(story, failed);
    await at(2);
    refuse('s3', 'Record', /^orders\//, 2 + hours(5));
    await lab.respond(direction, failed, 'failed.csv');
    expect(await receipts(story)).toBe(1);
    dead++;
    await at(2 + hours(3));
    await lab.respond(direction, [`${a},verified`], 'verified.csv');
    expect(await numbersIn(key)).toBeUndefined();
    await sweptAt(2 + hours(13));
    expect(await numbersIn(key)).toEqual([b]);
    const { heard, is } = await told(key);
    expect(heard).toEqual([is]);
    const { failedOrder } = (await ledgerOf(story)).files[0] ?? {};
    const { version, at: issuedAt } = (failedOrder?.anew ?? {}) as { version: number; at: string };
    const text = await lab.read(key);
    expect(failedOrder).toMatchObject({ rows: 1, sha256: sha256(text), bytes: text.length });
    expect(Date.parse(issuedAt)).toBeGreaterThanOrEqual(start + 2 * DAY + 5 * HOUR);
    // Its deadline, which the ledger had from the beginning, stays.
    expect(Date.parse(String(failedOrder?.deadline)) - (start + 3 * DAY)).toBeLessThan(60_000);
    expect(await audited(story, 'failed-')).toEqual([[`${key.split('/')[3]?.slice(0, 15)}/${version}`, 1]]);
    await lab.toTheEnd();
    expect(await numbersIn(`orders/airtel/${direction}/4-disconnect.csv`)).toEqual([b]);
    expect(await summaryOf(story)).toMatchObject({
      connections: { verified: 1, overdue: 1, overdueFailed: 1 },
      unexplained: 0,
    });
    expect(await auditFindings(story)).toEqual([]);
  });

  it('and lies in the outbox untold is replaced there, and its operator hears of the new one alone', async () => {
    const story = await begin();
    const { direction, a, b } = story;
    const failed = [`${a},failed`, `${b},failed`];
    const key = orderOf(story, failed);
    await at(2);
    refuse('sns', 'Record', ANY, 2 + hours(1.75));
    await lab.respond(direction, failed, 'failed.csv');
    expect(await numbersIn(key)).toEqual([a, b]);
    await at(2 + hours(1.25));
    await lab.respond(direction, [`${a},verified`], 'verified.csv');
    // The queue delivers it every half an hour.
    await at(2 + hours(2.1));
    expect(await numbersIn(key)).toEqual([b]);
    const { heard, is } = await told(key);
    expect(heard).toEqual([is]);
    expect((await audited(story, 'failed-')).map(([, rows]) => rows)).toEqual([2, 1]);
    await lab.toTheEnd();
    expect(await auditFindings(story)).toEqual([]);
  });

  it.each(['s3', 'sns'] as const)('is for nobody once all are answered for (%s)', async (what) => {
    const story = await begin();
    const { direction, a, b } = story;
    const failed = [`${a},failed`, `${b},failed`];
    const key = orderOf(story, failed);
    await at(2);
    refuse(what, 'Record', what === 's3' ? /^orders\// : ANY, 2 + hours(2.75));
    await lab.respond(direction, failed, 'failed.csv');
    await at(2 + hours(1.5));
    await lab.respond(direction, [`${a},verified`, `${b},not_found`], 'later.csv');
    await at(2 + hours(2.5));
    // A file that lay there names nobody any more; where none did, none comes.
    expect(await numbersIn(key)).toEqual(what === 's3' ? undefined : []);
    const notices = await lab.notices('fraud-directions-airtel');
    expect(notices.filter((notice) => notice.key === key)).toEqual([]);
    expect((await audited(story, 'failed-')).map(([, rows]) => rows)).toEqual(what === 's3' ? [] : [2, 0]);
    await lab.toTheEnd();
    expect(await auditFindings(story)).toEqual([]);
  });

  it('is not ordered again for who was verified since, when the same bytes come again, within its day or after its batch settled', async () => {
    const story = await begin();
    const { direction, a, b } = story;
    const failed = [`${a},failed`, `${b},failed`];
    const key = orderOf(story, failed);
    await at(2);
    await lab.respond(direction, failed, 'failed.csv');
    expect((await told(key)).heard).toHaveLength(1);
    const before = await lab.read(key);
    await at(2 + hours(1));
    await lab.respond(direction, failed, 'at once.csv');
    // Nothing has changed, and nothing changes.
    expect(await lab.read(key)).toBe(before);
    const again = await told(key);
    expect(again.heard).toEqual([again.is]);
    await lab.respond(direction, [`${a},verified`], 'verified.csv');
    await at(2 + hours(4));
    await lab.respond(direction, failed, 'again.csv');
    expect(await numbersIn(key)).toEqual([b]);
    const { heard, is } = await told(key);
    expect(heard).toEqual([is]);
    for (const days of [4, 17]) {
      await at(days);
      await lab.respond(direction, failed, `after ${days} days.csv`);
      expect(await numbersIn(key)).toEqual([b]);
      expect((await told(key)).heard).toEqual([]);
    }
    expect((await audited(story, 'failed-')).map(([, rows]) => rows)).toEqual([2, 1]);
    await lab.toTheEnd();
    expect(await auditFindings(story)).toEqual([]);
  });
});

describe('an order that is published again seconds later', () => {
  it('stays as it was committed, byte for byte, where nobody was answered for meanwhile', async () => {
    const story = await begin();
    const { direction, a, b } = story;
    const key = `orders/airtel/${direction}/2-bar_outgoing.csv`;
    let lost = 0;
    faults = {
      afterWrite: (call) => {
        if (nameOf(call.functionName) !== 'Order' || call.key !== key || lost > 0) return undefined;
        lost++;
        return 'fail';
      },
    };
    await at(5 + hours(1));
    expect(lost).toBe(1);
    expect(await numbersIn(key)).toEqual([a, b]);
    const { heard, is } = await told(key);
    expect(heard).toEqual([is]);
    const { orders } = await ledgerOf(story);
    expect(orders[1]).toMatchObject({ rows: 2, sha256: sha256(await lab.read(key)) });
    expect(orders[1]).not.toHaveProperty('firstVersion');
    expect(await audited(story, '2')).toEqual([['2', 2]]);
  });
});

/**
 * An order that is on its way when an operator's word is recorded that takes somebody out of it: its commit came before, and it
 * is published after the order that gives service back. The last order told of whoever proved themselves is that one.
 */
describe('an order that takes service and is on its way while somebody proves themselves', () => {
  const answer = (rows: string[]) => `msisdn,outcome\n${rows.map((row) => `${row}\n`).join('')}`;
  /** Uploads an answer, and doesn't wait for what comes of it. */
  const put = (direction: string, rows: string[]) =>
    void lab.cloud.put(bucketsOf(lab.cloud).inbox, `responses/airtel/${direction}/proof.csv`, answer(rows));
  /** The orders told since somebody looked last, in their order: each with how many rows it has. */
  const heard = async () =>
    (await lab.notices('fraud-directions-airtel'))
      .filter(({ kind }) => kind === 'order')
      .map(({ order, rows }) => `${order} ${rows}`);

  /**
   * The first invocation of a function that commits its ledger when this is asked for: an answer comes at that moment, and the
   * invocation is held back, as long as its client tries again, until the order that gives service back was told.
   * `dies`: at its next look at the ledger after that.
   */
  function holdBack(caller: string, direction: string, rows: string[], dies: boolean): void {
    let held: string | undefined;
    let restored = false;
    let told = false;
    const tries = new Map<string, number>();
    faults = {
      afterWrite: ({ functionName, requestId, service, key = '' }) => {
        if (nameOf(functionName) === caller && key === `DIR#${direction}` && held === undefined) {
          held = requestId;
          put(direction, rows);
        }
        if (requestId !== held && nameOf(functionName) === 'Record' && /\/back-/.test(key)) restored = true;
        if (requestId === held && service === 'sns') told = true;
        return undefined;
      },
      beforeCall: ({ requestId, service, key = '' }) => {
        if (held === undefined || requestId !== held) return undefined;
        if (dies && told && restored && key === `DIR#${direction}`) return 'fail';
        const what = `${service} ${service === 's3' ? key : ''}`;
        const tried = tries.get(what) ?? 0;
        if (restored || tried >= 2 || service === 'dynamodb') return undefined;
        tries.set(what, tried + 1);
        return 'throttle';
      },
    };
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
      faults = {
        afterWrite: (call) => {
          const isIt = call.service === service && written.test(call.key ?? '');
          if (nameOf(call.functionName) !== 'Order' || !isIt) return undefined;
          if (zombies > 0) return undefined;
          zombies++;
          put(direction, [`${a},verified`]);
          return 'zombie';
        },
      };
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
    const key = `orders/airtel/${direction}/failed-${sha256(answer(failed)).slice(0, 8)}-disconnect.csv`;
    await at(2);
    await heard();
    holdBack('Record', direction, [`${a},verified`], dies);
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

/**
 * The same, where it is a reversal that takes somebody out of it: whom it restores is told last to have service. The attempt that has
 * committed the order sleeps, reported as failed, until its function is invoked again; meanwhile an approver lets the reversal count.
 */
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
    await lab.upload(
      `appeals/caseworker-1/${scenarios}.csv`,
      `msisdn,imei,reference,ground,case_ref\n${rows.join('')}`,
    );
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
    let takenBack = false;
    let restoring: string | undefined;
    let restored = false;
    const tries = new Map<string, number>();
    faults = {
      afterWrite: ({ functionName, requestId, service, key = '' }) => {
        const isOrder = nameOf(functionName) === 'Order';
        if (isOrder && key === `DIR#${direction}` && late === undefined) {
          late = requestId;
          void decide(decided);
          return 'zombie';
        }
        if (nameOf(functionName) === 'Commit' && key === `DIR#${direction}`) takenBack = true;
        if (isOrder && /\/1-(restore|unblock)\.csv$/.test(key)) restoring = requestId;
        if (requestId === restoring && service === 'sns') restored = true;
        return undefined;
      },
      // Its own retry comes after what was taken back.
      beforeInvoke: ({ functionName }) =>
        nameOf(functionName) === 'Order' && late !== undefined && !takenBack ? 'throttle' : undefined,
      // It goes on once the restore order is told, or its client tries no more.
      beforeCall: ({ requestId, service, key = '' }) => {
        if (late === undefined || requestId !== late || restored) return undefined;
        const what = `${service} ${service === 's3' ? key : ''}`;
        const tried = tries.get(what) ?? 0;
        if (service === 'dynamodb' || tried >= 2) return undefined;
        tries.set(what, tried + 1);
        return 'throttle';
      },
    };
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
      const key = `orders/airtel/${direction}/failed-${sha256(`msisdn,outcome\n${failed.join('\n')}\n`).slice(0, 8)}-disconnect.csv`;
      await at(2);
      const decided = await appeal([`${a},`]);
      await heard();
      let late = false;
      faults = {
        afterWrite: (call) => {
          if (nameOf(call.functionName) !== 'Record' || call.key !== `DIR#${direction}` || late) return undefined;
          late = true;
          return 'zombie';
        },
      };
      await lab.respond(direction, failed, 'failed.csv');
      await decide(decided);
      await lab.cloud.rest();
      const restore = await givingBackOf(decided);
      expect(await numbersIn(`orders/airtel/${restore}/1-restore.csv`)).toEqual([a]);
      expect(await numbersIn(key)).toBeUndefined();
      // Its function is invoked again, for another file or for this one.
      if (answered) await lab.respond(restore, [`${a},restored`], 'restored.csv');
      await at(2 + hours(2));
      await expectGivenBackLast(await heard(), 'disconnect 2', decided);
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
