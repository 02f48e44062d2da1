/** The threads that functions run in: Node workers, each of which instances of several functions share, one invocation at a time. */
import { dirname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { FunctionSpec, Instance } from './instance.ts';

/** The space for short-lived objects of each thread: Node's default for a whole process would be too much for every idle one. */
const YOUNG_GENERATION_MB = 12;

/**
 * A thread. What its instances have in common by the path of its file, such as packages that lie beside them and are not bundled with
 * them, is loaded once, and fast for all of them once one has used it for a while.
 */
export interface Thread {
  /** Equal for threads of which each may run the same functions. */
  readonly kind: string;
  readonly worker: Worker;
  readonly instances: Set<Instance>;
  /** The instance that works in it, or worked in it last: what the thread writes is that one's. */
  instance: Instance | undefined;
  /** When it came to rest; 0 while an instance works in it. */
  idleSince: number;
}

/** The kind of thread that a function runs in: one whose heap has the function's memory, and whose Node has its options. */
export const kindOf = ({ memoryMb, environment }: FunctionSpec): string =>
  JSON.stringify([memoryMb, environment.NODE_OPTIONS]);

/** Starts a thread for a function, and for others of its kind. */
export function startThread(spec: FunctionSpec): Thread {
  const { NODE_OPTIONS } = spec.environment;
  const worker = new Worker(new URL('./function-worker.ts', import.meta.url), {
    env: {
      ...(NODE_OPTIONS === undefined ? {} : { NODE_OPTIONS }),
      // The place where Node keeps compiled code between starts, for all that run the same code: beside the code, since the cache goes by
      // its path.
      NODE_COMPILE_CACHE: join(dirname(spec.folder), '.compile-cache'),
      TZ: 'UTC',
    },
    execArgv: [],
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: spec.memoryMb, maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
  });
  return { kind: kindOf(spec), worker, instances: new Set(), instance: undefined, idleSince: 0 };
}
