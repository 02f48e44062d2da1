import { z } from 'zod';
import { TOLD_BY } from '../../lambdas/domain/addresses.ts';
import { SELF_CHECK } from '../../lambdas/domain/self-check.ts';
import { fileFormsOf, MOST_OF_FORMS } from './file-forms.ts';
import { operations } from './operations.ts';
import {
  accountOf,
  agency,
  approver,
  CHECKER,
  caseworker,
  operator,
  outsider,
  PARTICIPANTS,
  type Participant,
  type ParticipantKind,
  RESERVED_ID,
  UNNAMED_ACCOUNT,
} from './participants.ts';
import { LONGEST_LADDER_DAYS, policy } from './policy.ts';
import { retention } from './retention.ts';
import { inPlainWords } from './words.ts';

const distinctIds = (participants: readonly { id: string }[]) =>
  new Set(participants.map(({ id }) => id)).size === participants.length;

/** The settings of the policy that say how many approvers decide, and upon what. */
const DECIDED_BY = [
  ['people', 'a report'],
  ['reversalPeople', 'a reversal'],
  ['largeReversalPeople', 'a large reversal'],
] as const;

/** The most participants: a stack holds up to 500 resources, and each participant has a role. */
const MOST_PARTICIPANTS = 450;

/**
 * The most filtered subscriptions of one topic, as each address of an operator's, an agency's and an approver's is: the default quota of
 * SNS (docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html). A participant without an address counts for one,
 * since its own account may subscribe a queue.
 */
const MOST_FILTERED = 200;

/** The most addresses that Sweep can be told in its environment, of which Lambda takes 4 kB, to see whether they are subscribed. */
const MOST_ADDRESSES = 400;

const distinct = <T extends { id: string }>(participants: z.ZodArray<z.ZodType<T>>) =>
  participants.refine(distinctIds, { error: 'every id must be given once' });

const parts = z.object({
  stage: z.string().regex(/^[a-z][a-z0-9-]{0,15}$/, 'must be 1 to 16 characters of a-z, 0-9 and -'),
  agencies: distinct(z.array(agency).min(1, 'at least one agency must be configured')),
  operators: distinct(z.array(operator).min(1, 'at least one operator must be configured')),
  approvers: distinct(z.array(approver)),
  caseworkers: distinct(z.array(caseworker)),
  readers: distinct(z.array(outsider)),
  auditors: distinct(z.array(outsider)),
  administrators: distinct(z.array(outsider)),
  onCall: distinct(z.array(outsider)),
  breakGlass: distinct(z.array(outsider)),
  erasers: distinct(z.array(outsider)),
  policy,
  retention,
  operations,
  /**
   * The roles that create its tables, and may restore them, by their names or patterns of these: CloudFormation's own, as the CDK's
   * bootstrap makes it. Through DynamoDB they use the tables' key, so whoever has one can read items by it.
   */
  deployers: z
    .array(
      z
        .string()
        .regex(/^[\w+=.@/-]{3}[\w+=.@/*?-]{0,500}$/, 'must be the name of a role, `*` and `?` not at its beginning'),
    )
    .min(1, 'somebody must be able to create the tables'),
  /** Whether its stacks, and what lasts in them, are protected against being deleted. */
  protect: z.boolean(),
});

/** A configuration whose parts are right, each by itself. */
type Candidate = z.infer<typeof parts>;

/** Says what is wrong with the value at a path. */
type Complain = (path: PropertyKey[], message: string) => void;

/** The participants of all kinds, each with its kind and its path. */
const everyone = (value: Candidate) =>
  PARTICIPANTS.flatMap((kind) => value[kind].map((one: Participant, n) => ({ kind, path: [kind, n], ...one })));

/** No id is of two kinds, or one that the system keeps for itself. */
function idsAreApart(value: Candidate, complain: Complain): void {
  const kindOf = new Map<string, ParticipantKind>();
  for (const { kind, path, id } of everyone(value)) {
    const other = kindOf.get(id) ?? kind;
    if (other !== kind) complain([...path, 'id'], `is one of the ${other}, too, and each reads what lies under its id`);
    kindOf.set(id, other);
    if (id === SELF_CHECK) complain([...path, 'id'], 'is that of the self-check, of whose files no row counts');
    // Whose ids begin with it and a `-` are nights' batches, and those of a participant's batches begin with its id.
    if (id === RESERVED_ID || id.startsWith(`${RESERVED_ID}-`))
      complain([...path, 'id'], "is kept for the system's own batches");
  }
}

/** No approver could come in as another participant. */
function approversArePersons(value: Candidate, complain: Complain): void {
  const all = everyone(value);
  for (const { kind, path, id, principal } of all) {
    if (kind !== 'approvers' || principal === UNNAMED_ACCOUNT) continue;
    const also = all.find((one) => one.id !== id && one.principal === principal);
    if (also !== undefined)
      complain([...path, 'principal'], `is that of ${also.id}, too: nobody may be two approvers, or another beside`);
    const account = all.find((one) => one.id !== id && one.principal === accountOf(principal));
    if (account !== undefined)
      complain(
        [...path, 'principal'],
        `is a role of the account that is ${account.id}, as which it could be let in, too: nobody may be an approver and another`,
      );
  }
}

/** Functions can be told how all participants of a kind write their files. */
function formsFit(value: Candidate, complain: Complain): void {
  for (const kind of ['agencies', 'operators'] as const) {
    const forms = Buffer.byteLength(JSON.stringify(fileFormsOf(value[kind])));
    if (forms > MOST_OF_FORMS)
      complain(
        [kind],
        `say ${forms} bytes of columns and dates together, and functions can be told ${MOST_OF_FORMS} of them`,
      );
  }
}

/** A stack has room for everyone's role. */
function rolesFit(value: Candidate, complain: Complain): void {
  if (everyone(value).length > MOST_PARTICIPANTS)
    complain(['readers'], `there may be ${MOST_PARTICIPANTS} participants, since a stack holds no more roles`);
}

/** A topic has room for the subscriptions of its participants. */
function subscriptionsFit(value: Candidate, complain: Complain): void {
  for (const kind of ['agencies', 'operators', 'approvers'] as const) {
    const filtered = value[kind].reduce((sum, { notify }) => sum + Math.max(1, notify.length), 0);
    if (filtered > MOST_FILTERED)
      complain(
        [kind],
        `have ${filtered} addresses, and a topic of SNS takes ${MOST_FILTERED} subscriptions with a filter`,
      );
  }
}

/** Each topic tells an address for one participant, once. */
function addressesAreDistinct(value: Candidate, complain: Complain): void {
  for (const kind of Object.values(TOLD_BY)) {
    const whose = new Map<string, string>();
    for (const [n, { id, notify }] of value[kind].entries())
      for (const [m, { protocol, endpoint }] of notify.entries()) {
        // Names of queues and paths of URLs differ by case.
        const address = `${protocol} ${protocol === 'email' ? endpoint.toLowerCase() : endpoint}`;
        const other = whose.get(address);
        whose.set(address, id);
        if (other !== undefined)
          complain(
            [kind, n, 'notify', m, 'endpoint'],
            `is where ${other === id ? 'it' : other} is told already: a topic of SNS takes an address once`,
          );
      }
  }
}

/** Who must hear of everything isn't told by mail alone where people rely on the stage. */
function mailHasABeside(value: Candidate, complain: Complain): void {
  if (!value.protect) return;
  for (const kind of ['operators', 'administrators'] as const)
    for (const [n, { notify }] of value[kind].entries())
      if (notify.length > 0 && notify.every(({ protocol }) => protocol === 'email'))
        complain(
          [kind, n, 'notify'],
          'must have a queue or a URL beside e-mail where people rely on a stage: SNS stops mail for good at more than ten a second',
        );
}

/** Nobody has addresses whom no topic tells. */
function addressesAreTold(value: Candidate, complain: Complain): void {
  for (const kind of PARTICIPANTS.filter((one) => !Object.values<string>(TOLD_BY).includes(one)))
    for (const [n, { notify }] of value[kind].entries())
      if (notify.length > 0)
        complain(
          [kind, n, 'notify'],
          `must be empty: ${kind} are sent no notices, and find what is theirs in the outbox`,
        );
}

/** Sweep can be told of all addresses. */
function addressesFit(value: Candidate, complain: Complain): void {
  const addresses = Object.values(TOLD_BY).flatMap((kind) => value[kind].flatMap(({ notify }) => notify)).length;
  if (addresses > MOST_ADDRESSES)
    complain(['agencies'], `and others have ${addresses} addresses, and functions can be told of ${MOST_ADDRESSES}`);
}

/** There are as many approvers as are needed, and no fewer are needed where there is more to give back. */
function peopleAreEnough(value: Candidate, complain: Complain): void {
  for (const [name, what] of DECIDED_BY) {
    const needed = value.policy[name];
    if (needed > value.approvers.length)
      complain(['approvers'], `there are ${value.approvers.length}, and ${what} needs ${needed} (policy.${name})`);
    if (needed === 0 && value.protect)
      complain(['policy', name], `must be at least 1 where people rely on a stage: nobody would decide on ${what}`);
  }
  const { reversalPeople, largeReversalPeople } = value.policy;
  if (largeReversalPeople < reversalPeople)
    complain(
      ['policy', 'largeReversalPeople'],
      `must be policy.reversalPeople (${reversalPeople}) at least: what gives back more needs no fewer people`,
    );
}

/** What was done of a number is known for as long as a report may look back at it. */
function casesAreKept({ policy, retention }: Candidate, complain: Complain): void {
  if (retention.caseDays < policy.lookBackDays + retention.linkMarginDays)
    complain(
      ['retention', 'caseDays'],
      'must be policy.lookBackDays and retention.linkMarginDays together at least: who was disconnected would be directed again for sightings from before',
    );
}

/** An operator may have sent as many files as the gate compares with at least. */
function gateHasFiles({ policy: { gateFiles, gateFewestFiles } }: Candidate, complain: Complain): void {
  if (gateFewestFiles > gateFiles)
    complain(
      ['policy', 'gateFewestFiles'],
      `must be policy.gateFiles (${gateFiles}) at most: files are compared with so many before them, and never would be`,
    );
}

/** An execution outlives its ladder, also for who is given more time. */
function extensionFits({ policy: { extensionDays, ladders } }: Candidate, complain: Complain): void {
  const ladderDays = ladders.reverify.reduce((sum, { days }) => sum + days, 0);
  if (ladderDays + extensionDays > LONGEST_LADDER_DAYS)
    complain(
      ['policy', 'extensionDays'],
      `and the ladder of re-verification may take ${LONGEST_LADDER_DAYS} days together: who has more time has both`,
    );
}

/** No two participants come in by one external id, nor one by that of the self-check. */
function externalIdsAreDistinct(value: Candidate, complain: Complain): void {
  const externalIds = new Set<string>([CHECKER.externalId]);
  for (const { path, externalId } of everyone(value)) {
    if (externalIds.has(externalId)) complain([...path, 'externalId'], "is another participant's too");
    externalIds.add(externalId);
  }
}

/** The rules about what stands in several parts of a configuration; complaints come in the order of the rules. */
const RULES = [
  idsAreApart,
  approversArePersons,
  formsFit,
  rolesFit,
  subscriptionsFit,
  addressesAreDistinct,
  mailHasABeside,
  addressesAreTold,
  addressesFit,
  peopleAreEnough,
  casesAreKept,
  gateHasFiles,
  extensionFits,
  externalIdsAreDistinct,
] as const;

const stage = parts.check(({ value, issues }) => {
  for (const rule of RULES)
    rule(value, (path, message) => issues.push({ code: 'custom', input: value, path, message }));
});

/** One stage's whole configuration, checked. */
export type StageConfig = z.infer<typeof stage>;

/** A setting that an administrator must mend; the message has one line per field, each with the field's name. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

/** The error of these lines, each of which names a field. */
export const configError = (...lines: string[]): ConfigError =>
  new ConfigError(`the configuration is wrong:\n${lines.map((line) => `  ${line}`).join('\n')}`);

const fieldName = (path: readonly PropertyKey[]) =>
  path.reduce<string>(
    (name, part) => (typeof part === 'number' ? `${name}[${part}]` : name ? `${name}.${String(part)}` : String(part)),
    '',
  );

/**
 * Checks a stage's configuration.
 * @param file the one that says the most of it, if any
 * @throws ConfigError that names the file, each wrong field and why
 */
export function checkStage(candidate: unknown, file?: string): StageConfig {
  const checked = stage.safeParse(candidate, { error: inPlainWords });
  if (checked.success) return checked.data;
  const from = file === undefined ? '' : `${file}: `;
  throw configError(...checked.error.issues.map(({ path, message }) => `${from}${fieldName(path)}: ${message}`));
}

/** Stages that people rely on. Any other may be torn down by one command. */
const PROTECTED: readonly string[] = ['prod'];

/** Whether a stage of this name is protected against being deleted, and against placeholders in its configuration. */
export const isProtected = (stage: string): boolean => PROTECTED.includes(stage);
