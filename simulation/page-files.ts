/** The links of a run's page, with a word on each kind of file. */
import { type Html, html } from '../lambdas/domain/html.ts';
import { pageOf } from '../lambdas/domain/page-parts.ts';
import { counted } from '../lambdas/domain/wording.ts';

/** The page to open first. */
export const PAGE = 'index.html';

/** The folder of the pages that have all files of a kind. */
export const FILES = 'files';

/** The words for the kinds of files; the first pattern that fits a path counts. */
const WORDS: readonly (readonly [pattern: RegExp, word: string])[] = [
  [/^inbox\/usage\//, 'Usage: which numbers an operator saw in which handsets'],
  [/^inbox\/reports\//, 'Reports of handsets misused for fraud, as agencies uploaded them'],
  [/^inbox\/decisions\//, 'Decisions of approvers upon batches'],
  [/^inbox\/exemptions\//, 'Exemptions: handsets and numbers that nobody is to touch'],
  [/^inbox\/admissions\//, 'Admissions of usage files that were held up'],
  [/^inbox\/appeals\//, 'Appeals that caseworkers filed for subscribers'],
  [/^inbox\/withdrawals\//, 'Withdrawals: what agencies took back of their reports'],
  [/^inbox\/lookups\//, 'Lookups: what caseworkers asked about'],
  [/^inbox\/responses\//, 'Responses: what operators answered to their orders'],
  [/^inbox\//, 'Other files that were uploaded'],
  [/^outbox\/batches\/[^/]+\/summary\.json$/, 'Summaries: the books of each batch when it had ended'],
  [/^outbox\/batches\/[^/]+\/status\.(json|html)$/, 'Status: where each batch stood last'],
  [/^outbox\/batches\/[^/]+\/handsets\.csv$/, 'What became of each handset that was reported'],
  [
    /^outbox\/batches\/[^/]+\/moved\.csv$/,
    'What a night went on with: numbers that were ported or extended, and what was not given back',
  ],
  [/^outbox\/batches\/[^/]+\/elsewhere\.csv$/, 'What of each batch stands elsewhere, or was left out'],
  [/^outbox\/batches\/[^/]+\/(appeals|kept)\.csv$/, 'What became of each line of an appeal or a withdrawal'],
  [/^outbox\/batches\//, 'Other files of batches'],
  [/^outbox\/previews\/[^/]+\/preview\.html$/, 'Previews as pages: whom a batch would reach, for those who decide'],
  [/^outbox\/previews\/[^/]+\/preview\.json$/, 'Previews: the figures that decisions are bound to'],
  [/^outbox\/previews\/[^/]+\/held\.csv$/, 'Held handsets, which look cloned'],
  [/^outbox\/orders\/[^/]+\/open\.csv$/, 'Open directions of each operator, day by day'],
  [/^outbox\/orders\/.*-(block|unblock)\.csv$/, 'Orders to block handsets, or to unblock them'],
  [/^outbox\/orders\/.*-restore\.csv$/, 'Orders to give service back'],
  [/^outbox\/orders\/.*-disconnect\.csv$/, 'Orders to disconnect numbers'],
  [/^outbox\/orders\//, 'Orders to re-verify numbers, and to bar those that were not'],
  [/^outbox\/receipts\//, 'Receipts: what became of each file that was uploaded'],
  [/^outbox\/rejects\//, 'Rejects: rows that were not taken, each with its reason'],
  [/^outbox\/revocations\/.*\.withdrawn/, 'Lists of numbers that are somebody else’s, or given back'],
  [/^outbox\/revocations\//, 'Revocation lists: numbers that were disconnected, for banks and platforms'],
  [/^outbox\/explanations\//, 'Explanations: what caseworkers were answered'],
  [/^outbox\/reports\//, 'Daily reports to the administrators'],
  [/^outbox\//, 'Other files that were published'],
  [/^audit\//, 'The audit: what was decided, as chained entries'],
  [/^logs\//, 'What the functions wrote'],
  [/^executions\//, 'Executions that failed, with their histories'],
  [/^run\.json$/, 'What the run used of each service'],
];

/** The files of no kind above. */
const OTHERS = 'Other files';

/** The most files of a kind that the first page links; a kind of more has pages of its own. */
const MOST_ON_FIRST = 100;

/** The most bytes of links on one of these, since a page is to have less than 300 kB. */
const MOST_BYTES = 240_000;

/** The links to a run's files: a piece of the first page, and the pages of kinds with many files. */
export interface FileLinks {
  readonly links: Html;
  /** By their paths below the first page's folder. */
  readonly pages: ReadonlyMap<string, string>;
}

/**
 * Links to all of a run's files by kind, each kind with a word on it.
 * @param files their paths below the page's folder, parts separated by `/`
 */
export function fileLinks(files: readonly string[]): FileLinks {
  const kinds = new Map<string, string[]>();
  for (const path of files) {
    const word = WORDS.find(([pattern]) => pattern.test(path))?.[1] ?? OTHERS;
    const paths = kinds.get(word);
    if (paths === undefined) kinds.set(word, [path]);
    else paths.push(path);
  }
  const order = [...WORDS.map(([, word]) => word), OTHERS].filter((word) => kinds.has(word));
  const pages = new Map<string, string>();
  const links = order.map((word) => {
    const paths = (kinds.get(word) ?? []).sort();
    const onFirst = paths.slice(0, MOST_ON_FIRST).map((path) => link(path));
    if (paths.length <= MOST_ON_FIRST) return kindOf(word, paths.length, onFirst);
    const own = ownPages(word, paths);
    for (const [path, page] of own) pages.set(path, page);
    return kindOf(word, paths.length, [
      ...onFirst,
      html`<li>all ${counted(paths.length, 'file')}: ${[...own.keys()].map((path, n) => html`${n === 0 ? '' : ', '}<a href="${addressOf(path)}">page ${n + 1}</a>`)}</li>`,
    ]);
  });
  return { links: html`${links}`, pages };
}

function kindOf(word: string, count: number, links: readonly Html[]): Html {
  return html`<details><summary>${word}: ${counted(count, 'file')}</summary>
<ul class="files">${links}</ul></details>
`;
}

/** @param base the way from the page to the folder of the first one */
const link = (path: string, base = ''): Html => html`<li><a href="${base}${addressOf(path)}">${path}</a></li>`;

/** The pages with all files of a kind, by their paths. */
function ownPages(word: string, paths: readonly string[]): Map<string, string> {
  const parts: Html[][] = [[]];
  let bytes = 0;
  for (const path of paths) {
    const one = link(path, '../');
    bytes += Buffer.byteLength(one.text);
    if (bytes > MOST_BYTES) {
      parts.push([]);
      bytes = Buffer.byteLength(one.text);
    }
    parts.at(-1)?.push(one);
  }
  const pathOf = (n: number) => `${FILES}/${nameOf(word)}-${n + 1}.html`;
  return new Map(
    parts.map((part, n) => {
      const which = parts.length === 1 ? '' : ` (page ${n + 1} of ${parts.length})`;
      const beside = [n - 1, n + 1].filter((other) => parts[other] !== undefined);
      const more = beside.map((other) => html`, <a href="../${pathOf(other)}">page ${other + 1}</a>`);
      return [
        pathOf(n),
        pageOf(
          `${word}${which}`,
          html`<header>
<h1>${word}${which}</h1>
<p><a href="../${PAGE}">The run</a>${more}</p>
</header>
<ul class="files">${part}</ul>
`,
        ),
      ];
    }),
  );
}

/** The name of a kind's pages: the words on it, up to the first comma or colon. */
function nameOf(word: string): string {
  const [words = word] = word.split(/[:,]/);
  return words.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
}

/** Whether a file of that folder has a name that such a page has. */
export function isPageOfFiles(name: string): boolean {
  const [, kind] = /^(.+)-[1-9][0-9]*\.html$/.exec(name) ?? [];
  return [...WORDS.map(([, word]) => word), OTHERS].some((word) => nameOf(word) === kind);
}

/** A path as an address relative to the page. */
function addressOf(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}
