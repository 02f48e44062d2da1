/**
 * The DynamoDB of the local cloud, a process of its own: dynalite on disk behind an HTTP server that counts calls and capacity units by
 * caller (the access key id of the signature). dynamo.ts starts it with an IPC channel; it ends, and removes its folder, when the channel
 * closes.
 */
import { rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';

interface Failure extends Error {
  statusCode?: number;
  body?: { __type: string; message?: string; Message?: string };
}
type Body = Record<string, unknown>;
type Done = (error: Failure | null, answer?: Body) => void;
interface Table {
  KeySchema: { AttributeName: string }[];
}
interface LevelIterator {
  close(): Promise<void>;
  return?(): Promise<void>;
}
interface Store {
  getTable(name: string, done: (error: Failure | null, table: Table) => void): void;
  db: {
    open(): Promise<void>;
    close(done: (error?: Error) => void): void;
    clear(): Promise<void>;
    get(key: string, done: (error: Error | null, value?: unknown) => void): void;
    getSync(key: string): unknown;
    keys(options: object): LevelIterator;
    values(options: object): LevelIterator;
  };
}
interface Validation {
  types: Record<string, unknown>;
  custom?: unknown;
}

interface Count {
  calls: number;
  readUnits: number;
  writeUnits: number;
}
/** Counts by table, then by operation. */
export type DynamoConsumption = Record<string, Record<string, Count>>;

const READS = ['GetItem', 'BatchGetItem', 'Query', 'Scan'];
const WRITES = ['PutItem', 'UpdateItem', 'DeleteItem', 'BatchWriteItem'];
const OTHERS = ['CreateTable', 'DescribeTable', 'ListTables', 'DescribeTimeToLive', 'ListTagsOfResource'];

/** The operations that are served; any other is an UnknownOperationException. */
export const DYNAMODB_ACTIONS = [...READS, ...WRITES, ...OTHERS];

/** The access key id of somebody outside the cloud; their calls are not counted. */
export const OUTSIDER = 'outsider';

const LARGEST_BODY = 16 * 1024 * 1024;

/** Serves the tables of a folder, in a process of its own, until its parent ends. */
export function serve(path: string): void {
  const require = createRequire(import.meta.url);
  const database = require('dynalite/db') as {
    create(options: Body): Store;
    capacityUnits(item: Body | undefined, isRead: boolean, isConsistent: boolean): number;
  };
  const validations = require('dynalite/validations') as {
    checkTypes(body: Body, types: Body): Body;
    checkValidations(body: Body, types: Body, custom: unknown, store: Store): void;
  };
  const store = database.create({ path, createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  const actions = new Map<string, { run: (store: Store, body: Body, done: Done) => void; validation: Validation }>();
  for (const action of DYNAMODB_ACTIONS) {
    const file = action.charAt(0).toLowerCase() + action.slice(1);
    actions.set(action, {
      run: require(`dynalite/actions/${file}`) as (store: Store, body: Body, done: Done) => void,
      validation: require(`dynalite/validations/${file}`) as Validation,
    });
  }
  let consumption: DynamoConsumption = {};

  const count = (table: string, action: string, units: number): void => {
    consumption[table] ??= {};
    consumption[table][action] ??= { calls: 0, readUnits: 0, writeUnits: 0 };
    const counted = consumption[table][action];
    counted.calls++;
    if (READS.includes(action)) counted.readUnits += units;
    else counted.writeUnits += units;
  };

  const run = (action: string, body: Body): Promise<Body> =>
    new Promise((resolve, reject) => {
      actions.get(action)?.run(store, body, (error, answer = {}) => (error ? reject(error) : resolve(answer)));
    });

  const countAnswer = (action: string, answer: Body): void => {
    const consumed = answer.ConsumedCapacity as Consumed | Consumed[] | undefined;
    for (const part of Array.isArray(consumed) ? consumed : consumed === undefined ? [] : [consumed]) {
      count(part.TableName, action, part.CapacityUnits ?? 0);
    }
  };

  /** A write whose condition fails costs the existing item's size, at least one unit. */
  const countFailedCondition = async (action: string, body: Body): Promise<void> => {
    const tableName = String(body.TableName);
    const table = await new Promise<Table>((resolve, reject) =>
      store.getTable(tableName, (error, found) => (error ? reject(error) : resolve(found))),
    );
    const item = (body.Key ?? body.Item) as Body | undefined;
    const key: Body = {};
    for (const { AttributeName } of table.KeySchema) key[AttributeName] = item?.[AttributeName];
    const { Item } = await run('GetItem', { TableName: tableName, Key: key });
    count(tableName, action, database.capacityUnits(Item as Body | undefined, false, true));
  };

  const handle = async (target: string, raw: Buffer, counted: boolean): Promise<[status: number, body: Body]> => {
    const [version, action = ''] = target.split('.');
    const known = actions.get(action);
    if (version !== 'DynamoDB_20120810' || known === undefined) {
      return failure('UnknownOperationException', `the local cloud's DynamoDB has no ${action || 'such operation'}`);
    }
    const { types, custom } = known.validation;
    let body: Body;
    try {
      body = JSON.parse(raw.toString()) as Body;
    } catch {
      return failure('SerializationException', 'the body is not JSON');
    }
    const unknown = Object.keys(body).find((field) => !Object.hasOwn(types, field));
    if (unknown !== undefined) {
      return failure('NotImplemented', `${action}: the local cloud's DynamoDB has no field ${unknown}`);
    }
    const wantsCapacity = body.ReturnConsumedCapacity !== undefined;
    try {
      if (Object.hasOwn(types, 'ReturnConsumedCapacity')) body.ReturnConsumedCapacity ??= 'TOTAL';
      body = validations.checkTypes(body, types);
      validations.checkValidations(body, types, custom, store);
      const answer = await run(action, body);
      if (counted) countAnswer(action, answer);
      if (!wantsCapacity) delete answer.ConsumedCapacity;
      return [200, answer];
    } catch (error) {
      const { statusCode, body: answer, message } = error as Failure;
      if (statusCode === undefined || answer === undefined) return failure('InternalServerError', message, 500);
      if (counted && answer.__type.endsWith('ConditionalCheckFailedException'))
        await countFailedCondition(action, body);
      return [statusCode, { ...answer }];
    }
  };

  const server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= LARGEST_BODY) chunks.push(chunk);
    });
    request.on('error', () => response.destroy());
    request.on('end', () => {
      const target = String(request.headers['x-amz-target'] ?? '');
      const answered =
        size > LARGEST_BODY
          ? Promise.resolve(failure('RequestEntityTooLarge', 'the request is too large', 413))
          : handle(target, Buffer.concat(chunks), isCounted(request.headers.authorization));
      answered
        .catch((error: Error) => failure('InternalServerError', error.message, 500))
        .then(([status, body]) => {
          const bytes = Buffer.from(JSON.stringify(body));
          response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0', 'content-length': bytes.length });
          response.end(bytes);
        });
    });
  });

  const end = (): void => {
    server.closeAllConnections();
    server.close();
    const gone = (): never => {
      rmSync(path, { recursive: true, force: true });
      process.exit(0);
    };
    store.db.close(gone);
    setTimeout(gone, 2000);
  };
  // Whoever asked may have gone by now; then `disconnect` ends this process.
  const tell = (answer: object): void => void process.send?.(answer, () => {});
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => {});
  process.on('disconnect', end);
  process.on('message', (message) => {
    if (message === 'consumption') tell({ consumption });
    if (message === 'memory') tell({ memory: process.resourceUsage().maxRSS * 1024 });
    if (message === 'end') end();
    if (message === 'clear')
      store.db.clear().then(() => {
        consumption = {};
        tell({ clear: true });
      });
  });
  store.db.open().then(() => {
    readAtOnce(store.db);
    closeIterators(store.db);
    server.listen(0, '127.0.0.1', () => tell({ port: (server.address() as AddressInfo).port }));
  });
}

/**
 * Answers a read synchronously, from the database's own memory or the page cache: dynalite's way over the thread pool, taken twice for each
 * write, costs several times the read itself. The database must be open.
 */
function readAtOnce(db: Store['db']): void {
  db.get = (key, done) => {
    let answer: [error: Error | null, value?: unknown];
    try {
      answer = [null, db.getSync(key)];
    } catch (error) {
      answer = [error as Error];
    }
    setImmediate(done, ...answer);
  };
}

/**
 * Closes the iterators of queries and scans. dynalite means to, when their streams end, by a method that LevelDB's iterators no longer
 * have; each unclosed one keeps what it read ahead, and thirty thousand queries a gigabyte.
 */
export function closeIterators(db: Pick<Store['db'], 'keys' | 'values'>): void {
  for (const kind of ['keys', 'values'] as const) {
    const open = db[kind].bind(db);
    db[kind] = (options) => {
      const iterator = open(options);
      return Object.assign(iterator, { return: () => iterator.close() });
    };
  }
}

interface Consumed {
  TableName: string;
  CapacityUnits?: number;
}

function failure(type: string, message: string, status = 400): [status: number, body: Body] {
  return [status, { __type: `com.amazon.coral.service#${type}`, message }];
}

function isCounted(authorization: string | undefined): boolean {
  const id = /Credential=([^/,\s]+)\//.exec(authorization ?? '')?.[1] ?? OUTSIDER;
  return id === 'machine' || id.includes('.');
}

const path = process.argv[2];
if (process.send !== undefined && import.meta.main && path !== undefined) serve(path);
