import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { crc32 } from 'node:zlib';
import { Crc32c, Crc64Nvme } from '@aws-sdk/checksums/crc';
import { AwsError } from './errors.ts';

interface Checksum {
  update(bytes: Uint8Array): void;
  digest(): Promise<Uint8Array>;
}

const digestOf = async (checksum: Checksum, bytes: Buffer): Promise<Buffer> => {
  checksum.update(bytes);
  return Buffer.from(await checksum.digest());
};

const hashed = (algorithm: string) => async (bytes: Buffer) => createHash(algorithm).update(bytes).digest();

/** S3's checksums, keyed by the ends of their headers' names, `x-amz-checksum-…`. */
const CHECKSUMS: Readonly<Record<string, (bytes: Buffer) => Promise<Buffer>>> = {
  crc32: async (bytes) => {
    const digest = Buffer.alloc(4);
    digest.writeUInt32BE(crc32(bytes));
    return digest;
  },
  crc32c: (bytes) => digestOf(new Crc32c(), bytes),
  crc64nvme: (bytes) => digestOf(new Crc64Nvme(), bytes),
  sha1: hashed('sha1'),
  sha256: hashed('sha256'),
};

const PREFIX = 'x-amz-checksum-';

/** The headers about checksums that are known; the last three hold no checksum. */
export const CHECKSUM_HEADERS: readonly string[] = [...Object.keys(CHECKSUMS), 'algorithm', 'mode', 'type'].map(
  (name) => PREFIX + name,
);

const MD5_BYTES = 16;

/**
 * Compares an upload's bytes with its Content-MD5 and its checksum, in a header or behind the bytes. The errors have the words that were
 * recorded on AWS (LocalStack's test_s3.snapshot.json, test_s3_invalid_content_md5 and test_put_object_checksum).
 * @param sent the request's headers, and those that came behind its bytes
 * @throws AwsError where they differ
 */
export async function checkBytes(bytes: Buffer, sent: IncomingHttpHeaders): Promise<void> {
  const md5 = sent['content-md5'];
  if (typeof md5 === 'string') {
    if (!isBase64(md5, MD5_BYTES)) throw new AwsError('InvalidDigest', 'The Content-MD5 you specified was invalid.');
    if (createHash('md5').update(bytes).digest('base64') !== md5)
      throw new AwsError('BadDigest', 'The Content-MD5 you specified did not match what we received.');
  }
  const given = Object.entries(CHECKSUMS).filter(([name]) => sent[PREFIX + name] !== undefined);
  if (given.length > 1)
    throw new AwsError(
      'InvalidRequest',
      'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.',
    );
  for (const [name, of] of given) {
    const digest = await of(bytes);
    const value = String(sent[PREFIX + name]);
    if (!isBase64(value, digest.length))
      throw new AwsError('InvalidRequest', `Value for ${PREFIX}${name} header is invalid.`);
    if (digest.toString('base64') !== value)
      throw new AwsError('BadDigest', `The ${name.toUpperCase()} you specified did not match the calculated checksum.`);
  }
}

function isBase64(text: string, bytes: number): boolean {
  const decoded = Buffer.from(text, 'base64');
  return decoded.length === bytes && decoded.toString('base64') === text;
}
