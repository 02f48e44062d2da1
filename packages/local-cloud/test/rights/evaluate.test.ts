import { describe, expect, it } from 'vitest';
import { type Caller, evaluate } from '../../src/rights/evaluate.ts';
import { readPolicy, UnknownElement } from '../../src/rights/statement.ts';

const ACCOUNT = '111122223333';
const OTHER = '444455556666';
const role = `arn:aws:iam::${ACCOUNT}:role/desk`;
const root = `arn:aws:iam::${ACCOUNT}:root`;

const policy = (...statements: Record<string, unknown>[]) =>
  readPolicy({ Version: '2012-10-17', Statement: statements });
const readB = { Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::b/*' };

interface Case {
  identity?: Record<string, unknown>[];
  resource?: Record<string, unknown>[];
  action?: string;
  on?: string;
  context?: Record<string, string | string[]>;
  account?: string;
  decides?: boolean;
  caller?: Caller;
}

/** What becomes of `s3:GetObject` on `b/x` by the role `desk`, unless the case says otherwise. */
function ask({ identity = [], resource = [], action, on, context = {}, account = ACCOUNT, decides, caller }: Case) {
  return evaluate(
    caller ?? { role, account: ACCOUNT, identity: policy(...identity) },
    { action: action ?? 's3:GetObject', resource: on ?? 'arn:aws:s3:::b/x', context },
    { account, statements: policy(...resource), ...(decides ? { decides } : {}) },
  );
}
const allowed = (one: Case) => ask(one).allowed;

describe('within an account', () => {
  it('nothing is allowed that no policy allows', () => {
    expect(ask({})).toEqual({ allowed: false, why: 'identity does not allow', sid: '' });
  });

  it('the policy of the identity is enough, and so is one of the resource that names the role', () => {
    expect(allowed({ identity: [readB] })).toBe(true);
    expect(allowed({ resource: [{ ...readB, Principal: { AWS: role } }] })).toBe(true);
    expect(allowed({ resource: [{ ...readB, Principal: '*' }] })).toBe(true);
    expect(allowed({ resource: [{ ...readB, Principal: { AWS: '*' } }] })).toBe(true);
  });

  it.each([root, ACCOUNT])('a resource that names the account, as %s, leaves it to the identity', (AWS) => {
    expect(allowed({ resource: [{ ...readB, Principal: { AWS } }] })).toBe(false);
    expect(allowed({ resource: [{ ...readB, Principal: { AWS } }], identity: [readB] })).toBe(true);
  });

  it('an explicit deny ends it, whoever says it and whoever allows it', () => {
    const denied = { ...readB, Effect: 'Deny', Sid: 'No' };
    expect(ask({ identity: [readB, denied] })).toEqual({ allowed: false, why: 'denied', sid: 'No' });
    expect(allowed({ identity: [readB], resource: [{ ...denied, Principal: '*' }] })).toBe(false);
    expect(allowed({ identity: [denied], resource: [{ ...readB, Principal: { AWS: role } }] })).toBe(false);
    expect(allowed({ identity: [readB], resource: [{ ...denied, Principal: { AWS: root } }] })).toBe(false);
    expect(allowed({ identity: [readB], resource: [{ ...denied, Principal: { AWS: `${role}2` } }] })).toBe(true);
  });
});

describe('across accounts', () => {
  const named = { ...readB, Principal: { AWS: role } };

  it('both the identity and the resource must allow, whether it names the role or its account', () => {
    expect(allowed({ account: OTHER, identity: [readB] })).toBe(false);
    expect(allowed({ account: OTHER, resource: [named] })).toBe(false);
    expect(allowed({ account: OTHER, identity: [readB], resource: [named] })).toBe(true);
    expect(allowed({ account: OTHER, identity: [readB], resource: [{ ...readB, Principal: { AWS: root } }] })).toBe(
      true,
    );
  });

  it('naming the account of the resource says nothing about others', () => {
    const own = { ...readB, Principal: { AWS: `arn:aws:iam::${OTHER}:root` } };
    expect(allowed({ account: OTHER, identity: [readB], resource: [own] })).toBe(false);
  });
});

describe('a key, and the trust in a role', () => {
  const key = `arn:aws:kms:ap-south-1:${ACCOUNT}:key/k`;
  const decrypt = { Effect: 'Allow', Action: 'kms:Decrypt', Resource: '*' };
  const asked = { action: 'kms:Decrypt', on: key, decides: true };

  it('is no use where its own policy is silent, whatever the identity may', () => {
    expect(ask({ ...asked, identity: [{ ...decrypt, Action: '*' }] })).toEqual({
      allowed: false,
      why: 'resource does not allow',
      sid: '',
    });
  });

  it('is of use to whom it names, and to whom the account lets where it names the account', () => {
    expect(allowed({ ...asked, resource: [{ ...decrypt, Principal: { AWS: role } }] })).toBe(true);
    const delegated = [{ ...decrypt, Principal: { AWS: root } }];
    expect(allowed({ ...asked, resource: delegated })).toBe(false);
    expect(allowed({ ...asked, resource: delegated, identity: [decrypt] })).toBe(true);
  });

  it('is trusted by a statement without a resource, under its condition', () => {
    const trust = [
      {
        Effect: 'Allow',
        Action: 'sts:AssumeRole',
        Principal: { AWS: root },
        Condition: { StringEquals: { 'sts:ExternalId': 'one' } },
      },
    ];
    const assume = { Effect: 'Allow', Action: 'sts:AssumeRole', Resource: '*' };
    const take = (context: Record<string, string>) =>
      allowed({
        action: 'sts:AssumeRole',
        on: `arn:aws:iam::${OTHER}:role/theirs`,
        account: OTHER,
        decides: true,
        identity: [assume],
        resource: trust,
        context,
      });
    expect(take({ 'sts:externalid': 'one' })).toBe(true);
    expect(take({ 'sts:externalid': 'two' })).toBe(false);
    expect(take({})).toBe(false);
  });
});

describe('a service', () => {
  const caller = { service: 'events.amazonaws.com' };
  const send = { Effect: 'Allow', Action: 'sqs:SendMessage', Resource: 'arn:aws:sqs:ap-south-1:111122223333:q' };
  const asked = { caller, action: 'sqs:SendMessage', on: send.Resource };

  it('is allowed by the resource alone, by name', () => {
    expect(allowed({ ...asked, resource: [{ ...send, Principal: { Service: 'events.amazonaws.com' } }] })).toBe(true);
    expect(allowed({ ...asked, resource: [{ ...send, Principal: { Service: 'sns.amazonaws.com' } }] })).toBe(false);
    expect(allowed({ ...asked, resource: [{ ...send, Principal: { AWS: root } }] })).toBe(false);
  });

  it('is under a denial of everybody', () => {
    const both = [
      { ...send, Principal: { Service: 'events.amazonaws.com' } },
      { ...send, Effect: 'Deny', Principal: '*' },
    ];
    expect(allowed({ ...asked, resource: both })).toBe(false);
  });
});

describe('actions and resources', () => {
  it.each([
    ['s3:GetObject', true],
    ['S3:getobject', true],
    ['s3:Get*', true],
    ['s3:GetObjec?', true],
    ['s3:GetObject?', false],
    ['s3:*', true],
    ['*', true],
    ['s3:GetObjectVersion', false],
    ['sqs:*', false],
  ])('the action %s covers s3:GetObject: %s', (Action, covers) => {
    expect(allowed({ identity: [{ ...readB, Action }] })).toBe(covers);
  });

  it('NotAction with Allow allows all others, and with Deny denies all others', () => {
    expect(allowed({ identity: [{ Effect: 'Allow', NotAction: 's3:Put*', Resource: '*' }] })).toBe(true);
    expect(allowed({ identity: [{ Effect: 'Allow', NotAction: 's3:Get*', Resource: '*' }] })).toBe(false);
    expect(allowed({ identity: [readB, { Effect: 'Deny', NotAction: 's3:Put*', Resource: '*' }] })).toBe(false);
    expect(allowed({ identity: [readB, { Effect: 'Deny', NotAction: 's3:Get*', Resource: '*' }] })).toBe(true);
  });

  it.each([
    ['arn:aws:s3:::b/*', true],
    ['arn:aws:s3:::b/?', true],
    ['arn:aws:s3:::b/??', false],
    ['arn:aws:s3:::b', false],
    ['arn:aws:s3:::B/x', false],
    ['arn:aws:s3:::*', true],
    ['arn:aws:s3:*:*:b/x', true],
    ['*', true],
  ])('the resource %s covers b/x: %s', (Resource, covers) => {
    expect(allowed({ identity: [{ ...readB, Resource }] })).toBe(covers);
  });

  it('a wildcard reaches over slashes, and over a colon in the last part only', () => {
    const on = 'arn:aws:states:ap-south-1:111122223333:execution:Batch:one';
    const start = { Effect: 'Allow', Action: 'states:DescribeExecution' };
    const asked = { action: 'states:DescribeExecution', on };
    expect(allowed({ ...asked, identity: [{ ...start, Resource: 'arn:aws:states:*:*:execution:*' }] })).toBe(true);
    expect(allowed({ ...asked, identity: [{ ...start, Resource: 'arn:aws:states:*:execution:Batch:one' }] })).toBe(
      false,
    );
    expect(allowed({ on: 'arn:aws:s3:::b/x/y/z', identity: [readB] })).toBe(true);
  });

  it('NotResource is about everything else', () => {
    const other = { Effect: 'Deny', Action: '*', NotResource: 'arn:aws:s3:::b/mine/*' };
    expect(allowed({ identity: [readB, other], on: 'arn:aws:s3:::b/mine/x' })).toBe(true);
    expect(allowed({ identity: [readB, other], on: 'arn:aws:s3:::b/yours/x' })).toBe(false);
  });
});

describe('NotPrincipal', () => {
  const everyoneBut = (...AWS: string[]) => [{ ...readB, Effect: 'Deny', NotPrincipal: { AWS } }];

  it('with Deny spares a role only where its account is named with it', () => {
    expect(allowed({ identity: [readB], resource: everyoneBut(role, root) })).toBe(true);
    expect(allowed({ identity: [readB], resource: everyoneBut(role, ACCOUNT) })).toBe(true);
    expect(allowed({ identity: [readB], resource: everyoneBut(role) })).toBe(false);
    expect(allowed({ identity: [readB], resource: everyoneBut(root) })).toBe(false);
    expect(allowed({ identity: [readB], resource: everyoneBut(`${role}2`, root) })).toBe(false);
  });

  it('with Allow allows everybody who is not named', () => {
    expect(allowed({ resource: [{ ...readB, NotPrincipal: { AWS: `${role}2` } }] })).toBe(true);
    expect(allowed({ resource: [{ ...readB, NotPrincipal: { AWS: role } }] })).toBe(false);
  });
});

describe('conditions', () => {
  const under = (Condition: Record<string, unknown>, context: Record<string, string | string[]> = {}) =>
    allowed({ identity: [{ ...readB, Condition }], context });
  const given = { 'aws:principalarn': 'arn:aws:iam::111122223333:role/dev/agency/dev-agency-up' };

  it('are all to be met, and of a key any of its values; the case of a key does not count', () => {
    const condition = { StringEquals: { a: ['1', '2'], B: '3' }, Bool: { c: 'true' } };
    expect(under(condition, { a: '2', b: '3', c: 'true' })).toBe(true);
    expect(under(condition, { a: '3', b: '3', c: 'true' })).toBe(false);
    expect(under(condition, { a: '1', b: '4', c: 'true' })).toBe(false);
    expect(under(condition, { a: '1', b: '3', c: 'false' })).toBe(false);
  });

  it.each([
    ['StringEquals', 'abc', 'abc', true],
    ['StringEquals', 'abc', 'ABC', false],
    ['StringEquals', 'a*', 'abc', false],
    ['StringEqualsIgnoreCase', 'abc', 'ABC', true],
    ['StringNotEquals', 'abc', 'abc', false],
    ['StringNotEquals', 'abc', 'abd', true],
    ['StringNotEqualsIgnoreCase', 'abc', 'ABC', false],
    ['StringLike', 'a*', 'abc', true],
    ['StringLike', 'a?', 'abc', false],
    ['StringNotLike', 'a*', 'abc', false],
    ['StringNotLike', 'b*', 'abc', true],
    ['ArnLike', 'arn:aws:iam::*:role/dev/*', 'arn:aws:iam::1:role/dev/a/b', true],
    ['ArnEquals', 'arn:aws:iam::*:role/dev/*', 'arn:aws:iam::1:role/dev/a/b', true],
    ['ArnLike', 'arn:*:*:*:*:user/*', 'arn:aws:iam::1:role/dev/a/b', false],
    ['ArnNotLike', 'arn:aws:iam::*:role/dev/*', 'arn:aws:iam::1:role/prod/a', true],
    ['ArnNotEquals', 'arn:aws:iam::1:role/a', 'arn:aws:iam::1:role/a', false],
    ['ArnNotLike', 'arn:aws:iam:::nobody', 'arn:aws:iam::1:role/nobody', true],
    ['Bool', 'true', 'TRUE', true],
    ['NumericLessThan', '10', '9', true],
    ['NumericLessThanEquals', '10', '10', true],
    ['NumericGreaterThan', '10', '10', false],
    ['NumericGreaterThanEquals', '10', '10', true],
    ['NumericEquals', '10', '10.0', true],
    ['NumericNotEquals', '10', '10.0', false],
  ])('%s %s is met by %s: %s', (operator, wanted, value, met) => {
    expect(under({ [operator]: { key: wanted } }, { key: value })).toBe(met);
  });

  it('of a negated operator none of the values may be met', () => {
    expect(under({ StringNotEquals: { key: ['a', 'b'] } }, { key: 'b' })).toBe(false);
    expect(under({ StringNotEquals: { key: ['a', 'b'] } }, { key: 'c' })).toBe(true);
  });

  it.each([
    ['StringEquals', false],
    ['ArnLike', false],
    ['Bool', false],
    ['StringNotEquals', true],
    ['ArnNotLike', true],
    ['StringEqualsIfExists', true],
    ['StringNotEqualsIfExists', true],
    ['ForAllValues:StringEquals', true],
    ['ForAnyValue:StringEquals', false],
    ['ForAnyValue:StringNotEquals', false],
  ])('%s over a key that is not in the request is met: %s', (operator, met) => {
    expect(under({ [operator]: { 'aws:PrincipalArn': 'true' } })).toBe(met);
  });

  it('Null asks whether a key is in the request', () => {
    expect(under({ Null: { key: 'true' } })).toBe(true);
    expect(under({ Null: { key: 'true' } }, { key: 'x' })).toBe(false);
    expect(under({ Null: { key: 'false' } }, { key: 'x' })).toBe(true);
    expect(under({ Null: { key: 'false' } })).toBe(false);
  });

  it('IfExists is as the operator where the key is there', () => {
    expect(under({ StringEqualsIfExists: { key: 'a' } }, { key: 'b' })).toBe(false);
  });

  it('a key of many values is asked for all or for any', () => {
    const tags = { keys: ['a', 'b'] };
    expect(under({ 'ForAllValues:StringEquals': { keys: ['a', 'b', 'c'] } }, tags)).toBe(true);
    expect(under({ 'ForAllValues:StringEquals': { keys: ['a'] } }, tags)).toBe(false);
    expect(under({ 'ForAnyValue:StringEquals': { keys: ['a'] } }, tags)).toBe(true);
    expect(under({ 'ForAnyValue:StringEquals': { keys: ['c'] } }, tags)).toBe(false);
    expect(() => under({ StringEquals: { keys: 'a' } }, tags)).toThrow(UnknownElement);
  });

  it('deny everybody but those whom a list names, also who has no name', () => {
    const wall = {
      ...readB,
      Effect: 'Deny',
      Principal: '*',
      Condition: { ArnNotLike: { 'aws:PrincipalArn': 'arn:aws:iam::111122223333:role/dev/agency/*' } },
    };
    expect(allowed({ identity: [readB], resource: [wall], context: given })).toBe(true);
    expect(allowed({ identity: [readB], resource: [wall], context: { 'aws:principalarn': role } })).toBe(false);
    expect(allowed({ identity: [readB], resource: [wall] })).toBe(false);
  });
});

describe('variables', () => {
  const own = { ...readB, Resource: `arn:aws:s3:::b/\${aws:PrincipalTag/id}/*` };
  const tagged = (id: string) => ({ 'aws:principaltag/id': id });
  const read = (id: string, key: string) =>
    allowed({ identity: [own], on: `arn:aws:s3:::b/${key}`, context: tagged(id) });

  it('stand for a value of the request, literally', () => {
    expect(read('up', 'up/x')).toBe(true);
    expect(read('up', 'up-police/x')).toBe(false);
    expect(read('*', 'up/x')).toBe(false);
    expect(read('u?', 'up/x')).toBe(false);
  });

  it('without a value are like nothing: no resource fits, and every one is outside NotResource', () => {
    expect(allowed({ identity: [own], on: 'arn:aws:s3:::b//x' })).toBe(false);
    const outside = { Effect: 'Deny', Action: '*', NotResource: own.Resource };
    expect(allowed({ identity: [readB, outside], on: 'arn:aws:s3:::b/up/x' })).toBe(false);
    expect(allowed({ identity: [readB, outside], on: 'arn:aws:s3:::b/up/x', context: tagged('up') })).toBe(true);
  });

  it('take a default where one is given', () => {
    const Resource = `arn:aws:s3:::b/\${aws:PrincipalTag/id, 'all'}/*`;
    expect(allowed({ identity: [{ ...readB, Resource }], on: 'arn:aws:s3:::b/all/x' })).toBe(true);
    expect(allowed({ identity: [{ ...readB, Resource }], on: 'arn:aws:s3:::b/up/x', context: tagged('up') })).toBe(
      true,
    );
  });

  it('hold in conditions, too, and spell out characters that would be wildcards', () => {
    const condition = (value: string) => [{ ...readB, Condition: { StringLike: { 's3:prefix': value } } }];
    const asked = (value: string, prefix: string) =>
      allowed({ identity: condition(value), context: { 's3:prefix': prefix, ...tagged('up') } });
    expect(asked(`orders/\${aws:PrincipalTag/id}/*`, 'orders/up/')).toBe(true);
    expect(asked(`orders/\${aws:PrincipalTag/id}/*`, 'orders/jio/')).toBe(false);
    expect(asked(`orders/\${*}`, 'orders/*')).toBe(true);
    expect(asked(`orders/\${*}`, 'orders/x')).toBe(false);
  });

  it('are plain text before version 2012-10-17', () => {
    const old = readPolicy({ Version: '2008-10-17', Statement: own });
    const caller = { role, account: ACCOUNT, identity: old };
    expect(allowed({ caller, on: 'arn:aws:s3:::b/up/x', context: tagged('up') })).toBe(false);
  });
});

describe('what is not evaluated', () => {
  it.each([
    [{ ...readB, Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } }],
    [{ ...readB, Condition: { StringSimilar: { key: 'a' } } }],
    [{ ...readB, Condition: { ArnLike: { 'aws:PrincipalArn': 'arn:*:role/dev' } } }],
    [{ ...readB, Resource: 'arn:aws:s3' }],
  ])('a condition operator or an ARN that is unknown is an error, never an answer', (statement) => {
    expect(() => ask({ identity: [statement], context: { 'aws:principalarn': role } })).toThrow(UnknownElement);
  });

  it.each([
    [{ ...readB, Principal: { Federated: 'x' } }],
    [{ ...readB, Principal: { AWS: 'arn:aws:iam::111122223333:role/*' } }],
    [{ ...readB, Unless: {} }],
    [{ ...readB, Effect: 'allow' }],
  ])('so is any other element, and a principal with wildcards', (statement) => {
    expect(() => policy(statement)).toThrow(UnknownElement);
  });
});
