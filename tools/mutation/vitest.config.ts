import { defineConfig } from 'vitest/config';

/** The tests of the file that is mutated. Stryker's own `testFiles` leaves out mutants of what a module does while it is loaded. */
const { MUTATION_TESTS = 'test/domain/**/*.test.ts' } = process.env;

export default defineConfig({ test: { include: [MUTATION_TESTS], testTimeout: 120_000 } });
