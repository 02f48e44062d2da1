import type { FaultPlan } from 'local-cloud';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { bucketsOf } from '../../simulation/buckets.ts';
import { nameOf } from '../../simulation/function-names.ts';
import { DAY, Lab } from './lab.ts';
import { report, summaryOf } from './shapes-lab.ts';

/**
 * What a step hands on gets lost on its way, or comes in another order: a function is held back by throttling it while somebody
 * changes what it will read. Two operators. Each scenario has three handsets of its own, each read by a child of its own, with
 * two numbers of airtel's and one of jio's; their nine links go into shards of some 100.
 */
const OPERATORS = ['airtel', 'jio'];
let lab: Lab;
let held: string | undefined;
let scenario = 0;
let handsets: string[] = [];
/** How many executions have failed so far. */
let failed = 0;

beforeAll(async () => {
  const faults: FaultPlan = {
    beforeInvoke: ({ functionName }) => (nameOf(functionName) === held ? 'throttle' : undefined),
  };
  lab = await Lab.open({
    context: { operators: OPERATORS.join(','), handsetsPerChild: '1', linksPerShard: '100', rowsPerDirection: '2' },
    faults,
  });
  return () => lab.close();
}, 300_000);

afterEach(async () => {
  held = undefined;
  await lab.cloud.run();
});

/** Where in the work bucket lies what was gathered for a batch, and what is planned under its turn, once it took that. */
interface Lies {
  readonly batch: string;
  readonly plan: string;
}

/** Has a batch planned as far as this function, lets somebody change the work bucket, and tells the batch to its end. */
async function tell(before: string, change: (lies: Lies) => Promise<void>): Promise<string> {
  scenario += 1;
  handsets = [1, 2, 3].map((n) => `35900000${String(scenario).padStart(3, '0')}00${n}`);
  const number = (handset: number, n: number) => `+91987${String(scenario).padStart(4, '0')}${handset}0${n}`;
  const sightings = (numbers: number[]) =>
    handsets.flatMap((imei, handset) => numbers.map((n) => `${imei},${number(handset, n)},2026-05-20,Delhi`));
  await lab.usage('airtel', sightings([1, 2]), `${scenario}.csv`);
  await lab.usage('jio', sightings([3]), `${scenario}.csv`);
  held = before;
  const batchId = await report(lab, 'mha', handsets);
  const { work = '' } = bucketsOf(lab.cloud);
  const [screened = ''] = await lab.cloud.list(work, `screened/${batchId}/`);
  const plans = (await lab.cloud.list(work, 'plans/')).map((key) => Number(key.split('/')[1]));
  await change({ batch: screened.split('/').slice(0, 3).join('/'), plan: `plans/${Math.max(0, ...plans)}` });
  held = undefined;
  await lab.cloud.run();
  return batchId;
}

/** The objects of the work bucket under a folder whose names are of a kind. */
async function keysIn(folder: string, name: RegExp): Promise<string[]> {
  const keys = (await lab.cloud.list(bucketsOf(lab.cloud).work ?? '', `${folder}/`)).filter((key) => name.test(key));
  if (keys.length === 0) throw new Error(`nothing like ${name} lies under ${folder}`);
  return keys.sort();
}

async function change(key: string, to: (text: string) => string): Promise<void> {
  const { work = '' } = bucketsOf(lab.cloud);
  const text = Buffer.from(await lab.cloud.get(work, key)).toString('utf8');
  const changed = to(text);
  expect(changed).not.toBe(text);
  await lab.cloud.put(work, key, changed);
}

/** Drops the first line that is like this. */
const without = (like: RegExp) => (text: string) => {
  const lines = text.split('\n');
  const at = lines.findIndex((line) => like.test(line));
  return lines.toSpliced(at < 0 ? lines.length : at, at < 0 ? 0 : 1).join('\n');
};
const results = async (folder: string) => (await keysIn(folder, /SUCCEEDED_0\.jsonl$/))[0] ?? '';

describe.each<[what: string, before: string, error: string, lose: (lies: Lies) => Promise<void>]>([
  [
    "a result of one of Expand's children",
    'Gather',
    'PlanIncomplete',
    async ({ batch }) => change(await results(`${batch}/expanded`), without(/"key"/)),
  ],
  [
    "a result of one of Expand's children, in the place of which another one comes twice",
    'Gather',
    'PlanIncomplete',
    async ({ batch }) =>
      change(await results(`${batch}/expanded`), (text) => {
        const [first = '', , ...others] = text.split('\n');
        return [first, first, ...others].join('\n');
      }),
  ],
  [
    'a line of what a child gathered',
    'Gather',
    'BadWorkLine',
    async ({ batch }) => change((await keysIn(`${batch}/gathered`, /./))[0] ?? '', without(/jio/)),
  ],
  [
    'a result of Claim for numbers',
    'Commit',
    'PlanIncomplete',
    async ({ plan }) => change(await results(`${plan}/claimed`), without(/decisions\/reverify-/)),
  ],
  [
    'a result of Claim for handsets',
    'Commit',
    'PlanIncomplete',
    async ({ plan }) => change(await results(`${plan}/claimed`), without(/decisions\/block-/)),
  ],
  [
    'a slice of what was gathered',
    'Claim',
    'States.ExceedToleratedFailureThreshold',
    async ({ batch }) => {
      const [key = ''] = await keysIn(`${batch}/shards`, /index/);
      // Of the same length, since a line of the index is found by its place.
      await change(key, (text) => text.replace(/(?<=\[)\[[^\]]+\],?/, (slice) => ' '.repeat(slice.length)));
    },
  ],
])('%s that is lost', (_, before, error, lose) => {
  it('stops the plan, and the same file begins anew', async () => {
    const batchId = await tell(before, lose);
    failed += 1;
    const failures = lab.cloud.failures();
    expect(failures).toHaveLength(failed);
    expect(failures.at(-1)).toContain(`an execution of Batch ended as FAILED: ${error}`);
    expect((await lab.directions()).filter((id) => id.startsWith(batchId))).toEqual([]);

    expect(await report(lab, 'mha', handsets)).toBe(batchId);
    await lab.cloud.run();
    expect(await summaryOf(lab, batchId)).toMatchObject({
      connections: { linked: 9, directed: 9 },
      blocks: { rows: 6, directed: 6 },
      unexplained: 0,
    });
  });
});

describe('a decision that loses numbers and says so nowhere', () => {
  it('is unexplained: what was gathered is counted without it', async () => {
    let lost = 0;
    const batchId = await tell('Commit', async ({ plan }) => {
      const keys = await keysIn(`${plan}/decisions`, /reverify-\d+\/.*decision\.json$/);
      await change(keys[0] ?? '', (text) => {
        const decision = JSON.parse(text);
        for (const { connections } of Object.values<{ connections: { directed: number } }>(decision.decisions)) {
          lost += connections.directed;
          connections.directed = 0;
        }
        return JSON.stringify({ ...decision, directions: [] });
      });
    });
    expect(lost).toBeGreaterThan(0);
    expect(await summaryOf(lab, batchId)).toMatchObject({
      connections: { linked: 9, directed: 9 - lost },
      unexplained: lost,
    });
  });
});

describe('results in another order, in several files', () => {
  it.each([
    ['Expand', 'Gather', ({ batch }: Lies) => `${batch}/expanded`],
    ['Claim', 'Commit', ({ plan }: Lies) => `${plan}/claimed`],
  ] as const)('of %s change nothing', async (_, before, folderOf) => {
    const batchId = await tell(before, async (lies) => {
      const { work = '' } = bucketsOf(lab.cloud);
      const folder = folderOf(lies);
      const key = await results(folder);
      const lines = Buffer.from(await lab.cloud.get(work, key))
        .toString('utf8')
        .trimEnd()
        .split('\n')
        .reverse();
      expect(lines.length).toBeGreaterThan(2);
      const files = [lines.slice(2), lines.slice(0, 2)];
      const keys = files.map((_, n) => key.replace('SUCCEEDED_0', `SUCCEEDED_${n + 7}`));
      for (const [n, file] of files.entries()) await lab.cloud.put(work, keys[n] ?? '', `${file.join('\n')}\n`);
      await change((await keysIn(folder, /manifest\.json$/))[0] ?? '', (text) => {
        const manifest = JSON.parse(text);
        const listed = keys.map((Key) => ({ Key, Size: 1 }));
        return JSON.stringify({ ...manifest, ResultFiles: { ...manifest.ResultFiles, SUCCEEDED: listed } });
      });
    });
    expect(await summaryOf(lab, batchId)).toMatchObject({
      connections: { linked: 9, directed: 9, overdue: 9 },
      blocks: { rows: 6, directed: 6, overdue: 6 },
      unexplained: 0,
    });
    const orders = (await lab.outbox('orders/')).filter((key) => key.includes(batchId) && key.includes('/1-'));
    const rows = await Promise.all(orders.map(async (key) => (await lab.read(key)).trimEnd().split('\n').slice(1)));
    expect(new Set(rows.flat().map((row) => row.split(',')[0]))).toHaveProperty('size', 9 + 3);
    expect(rows.flat()).toHaveLength(9 + 6);
    expect(lab.cloud.clock.now()).toBeGreaterThan(DAY);
  });
});
