import { afterEach, describe, expect, it, vi } from 'vitest';
import { RealClock } from '../src/clock/real-clock.ts';
import { VirtualClock } from '../src/clock/virtual-clock.ts';

const START = Date.parse('2026-06-01T00:00:00Z');
const SECOND = 1000;
const DAY = 24 * 3600 * SECOND;

/** Macrotasks, so that whatever may run without the clock's moving has run. */
async function settle(): Promise<void> {
  for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve));
}

describe('virtual time', () => {
  it('stands still while nobody drives it, however long that is', async () => {
    const clock = new VirtualClock(START);
    let fired = false;
    clock.timer(START, () => {
      fired = true;
    });
    await settle();
    expect(clock.now()).toBe(START);
    expect(fired).toBe(false);
  });

  it('jumps from timer to timer, earliest first, those of one instant in the order registered', async () => {
    const clock = new VirtualClock(START);
    const fired: string[] = [];
    const note = (name: string) => () => fired.push(`${name}@${(clock.now() - START) / SECOND}`);
    clock.timer(START + 30 * SECOND, note('c'));
    clock.timer(START + 10 * SECOND, note('a1'));
    clock.timer(START + 20 * SECOND, note('b'));
    clock.timer(START + 10 * SECOND, note('a2'));
    await clock.run();
    expect(fired).toEqual(['a1@10', 'a2@10', 'b@20', 'c@30']);
    expect(clock.now()).toBe(START + 30 * SECOND);
  });

  it('keeps the order of a thousand timers registered in any order', async () => {
    const clock = new VirtualClock(START);
    const fired: number[] = [];
    // 7 and 1,000 have no common divisor: every number from 0 to 999 comes once, far from sorted.
    for (let i = 0; i < 1000; i++) {
      const at = (i * 7) % 1000;
      clock.timer(START + at * SECOND, () => fired.push(at));
    }
    await clock.run();
    expect(fired).toEqual(Array.from({ length: 1000 }, (_, i) => i));
  });

  it('recurs while something else is left or until an end that was given, and keeps no run going by itself', async () => {
    const clock = new VirtualClock(START);
    const fired: number[] = [];
    clock.every(10 * SECOND, () => fired.push((clock.now() - START) / SECOND));
    await clock.run();
    expect([fired, clock.now()]).toEqual([[], START]);
    clock.timer(START + 25 * SECOND, () => {});
    await clock.run();
    expect([fired, clock.now()]).toEqual([[10, 20], START + 25 * SECOND]);
    await clock.run(START + 40 * SECOND);
    expect([fired, clock.now()]).toEqual([[10, 20, 30, 40], START + 40 * SECOND]);
    clock.stop();
    await clock.run(START + 60 * SECOND);
    expect(fired).toHaveLength(4);
  });

  it('ends a run with the error of what recurs, and goes on with the next one', async () => {
    const clock = new VirtualClock(START);
    const fired: number[] = [];
    clock.timer(START + 25 * SECOND, () => fired.push((clock.now() - START) / SECOND));
    let stuck = true;
    clock.every(10 * SECOND, () => {
      if (stuck) throw new Error('stuck');
    });
    await expect(clock.run()).rejects.toThrow('stuck');
    expect([fired, clock.now()]).toEqual([[], START + 10 * SECOND]);
    stuck = false;
    await clock.run();
    expect(fired).toEqual([25]);
  });

  it('lets what recurs come after the timers of its instant', async () => {
    const clock = new VirtualClock(START);
    const fired: string[] = [];
    clock.every(10 * SECOND, () => fired.push('recurring'));
    clock.timer(START + 10 * SECOND, () => fired.push('timer'));
    await clock.run();
    expect(fired).toEqual(['timer', 'recurring']);
  });

  it('does not fire a timer that was cancelled, also by another one of the same instant', async () => {
    const clock = new VirtualClock(START);
    const fired: string[] = [];
    clock.timer(START + SECOND, () => fired.push('cancelled before')).cancel();
    const first = clock.timer(START + 2 * SECOND, () => {
      fired.push('first');
      second.cancel();
    });
    const second = clock.timer(START + 2 * SECOND, () => fired.push('second'));
    await clock.run();
    expect(fired).toEqual(['first']);
    first.cancel();
    expect(clock.now()).toBe(START + 2 * SECOND);
  });

  it('fires a timer of the past at once and never turns back', async () => {
    const clock = new VirtualClock(START);
    const seen: number[] = [];
    clock.timer(START + DAY, () => clock.timer(START, () => seen.push(clock.now())));
    await clock.run();
    expect(seen).toEqual([START + DAY]);
  });

  it('never fires a timer while it is being registered', async () => {
    const clock = new VirtualClock(START);
    let fired = false;
    clock.timer(START - SECOND, () => {
      fired = true;
    });
    expect(fired).toBe(false);
    await clock.rest();
    expect(fired).toBe(true);
  });

  it('never jumps while work is under way, and goes on when it ends', async () => {
    const clock = new VirtualClock(START);
    const seen: number[] = [];
    clock.timer(START + DAY, () => seen.push(clock.now()));
    const release = clock.hold('a function');
    const running = clock.run();
    await settle();
    expect(clock.now()).toBe(START);
    expect(clock.held()).toEqual(['a function']);
    release();
    await running;
    expect(seen).toEqual([START + DAY]);
  });

  it('never jumps between the end of one piece of work and the beginning of the next that it causes', async () => {
    const clock = new VirtualClock(START);
    const instants: number[] = [];
    clock.timer(START + DAY, () => instants.push(clock.now()));
    // Each piece starts the next one turn of the event loop after it released its own hold.
    const work = (left: number): void => {
      const release = clock.hold(`piece ${left}`);
      setImmediate(() => {
        instants.push(clock.now());
        release();
        if (left > 1) setImmediate(() => work(left - 1));
      });
    };
    work(5);
    await clock.run();
    expect(instants).toEqual([START, START, START, START, START, START + DAY]);
  });

  it('counts a release only once', async () => {
    const clock = new VirtualClock(START);
    const first = clock.hold('first');
    clock.hold('second');
    first();
    first();
    const running = clock.run(START + DAY);
    await settle();
    expect(clock.now()).toBe(START);
    expect(clock.held()).toEqual(['second']);
    void running;
  });

  it('holds work that a timer starts before the next instant comes', async () => {
    const clock = new VirtualClock(START);
    const log: string[] = [];
    clock.timer(START + SECOND, () => {
      const release = clock.hold('work');
      setImmediate(() => {
        log.push(`worked at ${clock.now() - START}`);
        setImmediate(release);
      });
    });
    clock.timer(START + 2 * SECOND, () => log.push(`timer at ${clock.now() - START}`));
    await clock.run();
    expect(log).toEqual(['worked at 1000', 'timer at 2000']);
  });

  it('runs until an instant and not beyond, and stands there though no timer does', async () => {
    const clock = new VirtualClock(START);
    const fired: string[] = [];
    clock.timer(START + DAY, () => fired.push('at'));
    clock.timer(START + DAY + 1, () => fired.push('after'));
    await clock.run(START + DAY);
    expect(fired).toEqual(['at']);
    await clock.run(START + DAY);
    expect(fired).toEqual(['at']);
    await clock.run(START + 2 * DAY);
    expect(clock.now()).toBe(START + 2 * DAY);
    expect(fired).toEqual(['at', 'after']);
  });

  it('rests when nothing is due, without letting time pass', async () => {
    const clock = new VirtualClock(START);
    const fired: string[] = [];
    clock.timer(START, () => fired.push('now'));
    clock.timer(START + 1, () => fired.push('later'));
    await clock.rest();
    expect(fired).toEqual(['now']);
    expect(clock.now()).toBe(START);
  });

  it('is driven by one at a time, in the order asked', async () => {
    const clock = new VirtualClock(START);
    const done: string[] = [];
    await Promise.all([
      clock.run(START + DAY).then(() => done.push(`first ${clock.now() - START}`)),
      clock.run(START + 2 * DAY).then(() => done.push(`second ${clock.now() - START}`)),
    ]);
    expect(done).toEqual([`first ${DAY}`, `second ${2 * DAY}`]);
  });

  it('drops everything when it is stopped', async () => {
    const clock = new VirtualClock(START);
    const fired: string[] = [];
    clock.timer(START + SECOND, () => fired.push('timer'));
    clock.outside(START + SECOND, async () => void fired.push('outsider'));
    clock.stop();
    await clock.run();
    expect(fired).toEqual([]);
    expect(clock.now()).toBe(START);
  });
});

describe('acts from outside', () => {
  it('come before the timers of their instant, in the order given, each worked through before the next', async () => {
    const clock = new VirtualClock(START);
    const log: string[] = [];
    clock.timer(START + SECOND, () => log.push('timer'));
    const act = (name: string) => async () => {
      log.push(`${name} begins`);
      const release = clock.hold(`what ${name} caused`);
      setImmediate(() => {
        log.push(`${name} is worked through`);
        setImmediate(release);
      });
    };
    clock.outside(START + SECOND, act('second given'));
    clock.outside(START, act('earlier'));
    clock.outside(START + SECOND, act('third given'));
    await clock.run();
    expect(log).toEqual([
      'earlier begins',
      'earlier is worked through',
      'second given begins',
      'second given is worked through',
      'third given begins',
      'third given is worked through',
      'timer',
    ]);
  });

  it('fail loudly: whoever drives the clock hears of it, and the clock can be driven on', async () => {
    const clock = new VirtualClock(START);
    const fired: string[] = [];
    clock.outside(START, async () => {
      throw new Error('the upload failed');
    });
    clock.timer(START + SECOND, () => fired.push('timer'));
    await expect(clock.run()).rejects.toThrow('the upload failed');
    await clock.run();
    expect(fired).toEqual(['timer']);
  });

  it('must not drive the clock, which would wait for itself', async () => {
    const clock = new VirtualClock(START);
    clock.outside(START, () => clock.rest());
    await expect(clock.run()).rejects.toThrow('an outsider must not drive the clock that waits for it');
  });
});

describe('real time', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  const faked = (speed: number): RealClock => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    return new RealClock(START, speed);
  };

  it('runs speed times as fast as the machine', () => {
    const clock = faked(86_400);
    vi.advanceTimersByTime(1500);
    expect(clock.now()).toBe(START + 1.5 * DAY);
  });

  it('fires a timer when the real wait is at-now over speed, and not before', () => {
    const clock = faked(3600);
    const seen: number[] = [];
    // An hour a second: two hours and a half are 2,500 real milliseconds.
    clock.timer(START + 2.5 * 3600 * SECOND, () => seen.push(clock.now()));
    vi.advanceTimersByTime(2499);
    expect(seen).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(seen).toEqual([START + 2.5 * 3600 * SECOND]);
  });

  it('waits longer than one machine timer can', () => {
    const clock = faked(1);
    let fired = 0;
    clock.timer(START + 60 * DAY, () => fired++);
    // A machine timer takes at most 2^31 - 1 milliseconds, some 24.8 days.
    vi.advanceTimersByTime(60 * DAY - 1);
    expect(fired).toBe(0);
    vi.advanceTimersByTime(1);
    expect(fired).toBe(1);
  });

  it('does not fire what was cancelled, nor anything once it is stopped', () => {
    const clock = faked(1);
    const fired: string[] = [];
    clock.timer(START + SECOND, () => fired.push('cancelled')).cancel();
    clock.timer(START + 2 * SECOND, () => fired.push('stopped'));
    clock.stop();
    clock.timer(START + SECOND, () => fired.push('registered afterwards'));
    vi.advanceTimersByTime(10 * SECOND);
    expect(fired).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('rests only when nothing is under way, and time goes on meanwhile', async () => {
    const clock = faked(1000);
    const release = clock.hold('a function');
    let rested = false;
    const resting = clock.rest().then(() => {
      rested = true;
    });
    vi.advanceTimersByTime(SECOND);
    await settle();
    expect(rested).toBe(false);
    // At real speed, since the cloud itself is at work.
    expect(clock.now()).toBe(START + SECOND);
    release();
    await resting;
  });

  it('passes at real speed what the cloud takes to work, and at its own speed what lies between', () => {
    const clock = faked(1000);
    const fired: number[] = [];
    clock.timer(START + 14 * SECOND, () => fired.push(clock.now()));
    vi.advanceTimersByTime(2);
    const releases = [clock.hold('a function'), clock.hold('a delivery')];
    vi.advanceTimersByTime(3 * SECOND);
    releases[0]?.();
    vi.advanceTimersByTime(4 * SECOND);
    // 2 ms at a thousand times the speed, then 7 s.
    expect(clock.now()).toBe(START + 9 * SECOND);
    releases[1]?.();
    releases[1]?.();
    vi.advanceTimersByTime(4);
    expect(clock.now()).toBe(START + 13 * SECOND);
    // 14 s are reached within the next ms; the timer looks again 20 ms after it last looked.
    vi.advanceTimersByTime(20);
    expect(fired).toHaveLength(1);
    expect(fired[0]).toBeGreaterThanOrEqual(START + 14 * SECOND);
  });

  it('recurs at its period', () => {
    const clock = faked(1000);
    const fired: number[] = [];
    clock.every(10 * SECOND, () => fired.push(clock.now() - START));
    vi.advanceTimersByTime(35);
    expect(fired).toEqual([10 * SECOND, 20 * SECOND, 30 * SECOND]);
    clock.stop();
    vi.advanceTimersByTime(35);
    expect(fired).toHaveLength(3);
  });

  it('fires during work what is due by then', () => {
    const clock = faked(1000);
    const fired: number[] = [];
    const release = clock.hold('a function');
    clock.timer(START + 5 * SECOND, () => fired.push(clock.now()));
    vi.advanceTimersByTime(5 * SECOND - 1);
    expect(fired).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(fired).toEqual([START + 5 * SECOND]);
    release();
  });

  it('stands still while it is paused, and goes on from there', () => {
    const clock = faked(1000);
    const fired: number[] = [];
    clock.timer(START + 5 * SECOND, () => fired.push(clock.now()));
    vi.advanceTimersByTime(2);
    clock.pause();
    vi.advanceTimersByTime(60 * SECOND);
    expect([clock.now(), fired]).toEqual([START + 2 * SECOND, []]);
    // What is due already is done all the same: an upload by hand is delivered.
    clock.timer(START, () => fired.push(0));
    vi.advanceTimersByTime(1);
    expect(fired).toEqual([0]);
    clock.resume();
    vi.advanceTimersByTime(3);
    expect(fired).toEqual([0, START + 5 * SECOND]);
  });

  it.each([true, false])(
    'advances from timer to timer, each worked through before the next (paused: %s)',
    async (paused) => {
      const clock = faked(1);
      if (paused) clock.pause();
      const seen: string[] = [];
      const at = () => (clock.now() - START) / DAY;
      clock.timer(START + 3 * DAY, () => seen.push(`third ${at()}`));
      clock.timer(START + DAY, () => {
        seen.push(`first ${at()}`);
        const release = clock.hold('a function');
        setImmediate(() => {
          // It takes its time, and sets a timer of its own that comes before the one that was set first.
          clock.timer(START + 2 * DAY, () => seen.push(`second ${at()}`));
          release();
        });
      });
      clock.timer(START + 6 * DAY, () => seen.push('too late'));
      await clock.advance(5 * DAY);
      expect(seen).toEqual(['first 1', 'second 2', 'third 3']);
      expect(at()).toBe(5);
      // What is left is due when it would have been.
      clock.resume();
      vi.advanceTimersByTime(DAY);
      expect(seen.at(-1)).toBe('too late');
      clock.stop();
    },
  );

  it('advances although somebody outside waits for a message', async () => {
    const clock = faked(1);
    const release = clock.hold('a request', 'outsider');
    await clock.advance(DAY);
    expect(clock.now()).toBe(START + DAY);
    release();
  });

  it('is not slowed by somebody outside who waits for an answer', () => {
    const clock = faked(1000);
    const release = clock.hold('a request', 'outsider');
    vi.advanceTimersByTime(SECOND);
    expect(clock.now()).toBe(START + 1000 * SECOND);
    release();
  });
});
