/**
 * The local cloud's clocks. All instants are epoch milliseconds of the cloud.
 *
 * The virtual clock stands still while anything is under way (a request, a function, a delivery, a running state) and
 * jumps to the next timer once everything rests. The real clock runs with a speed factor, for people who try the
 * cloud by hand: at that speed it passes the waits, and at real speed what the cloud takes to work.
 */

export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Epoch milliseconds of the cloud. */
  now(): number;
  /** Calls `run` at the instant `at` (at once, but never synchronously, when that is past). */
  timer(at: number, run: () => void): Timer;
  /**
   * Announces work under way: until the returned function is called, the virtual clock never jumps, and the real one runs at
   * real speed; the latter not for the call of somebody outside, who may wait for a message as long as they like.
   */
  hold(what: string, by?: 'outsider'): () => void;
}

/** What both clocks offer to those who drive a cloud. */
export interface DrivenClock extends Clock {
  /**
   * Calls `run` again and again, first `period` milliseconds from now, or at the instant `first`. By itself it keeps no run going: one without an end is
   * over when nothing else is left. An error that it throws ends the virtual clock's run, which rejects with it.
   */
  every(period: number, run: () => void, first?: number): void;
  /** Registers the act of somebody outside the cloud, at a cloud instant; its promise is held. */
  outside(at: number, run: () => Promise<void>): void;
  /** Resolves when nothing is under way and nothing is due at or before now. */
  rest(): Promise<void>;
  /** Goes on from timer to timer until none is left but recurring ones, or until the instant `until`. */
  run(until?: number): Promise<void>;
  /** Drops all timers and outsiders' acts: nothing fires any more. */
  stop(): void;
}
