import { tableNeeds } from '../rights/enforcement.ts';
import { actionOf, bodyOf, type Call, isLosing, json, meetFault, parse, type Services } from './call.ts';

/** Serves a request of DynamoDB: its process carries it out, unless the fault plan or the rights in force say otherwise. */
export async function serveDynamo(services: Services, { request, response, accessKeyId, role }: Call): Promise<void> {
  const body = await bodyOf(request);
  const asked = parse(body);
  const action = actionOf(request);
  if (role !== undefined) {
    const needs = tableNeeds(action, asked, (table) => services.dynamo.arnOf(table));
    services.enforcement?.require(role, needs);
  }
  const call = { service: 'dynamodb', action, key: itemOf(asked, (table) => services.dynamo.partitionKeyOf(table)) };
  const part = (await meetFault(services, request, accessKeyId, call)) === 'part' ? halved(action, asked) : undefined;
  const answer = await services.dynamo.forward(request.headers, part ? Buffer.from(JSON.stringify(part.first)) : body);
  const isWrite = /^(Put|Update|Delete|BatchWrite)/.test(action) && answer.status === 200;
  if (isWrite) services.written?.(action, part?.first ?? asked);
  const drop = isWrite && services.functions.wrote(accessKeyId, call);
  if (drop || isLosing(request)) {
    response.destroy();
    return;
  }
  if (part !== undefined && answer.status === 200) {
    json(response, 200, { ...parse(answer.bytes), [part.field]: part.rest });
    return;
  }
  // The process dates its answers by this machine's clock, not the cloud's.
  const { date: _, ...headers } = answer.headers;
  response.writeHead(answer.status, headers);
  response.end(answer.bytes);
}

/**
 * Splits a batch of one table: its first half, to be carried out, and the rest under the field of an answer that names what was not
 * processed. Undefined where nothing can be left for later.
 */
function halved(action: string, body: Record<string, unknown>) {
  const [[table = '', requests] = []] = Object.entries((body.RequestItems ?? {}) as Record<string, unknown>);
  if (action === 'BatchWriteItem' && Array.isArray(requests) && requests.length > 1) {
    const [first, rest] = halves(requests);
    return {
      first: { ...body, RequestItems: { [table]: first } },
      rest: { [table]: rest },
      field: 'UnprocessedItems',
    };
  }
  const keys = (requests as { Keys?: unknown[] } | undefined)?.Keys ?? [];
  if (action !== 'BatchGetItem' || keys.length < 2) return undefined;
  const [first, rest] = halves(keys).map((Keys) => ({ [table]: { ...(requests as object), Keys } }));
  return { first: { ...body, RequestItems: first }, rest, field: 'UnprocessedKeys' };
}

function halves<T>(list: readonly T[]): [T[], T[]] {
  const middle = Math.ceil(list.length / 2);
  return [list.slice(0, middle), list.slice(middle)];
}

type Item = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** The parts of a request that name an item. */
interface Named {
  TableName?: string;
  Item?: Item;
  Key?: Item;
}

/** The partition key of the item that a request names, or of the first one in a batch; empty where it names none. */
function itemOf(request: Record<string, unknown>, partitionKeyOf: (table: string) => string | undefined): string {
  const { TableName, Item, Key = Item } = named(request);
  const [value] = Object.values(Key?.[partitionKeyOf(TableName ?? '') ?? ''] ?? {});
  return value === undefined ? '' : String(value);
}

function named(request: Record<string, unknown>): Named {
  const [batch] = Object.entries((request.RequestItems ?? {}) as Record<string, unknown>);
  if (batch === undefined) return request;
  const [TableName, requests] = batch;
  if (!Array.isArray(requests)) return { TableName, Key: (requests as { Keys?: Item[] }).Keys?.[0] ?? {} };
  return { TableName, ...Object.values((requests[0] ?? {}) as Record<string, Named>)[0] };
}
