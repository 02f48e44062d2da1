/** Admissions of any form, from their events to the files that are let in. */
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { ADMISSION_COLUMNS } from '../../../lambdas/domain/admissions.ts';
import { sha256Of } from '../../../lambdas/domain/hashes.ts';
import { fileName, fileOf } from '../inputs.ts';
import { MemoryAws, VERSION } from '../memory-aws.ts';
import { must, target } from '../target.ts';
import { FILE_REASONS, reasonOf } from './csv.ts';
import { AT, load, on, type Sent, sumOf, upload } from './invoked.ts';
import { mustStayInPlace } from './keys.ts';

const hear = await load('hear-approvers');

/** Files in the inbox: one that is gated, and one that passed; any other was never weighed. */
const GATED = 'usage/airtel/gated.csv';
const PASSED = 'usage/airtel/passed.csv';
const ROW_REASONS = ['wrong_cell_count', 'unknown_upload', 'not_gated', 'already_admitted'];
const REFUSED = [...FILE_REASONS, 'file_too_large', 'sha_taken', 'too_many_rows'];
const verdictOf = (key: string) => JSON.stringify(['Cases', `USAGE#${sha256Of(`${key}\n${VERSION}`)}`, undefined]);

function prepare(aws: MemoryAws): void {
  const rule = { rule: 'one_handset', limit: 20, found: 50, of: 100 };
  for (const [key, broken] of [
    [GATED, [rule]],
    [PASSED, []],
  ] as const) {
    const pk = JSON.parse(verdictOf(key))[1];
    aws.items.set(verdictOf(key), { pk, format: 1, uploadedAt: AT, good: 100, broken });
  }
  for (const key of [GATED, PASSED, 'usage/airtel/other.csv']) aws.objects.set(`inbox/${key}`, Buffer.from('imei\n'));
}

async function checkAdmission({ who, name, file }: Sent): Promise<void> {
  const key = `admissions/${who}/${name}`;
  const aws = new MemoryAws();
  prepare(aws);
  const before = structuredClone(aws.items);
  aws.objects.set(`inbox/${key}`, file);
  const done = await on(aws, () => upload(hear, key, file.length));
  const receiptKey = `receipts/${who}/admissions/${name}.${sha256Of(file).slice(0, 8)}.json`;
  mustStayInPlace(receiptKey, `receipts/${who}/`, 4);
  must(done.outbox.size === 1, 'admissions have a receipt and nothing else');
  const receipt = JSON.parse(done.outbox.get(receiptKey)?.toString() ?? 'null');
  must(receipt !== null && receipt.file === name, 'admissions have their receipt, which names them');
  const { rows, recorded, alreadyRecorded, rejected, rejects, refused } = receipt;
  must(rows === recorded + alreadyRecorded + sumOf(rejected), 'every row of admissions is counted once');
  must(rejects.length === sumOf(rejected), 'every reject of admissions is told');
  for (const { reason } of rejects)
    must(ROW_REASONS.includes(reason), `a row of admissions is rejected with a reason of the list, not ${reason}`);
  if (refused !== null) {
    must(REFUSED.includes(reasonOf(refused)) && rows === 0, 'admissions are refused whole, for a reason of the list');
    must(isDeepStrictEqual(aws.items, before), 'admissions that are refused have no effect');
  }
  const admitted = aws.items.get(verdictOf(GATED))?.admitted !== undefined;
  must(recorded === (admitted ? 1 : 0), 'the gated file is let in where a row says so, and once');
  must(aws.items.get(verdictOf(PASSED))?.admitted === undefined, 'nobody lets in what passed');
  const handedOn = aws.sent.filter(({ queue }) => queue === 'usage').map(({ event }) => event);
  const object = { key: GATED, size: 5, 'version-id': VERSION };
  const event = { time: AT, detail: { bucket: { name: 'inbox' }, object } };
  must(isDeepStrictEqual(handedOn, admitted ? [event] : []), 'what is let in is handed on, and nothing else');
  const items = structuredClone(aws.items);
  const again = await on(aws, () => upload(hear, key, file.length));
  must(
    isDeepStrictEqual(again.outbox, done.outbox) && isDeepStrictEqual(aws.items, items),
    'admissions that come again change nothing',
  );
}

export const admissions = target(
  { name: 'functions-admission', what: 'admissions, from upload to who is let in', share: 40 },
  fc.record({ who: fc.constantFrom('approver-1', 'approver-2'), name: fileName, file: fileOf(ADMISSION_COLUMNS) }),
  checkAdmission,
);
