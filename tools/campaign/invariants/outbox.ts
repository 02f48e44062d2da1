/** The outbox: rejects and receipts of all uploads, and the check that it holds all that it must, and nothing else. */
import { cellsOf, imeiIn, linesOf, refusedAt, sha256 } from '../../../test/reckoning/files.ts';
import { appealIn } from './asked-back.ts';
import { checkCombined, expectCombined, isCombined } from './combined.ts';
import { isOfHandsets } from './kinds.ts';
import type { Known } from './known.ts';
import { checkExplanations } from './lookups.ts';
import type { Item } from './seen.ts';
import { reasonIn, usageReason } from './sightings.ts';
import { same, sum } from './values.ts';

/** Expects the rejects of all files of usage and of all reports. */
export function expectRejects(known: Known): void {
  for (const { key, text, at } of known.seen.uploads) {
    const [place, who, name] = key.split('/');
    if (place !== 'usage' && place !== 'reports') continue;
    const { columns, lines } = linesOf(text);
    const required = place === 'usage' ? ['imei', 'msisdn', 'last_seen'] : ['imei'];
    const missing = required.find((column) => !columns.includes(column));
    const rejects = lines.flatMap(({ line, cells }) => {
      const reason = cells
        ? place === 'usage'
          ? usageReason(cells, at)
          : reasonIn(imeiIn(cells.imei))
        : 'wrong_cell_count';
      return reason === '' ? [] : [`${line},${reason}`];
    });
    // The last upload under a key counts.
    known.expected[`rejects/${who}/${name}`] = missing === undefined ? rejects : [`1,missing_column:${missing}`];
  }
}

/** Expects the receipts of all responses, of those that were recorded and of those refused whole. */
export function expectReceipts(known: Known): void {
  for (const upload of known.seen.uploads) {
    const { key, text } = upload;
    const [place, operator, id = ''] = key.split('/');
    if (place !== 'responses') continue;
    const digest = sha256(text);
    const receipt = `${key.replace(place, 'receipts')}.${digest.slice(0, 8)}.json`;
    const direction = known.directions.get(id);
    const refused = (why: string) => ({
      sha256: digest,
      rows: 0,
      recorded: 0,
      alreadyRecorded: 0,
      rejected: {},
      rejects: [],
      refused: why,
      ...refusedAt(text, why),
    });
    const { columns } = linesOf(text);
    // In a combined file, `outcome` is the first required column that a cut leaves out.
    const required = isCombined(upload) ? [] : [direction && isOfHandsets(direction.kind) ? 'imei' : 'msisdn'];
    const missing = [...required, 'outcome'].find((column) => !columns.includes(column));
    if (isCombined(upload)) {
      if (missing === undefined) expectCombined(known, upload, receipt);
      else known.expected[receipt] = refused(`missing_column:${missing}`);
    } else if (direction === undefined || direction.operator !== operator)
      known.expected[receipt] = refused('unknown_direction');
    else if (missing !== undefined) known.expected[receipt] = refused(`missing_column:${missing}`);
    else {
      const recorded = direction.recorded.get(digest);
      known.must(recorded !== undefined, `${id}: every response is recorded`);
      if (recorded !== undefined) known.expected[receipt] = recorded;
    }
  }
}

/** Expects the receipts of appeals and withdrawals, of those that were recorded and of those refused whole. */
export function expectReversalReceipts(known: Known): void {
  for (const { key, text } of known.seen.uploads) {
    const [place = '', who] = key.split('/');
    if (place !== 'appeals' && place !== 'withdrawals') continue;
    const digest = sha256(text);
    const receipt = `receipts/${who}/${place}/${key.split('/').at(-1)}.${digest.slice(0, 8)}.json`;
    const missing = [place === 'appeals' ? 'ground' : 'imei'].find((column) => !linesOf(text).columns.includes(column));
    const { rows, rejects, alreadyRecorded, subjects } = place === 'appeals' ? appealIn(text) : withdrawalIn(text);
    const rejected: Record<string, number> = {};
    for (const { reason } of rejects) sum(rejected, reason);
    const none = { rows: 0, recorded: 0, alreadyRecorded: 0, rejected: {}, rejects: [] };
    // A report that approvers refused leaves nothing to withdraw.
    const isOver = place === 'withdrawals' && known.seen.cases[`BATCH#${key.split('/')[2]}`]?.state === 'refused';
    const read = { rows, recorded: subjects.length, alreadyRecorded, rejected, rejects };
    known.expected[receipt] = {
      sha256: digest,
      ...(missing === undefined && !isOver ? read : none),
      refused: missing === undefined ? (isOver ? 'not_waiting' : null) : `missing_column:${missing}`,
      ...(missing === undefined ? {} : refusedAt(text, `missing_column:${missing}`)),
    };
  }
}

/** The counts and rejects of a withdrawal's receipt. */
function withdrawalIn(text: string) {
  const rejects: { line: number; reason: string }[] = [];
  const subjects = new Set<string>();
  const { lines } = linesOf(text);
  for (const { line, cells } of lines) {
    const imei = cells ? imeiIn(cells.imei) : { reason: 'wrong_cell_count' };
    if ('reason' in imei) rejects.push({ line, reason: imei.reason });
    else subjects.add(imei.imei);
  }
  const alreadyRecorded = lines.length - rejects.length - subjects.size;
  return { rows: lines.length, rejects, alreadyRecorded, subjects: [...subjects] };
}

/** The list of what was open at an operator at the last listing. */
const OPEN = /^orders\/[^/]+\/open\.csv$/;
const STATUS = /^batches\/([^/]+)\/status\.json$/;
/** Files that depend on the clock: pages of batches' status, and digests. */
const OTHER_WORDS = /^batches\/[^/]+\/status\.html$|^reports\/daily\//;

/**
 * Checks that each status belongs to a batch, and that one of an ended batch has its end and the numbers of its books. A batch's last
 * status may be lost.
 */
function checkStatuses(known: Known): void {
  const { outbox, cases } = known.seen;
  for (const [key, text] of Object.entries(outbox)) {
    const id = STATUS.exec(key)?.[1];
    if (id === undefined) continue;
    const status = JSON.parse(text) as { status: string; since: string; asOf: string; [book: string]: unknown };
    const books = JSON.parse(outbox[`batches/${id}/summary.json`] ?? '{}') as typeof status;
    const state = cases[`BATCH#${id}`]?.state;
    known.must(state !== undefined, `${id}: what has a status is a batch`);
    if (!['settled', 'empty', 'refused', 'lapsed', 'over_limit', 'withdrawn'].includes(status.status)) continue;
    known.must(
      status.status === (state === 'settled' ? books.status : state),
      `${id}: what is told to have ended has ended so`,
    );
    if (status.status !== 'settled') continue;
    known.must(status.since === books.settledAt, `${id}: a settled batch is told to be so since it settled`);
    known.must(status.asOf >= status.since, `${id}: a settled batch is told as of then, or of when it is told again`);
    for (const book of ['connections', 'blocks', 'outcomes']) {
      const [told, summed] = [status[book], books[book]] as (Record<string, number> | undefined)[];
      for (const [word, count] of Object.entries(summed ?? {}))
        known.must((told?.[word] ?? 0) === count, `${id}: the last status has the books' ${book} (${word})`);
    }
  }
}

/**
 * The receipt of bytes that were recorded before, from their first receipt; the direction's standing is left out, since the first one told
 * it.
 */
const onceMore = ({ recorded, alreadyRecorded, late, open, overdue, ...receipt }: Item) => ({
  ...receipt,
  recorded: 0,
  alreadyRecorded: Number(recorded) + Number(alreadyRecorded),
});

/** Checks that the outbox holds what it must, and nothing else. */
export function checkOutbox(known: Known): void {
  const { outbox } = known.seen;
  checkStatuses(known);
  const names = new Set(
    [
      ...Object.keys(outbox).filter((key) => ![STATUS, OPEN, OTHER_WORDS].some((word) => word.test(key))),
      ...Object.keys(known.expected),
    ].map((key) => key.replace(/^(revocations\/.*)\.(csv|json)$/, '$1')),
  );
  for (const name of names) {
    const [place = ''] = name.split('/');
    const expected = known.expected[name];
    const text = outbox[place === 'revocations' ? `${name}.csv` : name];
    const where = name.replace(/^(\w+\/[^/]*\/[^/]*).*/, '$1');
    if (text === undefined && known.notPublished.has(name)) continue;
    if (text === undefined || expected === undefined) {
      known.must(false, `${text === undefined ? 'missing' : 'nobody asked for'} ${name}`);
      continue;
    }
    const lines = text.trimEnd().split('\n').slice(1);
    if (place === 'orders') {
      const rows = linesOf(text).lines.map(({ cells }) => {
        const { msisdn, imei, deadline, reference, disconnect_by } = cells ?? {};
        if (name.includes('.unblock.')) return `${imei},${msisdn},${deadline}`;
        // An order that gives service back has no reference: nothing is asked of the subscriber.
        return [msisdn ?? imei, '', deadline, reference, disconnect_by].filter((cell) => cell !== undefined).join();
      });
      known.must(
        same(rows, expected),
        `${where}: an order has the rows that were open when it was committed (${name.split('/').at(-1)})`,
      );
    } else if (place === 'rejects') {
      const rows = lines.map(cellsOf).map((cells) => `${cells[0]},${cells.at(-2)}`);
      known.must(same(rows, expected), `${where}: every reject has its line and reason`);
    } else if (place === 'receipts') {
      const { file: _, reversal, whatToDo: __, repeats, ...all } = JSON.parse(text) as Record<string, unknown>;
      const { uploadedAt, recordedAt, next, ...receipt } = all;
      if ('directions' in receipt) {
        checkCombined(known, where, receipt, expected as Parameters<typeof checkCombined>[3]);
        continue;
      }
      const of = repeats === undefined ? expected : onceMore(expected as Item);
      known.must(same(receipt, of), `${where}: a receipt says what was recorded (${name.split('/').at(-1)})`);
      known.must(
        String(uploadedAt) <= String(recordedAt) && (!next || receipt.open !== 0),
        `${where}: a receipt says what comes next for who is open, and after what came before`,
      );
      const first = `responses/${name.split('/').slice(1, 3).join('/')}/${repeats}`;
      known.must(
        repeats === undefined ||
          known.seen.uploads.some((one) => one.key === first && sha256(one.text) === receipt.sha256),
        `${where}: a receipt names the file that it repeats`,
      );
      const isOfReversal = reversal === undefined || known.seen.cases[`BATCH#${reversal}`]?.kind === 'reversal';
      const isAppealed = name.includes('/appeals/') && Number(receipt.recorded) > 0;
      known.must(
        isOfReversal && (reversal !== undefined || !isAppealed),
        `${where}: a receipt names the reversal it began`,
      );
    } else if (place === 'explanations') {
      checkExplanations(known, where, text, expected as Parameters<typeof checkExplanations>[3]);
    } else if (name.includes('.withdrawn')) {
      known.must(same(lines, expected), `${where}: every number is withdrawn once, on its ground`);
      const { payload, withdrawn } = JSON.parse(outbox[`${name}.json`] ?? '{}') as Record<string, { n: string }[]>;
      const both = same(
        withdrawn?.map(({ n }) => n),
        lines.map((line) => line.slice(3, 13)),
      );
      known.must(both && payload?.length === 0, `${where}: both forms of a withdrawal are there, and agree`);
    } else if (place === 'revocations') {
      const rows = linesOf(text).lines.map(
        ({ cells }) => `${cells?.msisdn},${cells?.operator},${cells?.disconnected_on}`,
      );
      known.must(same(rows, expected), `${where}: every disconnected number is revoked once`);
      const { payload } = JSON.parse(outbox[`${name}.json`] ?? '{}') as { payload?: { n: string }[] };
      known.must(
        same(
          payload?.map(({ n }) => n),
          rows.map((row) => row.slice(3, 13)),
        ),
        `${where}: both forms of a list are there, and agree`,
      );
    } else if (place === 'previews') {
      if (!name.endsWith('.json')) continue;
      if ((JSON.parse(text) as { kind: string }).kind === 'reversal') {
        known.must(same(JSON.parse(text), expected), `${where}: the preview says whom the reversal is about`);
        continue;
      }
      const { batchId, agency, file, sha256: digest, report, linked, held, operators } = JSON.parse(text);
      const byOperator = Object.fromEntries(
        Object.entries<{ linked: number }>(operators).map(([operator, { linked: own }]) => [operator, own]),
      );
      const said = { batchId, agency, file, sha256: digest, report, linked, held, operators: byOperator };
      known.must(same(said, expected), `${where}: the preview says whom the batch reaches`);
    } else if (name.endsWith('appeals.csv') || name.endsWith('kept.csv')) {
      // The directions in a line have no fixed order.
      const rows = lines.map((line) => line.replace(/[^,]*$/, (ids) => ids.split(' ').sort().join(' ')));
      known.must(same(rows, expected), `${where}: each line is answered once, and what is kept is named`);
    } else if (name.endsWith('moved.csv')) {
      known.must(same(lines, expected) && same(lines, lines.toSorted()), `${where}: what goes on is listed, sorted`);
    } else if (name.endsWith('handsets.csv')) {
      const imeis = lines.map((line) => line.slice(0, 14));
      known.must(same(imeis, expected), `${where}: each handset of the report has a line, by IMEI`);
    } else if (name.endsWith('elsewhere.csv')) {
      known.must(same(lines, expected), `${where}: what stands elsewhere is named with its direction`);
    } else {
      known.must(same(JSON.parse(text), expected), `${where}: the books say what the ledgers and the links say`);
    }
  }
}
