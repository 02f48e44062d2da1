/** Settle's work for a report whose links all became directions that have ended, for memory.ts. */
import { addDecision, type Decisions } from '../../lambdas/domain/books.ts';
import type { Day, Instant } from '../../lambdas/domain/days.ts';
import { directionRowLine } from '../../lambdas/domain/directions.ts';
import { sha256Of } from '../../lambdas/domain/hashes.ts';
import {
  type BatchId,
  directionIdOf,
  type Imei,
  type Msisdn,
  type OperatorId,
} from '../../lambdas/domain/identifiers.ts';
import { newLedger } from '../../lambdas/domain/ledger.ts';
import { writeOutcome } from '../../lambdas/domain/outcomes.ts';
import { gatheredForm, type Plan, type PlannedDirection } from '../../lambdas/domain/plans.ts';
import { handsetLine } from '../../lambdas/domain/screening.ts';
import { gatheredLine } from '../../lambdas/domain/sightings.ts';
import { SCREENED } from '../../lambdas/domain/work.ts';
import { DEFAULT_POLICY } from '../../lib/config/policy.ts';
import { type Embedded, imei, msisdn } from './embedded.ts';
import { check } from './measure.ts';
import { count, type Invocation, LINKS_PER_OBJECT } from './memory-at-size.ts';

const NOW = '2026-06-20T00:00:00Z' as Instant;
const SEEN = '2026-05-20' as Day;
const ENDED = '2026-06-10' as Day;
const OPERATORS = ['airtel', 'bsnl', 'jio', 'mtnl', 'vi'] as OperatorId[];

/** The numbers from 0 to `all` − 1, cut into pieces of `size`. */
function* pieces(all: number, size: number): Generator<number[]> {
  for (let first = 0; first < all; first += size)
    yield Array.from({ length: Math.min(size, all - first) }, (_, n) => first + n);
}

/**
 * Writes a report's batch with this many handsets, each blocked everywhere, and this many numbers, each disconnected. The report itself
 * isn't there, as after 400 days: the embedded store has no versions to be listed.
 */
export async function settledOf(
  { work: bucket, cases }: Embedded,
  plan: number,
  { handsets, numbers }: { handsets: number; numbers: number },
): Promise<Invocation> {
  const { PutCommand } = await import('@aws-sdk/lib-dynamodb');
  const { dynamo } = await import('../../lambdas/stores/clients.ts');
  const { createLedger } = await import('../../lambdas/stores/cases/ledgers.ts');
  const { listObjects } = await import('../../lambdas/stores/listings.ts');
  const { readTextLines, writeObject } = await import('../../lambdas/stores/objects.ts');
  const batchId = `mha-${String(plan).padStart(12, 'c')}` as BatchId;
  const folder = SCREENED.folder(batchId, 'bench');
  const handsetOf = (n: number) => imei(n % handsets) as Imei;
  const size = DEFAULT_POLICY.rowsPerDirection;

  const put = async (key: string, text: string) => {
    await writeObject({ bucket, key }, text);
    return { key, bytes: text.length };
  };
  const all = Array.from({ length: handsets }, (_, n) => imei(n) as Imei);
  const handsetsKey = SCREENED.handsets.key(folder);
  await put(handsetsKey, all.map(handsetLine).join(''));

  const objects = [];
  for (const piece of pieces(numbers, LINKS_PER_OBJECT)) {
    const lines = piece.map((n) => {
      const place = { imei: handsetOf(n), lastSeen: SEEN, lsa: 'Delhi' };
      return `${gatheredLine({ ...place, msisdn: msisdn(n) as Msisdn, operator: OPERATORS[n % 5] as OperatorId })}\n`;
    });
    const object = await put(`${folder}/gathered/${objects.length}.tsv`, lines.join(''));
    objects.push({ ...object, sha256: '0'.repeat(64) });
  }
  const previewKey = SCREENED.previews.folder(folder, 'bench');
  await put(SCREENED.previews.gathered(previewKey), JSON.stringify(gatheredForm.write({ objects })));
  const operators = Object.fromEntries(OPERATORS.map((id) => [id, { latestImport: NOW }]));
  await put(
    SCREENED.previews.json(previewKey),
    JSON.stringify({ report: { handsets }, held: 0, linked: numbers, linkedOnlyByHeld: 0, operators }),
  );

  const directions: PlannedDirection[] = [];
  let decisions: Decisions = {};
  const direct = async (kind: 'block' | 'reverify', operator: OperatorId, piece: number[], n: number) => {
    const directionId = directionIdOf({ batchId, kind, operator, plan, shard: 0, n });
    const rows = piece.map((row) =>
      kind === 'block'
        ? directionRowLine('block', { imei: all[row] as Imei })
        : directionRowLine('reverify', {
            ...{ msisdn: msisdn(row) as Msisdn, imei: handsetOf(row), lastSeen: SEEN, lsa: 'Delhi' },
          }),
    );
    const { key: rowsKey } = await put(
      `plans/${plan}/directions/${directionId}.tsv`,
      rows.map((row) => `${row}\n`).join(''),
    );
    const rungs = [{ order: kind, deadline: NOW }];
    const own = { directionId, batchId, operator, kind, plan, rows: rows.length, rowsKey, startedAt: NOW, rungs };
    const ledger = newLedger(own);
    const outcome = kind === 'block' ? 'blocked' : 'disconnected';
    for (const row of rows.keys()) writeOutcome(ledger.outcomes, row, outcome, ENDED, 0);
    const answer = { sha256: sha256Of(directionId), attempt: '', at: NOW, version: 1 };
    await createLedger(cases, { ...ledger, files: [answer] });
    directions.push({ directionId, operator, rows: rows.length, rowsKey });
    decisions = addDecision(decisions, kind, operator, 'directed', rows.length);
  };
  for (const [n, piece] of [...pieces(numbers, size)].entries())
    await direct('reverify', OPERATORS[n % OPERATORS.length] as OperatorId, piece, n);
  for (const operator of OPERATORS)
    for (const [n, piece] of [...pieces(handsets, size)].entries()) await direct('block', operator, piece, n);

  const planned: Plan = {
    operators: OPERATORS,
    linked: Object.fromEntries(OPERATORS.map((id) => [id, decisions[id]?.connections.directed ?? 0])),
    decisions,
    ported: {},
    moved: [],
    reversal: null,
    directions,
    elsewhere: [],
    manifestKey: '',
  };
  const planKey = `plans/${plan}/directions/plan.json`;
  await put(planKey, JSON.stringify(planned));
  const whose = { batchId, kind: 'report', agency: 'mha', file: 'reports/mha/a.csv', sha256: '0'.repeat(64) };
  const where = { execution: 'bench', handsetsKey, previewKey, state: 'directed', plan, planKey };
  const batch = { format: 2, ...whose, ...where, startedAt: NOW, uploadedAt: NOW };
  const report = { rows: handsets, rejected: 0, repeats: 0, handsets };
  await dynamo.send(new PutCommand({ TableName: cases, Item: { pk: `BATCH#${batchId}`, ...batch, report } }));
  return {
    handler: 'settle-batch',
    of: `${count(numbers)} numbers of ${count(handsets)} handsets, each disconnected and blocked`,
    event: { batchId, now: NOW },
    done: async () => {
      const key = `batches/${batchId}/handsets.csv`;
      const [published] = await Array.fromAsync(listObjects({ bucket, key }));
      if (published === undefined) throw new Error('no list of handsets was published');
      let [lines, connections, disconnected] = [0, 0, 0];
      for await (const some of readTextLines({ bucket, key }, { start: 0, end: published.size }))
        for (const line of some) {
          const [own = '', , seen, , ended] = line.split(',');
          if (own === 'imei') continue;
          lines += 1;
          connections += Number(seen);
          disconnected += Number(ended);
        }
      check('lines of handsets', lines, handsets);
      check('numbers seen in handsets', connections, numbers);
      check('numbers disconnected', disconnected, numbers);
    },
  };
}
