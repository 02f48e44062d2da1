/** Withdrawals of any form, from their events to the end of the report and the notices. */
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { decisionRecordForm } from '../../../lambdas/domain/decision-text.ts';
import { openDecision } from '../../../lambdas/domain/decisions.ts';
import { sha256Of } from '../../../lambdas/domain/hashes.ts';
import type { BatchId } from '../../../lambdas/domain/identifiers.ts';
import { WITHDRAWAL_COLUMNS } from '../../../lambdas/domain/withdrawals.ts';
import { fileName, fileOf } from '../inputs.ts';
import { MemoryAws } from '../memory-aws.ts';
import { must, target } from '../target.ts';
import { PREVIEW } from '../texts.ts';
import { FILE_REASONS, reasonOf } from './csv.ts';
import { AT, load, ofKind, on, type Sent, sumOf, upload } from './invoked.ts';
import { mustStayInPlace } from './keys.ts';

const withdraw = await load('withdraw-report');

const BATCH = 'mha-0123456789ab' as BatchId;
const REFUSED = [...FILE_REASONS, 'unknown_batch', 'not_waiting', 'not_directed', 'file_too_large'];
const ITEM = JSON.stringify(['Cases', `BATCH#${BATCH}`, undefined]);

/** The handsets of the report. */
const REPORTED = ['35100000000001', '35100000000002'];

interface Withdrawn extends Sent {
  readonly batchId: string;
  readonly state: 'waiting' | 'directed' | 'refused';
  /** Whether there is a preview, and therefore something to decide upon. */
  readonly isPreviewed: boolean;
}

function prepare(aws: MemoryAws, { state, isPreviewed }: Withdrawn): void {
  const recordKey = `decided/${BATCH}/first/record.json`;
  const opened = { batchId: BATCH, preview: PREVIEW, people: 2, openedAt: AT, decideBy: null, overLimit: null };
  const decision = { recordKey, decideBy: null, tokens: ['token'], version: 1 };
  aws.objects.set(`work/${recordKey}`, Buffer.from(JSON.stringify(decisionRecordForm.write(openDecision(opened)))));
  aws.objects.set('work/screened/handsets.jsonl', Buffer.from(REPORTED.map((imei) => `{"imei":"${imei}"}\n`).join('')));
  aws.items.set(ITEM, {
    pk: `BATCH#${BATCH}`,
    format: 5,
    batchId: BATCH,
    kind: 'report',
    agency: 'mha',
    file: 'reports/mha/june.csv',
    sha256: '0'.repeat(64),
    execution: 'arn:aws:states:ap-south-1:000000000000:execution:Batch:june',
    plan: state === 'directed' ? 1 : 0,
    state,
    startedAt: AT,
    uploadedAt: AT,
    report: { rows: 2, rejected: 0, repeats: 0, handsets: 2 },
    handsetsKey: 'screened/handsets.jsonl',
    ...(isPreviewed && { previewKey: `screened/${BATCH}/x/previews/y`, previewSha256: PREVIEW, decision }),
  });
}

async function checkWithdrawal(sent: Withdrawn): Promise<void> {
  const { who, name, file, batchId, state } = sent;
  const key = `withdrawals/${who}/${batchId}/${name}`;
  const aws = new MemoryAws();
  prepare(aws, sent);
  const before = structuredClone(aws.items);
  aws.objects.set(`inbox/${key}`, file);
  const done = await on(aws, () => upload(withdraw, key, file.length));
  const receiptKey = `receipts/${who}/withdrawals/${name}.${sha256Of(file).slice(0, 8)}.json`;
  mustStayInPlace(receiptKey, `receipts/${who}/`, 4);
  must(done.outbox.size === 1, 'a withdrawal has a receipt and nothing else');
  const receipt = JSON.parse(done.outbox.get(receiptKey)?.toString() ?? 'null');
  must(receipt !== null && receipt.file === name, 'a withdrawal has its receipt, which names it');
  const { rows, recorded, alreadyRecorded, rejected, rejects, refused } = receipt;
  const isReversed = state === 'directed' && refused === null;
  must(
    isReversed || (rows === 0 && rejects.length === 0 && sumOf(rejected) === 0),
    'no row of a withdrawal is taken before there are directions',
  );
  must(
    rows === recorded + alreadyRecorded + sumOf(rejected) && rejects.length === sumOf(rejected),
    'every row of a withdrawal is counted once, and every reject told',
  );
  must(ofKind(done, 'receipt').length === 1, 'the agency is told once');
  const isOwn = batchId === BATCH && who === 'mha';
  must(
    isOwn || refused === 'unknown_batch' || FILE_REASONS.includes(reasonOf(String(refused))),
    'an agency withdraws its own reports alone',
  );
  must(state !== 'refused' || refused !== null, 'nobody withdraws what has ended without effect');
  const starts = isReversed && (rows === 0 || recorded > 0) ? 1 : 0;
  must(aws.started.length === starts, 'what is directed is taken back by one reversal, unless nothing is asked');
  if (refused !== null) {
    must(REFUSED.includes(reasonOf(refused)), 'a withdrawal is refused for a reason of the list');
    must(isDeepStrictEqual(aws.items, before), 'a withdrawal that is refused has no effect');
  } else must(aws.items.get(ITEM)?.state === (isReversed ? state : 'withdrawn'), 'what is withdrawn is so');
  const [outbox, items] = [new Map(done.outbox), structuredClone(aws.items)];
  const again = await on(aws, () => upload(withdraw, key, file.length));
  must(
    isDeepStrictEqual(again.outbox, outbox) && isDeepStrictEqual(aws.items, items),
    'a withdrawal that comes again changes nothing',
  );
}

export const withdrawals = target(
  { name: 'functions-withdrawal', what: 'withdrawals, from upload to receipt', share: 60 },
  fc.record({
    who: fc.constantFrom('mha', 'mha', 'mha', 'up-police'),
    name: fileName,
    file: fc.oneof(fc.constantFrom(Buffer.from('imei\n'), Buffer.from('IMEI,why\r\n\r\n')), fileOf(WITHDRAWAL_COLUMNS)),
    batchId: fc.constantFrom<string>(BATCH, BATCH, BATCH, BATCH, 'mha-0123456789ac', '__proto__', '…'),
    state: fc.constantFrom('waiting', 'waiting', 'directed', 'directed', 'refused'),
    isPreviewed: fc.boolean(),
  }),
  checkWithdrawal,
);
