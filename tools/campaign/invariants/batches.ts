/** Compares batches' books with what is reckoned from the uploads and the ledgers. */
import { imeiIn, linesOf, sha256, written } from '../../../test/reckoning/files.ts';
import { noOperator } from '../../../test/reckoning/tables.ts';
import { OPERATORS, type Upload } from '../story.ts';
import { type Books, checkEnds, directionsOf, expectBooks, noBooks, reportOf } from './books.ts';
import { activatedBefore, decidedOf, operatorFor } from './decided.ts';
import { struckIn } from './decision-files.ts';
import { checkApproved, checkAsked } from './decisions.ts';
import { checkFollowUp } from './follow-ups.ts';
import type { Direction, Known } from './known.ts';
import { firstOrderOf } from './orders.ts';
import { checkReversal, checkReversed } from './reversals.ts';
import type { Item } from './seen.ts';
import { handsetsIn, latestImport, newestSightings } from './sightings.ts';
import type { Asked } from './standing.ts';
import { instant, same, sum } from './values.ts';

interface BatchBooks {
  id: string;
  agency: string;
  plan: number;
  /** Rows `kind,identifier,operator,state,directionId` of what stands elsewhere. */
  elsewhere: string[];
  /** Rows `kind,operator,identifier,imei`. */
  directed: string[];
}

/** Checks every report and every batch. */
export function checkBatches(known: Known): void {
  const reports = known.seen.uploads.filter(({ key }) => key.startsWith('reports/'));
  for (const { key, text } of reports) {
    const id = `${key.split('/')[1]}-${sha256(text).slice(0, 12)}`;
    const readable = linesOf(text).columns.includes('imei');
    const found = known.batches.filter(({ batchId }) => batchId === id).length;
    known.must(found === (readable ? 1 : 0), `${id}: a report is one batch, and one that can't be read is none`);
  }
  for (const batch of known.batches) {
    if (batch.kind === 'report') checkBatch(known, batch);
    if (batch.kind === 'followup') checkFollowUp(known, batch);
    if (batch.kind === 'reversal') checkReversal(known, batch);
  }
  checkReversed(known);
}

function checkBatch(known: Known, item: Item): void {
  const id = String(item.batchId);
  const must = (holds: boolean, rule: string) => known.must(holds, `${id}: ${rule}`);
  const isRefused = item.state === 'refused';
  must(item.state === 'settled' || isRefused, 'every batch settles, or is refused');
  const agency = String(item.agency);
  const uploads = known.seen.uploads.filter(
    ({ key, text }) => `${key.split('/')[1]}-${sha256(text).slice(0, 12)}` === id,
  );
  const upload = uploads.find(({ at }) => instant(at) === item.uploadedAt);
  must(upload !== undefined && upload.key === item.file, 'it is that of a report, at the instant of an upload');
  if (upload === undefined) return;
  expectPreview(known, id, agency, upload);
  if (isRefused) expectNothing(known, item, upload);
  if (item.state !== 'settled') return;
  const books: BatchBooks = { id, agency, plan: Number(item.plan), elsewhere: [], directed: [] };
  const operators = noBooks();
  decideAll(known, books, upload, operators);
  const own = directionsOf(known, id);
  checkEveryRowOnce(known, books, own);
  expectBooks(known, item, own, operators, { elsewhere: books.elsewhere, report: reportOf(upload.text) });
  known.expected[`batches/${id}/handsets.csv`] = [...handsetsIn(upload.text)].sort();
  checkEnds(known, item, own);
  const startedAt = Date.parse(String(item.startedAt));
  must(startedAt >= upload.at, 'it is planned after its upload');
  // A report without handsets asks nobody, and settles at once.
  if (handsetsIn(upload.text).size > 0) checkApproved(known, item);
  checkLinked(known, id, upload);
}

/** Expects the preview of a report. */
function expectPreview(known: Known, id: string, agency: string, upload: Upload): void {
  const handsets = handsetsIn(upload.text);
  if (handsets.size === 0) return;
  checkAsked(known, id, upload.at);
  const linked = newestSightings(known.imported, upload.at, handsets);
  known.expected[`previews/${id}/preview.json`] = {
    ...{ batchId: id, agency, file: upload.key, sha256: sha256(upload.text), report: reportOf(upload.text) },
    ...{ linked: linked.length, held: 0 },
    operators: Object.fromEntries(
      OPERATORS.map((operator) => [operator, linked.filter((one) => one.operator === operator).length]),
    ),
  };
  for (const name of ['preview.html', 'held.csv']) known.expected[`previews/${id}/${name}`] = 'whatever it says';
}

/** Expects the summary of a batch that directs nobody, which is all that it has. */
function expectNothing(known: Known, item: Item, { key, text }: Upload): void {
  const id = String(item.batchId);
  const { connections, blocks } = noOperator();
  const startedAt = Date.parse(String(item.startedAt));
  known.expected[`batches/${id}/summary.json`] = {
    ...{ batchId: id, agency: item.agency, file: key, status: item.state, report: reportOf(text), connections, blocks },
    operators: Object.fromEntries(
      OPERATORS.map((operator) => [operator, noOperator(latestImport(known.imported, operator, startedAt))]),
    ),
    ...{ unexplained: 0, startedAt: item.startedAt, settledAt: item.endedAt },
  };
  const directions = [...known.seen.ledgers.keys()].filter((direction) => direction.startsWith(`${id}.`));
  known.must(item.plan === 0 && directions.length === 0, `${id}: who is refused directs nobody`);
}

/** Checks invariant 5, independently of all decisions: linked numbers are those that the usage files have for the report's handsets. */
function checkLinked(known: Known, id: string, { text, at }: Upload): void {
  const handsets = new Set(
    linesOf(text).lines.flatMap(({ cells }) => {
      const imei = imeiIn(cells?.imei);
      return 'imei' in imei ? [imei.imei] : [];
    }),
  );
  const { connections } = JSON.parse(known.seen.outbox[`batches/${id}/summary.json`] ?? '{}') as {
    connections?: { linked: number };
  };
  known.must(
    connections?.linked === newestSightings(known.imported, at, handsets).length,
    `${id}: linked is the number of connections in the usage files`,
  );
}

/** Checks invariants 1 and 2, from the upload and the links: what must have been decided of each row. */
function decideAll(known: Known, books: BatchBooks, { text, at }: Upload, operators: Record<string, Books>): void {
  const handsets = handsetsIn(text);
  const struck = struckIn(known, books.id);
  const { plan } = books;
  for (const { msisdn, operator: seenAt, on: seenIn, onDay, day } of newestSightings(
    known.imported,
    at,
    handsets,
    struck,
  )) {
    const asked: Asked = {
      kind: 'reverify',
      operator: seenAt,
      identifier: msisdn,
      lastSeen: day,
      directedFor: onDay,
      plan,
    };
    // The number's present holder was only seen in handsets that were left out.
    const since = activatedBefore(known, asked);
    const on = onDay <= since && since < day ? undefined : seenIn;
    // A number that is left out counts at the operator where it was seen.
    const operator = on === undefined ? seenAt : operatorFor(known, asked);
    count(known, books, { ...asked, operator }, on, operators);
  }
  for (const imei of handsets)
    for (const operator of OPERATORS) {
      const asked: Asked = { kind: 'block', operator, identifier: imei, lastSeen: '', plan };
      count(known, books, asked, struck.has(imei) ? undefined : imei, operators);
    }
}

/**
 * Counts a row of a report as it must have been decided.
 * @param imei the handset for which the row is directed; undefined if it is left out
 */
function count(
  known: Known,
  books: BatchBooks,
  asked: Asked,
  imei: string | undefined,
  operators: Record<string, Books>,
): void {
  const { kind, operator, identifier } = asked;
  const { state, direction } = imei === undefined ? { state: 'struck', direction: '' } : decidedOf(known, asked);
  const summary = operators[operator] as Books;
  const counts: Record<string, number> = kind === 'block' ? summary.blocks : summary.connections;
  sum(counts, kind === 'block' ? 'rows' : 'linked');
  sum(counts, state);
  const shown = kind === 'block' ? written(identifier) : identifier;
  if (state === 'directed') books.directed.push(`${kind},${operator},${shown},${written(String(imei))}`);
  else books.elsewhere.push(`${kind},${shown},${operator},${state},${direction}`);
}

function checkEveryRowOnce(known: Known, { id, directed }: BatchBooks, own: Direction[]): void {
  const rows = own.flatMap((direction) => {
    const { kind, operator } = direction;
    const first = firstOrderOf(known, direction);
    if (first === undefined)
      return direction.rows.map((row) => {
        // Which handset stood beside a number is not known any more.
        const number = `${kind},${operator},${row},`;
        if (kind === 'reverify') return directed.find((one) => one.startsWith(number)) ?? number;
        return `${kind},${operator},${written(row)},${written(row)}`;
      });
    return linesOf(first).lines.map(
      ({ cells }) => `${kind},${operator},${cells?.msisdn ?? cells?.imei},${cells?.imei}`,
    );
  });
  known.must(same(rows.sort(), directed.sort()), `${id}: every row is directed once, or stands elsewhere`);
}
