import { type Resource, resolveStacks } from 'local-cloud';
import { expect, it } from 'vitest';
import { checkStage } from '../../../lib/config/stage.ts';
import { synthesized } from '../synthesized.ts';
import { ACCOUNT, config } from './rights.ts';

interface RoleParts {
  readonly RoleName: string;
  readonly Policies?: readonly { readonly PolicyDocument: unknown }[];
  readonly Roles?: readonly string[];
  readonly PolicyDocument?: unknown;
}

/** The policies within each role, by its name: those that its resource has, and those that are resources of their own. */
function policiesWithin(resources: readonly Resource[]): Map<string, unknown[]> {
  const policies = new Map<string, unknown[]>();
  const add = (role: string, policy: unknown) => policies.set(role, [...(policies.get(role) ?? []), policy]);
  for (const { type, properties } of resources) {
    const { RoleName, Policies = [], Roles = [], PolicyDocument } = properties as unknown as RoleParts;
    if (type === 'AWS::IAM::Role') for (const policy of Policies) add(RoleName, policy.PolicyDocument);
    if (type === 'AWS::IAM::Policy') for (const role of Roles) add(role, PolicyDocument);
  }
  return policies;
}

/** Characters of all policies within one role (docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html). */
const MOST_WITHIN_A_ROLE = 10_240;
/**
 * Characters that stay free, so that whoever adds a right hears of it before IAM does. The largest is the role of operations: it has 9,486
 * where all names are as long as may be, and leaves 754.
 */
const MARGIN = 500;

it('a role has no more policies within it than IAM takes, with some room, where all names are as long as may be', () => {
  const stage = 's'.repeat(16);
  const stacks = Object.entries(synthesized(checkStage({ ...config, stage }))).map(([name, template]) => ({
    name: `${stage}-${name}`,
    template: template.toJSON(),
  }));
  const resources = resolveStacks(stacks, { region: 'ap-southeast-1', account: ACCOUNT, endpoint: '' });
  const sizes = [...policiesWithin(resources)].map(([role, policies]) => {
    const texts = policies.map((policy) => JSON.stringify(policy).replaceAll('arn:aws:', 'arn:aws-us-gov:'));
    return [role, texts.join('').length] as const;
  });
  expect(sizes.length).toBeGreaterThan(50);
  expect(sizes.filter(([, characters]) => characters > MOST_WITHIN_A_ROLE - MARGIN)).toEqual([]);
});
