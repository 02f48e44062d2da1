import { fileURLToPath } from 'node:url';
import { type Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  type CfnFunction,
  Code,
  Function as LambdaFunction,
  Runtime,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { StageConfig } from '../config/stage.ts';
import { bundleOf } from './bundles.ts';
import { NamedRole } from './named-role.ts';
import { acknowledge } from './rights.ts';

const lambdas = fileURLToPath(new URL('../../lambdas', import.meta.url));

/** Settings of one function. `E` is what its handler's schema of the environment takes: a missing variable does not compile. */
interface HandlerFunctionProps<E extends Record<string, string>> {
  readonly config: StageConfig;
  /** Folder under `lambdas/`. */
  readonly folder: string;
  readonly environment: E;
  readonly description: string;
  /** Megabytes. */
  readonly memory: number;
  readonly timeout: Duration;
  /** Whether a place among the account's functions is kept free for it, while others take all that there is. */
  readonly keptFree?: boolean;
  /** The most that run at once, if places are kept free for others: whoever asks for more waits. */
  readonly atMost?: number;
}

/** A function of this system: bundled from its folder, on the current Node, with a log group and a role of its own. */
export class HandlerFunction<E extends Record<string, string>> extends LambdaFunction {
  /** Places among the account's functions that are kept free for it, which is also the number of it that run at once; 0: none are. */
  readonly placesKept: number;
  /** Whether a caller of one of its places may have to wait for long: then its throttling is no trouble. */
  readonly isWaitedFor: boolean;

  constructor(scope: Construct, id: string, { config, ...props }: HandlerFunctionProps<E>) {
    const logGroup = new LogGroup(scope, `${id}Logs`, {
      retention: config.retention.logDays,
      removalPolicy: config.protect ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY,
    });
    const role = new NamedRole(scope, `${id}Role`, {
      stage: config.stage,
      kind: 'function',
      who: id,
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    });
    logGroup.grantWrite(role);
    acknowledge(role, 'Resource::*', 'Traces go to the account; X-Ray knows no narrower resource.');
    const { reservedConcurrency } = config.operations;
    const placesKept = props.keptFree ? reservedConcurrency : reservedConcurrency > 0 ? (props.atMost ?? 0) : 0;
    super(scope, id, {
      // A template alone, for its tests, needs no bundle.
      code: Code.fromAsset(
        Stack.of(scope).bundlingRequired ? bundleOf(scope, props.folder) : `${lambdas}/${props.folder}`,
      ),
      handler: 'index.handler',
      description: props.description,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: props.memory,
      timeout: props.timeout,
      ...(placesKept > 0 ? { reservedConcurrentExecutions: placesKept } : {}),
      environment: { ...props.environment, STAGE: config.stage, NODE_OPTIONS: '--enable-source-maps' },
      tracing: Tracing.ACTIVE,
      logGroup,
      role,
    });
    this.placesKept = placesKept;
    this.isWaitedFor = props.atMost !== undefined;
    // The lists of participants grow with a stage's file, and a deployment would fail halfway.
    const { environment } = this.node.defaultChild as CfnFunction;
    this.node.addValidation({ validate: () => tooMuchToTell(Stack.of(this).resolve(environment)) });
  }
}

/** The most bytes as JSON that Lambda takes of a function's variables (docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html). */
const LARGEST_ENVIRONMENT = 4096;

/**
 * The most characters that a deployment puts where a variable refers to something: the URL of a queue, or an ARN, whose name has 80
 * characters.
 */
const LONGEST_REFERENCE = 134;

/**
 * The reason why Lambda would refuse a function's variables, which are resolved; nothing if it takes them, whatever the deployment puts
 * into them.
 */
function tooMuchToTell(environment: { readonly variables?: Readonly<Record<string, unknown>> } = {}): string[] {
  const variables = Object.entries(environment.variables ?? {}).map(([name, value]) => [name, atLongest(value)]);
  const bytes = Buffer.byteLength(JSON.stringify(Object.fromEntries(variables)));
  if (bytes <= LARGEST_ENVIRONMENT) return [];
  return [
    `its variables may have ${bytes} bytes, of which Lambda takes ${LARGEST_ENVIRONMENT}: they name participants by their ids, and columns and dates of their files`,
  ];
}

function atLongest(value: unknown): string {
  if (typeof value === 'string') return value;
  const join = (value as { readonly 'Fn::Join'?: readonly [string, readonly unknown[]] })['Fn::Join'];
  return join === undefined ? 'x'.repeat(LONGEST_REFERENCE) : join[1].map(atLongest).join(join[0]);
}
