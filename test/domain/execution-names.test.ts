import { describe, expect, it } from 'vitest';
import { batchlessExecution, uploadExecution } from '../../lambdas/domain/execution-names.ts';
import { type AgencyId, type BatchId, batchIdOf } from '../../lambdas/domain/identifiers.ts';

const one = { key: 'reports/mha/june.csv', upload: '3sL4kqtJlcpXroDTDmJ' };
// The first 32 digits of `printf 'reports/mha/june.csv\n3sL4kqtJlcpXroDTDmJ' | sha256sum`.
const HASH = 'e6b15b1ca1d749e2972008ba54d19f09';

describe('the name of an execution that an upload starts', () => {
  it('begins with its batch, and is derived', () => {
    const name = uploadExecution('mha-83065f2a6425' as BatchId, one);
    expect(name).toBe(`mha-83065f2a6425-${HASH}`);
    expect(uploadExecution('mha-83065f2a6425' as BatchId, { ...one, upload: 'other' })).not.toBe(name);
    expect(uploadExecution('mha-83065f2a6425' as BatchId, { ...one, key: 'reports/mha/july.csv' })).not.toBe(name);
  });

  it('is what Step Functions takes, however long the id of its agency is', () => {
    const longest = batchIdOf('a-ministry-of-16' as AgencyId, 'f'.repeat(64));
    expect(uploadExecution(longest, one)).toMatch(/^[A-Za-z0-9_-]{1,80}$/);
    expect(uploadExecution(longest, one)).toHaveLength(62);
  });

  it('is that of earlier versions where no batch is known', () => {
    expect(batchlessExecution('mha' as AgencyId, one)).toBe(`mha-${HASH}`);
  });
});
