/**
 * Licences that let anyone use, change and pass on the work, and ask only that the notice stays. Those of Creative Commons are for data.
 */
const PERMISSIVE: readonly string[] = [
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC-BY-3.0',
  'CC-BY-4.0',
  'CC0-1.0',
  'ISC',
  'MIT',
  'MIT-0',
  'Python-2.0',
  'Unlicense',
];

/**
 * Packages under a licence that asks more, though only for the package itself: whoever changes its files shows the change. They are tools
 * of the tests, used as they are, and no part of what is deployed.
 */
const NAMED: Readonly<Record<string, string>> = { 'axe-core': 'MPL-2.0' };

/** The fields that are read of a package in npm's lock. */
interface Locked {
  readonly version?: string;
  readonly integrity?: string;
  readonly license?: string;
  /** Nothing but the development's tools needs it. */
  readonly dev?: boolean;
  /** It came in another package's archive, under that one's integrity. */
  readonly inBundle?: boolean;
  /** It stands for a package of this repository. */
  readonly link?: boolean;
}

/** The fields that are read of npm's package-lock.json. */
export interface PackageLock {
  readonly packages: Readonly<Record<string, Locked>>;
}

/** The packages of a lock that are others', without this repository's own and the links to them. */
export const dependenciesOf = ({ packages }: PackageLock): [path: string, locked: Locked][] =>
  Object.entries(packages).filter(([path, { link }]) => path.includes('node_modules/') && !link);

/**
 * The faults of the packages of a lock, one line each: a package without version or integrity, or whose licence isn't permissive, in the
 * lock or in its own manifest.
 * @param manifestOf reads the package.json of an installed package from its path in the lock; undefined if it isn't installed, since it is
 * for another platform
 */
export function faultsOfLicences(
  lock: PackageLock,
  manifestOf: (path: string) => { license?: unknown } | undefined,
): string[] {
  const { packages } = lock;
  const dependencies = dependenciesOf(lock);
  if (dependencies.length === 0) throw new Error('the lock holds no package');
  return dependencies.flatMap(([path, locked]) => {
    const of = path.replace(/^.*node_modules\//, '');
    const name = `${of}@${locked.version ?? '?'}`;
    const faults: string[] = [];
    if (locked.version === undefined || !isPinned(path, packages))
      faults.push(`${name} is not pinned by its integrity`);
    const manifest = manifestOf(path);
    const told = manifest === undefined ? [locked.license] : [locked.license, manifest.license];
    for (const licence of new Set(told))
      if (!isPermissive(licence) && !(licence === NAMED[of] && locked.dev))
        faults.push(`${name} has no permissive licence, but ${JSON.stringify(licence)}`);
    return faults;
  });
}

/** Whether a package's own archive has an integrity, or the one that bundles it has. */
function isPinned(path: string, packages: PackageLock['packages']): boolean {
  const locked = packages[path];
  if (locked?.inBundle) return isPinned(path.replace(/\/node_modules\/(@[^/]+\/)?[^/]+$/, ''), packages);
  return locked?.integrity !== undefined;
}

/**
 * Whether a licence is permissive. An SPDX expression is met by one of its alternatives; any other form is not understood, and so not
 * permissive.
 */
function isPermissive(licence: unknown): boolean {
  // The form that manifests had once: `{ "type": "MIT", "url": … }`.
  if (typeof licence === 'object' && licence !== null && 'type' in licence) return isPermissive(licence.type);
  if (typeof licence !== 'string') return false;
  const [, within = licence] = /^\(([^()]*)\)$/.exec(licence) ?? [];
  return within.split(' OR ').some((one) => PERMISSIVE.includes(one));
}
