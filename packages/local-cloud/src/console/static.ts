/** The files of the console's page: its own, and the modules of the packages that it uses, as they were installed. */
import { createHash } from 'node:crypto';
import { findPackageJSON } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

const TYPES: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
};

/** The page's own files, all of them: a path is never looked up on the disk. */
const OWN = [
  'console.css',
  'executions.js',
  'functions.js',
  'graph.js',
  'icon.svg',
  'index.html',
  'main.js',
  'messages.js',
  'objects.js',
  'parts.js',
  'tables.js',
];
/** The modules of packages: a package and its file for browsers, keyed by the name in the page's import map. */
const PACKAGES: Readonly<Record<string, readonly [name: string, file: string]>> = {
  'dagre.js': ['@dagrejs/dagre', 'dist/dagre.esm.js'],
  'hooks.js': ['preact', 'hooks/dist/hooks.mjs'],
  'htm.js': ['htm', 'dist/htm.module.js'],
  'preact.js': ['preact', 'dist/preact.mjs'],
};

/** The file for a path of the console, and its type; undefined where there is none. */
export function staticFile(pathname: string): { path: string; type: string } | undefined {
  const name = pathname === '/' ? 'index.html' : pathname.slice(1);
  const type = TYPES[name.split('.').at(-1) ?? ''] ?? '';
  if (OWN.includes(name)) return { path: fileURLToPath(new URL(`./page/${name}`, import.meta.url)), type };
  const module = name.replace(/^modules\//, '');
  const known = name !== module && Object.hasOwn(PACKAGES, module) ? PACKAGES[module] : undefined;
  if (known === undefined) return undefined;
  const manifest = findPackageJSON(known[0], import.meta.url);
  if (manifest === undefined) throw new Error(`the package ${known[0]} is not installed`);
  return { path: fileURLToPath(new URL(known[1], pathToFileURL(manifest))), type };
}

/** The policy of what a page may load: files from here only, and within itself the script of its import map. */
export function policyOf(html: Uint8Array | readonly []): string {
  const map = /<script type="importmap">(.*?)<\/script>/s.exec(Buffer.from(html).toString())?.[1];
  const hash = map === undefined ? '' : ` 'sha256-${createHash('sha256').update(map).digest('base64')}'`;
  return [
    "default-src 'none'",
    `script-src 'self'${hash}`,
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}
