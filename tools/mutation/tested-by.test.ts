import { globSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { NOT_MUTATED, testsOf } from './tested-by.ts';

const files = globSync('lambdas/domain/*.ts').map((path) => basename(path, '.ts'));

describe('the tests by which a rule is held', () => {
  it('are known of every file, or it is said why it is not mutated', () => {
    expect(files.length).toBeGreaterThan(100);
    expect(files.filter((name) => testsOf(name) === undefined).sort()).toEqual(Object.keys(NOT_MUTATED).sort());
  });

  it('are there', () => {
    const missing = files.flatMap((name) => testsOf(name) ?? []).filter((pattern) => globSync(pattern).length === 0);
    expect(missing).toEqual([]);
  });

  it('are those of its own name, or else of the files that use it', () => {
    expect(testsOf('gates')).toEqual(['test/domain/gates*.test.ts']);
    expect(testsOf('frequent')).toEqual(['test/domain/gates.test.ts']);
  });
});
