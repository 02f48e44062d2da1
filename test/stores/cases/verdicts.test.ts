import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asInstant } from '../../../lambdas/domain/days.ts';
import { sha256Of } from '../../../lambdas/domain/hashes.ts';
import type { ApproverId, OperatorId } from '../../../lambdas/domain/identifiers.ts';
import { CASES } from '../lab.ts';
import { cases, close, open, put } from './lab.ts';

beforeAll(open);
afterAll(close);

const at = (day: number) => asInstant(`2026-06-${String(day).padStart(2, '0')}T00:00:00Z`);
let next = 0;
const uploadOf = () => sha256Of(String(next++));
const BROKEN = [{ rule: 'one_number' as const, limit: 20, found: 50, of: 100 }];
const gated = { uploadedAt: at(1), good: 100, broken: BROKEN };
const by = (approver: string) => ({ approver: approver as ApproverId, sha256: '0'.repeat(64), at: at(2) });

describe('the verdict on an upload', () => {
  it('is given once: who weighs it again adopts the one that counts', async () => {
    const upload = uploadOf();
    expect(await cases.readVerdict(CASES, upload)).toBeUndefined();
    expect(await cases.giveVerdict(CASES, upload, gated)).toEqual(gated);
    // By then its operator's other files are others, and it would pass.
    expect(await cases.giveVerdict(CASES, upload, { ...gated, broken: [] })).toEqual(gated);
    expect(await cases.readVerdict(CASES, upload)).toEqual(gated);
  });

  it('lets the upload in once: whoever comes later learns by whom', async () => {
    const upload = uploadOf();
    await cases.giveVerdict(CASES, upload, gated);
    expect(cases.isGated(gated)).toBe(true);
    expect(await cases.admit(CASES, upload, gated, by('approver-1'))).toEqual(by('approver-1'));
    expect(await cases.admit(CASES, upload, gated, by('approver-2'))).toEqual(by('approver-1'));
    const verdict = await cases.readVerdict(CASES, upload);
    expect(verdict).toEqual({ ...gated, admitted: by('approver-1') });
    expect(verdict && cases.isGated(verdict)).toBe(false);
  });

  it('is needed to let anything in', async () => {
    await expect(cases.admit(CASES, uploadOf(), gated, by('approver-1'))).rejects.toThrow(cases.Conflict);
  });
});

describe("an operator's usage files", () => {
  it('are noted once each, also on a record of the first form, which knew the latest only', async () => {
    const operator = 'vi' as OperatorId;
    await put({ pk: cases.key.latestImport(operator), format: 1, latest: at(3) });
    expect(await cases.readImported(CASES, operator)).toEqual([]);
    const file = (day: number, good: number) => ({ upload: uploadOf(), at: at(day), key: `usage/vi/${day}.csv`, good });
    const [old, late] = [file(1, 100), file(5, 500)];
    // An admitted file may be older than what came last.
    for (const one of [old, old, late, old]) await cases.noteImport(CASES, operator, one.at, one);
    expect(await cases.readImported(CASES, operator)).toEqual([old, late]);
    expect(await cases.readLatestImport(CASES, operator)).toBe(at(5));
    await cases.noteImport(CASES, operator, at(6));
    expect(await cases.readLatestImport(CASES, operator)).toBe(at(6));
    expect(await cases.readImported(CASES, operator)).toHaveLength(2);
  });

  it('that are noted at the same time are all noted', async () => {
    const operator = 'bsnl' as OperatorId;
    const files = [1, 2, 3, 4].map((n) => ({ upload: uploadOf(), at: at(n), key: `usage/bsnl/${n}.csv`, good: n }));
    await Promise.all(files.map((file) => cases.noteImport(CASES, operator, file.at, file)));
    expect(await cases.readImported(CASES, operator)).toEqual(files);
  });

  it('that are gated are counted until they are admitted, whatever a late attempt notes', async () => {
    const operator = 'mtnl' as OperatorId;
    const [one, two] = [uploadOf(), uploadOf()];
    expect(await cases.countGated(CASES, operator)).toBe(0);
    for (const upload of [one, two, one]) {
      await cases.giveVerdict(CASES, upload, gated);
      await cases.noteGated(CASES, operator, upload);
    }
    expect(await cases.countGated(CASES, operator)).toBe(2);
    expect(await cases.readLatestImport(CASES, operator)).toBeNull();
    await cases.admit(CASES, one, gated, by('approver-1'));
    expect(await cases.countGated(CASES, operator)).toBe(1);
    await cases.noteAdmitted(CASES, operator, one);
    await cases.noteGated(CASES, operator, one);
    expect(await cases.countGated(CASES, operator)).toBe(1);
  });
});
