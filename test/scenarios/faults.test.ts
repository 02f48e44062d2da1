import { createHash } from 'node:crypto';
import type { FaultPlan } from 'local-cloud';
import { beforeAll, describe, expect, it } from 'vitest';
import { verifyChain } from '../../lambdas/domain/audit.ts';
import type { BatchId } from '../../lambdas/domain/identifiers.ts';
import { bucketsOf } from '../../simulation/buckets.ts';
import { nameOf } from '../../simulation/function-names.ts';
import { BATCHES, CONTEXT, type More, ORDERS, Troubles, tellLongStory } from './faults-story.ts';
import { DAY, Lab, START, type Summary } from './lab.ts';

/** What was there at the end of a telling, as people outside see it. */
interface Told {
  outbox: Record<string, string>;
  notices: Record<string, Record<string, unknown>[]>;
  failures: string[];
  summaries: Record<string, Summary>;
  /** What the audit tells, by batch: its facts, and what is wrong with the chain. */
  audit: Record<string, { facts: string[]; faults: unknown[] }>;
}

const QUEUES = [
  'fraud-directions-airtel',
  'fraud-directions-jio',
  'fraud-batches-mha',
  'fraud-batches-up-police',
  'fraud-batches-i4c',
  'fraud-batches-delhi-police',
  'fraud-administrators',
];

async function tell(more: More = {}, faults: FaultPlan = {}): Promise<Told> {
  const troubles = new Troubles(more);
  await using lab = await Lab.open({ telling: true, context: CONTEXT, faults: { ...faults, ...troubles.faults } });
  await tellLongStory(lab, troubles);
  const notices: Told['notices'] = {};
  for (const queue of QUEUES) notices[queue] = await lab.notices(queue);
  const summaries: Told['summaries'] = {};
  for (const agency of Object.keys(BATCHES)) summaries[agency] = await lab.summary(agency);
  const audit: Told['audit'] = {};
  for (const { batchId } of Object.values(summaries)) audit[batchId] = await audited(lab, batchId);
  return { outbox: await lab.everything(), notices, failures: lab.cloud.failures(), summaries, audit };
}

/** A batch's chain. Facts are named without the versions of uploads, of which those of executions are named as well. */
async function audited(lab: Lab, batchId: string): Promise<Told['audit'][string]> {
  const { audit } = bucketsOf(lab.cloud);
  const keys = await lab.cloud.list(audit, `batches/${batchId}/`);
  const objects = await Promise.all(
    keys.map(async (key) => ({ key, text: Buffer.from(await lab.cloud.get(audit, key)).toString('utf8') })),
  );
  const { entries, faults } = verifyChain(batchId as BatchId, objects);
  return { facts: entries.map(({ id }) => id.replace(/v\d{31}$|[0-9a-f]{32}$/, '*')).sort(), faults };
}

/** In an order's lines. */
const INSTANTS = /\d{4}-\d\d-\d\dT[\d:]+Z/g;
/** The first of each line. */
const DEADLINES = /(?<=^[^:\n]*)\d{4}-\d\d-\d\dT[\d:]+Z/gm;
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const seconds = (from: string, to: string) => (Date.parse(to) - Date.parse(from)) / 1000;
const batchOf = ({ summaries }: Told, key: string) =>
  Object.values(summaries).find(({ batchId }) => key.includes(batchId));

/**
 * The outbox without what may honestly differ. A retry takes seconds, and where it comes before the plan begins, the plan
 * begins later; so instants that count from a plan's beginning are written as seconds since then, and the two that a
 * summary holds are left out, as are the deadlines that count from a response's commit (they are checked apart). All else is
 * byte for byte.
 */
const WHEN_RECORDED = { recordedAt: undefined, open: undefined, next: undefined };

function comparable(told: Told): Record<string, string> {
  const all: Record<string, string> = {};
  for (const [key, text] of Object.entries(told.outbox)) {
    const batch = batchOf(told, key);
    if (key.startsWith('orders/') && batch)
      all[key] = text
        .replace(DEADLINES, (deadline) => (key.includes('/failed-') ? 'a day after its commit' : deadline))
        .replace(INSTANTS, (instant) => `+${seconds(batch.startedAt, instant)} s`);
    else if (key.endsWith('/summary.json')) all[key] = text.replace(/^ {2}"(started|settled)At": .*\n/gm, '');
    // When a response was recorded, and what it left open: of two that came at once either may be the first.
    else if (key.startsWith('receipts/')) all[key] = JSON.stringify({ ...JSON.parse(text), ...WHEN_RECORDED });
    else all[key] = text;
  }
  return all;
}

/**
 * All that was told, once each, without what may honestly differ: the same instants; bytes that hold them; the names of
 * executions, which hold the version of an upload; and that a step is being tried again, which only the administrators hear.
 */
function comparableNotices({ notices }: Told): Record<string, string[]> {
  return Object.fromEntries(
    Object.entries(notices).map(([queue, bodies]) => [
      queue,
      [
        ...new Set(
          bodies
            .filter(({ kind }) => kind !== 'direction_failing' && kind !== 'settling_failing')
            .map(({ deadline: _d, settledAt: _s, sha256: _h, execution: _e, ...rest }) =>
              // A receipt is as long as what it says of the direction, too.
              JSON.stringify(rest.kind === 'receipt' ? { ...rest, size: 0 } : rest),
            ),
        ),
      ].sort(),
    ]),
  );
}

/** What holds whatever goes wrong, seen from outside. */
function expectInvariants(told: Told): void {
  const { outbox, notices, summaries, failures } = told;
  // The books balance, and each row of each batch has the outcome worked out by hand.
  for (const [agency, numbers] of Object.entries(BATCHES)) {
    expect(summaries[agency]).toMatchObject({ status: 'settled', ...numbers });
    const { startedAt = '', settledAt = '' } = summaries[agency] ?? {};
    // After the last deadline, and not days after it.
    expect(seconds(startedAt, settledAt)).toBeGreaterThanOrEqual(16 * 86_400);
    expect(seconds(startedAt, settledAt)).toBeLessThan(16.5 * 86_400);
  }
  // Every order that is due goes out with the rows worked out by hand, each once, sorted; and no other one.
  const orders = Object.keys(outbox).filter((key) => key.startsWith('orders/'));
  const rows: Record<string, string[]> = {};
  for (const key of orders) {
    const [, agency, kind, operator, plan, name] =
      /\/([a-z0-9-]+)-[0-9a-f]{12}\.(\w+)\.(\w+)\.(\d+)-0-0\/(failed|[\w-]+)(?:-[0-9a-f]{8}-disconnect)?\.csv$/.exec(
        key,
      ) ?? [];
    rows[`${agency}.${kind}.${operator}.${plan} ${name}`] = (outbox[key] ?? '')
      .split('\n')
      .slice(1, -1)
      .map((line) => line.split(',')[0] ?? '')
      .map((identifier) => (kind === 'block' ? identifier.slice(0, 14) : identifier));
  }
  expect(rows).toEqual(ORDERS);
  // The two that failed, on days 3.75 and 4, are to be disconnected in a day, counted from when that was recorded.
  for (const [operator, day] of [
    ['airtel', 3.75],
    ['jio', 4],
  ] as const) {
    const failed = orders.find((key) => key.startsWith(`orders/${operator}/`) && key.includes('/failed-'));
    const [deadline = ''] = outbox[failed ?? '']?.match(DEADLINES) ?? [];
    const late = (Date.parse(deadline) - START) / DAY - (day + 1);
    expect(late).toBeGreaterThanOrEqual(0);
    expect(late).toBeLessThan(0.25);
  }
  // Told of are the orders and receipts that are there, all of them, and never with other bytes.
  const heard = Object.values(notices).flat();
  for (const [kind, keys] of [
    ['order', orders],
    ['receipt', Object.keys(outbox).filter((key) => key.startsWith('receipts/'))],
  ] as const) {
    const identities = heard
      .filter((notice) => notice.kind === kind)
      .map((notice) => `${notice.key} ${notice.sha256} ${notice.size}`);
    const files = keys.map((key) => `${key} ${sha256(outbox[key] ?? '')} ${Buffer.byteLength(outbox[key] ?? '')}`);
    expect([...new Set(identities)].sort()).toEqual(files.sort());
  }
  // The audit's chains are whole, and tell of each order.
  const facts = Object.values(told.audit).flatMap((chain) => chain.facts);
  expect(Object.values(told.audit).flatMap((chain) => chain.faults)).toEqual([]);
  expect(facts.filter((fact) => fact.startsWith('order/'))).toHaveLength(orders.length);
  // No dead letter, no dropped event; the only executions that failed are those of the story.
  expect(failures.map((line) => line.replace(/ \(.*/, ''))).toEqual([
    'an execution of Batch ended as FAILED: Lambda.Unknown',
    'an execution of Batch ended as FAILED: Lambda.Unknown',
  ]);
}

/**
 * Makes each function fail once after each write that it makes, and once run on beside its own retry. A write is told from others
 * by function, action and key, where what is counted or drawn (an id, a number, a name) doesn't tell keys apart; without a
 * key by its place among its invocation's. A step is tried five times in a row, and an event is delivered as often, so no more
 * than four faults hit a function before the next thing is done. Settle may have them all: it goes on after an hour.
 */
class AfterEachWrite implements More {
  readonly seen = new Set<string>();
  readonly injected = new Set<string>();
  readonly #kinds: readonly ('fail' | 'zombie')[];
  readonly #zombies = new Set<string>();
  readonly #keyless = new Map<string, number>();
  #faults = new Map<string, number>();

  constructor(...kinds: ('fail' | 'zombie')[]) {
    this.#kinds = kinds;
  }

  act(): void {
    this.#faults.clear();
  }

  afterWrite({ functionName, requestId, action, key }: Parameters<NonNullable<More['afterWrite']>>[0]) {
    const name = nameOf(functionName);
    // Of what the audit is told, the fact.
    const named = action === 'SendMessage' ? String(JSON.parse(key ?? '').id) : key;
    let what = named
      ?.replace(/arn:.*/, '*')
      .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(-\d+)*/g, '*')
      .replace(/(mha|up-police|i4c)-[0-9a-f]{12}/g, '<batch>')
      .replace(/v\d{31}$/, '*')
      .replace(/^(receipts\/.*\/).*/, '$1*')
      .replace(/[0-9a-f]{64}$/, '*')
      .replace(/([/.#-])[0-9a-f]{8}(?=[/.-]|$)/, '$1*')
      .replace(/\b(mha|up-police|i4c|delhi-police|airtel|jio)\b/g, '*')
      .replace(/\d+/g, '*');
    if (what === undefined) {
      const place = (this.#keyless.get(`${requestId} ${action}`) ?? 0) + 1;
      this.#keyless.set(`${requestId} ${action}`, place);
      what = String(place);
    }
    const write = `${name} ${action} ${what}`;
    this.seen.add(write);
    const faults = this.#faults.get(name) ?? 0;
    const most = name === 'Settle' ? Number.POSITIVE_INFINITY : 4;
    if (this.#zombies.has(requestId) || faults === most) return undefined;
    const fault = this.#kinds.find((kind) => !this.injected.has(`${kind} ${write}`));
    if (fault === undefined) return undefined;
    this.injected.add(`${fault} ${write}`);
    this.#faults.set(name, faults + 1);
    if (fault === 'zombie') this.#zombies.add(requestId);
    return fault;
  }
}

/** The functions of the app that write. */
const FUNCTIONS = [
  'Audit',
  'Claim',
  'Close',
  'Commit',
  'Cut',
  'Expand',
  'Gather',
  'Import',
  'ImportPiece',
  'Intake',
  'Order',
  'PublishImport',
  'Record',
  'Release',
  'Screen',
  'Settle',
  'TakeTurn',
  'Tell',
];

let quiet: Told;
const writes = new AfterEachWrite();

beforeAll(async () => {
  quiet = await tell(writes);
}, 400_000);

describe('the story without other faults', () => {
  it('has the orders, outcomes and notices worked out by hand', () => {
    expectInvariants(quiet);
  });

  it('makes every function write, in some eighty ways', () => {
    expect(writes.seen.size).toBeGreaterThan(70);
    expect([...new Set([...writes.seen].map((write) => write.split(' ')[0]))].sort()).toEqual(FUNCTIONS);
  });
});

function expectTheSame(told: Told): void {
  expectInvariants(told);
  expect(comparable(told)).toEqual(comparable(quiet));
  expect(told.audit).toEqual(quiet.audit);
  expect(comparableNotices(told)).toEqual(comparableNotices(quiet));
  for (const [agency, { startedAt }] of Object.entries(told.summaries)) {
    const late = seconds(quiet.summaries[agency]?.startedAt ?? '', startedAt);
    expect(late).toBeGreaterThanOrEqual(0);
    expect(late).toBeLessThan(3600);
  }
}

// A telling takes some ten seconds of two cores, and a test has up to four.
describe('changes nothing but the time that retries take:', { timeout: 400_000 }, () => {
  // One that runs on may make a write before its retry comes to it, and a late answer makes more new writes than it may
  // fail: it takes some tellings until each had its turn.
  it('every function fails after each of its writes, and runs on beside its own retry', async () => {
    const faults = new AfterEachWrite('fail', 'zombie');
    const missing = () =>
      [...writes.seen].flatMap((write) =>
        [`fail ${write}`, `zombie ${write}`].filter((one) => !faults.injected.has(one)),
      );
    for (let tellings = 0; tellings < 4 && missing().length > 0; tellings++) expectTheSame(await tell(faults));
    expect(missing()).toEqual([]);
  });

  it("every event delivered twice, and reordered; every function's first two invocations throttled", async () => {
    const throttled = new Set<string>();
    const told = await tell(
      {
        beforeInvoke: ({ functionName, n }) => {
          if (n > 2) return undefined;
          throttled.add(`${nameOf(functionName)} ${n}`);
          return 'throttle';
        },
      },
      { deliverTwice: true, reorder: 7 },
    );
    expectTheSame(told);
    expect([...throttled]).toEqual(expect.arrayContaining(FUNCTIONS.flatMap((name) => [`${name} 1`, `${name} 2`])));
  });
});
