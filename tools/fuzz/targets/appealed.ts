/** Appeals of any form, from their events to the reversals that they ask for, where no reference leads to anybody. */
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { APPEAL_COLUMNS } from '../../../lambdas/domain/appeal-rows.ts';
import { askedForm } from '../../../lambdas/domain/appeals.ts';
import { sha256Of } from '../../../lambdas/domain/hashes.ts';
import { fileName, fileOf } from '../inputs.ts';
import { MemoryAws } from '../memory-aws.ts';
import { must, target } from '../target.ts';
import { IMEI_REASONS, MSISDN_REASONS } from './cells.ts';
import { FILE_REASONS, reasonOf } from './csv.ts';
import { load, on, type Sent, sumOf, upload } from './invoked.ts';
import { mustStayInPlace } from './keys.ts';

const fileAppeal = await load('file-appeal');

const ROW_REASONS = [
  ...[
    'wrong_cell_count',
    'second_handset',
    'second_number',
    'several_subjects',
    'bad_reference',
    'unknown_reference',
    'missing_ground',
    'bad_ground',
  ],
  ...IMEI_REASONS,
  ...MSISDN_REASONS,
];

async function checkAppeal({ who, name, file }: Sent): Promise<void> {
  const key = `appeals/${who}/${name}`;
  const aws = new MemoryAws();
  aws.objects.set(`inbox/${key}`, file);
  const done = await on(aws, () => upload(fileAppeal, key, file.length));
  const receiptKey = `receipts/${who}/appeals/${name}.${sha256Of(file).slice(0, 8)}.json`;
  mustStayInPlace(receiptKey, `receipts/${who}/`, 4);
  must(done.outbox.size === 1, 'an appeal has a receipt and nothing else');
  const receipt = JSON.parse(done.outbox.get(receiptKey)?.toString() ?? 'null');
  must(receipt !== null && receipt.file === name, 'an appeal has its receipt, which names it');
  const { rows, recorded, alreadyRecorded, rejected, rejects, refused } = receipt;
  must(rows === recorded + alreadyRecorded + sumOf(rejected), 'every row of an appeal is counted once');
  must(rejects.length === sumOf(rejected), 'every reject of an appeal is told');
  for (const { reason } of rejects)
    must(ROW_REASONS.includes(reason), `a row of an appeal is rejected with a reason of the list, not ${reason}`);
  if (refused !== null)
    must([...FILE_REASONS, 'file_too_large'].includes(reasonOf(refused)), 'an appeal is refused for a reason');
  must(aws.started.length === (recorded > 0 ? 1 : 0), 'an appeal starts one reversal, unless it asks for nothing');
  const [asks] = [...aws.in('work')].filter(([prepared]) => prepared.endsWith('/asked.json'));
  if (recorded > 0 && asks !== undefined) {
    const asked = askedForm.parse(asks[1].toString());
    must(asked.appeals.length === recorded + alreadyRecorded, 'what is recorded is asked');
    const subjects = new Set(asked.appeals.map(({ msisdn, imei }) => `${msisdn} ${imei}`));
    must(subjects.size === recorded, 'nothing is counted twice');
  }
  for (const { event } of aws.sent)
    must(
      !/98000000|3510000000/.test(JSON.stringify(event).replaceAll(/[0-9a-f]{64}|[^"]*\.csv/g, '')),
      'the audit is told of nobody',
    );
  const [outbox, items] = [new Map(done.outbox), structuredClone(aws.items)];
  const again = await on(aws, () => upload(fileAppeal, key, file.length));
  must(
    isDeepStrictEqual(again.outbox, outbox) && isDeepStrictEqual(aws.items, items),
    'an appeal that comes again changes nothing',
  );
}

export const appeals = target(
  { name: 'functions-appeal', what: 'appeals, from upload to what is asked', share: 60 },
  fc.record({ who: fc.constantFrom('caseworker-1', 'caseworker-2'), name: fileName, file: fileOf(APPEAL_COLUMNS) }),
  checkAppeal,
);
