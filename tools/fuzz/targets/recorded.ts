/** Responses of any form, from their events to what is recorded, published and told. */
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { dayOf, type Instant } from '../../../lambdas/domain/days.ts';
import { parseDirectionId } from '../../../lambdas/domain/identifiers.ts';
import { type Ledger, newLedger } from '../../../lambdas/domain/ledger.ts';
import { responseColumns } from '../../../lambdas/domain/responses.ts';
import { combinedColumns } from '../../../lambdas/domain/routing.ts';
import { fileName, fileOf } from '../inputs.ts';
import { MemoryAws } from '../memory-aws.ts';
import { must, target } from '../target.ts';
import { FILE_REASONS, reasonOf } from './csv.ts';
import { AT, load, on, type Sent, sumOf, upload } from './invoked.ts';
import { mustStayInPlace } from './keys.ts';
import { RESPONSE_REASONS } from './rows.ts';
import { mustBeSafe } from './written.ts';

export const record = await load('record-response');

function directionOf(id: string) {
  const read = parseDirectionId(id);
  if (read === null) throw new Error('a direction id');
  return read;
}
export const DIRECTION = directionOf('mha-0123456789ab.reverify.airtel.1-0-0');
const BLOCK = directionOf('mha-0123456789ab.block.airtel.1-0-0');
const HANDSETS = ['35100000000001', '35100000000002'];
const NUMBERS = ['+919800000001', '+919800000002'];
/** The reasons for which files are refused whole, beside those of reading. */
export const REFUSED = [...FILE_REASONS, 'unknown_direction', 'too_many_files', 'file_too_large'];

interface Answer extends Sent {
  readonly directionId: string;
  readonly settled: boolean;
}

const ledgerOf = ({ id, batchId, operator, kind }: NonNullable<typeof DIRECTION>, settled: boolean): Ledger => ({
  ...newLedger({
    directionId: id,
    batchId,
    operator,
    kind,
    plan: 1,
    rows: 2,
    rowsKey: `rows/${kind}`,
    startedAt: AT,
    rungs: [{ order: kind, deadline: '2026-06-17T00:00:00Z' as Instant }],
  }),
  ...(settled ? { closedAt: AT, sealedAt: AT } : {}),
});

export function prepare(aws: MemoryAws, settled: boolean): void {
  const item = (table: string, pk: string, value: object) =>
    aws.items.set(JSON.stringify([table, pk, undefined]), { pk, ...value });
  for (const direction of [DIRECTION, BLOCK]) {
    if (direction === null) continue;
    item('Cases', `BATCH#${direction.batchId}`, {
      format: 2,
      batchId: direction.batchId,
      kind: 'report',
      agency: 'mha',
      file: 'reports/mha/june.csv',
      sha256: '0'.repeat(64),
      execution: 'arn:aws:states:ap-south-1:000000000000:execution:Batch:june',
      plan: 1,
      state: settled ? 'settled' : 'directed',
      startedAt: AT,
      uploadedAt: AT,
      report: { rows: 2, rejected: 0, repeats: 0, handsets: 2 },
      handsetsKey: 'screened/june/handsets.jsonl',
    });
    item('Cases', `DIR#${direction.id}`, ledgerOf(direction, settled));
  }
  aws.objects.set(
    'work/rows/reverify',
    Buffer.from(NUMBERS.map((number, n) => `${number}\t${HANDSETS[n]}\t2026-05-20\t=Delhi\n`).join('')),
  );
  aws.objects.set('work/rows/block', Buffer.from(HANDSETS.map((handset) => `${handset}\n`).join('')));
}

async function checkResponse({ who, name, file, directionId, settled }: Answer): Promise<void> {
  const key = `responses/${who}/${directionId}/${name}`;
  const aws = new MemoryAws();
  prepare(aws, settled);
  const before = structuredClone(aws.items);
  aws.objects.set(`inbox/${key}`, file);
  const done = await on(aws, () => upload(record, key, file.length));
  const sha8 = createHash('sha256').update(file).digest('hex').slice(0, 8);
  const receiptKey = `receipts/${who}/${directionId}/${name}.${sha8}.json`;
  mustStayInPlace(receiptKey, `receipts/${who}/`, 4);
  const receipt = JSON.parse(done.outbox.get(receiptKey)?.toString() ?? 'null');
  must(receipt !== null && receipt.file === name, 'a response has its receipt, which names it');
  const { rows, recorded, alreadyRecorded, rejected, rejects, refused } = receipt;
  must(rows === recorded + alreadyRecorded + sumOf(rejected), 'every row of a response is counted once');
  must(rejects.length === sumOf(rejected), 'every reject of a response is told');
  for (const { reason } of rejects)
    must(RESPONSE_REASONS.includes(reason), 'a row of a response is rejected with a reason of the list');
  const theirs = [DIRECTION, BLOCK].some((direction) => direction?.id === directionId && direction.operator === who);
  must(theirs || refused === 'unknown_direction', "an operator answers nobody's directions but its own");
  if (refused !== null) {
    must(REFUSED.includes(reasonOf(refused)) && rows === 0, 'a response is refused whole, for a reason of the list');
    must(isDeepStrictEqual(aws.items, before) && done.outbox.size === 1, 'a response that is refused has no effect');
  }
  for (const [place, bytes] of done.outbox) {
    if (place === receiptKey) continue;
    const order = place === `orders/${who}/${directionId}/failed-${sha8}-disconnect.csv`;
    const late = settled && place.startsWith(`revocations/${dayOf(AT)}/mha-0123456789ab.late-${sha8}.`);
    const withdrawn = place.startsWith(`revocations/${dayOf(AT)}/mha-0123456789ab.withdrawn-${sha8}.`);
    must(order || late || withdrawn, 'a response writes an order, late revocations or withdrawals, and nothing else');
    if (place.endsWith('.csv')) mustBeSafe(bytes.toString(), ['msisdn', withdrawn ? 'ground' : 'reason']);
    else {
      const { payload, withdrawn: others } = JSON.parse(bytes.toString());
      if (withdrawn) must(payload.length === 0 && others.length > 0, 'a list of withdrawals revokes nobody');
      else must(payload.length > 0 && others === undefined, 'a late list revokes somebody, and withdraws nobody');
    }
  }
  const [outbox, items] = [new Map(done.outbox), structuredClone(aws.items)];
  const again = await on(aws, () => upload(record, key, file.length));
  must(
    isDeepStrictEqual(again.outbox, outbox) && isDeepStrictEqual(aws.items, items),
    'a response that comes again changes nothing',
  );
}

export const responses = target(
  { name: 'functions-response', what: 'responses, from upload to receipt', share: 60 },
  fc.constantFrom(DIRECTION, BLOCK).chain(({ id, kind }) =>
    fc.record({
      who: fc.constantFrom('airtel', 'airtel', 'jio'),
      name: fileName,
      file: fileOf(responseColumns(kind)),
      directionId: fc.constantFrom<string>(id, id, id, 'none', '__proto__', '…'),
      settled: fc.boolean(),
    }),
  ),
  checkResponse,
);

/** Writes the pointers by which rows without a direction find theirs. */
function claim(aws: MemoryAws): void {
  const item = (pk: string, slot: string, id: string, row: number) =>
    aws.items.set(JSON.stringify(['Cases', pk, undefined]), {
      ...{ pk, format: 2, pointers: { [slot]: [`${id}:${row}`] }, reversals: [], version: 1 },
    });
  for (const [row, number] of NUMBERS.entries()) item(`CONN#${number}`, 'number', DIRECTION.id, row);
  for (const [row, handset] of HANDSETS.entries()) item(`HANDSET#${handset}`, 'airtel', BLOCK.id, row);
}

async function checkCombined({ who, name, file, settled }: Sent & { settled: boolean }): Promise<void> {
  const aws = new MemoryAws();
  prepare(aws, settled);
  claim(aws);
  const before = structuredClone(aws.items);
  const put = (as: string) => {
    const key = `responses/${who}/${as}`;
    aws.objects.set(`inbox/${key}`, file);
    return on(aws, () => upload(record, key, file.length));
  };
  const done = await put(name);
  const sha8 = createHash('sha256').update(file).digest('hex').slice(0, 8);
  const receiptKey = `receipts/${who}/${name}.${sha8}.json`;
  mustStayInPlace(receiptKey, `receipts/${who}/`, 3);
  const receipt = JSON.parse(done.outbox.get(receiptKey)?.toString() ?? 'null');
  must(receipt !== null && receipt.file === name, 'a combined response has its receipt, which names it');
  const { rows, recorded, alreadyRecorded, rejected, rejects, refused, directions = [] } = receipt;
  must(rows === recorded + alreadyRecorded + sumOf(rejected), 'every row of a combined response is counted once');
  must(rejects.length === sumOf(rejected), 'every reject of a combined response is told');
  for (const { reason } of rejects)
    must([...RESPONSE_REASONS, 'unknown_direction'].includes(reason), 'a row is rejected with a reason of the list');
  for (const one of directions) {
    must(
      [DIRECTION, BLOCK].some(({ id }) => id === one.directionId) && who === 'airtel',
      'rows go to its own directions',
    );
    must(one.rows === one.recorded + one.alreadyRecorded + one.rejected, 'a direction counts its rows once');
  }
  if (refused !== null) must(isDeepStrictEqual(aws.items, before), 'a response that is refused has no effect');
  const [outbox, items] = [new Map(done.outbox), structuredClone(aws.items)];
  const again = await put(name);
  must(
    isDeepStrictEqual(again.outbox, outbox) && isDeepStrictEqual(aws.items, items),
    'a combined response that comes again changes nothing',
  );
}

export const combinedResponses = target(
  { name: 'functions-combined', what: 'combined responses, from upload to receipt', share: 40 },
  fc.record({
    who: fc.constantFrom('airtel', 'airtel', 'jio'),
    name: fileName,
    file: fileOf({
      required: ['msisdn', 'outcome'],
      optional: combinedColumns.optional.filter((one) => one !== 'msisdn'),
    }),
    settled: fc.boolean(),
  }),
  checkCombined,
);
