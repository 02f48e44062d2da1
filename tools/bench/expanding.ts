/** One child of Expand for memory.ts, over links that are in no table: writing as many as a cloned handset may have would take hours. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Imei } from '../../lambdas/domain/identifiers.ts';
import { HANDSET_LINE_BYTES, handsetLine } from '../../lambdas/domain/screening.ts';
import type { Embedded } from './embedded.ts';
import { imei } from './embedded.ts';
import { check } from './measure.ts';
import type { Invocation } from './memory-at-size.ts';

const DAY = '2026-05-20';
/** The size of a page of DynamoDB, 1 MB, and the bytes of a link beside its area. */
const BYTES_PER_PAGE = 1024 * 1024;
const BYTES_PER_LINK = 70;
const FIRST_NUMBER = 9_000_000_000;

/** The links of each handset, all of one day, each with a number of its own, and the area of the n-th. */
interface Links {
  handsets: number;
  links: number;
  area: (n: number) => string;
}

/** Answers Query as a table with these links of each handset would, in the order of their sort keys. */
async function serve({ links, area }: Links): Promise<{ endpoint: string; stop: () => Promise<void> }> {
  const perPage = Math.floor(BYTES_PER_PAGE / (BYTES_PER_LINK + Buffer.byteLength(area(0))));
  const server = createServer(async (request, response) => {
    const { ExclusiveStartKey } = JSON.parse(await text(request));
    const first = ExclusiveStartKey === undefined ? 0 : Number(ExclusiveStartKey.sk.S.slice(14, 24)) - FIRST_NUMBER + 1;
    const count = Math.min(perPage, links - first);
    const items = Array.from({ length: count }, (_, n) => ({
      sk: { S: `${DAY}#+91${FIRST_NUMBER + first + n}#airtel` },
      lsa: { S: area(first + n) },
    }));
    const last = first + count < links && { LastEvaluatedKey: { pk: { S: '' }, sk: items.at(-1)?.sk } };
    response.setHeader('content-type', 'application/x-amz-json-1.0');
    response.end(JSON.stringify({ Items: items, Count: count, ScannedCount: count, ...last }));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** A child of Expand with these handsets, which it reads at once. */
export async function expandOf({ work: bucket }: Embedded, what: string, given: Links): Promise<Invocation> {
  const { writeObject } = await import('../../lambdas/stores/objects.ts');
  const folder = `screened/expand-${given.handsets}-${given.links}`;
  const handsetsKey = `${folder}/handsets.jsonl`;
  const lines = Array.from({ length: given.handsets }, (_, n) => handsetLine(imei(n) as Imei));
  if (lines.some((line) => line.length !== HANDSET_LINE_BYTES)) throw new Error('lines of handsets have one length');
  await writeObject({ bucket, key: handsetsKey }, lines.join(''));
  const table = await serve(given);
  return {
    handler: 'expand-handsets',
    of: what,
    event: {
      folder,
      shards: 90,
      window: { from: '2026-01-01', to: '2026-06-01' },
      handsetsKey,
      run: { first: 0, count: given.handsets },
    },
    environment: { AWS_ENDPOINT_URL_DYNAMODB: table.endpoint },
    done: async (result) => {
      await table.stop();
      const { objects } = result as { objects: readonly { links: number }[] };
      const read = objects.reduce((sum, { links }) => sum + links, 0);
      check('links read', read, given.handsets * given.links);
    },
  };
}
