/**
 * The console: a page about a cloud, on a loopback port of its own, for the browser of whoever runs the cloud. It answers to its own
 * addresses and its own page only: requests that another site has a browser send are refused.
 */
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bodyOf } from '../endpoint/call.ts';
import { AwsError } from '../errors.ts';
import type { OutsideS3 } from '../outside/s3-client.ts';
import { ClockControl } from './clock-control.ts';
import { policyOf, staticFile } from './static.ts';
import { type Viewed, Views } from './views.ts';

/** The parts of a cloud that the console shows, once the app is loaded. */
export interface Shown extends Viewed {
  clock: ConstructorParameters<typeof ClockControl>[0];
  outside: OutsideS3;
  /** The cloud's endpoint, region and account. */
  place: Readonly<Record<string, string>>;
}

interface Asked {
  request: IncomingMessage;
  response: ServerResponse;
  query: URLSearchParams;
  shown: Shown & { views: Views; control: ClockControl };
}
type Answering = (asked: Asked) => unknown;

const LARGEST_JSON = 64 * 1024;
/** S3's limit of a key, in bytes. */
const LONGEST_KEY = 1024;

const need = (query: URLSearchParams, name: string): string => {
  const value = query.get(name);
  if (value === null || value === '') throw new AwsError('ValidationException', `${name} is missing`);
  return value;
};
const textOf = (query: URLSearchParams, name: string): string | undefined => query.get(name) || undefined;
const numberOf = (query: URLSearchParams, name: string): number | undefined => {
  const value = textOf(query, name);
  if (value === undefined) return undefined;
  if (!/^\d{1,15}$/.test(value)) throw new AwsError('ValidationException', `${name} is no whole number`);
  return Number(value);
};

/** The paths that read. */
const READS: Readonly<Record<string, Answering>> = {
  '/api/cloud': ({ shown }) => ({ ...shown.place, clock: shown.control.state(), ...shown.views.resources() }),
  '/api/objects': ({ shown, query }) =>
    shown.views.objects(need(query, 'bucket'), query.get('prefix') ?? '', query.get('after') ?? ''),
  '/api/text': ({ shown, query }) => shown.views.text(need(query, 'bucket'), need(query, 'key')),
  '/api/items': ({ shown, query }) =>
    shown.views.items(need(query, 'table'), textOf(query, 'partition'), textOf(query, 'after')),
  '/api/queue': ({ shown, query }) => shown.views.queue(need(query, 'queue'), numberOf(query, 'before')),
  '/api/topic': ({ shown, query }) => shown.views.topic(need(query, 'topic'), numberOf(query, 'before')),
  '/api/function': ({ shown, query }) => shown.views.function(need(query, 'function'), numberOf(query, 'before')),
  '/api/machine': ({ shown, query }) => shown.views.machine(need(query, 'machine')),
  '/api/latest': ({ shown }) => shown.views.latest(),
  '/api/executions': ({ shown, query }) =>
    shown.views.executions({
      of: need(query, 'of'),
      status: textOf(query, 'status'),
      before: numberOf(query, 'before'),
    }),
  '/api/execution': ({ shown, query }) => shown.views.execution(need(query, 'execution')),
  '/api/history': ({ shown, query }) => shown.views.history(need(query, 'execution'), numberOf(query, 'before')),
};

/** The paths that change something. */
const ACTS: Readonly<Record<string, Answering>> = {
  '/api/clock': async ({ request, shown }) => {
    shown.control.do(await objectIn(request));
    return shown.control.state();
  },
  '/api/object': async ({ request, query, shown }) => {
    const [bucket, key] = [need(query, 'bucket'), need(query, 'key')];
    if (!shown.fauxqs.objects.hasBucket(bucket)) throw new AwsError('NotFound', `there is no bucket ${bucket}`, 404);
    if (Buffer.byteLength(key) > LONGEST_KEY) throw new AwsError('KeyTooLongError', 'the key is too long');
    await shown.outside.put(bucket, key, request);
    return { bucket, key };
  },
};

/** The server: shows a cloud once it is opened. */
export class Console {
  readonly url: string;
  readonly #server: Server;
  #shown: Asked['shown'] | undefined;

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      this.#take(request, response).catch((error: unknown) => fail(response, error));
    });
  }

  /**
   * Listens on `port`, or on a free one for 0.
   * @throws an error where the port is taken
   */
  static listen(port: number): Promise<Console> {
    const server = createServer({ requestTimeout: 0 });
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', () => {
        server.off('error', reject);
        resolve(new Console(server));
      });
    });
  }

  /** Shows this cloud from now on. */
  open(shown: Shown): void {
    this.#shown = { ...shown, views: new Views(shown), control: new ClockControl(shown.clock) };
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    this.#check(request);
    const { pathname, searchParams: query } = new URL(request.url ?? '/', this.url);
    if (!pathname.startsWith('/api/')) return sendFile(request, response, pathname);
    const shown = this.#shown;
    if (shown === undefined) throw new AwsError('ServiceUnavailable', 'the local cloud is starting', 503);
    if (request.method === 'GET' && pathname === '/api/object') return download(response, shown.views, query);
    const answers = request.method === 'GET' ? READS : request.method === 'POST' ? ACTS : {};
    const answering = Object.hasOwn(answers, pathname) ? answers[pathname] : undefined;
    if (answering === undefined) throw new AwsError('NotFound', `there is no ${request.method} ${pathname}`, 404);
    const answer = JSON.stringify(await answering({ request, response, query, shown }));
    response.writeHead(200, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' });
    response.end(answer);
  }

  /**
   * Keeps other sites out: a site that points its own name here gives another host, and a site that has a browser send something gives
   * another origin. A request that changes something must come from the page itself, as one of two headers of the browser says.
   */
  #check({ method, headers }: IncomingMessage): void {
    const { port } = new URL(this.url);
    const { host = '', origin } = headers;
    if (host !== `127.0.0.1:${port}` && host !== `localhost:${port}`)
      throw new AwsError('Forbidden', `the console answers at ${this.url} only`, 403);
    const site = headers['sec-fetch-site'];
    const isRead = method === 'GET';
    const isForeign =
      (origin !== undefined && origin !== `http://${host}`) ||
      (!isRead && site !== undefined && site !== 'same-origin');
    const isOwn = origin !== undefined || site === 'same-origin';
    if (isForeign || (!isRead && !isOwn))
      throw new AwsError('Forbidden', 'the console takes requests of its own page only', 403);
  }
}

const HEADERS = {
  'x-content-type-options': 'nosniff',
  // Under no-referrer a browser would name no origin, even towards the page's own.
  'referrer-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'content-security-policy': policyOf([]),
};

async function sendFile({ method }: IncomingMessage, response: ServerResponse, pathname: string): Promise<void> {
  const file = method === 'GET' ? staticFile(pathname) : undefined;
  if (file === undefined) throw new AwsError('NotFound', `there is no ${method} ${pathname}`, 404);
  const bytes = await readFile(file.path);
  const policy = file.type.startsWith('text/html') ? { 'content-security-policy': policyOf(bytes) } : {};
  response.writeHead(200, { 'content-type': file.type, 'cache-control': 'no-cache', ...policy });
  response.end(bytes);
}

/** Sends an object as a file to be saved: if it were shown, it would run in the console's name, whatever somebody uploaded. */
function download(response: ServerResponse, views: Views, query: URLSearchParams): void {
  const object = views.object(need(query, 'bucket'), need(query, 'key'));
  const name = encodeURIComponent(object.key.split('/').at(-1) || 'object').replaceAll("'", '%27');
  response.writeHead(200, {
    'content-type': 'application/octet-stream',
    'content-length': object.body.length,
    'content-disposition': `attachment; filename*=UTF-8''${name}`,
    'cache-control': 'no-store',
  });
  response.end(object.body);
}

async function objectIn(request: IncomingMessage): Promise<Record<string, unknown>> {
  const text = (await bodyOf(request, LARGEST_JSON)).toString();
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === 'object' && body !== null) return body as Record<string, unknown>;
  } catch {
    // The error below tells of it.
  }
  throw new AwsError('SerializationException', 'the body is no JSON object');
}

function fail(response: ServerResponse, error: unknown): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const status = error instanceof AwsError ? error.status : 500;
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' });
  response.end(JSON.stringify({ error: error instanceof Error ? error.message : String(error) }));
}
