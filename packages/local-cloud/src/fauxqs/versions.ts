import { createHash } from 'node:crypto';
import { compareKeys } from './keys.ts';
import type { StoredObject } from './stores.ts';

/** The versions of objects, and tags that say nothing of their bytes: S3 has both, fauxqs neither. */
export class Versions {
  /** The buckets whose objects' versions are kept. */
  readonly versioned = new Set<string>();
  /** The buckets whose objects have ETags that say nothing of their bytes, as objects under a key of KMS have. */
  readonly sealed = new Set<string>();
  readonly #versions = new Map<string, StoredObject>();
  readonly #markers = new Map<string, StoredObject>();
  /** The next version's number, for each bucket by itself, so that writes to another bucket at the same time don't change the names. */
  readonly #nextVersions = new Map<string, number>();
  #nextTag = 1;

  /** A tag that differs each time and is the same in each run. */
  tag(end = ''): string {
    return `"${createHash('md5')
      .update(`tag ${this.#nextTag++}`)
      .digest('hex')}${end}"`;
  }

  /** Takes an object that was put: gives it its tag and its version, as its bucket has them. */
  keep(bucket: string, object: StoredObject): StoredObject {
    if (this.sealed.has(bucket)) object.etag = this.tag(/-\d+/.exec(object.etag)?.[0]);
    if (!this.versioned.has(bucket)) return object;
    const next = this.#nextVersions.get(bucket) ?? 1;
    this.#nextVersions.set(bucket, next + 1);
    object.versionId = `v${String(next).padStart(31, '0')}`;
    this.#versions.set(`${bucket}/${object.versionId}`, object);
    return object;
  }

  /** Takes a key that was deleted: where versions are kept, it gets a marker. */
  deleted(bucket: string, key: string): void {
    if (!this.versioned.has(bucket)) return;
    const marker = { key, body: Buffer.alloc(0), contentLength: 0, etag: '', lastModified: new Date() };
    this.#markers.set(`${bucket}/${key}`, this.keep(bucket, { ...marker, isMarker: true }));
  }

  /** A version by its id, or a marker. */
  version(bucket: string, versionId: string): StoredObject | undefined {
    return this.#versions.get(`${bucket}/${versionId}`);
  }

  /** The versions in a bucket whose keys begin with `prefix`, in the keys' order, the newest of each key first. */
  versionsIn(bucket: string, prefix: string): StoredObject[] {
    return [...this.#versions]
      .filter(([name, { key }]) => name.startsWith(`${bucket}/`) && key.startsWith(prefix))
      .map(([, version]) => version)
      .sort((a, b) => compareKeys(a.key, b.key) || compareKeys(b.versionId ?? '', a.versionId ?? ''));
  }

  /** The last delete marker of a key. */
  markerOf(bucket: string, key: string): StoredObject | undefined {
    return this.#markers.get(`${bucket}/${key}`);
  }
}
