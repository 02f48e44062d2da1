import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const pages = globSync(['*.md', 'docs/**/*.md', 'packages/*/{README,docs/*}.md'], { cwd: PROJECT }).sort();
const read = (page: string) => readFileSync(join(PROJECT, page), 'utf8');

/** The anchors that a page's headings have: small letters, blanks as dashes, and nothing but letters, digits, dashes and underscores. */
const anchorsOf = (page: string) =>
  [...read(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

describe('the documents', () => {
  it('are there', () => {
    expect(pages).toEqual(expect.arrayContaining(['README.md', 'CONTRIBUTING.md', 'docs/architecture.md']));
  });

  it.each(pages)('%s names no page, file or heading that is not there', (page) => {
    const wrong = [...read(page).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link = '']) => {
      const [path = '', anchor] = link.split('#');
      if (/^[a-z]+:/.test(link)) return [];
      const target = path === '' ? page : join(dirname(page), path);
      if (!existsSync(join(PROJECT, target))) return [link];
      const isPage = statSync(join(PROJECT, target)).isFile() && target.endsWith('.md');
      return anchor !== undefined && isPage && !anchorsOf(target).includes(anchor) ? [link] : [];
    });
    expect(wrong).toEqual([]);
  });

  it('name no file of the project in backticks that is not there', () => {
    const wrong = pages.flatMap((page) =>
      [
        ...read(page).matchAll(
          /`((?:bin|lambdas|lib|simulation|packages|test|tools|docs|config)\/[\w./-]+\.(?:ts|md|json|svg))`/g,
        ),
      ]
        .map(([, path = '']) => path)
        .filter((path) => !path.includes('<') && !existsSync(join(PROJECT, path)))
        .map((path) => `${page}: ${path}`),
    );
    expect(wrong).toEqual([]);
  });
});
