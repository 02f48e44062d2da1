/**
 * The rules that must hold at the end of the year, seen from outside; those that are broken have one line each, without identifiers of
 * people.
 */
import { written } from '../../test/reckoning/files.ts';
import { totalOf } from './batch-counts.ts';
import type { Reckoning, Reversal } from './books.ts';
import type { Chronicle } from './chronicle.ts';
import type { Weighed } from './claims.ts';
import { OPERATORS } from './draw.ts';
import { gatesOf } from './gates.ts';
import { checkOrders, type Must } from './rules-of-orders.ts';

export type Outbox = ReadonlyMap<string, string>;
type Counts = Record<string, number>;

/** A batch's summary, as far as the rules look at it. */
export interface Summary {
  batchId: string;
  status: string;
  report: Counts;
  connections: Counts;
  blocks: Counts;
  /** The outcomes of what is given back; a report has none. */
  outcomes?: Counts;
  /** The subjects of a reversal. */
  subjects?: Counts;
  withdrawn?: number;
  operators: Record<string, { connections?: Counts; blocks?: Counts; outcomes?: Counts; withdrawn?: number }>;
  unexplained: number;
  startedAt: string;
  settledAt: string;
}

/** The summaries in the outbox, by batch. */
export function summariesIn(outbox: Outbox): Map<string, Summary> {
  const all = new Map<string, Summary>();
  for (const [key, text] of outbox) {
    const batchId = /^batches\/(.*)\/summary\.json$/.exec(key)?.[1];
    if (batchId !== undefined) all.set(batchId, JSON.parse(text) as Summary);
  }
  return all;
}

/** The rules that were broken. */
export function brokenRules(
  chronicle: Chronicle,
  reckoning: Reckoning,
  outbox: Outbox,
  ends: ReadonlyMap<string, string>,
): string[] {
  const broken = new Set<string>();
  const must: Must = (holds, rule) => {
    if (!holds) broken.add(rule);
  };
  checkGates(chronicle, must);
  checkReports(chronicle, outbox, ends, must);
  checkBatches(reckoning, outbox, must);
  checkReversals(chronicle, reckoning, outbox, must);
  checkOrders(chronicle, reckoning, must);
  checkReceipts(reckoning, outbox, must);
  checkLists(reckoning, outbox, must);
  return [...broken];
}

/** Checks that a usage file is held up if it breaks a rule of the gates, and that people are told which. */
function checkGates({ usage, notices }: Chronicle, must: Must): void {
  for (const [operator, files] of Map.groupBy(usage, (one) => one.operator))
    for (const [n, file] of files.entries()) {
      const rules = gatesOf(file, files.slice(0, n)).sort().join();
      const told = notices.find(({ kind, key }) => kind === 'usage_gated' && key === file.key);
      const found = ((told?.rules ?? []) as { rule: string }[]).map(({ rule }) => rule).sort();
      must(
        found.join() === rules,
        `${operator}: usage file ${n} is held up for ${found.join() || 'nothing'}, and was reckoned for ${rules || 'nothing'}`,
      );
      must(
        file.isGated === (told !== undefined),
        `${operator}: usage file ${n} is held up, and its approvers are told`,
      );
    }
}

/** Checks that each report ended by its fate. */
function checkReports({ reports }: Chronicle, outbox: Outbox, ends: ReadonlyMap<string, string>, must: Must): void {
  const summaries = summariesIn(outbox);
  for (const { batchId, rows } of reports) {
    const summary = summaries.get(batchId);
    must(summary !== undefined, `${batchId}: a report's batch ends, and its books are made`);
    if (summary === undefined) continue;
    must(
      summary.status === ends.get(batchId),
      `${batchId}: ended ${summary.status}, and those who decided said otherwise`,
    );
    must(summary.unexplained === 0, `${batchId}: nothing is unexplained`);
    must(sameCounts(summary.report, rows), `${batchId}: each row of the report is a handset, a repeat, or rejected`);
  }
}

/** Checks invariants 1, 2 and 5, and the previews. */
function checkBatches({ batches }: Reckoning, outbox: Outbox, must: Must): void {
  const summaries = summariesIn(outbox);
  for (const [batchId, { decided, books, weighed, withoutOrder }] of batches) {
    const summary = summaries.get(batchId);
    if (summary === undefined) continue;
    must(summary.unexplained === 0, `${batchId}: nothing is unexplained`);
    must(withoutOrder === 0, `${batchId}: who is directed is in a first order (${withoutOrder} are in none)`);
    if (weighed !== undefined) checkPreview(batchId, weighed, outbox, must);
    const stand = decided
      .filter(({ state }) => state !== 'directed')
      .map(
        ({ kind, identifier, operator, state, direction }) =>
          `${kind},${isHandset(kind) ? written(identifier) : identifier},${operator},${state},${direction}`,
      )
      .sort();
    const elsewhere = linesOf(outbox.get(`batches/${batchId}/elsewhere.csv`)).sort();
    const wrong = difference(stand, elsewhere);
    must(
      wrong.length === 0,
      `${batchId}: ${wrong.length} rows stand elsewhere otherwise than reckoned: ${shownStates(wrong)}`,
    );
    for (const book of ['connections', 'blocks', 'outcomes'] as const) {
      const total = totalOf(books[book]);
      const found = summary[book] ?? {};
      must(sameCounts(found, total), `${batchId}: ${book} are ${told(found)}, and were reckoned ${told(total)}`);
      for (const operator of OPERATORS)
        must(
          sameCounts(summary.operators[operator]?.[book] ?? {}, books[book][operator] ?? {}),
          `${batchId}: ${operator}'s ${book} are as reckoned`,
        );
    }
  }
}

/** Checks the results of each reversal: its end, its books, its answers line by line, its list, and its receipt. */
function checkReversals({ askedBack }: Chronicle, { reversals }: Reckoning, outbox: Outbox, must: Must): void {
  const summaries = summariesIn(outbox);
  for (const { batchId, fate, key, sha256: digest, uploader, rows, withdraws } of askedBack) {
    const place = withdraws === undefined ? 'appeals' : 'withdrawals';
    const name = key.split('/').at(-1);
    const receipt = outbox.get(`receipts/${uploader}/${place}/${name}.${digest.slice(0, 8)}.json`);
    const { recorded } = JSON.parse(receipt ?? '{}') as { recorded?: number };
    must(recorded === (withdraws?.imeis ?? rows).length, `${batchId}: each row of what asks for it is taken`);
    const summary = summaries.get(batchId);
    must(summary !== undefined, `${batchId}: what is asked to be given back ends, and its books are made`);
    if (summary === undefined) continue;
    const end = fate === 'refused' ? 'refused' : 'settled';
    must(summary.status === end, `${batchId}: ended ${summary.status}, and was to be ${end}`);
    must(summary.unexplained === 0, `${batchId}: nothing is unexplained`);
    const { became, subjects, ended, outcomes, answers, withdrawn, withoutOrder, at } =
      reversals.get(batchId) ?? NOTHING;
    must(withoutOrder === 0, `${batchId}: what is given back is in an order (${withoutOrder} are in none)`);
    must(
      sameCounts(summary.subjects ?? {}, subjects),
      `${batchId}: subjects are ${told(summary.subjects ?? {})}, and were reckoned ${told(subjects)}`,
    );
    const all = Object.values(ended).reduce((sum, count) => sum + count, 0);
    must(summary.withdrawn === all, `${batchId}: it ended ${summary.withdrawn} rows, and was reckoned to end ${all}`);
    const total = totalOf(outcomes);
    must(
      sameCounts(summary.outcomes ?? {}, total),
      `${batchId}: outcomes are ${told(summary.outcomes ?? {})}, and were reckoned ${told(total)}`,
    );
    for (const operator of OPERATORS) {
      const own = summary.operators[operator];
      must(
        sameCounts(own?.outcomes ?? {}, outcomes[operator] ?? {}) && (own?.withdrawn ?? 0) === (ended[operator] ?? 0),
        `${batchId}: ${operator}'s outcomes, and what it ended there, are as reckoned`,
      );
    }
    if (end === 'refused') {
      must(![...outbox.keys()].some((one) => one.includes(`/${batchId}.withdrawn`)), `${batchId}: has a list`);
      continue;
    }
    const file = withdraws === undefined ? 'appeals' : 'kept';
    const given = linesOf(outbox.get(`batches/${batchId}/${file}.csv`)).map((line) =>
      file === 'kept' ? line : withSortedDirections(line),
    );
    const wrong = difference([...answers].sort(), given.sort());
    // The lines of an appeal's answer name nobody.
    const kinds = wrong.map((line) => (file === 'kept' ? line.split(',').at(-1) : line)).join('; ');
    must(wrong.length === 0, `${batchId}: ${wrong.length} lines of ${file}.csv are otherwise than reckoned: ${kinds}`);
    must(became.length > 0, `${batchId}: it is asked for something`);
    const lists = [...outbox].filter(([one]) => one.endsWith(`/${batchId}.withdrawn.csv`));
    const listed = lists.flatMap(([, text]) => linesOf(text)).sort();
    must(
      lists.length === 1 && difference(withdrawn, listed).length === 0,
      `${batchId}: its list withdraws ${listed.length} numbers, and was reckoned to withdraw ${withdrawn.length}`,
    );
    must(at > 0, `${batchId}: it took its turn`);
  }
}

/** The results of a reversal that directed nothing. */
const NOTHING: Omit<Reversal, 'asked'> = {
  ...{ became: [], subjects: {}, ended: {}, outcomes: {}, answers: [], withdrawn: [], withoutOrder: 0, at: 0 },
};

const isHandset = (kind: string) => kind === 'block' || kind === 'unblock';

/** Checks a preview's counts. */
function checkPreview(batchId: string, { linked, held, linkedOnlyByHeld }: Weighed, outbox: Outbox, must: Must): void {
  const preview = JSON.parse(outbox.get(`previews/${batchId}/preview.json`) ?? '{}') as Counts;
  for (const [word, count] of Object.entries({ linked, held: held.size, linkedOnlyByHeld }))
    must(preview[word] === count, `${batchId}: the preview shows ${word} ${preview[word]}, and there are ${count}`);
}

/** Checks that each response has its receipt, with the reckoned counts. */
function checkReceipts({ taken }: Reckoning, outbox: Outbox, must: Must): void {
  for (const [{ operator, direction, name, sha256: digest, rows }, counts] of taken) {
    const key = `receipts/${operator}/${direction}/${name}.${digest.slice(0, 8)}.json`;
    const text = outbox.get(key);
    must(text !== undefined, `${direction}: a response has a receipt (${name})`);
    if (text === undefined) continue;
    const receipt = JSON.parse(text) as {
      rows: number;
      recorded: number;
      alreadyRecorded: number;
      rejects: unknown[];
      refused: string | null;
    };
    must(
      (receipt.refused === null) === (counts !== undefined),
      `${direction}: ${name} is ${counts === undefined ? 'refused' : 'taken'}`,
    );
    if (counts === undefined) continue;
    const found = {
      recorded: receipt.recorded,
      alreadyRecorded: receipt.alreadyRecorded,
      rejected: receipt.rejects.length,
    };
    must(
      sameCounts(found, { ...counts }) && receipt.rows === rows.length,
      `${direction}: of ${name} ${told(found)}, and was reckoned ${told({ ...counts })}`,
    );
  }
}

/**
 * Checks that each batch has its list, empty or not, that later answers have lists of their own, each with just the numbers that were
 * reckoned, once, and that there is no other list. So nobody who was given back their number is in a list made later.
 */
function checkLists({ batches, reversals, atOnce }: Reckoning, outbox: Outbox, must: Must): void {
  const reckoned = [
    ...[...batches].map(([batchId, { revoked }]) => ({ name: batchId, numbers: revoked })),
    ...atOnce.map(({ batchId, kind, sha256: digest, numbers }) => ({
      name: `${batchId}.${kind}-${digest.slice(0, 8)}`,
      numbers,
    })),
  ];
  const found = Map.groupBy(
    [...outbox].filter(([key]) => key.startsWith('revocations/') && key.endsWith('.csv')),
    ([key]) => key.replace(/^.*\/|\.csv$/g, ''),
  );
  for (const { name, numbers } of reckoned) {
    const lists = found.get(name) ?? [];
    found.delete(name);
    must(lists.length === 1, `${name}: it has one list, and ${lists.length} are there`);
    const listed = lists.flatMap(([, text]) => linesOf(text).map((line) => line.split(',')[0] ?? ''));
    const isSame = listed.sort().join() === numbers.toSorted().join();
    must(isSame, `${name}: its list names ${listed.length} numbers, others than the ${numbers.length} reckoned`);
  }
  // `checkReversals` has looked at these.
  for (const batchId of reversals.keys()) found.delete(`${batchId}.withdrawn`);
  for (const name of found.keys()) must(false, `${name}: nobody was to be named in a list of this name`);
}

/** The rows of a file, without its header. */
function linesOf(text = ''): string[] {
  return text
    .split('\n')
    .slice(1)
    .filter((line) => line !== '');
}

/** A line of an appeal's answer, with its directions sorted: the contract has them in no order. */
function withSortedDirections(line: string): string {
  const [place, state, directions = ''] = line.split(',');
  return `${place},${state},${directions.split(' ').sort().join(' ')}`;
}

/** The lines that are in only one of two sorted lists. */
function difference(a: readonly string[], b: readonly string[]): string[] {
  const [inA, inB] = [new Set(a), new Set(b)];
  return [
    ...a.filter((one) => !inB.has(one)).map((one) => `-${one}`),
    ...b.filter((one) => !inA.has(one)).map((one) => `+${one}`),
  ];
}

/** The numbers of lines of each kind and state, without identifiers. */
function shownStates(lines: readonly string[]): string {
  const counts: Counts = {};
  for (const line of lines) {
    const [kind = '', , , state = ''] = line.split(',');
    counts[`${kind} ${state}`] = (counts[`${kind} ${state}`] ?? 0) + 1;
  }
  return told(counts);
}

const told = (counts: Counts): string =>
  Object.entries(counts)
    .filter(([, count]) => count !== 0)
    .map(([word, count]) => `${word} ${count}`)
    .join(', ');

/** Whether the counts are the same; a missing one is 0. */
function sameCounts(a: Counts, b: Counts): boolean {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].every((word) => (a[word] ?? 0) === (b[word] ?? 0));
}
