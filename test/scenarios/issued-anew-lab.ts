import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { FaultPlan } from 'local-cloud';
import { expect } from 'vitest';
import { parseAudit } from '../../lambdas/domain/audit.ts';
import { type AuditSettings, parseAuditArguments } from '../../lib/commands/audit/arguments.ts';
import { followChains } from '../../lib/commands/audit/follow.ts';
import { bucketsOf } from '../../simulation/buckets.ts';
import { nameOf } from '../../simulation/function-names.ts';
import { sha256, Tables } from './bad-files.ts';
import { DAY, HOUR, Lab, type Summary } from './lab.ts';

/** Hours, in days. */
export const hours = (count: number) => (count * HOUR) / DAY;

export interface Story {
  batch: string;
  direction: string;
  handset: string;
  /** The scenario's two numbers. */
  a: string;
  b: string;
  /** The instant of its beginning, from which `at` counts its days. */
  start: number;
}

/** The file of a response. */
export const answer = (rows: string[]) => `msisdn,outcome\n${rows.map((row) => `${row}\n`).join('')}`;

/** The key of the disconnect order that the failed rows of a response cause. */
export const failedOrderOf = ({ direction }: Story, rows: string[]) =>
  `orders/airtel/${direction}/failed-${sha256(answer(rows)).slice(0, 8)}-disconnect.csv`;

/** Matches all notices of a function. */
export const ANY = /^/;

/**
 * Scenarios of orders that are issued anew, one after the other in one lab. Each has a handset and numbers of its own, begins on a new day
 * and is told to its end.
 */
export function scenariosInOneLab() {
  let lab: Lab;
  let tables: Tables;
  let faults: FaultPlan = {};
  let start = 0;
  let scenarios = 0;
  /** The objects that lay in the buckets when the scenario began, which are those of others. */
  let earlier: ReadonlySet<string> = new Set();

  async function open(): Promise<Lab> {
    lab = await Lab.open({
      telling: true,
      context: { operators: 'airtel', sweepHours: '1' },
      faults: {
        beforeCall: (call) => faults.beforeCall?.(call),
        afterWrite: (call) => faults.afterWrite?.(call),
      },
    });
    // The audit is looked at, and where a batch stands is not.
    lab.cloud.pauseQueues((queue) => queue.includes('StatusQueue'));
    tables = new Tables(lab);
    return lab;
  }

  /** Sets the faults of the current scenario from now on. */
  function goesWrong(plan: FaultPlan): void {
    faults = plan;
  }

  /**
   * Tells a scenario to its end, and expects nothing else to have failed.
   * @param dead the number of responses that their queue gave up, and that the sweep sent again
   */
  async function end(dead = 0): Promise<void> {
    faults = {};
    await lab.toTheEnd();
    const letters = dead > 0 ? [`dead-letter queue ResponsesDeadLetters holds ${dead} message(s)`] : [];
    expect(lab.cloud.failures()).toEqual(letters);
  }

  /** The number of scenarios that have begun, including the current one. */
  const begun = () => scenarios;
  /** Lets days pass without sweeps. */
  const at = (days: number) => lab.quietly(start + days * DAY);
  /** Lets days pass with their sweeps. */
  const sweptAt = (days: number) => lab.cloud.run(start + days * DAY);

  /** Begins a day, on which a report names a handset in which airtel saw two numbers. */
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
    return { batch, direction, handset, a, b, start };
  }

  /** Refuses, until some time after the start, what this function puts under such a key, or tells of one. */
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

  /** The numbers in an order; undefined where there is none. */
  async function numbersIn(key: string): Promise<string[] | undefined> {
    if ((await lab.outbox(key)).length === 0) return undefined;
    const rows = (await lab.read(key)).trimEnd().split('\n').slice(1);
    return rows.map((row) => row.split(',')[0] ?? '');
  }

  /** The contents of an order's notices since the last look, each once, and the content that they should have by the file itself. */
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

  /** The ids of the entries about one order in the batch's chain, without the direction's, with the rows of each. */
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

  /** All objects in the buckets, each as `bucket/key`. */
  async function everything(): Promise<string[]> {
    const found: string[] = [];
    for (const bucket of ['inbox', 'outbox', 'audit'] as const)
      for (const key of await lab.cloud.list(bucketsOf(lab.cloud)[bucket])) found.push(`${bucket}/${key}`);
    return found;
  }

  /** The findings of `npm run audit` about a batch's chain, and its files beside it. */
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

  return {
    ...{ open, end, goesWrong, refuse, begin, begun, at, sweptAt },
    ...{ numbersIn, told, ledgerOf, audited, auditFindings, summaryOf },
  };
}
