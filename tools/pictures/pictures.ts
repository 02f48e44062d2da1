/** `npm run pictures`: each page of a run as a picture, and what axe finds in it. See `--help`. */
import { readdir } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { command, complain, say } from '../../lib/commands/command.ts';
import { CommandError, readOptions } from '../../lib/commands/command-line.ts';
import { lookAt, pictureIn, startBrowser, VIEWS } from './browser.ts';

const HELP = `npm run pictures: looks at each page of a run in a real browser, and keeps its pictures.

  npm run pictures                    the pages below out/, as npm start leaves them
  npm run pictures -- --from FOLDER   those below another folder
  npm run pictures -- --to FOLDER     where the pictures go (default out/pictures)

Each page is drawn 320, 900 and 1600 pixels wide, light and dark. Said of each: what axe finds against WCAG 2.2 AA, what it asked
for beside itself, whether it is wider than its window, and how long the first paint took.

  --help              this page

The browser is the one that npm installed (Linux, x64), or the one that CHROME names.

Exit status: 0; 1 when something was found in a page; 2 when the command line is wrong or there is no page.
`;

interface PicturesSettings {
  from: string;
  to: string;
}

function settingsOf(argv: readonly string[], where: string): PicturesSettings | 'help' {
  const values = readOptions(argv, { from: { type: 'string' }, to: { type: 'string' } });
  if (values === 'help') return 'help';
  return { from: resolve(where, values.from ?? 'out'), to: resolve(where, values.to ?? join('out', 'pictures')) };
}

/** All pages below a folder, in a stable order. */
async function pagesBelow(folder: string): Promise<string[]> {
  const found = await readdir(folder, { recursive: true }).catch(() => []);
  const pages = found.filter((path) => path.endsWith('.html')).sort();
  if (pages.length === 0) throw new CommandError(`${folder}: no page lies below it; npm start leaves some in out/`);
  return pages.map((path) => join(folder, path));
}

async function run({ from, to }: PicturesSettings): Promise<boolean> {
  const pages = await pagesBelow(from);
  const browser = await startBrowser();
  let good = true;
  try {
    for (const path of pages) {
      const name = relative(from, path);
      for (const view of VIEWS) {
        const picture = await pictureIn(
          to,
          name
            .replace(/\.html$/, '')
            .split(sep)
            .join('-'),
          view,
        );
        const seen = await lookAt(browser, pathToFileURL(path).href, view, picture);
        const wrong = [
          ...seen.findings,
          ...seen.complaints,
          ...seen.requests.map((url) => `asked for ${url}`),
          ...(seen.tooWide === 0 ? [] : [`${seen.tooWide} pixels wider than its window`]),
        ];
        say(
          `${name} at ${view.width}, ${view.scheme}: drawn in ${seen.drawnMs} ms, ${wrong.length === 0 ? 'nothing found' : `${wrong.length} found`}`,
        );
        for (const one of wrong) complain(`  ${one}`);
        good &&= wrong.length === 0;
      }
    }
  } finally {
    await browser.close();
  }
  say(`The pictures: ${to}`);
  return good;
}

await command({ help: HELP, settings: settingsOf, run });
