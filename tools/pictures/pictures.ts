/** `npm run pictures`: makes a picture of each page of a run, and prints axe's findings. See `--help`. */
import { mkdir, readdir, stat } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { command, complain, say } from '../../lib/commands/command.ts';
import { CommandError, readOptions } from '../../lib/commands/command-line.ts';
import { lookAt, pictureIn, startBrowser, VIEWS, type View } from './browser.ts';

const HELP = `npm run pictures: looks at each page of a run in a real browser, and keeps its pictures.

  npm run pictures                    the pages below out/, as npm start leaves them
  npm run pictures -- --from FOLDER   those below another folder
  npm run pictures -- --to FOLDER     where the pictures go (default out/pictures)
  npm run pictures -- --docs          those that the documents show: the beginning of the fullest page of each kind, 900 pixels wide,
                                      light, to docs/pictures

Each page is drawn 320, 900 and 1600 pixels wide, light and dark, and up to 8,000 pixels high. Said of each: what axe finds against WCAG 2.2 AA, what it asked
for beside itself, whether it is wider than its window, and how long the first paint took.

  --help              this text

The browser is the one that npm installed (Linux, x64), or the one that CHROME names.

Exit code: 0; 1 when something was found in a page; 2 when the command line is wrong or there is no page.
`;

interface PicturesSettings {
  from: string;
  to: string;
  docs: boolean;
}

/** The pages in the documents, by the names of their pictures. */
const DOCUMENTED = {
  preview: /previews\/[^/]+\/preview\.html$/,
  status: /batches\/[^/]+\/status\.html$/,
  digest: /reports\/daily\/[^/]+\.html$/,
  run: /^index\.html$/,
};
const DOCUMENTED_VIEW: View = { width: 900, scheme: 'light' };
/** The part of a page that is read at a glance. */
const DOCUMENTED_HEIGHT = 1200;

function settingsOf(argv: readonly string[], where: string): PicturesSettings | 'help' {
  const values = readOptions(argv, { from: { type: 'string' }, to: { type: 'string' }, docs: { type: 'boolean' } });
  if (values === 'help') return 'help';
  const { from = 'out', docs = false, to = docs ? join('docs', 'pictures') : join('out', 'pictures') } = values;
  return { from: resolve(where, from), to: resolve(where, to), docs };
}

/** All pages below a folder, in a stable order. */
async function pagesBelow(folder: string): Promise<string[]> {
  const found = await readdir(folder, { recursive: true }).catch(() => []);
  const pages = found.filter((path) => path.endsWith('.html')).sort();
  if (pages.length === 0) throw new CommandError(`${folder}: no page lies below it; npm start leaves some in out/`);
  return pages.map((path) => join(folder, path));
}

interface Picture {
  path: string;
  view: View;
  /** The path of the picture. */
  to: string;
  upTo?: number;
}

/** The pictures of each page below a folder in each view. */
async function allPictures(from: string, to: string): Promise<Picture[]> {
  const nameOf = (path: string) =>
    relative(from, path)
      .replace(/\.html$/, '')
      .split(sep)
      .join('-');
  return (await pagesBelow(from)).flatMap((path) =>
    VIEWS.map((view) => ({ path, view, to: pictureIn(to, nameOf(path), view) })),
  );
}

/** The pictures for the documents: of each kind the page with the most bytes, and of several such the first. */
async function documentedPictures(from: string, to: string): Promise<Picture[]> {
  const sized = await Promise.all(
    (await pagesBelow(from)).map(async (path) => ({ path, size: (await stat(path)).size })),
  );
  return Object.entries(DOCUMENTED).map(([name, place]) => {
    const own = sized.filter(({ path }) => place.test(relative(from, path).split(sep).join('/')));
    const [fullest] = own.toSorted((a, b) => b.size - a.size);
    if (fullest === undefined) throw new CommandError(`${from}: no ${name} lies below it`);
    return { path: fullest.path, view: DOCUMENTED_VIEW, to: join(to, `${name}.png`), upTo: DOCUMENTED_HEIGHT };
  });
}

async function run({ from, to, docs }: PicturesSettings): Promise<boolean> {
  const pictures = docs ? await documentedPictures(from, to) : await allPictures(from, to);
  await mkdir(to, { recursive: true });
  const browser = await startBrowser();
  let good = true;
  try {
    for (const { path, view, to: picture, upTo } of pictures) {
      const name = relative(from, path);
      const seen = await lookAt(browser, pathToFileURL(path).href, view, picture, upTo);
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
  } finally {
    await browser.close();
  }
  say(`The pictures: ${to}`);
  return good;
}

await command({ help: HELP, settings: settingsOf, run });
