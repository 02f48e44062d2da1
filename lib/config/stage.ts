import { z } from 'zod';
import { SELF_CHECK } from '../../lambdas/domain/identifiers.ts';
import { DEFAULT_OPERATIONS, operations } from './operations.ts';
import {
  ADMINISTRATORS,
  AGENCIES,
  AUDITORS,
  agency,
  CHECKER,
  OPERATORS,
  operator,
  outsider,
  type Participant,
  READERS,
  unnamed,
} from './participants.ts';
import { DEFAULT_POLICY, policy, REVERIFY_LADDERS } from './policy.ts';
import { DEFAULT_RETENTION, retention } from './retention.ts';

const distinctIds = (participants: readonly { id: string }[]) =>
  new Set(participants.map(({ id }) => id)).size === participants.length;

/** A stack holds up to 500 resources, and each participant has a role. */
const MOST_PARTICIPANTS = 450;

const KINDS = ['agencies', 'operators', 'readers', 'auditors', 'administrators'] as const;

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
    const wrong = (path: PropertyKey[], message: string) =>
      issues.push({ code: 'custom', input: value, path, message });
    const agencies = new Set(value.agencies.map(({ id }) => id));
    for (const [n, { id }] of value.operators.entries())
      if (agencies.has(id)) wrong(['operators', n, 'id'], 'is an agency too, and both would read rejects/<id>/');
    for (const kind of ['agencies', 'operators'] as const)
      for (const [n, { id }] of value[kind].entries())
        if (id === SELF_CHECK) wrong([kind, n, 'id'], 'is that of the self-check, of whose files no row counts');
    const all = KINDS.flatMap((kind) => value[kind].map((one: Participant, n) => ({ path: [kind, n], ...one })));
    if (all.length > MOST_PARTICIPANTS)
      wrong(['readers'], `there may be ${MOST_PARTICIPANTS} participants, since a stack holds no more roles`);
    const externalIds = new Set<string>([CHECKER.externalId]);
    for (const { path, externalId } of all) {
      if (externalIds.has(externalId)) wrong([...path, 'externalId'], "is another participant's too");
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
  const lines = checked.error.issues.map(({ path, message }) => `  ${fieldName(path)}: ${message}`);
  throw new ConfigError(`the configuration is wrong:\n${lines.join('\n')}`);
}

/** By which role CloudFormation makes what a template says, where `cdk bootstrap` prepared the account. */
const DEPLOYERS = ['cdk-*-cfn-exec-role-*'];

/** Stages that people rely on. Any other may be torn down by one command. */
const PROTECTED: readonly unknown[] = ['prod'];

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

const listed = (text: string): string[] => text.split(',').filter((one) => one !== '');

/**
 * The configuration of the stage that the CDK context names, with what the command line changes.
 * @param context reads one context value (`-c name=value`), undefined where it isn't given
 * @throws ConfigError for a value that can't stand
 */
export function stageFromContext(context: (name: string) => unknown): StageConfig {
  const track = context('ladder') ?? 'flagged';
  if (track !== 'flagged' && track !== 'normal')
    throw new ConfigError('the configuration is wrong:\n  ladder: must be flagged or normal');
  const numbers = NUMBERS.flatMap((name) => {
    const given = context(name);
    return given === undefined ? [] : [[name, Number(given)]];
  });
  const named = context('operators');
  const deployers = context('deployers');
  const runbook = context('runbookUrl');
  const sweepHours = context('sweepHours');
  const name = context('stage') ?? 'dev';
  return checkStage({
    stage: name,
    agencies: AGENCIES,
    operators:
      typeof named === 'string'
        ? listed(named).map((id) => OPERATORS.find((known) => known.id === id) ?? unnamed('operator', id))
        : OPERATORS,
    readers: READERS,
    auditors: AUDITORS,
    administrators: ADMINISTRATORS,
    policy: {
      ...DEFAULT_POLICY,
      ladders: { ...DEFAULT_POLICY.ladders, reverify: [...REVERIFY_LADDERS[track]] },
      ...Object.fromEntries(numbers),
    },
    retention: DEFAULT_RETENTION,
    operations: {
      ...DEFAULT_OPERATIONS,
      ...(typeof runbook === 'string' ? { runbookUrl: runbook } : {}),
      ...(sweepHours === undefined ? {} : { sweepHours: Number(sweepHours) }),
    },
    deployers: typeof deployers === 'string' ? listed(deployers) : DEPLOYERS,
    protect: PROTECTED.includes(name),
  });
}
