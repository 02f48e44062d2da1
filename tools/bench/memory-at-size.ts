/**
 * The heaviest invocations of planning and settling, for memory.ts: Gather and one child of Claim where all links are those of one cloned
 * handset, and thus lie in one shard; and Settle where every number stands elsewhere.
 */
import type { Shard } from '../../lambdas/claim-shard/input.ts';
import { addDecision } from '../../lambdas/domain/books.ts';
import type { Day, Instant } from '../../lambdas/domain/days.ts';
import { elsewhereHeader, elsewhereLines } from '../../lambdas/domain/elsewhere.ts';
import {
  type BatchId,
  type DirectionId,
  type Imei,
  type Msisdn,
  type OperatorId,
  partOf,
} from '../../lambdas/domain/identifiers.ts';
import type {
  Gathered,
  GatheredObject,
  Plan,
  ShardDecision,
  ShardPlaces,
  WrittenList,
} from '../../lambdas/domain/plans.ts';
import { gatheredLine } from '../../lambdas/domain/sightings.ts';
import { weightLine } from '../../lambdas/domain/weighing.ts';
import { DEFAULT_POLICY } from '../../lib/config/policy.ts';
import { registerWaiting } from './approved.ts';
import { type Embedded, imei, msisdn } from './embedded.ts';
import { check } from './measure.ts';

const NOW = '2026-06-20T00:00:00Z' as Instant;
const BATCH = 'mha-00000000000a' as BatchId;
const OPERATOR = 'airtel' as OperatorId;
/** The links in an object of Expand's, of some 53 bytes each. */
export const LINKS_PER_OBJECT = 158_000;
/** The rows in the list of a child of Claim that directs the other half of its numbers. */
const ROWS_PER_LIST = DEFAULT_POLICY.linksPerShard / 2;

/** Gather's policy for batches of which Claim is to direct each number: none of their handsets is held, and they are approved at once. */
const NOBODY_DECIDES = {
  PEOPLE: '0',
  BUSY_DAY: '1000000000',
  MANY_CONNECTIONS: '1000000000',
  MOST_NUMBERS: '1000000000',
};

/** One invocation that is measured. */
export interface Invocation {
  handler: string;
  /** The size of its input, in words. */
  of: string;
  event: unknown;
  /** Variables beside those of all functions. */
  environment?: NodeJS.ProcessEnv;
  /**
   * Checks that it did its work, by its result or what it wrote.
   * @throws an Error where it didn't
   */
  done: (result: unknown) => Promise<void>;
}

export const count = (n: number) => n.toLocaleString('en-GB');

/**
 * Writes this many links, each with a number of its own of a series, as a child of Expand does.
 * @returns the invocation of Gather on them, and then that of a child of Claim on Gather's files
 */
export async function gatheredOf(
  { work: bucket, cases }: Embedded,
  { plan, series, links }: { plan: number; series: number; links: number },
): Promise<{ gather: Invocation; claim: () => Promise<Invocation> }> {
  const { readText, writeObject } = await import('../../lambdas/stores/objects.ts');
  const folder = `screened/${plan}`;
  const batchId = `mha-${String(plan).padStart(12, '0')}` as BatchId;
  await registerWaiting({ cases }, batchId, NOW, `${folder}/handsets.jsonl`);
  const objects: GatheredObject[] = [];
  for (let first = 0; first < links; first += LINKS_PER_OBJECT) {
    const own = Math.min(LINKS_PER_OBJECT, links - first);
    const lines = Array.from({ length: own }, (_, n) => {
      const place = { imei: imei(1) as Imei, operator: OPERATOR, lsa: 'Delhi' };
      return `${gatheredLine({ ...place, msisdn: msisdn(first + n, series) as Msisdn, lastSeen: '2026-05-20' as Day })}\n`;
    });
    const text = lines.join('');
    const places = JSON.stringify([[0, 0, text.length, own]] satisfies ShardPlaces);
    const key = `${folder}/gathered/${objects.length}.tsv`;
    await writeObject({ bucket, key }, text + places);
    objects.push({ key, links: own, bytes: text.length, placesBytes: places.length });
  }
  const expanded = `${folder}/expanded`;
  const busiest = { busiestDay: '2026-05-20' as Day, connectionsThatDay: links, areasThatDay: 1 };
  const weight = `${weightLine({ imei: imei(1) as Imei, connections: links, areas: 1, ...busiest })}\n`;
  const weights = { key: `${folder}/gathered/weights.tsv`, bytes: weight.length };
  await writeObject({ bucket, key: weights.key }, weight);
  const children: Gathered[] = [{ first: 0, handsets: 1, objects, weights }];
  await writeObject(
    { bucket, key: `${expanded}/1.jsonl` },
    children.map((child) => `${JSON.stringify(child)}\n`).join(''),
  );
  const manifest = { DestinationBucket: bucket, ResultFiles: { SUCCEEDED: [{ Key: `${expanded}/1.jsonl` }] } };
  await writeObject({ bucket, key: `${expanded}/manifest.json` }, JSON.stringify(manifest));
  const results = { ResultWriterDetails: { Bucket: bucket, Key: `${expanded}/manifest.json` } };
  return {
    gather: {
      handler: 'gather-links',
      of: `${count(links)} links`,
      environment: NOBODY_DECIDES,
      event: {
        batchId,
        agency: 'mha',
        execution: 'bench',
        now: NOW,
        folder,
        handsets: 1,
        shards: 1,
        results,
        latestImports: {},
      },
      done: async (result) => check('gathered links', (result as { links: number }).links, links),
    },
    claim: async () => {
      const shards = `${folder}/shards/bench`;
      const items = (await readText({ bucket, key: `${shards}/shards.jsonl` })).trimEnd().split('\n');
      // The last item is the run of handsets.
      const children = items.length - 1;
      check(
        'children of Claim',
        children,
        links > 2 * DEFAULT_POLICY.linksPerShard ? Math.ceil(links / DEFAULT_POLICY.linksPerShard) : 1,
      );
      const item = JSON.parse(items[0] ?? '') as Pick<Shard, 'part'>;
      const { part } = item;
      let own = 0;
      // A part has its numbers by their hashes: more or less its share.
      for (let n = 0; n < links; n++)
        if (part === null || partOf(msisdn(n, series) as Msisdn, part.shards, part.of) === part.part) own++;
      const gathered = { indexKey: `${shards}/index.jsonl`, operators: [OPERATOR] };
      return {
        handler: 'claim-shard',
        of: `${children === 1 ? 'a shard' : `one of ${count(children)} parts of a shard`} of ${count(links)} links`,
        event: { batchId, plan, startedAt: NOW, handsetsKey: '', gathered, item },
        done: async (result) => {
          const { decisionKey } = result as { decisionKey: string };
          const { taken, directions } = JSON.parse(await readText({ bucket, key: decisionKey })) as ShardDecision;
          const directed = directions.reduce((sum, { rows }) => sum + rows, 0);
          check('links taken by one child of Claim', taken, own);
          check('rows directed', directed, taken);
        },
      };
    },
  };
}

/** Writes the plan of a batch in which this many numbers stand elsewhere. */
export async function elsewhereOf({ work: bucket, cases }: Embedded, plan: number, rows: number): Promise<Invocation> {
  const { PutCommand } = await import('@aws-sdk/lib-dynamodb');
  const { dynamo } = await import('../../lambdas/stores/clients.ts');
  const { listObjects } = await import('../../lambdas/stores/listings.ts');
  const { writeObject } = await import('../../lambdas/stores/objects.ts');
  const batchId = `mha-${String(plan).padStart(12, 'b')}` as BatchId;
  const directionId = `${BATCH}.reverify.${OPERATOR}.1-0-0` as DirectionId;
  const lists = Math.ceil(rows / ROWS_PER_LIST);
  const elsewhere: WrittenList[] = [];
  // The numbers are spread over the lists as by a hash: each list goes through the whole range.
  for (let list = 0; list < lists; list++) {
    const entries = Array.from({ length: Math.ceil((rows - list) / lists) }, (_, n) => ({
      kind: 'reverify' as const,
      identifier: `+91${9_000_000_000 + list + n * lists}` as Msisdn,
      operator: OPERATOR,
      state: 'alreadyOpen' as const,
      directionId,
    }));
    const text = elsewhereLines(entries)
      .map((line) => `${line}\n`)
      .join('');
    const key = `plans/${plan}/decisions/reverify-${list}/elsewhere.csv`;
    await writeObject({ bucket, key }, text);
    elsewhere.push({ key, bytes: text.length });
  }
  const planned: Plan = {
    operators: [OPERATOR],
    linked: { [OPERATOR]: rows },
    decisions: addDecision({}, 'reverify', OPERATOR, 'alreadyOpen', rows),
    ported: {},
    moved: [],
    reversal: null,
    directions: [],
    elsewhere,
    manifestKey: '',
  };
  const planKey = `plans/${plan}/directions/plan.json`;
  await writeObject({ bucket, key: planKey }, JSON.stringify(planned));
  const whose = { batchId, kind: 'report', agency: 'mha', file: 'reports/mha/a.csv', sha256: '0'.repeat(64) };
  const where = { execution: 'bench', handsetsKey: 'screened/bench', state: 'directed', plan, planKey };
  const batch = { format: 2, ...whose, ...where, startedAt: NOW, uploadedAt: NOW };
  const report = { rows: 0, rejected: 0, repeats: 0, handsets: 0 };
  await dynamo.send(new PutCommand({ TableName: cases, Item: { pk: `BATCH#${batchId}`, ...batch, report } }));
  return {
    handler: 'settle-batch',
    of: `${count(rows)} rows elsewhere`,
    event: { batchId, now: NOW },
    done: async () => {
      const [published] = await Array.fromAsync(listObjects({ bucket, key: `batches/${batchId}/elsewhere.csv` }));
      const bytes = elsewhere.reduce((sum, list) => sum + list.bytes, elsewhereHeader.length);
      check('bytes of the published list', published?.size, bytes);
    },
  };
}
