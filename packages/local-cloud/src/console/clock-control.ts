import { RealClock } from '../clock/real-clock.ts';
import type { VirtualClock } from '../clock/virtual-clock.ts';
import { AwsError } from '../errors.ts';

/** The longest advance: ten years, further than anybody means to go. */
const FURTHEST = 3650 * 86_400_000;
const SLOWEST = 0.001;
const FASTEST = 1_000_000;

/** The console's controls of the clock. */
export class ClockControl {
  readonly #clock: RealClock | VirtualClock;
  #moving: { until: number; ended: Promise<void> } | undefined;
  #failed: string | undefined;

  constructor(clock: RealClock | VirtualClock) {
    this.#clock = clock;
  }

  state(): Record<string, unknown> {
    const clock = this.#clock;
    const work = clock.held();
    const common = {
      now: clock.now(),
      next: clock.nextAt(),
      working: work.length,
      work: [...new Set(work)].slice(0, 20),
      until: this.#moving?.until,
    };
    const failed = this.#failed === undefined ? {} : { failed: this.#failed };
    if (!(clock instanceof RealClock)) return { ...common, ...failed, kind: 'virtual' };
    return { ...common, ...failed, kind: 'real', speed: clock.speed, paused: clock.isPaused };
  }

  /**
   * Carries out an action; one that takes time goes on after the answer.
   * @throws AwsError for anything that can't be done
   */
  do(asked: Readonly<Record<string, unknown>>): void {
    const clock = this.#clock;
    const { action, milliseconds, speed } = asked;
    if (action === 'next') {
      const next = clock.nextAt();
      if (next === undefined) throw new AwsError('Conflict', 'there is no timer', 409);
      this.#move(Math.max(0, next - clock.now()));
    } else if (action === 'advance') {
      if (typeof milliseconds !== 'number' || !(milliseconds > 0 && milliseconds <= FURTHEST))
        throw new AwsError('ValidationException', 'a clock is advanced by more than nothing, and by 3650 days at most');
      this.#move(milliseconds);
    } else if (!(clock instanceof RealClock)) {
      throw new AwsError('Conflict', 'this clock is virtual: it stands still until it is advanced', 409);
    } else if (action === 'pause' || action === 'resume') {
      clock[action]();
    } else if (action === 'speed') {
      if (typeof speed !== 'number' || !(speed >= SLOWEST && speed <= FASTEST))
        throw new AwsError('ValidationException', `a speed is a number from ${SLOWEST} to ${FASTEST}`);
      clock.setSpeed(speed);
    } else throw new AwsError('ValidationException', `there is no action ${action}`);
  }

  /** Resolves when the clock is no longer being moved. */
  async still(): Promise<void> {
    await this.#moving?.ended;
  }

  #move(milliseconds: number): void {
    if (this.#moving !== undefined) throw new AwsError('Conflict', 'the clock is being advanced already', 409);
    const clock = this.#clock;
    const until = clock.now() + milliseconds;
    this.#failed = undefined;
    const ended = (clock instanceof RealClock ? clock.advance(milliseconds) : clock.run(until))
      .catch((error: unknown) => {
        this.#failed = error instanceof Error ? error.message : String(error);
      })
      .finally(() => {
        this.#moving = undefined;
      });
    this.#moving = { until, ended };
  }
}
