import { createHash } from 'node:crypto';
import { list } from './keys.ts';
import type { Class, ListedObjects, ListOptions, ObjectStore, StoredObject } from './stores.ts';
import type { Versions } from './versions.ts';

/** The end of a bucket's name under which the bucket's old versions are reached as keys; no request can name it. */
export const VERSIONS = '..versions';

/** The end of a bucket's name for putting an object that may not be there yet. */
export const ONLY_NEW = '..new';

/** The end of a bucket's name, followed by `tagName`, for replacing only the object that has that tag. */
export const ONLY_OVER = '..over-';

/**
 * A short name for a tag, the same with or without its quotes, since S3 takes both: fauxqs finds no bucket whose name has more than 100
 * characters.
 */
export function tagName(tag: string): string {
  return createHash('md5').update(tag.replaceAll('"', '')).digest('hex').slice(0, 16);
}

/** An error of S3, as fauxqs answers it. */
export type S3ErrorClass = new (code: string, message: string, status: number) => Error;

/** A store of objects that has versions, conditions of a put, and S3's order of keys. */
export function objectStore(S3Store: Class<ObjectStore>, S3Error: S3ErrorClass, versions: Versions): ObjectStore {
  const version = (bucket: string, versionId: string): StoredObject => {
    const found = versions.version(bucket.slice(0, -VERSIONS.length), versionId);
    if (found === undefined) throw new S3Error('NoSuchVersion', 'The specified version does not exist.', 404);
    if (found.isMarker)
      throw new S3Error('MethodNotAllowed', 'The specified method is not allowed against this resource.', 405);
    return found;
  };

  class Objects extends S3Store {
    override putObject(bucket: string, key: string, body: Buffer, ...rest: unknown[]): StoredObject {
      const [over = '', tagged] = bucket.split(ONLY_OVER);
      const onlyNew = bucket.endsWith(ONLY_NEW);
      const real = onlyNew ? bucket.slice(0, -ONLY_NEW.length) : over;
      const isMet = onlyNew
        ? this.buckets.get(real)?.has(key) !== true
        : tagged === undefined || tagName(super.headObject(real, key).etag) === tagged;
      if (!isMet)
        throw new S3Error('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', 412);
      return versions.keep(real, super.putObject(real, key, body, ...rest));
    }

    override uploadPart(uploadId: string, number: number, body: Buffer, checksum?: string) {
      const uploaded = super.uploadPart(uploadId, number, body, checksum);
      const upload = this.multipartUploads.get(uploadId);
      const part = upload?.parts.get(number);
      if (upload === undefined || part === undefined || !versions.sealed.has(upload.bucket)) return uploaded;
      part.etag = versions.tag();
      return { ...uploaded, etag: part.etag };
    }

    override completeMultipartUpload(uploadId: string, parts: unknown): StoredObject {
      const bucket = this.multipartUploads.get(uploadId)?.bucket ?? '';
      return versions.keep(bucket, super.completeMultipartUpload(uploadId, parts));
    }

    override getObject(bucket: string, key: string): StoredObject {
      return bucket.endsWith(VERSIONS) ? version(bucket, key) : super.getObject(bucket, key);
    }

    override deleteObject(bucket: string, key: string): void {
      super.deleteObject(bucket, key);
      versions.deleted(bucket, key);
    }

    override headObject(bucket: string, key: string): StoredObject {
      return bucket.endsWith(VERSIONS) ? version(bucket, key) : super.headObject(bucket, key);
    }

    override listObjects(bucket: string, options: ListOptions = {}): ListedObjects {
      const objects = this.buckets.get(bucket);
      if (objects === undefined) throw new S3Error('NoSuchBucket', 'The specified bucket does not exist', 404);
      return list(objects, options);
    }
  }

  return new Objects();
}
