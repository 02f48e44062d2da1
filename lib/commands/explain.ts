/** The question and the answers of `npm run explain`: a file of lookups, and its explanations for people to read. */
import { GetCallerIdentityCommand, type STSClient } from '@aws-sdk/client-sts';
import * as z from 'zod';
import { csvLine } from '../../lambdas/domain/csv-line.ts';
import type { Instant } from '../../lambdas/domain/days.ts';
import { sha256Of } from '../../lambdas/domain/hashes.ts';
import { type CaseworkerId, isCaseworkerId, LOOKED_UP } from '../../lambdas/domain/identifiers.ts';
import { INBOX } from '../../lambdas/domain/inbox.ts';
import { explanationKey, receiptKey } from '../../lambdas/domain/outbox.ts';
import { isLikeReference } from '../../lambdas/domain/references.ts';

/** The credentials are of no caseworker's role. */
class NoCaseworker extends Error {
  override name = 'NoCaseworker';
}

/**
 * The caseworker as whose role a command runs.
 * @throws NoCaseworker
 */
export async function caseworkerOf(sts: STSClient, stage: string): Promise<CaseworkerId> {
  const { Arn = '' } = await sts.send(new GetCallerIdentityCommand({}));
  // arn:aws:sts::<account>:assumed-role/<stage>-<region>-caseworker-<id>/<session>
  const role = Arn.split('/')[1] ?? '';
  const [, id = ''] = role.startsWith(`${stage}-`) ? (/-caseworker-(.*)$/.exec(role) ?? []) : [];
  if (!isCaseworkerId(id))
    throw new NoCaseworker(
      `these credentials are of no caseworker's role of stage ${stage}: ${Arn}; name one by --caseworker`,
    );
  return id;
}

/** A file of lookups, and where its answers will lie. */
interface Question {
  readonly key: string;
  readonly text: string;
  readonly receipt: string;
  readonly explanations: string;
}

/** A number as it is dialled from abroad: with its country's code, however that is marked. */
const DIALLED = /^(?:\+|0091[6-9])/;

/** The cells of a word, by its form: a reference's form makes it one, 14 digits or more make it an IMEI, unless it is dialled. */
function cellsOf(word: string): [msisdn: string, imei: string, reference: string] {
  if (isLikeReference(word) && /[a-z]/i.test(word)) return ['', '', word];
  const isNumber = DIALLED.test(word.replaceAll(/[\s()./-]/g, ''));
  return !isNumber && word.replace(/\D/g, '').length >= 14 ? ['', word, ''] : [word, '', ''];
}

/**
 * The file that asks about these numbers, IMEIs and references, one a line. It says when it was made, in a column that nobody reads, so
 * that no earlier file is the same.
 */
export function questionOf(caseworker: CaseworkerId, words: readonly string[], at: Instant): Question {
  const name = `explain-${at.replaceAll(/[-:]/g, '')}.csv`;
  const lines = words.map((word) => csvLine([...cellsOf(word), at]));
  const text = csvLine(['msisdn', 'imei', 'reference', 'made_at']) + lines.join('');
  const sha256 = sha256Of(text);
  return {
    key: `${INBOX.lookups.prefix}${caseworker}/${name}`,
    text,
    receipt: receiptKey(caseworker, LOOKED_UP, name, sha256),
    explanations: explanationKey(caseworker, name, sha256),
  };
}

const receipt = z.object({
  refused: z.string().nullable(),
  line: z.number().optional(),
  rejects: z.array(z.object({ line: z.number(), reason: z.string() })),
  whatToDo: z.record(z.string(), z.string()),
});
const event = z.looseObject({ at: z.string(), what: z.string() });
const explained = z.object({
  lookups: z.array(z.object({ line: z.number(), story: z.array(event), sentence: z.string() })),
});

/** What is said of each word that was asked about, and what is complained of. */
export interface Answers {
  readonly said: readonly string[];
  readonly complained: readonly string[];
}

/** The line of the first word. */
const FIRST_LINE = 2;

/**
 * The answers to words in the order in which they were asked, as text: the sentence of each, and its story with an event a line.
 * @param explanations undefined if the file was refused whole: the receipt says why
 */
export function answersText(words: readonly string[], receiptText: string, explanations: string | undefined): Answers {
  const { refused, line: refusedAt, rejects, whatToDo } = receipt.parse(JSON.parse(receiptText));
  const wordAt = (line: number) => words[line - FIRST_LINE] ?? `line ${line}`;
  const whyNot = (reason: string, line?: number) =>
    `${line === undefined ? '' : `${wordAt(line)}: `}not answered: ${reason}; what to do: ${whatToDo[reason]}`;
  if (refused !== null || explanations === undefined)
    return { said: [], complained: [whyNot(String(refused), refusedAt)] };
  const { lookups } = explained.parse(JSON.parse(explanations));
  return {
    said: lookups.flatMap(({ line, story, sentence }) => [wordAt(line), `  ${sentence}`, ...story.map(eventText), '']),
    complained: rejects.map(({ line, reason }) => whyNot(reason, line)),
  };
}

function eventText({ at, what, ...more }: z.infer<typeof event>): string {
  const told = Object.entries(more).flatMap(([name, value]) => (isEmpty(value) ? [] : [`${name} ${valueText(value)}`]));
  return `    ${at.padEnd('2026-06-01T00:00:00Z'.length)}  ${what.padEnd('withdrawn'.length)}  ${told.join(', ')}`.trimEnd();
}

const isEmpty = (value: unknown) => value === null || value === '' || (Array.isArray(value) && value.length === 0);

/** An agency's text may hold anything, and a terminal would obey it: control characters are replaced. */
function valueText(value: unknown): string {
  if (Array.isArray(value)) return value.map(valueText).join(' / ');
  if (typeof value === 'object' && value !== null)
    return Object.entries(value)
      .flatMap(([name, one]) => (isEmpty(one) ? [] : [`${name} ${valueText(one)}`]))
      .join(' ');
  return String(value).replace(/\p{Cc}/gu, '?');
}
