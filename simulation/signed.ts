import type { LocalCloud } from 'local-cloud';
import { ConfigError, type StageConfig } from '../lib/config/stage.ts';
import { bucketsOf } from './buckets.ts';

/** The owners of the places in the inbox and the outbox, by their beginnings. The administrator looks at everything else. */
const OWNERS: Readonly<Record<string, string>> = {
  reports: 'agency',
  usage: 'operator',
  responses: 'operator',
  orders: 'operator',
  receipts: 'operator',
  decisions: 'approver',
  exemptions: 'approver',
  withdrawals: 'agency',
  admissions: 'approver',
  appeals: 'caseworker',
  lookups: 'caseworker',
};

/**
 * The cloud as participants use it where rights are in force: each upload and each look comes under the role of the participant that owns
 * the place.
 */
export function signedByOwners(cloud: LocalCloud, { stage, administrators }: StageConfig): LocalCloud {
  const [administrator] = administrators;
  if (administrator === undefined)
    throw new ConfigError("administrators: with --enforce, one of them looks at what is nobody's");
  const roleOf = (key: string): string => {
    const [place = '', who = ''] = key.split('/');
    const owner = OWNERS[place];
    // A list of all participants' places belongs to none of them.
    const [kind, id] = owner === undefined || who === '' ? ['administrator', administrator.id] : [owner, who];
    return `${stage}-${cloud.region}-${kind}-${id}`;
  };
  return {
    ...cloud,
    put: (bucket, key, body) => cloud.put(bucket, key, body, roleOf(key)),
    get: (bucket, key) => cloud.get(bucket, key, roleOf(key)),
    // The object is one that somebody else has put there.
    version: (bucket, key) => cloud.version(bucket, key, `${stage}-${cloud.region}-administrator-${administrator.id}`),
    // The run itself looks whether a night is to come; no participant may look there.
    list: (bucket, prefix = '') =>
      bucket === bucketsOf(cloud).work ? cloud.list(bucket, prefix) : cloud.list(bucket, prefix, roleOf(prefix)),
  };
}
