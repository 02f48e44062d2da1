import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const ALL = ['test/**/*.test.ts', 'packages/*/test/**/*.test.ts', 'tools/**/*.test.ts'];
/** Their own configuration has them. */
const IN_BROWSERS = ['test/browser/**', 'packages/*/test/browser/**'];
/** What makes clients of AWS once for its process, and points them at what it started itself. */
const APART = [
  'test/stores/**/*.test.ts',
  'test/runtime/**/*.test.ts',
  'tools/fuzz/**/*.test.ts',
  'tools/{bench,cost,quotas}/**/*.test.ts',
];
/**
 * Files whose tests take long, in this order: begun last, they would keep one process while the others have nothing left to do. The first
 * waits most of its time, so that the second, which works for as long, has the machine.
 */
const LONG = ['test/commands/smoke.test.ts', 'test/scenarios/faults.test.ts', 'tools/campaign/campaign.test.ts'];

/** The larger files first, as by default, and before them those that take long. */
class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const long = LONG.flatMap((name) => sorted.filter(({ moduleId }) => moduleId.endsWith(name)));
    return [...long, ...sorted.filter((file) => !long.includes(file))];
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
      // The others share modules, and clouds that are idle, from one file to the next.
      { extends: true, test: { name: 'together', include: ALL, exclude: [...APART, ...IN_BROWSERS], isolate: false } },
    ],
  },
});
