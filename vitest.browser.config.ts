import { defineConfig } from 'vitest/config';

/** What is seen in a real browser: apart from the other tests, since it needs one that runs here. */
export default defineConfig({
  test: {
    include: ['test/browser/**/*.test.ts', 'packages/*/test/browser/**/*.test.ts'],
    globalSetup: 'test/browser/unpacked.ts',
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
  },
});
