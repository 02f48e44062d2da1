/** The links of a run's page, with a word on each kind of file. */
import { type Html, html } from '../lambdas/domain/html.ts';
import { counted } from '../lambdas/domain/wording.ts';

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

/** The most files of a kind that a page links, since there may be thousands; the folder has the others. */
const MOST_LINKED = 100;

/**
 * Links to a run's files by kind, each kind with a word on it.
 * @param files their paths below the page's folder, parts separated by `/`
 */
export function fileLinks(files: readonly string[]): Html {
  const kinds = new Map<string, string[]>();
  for (const path of files) {
    const word = WORDS.find(([pattern]) => pattern.test(path))?.[1] ?? 'Other files';
    kinds.set(word, [...(kinds.get(word) ?? []), path]);
  }
  const order = [...WORDS.map(([, word]) => word), 'Other files'].filter((word) => kinds.has(word));
  return html`${order.map((word) => {
    const paths = (kinds.get(word) ?? []).sort();
    const shown = paths.slice(0, MOST_LINKED);
    const rest = paths.length - shown.length;
    const folder = (paths[0] ?? '').split('/').slice(0, 2).join('/');
    const more =
      rest === 0
        ? html``
        : html`<li>and ${counted(rest, 'other')} in <a href="${addressOf(folder)}/">${folder}/</a></li>`;
    return html`<details><summary>${word}: ${counted(paths.length, 'file')}</summary>
<ul class="files">${shown.map((path) => html`<li><a href="${addressOf(path)}">${path}</a></li>`)}${more}</ul></details>
`;
  })}`;
}

/** A path as an address relative to the page. */
function addressOf(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}
