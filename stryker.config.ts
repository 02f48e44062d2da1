/** How `npm run mutation` mutates: what is copied to be mutated, what runs there, and where the reports lie. */
import type { PartialStrykerOptions } from '@stryker-mutator/api/core';

export default {
  plugins: ['@stryker-mutator/vitest-runner'],
  testRunner: 'vitest',
  vitest: { configFile: 'tools/mutation/vitest.config.ts' },
  coverageAnalysis: 'perTest',
  // What is copied, and nothing else: the rules, their tests and what these import.
  ignorePatterns: [
    '*',
    '!lambdas/domain/**',
    '!lib/config/**',
    '!test/domain/**',
    '!package.json',
    '!tools/mutation/**',
  ],
  reporters: ['html'],
  tempDirName: 'out/mutation/tmp',
} satisfies PartialStrykerOptions;
