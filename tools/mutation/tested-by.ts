/** Which tests of test/domain hold which file of lambdas/domain. */
import { globSync } from 'node:fs';

/** The tests of files without any of their own name: those of the files that use them. */
const TESTED_BY: Readonly<Record<string, readonly string[]>> = {
  answers: ['moves*'],
  'csv-line': ['csv-writing'],
  'cuts-where-kept': ['sentences*'],
  encodings: ['csv*', 'file-forms'],
  explanations: ['story*', 'sentences*'],
  facts: ['story*', 'sentences*'],
  frequent: ['gates'],
  headers: ['csv-header', 'beside*', 'file-forms'],
  'leaves-out': ['beside*'],
  'outcome-bars': ['status-page'],
  'page-parts': ['*-page', 'charts', 'reversal-preview'],
  'preview-count': ['preview*', 'reversal-preview'],
  'preview-figures': ['preview*', 'reversal-preview'],
  rejects: ['csv-writing', 'screening', 'sightings'],
  replaced: ['ledger-reversals', 'applying-responses*'],
  'reversal-page': ['reversal-preview'],
  'rows-due': ['status', 'status-page', 'digest*'],
  scopes: ['reversals*', 'withdrawing', 'relying'],
  separators: ['csv*', 'spreadsheets', 'tabbed'],
  'status-words': ['status-page', 'digest-page'],
  'story-events': ['story*', 'sentences*'],
  'story-of-batches': ['story*', 'sentences*'],
  'story-of-exemptions': ['story*', 'sentences*'],
  'story-of-reversals': ['story*', 'sentences*'],
  'story-of-rows': ['story*', 'sentences*'],
  'subject-rows': ['reversals*', 'decided-subjects'],
  unseen: ['imeis', 'msisdns', 'csv-header'],
  'what-to-do': ['receipts', 'exemptions', 'file-forms'],
  wording: ['sentences*', 'html'],
};

const LIST = 'a list or a form, which tests of the documents and of the stacks hold';

/** The files that are not mutated, and why not. */
export const NOT_MUTATED: Readonly<Record<string, string>> = {
  admissions: 'tests of the scenarios hold it',
  branded: 'a type alone: nothing of it runs',
  folders: LIST,
  kinds: 'a mutant cannot be placed in one of its lines',
  limits: LIST,
  measures: LIST,
  'notice-texts': LIST,
  notices: LIST,
  'page-style': LIST,
  reasons: LIST,
  'subject-states': LIST,
};

const inDomain = (pattern: string) => `test/domain/${pattern}.test.ts`;

/**
 * The tests that a file's mutants are run against, as patterns: those that begin with its name, or those of the files that use it. Undefined
 * for a file that is not mutated, or of which nobody has said which tests hold it.
 */
export function testsOf(name: string): string[] | undefined {
  if (name in NOT_MUTATED) return undefined;
  const own = inDomain(`${name}*`);
  return globSync(own).length > 0 ? [own] : TESTED_BY[name]?.map(inDomain);
}
