import { defineConfig } from 'vitest/config';

/** The tests of the file that is mutated. Stryker's own `testFiles` would leave out mutants of code that runs while a module is loaded. */
const { MUTATION_TESTS = 'test/domain/**/*.test.ts' } = process.env;

export default defineConfig({ test: { include: MUTATION_TESTS.split(','), testTimeout: 120_000 } });
