/** Objects of the buckets: how they are read, by lines and by parts, and written, each at most once where that counts. */
import { createHash } from 'node:crypto';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { CopyObjectCommand, GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { s3 } from './clients.ts';
import { listObjects } from './listings.ts';

/** One object, in one version if the bucket keeps versions. */
export interface Place {
  bucket: string;
  key: string;
  versionId?: string | undefined;
}

/** Bytes of an object, from `start` to before `end`; from its beginning without `start`, and to its end without `end`. */
interface Range {
  start?: number;
  end?: number;
}

/** An object has more bytes than its reader takes; none of them was read. */
export class TooLarge extends Error {
  override name = 'TooLarge';
}

const PART_BYTES = 8 * 1024 * 1024;

async function body(place: Place, range?: string, most = Number.POSITIVE_INFINITY): Promise<Readable> {
  const { Body, ContentLength = 0 } = await s3.send(
    new GetObjectCommand({ Bucket: place.bucket, Key: place.key, VersionId: place.versionId, Range: range }),
  );
  if (!(Body instanceof Readable)) throw new TypeError('an object came without a stream');
  if (ContentLength > most) {
    Body.destroy();
    throw new TooLarge(`an object has ${ContentLength} bytes, more than ${most}`);
  }
  return Body;
}

/**
 * The object's bytes as they arrive, or a range of them, which holds at least one; memory stays at a few chunks whatever its size. A caller
 * that takes long over a chunk may lose the connection.
 * @throws TooLarge if these are more than `most` bytes
 */
export async function* readChunks(
  place: Place,
  { start = 0, end, most }: Range & { most?: number } = {},
): AsyncGenerator<Uint8Array> {
  const range = start === 0 && end === undefined ? undefined : `bytes=${start}-${end === undefined ? '' : end - 1}`;
  yield* (await body(place, range, most)) as AsyncIterable<Uint8Array>;
}

/**
 * The SHA-256 of an object's bytes, in hexadecimal.
 * @throws TooLarge if these are more than `most`
 */
export async function readSha256(place: Place, most = Number.POSITIVE_INFINITY): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of readChunks(place, { most })) hash.update(chunk);
  return hash.digest('hex');
}

/** `bytes` bytes from `start` on, as text. */
export async function readSlice(place: Place, start: number, bytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of await body(place, `bytes=${start}-${start + bytes - 1}`)) chunks.push(chunk as Uint8Array);
  const whole = Buffer.concat(chunks);
  if (whole.length !== bytes) throw new RangeError(`a slice of ${bytes} bytes came with ${whole.length}`);
  return whole.toString('utf8');
}

/** The whole object, or a range of it, as bytes; for objects that are known to be small. */
export async function readBytes(place: Place, range?: Range): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(readChunks(place, range)));
}

/** A whole object as text in UTF-8. */
export async function readText(place: Place): Promise<string> {
  return (await readBytes(place)).toString('utf8');
}

/**
 * The object's text; undefined if there is none. S3 refuses an object that isn't there to whoever may list the bucket by prefixes only: so
 * a refusal is believed if the list doesn't have the object. The reader may list its key.
 */
export async function readTextIfThere(place: Place): Promise<string | undefined> {
  try {
    return await readText(place);
  } catch (error) {
    if (!(error instanceof Error && MISSING.includes(error.name))) throw error;
    // If it is there and was refused, it is refused once more; if it was written meanwhile, it is read now.
    for await (const { key } of listObjects(place)) if (key === place.key) return await readText(place);
    return undefined;
  }
}

/** An object's text, with the tag that its bytes have there and no others. */
interface Tagged {
  readonly text: string;
  readonly tag: string;
}

/**
 * Texts of objects with their tags, in the order of their keys; undefined if there is none. It asks the list first, once for all keys, for
 * objects that often aren't there: S3 refuses those to whoever may list the bucket by prefixes only, and each refusal looks like a right
 * that is lacking. The reader may list the common beginning of the keys, which little else shares.
 */
export async function readTagged<K extends readonly string[]>(
  bucket: string,
  ...keys: K
): Promise<{ [N in keyof K]: Tagged | undefined }> {
  const there = new Set<string>();
  for await (const { key } of listObjects({ bucket, key: beginningOf(keys) })) there.add(key);
  const texts = keys.map(async (key) => {
    if (!there.has(key)) return undefined;
    const { Body, ETag } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    if (Body === undefined || ETag === undefined) throw new TypeError('an object came without a stream, or a tag');
    return { text: await Body.transformToString(), tag: ETag };
  });
  return (await Promise.all(texts)) as { [N in keyof K]: Tagged | undefined };
}

/** The common beginning of all of these. */
function beginningOf([first = '', ...others]: readonly string[]): string {
  const differs = [...first].findIndex((character, n) => others.some((other) => other[n] !== character));
  return differs < 0 ? first : first.slice(0, differs);
}

/** The errors by which S3 says that there is no such object. */
const MISSING = ['NoSuchKey', 'AccessDenied'];

/** The lines of a range of an object, without their LFs, as they arrive; memory stays at a few chunks. */
export async function* readTextLines(place: Place, range: { start: number; end: number }): AsyncGenerator<string[]> {
  let rest = Buffer.alloc(0);
  for await (const chunk of readChunks(place, range)) {
    const bytes = Buffer.concat([rest, chunk]);
    const end = bytes.lastIndexOf('\n');
    rest = bytes.subarray(end + 1);
    if (end >= 0) yield bytes.toString('utf8', 0, end).split('\n');
  }
  if (rest.length > 0) yield [rest.toString('utf8')];
}

/** The object's lines, without their ends; an empty last line doesn't count. */
export async function* readLines(place: Place): AsyncGenerator<string> {
  yield* createInterface({ input: await body(place), crlfDelay: Number.POSITIVE_INFINITY });
}

/**
 * The lines of an ASCII text of `bytes` bytes, without their ends, block by block: each is asked for when it is wanted, so that many
 * objects can be read side by side without a connection for each.
 */
export async function* readLineBlocks(place: Place, bytes: number, block: number): AsyncGenerator<string[]> {
  let rest = '';
  for (let start = 0; start < bytes; start += block) {
    const lines = (rest + (await readSlice(place, start, Math.min(block, bytes - start)))).split('\n');
    rest = lines.pop() ?? '';
    yield lines;
  }
  if (rest !== '') yield [rest];
}

const CONTENT_TYPES: Record<string, string> = {
  csv: 'text/csv; charset=utf-8',
  html: 'text/html; charset=utf-8',
  json: 'application/json',
  jsonl: 'application/x-ndjson',
  tsv: 'text/tab-separated-values; charset=utf-8',
};
const contentType = (key: string) => CONTENT_TYPES[key.slice(key.lastIndexOf('.') + 1)] ?? 'application/octet-stream';

/** Puts an object, in the place of the one that lies there. Its content type is that of its key's ending. */
export async function writeObject(place: Place, content: string | Uint8Array): Promise<void> {
  await put(place, content);
}

async function put(
  { bucket, key }: Place,
  content: string | Uint8Array,
  only: { IfNoneMatch: '*' } | { IfMatch: string } | object = {},
) {
  // The SDK tells the length of empty bytes, but not of an empty text.
  const Body = typeof content === 'string' ? Buffer.from(content) : content;
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body, ContentType: contentType(key), ...only }));
}

/** The errors by which S3 says that an object is there, or that somebody else puts it at this moment. */
const TAKEN = ['PreconditionFailed', 'ConditionalRequestConflict'];

/**
 * Writes an object if there is none. Returns false if there is one, which stays as it is; a caller that reads it then may not find it yet,
 * while somebody else's write is under way.
 */
export async function writeNewObject(place: Place, content: string): Promise<boolean> {
  try {
    await put(place, content, { IfNoneMatch: '*' });
    return true;
  } catch (error) {
    if (error instanceof Error && TAKEN.includes(error.name)) return false;
    throw error;
  }
}

/**
 * Writes an object over the one that was read with this tag, or if there was none. Returns false if somebody else wrote, or is writing,
 * since then: that object is left as it is. A caller that writes over a tag may read the object, too.
 */
export async function replaceObject(place: Place, content: string, read: Tagged | undefined): Promise<boolean> {
  try {
    await put(place, content, read === undefined ? { IfNoneMatch: '*' } : { IfMatch: read.tag });
    return true;
  } catch (error) {
    if (error instanceof Error && [...TAKEN, 'NoSuchKey'].includes(error.name)) return false;
    throw error;
  }
}

/** Writes text as it is made, in parts of 8 MiB. When `text` throws, nothing is written and its error is thrown. */
export async function writeStream(place: Place, text: AsyncIterable<string>): Promise<void> {
  const upload = new Upload({
    client: s3,
    partSize: PART_BYTES,
    queueSize: 2,
    params: {
      Bucket: place.bucket,
      Key: place.key,
      Body: Readable.from(inPieces(text), { objectMode: false }),
      ContentType: contentType(place.key),
    },
  });
  await upload.done();
}

/**
 * Writes pieces of text as `writeStream` does, and hashes them.
 * @returns the SHA-256 of what was written
 */
export async function writeHashed(place: Place, text: Iterable<string> | AsyncIterable<string>): Promise<string> {
  const hash = createHash('sha256');
  async function* hashed() {
    for await (const piece of text) {
      hash.update(piece);
      yield piece;
    }
  }
  await writeStream(place, hashed());
  return hash.digest('hex');
}

const PIECE_CHARACTERS = 64 * 1024;

/** Joins short texts, so that a stream of lines doesn't cost an event for each. */
async function* inPieces(text: AsyncIterable<string>): AsyncGenerator<string> {
  let piece = '';
  for await (const part of text) {
    piece += part;
    if (piece.length >= PIECE_CHARACTERS) {
      yield piece;
      piece = '';
    }
  }
  yield piece;
}

/** Publishes prepared bytes: the same bytes under another key. Doing it again changes nothing. */
export async function copyObject(from: Place, to: Place): Promise<void> {
  const source = `${from.bucket}/${from.key.split('/').map(encodeURIComponent).join('/')}`;
  await s3.send(new CopyObjectCommand({ Bucket: to.bucket, Key: to.key, CopySource: source }));
}
