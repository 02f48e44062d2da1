import { Aws } from 'aws-cdk-lib';
import { type IPrincipal, Role, type RoleProps } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';

/** The purpose of a role. It stands in the role's path, so that a policy can name all roles of a kind in one pattern. */
export type RoleKind =
  | 'function'
  | 'machine'
  | 'agency'
  | 'operator'
  | 'approver'
  | 'caseworker'
  | 'reader'
  | 'auditor'
  | 'administrator'
  | 'operations'
  | 'break-glass'
  | 'eraser'
  | 'checker';

interface NamedRoleProps extends Omit<RoleProps, 'roleName' | 'path' | 'assumedBy'> {
  readonly stage: string;
  readonly kind: RoleKind;
  /** The owner of the role: a function's or state machine's id, or a participant's. */
  readonly who: string;
  readonly assumedBy: IPrincipal;
}

/**
 * The name of a role. IAM's names are an account's, whatever the region: a stage may stand in several regions, and has roles of its own in
 * each.
 */
const nameOf = (stage: string, kind: RoleKind, who: string) => `${stage}-${Aws.REGION}-${kind}-${who}`;
const pathOf = (stage: string, kind: RoleKind) => `${stage}/${Aws.REGION}/${kind}/`;

/**
 * The ARN of one role of a stage in this region, or the pattern of all of a kind. A key and a bucket name their users before these exist
 * and in a stack before theirs. So they name them by what they will be called, in conditions on aws:PrincipalArn: as a principal, a role
 * that is not there yet would be refused.
 */
export function roleArn(stage: string, kind: RoleKind, who?: string): string {
  return roleNamed(`${pathOf(stage, kind)}${who === undefined ? '*' : nameOf(stage, kind, who)}`);
}

/** The ARN of a role of this account by its path and name, or of all that fit them as a pattern. */
export const roleNamed = (name: string): string => `arn:${Aws.PARTITION}:iam::${Aws.ACCOUNT_ID}:role/${name}`;

/** A role whose name and path are known before it is there. */
export class NamedRole extends Role {
  /** Its ARN as `roleArn` gives it: no reference to the role, so any stack may use it. */
  readonly fixedArn: string;

  constructor(scope: Construct, id: string, { stage, kind, who, ...props }: NamedRoleProps) {
    super(scope, id, { ...props, roleName: nameOf(stage, kind, who), path: `/${pathOf(stage, kind)}` });
    this.fixedArn = roleArn(stage, kind, who);
  }
}
