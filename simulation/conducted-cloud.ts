import type { Readable } from 'node:stream';
import type { OutsideCloud } from './desk.ts';

/** The cloud as a run needs it. */
export interface ConductedCloud extends OutsideCloud {
  put(bucket: string, key: string, body: Uint8Array | Readable | string): Promise<void>;
  /** Lets everything work that is under way; the clock stands still. */
  rest(): Promise<void>;
  /** Lets time pass until nothing is left to do, or until an instant. */
  run(until?: number): Promise<void>;
  /** Has rules with a schedule send nothing when their time comes, as is said of their ARNs. */
  pauseSchedules(paused: (ruleArn: string) => boolean): void;
  /** An error of what recurs ends `run`, which rejects with it. */
  readonly clock: { now(): number; every(period: number, run: () => void, first?: number): void };
  failedExecutions(): { arn: string; machine: string; error: string | null; cause: string | null }[];
}
