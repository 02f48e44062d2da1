/** The settings that a cloud is started with, and the interface that it gives to those outside it. */
import type { Readable } from 'node:stream';
import type { RealClock } from './clock/real-clock.ts';
import type { VirtualClock } from './clock/virtual-clock.ts';
import type { RunConsumption } from './consumption.ts';
import type { FaultPlan } from './faults.ts';
import type { ReceivedMessage } from './sqs/letters.ts';
import type { FailedExecution } from './states/failures.ts';
import type { CloudNames } from './templates/names.ts';

/** The cloud's only region. */
export const REGION = 'ap-south-1';
/** The cloud's only account. */
export const ACCOUNT = '000000000000';

/** The settings that a cloud is started with. */
export interface CloudSettings {
  /** A cloud assembly: the folder that a synthesis wrote. */
  assembly: string;
  /** Epoch milliseconds at which the cloud's clock begins; default: now, in whole seconds. */
  start?: number;
  /** Set for a clock that runs by itself, this many times faster than real time; otherwise time is virtual. */
  speed?: number;
  /** The seed of everything random in the cloud; default 1. */
  seed?: number;
  /** The faults that are made on purpose; default: none. */
  faults?: FaultPlan;
  /**
   * Puts the app's own rights in force: a function or a state machine is refused what the synthesized policies don't allow it, and so is a
   * participant who signs with its role's name.
   */
  enforce?: boolean;
  /**
   * Whether States.ALL catches a task's result over 256 KiB: `caught`, as was recorded on AWS, or `fatal`, as is documented; default:
   * `caught`.
   */
  largeResults?: 'caught' | 'fatal';
  /** The endpoint's port; default: any free one. */
  port?: number;
  /** The port of a page that shows the cloud to people, 0 for any free one; default: there is no such page. */
  console?: number;
  /**
   * The number of workers that functions run in, working or warm, at a time; default 16. Functions of equal memory share them; what is more
   * waits.
   */
  workers?: number;
  /** The most instances of one function that work at a time; default 2. AWS runs as many as there is work, up to a thousand. */
  workersOfFunction?: number;
  /**
   * The number of batches of one queue that are worked on at once where its mapping has no MaximumConcurrency; default 5, as AWS begins
   * with.
   */
  batchesOfQueue?: number;
  /** Told of each line that a function writes. */
  log?(functionName: string, line: string): void;
  /** Told of events that a person outside may want to see. */
  watch?: Watch;
  /** With a fault plan or rights in force: told of each write to a table, after it was carried out, with its request. */
  written?(action: string, request: Record<string, unknown>): void;
}

/** The events that a cloud tells of as they happen. */
export interface Watch {
  /** An object was put into a bucket that announces it. */
  uploaded(bucket: string, key: string, size: number): void;
  /** A message is being published to a topic. */
  published(message: string): void;
}

/**
 * The settings that another beginning may change: all but those that its processes were started with. A setting that is left out stays as
 * it was.
 */
export type NextSettings = Partial<Omit<CloudSettings, 'port' | 'console' | 'workers' | 'workersOfFunction'>>;

/** A cloud that runs one synthesized app. */
export interface LocalCloud {
  /** The URL that every service answers at. */
  endpoint: string;
  /** The URL of its console, where the settings have one. */
  console?: string;
  /** The region for clients' configurations: REGION. */
  region: string;
  /** The account in ARNs: ACCOUNT. */
  account: string;
  /** A virtual clock, or a real one where the settings have a speed. */
  clock: VirtualClock | RealClock;
  /** The names of the app's resources here, including those that a `deploy` added. */
  names: CloudNames;
  /** Rejects when a process of the cloud ended by itself; `rest` and `run` then reject, too. */
  lost: Promise<never>;
  /** Resolves when nothing runs and nothing is due; virtual time stands still. */
  rest(): Promise<void>;
  /** Lets virtual time pass until no timer is left, or until an instant. */
  run(until?: number): Promise<void>;
  /**
   * Deploys another cloud assembly over the one that runs, at rest.
   * @throws UnsupportedTemplate, RefusedTemplate or UnsupportedDefinition, before anything is changed, where the change holds what isn't
   * implemented
   */
  deploy(assembly: string): Promise<void>;
  /**
   * Pauses the schedules of rules, or resumes them: of all rules, or of each as the function says for its ARN. A paused one sends nothing
   * when its time comes.
   */
  pauseSchedules(paused: boolean | ((ruleArn: string) => boolean)): void;
  /**
   * Pauses what takes messages from queues to functions, or resumes it: for all queues, or for each as the function says for its ARN. The
   * messages of a paused one stay in it.
   */
  pauseQueues(paused: boolean | ((queueArn: string) => boolean)): void;
  /** Registers an outsider's act at an instant of the cloud. */
  outside(at: number, run: () => Promise<void>): void;
  /**
   * Uploads as an outsider, over HTTP, in parts if it is larger than 8 MiB. `as` is the name of a participant's role, whose rights count
   * where rights are in force; without it, the account's owner acts.
   */
  put(bucket: string, key: string, body: Uint8Array | Readable | string, as?: string): Promise<void>;
  /**
   * Reads an object as an outsider.
   * @throws an error where it is not there, or `as` may not read it
   */
  get(bucket: string, key: string, as?: string): Promise<Uint8Array>;
  /**
   * The id of an object's newest version.
   * @throws an error where it is not there, or `as` may not read it
   */
  version(bucket: string, key: string, as?: string): Promise<string>;
  /** The keys in a bucket that begin with `prefix`, in S3's order, all pages of them. */
  list(bucket: string, prefix?: string, as?: string): Promise<string[]>;
  /**
   * Confirms, for all participants in other accounts, that they want notices in their queues, as they are asked to; until then they get
   * none.
   */
  confirmSubscriptions(): void;
  /**
   * Takes all messages from a queue, given by its physical name, or those that a topic sent to an e-mail address or an https endpoint,
   * given by that; messages are unwrapped from SNS's envelope.
   * @throws an error where there is no such queue or address
   */
  receive(queueName: string): Promise<ReceivedMessage[]>;
  /** The app's consumption until the cloud last rested. */
  consumption(): RunConsumption;
  /** The most memory that the cloud's processes have had so far, in bytes: this one's and the database's, added up. */
  memory(): Promise<number>;
  /** The final failures: dead letters, dropped events, failed executions; one line each, without identifiers. */
  failures(): string[];
  /**
   * The executions that failed or ran out of time, including children of Map Runs, with where and why; machines and functions by their
   * logical names.
   */
  failedExecutions(): FailedExecution[];
  /** The executions under way with a state that failed, whether or not it was tried again; their form is that of failedExecutions. */
  failingExecutions(): FailedExecution[];
  /** The last lines that functions wrote, for finding out what went wrong. */
  logs(): string[];
  /**
   * Ends this cloud and begins an empty one in its place, much faster than `startCloud` does: the database's process stays, and so do the
   * warm functions that are the same in its assembly. Only the cloud that began last may be used. If one of them has a fault plan or rights
   * in force, each must have one of the two.
   */
  again(next: NextSettings): Promise<LocalCloud>;
  /** Ends all processes and removes temporary folders. */
  stop(): Promise<void>;
}
