/** The fixture at its endpoint, called by the clients of the SDK and by raw requests. */
import { request as httpRequest } from 'node:http';
import type { LocalCloud } from '../../src/face.ts';
import { authorization } from '../../src/signature.ts';
import { clientsOf, startFixture } from '../fixture/lab.ts';

export let cloud: LocalCloud;
export let clients: ReturnType<typeof clientsOf>;
export async function open(): Promise<void> {
  cloud = await startFixture();
  clients = clientsOf(cloud);
}
export async function close(): Promise<void> {
  clients?.destroy();
  await cloud?.stop();
}

interface Raw {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

/** Sends a request that no SDK would make. */
export function raw(
  path: string,
  {
    method = 'GET',
    service = '',
    headers = {},
    body = '',
  }: { method?: string; service?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Raw> {
  const signed = service === '' ? {} : { authorization: authorization('x', service, cloud.region) };
  return new Promise((resolve, reject) => {
    const sent = httpRequest(cloud.endpoint + path, { method, headers: { ...signed, ...headers } }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
export const json = (target: string, body: unknown, service: string) =>
  raw('/', {
    method: 'POST',
    service,
    headers: { 'x-amz-target': target, 'content-type': 'application/x-amz-json-1.0' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
export const form = (service: string, fields: Record<string, string>) =>
  raw('/', {
    method: 'POST',
    service,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(fields).toString(),
  });
/** The name and message of the error that a call of an SDK ends with. */
export const errorOf = async (call: Promise<unknown>): Promise<[name: string, message: string]> => {
  try {
    await call;
  } catch (error) {
    return [(error as Error).name, (error as Error).message];
  }
  throw new Error('it succeeded');
};
