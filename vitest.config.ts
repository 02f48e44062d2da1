import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const ALL = ['test/**/*.test.ts', 'packages/*/test/**/*.test.ts', 'tools/**/*.test.ts'];
/** Their own configuration has them. */
const IN_BROWSERS = ['test/browser/**', 'packages/*/test/browser/**'];
/** Their clients of AWS are made once for a process, and serve the clouds that follow one another in it: see test/stores/lab.ts. */
const STORES = ['test/stores/**/*.test.ts'];
/** These make clients of AWS once for their process, and point them at what they started themselves; one of the stores' mocks a module. */
const APART = [
  'test/runtime/**/*.test.ts',
  'test/stores/cases/ledgers.test.ts',
  'tools/fuzz/**/*.test.ts',
  'tools/{bench,cost,quotas}/**/*.test.ts',
];
/** This project comes last: they go by their names. */
const TOGETHER = 'together';
/**
 * Its files whose tests take long, in this order: begun last, they would keep one process while the others have nothing left to do. The first
 * waits most of its time, so that the second, which works for as long, has the machine.
 */
const LONG = ['test/commands/smoke.test.ts', 'test/scenarios/faults.test.ts', 'tools/campaign/campaign.test.ts'];

/**
 * One project after the other, and the larger files of each first, as by default; of the last one, before them, those that take long. (A
 * process whose modules and clouds are shared ends as soon as the next file is of another project: all would be warmed up again.)
 */
class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ project, moduleId }: TestSpecification) => {
      if (project.name !== TOGETHER) return -1;
      const long = LONG.findIndex((name) => moduleId.endsWith(name));
      return long === -1 ? LONG.length : long;
    };
    return (await super.sort(files)).sort((a, b) => place(a) - place(b));
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongFirst },
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // For two cores. A third would have functions of its own to start, which takes more time than it saves.
    maxWorkers: 2,
    // What V8 does beside a program it does in as many threads as it may: more than there are cores get in each other's way. And each
    // function's heap begins at a size at which it is not collected again and again while the function starts.
    execArgv: ['--v8-pool-size=1', '--initial-old-space-size=128'],
    // The project's commands, which some tests run as processes, begin sooner where they were compiled before.
    env: { NODE_COMPILE_CACHE: fileURLToPath(new URL('./cdk.out/.compile-cache', import.meta.url)) },
    coverage: {
      include: ['lambdas/**', 'lib/**', 'simulation/**', 'packages/*/src/**'],
      reportsDirectory: 'out/coverage',
    },
    projects: [
      { extends: true, test: { name: 'apart', include: APART } },
      { extends: true, test: { name: 'stores', include: STORES, exclude: APART, isolate: false } },
      // The others share modules, and clouds that are idle, from one file to the next.
      {
        extends: true,
        test: { name: TOGETHER, include: ALL, exclude: [...APART, ...STORES, ...IN_BROWSERS], isolate: false },
      },
    ],
  },
});
