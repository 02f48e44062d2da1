/** The objects that lie under a prefix of a bucket, and the versions of one. */
import { ListObjectsV2Command, ListObjectVersionsCommand } from '@aws-sdk/client-s3';
import { type Instant, instantOf } from '../domain/days.ts';
import { s3 } from './clients.ts';
import type { Place } from './objects.ts';

/** The names of the folders under a folder, without slashes; `key` ends with one. */
export async function listFolders({ bucket, key }: Place): Promise<string[]> {
  const folders: string[] = [];
  let token: string | undefined;
  do {
    const page = await s3.send(
      new ListObjectsV2Command({ Bucket: bucket, Prefix: key, Delimiter: '/', ContinuationToken: token }),
    );
    for (const { Prefix = '' } of page.CommonPrefixes ?? []) folders.push(Prefix.slice(key.length, -1));
    token = page.NextContinuationToken;
  } while (token);
  return folders;
}

/** An object as a list tells of it. */
export interface ListedObject {
  key: string;
  size: number;
  /** The instant at which it was put. */
  at: Instant;
}

/** All objects whose keys begin with `key`, in the keys' order. */
export async function* listObjects({ bucket, key }: Place): AsyncGenerator<ListedObject> {
  let token: string | undefined;
  do {
    const page = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: key, ContinuationToken: token }));
    for (const { Key = '', Size = 0, LastModified } of page.Contents ?? [])
      yield { key: Key, size: Size, at: instantOf(LastModified?.getTime() ?? 0) };
    token = page.NextContinuationToken;
  } while (token);
}

/** Whether there is any object whose key begins with the place's. */
export async function hasObjects(place: Place): Promise<boolean> {
  for await (const _ of listObjects(place)) return true;
  return false;
}

/** One version of an object. */
export interface Version extends ListedObject {
  versionId: string;
}

/** All versions of objects whose keys begin with `key`, in the keys' order, and of each key the newest first. */
export async function* listVersions({ bucket, key }: Place): AsyncGenerator<Version> {
  let from: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } = {};
  do {
    // Keys come encoded: XML has no control characters, and an uploader's key may.
    const page = await s3.send(
      new ListObjectVersionsCommand({ Bucket: bucket, Prefix: key, EncodingType: 'url', ...from }),
    );
    for (const { Key = '', VersionId = '', Size = 0, LastModified } of page.Versions ?? []) {
      const at = instantOf(LastModified?.getTime() ?? 0);
      yield { key: urlDecoded(Key), size: Size, at, versionId: VersionId };
    }
    from = {
      KeyMarker: page.NextKeyMarker && urlDecoded(page.NextKeyMarker),
      VersionIdMarker: page.NextVersionIdMarker,
    };
  } while (from.KeyMarker);
}

const urlDecoded = (key: string) => decodeURIComponent(key.replaceAll('+', ' '));

/** An upload, if it is still there, even if its key names another version by now. */
export async function findVersion({ bucket, key, versionId }: Place): Promise<Version | undefined> {
  // All keys that begin with this one come after it.
  for await (const version of listVersions({ bucket, key })) {
    if (version.key !== key) return undefined;
    if (version.versionId === versionId) return version;
  }
  return undefined;
}

/**
 * Whether an object in its version is what its key stands for now: nothing was put there since, and it wasn't deleted. It asks for the list
 * of versions, since S3 refuses the head of a deleted object to whoever may not list the bucket.
 */
export async function isNewest({ bucket, key, versionId }: Place): Promise<boolean> {
  // The key itself comes first among all keys that begin with it.
  const { Versions = [] } = await s3.send(
    new ListObjectVersionsCommand({ Bucket: bucket, Prefix: key, EncodingType: 'url', MaxKeys: 1 }),
  );
  return Versions.some(
    ({ Key = '', VersionId, IsLatest }) => urlDecoded(Key) === key && VersionId === versionId && IsLatest === true,
  );
}
