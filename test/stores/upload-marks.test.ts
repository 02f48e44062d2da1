import { expect, it } from 'vitest';
import { markOf } from '../../lambdas/stores/upload-marks.ts';

/**
 * S3 user guide, "Checking object integrity": the ETag of an object under SSE-KMS is no MD5 of its bytes; recorded, equal bytes put
 * twice have two. So an upload is known by its key and its version, and by nothing else that its event or a list tells.
 */
it('marks of uploads are those of one version of one key', () => {
  const key = 'usage/jio/usage.csv';
  const first = { key, versionId: 'v1', etag: 'a', size: 1 };
  const sameVersion = { ...first, etag: 'b' };
  expect(markOf(sameVersion)).toBe(markOf(first));
  expect(markOf({ ...first, versionId: 'v2' })).not.toBe(markOf(first));
  expect(markOf({ ...first, key: 'usage/jio/other.csv' })).not.toBe(markOf(first));
});
