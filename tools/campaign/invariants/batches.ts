/** Batches' books, against what is reckoned from the uploads and the ledgers. */
import {
  dayAt,
  imeiIn,
  type Kind,
  linesOf,
  noOperator,
  sha256,
  written,
} from '../../../test/scenarios/sample-reckoning.ts';
import { DAY, OPERATORS, type Upload } from '../story.ts';
import { checkApproved, checkAsked, struckIn } from './decisions.ts';
import { type Direction, isOpen, type Known } from './known.ts';
import { firstOrderOf } from './orders.ts';
import type { Item } from './seen.ts';
import { handsetsIn, newestSightings } from './sightings.ts';
import { instant, same, sum } from './values.ts';

/** A batch settles at its last deadline; what goes wrong keeps it from that for hours, and a lost sweep for a day. */
const SETTLES_WITHIN = 1.5 * DAY;

const summaryWord = (outcome: string) =>
  ({ open: 'overdue', failed: 'overdue', not_found: 'notFound' })[outcome] ?? outcome;

interface BatchBooks {
  id: string;
  agency: string;
  plan: number;
  /** What stands elsewhere: `kind,identifier,operator,state,directionId`. */
  elsewhere: string[];
  /** `kind,operator,identifier,imei`. */
  directed: string[];
}

/** Every report, and every batch. */
export function checkBatches(known: Known): void {
  const reports = known.seen.uploads.filter(({ key }) => key.startsWith('reports/'));
  for (const { key, text } of reports) {
    const id = `${key.split('/')[1]}-${sha256(text).slice(0, 12)}`;
    const readable = linesOf(text).columns.includes('imei');
    const found = known.batches.filter(({ batchId }) => batchId === id).length;
    known.must(found === (readable ? 1 : 0), `${id}: a report is one batch, and one that can't be read is none`);
  }
  for (const batch of known.batches) checkBatch(known, batch);
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
  const earlier = new Set(
    known.batches.filter(({ plan }) => Number(plan) < books.plan).map(({ batchId }) => String(batchId)),
  );

  const operators: Record<string, ReturnType<typeof noOperator>> = {};
  for (const operator of OPERATORS) operators[operator] = noOperator();
  decideAll(known, books, upload, operators, earlier);
  const own = [...known.directions.values()].filter(({ batch }) => batch === id);
  checkEveryRowOnce(known, books, own);

  // The ledgers' outcomes, as they were sealed.
  const disconnected: string[] = [];
  for (const { kind, operator, rows, sealed = [] } of own) {
    const summary = operators[operator] as ReturnType<typeof noOperator>;
    const counts: Record<string, number> = kind === 'block' ? summary.blocks : summary.connections;
    summary.directions++;
    for (const { outcome } of sealed) {
      sum(counts, summaryWord(outcome));
      if (outcome === 'failed') sum(counts, 'overdueFailed');
    }
    if (sealed.some(({ outcome }) => summaryWord(outcome) === 'overdue')) summary.overdueDirections++;
    for (const [row, { outcome, on }] of sealed.entries())
      if (outcome === 'disconnected') disconnected.push(`${rows[row]},${operator},${on}`);
  }
  const settledAt = Date.parse(String(item.settledAt));
  const connections: Record<string, number> = {};
  const blocks: Record<string, number> = {};
  for (const [operator, summary] of Object.entries(operators)) {
    for (const [word, count] of Object.entries(summary.connections)) sum(connections, word, count);
    for (const [word, count] of Object.entries(summary.blocks)) sum(blocks, word, count);
    const imports = known.imported.filter(({ key, at }) => key.startsWith(`usage/${operator}/`) && at < settledAt);
    summary.latestImport = instant(Math.max(...imports.map(({ at }) => at)));
  }
  known.expected[`batches/${id}/summary.json`] = {
    batchId: id,
    agency,
    file: upload.key,
    status: 'settled',
    report: reportOf(upload.text),
    connections,
    blocks,
    operators,
    unexplained: 0,
    startedAt: item.startedAt,
    settledAt: item.settledAt,
  };
  known.expected[`batches/${id}/elsewhere.csv`] = books.elsewhere.sort();
  known.expected[`revocations/${dayAt(settledAt)}/${id}`] = disconnected.sort();
  for (const [key, row] of own.flatMap(({ late }) => late)) {
    const list = (known.expected[key] ?? []) as string[];
    known.expected[key] = [...list, row].sort();
  }
  const ends = Math.max(Date.parse(String(item.startedAt)), ...own.map((direction) => direction.ends));
  must(settledAt >= ends, 'it does not settle before its last deadline');
  must(settledAt <= ends + SETTLES_WITHIN + known.seen.patience, 'it settles at its last deadline, or hours after it');
  const startedAt = Date.parse(String(item.startedAt));
  must(startedAt >= upload.at, 'it is planned after its upload');
  // One without handsets asks nobody, and settles at once.
  if (handsetsIn(upload.text).size > 0) checkApproved(known, item);
  checkLinked(known, id, upload);
}

/** What of a report's rows was taken. */
function reportOf(text: string): Record<'rows' | 'rejected' | 'repeats' | 'handsets', number> {
  const { lines } = linesOf(text);
  const handsets = handsetsIn(text).size;
  const rejected = lines.filter(({ cells }) => !cells || 'reason' in imeiIn(cells.imei)).length;
  return { rows: lines.length, rejected, repeats: lines.length - rejected - handsets, handsets };
}

/** The preview, of whoever is decided upon. */
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

/** The summary of a batch that directs nobody, which is all that it has. */
function expectNothing(known: Known, item: Item, { key, text }: Upload): void {
  const id = String(item.batchId);
  const { connections, blocks } = noOperator();
  const imports = (operator: string) =>
    known.imported.filter(
      (upload) => upload.key.startsWith(`usage/${operator}/`) && upload.at < Date.parse(String(item.startedAt)),
    );
  known.expected[`batches/${id}/summary.json`] = {
    ...{ batchId: id, agency: item.agency, file: key, status: item.state, report: reportOf(text), connections, blocks },
    operators: Object.fromEntries(
      OPERATORS.map((operator) => [operator, noOperator(instant(Math.max(...imports(operator).map(({ at }) => at))))]),
    ),
    ...{ unexplained: 0, startedAt: item.startedAt, settledAt: item.endedAt },
  };
  const directions = [...known.seen.ledgers.keys()].filter((direction) => direction.startsWith(`${id}.`));
  known.must(item.plan === 0 && directions.length === 0, `${id}: who is refused directs nobody`);
}

/** Invariant 5, past all that was decided: what the usage files hold of the report's handsets. */
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

/** Invariants 1 and 2, from the upload and the links: what must have been decided of each row. */
function decideAll(
  known: Known,
  books: BatchBooks,
  { text, at }: Upload,
  operators: Record<string, ReturnType<typeof noOperator>>,
  earlier: Set<string>,
): void {
  const handsets = handsetsIn(text);
  const struck = struckIn(known, books.id);
  const place = known.seen.plans.get(books.plan) ?? 0;
  const decide = (kind: Kind, operator: string, identifier: string, imei: string | undefined, lastSeen: string) => {
    const states = [...known.directions.values()]
      .filter(
        (one) => one.kind === kind && earlier.has(one.batch) && (kind === 'reverify' || one.operator === operator),
      )
      .sort((a, b) => b.plan - a.plan)
      .flatMap((one) => {
        const { rows, closed } = one.at(place);
        const row = rows[one.rows.indexOf(identifier)];
        return row ? [{ id: one.id, operator: one.operator, ...row, open: !closed && isOpen(row) }] : [];
      });
    const open = states.find((row) => row.open && row.operator === operator);
    const recorded = states.filter((row) => row.at > 0).sort((a, b) => b.at - a.at)[0];
    let state = 'directed';
    if (imei === undefined) state = 'struck';
    else if (open) state = 'alreadyOpen';
    else if (kind === 'block' && recorded?.outcome === 'blocked') state = 'alreadyBlocked';
    else if (recorded?.outcome === 'disconnected' && lastSeen <= recorded.on) state = 'alreadyDisconnected';
    else if (recorded?.outcome === 'verified' && lastSeen <= recorded.on) state = 'alreadyVerified';
    const summary = operators[operator] as ReturnType<typeof noOperator>;
    const counts: Record<string, number> = kind === 'block' ? summary.blocks : summary.connections;
    sum(counts, kind === 'block' ? 'rows' : 'linked');
    sum(counts, state);
    const shown = kind === 'block' ? written(identifier) : identifier;
    if (state === 'directed') books.directed.push(`${kind},${operator},${shown},${written(String(imei))}`);
    else {
      const direction = state === 'struck' ? '' : (open ?? recorded)?.id;
      books.elsewhere.push(`${kind},${shown},${operator},${state},${direction}`);
    }
  };
  for (const { msisdn, operator, on, day } of newestSightings(known.imported, at, handsets, struck))
    decide('reverify', operator, msisdn, on, day);
  for (const imei of handsets)
    for (const operator of OPERATORS) decide('block', operator, imei, struck.has(imei) ? undefined : imei, '');
}

function checkEveryRowOnce(known: Known, { id, directed }: BatchBooks, own: Direction[]): void {
  const rows = own.flatMap((direction) => {
    const { kind, operator } = direction;
    const first = firstOrderOf(known, direction);
    if (first === undefined) return direction.rows.map(written).map((imei) => `${kind},${operator},${imei},${imei}`);
    return linesOf(first).lines.map(
      ({ cells }) => `${kind},${operator},${cells?.msisdn ?? cells?.imei},${cells?.imei}`,
    );
  });
  known.must(same(rows.sort(), directed.sort()), `${id}: every row is directed once, or stands elsewhere`);
}
