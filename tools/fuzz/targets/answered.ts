/** Lookups of any form, from their events to the answers, where nothing is known of anybody. */
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { APPEAL_GROUNDS } from '../../../lambdas/domain/appeals.ts';
import { sha256Of } from '../../../lambdas/domain/hashes.ts';
import { LOOKUP_COLUMNS } from '../../../lambdas/domain/lookups.ts';
import { fileName, fileOf } from '../inputs.ts';
import { MemoryAws } from '../memory-aws.ts';
import { must, target } from '../target.ts';
import { IMEI_REASONS, MSISDN_REASONS } from './cells.ts';
import { FILE_REASONS, reasonOf } from './csv.ts';
import { load, on, type Sent, sumOf, upload } from './invoked.ts';
import { mustStayInPlace } from './keys.ts';

const answer = await load('answer-lookups');

const ROW_REASONS = [
  ...[
    'wrong_cell_count',
    'second_handset',
    'second_number',
    'several_subjects',
    'bad_reference',
    'too_many_in_file',
    'too_many_today',
  ],
  ...IMEI_REASONS,
  ...MSISDN_REASONS,
];

interface Explained {
  readonly line: number;
  readonly story: unknown[];
  readonly sentence: string;
}

/** Whether a text has the letters of a word one after the other, whatever stands between. */
function hasLettersOf(word: string, text: string): boolean {
  let at = 0;
  for (const letter of word.replaceAll('_', '')) at = text.indexOf(letter, at) + 1 || Number.POSITIVE_INFINITY;
  return Number.isFinite(at);
}

async function checkLookups({ who, name, file }: Sent): Promise<void> {
  const key = `lookups/${who}/${name}`;
  const aws = new MemoryAws();
  aws.objects.set(`inbox/${key}`, file);
  const done = await on(aws, () => upload(answer, key, file.length));
  const sha8 = sha256Of(file).slice(0, 8);
  const receiptKey = `receipts/${who}/lookups/${name}.${sha8}.json`;
  const explanationKey = `explanations/${who}/${name.slice(0, -'.csv'.length)}.${sha8}.json`;
  mustStayInPlace(receiptKey, `receipts/${who}/`, 4);
  mustStayInPlace(explanationKey, `explanations/${who}/`, 3);
  const receipt = JSON.parse(done.outbox.get(receiptKey)?.toString() ?? 'null');
  must(receipt !== null && receipt.file === name, 'lookups have their receipt, which names them');
  const letters = file.toString('latin1').toLowerCase();
  must(
    receipt.refused !== 'wrong_folder' || ['ground', ...APPEAL_GROUNDS].some((word) => hasLettersOf(word, letters)),
    "lookups are in the wrong folder where they have an appeal's ground",
  );
  const { rows, recorded, rejected, rejects, refused } = receipt;
  must(rows === recorded + sumOf(rejected), 'every row of lookups is counted once');
  must(rejects.length === sumOf(rejected), 'every reject of lookups is told');
  must(recorded <= 3, 'of a file no more rows are answered than may be');
  for (const { reason } of rejects)
    must(ROW_REASONS.includes(reason), `a row of lookups is rejected with a reason of the list, not ${reason}`);
  const explanations = done.outbox.get(explanationKey)?.toString();
  must((explanations === undefined) === (refused !== null), 'what is not refused is answered');
  if (refused !== null)
    must(
      [...FILE_REASONS, 'file_too_large', 'wrong_folder'].includes(reasonOf(refused)),
      'lookups are refused for a reason',
    );
  const { lookups }: { lookups: Explained[] } = JSON.parse(explanations ?? '{"lookups":[]}');
  must(lookups.length === recorded, 'every row that is taken is answered');
  for (const { line, story, sentence } of lookups)
    must(line > 1 && story.length === 0 && /^No/.test(sentence), 'of whom nothing is known nothing is told');
  for (const { event } of aws.sent)
    must(
      !/98000000|3510000000/.test(JSON.stringify(event).replaceAll(/[0-9a-f]{64}|[^"]*\.csv/g, '')),
      'the audit is told of nobody',
    );
  const [outbox, items] = [new Map(done.outbox), structuredClone(aws.items)];
  const again = await on(aws, () => upload(answer, key, file.length));
  must(
    isDeepStrictEqual(again.outbox, outbox) && isDeepStrictEqual(aws.items, items),
    'lookups that come again change nothing',
  );
}

/** Mostly without a ground, which makes them no lookups. */
const plain = { required: [], optional: LOOKUP_COLUMNS.oneOf };
const file = fc.oneof({ weight: 9, arbitrary: fileOf(plain) }, { weight: 1, arbitrary: fileOf(LOOKUP_COLUMNS) });

export const lookups = target(
  { name: 'functions-lookup', what: 'lookups, from upload to what is answered', share: 40 },
  fc.record({ who: fc.constantFrom('caseworker-1', 'caseworker-2'), name: fileName, file }),
  checkLookups,
);
