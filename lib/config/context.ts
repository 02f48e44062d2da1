/**
 * The configuration of a stage as the CDK is told it: its file, the defaults for what that leaves out, and the changes of the command line.
 */
import { DEFAULT_OPERATIONS, RESERVED_CONCURRENCY } from './operations.ts';
import { isNamed, PARTICIPANTS, UNNAMED, UNNAMED_ACCOUNT } from './participants.ts';
import { DEFAULT_POLICY, LADDER_NAMES, POLICY_NUMBERS, REVERIFY_LADDERS } from './policy.ts';
import { DEFAULT_RETENTION } from './retention.ts';
import { checkStage, configError, isProtected, type StageConfig } from './stage.ts';
import { readStageFile, type StageFile, WrongStageFile } from './stage-file.ts';

/** The role by which CloudFormation creates resources, if `cdk bootstrap` prepared the account. */
const DEPLOYERS = ['cdk-*-cfn-exec-role-*'];

/** All that a command line may say (`-c name=value`), as `docs/deploying.md` has it. */
export const VALUES = [
  'stage',
  'cloud',
  'ladder',
  'config',
  'operators',
  'deployers',
  'runbookUrl',
  'sweepHours',
  'surveyHours',
  'reservedConcurrency',
  ...POLICY_NUMBERS,
] as const;

/**
 * A name of the CDK's context. With the value `beside`, functions find the packages that they use beside them, in `node_modules`, and not in
 * their bundles: on the local cloud functions that share a thread then share these, and what Node has compiled of them.
 */
export const PACKAGES = 'bundles:packages';

/** The number that a command line gives; NaN, which no setting takes, if it isn't one in decimal digits. */
const numberIn = (text: string): number => (/^\d+(?:\.\d+)?$/.test(text) ? Number(text) : Number.NaN);

/** Whether a value is the CDK's own: feature flags, what it looked up, and what its command tells the app. */
const isOfTheCdk = (name: string): boolean => /[@:/]/.test(name);

/** The context of the CDK: its command's `-c name=value` and cdk.json's. */
export type Context = Readonly<Record<string, unknown>>;

/**
 * The configuration of the stage that the CDK context names, with the changes of the command line.
 * @throws ConfigError for a value that can't stand, or that isn't known; and for a protected stage for AWS (any `cloud` but `local`) with
 * participants whose account nobody has named
 */
export function stageFromContext(context: Context): StageConfig {
  const unknown = Object.keys(context).filter((name) => !isOfTheCdk(name) && !VALUES.some((known) => known === name));
  if (unknown.length > 0)
    throw configError(
      ...unknown.map((name) => `${name}: is no value of this app; there are ${[...VALUES].sort().join(', ')}`),
    );
  const given = (name: (typeof VALUES)[number]): string | undefined =>
    context[name] === undefined ? undefined : String(context[name]);
  const numbers = POLICY_NUMBERS.flatMap((name) => {
    const number = given(name);
    return number === undefined ? [] : [[name, numberIn(number)]];
  });
  const stage = given('stage') ?? 'dev';
  const cloud = oneOf('cloud', given('cloud'), ['aws', 'local']);
  const file = fileOf(stage, given('config'));
  const ladder = oneOf('ladder', given('ladder') ?? file?.ladder, LADDER_NAMES);
  const operating = (['sweepHours', 'surveyHours', 'reservedConcurrency'] as const).flatMap((name) => {
    const number = given(name);
    return number === undefined ? [] : [[name, numberIn(number)]];
  });
  const { operators = UNNAMED.operators, ...others } = file?.others ?? {};
  const candidate = {
    stage,
    ...UNNAMED,
    protect: isProtected(stage),
    deployers: DEPLOYERS,
    ...others,
    ...(given('deployers') === undefined ? {} : { deployers: listed(given('deployers')) }),
    operators: chosen(operators, given('operators')),
    policy: {
      ...DEFAULT_POLICY,
      ladders: { ...DEFAULT_POLICY.ladders, reverify: [...REVERIFY_LADDERS[ladder]] },
      ...file?.policy,
      ...Object.fromEntries(numbers),
    },
    retention: { ...DEFAULT_RETENTION, ...file?.retention },
    operations: {
      ...DEFAULT_OPERATIONS,
      ...(isProtected(stage) ? { reservedConcurrency: RESERVED_CONCURRENCY } : {}),
      ...file?.operations,
      ...(given('runbookUrl') === undefined ? {} : { runbookUrl: given('runbookUrl') }),
      ...Object.fromEntries(operating),
    },
  };
  const config = checkStage(candidate, file?.path);
  if (config.protect && cloud === 'aws') refuseUnnamed(config);
  return config;
}

/**
 * The stage's file.
 * @throws ConfigError if it is wrong
 */
function fileOf(stage: string, named: string | undefined): StageFile | undefined {
  try {
    return readStageFile(stage, named);
  } catch (error) {
    throw error instanceof WrongStageFile ? configError(...error.lines) : error;
  }
}

const listed = (text: string | undefined): string[] | undefined => text?.split(',').filter((one) => one !== '');

/** One of these; the first if nothing is given. */
function oneOf<const T extends string>(name: string, text: string | undefined, values: readonly [T, ...T[]]): T {
  const value = values.find((known) => known === (text ?? values[0]));
  if (value === undefined) throw configError(`${name}: must be ${values.join(' or ')}`);
  return value;
}

/** The operators of these ids; all if none are given. */
function chosen(operators: unknown, text: string | undefined): unknown {
  const ids = listed(text);
  // The file's content is checked afterwards.
  if (ids === undefined || !Array.isArray(operators)) return operators;
  const byId = new Map(operators.map((operator) => [String(operator?.id), operator]));
  const unknown = ids.filter((id) => !byId.has(id));
  if (unknown.length > 0)
    throw configError(...unknown.map((id) => `operators: ${id} is none; there are ${[...byId.keys()].join(', ')}`));
  return ids.map((id) => byId.get(id));
}

/** Refuses the account that stands in for one that isn't named yet, in a stage on which people rely: nobody may come in by it. */
function refuseUnnamed(config: StageConfig): void {
  const unnamed = PARTICIPANTS.flatMap((kind) =>
    config[kind].flatMap((one, n) =>
      isNamed(one)
        ? []
        : [`${kind}[${n}]: nobody has named the account of ${one.id} (${UNNAMED_ACCOUNT} stands there)`],
    ),
  );
  if (unnamed.length === 0) return;
  throw configError(
    ...unnamed,
    `Name them in config/${config.stage}.json, or in the file of -c config=FILE; config/example.json is an example.`,
  );
}
