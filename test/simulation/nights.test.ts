import { describe, expect, it } from 'vitest';
import { goThroughNights } from '../../simulation/nights.ts';
import { FakeCloud } from './fake-cloud.ts';

const START = Date.parse('2026-06-17T00:05:00Z');
const HOUR = 3_600_000;

/** A cloud in which each night brings a follow-up, as long as there are any of these: what its rows go on for. */
async function withNights(whys: string[]): Promise<{ cloud: FakeCloud; begun: () => Promise<number> }> {
  const cloud = new FakeCloud(START);
  await cloud.put('work', 'waiting/mha-0123456789ab.reverify.airtel.1-0-0', '');
  cloud.clock.every(
    24 * HOUR,
    () => {
      const why = whys.shift();
      if (why === undefined) return;
      const batch = `followup-${new Date(cloud.clock.now()).toISOString().slice(0, 10).replaceAll('-', '')}0000`;
      void cloud.put('work', `screened/${batch}/a/shards/a/list.tsv`, '');
      void cloud.put(
        'outbox',
        `batches/${batch}/moved.csv`,
        `msisdn,from,why,to,state\n+919810000001,x,${why},jio,directed\n`,
      );
    },
    Date.parse('2026-06-17T19:00:00Z'),
  );
  const begun = async () => {
    let nights = 0;
    await goThroughNights(cloud, () => {
      nights += 1;
    });
    return nights;
  };
  return { cloud, begun };
}

describe('the nights after a run', () => {
  it('are gone through as long as each brings a follow-up', async () => {
    const { cloud, begun } = await withNights(['ported', 'porting_disputed']);
    expect(await begun()).toBe(2);
    // The third one brings none.
    expect(new Date(cloud.clock.now()).toISOString()).toBe('2026-06-19T19:00:00.000Z');
  });

  it('are three where operators stay silent about what they are to give back', async () => {
    const { begun } = await withNights(['extended', ...Array.from({ length: 9 }, () => 'overdue')]);
    expect(await begun()).toBe(4);
  });

  it('are none where nothing ever waited', async () => {
    const cloud = new FakeCloud(START);
    await goThroughNights(cloud, () => undefined);
    expect(cloud.clock.now()).toBe(START);
  });
});
