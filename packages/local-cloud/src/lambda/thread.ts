/** The threads that functions run in: Node workers, each of which instances of several functions share, one invocation at a time. */
import { readdirSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { FunctionSpec, Thread } from './instance.ts';

/** The space for short-lived objects of each thread: Node's default for a whole process would be too much for every idle one. */
const YOUNG_GENERATION_MB = 12;

/**
 * The kind of thread that a function runs in: one whose heap has the function's memory, and whose Node has its options. Undefined where each
 * instance has a thread of its own: of code in more files than one, or in CommonJS, a thread loads the modules once.
 */
export const kindOf = ({ memoryMb, environment, folder }: FunctionSpec): string | undefined =>
  isOneModule(folder) ? JSON.stringify([memoryMb, environment.NODE_OPTIONS]) : undefined;

/** Whether a folder of code has one ES module, beside its source map, and no more. */
function isOneModule(folder: string): boolean {
  const files = readdirSync(folder, { withFileTypes: true }).filter(({ name }) => extname(name) !== '.map');
  return files.length === 1 && files[0]?.isFile() === true && extname(files[0].name) === '.mjs';
}

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
