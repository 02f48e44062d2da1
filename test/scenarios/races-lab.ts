import type { FaultPlan } from 'local-cloud';
import { expect } from 'vitest';
import { bucketsOf } from '../../simulation/buckets.ts';
import { sha256 } from './bad-files.ts';
import { DAY, Lab, type Summary } from './lab.ts';

const file = (header: string, rows: string[]) => [header, ...rows].map((row) => `${row}\n`).join('');
export const usageFile = (rows: string[]) => file('imei,msisdn,last_seen,lsa', rows);
export const reportFile = (imeis: string[]) => file('imei', imeis);
export const answers = (rows: string[]) => file('msisdn,outcome', rows);
export const responseKey = (directionId: string, name: string) =>
  `responses/${directionId.split('.')[2]}/${directionId}/${name}.csv`;
export const batchOf = (agency: string, imeis: string[]) => `${agency}-${sha256(reportFile(imeis)).slice(0, 12)}`;

/**
 * Scenarios in which things meet at one moment, one after the other in one lab. Two operators, airtel and jio; each scenario has handsets
 * and numbers of its own, begins on a new day and is told to its end. A function is held back by throttling it, and stopped between two of
 * its writes by losing its answer there: it then goes on when its own retry begins, two seconds later.
 */
export function scenariosInOneLab() {
  let lab: Lab;
  let faults: FaultPlan = {};
  /** The instant of the scenario's beginning, from which `at` counts its days. */
  let start = 0;

  async function open(): Promise<Lab> {
    lab = await Lab.open({
      telling: true,
      context: { operators: 'airtel,jio', handsetsPerChild: '1' },
      faults: {
        afterWrite: (call) => faults.afterWrite?.(call),
        beforeInvoke: (call) => faults.beforeInvoke?.(call),
        beforeCall: (call) => faults.beforeCall?.(call),
      },
    });
    return lab;
  }

  /** Sets the faults of the current scenario from now on. */
  function goesWrong(plan: FaultPlan): void {
    faults = plan;
  }

  /**
   * Tells a scenario to its end.
   * @param failed the number of executions that have failed in scenarios that say so
   */
  async function end(failed = 0): Promise<void> {
    faults = {};
    await lab.cloud.run();
    expect(lab.cloud.failures()).toHaveLength(failed);
  }

  /** Begins a day. Returns its instant, in milliseconds. */
  async function begin(): Promise<number> {
    start = Math.ceil(lab.cloud.clock.now() / DAY) * DAY;
    await lab.cloud.run(start);
    return start;
  }

  const at = (days: number) => lab.cloud.run(start + days * DAY);
  const instant = (days: number) => `${new Date(start + days * DAY).toISOString().slice(0, 19)}Z`;
  const dayBefore = (days: number) => new Date(start - days * DAY).toISOString().slice(0, 10);
  /** The day in Asia/Kolkata: 5 hours and 30 minutes ahead. */
  const localDay = (days: number) => new Date(start + days * DAY + 5.5 * 3_600_000).toISOString().slice(0, 10);
  /** Uploads without waiting for the results. */
  const put = (key: string, content: string) => lab.cloud.put(bucketsOf(lab.cloud).inbox, key, content);

  const summaryOf = (batch: string) => lab.json<Summary>(`batches/${batch}/summary.json`);

  /** A direction's orders by name, each with its rows' identifiers; IMEIs without their check digit. */
  async function ordersOf(directionId: string): Promise<Record<string, string[]>> {
    const [, kind, operator] = directionId.split('.');
    const orders: Record<string, string[]> = {};
    for (const key of await lab.outbox(`orders/${operator}/${directionId}/`)) {
      const rows = (await lab.read(key)).trimEnd().split('\n').slice(1);
      const name = key.split('/').at(-1) ?? '';
      orders[name] = rows.map((row) => row.slice(0, kind === 'block' ? 14 : 13));
    }
    return orders;
  }

  return { open, end, goesWrong, begin, at, instant, dayBefore, localDay, put, summaryOf, ordersOf };
}
