import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Two cores: a scenario already runs a database process and function workers beside its own.
    maxWorkers: 2,
  },
});
