/** What a cloud is started with, and what it gives to those outside it. */
import type { Readable } from 'node:stream';
import type { RealClock } from './clock/real-clock.ts';
import type { VirtualClock } from './clock/virtual-clock.ts';
import type { FaultPlan } from './faults.ts';
import type { ReceivedMessage } from './sqs/letters.ts';
import type { FailedExecution } from './states/failures.ts';
import type { CloudNames } from './templates/names.ts';
import type { RunUsage } from './usage.ts';

/** The cloud's only region. */
export const REGION = 'ap-south-1';
/** The cloud's only account. */
export const ACCOUNT = '000000000000';

/** What a cloud is started with. */
export interface CloudSettings {
  /** A cloud assembly: the folder that a synthesis wrote. */
  assembly: string;
  /** Epoch milliseconds at which the cloud's clock begins; default: now, in whole seconds. */
  start?: number;
  /** Set for a clock that runs by itself, this many times faster than real time; else time is virtual. */
  speed?: number;
  /** Of all that is random in the cloud; default 1. */
  seed?: number;
  /** What goes wrong on purpose; default: nothing. */
  faults?: FaultPlan;
  /**
   * The app's own rights are in force: what the synthesized policies don't allow a function or a state machine is refused, and
   * what they don't allow a participant who signs with its role's name.
   */
  enforce?: boolean;
  /** Whether States.ALL catches a task's result over 256 KiB, as was recorded on AWS, or not, as is documented; default: it does. */
  largeResults?: 'caught' | 'fatal';
  /** The endpoint's port; default any free one. */
  port?: number;
  /** The port of a page that shows the cloud to people, 0 for any free one; default: there is no such page. */
  console?: number;
  /** Functions' workers that are there at a time, working or warm; default 8. More take memory, and start less often. */
  workers?: number;
  /** Of those, workers of one function; default 2. On AWS as many run as there is work, up to a thousand. */
  workersOfFunction?: number;
  /** Batches of one queue that are worked on at once where its mapping has no MaximumConcurrency; default 5, as AWS begins with. */
  batchesOfQueue?: number;
  /** Told of each line that a function writes. */
  log?(functionName: string, line: string): void;
  /** Told of what happens that a person outside may want to see. */
  watch?: Watch;
  /** With a fault plan or rights in force: told of each write to a table, after it was carried out, with its request. */
  written?(action: string, request: Record<string, unknown>): void;
}

/** What a cloud tells of as it happens. */
export interface Watch {
  /** An object was put into a bucket that announces it. */
  uploaded(bucket: string, key: string, size: number): void;
  /** A message is being published to a topic. */
  published(message: string): void;
}

/** What another beginning may change: all but what its processes were started with. What is not there stays as it was. */
export type NextSettings = Partial<Omit<CloudSettings, 'port' | 'console' | 'workers' | 'workersOfFunction'>>;

/** A cloud that runs one synthesized app. */
export interface LocalCloud {
  /** The URL that every service answers at. */
  endpoint: string;
  /** The URL of its console, where the settings have one. */
  console?: string;
  /** As clients are to be configured: REGION. */
  region: string;
  /** As ARNs have it: ACCOUNT. */
  account: string;
  /** Virtual, or real where the settings have a speed. */
  clock: VirtualClock | RealClock;
  /** What the app's resources are called here; after `deploy`, also what came with it. */
  names: CloudNames;
  /** Rejects when a process of the cloud's ended by itself; so do `rest` and `run` then. */
  lost: Promise<never>;
  /** Until nothing runs and nothing is due; virtual time stands still. */
  rest(): Promise<void>;
  /** Lets virtual time pass until no timer is left, or until an instant. */
  run(until?: number): Promise<void>;
  /**
   * Deploys another cloud assembly over the one that runs, at rest. Rejects with UnsupportedTemplate, RefusedTemplate or
   * UnsupportedDefinition, before anything is changed, where the change holds what isn't implemented.
   */
  deploy(assembly: string): Promise<void>;
  /** Has rules with a schedule send nothing when their time comes, or send again: all of them, or each as is said of its ARN. */
  pauseSchedules(paused: boolean | ((ruleArn: string) => boolean)): void;
  /** An outsider's act at an instant of the cloud. */
  outside(at: number, run: () => Promise<void>): void;
  /**
   * Uploads as an outsider, over HTTP, in parts where it is larger than 8 MiB. `as` is the name of a participant's role, whose
   * rights count where rights are in force; without it, the account's owner acts.
   */
  put(bucket: string, key: string, body: Uint8Array | Readable | string, as?: string): Promise<void>;
  /** Reads an object as an outsider; rejects where it is not there, or `as` may not. */
  get(bucket: string, key: string, as?: string): Promise<Uint8Array>;
  /** The id of an object's newest version; rejects where it is not there, or `as` may not read it. */
  version(bucket: string, key: string, as?: string): Promise<string>;
  /** The keys in a bucket that begin with `prefix`, in S3's order, all pages of them. */
  list(bucket: string, prefix?: string, as?: string): Promise<string[]>;
  /** Lets all participants in other accounts confirm that they want notices in their queues, as they are asked to; until then they get none. */
  confirmSubscriptions(): void;
  /**
   * Takes all messages from a queue, by its physical name, or what a topic sent to an e-mail address or an https endpoint, by
   * that; what SNS wrapped is unwrapped. Rejects where there is none.
   */
  receive(queueName: string): Promise<ReceivedMessage[]>;
  /** What the app used until the cloud last rested. */
  usage(): RunUsage;
  /** The most memory that its processes had so far, in bytes: this one's and the database's, added up. */
  memory(): Promise<number>;
  /** What went wrong for good: dead letters, dropped events, failed executions; one line each, without identifiers. */
  failures(): string[];
  /** The executions that failed or ran out of time, children of Map Runs among them, with where and why; machines and functions by their logical names. */
  failedExecutions(): FailedExecution[];
  /** As failedExecutions, those under way of which a state failed, whether or not it was tried again. */
  failingExecutions(): FailedExecution[];
  /** The last lines that functions wrote, for finding out what went wrong. */
  logs(): string[];
  /**
   * Ends this cloud, and begins an empty one in its place, much faster than `startCloud` does: the database's process stays,
   * and so do the warm functions that are the same in its assembly. Of two, only the one that began last may be used. With a
   * fault plan or rights in force in one, each needs one of them.
   */
  again(next: NextSettings): Promise<LocalCloud>;
  /** Ends all processes and removes temporary folders. */
  stop(): Promise<void>;
}
