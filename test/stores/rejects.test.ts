import { DeleteObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import type { LocalCloud } from 'local-cloud';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { closeStores, INBOX, OUTBOX, openStores } from './lab.ts';

let cloud: LocalCloud;
let writeRejects: typeof import('../../lambdas/stores/rejects.ts')['writeRejects'];
let s3: typeof import('../../lambdas/stores/clients.ts')['s3'];
beforeAll(async () => {
  cloud = await openStores();
  ({ writeRejects } = await import('../../lambdas/stores/rejects.ts'));
  ({ s3 } = await import('../../lambdas/stores/clients.ts'));
});
afterAll(() => closeStores(cloud));

const key = 'usage/airtel/usage.csv';
const rejects = { bucket: OUTBOX, key: 'rejects/airtel/usage.csv' };
async function* text(of: string) {
  yield of;
}

/** Puts a file under the one key; gives the place of this version. */
async function put(content: string) {
  await cloud.put(INBOX, key, content);
  const { VersionId: versionId } = await s3.send(new HeadObjectCommand({ Bucket: INBOX, Key: key }));
  return { bucket: INBOX, key, versionId };
}
const published = async () => Buffer.from(await cloud.get(OUTBOX, rejects.key)).toString('utf8');

describe('the rejects of files under one key', () => {
  it('are those of the newest file, in whatever order their events come, and however often', async () => {
    const cut = await put('imei,msis');
    await writeRejects(cut, rejects, text('of the cut file'));
    expect(await published()).toBe('of the cut file');
    const whole = await put('imei,msisdn,last_seen');
    await writeRejects(whole, rejects, text('of the whole file'));
    await writeRejects(cut, rejects, text('of the cut file'));
    expect(await published()).toBe('of the whole file');
  });

  it('are not those of a file that was deleted, though another key begins with its', async () => {
    const deleted = await put('to be deleted');
    await cloud.put(INBOX, `${key}.bak`, 'of another name');
    await writeRejects(deleted, rejects, text('of the file'));
    await s3.send(new DeleteObjectCommand({ Bucket: INBOX, Key: key }));
    await writeRejects(deleted, rejects, text('of the deleted file'));
    expect(await published()).toBe('of the file');
  });

  it('are read to their end also where they are not published, so that what reads them is done', async () => {
    const older = await put('older');
    await put('newer');
    let read = 0;
    async function* counted() {
      for (; read < 3; read++) yield 'line';
    }
    await writeRejects(older, rejects, counted());
    expect(read).toBe(3);
  });
});
