import type { LocalCloud } from 'local-cloud';
import { describe, expect, it } from 'vitest';
import { INBOX } from '../../lambdas/domain/inbox.ts';
import { stageFromContext } from '../../lib/config/context.ts';
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

  it("what lies in all participants' places is listed by the administrator, and in one by whose it is", async () => {
    const config = stageFromContext({ stage: 'dev', cloud: 'local' });
    const roles: (string | undefined)[] = [];
    const list = async (_bucket: string, _prefix: string, role?: string) => {
      roles.push(role);
      return [];
    };
    const names = { buckets: { Inbox: 'inbox', Work: 'work', Outbox: 'outbox', Audit: 'audit' } };
    const cloud = signedByOwners({ region: 'ap-south-1', list, names } as unknown as LocalCloud, config);
    for (const prefix of ['orders/', 'orders/airtel/']) await cloud.list('outbox', prefix);
    const [administrator] = config.administrators;
    expect(roles).toEqual([`dev-ap-south-1-administrator-${administrator?.id}`, 'dev-ap-south-1-operator-airtel']);
  });
});
