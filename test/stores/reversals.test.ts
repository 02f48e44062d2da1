import type { LocalCloud } from 'local-cloud';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { BatchId, CaseworkerId } from '../../lambdas/domain/identifiers.ts';
import { ASKED } from '../../lambdas/domain/work.ts';
import { CASES, closeStores, openStores, WORK } from './lab.ts';

let cloud: LocalCloud;
let appeals: typeof import('../../lambdas/stores/cases/appeals.ts');
let objects: typeof import('../../lambdas/stores/objects.ts');
let reversals: typeof import('../../lambdas/stores/reversals.ts');
beforeAll(async () => {
  cloud = await openStores();
  appeals = await import('../../lambdas/stores/cases/appeals.ts');
  objects = await import('../../lambdas/stores/objects.ts');
  reversals = await import('../../lambdas/stores/reversals.ts');
});
afterAll(() => closeStores(cloud));

it('knows an appeal of the same bytes while its receipt is kept, and then has another one in its place', async () => {
  const caseworker = 'caseworker-1' as CaseworkerId;
  const sha256 = 'ab'.repeat(32);
  const appeal = (n: number) => ({
    sha256,
    batchId: `caseworker-1-00000000000${n}` as BatchId,
    attempt: 'a',
    subjects: 1,
  });
  const before = () => reversals.recordedBefore({ WORK, CASES }, caseworker, sha256);
  const keepReceipt = (n: number) =>
    objects.writeObject({ bucket: WORK, key: ASKED.receipt(appeal(n).batchId, 'a') }, '{}');

  expect(await before()).toEqual({});
  await appeals.recordAppeal(CASES, caseworker, appeal(1));
  // As it stands when retention has taken the receipt.
  expect(await before()).toEqual({ gone: appeal(1) });
  await keepReceipt(1);
  expect(await before()).toEqual({ known: appeal(1) });

  await keepReceipt(2);
  expect(await appeals.recordAppeal(CASES, caseworker, appeal(2), appeal(1))).toEqual(appeal(2));
  expect(await before()).toEqual({ known: appeal(2) });
  // Of two that find the first one gone, one counts.
  expect(await appeals.recordAppeal(CASES, caseworker, appeal(3), appeal(1))).toEqual(appeal(2));
  expect(await appeals.recordAppeal(CASES, caseworker, appeal(4))).toEqual(appeal(2));
});
