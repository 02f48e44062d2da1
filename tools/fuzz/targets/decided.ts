/** Decisions of any form, from their events to what is recorded, published and told. */
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { DECISION_COLUMNS } from '../../../lambdas/domain/decision-rows.ts';
import { decisionRecordForm } from '../../../lambdas/domain/decision-text.ts';
import { type Decision, openDecision } from '../../../lambdas/domain/decisions.ts';
import { sha256Of } from '../../../lambdas/domain/hashes.ts';
import type { BatchId } from '../../../lambdas/domain/identifiers.ts';
import { fileName, fileOf } from '../inputs.ts';
import { MemoryAws } from '../memory-aws.ts';
import { must, target } from '../target.ts';
import { PREVIEW } from '../texts.ts';
import { FILE_REASONS, reasonOf } from './csv.ts';
import { AT, load, on, type Sent, sumOf, upload } from './invoked.ts';
import { mustStayInPlace } from './keys.ts';

const hear = await load('hear-approvers');

const BATCH = 'mha-0123456789ab' as BatchId;
const HELD = '35100000000001';
const HANDSET = '35100000000002';
const NUMBER = '+919800000001';
const ROW_REASONS = [
  ...[
    'wrong_cell_count',
    'second_handset',
    'second_number',
    'bad_preview',
    'not_this_preview',
    'unknown_decision',
    'missing_ground',
    'missing_remarks',
  ],
  ...['about_the_batch', 'beside_rejects'],
  ...[
    'missing_imei',
    'not_digits',
    'rounded_by_spreadsheet',
    'two_in_one_cell',
    'wrong_length',
    'check_digit_mismatch',
    'not_a_device',
  ],
  ...['missing_msisdn', 'bad_msisdn', 'not_held', 'not_a_subject'],
];
const REFUSED = [...FILE_REASONS, 'unknown_batch', 'not_waiting', 'file_too_large', 'sha_taken', 'too_many_files'];

interface Said extends Sent {
  readonly batchId: string;
  /** The state of the batch, and the number of people that it waits or waited for. */
  readonly state: 'waiting' | 'approved' | 'failed';
  readonly people: number;
  /** Whether the approver has approved before that. */
  readonly approved: boolean;
}

function prepare(aws: MemoryAws, { who, state, people, approved }: Said): void {
  const recordKey = `decided/${BATCH}/first/record.json`;
  const opened = openDecision({
    batchId: BATCH,
    preview: PREVIEW,
    people: state === 'approved' ? 0 : people,
    openedAt: AT,
    decideBy: null,
    overLimit: null,
  });
  const approval = { batch: { decision: 'approve', ground: 'public_interest', at: AT }, subjects: {} } as const;
  const decision = approved && people > 1 ? { ...opened, votes: { [who]: approval } } : opened;
  const previewKey = `screened/${BATCH}/x/previews/y`;
  const pk = `BATCH#${BATCH}`;
  aws.items.set(JSON.stringify(['Cases', pk, undefined]), {
    pk,
    format: 4,
    batchId: BATCH,
    kind: 'report',
    agency: 'mha',
    file: 'reports/mha/june.csv',
    sha256: '0'.repeat(64),
    execution: 'arn:aws:states:ap-south-1:000000000000:execution:Batch:june',
    plan: 0,
    state,
    startedAt: AT,
    uploadedAt: AT,
    report: { rows: 2, rejected: 0, repeats: 0, handsets: 2 },
    handsetsKey: 'screened/handsets.jsonl',
    previewKey,
    previewSha256: PREVIEW,
    decision: { recordKey, decideBy: null, tokens: ['token'], version: 1 },
  });
  const work = (key: string, text: string) => aws.objects.set(`work/${key}`, Buffer.from(text));
  work(recordKey, JSON.stringify(decisionRecordForm.write(decision)));
  work('screened/handsets.jsonl', [HELD, HANDSET].map((imei) => `${JSON.stringify({ imei })}\n`).join(''));
  const columns = 'imei,why,connections,areas,busiest_day,connections_that_day,areas_that_day';
  work(`${previewKey}/held.csv`, `${columns}\n${HELD}3,busy_day,30,1,2026-05-20,30,1\n`);
  const links = `${NUMBER}\t${HELD}\t2026-05-20\tairtel\tDelhi\n`;
  work('links.tsv', links);
  const objects = [{ key: 'links.tsv', bytes: links.length, sha256: sha256Of(links) }];
  work(`${previewKey}/gathered.json`, JSON.stringify({ format: 1, objects }));
}

function decisionIn(aws: MemoryAws): Decision {
  const { decision } = aws.items.get(JSON.stringify(['Cases', `BATCH#${BATCH}`, undefined])) ?? {};
  const { recordKey } = decision as { recordKey: string };
  return decisionRecordForm.parse(aws.in('work').get(recordKey)?.toString() ?? '');
}

async function checkDecision(said: Said): Promise<void> {
  const { who, name, file, batchId, state, people, approved } = said;
  const key = `decisions/${who}/${batchId}/${name}`;
  const aws = new MemoryAws();
  prepare(aws, said);
  const before = structuredClone(aws.items);
  aws.objects.set(`inbox/${key}`, file);
  const done = await on(aws, () => upload(hear, key, file.length));
  const receiptKey = `receipts/${who}/${batchId}/${name}.${sha256Of(file).slice(0, 8)}.json`;
  mustStayInPlace(receiptKey, `receipts/${who}/`, 4);
  must(done.outbox.size === 1, 'a decision has a receipt and nothing else');
  const receipt = JSON.parse(done.outbox.get(receiptKey)?.toString() ?? 'null');
  must(receipt !== null && receipt.file === name, 'a decision has its receipt, which names it');
  const { rows, recorded, alreadyRecorded, rejected, rejects, refused } = receipt;
  must(rows === recorded + alreadyRecorded + sumOf(rejected), 'every row of a decision is counted once');
  must(rejects.length === sumOf(rejected), 'every reject of a decision is told');
  for (const { reason } of rejects)
    must(ROW_REASONS.includes(reason), `a row of a decision is rejected with a reason of the list, not ${reason}`);
  if (refused !== null) {
    must(REFUSED.includes(reasonOf(refused)) && rows === 0, 'a decision is refused whole, for a reason of the list');
    const counts = batchId === BATCH && state === 'waiting';
    must(
      counts || isDeepStrictEqual(aws.items, before),
      'a decision that is refused about nothing that waits has no effect',
    );
    const { votes, files, ending } = decisionIn(aws);
    must(
      files.length === 0 &&
        (ending === null || !counts) &&
        Object.values(votes).every(({ subjects }) => isDeepStrictEqual(subjects, {})),
      'nothing of a decision that is refused is recorded',
    );
    const approves = Object.values(votes).some(({ batch }) => batch?.decision === 'approve');
    must(approves === (approved && people > 1 && !counts), 'nobody approves whose later decision is refused');
  }
  must(batchId === BATCH || refused !== null, 'nobody decides upon what is no batch');
  must(state === 'waiting' || refused !== null, 'nobody decides upon what waits no more');
  const decision = decisionIn(aws);
  for (const { subjects } of Object.values(decision.votes))
    for (const subject of Object.keys(subjects))
      must([HELD, HANDSET, NUMBER].includes(subject), 'nobody decides upon whom the batch is not about');
  const isApproved = state === 'waiting' && decision.ending?.state === 'approved';
  must(!isApproved || people === 1, 'nobody approves alone what two have to');
  must(!isApproved || rejects.length === 0, 'nobody approves with a file of which a row was rejected');
  const [outbox, items] = [new Map(done.outbox), structuredClone(aws.items)];
  const again = await on(aws, () => upload(hear, key, file.length));
  must(
    isDeepStrictEqual(again.outbox, outbox) && isDeepStrictEqual(aws.items, items),
    'a decision that comes again changes nothing',
  );
}

export const decisions = target(
  { name: 'functions-decision', what: 'decisions, from upload to receipt', share: 60 },
  fc.record({
    who: fc.constantFrom('approver-1', 'approver-2'),
    name: fileName,
    file: fileOf(DECISION_COLUMNS),
    batchId: fc.constantFrom<string>(BATCH, BATCH, BATCH, BATCH, 'mha-0123456789ac', '__proto__', '…'),
    state: fc.constantFrom('waiting', 'waiting', 'waiting', 'waiting', 'approved', 'failed'),
    people: fc.constantFrom(1, 2),
    approved: fc.boolean(),
  }),
  checkDecision,
);
