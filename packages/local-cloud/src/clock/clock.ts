/**
 * The local cloud's clocks. All instants are epoch milliseconds of the cloud.
 *
 * The virtual clock stands still while anything is under way (a request, a function, a delivery, a running state) and jumps to the next
 * timer once everything rests. The real clock is for people who try the cloud by hand: it passes waits at a speed factor, and the time that
 * the cloud itself takes to work at real speed.
 */

export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Epoch milliseconds of the cloud. */
  now(): number;
  /** Calls `run` at the instant `at`; for a past one at once, but never synchronously. */
  timer(at: number, run: () => void): Timer;
  /**
   * Announces work under way: until the returned function is called, the virtual clock never jumps and the real one runs at real speed. An
   * outsider's call doesn't slow the real one down: somebody outside may wait for a message as long as they like.
   */
  hold(what: string, by?: 'outsider'): () => void;
}

/** The methods of both clocks for those who drive a cloud. */
export interface DrivenClock extends Clock {
  /**
   * Calls `run` again and again, first `period` milliseconds from now, or at the instant `first`. It keeps no run going by itself: a run
   * without an end is over when nothing else is left. An error that `run` throws ends the virtual clock's run, which rejects with it.
   */
  every(period: number, run: () => void, first?: number): void;
  /** Registers the act of somebody outside the cloud, at a cloud instant; the promise that it returns counts as work under way. */
  outside(at: number, run: () => Promise<void>): void;
  /** Resolves when nothing is under way and nothing is due at or before now. */
  rest(): Promise<void>;
  /** Goes on from timer to timer until none is left but recurring ones, or until the instant `until`. */
  run(until?: number): Promise<void>;
  /** Drops all timers and outsiders' acts: nothing fires any more. */
  stop(): void;
}
