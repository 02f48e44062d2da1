/**
 * The cloud's one endpoint: plain HTTP on a loopback port. A request goes to the service that its signature's scope names;
 * signatures are read, not checked.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isApp } from '../consumption.ts';
import { OUTSIDER } from '../dynamodb/dynamo-host.ts';
import { AwsError, errorXml, queryErrorXml } from '../errors.ts';
import { signerOf } from '../signature.ts';
import { actionOf, type Call, json, meetFault, type Services } from './call.ts';
import { serveDynamo } from './serve-dynamodb.ts';
import { serveLambda } from './serve-lambda.ts';
import { serveCloudFormation, serveKms, serveS3, serveStates, serveSts } from './serve-others.ts';
import { serveFauxqs, serveSqs } from './serve-queues.ts';

type Serve = (services: Services, call: Call) => Promise<void> | void;

const SERVE: Readonly<Record<string, Serve>> = {
  cloudformation: serveCloudFormation,
  dynamodb: serveDynamo,
  kms: serveKms,
  lambda: serveLambda,
  s3: serveS3,
  sns: (services, call) => serveFauxqs(services, 'sns', call),
  sqs: serveSqs,
  states: serveStates,
  sts: serveSts,
};

/** The services that are served, by the name in a signature's scope. */
export const SERVICES: readonly string[] = Object.keys(SERVE);

/** The hosts that a request may be addressed to: any other could be a bucket's name, in S3's other style of addresses. */
const HOSTS = ['127.0.0.1', 'localhost'];

/** The server: takes requests once it is opened, and hands each to its service. */
export class Endpoint {
  readonly url: string;
  readonly #server: Server;
  #services: Services | undefined;

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('request', (request: IncomingMessage, response: ServerResponse) => this.#take(request, response));
  }

  /**
   * Listens on `port`, or on a free one for 0.
   * @throws an error where the port is taken
   */
  static listen(port: number): Promise<Endpoint> {
    const server = createServer({ keepAliveTimeout: 60_000, requestTimeout: 0 });
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', () => {
        server.off('error', reject);
        resolve(new Endpoint(server));
      });
    });
  }

  /** Serves requests by these services from now on. */
  open(services: Services): void {
    this.#services = services;
    const { enforcement, fauxqs } = services;
    fauxqs.guard = async (request, body) => {
      const { headers } = request;
      const { accessKeyId = OUTSIDER, service = '' } = signerOf(headers, new URLSearchParams()) ?? {};
      const of = body.TopicArn ?? body.QueueUrl;
      const key = of === undefined ? undefined : String(of);
      await meetFault(services, request, accessKeyId, {
        service,
        action: String(body.Action ?? actionOf(request)),
        key,
      });
      if (enforcement === undefined) return;
      const role = roleOf(services, accessKeyId, service);
      const queue = typeof body.QueueUrl === 'string' ? fauxqs.queues.getQueue(body.QueueUrl)?.arn : undefined;
      const resource = queue ?? String(body.TopicArn ?? body.TargetArn ?? '*');
      const action = `${service}:${body.Action ?? actionOf({ headers })}`;
      if (service === 'sns' || service === 'sqs')
        enforcement.require(role, [{ action, resource, context: subscribing(body) }], 'AccessDenied', 403);
    };
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  #take(request: IncomingMessage, response: ServerResponse): void {
    const services = this.#services;
    // The path is not parsed as a URL, which would resolve the dots and slashes of a key.
    const [path = '/', search = ''] = (request.url ?? '/').split(/\?(.*)/s);
    const query = new URLSearchParams(search);
    const signer = signerOf(request.headers, query);
    const service = signer?.service ?? guess(request);
    const accessKeyId = signer?.accessKeyId ?? OUTSIDER;
    if (services === undefined) {
      fail(request, response, service, new AwsError('ServiceUnavailable', 'the local cloud is starting', 503));
      return;
    }
    const serve = async (): Promise<void> => {
      await services.functions.sleeping(accessKeyId);
      const release = services.clock.hold(`request to ${service}`, isApp(accessKeyId) ? undefined : 'outsider');
      response.once('close', release);
      dateBy(services.clock.now(), response);
      const role = roleOf(services, accessKeyId, service);
      await this.#dispatch(services, service, { request, response, path, query, accessKeyId, role });
    };
    serve().catch((error: unknown) => {
      const known = error instanceof AwsError ? error : new AwsError('InternalFailure', messageOf(error), 500);
      fail(request, response, service, known);
    });
  }

  async #dispatch(services: Services, service: string, call: Call): Promise<void> {
    const host = (call.request.headers.host ?? '').replace(/:\d+$/, '');
    if (!HOSTS.includes(host)) {
      throw new AwsError('NotImplemented', `the local cloud answers at ${this.url} only, not as ${host}`, 501);
    }
    const serve = Object.hasOwn(SERVE, service) ? SERVE[service] : undefined;
    if (serve === undefined) {
      throw new AwsError('UnknownOperationException', `the local cloud has no service ${service}`);
    }
    return serve(services, call);
  }
}

/** The condition keys of a request to subscribe. */
const subscribing = ({ Protocol, Endpoint }: Readonly<Record<string, unknown>>): Record<string, string> => ({
  ...(typeof Protocol === 'string' ? { 'sns:protocol': Protocol } : {}),
  ...(typeof Endpoint === 'string' ? { 'sns:endpoint': Endpoint } : {}),
});

/** The role of the function that has an access key id, or the role that the id names. */
function roleOf({ enforcement, functions }: Services, accessKeyId: string, service: string): string | undefined {
  return enforcement && (functions.roleOf(accessKeyId) ?? enforcement.named(accessKeyId, service));
}

/** The service of a request without a signature: JSON services name themselves, everything else is S3. */
function guess({ headers }: IncomingMessage): string {
  const target = String(headers['x-amz-target'] ?? '');
  if (target.startsWith('DynamoDB')) return 'dynamodb';
  if (target.startsWith('AWSStepFunctions')) return 'states';
  if (target.startsWith('AmazonSQS')) return 'sqs';
  return 's3';
}

function fail(request: IncomingMessage, response: ServerResponse, service: string, error: AwsError): void {
  const { code, message, status, fields } = error;
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const isQuery = request.headers['content-type']?.includes('x-www-form-urlencoded');
  if (service === 's3' || isQuery) {
    response.writeHead(status, { 'content-type': 'application/xml' });
    response.end(service === 's3' ? errorXml(error) : queryErrorXml(error));
    return;
  }
  response.setHeader('x-amzn-errortype', code);
  json(response, status, { ...fields, __type: code, message });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * Dates an answer by the cloud's clock. A refusal has no date: from one that differs by minutes from their own clock, AWS's clients
 * conclude that their clock is wrong, and retry what they would not retry otherwise.
 */
function dateBy(now: number, response: ServerResponse): void {
  response.sendDate = false;
  const writeHead = response.writeHead.bind(response) as (...args: unknown[]) => ServerResponse;
  response.writeHead = (statusCode: number, ...rest: unknown[]) => {
    if (statusCode < 400) response.setHeader('date', new Date(now).toUTCString());
    else response.removeHeader('date');
    return writeHead(statusCode, ...rest);
  };
}
