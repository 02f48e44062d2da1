import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { SELF_CHECK } from '../../lambdas/domain/identifiers.ts';
import { DEFAULT_OPERATIONS, operations, RESERVED_CONCURRENCY } from './operations.ts';
import {
  ADMINISTRATORS,
  AGENCIES,
  AUDITORS,
  agency,
  BREAK_GLASS,
  CHECKER,
  isNamed,
  ON_CALL,
  OPERATORS,
  operator,
  outsider,
  type Participant,
  READERS,
  UNNAMED_ACCOUNT,
} from './participants.ts';
import { DEFAULT_POLICY, policy, REVERIFY_LADDERS } from './policy.ts';
import { DEFAULT_RETENTION, retention } from './retention.ts';

const distinctIds = (participants: readonly { id: string }[]) =>
  new Set(participants.map(({ id }) => id)).size === participants.length;

/** A stack holds up to 500 resources, and each participant has a role. */
const MOST_PARTICIPANTS = 450;

/**
 * Subscriptions of one topic that are filtered, as each address of an operator's and of an agency's is: the default quota of
 * SNS (docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html). A participant without an address counts
 * for one, since its own account may subscribe a queue.
 */
const MOST_FILTERED = 200;

const KINDS = ['agencies', 'operators', 'readers', 'auditors', 'administrators', 'onCall', 'breakGlass'] as const;

const distinct = <T extends { id: string }>(participants: z.ZodArray<z.ZodType<T>>) =>
  participants.refine(distinctIds, { error: 'every id must be given once' });

const stage = z
  .object({
    stage: z.string().regex(/^[a-z][a-z0-9-]{0,15}$/, 'must be 1 to 16 characters of a-z, 0-9 and -'),
    agencies: distinct(z.array(agency).min(1, 'at least one agency must be configured')),
    operators: distinct(z.array(operator).min(1, 'at least one operator must be configured')),
    readers: distinct(z.array(outsider)),
    auditors: distinct(z.array(outsider)),
    administrators: distinct(z.array(outsider)),
    onCall: distinct(z.array(outsider)),
    breakGlass: distinct(z.array(outsider)),
    policy,
    retention,
    operations,
    /**
     * The roles that create its tables, and may restore them, by their names or patterns of these: CloudFormation's own, as
     * the CDK's bootstrap makes it. By way of DynamoDB they use the tables' key, so whoever has one can read items by it.
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
  })
  .check(({ value, issues }) => {
    const complain = (path: PropertyKey[], message: string) =>
      issues.push({ code: 'custom', input: value, path, message });
    const agencies = new Set(value.agencies.map(({ id }) => id));
    for (const [n, { id }] of value.operators.entries())
      if (agencies.has(id)) complain(['operators', n, 'id'], 'is an agency too, and both would read rejects/<id>/');
    for (const kind of ['agencies', 'operators'] as const)
      for (const [n, { id }] of value[kind].entries())
        if (id === SELF_CHECK) complain([kind, n, 'id'], 'is that of the self-check, of whose files no row counts');
    const all = KINDS.flatMap((kind) => value[kind].map((one: Participant, n) => ({ path: [kind, n], ...one })));
    if (all.length > MOST_PARTICIPANTS)
      complain(['readers'], `there may be ${MOST_PARTICIPANTS} participants, since a stack holds no more roles`);
    for (const kind of ['agencies', 'operators'] as const) {
      const filtered = value[kind].reduce((sum, { notify }) => sum + Math.max(1, notify.length), 0);
      if (filtered > MOST_FILTERED)
        complain(
          [kind],
          `have ${filtered} addresses, and a topic of SNS takes ${MOST_FILTERED} subscriptions with a filter`,
        );
    }
    if (value.retention.caseDays < value.policy.lookBackDays)
      complain(
        ['retention', 'caseDays'],
        'must be policy.lookBackDays at least: who was disconnected would be directed again for sightings from before',
      );
    const externalIds = new Set<string>([CHECKER.externalId]);
    for (const { path, externalId } of all) {
      if (externalIds.has(externalId)) complain([...path, 'externalId'], "is another participant's too");
      externalIds.add(externalId);
    }
  });

/** One stage's whole configuration, checked. */
export type StageConfig = z.infer<typeof stage>;

/** A setting that an administrator must mend; the message has one line per field, each with the field's name. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

const fieldName = (path: readonly PropertyKey[]) =>
  path.reduce<string>(
    (name, part) => (typeof part === 'number' ? `${name}[${part}]` : name ? `${name}.${String(part)}` : String(part)),
    '',
  );

/**
 * Checks a stage's configuration.
 * @throws ConfigError that names each wrong field and why.
 */
export function checkStage(candidate: unknown): StageConfig {
  const checked = stage.safeParse(candidate);
  if (checked.success) return checked.data;
  throw wrong(...checked.error.issues.map(({ path, message }) => `${fieldName(path)}: ${message}`));
}

/** By which role CloudFormation makes what a template says, where `cdk bootstrap` prepared the account. */
const DEPLOYERS = ['cdk-*-cfn-exec-role-*'];

/** Stages that people rely on. Any other may be torn down by one command. */
const PROTECTED: readonly string[] = ['prod'];

/** Whether a stage of this name is protected against being deleted, and against placeholders in its configuration. */
export const isProtected = (stage: string): boolean => PROTECTED.includes(stage);

/** Numbers of the policy that a command line may change (`-c rowsPerDirection=500`). */
const NUMBERS = [
  'lookBackDays',
  'rowsPerDirection',
  'handsetsPerChild',
  'linksPerShard',
  'linksPerHandset',
  'bytesPerPiece',
  'warmWrites',
  'warmReads',
] as const;

/** All that a command line may say (`-c name=value`). */
const VALUES = [
  'stage',
  'cloud',
  'ladder',
  'participants',
  'operators',
  'deployers',
  'runbookUrl',
  'sweepHours',
  'surveyHours',
  'reservedConcurrency',
  ...NUMBERS,
] as const;

/** The CDK's own: feature flags, what it looked up, and what its command tells the app. */
const isOfTheCdk = (name: string): boolean => /[@:/]/.test(name);

/** The context of the CDK: its command's `-c name=value` and cdk.json's. */
export type Context = Readonly<Record<string, unknown>>;

/**
 * The configuration of the stage that the CDK context names, with what the command line changes.
 * @throws ConfigError for a value that can't stand, or that isn't known; and where a protected stage is for AWS (any `cloud`
 *   but `local`) and has participants whose account nobody has named
 */
export function stageFromContext(context: Context): StageConfig {
  const unknown = Object.keys(context).filter((name) => !isOfTheCdk(name) && !VALUES.some((known) => known === name));
  if (unknown.length > 0)
    throw wrong(
      ...unknown.map((name) => `${name}: is no value of this app; there are ${[...VALUES].sort().join(', ')}`),
    );
  const given = (name: (typeof VALUES)[number]): string | undefined =>
    context[name] === undefined ? undefined : String(context[name]);
  const numbers = NUMBERS.flatMap((name) => {
    const number = given(name);
    return number === undefined ? [] : [[name, Number(number)]];
  });
  const stage = given('stage') ?? 'dev';
  const cloud = oneOf('cloud', given('cloud'), ['aws', 'local']);
  const ladder = oneOf('ladder', given('ladder'), ['flagged', 'normal']);
  const operating = (['sweepHours', 'surveyHours', 'reservedConcurrency'] as const).flatMap((name) => {
    const number = given(name);
    return number === undefined ? [] : [[name, Number(number)]];
  });
  const participants = participantsFrom(given('participants'));
  const config = checkStage({
    stage,
    ...participants,
    operators: chosen(participants.operators, given('operators')),
    policy: {
      ...DEFAULT_POLICY,
      ladders: { ...DEFAULT_POLICY.ladders, reverify: [...REVERIFY_LADDERS[ladder]] },
      ...Object.fromEntries(numbers),
    },
    retention: DEFAULT_RETENTION,
    operations: {
      ...DEFAULT_OPERATIONS,
      runbookUrl: given('runbookUrl') ?? DEFAULT_OPERATIONS.runbookUrl,
      ...(isProtected(stage) ? { reservedConcurrency: RESERVED_CONCURRENCY } : {}),
      ...Object.fromEntries(operating),
    },
    deployers: listed(given('deployers')) ?? DEPLOYERS,
    protect: isProtected(stage),
  });
  if (config.protect && cloud === 'aws') refuseUnnamed(config);
  return config;
}

const wrong = (...lines: string[]) =>
  new ConfigError(`the configuration is wrong:\n${lines.map((line) => `  ${line}`).join('\n')}`);

const listed = (text: string | undefined): string[] | undefined => text?.split(',').filter((one) => one !== '');

/** One of these; the first where nothing is given. */
function oneOf<const T extends string>(name: string, text: string | undefined, values: readonly [T, ...T[]]): T {
  const value = values.find((known) => known === (text ?? values[0]));
  if (value === undefined) throw wrong(`${name}: must be ${values.join(' or ')}`);
  return value;
}

/** The operators of these ids; all where none are given. */
function chosen(operators: unknown, text: string | undefined): unknown {
  const ids = listed(text);
  // What a file says is checked afterwards.
  if (ids === undefined || !Array.isArray(operators)) return operators;
  const byId = new Map(operators.map((operator) => [String(operator?.id), operator]));
  const unknown = ids.filter((id) => !byId.has(id));
  if (unknown.length > 0)
    throw wrong(...unknown.map((id) => `operators: ${id} is none; there are ${[...byId.keys()].join(', ')}`));
  return ids.map((id) => byId.get(id));
}

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

/**
 * The participants of each kind: those of a JSON file that lists them by kind, and of the kinds that it leaves out those of
 * `participants.ts`.
 * @param path from the project's folder
 * @returns unchecked, but for the names of the kinds
 */
function participantsFrom(path: string | undefined): Record<(typeof KINDS)[number], unknown> {
  const committed = {
    agencies: AGENCIES,
    operators: OPERATORS,
    readers: READERS,
    auditors: AUDITORS,
    administrators: ADMINISTRATORS,
    onCall: ON_CALL,
    breakGlass: BREAK_GLASS,
  };
  if (path === undefined) return committed;
  let named: unknown;
  try {
    named = JSON.parse(readFileSync(resolve(PROJECT, path), 'utf8'));
  } catch (error) {
    throw wrong(`participants: ${path} can't be read (${error instanceof Error ? error.message : error})`);
  }
  if (typeof named !== 'object' || named === null || Array.isArray(named))
    throw wrong(`participants: ${path} must hold an object with the lists ${KINDS.join(', ')}`);
  const unknown = Object.keys(named).filter((kind) => !KINDS.some((known) => known === kind));
  if (unknown.length > 0)
    throw wrong(...unknown.map((kind) => `participants: ${path} has ${kind}, and may have ${KINDS.join(', ')}`));
  return { ...committed, ...named };
}

/** Nobody may come in by what stands there until somebody is named, where people rely on a stage. */
function refuseUnnamed(config: StageConfig): void {
  const unnamed = KINDS.flatMap((kind) =>
    config[kind].flatMap((one, n) =>
      isNamed(one)
        ? []
        : [`${kind}[${n}]: nobody has named the account of ${one.id} (${UNNAMED_ACCOUNT} stands there)`],
    ),
  );
  if (unnamed.length === 0) return;
  throw wrong(
    ...unnamed,
    'Name them in lib/config/participants.ts, or in a file of their own: -c participants=FILE, of which',
    'docs/participants.example.json is an example.',
  );
}
