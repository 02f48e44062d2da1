import { describe, expect, it } from 'vitest';
import { goThroughNights, runOut } from '../../simulation/nights.ts';
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

describe('a run of which operators never give back', () => {
  /** A cloud in which each night brings a follow-up that settles after the next night has come, sixty at most. */
  function withOverlapping(why: (night: number) => string): { cloud: FakeCloud; begun: string[] } {
    const cloud = new FakeCloud(START);
    const begun: string[] = [];
    cloud.clock.every(
      24 * HOUR,
      () => {
        if (begun.length >= 60 || cloud.isPaused('arn:rule/dev-workflow-NightCame')) return;
        const batch = `followup-${new Date(cloud.clock.now()).toISOString().slice(0, 10).replaceAll('-', '')}0000`;
        begun.push(batch);
        void cloud.put('work', `screened/${batch}/a/shards/a/list.tsv`, '');
        const moved = `msisdn,from,why,to,state\n+919810000001,x,${why(begun.length)},jio,directed\n`;
        cloud.outside(cloud.clock.now() + 49 * HOUR, () => cloud.put('outbox', `batches/${batch}/moved.csv`, moved));
      },
      Date.parse('2026-06-17T19:00:00Z'),
    );
    cloud.outside(START + 20 * HOUR, async () => undefined);
    return { cloud, begun };
  }
  const over = START + 10 * 24 * HOUR;

  it('ends although one night is always open, and lets nights come again after that', async () => {
    const { cloud, begun } = withOverlapping(() => 'overdue');
    await runOut(cloud, over);
    expect(begun).toHaveLength(10);
    expect(await cloud.list('outbox', 'batches/')).toHaveLength(10);
    expect(cloud.isPaused('arn:rule/dev-workflow-NightCame')).toBe(false);
  });

  it('has nights as long as the last three had anything else, and sweeps always', async () => {
    const { cloud, begun } = withOverlapping((night) => (night < 20 ? 'ported' : 'overdue'));
    const paused: boolean[] = [];
    cloud.clock.every(HOUR, () => void paused.push(cloud.isPaused('arn:rule/dev-workflow-SweepDue')));
    await runOut(cloud, over);
    expect(begun).toHaveLength(24);
    expect(paused).not.toContain(true);
  });
});
