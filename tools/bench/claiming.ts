/** Claim and expand, whole functions, compared with the bare SDK calls that they can't do without, in the same embedded database. */

import type { Context } from 'aws-lambda';
import type { Environment as ClaimEnvironment } from '../../lambdas/claim-shard/handler.ts';
import type { Instant } from '../../lambdas/domain/days.ts';
import type { BatchId, Imei } from '../../lambdas/domain/identifiers.ts';
import { CLAIMS_AT_ONCE, QUERIES_AT_ONCE } from '../../lambdas/domain/limits.ts';
import type { ShardDecision } from '../../lambdas/domain/plans.ts';
import { handsetLine } from '../../lambdas/domain/screening.ts';
import { gatheredLine, parseGatheredLine } from '../../lambdas/domain/sightings.ts';
import type { Environment as ExpandEnvironment } from '../../lambdas/expand-handsets/handler.ts';
import { DEFAULT_POLICY } from '../../lib/config/policy.ts';
import { approve, registerWaiting } from './approved.ts';
import { imei, msisdn, startEmbedded } from './embedded.ts';
import { check, compare, type Results } from './measure.ts';

/** The numbers that are claimed in one run, and the handsets that are expanded. */
const SIZE = { claims: 10_000, handsets: 250 };
const DAYS = Array.from({ length: 28 }, (_, n) => `2026-05-${String(n + 1).padStart(2, '0')}`);
const BATCH = 'mha-0123456789ab' as BatchId;
const NOW = '2026-06-01T00:00:00Z' as Instant;

/** Links of the n-th handset: most have a few dozen, every fiftieth a thousand. */
const linksOf = (handset: number) => (handset % 50 === 7 ? 1_000 : 20 + ((handset * 37) % 70));

export async function measureClaiming(runs: number, size = SIZE): Promise<Results> {
  const embedded = await startEmbedded();
  const environment: ClaimEnvironment & ExpandEnvironment = {
    WORK: embedded.work,
    CASES: embedded.cases,
    LINKS: embedded.links,
    CASE_DAYS: '1096',
    APPROVERS: 'approver-1,approver-2',
    ROWS_PER_DIRECTION: '2000',
    LADDERS: JSON.stringify(DEFAULT_POLICY.ladders),
  };
  Object.assign(process.env, environment);
  const { PutCommand, QueryCommand } = await import('@aws-sdk/lib-dynamodb');
  const { dynamo } = await import('../../lambdas/stores/clients.ts');
  const { concurrently } = await import('../../lambdas/stores/concurrently.ts');
  const { readText, writeObject } = await import('../../lambdas/stores/objects.ts');
  const { writeLinks } = await import('../../lambdas/stores/links.ts');
  const { handler: claim } = await import('../../lambdas/claim-shard/handler.ts');
  const { handler: expand } = await import('../../lambdas/expand-handsets/handler.ts');
  let attempt = 0;
  const context = () => ({ awsRequestId: `bench-${++attempt}` }) as Context;

  await approve(embedded, await registerWaiting(embedded, BATCH, NOW));

  // ---- claim: each run has numbers of its own, since each number is claimed once in a batch.
  let first = 0;
  let plan = 0;
  const fresh = () => {
    const from = first;
    first += size.claims;
    return Array.from({ length: size.claims }, (_, n) => from + n);
  };
  const shards: { plan: number; indexKey: string; slices: object }[] = [];
  for (let run = 0; run <= runs; run++) {
    const lines = fresh().map((n) =>
      gatheredLine(
        parseGatheredLine([msisdn(n), imei(n % 140), DAYS[n % 28], n % 3 ? 'airtel' : 'jio', 'Delhi'].join('\t')),
      ),
    );
    const text = lines.map((line) => `${line}\n`).join('');
    const key = `gathered/${++plan}.tsv`;
    const indexKey = `gathered/${plan}.json`;
    await writeObject({ bucket: embedded.work, key }, text);
    const index = JSON.stringify([[key, 0, Buffer.byteLength(text), size.claims]]);
    await writeObject({ bucket: embedded.work, key: indexKey }, index);
    shards.push({ plan, indexKey, slices: { start: 0, bytes: index.length } });
  }
  const claimedBy: string[] = [];
  const claimed = await compare(
    {
      name: 'claim',
      unit: 'claims/s',
      floor: 'bare conditional puts',
      goal: 0.8,
      ours: async () => {
        const shard = shards.shift();
        if (shard === undefined) throw new Error('no shard is left to claim');
        const { plan, indexKey, slices } = shard;
        const item = { kind: 'reverify', shard: 0, links: size.claims, slices, part: null };
        const gathered = { indexKey, operators: [] };
        const event = { batchId: BATCH, plan, startedAt: NOW, handsetsKey: '', gathered, item };
        claimedBy.push((await claim(event, context())).decisionKey);
        return size.claims;
      },
      bare: async () => {
        await concurrently(fresh(), CLAIMS_AT_ONCE, async (n) => {
          await dynamo.send(
            new PutCommand({
              TableName: embedded.cases,
              Item: {
                pk: `CONN#${msisdn(n)}`,
                pointers: { number: [`${BATCH}.reverify.airtel.1-0-0:${n % 2_000}`] },
                version: 1,
              },
              ConditionExpression: 'attribute_not_exists(pk)',
              ReturnConsumedCapacity: 'TOTAL',
            }),
          );
        });
        return size.claims;
      },
    },
    runs,
  );
  for (const key of claimedBy) {
    const { directions } = JSON.parse(await readText({ bucket: embedded.work, key })) as ShardDecision;
    const directed = directions.reduce((sum, { rows }) => sum + rows, 0);
    check('rows directed by a claim', directed, size.claims);
  }

  // ---- expand: the same handsets each time; it only reads.
  let links = 0;
  await writeLinks(
    embedded.links,
    (async function* () {
      for (let handset = 0; handset < size.handsets; handset++) {
        const count = linksOf(handset);
        links += count;
        yield Array.from({ length: count }, (_, n) => ({
          ...parseGatheredLine([msisdn(links + n), imei(handset), DAYS[n % 28], 'airtel', 'Delhi'].join('\t')),
          imsi: '',
          subscriberType: '' as const,
          pointOfSale: '',
        }));
      }
    })(),
  );
  const handsets = Array.from({ length: size.handsets }, (_, n) => imei(n) as Imei);
  const handsetsKey = 'screened/handsets.jsonl';
  await writeObject({ bucket: embedded.work, key: handsetsKey }, handsets.map(handsetLine).join(''));
  const window = { from: '2025-12-03', to: '2026-06-01' };
  const expanded = await compare(
    {
      name: 'expand',
      unit: 'links/s',
      floor: 'bare paged queries',
      goal: 0.7,
      ours: async () => {
        const run = { first: 0, count: size.handsets };
        const event = { folder: 'screened/bench', shards: 100, window, handsetsKey, run };
        const { objects } = await expand(event, context());
        const found = objects.reduce((sum, { links }) => sum + links, 0);
        check('links expanded', found, links);
        return found;
      },
      bare: async () => {
        let read = 0;
        await concurrently(handsets, QUERIES_AT_ONCE, async (handset) => {
          let start: Record<string, unknown> | undefined;
          do {
            const page = await dynamo.send(
              new QueryCommand({
                TableName: embedded.links,
                KeyConditionExpression: 'pk = :imei AND sk BETWEEN :from AND :to',
                ExpressionAttributeValues: { ':imei': handset, ':from': `${window.from}#`, ':to': `${window.to}$` },
                ProjectionExpression: 'sk, lsa',
                ConsistentRead: true,
                ExclusiveStartKey: start,
                ReturnConsumedCapacity: 'TOTAL',
              }),
            );
            read += page.Items?.length ?? 0;
            start = page.LastEvaluatedKey;
          } while (start);
        });
        return read;
      },
    },
    runs,
  );
  return { measured: [claimed, expanded], told: [] };
}
