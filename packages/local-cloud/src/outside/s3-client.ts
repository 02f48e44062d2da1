import { Agent, request } from 'node:http';
import { Readable } from 'node:stream';
import { OUTSIDER } from '../dynamodb/dynamo-host.ts';
import { authorization } from '../signature.ts';

/** The size of a part of a multipart upload, in bytes; larger objects are uploaded in parts. */
const PART = 8 * 1024 * 1024;

/** S3 for somebody outside the cloud: over HTTP at the endpoint. The caller is the account's owner, or the role named by `as`. */
export class OutsideS3 {
  readonly #endpoint: string;
  readonly #region: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 8 });

  constructor(endpoint: string, region: string) {
    this.#endpoint = endpoint;
    this.#region = region;
  }

  /** Uploads an object, in parts if it is larger than 8 MiB. */
  async put(bucket: string, key: string, body: Uint8Array | Readable | string, as?: string): Promise<void> {
    const path = pathOf(bucket, key);
    const parts = partsOf(body);
    let part = await parts.next();
    let next = await parts.next();
    if (next.done) {
      await this.#send('PUT', path, as, part.value ?? Buffer.alloc(0));
      return;
    }
    const created = (await this.#send('POST', `${path}?uploads`, as)).body.toString();
    const uploadId = /<UploadId>([^<]*)<\/UploadId>/.exec(created)?.[1] ?? '';
    const done: string[] = [];
    for (let number = 1; !part.done; number++) {
      const { etag } = await this.#send('PUT', `${path}?partNumber=${number}&uploadId=${uploadId}`, as, part.value);
      done.push(`<Part><PartNumber>${number}</PartNumber><ETag>${etag}</ETag></Part>`);
      part = next;
      next = part.done ? part : await parts.next();
    }
    const list = `<CompleteMultipartUpload>${done.join('')}</CompleteMultipartUpload>`;
    await this.#send('POST', `${path}?uploadId=${uploadId}`, as, Buffer.from(list));
  }

  async get(bucket: string, key: string, as?: string): Promise<Uint8Array> {
    return (await this.#send('GET', pathOf(bucket, key), as)).body;
  }

  /** The id of an object's newest version. */
  async version(bucket: string, key: string, as?: string): Promise<string> {
    return (await this.#send('HEAD', pathOf(bucket, key), as)).version;
  }

  /** All keys under a prefix, in order. */
  async list(bucket: string, prefix = '', as?: string): Promise<string[]> {
    const keys: string[] = [];
    let token = '';
    for (;;) {
      const query = `list-type=2&prefix=${encodeURIComponent(prefix)}${token === '' ? '' : `&continuation-token=${token}`}`;
      const text = (await this.#send('GET', `/${bucket}?${query}`, as)).body.toString();
      for (const [, key = ''] of text.matchAll(/<Key>([^<]*)<\/Key>/g)) keys.push(plain(key));
      const next = /<NextContinuationToken>([^<]*)<\/NextContinuationToken>/.exec(text)?.[1];
      if (next === undefined) return keys;
      token = encodeURIComponent(plain(next));
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  #send(
    method: string,
    path: string,
    as = OUTSIDER,
    body: Buffer = Buffer.alloc(0),
  ): Promise<{ body: Buffer; etag: string; version: string }> {
    const headers = {
      authorization: authorization(as, 's3', this.#region),
      'content-length': body.length,
      'content-type': 'application/octet-stream',
    };
    return new Promise((resolve, reject) => {
      const sent = request(this.#endpoint + path, { method, headers, agent: this.#agent }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const answer = Buffer.concat(chunks);
          const status = response.statusCode ?? 500;
          const { etag = '', 'x-amz-version-id': version = '' } = response.headers;
          if (status < 300) return resolve({ body: answer, etag, version: String(version) });
          const code = /<Code>([^<]*)<\/Code>/.exec(answer.toString())?.[1] ?? String(status);
          return reject(new Error(`S3 answered ${code} to ${method} ${path.split('?')[0]}`));
        });
      });
      sent.on('error', reject);
      sent.end(body);
    });
  }
}

function pathOf(bucket: string, key: string): string {
  return `/${bucket}/${key.split('/').map(encodeURIComponent).join('/')}`;
}

/** Cuts a body into parts of 8 MiB; nothing for an empty one. */
async function* partsOf(body: Uint8Array | Readable | string): AsyncGenerator<Buffer, undefined> {
  if (!(body instanceof Readable)) {
    const bytes = Buffer.from(body as Uint8Array);
    for (let at = 0; at < bytes.length; at += PART) yield bytes.subarray(at, at + PART);
    return;
  }
  let chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array | string>) {
    const bytes = Buffer.from(chunk as Uint8Array);
    chunks.push(bytes);
    size += bytes.length;
    while (size >= PART) {
      const whole = Buffer.concat(chunks);
      yield whole.subarray(0, PART);
      chunks = [whole.subarray(PART)];
      size -= PART;
    }
  }
  if (size > 0) yield Buffer.concat(chunks);
}

function plain(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');
}
