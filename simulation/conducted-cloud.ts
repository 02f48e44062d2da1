import type { Readable } from 'node:stream';
import type { OutsideCloud } from './desk.ts';

/** The part of a cloud that a run needs. */
export interface ConductedCloud extends OutsideCloud {
  put(bucket: string, key: string, body: Uint8Array | Readable | string): Promise<void>;
  /** Lets all work under way finish; the clock stands still. */
  rest(): Promise<void>;
  /** Lets time pass until nothing is left to do, or until an instant. */
  run(until?: number): Promise<void>;
  /** Pauses the rules with a schedule for whose ARNs `paused` says so: they send nothing when their time comes. */
  pauseSchedules(paused: (ruleArn: string) => boolean): void;
  /** An error of a recurring act ends `run`, which rejects with it. */
  readonly clock: { now(): number; every(period: number, run: () => void, first?: number): void };
  failedExecutions(): { arn: string; machine: string; error: string | null; cause: string | null }[];
}
