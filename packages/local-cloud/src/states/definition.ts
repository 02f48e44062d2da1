import type { Template } from './expression.ts';
import type { Retrier } from './retry.ts';

/** An entry of a state's Catch. */
export interface Catcher {
  readonly errors: readonly string[];
  readonly next: string;
  readonly output: Template | null;
  readonly assign: Template | null;
}

interface Common {
  readonly name: string;
  /** The state that follows; null for a terminal one. */
  readonly next: string | null;
  readonly output: Template | null;
  readonly assign: Template | null;
}

interface Failing extends Common {
  readonly retry: readonly Retrier[];
  readonly catchers: readonly Catcher[];
}

export interface PassState extends Common {
  readonly type: 'Pass';
}

export interface SucceedState extends Common {
  readonly type: 'Succeed';
}

export interface FailState extends Common {
  readonly type: 'Fail';
  readonly error: Template | null;
  readonly cause: Template | null;
}

export interface WaitState extends Common {
  readonly type: 'Wait';
  readonly seconds: Template | null;
  readonly timestamp: Template | null;
}

export interface Choice {
  readonly condition: Template;
  readonly next: string;
  readonly output: Template | null;
  readonly assign: Template | null;
}

export interface ChoiceState extends Common {
  readonly type: 'Choice';
  readonly choices: readonly Choice[];
  readonly default: string | null;
}

/** The way a Task's end is told: by the answer, by the end of what it started, or by a task token. */
export type Pattern = 'request' | 'sync' | 'sync:2' | 'token';

export interface TaskState extends Failing {
  readonly type: 'Task';
  readonly resource: string;
  /** `lambda`, and `invoke.waitForTaskToken`, as history events name them. */
  readonly resourceType: string;
  readonly resourceAction: string;
  readonly pattern: Pattern;
  readonly arguments: Template;
  readonly timeout: Template | null;
  readonly heartbeat: Template | null;
}

/** The states of one level: the machine's own, a branch's or an item processor's. */
export interface Flow {
  readonly startAt: string;
  readonly states: ReadonlyMap<string, State>;
}

export interface ParallelState extends Failing {
  readonly type: 'Parallel';
  readonly branches: readonly Flow[];
  readonly arguments: Template | null;
}

export interface ItemReader {
  readonly format: 'JSON' | 'JSONL' | 'CSV';
  readonly arguments: Template;
  readonly maxItems: Template | null;
  readonly csv: { readonly headers: readonly string[] | null; readonly delimiter: string };
}

export interface ItemBatcher {
  readonly maxItems: Template | null;
  readonly maxBytes: Template | null;
  readonly input: Template | null;
}

export interface ResultWriter {
  /** Bucket and Prefix; null where the results stay in the state's output. */
  readonly arguments: Template | null;
  readonly format: 'JSON' | 'JSONL';
  readonly transformation: 'NONE' | 'COMPACT' | 'FLATTEN';
}

export interface MapState extends Failing {
  readonly type: 'Map';
  readonly distributed: boolean;
  readonly label: string;
  readonly items: Template | null;
  readonly reader: ItemReader | null;
  readonly selector: Template | null;
  readonly batcher: ItemBatcher | null;
  readonly maxConcurrency: Template | null;
  readonly toleratedCount: Template | null;
  readonly toleratedPercentage: Template | null;
  readonly writer: ResultWriter | null;
  readonly processor: Flow;
}

export type State =
  | PassState
  | SucceedState
  | FailState
  | WaitState
  | ChoiceState
  | TaskState
  | ParallelState
  | MapState;

/** A definition, read and compiled. */
export interface Definition extends Flow {
  readonly timeoutSeconds: number | null;
}
