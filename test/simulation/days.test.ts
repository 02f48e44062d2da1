import { describe, expect, it } from 'vitest';
import { OUTCOME_SERIES } from '../../lambdas/domain/outcome-bars.ts';
import { Days } from '../../simulation/days.ts';
import { FakeCloud } from './fake-cloud.ts';

const START = Date.parse('2026-06-01T00:00:00Z');
const at = OUTCOME_SERIES.map(({ name }) => name);
const day = (counts: readonly number[]) =>
  Object.fromEntries(at.map((name, n) => [name, counts[n]]).filter(([, count]) => count !== 0));

describe('the days of a run', () => {
  it('add up where all batches stood last, and know those of which none was looked at', async () => {
    const days = new Days();
    const look = async (hours: number, statuses: Record<string, object>) => {
      const cloud = new FakeCloud(START + hours * 3_600_000);
      for (const [batch, connections] of Object.entries(statuses))
        await cloud.put('outbox', `batches/${batch}/status.json`, JSON.stringify({ connections }));
      await days.look(cloud, ['mha-1', 'i4c-2', 'mha-3']);
    };
    await look(1, { 'mha-1': { directed: 10, open: 10 } });
    await look(7, { 'mha-1': { directed: 10, open: 7, verified: 3 } });
    // Two days later; nobody looked on the day between.
    await look(49, { 'mha-1': { directed: 10, open: 4, verified: 5, disconnected: 1 }, 'i4c-2': { open: 2 } });
    // A batch that is not directed counts nothing.
    await look(50, { 'mha-3': {} });
    const counts = days.counts();
    expect(counts.map((one) => one.day)).toEqual(['2026-06-01', '2026-06-02', '2026-06-03']);
    expect(counts.map((one) => day(one.counts))).toEqual([
      { verified: 3, open: 7 },
      { verified: 3, open: 7 },
      { verified: 5, disconnected: 1, open: 6 },
    ]);
  });

  it('are none where nothing was directed', async () => {
    const days = new Days();
    await days.look(new FakeCloud(START), ['mha-1']);
    expect(days.counts()).toEqual([]);
  });
});
