import { csvLine } from '../../lambdas/domain/csv-line.ts';
import { WHAT_TO_DO } from '../../lambdas/domain/what-to-do.ts';

const sentences: Record<string, string> = WHAT_TO_DO;

/** Published rejects, whose lines end with their reason: adds to each what to do about it. */
export function withWhatToDo(rejects: string): string {
  const [header = '', ...lines] = rejects.trimEnd().split('\n');
  const told = lines.map((line) => {
    const sentence = sentences[line.split(',').at(-1)?.split(':')[0] ?? ''];
    // A value of several lines has its reason on the last of them.
    return sentence === undefined ? `${line}\n` : `${line},${csvLine([sentence])}`;
  });
  return `${header},what_to_do\n${told.join('')}`;
}

/** The sentences of some reasons, as a receipt has them. */
export const whatToDoAbout = (...reasons: string[]): Record<string, string> =>
  Object.fromEntries(reasons.map((reason) => [reason, sentences[reason.split(':')[0] ?? ''] ?? '']));
