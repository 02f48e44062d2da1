import { describe, expect, it } from 'vitest';
import { RealClock } from '../../src/clock/real-clock.ts';
import { ClockControl } from '../../src/console/clock-control.ts';
import { entriesUnder } from '../../src/console/keys.ts';
import { Recorder } from '../../src/console/recorder.ts';
import { list } from '../../src/fauxqs/keys.ts';
import type { StoredObject } from '../../src/fauxqs/stores.ts';

const START = Date.parse('2026-06-01T00:00:00Z');
const objectsOf = (keys: string[]) => new Map(keys.map((key) => [key, { key } as StoredObject]));

describe("a bucket's entries", () => {
  it('are those that S3 lists, in its order, page after page', () => {
    const keys = ['b/2', 'a', 'b/1', 'ü', 'c/d/e', 'c', '\u{1F600}', '￿', 'b/', 'c/d', 'a/x', 'b0', 'c/d/f'];
    const objects = objectsOf(keys);
    for (const prefix of ['', 'b/', 'c/', 'c/d/', 'none']) {
      const listed = list(objects, { prefix, delimiter: '/' });
      const all = [...listed.objects.map(({ key }) => key), ...listed.commonPrefixes];
      const seen: string[] = [];
      for (let after = '', isMore = true; isMore; after = seen.at(-1) ?? '') {
        const page = entriesUnder(objects, { prefix, after, most: 2 });
        expect(page.entries.length).toBeLessThanOrEqual(2);
        seen.push(...page.entries.map(({ name }) => name));
        isMore = page.isMore;
      }
      expect(new Set(seen)).toEqual(new Set(all));
      expect(seen.length).toBe(all.length);
      expect(seen).toEqual([...seen].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
    }
  });

  it('tell a folder from a key that ends with a slash', () => {
    const objects = objectsOf(['b/', 'b/1']);
    expect(entriesUnder(objects, { prefix: '', after: '', most: 9 }).entries).toEqual([
      { name: 'b/', object: undefined },
    ]);
    expect(
      entriesUnder(objects, { prefix: 'b/', after: '', most: 9 }).entries.map(({ object }) => object?.key),
    ).toEqual(['b/', 'b/1']);
  });
});

describe('what is recorded', () => {
  it('is the last three hundred of each place, long ones cut', () => {
    const recorder = new Recorder(() => START);
    for (let n = 1; n <= 310; n++) recorder.record('a', `line ${n}`);
    recorder.record('b', 'x'.repeat(100_000));
    expect(recorder.count('a')).toBe(310);
    expect(recorder.newest('a', 1000).length).toBe(300);
    expect(recorder.newest('a', 2, 12)).toEqual([{ n: 11, at: START, text: 'line 11' }]);
    expect(recorder.newest('b', 1)[0]?.text.length).toBeLessThan(70_000);
    expect(recorder.newest('c', 1)).toEqual([]);
  });
});

describe('a real clock under the console', () => {
  it('pauses, runs at another speed, goes to its next timer and on, one move at a time', async () => {
    const clock = new RealClock(START, 600);
    const control = new ClockControl(clock);
    const fired: number[] = [];
    clock.timer(START + 3_600_000, () => fired.push(clock.now()));
    clock.timer(START + 7_200_000, () => fired.push(clock.now()));
    control.do({ action: 'pause' });
    control.do({ action: 'speed', speed: 3600 });
    expect(control.state()).toMatchObject({ kind: 'real', speed: 3600, paused: true, next: START + 3_600_000 });
    control.do({ action: 'next' });
    expect(() => control.do({ action: 'next' })).toThrow('is being advanced already');
    await control.still();
    expect(fired).toEqual([START + 3_600_000]);
    expect(control.state()).toMatchObject({ next: START + 7_200_000, until: undefined });
    control.do({ action: 'advance', milliseconds: 86_400_000 });
    await control.still();
    expect(fired).toEqual([START + 3_600_000, START + 7_200_000]);
    expect(() => control.do({ action: 'next' })).toThrow('there is no timer');
    for (const speed of [0, -1, 1e9, '5', Number.NaN])
      expect(() => control.do({ action: 'speed', speed })).toThrow('a speed is');
    expect(() => control.do({ action: 'back' })).toThrow('there is no action back');
    control.do({ action: 'resume' });
    expect(control.state()).toMatchObject({ paused: false });
    clock.stop();
  });

  it('fires what was set before at the new speed', async () => {
    const clock = new RealClock(START, 0.001);
    const fired = new Promise<void>((resolve) => clock.timer(START + 60_000, resolve));
    clock.setSpeed(1_000_000);
    await fired;
    expect(clock.now()).toBeGreaterThanOrEqual(START + 60_000);
    clock.stop();
  });
});
