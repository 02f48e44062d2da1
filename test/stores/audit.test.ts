import { createHmac } from 'node:crypto';
import { type LocalCloud, localMac } from 'local-cloud';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type AuditNote,
  auditKey,
  auditText,
  chainKeyMessage,
  continueChain,
  NO_ENTRY,
  verifyChain,
} from '../../lambdas/domain/audit.ts';
import type { Instant } from '../../lambdas/domain/days.ts';
import type { BatchId } from '../../lambdas/domain/identifiers.ts';
import { AUDIT, CASES, closeStores, hashKeyArn, openStores } from './lab.ts';

let cloud: LocalCloud;
let append: (batchId: BatchId, notes: AuditNote[]) => Promise<void>;
let macKey: string;
beforeAll(async () => {
  cloud = await openStores();
  const { appendToChain } = await import('../../lambdas/stores/audit.ts');
  macKey = hashKeyArn(cloud);
  append = (batchId, notes) => appendToChain({ bucket: AUDIT, table: CASES, macKey }, batchId, notes);
});
afterAll(() => closeStores(cloud));

const batch = (n: number) => `mha-${String(n).padStart(12, '0')}` as BatchId;
const note = (batchId: BatchId, id: string): AuditNote => ({
  batchId,
  id,
  kind: 'order_issued',
  at: '2026-06-01T00:00:00Z' as Instant,
  facts: { rows: 1 },
  files: { order: { key: `orders/${id}.csv`, sha256: 'abc' } },
});
const textOf = async (key: string) => Buffer.from(await cloud.get(AUDIT, key)).toString('utf8');

/** The ids in a batch's chain, which must be intact. */
async function chainOf(batchId: BatchId): Promise<string[]> {
  const keys = await cloud.list(AUDIT, `batches/${batchId}/`);
  const objects = await Promise.all(keys.map(async (key) => ({ key, text: await textOf(key) })));
  const { entries, faults } = verifyChain(batchId, objects);
  expect(faults).toEqual([]);
  return entries.map(({ id }) => id);
}

describe('appending to a chain', () => {
  it('goes on from its end, an object for what comes together', async () => {
    const id = batch(1);
    await append(id, [note(id, 'a'), note(id, 'b')]);
    await append(id, [note(id, 'c')]);
    expect(await chainOf(id)).toEqual(['a', 'b', 'c']);
    expect(await cloud.list(AUDIT, `batches/${id}/`)).toEqual([
      `batches/${id}/00000001.jsonl`,
      `batches/${id}/00000003.jsonl`,
    ]);
  });

  it('takes a fact once, however often it is told', async () => {
    const id = batch(2);
    await append(id, [note(id, 'a'), note(id, 'a')]);
    await append(id, [note(id, 'a')]);
    await append(id, [note(id, 'b'), note(id, 'a')]);
    expect(await chainOf(id)).toEqual(['a', 'b']);
  });

  it('loses and doubles nothing where many append at once', async () => {
    const id = batch(3);
    const ids = Array.from({ length: 24 }, (_, n) => `fact-${String(n).padStart(2, '0')}`);
    // Three tell of each fact.
    await Promise.all([...ids, ...ids, ...ids].map((fact) => append(id, [note(id, fact)])));
    expect((await chainOf(id)).sort()).toEqual(ids);
  });

  it('finishes what a writer began that put its object and died', async () => {
    const id = batch(4);
    const key = { secret: localMac(macKey, Buffer.from(chainKeyMessage(id))), madeBy: macKey };
    const entries = continueChain(NO_ENTRY, [note(id, 'a'), note(id, 'b')], key);
    await cloud.put(AUDIT, auditKey(id, 1), auditText(entries));
    await append(id, [note(id, 'b'), note(id, 'c')]);
    await append(id, [note(id, 'a')]);
    expect(await chainOf(id)).toEqual(['a', 'b', 'c']);
  });

  it('makes keyed hashes by a key of the batch’s own, which KMS makes', async () => {
    const [one, other] = [batch(5), batch(6)];
    await append(one, [note(one, 'a')]);
    await append(other, [note(other, 'a')]);
    const hashes = await Promise.all(
      [one, other].map(async (id) => JSON.parse(await textOf(auditKey(id, 1))).files.order.sha256 as string),
    );
    expect(new Set(hashes).size).toBe(2);
    const expected = localMac(macKey, Buffer.from(`the audit of ${one}`));
    expect(hashes[0]).toBe(createHmac('sha256', expected).update('abc').digest('hex'));
  });
});
