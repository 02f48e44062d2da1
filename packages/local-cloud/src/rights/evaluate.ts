/**
 * Decides whether a request is allowed, by the rules that AWS documents for policies of identities and resources. The other policies that
 * those rules know (boundaries, session policies, policies of organisations) are not used here, and not evaluated.
 */
import { conditionsMet } from './conditions.ts';
import { type Context, fits, fitsArn } from './patterns.ts';
import type { Principals, Statement } from './statement.ts';

/** The caller: a role by its ARN, or a service by its name. */
export type Caller =
  | { readonly role: string; readonly account: string; readonly identity: readonly Statement[] }
  | { readonly service: string };

/** The request to decide on. */
export interface Asked {
  readonly action: string;
  /** The resource's ARN. */
  readonly resource: string;
  readonly context: Context;
}

/** The resource's own policy. */
export interface ResourcePolicy {
  /** The account that the resource is in. */
  readonly account: string;
  readonly statements: readonly Statement[];
  /** True for keys, and for the trust in a role: there the resource's own policy must allow, whatever the identity's does. */
  readonly decides?: boolean;
}

/** The answer, and the statement that decided, if one did. */
export interface Decision {
  readonly allowed: boolean;
  readonly why: 'allowed' | 'denied' | 'identity does not allow' | 'resource does not allow';
  readonly sid: string;
}

/**
 * Decides. An explicit deny ends it. Otherwise, within an account, either policy allows (a resource's policy that names the account leaves
 * it to the identity's); across accounts both must; and where the resource's policy decides, it must.
 */
export function evaluate(caller: Caller, asked: Asked, policy: ResourcePolicy): Decision {
  const identity = 'role' in caller ? caller.identity.filter((one) => applies(one, asked)) : [];
  const named = policy.statements.flatMap((statement) => {
    const about = concerns(statement, caller);
    return about && applies(statement, asked) ? [{ statement, about }] : [];
  });

  const denial = [...identity, ...named.map(({ statement }) => statement)].find(({ effect }) => effect === 'Deny');
  if (denial) return { allowed: false, why: 'denied', sid: denial.sid };

  const byIdentity = identity.find(({ effect }) => effect === 'Allow');
  const allowing = named.filter(({ statement }) => statement.effect === 'Allow');
  const itself = allowing.find(({ about }) => about === 'itself');
  const account = allowing.find(({ about }) => about === 'account');

  const isOwn = !('role' in caller) || caller.account === policy.account;
  if (isOwn && itself) return { allowed: true, why: 'allowed', sid: itself.statement.sid };
  const byResource = itself ?? account;
  if ((!isOwn || policy.decides || !('role' in caller)) && !byResource)
    return { allowed: false, why: 'resource does not allow', sid: '' };
  if (!byIdentity) return { allowed: false, why: 'identity does not allow', sid: '' };
  return { allowed: true, why: 'allowed', sid: byResource?.statement.sid ?? byIdentity.sid };
}

/** Whether a statement's actions, resources and conditions are those of the request. */
function applies(statement: Statement, { action, resource, context }: Asked): boolean {
  const variables = statement.variables ? context : undefined;
  const isAction = (pattern: string) => fits(action.toLowerCase(), pattern.toLowerCase(), undefined);
  const isResource = (pattern: string) => fitsArn(resource, pattern, variables);
  // A role's trust has no resource: it is about the role.
  return (
    (statement.action?.some(isAction) ?? true) &&
    !statement.notAction?.some(isAction) &&
    (statement.resource?.some(isResource) ?? true) &&
    !statement.notResource?.some(isResource) &&
    conditionsMet(statement, context)
  );
}

/** Whether a resource's statement is about the caller itself, about its account, or about neither. */
function concerns(statement: Statement, caller: Caller): 'itself' | 'account' | undefined {
  const { principal, notPrincipal, effect } = statement;
  if (notPrincipal !== undefined) {
    const names = namesOf(caller).map((name) => isNamed(notPrincipal, name));
    // A deny holds for a caller unless every one of its names is excepted: the role, and its account with it.
    const excepted = effect === 'Deny' ? names.every(Boolean) : names.some(Boolean);
    return excepted ? undefined : 'itself';
  }
  if (principal === undefined) return undefined;
  const [own, ...accounts] = namesOf(caller);
  if (own && isNamed(principal, own)) return 'itself';
  return accounts.some((name) => isNamed(principal, name)) ? 'account' : undefined;
}

/** The names of a caller, its own first. Each has one or two spellings. */
function namesOf(caller: Caller): string[][] {
  if (!('role' in caller)) return [[caller.service]];
  const [, partition = 'aws'] = caller.role.split(':');
  return [[caller.role], [caller.account, `arn:${partition}:iam::${caller.account}:root`]];
}

function isNamed(principals: Principals, spellings: readonly string[]): boolean {
  if (principals === '*') return true;
  return spellings.some((name) => principals.AWS.includes(name) || principals.Service.includes(name));
}
