/** Kept assemblies: what was synthesized once is used again as long as nothing on which it depends has changed. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keptAssembly } from '../src/templates/synthesis.ts';

let project = '';
let made = 0;
beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'synthesis-'));
  made = 0;
  mkdirSync(join(project, 'lib'));
  writeFileSync(join(project, 'lib', 'one.ts'), 'a = 1');
  writeFileSync(join(project, 'lib', 'two.ts'), 'b = 2');
});
afterEach(() => rmSync(project, { recursive: true }));

const kept = (context: Record<string, unknown> = {}) =>
  keptAssembly(join(project, 'kept'), { project, sources: ['lib', 'none'], context }, async (output) => {
    made++;
    await writeFile(join(output, 'manifest.json'), `{"made":${made}}`);
  });

describe('an assembly', () => {
  it('is synthesized once for the same sources and context', async () => {
    const first = await kept({ x: '1', y: '2' });
    expect(await kept({ y: '2', x: '1' })).toBe(first);
    expect(made).toBe(1);
    expect(readFileSync(join(first, 'manifest.json'), 'utf8')).toBe('{"made":1}');
    expect(readdirSync(project).filter((name) => name.startsWith('kept'))).toHaveLength(1);
  });

  it.each([
    ['a source has other bytes, and as many', () => writeFileSync(join(project, 'lib', 'one.ts'), 'a = 2')],
    ['a source is longer', () => writeFileSync(join(project, 'lib', 'one.ts'), 'a = 11')],
    ['there is a source more', () => writeFileSync(join(project, 'lib', 'three.ts'), '')],
    ['a source is gone', () => rmSync(join(project, 'lib', 'two.ts'))],
  ])('is synthesized again, in the same process too, where %s', async (_, change) => {
    const first = await kept();
    change();
    expect(await kept()).not.toBe(first);
    expect(made).toBe(2);
  });

  it('is found again where a source is as it was', async () => {
    const first = await kept();
    writeFileSync(join(project, 'lib', 'one.ts'), 'a = 2');
    await kept();
    writeFileSync(join(project, 'lib', 'one.ts'), 'a = 1');
    expect(await kept()).toBe(first);
    expect(made).toBe(2);
  });

  it('of another context is another one', async () => {
    expect(await kept({ x: '1' })).not.toBe(await kept({ x: '2' }));
  });

  it('is synthesized again where the project was moved with what it kept, since it may name files by where they were', async () => {
    const first = await kept();
    renameSync(project, `${project}-moved`);
    project += '-moved';
    expect(basename(await kept())).not.toBe(basename(first));
    expect(made).toBe(2);
  });

  it('is none where its synthesis failed: the next one begins anew', async () => {
    const failing = keptAssembly(join(project, 'kept'), { project, sources: ['lib'], context: {} }, () =>
      Promise.reject(new Error('the app is wrong')),
    );
    await expect(failing).rejects.toThrow('the app is wrong');
    expect(readdirSync(project).filter((name) => name.startsWith('kept'))).toEqual([]);
  });
});
