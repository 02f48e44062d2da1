import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { faultsOfLicences, type PackageLock } from '../../lib/commands/licences.ts';

const read = (path: string) => {
  const file = new URL(`../../${path}`, import.meta.url);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
};

const integrity = 'sha512-AAAA';
const lockOf = (packages: PackageLock['packages']): PackageLock => ({ packages: { '': {}, ...packages } });
const notInstalled = () => undefined;
const faults = (license: string | undefined) =>
  faultsOfLicences(
    lockOf({ 'node_modules/one': { version: '1.0.0', integrity, ...(license === undefined ? {} : { license }) } }),
    notInstalled,
  );

describe('the licences', () => {
  it('of all that the lock holds are permissive, and each package is pinned', () => {
    const lock: PackageLock = read('package-lock.json');
    expect(Object.keys(lock.packages).length).toBeGreaterThan(100);
    expect(faultsOfLicences(lock, (path) => read(`${path}/package.json`))).toEqual([]);
  });

  it.each(['MIT', 'Apache-2.0', '(MIT OR GPL-3.0-or-later)', 'GPL-2.0-only OR BSD-3-Clause'])(
    'let %s pass',
    (licence) => {
      expect(faults(licence)).toEqual([]);
    },
  );

  it.each([
    'GPL-3.0-only',
    'MPL-2.0',
    'UNLICENSED',
    'SEE LICENSE IN LICENSE.md',
    'MIT AND GPL-2.0-only',
    '(MIT AND GPL-2.0-only) OR AGPL-3.0-only',
    'mit',
    '',
  ])('refuse %s, and name the package', (licence) => {
    expect(faults(licence)).toEqual([`one@1.0.0 has no permissive licence, but "${licence}"`]);
  });

  it('of a package that is named may ask for more, where only the development needs it', () => {
    const axe = { version: '4.14.1', integrity, license: 'MPL-2.0' };
    const of = (one: object) => faultsOfLicences(lockOf({ 'node_modules/axe-core': { ...axe, ...one } }), notInstalled);
    expect(of({ dev: true })).toEqual([]);
    expect(of({})).toEqual(['axe-core@4.14.1 has no permissive licence, but "MPL-2.0"']);
    expect(of({ dev: true, license: 'GPL-3.0-only' })).toHaveLength(1);
  });

  it('are not asked of a package of this repository', () => {
    const own = { 'packages/own': { version: '1.0.0' }, 'node_modules/own': { link: true } };
    const one = { 'node_modules/one': { version: '1.0.0', integrity, license: 'MIT' } };
    expect(faultsOfLicences(lockOf({ ...own, ...one }), notInstalled)).toEqual([]);
    expect(() => faultsOfLicences(lockOf(own), notInstalled)).toThrow('the lock holds no package');
  });

  it('refuse a package that tells none', () => {
    expect(faults(undefined)).toEqual(['one@1.0.0 has no permissive licence, but undefined']);
  });

  it('refuse a package whose own manifest tells another licence than the lock', () => {
    const lock = lockOf({ 'node_modules/@some/one': { version: '2.1.0', integrity, license: 'MIT' } });
    expect(faultsOfLicences(lock, () => ({ license: 'BUSL-1.1' }))).toEqual([
      '@some/one@2.1.0 has no permissive licence, but "BUSL-1.1"',
    ]);
    expect(faultsOfLicences(lock, () => ({ license: { type: 'MIT', url: 'https://example.com' } }))).toEqual([]);
  });

  it('refuse a package without an integrity, unless it came inside one that has it', () => {
    const within = 'node_modules/@some/outer/node_modules/@other/inner';
    const inner = { version: '3.0.0', license: 'ISC', inBundle: true };
    const outer = { version: '1.0.0', license: 'MIT' };
    const pinned = lockOf({ 'node_modules/@some/outer': { ...outer, integrity }, [within]: inner });
    expect(faultsOfLicences(pinned, notInstalled)).toEqual([]);
    const loose = lockOf({ 'node_modules/@some/outer': outer, [within]: inner });
    expect(faultsOfLicences(loose, notInstalled)).toEqual([
      '@some/outer@1.0.0 is not pinned by its integrity',
      '@other/inner@3.0.0 is not pinned by its integrity',
    ]);
  });

  it('find no lock without a package to be in order', () => {
    expect(() => faultsOfLicences(lockOf({}), notInstalled)).toThrow('the lock holds no package');
  });
});
