import { createHash } from 'node:crypto';
import { z } from 'zod';
import { closedNote } from '../domain/audit.ts';
import {
  addLedger,
  balance,
  elsewhereHeader,
  type Ledgers,
  RevocationList,
  revocationCsv,
  revocationJson,
  type Settled,
  type Summary,
  settledForm,
  summaryText,
} from '../domain/books.ts';
import { dayOf, type Instant } from '../domain/days.ts';
import { parseDirectionRowLine } from '../domain/directions.ts';
import { sha256Of } from '../domain/hashes.ts';
import { type BatchId, type OperatorId, SELF_CHECK } from '../domain/identifiers.ts';
import { elsewhereKey, revocationKeys, settledMark, summaryKey } from '../domain/keys.ts';
import { BATCH_KINDS, type BatchKind } from '../domain/kinds.ts';
import { closeLedger, type Ledger, ladderEnd, sealedDisconnections, sealLedger } from '../domain/ledger.ts';
import { mergedLines } from '../domain/merge.ts';
import { toAdministrators, toAgency, toOperator } from '../domain/notices.ts';
import { type Plan, type PlannedDirection, planForm, type WrittenList } from '../domain/plans.ts';
import { fields } from '../domain/stored.ts';
import { idList, instant, log, measure, task } from '../shell.ts';
import { audit } from '../stores/audit.ts';
import { type Batch, commitSettled, readBatch } from '../stores/cases/batches.ts';
import { readLatestImport } from '../stores/cases/imports.ts';
import { changeLedger } from '../stores/cases/ledgers.ts';
import { concurrently } from '../stores/concurrently.ts';
import { tell } from '../stores/notices.ts';
import { copyObject, readLineBlocks, readText, writeObject, writeStream } from '../stores/objects.ts';

const environment = z.object({
  WORK: z.string(),
  OUTBOX: z.string(),
  CASES: z.string(),
  OPERATORS: idList,
  OPERATORS_TOPIC: z.string(),
  AGENCIES_TOPIC: z.string(),
  ADMINISTRATORS_TOPIC: z.string(),
  AUDIT_QUEUE: z.string(),
});
export type Environment = z.input<typeof environment>;
const env = environment.parse(process.env);

const input = z.object({ batchId: fields.batch, now: instant });

const LEDGERS_AT_ONCE = 16;
/** Of a batch without handsets. */
const NOTHING_PLANNED: Omit<Plan, 'manifestKey'> = {
  operators: env.OPERATORS as OperatorId[],
  linked: {},
  decisions: {},
  directions: [],
  elsewhere: [],
};

/**
 * Closes what never closed.
 * @returns the latest deadline that lies ahead, whether or not a row is still open; undefined when none does and all are closed.
 *   A direction of the self-check's is waited for until it is closed, and no longer: nobody's answer is still to come.
 */
async function closeAll(directions: PlannedDirection[], now: Instant): Promise<Instant | undefined> {
  let until: Instant | undefined;
  await concurrently(directions, LEDGERS_AT_ONCE, async ({ directionId }) => {
    const closed = await changeLedger<'closed' | Instant>(env.CASES, directionId, async (read) => {
      const end = ladderEnd(read, now);
      const ended = read.operator === SELF_CHECK && read.closedAt !== null;
      if (end > now && !ended) return { result: end };
      const decision = closeLedger(read, now);
      if (decision.kind !== 'closed') return { result: 'closed' };
      // Told before it is done: who finds it closed does not know by whom.
      log.warn('direction closed by its batch', { directionId });
      await tell(env, toAdministrators({ kind: 'direction_never_closed', directionId }));
      return { ledger: decision.ledger, result: 'closed' };
    });
    if (closed !== 'closed' && (until === undefined || closed > until)) until = closed;
  });
  return until;
}

/** Seals every ledger and makes the books and the revocation list from the seals. */
async function sealAll(directions: PlannedDirection[], now: Instant) {
  let ledgers: Ledgers = {};
  const versions: string[] = [];
  const revocations = new RevocationList();
  await concurrently(directions, LEDGERS_AT_ONCE, async ({ directionId, rowsKey }) => {
    const sealed = await changeLedger<Ledger>(env.CASES, directionId, async (read) => {
      const decision = sealLedger(read, now);
      if (decision.kind === 'not_closed') throw new Error(`direction ${directionId} is not closed`);
      if (decision.kind === 'already') return { result: read };
      return { ledger: decision.ledger, result: decision.ledger };
    });
    ledgers = addLedger(ledgers, sealed);
    versions.push(`${directionId} ${sealed.version}\n`);
    // Also of those that Close closed: it may have died before it told the audit.
    await audit(env, closedNote(sealed));
    const disconnected = sealed.operator === SELF_CHECK ? [] : sealedDisconnections(sealed);
    if (disconnected.length === 0) return;
    const lines = (await readText({ bucket: env.WORK, key: rowsKey })).split('\n');
    for (const { row, on } of disconnected) {
      const { msisdn, lsa } = parseDirectionRowLine('reverify', lines[row] ?? '');
      revocations.add({ msisdn, operator: sealed.operator, lsa, disconnectedOn: on });
    }
  });
  return { ledgers, revocations, versions: sha256Of(versions.sort().join('')) };
}

type Published = (typeof BATCH_KINDS)[BatchKind]['publishes'][number];

/** Where the files that a settled batch may publish lie in the outbox, by their names under the attempt's own folder. */
function keysOf(batchId: BatchId, settledAt: Instant): Readonly<Record<Published, string>> {
  const revocations = revocationKeys(dayOf(settledAt), batchId);
  return {
    'elsewhere.csv': elsewhereKey(batchId),
    'revocations.csv': revocations.csv,
    'revocations.json': revocations.json,
    'summary.json': summaryKey(batchId),
  };
}

/** What all blocks of the lists that are merged may take together, and the least that is worth a request. */
const MERGED_BYTES = 64 * 1024 * 1024;
const LEAST_BLOCK = 16 * 1024;
const MOST_BLOCK = 1024 * 1024;

/** The lists of all shards, merged as they are read. */
async function* elsewhereCsv(lists: WrittenList[]): AsyncGenerator<string> {
  yield elsewhereHeader;
  const block = Math.max(LEAST_BLOCK, Math.min(MOST_BLOCK, Math.floor(MERGED_BYTES / lists.length)));
  yield* mergedLines(lists.map(({ key, bytes }) => readLineBlocks({ bucket: env.WORK, key }, bytes, block)));
}

async function prepare(batch: Batch, now: Instant, folder: string): Promise<Summary> {
  const plan = batch.planKey
    ? planForm.parse(await readText({ bucket: env.WORK, key: batch.planKey }))
    : NOTHING_PLANNED;
  const { ledgers, revocations, versions } = await sealAll(plan.directions, now);
  const latestImports: Record<string, Instant | null> = {};
  for (const operator of plan.operators) latestImports[operator] = await readLatestImport(env.CASES, operator);
  const summary = balance({
    batchId: batch.batchId,
    agency: batch.agency,
    file: batch.file,
    report: batch.report,
    linked: plan.linked,
    operators: plan.operators,
    decisions: plan.decisions,
    ledgers,
    latestImports,
    startedAt: batch.startedAt,
    settledAt: now,
  });
  const csvName = revocationKeys(dayOf(now), batch.batchId).csv.split('/').at(-1) ?? '';
  const contents: Readonly<Record<Published, Iterable<string> | AsyncIterable<string>>> = {
    'elsewhere.csv': elsewhereCsv(plan.elsewhere),
    'revocations.csv': revocationCsv(revocations.rows()),
    'revocations.json': revocationJson(csvName, revocations.rows()),
    'summary.json': [summaryText(summary)],
  };
  const files: Settled['files'] = {};
  for (const name of BATCH_KINDS[batch.kind].publishes) {
    const pieces = contents[name];
    const hash = createHash('sha256');
    async function* hashed() {
      for await (const piece of pieces) {
        hash.update(piece);
        yield piece;
      }
    }
    await writeStream({ bucket: env.WORK, key: `${folder}/${name}` }, hashed());
    files[name] = hash.digest('hex');
  }
  const { unexplained } = summary;
  const settled: Settled = { unexplained, revoked: revocations.size, ledgers: versions, files };
  await writeObject({ bucket: env.WORK, key: `${folder}/settled.json` }, JSON.stringify(settledForm.write(settled)));
  return summary;
}

function measureBooks({ agency, operators, unexplained }: Summary): void {
  measure('Unexplained', {}, unexplained);
  if (agency === SELF_CHECK) return;
  measure('BatchesSettled', { agency });
  for (const [operator, { connections, blocks }] of Object.entries(operators)) {
    if (connections.overdue > 0) measure('ConnectionsOverdue', { operator }, connections.overdue);
    if (blocks.overdue > 0) measure('HandsetsOverdue', { operator }, blocks.overdue);
  }
}

/**
 * Settle: seals and accounts for every ledger, publishes the summary, the list of what stands elsewhere and the
 * revocation list, and tells everybody. Before the last deadline it settles nothing and says until when to wait.
 */
export const handler = task(input, async ({ batchId, now }, attempt) => {
  let batch = await readBatch(env.CASES, batchId);
  if (!batch) throw new Error(`there is no batch ${batchId}`);
  const { directions } = batch.planKey
    ? planForm.parse(await readText({ bucket: env.WORK, key: batch.planKey }))
    : NOTHING_PLANNED;
  if (batch.state !== 'settled') {
    const until = await closeAll(directions, now);
    if (until !== undefined) return { settled: false, until };
    const folder = `batches/${batchId}/${attempt}`;
    const summary = await prepare(batch, now, folder);
    if (await commitSettled(env.CASES, batchId, now, folder)) measureBooks(summary);
    batch = await readBatch(env.CASES, batchId);
  }
  if (batch?.state !== 'settled' || !batch.settledAt || !batch.settledUnder)
    throw new Error(`batch ${batchId} could not be settled`);

  const keys = keysOf(batchId, batch.settledAt);
  for (const name of BATCH_KINDS[batch.kind].publishes)
    await copyObject(
      { bucket: env.WORK, key: `${batch.settledUnder}/${name}` },
      { bucket: env.OUTBOX, key: keys[name] },
    );
  const settled = settledForm.parse(await readText({ bucket: env.WORK, key: `${batch.settledUnder}/settled.json` }));
  const file = (name: Published) => ({ key: keys[name], sha256: settled.files[name] ?? null });
  await audit(env, {
    batchId,
    id: 'revoked',
    kind: 'revoked',
    at: batch.settledAt,
    facts: { rows: settled.revoked },
    files: { csv: file('revocations.csv'), json: file('revocations.json') },
  });
  await audit(env, {
    batchId,
    id: 'settled',
    kind: 'batch_settled',
    at: batch.settledAt,
    facts: { directions: directions.length, unexplained: settled.unexplained, ledgers: settled.ledgers },
    files: { summary: file('summary.json'), elsewhere: file('elsewhere.csv') },
  });
  const notice = {
    kind: 'settled' as const,
    batchId,
    agency: batch.agency,
    bucket: env.OUTBOX,
    key: summaryKey(batchId),
    settledAt: batch.settledAt,
  };
  await tell(env, toAgency(notice));
  await tell(env, toAdministrators(notice));
  // Also of an attempt that finds it settled: the one that settled it may have died before it told them.
  for (const operator of new Set(directions.map((direction) => direction.operator)))
    await tell(env, toOperator({ kind: 'settled', batchId, operator, settledAt: batch.settledAt }));
  // Last of all: until it is there the sweep has the batch go on, and all of this is published and told again, alike.
  await writeObject({ bucket: env.WORK, key: settledMark(batchId) }, '');
  log.info('batch settled', { batchId });
  return { settled: true, until: batch.settledAt };
});
