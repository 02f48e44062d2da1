import { z } from 'zod';
import { ADMINISTRATORS, AGENCIES, address, agency, OPERATORS, operator } from './participants.ts';
import { DEFAULT_POLICY, policy, REVERIFY_LADDERS } from './policy.ts';

const distinctIds = (participants: readonly { id: string }[]) =>
  new Set(participants.map(({ id }) => id)).size === participants.length;

const stage = z.object({
  stage: z.string().regex(/^[a-z][a-z0-9-]{0,15}$/, 'must be 1 to 16 characters of a-z, 0-9 and -'),
  agencies: z
    .array(agency)
    .min(1, 'at least one agency must be configured')
    .refine(distinctIds, { error: 'every id must be given once' }),
  operators: z
    .array(operator)
    .min(1, 'at least one operator must be configured')
    .refine(distinctIds, { error: 'every id must be given once' }),
  administrators: z.array(address),
  policy,
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

/** Numbers of the policy that a command line may change (`-c rowsPerDirection=500`). */
const NUMBERS = ['lookBackDays', 'rowsPerDirection', 'handsetsPerChild', 'linksPerShard', 'linksPerHandset'] as const;

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
  return checkStage({
    stage: context('stage') ?? 'dev',
    agencies: AGENCIES,
    operators:
      typeof named === 'string'
        ? named
            .split(',')
            .filter((id) => id !== '')
            .map((id) => OPERATORS.find((known) => known.id === id) ?? { id, notify: [] })
        : OPERATORS,
    administrators: ADMINISTRATORS,
    policy: {
      ...DEFAULT_POLICY,
      ladders: { ...DEFAULT_POLICY.ladders, reverify: [...REVERIFY_LADDERS[track]] },
      ...Object.fromEntries(numbers),
    },
  });
}
