import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { hasPlaceholders, Placeholders } from '../../simulation/placeholders.ts';
import { FakeCloud } from './fake-cloud.ts';

const [ONE, TWO] = ['mha-0123456789ab', 'up-police-ba9876543210'];
const registered = (batchId: string) => JSON.stringify({ kind: 'batch_registered', batchId });
const order = (direction: string) => `orders/jio/${direction}/1-reverify.csv`;
const HEADER = 'msisdn,imei,deadline,reference,disconnect_by\n';

let cloud: FakeCloud;
let placeholders: Placeholders;
beforeEach(async () => {
  cloud = new FakeCloud(Date.UTC(2026, 5, 1));
  placeholders = new Placeholders();
  for (const batch of [ONE, TWO, ONE]) placeholders.hear(registered(batch));
  placeholders.hear(JSON.stringify({ kind: 'settled', batchId: 'i4c-0123456789ab' }));
  await cloud.put('outbox', `previews/${TWO}/preview.json`, '{}');
  await cloud.put('outbox', order(`${ONE}.reverify.jio.1-0-0`), `${HEADER}+919800000001,35,x,jio-1-0-0-1-4,y\n`);
  await cloud.put('outbox', order(`${TWO}.reverify.jio.2-0-0`), `${HEADER}+919800000001,35,x,jio-2-0-0-1-2,y\n`);
  await cloud.put('outbox', order(`${TWO}.reverify.jio.3-0-0`), `${HEADER}+919800000002,35,x,jio-3-0-0-1-0,y\n`);
});
const fill = (text: string) => placeholders.fill(text, cloud);

describe('in what is uploaded', () => {
  it('{batch:N} is the Nth batch that was registered; one that is begun anew keeps its place', async () => {
    expect(await fill('decisions/approver-1/{batch:2}/{batch:1}.csv')).toBe(`decisions/approver-1/${TWO}/${ONE}.csv`);
  });

  it('{batch:N} counts a reversal, too, from when people are asked about it, and no batch of which a receipt alone tells', async () => {
    const [THREE, FOUR] = ['caseworker-1-0123456789ab', 'caseworker-1-0123456789ac'];
    placeholders.hear(JSON.stringify({ kind: 'receipt', batchId: FOUR, refused: 'unknown_batch' }));
    placeholders.hear(JSON.stringify({ kind: 'decision_needed', batchId: THREE, subjects: 3 }));
    expect(await fill('{batch:3}')).toBe(THREE);
    await expect(fill('{batch:4}')).rejects.toThrow();
  });

  it('{preview:N} is the SHA-256 of its preview', async () => {
    const sha256 = createHash('sha256').update('{}').digest('hex');
    expect(await fill('preview,decision\n{preview:2},refuse\n{preview:2},approve\n')).toBe(
      `preview,decision\n${sha256},refuse\n${sha256},approve\n`,
    );
  });

  it('{direction:MSISDN} and {reference:MSISDN} are of the newest row of a number, in any form', async () => {
    expect(await fill('{direction:09800000001} {reference:9800000001}')).toBe(
      `${TWO}.reverify.jio.2-0-0 jio-2-0-0-1-2`,
    );
  });

  it('{version:KEY} is the newest version of what was uploaded under a key', async () => {
    for (const key of ['usage/jio/a.csv', 'usage/jio/b.csv', 'usage/jio/a.csv']) await cloud.put('inbox', key, 'x');
    expect(await fill('usage/jio/a.csv,{version:usage/jio/a.csv}')).toBe('usage/jio/a.csv,v3');
    await expect(fill('{version:usage/jio/c.csv}')).rejects.toThrow(
      'nothing was uploaded under usage/jio/c.csv by then',
    );
  });

  it.each(['utf8', 'utf16le'] as const)(
    '{version:KEY} of a key in any script is read in a file in %s',
    async (form) => {
      const key = 'usage/vi/मई 2026 #1 50%+ x.csv';
      await cloud.put('inbox', key, 'x');
      const version = await cloud.version('inbox', key);
      const mark = form === 'utf8' ? '' : '\uFEFF';
      const bytesOf = (named: string) => Buffer.from(`${mark}key,version\n${key},${named}\n`, form);
      const filled = await placeholders.fillFile({ key: 'a.csv', content: () => [bytesOf(`{version:${key}}`)] }, cloud);
      expect(Buffer.concat([...(filled.content() as Uint8Array[])])).toEqual(bytesOf(version));
      const nothing = { key: 'a.csv', content: () => [bytesOf('{version:usage/vi/जून.csv}')] };
      await expect(placeholders.fillFile(nothing, cloud)).rejects.toThrow(
        'nothing was uploaded under usage/vi/जून.csv by then',
      );
    },
  );

  it('are replaced in a file’s key and content, bytes that are no text stay, and what names nothing ends the run', async () => {
    const [text, rest] = [Buffer.from('{batch:1},'), Buffer.of(0xff, 0xe9)];
    const filled = await placeholders.fillFile({ key: '{batch:2}.csv', content: () => [text, rest] }, cloud);
    expect(filled.key).toBe(`${TWO}.csv`);
    expect(Buffer.concat([...(filled.content() as Uint8Array[])])).toEqual(
      Buffer.concat([Buffer.from(`${ONE},`), rest]),
    );
    const nothing = placeholders.fillFile({ key: '{batch:9}.csv', content: () => [text] }, cloud);
    await expect(nothing).rejects.toThrow(
      `--upload {batch:9}.csv: there is no batch 9 by then; there are 1 ${ONE}, 2 ${TWO}`,
    );
  });

  it.each(['utf16le', 'utf16be'])('are replaced in a file of %s, too, and its other bytes stay', async (form) => {
    const bytesOf = (text: string) => {
      const units = Buffer.from(`\uFEFF${text}`, 'utf16le');
      return Buffer.concat([form === 'utf16be' ? units.swap16() : units, Buffer.of(0x7b)]);
    };
    // Half a pair is no character.
    const file = { key: 'a.csv', content: () => [bytesOf('मोबाइल \uD83D;{batch:1}\r\n{batch:2}')] };
    const filled = await placeholders.fillFile(file, cloud);
    const [whole = Buffer.of()] = [...(filled.content() as Uint8Array[])];
    expect(whole).toEqual(bytesOf(`मोबाइल \uD83D;${ONE}\r\n${TWO}`));
  });

  it('a night counts, and what names nothing says that nobody decides upon it', async () => {
    const NIGHT = 'followup-202606020000';
    placeholders.hear(JSON.stringify({ kind: 'order', batchId: NIGHT }));
    expect(await fill('{batch:3}')).toBe(NIGHT);
    const others = `; there are 1 ${ONE}, 2 ${TWO}, 3 ${NIGHT}; a followup is a night, and nobody decides upon it`;
    await expect(fill('{batch:4}')).rejects.toThrow(`there is no batch 4 by then${others}`);
    await expect(fill('{preview:3}')).rejects.toThrow(`batch 3 has no preview${others}`);
  });

  it('none is named before the first batch', async () => {
    await expect(new Placeholders().fill('{batch:1}', cloud)).rejects.toThrow(
      'there is no batch 1 by then, and no other',
    );
  });

  it('other braces stay', async () => {
    expect(hasPlaceholders('{"a":1} {batch} {versions:x}')).toBe(false);
    expect(await fill('{"a":1} {batch}')).toBe('{"a":1} {batch}');
  });

  it.each([
    ['{batch:3}', `there is no batch 3 by then; there are 1 ${ONE}, 2 ${TWO}`],
    ['{batch:0}', `there is no batch 0 by then; there are 1 ${ONE}, 2 ${TWO}`],
    ['{preview:1}', `batch 1 has no preview yet; there are 1 ${ONE}, 2 ${TWO}`],
    ['{direction:9800000003}', 'no direction to re-verify carries 9800000003'],
    ['{reference:12}', '12 is no number'],
  ])('%s, which names nothing, is an error', async (text, says) => {
    await expect(fill(text)).rejects.toThrow(says);
  });
});
