import type { LocalCloud } from 'local-cloud';
import { describe, expect, it } from 'vitest';
import { INBOX } from '../../lambdas/domain/inbox.ts';
import { stageFromContext } from '../../lib/config/stage.ts';
import { signedByOwners } from '../../simulation/signed.ts';

describe('where rights are in force', () => {
  it('each file of the inbox is put there by the participant whose place it is', async () => {
    const config = stageFromContext({ stage: 'dev', cloud: 'local' });
    const roles: Record<string, string> = {};
    const put = async (_bucket: string, key: string, _body: unknown, role?: string) => {
      roles[key.split('/')[0] ?? ''] = role ?? '';
    };
    const cloud = signedByOwners({ region: 'ap-south-1', put } as unknown as LocalCloud, config);
    for (const place of Object.keys(INBOX)) await cloud.put('inbox', `${place}/someone/x.csv`, '');
    const of = (kind: string) => `dev-ap-south-1-${kind}-someone`;
    expect(roles).toEqual({
      reports: of('agency'),
      withdrawals: of('agency'),
      usage: of('operator'),
      responses: of('operator'),
      decisions: of('approver'),
      exemptions: of('approver'),
      admissions: of('approver'),
      lookups: of('caseworker'),
      appeals: of('caseworker'),
    });
  });
});
